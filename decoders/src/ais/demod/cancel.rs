//! Takes a decoded burst out of the samples, so that what lay under it can be heard.
//!
//! The burst is sent again (phase from its bits, `pulse.rs`), its complex amplitude is measured along it as the mean over a window
//! around every sample, and the product is subtracted. A mean over 128 samples leaves 1/128 of the noise behind. The ramps, which the
//! bits say nothing of, are measured by themselves (`ramp.rs`).
//!
//! What is left of a burst of 24 dB, by bits (`sim`'s ramps, 8 bits with the frequency held): noise (−26 dB) everywhere; with the
//! training sequence thought to go on in the ramps, −5 dB in the eight bits before and behind the burst; and with the right frequency
//! but a free amplitude over four bits, noise, but a fifth of the weaker burst is gone there. Weak bursts heard 5, 9, 15 dB below the
//! strong one, same slot | 0–256 bits apart (`ais_lab` collisions; 270, 470 pairs):
//!
//! | ramps | same slot | apart |
//! |---|---|---|
//! | as more training | .72 .65 .35 | .41 .34 .16 |
//! | of five kinds, free amplitude over 17 samples | .88 .96 .90 | .59 .61 .50 |
//! | of five kinds, one of 36 shapes each | .86 .97 .96 | .75 .84 .74 |

use super::complex::C32;
use super::front::SPS;
use super::pulse::{Pulse, Sender, preamble_bits};
pub use super::ramp::RAMP_BITS;
use super::ramp::{self, Ramp, Shapes};
use crate::hdlc::frame_bits;

/// Half the window, samples.
const HALF_WINDOW: usize = 64;
/// Samples from the beginning of what is sent again to where the burst surely has its full power; and from there to the end. Levels turn
/// the phase around their middle, which is half a symbol behind their beginning, three symbols behind that of their pulse.
const FRONT: usize = (RAMP_BITS - 1 + ramp::INSIDE_BITS) * SPS;
const BACK: usize = ramp::SAMPLES;
/// Steps of the search for the exact time, samples.
const TIME_STEP: f32 = 0.2;

/// Buffers for [`Canceller::cancel`].
#[derive(Debug)]
pub struct Canceller {
    levels: Vec<i8>,
    sent: Vec<C32>,
    carrier: Vec<C32>,
    shapes: Shapes,
}

/// Of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Front,
    Back,
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
        let symbols = super::detect::SYMBOLS_MAX + 2 * RAMP_BITS + 8;
        Self {
            levels: Vec::with_capacity(symbols),
            sent: Vec::with_capacity(symbols * SPS),
            carrier: Vec::with_capacity(symbols * SPS),
            shapes: Shapes::new(),
        }
    }

    /// Subtracts the burst; returns the samples it covered.
    pub fn cancel(&mut self, pulse: &Pulse, x: &mut [C32], known: &Known<'_>) -> (usize, usize) {
        self.set_levels(known);
        let start = known.position - (RAMP_BITS * SPS) as f32;
        let from = start.max(0.0).ceil() as usize;
        let to = from + self.levels.len() * SPS;
        // The ramps are where they are only if all of the burst is there.
        if start < 0.0 || x.len() < to {
            return (from, from);
        }
        let x = &mut x[from..to];
        let position = known.position - from as f32;
        let mut fit = |shift: f32| self.fit(pulse, x, position + shift, known.step, 0..x.len());
        let (before, here, after) = (fit(-TIME_STEP), fit(0.0), fit(TIME_STEP));
        let shift = if before <= here && after <= here { super::acquire::vertex(before, here, after) * TIME_STEP } else { 0.0 };
        let ramps = [End::Front, End::Back].map(|end| self.ramp(pulse, x, position + shift, known.step, end));
        self.fit(pulse, x, position + shift, known.step, 0..x.len());
        self.subtract(x, &ramps);
        (from, to)
    }

    /// The burst's levels; its ramps' are not known yet.
    fn set_levels(&mut self, known: &Known<'_>) {
        let training = preamble_bits(known.training);
        let mut level = if training[1] { known.level1 } else { -known.level1 };
        let levels = &mut self.levels;
        levels.clear();
        levels.resize(RAMP_BITS, 0);
        levels.push(level);
        let mut send = |bit: bool| {
            level = if bit { level } else { -level };
            levels.push(level);
        };
        training[1..24].iter().for_each(|&bit| send(bit));
        frame_bits(known.bytes, &mut send);
        levels.resize(levels.len() + RAMP_BITS, 0);
    }

    fn set_ramp(&mut self, end: End, kind: usize) {
        let n = self.levels.len();
        match end {
            End::Front => {
                let outwards = ramp::levels(kind, self.levels[RAMP_BITS + 1], self.levels[RAMP_BITS]);
                self.levels[..RAMP_BITS].iter_mut().rev().zip(outwards).for_each(|(l, o)| *l = o);
            }
            End::Back => {
                let burst = n - RAMP_BITS;
                let outwards = ramp::levels(kind, self.levels[burst - 2], self.levels[burst - 1]);
                self.levels[burst..].copy_from_slice(&outwards);
            }
        }
    }

    /// The ramp at an end; its levels are set.
    fn ramp(&mut self, pulse: &Pulse, x: &[C32], position: f32, step: f32, end: End) -> Ramp {
        let n = x.len();
        let range = if end == End::Front { 0..FRONT + HALF_WINDOW } else { n - BACK - HALF_WINDOW..n };
        let mut best: Option<(usize, Ramp)> = None;
        for kind in 0..ramp::KINDS {
            self.set_ramp(end, kind);
            self.fit(pulse, x, position, step, range.clone());
            if end == End::Front {
                self.carrier.reverse();
            }
            let (inside, outside) = self.carrier.split_at(HALF_WINDOW);
            let inside = inside.iter().fold(C32::ZERO, |s, &c| s + c).scale(1.0 / HALF_WINDOW as f32);
            let mut carrier = [C32::ZERO; ramp::SAMPLES];
            carrier.iter_mut().zip(outside).for_each(|(to, &c)| *to = c);
            let ramp = ramp::measure(&carrier, inside, &self.shapes);
            if best.as_ref().is_none_or(|b| ramp.left < b.1.left) {
                best = Some((kind, ramp));
            }
        }
        let (kind, ramp) = best.expect("there are kinds");
        self.set_ramp(end, kind);
        ramp
    }

    /// Sends the burst with symbol 0 at `position`, as far as `range` of the samples goes; what of `x` it explains.
    fn fit(&mut self, pulse: &Pulse, x: &[C32], position: f32, step: f32, range: core::ops::Range<usize>) -> f32 {
        self.sent.clear();
        self.carrier.clear();
        let mut sender = Sender::new(pulse, &self.levels);
        let turn = C32::unit(step);
        let mut unit = C32::unit(step * range.start as f32);
        let mut explained = 0.0;
        let mut block = C32::ZERO;
        for (n, &x) in x.iter().enumerate().take(range.end).skip(range.start) {
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

    fn subtract(&mut self, x: &mut [C32], ramps: &[Ramp; 2]) {
        let n = self.carrier.len();
        let (first, last) = (FRONT, n - BACK);
        let (mut from, mut to) = (first, first);
        let mut sum = C32::ZERO;
        for (i, x) in x.iter_mut().enumerate() {
            if i < first {
                *x = *x - self.sent[i] * ramps[0].gain[first - 1 - i];
                continue;
            }
            if last <= i {
                *x = *x - self.sent[i] * ramps[1].gain[i - last];
                continue;
            }
            let (want_from, want_to) = (i.saturating_sub(HALF_WINDOW).max(first), (i + HALF_WINDOW + 1).min(last));
            while to < want_to {
                sum += self.carrier[to];
                to += 1;
            }
            while from < want_from {
                sum = sum - self.carrier[from];
                from += 1;
            }
            let gain = sum.scale(1.0 / (to - from) as f32);
            *x = *x - self.sent[i] * gain;
        }
    }
}
