//! Taking a decoded burst out of the samples, so that what lies under it can be heard.
//!
//! The bits are known, so the burst is known but for how the transmitter and the path shaped its pulses. That is estimated
//! from the burst itself: a train of nominal pulses `u[n]`, and the few complex taps `h` for which `Σ h[i]·u[n−i]` is nearest
//! to what was heard (least squares). 50 to 116 pulses estimate [`TAPS`] taps well, and the taps take in rise and fall
//! times, droop, a fraction of a sample of timing and short echoes.

use super::burst::{LONG_BITS, PREAMBLE_US};
use super::linear::solve;
use super::phase::{Complex, PART_US, PARTS_MAX, Parts, Track, multiply};
use super::repair::Word;
use super::shape::{PHASES, Pulse};
use crate::dsp::{dot, rotate};

/// Taps of the path, and which of them is the undelayed one.
const TAPS: usize = 7;
const CENTRE: usize = 3;
/// Samples of a pulse's table before and after its edge.
const BEFORE: usize = 5;
/// Half the distance over which a pulse's slope is taken, in samples.
const SLOPE_STEP: f64 = 1.0 / 64.0;

/// What was taken out.
#[derive(Clone, Copy, Debug)]
pub struct Cancelled {
    /// Amplitude of the pulses, full scale 1.
    pub amplitude: f32,
    /// Later than `start`, in samples.
    pub delay: f32,
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
    /// By how much `pulses` changes when it comes one sample later.
    slopes: Vec<f32>,
    train: Vec<f32>,
    edges: Vec<f32>,
    re: Vec<f32>,
    im: Vec<f32>,
    model_re: Vec<f32>,
    model_im: Vec<f32>,
}

impl Canceller {
    pub fn new(pulse: &Pulse) -> Self {
        let rate = pulse.samples_per_us;
        let pulse_len = 2 * BEFORE + (0.7 * rate).ceil() as usize;
        let table = |of: &dyn Fn(f64) -> f64| -> Vec<f32> {
            let places = (0..PHASES).flat_map(|phase| {
                let at = BEFORE as f64 + phase as f64 / PHASES as f64;
                (0..pulse_len).map(move |i| i as f64 - at)
            });
            places.map(|t| of(t) as f32).collect()
        };
        let pulses = table(&|t| pulse.at(t));
        let slopes = table(&|t| (pulse.at(t - SLOPE_STEP) - pulse.at(t + SLOPE_STEP)) / (2.0 * SLOPE_STEP));
        let len = (120.0 * rate) as usize + 2 * (BEFORE + TAPS) + pulse_len;
        let zeros = || vec![0.0; len];
        Self {
            samples_per_us: rate,
            pulses,
            slopes,
            pulse_len,
            train: zeros(),
            edges: zeros(),
            re: zeros(),
            im: zeros(),
            model_re: zeros(),
            model_im: zeros(),
        }
    }

    /// Subtracts `word`, which starts `start` samples into the planes with carrier `step`.
    pub fn subtract(&mut self, re: &mut [f32], im: &mut [f32], start: f64, step: f32, word: &Word) -> Cancelled {
        let first = start as usize - BEFORE - TAPS;
        let len = ((PREAMBLE_US + word.bits as f64) * self.samples_per_us) as usize + 2 * (BEFORE + TAPS) + self.pulse_len - 4;
        let len = len.min(self.train.len());
        self.lay_train(start - first as f64, word, len);
        let (re, im) = (&mut re[first..first + len], &mut im[first..first + len]);
        rotate(re, im, 0.0, step, &mut self.re[..len], &mut self.im[..len]);
        let data = (start - first as f64 + PREAMBLE_US * self.samples_per_us) as usize;
        let track = self.track(Parts { data, samples_per_part: PART_US * self.samples_per_us, count: word.bits / PART_US as usize });
        let mean = track.gains[..track.parts.count].iter().map(|g| g.abs()).sum::<f32>() / track.parts.count as f32;
        // Only the phase is taken off: weak parts must not be blown up.
        let unit = |g: Complex| g.scale(1.0 / g.abs().max(f32::MIN_POSITIVE));
        let turn = Track { preamble: unit(track.preamble), gains: track.gains.map(unit), parts: track.parts };
        turn.pieces(len, |r, gain, change| multiply(&mut self.re[r.clone()], &mut self.im[r], gain, change, -1.0));
        // The train takes on the burst's droop.
        let droop = Track { preamble: level(track.preamble, mean), gains: track.gains.map(|g| level(g, mean)), parts: track.parts };
        droop.pieces(len, |r, gain, change| {
            let edges = self.edges[r.clone()].iter_mut();
            for ((k, u), e) in self.train[r].iter_mut().enumerate().zip(edges) {
                let level = gain.re + k as f32 * change.re;
                (*u, *e) = (*u * level, *e * level);
            }
        });
        let (h_re, h_im) = self.path(len);
        let delay = self.delay(len);
        self.shape_model(&h_re, &h_im, len);
        turn.pieces(len, |r, gain, change| multiply(&mut self.model_re[r.clone()], &mut self.model_im[r], gain, change, 1.0));
        rotate(&self.model_re[..len], &self.model_im[..len], 0.0, -step, &mut self.re[..len], &mut self.im[..len]);
        for ((re, im), (a, b)) in re.iter_mut().zip(im.iter_mut()).zip(self.re[..len].iter().zip(&self.im[..len])) {
            *re -= a;
            *im -= b;
        }
        let (a, b): (f64, f64) = (h_re.iter().sum(), h_im.iter().sum());
        Cancelled { amplitude: (a * a + b * b).sqrt() as f32, delay, from: first, to: first + len }
    }

    /// The complex gain of each part of the burst.
    fn track(&self, parts: Parts) -> Track {
        let gain = |r: core::ops::Range<usize>| {
            let u = &self.train[r.clone()];
            let energy = dot(u, u).max(f32::MIN_POSITIVE);
            Complex { re: dot(&self.re[r.clone()], u), im: dot(&self.im[r], u) }.scale(1.0 / energy)
        };
        let mut gains = [Complex::default(); PARTS_MAX];
        for (p, g) in gains[..parts.count].iter_mut().enumerate() {
            *g = gain(parts.range(p));
        }
        Track { preamble: gain(0..parts.data), gains: parts.smooth(&gains), parts }
    }

    /// How much later than laid the burst is, in samples: one Gauss–Newton step along the train's derivative.
    fn delay(&self, len: usize) -> f32 {
        let (u, e) = (&self.train[..len], &self.edges[..len]);
        let level = dot(&self.re[..len], u) / dot(u, u).max(f32::MIN_POSITIVE);
        let slope = dot(e, e) * level;
        if slope <= 0.0 {
            return 0.0;
        }
        ((dot(&self.re[..len], e) - level * dot(u, e)) / slope).clamp(-1.0, 1.0)
    }

    /// `train` = nominal pulses of the word, beginning `at` samples in.
    fn lay_train(&mut self, at: f64, word: &Word, len: usize) {
        self.train[..len].fill(0.0);
        self.edges[..len].fill(0.0);
        let preamble = [0.0, 1.0, 3.5, 4.5];
        let mut halves = [0.0; 4 + LONG_BITS];
        halves[..4].copy_from_slice(&preamble);
        for k in 0..word.bits {
            let one = word.bytes[k / 8] & (0x80 >> (k % 8)) != 0;
            halves[4 + k] = PREAMBLE_US + k as f64 + if one { 0.0 } else { 0.5 };
        }
        for us in &halves[..4 + word.bits] {
            let fine = ((at + us * self.samples_per_us) * PHASES as f64).round() as usize;
            let table = (fine % PHASES) * self.pulse_len..(fine % PHASES + 1) * self.pulse_len;
            let place = fine / PHASES - BEFORE..len.min(fine / PHASES - BEFORE + self.pulse_len);
            for (train, p) in self.train[place.clone()].iter_mut().zip(&self.pulses[table.clone()]) {
                *train += p;
            }
            for (edge, p) in self.edges[place].iter_mut().zip(&self.slopes[table]) {
                *edge += p;
            }
        }
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

/// A gain's level relative to the burst's mean, within a factor of four.
fn level(gain: Complex, mean: f32) -> Complex {
    Complex { re: (gain.abs() / mean.max(f32::MIN_POSITIVE)).clamp(0.25, 4.0), im: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::repair::Trust;
    use super::*;

    /// A burst with droop and a turning carrier, a fraction of a sample late, leaves less than a hundredth of its power.
    #[test]
    fn nearly_nothing_is_left_of_a_clear_burst() {
        let pulse = Pulse::new(2.4);
        let mut canceller = Canceller::new(&pulse);
        let mut bytes = [0; 14];
        bytes.iter_mut().enumerate().for_each(|(i, b)| *b = (i * 37 + 11) as u8);
        let word = Word { bytes, bits: LONG_BITS, flips: 0, cost: 0.0, address: 1, trust: Trust::Parity };
        let (late, step) = (0.21, 0.11);
        let (mut re, mut im) = (vec![0.0_f32; 400], vec![0.0_f32; 400]);
        for n in 0..400 {
            let edges = (0..116).map(|k| match k {
                0..4 => [0.0, 1.0, 3.5, 4.5][k],
                _ => 4.0 + k as f64 + if bytes[(k - 4) / 8] & (0x80 >> ((k - 4) % 8)) != 0 { 0.0 } else { 0.5 },
            });
            let level: f64 = edges.map(|us| pulse.at(n as f64 - 40.0 - late - us * 2.4)).sum();
            let t = n as f64 / 400.0;
            let (s, c) = (step * n as f64 + 0.8 * t * t).sin_cos();
            re[n] = (level * (1.0 - 0.1 * t) * c) as f32;
            im[n] = (level * (1.0 - 0.1 * t) * s) as f32;
        }
        let power = |re: &[f32], im: &[f32]| dot(re, re) + dot(im, im);
        let before = power(&re, &im);
        let taken = canceller.subtract(&mut re, &mut im, 40.0, step as f32, &word);
        assert!(power(&re, &im) < 1e-2 * before, "{}", power(&re, &im) / before);
        assert!((f64::from(taken.delay) - late).abs() < 0.03, "{taken:?}");
        assert!((taken.amplitude - 0.95).abs() < 0.07, "{taken:?}");
    }
}
