//! Where the carrier is: the signal, held back a little, turned to zero offset by what lies around each moment.
//!
//! The mean phase step from sample to sample, weighted with power, is the middle of what is in the band: noise is the same on both
//! sides and adds nothing, a packet's sidebands lie evenly about its carrier. A long window finds a weak carrier best; where another
//! transmission is near, the short one, which differs by more than noise explains.
//!
//! What was tried, frames of 60 from IQ; plain air 700 Hz off at −2 / −1 dB; 5 kHz deviation at 1 / 3 dB; and of 100 without pauses, 0–15 dB,
//! ±1 kHz with 30 flags / ±2 kHz with 8:
//!
//! | | plain | 5 kHz | without pauses |
//! |---|---|---|---|
//! | 120 ms alone (what was here before) | 11 / 35 | 5 / 21 | 85 / 79 |
//! | 300 ms alone | 25 / 49 | 42 / 56 | 85 / 69 |
//! | 300 ms, 120 ms where it has more than 0.03 of its power across | 19 / 44 | 28 / 47 | 82 / 75 |
//! | **more than 0.05** | 25 / 49 | 42 / 56 | 83 / 74 |
//! | 240 ms, lag 2 and noise's share taken off | 19 / 41 | 27 / 39 | – |
//! | filters ±8 kHz instead of ±6.5 (of 60 at −1 / 0 dB: 3 / 19, was 34 / 50) | | | |
//!
//! The turn over 62.5 us is weak for a deviation above 5 kHz (J₀(2π · 5 kHz · 62.5 us) = 0.24; at 6 kHz nothing is left): that is the limit from IQ.

use crate::dsp::{dot, rotate};
use core::f32::consts::TAU;

/// Samples of a block: 5 ms.
const BLOCK: usize = 240;
/// Samples between which the turn is measured: 62.5 us.
const LAG: usize = 3;
/// Blocks of the windows: 120 ms and 300 ms.
const SHORT: usize = 24;
const LONG: usize = 60;
/// What the short window has across the long one's turn, of its power: with more it is believed instead.
const ACROSS: f32 = 0.05;
/// Blocks that are remembered: 5 s, more than the longest frame and all that comes after it.
const PAST: usize = 1024;

/// Of some samples: power, and how it turns.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    power: f32,
    x: f32,
    y: f32,
}

impl Sums {
    fn and(self, other: &Self) -> Self {
        Self { power: self.power + other.power, x: self.x + other.x, y: self.y + other.y }
    }
}

#[derive(Debug)]
pub struct Carrier {
    /// Held back: the newest blocks, half a long window of them.
    re: Box<[f32]>,
    im: Box<[f32]>,
    sums: [Sums; LONG],
    filled: usize,
    block: usize,
    last: [(f32, f32); LAG],
    phase: f32,
    /// Power and offset (radians a sample) of the blocks that came out.
    past: Box<[(f32, f32)]>,
    blocks_out: u64,
}

impl Carrier {
    pub fn new() -> Self {
        let buffer = || vec![0.0; (LONG / 2 + 1) * BLOCK].into_boxed_slice();
        Self {
            re: buffer(),
            im: buffer(),
            sums: [Sums::default(); LONG],
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
        sum.power += i * i + q * q;
        sum.x += i * a + q * b;
        sum.y += q * a - i * b;
        self.filled += 1;
        (self.filled == BLOCK).then(|| self.turn())
    }

    fn turn(&mut self) -> Block {
        let step = self.step();
        let mut block = Block { re: [0.0; BLOCK], im: [0.0; BLOCK] };
        rotate(&self.re[..BLOCK], &self.im[..BLOCK], self.phase, step, &mut block.re, &mut block.im);
        self.phase = (self.phase + BLOCK as f32 * step) % TAU;
        let power = dot(&block.re, &block.re) + dot(&block.im, &block.im);
        self.past[self.blocks_out as usize % PAST] = (power / BLOCK as f32, step);
        self.blocks_out += 1;
        self.re.copy_within(BLOCK.., 0);
        self.im.copy_within(BLOCK.., 0);
        self.filled = 0;
        self.block = (self.block + 1) % LONG;
        self.sums[self.block] = Sums::default();
        block
    }

    /// Radians a sample, of the block that comes out.
    fn step(&self) -> f32 {
        let around = |blocks: usize| {
            let first = (LONG - blocks) / 2;
            (first..first + blocks).fold(Sums::default(), |sum, k| sum.and(&self.sums[(self.block + LONG - k) % LONG]))
        };
        let (short, long) = (around(SHORT), around(LONG));
        let (size, across) = (long.x.hypot(long.y), short.y * long.x - short.x * long.y);
        let of = if ACROSS * short.power * size < across.abs() { short } else { long };
        of.y.atan2(of.x) / LAG as f32
    }
}

/// Samples with the carrier at 0 Hz.
#[derive(Debug)]
pub struct Block {
    pub re: [f32; BLOCK],
    pub im: [f32; BLOCK],
}
