//! Mic-E (ch. 10): latitude in the destination's six characters, the rest in nine bytes.
//!
//! ```text
//!   destination  latitude digits; by the range of the character also message bits A B C, north, +100°, west
//!   information  d m h (longitude + 28) | SP DC SE (speed, course + 28) | symbol code, table | comment, altitude `xxx}`
//! ```

use super::place::{CELLS_MIN, Place, minutes, symbol_table};
use super::{PacketError, Report, base91, comment, device, extension, telemetry};
use model::DeciKnots;

/// The three message bits (table 10-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicE(pub [Bit; 3]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bit {
    Clear,
    Standard,
    /// One of the custom messages.
    Custom,
}

impl MicE {
    /// All bits clear.
    pub fn is_emergency(&self) -> bool {
        self.0 == [Bit::Clear; 3]
    }

    /// The table's words. `None`: standard and custom bits together, of which the table has none.
    pub fn words(&self) -> Option<&'static str> {
        const STANDARD: [&str; 8] = ["Emergency", "Priority", "Special", "Committed", "Returning", "In Service", "En Route", "Off Duty"];
        const CUSTOM: [&str; 8] = ["Emergency", "Custom-6", "Custom-5", "Custom-4", "Custom-3", "Custom-2", "Custom-1", "Custom-0"];
        let set = self.0.iter().fold(0, |n, bit| n << 1 | usize::from(*bit != Bit::Clear));
        match (self.0.contains(&Bit::Standard), self.0.contains(&Bit::Custom)) {
            (true, true) => None,
            (_, true) => Some(CUSTOM[set]),
            _ => Some(STANDARD[set]),
        }
    }
}

/// One character of the destination.
struct Sixth {
    /// `b' '` = hidden.
    digit: u8,
    /// The message bit, north, +100° or west.
    set: bool,
    /// One of the custom messages (first three only).
    custom: bool,
}

fn sixth(b: u8) -> Option<Sixth> {
    let (digit, set, custom) = match b {
        b'0'..=b'9' => (b, false, false),
        b'A'..=b'J' => (b - b'A' + b'0', true, true),
        b'K' => (b' ', true, true),
        b'L' => (b' ', false, false),
        b'P'..=b'Y' => (b - b'P' + b'0', true, false),
        b'Z' => (b' ', true, false),
        _ => return None,
    };
    Some(Sixth { digit, set, custom })
}

/// `b`: behind the data type.
pub fn report(destination: &[u8], b: &[u8]) -> Result<Report, PacketError> {
    let (head, rest) = b.split_at_checked(8).ok_or(PacketError::MicE)?;
    let mut sixths = destination.iter().map(|&b| sixth(b));
    let mut next = || sixths.next().flatten().ok_or(PacketError::MicE);
    let latitude = [next()?, next()?, next()?, next()?, next()?, next()?];
    if sixths.next().is_some() || latitude[3..].iter().any(|s| s.custom) {
        return Err(PacketError::MicE);
    }
    let place = place(&latitude, head).ok_or(PacketError::MicE)?;
    let mut report = Report::at(place, Some([symbol_table(head[7])?, head[6]]));
    (report.speed, report.track) = motion(head).ok_or(PacketError::MicE)?;
    let bit = |i: usize| match (latitude[i].set, latitude[i].custom) {
        (false, _) => Bit::Clear,
        (true, false) => Bit::Standard,
        (true, true) => Bit::Custom,
    };
    report.mic_e = Some(MicE([bit(0), bit(1), bit(2)]));
    let hexadecimal = telemetry::in_mic_e(rest);
    let rest = altitude(hexadecimal.as_ref().map_or(rest, |(_, rest)| rest), &mut report);
    let metres = report.altitude_ft;
    comment::remarks(&rest, &mut report);
    report.altitude_ft = metres.or(report.altitude_ft);
    report.telemetry = report.telemetry.or(hexadecimal.map(|(told, _)| told));
    report.device = device::by_mic_e(&mut report.comment);
    Ok(report)
}

fn place(latitude: &[Sixth; 6], head: &[u8]) -> Option<Place> {
    let hidden = latitude.iter().rev().take_while(|s| s.digit == b' ').count();
    if 4 < hidden {
        return None;
    }
    let [tens, ones, rest @ ..] = [0, 1, 2, 3, 4, 5].map(|i: usize| latitude[i].digit);
    let lat_deg = f64::from(super::number(&[tens, ones])?) + minutes(rest, hidden)? / 60.0;
    let offset = if latitude[4].set { 100 } else { 0 };
    let degrees = match i32::from(head[0]) - 28 + offset {
        d @ 180..=189 => d - 80,
        d @ 190..=199 => d - 190,
        d => d,
    };
    let whole = match i32::from(head[1]) - 28 {
        m @ 60.. => m - 60,
        m => m,
    };
    let hundredths = i32::from(head[2]) - 28;
    if !(0..180).contains(&degrees) || !(0..60).contains(&whole) || !(0..100).contains(&hundredths) || 90.0 < lat_deg {
        return None;
    }
    let digit = |n: i32| b'0' + n as u8;
    let digits = [digit(whole / 10), digit(whole % 10), digit(hundredths / 10), digit(hundredths % 10)];
    let lon_deg = f64::from(degrees) + minutes(digits, hidden)? / 60.0;
    let north = if latitude[3].set { 1.0 } else { -1.0 };
    let west = if latitude[5].set { -1.0 } else { 1.0 };
    Some(Place { lat_deg: north * lat_deg, lon_deg: west * lon_deg, cell_min: CELLS_MIN[hidden] })
}

/// Speed in knots (0–799) and course (1–360; 0 = unknown).
fn motion(head: &[u8]) -> Option<(Option<DeciKnots>, Option<model::CentiDegrees>)> {
    let [sp, dc, se] = [3, 4, 5].map(|i: usize| i32::from(head[i]) - 28);
    if sp < 0 || dc < 0 || se < 0 {
        return None;
    }
    let speed = match sp * 10 + dc / 10 {
        v @ 800.. => v - 800,
        v => v,
    };
    let course = match dc % 10 * 100 + se {
        v @ 400.. => v - 400,
        v => v,
    };
    Some((DeciKnots::from_knots(f64::from(speed)), extension::course(u32::try_from(course).ok())))
}

const METRES_PER_FOOT: f64 = 0.3048;

/// `xxx}`: base 91 metres above −10,000; taken out of what follows.
fn altitude(b: &[u8], report: &mut Report) -> Vec<u8> {
    let mut rest = b.to_vec();
    let found = b.windows(4).position(|w| w[3] == b'}' && base91(&w[..3]).is_some());
    if let Some((at, metres)) = found.and_then(|at| Some((at, f64::from(base91(&b[at..at + 3])?) - 10_000.0))) {
        report.altitude_ft = Some((metres / METRES_PER_FOOT).round() as i32);
        rest.drain(at..at + 4);
    }
    rest
}
