//! Where bursts may begin: the training sequence looked for in time and frequency at once.
//!
//! 0101… in NRZI turns the carrier a quarter to and fro with a period of four bits: a line on the carrier and lines 2,400 Hz above and
//! below. A transform over 64 samples (16 of the 24 bits) every 16 samples shows them, whatever the carrier's offset, as three pairs
//! of bins of 600 Hz that hold most of the energy. That share, unlike a power, means the same for weak and strong signals.

use super::complex::C32;

/// Samples of a window, and from one window to the next.
pub const WINDOW: usize = 64;
pub const HOP: usize = 16;
/// Hertz of a bin: 38,400 / 64.
const BIN_HZ: f32 = 600.0;
/// Bins between the lines: 2,400 Hz.
const LINES: usize = 4;
/// The lowest carrier bin is −REACH: offsets up to ±4.8 kHz.
const REACH: usize = 8;
/// Share of a window's energy in the six bins. In noise it is 0.17 ± 0.06; a burst at Eb/N0 5 dB has 0.6.
pub const SHARE_MIN: f32 = 0.42;

/// A window that looks like a training sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub share: f32,
    pub freq_hz: f32,
}

/// The transform and its tables.
#[derive(Debug)]
pub struct Search {
    twiddles: [C32; WINDOW],
}

impl Search {
    pub fn new() -> Self {
        Self { twiddles: core::array::from_fn(|i| C32::unit(-core::f32::consts::TAU * i as f32 / WINDOW as f32)) }
    }

    /// Best carrier in a window; its share may be anything.
    pub fn look(&self, x: &[C32]) -> Hit {
        let x: &[C32; WINDOW] = x.try_into().expect("callers pass windows");
        let power = spectrum(x, &self.twiddles);
        let total: f32 = power.iter().sum();
        if total <= f32::MIN_POSITIVE {
            return Hit { share: 0.0, freq_hz: 0.0 };
        }
        let lines = |bin: usize| -> f32 {
            let at = |b: usize| power[b % WINDOW];
            at(bin + WINDOW - LINES) + at(bin) + at(bin + LINES)
        };
        let (mut best, mut bin) = (0.0, 0);
        let mut here = lines(WINDOW - REACH);
        for b in WINDOW - REACH..WINDOW + REACH {
            let next = lines(b + 1);
            if best < here + next {
                (best, bin) = (here + next, b);
            }
            here = next;
        }
        let (low, high) = (lines(bin), lines(bin + 1));
        let freq_hz = (bin as f32 - WINDOW as f32 + high / (low + high)) * BIN_HZ;
        Hit { share: best / total, freq_hz }
    }
}

/// Power in each bin: three passes of radix 4, decimation in frequency, bins put in order at the end.
fn spectrum(x: &[C32; WINDOW], twiddles: &[C32; WINDOW]) -> [f32; WINDOW] {
    let mut a = *x;
    let mut span = WINDOW / 4;
    let mut stride = 1;
    while 0 < span {
        for group in (0..WINDOW).step_by(4 * span) {
            for i in 0..span {
                butterfly(&mut a, group + i, span, i * stride, twiddles);
            }
        }
        span /= 4;
        stride *= 4;
    }
    let mut power = [0.0; WINDOW];
    for (i, v) in a.iter().enumerate() {
        // Base-4 digits reversed.
        power[(i & 3) << 4 | i & 12 | i >> 4] = v.power();
    }
    power
}

#[inline(always)]
fn butterfly(a: &mut [C32; WINDOW], at: usize, span: usize, turn: usize, twiddles: &[C32; WINDOW]) {
    let (x0, x1, x2, x3) = (a[at], a[at + span], a[at + 2 * span], a[at + 3 * span]);
    let (even, odd) = (x0 + x2, x1 + x3);
    let (diff, cross) = (x0 - x2, x1 - x3);
    let cross = C32::new(cross.im, -cross.re);
    a[at] = even + odd;
    a[at + span] = (diff + cross) * twiddles[turn];
    a[at + 2 * span] = (even - odd) * twiddles[2 * turn];
    a[at + 3 * span] = (diff - cross) * twiddles[3 * turn % WINDOW];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ais::demod::lab::Rng;

    #[test]
    fn the_transform_is_the_sum_it_stands_for() {
        let mut rng = Rng(3);
        let x: [C32; WINDOW] = core::array::from_fn(|_| {
            let (a, b) = rng.gauss2();
            C32::new(a as f32, b as f32)
        });
        let fast = spectrum(&x, &Search::new().twiddles);
        for (bin, fast) in fast.iter().enumerate() {
            let slow = x
                .iter()
                .enumerate()
                .fold(C32::ZERO, |s, (n, &v)| s + v * C32::unit(-core::f32::consts::TAU * (bin * n % WINDOW) as f32 / WINDOW as f32));
            assert!((slow.power() - fast).abs() < 1e-3 * (1.0 + fast), "bin {bin}: {} {fast}", slow.power());
        }
    }
}
