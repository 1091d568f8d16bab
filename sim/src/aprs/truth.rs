//! What is true of each APRS frame that was on the air.

use super::ax25::UiFrame;
use super::fm::{FmBurst, Modulator};
use crate::air::{Air, Judged, Transmission};
use crate::json::JsonLine;

/// One frame as it was on the air at the antenna.
#[derive(Clone, Debug, PartialEq)]
pub struct AprsTruth {
    pub burst: FmBurst,
    pub frame: UiFrame,
    /// Carrier over the noise in 12.5 kHz.
    pub cnr_db: f64,
    /// Another transmission on the same channel overlaps it in time, at whatever level.
    pub overlapped: bool,
}

impl AprsTruth {
    pub fn new(burst: FmBurst, frame: UiFrame, cnr_db: f64) -> Self {
        Self { burst, frame, cnr_db, overlapped: false }
    }

    /// One line of JSON: `t_us` (the carrier appears, since the stream began), `protocol`, `subject` (who sent it first),
    /// `tnc2` (bytes that are no text as U+FFFD), `hex` (the frame without flags and check sequence), `channel_hz`,
    /// `amplitude_dbfs`, `cnr_db`, `offset_hz`, `deviation_hz`, `overlapped`.
    pub fn json(&self) -> String {
        let hex: String = self.frame.bytes().iter().map(|b| format!("{b:02x}")).collect();
        JsonLine::new()
            .decimal("t_us", self.burst.start_ps as f64 * 1e-6, 3)
            .string("protocol", "aprs")
            .string("subject", format_args!("call:{}", self.frame.source))
            .string("tnc2", String::from_utf8_lossy(&self.frame.to_tnc2()))
            .string("hex", hex)
            .value("channel_hz", self.burst.channel_hz)
            .decimal("amplitude_dbfs", 20.0 * f64::from(self.burst.amplitude).log10(), 2)
            .decimal("cnr_db", self.cnr_db, 2)
            .decimal("offset_hz", self.burst.offset_hz, 1)
            .decimal("deviation_hz", self.burst.deviation_hz, 0)
            .value("overlapped", self.overlapped)
            .end()
    }
}

impl Judged for AprsTruth {
    fn end_ps(&self) -> u64 {
        self.burst.end_ps()
    }

    fn overlap(&mut self) {
        self.overlapped = true;
    }
}

/// What is in the air on the APRS channels at one antenna.
pub type Reception = Air<FmBurst, Modulator, AprsTruth>;
