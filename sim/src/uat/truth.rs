//! What is true of each UAT frame that was on the air.

use super::frame::{FrameKind, UatFrame};
use super::modulate::{Modulator, UatBurst};
use crate::air::{Air, Judged, Transmission};
use crate::json::JsonLine;
use crate::world::AircraftState;

/// One frame as it was on the air at the antenna.
#[derive(Clone, Debug, PartialEq)]
pub struct UatTruth {
    pub burst: UatBurst,
    pub frame: UatFrame,
    /// Energy per bit over noise density.
    pub ebn0_db: f64,
    /// Another burst overlaps it in time, at whatever level.
    pub overlapped: bool,
    /// Who sent it, when the frame comes from a world.
    pub state: Option<AircraftState>,
}

impl UatTruth {
    pub fn new(burst: UatBurst, frame: UatFrame, ebn0_db: f64) -> Self {
        Self { burst, frame, ebn0_db, overlapped: false, state: None }
    }

    /// When the sync word ends, in ticks of 12 MHz since the stream began.
    pub fn tick12(&self) -> f64 {
        self.burst.start_ps as f64 * 12e-6 + 36.0 * 11.52 * (1.0 + 1e-6 * self.burst.stretch_ppm)
    }

    /// One line of JSON: `t_us` (start of sync, since the stream began), `protocol`, `kind`, `raw` (as dump978 writes it),
    /// `subject` (aircraft only), `tick12`, `amplitude_dbfs`, `ebn0_db`, `offset_hz`, `overlapped`.
    pub fn json(&self) -> String {
        let kind = match self.frame.kind() {
            FrameKind::Basic => "basic",
            FrameKind::Long => "long",
            FrameKind::Uplink => "uplink",
        };
        let line = JsonLine::new()
            .decimal("t_us", self.burst.start_ps as f64 * 1e-6, 3)
            .string("protocol", "uat")
            .string("kind", kind)
            .string("raw", &self.frame);
        let line = match self.frame.kind() {
            FrameKind::Uplink => line,
            _ => {
                let b = self.frame.payload();
                line.string("subject", format_args!("icao:{:02x}{:02x}{:02x}", b[1], b[2], b[3]))
            }
        };
        line.decimal("tick12", self.tick12(), 2)
            .decimal("amplitude_dbfs", 20.0 * f64::from(self.burst.amplitude).log10(), 2)
            .decimal("ebn0_db", self.ebn0_db, 2)
            .decimal("offset_hz", self.burst.offset_hz, 0)
            .value("overlapped", self.overlapped)
            .end()
    }
}

impl Judged for UatTruth {
    fn end_ps(&self) -> u64 {
        self.burst.end_ps()
    }

    fn overlap(&mut self) {
        self.overlapped = true;
    }
}

/// What is in the air at one antenna.
pub type Reception = Air<UatBurst, Modulator, UatTruth>;
