//! Where the carrier is: the signal, held back a little, turned to zero offset by what lies around each moment.
//!
//! The mean phase step from sample to sample, weighted with power, is the middle of what is in the band: noise is the same on both
//! sides and adds nothing, a packet's sidebands lie evenly about its carrier.

use crate::dsp::{dot, rotate};
use core::f32::consts::TAU;

/// Samples of a block: 5 ms.
const BLOCK: usize = 240;
/// Samples between which the turn is measured: 62.5 us.
const LAG: usize = 3;
const RING: usize = 64;
/// Blocks that are remembered: 5 s, more than the longest frame and all that comes after it.
const PAST: usize = 1024;

#[derive(Debug)]
pub struct Carrier {
    blocks: usize,
    /// Held back: the newest `blocks` blocks.
    re: Box<[f32]>,
    im: Box<[f32]>,
    sums: [(f32, f32); RING],
    filled: usize,
    block: usize,
    last: [(f32, f32); LAG],
    phase: f32,
    /// Power and offset (radians a sample) of the blocks that came out.
    past: Box<[(f32, f32)]>,
    blocks_out: u64,
}

impl Carrier {
    pub fn new(blocks: usize) -> Self {
        assert!(blocks <= RING, "a window fits the ring");
        let buffer = || vec![0.0; (blocks / 2 + 1) * BLOCK].into_boxed_slice();
        Self {
            blocks,
            re: buffer(),
            im: buffer(),
            sums: [(0.0, 0.0); RING],
            filled: 0,
            block: 0,
            last: [(0.0, 0.0); LAG],
            phase: 0.0,
            past: vec![(0.0, 0.0); PAST].into(),
            blocks_out: 0,
        }
    }

    /// How much later a sample comes out, samples.
    pub fn delay(&self) -> usize {
        self.re.len() - BLOCK
    }

    /// Mean power and offset over the tenth of a second from an output on: power, radians a sample.
    pub fn around(&self, output: f64) -> (f32, f32) {
        const SPAN: u64 = 20;
        let first = (output.max(0.0) as u64 / BLOCK as u64).min(self.blocks_out.saturating_sub(1));
        let last = (first + SPAN).min(self.blocks_out).max(first + 1);
        let sum = (first..last).map(|n| self.past[n as usize % PAST]).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        let n = (last - first) as f32;
        (sum.0 / n, sum.1 / n)
    }

    /// Takes a sample. Every so often a block comes out, half a window later, its carrier at 0 Hz.
    #[inline]
    pub fn push(&mut self, i: f32, q: f32) -> Option<Block> {
        let end = self.delay() + self.filled;
        self.re[end] = i;
        self.im[end] = q;
        let (a, b) = self.last[LAG - 1];
        self.last = [(i, q), self.last[0], self.last[1]];
        let sum = &mut self.sums[self.block];
        sum.0 += i * a + q * b;
        sum.1 += q * a - i * b;
        self.filled += 1;
        (self.filled == BLOCK).then(|| self.turn())
    }

    fn turn(&mut self) -> Block {
        let (mut x, mut y) = (0.0_f32, 0.0_f32);
        for k in 0..self.blocks {
            let s = self.sums[(self.block + RING - k) % RING];
            x += s.0;
            y += s.1;
        }
        let step = y.atan2(x) / LAG as f32;
        let mut block = Block { re: [0.0; BLOCK], im: [0.0; BLOCK] };
        rotate(&self.re[..BLOCK], &self.im[..BLOCK], self.phase, step, &mut block.re, &mut block.im);
        self.phase = (self.phase + BLOCK as f32 * step) % TAU;
        let power = dot(&block.re, &block.re) + dot(&block.im, &block.im);
        self.past[self.blocks_out as usize % PAST] = (power / BLOCK as f32, step);
        self.blocks_out += 1;
        self.re.copy_within(BLOCK.., 0);
        self.im.copy_within(BLOCK.., 0);
        self.filled = 0;
        self.block = (self.block + 1) % RING;
        self.sums[self.block] = (0.0, 0.0);
        block
    }
}

/// Samples with the carrier at 0 Hz.
#[derive(Debug)]
pub struct Block {
    pub re: [f32; BLOCK],
    pub im: [f32; BLOCK],
}
