//! The sea as one station's receiver hears it: who reports when (ITU-R M.1371-5 annex 2 §4.2, table 1), in which slot, how strong.
//!
//! | station | position | static |
//! |---|---|---|
//! | class A, at anchor / below 14 kt / to 23 kt / above | 180 / 10 / 6 / 2 s (turning: 3⅓ s below 23 kt) | type 5 every 360 s |
//! | class B, below / above 2 kt | 180 / 30 s | type 24 A and B every 360 s |
//! | aid to navigation | type 21 every 180 s | |
//! | base station | type 4 every 10 s | type 14 every 600 s |
//! | search and rescue transmitter | type 1 eight times a minute | type 14 "SART ACTIVE" every 60 s |
//!
//! Slots: each report has its nominal time; it takes the next free slot on its channel (channels by turns), as stations that hear
//! each other do. A share of reports comes from stations that don't hear the others and may collide. Everything of one minute is
//! drawn from `(seed, minute)`, so whoever listens, and since when, hears the same.

use super::gmsk::{AisBurst, Channel, EBN0_TO_CN0_DB, Levels, Modulator, Shape};
use super::message::{self, CommState};
use super::payload::Payload;
use super::scenario::CENTER_HZ;
use super::truth::{AisTruth, Reception};
use super::{RAMP_PS, slot_ps};
use crate::air::sample_ps;
use crate::civil::Utc;
use crate::iq::{Frontend, IqStream, Painter};
use crate::rng::Rng;
use crate::world::{ShipState, World, WorldConfig};
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
    Sart(usize),
    Aton(usize),
    Base,
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
        for report in reports_of_minute(&self.world, &self.config, self.minute) {
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

fn reports_of_minute(world: &World, config: &SeaConfig, minute: i64) -> Vec<Report> {
    let sea = world.sea();
    let mut jobs = vec![(10.0, Job::Base), (600.0, Job::Text)];
    for i in 0..sea.ship_count() {
        let ship = sea.ship_at(i, minute * MINUTE_US);
        jobs.push((interval_s(ship.class_b, ship.nav_status, ship.speed_kt, ship.turn_deg_per_min), Job::Position(i)));
        if ship.nav_status == ShipState::SART_ACTIVE {
            jobs.push((60.0, Job::Sart(i)));
            continue;
        }
        jobs.push((360.0, Job::Static(i)));
        if ship.class_b {
            jobs.push((360.0, Job::StaticB(i)));
        }
    }
    jobs.extend((0..sea.atons().len()).map(|i| (180.0, Job::Aton(i))));
    let mut taken: HashSet<(Channel, u64)> = HashSet::new();
    let mut reports = Vec::new();
    for (index, (interval_s, job)) in jobs.into_iter().enumerate() {
        let mut own = Rng::stream(config.world.seed, &[9, index as u64]);
        let (phase_s, turn) = (own.range(0.0, interval_s), own.below(2) as i64);
        let minute_s = minute as f64 * 60.0;
        let mut count = ((minute_s - phase_s) / interval_s).ceil() as i64;
        while phase_s + count as f64 * interval_s < minute_s + 60.0 {
            let nominal = (((phase_s + count as f64 * interval_s - minute_s) * 37.5) as u64).min(2249);
            let channel = if (count + turn) % 2 == 0 { Channel::A } else { Channel::B };
            let hidden = Rng::stream(config.world.seed, &[10, index as u64, count as u64]).chance(config.hidden_share);
            reports.extend(report(world, job, minute, nominal, channel, hidden, &mut taken));
            count += 1;
        }
    }
    reports
}

/// Table 1 of annex 2.
fn interval_s(class_b: bool, nav_status: u8, speed_kt: f64, turn_deg_per_min: f64) -> f64 {
    match (class_b, 10.0 < turn_deg_per_min.abs()) {
        (false, _) if nav_status == ShipState::SART_ACTIVE => 7.5,
        (true, _) => {
            if speed_kt < 2.0 {
                180.0
            } else {
                30.0
            }
        }
        _ if matches!(nav_status, 1 | 5) && speed_kt < 3.0 => 180.0,
        (_, turning) if speed_kt < 14.0 => {
            if turning {
                10.0 / 3.0
            } else {
                10.0
            }
        }
        (_, turning) if speed_kt < 23.0 => {
            if turning {
                2.0
            } else {
                6.0
            }
        }
        _ => 2.0,
    }
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
    let slots = if matches!(job, Job::Static(_) | Job::Aton(_)) { 2 } else { 1 };
    let free = |slot: &u64| hidden || (*slot..slot + slots).all(|s| !taken.contains(&(channel, s)));
    let slot = (nominal..nominal + 75).find(free).filter(|slot| slot + slots <= 2250)?;
    taken.extend((slot..slot + slots).map(|s| (channel, s)));
    let t_us = minute * MINUTE_US + (slot_ps(slot) / 1_000_000) as i64;
    let second = (slot_ps(slot) / 1_000_000_000_000) as u8;
    let comm = CommState { slot: slot as u16, timeout: (minute.rem_euclid(4) * 2) as u8 };
    let sea = world.sea();
    let (mmsi, at, weaker_db, payload) = match job {
        Job::Position(i) | Job::Static(i) | Job::StaticB(i) | Job::Sart(i) => {
            let ship = sea.ship_at(i, t_us);
            let payload = match (job, ship.class_b) {
                (Job::Position(_), false) => message::position_a(1, &ship, second, comm),
                (Job::Position(_), true) => message::position_b(&ship, second),
                (Job::Static(_), false) => message::static_a(&ship, (12, 24, 18, 0)),
                (Job::Static(_), true) => message::static_b_name(&ship),
                (Job::Sart(_), _) => message::safety_text(ship.mmsi, "SART ACTIVE"),
                _ => message::static_b_rest(&ship),
            };
            // Class B sends 2 W, a transmitter adrift 1 W from wave height, class A 12.5 W.
            let adrift = ship.nav_status == ShipState::SART_ACTIVE;
            (
                ship.mmsi,
                ship.at,
                if adrift {
                    12.0
                } else if ship.class_b {
                    8.0
                } else {
                    0.0
                },
                payload,
            )
        }
        Job::Aton(i) => {
            let aton = sea.atons()[i];
            (aton.mmsi, aton.at, 3.0, message::aid_to_navigation(&aton, second, false))
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
        let expected: f64 =
            ships.iter().filter(|s| !s.class_b).map(|s| 60.0 / interval_s(false, s.nav_status, s.speed_kt, s.turn_deg_per_min)).sum();
        assert!((kinds(1) as f64 - expected).abs() < 0.1 * expected + 3.0, "{} {expected}", kinds(1));
        let adrift = |kind| all.iter().filter(|t| t.payload.mmsi() / 1_000_000 == 970 && t.payload.kind() == kind).count();
        assert_eq!((kinds(4), adrift(1), adrift(14), adrift(5)), (6, 8, 1, 0));
        assert!(3 < kinds(18) && 0 < kinds(5) && 0 < kinds(21));
        for t in &all {
            let in_slot_us = (t.burst.start_ps as f64 * 1e-6 - 833.333).rem_euclid(60e6 / 2250.0);
            assert!(!(300.0..=60e6 / 2250.0 - 300.0).contains(&in_slot_us), "{in_slot_us}");
        }
        let collided = all.iter().filter(|t| t.overlapped).count();
        assert!(collided * 10 < all.len(), "{collided} of {}", all.len());
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
