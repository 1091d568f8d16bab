//! Weather (ch. 12): behind a position, without one, and as Ultimeter stations print it.
//!
//! ```text
//!   220/004g005t077r000p000P000h50b09900        wind from/speed, gust, °F, rain 1 h, 24 h, since midnight, humidity, 0.1 hPa
//!   _MMDDHHMMc220s004g005t077…                  without a position
//!   $ULTW, !!  hexadecimal fields of four       Ultimeter packet and data-logger mode
//! ```
//! Wind is in miles per hour (1.1 addendum), rain in hundredths of an inch.

use super::{PacketError, number};
use model::{CentiDegrees, DeciKnots, Weather};

const KNOTS_PER_MPH: f64 = 1.609_344 / 1.852;
const KNOTS_PER_DECI_KMH: f64 = 0.1 / 1.852;
const UM_PER_HUNDREDTH_INCH: u32 = 254;

/// Behind a position with the weather symbol. Returns what is left as comment.
pub fn after_position(b: &[u8]) -> (Option<Weather>, &[u8]) {
    let mut weather = Weather::default();
    let wind = b.get(..7).filter(|h| h[3] == b'/' && is_value(&h[..3]) && is_value(&h[4..]));
    let Some(wind) = wind else { return fields(b, weather) };
    weather.wind_from = direction(number(&wind[..3]));
    weather.wind_speed = mph(number(&wind[4..]));
    let (found, rest) = fields(&b[7..], weather);
    (found.or(Some(weather)), rest)
}

pub fn positionless(b: &[u8]) -> Result<Weather, PacketError> {
    let (time, rest) = b.split_at_checked(8).ok_or(PacketError::Weather)?;
    number(time).ok_or(PacketError::Weather)?;
    let rest = rest.strip_prefix(b"c").ok_or(PacketError::Weather)?;
    let speed = rest.get(3).filter(|&&b| b == b's').and(rest.get(4..7)).ok_or(PacketError::Weather)?;
    let weather = Weather { wind_from: direction(number(&rest[..3])), wind_speed: mph(number(speed)), ..Weather::default() };
    Ok(fields(&rest[7..], weather).0.unwrap_or(weather))
}

/// A letter and its figures, as long as they come. `None`: not one.
fn fields(mut b: &[u8], mut weather: Weather) -> (Option<Weather>, &[u8]) {
    let mut any = false;
    while let Some((letter, len)) = field(b) {
        let value = &b[1..len];
        let figure = number(value);
        match letter {
            b'g' => weather.wind_gust = mph(figure),
            b't' => weather.temperature_dc = fahrenheit(value),
            b'r' => weather.rain_1h_um = figure.map(|n| n * UM_PER_HUNDREDTH_INCH),
            b'p' => weather.rain_24h_um = figure.map(|n| n * UM_PER_HUNDREDTH_INCH),
            b'h' => weather.humidity_percent = figure.map(|n| if n == 0 { 100 } else { n as u8 }),
            b'b' => weather.pressure_dhpa = figure.and_then(|n| u16::try_from(n).ok()).filter(|n| *n != 0),
            // Rain since midnight, snow, luminosity: no place for them in the model.
            _ => {}
        }
        any = true;
        b = &b[len..];
    }
    (any.then_some(weather), b)
}

/// Letter and length of the field that `b` begins with.
fn field(b: &[u8]) -> Option<(u8, usize)> {
    let len = match b.first()? {
        // A value whose letter was left out, unknown anyway.
        b'.' => 4,
        // Below −99 °F, of which the specification did not think.
        b't' if b.get(1..5).is_some_and(|v| v[0] == b'-' && number(&v[1..]).is_some()) => 5,
        b'g' | b't' | b'r' | b'p' | b'P' | b's' | b'l' | b'L' | b'#' => 4,
        b'h' => 3,
        b'b' => 6,
        _ => return None,
    };
    let letter = b[0];
    b.get(1..len).filter(|v| is_value(v)).map(|_| (letter, len))
}

fn is_value(b: &[u8]) -> bool {
    b.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b' ' | b'-'))
}

fn direction(degrees: Option<u32>) -> Option<CentiDegrees> {
    degrees.filter(|d| *d <= 360).and_then(|d| CentiDegrees::from_degrees(f64::from(d)))
}

fn mph(figure: Option<u32>) -> Option<DeciKnots> {
    figure.and_then(|n| DeciKnots::from_knots(f64::from(n) * KNOTS_PER_MPH))
}

fn fahrenheit(b: &[u8]) -> Option<i16> {
    let degrees = match b.strip_prefix(b"-") {
        Some(below) => -f64::from(number(below)?),
        None => f64::from(number(b)?),
    };
    Some(to_deci_celsius(degrees))
}

fn to_deci_celsius(fahrenheit: f64) -> i16 {
    ((fahrenheit - 32.0) * 50.0 / 9.0).round() as i16
}

/// Ultimeter packet mode: gust, direction, temperature, rain, pressure, two, two, humidity, date, minute, rain today, wind.
pub fn packet_mode(b: &[u8]) -> Result<Weather, PacketError> {
    let f = hex_fields(b)?;
    let mut weather = ultimeter(f[1], f[2], f[4], f[8]);
    weather.wind_gust = deci_kmh(f[0]);
    weather.wind_speed = deci_kmh(f[12]);
    Ok(weather)
}

/// Ultimeter data logger: wind, direction, temperature, rain, pressure, inside, humidity, inside, date, minute, rain, average.
pub fn logger(b: &[u8]) -> Result<Weather, PacketError> {
    let f = hex_fields(b)?;
    let mut weather = ultimeter(f[1], f[2], f[4], f[6]);
    weather.wind_speed = deci_kmh(f[11]).or(deci_kmh(f[0]));
    Ok(weather)
}

/// What both modes have in common: 1/256 circle, 0.1 °F, 0.1 hPa, 0.1 %.
fn ultimeter(direction: Option<u16>, temperature: Option<u16>, pressure: Option<u16>, humidity: Option<u16>) -> Weather {
    Weather {
        wind_from: direction.and_then(|d| CentiDegrees::from_degrees(f64::from(d & 0xFF) * 360.0 / 256.0)),
        temperature_dc: temperature.map(|t| to_deci_celsius(f64::from(t as i16) / 10.0)),
        pressure_dhpa: pressure.filter(|p| (5_000..=12_000).contains(p)),
        humidity_percent: humidity.filter(|h| *h <= 1000).map(|h| ((h + 5) / 10) as u8),
        ..Weather::default()
    }
}

fn deci_kmh(figure: Option<u16>) -> Option<DeciKnots> {
    figure.and_then(|n| DeciKnots::from_knots(f64::from(n) * KNOTS_PER_DECI_KMH))
}

/// Up to thirteen fields of four hexadecimal digits; `----` is no value.
fn hex_fields(b: &[u8]) -> Result<[Option<u16>; 13], PacketError> {
    let mut fields = [None; 13];
    let mut count = 0;
    for (to, four) in fields.iter_mut().zip(b.trim_ascii_end().chunks_exact(4)) {
        if four == b"----" {
            continue;
        }
        let value = core::str::from_utf8(four).ok().filter(|s| s.bytes().all(|b| b.is_ascii_hexdigit()));
        *to = Some(value.and_then(|s| u16::from_str_radix(s, 16).ok()).ok_or(PacketError::Weather)?);
        count += 1;
    }
    if count == 0 { Err(PacketError::Weather) } else { Ok(fields) }
}
