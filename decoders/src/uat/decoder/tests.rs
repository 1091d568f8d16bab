//! Frames by hand to events, and whatever bytes to nothing worse than a refusal.

use super::*;
use crate::uat::uplink::product_name;
use model::{Icao24, LatLon, Raw, ReceiverId, Signal, Text, TextKind, Tick12, VerticalSource};
use proptest::prelude::*;

/// A payload under construction: fields by byte and bit from 1, as in the standard.
#[derive(Clone)]
struct Payload(Vec<u8>);

impl Payload {
    fn new(kind: u8, qualifier: u8, address: u32) -> Self {
        let payload = Self(vec![0; if kind == 0 { 18 } else { 34 }]);
        payload.put(1, 1, 5, u32::from(kind)).put(1, 6, 3, u32::from(qualifier)).put(2, 1, 24, address)
    }

    fn put(mut self, byte: usize, bit: usize, width: usize, value: u32) -> Self {
        for i in 0..width {
            let at = (byte - 1) * 8 + bit - 1 + i;
            let mask = 0x80 >> (at % 8);
            let one = value >> (width - 1 - i) & 1 == 1;
            self.0[at / 8] = if one { self.0[at / 8] | mask } else { self.0[at / 8] & !mask };
        }
        self
    }

    /// 40° N 80° W, 5,000 ft pressure altitude, NIC 8.
    fn somewhere(self) -> Self {
        self.put(5, 1, 23, 1_864_135).put(7, 8, 24, 0xFF_FFFF & (-3_728_270_i32) as u32).put(11, 1, 12, 241).put(12, 5, 4, 8)
    }
}

fn frame(bytes: &[u8], second: i64) -> Frame {
    Frame {
        protocol: Protocol::Uat,
        receiver: ReceiverId(0),
        raw: Raw::new(bytes),
        tick: Tick12(0),
        utc: Some(UnixMicros::from_secs(second)),
        signal: Signal::default(),
    }
}

fn kinds(decoder: &mut Decoder, frame: &Frame) -> Vec<(Subject, EventKind)> {
    let mut events = Vec::new();
    decoder.decode(frame, &mut |e| events.push((e.subject, e.kind)));
    events
}

fn told(payload: &Payload) -> Vec<EventKind> {
    kinds(&mut Decoder::new(&DecoderConfig::default()), &frame(&payload.0, 0)).into_iter().map(|e| e.1).collect()
}

fn icao(address: u32) -> Subject {
    Subject::Aircraft(Icao24::new(address).unwrap())
}

#[test]
fn an_airborne_state_vector() {
    // 99 kt south, 65 kt east, 192 ft/min down by pressure.
    let payload = Payload::new(0, 0, 0xA6_6EF1).somewhere().put(13, 4, 11, 0x400 | 100).put(14, 7, 11, 66).put(16, 2, 11, 0x600 | 4);
    let [EventKind::Position(p), EventKind::Velocity(v)] = &told(&payload)[..] else { panic!() };
    assert!((p.at.lat_deg() - 40.0).abs() < 2e-5 && (p.at.lon_deg() + 80.0).abs() < 2e-5, "{p:?}");
    assert_eq!((p.baro_alt_ft, p.geom_alt_ft, p.on_ground, p.accuracy_m), (Some(5_000), None, Some(false), Some(186)));
    assert_eq!(p.source, PositionSource::SelfReported);
    assert_eq!(v.vertical_rate_fpm, Some((VerticalSource::Barometric, -192)));
    let ((SpeedKind::Ground, speed), (HeadingReference::TrueTrack, track)) = (v.speed.unwrap(), v.direction.unwrap()) else { panic!() };
    assert!((speed.knots() - 118.4).abs() < 0.06 && (track.degrees() - 146.71).abs() < 0.01, "{speed:?} {track:?}");
}

#[test]
fn faster_than_sound_counts_in_fours_and_the_pole_is_a_place() {
    let payload = Payload::new(0, 0, 1).somewhere().put(13, 1, 2, 1).put(13, 4, 11, 301).put(14, 7, 11, 1);
    let EventKind::Velocity(v) = told(&payload)[1] else { panic!() };
    assert_eq!(v.speed.unwrap().1.knots(), 1_200.0);
    let pole = Payload::new(0, 0, 1).put(5, 1, 23, 1 << 22).put(12, 5, 4, 11).put(13, 1, 2, 3);
    let [EventKind::Position(p)] = &told(&pole)[..] else { panic!() };
    assert_eq!((p.at.lat_deg(), p.accuracy_m, p.on_ground), (90.0, Some(8), None));
    // Nothing is known: not the place off Africa, but no place.
    assert_eq!(told(&Payload::new(0, 0, 1).put(13, 1, 2, 3)), []);
}

#[test]
fn on_the_ground_speed_and_direction_are_the_positions() {
    let payload = Payload::new(0, 4, 0x12_3456).somewhere().put(13, 1, 2, 2).put(13, 5, 10, 16).put(14, 7, 2, 3).put(15, 1, 9, 128);
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let events = kinds(&mut decoder, &frame(&payload.0, 0));
    let [(Subject::NonIcao(_), EventKind::Position(p))] = &events[..] else { panic!("{events:?}") };
    assert_eq!((p.on_ground, p.speed.unwrap().knots(), p.track, p.heading.unwrap().degrees()), (Some(true), 15.0, None, 90.0));
}

/// Three digits of base 40.
fn word(digits: [u32; 3]) -> u32 {
    (digits[0] * 40 + digits[1]) * 40 + digits[2]
}

fn mode_status(payload: Payload, category: u32, text: [u32; 8], callsign: bool) -> Payload {
    let words = [word([category, text[0], text[1]]), word([text[2], text[3], text[4]]), word([text[5], text[6], text[7]])];
    let payload = words.into_iter().enumerate().fold(payload, |p, (i, word)| p.put(18 + 2 * i, 1, 16, word));
    // Version 2, SIL 3, SDA 2, NACp 10, NACv 2, barometer checked, GVA 2.
    payload
        .put(24, 4, 5, 2 << 2 | 3)
        .put(25, 7, 2, 2)
        .put(26, 1, 8, 10 << 4 | 2 << 1 | 1)
        .put(27, 7, 1, u32::from(callsign))
        .put(28, 1, 2, 2)
}

const N12AB: [u32; 8] = [23, 1, 2, 10, 11, 36, 36, 36];
const SQUAWK_1200: [u32; 8] = [1, 2, 0, 0, 37, 37, 37, 37];

#[test]
fn mode_status_and_both_altitudes() {
    let payload = mode_status(Payload::new(1, 0, 0xA0_0001).somewhere(), 1, N12AB, true).put(30, 1, 12, 251).put(27, 5, 1, 1);
    let events = told(&payload);
    let [EventKind::Identity(id), EventKind::Status(status), EventKind::Quality(q), EventKind::Position(p), EventKind::Velocity(v)] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((id.callsign.unwrap().as_str(), id.category.unwrap().as_str()), ("N12AB", "A1"));
    assert_eq!((status.squawk, status.emergency, status.adsb_version, status.ident), (None, Some(Emergency::None), Some(2), Some(true)));
    assert_eq!((q.position_error_m, q.integrity_exponent, q.design_assurance_exponent), (Some(10), Some(7), Some(5)));
    assert_eq!((q.geom_alt_error_m, q.velocity_error_dm_s, q.baro_alt_checked), (Some(45), Some(30), Some(true)));
    assert_eq!((p.baro_alt_ft, p.geom_alt_ft, p.accuracy_m), (Some(5_000), Some(5_250), Some(10)));
    assert_eq!(v.geom_minus_baro_ft, Some(250));
}

#[test]
fn the_callsigns_place_may_hold_the_squawk_and_old_versions_lie_otherwise() {
    let payload = mode_status(Payload::new(1, 0, 0xA0_0001), 1, SQUAWK_1200, false);
    let EventKind::Status(status) = told(&payload)[0] else { panic!() };
    assert_eq!(status.squawk, Some(1200));
    // Version 1: ident is the fourth bit; there is no SDA yet.
    let EventKind::Status(status) = told(&payload.clone().put(24, 4, 3, 1).put(27, 4, 1, 1))[0] else { panic!() };
    assert_eq!((status.ident, status.adsb_version), (Some(true), Some(1)));
    let EventKind::Quality(q) = told(&payload.put(24, 4, 3, 1))[1] else { panic!() };
    assert_eq!((q.design_assurance_exponent, q.integrity_per_sample), (None, None));
}

#[test]
fn target_state_in_both_places() {
    for (kind, n) in [(3, 30), (4, 30), (6, 25)] {
        // 8,000 ft on the panel, 1,013.6 hPa, heading 270 (−90), autopilot and LNAV.
        let payload = Payload::new(kind, 0, 0xA0_0001).put(n, 2, 11, 251).put(n + 1, 5, 9, 268).put(n + 2, 6, 10, 0b11_1000_0000);
        let payload = payload.put(n + 3, 8, 1, 1).put(n + 4, 1, 5, 0b10001);
        let events = told(&payload);
        let intent = events.iter().find_map(|e| if let EventKind::Intent(i) = e { Some(*i) } else { None }).unwrap();
        assert_eq!((intent.panel_alt_ft, intent.fms_alt_ft, intent.altimeter_dhpa), (Some(8_000), None, Some(10_136)), "type {kind}");
        assert_eq!(intent.selected_heading.unwrap().1.degrees(), 270.0);
        assert_eq!((intent.autopilot, intent.vertical_navigation, intent.lateral_navigation), (Some(true), Some(false), Some(true)));
    }
}

#[test]
fn what_a_ground_station_says_of_an_aircraft_is_marked_and_ends_no_emergency() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let own = mode_status(Payload::new(1, 0, 0xA0_0001).somewhere(), 1, N12AB, true).put(24, 1, 3, 1);
    let tis_b = mode_status(Payload::new(1, 2, 0xA0_0001).somewhere(), 1, N12AB, true);
    let events = kinds(&mut decoder, &frame(&own.0, 0));
    assert!(
        events.iter().any(|(s, e)| *s == icao(0xA0_0001) && matches!(e, EventKind::Status(s) if s.emergency == Some(Emergency::General)))
    );
    let events = kinds(&mut decoder, &frame(&tis_b.0, 1));
    for (subject, event) in events {
        assert_eq!(subject, icao(0xA0_0001), "one aircraft, one track");
        match event {
            EventKind::Position(p) => assert_eq!(p.source, PositionSource::GroundSurveillance),
            EventKind::Status(s) => assert_eq!(s.emergency, None),
            _ => {}
        }
    }
    for (qualifier, source) in
        [(3, PositionSource::GroundSurveillance), (6, PositionSource::Rebroadcast), (1, PositionSource::SelfReported)]
    {
        let events = kinds(&mut decoder, &frame(&Payload::new(0, qualifier, 7).somewhere().0, 0));
        let (Subject::NonIcao(_), EventKind::Position(p)) = &events[0] else { panic!() };
        assert_eq!(p.source, source);
    }
}

#[test]
fn an_emergency_is_told_every_second_and_the_rest_when_it_is_news() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let calm = mode_status(Payload::new(1, 0, 1), 1, N12AB, true);
    let distress = calm.clone().put(24, 1, 3, 5);
    let mut statuses = |payload: &Payload, second| {
        let events = kinds(&mut decoder, &frame(&payload.0, second));
        events.iter().filter(|(_, e)| matches!(e, EventKind::Status(_))).count()
    };
    // One of the mode status, one of the state vector without a place.
    assert_eq!([0, 1, 2, 30].map(|s| statuses(&calm, s)), [2, 0, 0, 2]);
    assert_eq!([31, 32, 33].map(|s| statuses(&distress, s)), [1, 1, 1]);
}

#[test]
fn a_doubtful_frame_of_a_stranger_waits_for_a_second() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let doubtful = |address, second| {
        let mut frame = frame(&Payload::new(0, 0, address).somewhere().0, second);
        frame.signal.corrected_bits = TRUSTED_CORRECTION_BITS + 1;
        frame
    };
    assert_eq!(kinds(&mut decoder, &doubtful(1, 0)), []);
    assert_eq!(kinds(&mut decoder, &doubtful(2, 1)), []);
    assert_eq!(decoder.counters().refused(Refusal::Sanity), 2);
    assert!(!kinds(&mut decoder, &doubtful(1, 2)).is_empty());
    assert!(!kinds(&mut decoder, &doubtful(1, 3)).is_empty(), "known by now");
    for address in 0..1_000 {
        kinds(&mut decoder, &doubtful(address, 4));
        assert!(decoder.doubted.len() <= DOUBTED_MAX);
    }
}

#[test]
fn places_out_of_reach_or_range_are_refused() {
    let site = LatLon::from_degrees(40.0, -79.0);
    let mut decoder = Decoder::new(&DecoderConfig { site, range_m_max: Some(300_000), ..DecoderConfig::default() });
    let here = Payload::new(0, 0, 1).somewhere().put(13, 4, 11, 100).put(14, 7, 11, 1);
    let two_degrees_north = here.clone().put(5, 1, 23, 1_864_135 + 93_207);
    let far = here.clone().put(5, 1, 23, 0);
    assert_eq!(kinds(&mut decoder, &frame(&here.0, 0)).len(), 2);
    assert_eq!(kinds(&mut decoder, &frame(&two_degrees_north.0, 1)).len(), 1, "the velocity is told");
    assert_eq!(kinds(&mut decoder, &frame(&here.0, 2)).len(), 2);
    assert_eq!(kinds(&mut decoder, &frame(&far.0, 3)).len(), 1);
    assert_eq!(kinds(&mut decoder, &frame(&far.0, 4)).len(), 1, "out of range however often it is said");
    assert_eq!(decoder.counters().refused(Refusal::Sanity), 3);
    assert_eq!((decoder.tracks(), decoder.counters().frames), (1, 5));
}

#[test]
fn wrong_lengths_and_reserved_values_are_refused() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    for bytes in [vec![], vec![0; 17], vec![8; 18], vec![0; 34], vec![0; 431]] {
        assert_eq!(kinds(&mut decoder, &frame(&bytes, 0)), []);
    }
    assert_eq!(decoder.counters().refused(Refusal::Length), 5);
    assert_eq!(kinds(&mut decoder, &frame(&Payload::new(0, 7, 1).0, 0)), []);
    assert_eq!(kinds(&mut decoder, &frame(&Payload::new(1, 0, 1).put(18, 1, 16, 64_000).0, 0)), []);
    assert_eq!(decoder.counters().refused(Refusal::Sanity), 2);
}

/// An uplink with information frames.
fn uplink(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = Payload(vec![0; 432]).put(1, 1, 23, 1_864_135).put(3, 8, 24, 0xFF_FFFF & (-3_728_270_i32) as u32);
    payload = payload.put(7, 1, 8, 0b1010_0101).put(8, 1, 4, 12);
    let mut at = 8;
    for frame in frames {
        payload.0[at..at + 2].copy_from_slice(&(frame.len() as u16 * 128).to_be_bytes());
        payload.0[at + 2..at + 2 + frame.len()].copy_from_slice(frame);
        at += 2 + frame.len();
    }
    payload.0
}

/// Product 413 of 12:34 with a text in DLAC.
fn text(text: &str) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    for character in text.bytes() {
        let code = match character {
            b'A'..=b'Z' => character - b'A' + 1,
            b'\n' => 30,
            0x1E => 29,
            3 => 0,
            other => other,
        };
        bits.extend((0..6).rev().map(|i| code >> i & 1 == 1));
    }
    let mut frame = vec![0x06, 0x74, 0x32, 0x20];
    frame.extend(bits.chunks(8).map(|byte| (0..8).fold(0, |v, i| v << 1 | u8::from(byte.get(i).copied().unwrap_or(false)))));
    frame
}

#[test]
fn texts_are_told_once_about_the_place_they_name() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let bytes = uplink(&[text("METAR KJFK 231151Z 31015KT\n10SM FEW250\u{1e}\u{3}"), text("WINDS ABI 230000Z  FT\u{1e}TAF KBOS 23\u{3}")]);
    let events = kinds(&mut decoder, &frame(&bytes, 0));
    let texts: Vec<(String, &str)> = events
        .iter()
        .filter_map(|(s, e)| {
            if let EventKind::Text(Text { kind: TextKind::Bulletin, body, .. }) = e { Some((s.to_string(), &**body)) } else { None }
        })
        .collect();
    let expected =
        [("call:KJFK", "METAR KJFK 231151Z 31015KT\n10SM FEW250"), ("call:ABI", "WINDS ABI 230000Z  FT"), ("call:KBOS", "TAF KBOS 23")];
    assert_eq!(texts, expected.map(|(s, t)| (s.to_owned(), t)));
    let (station, EventKind::Position(p)) = &events[0] else { panic!() };
    assert_eq!((station.to_string().as_str(), p.on_ground), ("call:UAT-dpp5e", Some(true)));
    assert_eq!(kinds(&mut decoder, &frame(&bytes, 1)), [], "nothing new");
    assert_eq!(kinds(&mut decoder, &frame(&bytes, 61)).len(), 2, "the station is still there");
    assert_eq!(kinds(&mut decoder, &frame(&bytes, 1_300)).len(), 5, "told again after twenty minutes");
}

#[test]
fn other_products_are_counted_and_told_by_name() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    // Product 63, 12:34, four bytes.
    let bytes = uplink(&[vec![0x00, 0xFC, 0x32, 0x20, 1, 2, 3, 4]]);
    let told: Vec<String> = (0..=600)
        .flat_map(|second| kinds(&mut decoder, &frame(&bytes, second)))
        .filter_map(|(_, e)| if let EventKind::Text(t) = e { Some(t.body.to_string()) } else { None })
        .collect();
    assert_eq!(told, ["FIS-B product 63 (regional NEXRAD): 601 APDUs, 2404 bytes in 600 s"]);
    assert!([8, 11, 12, 13, 14, 15, 63, 64, 84, 103, 413].into_iter().all(|p| product_name(p).is_some()));
}

proptest! {
    /// Whatever comes: no panic, places on the globe, texts within their limit, tables within theirs.
    #[test]
    fn any_bytes_are_told_or_refused(
        payloads in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                prop::collection::vec(any::<u8>(), 18),
                (1_u8..11, prop::collection::vec(any::<u8>(), 34)).prop_map(|(kind, mut b)| { b[0] = kind << 3 | b[0] & 7; b }),
                prop::collection::vec(any::<u8>(), 432).prop_map(|mut b| { b[6] |= 0x20; b }),
                // Frames of text products, so that their parsers get to see something.
                (prop::sample::select(vec![8_u16, 11, 413]), prop::collection::vec(any::<u8>(), 4..200), any::<bool>()).prop_map(|(product, mut b, s)| {
                    b[0] = (product >> 6) as u8;
                    b[1] = (product << 2) as u8 | u8::from(s) << 1;
                    uplink(&[b])
                }),
            ],
            1..20,
        ),
        corrected_bits: u8,
    ) {
        let mut decoder = Decoder::new(&DecoderConfig::default());
        let mut events = 0;
        for (i, payload) in payloads.iter().enumerate() {
            let mut frame = frame(payload, i as i64);
            frame.signal.corrected_bits = corrected_bits;
            for (_, kind) in kinds(&mut decoder, &frame) {
                events += 1;
                match kind {
                    EventKind::Position(p) => prop_assert!(p.at.lat_deg().abs() <= 90.0 && p.at.lon_deg().abs() <= 180.0),
                    EventKind::Text(t) => prop_assert!(!t.body.is_empty() && t.body.len() <= Text::MAX_BYTES),
                    _ => {}
                }
            }
        }
        let counters = decoder.counters();
        prop_assert_eq!((counters.frames, counters.events), (payloads.len() as u64, events));
    }
}
