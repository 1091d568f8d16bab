//! Samples to frames.
//!
//! ```text
//!   block ─► chunk ─► per channel: shift to 0, low-pass ±7 k, ÷D to ≈48 k ─► discriminator ─► band-pass
//!     ─┬► tones ─► seven slicers (space 6 dB down … 12 dB up: emphasis) ─┬► each: clock, NRZI, HDLC, FCS ─► the first copy
//!      └► limiter ─► tones ─► three slicers ─────────────────────────────┘
//! ```
//! The limiter is what reads near FM's threshold, the plain path in clean audio with unequal tones: both are kept (design notes:
//! 1.4 dB for the limiter on FM, but a loss in white audio noise). No bit is repaired: a frame either has its FCS or is none.

mod channel;
mod receiver;
mod slicer;
mod tones;

pub use receiver::{RATES, Receiver};

#[cfg(test)]
mod tests;
