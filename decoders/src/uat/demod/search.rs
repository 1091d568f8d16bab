//! Where bursts may begin: both sync words at every sample, in blocks of four bits.
//!
//! ```text
//!   z_b = Σ x · conj(waveform of bits 4b … 4b+3)      S = Σ z_{b+1} · conj(z_b)      score = |S| / energy
//! ```
//! Within a block the sum is coherent (an offset of 80 kHz costs 1.4 dB); from block to block only the turn counts, so that the offset
//! shows as S's angle instead of destroying the sum. The ground's word is the complement, so its waveform is the conjugate: both come
//! out of the same products.

use super::front::Planes;
use super::waveform::{SPS, SYNC_BITS, Word};
use core::f32::consts::PI;

const BLOCK_BITS: usize = 4;
const BLOCKS: usize = SYNC_BITS / BLOCK_BITS;
const BLOCK: usize = BLOCK_BITS * SPS;
/// Samples of the sync word.
pub const SYNC: usize = SYNC_BITS * SPS;
/// Samples searched at a time.
pub const HOP: usize = 256;
/// A burst is where the score is highest within so many samples.
const NEAR: usize = 6;
const SPAN: usize = HOP + 2 * NEAR;
/// The score of a sync word without noise: eight pairs of blocks over 72 samples.
pub const SCORE_CLEAN: f32 = ((BLOCKS - 1) * BLOCK * BLOCK) as f32 / SYNC as f32;
/// Samples that must lie behind the first that is searched.
pub const NEEDED: usize = SPAN + SYNC;

/// A place where a sync word may begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Samples behind the first that was searched.
    pub at: usize,
    pub word: Word,
    pub score: f32,
    /// Mean power along it.
    pub power: f32,
    /// Radians a bit that the carrier is off.
    pub turn: f32,
}

/// The sync word's waveform, block by block.
#[derive(Debug)]
pub struct Search {
    cos: [f32; SYNC],
    sin: [f32; SYNC],
    score_min: f32,
}

type Row = [f32; SPAN];

impl Search {
    pub fn new(score_min: f32) -> Self {
        let (mut cos, mut sin) = ([0.0; SYNC], [0.0; SYNC]);
        let mut phase = 0.0_f32;
        for i in 0..SYNC {
            let turn = if Word::Aircraft.bit(i / SPS) { 0.6 * PI } else { -0.6 * PI } / SPS as f32;
            (sin[i], cos[i]) = (phase + turn / 2.0).sin_cos();
            phase = (phase + turn).rem_euclid(2.0 * PI);
        }
        Self { cos, sin, score_min }
    }

    /// Looks at `HOP` places from sample `from` + `NEAR` on. Returns the mean power there.
    pub fn look(&self, x: &Planes, from: usize, out: &mut dyn FnMut(Found)) -> f32 {
        let (re, im) = (&x.re[from..from + NEEDED], &x.im[from..from + NEEDED]);
        let mut sums = Sums { s: [[0.0; SPAN]; 4], energy: [0.0; SPAN] };
        correlate(re, im, &self.cos, &self.sin, &mut sums);
        for (word, rows) in [(Word::Aircraft, 0), (Word::Ground, 2)] {
            let (a, b) = (&sums.s[rows], &sums.s[rows + 1]);
            self.peaks(word, a, b, &sums.energy, out);
        }
        sums.energy.iter().sum::<f32>() / (SPAN * SYNC) as f32
    }

    fn peaks(&self, word: Word, re: &Row, im: &Row, energy: &Row, out: &mut dyn FnMut(Found)) {
        let power = |n: usize| re[n] * re[n] + im[n] * im[n];
        let floor = self.score_min * self.score_min;
        for n in NEAR..NEAR + HOP {
            let here = power(n);
            if here < floor * energy[n] * energy[n] || energy[n] <= 0.0 {
                continue;
            }
            let higher = (n - NEAR..n).any(|m| here <= power(m)) || (n + 1..=n + NEAR).any(|m| here < power(m));
            if !higher {
                let turn = im[n].atan2(re[n]) / BLOCK_BITS as f32;
                out(Found { at: n, word, score: here.sqrt() / energy[n], power: energy[n] / SYNC as f32, turn });
            }
        }
    }
}

struct Sums {
    /// S of the aircraft's word (real, imaginary) and of the ground's.
    s: [Row; 4],
    energy: Row,
}

#[multiversion::multiversion(targets = "simd")]
fn correlate(re: &[f32], im: &[f32], cos: &[f32; SYNC], sin: &[f32; SYNC], sums: &mut Sums) {
    let mut last = [[0.0_f32; SPAN]; 4];
    for b in 0..BLOCKS {
        let mut z = [[0.0_f32; SPAN]; 4];
        for i in b * BLOCK..(b + 1) * BLOCK {
            let (c, s) = (cos[i], sin[i]);
            let (xr, xi) = (&re[i..i + SPAN], &im[i..i + SPAN]);
            for n in 0..SPAN {
                z[0][n] += xr[n] * c;
                z[1][n] += xi[n] * s;
                z[2][n] += xi[n] * c;
                z[3][n] += xr[n] * s;
                sums.energy[n] += xr[n] * xr[n] + xi[n] * xi[n];
            }
        }
        let [z0, z1, z2, z3] = &mut z;
        for (((rc, is), ic), rs) in z0.iter_mut().zip(z1).zip(z2).zip(z3) {
            (*rc, *is, *ic, *rs) = (*rc + *is, *ic - *rs, *rc - *is, *ic + *rs);
        }
        if 0 < b {
            for w in [0, 2] {
                for n in 0..SPAN {
                    let (a, b, c, d) = (z[w][n], z[w + 1][n], last[w][n], last[w + 1][n]);
                    sums.s[w][n] += a * c + b * d;
                    sums.s[w + 1][n] += b * c - a * d;
                }
            }
        }
        last = z;
    }
}
