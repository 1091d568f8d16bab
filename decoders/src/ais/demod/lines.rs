//! The carriers of bursts that lie over each other, from whole bursts and without knowing a bit of them.
//!
//! Squared, a GMSK signal of h = ½ holds two lines, 4,800 Hz above and below twice its carrier's frequency (its symbols, ±1 and ±j by
//! turns, square to ±1 by turns). Over the 27 ms of a slot they are told apart at 20 Hz of carrier, where training sequences, alike in
//! all bursts, tell nothing: the place of the pair is the frequency, the difference of their phases the time, their sum the phase.

use super::complex::{C32, turning};
use super::front::{CHANNEL_RATE, SPS};

/// Samples that are looked at: a slot.
pub const SPAN: usize = 1024;
const POINTS: usize = 2 * SPAN;
const BIN_HZ: f32 = CHANNEL_RATE as f32 / POINTS as f32;
/// From twice the carrier to a line: 4,800 Hz.
const TO_LINE: usize = 4_800 * POINTS / CHANNEL_RATE as usize;
/// Carriers up to ±4.6 kHz.
const REACH: usize = 490;

/// Of the lines of GMSK with BT 0.4, squared.
const STRENGTH: f32 = 0.74;

/// A carrier, at the middle of the span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Carrier {
    pub freq_hz: f32,
    /// Of a symbol of the even chain, radians, but for a half turn.
    pub phase: f32,
    /// Samples from the middle of the span to that symbol, 0 ≤ … < [`SPS`].
    pub place: f32,
    /// Both lines' amplitudes: [`STRENGTH`] for a carrier of power 1.
    pub strength: f32,
    /// The lines' power over the mean of all places.
    pub prominence: f32,
}

impl Carrier {
    /// Of a burst that is there all the time.
    pub fn amplitude(&self) -> f32 {
        (self.strength / STRENGTH).sqrt()
    }
}

/// Buffers.
#[derive(Debug)]
pub struct Lines {
    squared: Vec<C32>,
    spectrum: Vec<C32>,
    twiddles: Vec<C32>,
}

impl Lines {
    pub fn new() -> Self {
        let twiddles = (0..POINTS / 2).map(|i| C32::unit(-core::f32::consts::TAU * i as f32 / POINTS as f32)).collect();
        Self { squared: Vec::with_capacity(POINTS), spectrum: Vec::with_capacity(POINTS), twiddles }
    }

    /// Takes a span in.
    pub fn take(&mut self, x: &[C32]) {
        self.squared.clear();
        self.squared.extend(x.iter().take(SPAN).map(|&x| x * x));
        self.squared.resize(SPAN, C32::ZERO);
    }

    /// Place and prominence of the strongest carrier.
    fn peak(&mut self) -> (f32, f32) {
        self.spectrum.clear();
        self.spectrum.extend_from_slice(&self.squared);
        self.spectrum.resize(POINTS, C32::ZERO);
        transform(&mut self.spectrum, &self.twiddles);
        let at = |bin: usize| {
            let power = |b: usize| self.spectrum[b % POINTS].power();
            power(bin + TO_LINE) + power(bin + POINTS - TO_LINE)
        };
        let range = POINTS - REACH..=POINTS + REACH;
        let peak = range.clone().max_by(|&a, &b| at(a).total_cmp(&at(b))).unwrap_or(POINTS);
        let mean = range.map(at).sum::<f32>() / (2 * REACH + 1) as f32;
        let bin = peak as f32 + super::acquire::vertex(at(peak - 1), at(peak), at(peak + 1));
        ((bin - POINTS as f32) * BIN_HZ / 2.0, at(peak) / mean.max(f32::MIN_POSITIVE))
    }

    /// How far the strongest carrier stands out.
    pub fn prominence(&mut self) -> f32 {
        self.peak().1
    }

    /// The strongest carrier; it is taken out, so that the next call gives the next.
    pub fn strongest(&mut self) -> Carrier {
        let (freq_hz, prominence) = self.peak();
        let turn = core::f32::consts::TAU * 2.0 * freq_hz / CHANNEL_RATE as f32;
        let line = core::f32::consts::TAU * 4_800.0 / CHANNEL_RATE as f32;
        let (above, below) = (self.take_out(turn + line), self.take_out(turn - line));
        // With place p and phase θ: above = 2θ − πp/T, below = 2θ + πp/T.
        let half_turns = (below.angle() - above.angle()) / core::f32::consts::TAU;
        let symbols = half_turns.rem_euclid(1.0);
        let phase = (above.angle() + core::f32::consts::PI * symbols) / 2.0;
        let strength = above.power().sqrt() + below.power().sqrt();
        Carrier { freq_hz, phase, place: symbols * SPS as f32, strength, prominence }
    }

    /// Subtracts a line (radians a sample); gives its amplitude at the middle of the span.
    fn take_out(&mut self, step: f32) -> C32 {
        let middle = (SPAN / 2) as f32;
        let sum = self.squared.iter().zip(turning(step, middle)).fold(C32::ZERO, |s, (&x, line)| s + x * line.conj());
        let amplitude = sum.scale(1.0 / SPAN as f32);
        for (x, line) in self.squared.iter_mut().zip(turning(step, middle)) {
            *x = *x - line * amplitude;
        }
        amplitude
    }
}

/// Radix 2, decimation in time.
fn transform(x: &mut [C32], twiddles: &[C32]) {
    let n = x.len();
    let bits = n.trailing_zeros();
    for i in 0..n {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            x.swap(i, j);
        }
    }
    let mut half = 1;
    while half < n {
        let stride = n / (2 * half);
        for group in x.chunks_exact_mut(2 * half) {
            let (low, high) = group.split_at_mut(half);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let turned = *b * twiddles[k * stride];
                (*a, *b) = (*a + turned, *a - turned);
            }
        }
        half *= 2;
    }
}
