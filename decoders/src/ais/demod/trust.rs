//! Whether a repaired frame is believed: by what it says and by whom.
//!
//! A repair that hits a wrong frame with the right CRC changes bits all over it, so mostly it names a station that doesn't exist. Thus a
//! doubtful frame is given out only if its station was heard before, or if it is a distress device's; otherwise it makes its
//! station half known, and the next one from there is believed. What no transmitter sends (a place off the Earth, a course above
//! 360°) is refused from whomever.
//!
//! `ais_lab`'s one-slot messages, half of all slots, 1,000 ships. Those that were wrong had doubts of 5.9 to 6.8; four of five named
//! a station that doesn't exist, the fifth another place.
//!
//! | | wrong at 4 dB of 8,110 | heard at 4 / 5 dB, ships heard some 4 times | at 5 / 7.5 dB, ships heard once |
//! |---|---|---|---|
//! | all believed | 5 | .417 / – | .835 / .995 |
//! | a station never heard: doubt up to 5 | 0 | .339 / .792 | .768 / .994 |

use super::front::CHANNEL_RATE;
use super::repair::Repaired;
use crate::ais::message::Bits;

/// −ln of the probability of a frame that is believed from a station never heard: e^−5 · 65,536 is 440 to 1 before the rules on length
/// and content.
const DOUBT_MAX: f32 = 5.0;
/// Stations remembered, and places where one may be.
const STATIONS: usize = 4096;
const PROBES: usize = 8;
/// Samples for which a station stays known: 30 minutes, ten reports of one at anchor.
const KNOWN: u64 = 1_800 * CHANNEL_RATE as u64;

/// Stations heard lately.
#[derive(Debug)]
pub struct Trust {
    slots: Box<[Option<(u32, u64)>]>,
    /// Whoever speaks counts as heard before.
    #[cfg(test)]
    pub everybody: bool,
}

impl Trust {
    pub fn new() -> Self {
        Self {
            slots: vec![None; STATIONS].into_boxed_slice(),
            #[cfg(test)]
            everybody: false,
        }
    }

    /// Is a frame that was heard at sample `at` believed?
    pub fn believes(&mut self, frame: &Repaired, at: u64) -> bool {
        let Some(bits) = Bits::from_bytes(&frame.bytes[..frame.len]) else { return false };
        let mmsi = bits.uint(8, 30) as u32;
        if 0 < frame.corrected_bits && !(is_identity(mmsi) && is_plausible(&bits)) {
            return false;
        }
        let known = self.note(mmsi, at);
        #[cfg(test)]
        let known = known || self.everybody;
        known || frame.corrected_bits == 0 || frame.doubt <= DOUBT_MAX || is_distress(mmsi)
    }

    /// Was it known? It is now.
    fn note(&mut self, mmsi: u32, at: u64) -> bool {
        let start = (mmsi.wrapping_mul(0x9E37_79B1) >> 16) as usize;
        let places = (0..PROBES).map(|i| (start + i) % STATIONS);
        let is_here = |i: &usize| self.slots[*i].is_some_and(|s| s.0 == mmsi);
        let here = places.clone().find(is_here);
        let known = here.and_then(|i| self.slots[i]).is_some_and(|s| at.saturating_sub(s.1) < KNOWN);
        let place = here.or_else(|| places.min_by_key(|&i| self.slots[i].map_or(0, |s| s.1 + 1))).unwrap_or(start % STATIONS);
        self.slots[place] = Some((mmsi, at));
        known
    }
}

/// Forms of ITU-R M.585: ships, groups, coast stations, SAR aircraft, handhelds, devices, craft of a ship, aids to navigation.
fn is_identity(mmsi: u32) -> bool {
    let mid = |mmsi: u32| (201..=775).contains(&mmsi);
    match mmsi {
        0..=9_999_999 => mid(mmsi / 10_000),
        10_000_000..=99_999_999 => mid(mmsi / 100_000),
        111_000_000..=111_999_999 => mid(mmsi / 1_000 % 1_000),
        200_000_000..=799_999_999 => mid(mmsi / 1_000_000),
        800_000_000..=899_999_999 => mid(mmsi / 100_000 % 1_000),
        980_000_000..=999_999_999 => mid(mmsi / 10_000 % 1_000),
        _ => is_distress(mmsi),
    }
}

/// AIS-SART, man overboard, EPIRB: 970, 972, 974.
fn is_distress(mmsi: u32) -> bool {
    matches!(mmsi / 1_000_000, 970 | 972 | 974)
}

/// ITU-R M.1371-5 annex 8: position, course and heading within their ranges or not available, time within a day.
fn is_plausible(bits: &Bits) -> bool {
    let place = |at| {
        let (lon, lat) = (bits.int(at, 28).abs(), bits.int(at + 28, 27).abs());
        (lon <= 180 * 600_000 || lon == 181 * 600_000) && (lat <= 90 * 600_000 || lat == 91 * 600_000)
    };
    let course = |at| bits.uint(at, 12) <= 3_600;
    let heading = |at| bits.uint(at, 9) < 360 || bits.uint(at, 9) == 511;
    match bits.uint(0, 6) {
        1..=3 => place(61) && course(116) && heading(128),
        4 | 11 => {
            let date = bits.uint(52, 4) <= 12 && bits.uint(61, 5) <= 24;
            date && bits.uint(66, 6) <= 60 && bits.uint(72, 6) <= 60 && place(79)
        }
        9 => place(61) && course(116),
        18 | 19 => place(57) && course(112) && heading(124),
        21 => place(164),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(mmsi: u32, corrected_bits: u8, doubt: f32, lat: i64) -> Repaired {
        let mut bits = Bits::from_bytes(&[0; 21]).unwrap();
        bits.put(0, 6, 1);
        bits.put(8, 30, mmsi.into());
        bits.put(89, 27, (lat & 0x7FF_FFFF) as u64);
        let mut bytes = [0; super::super::repair::BYTES_MAX];
        bytes[..21].copy_from_slice(bits.as_bytes());
        Repaired { bytes, len: 21, doubt, corrected_bits, symbols: 0 }
    }

    #[test]
    fn a_doubtful_frame_needs_a_station_that_was_heard() {
        let mut trust = Trust::new();
        assert!(!trust.believes(&report(211_000_001, 2, 6.0, 0), 0));
        assert!(trust.believes(&report(211_000_001, 2, 6.0, 0), KNOWN - 1), "the second time it is known");
        assert!(!trust.believes(&report(211_000_001, 2, 6.0, 0), 3 * KNOWN), "not for ever");
        assert!(trust.believes(&report(211_000_002, 2, 4.0, 0), 0), "hardly a doubt");
        assert!(trust.believes(&report(211_000_003, 0, 9.0, 0), 0), "nothing changed");
        assert!(trust.believes(&report(970_000_003, 6, 6.0, 0), 0), "distress waits for nobody");
    }

    #[test]
    fn what_nobody_sends_is_not_believed() {
        let mut trust = Trust::new();
        assert!(trust.believes(&report(211_000_001, 0, 0.0, 0), 0));
        assert!(!trust.believes(&report(211_000_001, 2, 0.0, 90 * 600_000 + 1), 1));
        assert!(trust.believes(&report(211_000_001, 2, 0.0, 91 * 600_000), 1), "not available");
        assert!(trust.believes(&report(211_000_001, 2, 0.0, -90 * 600_000), 1));
        assert!(!trust.believes(&report(150_000_001, 2, 0.0, 0), 1), "no country");
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_oldest() {
        let mut trust = Trust::new();
        for i in 0..100_000u32 {
            trust.believes(&report(211_000_000 + i, 0, 0.0, 0), u64::from(i));
        }
        assert_eq!(trust.slots.len(), STATIONS);
        assert!(trust.believes(&report(211_099_999, 2, 6.0, 0), 100_000));
        assert!(!trust.believes(&report(211_000_000, 2, 6.0, 0), 100_000));
    }
}
