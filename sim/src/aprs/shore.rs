//! An APRS channel as one station's receiver hears it.
//!
//! | station | says | every |
//! |---|---|---|
//! | car | Mic-E, compressed or plain position (each keeps its kind) | 45 s |
//! | balloon | plain position with altitude | 30 s |
//! | weather station | weather report | 120 s |
//! | digipeater | plain position; telemetry; status | 300 s each |
//! | every third car | a message to the next | 240 s |
//!
//! What cars and the balloon send through `WIDE1-1` is repeated once by the nearest digipeater. Stations wait for a free channel;
//! a share of them doesn't hear the others and may collide. Everything of one minute is drawn from `(seed, minute)`, so whoever
//! listens, and since when, hears the same.

use super::afsk::{Afsk, Tones};
use super::ax25::UiFrame;
use super::fm::{CNR_TO_CN0_DB, FmBurst, Modulator};
use super::packet::{self, DayHourMinute};
use super::truth::{AprsTruth, Reception};
use crate::air::{PS_PER_S, sample_ps};
use crate::civil::Utc;
use crate::iq::{Frontend, IqStream, Painter};
use crate::rng::Rng;
use crate::world::{AprsKind, AprsState, World, WorldConfig};
use model::LatLon;
use std::collections::VecDeque;
use std::sync::Arc;

/// Which channel, heard from where, with what.
#[derive(Clone, Debug, PartialEq)]
pub struct ShoreConfig {
    pub world: WorldConfig,
    /// The world's time at which the stream begins: UTC in microseconds.
    pub start_us: i64,
    pub site: LatLon,
    pub frontend: Frontend,
    pub center_hz: u64,
    pub channel_hz: u64,
    /// CNR (in 12.5 kHz) of a station 10 km away, and the loss for each ten times as far.
    pub cnr_at_10km_db: f64,
    pub loss_db_per_decade: f64,
    /// Deviation of the level from packet to packet.
    pub fading_db: f64,
    /// Transmitters' carriers are uniform within ± this; each keeps its own.
    pub offset_hz: f64,
    /// Share of packets whose sender doesn't hear the others.
    pub hidden_share: f64,
    pub keep_truth: bool,
    /// The receiver's own seed: noise and fading.
    pub seed: u64,
}

impl ShoreConfig {
    /// The European channel heard with an RTL-SDR at 240 kS/s from `site`; the tuner stands 50 kHz beside it, away from its DC.
    pub fn rtl_sdr(world: WorldConfig, site: LatLon) -> Self {
        Self {
            world,
            start_us: 0,
            site,
            frontend: Frontend::cu8(240_000, 4.0),
            center_hz: 144_750_000,
            channel_hz: 144_800_000,
            cnr_at_10km_db: 32.0,
            loss_db_per_decade: 30.0,
            fading_db: 2.0,
            offset_hz: 800.0,
            hidden_share: 0.05,
            keep_truth: false,
            seed: 1,
        }
    }
}

/// The channel's signal as bytes: deterministic, endless unless limited, the same however it is cut.
#[derive(Debug)]
pub struct ShoreSignal {
    stream: IqStream<ShorePainter>,
}

impl ShoreSignal {
    /// `samples`: where it ends (`None`: never).
    pub fn new(config: ShoreConfig, samples: Option<u64>) -> Self {
        let (frontend, seed) = (config.frontend, config.seed);
        Self { stream: IqStream::new(ShorePainter::new(config), frontend, seed, samples) }
    }

    /// Writes whole samples to the front of `out` and returns their bytes; 0 = the end.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.stream.fill(out)
    }

    /// The next frame that was on the air (only with `keep_truth`), up to the samples made so far.
    pub fn next_truth(&mut self) -> Option<AprsTruth> {
        self.stream.painter_mut().reception.next_truth()
    }

    /// After the end of a limited signal: the last frames' truth comes out too.
    pub fn finish(&mut self) {
        self.stream.painter_mut().reception.finish();
    }
}

#[derive(Debug)]
struct ShorePainter {
    config: ShoreConfig,
    world: World,
    receiver: Rng,
    minute: i64,
    waiting: VecDeque<AprsTruth>,
    reception: Reception,
}

/// One packet of one minute.
struct Packet {
    at_s: f64,
    frame: UiFrame,
    tones: Arc<Afsk>,
    /// Who transmits: its place, and what its radio's faults are drawn from.
    from: LatLon,
    radio: u64,
}

const MINUTE_US: i64 = 60_000_000;

impl ShorePainter {
    fn new(config: ShoreConfig) -> Self {
        let world = World::new(config.world.clone());
        let rate = config.frontend.rate_sps;
        let reception = Reception::new(Modulator::new(rate, config.center_hz), rate, config.keep_truth);
        let minute = config.start_us.div_euclid(MINUTE_US);
        let receiver = Rng::stream(config.seed, &[0x5403E]);
        let mut painter = Self { config, world, receiver, minute, waiting: VecDeque::new(), reception };
        painter.next_minute();
        painter
    }

    fn next_minute(&mut self) {
        let began_ps = (self.minute * MINUTE_US - self.config.start_us) as i128 * 1_000_000;
        for packet in packets_of_minute(&self.world, self.config.hidden_share, self.minute) {
            let start_ps = began_ps + (packet.at_s * PS_PER_S as f64) as i128;
            // What began before the stream did is not heard.
            if let Ok(start_ps) = u64::try_from(start_ps) {
                let truth = self.hear(packet, start_ps);
                self.waiting.push_back(truth);
            }
        }
        self.minute += 1;
    }

    fn hear(&mut self, packet: Packet, start_ps: u64) -> AprsTruth {
        let config = &self.config;
        let mut own = Rng::stream(config.world.seed, &[11, packet.radio]);
        let range_m = config.site.distance_m(packet.from).max(100.0);
        let loss_db = config.loss_db_per_decade * (range_m / 10_000.0).log10();
        let cnr_db = config.cnr_at_10km_db - loss_db + config.fading_db * self.receiver.normal();
        let burst = FmBurst {
            tones: packet.tones,
            start_ps,
            channel_hz: config.channel_hz,
            amplitude: config.frontend.amplitude_for_cn0(cnr_db + CNR_TO_CN0_DB),
            offset_hz: config.offset_hz * own.range(-1.0, 1.0),
            drift_hz_per_s: 0.0,
            phase: self.receiver.range(0.0, core::f64::consts::TAU),
            deviation_hz: own.range(2400.0, 3600.0),
            head_s: 0.01,
            tail_s: own.range(0.01, 0.15),
            fading: None,
        };
        AprsTruth::new(burst, packet.frame, cnr_db)
    }
}

impl Painter for ShorePainter {
    fn paint(&mut self, first_sample: u64, iq: &mut [f32]) {
        let end_ps = sample_ps(self.config.frontend.rate_sps, first_sample + iq.len() as u64 / 2);
        while i128::from(self.minute * MINUTE_US - self.config.start_us) * 1_000_000 < i128::from(end_ps) {
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

/// What a station says again and again.
#[derive(Clone, Copy, Debug)]
enum Job {
    Beacon,
    Telemetry,
    Status,
    Message,
}

/// All packets of one minute in order of time; what does not fit into it any more is dropped.
fn packets_of_minute(world: &World, hidden_share: f64, minute: i64) -> Vec<Packet> {
    let seed = world.config().seed;
    let shore = world.shore();
    let mut wishes = Vec::new();
    for i in 0..shore.station_count() {
        let kind = shore.station_at(i, minute * MINUTE_US).kind;
        for (number, (interval_s, job)) in jobs(kind, i).iter().enumerate() {
            let mut own = Rng::stream(seed, &[12, i as u64, number as u64]);
            let phase_s = own.range(0.0, *interval_s);
            let minute_s = minute as f64 * 60.0;
            let mut count = ((minute_s - phase_s) / interval_s).ceil();
            while phase_s + count * interval_s < minute_s + 60.0 {
                let hidden = Rng::stream(seed, &[13, i as u64, number as u64, count as i64 as u64]).chance(hidden_share);
                wishes.push((phase_s + count * interval_s - minute_s, i, *job, hidden));
                count += 1.0;
            }
        }
    }
    wishes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut packets, mut free_s) = (Vec::new(), 0.0_f64);
    for (wish_s, i, job, hidden) in wishes {
        let at_s = if hidden { wish_s } else { wish_s.max(free_s) };
        let state = shore.station_at(i, minute * MINUTE_US + (at_s * 1e6) as i64);
        let Some(frame) = say(world, &state, i, job, minute) else { continue };
        let mut ends_s = push(&mut packets, at_s, frame.clone(), state.at, i as u64);
        if matches!(state.kind, AprsKind::Car | AprsKind::Balloon)
            && let Some((digipeater, number)) = nearest_digipeater(world, state.at)
            && let Some(repeated) = frame.repeated_by(digipeater.call.as_str())
        {
            ends_s = push(&mut packets, ends_s + 0.1, repeated, digipeater.at, number);
        }
        free_s = free_s.max(ends_s + 0.05);
    }
    packets.retain(|p| p.at_s + p.tones.duration_s() + 0.2 < 60.0);
    packets.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    packets
}

/// Adds a packet and returns when its carrier is gone.
fn push(packets: &mut Vec<Packet>, at_s: f64, frame: UiFrame, from: LatLon, radio: u64) -> f64 {
    let mut own = Rng::stream(radio, &[14]);
    let tones = Tones { pre_emphasis: own.chance(0.5), twist_db: own.range(-2.0, 2.0), ..Tones::default() };
    let tones = Arc::new(Afsk::new(&frame, &tones.with_clock_error(own.range(-0.2, 0.2))));
    let ends_s = at_s + tones.duration_s() + 0.16;
    packets.push(Packet { at_s, frame, tones, from, radio });
    ends_s
}

fn jobs(kind: AprsKind, index: usize) -> &'static [(f64, Job)] {
    match kind {
        AprsKind::Car if index.is_multiple_of(3) => &[(45.0, Job::Beacon), (240.0, Job::Message)],
        AprsKind::Car => &[(45.0, Job::Beacon)],
        AprsKind::Balloon => &[(30.0, Job::Beacon)],
        AprsKind::Weather => &[(120.0, Job::Beacon)],
        AprsKind::Digipeater => &[(300.0, Job::Beacon), (300.0, Job::Telemetry), (300.0, Job::Status)],
    }
}

fn say(world: &World, state: &AprsState, index: usize, job: Job, minute: i64) -> Option<UiFrame> {
    let time = day_hour_minute(minute);
    let source = state.call.as_str();
    let (destination, info) = match (job, state.kind) {
        (Job::Telemetry, _) => {
            ("APZSIM".to_owned(), packet::telemetry(minute.rem_euclid(1000) as u16, [120, 33, 200, 0, 255], 0b1010_0001))
        }
        (Job::Status, _) => ("APZSIM".to_owned(), packet::status("simulated")),
        (Job::Message, _) => {
            let next = world.shore().station_at((index + 1) % world.shore().station_count(), 0);
            ("APZSIM".to_owned(), packet::message(next.call.as_str(), "simulated message", Some(minute.rem_euclid(1000) as u16)))
        }
        (Job::Beacon, AprsKind::Digipeater) => ("APZSIM".to_owned(), packet::position(state, *b"/#", None, "simulated digipeater")),
        (Job::Beacon, AprsKind::Weather) => ("APZSIM".to_owned(), packet::weather(state.at, &state.weather?, time)),
        (Job::Beacon, AprsKind::Balloon) => ("APZSIM".to_owned(), packet::position(state, *b"/O", Some(time), " simulated balloon")),
        (Job::Beacon, AprsKind::Car) => match index % 3 {
            0 => packet::mic_e(state, *b"/>", "simulated"),
            1 => ("APZSIM".to_owned(), packet::compressed(state, *b"/>", "simulated")),
            _ => ("APZSIM".to_owned(), packet::position(state, *b"/>", None, " simulated")),
        },
    };
    let path: &[&str] = if matches!(state.kind, AprsKind::Car | AprsKind::Balloon) { &["WIDE1-1", "WIDE2-1"] } else { &["WIDE2-1"] };
    UiFrame::new(source, &destination, path, &info)
}

fn nearest_digipeater(world: &World, at: LatLon) -> Option<(AprsState, u64)> {
    let shore = world.shore();
    let all = (0..shore.station_count()).map(|i| (shore.station_at(i, 0), i as u64));
    let digipeaters = all.filter(|(s, _)| s.kind == AprsKind::Digipeater);
    digipeaters.min_by(|a, b| a.0.at.distance_m(at).total_cmp(&b.0.at.distance_m(at)))
}

fn day_hour_minute(minute: i64) -> DayHourMinute {
    let now = Utc::of_micros(minute * MINUTE_US);
    (now.day, now.hour, now.minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truths(start_us: i64, seconds: u64) -> Vec<AprsTruth> {
        let world = WorldConfig::default();
        let site = world.center;
        let frontend = Frontend::cu8(24_000, 4.0);
        let config = ShoreConfig { start_us, frontend, center_hz: 144_800_000, keep_truth: true, ..ShoreConfig::rtl_sdr(world, site) };
        let mut signal = ShoreSignal::new(config, Some(seconds * 24_000));
        let mut buf = vec![0; 1 << 16];
        while signal.fill(&mut buf) != 0 {}
        signal.finish();
        core::iter::from_fn(|| signal.next_truth()).collect()
    }

    const START_US: i64 = 1_795_392_000_000_000;

    #[test]
    fn stations_speak_in_turn_and_digipeaters_repeat() {
        let all = truths(START_US, 120);
        assert!(40 < all.len(), "{}", all.len());
        let collided = all.iter().filter(|t| t.overlapped).count();
        assert!(collided * 5 < all.len(), "{collided} of {}", all.len());
        let texts: Vec<String> = all.iter().map(|t| String::from_utf8_lossy(&t.frame.to_tnc2()).into_owned()).collect();
        assert!(texts.iter().any(|t| t.contains("*,WIDE2-1:")), "no repeated packet");
        for kind in [":`", ":!/", ":@230", ":!52"] {
            assert!(texts.iter().any(|t| t.contains(kind)), "{kind} in {texts:#?}");
        }
    }

    #[test]
    fn whoever_starts_later_hears_the_same() {
        let (early, late) = (truths(START_US, 100), truths(START_US + 33_000_000, 60));
        let frames = |all: &[AprsTruth], from_ps: u64| -> Vec<UiFrame> {
            all.iter().filter(|t| (from_ps..from_ps + 58_000_000_000_000).contains(&t.burst.start_ps)).map(|t| t.frame.clone()).collect()
        };
        assert!(15 < frames(&late, 0).len());
        assert_eq!(frames(&early, 33_000_000_000_000), frames(&late, 0));
    }
}
