//! AIS: ships, aids to navigation and distress devices on VHF (ITU-R M.1371-5).
//!
//! ```text
//!   9,600 bit/s GMSK (BT 0.4, h 0.5), NRZI, in slots of 26.67 ms (256 bits) on 161.975 (A) and 162.025 MHz (B)
//!   ┌ ramp ┬ training ┬ flag ┬ data, stuffed ┬ FCS ┬ flag ┬ buffer ┐
//!   │  8   │  24      │  8   │  168 (1 slot) │ 16  │  8   │  24    │ bits
//!
//!   IqBlock ─► channels ─► demod ─► hdlc ─► Frame ─► message ─► Event
//!                              sentences (nmea) ─┘
//! ```

mod channels;
mod decoder;
pub mod message;
pub mod nmea;
#[cfg(test)]
mod testing;
mod track;

pub use channels::{CHANNEL_UNKNOWN, Channel};
pub use decoder::Decoder;
