//! The signal's numbers, and the sync word as a waveform.
//!
//! The phase is counted from a tone at −312.5 kHz ("0" stands still): a bit 1 then turns it by 1.2 π, three fifths of a turn, and
//! after any number of bits it is at one of five places. These are the states of the trellis.

use crate::dsp::complex::C32;
use core::f32::consts::TAU;

/// Bits a second, times six, so that it is whole.
pub const BIT_RATE_X6: u64 = 6_250_000;
/// Bits a second.
pub const BIT_RATE: f64 = BIT_RATE_X6 as f64 / 6.0;
/// Samples of the receiver's own stream a bit.
pub const SPS: usize = 2;
/// Points a bit at which a burst is looked at.
pub const POINTS: usize = 4;
/// Places of the phase after whole bits.
pub const STATES: usize = 5;
/// What a bit 1 adds, in fifths of a turn.
pub const STEP: usize = 3;

/// Bits of the sync word.
pub const SYNC_BITS: usize = 36;
const SYNC: u64 = 0xE_ACDD_A4E2;
/// Bits behind the sync word.
pub const BASIC_BITS: usize = 240;
pub const LONG_BITS: usize = 384;
pub const UPLINK_BITS: usize = 4416;

/// Which of the two sync words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Aircraft,
    Ground,
}

impl Word {
    pub const fn bit(self, k: usize) -> bool {
        (SYNC >> (SYNC_BITS - 1 - k) & 1 == 1) != matches!(self, Self::Ground)
    }

    /// Bits behind it, at most.
    pub const fn bits_max(self) -> usize {
        match self {
            Self::Aircraft => LONG_BITS,
            Self::Ground => UPLINK_BITS,
        }
    }

    /// The state after the sync word, when it begins in state 0.
    pub fn state_after(self) -> usize {
        (0..SYNC_BITS).filter(|&k| self.bit(k)).count() * STEP % STATES
    }
}

/// Phase of a bit 1's tone at each point, from the bit's start, against the bit 0's.
pub fn one_tone() -> [C32; POINTS] {
    core::array::from_fn(|i| C32::unit(TAU * 0.6 * (i as f32 + 0.5) / POINTS as f32))
}
