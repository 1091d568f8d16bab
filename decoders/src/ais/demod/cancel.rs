//! Takes a decoded burst out of the samples, so that what lay under it can be heard.
//!
//! The burst is sent again (phase from its bits, `pulse.rs`), its complex amplitude is measured along it as the mean over a window
//! around every sample, and the product is subtracted. A mean over 128 samples leaves 1/128 of the noise behind; at the ramps the
//! window is short, because there the amplitude changes.

use super::complex::C32;
use super::front::SPS;
use super::pulse::{Pulse, Sender, preamble_bits};
use crate::hdlc::frame_bits;

/// Half the window, samples; and the same at the ramps.
const HALF_WINDOW: usize = 64;
const HALF_WINDOW_RAMP: usize = 8;
/// Bits of ramp before the training sequence, taken as more of it; and behind the closing flag.
pub const RAMP_BITS: usize = 8;
const TAIL_BITS: usize = 3;
/// Steps of the search for the exact time, samples.
const TIME_STEP: f32 = 0.2;

/// Buffers for [`Canceller::cancel`].
#[derive(Debug)]
pub struct Canceller {
    levels: Vec<i8>,
    sent: Vec<C32>,
    carrier: Vec<C32>,
}

/// Which burst.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub bytes: &'a [u8],
    /// Position of symbol 0 in `x`, samples.
    pub position: f32,
    /// Radians per sample.
    pub step: f32,
    /// Level of the second bit of the training sequence, and which sequence it is.
    pub level1: i8,
    pub training: usize,
}

impl Canceller {
    pub fn new() -> Self {
        let symbols = super::detect::SYMBOLS_MAX + RAMP_BITS + TAIL_BITS + 8;
        Self { levels: Vec::with_capacity(symbols), sent: Vec::with_capacity(symbols * SPS), carrier: Vec::with_capacity(symbols * SPS) }
    }

    /// Subtracts the burst; returns the samples it covered.
    pub fn cancel(&mut self, pulse: &Pulse, x: &mut [C32], known: &Known<'_>) -> (usize, usize) {
        self.set_levels(known);
        let start = known.position - (RAMP_BITS * SPS) as f32;
        let from = start.max(0.0).ceil() as usize;
        let to = (from + self.levels.len() * SPS).min(x.len());
        if to <= from {
            return (from, from);
        }
        let fit = |me: &mut Self, shift: f32| me.fit(pulse, &x[from..to], known.position + shift - from as f32, known.step);
        let (before, here, after) = (fit(self, -TIME_STEP), fit(self, 0.0), fit(self, TIME_STEP));
        let shift = if before <= here && after <= here { super::acquire::vertex(before, here, after) * TIME_STEP } else { 0.0 };
        fit(self, shift);
        self.subtract(&mut x[from..to]);
        (from, to)
    }

    fn set_levels(&mut self, known: &Known<'_>) {
        self.levels.clear();
        let training = preamble_bits(known.training);
        let before = |level: i8, bit: bool| if bit { level } else { -level };
        // Backwards from bit 1 to the beginning of the ramp, which is taken as more of the same.
        self.levels.resize(RAMP_BITS + 2, known.level1);
        for i in (0..=RAMP_BITS).rev() {
            let bit = training[(i + 1 + RAMP_BITS) % 2];
            self.levels[i] = before(self.levels[i + 1], bit);
        }
        let levels = &mut self.levels;
        let mut level = known.level1;
        let mut send = |bit: bool| {
            level = if bit { level } else { -level };
            levels.push(level);
        };
        training[2..24].iter().for_each(|&bit| send(bit));
        frame_bits(known.bytes, &mut send);
        (0..TAIL_BITS).for_each(|_| send(true));
    }

    /// Sends the burst with symbol 0 at `position`; what of `x` it explains.
    fn fit(&mut self, pulse: &Pulse, x: &[C32], position: f32, step: f32) -> f32 {
        self.sent.clear();
        self.carrier.clear();
        let mut sender = Sender::new(pulse, &self.levels);
        let turn = C32::unit(step);
        let mut unit = C32::new(1.0, 0.0);
        let mut explained = 0.0;
        let mut block = C32::ZERO;
        for (n, &x) in x.iter().enumerate() {
            // Symbol k's pulse C₀ peaks three symbols behind the beginning of its frequency pulse.
            let symbols = (n as f32 - position) / SPS as f32 + 3.0 + RAMP_BITS as f32;
            let sent = C32::unit(sender.phase(symbols)) * unit;
            unit = unit * turn;
            if n % 256 == 255 {
                unit = C32::unit(step * (n + 1) as f32);
            }
            let carrier = x * sent.conj();
            self.sent.push(sent);
            self.carrier.push(carrier);
            block += carrier;
            if n % 64 == 63 {
                explained += block.power();
                block = C32::ZERO;
            }
        }
        explained
    }

    fn subtract(&mut self, x: &mut [C32]) {
        let n = self.carrier.len();
        let ramp = RAMP_BITS * SPS + HALF_WINDOW_RAMP;
        let (mut from, mut to) = (0, 0);
        let mut sum = C32::ZERO;
        for (i, x) in x.iter_mut().enumerate().take(n) {
            let edge = i.min(n - 1 - i);
            let half = if edge < ramp { HALF_WINDOW_RAMP } else { HALF_WINDOW.min(HALF_WINDOW_RAMP + edge - ramp) };
            let (want_from, want_to) = (i.saturating_sub(half), (i + half + 1).min(n));
            while to < want_to {
                sum += self.carrier[to];
                to += 1;
            }
            while want_to < to {
                to -= 1;
                sum = sum - self.carrier[to];
            }
            while from < want_from {
                sum = sum - self.carrier[from];
                from += 1;
            }
            while want_from < from {
                from -= 1;
                sum += self.carrier[from];
            }
            let gain = sum.scale(1.0 / (to - from) as f32);
            *x = *x - self.sent[i] * gain;
        }
    }
}
