//! The aircraft heard lately: a table of fixed size that never allocates after construction.
//!
//! ```text
//!   key (24-bit address, bit 24: not an ICAO address) ─► bucket ─► chain of slots        newest ◄──► … ◄──► oldest
//! ```
//!
//! - At most [`TRACKS_MAX`] tracks; a new one then takes the place of the one heard longest ago, which is counted.
//! - Forgotten after [`TRACK_AGE_MICROS`] of the frames' own time without being heard.

use super::fix::Fixes;
use super::known::Known;
use model::{Frame, Icao24, Subject, UnixMicros};

/// No sky holds more: the busiest feeders see about 1,000 aircraft at once from one place.
pub const TRACKS_MAX: usize = 4096;
/// As long as a surface position may wait for a reference.
pub const TRACK_AGE_MICROS: i64 = 600_000_000;
const BUCKETS: usize = 2 * TRACKS_MAX;
const NONE: u16 = u16::MAX;

/// An address and who assigned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u32);

impl Key {
    pub const fn new(address: Icao24, icao: bool) -> Self {
        Self(if icao { address.get() } else { address.get() | 1 << 24 })
    }

    pub fn subject(self) -> Subject {
        let address = Icao24::new(self.0 & 0xFF_FFFF).expect("masked to 24 bits");
        if self.0 >> 24 == 0 { Subject::Aircraft(address) } else { Subject::NonIcao(address) }
    }

    const fn bucket(self) -> usize {
        // Fibonacci hashing: addresses of one country or fleet differ in their low bits only.
        (self.0.wrapping_mul(0x9E37_79B1) >> (32 - BUCKETS.trailing_zeros())) as usize
    }
}

/// What is known about one address.
#[derive(Debug, Default)]
pub struct Track {
    /// Time of the last frame that named the address under parity (DF 11, 17, 18).
    pub named_at: UnixMicros,
    /// Enough such frames within [`super::decoder::CONFIRM_MICROS`] (or a clean emergency): it is there.
    pub confirmed: bool,
    /// What the frames since the first say for it.
    pub evidence: u8,
    /// The latest frame, kept until another confirms it.
    pub held: Option<Frame>,
    pub fixes: Fixes,
    pub known: Known,
}

struct Slot {
    key: Key,
    heard_at: UnixMicros,
    /// Next slot in the same bucket, or in the list of free slots.
    chain: u16,
    newer: u16,
    older: u16,
    track: Track,
}

pub struct Tracks {
    slots: Box<[Slot]>,
    buckets: Box<[u16]>,
    newest: u16,
    oldest: u16,
    free: u16,
    len: usize,
    evicted: u64,
}

impl core::fmt::Debug for Tracks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tracks").field("len", &self.len).field("evicted", &self.evicted).finish_non_exhaustive()
    }
}

impl Tracks {
    pub fn new() -> Self {
        let slot = |i: usize| Slot {
            key: Key(0),
            heard_at: UnixMicros(0),
            chain: if i + 1 < TRACKS_MAX { i as u16 + 1 } else { NONE },
            newer: NONE,
            older: NONE,
            track: Track::default(),
        };
        Self {
            slots: (0..TRACKS_MAX).map(slot).collect(),
            buckets: vec![NONE; BUCKETS].into(),
            newest: NONE,
            oldest: NONE,
            free: 0,
            len: 0,
            evicted: 0,
        }
    }

    pub const fn len(&self) -> usize {
        self.len
    }

    /// Tracks given up for others because the table was full.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Forgets what was not heard for [`TRACK_AGE_MICROS`].
    pub fn expire(&mut self, now: UnixMicros) {
        while self.oldest != NONE && TRACK_AGE_MICROS < now.micros_since(self.slots[usize::from(self.oldest)].heard_at).abs() {
            self.remove(self.oldest);
        }
    }

    /// The track of `key`, marked as heard now. `None`: not known.
    pub fn hear(&mut self, key: Key, now: UnixMicros) -> Option<&mut Track> {
        let at = self.find(key)?;
        Some(self.freshen(at, now))
    }

    /// The track of `key`, new if need be, marked as heard now.
    pub fn hear_or_add(&mut self, key: Key, now: UnixMicros) -> &mut Track {
        let at = self.find(key).unwrap_or_else(|| self.add(key));
        self.freshen(at, now)
    }

    /// The track of `key` as it is.
    pub fn get(&self, key: Key) -> Option<&Track> {
        self.find(key).map(|at| &self.slots[usize::from(at)].track)
    }

    fn find(&self, key: Key) -> Option<u16> {
        let mut at = self.buckets[key.bucket()];
        while at != NONE {
            let slot = &self.slots[usize::from(at)];
            if slot.key == key {
                return Some(at);
            }
            at = slot.chain;
        }
        None
    }

    fn freshen(&mut self, at: u16, now: UnixMicros) -> &mut Track {
        if self.newest != at {
            self.unlink(at);
            self.link_newest(at);
        }
        let slot = &mut self.slots[usize::from(at)];
        slot.heard_at = now;
        &mut slot.track
    }

    fn add(&mut self, key: Key) -> u16 {
        if self.free == NONE {
            self.evicted += 1;
            self.remove(self.oldest);
        }
        let at = self.free;
        let bucket = key.bucket();
        let slot = &mut self.slots[usize::from(at)];
        self.free = slot.chain;
        slot.key = key;
        slot.chain = self.buckets[bucket];
        slot.track = Track::default();
        self.buckets[bucket] = at;
        self.len += 1;
        self.link_newest(at);
        at
    }

    fn remove(&mut self, at: u16) {
        self.unlink(at);
        let (bucket, chain) = (self.slots[usize::from(at)].key.bucket(), self.slots[usize::from(at)].chain);
        if self.buckets[bucket] == at {
            self.buckets[bucket] = chain;
        } else {
            let mut before = self.buckets[bucket];
            while self.slots[usize::from(before)].chain != at {
                before = self.slots[usize::from(before)].chain;
            }
            self.slots[usize::from(before)].chain = chain;
        }
        self.slots[usize::from(at)].chain = self.free;
        self.free = at;
        self.len -= 1;
    }

    fn link_newest(&mut self, at: u16) {
        let slot = &mut self.slots[usize::from(at)];
        slot.newer = NONE;
        slot.older = self.newest;
        match self.newest {
            NONE => self.oldest = at,
            second => self.slots[usize::from(second)].newer = at,
        }
        self.newest = at;
    }

    fn unlink(&mut self, at: u16) {
        let (newer, older) = (self.slots[usize::from(at)].newer, self.slots[usize::from(at)].older);
        match newer {
            NONE => self.newest = older,
            newer => self.slots[usize::from(newer)].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.slots[usize::from(older)].newer = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// The same with a plain list, oldest first.
    #[derive(Default)]
    struct Naive(VecDeque<(u32, i64)>);

    impl Naive {
        fn expire(&mut self, now: i64) {
            while self.0.front().is_some_and(|&(_, at)| TRACK_AGE_MICROS < now - at) {
                self.0.pop_front();
            }
        }

        fn hear(&mut self, key: u32, now: i64) {
            self.0.retain(|&(k, _)| k != key);
            if self.0.len() == TRACKS_MAX {
                self.0.pop_front();
            }
            self.0.push_back((key, now));
        }
    }

    #[test]
    fn a_full_table_gives_up_the_oldest_and_counts_it() {
        let mut tracks = Tracks::new();
        for i in 0..TRACKS_MAX as u32 + 100 {
            tracks.hear_or_add(Key(i), UnixMicros(i64::from(i)));
        }
        assert_eq!((tracks.len(), tracks.evicted()), (TRACKS_MAX, 100));
        assert!(tracks.get(Key(99)).is_none());
        assert!(tracks.get(Key(100)).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        /// Few keys, so that buckets collide and slots are used again; long steps, so that tracks expire.
        #[test]
        fn behaves_as_a_plain_list(steps in prop::collection::vec((0_u32..600, 0_i64..4_000_000), 1..2_000)) {
            let (mut tracks, mut naive, mut now) = (Tracks::new(), Naive::default(), 0);
            for (key, step) in steps {
                now += step;
                tracks.expire(UnixMicros(now));
                naive.expire(now);
                // Multiples of 8,192 land in few buckets.
                let key = key * 8192;
                tracks.hear_or_add(Key(key), UnixMicros(now));
                naive.hear(key, now);
                prop_assert_eq!(tracks.len(), naive.0.len());
            }
            for key in 0..600 {
                prop_assert_eq!(tracks.get(Key(key * 8192)).is_some(), naive.0.iter().any(|&(k, _)| k == key * 8192));
            }
        }
    }
}
