//! The carrier through a burst: one complex gain per part of it, a straight line between the middles of two parts.
//!
//! ```text
//!    preamble │ part 0     │ part 1     │ …
//!    own gain │────•───────┼─────•──────┼──
//! ```
//!
//! A transmitter's oscillator and its supply are pulled while it sends: real bursts turn by half a turn within 20 µs, droop, and
//! some change phase between preamble and data. One phase for the whole burst lost three of four frames of such aircraft.

/// Length of a part, µs. Shorter follows faster, but noise in the gains costs sensitivity: 0.05 dB at 70 dB·Hz with this.
pub const PART_US: f64 = 14.0;
/// Parts in a long frame.
pub const PARTS_MAX: usize = 8;
/// Weight of a part against each of its neighbours'.
const CENTRE: f32 = 2.0;

/// Where the parts lie, in samples.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// First sample of the data.
    pub data: usize,
    pub samples_per_part: f64,
    pub count: usize,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Complex {
    pub re: f32,
    pub im: f32,
}

/// Gains of the preamble and of each part.
#[derive(Clone, Copy, Debug)]
pub struct Track {
    pub preamble: Complex,
    pub gains: [Complex; PARTS_MAX],
    pub parts: Parts,
}

impl Complex {
    pub fn abs(self) -> f32 {
        (self.re * self.re + self.im * self.im).sqrt()
    }

    pub fn scale(self, by: f32) -> Self {
        Self { re: self.re * by, im: self.im * by }
    }

    fn plus(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }
}

impl Parts {
    pub fn range(&self, part: usize) -> core::ops::Range<usize> {
        let at = |p: usize| self.data + (p as f64 * self.samples_per_part) as usize;
        at(part)..at(part + 1)
    }

    /// Each part's value with its neighbours'.
    pub fn smooth(&self, of: &[Complex; PARTS_MAX]) -> [Complex; PARTS_MAX] {
        let mut smooth = *of;
        for p in 0..self.count {
            let sum = of[p.saturating_sub(1)].plus(of[p].scale(CENTRE)).plus(of[(p + 1).min(self.count - 1)]);
            smooth[p] = sum.scale(1.0 / (CENTRE + 2.0));
        }
        smooth
    }
}

impl Track {
    /// Calls `line(range, gain at its first sample, change per sample)` for each straight piece of `0..len`.
    pub fn pieces(&self, len: usize, mut line: impl FnMut(core::ops::Range<usize>, Complex, Complex)) {
        let none = Complex::default();
        let data = self.parts.data.min(len);
        line(0..data, self.preamble, none);
        let half = self.parts.samples_per_part / 2.0;
        let middle = |p: usize| (data + (p as f64 * self.parts.samples_per_part + half) as usize).min(len);
        line(data..middle(0), self.gains[0], none);
        let last = self.parts.count - 1;
        for p in 0..last {
            let r = middle(p)..middle(p + 1);
            let by = 1.0 / (r.len().max(1)) as f32;
            let change = self.gains[p + 1].plus(self.gains[p].scale(-1.0)).scale(by);
            line(r, self.gains[p], change);
        }
        line(middle(last)..len, self.gains[last], none);
    }
}

/// `out[n] = Re(x[n] · conj(gain + change·n))`.
#[multiversion::multiversion(targets = "simd")]
pub fn along(re: &[f32], im: &[f32], gain: Complex, change: Complex, out: &mut [f32]) {
    let n = out.len();
    let (re, im) = (&re[..n], &im[..n]);
    for i in 0..n {
        let k = i as f32;
        out[i] = re[i] * (gain.re + k * change.re) + im[i] * (gain.im + k * change.im);
    }
}

/// `x[n] *= gain + change·n`, conjugated when `conjugate` is −1.
#[multiversion::multiversion(targets = "simd")]
pub fn multiply(re: &mut [f32], im: &mut [f32], gain: Complex, change: Complex, conjugate: f32) {
    let n = re.len();
    let im = &mut im[..n];
    for i in 0..n {
        let k = i as f32;
        let (c, s) = (gain.re + k * change.re, conjugate * (gain.im + k * change.im));
        (re[i], im[i]) = (re[i] * c - im[i] * s, re[i] * s + im[i] * c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_everything_once_and_meet() {
        let parts = Parts { data: 19, samples_per_part: 33.6, count: 4 };
        let gains = core::array::from_fn(|p| Complex { re: p as f32, im: -(p as f32) });
        let track = Track { preamble: Complex { re: 9.0, im: 9.0 }, gains, parts };
        let mut heard = vec![f32::NAN; 200];
        track.pieces(200, |r, gain, change| {
            for (k, n) in r.enumerate() {
                assert!(heard[n].is_nan());
                heard[n] = gain.re + k as f32 * change.re;
            }
        });
        assert!(heard.iter().all(|x| !x.is_nan()));
        assert!(heard[..19].iter().all(|x| *x == 9.0));
        assert!(heard[19..].windows(2).all(|w| (0.0..0.05).contains(&(w[1] - w[0]))));
        assert_eq!(heard[199], 3.0);
    }

    #[test]
    fn multiplying_there_and_back_is_the_gain_squared() {
        let (mut re, mut im) = ([1.0, 2.0, -3.0], [0.5, -1.0, 0.0]);
        let (gain, change) = (Complex { re: 0.6, im: 0.8 }, Complex::default());
        multiply(&mut re, &mut im, gain, change, 1.0);
        let mut along_gain = [0.0; 3];
        along(&re, &im, gain, change, &mut along_gain);
        multiply(&mut re, &mut im, gain, change, -1.0);
        for (n, x) in [1.0, 2.0, -3.0].iter().enumerate() {
            assert!((re[n] - x).abs() < 1e-6 && (along_gain[n] - x).abs() < 1e-6);
        }
    }
}
