//! Bursts on their way through one receiver: kept in order of arrival, drawn while they last, and told to the truth with
//! whether another burst lay over them.

use super::frame::ModeS;
use super::modulate::{Burst, Modulator, PS_PER_S, Waveform};
use crate::iq::Frontend;
use crate::json::JsonLine;
use crate::world::AircraftState;
use std::collections::VecDeque;

/// One Mode S frame as it was on the air at the antenna.
#[derive(Clone, Copy, Debug)]
pub struct FrameTruth {
    pub burst: Burst,
    pub frame: ModeS,
    /// Pulse power over noise density.
    pub cn0_dbhz: f64,
    /// Another burst, of whatever kind and level, overlaps it in time (its end is included).
    pub overlapped: bool,
    /// Who sent it, when the frame comes from a [`crate::world::World`].
    pub state: Option<AircraftState>,
    /// Distance to the antenna, when there is a place.
    pub range_m: Option<f64>,
}

impl FrameTruth {
    /// When bit 56 ends, in ticks of 12 MHz since the stream began: what Beast calls the frame's time.
    pub fn tick12(&self) -> f64 {
        let stretch = 1.0 + 1e-6 * f64::from(self.burst.stretch_ppm);
        self.burst.start_ps as f64 * 12e-6 + 64.0 * 12.0 * stretch
    }

    /// One line of JSON: always `t_us` (leading edge, since the stream began), `protocol`, `hex`, `df`, `subject`, `tick12`,
    /// `amplitude_dbfs`, `cn0_dbhz`, `offset_hz`, `overlapped`; with a world behind it also place, motion and identity.
    pub fn json(&self) -> String {
        let line = JsonLine::new()
            .decimal("t_us", self.burst.start_ps as f64 * 1e-6, 3)
            .string("protocol", "adsb")
            .string("hex", self.frame)
            .value("df", self.frame.df())
            .string("subject", format_args!("icao:{:06x}", self.frame.address()))
            .decimal("tick12", self.tick12(), 2)
            .decimal("amplitude_dbfs", 20.0 * f64::from(self.burst.amplitude).log10(), 2)
            .decimal("cn0_dbhz", self.cn0_dbhz, 2)
            .decimal("offset_hz", f64::from(self.burst.offset_hz), 0)
            .value("overlapped", self.overlapped);
        let line = match self.range_m {
            Some(range) => line.decimal("range_m", range, 0),
            None => line,
        };
        match &self.state {
            Some(state) => state_json(line, state).end(),
            None => line.end(),
        }
    }
}

fn state_json(line: JsonLine, state: &AircraftState) -> JsonLine {
    line.decimal("lat", state.at.lat_deg(), 7)
        .decimal("lon", state.at.lon_deg(), 7)
        .value("baro_alt_ft", state.alt_ft)
        .value("on_ground", state.on_ground)
        .decimal("speed_kt", state.ground_speed_kt, 1)
        .decimal("track_deg", state.track_deg, 2)
        .decimal("vertical_rate_fpm", state.vertical_rate_fpm, 0)
        .string("callsign", state.callsign)
        .string("squawk", format_args!("{:04}", state.squawk))
        .string("category", format_args!("{}{}", state.category.0 as char, state.category.1))
}

/// What a burst is to the truth.
#[derive(Clone, Copy, Debug)]
enum Heard {
    /// A frame, with its number since the stream began.
    Frame(usize),
    /// A transmission without truth: Mode A/C, or truth isn't kept.
    Other,
    Echo,
}

/// The bursts in the air at one antenna.
#[derive(Debug)]
pub struct Reception {
    modulator: Modulator,
    rate_sps: u32,
    /// In order of start; those that are over are removed.
    air: VecDeque<(Burst, Heard)>,
    /// Frames whose fate is open, in order of start. The first has number `decided`.
    open: VecDeque<FrameTruth>,
    decided: usize,
    truth: Option<VecDeque<FrameTruth>>,
    truth_lost: u64,
}

impl Reception {
    /// Truth that nobody takes is thrown away, oldest first, above this many frames (and counted).
    pub const TRUTH_MAX: usize = 1 << 20;

    pub fn new(modulator: Modulator, rate_sps: u32, keep_truth: bool) -> Self {
        let truth = keep_truth.then(VecDeque::new);
        Self { modulator, rate_sps, air: VecDeque::new(), open: VecDeque::new(), decided: 0, truth, truth_lost: 0 }
    }

    /// Takes the next burst; bursts come in order of their start. A burst without truth still counts as lying over others.
    pub fn receive(&mut self, burst: Burst, truth: Option<FrameTruth>) {
        self.in_order(&burst);
        let mut overlapped = false;
        for (other, heard) in &self.air {
            if !matches!(heard, Heard::Echo) && other.overlaps(&burst) {
                overlapped = true;
                // What was decided already ended before this burst began, so its number is never below `decided` here.
                if let Heard::Frame(number) = heard
                    && let Some(open) = number.checked_sub(self.decided).and_then(|i| self.open.get_mut(i))
                {
                    open.overlapped = true;
                }
            }
        }
        let heard = match truth.filter(|_| self.truth.is_some()) {
            Some(t) => {
                self.open.push_back(FrameTruth { overlapped, ..t });
                Heard::Frame(self.decided + self.open.len() - 1)
            }
            None => Heard::Other,
        };
        self.air.push_back((burst, heard));
    }

    /// Takes a reflection: heard like any other burst, but not counted as another transmission.
    pub fn receive_echo(&mut self, burst: Burst) {
        self.in_order(&burst);
        self.air.push_back((burst, Heard::Echo));
    }

    fn in_order(&self, burst: &Burst) {
        assert!(self.air.back().is_none_or(|(last, _)| last.start_ps <= burst.start_ps), "bursts come in order of their start");
    }

    /// Adds all bursts to the samples from `first_sample` on. Everything that starts within them has been received.
    pub fn paint(&mut self, first_sample: u64, iq: &mut [f32]) {
        for (burst, _) in &self.air {
            self.modulator.add(burst, first_sample, iq);
        }
        let end = first_sample + iq.len() as u64 / 2;
        self.air.retain(|(burst, _)| end < self.modulator.span(burst).1);
        // Bursts arrive in order of start, so nothing can overlap a frame that ended before the samples did.
        let end_ps = (u128::from(end) * u128::from(PS_PER_S) / u128::from(self.rate_sps)) as u64;
        while self.open.front().is_some_and(|t| t.burst.end_ps() < end_ps) {
            self.decide();
        }
    }

    /// The fate of every frame so far is decided, as if nothing more came.
    pub fn finish(&mut self) {
        while !self.open.is_empty() {
            self.decide();
        }
    }

    /// The next frame that was on the air, in order of time.
    pub fn next_truth(&mut self) -> Option<FrameTruth> {
        self.truth.as_mut()?.pop_front()
    }

    /// Frames whose truth was thrown away because nobody took it.
    pub fn truth_lost(&self) -> u64 {
        self.truth_lost
    }

    fn decide(&mut self) {
        let Some(done) = self.open.pop_front() else { return };
        self.decided += 1;
        if let Some(truth) = &mut self.truth {
            truth.push_back(done);
            if Self::TRUTH_MAX < truth.len() {
                truth.pop_front();
                self.truth_lost += 1;
            }
        }
    }
}

/// Where the samples that start at `first_sample` and fill `iq` end.
pub(super) fn end_ps(frontend: &Frontend, first_sample: u64, iq: &[f32]) -> u64 {
    let end = u128::from(first_sample) + iq.len() as u128 / 2;
    (end * u128::from(PS_PER_S) / u128::from(frontend.rate_sps)) as u64
}

/// A frame's truth, before it is known whether something overlaps it.
pub(super) fn truth_of(burst: &Burst, cn0_dbhz: f64) -> Option<FrameTruth> {
    match burst.waveform {
        Waveform::ModeS(frame) => Some(FrameTruth { burst: *burst, frame, cn0_dbhz, overlapped: false, state: None, range_m: None }),
        Waveform::ModeAc { .. } => None,
    }
}
