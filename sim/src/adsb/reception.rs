//! What is true of each Mode S frame that was on the air, and the air itself.

use super::frame::ModeS;
use super::modulate::{Burst, Modulator, Waveform};
use crate::air::{Air, Judged, Transmission};
use crate::json::JsonLine;
use crate::world::AircraftState;

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

impl Judged for FrameTruth {
    fn end_ps(&self) -> u64 {
        self.burst.end_ps()
    }

    fn overlap(&mut self) {
        self.overlapped = true;
    }
}

/// What is in the air on 1090 MHz at one antenna.
pub type Reception = Air<Burst, Modulator, FrameTruth>;

/// A frame's truth, before it is known whether something overlaps it.
pub(super) fn truth_of(burst: &Burst, cn0_dbhz: f64) -> Option<FrameTruth> {
    match burst.waveform {
        Waveform::ModeS(frame) => Some(FrameTruth { burst: *burst, frame, cn0_dbhz, overlapped: false, state: None, range_m: None }),
        Waveform::ModeAc { .. } | Waveform::Dme { .. } => None,
    }
}
