//! What is true of each AIS message that was on the air.

use super::gmsk::{AisBurst, Modulator};
use super::payload::Payload;
use crate::air::{Air, Judged, Transmission};
use crate::json::JsonLine;

/// One message as it was on the air at the antenna.
#[derive(Clone, Debug, PartialEq)]
pub struct AisTruth {
    pub burst: AisBurst,
    pub payload: Payload,
    /// Energy per bit over noise density.
    pub ebn0_db: f64,
    /// Another burst on the same channel overlaps it in time, at whatever level.
    pub overlapped: bool,
}

impl AisTruth {
    pub fn new(burst: AisBurst, payload: Payload, ebn0_db: f64) -> Self {
        Self { burst, payload, ebn0_db, overlapped: false }
    }

    /// When the opening flag ends, in ticks of 12 MHz since the stream began (32 bits after the start).
    pub fn tick12(&self) -> f64 {
        self.burst.start_ps as f64 * 12e-6 + 32.0 * 1250.0 * (1.0 + 1e-6 * self.burst.stretch_ppm)
    }

    /// One line of JSON: `t_us` (start of training, since the stream began), `protocol`, `type`, `subject`, `channel`, `payload`
    /// (six-bit text) and `fill`, `tick12`, `amplitude_dbfs`, `ebn0_db`, `offset_hz`, `overlapped`.
    pub fn json(&self) -> String {
        let (text, fill) = self.payload.armoured();
        JsonLine::new()
            .decimal("t_us", self.burst.start_ps as f64 * 1e-6, 3)
            .string("protocol", "ais")
            .value("type", self.payload.kind())
            .string("subject", format_args!("mmsi:{:09}", self.payload.mmsi()))
            .string("channel", self.burst.channel.letter())
            .string("payload", text)
            .value("fill", fill)
            .decimal("tick12", self.tick12(), 1)
            .decimal("amplitude_dbfs", 20.0 * f64::from(self.burst.amplitude).log10(), 2)
            .decimal("ebn0_db", self.ebn0_db, 2)
            .decimal("offset_hz", self.burst.offset_hz, 1)
            .value("overlapped", self.overlapped)
            .end()
    }
}

impl Judged for AisTruth {
    fn end_ps(&self) -> u64 {
        self.burst.end_ps()
    }

    fn overlap(&mut self) {
        self.overlapped = true;
    }
}

/// What is in the air on the AIS channels at one antenna.
pub type Reception = Air<AisBurst, Modulator, AisTruth>;
