//! What APRS stations say (APRS Protocol Reference 1.01): information fields, and for Mic-E the destination too.

use crate::world::{AprsState, WeatherNow};
use model::LatLon;

/// Symbol table and code: `/>` is a car, `/_` a weather station, `/#` a digipeater, `/O` a balloon.
pub type Symbol = [u8; 2];

/// Day, hour and minute of UTC.
pub type DayHourMinute = (u8, u8, u8);

/// Chapter 8: `!` or `@…z`, latitude, longitude, course/speed, altitude.
pub fn position(state: &AprsState, symbol: Symbol, at: Option<DayHourMinute>, comment: &str) -> Vec<u8> {
    let head = at.map_or_else(|| "!".to_owned(), |at| format!("@{}", timestamp(at)));
    format!("{head}{}{}{comment}", plain_place(state.at, symbol), motion(state)).into_bytes()
}

/// Chapter 9: the same in 13 bytes of base 91, with course and speed.
pub fn compressed(state: &AprsState, symbol: Symbol, comment: &str) -> Vec<u8> {
    let lat = base91::<4>((380_926.0 * (90.0 - state.at.lat_deg())) as u32);
    let lon = base91::<4>((190_463.0 * (180.0 + state.at.lon_deg())) as u32);
    let course = 33 + (state.course_deg / 4.0).round() as u8 % 90;
    let speed = 33 + ((state.speed_kt + 1.0).ln() / 1.08_f64.ln()).round().min(90.0) as u8;
    // Compression type: current fix, of unknown kind, made by software.
    let kind = 33 + 0b10_0010;
    [&[b'!', symbol[0]], &lat[..], &lon[..], &[symbol[1], course, speed, kind], comment.as_bytes()].concat()
}

/// Chapter 10: destination and information field. Message "off duty" (all bits one), current fix.
pub fn mic_e(state: &AprsState, symbol: Symbol, comment: &str) -> (String, Vec<u8>) {
    let lat_hundredths = (state.at.lat_deg().abs() * 6000.0).round() as u32;
    let lon_hundredths = (state.at.lon_deg().abs() * 6000.0).round() as u32;
    let (lat_deg, lat_min) = (lat_hundredths / 6000, lat_hundredths % 6000);
    let (lon_deg, lon_min) = (lon_hundredths / 6000, lon_hundredths % 6000);
    let digits = format!("{lat_deg:02}{lat_min:04}");
    let far = !(10..100).contains(&lon_deg);
    let flags = [true, true, true, 0.0 <= state.at.lat_deg(), far, state.at.lon_deg() < 0.0];
    let destination = digits.bytes().zip(flags).map(|(digit, one)| char::from(if one { digit - b'0' + b'P' } else { digit })).collect();
    let lon_byte = match lon_deg {
        0..=9 => lon_deg + 118,
        10..=99 => lon_deg + 28,
        100..=109 => lon_deg + 8,
        _ => lon_deg - 100 + 28,
    };
    let minute_byte = if lon_min / 100 < 10 { lon_min / 100 + 88 } else { lon_min / 100 + 28 };
    let (speed, course) = (state.speed_kt.round() as u32 % 800, 1 + (state.course_deg.round() as u32 + 359) % 360);
    let tens = if speed < 200 { speed / 10 + 108 } else { speed / 10 + 28 };
    let bytes = [lon_byte, minute_byte, lon_min % 100 + 28, tens, speed % 10 * 10 + course / 100 + 32, course % 100 + 28];
    let altitude = base91::<3>((f64::from(state.alt_ft) * 0.3048).round() as u32 + 10_000);
    let body = bytes.map(|b| b as u8);
    (destination, [b"`", &body[..], &[symbol[1], symbol[0]], &altitude, b"}", comment.as_bytes()].concat())
}

/// Chapter 11: an object that is alive; the name is cut or padded to nine characters.
pub fn object(name: &str, state: &AprsState, symbol: Symbol, at: DayHourMinute, comment: &str) -> Vec<u8> {
    format!(";{name:<9.9}*{}{}{}{comment}", timestamp(at), plain_place(state.at, symbol), motion(state)).into_bytes()
}

/// Chapter 11: an item, three to nine characters.
pub fn item(name: &str, at: LatLon, symbol: Symbol, comment: &str) -> Vec<u8> {
    format!("){name:.9}!{}{comment}", plain_place(at, symbol)).into_bytes()
}

/// Chapter 12: a weather report with position.
pub fn weather(at: LatLon, now: &WeatherNow, time: DayHourMinute) -> Vec<u8> {
    let pressure = (now.pressure_hpa * 10.0).round();
    let rain = (now.rain_1h_inch * 100.0).round();
    let wind_from = 1 + (now.wind_from_deg.round() as u32 + 359) % 360;
    let humidity = now.humidity_percent % 100;
    format!(
        "@{}{}{wind_from:03}/{:03.0}g{:03.0}t{:03.0}r{rain:03.0}h{humidity:02}b{pressure:05.0}",
        timestamp(time),
        plain_place(at, *b"/_"),
        now.wind_mph,
        now.gust_mph,
        now.temperature_f,
    )
    .into_bytes()
}

/// Chapter 13: telemetry, five analogue values 0–255 and eight bits.
pub fn telemetry(sequence: u16, analogue: [u8; 5], digital: u8) -> Vec<u8> {
    let values: String = analogue.iter().map(|v| format!("{v:03},")).collect();
    format!("T#{:03},{values}{digital:08b}", sequence % 1000).into_bytes()
}

/// Chapter 14: a message; with an id it asks for an acknowledgement.
pub fn message(to: &str, text: &str, id: Option<u16>) -> Vec<u8> {
    let id = id.map_or_else(String::new, |id| format!("{{{id}"));
    format!(":{to:<9.9}:{text:.67}{id}").into_bytes()
}

/// Chapter 14: the acknowledgement of message `id`.
pub fn acknowledgement(to: &str, id: u16) -> Vec<u8> {
    format!(":{to:<9.9}:ack{id}").into_bytes()
}

/// Chapter 16.
pub fn status(text: &str) -> Vec<u8> {
    format!(">{text:.62}").into_bytes()
}

fn timestamp((day, hour, minute): DayHourMinute) -> String {
    format!("{day:02}{hour:02}{minute:02}z")
}

/// `DDMM.hhN`, table, `DDDMM.hhE`, code.
fn plain_place(at: LatLon, symbol: Symbol) -> String {
    let part = |deg: f64, width: usize, letters: [char; 2]| {
        let hundredths = (deg.abs() * 6000.0).round() as u32;
        let letter = letters[usize::from(deg < 0.0)];
        format!("{:0width$}{:02}.{:02}{letter}", hundredths / 6000, hundredths % 6000 / 100, hundredths % 100)
    };
    let (lat, lon) = (part(at.lat_deg(), 2, ['N', 'S']), part(at.lon_deg(), 3, ['E', 'W']));
    format!("{lat}{}{lon}{}", symbol[0] as char, symbol[1] as char)
}

/// `CSE/SPD/A=aaaaaa`: nothing for what neither moves nor flies.
fn motion(state: &AprsState) -> String {
    let course = 1 + (state.course_deg.round() as u32 + 359) % 360;
    let motion = if 0.0 < state.speed_kt { format!("{course:03}/{:03.0}", state.speed_kt) } else { String::new() };
    let altitude = if state.alt_ft == 0 { String::new() } else { format!("/A={:06}", state.alt_ft) };
    motion + &altitude
}

/// Most significant digit first; saturated.
fn base91<const N: usize>(value: u32) -> [u8; N] {
    let mut rest = value.min(91_u32.pow(N as u32) - 1);
    let mut digits = [0; N];
    for digit in digits.iter_mut().rev() {
        *digit = 33 + (rest % 91) as u8;
        rest /= 91;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::AprsKind;
    use model::ShortText;

    fn car(lat: f64, lon: f64) -> AprsState {
        AprsState {
            kind: AprsKind::Car,
            call: ShortText::new("N0CALL-9").unwrap(),
            at: LatLon::from_degrees(lat, lon).unwrap(),
            speed_kt: 36.0,
            course_deg: 88.0,
            alt_ft: 1234,
            weather: None,
        }
    }

    #[test]
    fn examples_of_the_reference_come_out() {
        let at = car(49.0583, -72.0292);
        assert_eq!(position(&at, *b"/>", None, ""), b"!4903.50N/07201.75W>088/036/A=001234");
        assert_eq!(&position(&at, *b"/>", Some((9, 23, 45)), "")[..8], b"@092345z");
        // Chapter 9: 49°30' N, 72°45' W, course 88°, speed 36.2 kt: /5L!!<*e7>7P[ (type byte aside).
        let state = AprsState { speed_kt: 36.2, ..car(49.5, -72.75) };
        assert_eq!(&compressed(&state, *b"/>", "")[..13], b"!/5L!!<*e7>7P");
        assert_eq!(message("WU2Z", "Testing", Some(3)), b":WU2Z     :Testing{3");
        assert_eq!(telemetry(5, [199, 0, 255, 73, 123], 0b0110_1101), b"T#005,199,000,255,073,123,01101101");
        assert_eq!(&object("LEADER", &at, *b"/>", (9, 23, 45), "")[..18], b";LEADER   *092345z");
    }

    #[test]
    fn mic_e_of_the_reference() {
        // Chapter 10: latitude 33°25.64' N, west, offset 0; "off duty" here instead of the example's message.
        let state = AprsState { speed_kt: 20.0, course_deg: 251.0, ..car(33.427_333, -112.129_0) };
        let (destination, info) = mic_e(&state, *b"/>", "");
        assert_eq!(destination, "SSRUVT");
        // 112°07.74': 112 − 100 + 28 = 40 '(', 7 + 88 = 95 '_', 74 + 28 = 102 'f'; 20 kt, 251°: 'n' '"' 'O' as in the reference.
        assert_eq!(&info[..9], b"`(_fn\"O>/");
    }
}
