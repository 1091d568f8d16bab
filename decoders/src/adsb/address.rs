//! Addresses heard lately, with how well they are evidenced.
//!
//! DF 0, 4, 5, 16, 20, 21 and 24 overlay the parity with the aircraft's address, so any 24 bits of noise are a frame of
//! *some* aircraft. Such a frame is believed only when its address was said lately by a frame whose parity stands on its own
//! (DF 11, 17, 18). One clean frame of those is wrong once in 2^24 tries, a repaired one more often, hence a score.

/// Addresses held at most. A busy sky has about a thousand; at the limit the one heard longest ago goes.
pub const ADDRESSES_MAX: usize = 4096;
/// An address is forgotten after this long without a frame, in 12 MHz ticks: a minute, as long as an aircraft may hide behind a hill.
pub const MEMORY_TICKS: u64 = 60 * 12_000_000;
/// From this score on an address is believed.
pub const BELIEVED: u8 = 2;
const SCORE_MAX: u8 = 200;
const SLOTS: usize = 4 * ADDRESSES_MAX;
const EMPTY: u16 = u16::MAX;

/// What one frame says for the address in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Parity right as received.
    Clean,
    /// Parity right after repair.
    Repaired,
    /// Address taken from the parity overlay.
    Overlay,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    address: u32,
    score: u8,
    heard_tick: u64,
}

/// The book of addresses. Fixed memory.
#[derive(Debug)]
pub struct AddressBook {
    entries: Vec<Entry>,
    /// Open addressing: slot → index in `entries`.
    slots: Vec<u16>,
}

impl Default for AddressBook {
    fn default() -> Self {
        Self { entries: Vec::with_capacity(ADDRESSES_MAX), slots: vec![EMPTY; SLOTS] }
    }
}

impl AddressBook {
    pub fn heard(&mut self, address: u32, tick: u64, evidence: Evidence) {
        let gain = match evidence {
            Evidence::Clean => 2,
            Evidence::Repaired => 1,
            Evidence::Overlay => 0,
        };
        if let Some(i) = self.find(address) {
            let entry = &mut self.entries[i];
            entry.score = if self::expired(entry, tick) { gain } else { entry.score.saturating_add(gain).min(SCORE_MAX) };
            entry.heard_tick = entry.heard_tick.max(tick);
        } else if 0 < gain && address != 0 {
            self.make_room(tick);
            self.entries.push(Entry { address, score: gain, heard_tick: tick });
            self.link(self.entries.len() - 1);
        }
    }

    pub fn believes(&self, address: u32, tick: u64) -> bool {
        self.find(address).is_some_and(|i| BELIEVED <= self.entries[i].score && !expired(&self.entries[i], tick))
    }

    /// Believed addresses that differ from `address` in at most `bits_max` bits.
    pub fn near(&self, address: u32, bits_max: u32, tick: u64) -> impl Iterator<Item = u32> {
        self.entries
            .iter()
            .filter(move |e| (e.address ^ address).count_ones() <= bits_max && BELIEVED <= e.score && !expired(e, tick))
            .map(|e| e.address)
    }

    pub fn count(&self) -> usize {
        self.entries.len()
    }

    fn find(&self, address: u32) -> Option<usize> {
        let mut slot = hash(address);
        loop {
            match self.slots[slot] {
                EMPTY => return None,
                i if self.entries[i as usize].address == address => return Some(i as usize),
                _ => slot = (slot + 1) % SLOTS,
            }
        }
    }

    fn link(&mut self, index: usize) {
        let mut slot = hash(self.entries[index].address);
        while self.slots[slot] != EMPTY {
            slot = (slot + 1) % SLOTS;
        }
        self.slots[slot] = index as u16;
    }

    /// Drops what has expired, or else the quarter heard longest ago.
    fn make_room(&mut self, tick: u64) {
        if self.entries.len() < ADDRESSES_MAX {
            return;
        }
        self.entries.retain(|e| !expired(e, tick));
        if self.entries.len() == ADDRESSES_MAX {
            self.entries.sort_unstable_by_key(|e| core::cmp::Reverse(e.heard_tick));
            self.entries.truncate(ADDRESSES_MAX * 3 / 4);
        }
        self.slots.fill(EMPTY);
        for i in 0..self.entries.len() {
            self.link(i);
        }
    }
}

fn expired(entry: &Entry, tick: u64) -> bool {
    entry.heard_tick.saturating_add(MEMORY_TICKS) < tick
}

fn hash(address: u32) -> usize {
    (address.wrapping_mul(0x9E37_79B1) >> 16) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_one_clean_or_two_repaired_frames_for_a_minute() {
        let mut book = AddressBook::default();
        book.heard(0x4840D6, 0, Evidence::Clean);
        assert!(book.believes(0x4840D6, MEMORY_TICKS));
        assert!(!book.believes(0x4840D6, MEMORY_TICKS + 1));
        book.heard(0x4CA123, 0, Evidence::Overlay);
        assert!(!book.believes(0x4CA123, 0), "an overlay can't introduce an address");
        book.heard(0x4CA123, 0, Evidence::Repaired);
        assert!(!book.believes(0x4CA123, 0));
        book.heard(0x4CA123, 1, Evidence::Repaired);
        assert!(book.believes(0x4CA123, 1));
        book.heard(0x4CA123, 50, Evidence::Overlay);
        assert!(book.believes(0x4CA123, 50 + MEMORY_TICKS), "an overlay keeps a believed address alive");
    }

    #[test]
    fn near_counts_differing_bits() {
        let mut book = AddressBook::default();
        book.heard(0b1111, 0, Evidence::Clean);
        book.heard(0b0111 << 8, 0, Evidence::Clean);
        assert_eq!(book.near(0b1001, 2, 0).collect::<Vec<_>>(), [0b1111]);
        assert_eq!(book.near(0b1000, 2, 0).count(), 0);
    }

    #[test]
    fn never_holds_more_than_its_limit_and_keeps_the_newest() {
        let mut book = AddressBook::default();
        for i in 1..=3 * ADDRESSES_MAX as u32 {
            book.heard(i, u64::from(i), Evidence::Clean);
            assert!(book.count() <= ADDRESSES_MAX);
            assert!(book.believes(i, u64::from(i)));
        }
        assert!(!book.believes(1, 3 * ADDRESSES_MAX as u64));
    }
}
