//! Positions: plain with ambiguity (ch. 6, 8) and compressed (ch. 9).
//!
//! ```text
//!   plain       4903.50N/07201.75W-      blanks from the right hide digits: the true place is somewhere in that cell
//!   compressed  /YYYYXXXX$csT            base 91; lat = 90 − Y/380926, lon = −180 + X/190463
//!   locator     [IO91SX]                 Maidenhead: fields of 20° by 10°, squares of 2° by 1°, subsquares of 5′ by 2.5′
//! ```

use super::comment::{self, Dao};
use super::{PacketError, Reach, Report, Symbol, base91, number, text};
use model::{CentiDegrees, DeciKnots, LatLon};

/// A place and how large the cell is that its digits name. The place is the cell's centre where digits were hidden, else what was
/// sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub lat_deg: f64,
    pub lon_deg: f64,
    /// Size of the cell in minutes of arc.
    pub cell_min: f64,
}

const METRES_PER_MINUTE: f64 = 1852.0;
/// What a satellite fix itself is good for, added to the digits' own coarseness.
const FIX_M: f64 = 10.0;

impl Place {
    /// `None`: out of range, or exactly 0°/0° (a tracker without a fix).
    pub fn lat_lon(&self) -> Option<LatLon> {
        LatLon::from_degrees(self.lat_deg, self.lon_deg).filter(|p| (p.lat_e7(), p.lon_e7()) != (0, 0))
    }

    /// From the place to the cell's corner, and 10 m for the fix.
    pub fn accuracy_m(&self) -> u32 {
        let half_m = self.cell_min * METRES_PER_MINUTE / 2.0;
        (half_m.hypot(half_m * self.lat_deg.to_radians().cos()) + FIX_M).ceil() as u32
    }

    /// Adds the digits of a `!DAO!` (1.1 addendum): away from the equator and the meridian.
    pub fn refine(&mut self, dao: Dao) {
        self.lat_deg += (dao.lat_min / 60.0).copysign(self.lat_deg);
        self.lon_deg += (dao.lon_min / 60.0).copysign(self.lon_deg);
        self.cell_min = dao.cell_min;
    }
}

/// Cells in minutes by hidden digits.
pub const CELLS_MIN: [f64; 5] = [0.01, 0.1, 1.0, 10.0, 60.0];

/// Minutes from the digits `m m h h`, the last `hidden` of them unknown: the middle of what is left.
pub fn minutes(digits: [u8; 4], hidden: usize) -> Option<f64> {
    const WEIGHTS: [f64; 4] = [10.0, 1.0, 0.1, 0.01];
    let known = &digits[..4 - hidden];
    if known.iter().any(|d| !d.is_ascii_digit()) {
        return None;
    }
    let minutes: f64 = known.iter().zip(WEIGHTS).map(|(d, w)| f64::from(d - b'0') * w).sum();
    let middle = if hidden == 0 { 0.0 } else { CELLS_MIN[hidden] / 2.0 };
    (minutes < 60.0).then_some(minutes + middle)
}

/// A position and all that follows it.
pub fn report(b: &[u8]) -> Result<Report, PacketError> {
    match b.first() {
        Some(c) if c.is_ascii_digit() || *c == b' ' => plain(b),
        Some(b'/' | b'\\' | b'A'..=b'Z' | b'a'..=b'j') => compressed(b),
        _ => Err(PacketError::Position),
    }
}

/// `IO91SX]comment`: the middle of the square, or of the subsquare. Obsolete (ch. 5), and still heard.
pub fn locator(b: &[u8]) -> Result<Report, PacketError> {
    let end = b.iter().position(|&b| b == b']').filter(|end| matches!(end, 4 | 6)).ok_or(PacketError::Locator)?;
    let letter = |b: u8, most: u8| Some(f64::from(b.to_ascii_uppercase().checked_sub(b'A').filter(|n| *n <= most)?));
    let pair = |place: usize| -> Option<f64> {
        let coarse = 10.0 * letter(b[place], b'R' - b'A')? + f64::from(number(&b[place + 2..place + 3])?);
        // In units of a square: of which a subsquare is 1/24.
        let fine = if end == 6 { (letter(b[place + 4], b'X' - b'A')? + 0.5) / 24.0 } else { 0.5 };
        Some(coarse + fine)
    };
    let (x, y) = pair(0).zip(pair(1)).ok_or(PacketError::Locator)?;
    // The cell's longer side.
    let cell_min = if end == 6 { 5.0 } else { 120.0 };
    let mut report = Report::at(Place { lat_deg: y - 90.0, lon_deg: 2.0 * x - 180.0, cell_min }, None);
    report.comment = text(&b[end + 1..]);
    Ok(report)
}

fn plain(b: &[u8]) -> Result<Report, PacketError> {
    let (head, rest) = b.split_at_checked(19).ok_or(PacketError::Position)?;
    let place = plain_place(head).ok_or(PacketError::Position)?;
    let symbol = [symbol_table(head[8])?, head[18]];
    let mut report = Report::at(place, Some(symbol));
    comment::read(rest, &mut report);
    Ok(report)
}

fn plain_place(b: &[u8]) -> Option<Place> {
    let (lat, lon) = (&b[..8], &b[9..18]);
    if lat[4] != b'.' || lon[5] != b'.' {
        return None;
    }
    let lat_digits = [lat[2], lat[3], lat[5], lat[6]];
    let lon_digits = [lon[3], lon[4], lon[6], lon[7]];
    let hidden = |d: &[u8; 4]| d.iter().rev().take_while(|&&d| d == b' ').count();
    let hidden = hidden(&lat_digits).max(hidden(&lon_digits));
    let lat_deg = f64::from(number(&lat[..2])?) + minutes(lat_digits, hidden)? / 60.0;
    let lon_deg = f64::from(number(&lon[..3])?) + minutes(lon_digits, hidden)? / 60.0;
    let south = sign(lat[7], b'N', b'S')?;
    let west = sign(lon[8], b'E', b'W')?;
    let in_range = lat_deg <= 90.0 && lon_deg <= 180.0;
    in_range.then_some(Place { lat_deg: south * lat_deg, lon_deg: west * lon_deg, cell_min: CELLS_MIN[hidden] })
}

fn sign(b: u8, plus: u8, minus: u8) -> Option<f64> {
    match b.to_ascii_uppercase() {
        b if b == plus => Some(1.0),
        b if b == minus => Some(-1.0),
        _ => None,
    }
}

/// Compressed reports have a–j for overlays 0–9.
pub fn symbol_table(b: u8) -> Result<u8, PacketError> {
    match b {
        b'/' | b'\\' | b'0'..=b'9' | b'A'..=b'Z' => Ok(b),
        b'a'..=b'j' => Ok(b - b'a' + b'0'),
        _ => Err(PacketError::SymbolTable(b)),
    }
}

fn compressed(b: &[u8]) -> Result<Report, PacketError> {
    let (head, rest) = b.split_at_checked(13).ok_or(PacketError::Position)?;
    let coordinate = |b: &[u8]| base91(b).map(f64::from).ok_or(PacketError::Position);
    let lat_deg = 90.0 - coordinate(&head[1..5])? / 380_926.0;
    let lon_deg = -180.0 + coordinate(&head[5..9])? / 190_463.0;
    if !(-90.0..=90.0).contains(&lat_deg) || 180.0 < lon_deg {
        return Err(PacketError::Position);
    }
    // One step of longitude, the larger of both.
    let place = Place { lat_deg, lon_deg, cell_min: 60.0 / 190_463.0 };
    let mut report = Report::at(place, Some([symbol_table(head[0])?, head[9]]));
    comment::read(rest, &mut report);
    motion_of_cst(head[10], head[11], head[12], &mut report);
    Ok(report)
}

/// The bytes c, s and T (ch. 9): course and speed, altitude, or range; of a weather station the wind (ch. 12).
fn motion_of_cst(c: u8, s: u8, kind: u8, report: &mut Report) {
    let (Some(c), Some(s)) = (base91(&[c]), base91(&[s])) else { return };
    // T: bit 5 = 1: current; bits 4 and 3 = 10: from a GGA sentence, and then c and s are an altitude.
    let kind = kind.wrapping_sub(b'!');
    report.current_fix = Some(kind & 0x20 != 0);
    if kind & 0x18 == 0x10 {
        report.altitude_ft = Some(1.002_f64.powi((c * 91 + s) as i32).round() as i32);
    } else if c == u32::from(b'{' - b'!') {
        report.reach = Some(Reach::RangeMi(2.0 * 1.08_f64.powi(s as i32)));
    } else {
        let (direction, speed) = (CentiDegrees::from_degrees(f64::from(c * 4)), DeciKnots::from_knots(1.08_f64.powi(s as i32) - 1.0));
        match &mut report.weather {
            Some(weather) if weather.surface.wind_from.is_none() && weather.surface.wind_speed.is_none() => {
                (weather.surface.wind_from, weather.surface.wind_speed) = (direction, speed);
            }
            _ => (report.track, report.speed) = (direction, speed),
        }
    }
}

impl Report {
    pub(super) fn at(place: Place, symbol: Option<Symbol>) -> Self {
        Self {
            place,
            symbol,
            track: None,
            speed: None,
            altitude_ft: None,
            weather: None,
            reach: None,
            bearing: None,
            telemetry: None,
            mic_e: None,
            device: None,
            time: None,
            messaging: None,
            current_fix: None,
            datum: None,
            comment: String::new(),
        }
    }
}
