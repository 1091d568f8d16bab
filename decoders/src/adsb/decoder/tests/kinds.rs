//! The rarer kinds of message: coarse TIS-B, military squitters, extended length messages, version 3, and what is kept apart.

use super::*;
use crate::adsb::cpr::Scale;
use model::{Advisory, DeciKnots, Emergency, Icao24, Text, TextKind, Threat};

fn positions(told: &[EventKind]) -> Vec<model::Position> {
    told.iter().filter_map(|kind| if let EventKind::Position(p) = kind { Some(*p) } else { None }).collect()
}

/// IMF, status, volume 3, 38,000 ft, track 90°, 448 kt: (DO-260B §2.2.17.3.5), the position rounded to 12 bits.
fn coarse_me(lat: f64, lon: f64, odd: bool, imf: bool) -> u64 {
    let cpr = encode(lat, lon, odd, Scale::Airborne);
    let twelve = |n: u32| u64::from((n + 16) >> 5 & 0xFFF);
    u64::from(imf) << 55
        | 3 << 49
        | 0xC38 << 37
        | 1 << 36
        | 8 << 31
        | 15 << 25
        | u64::from(odd) << 24
        | twelve(cpr.lat) << 12
        | twelve(cpr.lon)
}

#[test]
fn coarse_positions_of_ground_stations() {
    for (imf, subject) in [(false, "icao:4840d6"), (true, "nonicao:4840d6")] {
        let mut sky = Sky::new(None);
        sky.hear(&squitter(0x93, ADDRESS, coarse_me(52.1, 4.3, false, imf)), 0.0);
        let told = sky.hear(&squitter(0x93, ADDRESS, coarse_me(52.1, 4.3, true, imf)), 1.0);
        let [p] = positions(&told)[..] else { panic!("{told:?}") };
        // Half a unit of 2^-12 zone: 81 m of latitude, 93 m of longitude here.
        assert!(p.at.distance_m(LatLon::from_degrees(52.1, 4.3).unwrap()) < 130.0, "{p:?}");
        assert_eq!((p.source, p.baro_alt_ft, p.accuracy_m), (PositionSource::GroundSurveillance, Some(38_000), None));
        assert_eq!((p.track.unwrap().get(), p.speed.unwrap().0), (9_000, 4_480));
        assert_eq!(sky.events.last().unwrap().subject.to_string(), subject);
    }
}

#[test]
fn coarse_and_fine_halves_are_no_pair() {
    let mut sky = Sky::new(None);
    sky.hear(&squitter(0x93, ADDRESS, coarse_me(52.1, 4.3, false, false)), 0.0);
    let told = sky.hear(&squitter(0x92, ADDRESS, airborne_me(52.1, 4.3, true)), 1.0);
    assert_eq!(positions(&told), []);
}

/// DF 19 with AF 0 is laid out as DF 17; anything else in it is not public, and counted.
#[test]
fn military_squitters() {
    let mut sky = Sky::new(None);
    sky.hear(&squitter(0x98, ADDRESS, airborne_me(52.0, 4.0, false)), 0.0);
    let told = sky.hear(&squitter(0x98, ADDRESS, airborne_me(52.0, 4.0, true)), 1.0);
    assert_eq!(positions(&told).len(), 1);
    for application in 1..8 {
        sky.hear(&squitter(0x98 | application, ADDRESS, 0), 2.0);
    }
    assert_eq!(sky.refused(Refusal::Reserved), 7);
    let mut spoilt = squitter(0x98, ADDRESS, 0);
    spoilt[13] ^= 1;
    sky.hear(&spoilt, 3.0);
    assert_eq!(sky.refused(Refusal::Integrity), 1);
}

#[test]
fn management_of_ground_stations_is_counted() {
    let mut sky = Sky::new(None);
    sky.hear(&squitter(0x94, ADDRESS, 0), 0.0);
    sky.hear(&squitter(0x97, ADDRESS, 0), 0.0);
    assert_eq!(sky.refused(Refusal::Reserved), 2);
}

fn known_sky() -> Sky {
    let mut sky = Sky::new(None);
    sky.hear(&all_call(ADDRESS, 0), 0.0);
    sky.hear(&all_call(ADDRESS, 0), 0.1);
    sky
}

/// DF 24: KE, ND, then ten bytes.
fn segment(acknowledges: bool, number: u8, content: [u8; 10]) -> Vec<u8> {
    let mut data = vec![0xC0 | u8::from(acknowledges) << 4 | number];
    data.extend(content);
    with_parity(&data, ADDRESS)
}

fn texts(told: &[EventKind]) -> Vec<&str> {
    told.iter()
        .filter_map(|kind| if let EventKind::Text(Text { kind: TextKind::Telemetry, body, .. }) = kind { Some(&**body) } else { None })
        .collect()
}

#[test]
fn extended_length_messages_are_put_together() {
    let mut sky = known_sky();
    // DF 20, DR 17: two segments wait.
    let mut announcement = vec![0xA0, 17 << 3, 0, 0];
    announcement.extend([0; 7]);
    sky.hear(&with_parity(&announcement, ADDRESS), 1.0);
    assert_eq!(texts(&sky.hear(&segment(false, 1, *b"9876543210"), 1.1)).len(), 0);
    assert_eq!(texts(&sky.hear(&segment(true, 0, [0; 10]), 1.2)).len(), 0, "acknowledges an uplink");
    let told = sky.hear(&segment(false, 0, *b"ABCDEFGHIJ"), 1.3);
    assert_eq!(texts(&told), ["extended length message, 2 of 2 segments: 0:4142434445464748494a 1:39383736353433323130"]);
    sky.hear(&segment(false, 2, [7; 10]), 100.0);
    assert_eq!(texts(&sky.hear(&all_call(ADDRESS, 0), 100.5)).len(), 0);
    let told = sky.hear(&all_call(ADDRESS, 0), 101.1);
    assert_eq!(texts(&told), ["extended length message, 1 of 3 or more segments: 2:07070707070707070707"]);
}

/// Operational status, airborne, of this version.
fn version(version: u64) -> Vec<u8> {
    squitter(0x8d, ADDRESS, 31 << 51 | version << 13 | 9 << 8)
}

#[test]
fn distress_of_version_3_is_an_emergency_and_a_reserved_code_before() {
    for (number, emergency) in [(2, None), (3, Some(Emergency::General))] {
        let mut sky = known_sky();
        sky.hear(&version(number), 1.0);
        let told = sky.hear(&squitter(0x8d, ADDRESS, 0xe1_e000_0000_0000), 2.0);
        let said = told.iter().find_map(|k| if let EventKind::Status(s) = k { s.emergency } else { None });
        assert_eq!(said, emergency, "version {number}");
    }
}

/// The same advisory by each of its three ways: broadcast, between aircraft, and asked for by a radar.
#[test]
fn advisories_come_by_three_ways_and_go_first() {
    let body = 1_u64 << 47 | 1 << 26 | 0x40_6b90 << 2;
    let register = (0x30_u64 << 48 | body).to_be_bytes();
    let air_to_air = with_parity(&[&[0x80, 0, 0, 0], &register[1..]].concat(), ADDRESS);
    let to_radar = with_parity(&[&[0xA0, 0, 0, 0], &register[1..]].concat(), ADDRESS);
    let expected = Advisory {
        active: 0x2000,
        complements: 0,
        terminated: false,
        multiple_threats: false,
        threat: Some(Threat::Address(Icao24::new(0x40_6b90).unwrap())),
    };
    for frame in [squitter(0x8d, ADDRESS, 0xe2_0000_0000_0000 | body), air_to_air, to_radar] {
        let mut sky = known_sky();
        let told = sky.hear(&frame, 1.0);
        assert!(told.contains(&EventKind::Advisory(expected)), "{told:?}");
        let urgent = sky.events.iter().filter(|e| e.priority() == model::Priority::High).count();
        assert_eq!(urgent, 1);
    }
}

fn kept_apart(told: &[EventKind]) -> Vec<Quarantined> {
    told.iter().filter_map(|kind| if let EventKind::Quarantined(q) = kind { Some(*q) } else { None }).collect()
}

#[test]
fn what_is_not_believed_is_told_apart_with_its_reason_once_a_second() {
    let mut sky = known_sky();
    sky.hear(&altitude_reply(ADDRESS, 30_000), 1.0);
    let first = kept_apart(&sky.hear(&altitude_reply(ADDRESS, 5_000), 2.0));
    assert_eq!(first, [Quarantined { why: Disbelief::AltitudeJump, suspect: Suspect::BaroAltitude(5_000), count: 1 }]);
    // Each differs from all before it.
    assert_eq!(kept_apart(&sky.hear(&altitude_reply(ADDRESS, 10_000), 2.2)), []);
    assert_eq!(kept_apart(&sky.hear(&altitude_reply(ADDRESS, 15_000), 2.4)), []);
    let later = kept_apart(&sky.hear(&altitude_reply(ADDRESS, 20_000), 3.5));
    assert_eq!(later, [Quarantined { why: Disbelief::AltitudeJump, suspect: Suspect::BaroAltitude(20_000), count: 3 }]);
    assert_eq!(sky.refused(Refusal::Sanity), 4, "and counted each time");
}

#[test]
fn jumps_and_places_out_of_range_are_kept_apart_with_the_place() {
    let site = Some((52.0, 4.0));
    let mut sky = Sky::new(site);
    sky.hear(&squitter(0x8d, ADDRESS, airborne_me(52.0, 4.0, false)), 0.0);
    sky.hear(&squitter(0x8d, ADDRESS, airborne_me(52.0, 4.0, true)), 0.5);
    let [q] = kept_apart(&sky.hear(&squitter(0x8d, ADDRESS, airborne_me(54.0, 4.0, false)), 1.0))[..] else { panic!() };
    let Suspect::Position(place) = q.suspect else { panic!("{q:?}") };
    assert!((place.lat_deg() - 54.0).abs() < 0.001 && q.why == Disbelief::PositionJump, "{q:?}");
    let mut far = Sky::new(site);
    far.hear(&squitter(0x8d, ADDRESS, airborne_me(20.0, 4.0, false)), 0.0);
    let [q] = kept_apart(&far.hear(&squitter(0x8d, ADDRESS, airborne_me(20.0, 4.0, true)), 0.5))[..] else { panic!() };
    assert_eq!(q.why, Disbelief::OutOfRange);
}

/// ADS-B flies 450 kt to the east; a register 5,0 of another aircraft's speed, or a 2,0 with another callsign, is not told.
#[test]
fn registers_that_disagree_with_the_broadcast_are_kept_apart() {
    let velocity = squitter(0x8d, ADDRESS, 19 << 51 | 1 << 48 | 451 << 32 | 1 << 21);
    let identification = squitter(0x8d, ADDRESS, 0x20_2cc3_71c3_2ce0);
    // Altitude 38,000 ft; register 5,0: roll 0, track t·90/512°, speed 2·s, rate 0, true airspeed 2·s.
    let turn = |track: u64, speed: u64| 1_u64 << 55 | 1 << 44 | track << 33 | 1 << 32 | speed << 22 | 1 << 21 | 1 << 10 | speed;
    let reply = |mb: u64| with_parity(&[&[0xA0, 0, 0x18, 0x38], &mb.to_be_bytes()[1..]].concat(), ADDRESS);
    for (track, speed, why) in [(512, 225, None), (512, 120, Some(Suspect::Speed(DeciKnots(2_400)))), (100, 225, None)] {
        let mut sky = known_sky();
        sky.hear(&velocity, 1.0);
        let told = sky.hear(&reply(turn(track, speed)), 2.0);
        let air = told.iter().any(|k| matches!(k, EventKind::AirData(_)));
        match (kept_apart(&told).first(), track) {
            (None, 512) => assert!(air && why.is_none(), "{told:?}"),
            (Some(q), 512) => assert_eq!((q.why, Some(q.suspect), air), (Disbelief::RegisterDisagrees, why, false)),
            (q, _) => assert!(!air && q.is_none_or(|q| matches!(q.suspect, Suspect::Track(_))), "{told:?}"),
        }
    }
    let mut sky = known_sky();
    sky.hear(&identification, 1.0);
    let other = reply(0x20_0410_0000_0000);
    let [q] = kept_apart(&sky.hear(&other, 2.0))[..] else { panic!() };
    assert_eq!((q.why, q.suspect), (Disbelief::RegisterDisagrees, Suspect::Callsign(ShortText::new("AA").unwrap())));
    assert!(sky.hear(&other, 3.0).iter().any(|k| matches!(k, EventKind::Identity(_))), "said twice, it is a new callsign");
}

#[test]
fn on_the_ground_at_flying_speed_is_kept_apart() {
    let mut sky = known_sky();
    sky.hear(&squitter(0x8d, ADDRESS, 19 << 51 | 1 << 48 | 451 << 32 | 1 << 21), 1.0);
    // DF 4, FS 1: on the ground.
    let told = sky.hear(&with_parity(&[0x21, 0, 0x18, 0x38], ADDRESS), 2.0);
    assert_eq!(kept_apart(&told), [Quarantined { why: Disbelief::GroundContradicted, suspect: Suspect::OnGround(true), count: 1 }]);
    let status = told.iter().find_map(|k| if let EventKind::Status(s) = k { Some(*s) } else { None }).unwrap();
    assert_eq!((status.on_ground, status.baro_alt_ft), (None, Some(38_000)), "the rest of the frame is told");
    // An all-call with CA 4 does not help; a surface position does.
    let on_ground = with_parity(&[&[0x5c], &ADDRESS.to_be_bytes()[1..]].concat(), 0);
    assert_eq!(sky.hear(&on_ground, 3.0).iter().filter(|k| matches!(k, EventKind::Status(s) if s.on_ground == Some(true))).count(), 0);
}

#[test]
fn the_containment_radius_is_told_beside_the_95_percent_radius() {
    let mut sky = Sky::new(None);
    sky.hear(&squitter(0x8d, ADDRESS, airborne_me(52.0, 4.0, false)), 0.0);
    sky.hear(&squitter(0x8d, ADDRESS, airborne_me(52.0, 4.0, true)), 0.5);
    let told = sky.hear(&version(2), 1.0);
    let quality = told.iter().find_map(|k| if let EventKind::Quality(q) = k { Some(*q) } else { None }).unwrap();
    assert_eq!((quality.position_error_m, quality.containment_m), (Some(30), Some(186)));
}
