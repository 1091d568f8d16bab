//! Aircraft and a ground station on 978 MHz as one station's receiver hears them.
//!
//! UTC seconds are divided into 3,951 message start opportunities of 250 µs from 6 ms on (DO-282B §2.2.6): a ground station
//! sends in its slots (22 opportunities each) among the first 704, an aircraft once a second at a random one of the rest.
//! Half of the world's aircraft below 24,000 ft have UAT, whether they also have 1090 MHz or not (the rule in the United States is
//! 18,000 ft; the world has few aircraft down there).

use super::encode::{CallsignField, Claims, message};
use super::frame::UatFrame;
use super::modulate::{EBN0_TO_CN0_DB, Levels, Modulator, Shape, UatBurst};
use super::truth::{Reception, UatTruth};
use super::uplink::{Apdu, Station, uplink};
use crate::air::sample_ps;
use crate::geo::{LIGHT_M_PER_S, METRES_PER_FOOT, radio_horizon_m, slant_range_m};
use crate::iq::{Frontend, IqStream, Painter};
use crate::rng::Rng;
use crate::world::{AircraftState, World, WorldConfig};
use core::f64::consts::TAU;
use model::LatLon;
use std::collections::VecDeque;
use std::sync::Arc;

/// Which sky, heard from where, with what.
#[derive(Clone, Debug, PartialEq)]
pub struct UatSkyConfig {
    pub world: WorldConfig,
    /// The world's time at which the stream begins: UTC in microseconds.
    pub start_us: i64,
    pub site: LatLon,
    /// Antenna above the ground.
    pub antenna_m: f64,
    pub frontend: Frontend,
    /// Where the receiver is tuned.
    pub center_hz: u64,
    /// Eb/N0 of an aircraft 10 km away, and the loss for each ten times as far.
    pub ebn0_at_10km_db: f64,
    pub loss_db_per_decade: f64,
    /// Deviation of the level from burst to burst.
    pub fading_db: f64,
    /// Transmitters' carriers are uniform within ± this; each keeps its own.
    pub offset_hz: f64,
    pub keep_truth: bool,
    /// The receiver's own seed: noise and fading.
    pub seed: u64,
}

impl UatSkyConfig {
    pub fn rtl_sdr(world: WorldConfig, site: LatLon) -> Self {
        Self {
            world,
            start_us: 0,
            site,
            antenna_m: 12.0,
            frontend: Frontend::cu8(2_083_334, 2.5),
            center_hz: super::CENTER_HZ,
            ebn0_at_10km_db: 38.0,
            loss_db_per_decade: 20.0,
            fading_db: 1.5,
            offset_hz: 10_000.0,
            keep_truth: false,
            seed: 1,
        }
    }
}

/// The signal as bytes: deterministic, endless unless limited, the same however it is cut.
#[derive(Debug)]
pub struct UatSky {
    stream: IqStream<Sky>,
}

impl UatSky {
    /// `samples`: where it ends (`None`: never).
    pub fn new(config: UatSkyConfig, samples: Option<u64>) -> Self {
        let (frontend, seed) = (config.frontend, config.seed);
        Self { stream: IqStream::new(Sky::new(config), frontend, seed, samples) }
    }

    /// Writes whole samples to the front of `out` and returns their bytes; 0 = the end.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.stream.fill(out)
    }

    /// The next frame that was on the air (only with `keep_truth`), up to the samples made so far.
    pub fn next_truth(&mut self) -> Option<UatTruth> {
        self.stream.painter_mut().reception.next_truth()
    }

    /// After the end of a limited signal: the last frames' truth comes out too.
    pub fn finish(&mut self) {
        self.stream.painter_mut().reception.finish();
    }
}

const SECOND_US: i64 = 1_000_000;
const FIRST_US: f64 = 6_000.0;
const OPPORTUNITY_US: f64 = 250.0;
const CEILING_FT: i32 = 24_000;
const EQUIPPED: f64 = 0.5;

#[derive(Debug)]
struct Sky {
    config: UatSkyConfig,
    world: World,
    receiver: Rng,
    /// The next UTC second to be heard.
    second: i64,
    waiting: VecDeque<UatTruth>,
    reception: Reception,
}

impl Sky {
    fn new(config: UatSkyConfig) -> Self {
        let world = World::new(config.world.clone());
        let rate = config.frontend.rate_sps;
        let reception = Reception::new(Modulator::new(rate), rate, config.keep_truth);
        let receiver = Rng::stream(config.seed, &[0x978]);
        let second = config.start_us.div_euclid(SECOND_US);
        Self { config, world, receiver, second, waiting: VecDeque::new(), reception }
    }

    fn next_second(&mut self) {
        let mut heard = Vec::new();
        for i in 0..self.world.aircraft_count() {
            let mut own = Rng::stream(self.config.world.seed, &[0xA7, i as u64, self.second as u64]);
            let sent_us = FIRST_US + OPPORTUNITY_US * (752 + own.below(3_200)) as f64;
            let state = self.world.aircraft_at(i, self.second * SECOND_US + sent_us as i64);
            let equipped = Rng::stream(self.config.world.seed, &[0xA9, u64::from(state.address)]).chance(EQUIPPED);
            if !equipped || CEILING_FT < state.alt_ft {
                continue;
            }
            let frame = report(&state, self.second);
            let height_m = (f64::from(state.alt_ft) * METRES_PER_FOOT).max(3.0);
            heard.extend(self.hear(sent_us, state.at, height_m, u64::from(state.address), &frame, Some(state)));
        }
        for (sent_us, station, frame) in ground_station(&self.config.world, self.second) {
            heard.extend(self.hear(sent_us, station.at, 30.0, 0x6_0000_0000, &frame, None));
        }
        heard.sort_by_key(|t| t.burst.start_ps);
        self.waiting.extend(heard);
        self.second += 1;
    }

    /// `None`: below the horizon, or before the stream began.
    fn hear(
        &mut self,
        sent_us: f64,
        at: LatLon,
        height_m: f64,
        who: u64,
        frame: &UatFrame,
        state: Option<AircraftState>,
    ) -> Option<UatTruth> {
        let config = &self.config;
        let fading_db = config.fading_db * self.receiver.normal();
        let phase = self.receiver.range(0.0, TAU);
        if radio_horizon_m(config.antenna_m, height_m) < config.site.distance_m(at) {
            return None;
        }
        let range_m = slant_range_m(config.site, config.antenna_m, at, height_m).max(50.0);
        let mut own = Rng::stream(config.world.seed, &[0xA8, who]);
        let ebn0_db = config.ebn0_at_10km_db - config.loss_db_per_decade * (range_m / 10_000.0).log10() + fading_db;
        let since_start_us = (self.second * SECOND_US - config.start_us) as f64 + sent_us + range_m / LIGHT_M_PER_S * 1e6;
        let burst = UatBurst {
            levels: Arc::new(Levels::of(frame)),
            start_ps: (0.0 <= since_start_us).then_some((since_start_us * 1e6) as u64)?,
            amplitude: config.frontend.amplitude_for_cn0(ebn0_db + EBN0_TO_CN0_DB).min(0.7),
            offset_hz: super::CENTER_HZ as f64 - config.center_hz as f64 + config.offset_hz * own.range(-1.0, 1.0),
            phase,
            stretch_ppm: own.range(-10.0, 10.0),
            shape: Shape { roll_off: own.chance(0.5).then_some(0.5), ..Shape::default() },
        };
        Some(UatTruth { state, ..UatTruth::new(burst, frame.clone(), ebn0_db) })
    }
}

/// What an aircraft says in one second: types 1, 0, 3, 0, 2, 0 in turn, callsign and squawk by turns.
fn report(state: &AircraftState, second: i64) -> UatFrame {
    let turn = (second + i64::from(state.address >> 2)).rem_euclid(12);
    let kind = [1, 0, 3, 0, 2, 0][turn as usize % 6];
    let field = if turn < 6 { CallsignField::Callsign } else { CallsignField::Squawk };
    message(kind, state, &Claims::default(), field)
}

/// The frames of one second of the ground station near the runway: its slots and what it says there.
fn ground_station(world: &WorldConfig, second: i64) -> Vec<(f64, Station, UatFrame)> {
    let minute_of_day = second.div_euclid(60).rem_euclid(1_440);
    let (hour, minute) = ((minute_of_day / 60) as u8, (minute_of_day % 60) as u8);
    let mut rng = Rng::stream(world.seed, &[0xF15, second.div_euclid(600) as u64]);
    let (wind, knots, degrees) = (rng.below(36) * 10, 4 + rng.below(20), rng.below(25));
    let metar = format!("METAR EHAM 23{hour:02}25Z {wind:03}{knots:02}KT 9999 FEW020 SCT035 {degrees:02}/05 Q1013 NOSIG\u{1e}\u{3}");
    let taf = format!("TAF EHAM 231120Z 2312/2418 {wind:03}{knots:02}KT CAVOK\nBECMG 2315/2318 4000 BR\u{1e}\u{3}");
    let notam = "NOTAM-D AMS 231000 !AMS 11/023 EHAM RWY 18R/36L CLSD 2311230800-2311231600\u{1e}\u{3}";
    let contents = match second.rem_euclid(4) {
        0 => vec![Apdu::text(hour, minute, &metar), Apdu::text(hour, minute, &taf)],
        1 => vec![Apdu::record(8, (hour, minute), "EHAM", 23, notam)],
        2 => Apdu::record(8, (hour, minute), "EHAM", 24, &format!("{notam}{notam}")).in_parts(77, 60),
        // A block of the regional radar picture, run-length encoded.
        _ => vec![Apdu { product: 63, payload: vec![0x80, 1, 2, 0xF8, 0xFA], ..Apdu::text(hour, minute, "") }],
    };
    let frame = |slot: u8| {
        let station = Station { at: world.runway.threshold, slot, site: 12 };
        Some((FIRST_US + OPPORTUNITY_US * 22.0 * f64::from(slot), station, uplink(&station, &contents)?))
    };
    [3, 11, 19].into_iter().filter_map(frame).collect()
}

impl Painter for Sky {
    fn paint(&mut self, first_sample: u64, iq: &mut [f32]) {
        let end_ps = sample_ps(self.config.frontend.rate_sps, first_sample + iq.len() as u64 / 2);
        while (self.second * SECOND_US - self.config.start_us) as i128 * 1_000_000 < i128::from(end_ps) {
            self.next_second();
        }
        while self.waiting.front().is_some_and(|t| t.burst.start_ps < end_ps) {
            if let Some(truth) = self.waiting.pop_front() {
                self.reception.receive(truth.burst.clone(), Some(truth));
            }
        }
        self.reception.paint(first_sample, iq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aircraft_and_ground_station_keep_their_parts_of_the_second() {
        let world = WorldConfig::default();
        let config = UatSkyConfig { keep_truth: true, ..UatSkyConfig::rtl_sdr(world.clone(), world.center) };
        let mut sky = UatSky::new(config, Some(2_083_334 * 3));
        let mut buf = vec![0; 1 << 18];
        while sky.fill(&mut buf) != 0 {}
        sky.finish();
        let truths: Vec<UatTruth> = core::iter::from_fn(|| sky.next_truth()).collect();
        assert_eq!(truths.iter().filter(|t| t.state.is_none()).count(), 9);
        assert!(15 < truths.len() && truths.is_sorted_by_key(|t| t.burst.start_ps), "{}", truths.len());
        for t in &truths {
            let in_second_us = t.burst.start_ps as f64 * 1e-6 % 1e6;
            assert_eq!(t.state.is_none(), in_second_us < 6_000.0 + 704.0 * 250.0, "{in_second_us}");
            assert!(t.json().contains("\"protocol\":\"uat\""));
        }
    }
}
