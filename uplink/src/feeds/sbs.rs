//! SBS-1 BaseStation text, out: one line per decoded fact (Kinetic's "Socket data and BST files").
//!
//! ```text
//!   MSG,3,1,1,4CA2D6,1,2008/11/28,14:53:50.594,2008/11/28,14:58:51.153,,37000,,,51.45735,-1.02826,,,,0,,0
//!    0  1 2 3   4    5      6 generated 7          8 logged     9      10  11 12 13   14     15     16 … 21
//!   10 callsign  11 altitude ft  12 ground speed kt  13 track °  14 lat  15 lon  16 vertical rate ft/min
//!   17 squawk  18 alert  19 emergency  20 SPI  21 on ground       flags: -1 yes, 0 no, empty not known
//! ```
//! Type 1 identity, 2 position on the ground, 3 position in the air, 4 velocity, 5 altitude, 6 squawk, 7 altitude from an
//! air-to-air reply, 8 nothing but a flag. Session, aircraft and flight numbers are a database's: always 1. Times are UTC.
//! An address that ICAO did not assign begins with `~`, as readsb has it.

use model::{
    DeciKnots, Emergency, Event, EventKind, HeadingReference, Identity, Position, Raw, SpeedKind, Status, Subject, UnixMicros, Velocity,
};
use std::fmt::{Display, Write};
use time::OffsetDateTime;

/// Columns 10 to 21; empty is not known.
#[derive(Debug, Default, PartialEq)]
struct Columns {
    kind: u8,
    callsign: Option<String>,
    altitude_ft: Option<i32>,
    ground_speed: Option<DeciKnots>,
    track_deg: Option<f64>,
    place: Option<(f64, f64)>,
    vertical_rate_fpm: Option<i32>,
    squawk: Option<u16>,
    emergency: Option<bool>,
    ident: Option<bool>,
    on_ground: Option<bool>,
}

/// Appends what an event about an aircraft says; anything else is not SBS's.
pub fn write(event: &Event, logged: UnixMicros, out: &mut Vec<u8>) -> bool {
    let (mark, address) = match event.subject {
        Subject::Aircraft(address) => ("", address),
        Subject::NonIcao(address) => ("~", address),
        Subject::Vessel(_) | Subject::Callsign(_) => return false,
    };
    let Some(c) = columns(event) else { return false };
    let mut line = String::with_capacity(160);
    let head = format_args!("MSG,{},1,1,{mark}{:06X},1,", c.kind, address.get());
    line.write_fmt(head).expect("a String takes everything");
    instant(&mut line, event.at);
    line.push(',');
    instant(&mut line, logged);
    column(&mut line, c.callsign);
    column(&mut line, c.altitude_ft);
    column(&mut line, c.ground_speed.map(DeciKnots::knots));
    column(&mut line, c.track_deg.map(|deg| (deg * 10.0).round() / 10.0));
    column(&mut line, c.place.map(|(lat, _)| format!("{lat:.5}")));
    column(&mut line, c.place.map(|(_, lon)| format!("{lon:.5}")));
    column(&mut line, c.vertical_rate_fpm);
    column(&mut line, c.squawk.map(|code| format!("{code:04}")));
    // Alert: that the squawk changed lately is not what one event says.
    column(&mut line, None::<u8>);
    for flag in [c.emergency, c.ident, c.on_ground] {
        column(&mut line, flag.map(|yes| if yes { "-1" } else { "0" }));
    }
    line.push_str("\r\n");
    out.extend(line.into_bytes());
    true
}

fn columns(event: &Event) -> Option<Columns> {
    match &event.kind {
        EventKind::Identity(identity) => named(identity),
        EventKind::Position(position) => Some(placed(position)),
        EventKind::Velocity(velocity) => moving(velocity),
        EventKind::Status(status) => replied(status, &event.raw),
        EventKind::Weather(_)
        | EventKind::Text(_)
        | EventKind::Intent(_)
        | EventKind::AirData(_)
        | EventKind::Quality(_)
        | EventKind::Advisory(_)
        | EventKind::Quarantined(_)
        | EventKind::Telemetry(_)
        | EventKind::Coverage(_) => None,
    }
}

fn named(identity: &Identity) -> Option<Columns> {
    let callsign = identity.callsign?;
    // Whatever the frame says, it does not begin a column or a line.
    let plain = callsign.as_str().chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { ' ' });
    Some(Columns { kind: 1, callsign: Some(plain.collect::<String>().trim_end().to_owned()), ..Columns::default() })
}

fn placed(p: &Position) -> Columns {
    Columns {
        kind: if p.on_ground == Some(true) { 2 } else { 3 },
        altitude_ft: p.baro_alt_ft,
        ground_speed: p.speed,
        track_deg: p.track.map(model::CentiDegrees::degrees),
        place: Some((p.at.lat_deg(), p.at.lon_deg())),
        on_ground: p.on_ground,
        ..Columns::default()
    }
}

/// Over ground only: airspeed and heading have no column.
fn moving(v: &Velocity) -> Option<Columns> {
    let ground_speed = v.speed.and_then(|(kind, speed)| (kind == SpeedKind::Ground).then_some(speed));
    let track_deg = v.direction.and_then(|(of, angle)| (of == HeadingReference::TrueTrack).then(|| angle.degrees()));
    let vertical_rate_fpm = v.vertical_rate_fpm.map(|(_, rate)| rate);
    let known = ground_speed.is_some() || track_deg.is_some() || vertical_rate_fpm.is_some();
    known.then(|| Columns { kind: 4, ground_speed, track_deg, vertical_rate_fpm, ..Columns::default() })
}

fn replied(s: &Status, raw: &Raw) -> Option<Columns> {
    let air_to_air = raw.as_slice().first().is_some_and(|first| matches!(first >> 3, 0 | 16));
    let kind = match (s.squawk, s.baro_alt_ft) {
        (Some(_), _) => 6,
        (None, Some(_)) if air_to_air => 7,
        (None, Some(_)) => 5,
        (None, None) if s.emergency.is_some() || s.ident.is_some() || s.on_ground.is_some() => 8,
        (None, None) => return None,
    };
    let told = s.emergency.map(|e| !matches!(e, Emergency::None | Emergency::Test));
    let meant = s.squawk.map(|code| matches!(code, 7500 | 7600 | 7700));
    let emergency = match (told, meant) {
        (None, None) => None,
        (told, meant) => Some(told == Some(true) || meant == Some(true)),
    };
    Some(Columns {
        kind,
        altitude_ft: s.baro_alt_ft,
        squawk: s.squawk,
        emergency,
        ident: s.ident,
        on_ground: s.on_ground,
        ..Columns::default()
    })
}

fn column(line: &mut String, value: Option<impl Display>) {
    line.push(',');
    if let Some(value) = value {
        write!(line, "{value}").expect("a String takes everything");
    }
}

/// `2008/11/28,14:53:50.594`, UTC. An instant beyond the calendar is the epoch.
fn instant(line: &mut String, at: UnixMicros) {
    let t = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = t.to_calendar_date();
    let (hour, minute, second, milli) = t.to_hms_milli();
    let month = u8::from(month);
    write!(line, "{year:04}/{month:02}/{day:02},{hour:02}:{minute:02}:{second:02}.{milli:03}").expect("a String takes everything");
}

#[cfg(test)]
#[path = "sbs_tests.rs"]
mod tests;
