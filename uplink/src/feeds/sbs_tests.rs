//! Lines against the examples that the format's description publishes, and what must never be in one.

use super::*;
use crate::testing;
use model::{CentiDegrees, Icao24, LatLon, PositionSource, Protocol, ReceiverId, ShortText, Signal, VerticalSource};
use proptest::prelude::*;
use time::{Date, Month, Time};

fn utc(y: i32, month: u8, d: u8, h: u8, m: u8, s: u8, milli: u16) -> UnixMicros {
    let date = Date::from_calendar_date(y, Month::try_from(month).unwrap(), d).unwrap();
    let at = date.with_time(Time::from_hms_milli(h, m, s, milli).unwrap()).assume_utc();
    UnixMicros((at.unix_timestamp_nanos() / 1_000) as i64)
}

fn line(at: UnixMicros, logged: UnixMicros, address: u32, kind: EventKind, first: u8) -> Option<String> {
    let event = Event {
        at,
        protocol: Protocol::Adsb,
        receiver: ReceiverId(0),
        subject: Subject::Aircraft(Icao24::new(address).unwrap()),
        kind,
        raw: Raw::new(&[first; 7]),
        signal: Signal::default(),
    };
    let mut out = Vec::new();
    let written = write(&event, logged, &mut out);
    assert_eq!(written, !out.is_empty());
    written.then(|| String::from_utf8(out).unwrap().strip_suffix("\r\n").unwrap().to_owned())
}

/// Every column that the published line fills is the same in ours, but for a database's numbers (2, 3, 5) and the alert flag,
/// which one event does not say; `unsaid` are flags that BaseStation remembers from other messages.
fn check(published: &str, ours: Option<String>, unsaid: &[usize]) {
    let ours = ours.unwrap();
    let (theirs, columns): (Vec<&str>, Vec<&str>) = (published.split(',').collect(), ours.split(',').collect());
    assert_eq!(columns.len(), 22, "{ours}");
    for (number, (their, our)) in theirs.iter().zip(&columns).enumerate() {
        if [2, 3, 5, 18].contains(&number) || unsaid.contains(&number) {
            continue;
        }
        assert_eq!(their, our, "column {number} of {ours}");
    }
}

#[test]
fn published_lines() {
    let callsign = Some(ShortText::new("RJA1118").unwrap());
    check(
        "MSG,1,145,256,7404F2,11267,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,RJA1118,,,,,,,,,,,",
        line(
            utc(2008, 11, 28, 23, 48, 18, 611),
            utc(2008, 11, 28, 23, 53, 19, 161),
            0x7404F2,
            EventKind::Identity(Identity { callsign, ..Identity::default() }),
            0x8d,
        ),
        &[],
    );
    let mut ground = Position::bare(LatLon::from_degrees(54.05735, -4.38826).unwrap(), PositionSource::SelfReported);
    (ground.on_ground, ground.speed, ground.track) = (Some(true), DeciKnots::from_knots(76.4), CentiDegrees::from_degrees(258.3));
    check(
        "MSG,2,496,603,400CB6,13168,2008/10/13,12:24:32.414,2008/10/13,12:28:52.074,,0,76.4,258.3,54.05735,-4.38826,,,,,,0",
        line(utc(2008, 10, 13, 12, 24, 32, 414), utc(2008, 10, 13, 12, 28, 52, 74), 0x400CB6, EventKind::Position(ground), 0x8d),
        // The page prints this line with one comma too many; this is its 22-column form.
        // There the altitude is 0 and the ground flag as well, for an aircraft on the ground: we say what we know.
        &[11, 21],
    );
    let mut air = Position::bare(LatLon::from_degrees(51.45735, -1.02826).unwrap(), PositionSource::SelfReported);
    (air.on_ground, air.baro_alt_ft) = (Some(false), Some(37_000));
    check(
        "MSG,3,496,211,4CA2D6,10057,2008/11/28,14:53:50.594,2008/11/28,14:58:51.153,,37000,,,51.45735,-1.02826,,,0,0,0,0",
        line(utc(2008, 11, 28, 14, 53, 50, 594), utc(2008, 11, 28, 14, 58, 51, 153), 0x4CA2D6, EventKind::Position(air), 0x8d),
        &[19, 20],
    );
    let velocity = Velocity {
        speed: Some((SpeedKind::Ground, DeciKnots::from_knots(288.6).unwrap())),
        direction: Some((HeadingReference::TrueTrack, CentiDegrees::from_degrees(103.2).unwrap())),
        vertical_rate_fpm: Some((VerticalSource::Barometric, -832)),
        geom_minus_baro_ft: None,
    };
    check(
        "MSG,4,496,469,4CA767,27854,2010/02/19,17:58:13.039,2010/02/19,17:58:13.368,,,288.6,103.2,,,-832,,,,,",
        line(utc(2010, 2, 19, 17, 58, 13, 39), utc(2010, 2, 19, 17, 58, 13, 368), 0x4CA767, EventKind::Velocity(velocity), 0x8d),
        &[],
    );
}

#[test]
fn published_lines_of_replies() {
    let altitude = Status { baro_alt_ft: Some(10_000), ident: Some(false), on_ground: Some(false), ..Status::default() };
    check(
        "MSG,5,496,329,394A65,27868,2010/02/19,17:58:12.644,2010/02/19,17:58:13.368,,10000,,,,,,,0,,0,0",
        line(utc(2010, 2, 19, 17, 58, 12, 644), utc(2010, 2, 19, 17, 58, 13, 368), 0x394A65, EventKind::Status(altitude), 0x20),
        &[],
    );
    let squawk = Status { squawk: Some(271), baro_alt_ft: Some(33_325), ident: Some(false), on_ground: Some(false), ..Status::default() };
    check(
        "MSG,6,496,237,4CA215,27864,2010/02/19,17:58:12.846,2010/02/19,17:58:13.368,,33325,,,,,,0271,0,0,0,0",
        line(utc(2010, 2, 19, 17, 58, 12, 846), utc(2010, 2, 19, 17, 58, 13, 368), 0x4CA215, EventKind::Status(squawk), 0x28),
        &[],
    );
    let in_the_air = Status { on_ground: Some(false), ..Status::default() };
    check(
        "MSG,7,496,742,51106E,27929,2011/03/06,07:57:36.523,2011/03/06,07:57:37.054,,3775,,,,,,,,,,0",
        line(
            utc(2011, 3, 6, 7, 57, 36, 523),
            utc(2011, 3, 6, 7, 57, 37, 54),
            0x51106E,
            EventKind::Status(Status { baro_alt_ft: Some(3_775), ..in_the_air }),
            0x02,
        ),
        &[],
    );
    check(
        "MSG,8,496,194,405F4E,27884,2010/02/19,17:58:13.244,2010/02/19,17:58:13.368,,,,,,,,,,,,0",
        line(utc(2010, 2, 19, 17, 58, 13, 244), utc(2010, 2, 19, 17, 58, 13, 368), 0x405F4E, EventKind::Status(in_the_air), 0x5d),
        &[],
    );
}

#[test]
fn the_type_says_what_kind_of_reply_it_was() {
    let kind = |status: Status, first: u8| {
        let line = line(UnixMicros(0), UnixMicros(0), 1, EventKind::Status(status), first)?;
        Some((line.split(',').nth(1)?.parse::<u8>().ok()?, line.split(',').nth(19)?.to_owned()))
    };
    let altitude = Status { baro_alt_ft: Some(1), ..Status::default() };
    assert_eq!(kind(altitude, 0x02), Some((7, String::new())), "DF 0");
    assert_eq!(kind(altitude, 0x20), Some((5, String::new())), "DF 4");
    assert_eq!(kind(Status { squawk: Some(7700), ..Status::default() }, 0x28), Some((6, "-1".into())));
    assert_eq!(kind(Status { emergency: Some(Emergency::General), ..Status::default() }, 0x8d), Some((8, "-1".into())));
    assert_eq!(kind(Status { on_ground: Some(true), ..Status::default() }, 0x5d), Some((8, String::new())));
    assert_eq!(kind(Status { adsb_version: Some(2), ..Status::default() }, 0x8d), None, "no column for it");
}

#[test]
fn a_callsign_begins_no_column_and_no_line() {
    let callsign = Some(ShortText::new("A,B\r\nC").unwrap());
    let said = line(UnixMicros(0), UnixMicros(i64::MAX), 1, EventKind::Identity(Identity { callsign, ..Identity::default() }), 0x8d);
    assert_eq!(said.unwrap(), "MSG,1,1,1,000001,1,1970/01/01,00:00:00.000,1970/01/01,00:00:00.000,A B  C,,,,,,,,,,,");
}

proptest! {
    #[test]
    fn whatever_happens_a_line_has_22_columns_and_only_aircraft_have_one(event in testing::event()) {
        let mut out = Vec::new();
        let written = write(&event, UnixMicros(0), &mut out);
        let aircraft = matches!(event.subject, Subject::Aircraft(_) | Subject::NonIcao(_));
        prop_assert!(aircraft || !written);
        prop_assert_eq!(written, !out.is_empty());
        if written {
            let text = String::from_utf8(out).unwrap();
            let line = text.strip_suffix("\r\n").unwrap();
            prop_assert!(!line.contains(['\r', '\n']));
            prop_assert_eq!(line.split(',').count(), 22);
        }
    }
}
