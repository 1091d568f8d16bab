//! Details: each value with its age and the frame that said it; what is not believed apart; who it is.

use super::super::picture::{Limits, Picture};
use super::registry::Database;
use crate::testing::{T0, position_event, station};
use model::{
    Advisory, AirData, DeciKnots, Disbelief, Event, EventKind, Icao24, Identity, InferredRegister, LatLon, Quality, Quarantined, Raw,
    ReceiverId, ShortText, Status, Subject, Suspect, Threat,
};
use std::sync::Arc;

const ADDRESS: u32 = 0xa0_5f21;

fn subject() -> Subject {
    Subject::Aircraft(Icao24::new(ADDRESS).unwrap())
}

fn event(at_ms: i64, first_bytes: &[u8], kind: EventKind) -> Event {
    Event { raw: Raw::new(first_bytes), receiver: ReceiverId(2), kind, ..position_event(ADDRESS, at_ms) }
}

fn picture(events: &[Event]) -> Picture {
    let mut picture = Picture::new(Limits::STATION);
    for event in events {
        picture.apply(station("alpha"), event, T0);
    }
    picture
}

fn fact<'a>(detail: &'a crate::dto::TrackDetail, field: &str) -> &'a crate::dto::Fact {
    detail.facts.iter().find(|f| f.field == field).unwrap_or_else(|| panic!("{field} of {detail:#?}"))
}

#[test]
fn every_value_says_when_and_by_which_frame_it_came() {
    let squawk = Status { squawk: Some(1000), baro_alt_ft: Some(12_000), adsb_version: Some(2), ..Status::default() };
    let air = AirData {
        inferred: Some(InferredRegister { bds: 0x60, probability_percent: 98 }),
        indicated_airspeed: Some(DeciKnots(2_500)),
        mach_milli: Some(780),
        ..AirData::default()
    };
    let quality = Quality { position_error_m: Some(30), containment_m: Some(186), integrity_exponent: Some(7), ..Quality::default() };
    let detail = picture(&[
        position_event(ADDRESS, 0),
        event(1_000, &[0x28, 0, 0, 0], EventKind::Status(squawk)),
        event(2_000, &[0xa0, 0, 0, 0, 0xff], EventKind::AirData(air)),
        event(3_000, &[0x8d, 0, 0, 0, 0xf8], EventKind::Quality(quality)),
    ])
    .detail(&subject(), T0)
    .unwrap();
    for (field, value, seconds, frame, percent) in [
        ("squawk", "1000", 1, "DF5", None),
        ("ias_kt", "250.0", 2, "DF20 BDS 6,0", Some(98)),
        ("mach", "0.780", 2, "DF20 BDS 6,0", Some(98)),
        ("containment_m", "186", 3, "DF17 TC31", None),
        ("integrity", "10^-7 per hour", 3, "DF17 TC31", None),
        ("adsb_version", "2", 1, "DF5", None),
    ] {
        let f = fact(&detail, field);
        assert_eq!((&*f.value, f.source.frame.as_deref(), f.source.probability_percent), (value, Some(frame), percent));
        assert_eq!((f.at.0, f.source.station.as_deref(), f.source.receiver), (T0.plus_micros(seconds * 1_000_000), Some("alpha"), 2));
    }
    assert!(fact(&detail, "position").value.contains(", 4.00000"));
}

/// The names are readsb's; what is a minute old is left out.
#[test]
fn other_programs_read_registration_and_air_data() {
    let air = AirData { indicated_airspeed: Some(DeciKnots(2_500)), mach_milli: Some(780), roll_cdeg: Some(-1_250), ..AirData::default() };
    let quality = Quality { containment_m: Some(186), ..Quality::default() };
    let heard = picture(&[
        event(0, &[0xa0, 0, 0, 0, 0xff], EventKind::AirData(air)),
        event(0, &[0x8d, 0, 0, 0, 0xf8], EventKind::Quality(quality)),
    ]);
    let now = serde_json::to_value(&heard.aircraft(T0)[0]).unwrap();
    let wanted = serde_json::json!({"r": "N123CZ", "ias": 250.0, "mach": 0.78, "roll": -12.5, "rc": 186});
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&now[name], value, "{name}");
    }
    let later = serde_json::to_value(&heard.aircraft(T0.plus_micros(61_000_000))[0]).unwrap();
    assert!(later.get("ias").is_none() && later.get("rc").is_none() && later["r"] == "N123CZ", "{later}");
}

#[test]
fn what_is_not_believed_is_apart_counted_and_never_the_tracks_value() {
    let far = LatLon::from_e7(0, 0).unwrap();
    let jump = |suspect, why, count| EventKind::Quarantined(Quarantined { why, suspect, count });
    let picture = picture(&[
        position_event(ADDRESS, 0),
        event(500, &[0x8d, 0, 0, 0, 0x58], jump(Suspect::Position(far), Disbelief::PositionJump, 1)),
        event(900, &[0x8d, 0, 0, 0, 0x58], jump(Suspect::Position(far), Disbelief::PositionJump, 4)),
        event(700, &[0x20, 0, 0, 0], jump(Suspect::BaroAltitude(500), Disbelief::AltitudeJump, 1)),
    ]);
    let track = picture.snapshot(None).remove(0);
    assert_eq!((track.quarantined, track.baro_alt_ft), (6, Some(38_000)));
    assert!(49.0 < track.lat.unwrap() && track.trail.unwrap().len() == 1);
    let detail = picture.detail(&subject(), T0).unwrap();
    let kept: Vec<_> = detail.quarantined.iter().map(|q| (q.reason, q.field, q.value.as_str(), q.count)).collect();
    let expected = [("position_jump", "position", "0.0000000,0.0000000", 5), ("altitude_jump", "baro_alt_ft", "500", 1)];
    assert_eq!(kept, expected);
}

#[test]
fn a_collision_advisory_is_in_the_picture_until_it_ends_and_then_says_so() {
    let advisory = |terminated| Advisory {
        active: 1 << 13 | 1 << 12 | 1 << 7,
        complements: 0,
        terminated,
        multiple_threats: false,
        threat: Icao24::new(0x40_6b90).map(Threat::Address),
    };
    let mut picture = picture(&[event(0, &[0x80, 0, 0, 0, 0x30], EventKind::Advisory(advisory(false)))]);
    let shown = picture.take_changes().updated.remove(0).advisory.unwrap();
    assert_eq!((shown.text.as_str(), shown.threat.as_deref(), shown.ended), ("climb", Some("icao:406b90"), false));
    picture.apply(station("alpha"), &event(20_000, &[0x80], EventKind::Advisory(advisory(true))), T0);
    let shown = picture.take_changes().updated.remove(0).advisory.unwrap();
    assert_eq!((shown.text.as_str(), shown.ended), ("clear of conflict", true));
}

#[test]
fn who_it_is_comes_with_its_source() {
    let mut picture = picture(&[position_event(ADDRESS, 0)]);
    let of = |picture: &Picture| picture.detail(&subject(), T0).unwrap().identity.unwrap();
    let by_rule = of(&picture);
    assert_eq!((by_rule.country, by_rule.country_code), (Some("United States"), Some("US")));
    assert_eq!((by_rule.registration.as_deref(), by_rule.registration_from), (Some("N123CZ"), Some("rule")));
    picture.use_database(Arc::new(Database::read(&b"a05f21;N123AB;C172;00\n"[..]).unwrap()));
    let listed = of(&picture);
    assert_eq!((listed.registration_from, listed.type_code.as_deref()), (Some("database"), Some("C172")));
    let track = picture.snapshot(None).remove(0);
    assert_eq!((track.registration.as_deref(), track.type_code.as_deref()), (Some("N123AB"), Some("C172")));
    assert_eq!(picture.aircraft(T0)[0].type_code.as_deref(), Some("C172"));
    let said = Identity { name: ShortText::new("N99ZZ").ok(), ..Identity::default() };
    picture.apply(station("alpha"), &event(1, &[0xa0, 0, 0, 0, 0x10], EventKind::Identity(said)), T0);
    assert_eq!(of(&picture).registration_from, Some("broadcast"));
}

#[test]
fn others_have_no_identity_and_the_unheard_no_detail() {
    let stranger = Subject::NonIcao(Icao24::new(ADDRESS).unwrap());
    let picture = picture(&[Event { subject: stranger, ..position_event(ADDRESS, 0) }]);
    assert_eq!(picture.detail(&stranger, T0).unwrap().identity, None);
    assert_eq!(picture.detail(&subject(), T0), None);
    assert_eq!(picture.snapshot(None)[0].country, None, "an address that ICAO did not assign is no state's");
}

/// What 1,000 aircraft that say everything and fly all day hold in memory (hash table included), at most.
#[test]
fn a_thousand_aircraft_are_ten_megabytes_at_most() {
    use super::super::trail::{Point, Trail};
    let (track, extra) = (size_of::<super::super::track::Track>(), size_of::<super::Extra>());
    let points = super::super::TRAIL_POINTS.next_power_of_two() * size_of::<Point>() + 32 * size_of::<Point>();
    let per_aircraft = (track + size_of::<Subject>()) * 8 / 7 * 2 + extra + points;
    println!("track {track}, what only aircraft have {extra}, trail {} + {points} bytes", size_of::<Trail>());
    assert!(1_000 * per_aircraft <= 10_000_000, "{per_aircraft} bytes each");
}
