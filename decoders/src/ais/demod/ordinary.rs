//! What a message says, looked at with suspicion (ITU-R M.1371-5 annex 8, tables 48, 70; annex 2 table 18).
//!
//! Two measures: what no transmitter sends ([`is_plausible`]), and what ships mostly send ([`is_ordinary`]): spare bits zero, not
//! repeated, at most 60 kt, a status that is not reserved, a communication state that can be. Some 30 of a position report's 168
//! bits are so bound, besides those that place it far away; a frame with ten wrong bits mostly breaks one of the rules. Of 7,376
//! distinct real reports (six logs) 95.7 % are ordinary; most others have spare bits set.

use crate::ais::message::Bits;

/// Tenths of a knot.
const SPEED_MAX: u64 = 600;
const SPEED_UNKNOWN: u64 = 1_023;
/// Slots a minute.
const SLOTS: u64 = 2_250;
/// The communication state of a carrier-sense transmitter, its selector before it.
const CARRIER_SENSE: u64 = 0xE_0006;

/// Position, course and heading within their ranges or not available, time within a day.
pub fn is_plausible(bits: &Bits) -> bool {
    let on_earth = |at| {
        let (lon, lat) = coordinates(bits, at);
        (lon.abs() <= 180 * 600_000 || lon == 181 * 600_000) && (lat.abs() <= 90 * 600_000 || lat == 91 * 600_000)
    };
    let course = |at| bits.uint(at, 12) <= 3_600;
    let heading = |at| bits.uint(at, 9) < 360 || bits.uint(at, 9) == 511;
    match bits.uint(0, 6) {
        1..=3 => on_earth(61) && course(116) && heading(128),
        4 | 11 => {
            let date = bits.uint(52, 4) <= 12 && bits.uint(61, 5) <= 24;
            date && bits.uint(66, 6) <= 60 && bits.uint(72, 6) <= 60 && on_earth(79)
        }
        9 => on_earth(61) && course(116),
        18 | 19 => on_earth(57) && course(112) && heading(124),
        21 => on_earth(164),
        _ => true,
    }
}

/// Is it of a type that [`is_ordinary`] knows?
pub fn has_rules(bits: &Bits) -> bool {
    matches!(bits.uint(0, 6), 1..=3 | 18)
}

/// Is it a ship's position report as ships send it? Plausible it is already.
pub fn is_ordinary(bits: &Bits) -> bool {
    let is_ship = (200..800).contains(&(bits.uint(8, 30) / 1_000_000)) && bits.uint(6, 2) == 0;
    let speed = |at| bits.uint(at, 10) <= SPEED_MAX || bits.uint(at, 10) == SPEED_UNKNOWN;
    let kind = bits.uint(0, 6);
    is_ship
        && match kind {
            // Status 9, 10, 13: reserved; 14: a distress device. Manoeuvre indicator 0–2, then spare.
            1..=3 => {
                let status = !matches!(bits.uint(38, 4), 9 | 10 | 13 | 14);
                status && speed(50) && bits.uint(143, 2) < 3 && bits.uint(145, 3) == 0 && (kind == 3 || is_sotdma(bits.uint(149, 19)))
            }
            18 => {
                let state = match (bits.uint(141, 1), bits.uint(148, 1)) {
                    (1, _) => bits.uint(148, 20) == CARRIER_SENSE,
                    (_, 0) => is_sotdma(bits.uint(149, 19)),
                    _ => true,
                };
                state && bits.uint(38, 8) == 0 && speed(46) && bits.uint(139, 2) == 0
            }
            _ => false,
        }
}

/// Synchronisation (2 bits), timeout (3), then by the timeout: offset to the next slot, time of day, slot, stations received.
fn is_sotdma(state: u64) -> bool {
    let sub = state & 0x3FFF;
    match state >> 14 & 7 {
        0 => sub < 2 * SLOTS,
        1 => sub >> 9 < 24 && (sub >> 2 & 127) < 60 && sub & 3 == 0,
        2 | 4 | 6 => sub < SLOTS,
        _ => sub < 2_048,
    }
}

/// Longitude and latitude that a message gives, 1/10,000 minute.
pub fn place(bits: &Bits) -> Option<(i64, i64)> {
    let (lon, lat) = match bits.uint(0, 6) {
        1..=3 | 9 => coordinates(bits, 61),
        4 => coordinates(bits, 79),
        18 | 19 => coordinates(bits, 57),
        _ => return None,
    };
    (lon.abs() <= 180 * 600_000 && lat.abs() <= 90 * 600_000).then_some((lon, lat))
}

fn coordinates(bits: &Bits, at: usize) -> (i64, i64) {
    (bits.int(at, 28), bits.int(at + 28, 27))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ais::demod::lab::ordinary_report;
    use crate::ais::testing::{LOGS, messages, recording};

    #[test]
    fn nearly_all_real_reports_are_ordinary() {
        let (mut ordinary, mut all) = (0, 0);
        for log in LOGS {
            let Some(log) = recording(log) else { return };
            for bits in messages(&log).iter().filter(|b| b.len() == 168 && matches!(b.uint(0, 6), 1..=3 | 18)) {
                all += 1;
                ordinary += usize::from(is_plausible(bits) && is_ordinary(bits));
            }
        }
        assert!(5_000 < all && all * 93 <= ordinary * 100, "{ordinary} of {all}");
    }

    #[test]
    fn ships_reports_are_ordinary_and_odd_ones_are_not() {
        assert!(is_ordinary(&ordinary_report()) && is_plausible(&ordinary_report()));
        let odd = [
            (6, 2, 1, "repeated"),
            (8, 30, 992_440_001, "no ship"),
            (38, 4, 14, "distress"),
            (50, 10, 601, "too fast"),
            (143, 2, 3, "manoeuvre"),
            (145, 3, 4, "spare"),
            (149, 19, 6 << 14 | 2_250, "slot"),
            (149, 19, 1 << 14 | 24 << 9, "hour"),
        ];
        for (at, width, value, what) in odd {
            let mut bits = ordinary_report();
            bits.put(at, width, value);
            assert!(!is_ordinary(&bits), "{what}");
        }
        let mut unknown = ordinary_report();
        unknown.put(50, 10, SPEED_UNKNOWN);
        assert!(is_ordinary(&unknown));
    }
}
