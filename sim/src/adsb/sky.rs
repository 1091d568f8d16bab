//! The sky as one station's receiver hears it: every emission delayed by its way, weakened by it, cut off by the horizon.
//!
//! Two stations with the same world hear the same frames from two places. [`SkySignal::fill`] is what `vtoc sim` and
//! `vtoc station --demo` read.

use super::fruit;
use super::modulate::{Burst, Edges, Modulator, Waveform};
use super::reception::{FrameTruth, Reception, truth_of};
use super::traffic::{Emission, ReplyRates, Traffic};
use crate::air::{Waiting, sample_ps};
use crate::geo::{LIGHT_M_PER_S, METRES_PER_FOOT, radio_horizon_m, slant_range_m};
use crate::iq::{Frontend, IqStream, Painter};
use crate::rng::Rng;
use crate::world::{AircraftState, World, WorldConfig};
use core::cmp::Reverse;
use model::LatLon;
use std::collections::BinaryHeap;

/// Which sky, heard from where, with what.
#[derive(Clone, Debug, PartialEq)]
pub struct SkyConfig {
    pub world: WorldConfig,
    /// The world's time at which the stream begins: UTC in microseconds, where two stations shall hear the same.
    pub start_us: i64,
    pub site: LatLon,
    /// Antenna above the ground.
    pub antenna_m: f64,
    pub frontend: Frontend,
    pub edges: Edges,
    pub replies: ReplyRates,
    /// Mode A/C replies per second and aircraft, to radars.
    pub mode_ac_per_s: f64,
    /// C/N0 of an aircraft 10 km away.
    pub cn0_at_10km_dbhz: f64,
    /// So much less for each ten times as far: 20 in free space, 0 makes all equal.
    pub loss_db_per_decade: f64,
    /// Deviation of transmitters' power, decibels.
    pub power_spread_db: f64,
    /// Deviation of the level from frame to frame, decibels.
    pub fading_db: f64,
    /// Deviation of transmitters' carriers (clamped at 3 deviations and at the standard's ±1 MHz).
    pub offset_hz: f64,
    /// Keep the truth for [`SkySignal::next_truth`].
    pub keep_truth: bool,
    /// The receiver's own seed: noise and fading.
    pub seed: u64,
}

impl SkyConfig {
    /// A busy evening heard with an RTL-SDR at 2.4 Msps from `site`.
    pub fn rtl_sdr(world: WorldConfig, site: LatLon) -> Self {
        Self {
            world,
            start_us: 0,
            site,
            antenna_m: 12.0,
            frontend: Frontend::cu8(2_400_000, 1.5),
            edges: Edges::BandLimited { cutoff: 0.45 },
            replies: ReplyRates::default(),
            mode_ac_per_s: 0.5,
            cn0_at_10km_dbhz: 105.0,
            loss_db_per_decade: 20.0,
            power_spread_db: 1.5,
            fading_db: 1.5,
            offset_hz: 100_000.0,
            keep_truth: false,
            seed: 1,
        }
    }
}

/// The sky's signal as bytes: deterministic, endless unless limited, the same however it is cut.
#[derive(Debug)]
pub struct SkySignal {
    stream: IqStream<Sky>,
}

impl SkySignal {
    /// `samples`: where it ends (`None`: never).
    pub fn new(config: SkyConfig, samples: Option<u64>) -> Self {
        let (frontend, seed) = (config.frontend, config.seed);
        Self { stream: IqStream::new(Sky::new(config), frontend, seed, samples) }
    }

    /// Writes whole samples to the front of `out` and returns their bytes; 0 = the end.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.stream.fill(out)
    }

    /// The next frame that was on the air (only with `keep_truth`), up to the samples made so far.
    pub fn next_truth(&mut self) -> Option<FrameTruth> {
        self.stream.painter_mut().reception.next_truth()
    }

    /// After the end of a limited signal: the last frames' truth comes out too.
    pub fn finish(&mut self) {
        self.stream.painter_mut().reception.finish();
    }

    pub fn frontend(&self) -> &Frontend {
        self.stream.frontend()
    }

    /// Samples made so far.
    pub fn samples_made(&self) -> u64 {
        self.stream.samples_made()
    }
}

/// The [`Painter`] behind [`SkySignal`].
#[derive(Debug)]
struct Sky {
    config: SkyConfig,
    traffic: Traffic,
    receiver: Rng,
    waiting: BinaryHeap<Reverse<Waiting<Burst, FrameTruth>>>,
    reception: Reception,
    next_mode_ac_ps: u64,
}

/// The longest way that is looked at: what is sent now can't arrive later than this.
const WAY_MAX_PS: u64 = 4_000_000_000;

impl Sky {
    fn new(config: SkyConfig) -> Self {
        let world = World::new(config.world.clone());
        let traffic = Traffic::new(world, config.replies, config.start_us);
        let receiver = Rng::stream(config.seed, &[0x5E7]);
        let modulator = Modulator::new(config.frontend.rate_sps, config.edges);
        let reception = Reception::new(modulator, config.frontend.rate_sps, config.keep_truth);
        Self { config, traffic, receiver, waiting: BinaryHeap::new(), reception, next_mode_ac_ps: 0 }
    }

    fn hear(&mut self, e: &Emission) {
        if let Some((burst, cn0_dbhz, range_m)) = self.arrive(e.sent_ps, &e.state, Waveform::ModeS(e.frame)) {
            let truth = truth_of(&burst, cn0_dbhz).map(|t| FrameTruth { state: Some(e.state), range_m: Some(range_m), ..t });
            self.waiting.push(Reverse(Waiting { sender: e.slot, burst, truth }));
        }
    }

    /// How a transmission reaches the antenna: burst, C/N0, range. `None`: it is below the horizon.
    fn arrive(&mut self, sent_ps: u64, state: &AircraftState, waveform: Waveform) -> Option<(Burst, f64, f64)> {
        let config = &self.config;
        let height_m = (f64::from(state.alt_ft) * METRES_PER_FOOT).max(3.0);
        if radio_horizon_m(config.antenna_m, height_m) < config.site.distance_m(state.at) {
            return None;
        }
        let range_m = slant_range_m(config.site, config.antenna_m, state.at, height_m).max(50.0);
        // What belongs to the transmitter is drawn from its address: the same at every station.
        let mut own = Rng::stream(config.world.seed, &[7, u64::from(state.address)]);
        let (power_db, offset) = (config.power_spread_db * own.normal(), own.normal().clamp(-3.0, 3.0) * config.offset_hz);
        let stretch_ppm = own.range(-10.0, 10.0) as f32;
        let fading_db = config.fading_db * self.receiver.normal();
        let cn0_dbhz = config.cn0_at_10km_dbhz - config.loss_db_per_decade * (range_m / 10_000.0).log10() + power_db + fading_db;
        let way_ps = (range_m / LIGHT_M_PER_S * 1e12) as u64;
        let burst = Burst {
            waveform,
            start_ps: sent_ps + way_ps.min(WAY_MAX_PS - 1),
            amplitude: config.frontend.amplitude_for_cn0(cn0_dbhz),
            offset_hz: offset.clamp(-1e6, 1e6) as f32,
            phase: self.receiver.range(0.0, core::f64::consts::TAU) as f32,
            stretch_ppm,
        };
        Some((burst, cn0_dbhz, range_m))
    }

    /// Mode A/C replies, Poisson over the whole sky.
    fn mode_ac_until(&mut self, until_ps: u64) {
        let aircraft = self.traffic.world().aircraft_count();
        let per_s = self.config.mode_ac_per_s * aircraft as f64;
        while 0.0 < per_s && self.next_mode_ac_ps < until_ps {
            let sent_ps = self.next_mode_ac_ps;
            let slot = self.receiver.below(aircraft as u64) as usize;
            let state = self.traffic.aircraft_at(slot, self.config.start_us + (sent_ps / 1_000_000) as i64);
            let code_a = self.receiver.chance(0.5);
            let waveform = if code_a { Some(fruit::mode_a(state.squawk, false)) } else { fruit::mode_c(state.alt_ft) };
            if let Some((burst, ..)) = waveform.filter(|_| !state.on_ground).and_then(|w| self.arrive(sent_ps, &state, w)) {
                self.waiting.push(Reverse(Waiting { sender: slot, burst, truth: None }));
            }
            self.next_mode_ac_ps += (self.receiver.exponential(1e12 / per_s)) as u64 + 1;
        }
    }
}

impl Painter for Sky {
    fn paint(&mut self, first_sample: u64, iq: &mut [f32]) {
        let end = sample_ps(self.config.frontend.rate_sps, first_sample + iq.len() as u64 / 2);
        while self.traffic.next_ps() < end {
            if let Some(emission) = self.traffic.step() {
                self.hear(&emission);
            }
        }
        self.mode_ac_until(end);
        while self.waiting.peek().is_some_and(|Reverse(a)| a.burst.start_ps < end) {
            if let Some(Reverse(a)) = self.waiting.pop() {
                self.reception.receive(a.burst, a.truth);
            }
        }
        self.reception.paint(first_sample, iq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::air::Transmission;
    use crate::iq::LSB_8BIT;

    fn config(site: LatLon) -> SkyConfig {
        SkyConfig { keep_truth: true, ..SkyConfig::rtl_sdr(WorldConfig::default(), site) }
    }

    fn truths(config: SkyConfig, samples: u64) -> Vec<FrameTruth> {
        let mut signal = SkySignal::new(config, Some(samples));
        let mut buf = vec![0; 1 << 20];
        while signal.fill(&mut buf) != 0 {}
        signal.finish();
        core::iter::from_fn(|| signal.next_truth()).collect()
    }

    #[test]
    fn bytes_do_not_depend_on_the_cuts() {
        let site = WorldConfig::default().center;
        let whole = {
            let mut signal = SkySignal::new(config(site), Some(300_000));
            let mut out = vec![0; 600_000];
            assert_eq!(signal.fill(&mut out), 600_000);
            out
        };
        let mut signal = SkySignal::new(config(site), Some(300_000));
        let (mut parts, mut buf) = (Vec::new(), [0; 4099]);
        loop {
            let n = signal.fill(&mut buf);
            if n == 0 {
                break;
            }
            assert_eq!(n % 2, 0);
            parts.extend_from_slice(&buf[..n]);
        }
        assert!(parts == whole);
    }

    #[test]
    fn two_stations_see_the_same_sky() {
        let here = WorldConfig::default().center;
        let there = LatLon::from_degrees(52.9, 5.9).unwrap();
        let (a, b) = (truths(config(here), 4_800_000), truths(config(there), 4_800_000));
        assert!(500 < a.len() && 500 < b.len(), "{} {}", a.len(), b.len());
        let mut common = 0;
        for x in &a {
            // The same frame, sent at the same instant: arrival minus the way.
            let sent = |t: &FrameTruth| t.burst.start_ps as f64 - t.range_m.unwrap() / LIGHT_M_PER_S * 1e12;
            if let Some(y) = b.iter().find(|y| y.frame == x.frame && (sent(y) - sent(x)).abs() < 10.0) {
                common += 1;
                assert_eq!(y.burst.offset_hz, x.burst.offset_hz);
                let expected = -20.0 * (y.range_m.unwrap() / x.range_m.unwrap()).log10();
                assert!((y.cn0_dbhz - x.cn0_dbhz - expected).abs() < 12.0);
            }
        }
        assert!(a.len() * 8 / 10 < common, "{common} of {}", a.len());
        assert!(a.windows(2).all(|w| w[0].burst.start_ps <= w[1].burst.start_ps));
    }

    #[test]
    fn the_horizon_hides_taxiing_aircraft_far_away() {
        let far = LatLon::from_degrees(53.2, 6.5).unwrap();
        let long = SkyConfig { world: WorldConfig { aircraft: 200, ..WorldConfig::default() }, ..config(far) };
        let heard = truths(long, 2_400_000);
        assert!(heard.iter().all(|t| !t.state.unwrap().on_ground));
        assert!(!heard.is_empty());
    }

    #[test]
    fn truth_is_json_with_the_frame_in_it() {
        let all = truths(config(WorldConfig::default().center), 1_200_000);
        let distressed = all.iter().find(|t| t.frame.df() == 5 && t.state.unwrap().emergency).or(all.first()).unwrap();
        let json = distressed.json();
        assert!(json.contains(&format!("\"hex\":\"{}\"", distressed.frame)) && json.contains("\"lat\":5"), "{json}");
        assert!(all.iter().any(|t| t.overlapped) && all.iter().any(|t| !t.overlapped));
        let marked = all.windows(2).filter(|w| w[1].burst.start_ps < w[0].burst.end_ps()).all(|w| w[0].overlapped && w[1].overlapped);
        assert!(marked);
        assert!(all.iter().all(|t| LSB_8BIT * 0.01 < t.burst.amplitude));
    }
}
