//! NMEA 0183 as trackers send it raw (ch. 5, `$`): RMC, GGA, GLL.
//!
//! ```text
//!   $GPRMC,time,A,ddmm.mmm,N,dddmm.mmm,W,knots,course,date,…*hh     $GPGGA,time,lat,N,lon,W,fix,sats,hdop,metres,M,…
//!   $GPGLL,lat,N,lon,W,time,A
//! ```
//! The symbol is in the destination, `GPSxy` (ch. 20).

use super::{PacketError, Place, Report, Symbol, Time, number};
use model::{CentiDegrees, DeciKnots};

type Fields<'a> = [&'a [u8]; 20];

/// `b`: behind `$`.
pub fn report(destination: &[u8], b: &[u8]) -> Result<Report, PacketError> {
    let b = checked(b.trim_ascii())?;
    let mut fields: Fields<'_> = [&[]; 20];
    fields.iter_mut().zip(b.split(|&b| b == b',')).for_each(|(to, from)| *to = from);
    let kind = fields[0].get(2..).ok_or(PacketError::Nmea)?;
    let mut report = match kind {
        b"RMC" => rmc(&fields)?,
        b"GGA" => gga(&fields)?,
        b"GLL" => gll(&fields)?,
        _ => return Err(PacketError::Nmea),
    };
    report.symbol = symbol(destination);
    Ok(report)
}

/// Without the checksum, which must be right if it is there.
fn checked(b: &[u8]) -> Result<&[u8], PacketError> {
    let Some(star) = b.iter().rposition(|&b| b == b'*') else { return Ok(b) };
    let sum = b[..star].iter().fold(0, |x, b| x ^ b);
    let told = core::str::from_utf8(b.get(star + 1..star + 3).unwrap_or_default()).ok().and_then(|h| u8::from_str_radix(h, 16).ok());
    if told == Some(sum) { Ok(&b[..star]) } else { Err(PacketError::NmeaChecksum) }
}

fn rmc(f: &Fields<'_>) -> Result<Report, PacketError> {
    if f[2] != b"A" {
        return Err(PacketError::NoFix);
    }
    let mut report = Report::at(place(&f[3..7])?, None);
    report.time = Time::of_nmea(f[1]);
    report.speed = decimal(f[7]).and_then(DeciKnots::from_knots);
    report.track = decimal(f[8]).filter(|d| *d <= 360.0).and_then(CentiDegrees::from_degrees);
    Ok(report)
}

fn gga(f: &Fields<'_>) -> Result<Report, PacketError> {
    if number(f[6]).is_none_or(|fix| fix == 0) {
        return Err(PacketError::NoFix);
    }
    let mut report = Report::at(place(&f[2..6])?, None);
    report.time = Time::of_nmea(f[1]);
    let metres = decimal(f[9]).filter(|_| f[10] == b"M");
    report.altitude_ft = metres.map(|m| (m / 0.3048).round() as i32);
    Ok(report)
}

fn gll(f: &Fields<'_>) -> Result<Report, PacketError> {
    if f[6].starts_with(b"V") {
        return Err(PacketError::NoFix);
    }
    Ok(Report { time: Time::of_nmea(f[5]), ..Report::at(place(&f[1..5])?, None) })
}

fn place(f: &[&[u8]]) -> Result<Place, PacketError> {
    let (lat_deg, lat_cell) = coordinate(f[0], 2).filter(|(d, _)| *d <= 90.0).ok_or(PacketError::Nmea)?;
    let (lon_deg, lon_cell) = coordinate(f[2], 3).filter(|(d, _)| *d <= 180.0).ok_or(PacketError::Nmea)?;
    let sign = |b: &[u8], plus: &[u8], minus: &[u8]| match b {
        b if b == plus => Ok(1.0),
        b if b == minus => Ok(-1.0),
        _ => Err(PacketError::Nmea),
    };
    let (south, west) = (sign(f[1], b"N", b"S")?, sign(f[3], b"E", b"W")?);
    Ok(Place { lat_deg: south * lat_deg, lon_deg: west * lon_deg, cell_min: lat_cell.max(lon_cell) })
}

/// `dd…mm.mmm` to degrees, and the weight of its last digit in minutes.
fn coordinate(b: &[u8], degree_digits: usize) -> Option<(f64, f64)> {
    let (degrees, minutes) = b.split_at_checked(degree_digits)?;
    let places = minutes.iter().position(|&b| b == b'.').map_or(0, |dot| minutes.len() - dot - 1);
    let value = decimal(minutes).filter(|m| (0.0..60.0).contains(m))?;
    Some((f64::from(number(degrees)?) + value / 60.0, 0.1_f64.powi(places.min(6) as i32)))
}

/// Plain decimals: digits, at most one dot, a leading minus.
fn decimal(b: &[u8]) -> Option<f64> {
    let plain = b.len() <= 12 && b.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    if plain { core::str::from_utf8(b).ok()?.parse().ok() } else { None }
}

/// `GPSxy`, `SPCxy`, `SYMxy`: x names the table and the range, y the symbol in it (ch. 20).
fn symbol(destination: &[u8]) -> Option<Symbol> {
    let rest = [&b"GPS"[..], b"SPC", b"SYM"].into_iter().find_map(|p| destination.strip_prefix(p))?;
    let &[x, y] = rest.get(..2)? else { return None };
    let (table, first_y, first_symbol, count) = match x {
        b'B' => (b'/', b'B', b'!', 15),
        b'P' => (b'/', if y.is_ascii_digit() { b'0' } else { b'A' }, if y.is_ascii_digit() { b'0' } else { b'A' }, 26),
        b'M' => (b'/', b'R', b':', 7),
        b'H' => (b'/', b'S', b'[', 6),
        b'L' => (b'/', b'A', b'a', 26),
        b'J' => (b'/', b'1', b'{', 4),
        b'O' => (b'\\', b'B', b'!', 15),
        b'A' => (b'\\', if y.is_ascii_digit() { b'0' } else { b'A' }, if y.is_ascii_digit() { b'0' } else { b'A' }, 26),
        b'N' => (b'\\', b'R', b':', 7),
        b'D' => (b'\\', b'S', b'[', 6),
        b'S' => (b'\\', b'A', b'a', 26),
        b'Q' => (b'\\', b'1', b'{', 4),
        _ => return None,
    };
    let index = y.checked_sub(first_y).filter(|i| *i < count)?;
    Some([table, first_symbol + index])
}
