//! Filters: how strong each of the two tones is around a sample.

use crate::dsp::dot;
use core::f64::consts::{PI, TAU};

const MARK_HZ: f64 = 1200.0;
const SPACE_HZ: f64 = 2200.0;
/// Length of the tone detectors in bits.
const WINDOW_BITS: f64 = 1.8;

/// The last samples of a stream as one slice, oldest first: each is kept twice.
#[derive(Debug)]
pub struct Line {
    twice: Box<[f32]>,
    len: usize,
    at: usize,
}

impl Line {
    pub fn new(len: usize) -> Self {
        Self { twice: vec![0.0; 2 * len].into(), len, at: 0 }
    }

    #[inline]
    pub fn push(&mut self, x: f32) -> &[f32] {
        self.twice[self.at] = x;
        self.twice[self.at + self.len] = x;
        self.at += 1;
        let last = &self.twice[self.at..self.at + self.len];
        self.at %= self.len;
        last
    }
}

/// Both tones' levels in a window of [`WINDOW_BITS`].
#[derive(Debug)]
pub struct Tones {
    line: Line,
    taps: [Box<[f32]>; 4],
}

impl Tones {
    pub fn new(rate_sps: f64) -> Self {
        let len = (WINDOW_BITS * rate_sps / super::slicer::BAUD).round() as usize;
        let tap = |hz: f64, quarter: f64| -> Box<[f32]> {
            (0..len).map(|i| (hann(i, len) * (TAU * hz * i as f64 / rate_sps + quarter).cos()) as f32).collect()
        };
        let taps = [tap(MARK_HZ, 0.0), tap(MARK_HZ, PI / 2.0), tap(SPACE_HZ, 0.0), tap(SPACE_HZ, PI / 2.0)];
        Self { line: Line::new(len), taps }
    }

    /// Mark and space.
    #[inline]
    pub fn push(&mut self, x: f32) -> (f32, f32) {
        let last = self.line.push(x);
        let [a, b, c, d] = self.taps.each_ref().map(|taps| dot(last, taps));
        (a.hypot(b), c.hypot(d))
    }

    pub fn delay(&self) -> f64 {
        (self.line.len - 1) as f64 / 2.0
    }
}

fn hann(i: usize, len: usize) -> f64 {
    (PI * (i as f64 + 0.5) / len as f64).sin().powi(2)
}

/// A low-pass of odd length with −6 dB at `edge_hz` and the given transition width; gain 1 (windowed sinc, Hamming).
pub fn low_pass(rate_sps: f64, edge_hz: f64, transition_hz: f64) -> Box<[f32]> {
    let half = (1.65 * rate_sps / transition_hz).ceil() as i64;
    let tap = |n: i64| {
        let x = TAU * edge_hz / rate_sps * n as f64;
        let sinc = if n == 0 { 1.0 } else { x.sin() / x };
        sinc * (0.54 + 0.46 * (PI * n as f64 / (half + 1) as f64).cos())
    };
    let sum: f64 = (-half..=half).map(tap).sum();
    (-half..=half).map(|n| (tap(n) / sum) as f32).collect()
}

/// A low-pass shifted up to the middle of both tones.
pub fn band_pass(rate_sps: f64, half_band_hz: f64, transition_hz: f64) -> Box<[f32]> {
    let low = low_pass(rate_sps, half_band_hz, transition_hz);
    let middle = (low.len() / 2) as f64;
    let shift = TAU * (MARK_HZ + SPACE_HZ) / 2.0 / rate_sps;
    low.iter().enumerate().map(|(i, t)| (2.0 * f64::from(*t) * (shift * (i as f64 - middle)).cos()) as f32).collect()
}
