//! 9600 baud: the discriminator's output is the row of levels itself, shaped and blurred by filters and noise.
//!
//! ```text
//!   swing ─► ±5.3 kHz, 76,800 a second ─► middle and level taken out ─┬► quick clock ─► a value a bit ─► equaliser ─► Reader
//!                                                                     └► steady clock ─► likewise
//! ```
//! Nothing is decided bit by bit: the equaliser finds the most likely row of levels (Viterbi) for a response of three bits, the one
//! before, the one meant and the one after, which it learns from what it has decided.
//!
//! What was tried, of 100 of Dire Wolf 1.6's generator in white noise (`atest` 1.6: 61, dev: 62), and of 200 through FM at 8 / 9 dB, by audio:
//!
//! | filter, −6 dB and width of its edge | white noise | FM |
//! |---|---|---|
//! | 5.0 kHz, 3 kHz (what was here before) | 59 | 89 / 163 |
//! | 5.0 kHz, 6 kHz | 58 | 89 / 163 |
//! | **5.3 kHz, 7 kHz** | 64 | 85 / 163 |
//! | 5.6 kHz, 3 / 6.5 / 7 / 9 kHz | 61 / 64 / 65 / 64 | – / 81 / – / – (162 at 9 dB) |
//! | 6.6 kHz, 9 kHz | 66 | – |
//! | 7.2 kHz, 7 / 9 kHz | 61 / 66 | – |
//!
//! No cutting of clicks, the clocks' pull 0.015 … 0.2, learning half or twice as quickly, forgetting or not: 1 more or less each; no
//! learning at all: 57 instead of 60.

use super::outbox::Heard;
use super::reader::Reader;
use crate::dsp::Resampler;

pub const BAUD: f64 = 9_600.0;
/// Eight samples a bit.
const RATE_SPS: f64 = 8.0 * BAUD;
const STEP: f32 = 1.0 / 8.0;
const EDGE_HZ: f64 = 5_300.0;
const TRANSITION_HZ: f64 = 7_000.0;
/// Of the middle and of the level: 10 ms.
const MEMORY: f32 = 1.0 / 768.0;
/// A value this many levels from the middle is a click of FM's noise.
const CLICK: f32 = 1.8;
/// How much of a crossing's error a clock follows.
const PULLS: [f32; 2] = [0.12, 0.03];

#[derive(Debug)]
pub struct Baseband {
    resampler: Resampler<1>,
    delay_s: f64,
    middle: f32,
    level: f32,
    last: f32,
    at: u64,
    clocks: [Clock; PULLS.len()],
}

impl Baseband {
    pub fn new(rate_sps: f64) -> Self {
        let edge = EDGE_HZ.min(0.5 * rate_sps - TRANSITION_HZ / 2.0);
        let resampler = Resampler::new(rate_sps, RATE_SPS, edge, TRANSITION_HZ);
        let delay_s = resampler.delay() / rate_sps;
        Self { resampler, delay_s, middle: 0.0, level: 1e-3, last: 0.0, at: 0, clocks: PULLS.map(Clock::new) }
    }

    #[inline]
    pub fn push(&mut self, swing: f32, out: &mut dyn FnMut(Heard<'_>)) {
        let Self { resampler, delay_s, middle, level, last, at, clocks } = self;
        resampler.push([swing], &mut |[x]| {
            *middle += (x - *middle) * MEMORY;
            *level += ((x - *middle).abs() - *level) * MEMORY;
            let y = ((x - *middle) / level.max(1e-9)).clamp(-CLICK, CLICK);
            *at += 1;
            for clock in clocks.iter_mut() {
                clock.push(*last, y, *at, &mut |heard| out(heard.before(*delay_s)));
            }
            *last = y;
        });
    }

    /// Where the swing's middle lies, in its own unit.
    pub fn middle(&self) -> f32 {
        self.middle
    }

    /// Of the signal, heard by now.
    pub fn seconds(&self) -> f64 {
        self.at as f64 / RATE_SPS
    }

    /// Frames of the steady clock whose FCS was wrong.
    pub fn failed(&self) -> u64 {
        self.clocks[PULLS.len() - 1].reader.failed
    }
}

/// A bit clock: it follows the crossings of the middle, which lie between bits.
#[derive(Debug)]
struct Clock {
    pull: f32,
    /// Bits since the middle of the last one.
    phase: f32,
    equaliser: Equaliser,
    reader: Reader,
}

impl Clock {
    fn new(pull: f32) -> Self {
        Self { pull, phase: 0.0, equaliser: Equaliser::new(), reader: Reader::scrambled() }
    }

    #[inline]
    fn push(&mut self, last: f32, y: f32, at: u64, out: &mut dyn FnMut(Heard<'_>)) {
        self.phase += STEP;
        if (last < 0.0) != (y < 0.0) {
            let since = y / (y - last) * STEP;
            self.phase -= self.pull * (self.phase - since - 0.5);
        }
        if self.phase < 1.0 {
            return;
        }
        self.phase -= 1.0;
        let back = (self.phase / STEP).clamp(0.0, 1.0);
        let level = self.equaliser.push(y + (last - y) * back);
        // The bit ended half a bit after its middle.
        if let Some(read) = self.reader.push(level, (at + 4).saturating_sub(8 * DEPTH as u64), None) {
            out(Heard::new(read, read.opened_at as f64 / RATE_SPS));
        }
    }
}

/// Bits from the newest to the one that is decided.
const DEPTH: usize = 24;
/// Bits from the newest to the one that is learnt from.
const LEARN: usize = 8;
/// Of the response: how quickly it is learnt, and how quickly it is forgotten.
const LEARNT: f32 = 0.01;
const FORGOTTEN: f32 = 0.002;
/// Of a bit itself, of the one before, of the one after.
const RESPONSE: [f32; 3] = [1.0, 0.15, 0.15];

/// The most likely row of levels.
#[derive(Debug)]
struct Equaliser {
    /// By the last two levels: what the row so far costs, and the row, the newest in bit 0.
    cost: [f32; 4],
    row: [u64; 4],
    response: [f32; 3],
    middle: f32,
    /// The values that go with the rows' last bits.
    recent: [f32; LEARN],
    at: usize,
}

const fn worth(bit: u64) -> f32 {
    if bit & 1 == 1 { 1.0 } else { -1.0 }
}

impl Equaliser {
    fn new() -> Self {
        Self { cost: [0.0; 4], row: [0; 4], response: RESPONSE, middle: 0.0, recent: [0.0; LEARN], at: 0 }
    }

    fn expected(&self, before: u64, bit: u64, after: u64) -> f32 {
        let [itself, earlier, later] = self.response;
        self.middle + itself * worth(bit) + earlier * worth(before) + later * worth(after)
    }

    /// Takes a bit's value; gives the level decided [`DEPTH`] bits before.
    #[inline]
    fn push(&mut self, y: f32) -> bool {
        let (cost, row) = (self.cost, self.row);
        for to in 0..4_usize {
            let (bit, after) = ((to >> 1) as u64, (to & 1) as u64);
            let from = |before: usize| {
                let wrong = y - self.expected(before as u64, bit, after);
                let state = before << 1 | bit as usize;
                (cost[state] + wrong * wrong, row[state] << 1 | after)
            };
            let (a, b) = (from(0), from(1));
            (self.cost[to], self.row[to]) = if a.0 < b.0 { a } else { b };
        }
        let best = (1..4).fold(0, |best, i| if self.cost[i] < self.cost[best] { i } else { best });
        let least = self.cost[best];
        self.cost.iter_mut().for_each(|c| *c -= least);
        let row = self.row[best];
        self.learn(row, y);
        row >> DEPTH & 1 == 1
    }

    fn learn(&mut self, row: u64, y: f32) {
        let value = core::mem::replace(&mut self.recent[self.at], y);
        self.at = (self.at + 1) % LEARN;
        // The newest value's own bit is the last but one of the row.
        let bits = row >> LEARN;
        let (after, bit, before) = (bits, bits >> 1, bits >> 2);
        let wrong = value - self.expected(before, bit, after);
        self.middle += LEARNT * wrong;
        self.middle = self.middle.clamp(-0.5, 0.5);
        for (part, worth) in self.response.iter_mut().zip([worth(bit), worth(before), worth(after)]) {
            *part += LEARNT * wrong * worth;
        }
        for (part, usual) in self.response.iter_mut().zip(RESPONSE) {
            *part += FORGOTTEN * (usual - *part);
            *part = part.clamp(usual - 0.5, usual + 0.5);
        }
    }
}
