//! Samples to frames.

mod acquire;
mod cancel;
mod complex;
mod detect;
mod front;
#[cfg(test)]
mod lab;
mod modem;
mod pulse;
mod receiver;
mod repair;
mod search;
mod stream;

pub use receiver::{RATES, Receiver};

#[cfg(test)]
mod tests;
