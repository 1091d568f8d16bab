//! Frames on their way out: in order of time, once each, and address/parity frames as soon as their address is believed.
//!
//! A frame waits [`HOLD_US`] so that a stronger one found later but sent earlier still comes first, and so that a reply whose
//! address isn't known yet is confirmed by the squitter that follows: the first pass over a short recording then yields
//! nearly what a second one would.

use super::repair::{Trust, Word};
use crate::adsb::address::AddressBook;
use model::Signal;

/// How long a frame waits, µs. A squitter comes twice a second at least; a quarter of a second costs no display anything.
pub const HOLD_US: f64 = 250_000.0;
/// Frames that wait at most. 16,000 replies a second fill it in the time that they wait.
const WAITING_MAX: usize = 4096;
/// Equal bytes within this time are one transmission heard twice (an echo, or what cancelling left): no aircraft sends the same
/// reply again before the first has ended.
const SAME_US: f64 = 120.0;

#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// End of bit 56, samples since the stream began.
    pub at: f64,
    pub word: Word,
    pub signal: Signal,
}

#[derive(Debug)]
pub struct Outbox {
    samples_per_us: f64,
    /// Sorted by time.
    waiting: Vec<Waiting>,
}

impl Outbox {
    pub fn new(samples_per_us: f64) -> Self {
        Self { samples_per_us, waiting: Vec::with_capacity(WAITING_MAX) }
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() == WAITING_MAX
    }

    /// Whether the same bytes wait already from (nearly) the same time.
    pub fn holds(&self, at: f64, word: &Word) -> bool {
        let near = SAME_US * self.samples_per_us;
        self.waiting.iter().rev().take_while(|w| at - near < w.at).any(|w| w.at < at + near && w.word.bytes == word.bytes)
    }

    /// The caller made room.
    pub fn put(&mut self, frame: Waiting) {
        let place = self.waiting.partition_point(|w| w.at <= frame.at);
        self.waiting.insert(place, frame);
    }

    /// Lets everything before `at` go, in order. Gives the number of frames dropped because they aren't believed.
    pub fn release(&mut self, at: f64, book: &AddressBook, tick: u64, mut out: impl FnMut(&Waiting)) -> usize {
        let mut unconfirmed = 0;
        let count = self.waiting.partition_point(|w| w.at < at);
        for frame in self.waiting.drain(..count) {
            let believed = match frame.word.trust {
                Trust::Unconfirmed => book.believes(frame.word.address, tick),
                Trust::Unclear => false,
                Trust::Parity | Trust::KnownAddress | Trust::Overlay => true,
            };
            if believed {
                out(&frame);
            } else {
                unconfirmed += 1;
            }
        }
        unconfirmed
    }

    /// When the oldest one was heard.
    pub fn oldest(&self) -> Option<f64> {
        self.waiting.first().map(|w| w.at)
    }
}
