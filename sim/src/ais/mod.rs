//! AIS on 161.975 and 162.025 MHz: messages, when they are sent, and how they look as samples.
//!
//! - [`message`]: what ships and shore say, as [`Payload`]s (bits, and the six-bit text of VDM sentences);
//! - [`gmsk`]: payloads as bursts as samples (the meaning of "amplitude" and "Eb/N0" is in its header);
//! - [`SeaSignal`]: a moving sea as one station's receiver hears it, with truth;
//! - [`scenario`]: laboratory signals: levels, offsets, timing, modulation faults, collisions.

pub mod gmsk;
mod interval;
pub mod message;
mod payload;
pub mod scenario;
mod sea;
pub mod service;
mod truth;

pub use gmsk::{AisBurst, Channel};
pub use payload::Payload;
pub use sea::{SeaConfig, SeaMessage, SeaSignal};
pub use truth::{AisTruth, Reception};

use crate::air::PS_PER_S;

/// When slot `slot` (2,250 a minute) begins, picoseconds since slot 0.
pub(crate) fn slot_ps(slot: u64) -> u64 {
    slot * (60 * PS_PER_S / 750) / 3
}

/// From a slot's start to the training sequence: the power rises for eight bits.
pub(crate) const RAMP_PS: u64 = 833_333_333;
