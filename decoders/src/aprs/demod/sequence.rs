//! Beliefs about how a transmitter modulates, followed through the signal side by side: a trellis, and a reader for each.

use super::reader::{Read, Reader};
use super::trellis::{Correlations, Trellis, Turns, Weights};
use core::array::from_fn;

#[derive(Debug)]
pub struct Sequence<const L: usize, const G: usize, const DRIFT: bool> {
    trellis: Trellis<L, G, DRIFT>,
    readers: [Reader; G],
}

impl<const L: usize, const G: usize, const DRIFT: bool> Sequence<L, G, DRIFT> {
    pub fn new(weights: Weights, turns: Turns<L>) -> Self {
        Self { trellis: Trellis::new(weights, turns), readers: from_fn(|_| Reader::new()) }
    }

    /// Takes what the segments that begin at this step have in common with the signal; calls `out` with each frame.
    #[inline]
    pub fn step(&mut self, correlations: &Correlations, out: &mut dyn FnMut(Read<'_>)) {
        if !self.trellis.step(correlations) {
            return;
        }
        for (group, reader) in self.readers.iter_mut().enumerate() {
            for tone in self.trellis.look_back(group) {
                if let Some(read) = reader.push(tone.mark, tone.end, tone.or) {
                    out(read);
                }
            }
        }
    }

    /// Frames whose FCS was wrong, in one of them.
    pub fn failed(&self) -> u64 {
        self.readers[G / 2].failed
    }
}
