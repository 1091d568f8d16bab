//! From the receiver's samples to one stream of 38,400 samples/s for each channel: four samples a bit.
//!
//! ```text
//!   cu8/cs16/cf32 ─► float ─► low-pass, ÷D to 192…288 k ─┬► shift A to 0 ─► low-pass 10.5 k, resample ─► 38.4 k
//!                                                        └► shift B to 0 ─► …
//! ```
//! - D = ⌊rate / 192,000⌋, so that the first filter has a wide transition and few taps; only what would fold into ±35.5 kHz
//!   around the middle of the channels is kept out.
//! - The second filter is a bank of [`PHASES`] sub-filters: every output takes the one nearest its place between two inputs
//!   (positions are exact integers, so nothing drifts; the rounding of the place costs −52 dB).
//! - It passes ±10.5 kHz: GMSK of 9,600 bit/s (±6 kHz) at offsets of ±4 kHz; ±25 kHz, the neighbour, is 60 dB down from ±17 kHz.
//! - Every output is computed from the same inputs in the same order however the samples were cut into blocks.

use super::complex::C32;
use crate::dsp::{low_pass, shift_from};
use core::f64::consts::TAU;
use model::IqSamples;
use std::collections::VecDeque;

/// Samples a second in each channel.
pub const CHANNEL_RATE: u32 = 38_400;
/// Samples a bit.
pub const SPS: usize = 4;
const HALF_BAND_HZ: f64 = crate::ais::channels::HALF_BAND_HZ as f64;

/// Changes of frequency that wait for their sample.
pub const PLANNED: usize = 16;
const NEIGHBOUR_HZ: f64 = 17_000.0;
const PHASES: usize = 64;
/// First stage output is at least this, samples a second.
const MIDDLE_RATE: u32 = 192_000;
/// Input samples taken at a time: bounds the scratch buffers.
pub const BATCH: usize = 4096;

/// One receiver's samples to its channels' streams.
#[derive(Debug)]
pub struct Front {
    stage: Decimator,
    channels: Vec<Tuner>,
    scratch: Planes,
}

impl Front {
    /// `offsets_hz`: the channels' centres relative to the tuning.
    pub fn new(rate_sps: u32, offsets_hz: &[f64]) -> Self {
        let by = (rate_sps / MIDDLE_RATE).max(1);
        let edge = offsets_hz.iter().fold(0f64, |m, o| m.max(o.abs())) + HALF_BAND_HZ;
        let channels = offsets_hz.iter().map(|&offset| Tuner::new(rate_sps, by, offset)).collect();
        Self { stage: Decimator::new(rate_sps, by, edge), channels, scratch: Planes::default() }
    }

    /// Takes at most [`BATCH`] samples; `out[c]` receives channel `c`'s new samples.
    pub fn process(&mut self, samples: IqSamples<'_>, out: &mut [Vec<C32>]) {
        self.scratch.clear();
        self.stage.process(samples, &mut self.scratch);
        for (tuner, out) in self.channels.iter_mut().zip(out) {
            tuner.process(&self.scratch, out);
        }
    }

    /// From channel sample `at` on carriers lie `hz` above where they should. `at` is not yet made; at most [`PLANNED`] such changes wait.
    pub fn steer(&mut self, at: u64, hz: f64) {
        self.channels.iter_mut().for_each(|t| t.steer(at, hz));
    }

    /// Forgets what is carried over; where it was steered to counts at once.
    pub fn reset(&mut self) {
        self.stage.reset();
        self.channels.iter_mut().for_each(Tuner::reset);
    }

    /// How late a channel's sample 0 is: its time is this many seconds before the first input sample.
    pub fn delay_s(&self) -> f64 {
        self.stage.delay_s + self.channels.first().map_or(0.0, |t| t.delay_s)
    }
}

/// Real and imaginary parts side by side in memory: what filters want.
#[derive(Debug, Default)]
struct Planes {
    re: Vec<f32>,
    im: Vec<f32>,
}

impl Planes {
    fn with_capacity(n: usize) -> Self {
        Self { re: Vec::with_capacity(n), im: Vec::with_capacity(n) }
    }

    fn clear(&mut self) {
        self.re.clear();
        self.im.clear();
    }

    fn zeros(&mut self, n: usize) {
        self.clear();
        self.re.resize(n, 0.0);
        self.im.resize(n, 0.0);
    }

    /// Drops the first `n`.
    fn advance(&mut self, n: usize) {
        let len = self.re.len();
        self.re.copy_within(n.., 0);
        self.im.copy_within(n.., 0);
        self.re.truncate(len - n);
        self.im.truncate(len - n);
    }
}

/// The first stage.
#[derive(Debug)]
struct Decimator {
    taps: Vec<f32>,
    by: usize,
    held: Planes,
    delay_s: f64,
}

impl Decimator {
    fn new(rate_sps: u32, by: u32, edge_hz: f64) -> Self {
        let rate = f64::from(rate_sps);
        let taps = if by == 1 {
            vec![1.0]
        } else {
            let stop = rate / f64::from(by) - edge_hz;
            low_pass(edge_hz / rate, stop / rate, 1, 8)
        };
        let mut held = Planes::with_capacity(BATCH + taps.len());
        held.zeros(taps.len() - 1);
        let delay_s = (taps.len() - 1) as f64 / 2.0 / rate;
        Self { taps, by: by as usize, held, delay_s }
    }

    fn reset(&mut self) {
        self.held.zeros(self.taps.len() - 1);
    }

    fn process(&mut self, samples: IqSamples<'_>, out: &mut Planes) {
        convert(samples, &mut self.held);
        let n = self.taps.len();
        if self.by == 1 {
            out.re.extend_from_slice(&self.held.re);
            out.im.extend_from_slice(&self.held.im);
            return self.held.clear();
        }
        let outputs = (self.held.re.len() + 1).saturating_sub(n).div_ceil(self.by);
        strided(&self.held.re, &self.taps, self.by, outputs, &mut out.re);
        strided(&self.held.im, &self.taps, self.by, outputs, &mut out.im);
        self.held.advance(outputs * self.by);
    }
}

fn convert(samples: IqSamples<'_>, out: &mut Planes) {
    match samples {
        IqSamples::Cu8(s) => {
            let scale = |b: u8| (f32::from(b) - 127.5) * (1.0 / 127.5);
            out.re.extend(s.chunks_exact(2).map(|p| scale(p[0])));
            out.im.extend(s.chunks_exact(2).map(|p| scale(p[1])));
        }
        IqSamples::Cs16(s) => {
            let scale = |v: i16| f32::from(v) * (1.0 / 32_768.0);
            out.re.extend(s.chunks_exact(2).map(|p| scale(p[0])));
            out.im.extend(s.chunks_exact(2).map(|p| scale(p[1])));
        }
        IqSamples::Cf32(s) => {
            // A sample that is no number would poison the filters for ever.
            let finite = |v: f32| if v.is_finite() { v.clamp(-16.0, 16.0) } else { 0.0 };
            out.re.extend(s.chunks_exact(2).map(|p| finite(p[0])));
            out.im.extend(s.chunks_exact(2).map(|p| finite(p[1])));
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn strided(x: &[f32], taps: &[f32], by: usize, outputs: usize, out: &mut Vec<f32>) {
    for i in 0..outputs {
        let from = i * by;
        out.push(dot(&x[from..from + taps.len()], taps));
    }
}

/// Eight sums side by side: what the compiler can put into vector registers. Lengths are multiples of 8.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))
}

/// The second stage of one channel.
#[derive(Debug)]
struct Tuner {
    offset_hz: f64,
    /// Input samples a second.
    rate: f64,
    /// Radians per input sample that move the channel to 0.
    step: f64,
    /// Input samples rotated since the start, and since `step` last changed; the phase then.
    rotated: u64,
    steady: u64,
    phase: f64,
    /// Changes of `step`, by the number of the first input sample.
    planned: VecDeque<(u64, f64)>,
    bank: Vec<f32>,
    taps: usize,
    held: Planes,
    /// Position of the next output behind the first held sample, in units of 1/`unit` input sample.
    next: u64,
    unit: u64,
    stride: u64,
    delay_s: f64,
}

impl Tuner {
    fn new(rate_sps: u32, by: u32, offset_hz: f64) -> Self {
        let rate = f64::from(rate_sps) / f64::from(by);
        let bank = low_pass(HALF_BAND_HZ / rate, NEIGHBOUR_HZ / rate, PHASES, 8);
        let taps = bank.len() / PHASES;
        let mut held = Planes::with_capacity(BATCH + taps + 1);
        held.zeros(taps - 1);
        Self {
            offset_hz,
            rate,
            step: -TAU * offset_hz / rate,
            rotated: 0,
            steady: 0,
            phase: 0.0,
            planned: VecDeque::with_capacity(PLANNED),
            bank,
            taps,
            held,
            next: 0,
            unit: u64::from(by) * u64::from(CHANNEL_RATE),
            stride: u64::from(rate_sps),
            delay_s: taps as f64 / 2.0 / rate,
        }
    }

    fn reset(&mut self) {
        self.held.zeros(self.taps - 1);
        self.step = self.planned.back().map_or(self.step, |p| p.1);
        self.planned.clear();
        (self.rotated, self.steady, self.phase, self.next) = (0, 0, 0.0, 0);
    }

    fn steer(&mut self, at: u64, hz: f64) {
        debug_assert!(self.planned.len() < PLANNED);
        let sample = u128::from(at) * u128::from(self.stride) / u128::from(self.unit);
        self.planned.push_back((sample as u64, -TAU * (self.offset_hz + hz) / self.rate));
    }

    /// Moves the channel to 0 in the held samples from `from` on. The phase goes on where the frequency changes.
    fn rotate(&mut self, mut from: usize) {
        while from < self.held.re.len() {
            let due = self.planned.front().map_or(u64::MAX, |p| p.0).saturating_sub(self.rotated);
            let n = due.min((self.held.re.len() - from) as u64) as usize;
            let (re, im) = (&mut self.held.re[from..from + n], &mut self.held.im[from..from + n]);
            shift_from(re, im, self.step, self.steady, self.phase);
            from += n;
            self.rotated += n as u64;
            self.steady += n as u64;
            if due == n as u64
                && let Some((_, step)) = self.planned.pop_front()
            {
                self.phase = (self.phase + self.step * self.steady as f64).rem_euclid(TAU);
                (self.step, self.steady) = (step, 0);
            }
        }
    }

    fn process(&mut self, input: &Planes, out: &mut Vec<C32>) {
        let old = self.held.re.len();
        self.held.re.extend_from_slice(&input.re);
        self.held.im.extend_from_slice(&input.im);
        self.rotate(old);
        let have = self.held.re.len();
        let bank = Bank { taps: &self.bank, n: self.taps, unit: self.unit, stride: self.stride };
        self.next = resample(&self.held, &bank, self.next, have, out);
        let whole = ((self.next / self.unit) as usize).min(have);
        self.held.advance(whole);
        self.next -= whole as u64 * self.unit;
    }
}

struct Bank<'a> {
    taps: &'a [f32],
    n: usize,
    unit: u64,
    stride: u64,
}

#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn resample(x: &Planes, bank: &Bank<'_>, mut next: u64, have: usize, out: &mut Vec<C32>) -> u64 {
    let n = bank.n;
    loop {
        let from = (next / bank.unit) as usize;
        if have < from + n {
            return next;
        }
        let phase = ((next % bank.unit) * PHASES as u64 / bank.unit) as usize;
        let taps = &bank.taps[phase * n..(phase + 1) * n];
        out.push(C32 { re: dot(&x.re[from..from + n], taps), im: dot(&x.im[from..from + n], taps) });
        next += bank.stride;
    }
}
