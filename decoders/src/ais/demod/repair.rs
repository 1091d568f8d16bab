//! From symbols to bytes whose check passed: first as decided, then with the least certain symbols changed.
//!
//! Every way of changing one, two or three of the least reliable symbols is a candidate; each has a probability, known from the
//! symbols' odds. A CRC of 16 bits lets one in 65,536 wrong frames pass, so a candidate that passes is believed only if its own
//! probability is far above that: [`DoubtMax`]. This one rule bounds false frames whatever the signal: in noise no candidate is
//! probable, in a clear signal only few are needed. What passes must also end with a flag, contain no forbidden run, and have a length
//! that its type may have on the air.

use super::pulse::PREAMBLE;
use crate::ais::message::lengths;
use crate::hdlc::{Deframer, GOOD_FCS, Heard, crc_register};

/// Longest frame: type 26 and its FCS.
pub const BYTES_MAX: usize = 133 + 2;
/// −ln of the least probability of a candidate that is believed when its CRC is right.
#[derive(Clone, Copy, Debug)]
pub struct DoubtMax {
    /// As it was decided, where nothing was tried out.
    pub plain: f32,
    /// With symbols changed. Negative: none are.
    pub changed: f32,
}

impl DoubtMax {
    /// e^−7 · 65,536 ≈ 60 to 1 for it, and the rules on length and type make it some 1,000 to 1.
    pub const ONE: Self = Self { plain: 12.0, changed: 7.0 };
    /// For audio, whose noise is no white one: its odds say less (with 12 one of four real bursts is lost).
    pub const AUDIO: Self = Self { plain: 24.0, ..Self::ONE };
    /// For one of some 25 attempts at the same samples, where the odds are only as good as the model of two bursts: ln 25 less.
    pub const MANY: Self = Self { plain: 8.0, changed: 3.5 };

    /// Nothing is changed.
    #[must_use]
    pub const fn unchanged(self) -> Self {
        Self { changed: -1.0, ..self }
    }
}

/// Symbols considered for a change: alone, in pairs, in threes.
const SINGLES: usize = 40;
const PAIRS: usize = 18;
const TRIPLES: usize = 9;
/// Symbols of a one-slot message without its preamble: 21 + 2 bytes, as many stuffed bits as usual, flag.
pub const ONE_SLOT: usize = 23 * 8 + 8 + 8;
/// The same with more stuffed bits than are ever sent in practice (runs of ones: fields that are not available).
pub const ONE_SLOT_MAX: usize = 23 * 8 + 24 + 8;

/// A frame whose check passed.
#[derive(Clone, Debug)]
pub struct Repaired {
    pub bytes: [u8; BYTES_MAX],
    /// Without the FCS.
    pub len: usize,
    /// Bits changed.
    pub corrected_bits: u8,
    /// Symbols up to the end of the closing flag.
    pub symbols: usize,
}

/// What a detector found out: symbols ±1, and for each ln of the odds that it is right.
#[derive(Clone, Copy, Debug)]
pub struct Symbols<'a> {
    pub r: &'a [f32],
    pub odds: &'a [f32],
    /// Bit k is "1" when symbols k and k − lag are equal: 2 for the pseudo-symbols of `pulse.rs`, 1 for NRZI levels. A wrong symbol k
    /// makes bits k and k + lag wrong.
    pub lag: usize,
}

/// Buffers of the search.
#[derive(Debug)]
pub struct Repair {
    bits: Vec<bool>,
    deframer: Deframer<BYTES_MAX>,
    order: Vec<u16>,
    candidates: Vec<(f32, [u16; 3])>,
    /// Candidates whose length and type were right, so that only the CRC was left to refuse them: in noise one in 65,536 of them passes.
    pub tried: u64,
}

const NONE: u16 = u16::MAX;

impl Repair {
    pub fn new() -> Self {
        Self {
            bits: Vec::with_capacity(super::detect::SYMBOLS_MAX),
            deframer: Deframer::new(),
            order: Vec::with_capacity(super::detect::SYMBOLS_MAX),
            candidates: Vec::with_capacity(SINGLES + PAIRS * PAIRS / 2 + TRIPLES * TRIPLES * TRIPLES / 6 + 1),
            tried: 0,
        }
    }

    /// Where the frame probably ends: symbols up to and including the first closing flag at which its type may end. `None`: no such
    /// flag was heard.
    pub fn end(&mut self, symbols: Symbols<'_>) -> Option<usize> {
        self.set_bits(symbols);
        self.deframer.start();
        for k in PREAMBLE..self.bits.len() {
            match self.deframer.push(self.bits[k]) {
                Heard::Frame => {
                    let frame = self.deframer.bytes();
                    return well_formed(frame).then_some(k + 1);
                }
                Heard::More => {}
                _ => return None,
            }
        }
        None
    }

    /// The frame, if there is one to be believed. `doubt_max`: −ln of the least probability of a candidate that is believed.
    pub fn search(&mut self, symbols: Symbols<'_>, doubt_max: DoubtMax) -> Option<Repaired> {
        self.set_bits(symbols);
        let plain = self.check();
        let end = match &plain {
            Some(plain) => plain.symbols,
            None => self.end(symbols).unwrap_or(PREAMBLE + ONE_SLOT),
        };
        let end = end.min(symbols.odds.len());
        let doubt: f32 = symbols.odds[PREAMBLE.min(end)..end].iter().map(|&o| (-o).exp().ln_1p()).sum();
        if let Some(found) = plain {
            return (doubt < doubt_max.plain).then_some(found);
        }
        if doubt_max.changed < doubt {
            return None;
        }
        self.list(symbols, end, doubt_max.changed - doubt);
        for i in 0..self.candidates.len() {
            let (_, flips) = self.candidates[i];
            self.flip(&flips, symbols.lag);
            let found = self.check();
            self.flip(&flips, symbols.lag);
            if let Some(mut found) = found {
                found.corrected_bits = changed_bits(&flips, symbols.lag as u16);
                return Some(found);
            }
        }
        None
    }

    fn set_bits(&mut self, symbols: Symbols<'_>) {
        self.bits.clear();
        let Symbols { r, lag, .. } = symbols;
        self.bits.extend((0..r.len()).map(|k| lag <= k && 0.0 < r[k] * r[k - lag]));
    }

    /// Candidates in order of cost, up to `cost_max`.
    fn list(&mut self, symbols: Symbols<'_>, end: usize, cost_max: f32) {
        let odds = &symbols.odds;
        self.order.clear();
        self.order.extend((PREAMBLE..end.min(odds.len())).map(|k| k as u16));
        self.order.sort_unstable_by(|&a, &b| odds[usize::from(a)].total_cmp(&odds[usize::from(b)]));
        self.candidates.clear();
        let order = &self.order;
        let cost = |i: usize| odds[usize::from(order[i])];
        let n = order.len();
        self.candidates.extend(order.iter().take(SINGLES).map(|&k| (odds[usize::from(k)], [k, NONE, NONE])));
        for j in 1..n.min(PAIRS) {
            for i in 0..j {
                self.candidates.push((cost(i) + cost(j), [order[i], order[j], NONE]));
            }
        }
        for k in 2..n.min(TRIPLES) {
            for j in 1..k {
                for i in 0..j {
                    self.candidates.push((cost(i) + cost(j) + cost(k), [order[i], order[j], order[k]]));
                }
            }
        }
        self.candidates.retain(|c| c.0 <= cost_max);
        self.candidates.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }

    /// A changed symbol k changes bits k and k + lag.
    fn flip(&mut self, flips: &[u16; 3], lag: usize) {
        for &k in flips.iter().filter(|&&k| k != NONE) {
            for at in [usize::from(k), usize::from(k) + lag] {
                if let Some(bit) = self.bits.get_mut(at) {
                    *bit = !*bit;
                }
            }
        }
    }

    fn check(&mut self) -> Option<Repaired> {
        self.deframer.start();
        for k in PREAMBLE..self.bits.len() {
            match self.deframer.push(self.bits[k]) {
                Heard::Frame => {
                    let frame = self.deframer.bytes();
                    if !well_formed(frame) {
                        return None;
                    }
                    self.tried += 1;
                    return accept(frame, k + 1);
                }
                Heard::Abort | Heard::Ragged | Heard::Flag => return None,
                Heard::More => {}
            }
        }
        None
    }
}

fn well_formed(frame: &[u8]) -> bool {
    2 < frame.len() && lengths::on_air(frame[0] >> 2, frame.len() - 2)
}

fn accept(frame: &[u8], symbols: usize) -> Option<Repaired> {
    let len = frame.len().checked_sub(2)?;
    if crc_register(frame) != GOOD_FCS {
        return None;
    }
    let mut bytes = [0; BYTES_MAX];
    bytes[..len].copy_from_slice(&frame[..len]);
    Some(Repaired { bytes, len, corrected_bits: 0, symbols })
}

fn changed_bits(flips: &[u16; 3], lag: u16) -> u8 {
    let known = flips.iter().filter(|&&k| k != NONE).count() as u8;
    // Changes a lag apart share a bit, which is changed twice and so not at all.
    let shared = flips.iter().filter(|&&k| k != NONE && flips.contains(&(k + lag))).count() as u8;
    2 * (known - shared)
}
