//! From one sample rate to another, whatever their ratio: a windowed sinc, tabulated at 256 places between two input samples.

use super::design::low_pass;
use super::line::Line;

/// Places between two input samples.
const PLACES: usize = 256;

/// Real (`PLANES` = 1) or complex (2) samples at another rate.
#[derive(Debug)]
pub struct Resampler<const PLANES: usize> {
    lines: [Line; PLANES],
    /// Taps of every place, one after another.
    taps: Box<[f32]>,
    len: usize,
    /// Input samples until the next output, less one; below 0 it is due.
    wait: f64,
    step: f64,
}

impl<const PLANES: usize> Resampler<PLANES> {
    /// Passes what lies below `edge_hz − transition_hz/2` and stops what lies above `edge_hz + transition_hz/2`.
    pub fn new(from_sps: f64, to_sps: f64, edge_hz: f64, transition_hz: f64) -> Self {
        let [pass, stop] = [edge_hz - transition_hz / 2.0, edge_hz + transition_hz / 2.0].map(|hz| hz / from_sps);
        let taps = low_pass(pass, stop, PLACES, 2);
        let len = taps.len() / PLACES;
        let lines = core::array::from_fn(|_| Line::new(len));
        Self { lines, taps: taps.into(), len, wait: 0.0, step: from_sps / to_sps }
    }

    /// Input samples from one going in to its coming out.
    pub fn delay(&self) -> f64 {
        self.len as f64 / 2.0
    }

    #[inline]
    pub fn push(&mut self, x: [f32; PLANES], out: &mut impl FnMut([f32; PLANES])) {
        for (line, x) in self.lines.iter_mut().zip(x) {
            line.push(x);
        }
        while self.wait < 1.0 {
            let place = (self.wait * PLACES as f64) as usize;
            let taps = &self.taps[place * self.len..(place + 1) * self.len];
            let mut y = [0.0; PLANES];
            for (line, y) in self.lines.iter().zip(&mut y) {
                *y = super::dot(line.last(), taps);
            }
            out(y);
            self.wait += self.step;
        }
        self.wait -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::PI;

    #[test]
    fn a_tone_keeps_its_frequency_level_and_time() {
        for (from, to) in [(48_000.0, 19_200.0), (8_000.0, 19_200.0), (44_100.0, 19_200.0), (19_200.0, 19_200.0)] {
            let mut resampler = Resampler::<1>::new(from, to, 3_000.0, 2_000.0);
            let tone = |t: f64| (2.0 * PI * 1_700.0 * t).cos();
            let mut got = Vec::new();
            (0..4_000).for_each(|i| resampler.push([tone(f64::from(i) / from) as f32], &mut |y| got.push(y[0])));
            for (n, y) in got.iter().enumerate().skip(400) {
                let expected = tone(n as f64 / to - resampler.delay() / from);
                assert!((f64::from(*y) - expected).abs() < 0.01, "{from} to {to}: {n} {y} {expected}");
            }
            assert!((got.len() as f64 - 4_000.0 * to / from).abs() < 2.0);
        }
    }
}
