//! From the receiver's samples to two samples a bit around 978 MHz.
//!
//! A bank of [`PHASES`] low-pass filters: every output takes the one nearest its place between two inputs. Places are exact integers,
//! so nothing drifts, and every output is computed from the same inputs in the same order however the samples were cut.

use super::waveform::{BIT_RATE, BIT_RATE_X6, SPS};
use crate::dsp::{append_planar, dot, low_pass, shift};
use model::IqSamples;

const PHASES: usize = 64;
/// What must pass: the main lobe of the spectrum and an offset.
pub const HALF_BAND_HZ: f64 = 750_000.0;

/// Samples in two planes.
#[derive(Debug, Default)]
pub struct Planes {
    pub re: Vec<f32>,
    pub im: Vec<f32>,
}

impl Planes {
    pub fn with_capacity(n: usize) -> Self {
        Self { re: Vec::with_capacity(n), im: Vec::with_capacity(n) }
    }

    pub fn clear(&mut self) {
        self.re.clear();
        self.im.clear();
    }

    /// Drops the first `n`.
    pub fn advance(&mut self, n: usize) {
        let left = self.re.len() - n;
        for plane in [&mut self.re, &mut self.im] {
            plane.copy_within(n.., 0);
            plane.truncate(left);
        }
    }

    fn zeros(&mut self, n: usize) {
        self.clear();
        self.re.resize(n, 0.0);
        self.im.resize(n, 0.0);
    }
}

#[derive(Debug)]
pub struct Front {
    bank: Vec<f32>,
    taps: usize,
    /// Radians a sample that move 978 MHz to 0.
    step: f64,
    taken: u64,
    held: Planes,
    /// Place of the next output behind the first held sample, in units of 1/`UNIT` input sample.
    next: u64,
    stride: u64,
    delay_s: f64,
}

const UNIT: u64 = SPS as u64 * BIT_RATE_X6;

impl Front {
    /// `offset_hz`: where 978 MHz lies from the tuning.
    pub fn new(rate_sps: u32, offset_hz: f64) -> Self {
        let rate = f64::from(rate_sps);
        // Whatever folds into the band around 0 is kept out.
        let stop = (SPS as f64 * BIT_RATE - HALF_BAND_HZ).max(HALF_BAND_HZ * 1.3);
        let bank = low_pass(HALF_BAND_HZ / rate, stop / rate, PHASES, 8);
        let taps = bank.len() / PHASES;
        let mut held = Planes::with_capacity(2 * super::receiver::BATCH + taps);
        held.zeros(taps - 1);
        Self {
            taps,
            bank,
            step: -core::f64::consts::TAU * offset_hz / rate,
            taken: 0,
            held,
            next: 0,
            stride: u64::from(rate_sps) * 6,
            delay_s: taps as f64 / 2.0 / rate,
        }
    }

    /// How late output 0 is: its time is this many seconds before the first input sample.
    pub fn delay_s(&self) -> f64 {
        self.delay_s
    }

    pub fn reset(&mut self) {
        self.held.zeros(self.taps - 1);
        (self.taken, self.next) = (0, 0);
    }

    /// Takes at most a batch; appends to `out`.
    pub fn process(&mut self, samples: IqSamples<'_>, out: &mut Planes) {
        let (old, n) = (self.held.re.len(), samples.len());
        self.held.re.resize(old + n, 0.0);
        self.held.im.resize(old + n, 0.0);
        let (re, im) = (&mut self.held.re[old..], &mut self.held.im[old..]);
        append_planar(&samples, 0..n, re, im);
        if self.step != 0.0 {
            shift(re, im, self.step, self.taken);
        }
        self.taken += n as u64;
        let have = self.held.re.len();
        self.next = resample(&self.held, &self.bank, self.taps, self.next, self.stride, out);
        let whole = ((self.next / UNIT) as usize).min(have);
        self.held.advance(whole);
        self.next -= whole as u64 * UNIT;
    }
}

#[multiversion::multiversion(targets = "simd")]
fn resample(x: &Planes, bank: &[f32], taps: usize, mut next: u64, stride: u64, out: &mut Planes) -> u64 {
    loop {
        let from = (next / UNIT) as usize;
        if x.re.len() < from + taps {
            return next;
        }
        let phase = ((next % UNIT) * PHASES as u64 / UNIT) as usize;
        let bank = &bank[phase * taps..(phase + 1) * taps];
        out.re.push(dot(&x.re[from..from + taps], bank));
        out.im.push(dot(&x.im[from..from + taps], bank));
        next += stride;
    }
}
