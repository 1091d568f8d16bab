//! Pure receivers: samples or frames in, events out. No I/O, no clock, no threads, no global state, so that a recording
//! replays faster than life with the same result, byte for byte.
//!
//! ```text
//!   IqBlock ──► Demodulator ── Frame (check passed) ──► MessageDecoder ── Event
//! ```
//!
//! One folder per protocol; [`PROTOCOLS`] is the list that feeds configuration, help, metrics and tests. A new protocol is
//! a new folder, one `mod` line and one line in the list. A protocol folder never imports another's.

pub mod adsb;
pub mod ais;
pub mod aprs;
pub mod bits;
pub mod dsp;
pub mod hdlc;
mod reed_solomon;
mod registry;
#[cfg(test)]
mod testing;
pub mod uat;

pub use registry::{
    AUDIO, Counters, DecoderConfig, Demodulator, DemodulatorConfig, MessageDecoder, PROTOCOLS, Profile, ProtocolEntry, Refusal,
    UnsupportedRate,
};
