//! From soft bits to a frame whose parity holds.
//!
//! CRC-24 is used as an error-correcting code: the receiver knows which bits are doubtful, and asks which *small set of the
//! least reliable ones* would explain the syndrome. Blind flips of any bit are never tried, because what bounds false frames is
//! the number of patterns looked at: each one hits by chance once in 2^24.
//!
//! | class | explained when | patterns looked at |
//! |---|---|---|
//! | DF 17, 18 | syndrome 0 | the [`Limits::patterns`] cheapest sets among the [`Limits::doubtful`] least reliable bits |
//! | DF 17 of a believed address | syndrome 0 | DF and address taken as known; the [`Limits::patterns_known_address`] cheapest sets among the others |
//! | DF 11 | syndrome 0, or unrepaired an interrogator code and a believed address | as DF 17 |
//! | DF 0, 4, 5, 16, 20, 21, 24 | syndrome is a believed address | sets of up to [`Limits::flips_overlay`] |
//!
//! The cost of a set is the sum of its bits' reliabilities, so that the cheapest set is the likeliest one.

use super::burst::{Burst, LONG_BITS, SHORT_BITS};
use crate::adsb::address::AddressBook;
use crate::adsb::mode_ac::{self, ModeAc};
use crate::adsb::parity::{INTERROGATOR_MAX, LONG_BYTES, bit_syndromes, syndrome};

/// Bits that a set may hold.
pub const FLIPS_MAX: usize = 7;
/// Doubtful bits looked at, at most.
const DOUBTFUL_MAX: usize = 24;

/// How hard to repair.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Least reliable bits that may be wrong (at most [`DOUBTFUL_MAX`]).
    pub doubtful: usize,
    /// Patterns looked at for a frame that stands on its own.
    pub patterns: u32,
    /// Patterns looked at when the address is believed.
    pub patterns_known_address: u32,
    /// Bits flipped at most where the overlay is the address.
    pub flips_overlay: usize,
}

/// The first round looks at sets of up to this cost, each further at this many times more.
const FIRST_BOUND: f32 = 0.5;
const BOUND_STEP: f32 = 1.35;

/// A search through sets of doubtful bits.
struct Walk {
    wanted: u32,
    bound: f32,
    /// Patterns that may still be looked at.
    left: u32,
    best: Option<Flips>,
}

/// A frame whose parity holds.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    pub bytes: [u8; LONG_BYTES],
    pub bits: usize,
    /// Bits that differ from what was received.
    pub flips: u8,
    /// Sum of the reliabilities of the flipped bits, in units of the mean reliability.
    pub cost: f32,
    /// Who sent it.
    pub address: u32,
    pub trust: Trust,
}

impl Word {
    /// A Mode A/C reply on its way out, of two bytes.
    pub fn of_reply(code: ModeAc) -> Self {
        let mut bytes = [0; LONG_BYTES];
        bytes[..mode_ac::BYTES].copy_from_slice(&code.to_bytes());
        Self { bytes, bits: 8 * mode_ac::BYTES, flips: 0, cost: 0.0, address: 0, trust: Trust::Parity }
    }
}

/// Why the frame is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Parity stands on its own.
    Parity,
    /// Parity, and the address was believed before.
    KnownAddress,
    /// Only the overlay, and it is a believed address.
    Overlay,
    /// Only the overlay, and the address isn't believed (yet).
    Unconfirmed,
    /// Parity but for the interrogator's code, of which a bit is in doubt: cancelled, not given out.
    Unclear,
}

/// The least reliable bits of a burst, worst first, with what each adds to the syndrome.
#[derive(Debug)]
struct Doubtful {
    bit: [u8; DOUBTFUL_MAX],
    syndrome: [u32; DOUBTFUL_MAX],
    cost: [f32; DOUBTFUL_MAX],
    len: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flips {
    bit: [u8; FLIPS_MAX],
    len: usize,
    cost: f32,
}

/// The most believable frame in a burst, if there is one.
pub fn decide(burst: &Burst, book: &AddressBook, tick: u64, limits: &Limits) -> Option<Word> {
    let received = Received::new(burst);
    let long = received.df() & 16 != 0;
    if long && burst.bits == LONG_BITS {
        let squitter = received.squitter(book, tick, limits);
        if squitter.is_some() {
            return squitter;
        }
        return match received.df() {
            16 | 20 | 21 => received.overlay(LONG_BITS, book, tick, limits),
            // A quarter of all there is to misread, and hardly ever sent: never repaired.
            24..=31 => received.overlay(LONG_BITS, book, tick, &Limits { flips_overlay: 0, ..*limits }),
            _ => None,
        };
    }
    match received.df() {
        11 => received.all_call(book, tick, limits),
        0 | 4 | 5 => received.overlay(SHORT_BITS, book, tick, limits),
        _ if burst.bits == LONG_BITS => received.squitter(book, tick, limits),
        _ => None,
    }
}

/// Hard decisions with their reliabilities.
struct Received<'a> {
    soft: &'a [f32],
    scale: f32,
    /// Mean of the soft bits over their deviation.
    clarity: f32,
    bytes: [u8; LONG_BYTES],
}

impl<'a> Received<'a> {
    fn new(burst: &'a Burst) -> Self {
        let mut bytes = [0; LONG_BYTES];
        for (k, soft) in burst.soft[..burst.bits].iter().enumerate() {
            bytes[k / 8] |= u8::from(0.0 < *soft) << (7 - k % 8);
        }
        let scale = 1.0 / burst.amplitude.max(f32::MIN_POSITIVE);
        let clarity = burst.amplitude / burst.spread.max(f32::MIN_POSITIVE);
        Self { soft: &burst.soft[..burst.bits], scale, clarity, bytes }
    }

    fn df(&self) -> u8 {
        self.bytes[0] >> 3
    }

    fn word(&self, bits: usize, flips: &Flips, trust: Trust) -> Word {
        let mut bytes = self.bytes;
        for &bit in &flips.bit[..flips.len] {
            bytes[bit as usize / 8] ^= 0x80 >> (bit % 8);
        }
        bytes[bits / 8..].fill(0);
        let address = u32::from(bytes[1]) << 16 | u32::from(bytes[2]) << 8 | u32::from(bytes[3]);
        Word { bytes, bits, flips: flips.len as u8, cost: flips.cost, address, trust }
    }

    /// DF 17 and 18.
    fn squitter(&self, book: &AddressBook, tick: u64, limits: &Limits) -> Option<Word> {
        let wanted = syndrome(&self.bytes[..LONG_BITS / 8]);
        let is_squitter = |w: &Word| matches!(w.bytes[0] >> 3, 17 | 18) && w.address != 0;
        let doubtful = Doubtful::new(self.soft, self.scale, 0, limits.doubtful);
        let mut word = doubtful.explain(wanted, limits.patterns).map(|f| self.word(LONG_BITS, &f, Trust::Parity)).filter(is_squitter);
        if let Some(w) = &mut word
            && book.believes(w.address, tick)
        {
            w.trust = Trust::KnownAddress;
        }
        match word {
            Some(w) if w.flips <= 1 => Some(w),
            _ => [word, self.squitter_of_known(book, tick, limits)].into_iter().flatten().min_by(|a, b| a.cost.total_cmp(&b.cost)),
        }
    }

    /// DF 17 of an address that is believed: its first 5 and its address bits are known, so wrong ones among them cost no pattern.
    fn squitter_of_known(&self, book: &AddressBook, tick: u64, limits: &Limits) -> Option<Word> {
        const HEADER_BITS: usize = 32;
        const HEADER_ERRORS_MAX: u32 = 4;
        let heard = u32::from(self.bytes[1]) << 16 | u32::from(self.bytes[2]) << 8 | u32::from(self.bytes[3]);
        let doubtful = Doubtful::new(self.soft, self.scale, DF_AND_ADDRESS, limits.doubtful);
        let mut best: Option<Word> = None;
        for address in book.near(heard, HEADER_ERRORS_MAX, tick) {
            let wrong = (address ^ heard) | u32::from((self.bytes[0] ^ 0x88) & 0xF8) << 24;
            if HEADER_ERRORS_MAX < wrong.count_ones() {
                continue;
            }
            let mut fixed = Received { bytes: self.bytes, ..*self };
            let mut header_cost = 0.0;
            for bit in 0..HEADER_BITS {
                if wrong & (0x8000_0000 >> bit) != 0 {
                    fixed.bytes[bit / 8] ^= 0x80 >> (bit % 8);
                    header_cost += self.soft[bit].abs() * self.scale;
                }
            }
            let Some(flips) = doubtful.explain(syndrome(&fixed.bytes), limits.patterns_known_address) else { continue };
            let mut word = fixed.word(LONG_BITS, &flips, Trust::KnownAddress);
            word.flips += wrong.count_ones() as u8;
            word.cost += header_cost;
            if best.is_none_or(|b| word.cost < b.cost) {
                best = Some(word);
            }
        }
        best
    }

    /// DF 11. The overlay is an interrogator code: 0 for a squitter. Repaired only for believed addresses.
    fn all_call(&self, book: &AddressBook, tick: u64, limits: &Limits) -> Option<Word> {
        let wanted = syndrome(&self.bytes[..SHORT_BITS / 8]);
        let is_all_call = |w: &Word| w.bytes[0] >> 3 == 11 && w.address != 0;
        let known = |mut w: Word| {
            if book.believes(w.address, tick) {
                w.trust = Trust::KnownAddress;
            }
            w
        };
        if wanted <= INTERROGATOR_MAX {
            let mut word = known(self.word(SHORT_BITS, &Flips::default(), Trust::Parity));
            if wanted != 0 {
                match self.interrogator(wanted) {
                    Some(flips) => word = known(self.word(SHORT_BITS, &flips, Trust::Parity)),
                    None => word.trust = Trust::Unclear,
                }
            }
            return (is_all_call(&word) && (wanted == 0 || book.believes(word.address, tick))).then_some(word);
        }
        let doubtful = Doubtful::new(&self.soft[..SHORT_BITS], self.scale, DF, limits.doubtful);
        let patterns = limits.patterns.min(PATTERNS_ALL_CALL);
        let word = doubtful.explain(wanted, patterns).map(|f| known(self.word(SHORT_BITS, &f, Trust::Parity)))?;
        (is_all_call(&word) && word.trust == Trust::KnownAddress).then_some(word)
    }

    /// A wrong bit among the last seven looks like another interrogator: what to flip for the code that was sent, `None` if that is
    /// not clear. Either every bit is clear, or those that make the difference to code 0, the commonest, tell nothing.
    fn interrogator(&self, code: u32) -> Option<Flips> {
        let odds = |bit: usize| 2.0 * self.clarity.powi(2) * self.soft[bit].abs() * self.scale;
        let bits = SHORT_BITS - 7..SHORT_BITS;
        if bits.clone().all(|bit| INTERROGATOR_CLEAR <= odds(bit)) {
            return Some(Flips::default());
        }
        let set = bits.filter(|bit| code >> (SHORT_BITS - 1 - bit) & 1 == 1);
        (set.clone().map(odds).sum::<f32>() <= INTERROGATOR_OPEN && set.clone().count() <= FLIPS_MAX)
            .then(|| set.fold(Flips::default(), |flips, bit| flips.with(bit as u8, self.soft[bit].abs() * self.scale)))
    }

    /// Formats whose overlay is the address.
    fn overlay(&self, bits: usize, book: &AddressBook, tick: u64, limits: &Limits) -> Option<Word> {
        let heard = syndrome(&self.bytes[..bits / 8]);
        let with = |flips: &Flips, address: u32, trust| Word { address, ..self.word(bits, flips, trust) };
        if book.believes(heard, tick) {
            return Some(with(&Flips::default(), heard, Trust::Overlay));
        }
        let doubtful = Doubtful::new(&self.soft[..bits], self.scale, DF, OVERLAY_DOUBTFUL.min(limits.doubtful));
        let mut best: Option<(Flips, u32)> = None;
        doubtful.each_set(limits.flips_overlay, |flips, change| {
            if best.is_none_or(|(b, _)| flips.cost < b.cost) && book.believes(heard ^ change, tick) {
                best = Some((*flips, heard ^ change));
            }
        });
        match best {
            Some((flips, address)) => Some(with(&flips, address, Trust::Overlay)),
            None => Some(with(&Flips::default(), heard, Trust::Unconfirmed)),
        }
    }
}

/// Natural logarithm of the odds that each bit of an interrogator's code must have: wrong once in 400.
const INTERROGATOR_CLEAR: f32 = 6.0;
/// With no more than this against it an all-call is taken for a squitter: half of all have code 0, any other one a twentieth.
const INTERROGATOR_OPEN: f32 = 0.5;
/// Repaired is to code 0 only, which half of all replies don't have.
const PATTERNS_ALL_CALL: u32 = 60;
/// The downlink format and the address in the first four bytes.
const DF_AND_ADDRESS: u32 = 0xF8FF_FFFF;
const DF: u32 = 0xF800_0000;
/// Each pattern is looked up among all believed addresses, so fewer may be tried.
const OVERLAY_DOUBTFUL: usize = 8;

impl Doubtful {
    /// `settled`: the bits of the first four bytes that are not in doubt.
    fn new(soft: &[f32], scale: f32, settled: u32, count: usize) -> Self {
        let syndromes = bit_syndromes(soft.len());
        let count = count.min(DOUBTFUL_MAX);
        let mut order = Self { bit: [0; 24], syndrome: [0; 24], cost: [f32::INFINITY; 24], len: 0 };
        for (bit, soft) in soft.iter().enumerate() {
            if bit < 32 && settled & (0x8000_0000 >> bit) != 0 {
                continue;
            }
            let cost = soft.abs() * scale;
            if order.len == count && order.cost[count - 1] <= cost {
                continue;
            }
            let mut at = order.len.min(count - 1);
            while 0 < at && cost < order.cost[at - 1] {
                order.cost[at] = order.cost[at - 1];
                order.bit[at] = order.bit[at - 1];
                at -= 1;
            }
            (order.cost[at], order.bit[at]) = (cost, bit as u8);
            order.len = (order.len + 1).min(count);
        }
        for i in 0..order.len {
            order.syndrome[i] = syndromes[order.bit[i] as usize];
        }
        order
    }

    /// The cheapest set that adds up to `wanted`, if it is among the `patterns_max` cheapest.
    ///
    /// Sets are walked in rounds of rising cost; a round that would exceed the number of patterns isn't finished and finds nothing.
    fn explain(&self, wanted: u32, patterns_max: u32) -> Option<Flips> {
        if wanted == 0 {
            return Some(Flips::default());
        }
        let mut bound = self.cost[0].max(FIRST_BOUND);
        loop {
            let mut walk = Walk { wanted, bound, left: patterns_max, best: None };
            self.walk(0, &Flips::default(), 0, &mut walk);
            if walk.left == 0 {
                return None;
            }
            if walk.best.is_some() || self.cost[..self.len].iter().sum::<f32>() < bound {
                return walk.best;
            }
            bound *= BOUND_STEP;
        }
    }

    fn walk(&self, start: usize, flips: &Flips, change: u32, walk: &mut Walk) {
        for i in start..self.len {
            let cost = flips.cost + self.cost[i];
            if walk.bound < cost || walk.left == 0 {
                return;
            }
            walk.left -= 1;
            let more = change ^ self.syndrome[i];
            if more == walk.wanted && walk.best.is_none_or(|b| cost < b.cost) {
                walk.best = Some(flips.with(self.bit[i], self.cost[i]));
            }
            if flips.len + 1 < FLIPS_MAX {
                self.walk(i + 1, &flips.with(self.bit[i], self.cost[i]), more, walk);
            }
        }
    }

    /// Calls `visit` with every set of 1 to `flips_max` bits and its syndrome.
    fn each_set(&self, flips_max: usize, mut visit: impl FnMut(&Flips, u32)) {
        self.sets(0, flips_max, &Flips::default(), 0, &mut visit);
    }

    fn sets(&self, start: usize, left: usize, flips: &Flips, change: u32, visit: &mut impl FnMut(&Flips, u32)) {
        if left == 0 {
            return;
        }
        for i in start..self.len {
            let more = flips.with(self.bit[i], self.cost[i]);
            visit(&more, change ^ self.syndrome[i]);
            self.sets(i + 1, left - 1, &more, change ^ self.syndrome[i], visit);
        }
    }
}

impl Flips {
    fn with(&self, bit: u8, cost: f32) -> Self {
        let mut more = *self;
        more.bit[more.len] = bit;
        more.len += 1;
        more.cost += cost;
        more
    }
}

#[cfg(test)]
mod tests;
