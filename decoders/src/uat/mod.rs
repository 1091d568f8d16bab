//! UAT on 978 MHz: ADS-B of aircraft, and uplinks of ground stations with weather and notices (RTCA DO-282B; FIS-B: DO-358B).
//!
//! ```text
//!   1.041667 Mbit/s continuous-phase frequency shift keying, ±312.5 kHz (h = 0.6); first bit of a byte is its most significant
//!   │ sync 36 │ payload 144, parity  96 bits │   basic: RS(30,18)       sync: EACDDA4E2
//!   │ sync 36 │ payload 272, parity 112 bits │   long:  RS(48,34)
//!   │ sync 36 │ 6 × (72 + 20 bytes), bytewise interleaved │  ground uplink: 6 × RS(92,72)    sync: 153225B1D, the complement
//!
//!   IqBlock ─► front ─► search ─► acquire ─► trellis ─► repair ── Frame ─► message | uplink ── Event
//! ```

mod bytes;
mod decoder;
mod demod;
pub mod message;
mod track;
pub mod uplink;

pub use decoder::Decoder;
pub use demod::Receiver;

use crate::registry::ProtocolEntry;
use model::{Frame, Protocol, Tuning};

/// UAT in the list of protocols.
pub static PROTOCOL: ProtocolEntry = ProtocolEntry {
    protocol: Protocol::Uat,
    summary: "UAT, 978 MHz: aircraft, and weather from ground stations",
    default_tuning: Tuning { center_hz: demod::CENTER_HZ, rate_sps: 2_083_334 },
    rates_sps: demod::RATES,
    demodulator: |config| Ok(Box::new(Receiver::new(config)?)),
    decoder: |config| Box::new(Decoder::new(config)),
    raw_text,
};

/// As dump978 writes it: `-` and the payload's hex for aircraft, `+` for ground stations.
fn raw_text(frame: &Frame) -> String {
    let sign = if frame.raw.as_slice().len() == uplink::UPLINK_BYTES { '+' } else { '-' };
    format!("{sign}{};", frame.raw.hex())
}
