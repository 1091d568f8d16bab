//! One burst: from a place in the stream to bytes that passed their check.

use super::acquire::{Acquire, Sync};
use super::cancel::{Canceller, Known};
use super::front::Planes;
use super::points::{Grid, Points};
use super::repair::{Repaired, repair};
use super::search::{Found, SCORE_CLEAN};
use super::trellis::Trellis;
use super::waveform::{BASIC_BITS, BIT_RATE, LONG_BITS, POINTS, SPS, SYNC_BITS, UPLINK_BITS, Word};
use crate::dsp::complex::C32;
use crate::reed_solomon::{BASIC, Code, LONG, UPLINK};
use crate::registry::Refusal;
use core::f32::consts::PI;

/// What a place must show to be taken for a burst.
#[derive(Clone, Copy, Debug)]
pub struct Gates {
    /// The search's score, at least.
    pub score: f32,
    /// The same as a share of what a clean sync word of this power over the noise would score: a stronger burst's data look a little
    /// like a sync word here and there.
    pub score_over_noise: f32,
    /// Share of the energy that the known bits explain, at least; and as a share of what stands over the noise.
    pub share: f32,
    pub share_over_noise: f32,
    /// The carrier along the sync word over that behind it, at least.
    pub amplitude: f32,
}

impl Gates {
    pub const USUAL: Self = Self { score: 1.6, score_over_noise: 0.42, share: 0.20, share_over_noise: 0.5, amplitude: 0.6 };
}

/// Less is not told from h = 0.6 by a sync word.
const SKEW_MIN: f32 = 0.015 * PI;
/// Check bytes kept for finding errors. Random bytes become a word with probability 1e-4 (basic) and 6e-4 (long) before they are
/// weighed; with two bytes less it would be 4e-3 and 1e-2, for 0.05 dB.
const MARGIN_BASIC: usize = 6;
const MARGIN_LONG: usize = 6;
const MARGIN_UPLINK: usize = 6;

const BLOCKS: usize = 6;
const PAYLOAD_MAX: usize = 432;

/// A burst that was understood.
#[derive(Debug)]
pub struct Heard {
    payload: [u8; PAYLOAD_MAX],
    len: usize,
    /// Sample of the stream where its sync word begins, and how many it lasts.
    pub start: f64,
    pub samples: f64,
    pub word: Word,
    /// Radians a bit that the carrier is off.
    pub turn: f32,
    /// π(h − 0.6).
    pub skew: f32,
    pub offset_hz: f64,
    pub corrected_bits: u8,
    /// Full scale 1.
    pub power: f32,
    pub noise: f32,
}

impl Heard {
    pub fn payload(&self) -> &[u8] {
        &self.payload[..self.len]
    }
}

#[derive(Debug)]
pub struct Modem {
    gates: Gates,
    points: Points,
    acquire: Acquire,
    burst: Vec<C32>,
    trellis: Trellis,
    block: Vec<f32>,
    /// Bits as they were sent, behind the sync word.
    sent: Vec<bool>,
    blocks: Vec<bool>,
    canceller: Canceller,
}

impl Modem {
    pub fn new(gates: Gates) -> Self {
        Self {
            gates,
            points: Points::new(),
            acquire: Acquire::new(),
            burst: Vec::with_capacity(POINTS * (SYNC_BITS + UPLINK_BITS)),
            trellis: Trellis::new(UPLINK_BITS),
            block: Vec::with_capacity(8 * UPLINK.length),
            sent: Vec::with_capacity(UPLINK_BITS),
            blocks: Vec::with_capacity(UPLINK_BITS),
            canceller: Canceller::new(),
        }
    }

    /// `found` with its place counted in `x`; `floor`: mean power of the noise.
    pub fn receive(&mut self, x: &Planes, found: &Found, floor: f32) -> Result<Heard, Refusal> {
        let over_noise = |power: f32| 1.0 - (floor / power).min(1.0);
        if found.score < self.gates.score_over_noise * SCORE_CLEAN * over_noise(found.power) {
            return Err(Refusal::Preamble);
        }
        let sync = self.acquire.acquire(&self.points, x, found);
        if sync.share < self.gates.share.max(self.gates.share_over_noise * over_noise(sync.power)) {
            return Err(Refusal::Preamble);
        }
        match self.attempt(x, &sync, 0.0) {
            Some(heard) => Ok(heard),
            None => {
                let (skew, sync) = self.acquire.skewed(&sync);
                let other = SKEW_MIN <= skew.abs();
                other.then(|| self.attempt(x, &sync, skew)).flatten().ok_or(Refusal::Integrity)
            }
        }
    }

    /// With a modulation index of 0.6 + skew/π.
    fn attempt(&mut self, x: &Planes, sync: &Sync, skew: f32) -> Option<Heard> {
        let offset_hz = f64::from(sync.turn) * BIT_RATE / core::f64::consts::TAU;
        // Carrier and bit clock come from one crystal, on either side: what one is off, the other is.
        let step = SPS as f64 / POINTS as f64 * (1.0 - offset_hz / super::receiver::CENTER_HZ as f64);
        let grid = Grid {
            first: sync.start + 0.25,
            step,
            count: POINTS * (SYNC_BITS + sync.word.bits_max()),
            turn: (sync.turn - 0.6 * PI) / POINTS as f32,
        };
        self.points.take(x, grid, &mut self.burst);
        self.trellis.detect(&self.burst, sync.word, skew);
        let mut heard = Heard {
            payload: [0; PAYLOAD_MAX],
            len: 0,
            start: sync.start,
            samples: 0.0,
            word: sync.word,
            turn: sync.turn,
            skew,
            offset_hz: 0.0,
            corrected_bits: 0,
            power: 0.0,
            noise: 0.0,
        };
        self.sent.clear();
        let bits = match sync.word {
            Word::Aircraft => self.aircraft(sync, &mut heard),
            Word::Ground => self.ground(&mut heard),
        }?;
        heard.turn += self.trellis.drift();
        heard.offset_hz = f64::from(heard.turn) * BIT_RATE / core::f64::consts::TAU;
        heard.samples = (SYNC_BITS + bits) as f64 * step * POINTS as f64;
        heard.power = (self.trellis.amplitude / POINTS as f32).powi(2);
        heard.noise = self.trellis.noise / (2 * POINTS) as f32;
        Some(heard)
    }

    /// Takes the burst that was just received out of `x`.
    pub fn cancel(&mut self, x: &mut Planes, heard: &Heard) {
        let bit_samples = heard.samples / (SYNC_BITS + self.sent.len()) as f64;
        let known = Known { word: heard.word, bits: &self.sent, start: heard.start, bit_samples, turn: heard.turn, skew: heard.skew };
        self.canceller.cancel(x, &known);
    }

    /// Only payload type 0 is basic; what the first pass read decides which length is tried first.
    fn aircraft(&mut self, sync: &Sync, heard: &mut Heard) -> Option<usize> {
        let basic = (BASIC, BASIC_BITS, MARGIN_BASIC);
        let long = (LONG, LONG_BITS, MARGIN_LONG);
        let looks_basic = (0..5).all(|k| !self.trellis.bit(k));
        for (code, bits, margin) in if looks_basic { [basic, long] } else { [long, basic] } {
            self.trellis.soften(sync.word, bits);
            if self.trellis.sync_amplitude < self.gates.amplitude * self.trellis.amplitude {
                continue;
            }
            let Some(found) = repair(code, &self.trellis.odds, margin) else { continue };
            if (found.bytes[0] >> 3 == 0) == (code == BASIC) {
                self.accept(code, &found, heard);
                return Some(bits);
            }
        }
        None
    }

    fn ground(&mut self, heard: &mut Heard) -> Option<usize> {
        self.trellis.soften(Word::Ground, UPLINK_BITS);
        for block in 0..BLOCKS {
            self.block.clear();
            for byte in 0..UPLINK.length {
                let from = 8 * (BLOCKS * byte + block);
                self.block.extend_from_slice(&self.trellis.odds[from..from + 8]);
            }
            let found = repair(UPLINK, &self.block, MARGIN_UPLINK)?;
            self.accept(UPLINK, &found, heard);
        }
        self.interleave();
        Some(UPLINK_BITS)
    }

    /// Blocks one after another to the order on the air.
    fn interleave(&mut self) {
        self.blocks.clear();
        self.blocks.append(&mut self.sent);
        self.sent.extend((0..UPLINK_BITS).map(|i| {
            let (byte, block) = (i / 8 / BLOCKS, i / 8 % BLOCKS);
            self.blocks[8 * (UPLINK.length * block + byte) + i % 8]
        }));
    }

    fn accept(&mut self, code: Code, found: &Repaired, heard: &mut Heard) {
        let data = code.length - code.parity;
        heard.payload[heard.len..heard.len + data].copy_from_slice(&found.bytes[..data]);
        heard.len += data;
        heard.corrected_bits = heard.corrected_bits.saturating_add(found.changed_bits.min(255) as u8);
        let bytes = &found.bytes[..code.length];
        self.sent.extend(bytes.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1 == 1)));
    }
}
