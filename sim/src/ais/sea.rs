//! The sea as one station's receiver hears it: who reports when (ITU-R M.1371-5 annex 2 §4.2, table 1), in which slot, how strong.
//!
//! | station | position | static |
//! |---|---|---|
//! | class A, at anchor / below 14 kt / to 23 kt / above | 180 / 10 / 6 / 2 s (turning: 3⅓, 2, 2 s) | type 5 every 360 s |
//! | – which type | 1; 3 while it turns; 2 of every eighth, which a base station assigns | |
//! | class A, long range | type 27 every 180 s, on channels C and D by turns | |
//! | class B, below / above 2 kt | type 18, 180 / 30 s | type 24 A and B every 360 s; every third type 19 too |
//! | aid to navigation | type 21 every 180 s | |
//! | base station | type 4 every 10 s | type 14 every 600 s, type 8 (weather, 1/31) every 180 s |
//! | search and rescue helicopter | type 9 every 10 s | |
//! | distress device (970, 972, 974), active or under test | type 1 eight times in 14 s of every minute | type 14 every 60 s |
//!
//! Slots: each report has its nominal time; it takes the next free slot on its channel (channels by turns), as stations that hear
//! each other do. A share of reports comes from stations that don't hear the others and may collide. Everything of one minute is
//! drawn from `(seed, minute)`, so whoever listens, and since when, hears the same.

use super::gmsk::{AisBurst, Channel, EBN0_TO_CN0_DB, Levels, Modulator, Shape};
use super::interval::interval_s;
use super::message::{self, CommState};
use super::payload::Payload;
use super::scenario::CENTER_HZ;
use super::service::{self, Mast};
use super::truth::{AisTruth, Reception};
use super::{RAMP_PS, slot_ps};
use crate::air::sample_ps;
use crate::civil::Utc;
use crate::iq::{Frontend, IqStream, Painter};
use crate::rng::Rng;
use crate::world::{Sea, ShipState, World, WorldConfig};
use model::LatLon;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Which sea, heard from where, with what.
#[derive(Clone, Debug, PartialEq)]
pub struct SeaConfig {
    pub world: WorldConfig,
    /// The world's time at which the stream begins: UTC in microseconds (slots follow UTC).
    pub start_us: i64,
    pub site: LatLon,
    pub frontend: Frontend,
    pub center_hz: u64,
    /// Eb/N0 of a ship 10 km away (class B: 8 dB less), and the loss for each ten times as far.
    pub ebn0_at_10km_db: f64,
    pub loss_db_per_decade: f64,
    /// Deviation of the level from burst to burst.
    pub fading_db: f64,
    /// Transmitters' carriers are uniform within ± this; each keeps its own.
    pub offset_hz: f64,
    /// Deviation of the start from the slot's, in microseconds.
    pub jitter_us: f64,
    /// Share of reports that take their slot without regard to the others.
    pub hidden_share: f64,
    pub keep_truth: bool,
    /// The receiver's own seed: noise and fading.
    pub seed: u64,
}

impl SeaConfig {
    /// A busy coast heard with an RTL-SDR at 288 kS/s from `site`.
    pub fn rtl_sdr(world: WorldConfig, site: LatLon) -> Self {
        Self {
            world,
            start_us: 0,
            site,
            frontend: Frontend::cu8(288_000, 4.0),
            center_hz: CENTER_HZ,
            ebn0_at_10km_db: 40.0,
            loss_db_per_decade: 30.0,
            fading_db: 2.0,
            offset_hz: 500.0,
            jitter_us: 50.0,
            hidden_share: 0.05,
            keep_truth: false,
            seed: 1,
        }
    }
}

/// What is said in which slot.
#[derive(Clone, Debug, PartialEq)]
pub struct SeaMessage {
    /// Minute since the world began, and slot in it.
    pub minute: i64,
    pub slot: u64,
    pub channel: Channel,
    pub payload: Payload,
}

impl SeaConfig {
    /// Everything that is said in so many minutes from the one in which the stream begins, on all four channels, without its signal.
    pub fn messages(&self, minutes: i64) -> Vec<SeaMessage> {
        let world = World::new(self.world.clone());
        let first = self.start_us.div_euclid(MINUTE_US);
        let of_minute = |minute| {
            let reports = reports_of_minute(&world, self, minute);
            reports.into_iter().map(move |Report { slot, channel, payload, .. }| SeaMessage { minute, slot, channel, payload })
        };
        (first..first + minutes).flat_map(of_minute).collect()
    }
}

/// The sea's signal as bytes: deterministic, endless unless limited, the same however it is cut.
#[derive(Debug)]
pub struct SeaSignal {
    stream: IqStream<SeaPainter>,
}

impl SeaSignal {
    /// `samples`: where it ends (`None`: never).
    pub fn new(config: SeaConfig, samples: Option<u64>) -> Self {
        let (frontend, seed) = (config.frontend, config.seed);
        Self { stream: IqStream::new(SeaPainter::new(config), frontend, seed, samples) }
    }

    /// Writes whole samples to the front of `out` and returns their bytes; 0 = the end.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.stream.fill(out)
    }

    /// The next message that was on the air (only with `keep_truth`), up to the samples made so far.
    pub fn next_truth(&mut self) -> Option<AisTruth> {
        self.stream.painter_mut().reception.next_truth()
    }

    /// After the end of a limited signal: the last messages' truth comes out too.
    pub fn finish(&mut self) {
        self.stream.painter_mut().reception.finish();
    }
}

/// One message of one minute.
#[derive(Clone, Debug)]
struct Report {
    slot: u64,
    channel: Channel,
    mmsi: u32,
    at: LatLon,
    weaker_db: f64,
    payload: Payload,
}

/// What is reported again and again.
#[derive(Clone, Copy, Debug)]
enum Job {
    Position(usize),
    Static(usize),
    StaticB(usize),
    /// A distress device's text, and the so-manieth of its eight positions.
    Sart(usize),
    Beacon(usize, u8),
    Aton(usize),
    LongRange(usize),
    ExtendedB(usize),
    Helicopter,
    Base,
    Weather,
    Text,
}

#[derive(Debug)]
struct SeaPainter {
    config: SeaConfig,
    world: World,
    receiver: Rng,
    minute: i64,
    waiting: VecDeque<AisTruth>,
    reception: Reception,
}

const MINUTE_US: i64 = 60_000_000;
/// Half of what a burst occupies, with its offset.
const CHANNEL_HALF_HZ: u64 = 8_000;

impl SeaPainter {
    fn new(config: SeaConfig) -> Self {
        let world = World::new(config.world.clone());
        let rate = config.frontend.rate_sps;
        let reception = Reception::new(Modulator::new(rate, config.center_hz), rate, config.keep_truth);
        let minute = config.start_us.div_euclid(MINUTE_US);
        let receiver = Rng::stream(config.seed, &[0x5EA]);
        let mut painter = Self { config, world, receiver, minute, waiting: VecDeque::new(), reception };
        painter.next_minute();
        painter
    }

    /// Hears all reports of the next minute.
    fn next_minute(&mut self) {
        let minute_began_ps = (self.minute * MINUTE_US - self.config.start_us) as i128 * 1_000_000;
        let half_band_hz = u64::from(self.config.frontend.rate_sps / 2);
        for report in reports_of_minute(&self.world, &self.config, self.minute) {
            // What lies outside would fold into the band. (Drawn all the same: who listens elsewhere hears the same sea.)
            let is_in_band = report.channel.center_hz().abs_diff(self.config.center_hz) + CHANNEL_HALF_HZ <= half_band_hz;
            if !is_in_band {
                continue;
            }
            let truth = self.hear(&report);
            let start_ps = minute_began_ps + i128::from(truth.burst.start_ps);
            // What began before the stream did is not heard.
            if let Ok(start_ps) = u64::try_from(start_ps) {
                self.waiting.push_back(AisTruth { burst: AisBurst { start_ps, ..truth.burst }, ..truth });
            }
        }
        self.waiting.make_contiguous().sort_by_key(|t| t.burst.start_ps);
        self.minute += 1;
    }

    fn hear(&mut self, report: &Report) -> AisTruth {
        let config = &self.config;
        let mut own = Rng::stream(config.world.seed, &[8, u64::from(report.mmsi)]);
        let range_m = config.site.distance_m(report.at).max(100.0);
        let loss_db = config.loss_db_per_decade * (range_m / 10_000.0).log10() + report.weaker_db;
        let ebn0_db = config.ebn0_at_10km_db - loss_db + config.fading_db * self.receiver.normal();
        let jitter_ps = (config.jitter_us * own.normal() * 1e6) as i64;
        // Whether the training sequence begins with 0 or 1 is a transmitter's own way.
        let begins_with_one = report.mmsi.is_multiple_of(3);
        let levels = if begins_with_one { Levels::beginning_with_one(&report.payload) } else { Levels::of(&report.payload) };
        let burst = AisBurst {
            levels: Arc::new(levels),
            start_ps: (slot_ps(report.slot) + RAMP_PS).saturating_add_signed(jitter_ps),
            channel: report.channel,
            amplitude: config.frontend.amplitude_for_cn0(ebn0_db + EBN0_TO_CN0_DB),
            offset_hz: config.offset_hz * own.range(-1.0, 1.0),
            drift_hz_per_s: 0.0,
            phase: self.receiver.range(0.0, core::f64::consts::TAU),
            stretch_ppm: own.range(-20.0, 20.0),
            shape: Shape::default(),
        };
        AisTruth::new(burst, report.payload.clone(), ebn0_db)
    }
}

impl Painter for SeaPainter {
    fn paint(&mut self, first_sample: u64, iq: &mut [f32]) {
        let end_ps = sample_ps(self.config.frontend.rate_sps, first_sample + iq.len() as u64 / 2);
        // Jitter can carry a burst over the minute's edge, so the next one is drawn a little early.
        while (self.minute * MINUTE_US - self.config.start_us) as i128 * 1_000_000 < i128::from(end_ps) + 1_000_000_000 {
            self.next_minute();
        }
        while self.waiting.front().is_some_and(|t| t.burst.start_ps < end_ps) {
            if let Some(truth) = self.waiting.pop_front() {
                self.reception.receive(truth.burst.clone(), Some(truth));
            }
        }
        self.reception.paint(first_sample, iq);
    }
}

/// The mast at the base station: a calm sea.
const MAST: Mast = Mast { wind_kt: 12, gust_kt: 17, wind_from_deg: 270, temperature_dc: 85, pressure_hpa: 1_013 };

fn reports_of_minute(world: &World, config: &SeaConfig, minute: i64) -> Vec<Report> {
    let sea = world.sea();
    let jobs = jobs_of_minute(sea, minute);
    let mut taken: HashSet<(Channel, u64)> = HashSet::new();
    let mut reports = Vec::new();
    for (index, (interval_s, job)) in jobs.into_iter().enumerate() {
        let mut own = Rng::stream(config.world.seed, &[9, index as u64]);
        let (phase_s, turn) = match job {
            // Eight messages 75 slots apart, channels by turns (annex 9 §2.2).
            Job::Beacon(i, k) => (Rng::stream(config.world.seed, &[16, i as u64]).range(0.0, 44.0) + 2.0 * f64::from(k), i64::from(k)),
            _ => (own.range(0.0, interval_s), own.below(2) as i64),
        };
        let minute_s = minute as f64 * 60.0;
        let mut count = ((minute_s - phase_s) / interval_s).ceil() as i64;
        while phase_s + count as f64 * interval_s < minute_s + 60.0 {
            let nominal = (((phase_s + count as f64 * interval_s - minute_s) * 37.5) as u64).min(2249);
            let pair = if matches!(job, Job::LongRange(_)) { [Channel::C, Channel::D] } else { [Channel::A, Channel::B] };
            let channel = pair[(count + turn).rem_euclid(2) as usize];
            let hidden = Rng::stream(config.world.seed, &[10, index as u64, count as u64]).chance(config.hidden_share);
            reports.extend(report(world, job, minute, nominal, channel, hidden, &mut taken));
            count += 1;
        }
    }
    reports
}

/// Who says what, and how often.
fn jobs_of_minute(sea: &Sea, minute: i64) -> Vec<(f64, Job)> {
    let mut jobs = vec![(10.0, Job::Base), (600.0, Job::Text), (180.0, Job::Weather), (10.0, Job::Helicopter)];
    for i in 0..sea.ship_count() {
        let ship = sea.ship_at(i, minute * MINUTE_US);
        if ship.beacon_text().is_some() {
            jobs.extend((0..8).map(|k| (60.0, Job::Beacon(i, k))));
            jobs.push((60.0, Job::Sart(i)));
            continue;
        }
        jobs.push((interval_s(ship.class_b, ship.nav_status, ship.speed_kt, ship.turn_deg_per_min), Job::Position(i)));
        jobs.push((360.0, Job::Static(i)));
        match (ship.class_b, i % 3) {
            (true, 0) => jobs.extend([(360.0, Job::StaticB(i)), (360.0, Job::ExtendedB(i))]),
            (true, _) => jobs.push((360.0, Job::StaticB(i))),
            (false, _) => jobs.push((180.0, Job::LongRange(i))),
        }
    }
    jobs.extend((0..sea.atons().len()).map(|i| (180.0, Job::Aton(i))));
    jobs
}

/// The report in the first slot from `nominal` that is free for its whole length, within the next 75 (two seconds). `None`: all
/// were taken, or it would run into the next minute.
fn report(
    world: &World,
    job: Job,
    minute: i64,
    nominal: u64,
    channel: Channel,
    hidden: bool,
    taken: &mut HashSet<(Channel, u64)>,
) -> Option<Report> {
    let slots = if matches!(job, Job::Static(_) | Job::Aton(_) | Job::ExtendedB(_) | Job::Weather) { 2 } else { 1 };
    let free = |slot: &u64| hidden || (*slot..slot + slots).all(|s| !taken.contains(&(channel, s)));
    let slot = (nominal..nominal + 75).find(free).filter(|slot| slot + slots <= 2250)?;
    taken.extend((slot..slot + slots).map(|s| (channel, s)));
    let t_us = minute * MINUTE_US + (slot_ps(slot) / 1_000_000) as i64;
    let second = (slot_ps(slot) / 1_000_000_000_000) as u8;
    // A slot is kept for eight minutes, counted down; each ship is somewhere else in them.
    let key = if let Job::Position(i) | Job::Beacon(i, _) = job { i as i64 } else { 0 };
    let comm = CommState { slot: slot as u16, timeout: 7 - (minute + key).rem_euclid(8) as u8 };
    let sea = world.sea();
    let (mmsi, at, weaker_db, payload) = match job {
        Job::Position(i) | Job::Static(i) | Job::StaticB(i) | Job::ExtendedB(i) | Job::Sart(i) | Job::Beacon(i, _) | Job::LongRange(i) => {
            let ship = sea.ship_at(i, t_us);
            // Class B sends 2 W, a transmitter adrift 1 W from wave height, class A 12.5 W.
            let weaker_db = match (ship.beacon_text(), ship.class_b) {
                (Some(_), _) => 12.0,
                (None, true) => 8.0,
                (None, false) => 0.0,
            };
            (ship.mmsi, ship.at, weaker_db, payload_of_ship(job, i, &ship, second, comm))
        }
        Job::Aton(i) => {
            let aton = sea.atons()[i];
            (aton.mmsi, aton.at, 3.0, message::aid_to_navigation(&aton, second, false))
        }
        Job::Helicopter => {
            let helicopter = sea.helicopter_at(t_us);
            (helicopter.mmsi, helicopter.at, 0.0, message::sar_aircraft(&helicopter, 150, second, comm))
        }
        Job::Weather => {
            let (mmsi, at) = sea.base_station();
            (mmsi, at, 0.0, service::weather_broadcast(mmsi, at, Utc::of_micros(t_us), &MAST))
        }
        Job::Base => {
            let (mmsi, at) = sea.base_station();
            (mmsi, at, 0.0, message::base_station(4, mmsi, at, Utc::of_micros(t_us), comm))
        }
        Job::Text => {
            let (mmsi, at) = sea.base_station();
            (mmsi, at, 0.0, message::safety_text(mmsi, "SIMULATED"))
        }
    };
    Some(Report { slot, channel, mmsi, at, weaker_db, payload })
}

fn payload_of_ship(job: Job, index: usize, ship: &ShipState, second: u8, comm: CommState) -> Payload {
    match (job, ship.class_b) {
        (Job::Sart(_), _) => message::safety_text(ship.mmsi, ship.beacon_text().unwrap_or_default()),
        (Job::Beacon(..), _) => message::position_a(1, ship, second, comm),
        (Job::LongRange(_), _) => message::long_range(ship),
        (Job::ExtendedB(_), _) => message::extended_b(ship, second),
        (Job::Position(_), true) => message::position_b(ship, second),
        (Job::Position(_), false) => {
            let kind = if 10.0 < ship.turn_deg_per_min.abs() { 3 } else { 1 + u8::from(index % 8 == 3) };
            message::position_a(kind, ship, second, comm)
        }
        (Job::Static(_), false) => message::static_a(ship, (12, 24, 18, 0)),
        (Job::Static(_), true) => message::static_b_name(ship),
        _ => message::static_b_rest(ship),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truths(config: SeaConfig, seconds: u64) -> Vec<AisTruth> {
        let samples = seconds * u64::from(config.frontend.rate_sps);
        let mut signal = SeaSignal::new(SeaConfig { keep_truth: true, ..config }, Some(samples));
        let mut buf = vec![0; 1 << 16];
        while signal.fill(&mut buf) != 0 {}
        signal.finish();
        core::iter::from_fn(|| signal.next_truth()).collect()
    }

    fn coast(start_us: i64) -> SeaConfig {
        let world = WorldConfig::default();
        let site = world.center;
        SeaConfig { start_us, frontend: Frontend::cu8(96_000, 4.0), ..SeaConfig::rtl_sdr(world, site) }
    }

    #[test]
    fn reports_come_at_the_standards_rates_in_slots() {
        let all = truths(coast(1_795_392_000_000_000), 60);
        let kinds = |kind| all.iter().filter(|t| t.payload.kind() == kind).count();
        let world = World::new(WorldConfig::default());
        let ships: Vec<_> = (0..world.sea().ship_count()).map(|i| world.sea().ship_at(i, 1_795_392_000_000_000)).collect();
        let class_a = ships.iter().filter(|s| !s.class_b && s.beacon_text().is_none());
        let expected: f64 = class_a.map(|s| 60.0 / interval_s(false, s.nav_status, s.speed_kt, s.turn_deg_per_min)).sum();
        let adrift = |kind| all.iter().filter(|t| t.payload.mmsi() / 1_000_000 == 970 && t.payload.kind() == kind).count();
        let scheduled = kinds(1) - adrift(1) + kinds(2) + kinds(3);
        assert!((scheduled as f64 - expected).abs() < 0.1 * expected + 3.0, "{scheduled} {expected}");
        assert_eq!((kinds(4), kinds(9), adrift(1), adrift(14), adrift(5)), (6, 6, 8, 1, 0));
        assert!(3 < kinds(18) && 0 < kinds(2) && 0 < kinds(5) && 0 < kinds(21) && kinds(27) == 0, "type 27 is not sent on A and B");
        for t in &all {
            let in_slot_us = (t.burst.start_ps as f64 * 1e-6 - 833.333).rem_euclid(60e6 / 2250.0);
            assert!(!(300.0..=60e6 / 2250.0 - 300.0).contains(&in_slot_us), "{in_slot_us}");
        }
        let collided = all.iter().filter(|t| t.overlapped).count();
        assert!(collided * 10 < all.len(), "{collided} of {}", all.len());
    }

    /// Six minutes hold every type, in the proportions that the table's intervals give; and the other two channels nothing but type 27.
    #[test]
    fn every_type_is_sent_in_proportion() {
        let world = WorldConfig { sarts: 4, ..WorldConfig::default() };
        let config = SeaConfig { world, ..coast(1_795_392_000_000_000) };
        let (world, mut counts) = (World::new(config.world.clone()), [0; 29]);
        let (mut long_range, mut beacons) = (Vec::new(), HashSet::new());
        for minute in 0..6 {
            for report in reports_of_minute(&world, &config, config.start_us / MINUTE_US + minute) {
                let kind = report.payload.kind();
                counts[usize::from(kind)] += 1;
                let is_long_range = matches!(report.channel, Channel::C | Channel::D);
                assert_eq!(is_long_range, kind == 27, "{report:?}");
                long_range.extend(is_long_range.then_some(report.channel));
                if matches!(report.mmsi / 1_000_000, 970..=974) {
                    beacons.insert((report.mmsi / 10_000, kind));
                }
            }
        }
        let ships = 40;
        let class_a = (0..ships).filter(|&i| !world.sea().ship_at(i, 0).class_b).count();
        assert_eq!((counts[4], counts[9], counts[14], counts[8], counts[27]), (36, 36, counts[14], 2, 2 * class_a));
        assert_eq!((counts[5], counts[24]), (class_a, 2 * (ships - class_a)), "static data once in six minutes");
        assert_eq!(counts[21], 2 * world.sea().atons().len());
        assert!(24 <= counts[14] && 0 < counts[19] && 0 < counts[2] && 0 < counts[3] && 5 * counts[2] < counts[1], "{counts:?}");
        assert!(long_range.contains(&Channel::C) && long_range.contains(&Channel::D));
        let all: HashSet<_> = [97_001, 97_002, 97_201, 97_401].iter().flat_map(|&device| [(device, 1), (device, 14)]).collect();
        assert_eq!(beacons, all);
        // Heard where they are sent: around 156.8 MHz.
        let long = SeaConfig { center_hz: 156_800_000, ..config };
        let heard = truths(long, 60);
        assert!(!heard.is_empty() && heard.iter().all(|t| t.payload.kind() == 27), "{}", heard.len());
    }

    #[test]
    fn whoever_starts_later_hears_the_same() {
        let start = 1_795_392_000_000_000;
        let (early, late) = (truths(coast(start), 90), truths(coast(start + 41_300_000), 40));
        let tail: Vec<&Payload> =
            early.iter().filter(|t| (41_300_000_000_000..81_299_000_000_000).contains(&t.burst.start_ps)).map(|t| &t.payload).collect();
        let late: Vec<&Payload> = late.iter().filter(|t| t.burst.start_ps < 39_999_000_000_000).map(|t| &t.payload).collect();
        assert!(50 < late.len());
        assert_eq!(tail, late);
    }
}
