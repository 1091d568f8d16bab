//! Whether a repaired frame is believed: by how doubtful it is, by whom it names, and by what it says.
//!
//! A repair that hits a wrong frame with the right CRC leaves some ten bits wrong, anywhere. So mostly it names a station that doesn't
//! exist, or says what no ship says. Thus a doubtful frame is given out if its station was heard before, if it is a distress device's,
//! or if it is a ship's report that is ordinary in every field that has rules (`ordinary.rs`) and comes from waters where ships were
//! heard beyond doubt. Any other makes its station half known, and the next one from there is believed. What no transmitter sends (a
//! place off the Earth, a course above 360°) is refused from whomever.

use super::front::CHANNEL_RATE;
use super::ordinary::{has_rules, is_ordinary, is_plausible, place};
use super::repair::Repaired;
use crate::ais::message::Bits;

/// −ln of the probability of a frame that is believed for itself: e^−3.5 · 65,536 is 2,000 to 1 before the rules on length and content.
const DOUBT_MAX: f32 = 3.5;
/// Stations remembered, and places where one may be.
const STATIONS: usize = 4096;
const PROBES: usize = 8;
/// Samples for which a station stays known: 30 minutes, ten reports of one at anchor.
const KNOWN: u64 = 1_800 * CHANNEL_RATE as u64;

/// Stations heard lately, and where.
#[derive(Debug)]
pub struct Trust {
    slots: Box<[Option<(u32, u64)>]>,
    waters: Waters,
}

impl Trust {
    pub fn new() -> Self {
        Self { slots: vec![None; STATIONS].into_boxed_slice(), waters: Waters::new() }
    }

    /// Is a frame that was heard at sample `at` believed?
    pub fn believes(&self, frame: &Repaired, at: u64) -> bool {
        let Some((bits, mmsi)) = read(frame) else { return false };
        if frame.corrected_bits == 0 {
            return true;
        }
        if !(is_identity(mmsi) && is_plausible(&bits)) {
            return false;
        }
        let stands_alone = frame.doubt <= DOUBT_MAX && (is_ordinary(&bits) || !has_rules(&bits));
        stands_alone || is_distress(mmsi) || self.knows(mmsi, at) || self.vouches(&bits)
    }

    /// Remembers who was heard, whether believed or not, and where.
    pub fn note(&mut self, frame: &Repaired, at: u64) {
        let Some((bits, mmsi)) = read(frame) else { return };
        if 0 < frame.corrected_bits && !(is_identity(mmsi) && is_plausible(&bits)) {
            return;
        }
        if (frame.corrected_bits == 0 || frame.doubt <= DOUBT_MAX)
            && let Some(place) = place(&bits)
        {
            self.waters.set(place);
        }
        let oldest = || probes(mmsi).min_by_key(|&i| self.slots[i].map_or(0, |s| s.1 + 1)).expect("there are probes");
        let here = self.find(mmsi).unwrap_or_else(oldest);
        self.slots[here] = Some((mmsi, at));
    }

    /// Samples are counted from 0 again: who is known stays so for [`KNOWN`] from now.
    pub fn restart(&mut self) {
        self.slots.iter_mut().flatten().for_each(|s| s.1 = 0);
    }

    fn find(&self, mmsi: u32) -> Option<usize> {
        probes(mmsi).find(|&i| self.slots[i].is_some_and(|s| s.0 == mmsi))
    }

    fn knows(&self, mmsi: u32, at: u64) -> bool {
        let heard = self.find(mmsi).and_then(|i| self.slots[i]);
        heard.is_some_and(|s| at.saturating_sub(s.1) < KNOWN)
    }

    fn vouches(&self, bits: &Bits) -> bool {
        is_ordinary(bits) && place(bits).is_some_and(|place| self.waters.has(place))
    }
}

fn read(frame: &Repaired) -> Option<(Bits, u32)> {
    let bits = Bits::from_bytes(&frame.bytes[..frame.len])?;
    let mmsi = bits.uint(8, 30) as u32;
    Some((bits, mmsi))
}

/// Where a station may be in the table.
fn probes(mmsi: u32) -> impl Iterator<Item = usize> {
    let start = (mmsi.wrapping_mul(0x9E37_79B1) >> 16) as usize;
    (0..PROBES).map(move |i| (start + i) % STATIONS)
}

/// Where ships were heard beyond doubt, in fields of one degree: VHF doesn't reach far.
#[derive(Debug)]
struct Waters([u64; Self::FIELDS.div_ceil(64)]);

impl Waters {
    const FIELDS: usize = 360 * 180;

    fn new() -> Self {
        Self([0; Self::FIELDS.div_ceil(64)])
    }

    /// Of longitude and latitude in 1/10,000 minute.
    fn field((lon, lat): (i64, i64)) -> usize {
        let degrees = |v: i64, half: i64| (v.div_euclid(600_000) + half).clamp(0, 2 * half - 1) as usize;
        degrees(lon, 180) * 180 + degrees(lat, 90)
    }

    fn has(&self, place: (i64, i64)) -> bool {
        let field = Self::field(place);
        self.0[field / 64] >> (field % 64) & 1 == 1
    }

    fn set(&mut self, place: (i64, i64)) {
        let field = Self::field(place);
        self.0[field / 64] |= 1 << (field % 64);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ais::demod::lab::ordinary_report;

    fn repaired(mut bits: Bits, mmsi: u32, corrected_bits: u8, doubt: f32) -> Repaired {
        bits.put(8, 30, mmsi.into());
        let mut bytes = [0; super::super::repair::BYTES_MAX];
        bytes[..21].copy_from_slice(bits.as_bytes());
        Repaired { bytes, len: 21, doubt, corrected_bits, symbols: 0 }
    }

    /// At 0° E and a latitude in 1/10,000 minute.
    fn report(mmsi: u32, corrected_bits: u8, doubt: f32, lat: i64) -> Repaired {
        let mut bits = ordinary_report();
        bits.put(61, 28, 0);
        bits.put(89, 27, (lat & 0x7FF_FFFF) as u64);
        repaired(bits, mmsi, corrected_bits, doubt)
    }

    fn hears(trust: &mut Trust, frame: &Repaired, at: u64) -> bool {
        let believed = trust.believes(frame, at);
        trust.note(frame, at);
        believed
    }

    #[test]
    fn a_doubtful_frame_needs_a_station_that_was_heard() {
        let mut trust = Trust::new();
        assert!(!hears(&mut trust, &report(211_000_001, 2, 6.0, 0), 0));
        assert!(hears(&mut trust, &report(211_000_001, 2, 6.0, 0), KNOWN - 1), "the second time it is known");
        assert!(!hears(&mut trust, &report(211_000_001, 2, 6.0, 0), 3 * KNOWN), "not for ever");
        trust.restart();
        assert!(hears(&mut trust, &report(211_000_001, 2, 6.0, 0), KNOWN - 1), "samples may be counted anew");
        assert!(!hears(&mut trust, &report(211_000_001, 2, 6.0, 0), 3 * KNOWN), "and then it isn't known for ever either");
        assert!(hears(&mut trust, &report(211_000_002, 2, 3.0, 30_000_000), 0), "hardly a doubt");
        assert!(hears(&mut trust, &report(211_000_003, 0, 9.0, 30_000_000), 0), "nothing changed");
        assert!(hears(&mut trust, &report(970_000_003, 6, 6.0, 0), 0), "distress waits for nobody");
    }

    #[test]
    fn or_to_say_what_ships_say_where_ships_are() {
        let mut trust = Trust::new();
        assert!(!hears(&mut trust, &report(211_000_001, 2, 6.0, 300_000), 0), "nobody was heard there");
        assert!(hears(&mut trust, &report(211_000_002, 0, 0.0, 1_000), 0));
        assert!(hears(&mut trust, &report(211_000_003, 2, 6.0, 300_000), 0));
        assert!(!hears(&mut trust, &report(211_000_004, 2, 6.0, 900_000), 0), "a degree further north");
        assert!(!hears(&mut trust, &report(211_000_005, 2, 6.0, -1), 0));
        let mut odd = ordinary_report();
        odd.put(61, 28, 0);
        odd.put(89, 27, 0);
        odd.put(145, 3, 1);
        assert!(!hears(&mut trust, &repaired(odd, 211_000_006, 2, 6.0), 0), "spare bits");
    }

    /// Repairs that were wrong: bursts over each other, C/I 1 dB.
    #[test]
    fn a_report_that_breaks_the_rules_is_not_believed_however_sure() {
        let wrong: [[u8; 21]; 2] = [
            [4, 52, 79, 11, 64, 0, 11, 24, 19, 160, 144, 30, 7, 210, 153, 88, 116, 220, 80, 71, 216],
            [72, 151, 163, 218, 136, 0, 72, 129, 46, 128, 169, 224, 252, 232, 137, 246, 246, 165, 142, 0, 172],
        ];
        for said in wrong {
            let mut bytes = [0; super::super::repair::BYTES_MAX];
            bytes[..21].copy_from_slice(&said);
            let frame = |corrected_bits| Repaired { bytes, len: 21, doubt: 1.0, corrected_bits, symbols: 0 };
            assert!(!Trust::new().believes(&frame(2), 0));
            assert!(Trust::new().believes(&frame(0), 0), "what wasn't repaired may be odd");
        }
    }

    #[test]
    fn what_nobody_sends_is_not_believed() {
        let mut trust = Trust::new();
        assert!(hears(&mut trust, &report(211_000_001, 0, 0.0, 0), 0));
        assert!(!hears(&mut trust, &report(211_000_001, 2, 0.0, 90 * 600_000 + 1), 1));
        assert!(hears(&mut trust, &report(211_000_001, 2, 0.0, 91 * 600_000), 1), "not available");
        assert!(hears(&mut trust, &report(211_000_001, 2, 0.0, -90 * 600_000), 1));
        assert!(!hears(&mut trust, &report(150_000_001, 2, 0.0, 0), 1), "no country");
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_oldest() {
        let mut trust = Trust::new();
        for i in 0..100_000u32 {
            hears(&mut trust, &report(211_000_000 + i, 0, 0.0, 0), u64::from(i));
        }
        assert_eq!(trust.slots.len(), STATIONS);
        assert!(hears(&mut trust, &report(211_099_999, 2, 6.0, 30_000_000), 100_000));
        assert!(!hears(&mut trust, &report(211_000_000, 2, 6.0, 30_000_000), 100_000));
    }
}
