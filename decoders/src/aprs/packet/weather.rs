//! Weather (ch. 12): behind a position, without one, and as Ultimeter stations print it.
//!
//! ```text
//!   220/004g005t077r000p000P000h50b09900        wind from/speed, gust, °F, rain 1 h, 24 h, since midnight, humidity, 0.1 hPa
//!   _MMDDHHMMc220s004g005t077…                  without a position
//!   $ULTW, !!  hexadecimal fields of four       Ultimeter packet and data-logger mode
//!   #50B7500820082                              Peet Bros U-II: 1/16 circle, km/h (* mph), °F + 56, rain counters
//! ```
//! Wind is in miles per hour (1.1 addendum), rain in hundredths of an inch.

use super::{PacketError, number, text};
use model::{CentiDegrees, DeciKnots, Weather};

/// What a weather station says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What every consumer of the model knows.
    pub surface: Weather,
    pub inside_temperature_dc: Option<i16>,
    pub inside_humidity_percent: Option<u8>,
    /// Software and kind of station, as it names them at the end.
    pub software: Option<String>,
    /// Of a report without a position.
    pub comment: String,
}

const KNOTS_PER_MPH: f64 = 1.609_344 / 1.852;
const KNOTS_PER_DECI_KMH: f64 = 0.1 / 1.852;
const UM_PER_HUNDREDTH_INCH: u32 = 254;

/// Behind a position with the weather symbol. Returns what is left as comment.
pub fn after_position(b: &[u8]) -> (Option<Report>, &[u8]) {
    let mut weather = Report::default();
    let wind = b.get(..7).filter(|h| h[3] == b'/' && is_value(&h[..3]) && is_value(&h[4..]));
    if let Some(wind) = wind {
        weather.surface.wind_from = direction(number(&wind[..3]));
        weather.surface.wind_speed = mph(number(&wind[4..]));
    }
    let (any, rest) = fields(&b[if wind.is_some() { 7 } else { 0 }..], &mut weather);
    let rest = if any { software(rest, &mut weather) } else { rest };
    ((any || wind.is_some()).then_some(weather), rest)
}

pub fn positionless(b: &[u8]) -> Result<Report, PacketError> {
    let (time, rest) = b.split_at_checked(8).ok_or(PacketError::Weather)?;
    number(time).ok_or(PacketError::Weather)?;
    let rest = rest.strip_prefix(b"c").ok_or(PacketError::Weather)?;
    let speed = rest.get(3).filter(|&&b| b == b's').and(rest.get(4..7)).ok_or(PacketError::Weather)?;
    let mut weather = Report::default();
    (weather.surface.wind_from, weather.surface.wind_speed) = (direction(number(&rest[..3])), mph(number(speed)));
    let (_, rest) = fields(&rest[7..], &mut weather);
    weather.comment = text(software(rest, &mut weather));
    Ok(weather)
}

/// Letters and their figures, as long as they come; was there any, and what is left.
fn fields<'a>(mut b: &'a [u8], weather: &mut Report) -> (bool, &'a [u8]) {
    let mut any = false;
    while let Some((letter, len)) = field(b) {
        put(letter, &b[1..len], weather);
        any = true;
        b = &b[len..];
    }
    (any, b)
}

/// Three to five letters and digits at the end name software and station; one letter may stand before snow and light.
fn software<'a>(b: &'a [u8], weather: &mut Report) -> &'a [u8] {
    if let [letter, after @ ..] = b
        && letter.is_ascii_alphabetic()
        && matches!(after.first(), Some(b's' | b'l' | b'L' | b'#'))
        && let (true, []) = fields(after, weather)
    {
        return &b[..1];
    }
    let name = b.trim_ascii();
    let is_name = (3..=5).contains(&name.len()) && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !is_name {
        return b;
    }
    weather.software = Some(text(name));
    &[]
}

fn put(letter: u8, value: &[u8], weather: &mut Report) {
    let figure = number(value);
    let rain = figure.map(|n| n * UM_PER_HUNDREDTH_INCH);
    let surface = &mut weather.surface;
    match letter {
        b'g' => surface.wind_gust = mph(figure),
        b't' => surface.temperature_dc = fahrenheit(value),
        b'r' => surface.rain_1h_um = rain,
        b'p' => surface.rain_24h_um = rain,
        b'P' => surface.rain_midnight_um = rain,
        b'h' => surface.humidity_percent = figure.map(|n| if n == 0 { 100 } else { n as u8 }),
        b'b' => surface.pressure_dhpa = figure.and_then(|n| u16::try_from(n).ok()).filter(|n| *n != 0),
        // L below 1,000 W/m², l from there on.
        b'L' | b'l' => surface.luminosity_w_m2 = figure.map(|n| n as u16 + if letter == b'l' { 1_000 } else { 0 }),
        // Inches, a dot among them or not.
        b's' => surface.snow_24h_um = inches(value),
        // The raw rain counter means nothing without the one before.
        _ => {}
    }
}

fn inches(b: &[u8]) -> Option<u32> {
    const UM_PER_INCH: f64 = 25_400.0;
    let told: f64 = core::str::from_utf8(b).ok()?.parse().ok()?;
    (0.0..1_000.0).contains(&told).then_some((told * UM_PER_INCH).round() as u32)
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
        // Five digits; some send four.
        b'b' if b.get(1..6).is_some_and(is_value) => 6,
        b'b' => 5,
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

/// Ultimeter packet mode: gust, direction, temperature, rain, pressure, three of the barometer, humidity, date, minute, rain today, wind.
pub fn packet_mode(b: &[u8]) -> Result<Report, PacketError> {
    let f = hex_fields(b)?;
    let mut weather = ultimeter(f[1], f[2], f[4], f[8]);
    weather.surface.wind_gust = deci_kmh(f[0]);
    weather.surface.wind_speed = deci_kmh(f[12]);
    weather.surface.rain_midnight_um = hundredths_inch(f[11].or(f[3]));
    Ok(weather)
}

/// Ultimeter data logger: wind, direction, temperature, rain, pressure, inside temperature, humidity, inside, date, minute, rain today,
/// average wind.
pub fn logger(b: &[u8]) -> Result<Report, PacketError> {
    let f = hex_fields(b)?;
    let mut weather = ultimeter(f[1], f[2], f[4], f[6]);
    weather.surface.wind_speed = deci_kmh(f[11]).or(deci_kmh(f[0]));
    weather.surface.rain_midnight_um = hundredths_inch(f[10].or(f[3]));
    weather.inside_temperature_dc = f[5].map(|t| to_deci_celsius(f64::from(t as i16) / 10.0));
    weather.inside_humidity_percent = percent(f[7]);
    Ok(weather)
}

/// What both modes have in common: 1/256 circle, 0.1 °F, 0.1 hPa, 0.1 %.
fn ultimeter(direction: Option<u16>, temperature: Option<u16>, pressure: Option<u16>, humidity: Option<u16>) -> Report {
    let surface = Weather {
        wind_from: direction.and_then(|d| CentiDegrees::from_degrees(f64::from(d & 0xFF) * 360.0 / 256.0)),
        temperature_dc: temperature.map(|t| to_deci_celsius(f64::from(t as i16) / 10.0)),
        pressure_dhpa: pressure.filter(|p| (5_000..=12_000).contains(p)),
        humidity_percent: percent(humidity),
        ..Weather::default()
    };
    Report { surface, ..Report::default() }
}

fn percent(tenths: Option<u16>) -> Option<u8> {
    tenths.filter(|h| (1..=1000).contains(h)).map(|h| ((h + 5) / 10) as u8)
}

fn hundredths_inch(figure: Option<u16>) -> Option<u32> {
    figure.map(|n| u32::from(n) * UM_PER_HUNDREDTH_INCH)
}

fn deci_kmh(figure: Option<u16>) -> Option<DeciKnots> {
    figure.and_then(|n| DeciKnots::from_knots(f64::from(n) * KNOTS_PER_DECI_KMH))
}

/// Peet Bros Ultimeter-II: five bytes as hexadecimal, the last two with the rain that its counters saw, which mean nothing without what
/// they were before. `kmh`: else miles per hour.
pub fn peet_bros(b: &[u8], kmh: bool) -> Result<Report, PacketError> {
    const DIGITS: usize = 13;
    const OFFSET_F: f64 = 56.0;
    let digits = b.trim_ascii_end();
    let is_one = digits.len() == DIGITS && digits.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    if !is_one {
        return Err(PacketError::Weather);
    }
    // `-`: not measured.
    let value = |range: core::ops::Range<usize>| u32::from_str_radix(core::str::from_utf8(&digits[range]).ok()?, 16).ok();
    let knots = if kmh { 1.0 / 1.852 } else { KNOTS_PER_MPH };
    let surface = Weather {
        wind_from: value(0..1).and_then(|sixteenths| CentiDegrees::from_degrees(f64::from(sixteenths) * 22.5)),
        wind_speed: value(1..3).and_then(|speed| DeciKnots::from_knots(f64::from(speed) * knots)),
        temperature_dc: value(3..5).map(|t| to_deci_celsius(f64::from(t) - OFFSET_F)),
        ..Weather::default()
    };
    if surface == Weather::default() { Err(PacketError::Weather) } else { Ok(Report { surface, ..Report::default() }) }
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
