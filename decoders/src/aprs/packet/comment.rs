//! What follows a position: data extension (ch. 7), altitude and comment (ch. 6), `!DAO!` and base-91 telemetry (1.1, 1.2 addenda).
//!
//! ```text
//!   088/036  course, knots | PHG5132 RNG0050 DFS2360  station's reach: left out | /A=001234  feet | !W32! !w:!!  more digits
//! ```

use super::{Report, number, text, weather};
use model::{CentiDegrees, DeciKnots};

/// More digits of a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dao {
    pub lat_min: f64,
    pub lon_min: f64,
    pub cell_min: f64,
}

/// Reads all that follows a position into `report`, whose symbol and place are known.
pub fn read(mut b: &[u8], report: &mut Report) {
    if report.symbol.is_some_and(|s| s[1] == b'_') {
        let (found, rest) = weather::after_position(b);
        report.weather = found;
        b = rest;
    } else {
        b = extension(b, report);
    }
    remarks(b, report);
}

/// Altitude, more digits, telemetry: taken out of the comment; the rest is for people.
pub fn remarks(b: &[u8], report: &mut Report) {
    let mut rest = b.to_vec();
    if let Some((at, feet)) = altitude(&rest) {
        report.altitude_ft = Some(feet);
        rest.drain(at..at + 9);
    }
    if let Some((at, dao)) = dao(&rest) {
        report.place.refine(dao);
        rest.drain(at..at + 5);
    }
    if let Some((from, to)) = telemetry(&rest) {
        rest.drain(from..to);
    }
    report.comment = text(&rest);
}

fn extension<'a>(b: &'a [u8], report: &mut Report) -> &'a [u8] {
    if let Some(head) = b.get(..7).filter(|h| h[3] == b'/' && is_figure(&h[..3]) && is_figure(&h[4..])) {
        report.track = course(number(&head[..3]));
        report.speed = number(&head[4..]).and_then(|kt| DeciKnots::from_knots(f64::from(kt)));
        return direction_finding(&b[7..]);
    }
    let digits = |from: usize, to: usize| b.get(from..to).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
    if b.starts_with(b"PHG") && digits(3, 4) && digits(5, 7) {
        // The height is a character from '0' upwards; a fifth figure and '/' (beacons per hour) may follow.
        let probe = b.get(7).is_some_and(u8::is_ascii_alphanumeric) && b.get(8) == Some(&b'/');
        return &b[if probe { 9 } else { 7 }..];
    }
    if (b.starts_with(b"RNG") || b.starts_with(b"DFS")) && digits(3, 7) {
        return &b[7..];
    }
    b
}

/// `/BRG/NRQ` behind course and speed (ch. 7) is no comment.
fn direction_finding(b: &[u8]) -> &[u8] {
    let is = b.len() >= 8 && b[0] == b'/' && b[4] == b'/' && number(&b[1..4]).is_some() && number(&b[5..8]).is_some();
    if is { &b[8..] } else { b }
}

/// Figures, or dots or blanks for "unknown".
pub fn is_figure(b: &[u8]) -> bool {
    b.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b' '))
}

/// 1–360; 0 is unknown.
pub fn course(degrees: Option<u32>) -> Option<CentiDegrees> {
    degrees.filter(|d| (1..=360).contains(d)).and_then(|d| CentiDegrees::from_degrees(f64::from(d)))
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
        Some((at, Dao { lat_min, lon_min, cell_min }))
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

/// `|ss112233|`: sequence and up to five values in base 91.
fn telemetry(b: &[u8]) -> Option<(usize, usize)> {
    let from = b.iter().position(|&b| b == b'|')?;
    let len = b[from + 1..].iter().position(|&b| b == b'|')?;
    let body = &b[from + 1..from + 1 + len];
    let is = (4..=14).contains(&len) && len.is_multiple_of(2) && body.iter().all(|b| (b'!'..=b'{').contains(b));
    is.then_some((from, from + len + 2))
}
