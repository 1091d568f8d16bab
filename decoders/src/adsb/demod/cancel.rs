//! Taking a decoded burst out of the samples, so that what lies under it can be heard.
//!
//! The bits are known, so the burst is known but for how the transmitter and the path shaped its pulses. That is estimated
//! from the burst itself: a train of nominal pulses `u[n]`, and the few complex taps `h` for which `Σ h[i]·u[n−i]` is nearest
//! to what was heard (least squares). 50 to 116 pulses estimate [`TAPS`] taps well, and the taps take in rise and fall
//! times, droop, a fraction of a sample of timing and short echoes.

use super::burst::{LONG_BITS, PREAMBLE_US};
use super::linear::solve;
use super::repair::Word;
use super::shape::{PHASES, Pulse};
use crate::dsp::rotate;

/// Taps of the path, and which of them is the undelayed one.
const TAPS: usize = 7;
const CENTRE: usize = 3;
/// Samples of a pulse's table before and after its edge.
const BEFORE: usize = 5;
/// Parts of the burst whose phases are compared to trim the carrier.
const PARTS: usize = 4;

/// What was taken out.
#[derive(Clone, Copy, Debug)]
pub struct Cancelled {
    /// Amplitude of the pulses, full scale 1.
    pub amplitude: f32,
    /// Later than nominal, in samples.
    pub delay: f32,
    /// Carrier, radians per sample.
    pub step: f32,
    /// Samples that changed.
    pub from: usize,
    pub to: usize,
}

#[derive(Debug)]
pub struct Canceller {
    samples_per_us: f64,
    /// Pulse for each fraction of a sample.
    pulses: Vec<f32>,
    pulse_len: usize,
    train: Vec<f32>,
    re: Vec<f32>,
    im: Vec<f32>,
    model_re: Vec<f32>,
    model_im: Vec<f32>,
}

impl Canceller {
    pub fn new(pulse: &Pulse) -> Self {
        let rate = pulse.samples_per_us;
        let pulse_len = 2 * BEFORE + (0.7 * rate).ceil() as usize;
        let pulses = (0..PHASES)
            .flat_map(|phase| {
                let at = BEFORE as f64 + phase as f64 / PHASES as f64;
                (0..pulse_len).map(move |i| i as f64 - at)
            })
            .map(|t| pulse.at(t) as f32)
            .collect();
        let len = (120.0 * rate) as usize + 2 * (BEFORE + TAPS) + pulse_len;
        let zeros = || vec![0.0; len];
        Self { samples_per_us: rate, pulses, pulse_len, train: zeros(), re: zeros(), im: zeros(), model_re: zeros(), model_im: zeros() }
    }

    /// Subtracts `word`, which starts `start` samples into the planes with carrier `step`.
    pub fn subtract(&mut self, re: &mut [f32], im: &mut [f32], start: f64, step: f32, word: &Word) -> Cancelled {
        let first = start as usize - BEFORE - TAPS;
        let len = ((PREAMBLE_US + word.bits as f64) * self.samples_per_us) as usize + 2 * (BEFORE + TAPS) + self.pulse_len - 4;
        let len = len.min(self.train.len());
        self.lay_train(start - first as f64, word, len);
        let (re, im) = (&mut re[first..first + len], &mut im[first..first + len]);
        rotate(re, im, 0.0, step, &mut self.re[..len], &mut self.im[..len]);
        let trim = self.phase_drift(len);
        let step = step + trim;
        rotate(re, im, 0.0, step, &mut self.re[..len], &mut self.im[..len]);
        let (h_re, h_im) = self.path(len);
        self.shape_model(&h_re, &h_im, len);
        // Back to where it was heard, and out.
        rotate(&self.model_re[..len], &self.model_im[..len], 0.0, -step, &mut self.re[..len], &mut self.im[..len]);
        for ((re, im), (a, b)) in re.iter_mut().zip(im.iter_mut()).zip(self.re[..len].iter().zip(&self.im[..len])) {
            *re -= a;
            *im -= b;
        }
        let (a, b): (f64, f64) = (h_re.iter().sum(), h_im.iter().sum());
        let norm = (a * a + b * b).max(f64::MIN_POSITIVE);
        let delay: f64 = (0..TAPS).map(|i| (i as f64 - CENTRE as f64) * (h_re[i] * a + h_im[i] * b) / norm).sum();
        Cancelled { amplitude: norm.sqrt() as f32, delay: delay as f32, step, from: first, to: first + len }
    }

    /// `train` = nominal pulses of the word, beginning `at` samples in.
    fn lay_train(&mut self, at: f64, word: &Word, len: usize) {
        self.train[..len].fill(0.0);
        let preamble = [0.0, 1.0, 3.5, 4.5];
        let mut halves = [0.0; 4 + LONG_BITS];
        halves[..4].copy_from_slice(&preamble);
        for k in 0..word.bits {
            let one = word.bytes[k / 8] & (0x80 >> (k % 8)) != 0;
            halves[4 + k] = PREAMBLE_US + k as f64 + if one { 0.0 } else { 0.5 };
        }
        for us in &halves[..4 + word.bits] {
            let fine = ((at + us * self.samples_per_us) * PHASES as f64).round() as usize;
            let pulse = &self.pulses[(fine % PHASES) * self.pulse_len..][..self.pulse_len];
            let from = fine / PHASES - BEFORE;
            for (train, p) in self.train[from..len].iter_mut().zip(pulse) {
                *train += p;
            }
        }
    }

    /// How much faster than `step` the carrier turns, from the phases of [`PARTS`] parts.
    fn phase_drift(&self, len: usize) -> f32 {
        let part = len / PARTS;
        let mut angles = [0.0_f32; PARTS];
        for (p, angle) in angles.iter_mut().enumerate() {
            let r = p * part..(p + 1) * part;
            let dot = |x: &[f32]| -> f32 { x[r.clone()].iter().zip(&self.train[r.clone()]).map(|(a, b)| a * b).sum() };
            *angle = dot(&self.im).atan2(dot(&self.re));
        }
        // Unwrapped least-squares slope over the parts.
        for p in 1..PARTS {
            let turns = ((angles[p - 1] - angles[p]) / core::f32::consts::TAU).round();
            angles[p] += turns * core::f32::consts::TAU;
        }
        let slope = (3.0 * (angles[3] - angles[0]) + (angles[2] - angles[1])) / 10.0;
        slope / part as f32
    }

    /// The taps for which the train is nearest to what was heard.
    fn path(&self, len: usize) -> ([f64; TAPS], [f64; TAPS]) {
        let train = &self.train[..len];
        let mut matrix = [0.0; TAPS * TAPS];
        for lag in 0..TAPS {
            let sum: f64 = f64::from(dot(&train[lag..], &train[..len - lag]));
            for i in 0..TAPS - lag {
                matrix[i * TAPS + i + lag] = sum;
                matrix[(i + lag) * TAPS + i] = sum;
            }
        }
        // A trace of noise: directions that the train hardly excites stay at 0.
        let ridge = matrix[0] * 3e-3;
        for i in 0..TAPS {
            matrix[i * TAPS + i] += ridge;
        }
        let correlate = |x: &[f32]| -> [f64; TAPS] {
            core::array::from_fn(|i| {
                let shift = i as isize - CENTRE as isize;
                let (x_from, t_from) = (shift.max(0) as usize, (-shift).max(0) as usize);
                let n = len - x_from.max(t_from);
                f64::from(dot(&x[x_from..x_from + n], &train[t_from..t_from + n]))
            })
        };
        let (mut h_re, mut h_im) = (correlate(&self.re[..len]), correlate(&self.im[..len]));
        let mut again = matrix;
        solve(&mut matrix, &mut h_re);
        solve(&mut again, &mut h_im);
        (h_re, h_im)
    }

    fn shape_model(&mut self, h_re: &[f64; TAPS], h_im: &[f64; TAPS], len: usize) {
        self.model_re[..len].fill(0.0);
        self.model_im[..len].fill(0.0);
        for i in 0..TAPS {
            let shift = i as isize - CENTRE as isize;
            let (to, from) = (shift.max(0) as usize, (-shift).max(0) as usize);
            let n = len - to.max(from);
            let (a, b) = (h_re[i] as f32, h_im[i] as f32);
            for ((re, im), t) in self.model_re[to..to + n].iter_mut().zip(&mut self.model_im[to..to + n]).zip(&self.train[from..from + n]) {
                *re += a * t;
                *im += b * t;
            }
        }
    }
}

#[multiversion::multiversion(targets = "simd")]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut sums = [0.0_f32; 8];
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for l in 0..8 {
            sums[l] += x[l] * y[l];
        }
    }
    let rest = n - n % 8;
    sums.iter().sum::<f32>() + a[rest..].iter().zip(&b[rest..]).map(|(x, y)| x * y).sum::<f32>()
}
