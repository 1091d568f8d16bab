//! Bits and their odds: the phase as a path through five states.
//!
//! ```text
//!   points ─► two tones a bit ─► Viterbi, each survivor with a carrier loop of its own ─► carrier along the burst, smoothed
//!                        └─────────────────────────────────────────► forward–backward (max-log) over the same trellis ─► odds
//! ```
//! From state s a bit 0 leads to s and a bit 1 to s + 3 (mod 5).

use super::waveform::{POINTS, STATES, STEP, SYNC_BITS, Word, one_tone};
use crate::dsp::complex::C32;
use core::f32::consts::TAU;

/// Gains of the carrier loop: phase and frequency.
const PHASE_GAIN: f32 = 0.10;
const TURN_GAIN: f32 = 0.003;
/// Bits on either side over which the carrier is averaged.
const HALF_WINDOW: usize = 24;

type Row = [f32; STATES];

/// Buffers, and what was found of one burst.
#[derive(Debug)]
pub struct Trellis {
    one: [C32; POINTS],
    places: [C32; STATES],
    /// Correlation of each bit with either tone.
    tones: Vec<[C32; 2]>,
    choices: Vec<[bool; STATES]>,
    /// Decisions of the first pass, sync word included.
    bits: Vec<bool>,
    residues: Vec<C32>,
    carrier: Vec<C32>,
    forward: Vec<Row>,
    /// ln(P(1)/P(0)) of each bit behind the sync word.
    pub odds: Vec<f32>,
    /// By how much further than at h = 0.6 a bit 1 turns the phase, and a bit 0 back.
    skew: f32,
    /// Amplitude of the carrier and variance of the noise, per bit.
    pub amplitude: f32,
    /// The same along the sync word: where there was none, it is much less.
    pub sync_amplitude: f32,
    pub noise: f32,
}

#[derive(Clone, Copy, Debug)]
struct Survivor {
    metric: f32,
    phase: f32,
    turn: f32,
    amplitude: f32,
}

impl Trellis {
    pub fn new(bits_max: usize) -> Self {
        let n = SYNC_BITS + bits_max;
        Self {
            one: one_tone(),
            places: core::array::from_fn(|s| C32::unit(-TAU * s as f32 / STATES as f32)),
            tones: Vec::with_capacity(n),
            choices: Vec::with_capacity(n),
            bits: Vec::with_capacity(n),
            residues: Vec::with_capacity(n),
            carrier: Vec::with_capacity(n),
            forward: Vec::with_capacity(n + 1),
            odds: Vec::with_capacity(n),
            skew: 0.0,
            amplitude: 0.0,
            sync_amplitude: 0.0,
            noise: 0.0,
        }
    }

    /// First pass over the points of a burst, sync word first.
    pub fn detect(&mut self, points: &[C32], word: Word, skew: f32) {
        self.skew = skew;
        self.tones.clear();
        for bit in points.chunks_exact(POINTS) {
            let mut sums = [C32::ZERO; 2];
            for (point, tone) in bit.iter().zip(&self.one) {
                sums[0] += *point;
                sums[1] += *point * tone.conj();
            }
            self.tones.push(sums);
        }
        self.viterbi(word);
    }

    /// Odds of the first `bits` bits behind the sync word.
    pub fn soften(&mut self, word: Word, bits: usize) {
        self.track(SYNC_BITS + bits);
        self.both_ways(word, bits);
    }

    /// The first pass's decision on a bit behind the sync word.
    pub fn bit(&self, k: usize) -> bool {
        self.bits[SYNC_BITS + k]
    }

    /// Radians a bit that the carrier still turned along the burst.
    pub fn drift(&self) -> f32 {
        let far = self.carrier.iter().skip(2 * HALF_WINDOW);
        let sum = self.carrier.iter().zip(far).fold(C32::ZERO, |sum, (near, far)| sum + *far * near.conj());
        sum.angle() / (2 * HALF_WINDOW) as f32
    }

    fn viterbi(&mut self, word: Word) {
        self.bits.clear();
        let (mut state, mut sum, mut skewed) = (0, C32::ZERO, 0.0);
        for (k, tones) in self.tones.iter().enumerate().take(SYNC_BITS) {
            let bit = word.bit(k);
            let skew = if bit { self.skew } else { -self.skew };
            sum += tones[usize::from(bit)] * self.places[state] * C32::unit(-skewed - skew / 2.0);
            skewed += skew;
            state = (state + if bit { STEP } else { 0 }) % STATES;
            self.bits.push(bit);
        }
        let amplitude = sum.power().sqrt() / SYNC_BITS as f32;
        let never = Survivor { metric: f32::NEG_INFINITY, phase: sum.angle() + skewed, turn: 0.0, amplitude };
        let mut survivors = [never; STATES];
        survivors[state].metric = 0.0;
        self.choices.clear();
        for tones in &self.tones[SYNC_BITS..] {
            let (next, choice) = step(&survivors, tones, &self.places, self.skew);
            survivors = next;
            self.choices.push(choice);
        }
        let mut state = (0..STATES).max_by(|a, b| survivors[*a].metric.total_cmp(&survivors[*b].metric)).unwrap_or(0);
        self.bits.resize(self.tones.len(), false);
        for (k, choice) in self.choices.iter().enumerate().rev() {
            let bit = choice[state];
            self.bits[SYNC_BITS + k] = bit;
            state = (state + if bit { STATES - STEP } else { 0 }) % STATES;
        }
    }

    /// The carrier along the first `n` bits, by the first pass's decisions.
    fn track(&mut self, n: usize) {
        let n = n.min(self.tones.len());
        self.residues.clear();
        let (mut state, mut skewed) = (0, 0.0);
        for (tones, bit) in self.tones.iter().zip(&self.bits).take(n) {
            let skew = if *bit { self.skew } else { -self.skew };
            self.residues.push(tones[usize::from(*bit)] * self.places[state] * C32::unit(-skewed - skew / 2.0));
            skewed += skew;
            state = (state + if *bit { STEP } else { 0 }) % STATES;
        }
        self.carrier.clear();
        let mut sum = C32::ZERO;
        let (mut from, mut to) = (0, 0);
        let (mut explained, mut energy) = (0.0, 0.0);
        for k in 0..n {
            let (want_from, want_to) = (k.saturating_sub(HALF_WINDOW), (k + HALF_WINDOW + 1).min(n));
            while to < want_to {
                sum += self.residues[to];
                to += 1;
            }
            while from < want_from {
                sum = sum - self.residues[from];
                from += 1;
            }
            let unit = sum.scale(1.0 / sum.power().sqrt().max(f32::MIN_POSITIVE));
            let here = self.residues[k] * unit.conj();
            explained += here.re;
            energy += here.power();
            self.carrier.push(unit);
        }
        let of_sync = self.residues[..SYNC_BITS].iter().zip(&self.carrier).map(|(r, unit)| (*r * unit.conj()).re).sum::<f32>();
        self.sync_amplitude = of_sync / SYNC_BITS as f32;
        self.amplitude = explained / n as f32;
        self.turn_carrier_back();
        self.noise = (energy / n as f32 - self.amplitude * self.amplitude).max(1e-6 * energy / n as f32).max(f32::MIN_POSITIVE);
    }

    /// The skew of the decided bits, taken out for smoothing, goes back in.
    fn turn_carrier_back(&mut self) {
        if self.skew == 0.0 {
            return;
        }
        let mut skewed = 0.0;
        for (carrier, bit) in self.carrier.iter_mut().zip(&self.bits) {
            *carrier = *carrier * C32::unit(skewed);
            skewed += if *bit { self.skew } else { -self.skew };
        }
    }

    /// What a bit adds to the metric when it begins in state `s`.
    fn gain(&self, k: usize, s: usize, scale: f32) -> [f32; 2] {
        let turned = self.carrier[k].conj() * self.places[s];
        if self.skew == 0.0 {
            return self.tones[k].map(|tone| (tone * turned).re * scale);
        }
        let half = C32::unit(self.skew / 2.0);
        [(self.tones[k][0] * turned * half).re * scale, (self.tones[k][1] * turned * half.conj()).re * scale]
    }

    fn both_ways(&mut self, word: Word, bits: usize) {
        let scale = 2.0 * self.amplitude / self.noise;
        let mut row = [f32::NEG_INFINITY; STATES];
        row[word.state_after()] = 0.0;
        self.forward.clear();
        for k in SYNC_BITS..SYNC_BITS + bits {
            self.forward.push(row);
            let mut next = [f32::NEG_INFINITY; STATES];
            for s in 0..STATES {
                let gain = self.gain(k, s, scale);
                next[s] = either(next[s], row[s] + gain[0]);
                let to = (s + STEP) % STATES;
                next[to] = either(next[to], row[s] + gain[1]);
            }
            let top = next.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
            row = next.map(|m| m - top);
        }
        self.odds.clear();
        self.odds.resize(bits, 0.0);
        let mut row = [0.0; STATES];
        for k in (0..bits).rev() {
            let mut before = [0.0; STATES];
            let (mut zero, mut one) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
            for s in 0..STATES {
                let gain = self.gain(SYNC_BITS + k, s, scale);
                let (stay, go) = (gain[0] + row[s], gain[1] + row[(s + STEP) % STATES]);
                before[s] = either(stay, go);
                zero = either(zero, self.forward[k][s] + stay);
                one = either(one, self.forward[k][s] + go);
            }
            let top = before.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b));
            row = before.map(|m| m - top);
            self.odds[k] = one - zero;
        }
    }
}

/// ln(eᵃ + eᵇ).
fn either(a: f32, b: f32) -> f32 {
    let (high, low) = if a < b { (b, a) } else { (a, b) };
    if high == f32::NEG_INFINITY || 12.0 < high - low { high } else { high + (low - high).exp().ln_1p() }
}

/// One bit of the first pass: for every state the better of its two ways, with its carrier loop brought up to date.
fn step(survivors: &[Survivor; STATES], tones: &[C32; 2], places: &[C32; STATES], skew: f32) -> ([Survivor; STATES], [bool; STATES]) {
    let turned: [C32; STATES] = core::array::from_fn(|s| C32::unit(-survivors[s].phase) * places[s]);
    let half = C32::unit(skew / 2.0);
    let tones = [tones[0] * half, tones[1] * half.conj()];
    let mut choice = [false; STATES];
    let next = core::array::from_fn(|to| {
        let from = (to + STATES - STEP) % STATES;
        let (stay, go) = (tones[0] * turned[to], tones[1] * turned[from]);
        let bit = survivors[to].metric + stay.re < survivors[from].metric + go.re;
        choice[to] = bit;
        let (survivor, residue) = if bit { (survivors[from], go) } else { (survivors[to], stay) };
        let error = (residue.im / survivor.amplitude.max(f32::MIN_POSITIVE)).clamp(-2.0, 2.0);
        Survivor {
            metric: survivor.metric + residue.re,
            phase: survivor.phase + survivor.turn + PHASE_GAIN * error + if bit { skew } else { -skew },
            turn: survivor.turn + TURN_GAIN * error,
            ..survivor
        }
    });
    (next, choice)
}
