//! Samples to frames.

mod acquire;
mod cancel;
mod clock;
mod complex;
mod detect;
mod discriminator;
mod fm;
mod front;
#[cfg(test)]
mod lab;
mod modem;
mod pulse;
mod receiver;
mod repair;
mod search;
mod stream;

pub use discriminator::Discriminator;
pub use receiver::{RATES, Receiver};

#[cfg(test)]
mod tests;
