//! Levels from what a discriminator gives: the frequency, smeared over neighbouring bits, on top of a carrier offset that wanders
//! (couplings through capacitors, receivers that follow the carrier).
//!
//! What a bit looks like depends on itself and its two neighbours: eight patterns of four samples, at first those of an ideal
//! transmitter, then the means of what was heard. A Viterbi search over four states (the last two levels) finds the levels that fit
//! best; each of its survivors tracks the offset by itself.

use super::complex::C32;
use super::front::SPS;
use super::pulse::{PREAMBLE, TRAININGS, preamble_bits};
use super::repair::Symbols;

/// Places searched for the beginning.
pub const PLACES: usize = 140;
/// Samples of the known part.
const SPAN: usize = PREAMBLE * SPS;
/// Weight of a pattern as it was before, in bits, against what was heard.
const PRIOR_BITS: f32 = 3.0;
/// Neighbouring samples' noise is alike: four samples tell as much as two.
const CORRELATION: f32 = 2.0;

type Pattern = [f32; SPS];

/// How a try is made.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Samples by which the beginning is moved.
    pub shift: i32,
    /// Share of a bit's error that the offset takes over.
    pub follow: f32,
}

/// Where a burst begins, and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// First sample of bit 0.
    pub position: usize,
    /// Level of bit 0 and the size of a level.
    gain: f32,
    offset: f32,
    /// Which training sequence.
    training: usize,
    /// Share of the energy that the known waveform explains.
    pub match_: f32,
}

/// One burst's levels. Reused.
#[derive(Debug)]
pub struct Levels {
    known: [[f32; SPAN]; TRAININGS],
    ideal: [Pattern; 8],
    patterns: [Pattern; 8],
    levels: Vec<f32>,
    odds: Vec<f32>,
    offsets: Vec<f32>,
    steps: Vec<[Step; 4]>,
}

/// The best way into a state.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    from: u8,
    offset: f32,
}

impl Levels {
    pub fn new(symbols_max: usize) -> Self {
        let ideal = ideal_patterns();
        Self {
            known: core::array::from_fn(|training| known_waveform(&ideal, training)),
            ideal,
            patterns: ideal,
            levels: Vec::with_capacity(symbols_max),
            odds: Vec::with_capacity(symbols_max),
            offsets: Vec::with_capacity(symbols_max),
            steps: Vec::with_capacity(symbols_max),
        }
    }

    pub fn symbols(&self) -> Symbols<'_> {
        Symbols { r: &self.levels, odds: &self.odds, lag: 1 }
    }

    /// Where in `x` (its real part) the known waveform fits best.
    pub fn find(&self, x: &[C32]) -> Option<Start> {
        let places = (x.len() + 1).checked_sub(SPAN)?.min(PLACES);
        let mut best: Option<Start> = None;
        for position in 0..places {
            for (training, known) in self.known.iter().enumerate() {
                let start = fit(&x[position..position + SPAN], known, position, training);
                if best.is_none_or(|b| b.match_ < start.match_) {
                    best = Some(start);
                }
            }
        }
        best
    }

    /// The levels of up to `symbols` bits.
    pub fn detect(&mut self, x: &[C32], start: &Start, symbols: usize, attempt: Attempt) {
        let from = (start.position as i64 + i64::from(attempt.shift)).max(0) as usize;
        let bits = (x.len().saturating_sub(from) / SPS).min(symbols);
        let bit = |k: usize| -> Pattern { core::array::from_fn(|i| x[from + k * SPS + i].re) };
        self.patterns = self.ideal.map(|p| p.map(|v| v * start.gain.abs()));
        let known = known_levels(start.gain.signum(), start.training);
        for _ in 0..2 {
            self.search(&bit, bits, &known, start.offset, attempt.follow);
            self.learn(&bit);
        }
        self.search(&bit, bits, &known, start.offset, attempt.follow);
        self.weigh(&bit);
    }

    /// State = level before (bit 1) and level now (bit 0); a step adds the next level and judges the bit between.
    fn search(&mut self, bit: &impl Fn(usize) -> Pattern, bits: usize, known: &[f32; PREAMBLE], offset: f32, follow: f32) {
        let mut cost = [f32::INFINITY; 4];
        let mut offsets = [offset; 4];
        cost[state(known[0], known[1])] = 0.0;
        self.steps.clear();
        for k in 1..bits.saturating_sub(1) {
            let heard = bit(k);
            let mut next = [f32::INFINITY; 4];
            let mut step = [Step::default(); 4];
            for (s, &so_far) in cost.iter().enumerate() {
                if so_far == f32::INFINITY {
                    continue;
                }
                for level in 0..2 {
                    if k + 1 < PREAMBLE && (0.0 < known[k + 1]) != (level == 1) {
                        continue;
                    }
                    let (error, mean) = misfit(&heard, &self.patterns[s << 1 | level], offsets[s]);
                    let to = (s << 1 | level) & 3;
                    if so_far + error < next[to] {
                        next[to] = so_far + error;
                        step[to] = Step { from: s as u8, offset: offsets[s] + follow * mean };
                    }
                }
            }
            cost = next;
            offsets = step.map(|s| s.offset);
            self.steps.push(step);
        }
        let last = (0..4).min_by(|&a, &b| cost[a].total_cmp(&cost[b])).unwrap_or(0);
        self.trace(last, bits, offset);
    }

    fn trace(&mut self, last: usize, bits: usize, offset: f32) {
        self.levels.clear();
        self.levels.resize(bits, 1.0);
        self.offsets.clear();
        self.offsets.resize(bits, offset);
        let mut s = last;
        for (i, step) in self.steps.iter().enumerate().rev() {
            let k = i + 1;
            self.levels[k + 1] = sign(s & 1);
            self.levels[k] = sign(s >> 1);
            s = usize::from(step[s].from);
            // The offset by which bit k was judged is that of the state before.
            self.offsets[k] = if i == 0 { offset } else { self.steps[i - 1][s].offset };
        }
        if 0 < bits {
            self.levels[0] = sign(s >> 1);
        }
    }

    fn pattern(&self, k: usize) -> usize {
        let up = |k: usize| usize::from(0.0 < self.levels[k]);
        up(k - 1) << 2 | up(k) << 1 | up(k + 1)
    }

    /// The patterns as they were heard.
    fn learn(&mut self, bit: &impl Fn(usize) -> Pattern) {
        let mut sums = self.patterns.map(|p| p.map(|v| v * PRIOR_BITS));
        let mut counts = [PRIOR_BITS; 8];
        for k in 1..self.levels.len().saturating_sub(1) {
            let p = self.pattern(k);
            let heard = bit(k);
            for i in 0..SPS {
                sums[p][i] += heard[i] - self.offsets[k];
            }
            counts[p] += 1.0;
        }
        for (p, (sum, count)) in sums.iter().zip(counts).enumerate() {
            self.patterns[p] = sum.map(|v| v / count);
        }
    }

    /// What it would cost to change each level alone.
    fn weigh(&mut self, bit: &impl Fn(usize) -> Pattern) {
        let n = self.levels.len();
        self.odds.clear();
        self.odds.resize(n, 0.0);
        let mut noise = 0.0;
        for k in 1..n.saturating_sub(1) {
            noise += misfit(&bit(k), &self.patterns[self.pattern(k)], self.offsets[k]).0;
        }
        let variance = noise / (SPS * n.max(1)) as f32 + f32::MIN_POSITIVE;
        for k in 2..n.saturating_sub(2) {
            let mut gained = 0.0;
            for (at, change) in [(k - 1, 1), (k, 2), (k + 1, 4)] {
                let (heard, p) = (bit(at), self.pattern(at));
                gained += misfit(&heard, &self.patterns[p ^ change], self.offsets[at]).0;
                gained -= misfit(&heard, &self.patterns[p], self.offsets[at]).0;
            }
            self.odds[k] = (gained / (2.0 * variance * CORRELATION)).max(0.0);
        }
    }
}

/// How well the known waveform fits.
fn fit(part: &[C32], known: &[f32; SPAN], position: usize, training: usize) -> Start {
    let mean = known.iter().sum::<f32>() / SPAN as f32;
    let offset = part.iter().map(|x| x.re).sum::<f32>() / SPAN as f32;
    let (mut cross, mut own, mut energy) = (0.0, f32::MIN_POSITIVE, 0.0);
    for (x, k) in part.iter().zip(known) {
        cross += (x.re - offset) * (k - mean);
        own += (x.re - offset) * (x.re - offset);
        energy += (k - mean) * (k - mean);
    }
    let gain = cross / energy;
    Start { position, gain, offset: offset - gain * mean, training, match_: cross * cross / (own * energy) }
}

/// Sum of squared errors, and the mean error.
#[inline]
fn misfit(heard: &Pattern, pattern: &Pattern, offset: f32) -> (f32, f32) {
    let (mut square, mut sum) = (0.0, 0.0);
    for (h, p) in heard.iter().zip(pattern) {
        let error = h - p - offset;
        square += error * error;
        sum += error;
    }
    (square, sum / SPS as f32)
}

fn sign(up: usize) -> f32 {
    if up == 1 { 1.0 } else { -1.0 }
}

fn state(before: f32, now: f32) -> usize {
    usize::from(0.0 < before) << 1 | usize::from(0.0 < now)
}

/// Levels of the known bits when bit 0 has level `first`.
fn known_levels(first: f32, training: usize) -> [f32; PREAMBLE] {
    let bits = preamble_bits(training);
    let mut level = if bits[0] { first } else { -first };
    bits.map(|bit| {
        level = if bit { level } else { -level };
        level
    })
}

/// A level's frequency through a Gaussian filter of BT 0.4, seen from the middle of its neighbourhood; ±1 = ±2,400 Hz.
fn ideal_patterns() -> [Pattern; 8] {
    const FINE: usize = 16;
    let sigma = core::f32::consts::LN_2.sqrt() / (core::f32::consts::TAU * 0.4);
    core::array::from_fn(|p| {
        let level = |bit: i32| sign(p >> (1 - bit.clamp(-1, 1)) & 1);
        core::array::from_fn(|i| {
            let at = (i as f32 + 0.5) / SPS as f32;
            let (mut sum, mut weight) = (0.0, 0.0);
            for j in -(2 * FINE as i32)..=2 * FINE as i32 {
                let t = j as f32 / FINE as f32;
                let w = (-0.5 * (t / sigma).powi(2)).exp();
                sum += w * level((at + t).floor() as i32);
                weight += w;
            }
            sum / weight
        })
    })
}

fn known_waveform(patterns: &[Pattern; 8], training: usize) -> [f32; SPAN] {
    let levels = known_levels(1.0, training);
    let up = |k: usize| usize::from(0.0 < levels[k.min(PREAMBLE - 1)]);
    core::array::from_fn(|n| {
        let k = n / SPS;
        // Before bit 0 the training sequence goes on.
        let before = if k == 0 { training } else { up(k - 1) };
        patterns[before << 2 | up(k) << 1 | up(k + 1)][n % SPS]
    })
}
