//! Vessels in the picture: static and dynamic together, distress, jumps, encounters.

use crate::dto;
use crate::live::{Limits, Picture, encounters};
use crate::testing::{T0, position_event, station};
use model::{
    CentiDegrees, DeciKnots, Emergency, Event, EventKind, Identity, LatLon, Mmsi, Position, PositionSource, Protocol, Raw, ShortText,
    Status, Subject, UnixMicros,
};

/// A frame of a type, all other bits zero but those told: bit, width, value.
fn frame(message: u8, bytes: usize, parts: &[(usize, usize, u32)]) -> Raw {
    let mut raw = vec![0_u8; bytes];
    for &(at, width, value) in [(0, 6, u32::from(message))].iter().chain(parts) {
        for bit in 0..width {
            raw[(at + bit) / 8] |= ((value >> (width - 1 - bit) & 1) as u8) << (7 - (at + bit) % 8);
        }
    }
    Raw::new(&raw)
}

fn event(mmsi: u32, at_ms: i64, kind: EventKind, raw: Raw) -> Event {
    let subject = Subject::Vessel(Mmsi::new(mmsi).unwrap());
    Event { at: T0.plus_micros(at_ms * 1_000), protocol: Protocol::Ais, subject, kind, raw, ..position_event(0, 0) }
}

fn position(mmsi: u32, at_ms: i64, lat: f64, lon: f64, motion: Option<(u16, u16)>) -> Event {
    let mut position = Position::bare(LatLon::from_degrees(lat, lon).unwrap(), PositionSource::SelfReported);
    position.speed = motion.map(|(deci_knots, _)| DeciKnots(deci_knots));
    position.track = motion.and_then(|(_, degrees)| CentiDegrees::new(degrees * 100));
    event(mmsi, at_ms, EventKind::Position(position), frame(1, 21, &[]))
}

fn picture(events: &[Event]) -> Picture {
    let mut picture = Picture::new(Limits::STATION);
    for event in events {
        picture.apply(station("alpha"), event, T0.plus_micros(600_000_000));
    }
    picture
}

fn vessel(picture: &Picture, mmsi: u32) -> dto::Vessel {
    let subject = format!("mmsi:{mmsi:09}");
    picture.snapshot(None).into_iter().find(|t| t.subject == subject).and_then(|t| t.vessel).unwrap()
}

#[test]
fn static_and_dynamic_reports_make_one_vessel() {
    let identity = Identity {
        name: Some(ShortText::truncated("EVER DIADEM")),
        imo: Some(9_134_270),
        destination: Some(ShortText::truncated("NEW YORK")),
        dimensions_m: Some([225, 70, 1, 31]),
        draught_dm: Some(122),
        ..Identity::default()
    };
    let type_5 = frame(5, 53, &[(274, 4, 11), (278, 5, 24), (283, 5, 18), (288, 6, 60)]);
    let status = Status { nav_status: Some(5), ..Status::default() };
    let p = picture(&[
        position(244_000_001, 0, 52.0, 4.0, Some((100, 90))),
        event(244_000_001, 10, EventKind::Identity(identity), type_5),
        event(244_000_001, 20, EventKind::Status(status), frame(3, 21, &[])),
    ]);
    let v = vessel(&p, 244_000_001);
    assert_eq!((v.kind, v.class, v.nav_status, v.imo), ("ship", Some("A"), Some(5), Some(9_134_270)));
    assert_eq!((v.destination.as_deref(), v.eta.as_deref(), v.draught_m), (Some("NEW YORK"), Some("11-24T18:--Z"), Some(12.2)));
    assert_eq!((v.dimensions_m, v.jump, v.encounters), (Some([225, 70, 1, 31]), None, vec![]));
}

#[test]
fn kinds_are_told_by_the_number_and_an_aid_by_its_bits() {
    let numbers =
        [970_000_001, 972_000_001, 974_000_001, 111_000_001, 982_440_001, 2_440_001, 24_400_001, 800_000_001, 992_440_001, 244_000_001];
    let events: Vec<Event> = numbers.iter().map(|&n| position(n, 0, 52.0, 4.0, None)).collect();
    let p = picture(&events);
    let kinds: Vec<&str> = numbers.iter().map(|&n| vessel(&p, n).kind).collect();
    assert_eq!(kinds, ["sart", "mob", "epirb", "sar_aircraft", "craft", "base", "group", "handheld", "aid", "ship"]);
    let bare = EventKind::Position(Position::bare(LatLon::from_degrees(52.0, 4.0).unwrap(), PositionSource::SelfReported));
    let aid = |second, off, virtual_aid| {
        let raw = frame(21, 34, &[(253, 6, second), (259, 1, off), (269, 1, virtual_aid)]);
        vessel(&picture(&[event(992_440_001, 0, bare.clone(), raw)]), 992_440_001)
    };
    assert_eq!((aid(30, 1, 0).off_position, aid(30, 1, 0).kind), (Some(true), "aid"));
    assert_eq!((aid(61, 1, 1).off_position, aid(61, 1, 1).kind), (None, "virtual_aid"));
}

#[test]
fn implausible_jumps_are_flagged_and_shown() {
    let calm: Vec<Event> = (0..10).map(|i| position(1, i * 20_000, 52.0 + i as f64 * 0.001, 4.0, Some((100, 0)))).collect();
    assert_eq!(vessel(&picture(&calm), 1).jump, None);
    let mut spoofed = calm.clone();
    spoofed.push(position(1, 220_000, 53.0, 4.0, Some((100, 0))));
    let p = picture(&spoofed);
    let jump = vessel(&p, 1).jump.unwrap();
    assert!((109_000..112_000).contains(&jump.distance_m) && 4_000 < jump.speed_kt, "{jump:?}");
    // The position itself is not hidden.
    assert_eq!(p.snapshot(None)[0].lat, Some(53.0));
    // A helicopter may do what a ship can't.
    let flight: Vec<Event> = (0..5).map(|i| position(111_000_001, i * 60_000, 52.0 + i as f64 * 0.05, 4.0, None)).collect();
    assert_eq!(vessel(&picture(&flight), 111_000_001).jump, None);
    let ship: Vec<Event> = (0..5).map(|i| position(2, i * 60_000, 52.0 + i as f64 * 0.05, 4.0, None)).collect();
    assert!(vessel(&picture(&ship), 2).jump.is_some());
}

fn search(p: &mut Picture, now: UnixMicros) {
    p.set_encounters(encounters(&p.motions(now)).found);
}

#[test]
fn two_that_will_meet_are_in_each_others_list_until_they_have_passed() {
    // 5.6 km apart, 20 kt together: nine minutes. The later report is as old as the search.
    let (a, b) = (position(1, 0, 52.0, 4.0, Some((100, 0))), position(2, 0, 52.05, 4.0, Some((100, 180))));
    let mut p = Picture::new(Limits::STATION);
    for event in [&a, &b] {
        p.apply(station("alpha"), event, T0);
    }
    p.take_changes();
    search(&mut p, T0);
    let changes = p.take_changes();
    assert_eq!(changes.updated.len(), 2, "new encounters are news");
    let [met] = &vessel(&p, 1).encounters[..] else { panic!("one") };
    assert_eq!((met.subject.as_str(), met.cpa_m), ("mmsi:000000002", 0));
    assert!((530..550).contains(&met.tcpa_s) && (5_500..5_600).contains(&met.distance_m), "{met:?}");
    search(&mut p, T0.plus_micros(60_000_000));
    assert!((470..490).contains(&vessel(&p, 1).encounters[0].tcpa_s), "they sail on between reports");
    assert!(p.take_changes().is_empty(), "the same others are no news");
    // Reports too old to go on from say nothing.
    search(&mut p, T0.plus_micros(300_000_000));
    assert!(vessel(&p, 1).encounters.is_empty() && p.take_changes().updated.len() == 2);
}

#[test]
fn distress_outlives_a_crowd() {
    let alarm = Status { emergency: Some(Emergency::ManOverboard), nav_status: Some(14), ..Status::default() };
    let mut events = vec![event(972_000_001, 0, EventKind::Status(alarm), frame(1, 21, &[]))];
    events.extend((0..3_000).map(|i| position(200_000_000 + i, i64::from(i), 52.0, 4.0, None)));
    let p = picture(&events);
    let track = p.snapshot(None).into_iter().find(|t| t.subject == "mmsi:972000001").unwrap();
    assert_eq!((track.emergency, track.vessel.unwrap().kind), (Some("mob"), "mob"));
    assert!(1_000 < p.evicted());
}
