//! APRS: stations, objects, weather and messages of radio amateurs (APRS Protocol Reference 1.0.1 with the 1.1 and 1.2 addenda;
//! AX.25 2.2).
//!
//! ```text
//!   FM (±3 kHz) ← AFSK 1200 Bd, 1200/2200 Hz (Bell 202) ← NRZI, HDLC ← AX.25 UI frame ← information field
//!   ┌ flags ┬ destination 7 ┬ source 7 ┬ digipeaters 0–8 × 7 ┬ control 03 ┬ PID F0 ┬ information 1–256 ┬ FCS 2 ┬ flag ┐
//!
//!   IqBlock ─► demod ─► hdlc ─► Frame ─► ax25 ─► packet ─► Event
//! ```

pub mod ax25;
mod decoder;
pub mod packet;

pub use decoder::Decoder;
