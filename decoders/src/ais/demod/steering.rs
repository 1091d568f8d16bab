//! The known symbols at several frequencies at once: what a preamble sums up to at each of them.
//!
//! For frequency f and the symbols zₖ behind the matched filter, even and odd k (two chains with signs of their own, `pulse.rs`) apart:
//!
//! ```text
//!   E(f) = Σ zₖ wₖ(f), k even      O(f) = Σ zₖ wₖ(f), k odd      wₖ(f) = known rₖ · (−j)ᵏ · e^(−j2πfk/9600)
//!   strength = |E|² + |O|² + 2 |Re E O*|
//! ```
//! The weights are a table and the frequencies lie side by side in memory, so that vector registers hold them: half of all work on
//! bursts was this sum, made with one turn after the other: .0307 s/s of work in the fast profile with half of all slots used (1,536 k,
//! cu8), .0152 since.

use super::acquire::unturn;
use super::complex::C32;
use super::front::SPS;
use super::pulse::PREAMBLE;

/// Weights for `N` frequencies; `N` is a multiple of 4.
#[derive(Clone, Debug)]
pub struct Steering<const N: usize> {
    re: [[f32; N]; PREAMBLE],
    im: [[f32; N]; PREAMBLE],
}

impl<const N: usize> Steering<N> {
    pub fn new(known: &[f32; PREAMBLE], frequencies_hz: [f32; N]) -> Self {
        let mut all = Self { re: [[0.0; N]; PREAMBLE], im: [[0.0; N]; PREAMBLE] };
        for (i, hz) in frequencies_hz.into_iter().enumerate() {
            let turn = C32::unit(-core::f32::consts::TAU * hz / 9600.0);
            let mut unit = C32::new(1.0, 0.0);
            for (k, &known) in known.iter().enumerate() {
                let weight = unturn(unit, k).scale(known);
                (all.re[k][i], all.im[k][i]) = (weight.re, weight.im);
                unit = unit * turn;
            }
        }
        all
    }

    /// Of the symbols that begin with the first of `z`.
    #[inline(always)]
    pub fn strengths(&self, z: &[C32]) -> [f32; N] {
        let mut re = [[0f32; N]; 2];
        let mut im = [[0f32; N]; 2];
        for k in 0..PREAMBLE {
            let z = z[k * SPS];
            let (sum_re, sum_im) = (&mut re[k % 2], &mut im[k % 2]);
            let (w_re, w_im) = (&self.re[k], &self.im[k]);
            for i in 0..N {
                sum_re[i] += z.re * w_re[i] - z.im * w_im[i];
                sum_im[i] += z.re * w_im[i] + z.im * w_re[i];
            }
        }
        core::array::from_fn(|i| {
            let (even, odd) = (C32::new(re[0][i], im[0][i]), C32::new(re[1][i], im[1][i]));
            super::acquire::strength((even, odd))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ais::demod::acquire::{strength, tone};
    use crate::ais::demod::lab::Rng;
    use crate::ais::demod::pulse::Pulse;

    #[test]
    fn all_at_once_is_one_after_the_other() {
        let pulse = Pulse::new(0.4);
        let mut rng = Rng(7);
        let z: Vec<C32> = (0..PREAMBLE * SPS).map(|_| rng.gauss2()).map(|(a, b)| C32::new(a as f32, b as f32)).collect();
        let frequencies = [-675.0, -300.0, 0.0, 12.5, 75.0, 200.0, 450.0, 675.0];
        for known in &pulse.preambles {
            let fast = Steering::new(known, frequencies).strengths(&z);
            for (fast, hz) in fast.into_iter().zip(frequencies) {
                let slow = strength(tone(known, &z, hz));
                assert!((fast - slow).abs() < 1e-3 * (1.0 + slow), "{hz} Hz: {fast} {slow}");
            }
        }
    }
}
