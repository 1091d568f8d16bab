//! The picture's promises: right fields, order independence, bounds, expiry.

use super::*;
use crate::testing::{T0, position_event, station};
use model::{
    CentiDegrees, DeciKnots, Emergency, EventKind, HeadingReference, Icao24, Identity, LatLon, Position, PositionSource, Protocol, Raw,
    ReceiverId, ShortText, Signal, SpeedKind, Status, Velocity, VerticalSource,
};
use proptest::prelude::*;

fn event(icao: u32, at_ms: i64, kind: EventKind) -> Event {
    Event { kind, ..position_event(icao, at_ms) }
}

fn status(squawk: Option<u16>, emergency: Option<Emergency>) -> EventKind {
    EventKind::Status(Status { squawk, emergency, ..Status::default() })
}

fn picture_of<'a>(events: impl IntoIterator<Item = &'a (StationId, Event)>, now: UnixMicros) -> Picture {
    let mut picture = Picture::new(Limits { tracks: 1_000, trail_points: 100_000 });
    for (station, event) in events {
        picture.apply(*station, event, now);
    }
    picture
}

#[test]
fn a_track_gathers_what_different_frames_say() {
    let alpha = station("alpha");
    let velocity = Velocity {
        speed: Some((SpeedKind::Ground, DeciKnots(4_501))),
        direction: Some((HeadingReference::TrueTrack, CentiDegrees::new(18_288).unwrap())),
        vertical_rate_fpm: Some((VerticalSource::Barometric, -832)),
        geom_minus_baro_ft: None,
    };
    let identity = Identity { callsign: ShortText::new("KLM1023").ok(), category: ShortText::new("A3").ok(), ..Identity::default() };
    let events = [
        (alpha, position_event(0x48_40d6, 0)),
        (station("bravo"), event(0x48_40d6, 10, EventKind::Velocity(velocity))),
        (alpha, event(0x48_40d6, 20, EventKind::Identity(identity))),
        (alpha, event(0x48_40d6, 30, status(Some(1), None))),
    ];
    let tracks = picture_of(&events, T0).snapshot(None);
    let json = serde_json::to_value(&tracks[0]).unwrap();
    let expected = serde_json::json!({
        "subject": "icao:4840d6", "protocol": "adsb", "stations": ["alpha", "bravo"],
        "callsign": "KLM1023", "name": null, "category": "A3",
        "country": "Netherlands", "registration": null, "type_code": null,
        "lat": 50.19, "lon": 4.0, "position_at": "2026-11-23T00:00:00Z", "accuracy_m": null, "position_source": "self",
        "baro_alt_ft": 38000, "geom_alt_ft": null, "on_ground": null,
        "speed_kt": 450.1, "track_deg": 182.88, "heading_deg": null, "vertical_rate_fpm": -832,
        "squawk": "0001", "emergency": null, "advisory": null, "quarantined": 0,
        "first_seen": "2026-11-23T00:00:00Z", "last_seen": "2026-11-23T00:00:00.03Z", "events": 4, "rssi_dbfs": -12.3,
        "trail": [[4.0, 50.19, 1_795_392_000_000_i64, 38000]],
    });
    assert_eq!(json, expected);
}

#[test]
fn airspeed_and_magnetic_heading_are_not_ground_speed_and_track() {
    let velocity = Velocity {
        speed: Some((SpeedKind::IndicatedAir, DeciKnots(2_500))),
        direction: Some((HeadingReference::MagneticHeading, CentiDegrees::new(9_000).unwrap())),
        vertical_rate_fpm: None,
        geom_minus_baro_ft: None,
    };
    let track = picture_of(&[(station("a"), event(1, 0, EventKind::Velocity(velocity)))], T0).snapshot(None).remove(0);
    assert_eq!((track.speed_kt, track.track_deg, track.heading_deg), (None, None, None));
}

#[test]
fn emergencies_are_declared_or_squawked_and_end() {
    let steps = [
        (status(None, Some(Emergency::Medical)), Some("medical")),
        (status(None, Some(Emergency::None)), None),
        (status(Some(7700), None), Some("general")),
        (status(Some(7500), None), Some("unlawful")),
        (status(Some(7600), Some(Emergency::None)), Some("nordo")),
        (status(Some(1000), None), None),
        (status(None, Some(Emergency::Test)), Some("test")),
    ];
    let mut picture = Picture::new(Limits::STATION);
    for (i, (kind, expected)) in steps.into_iter().enumerate() {
        picture.apply(station("a"), &event(7, i as i64, kind), T0);
        assert_eq!(picture.snapshot(None)[0].emergency, expected, "step {i}");
    }
}

#[test]
fn a_late_frame_does_not_undo_a_newer_one() {
    let mut picture = Picture::new(Limits::STATION);
    picture.apply(station("a"), &position_event(1, 60_000), T0.plus_micros(60_000_000));
    picture.apply(station("b"), &position_event(1, 1_000), T0.plus_micros(60_000_000));
    let track = picture.snapshot(None).remove(0);
    assert_eq!(track.position_at, Some(dto::Utc(T0.plus_micros(60_000_000))));
    assert_eq!(track.first_seen, dto::Utc(T0.plus_micros(1_000_000)));
    assert_eq!(track.trail.unwrap().len(), 2);
}

#[test]
fn tracks_expire_by_what_they_are_and_emergencies_last() {
    let mut picture = Picture::new(Limits::STATION);
    let ship = Event { subject: Subject::Vessel(model::Mmsi::new(2_320_001).unwrap()), ..position_event(0, 0) };
    for e in [&position_event(1, 0), &event(2, 0, status(Some(7700), None)), &ship] {
        assert_eq!(picture.apply(station("a"), e, T0), Outcome::Applied);
    }
    picture.take_changes();
    for (seconds, left, gone) in
        [(299, 3, vec![]), (300, 2, vec!["icao:000001"]), (1_800, 1, vec!["mmsi:002320001"]), (3_600, 0, vec!["icao:000002"])]
    {
        picture.expire(T0.plus_micros(seconds * 1_000_000));
        assert_eq!((picture.len(), picture.take_changes().removed), (left, gone.into_iter().map(String::from).collect()), "{seconds} s");
    }
}

#[test]
fn a_backlog_and_a_wrong_clock_do_not_spoil_the_picture() {
    let mut picture = Picture::new(Limits::STATION);
    assert_eq!(picture.apply(station("a"), &position_event(1, -300_000), T0), Outcome::TooOld);
    assert!(picture.is_empty() && picture.take_changes().is_empty());
    assert_eq!(picture.apply(station("a"), &position_event(1, 3_600_000), T0), Outcome::Applied);
    assert_eq!((picture.snapshot(None)[0].last_seen, picture.ahead()), (dto::Utc(T0), 1));
    picture.apply(station("a"), &position_event(1, 1), T0.plus_micros(1_000));
    assert_eq!(picture.snapshot(None)[0].position_at, Some(dto::Utc(T0.plus_micros(1_000))));
}

#[test]
fn a_flood_of_false_addresses_pushes_out_neither_the_established_nor_the_distressed() {
    let mut picture = Picture::new(Limits { tracks: 100, trail_points: 500 });
    for at in 0..3 {
        picture.apply(station("a"), &position_event(1, at), T0);
    }
    picture.apply(station("a"), &event(2, 0, status(Some(7700), None)), T0);
    for icao in 1_000..50_000 {
        picture.apply(station("a"), &position_event(icao, 0), T0);
        assert!(picture.len() <= 100);
    }
    let kept: Vec<String> = picture.snapshot(None).into_iter().map(|t| t.subject).collect();
    assert!(kept.contains(&"icao:000001".into()) && kept.contains(&"icao:000002".into()));
    assert!(48_000 < picture.evicted());
    // Nobody ticked: the lists of changes were given up instead of growing.
    assert!(picture.changed.len() <= 300 && picture.removed.len() <= 100, "{} {}", picture.changed.len(), picture.removed.len());
    assert!(picture.take_changes().reset);
}

#[test]
fn trails_share_a_limit() {
    let limits = Limits { tracks: 100, trail_points: 300 };
    let mut picture = Picture::new(limits);
    for at in 0..100 {
        for icao in 0..50 {
            picture.apply(station("a"), &position_event(icao, at * 4_000), T0.plus_micros(at * 4_000_000));
        }
    }
    let points: usize = picture.snapshot(None).iter().map(|t| t.trail.as_ref().unwrap().len()).sum();
    assert_eq!(points, picture.trail_points);
    assert!(points <= limits.trail_points + limits.tracks, "{points}");
    let newest = 1_795_392_000_000 + 99 * 4_000;
    assert!(picture.snapshot(None).iter().all(|t| t.trail.as_ref().unwrap().last().unwrap().2 == newest));
}

#[test]
fn only_the_asked_protocol() {
    let ship = Event { protocol: Protocol::Ais, ..position_event(5, 0) };
    let picture = picture_of(&[(station("a"), position_event(1, 0)), (station("a"), ship)], T0);
    assert_eq!(picture.snapshot(Some(Protocol::Ais)).len(), 1);
    assert_eq!(picture.snapshot(None).len(), 2);
}

prop_compose! {
    fn any_kind()(which in 0..4, a in 0..36_000_u16, flag: bool, place in 0..1_000_000_i32) -> EventKind {
        match which {
            0 => EventKind::Position(Position {
                baro_alt_ft: flag.then_some(i32::from(a)),
                on_ground: flag.then_some(a % 2 == 0),
                ..Position::bare(LatLon::from_e7(place, -place).unwrap(), PositionSource::SelfReported)
            }),
            1 => EventKind::Velocity(Velocity {
                speed: Some((SpeedKind::Ground, DeciKnots(a))),
                direction: CentiDegrees::new(a).map(|d| (HeadingReference::TrueTrack, d)),
                vertical_rate_fpm: flag.then_some((VerticalSource::Geometric, place)),
                geom_minus_baro_ft: None,
            }),
            2 => EventKind::Identity(Identity { callsign: Some(ShortText::truncated(&a.to_string())), ..Identity::default() }),
            _ => status(Some(a % 7_778), flag.then_some(Emergency::General)),
        }
    }
}

prop_compose! {
    /// Times collide often, and the same frame is heard by several stations.
    fn any_event()(icao in 0..5_u32, at_ms in -200_000..6_000_i64, coarse in 1..3_000_i64, kind in any_kind(), from in 0..3_usize,
                   receiver in 0..2_u8, raw: [u8; 4]) -> (StationId, Event) {
        let at_ms = at_ms / coarse * coarse;
        let event = Event {
            at: T0.plus_micros(at_ms * 1_000),
            subject: Subject::Aircraft(Icao24::new(icao).unwrap()),
            receiver: ReceiverId(receiver),
            raw: Raw::new(&raw),
            signal: Signal::default(),
            kind,
            ..position_event(0, 0)
        };
        (station(["alpha", "bravo", "charlie"][from]), event)
    }
}

/// The trail has a bound on lateness, and a test of its own.
fn without_trails(picture: &Picture) -> Vec<dto::Track> {
    picture.snapshot(None).into_iter().map(|t| dto::Track { trail: None, ..t }).collect()
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        (events, shuffled) in proptest::collection::vec(any_event(), 0..200).prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle()))
    ) {
        let (mut one, mut other) = (picture_of(&events, T0), picture_of(&shuffled, T0));
        prop_assert_eq!(without_trails(&one), without_trails(&other));
        let now = T0.plus_micros(200_000_000);
        one.expire(now);
        other.expire(now);
        prop_assert_eq!(without_trails(&one), without_trails(&other));
    }

    #[test]
    fn snapshot_and_deltas_lead_to_the_same_tracks(events in proptest::collection::vec(any_event(), 0..300), ticks in 1..20_usize) {
        let mut picture = Picture::new(Limits { tracks: 4, trail_points: 20 });
        let mut shown = std::collections::BTreeMap::new();
        for (i, (station, event)) in events.iter().enumerate() {
            let now = T0.plus_micros(i as i64 * 1_000_000);
            picture.apply(*station, event, now);
            if i % ticks == 0 || i + 1 == events.len() {
                picture.expire(now);
                let changes = picture.take_changes();
                if changes.reset {
                    shown = picture.snapshot(None).into_iter().map(|t| (t.subject.clone(), t)).collect();
                }
                for gone in &changes.removed {
                    shown.remove(gone);
                }
                shown.extend(changes.updated.into_iter().map(|t| (t.subject.clone(), t)));
            }
        }
        let shown: Vec<_> = shown.into_values().map(|t| dto::Track { trail: None, ..t }).collect();
        let held: Vec<_> = picture.snapshot(None).into_iter().map(|t| dto::Track { trail: None, ..t }).collect();
        prop_assert!(held.len() <= 4);
        prop_assert_eq!(shown, held);
    }
}
