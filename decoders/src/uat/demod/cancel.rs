//! A burst that was understood is sent again and subtracted from the stream, so that what lay under it can be heard.
//!
//! The bits are known, the pulse is not (the standard leaves the transmitter's filter open): the burst is sent with both shapes that
//! are common and the one that explains more is taken. Its level and phase follow the burst by a sliding mean, wide in the middle,
//! narrow at the ends, where the power ramps.

use super::front::Planes;
use super::waveform::{SPS, SYNC_BITS, UPLINK_BITS, Word};
use crate::dsp::complex::C32;
use core::f32::consts::{PI, TAU};

/// Samples on either side over which the level is averaged.
const HALF_WINDOW: usize = 48;
const HALF_WINDOW_END: usize = 3;
/// Bits before and behind that are sent too: the ramps.
const RAMP_BITS: usize = 3;
/// Entries a bit in the table of a pulse, and bits on either side of a bit's middle within which it acts.
const PER_BIT: usize = 32;
const REACH: usize = 4;

/// What is known of the burst.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub word: Word,
    /// Behind the sync word.
    pub bits: &'a [bool],
    /// Sample of the stream where the sync word begins.
    pub start: f64,
    /// Samples a bit.
    pub bit_samples: f64,
    /// Radians a bit that the carrier is off.
    pub turn: f32,
    /// π(h − 0.6).
    pub skew: f32,
}

#[derive(Debug)]
pub struct Canceller {
    pulses: [Pulse; 2],
    /// Levels, and their sum before each.
    levels: Vec<(f32, f32)>,
    sent: [Vec<C32>; 2],
    carrier: Vec<C32>,
}

impl Canceller {
    pub fn new() -> Self {
        let bits = SYNC_BITS + UPLINK_BITS + 2 * RAMP_BITS;
        let samples = || Vec::with_capacity(SPS * bits + 8);
        Self {
            pulses: [Pulse::rectangular(), Pulse::raised_cosine()],
            levels: Vec::with_capacity(bits),
            sent: [samples(), samples()],
            carrier: samples(),
        }
    }

    pub fn cancel(&mut self, x: &mut Planes, known: &Known<'_>) {
        self.set_levels(known);
        let first = known.start - RAMP_BITS as f64 * known.bit_samples;
        let from = first.ceil().max(0.0) as usize;
        let to = ((first + self.levels.len() as f64 * known.bit_samples) as usize).min(x.re.len());
        if to <= from {
            return;
        }
        let offset = (from as f64 - first) as f32;
        let explained: [f32; 2] = core::array::from_fn(|i| {
            self.send(i, to - from, offset, known);
            self.explained(i, x, from)
        });
        let shape = usize::from(explained[0] < explained[1]);
        self.subtract(shape, x, from);
    }

    fn set_levels(&mut self, known: &Known<'_>) {
        self.levels.clear();
        let mut sum = 0.0;
        let mut push = |level: f32| {
            self.levels.push((level, sum));
            sum += level;
        };
        (0..RAMP_BITS).for_each(|_| push(0.0));
        (0..SYNC_BITS).for_each(|k| push(if known.word.bit(k) { 1.0 } else { -1.0 }));
        known.bits.iter().for_each(|bit| push(if *bit { 1.0 } else { -1.0 }));
        (0..RAMP_BITS).for_each(|_| push(0.0));
    }

    /// The burst of level 1, `count` samples, the first `offset` samples behind the first level's beginning.
    fn send(&mut self, shape: usize, count: usize, offset: f32, known: &Known<'_>) {
        let (pulse, levels, sent) = (&self.pulses[shape], &self.levels, &mut self.sent[shape]);
        sent.clear();
        let per_sample = (1.0 / known.bit_samples) as f32;
        for i in 0..count {
            let bit = (offset + i as f32) * per_sample;
            let turns = (known.turn * (bit - RAMP_BITS as f32) + (0.6 * PI + known.skew) * pulse.turned(levels, bit)) / TAU;
            sent.push(C32::unit((turns - turns.floor()) * TAU));
        }
    }

    fn explained(&mut self, shape: usize, x: &Planes, from: usize) -> f32 {
        self.carrier.clear();
        let (mut explained, mut block) = (0.0, C32::ZERO);
        for (i, sent) in self.sent[shape].iter().enumerate() {
            let carrier = C32::new(x.re[from + i], x.im[from + i]) * sent.conj();
            self.carrier.push(carrier);
            block += carrier;
            if i % 32 == 31 {
                explained += block.power();
                block = C32::ZERO;
            }
        }
        explained
    }

    fn subtract(&mut self, shape: usize, x: &mut Planes, from: usize) {
        self.explained(shape, x, from);
        let n = self.carrier.len();
        let ramp = RAMP_BITS * SPS + HALF_WINDOW_END;
        let (mut left, mut right) = (0, 0);
        let mut sum = C32::ZERO;
        for i in 0..n {
            let edge = i.min(n - 1 - i);
            let half = if edge < ramp { HALF_WINDOW_END } else { HALF_WINDOW.min(HALF_WINDOW_END + edge - ramp) };
            let (want_left, want_right) = (i.saturating_sub(half), (i + half + 1).min(n));
            while right < want_right {
                sum += self.carrier[right];
                right += 1;
            }
            while want_right < right {
                right -= 1;
                sum = sum - self.carrier[right];
            }
            while left < want_left {
                sum = sum - self.carrier[left];
                left += 1;
            }
            while want_left < left {
                left -= 1;
                sum += self.carrier[left];
            }
            let sent = self.sent[shape][i] * sum.scale(1.0 / (right - left) as f32);
            x.re[from + i] -= sent.re;
            x.im[from + i] -= sent.im;
        }
    }
}

/// How far a bit has turned the phase, 0 before and 1 after it.
#[derive(Debug)]
struct Pulse {
    table: Vec<f32>,
}

impl Pulse {
    fn rectangular() -> Self {
        Self::of(|t| if t.abs() < 0.5 { 1.0 } else { 0.0 })
    }

    /// Roll-off ½.
    fn raised_cosine() -> Self {
        Self::of(|t| {
            let sinc = if t.abs() < 1e-6 { 1.0 } else { (PI * t).sin() / (PI * t) };
            let edge = 1.0 - t * t;
            sinc * if edge.abs() < 1e-6 { PI / 4.0 } else { (PI * t / 2.0).cos() / edge }
        })
    }

    fn of(frequency: impl Fn(f32) -> f32) -> Self {
        let mut sum = 0.0;
        let mut table = vec![0.0];
        for i in 0..2 * REACH * PER_BIT {
            sum += frequency((i as f32 + 0.5) / PER_BIT as f32 - REACH as f32);
            table.push(sum);
        }
        table.iter_mut().for_each(|v| *v /= sum);
        Self { table }
    }

    /// Sum of level times turn over all levels, at `bit` bits after the first began.
    fn turned(&self, levels: &[(f32, f32)], bit: f32) -> f32 {
        let now = bit as usize;
        let from = now.saturating_sub(REACH);
        let Some(first) = levels.get(from) else { return 0.0 };
        let mut turned = first.1;
        for (i, (level, _)) in levels.iter().enumerate().take(now + REACH + 1).skip(from) {
            let place = (bit - i as f32 - 0.5 + REACH as f32) * PER_BIT as f32;
            let index = place as usize;
            turned += level
                * if place <= 0.0 {
                    0.0
                } else if index + 1 < self.table.len() {
                    self.table[index] + (self.table[index + 1] - self.table[index]) * (place - index as f32)
                } else {
                    1.0
                };
        }
        turned
    }
}
