//! What follows a position: data extension (ch. 7), altitude and comment (ch. 6), `!DAO!` and base-91 telemetry (1.1, 1.2 addenda).
//!
//! ```text
//!   088/036 PHG5132 …  (extension.rs) | /A=001234  feet | |ss1122|  telemetry | !W32! !w:!!  more digits | the rest: for people
//! ```

use super::{Report, extension, number, telemetry, text, weather};

/// More digits of a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dao {
    pub lat_min: f64,
    pub lon_min: f64,
    pub cell_min: f64,
    /// The datum, upper case; `W` is WGS 84.
    pub datum: u8,
}

/// Reads all that follows a position into `report`, whose symbol and place are known.
pub fn read(mut b: &[u8], report: &mut Report) {
    if report.symbol.is_some_and(|s| s[1] == b'_') {
        let (found, rest) = weather::after_position(b);
        report.weather = found;
        b = rest;
    }
    // A station with the symbol of the weather may tell none.
    if report.weather.is_none() {
        b = extension::read(b, report);
    }
    remarks(b, report);
}

/// Altitude, telemetry, more digits: taken out of the comment; the rest is for people.
pub fn remarks(b: &[u8], report: &mut Report) {
    let mut rest = b.to_vec();
    if let Some((at, feet)) = altitude(&rest) {
        report.altitude_ft = Some(feet);
        rest.drain(at..at + 9);
    }
    // Before the digits: its values may look like them.
    if let Some(((from, to), told)) = telemetry::in_comment(&rest) {
        report.telemetry = Some(told);
        rest.drain(from..to);
    }
    if let Some((at, dao)) = dao(&rest) {
        report.place.refine(dao);
        report.datum = Some(dao.datum);
        rest.drain(at..at + 5);
    }
    // A slash parts the comment from an extension.
    let comment = match rest.first() {
        Some(b'/') if report.weather.is_none() => &rest[1..],
        _ => &rest[..],
    };
    report.comment = text(comment);
}

/// `/A=001234` or `/A=-01234`, feet above mean sea level, anywhere.
fn altitude(b: &[u8]) -> Option<(usize, i32)> {
    b.windows(9).enumerate().find_map(|(at, w)| {
        let figures = w.strip_prefix(b"/A=")?;
        let feet = match figures.strip_prefix(b"-") {
            Some(below) => -(number(below)? as i32),
            None => number(figures)? as i32,
        };
        Some((at, feet))
    })
}

/// The last `!xyz!`: x = W: y and z are thousandths of a minute; x = w: base 91 of a hundredth.
fn dao(b: &[u8]) -> Option<(usize, Dao)> {
    b.windows(5).enumerate().rev().find_map(|(at, w)| {
        if w[0] != b'!' || w[4] != b'!' {
            return None;
        }
        let (lat_min, lon_min, cell_min) = match w[1] {
            b'A'..=b'Z' => (thousandths(w[2])?, thousandths(w[3])?, if w[2] == b' ' { 0.01 } else { 0.001 }),
            b'a'..=b'z' => (ninety_firsts(w[2])?, ninety_firsts(w[3])?, if w[2] == b' ' { 0.01 } else { 0.01 / 91.0 }),
            _ => return None,
        };
        Some((at, Dao { lat_min, lon_min, cell_min, datum: w[1].to_ascii_uppercase() }))
    })
}

fn thousandths(b: u8) -> Option<f64> {
    match b {
        b' ' => Some(0.0),
        b'0'..=b'9' => Some(f64::from(b - b'0') * 0.001),
        _ => None,
    }
}

fn ninety_firsts(b: u8) -> Option<f64> {
    match b {
        b' ' => Some(0.0),
        b'!'..=b'{' => Some(f64::from(b - b'!') / 91.0 * 0.01),
        _ => None,
    }
}
