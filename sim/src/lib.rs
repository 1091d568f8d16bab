//! An independent signal generator with ground truth. It shares no code with the decoders, so that the two check each other.
//!
//! ```text
//!   world (who is where) ──► adsb | ais | aprs | uat (what they say, when) ──► waveform ──► iq (noise, converter) ──► bytes
//!                                             └──────────────► truth (one JSON line per frame on the air)
//! ```
//!
//! Constraints: pure (no clock, I/O, thread, global); everything follows from seeds; streams are the same however they are cut;
//! what is generated is checked by programs that nobody here wrote (`tests/`).

pub mod adsb;
pub mod air;
pub mod ais;
pub mod aprs;
mod civil;
mod geo;
pub mod hdlc;
pub mod iq;
mod json;
pub mod rng;
pub mod uat;
pub mod world;

pub use json::JsonLine;
