//! Samples to frames.

mod acquire;
mod cancel;
mod front;
mod modem;
mod points;
mod receiver;
mod repair;
mod search;
#[cfg(test)]
mod tests;
mod trellis;
mod waveform;

pub use receiver::{CENTER_HZ, RATES, Receiver};
