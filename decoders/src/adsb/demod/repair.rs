//! From soft bits to a frame whose parity holds.
//!
//! CRC-24 is used as an error-correcting code: the receiver knows which bits are doubtful, and asks which *small set of the
//! least reliable ones* would explain the syndrome. Blind flips of any bit are never tried, because what bounds false frames is
//! the number of patterns looked at: each one hits by chance once in 2^24.
//!
//! | class | explained when | patterns looked at |
//! |---|---|---|
//! | DF 17, 18 | syndrome 0 | all sets of up to 3 among the [`Limits::doubtful`] least reliable bits |
//! | DF 17, 18 of a believed address | syndrome 0 | address, DF taken as known; up to 4 among the others |
//! | DF 11 | syndrome 0, or an interrogator code and a believed address | up to 2 |
//! | DF 0, 4, 5, 16, 20, 21, 24 | syndrome is a believed address | up to 2 |

use super::burst::{Burst, LONG_BITS, SHORT_BITS};
use crate::adsb::address::AddressBook;
use crate::adsb::parity::{INTERROGATOR_MAX, LONG_BYTES, bit_syndromes, syndrome};

/// Bits that a set may hold.
pub const FLIPS_MAX: usize = 5;
/// Doubtful bits looked at, at most.
const DOUBTFUL_MAX: usize = 24;

/// How hard to repair.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Least reliable bits that may be wrong (at most [`DOUBTFUL_MAX`]).
    pub doubtful: usize,
    pub flips: usize,
    pub flips_known_address: usize,
    pub flips_overlay: usize,
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
}

/// The least reliable bits of a burst, worst first, with what each adds to the syndrome.
#[derive(Debug)]
struct Doubtful {
    bit: [u8; DOUBTFUL_MAX],
    syndrome: [u32; DOUBTFUL_MAX],
    cost: [f32; DOUBTFUL_MAX],
    len: usize,
    /// One bit per value of the low 12 bits of a syndrome: most look-ups end here.
    present: [u64; 64],
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
        return if matches!(received.df(), 16 | 20 | 21 | 24..=31) { received.overlay(LONG_BITS, book, tick, limits) } else { None };
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
    bytes: [u8; LONG_BYTES],
}

impl<'a> Received<'a> {
    fn new(burst: &'a Burst) -> Self {
        let mut bytes = [0; LONG_BYTES];
        for (k, soft) in burst.soft[..burst.bits].iter().enumerate() {
            bytes[k / 8] |= u8::from(0.0 < *soft) << (7 - k % 8);
        }
        Self { soft: &burst.soft[..burst.bits], scale: 1.0 / burst.amplitude.max(f32::MIN_POSITIVE), bytes }
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
        let mut word = doubtful.explain(wanted, limits.flips).map(|f| self.word(LONG_BITS, &f, Trust::Parity)).filter(is_squitter);
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
            let Some(flips) = doubtful.explain(syndrome(&fixed.bytes), limits.flips_known_address) else { continue };
            let mut word = fixed.word(LONG_BITS, &flips, Trust::KnownAddress);
            word.flips += wrong.count_ones() as u8;
            word.cost += header_cost;
            if best.is_none_or(|b| word.cost < b.cost) {
                best = Some(word);
            }
        }
        best
    }

    /// DF 11. The overlay is an interrogator code: 0 for a squitter.
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
            let word = known(self.word(SHORT_BITS, &Flips::default(), Trust::Parity));
            return (is_all_call(&word) && (wanted == 0 || word.trust == Trust::KnownAddress)).then_some(word);
        }
        let doubtful = Doubtful::new(&self.soft[..SHORT_BITS], self.scale, DF, limits.doubtful);
        doubtful.explain(wanted, limits.flips_overlay).map(|f| known(self.word(SHORT_BITS, &f, Trust::Parity))).filter(is_all_call)
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
        let mut order = Self { bit: [0; 24], syndrome: [0; 24], cost: [f32::INFINITY; 24], len: 0, present: [0; 64] };
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
            let s = syndromes[order.bit[i] as usize];
            order.syndrome[i] = s;
            order.present[s as usize / 64 % 64] |= 1 << (s % 64);
        }
        order
    }

    /// The cheapest set of at most `flips_max` bits that adds up to `wanted`.
    fn explain(&self, wanted: u32, flips_max: usize) -> Option<Flips> {
        if wanted == 0 {
            return Some(Flips::default());
        }
        let mut best: Option<Flips> = None;
        let mut look = |start: usize, flips: &Flips, change: u32| {
            let rest = wanted ^ change;
            if self.present[rest as usize / 64 % 64] & (1 << (rest % 64)) == 0 {
                return;
            }
            let Some(last) = (start..self.len).find(|&i| self.syndrome[i] == rest) else { return };
            let found = flips.with(self.bit[last], self.cost[last]);
            if best.is_none_or(|b| found.cost < b.cost) {
                best = Some(found);
            }
        };
        look(0, &Flips::default(), 0);
        self.sets(0, flips_max - 1, &Flips::default(), 0, &mut look);
        best
    }

    /// Calls `visit` with every set of 1 to `flips_max` bits and its syndrome.
    fn each_set(&self, flips_max: usize, mut visit: impl FnMut(&Flips, u32)) {
        self.sets(0, flips_max, &Flips::default(), 0, &mut |_, flips, change| visit(flips, change));
    }

    /// Every set of 1 to `left` bits from `start` on, added to `flips`; tells where the next bit may begin.
    fn sets(&self, start: usize, left: usize, flips: &Flips, change: u32, visit: &mut impl FnMut(usize, &Flips, u32)) {
        if left == 0 {
            return;
        }
        for i in start..self.len {
            let more = flips.with(self.bit[i], self.cost[i]);
            visit(i + 1, &more, change ^ self.syndrome[i]);
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
