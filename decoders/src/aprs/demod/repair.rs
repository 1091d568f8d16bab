//! A frame whose check failed, heard again with a few of its doubtful tones the other way: the trellis tells which ([`Detour`]).
//!
//! ```text
//!   flag │ levels ──────────────────────────── │ flag      check failed
//!            └ or: 2 tones instead of 2, 0.4 worse   └ or: …     the least doubtful ones alone and by twos, best first
//! ```
//! Each try that is a whole frame passes the check by chance once in 65,536 times, so tries are few: only frames of few doubts, only
//! detours that cost little. What passes must also be a packet in every respect; it is marked (`corrected_bits`) and waits for a copy
//! that needed no repair, or one that says something else ([`super::outbox`]). So it never counts as heard without repair.
//!
//! What was tried, of 100 frames by audio at 4 dB (69 heard without repair) / of 100 with Fast at 6 dB (32):
//!
//! | | repaired | tries that were whole frames |
//! |---|---|---|
//! | every sixth level may be doubtful, 24 tries, cost up to 6 | 16 / 27 | 3,869 / 5,749 |
//! | 12 tries | 13 / 18 | 2,299 / 3,074 |
//! | cost up to 3 | 10 / 26 | 1,659 / 5,322 |
//! | every twentieth | 16 / 7 | 2,881 / 1,322 |
//! | **every twelfth** | 16 / 25 | 3,173 / 3,792 |
//! | every twelfth; from the fifth try on only what two sequences come to | 11 / 16 | |
//!
//! A right check by chance is one in 65,536 of the last column: 0.3 % of those repaired. What is wrong then has errors left, and mostly
//! is no packet: with the first row's rules none of 3,858 repaired frames was wrong (`aprs_lab -- repair`).

use super::reader::FRAME_BYTES_MAX;
use super::trellis::Detour;
use crate::aprs::ax25::Ui;
use crate::aprs::packet::Packet;
use crate::hdlc::{Deframer, GOOD_FCS, Heard, Nrzi, crc_register};

/// Levels of the longest frame, stuffed, with its flag.
const LEVELS_MAX: usize = FRAME_BYTES_MAX * 8 * 6 / 5 + 16;
const LEVELS_MIN: usize = 17 * 8;
/// Detours kept, the least costly ones; of them, those that are tried by twos; all tries.
const DETOURS: usize = 16;
const TWOS: usize = 8;
const TRIES: usize = 24;
/// Cost of a try at most, samples' amplitudes.
const COST_MAX: f32 = 6.0;
/// One level in so many may be doubtful: noise has more.
const LEVELS_A_DOUBT: usize = 12;

#[derive(Clone, Copy, Debug)]
struct Doubt {
    /// Levels that had been heard when it ended.
    end: usize,
    detour: Detour,
}

/// One detour or two, by their places in the list.
type Try = (f32, usize, Option<usize>);

#[derive(Debug)]
pub struct Repair {
    levels: Box<[bool]>,
    len: usize,
    /// The level before them.
    before: bool,
    /// The least costly first.
    doubts: [Option<Doubt>; DETOURS],
    doubtful: usize,
    tried: Vec<bool>,
    tries: Vec<Try>,
    deframer: Deframer<FRAME_BYTES_MAX>,
}

impl Repair {
    pub fn new() -> Self {
        Self {
            levels: vec![false; LEVELS_MAX].into(),
            len: LEVELS_MAX,
            before: false,
            doubts: [None; DETOURS],
            doubtful: 0,
            tried: Vec::with_capacity(LEVELS_MAX + 64),
            tries: Vec::with_capacity(DETOURS + TWOS * TWOS),
            deframer: Deframer::new(),
        }
    }

    /// A flag has ended, `level` its last: a frame may begin.
    pub fn open(&mut self, level: bool) {
        (self.len, self.before, self.doubtful) = (0, level, 0);
        self.doubts = [None; DETOURS];
    }

    /// What was heard since the flag; nothing where nothing can come of it.
    pub fn levels(&self) -> &[bool] {
        if self.len < LEVELS_MAX { &self.levels[..self.len] } else { &[] }
    }

    /// The level before.
    pub fn before(&self) -> bool {
        self.before
    }

    /// Nothing can come of what was heard since the flag.
    pub fn close(&mut self) {
        self.len = LEVELS_MAX;
    }

    #[inline]
    pub fn push(&mut self, level: bool, or: Option<Detour>) {
        let Some(place) = self.levels.get_mut(self.len) else { return };
        *place = level;
        self.len += 1;
        if let Some(detour) = or.filter(|d| usize::from(d.instead_of) <= self.len) {
            self.doubt(Doubt { end: self.len, detour });
        }
    }

    fn doubt(&mut self, doubt: Doubt) {
        self.doubtful += 1;
        let mut doubt = Some(doubt);
        for kept in &mut self.doubts {
            let less = |a: Option<Doubt>, b: Option<Doubt>| match (a, b) {
                (Some(a), Some(b)) => a.detour.worse < b.detour.worse,
                (a, _) => a.is_some(),
            };
            if less(doubt, *kept) {
                core::mem::swap(kept, &mut doubt);
            }
        }
    }

    /// A flag has ended what is no frame. The frame that was sent, perhaps: its bits that were wrong; it is in [`Self::bytes`].
    pub fn search(&mut self) -> Option<u8> {
        if self.len < LEVELS_MIN || LEVELS_MAX <= self.len || self.len < LEVELS_A_DOUBT * self.doubtful {
            return None;
        }
        self.list();
        for i in 0..self.tries.len().min(TRIES) {
            let (_, first, second) = self.tries[i];
            if let Some(changed) = self.hear(first, second).filter(|_| is_believable(self.bytes())) {
                return Some(changed);
            }
        }
        None
    }

    /// Without its FCS.
    pub fn bytes(&self) -> &[u8] {
        let bytes = self.deframer.bytes();
        &bytes[..bytes.len().saturating_sub(2)]
    }

    /// What is to be tried, the likeliest first.
    fn list(&mut self) {
        self.tries.clear();
        let cost = |i: usize| self.doubts[i].map_or(f32::INFINITY, |d| d.detour.worse);
        for first in 0..DETOURS {
            self.tries.push((cost(first), first, None));
            let others = if first < TWOS { first + 1..TWOS } else { 0..0 };
            self.tries.extend(others.map(|second| (cost(first) + cost(second), first, Some(second))));
        }
        self.tries.retain(|(cost, ..)| *cost <= COST_MAX);
        self.tries.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }

    /// The levels with one detour or two that do not overlap. How many levels differ, if they are a frame with its check.
    fn hear(&mut self, first: usize, second: Option<usize>) -> Option<u8> {
        let mut two = [self.doubts[first], second.and_then(|second| self.doubts[second])];
        two.sort_by_key(|doubt| doubt.map(|d| d.end));
        let (mut at, mut changed) = (0, 0);
        self.tried.clear();
        for Doubt { end, detour } in two.into_iter().flatten() {
            let from = end - usize::from(detour.instead_of);
            self.tried.extend(self.levels.get(at..from)?);
            let marks = (0..detour.len).rev().map(|i| detour.marks >> i & 1 == 1);
            let differ = marks.clone().zip(&self.levels[from..end]).filter(|(a, b)| a != *b).count();
            changed += differ + usize::from(detour.len.abs_diff(detour.instead_of));
            self.tried.extend(marks);
            at = end;
        }
        self.tried.extend(&self.levels[at..self.len]);
        self.check().then_some(changed.clamp(1, 255) as u8)
    }

    fn check(&mut self) -> bool {
        let mut nrzi = Nrzi::new();
        nrzi.bit(self.before);
        self.deframer.start();
        let (last, rest) = match self.tried.split_last() {
            Some(split) => split,
            None => return false,
        };
        let inside = rest.iter().all(|level| self.deframer.push(nrzi.bit(*level)) == Heard::More);
        inside && self.deframer.push(nrzi.bit(*last)) == Heard::Frame && crc_register(self.deframer.bytes()) == GOOD_FCS
    }
}

/// A packet in every respect: addresses, UI, a kind of information that APRS has, and no byte that none of them holds.
pub fn is_believable(frame: &[u8]) -> bool {
    Ui::parse(frame).is_ok_and(|ui| {
        let printable = |b: &u8| (0x1C..0x7F).contains(b) || matches!(b, b'\r' | b'\n');
        let mut call = [b' '; 6];
        call.iter_mut().zip(ui.destination.call().bytes()).for_each(|(to, from)| *to = from);
        ui.info.iter().all(printable) && Packet::parse(call.trim_ascii_end(), ui.info).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdlc::frame_bits;
    use proptest::prelude::*;

    const TEXT: &[u8] = b"N0CALL-9>APZ123,WIDE1-1,WIDE2-2:!4903.50N/07201.75W>088/036/A=001234 a test";

    /// A frame, and its levels behind an opening flag that ended low, with the closing flag.
    fn sent() -> (Vec<u8>, Vec<bool>) {
        let bytes = Ui::from_tnc2(TEXT).unwrap().to_bytes();
        let (mut bits, mut level) = (Vec::new(), false);
        frame_bits(&bytes, &mut |bit| bits.push(bit));
        let levels = bits[8..].iter().map(|bit| {
            level ^= !bit;
            level
        });
        (bytes, levels.collect())
    }

    /// What comes of `levels` with a detour behind each of `doubts`: where it ends, how bad it is, what it holds instead of how much.
    fn search(levels: &[bool], doubts: &[(usize, f32, u8, Vec<bool>)]) -> Option<(u8, Vec<u8>)> {
        let mut repair = Repair::new();
        repair.open(false);
        for (i, level) in levels.iter().enumerate() {
            let detour = doubts.iter().find(|d| d.0 == i).map(|(_, worse, instead_of, with)| Detour {
                worse: *worse,
                instead_of: *instead_of,
                len: with.len() as u8,
                marks: with.iter().rev().enumerate().fold(0, |marks, (k, mark)| marks | u32::from(*mark) << k),
            });
            repair.push(*level, detour);
        }
        repair.search().map(|bits| (bits, repair.bytes().to_vec()))
    }

    proptest! {
        #[test]
        fn one_or_two_wrong_places_are_set_right(
            a in 150..700_usize, gap in 3..200_usize, lost in any::<bool>(),
            others in prop::collection::vec((0..900_usize, 0.5_f32..3.0), 0..8),
        ) {
            let (bytes, right) = sent();
            let (a, b) = (a % (right.len() - 20), (a + gap) % (right.len() - 20));
            prop_assume!(3 < a.min(b) && 3 < a.abs_diff(b));
            // Two levels swapped in one place, one lost or wrong in the other.
            let mut wrong = right.clone();
            wrong[a] = !wrong[a];
            wrong[a - 1] = !wrong[a - 1];
            let first = (a, 0.3, 2, vec![right[a - 1], right[a]]);
            let second = if lost && a < b {
                wrong.remove(b - 1);
                (b - 1, 0.4, 1, vec![right[b - 1], right[b]])
            } else {
                wrong[b] = !wrong[b];
                (b, 0.4, 1, vec![right[b]])
            };
            let mut doubts = vec![first, second];
            doubts.extend(others.iter().filter(|o| 6 < o.0 && o.0 != a && o.0 != b).map(|(end, worse)| (*end, *worse, 3, vec![true, false, true])));
            let found = search(&wrong, &doubts);
            prop_assert_eq!(found.as_ref().map(|f| &f.1), Some(&bytes));
            prop_assert!((1..=4).contains(&found.unwrap().0));
            // And without the second's detour, nothing.
            prop_assert_eq!(search(&wrong, &doubts[..1]), None);
        }

        #[test]
        fn any_levels_are_taken(
            levels in prop::collection::vec(any::<bool>(), 0..4000),
            doubts in prop::collection::vec((0..4000_usize, 0.0_f32..9.0, 0..40_u8, prop::collection::vec(any::<bool>(), 0..32)), 0..40),
        ) {
            if let Some((bits, bytes)) = search(&levels, &doubts) {
                prop_assert!(0 < bits && is_believable(&bytes));
            }
        }
    }

    #[test]
    fn what_is_no_packet_is_not_believed() {
        let bytes = |text: &[u8]| Ui::from_tnc2(text).unwrap().to_bytes();
        assert!(is_believable(&bytes(TEXT)));
        // No such kind of information, a byte that no packet has, a latitude of 65 minutes.
        for text in [&b"N0CALL>APZ123:,the quick brown fox"[..], b"N0CALL>APZ123:>status \x01", b"N0CALL>APZ123:!3365.05N/07201.75W>"] {
            assert!(!is_believable(&bytes(text)), "{}", String::from_utf8_lossy(text));
        }
    }
}
