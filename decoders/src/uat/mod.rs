//! UAT on 978 MHz: ADS-B of aircraft, and uplinks of ground stations with weather and notices (RTCA DO-282B; FIS-B: DO-358B).
//!
//! ```text
//!   1.041667 Mbit/s continuous-phase frequency shift keying, ±312.5 kHz (h = 0.6); first bit of a byte is its most significant
//!   │ sync 36 │ payload 144, parity  96 bits │   basic: RS(30,18)       sync: EACDDA4E2
//!   │ sync 36 │ payload 272, parity 112 bits │   long:  RS(48,34)
//!   │ sync 36 │ 6 × (72 + 20 bytes), bytewise interleaved │   ground uplink: 6 × RS(92,72)    sync: 153225B1D, the complement
//!
//!   IqBlock ─► front ─► search ─► acquire ─► trellis ─► repair ── Frame ─► message | uplink ── Event
//! ```

mod demod;
mod reed_solomon;

pub use demod::Receiver;
