//! Scenes through the seam: frames in, events out.

mod calibration;
mod ghosts;
mod golden;
mod kinds;

use super::*;
use crate::adsb::cpr::{Scale, encode};
use crate::adsb::parity;
use crate::adsb::track::TRACKS_MAX;
use model::{
    Disbelief, EventKind, HeadingReference, LatLon, PositionSource, Quarantined, Raw, ReceiverId, ShortText, Signal, SpeedKind, Status,
    Subject, Suspect, Tick12, VerticalSource,
};
use proptest::prelude::*;

const ADDRESS: u32 = 0x48_40d6;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn frame(bytes: &[u8], at: UnixMicros) -> Frame {
    Frame {
        protocol: Protocol::Adsb,
        receiver: ReceiverId(3),
        raw: Raw::new(bytes),
        tick: Tick12(0),
        utc: Some(at),
        signal: Signal::default(),
    }
}

/// Data with its parity field, `overlay` laid over it.
fn with_parity(data: &[u8], overlay: u32) -> Vec<u8> {
    let parity = (parity::crc(data) ^ overlay).to_be_bytes();
    [data, &parity[1..]].concat()
}

/// DF 17 or 18: the first byte as given.
fn squitter(first: u8, address: u32, me: u64) -> Vec<u8> {
    let mut data = vec![first];
    data.extend(&address.to_be_bytes()[1..]);
    data.extend(&me.to_be_bytes()[1..]);
    with_parity(&data, 0)
}

fn all_call(address: u32, interrogator: u32) -> Vec<u8> {
    let mut data = vec![0x5d];
    data.extend(&address.to_be_bytes()[1..]);
    with_parity(&data, interrogator)
}

/// DF 5 with this identity field.
fn squawk_reply(address: u32, id: u16) -> Vec<u8> {
    with_parity(&[0x28, 0, (id >> 8) as u8, id as u8], address)
}

fn airborne_me(lat: f64, lon: f64, odd: bool) -> u64 {
    let cpr = encode(lat, lon, odd, Scale::Airborne);
    11 << 51 | 0xC38 << 36 | u64::from(odd) << 34 | u64::from(cpr.lat) << 17 | u64::from(cpr.lon)
}

struct Sky {
    decoder: AdsbDecoder,
    events: Vec<Event>,
}

impl Sky {
    fn new(site: Option<(f64, f64)>) -> Self {
        let site = site.map(|(lat, lon)| LatLon::from_degrees(lat, lon).unwrap());
        Self { decoder: AdsbDecoder::new(&DecoderConfig { site, ..DecoderConfig::default() }), events: Vec::new() }
    }

    /// What the frame, heard at `secs`, leads to.
    fn hear(&mut self, bytes: &[u8], secs: f64) -> Vec<EventKind> {
        let before = self.events.len();
        let events = &mut self.events;
        self.decoder.decode(&frame(bytes, UnixMicros((secs * 1e6) as i64)), &mut |event| events.push(event));
        self.events[before..].iter().map(|e| e.kind.clone()).collect()
    }

    fn refused(&self, why: Refusal) -> u64 {
        self.decoder.counters().refused(why)
    }
}

#[test]
fn two_frames_confirm_and_the_first_is_told_with_its_own_time() {
    let mut sky = Sky::new(None);
    let identification = bytes("8d4840d6202cc371c32ce0576098");
    assert_eq!(sky.hear(&identification, 1.0), []);
    let told = sky.hear(&all_call(ADDRESS, 0), 2.0);
    assert_eq!(told.len(), 2);
    let first = &sky.events[0];
    assert_eq!((first.at, first.receiver, first.raw.as_slice()), (UnixMicros(1_000_000), ReceiverId(3), &identification[..]));
    let EventKind::Identity(identity) = &first.kind else { panic!("{first:?}") };
    assert_eq!(identity.callsign.unwrap().as_str(), "KLM1023");
    assert_eq!(identity.category.unwrap().as_str(), "A0");
    assert_eq!(first.subject.to_string(), "icao:4840d6");
    assert_eq!(told[1], EventKind::Status(Status { on_ground: Some(false), ..Status::default() }));
    assert_eq!((sky.decoder.counters().frames, sky.decoder.counters().events), (2, 2));
}

#[test]
fn frames_a_minute_apart_confirm_nothing() {
    let mut sky = Sky::new(None);
    assert_eq!(sky.hear(&all_call(ADDRESS, 0), 0.0), []);
    assert_eq!(sky.hear(&all_call(ADDRESS, 0), 61.0), []);
    assert_ne!(sky.hear(&all_call(ADDRESS, 0), 62.0), []);
}

#[test]
fn a_broadcast_emergency_does_not_wait() {
    let mut sky = Sky::new(None);
    let told = sky.hear(&squitter(0x8d, ADDRESS, 0xe1_2000_0000_0000 | 0x0AAA << 32), 0.0);
    let expected = Status { squawk: Some(7700), emergency: Some(Emergency::General), ..Status::default() };
    assert_eq!(told, [EventKind::Status(expected)]);
}

#[test]
fn covered_addresses_are_believed_while_fresh() {
    let mut sky = Sky::new(None);
    let reply = squawk_reply(ADDRESS, 0x0AAA);
    assert_eq!(sky.hear(&reply, 0.0), []);
    sky.hear(&all_call(ADDRESS, 0), 1.0);
    assert_eq!(sky.hear(&reply, 1.5), [], "named once is not confirmed");
    sky.hear(&all_call(ADDRESS, 0), 2.0);
    let [EventKind::Status(status)] = &sky.hear(&reply, 3.0)[..] else { panic!() };
    assert_eq!((status.squawk, status.emergency, status.on_ground), (Some(7700), Some(Emergency::General), Some(false)));
    assert_eq!(sky.hear(&reply, 123.0), [], "named 121 s ago");
    assert_eq!(sky.refused(Refusal::Sanity), 3);
}

/// DF 4 with 25·n − 1,000 ft.
fn altitude_reply(address: u32, feet: u32) -> Vec<u8> {
    let n = (feet + 1000) / 25;
    let ac = (n & 0x7E0) << 2 | (n & 0x10) << 1 | 0x10 | n & 0xF;
    with_parity(&[0x20, 0, (ac >> 8) as u8, ac as u8], address)
}

/// Noise that fits a known address says any altitude and any squawk: one alone is refused, two that agree are not.
#[test]
fn content_without_proof_is_believed_when_it_follows() {
    let mut sky = Sky::new(None);
    sky.hear(&all_call(ADDRESS, 0), 0.0);
    sky.hear(&all_call(ADDRESS, 0), 0.1);
    let altitudes = |told: Vec<EventKind>| -> Vec<Option<i32>> {
        told.iter().filter_map(|k| if let EventKind::Status(s) = k { Some(s.baro_alt_ft) } else { None }).collect()
    };
    assert_eq!(altitudes(sky.hear(&altitude_reply(ADDRESS, 30_000), 1.0)), [Some(30_000)]);
    assert_eq!(altitudes(sky.hear(&altitude_reply(ADDRESS, 5_000), 2.0)), []);
    assert_eq!(altitudes(sky.hear(&altitude_reply(ADDRESS, 30_025), 3.0)), [Some(30_025)]);
    assert_eq!(altitudes(sky.hear(&altitude_reply(ADDRESS, 5_000), 4.0)), []);
    assert_eq!(altitudes(sky.hear(&altitude_reply(ADDRESS, 5_025), 4.5)), [Some(5_025)]);
    assert_eq!(sky.refused(Refusal::Sanity), 2);
    let squawk = |told: Vec<EventKind>| if let [EventKind::Status(s)] = told[..] { s.squawk } else { None };
    assert_eq!(squawk(sky.hear(&squawk_reply(ADDRESS, 0x0808), 5.0)), Some(1200));
    assert_eq!(squawk(sky.hear(&squawk_reply(ADDRESS, 0x0800), 6.0)), None);
    assert_eq!(squawk(sky.hear(&squawk_reply(ADDRESS, 0x0AAA), 7.0)), Some(7700), "an emergency is told at once");
    assert_eq!(squawk(sky.hear(&squawk_reply(ADDRESS, 0x0808), 8.0)), None, "and not ended by one reply");
    assert_eq!(squawk(sky.hear(&squawk_reply(ADDRESS, 0x0808), 9.0)), Some(1200));
}

/// The same squitter, clean and repaired: what differs from the track is not believed from the repaired one.
#[test]
fn a_repaired_frame_proves_less() {
    let mut sky = Sky::new(None);
    sky.hear(&squitter(0x8d, ADDRESS, 0x20_2cc3_71c3_2ce0), 0.0);
    sky.hear(&squitter(0x8d, ADDRESS, 0x20_2cc3_71c3_2ce0), 1.0);
    let other = squitter(0x8d, ADDRESS, 0x20_2cc3_71c3_2c60);
    let mut repaired = frame(&other, UnixMicros(2_000_000));
    repaired.signal.corrected_bits = 1;
    let mut told = Vec::new();
    sky.decoder.decode(&repaired, &mut |event| told.push(event.kind));
    let suspect = Suspect::Callsign(ShortText::new("KLM1021").unwrap());
    let kept_apart = Quarantined { why: Disbelief::CallsignChange, suspect, count: 1 };
    assert_eq!((told, sky.refused(Refusal::Sanity)), (vec![EventKind::Quarantined(kept_apart)], 1));
    assert!(matches!(sky.hear(&other, 3.0)[..], [EventKind::Identity(_)]));
}

#[test]
fn replies_to_a_radar_are_evidence_for_known_addresses_only() {
    let mut sky = Sky::new(None);
    sky.hear(&all_call(ADDRESS, 7), 0.0);
    assert_eq!((sky.decoder.tracks(), sky.refused(Refusal::Sanity)), (0, 1));
    sky.hear(&all_call(ADDRESS, 0), 1.0);
    assert_ne!(sky.hear(&all_call(ADDRESS, 7), 2.0), []);
    sky.hear(&all_call(ADDRESS, 80), 3.0);
    assert_eq!(sky.refused(Refusal::Integrity), 1);
}

#[test]
fn a_pair_becomes_a_position() {
    let mut sky = Sky::new(None);
    assert_eq!(sky.hear(&bytes("8d40621d58c386435cc412692ad6"), 0.0), []);
    let told = sky.hear(&bytes("8d40621d58c382d690c8ac2863a7"), 4.0);
    // The first frame, told late, could only say its altitude.
    let first = Status { baro_alt_ft: Some(38_000), on_ground: Some(false), ..Status::default() };
    assert_eq!(told[0], EventKind::Status(first));
    let EventKind::Position(p) = told[1] else { panic!("{told:?}") };
    assert_eq!((p.at.lat_e7(), p.at.lon_e7()), (522_572_021, 39_193_726));
    assert_eq!((p.baro_alt_ft, p.on_ground, p.accuracy_m), (Some(38_000), Some(false), Some(186)));
    assert_eq!(p.source, PositionSource::SelfReported);
}

#[test]
fn velocities_say_what_they_measure() {
    let mut sky = Sky::new(None);
    sky.hear(&bytes("8d485020994409940838175b284f"), 0.0);
    let told = sky.hear(&bytes("8da05f219b06b6af189400cbc33f"), 0.0);
    assert_eq!(told, [], "another aircraft, heard once");
    let told = sky.hear(&bytes("8d485020994409940838175b284f"), 1.0);
    let EventKind::Velocity(v) = told[1] else { panic!("{told:?}") };
    assert_eq!(v.speed.unwrap().0, SpeedKind::Ground);
    assert_eq!(v.direction.unwrap().0, HeadingReference::TrueTrack);
    assert_eq!(v.vertical_rate_fpm, Some((VerticalSource::Geometric, -832)));
}

#[test]
fn a_surface_position_needs_a_reference() {
    let pair = ["8c4841753aab238733c8cd4020b1", "8c4841753a8a35323faebdac702d"].map(bytes);
    for (site, positions) in [(None, 0), (Some((51.99, 4.375)), 1)] {
        let mut sky = Sky::new(site);
        sky.hear(&pair[0], 0.0);
        let told = sky.hear(&pair[1], 10.0);
        let places: Vec<_> = told.iter().filter_map(|k| if let EventKind::Position(p) = k { Some(p) } else { None }).collect();
        assert_eq!(places.len(), positions);
        if let [p] = places[..] {
            assert_eq!((p.on_ground, p.speed.unwrap().0, p.track.unwrap().get()), (Some(true), 160, 9844));
            assert!((p.at.lat_deg() - 52.320_607).abs() < 1e-6);
        }
    }
}

#[test]
fn ground_stations_speak_of_others() {
    for (first, imf, subject, source) in [
        (0x92, false, "icao:4840d6", PositionSource::GroundSurveillance),
        (0x92, true, "nonicao:4840d6", PositionSource::GroundSurveillance),
        (0x95, false, "nonicao:4840d6", PositionSource::GroundSurveillance),
        (0x96, false, "icao:4840d6", PositionSource::Rebroadcast),
        (0x90, false, "icao:4840d6", PositionSource::SelfReported),
        (0x91, false, "nonicao:4840d6", PositionSource::SelfReported),
    ] {
        let mut sky = Sky::new(None);
        let flag = u64::from(imf) << 48;
        sky.hear(&squitter(first, ADDRESS, airborne_me(52.0, 4.0, false) | flag), 0.0);
        sky.hear(&squitter(first, ADDRESS, airborne_me(52.0, 4.0, true) | flag), 1.0);
        let last = sky.events.last().unwrap();
        let EventKind::Position(p) = &last.kind else { panic!("{last:?}") };
        assert_eq!((last.subject.to_string().as_str(), p.source), (subject, source));
    }
}

/// The refused half is counted, its altitude is still told, and no position goes out.
#[test]
fn a_jump_is_counted_and_not_told() {
    let mut sky = Sky::new(None);
    sky.hear(&squitter(0x8d, ADDRESS, airborne_me(52.0, 4.0, false)), 0.0);
    sky.hear(&squitter(0x8d, ADDRESS, airborne_me(52.0, 4.0, true)), 0.5);
    let told = sky.hear(&squitter(0x8d, ADDRESS, airborne_me(54.0, 4.0, false)), 1.0);
    assert!(!told.iter().any(|k| matches!(k, EventKind::Position(_))));
    assert_eq!(sky.refused(Refusal::Sanity), 1);
    let told = sky.hear(&squitter(0x8d, ADDRESS, airborne_me(52.0, 4.0, true)), 1.5);
    assert!(matches!(told[..], [EventKind::Position(_)]));
}

#[test]
fn wrong_lengths_parity_and_formats_are_refused_by_name() {
    let mut sky = Sky::new(None);
    sky.hear(&[], 0.0);
    sky.hear(&bytes("8d4840d6202cc371c32ce05760"), 0.0);
    sky.hear(&bytes("5d4840d6202cc371c32ce0576098"), 0.0);
    assert_eq!(sky.refused(Refusal::Length), 3);
    sky.hear(&bytes("8d4840d6202cc371c32ce0576099"), 0.0);
    assert_eq!(sky.refused(Refusal::Integrity), 1);
    sky.hear(&with_parity(&[0x50, 0, 0, 0], 0), 0.0);
    assert_eq!(sky.refused(Refusal::Reserved), 1, "DF 10");
}

#[test]
fn a_flood_of_addresses_stays_bounded_and_counted() {
    let mut sky = Sky::new(None);
    for address in 0..TRACKS_MAX as u32 + 500 {
        sky.hear(&all_call(address, 0), 0.0);
    }
    assert_eq!(sky.decoder.tracks(), TRACKS_MAX);
    assert_eq!(sky.decoder.counters().evicted, 500);
    sky.hear(&all_call(1, 0), 700.0);
    assert_eq!(sky.decoder.tracks(), 1);
}

#[test]
fn without_utc_the_receivers_clock_counts() {
    let mut decoder = AdsbDecoder::new(&DecoderConfig::default());
    let mut at = Vec::new();
    for tick in [12_000_000, 24_000_012] {
        let heard = Frame { utc: None, tick: Tick12(tick), ..frame(&all_call(ADDRESS, 0), UnixMicros(0)) };
        decoder.decode(&heard, &mut |event| at.push(event.at.0));
    }
    assert_eq!(at[0], 1_000_000);
    assert_eq!(at.len(), 1, "the second says nothing new");
}

fn check_ranges(event: &Event) {
    assert!(matches!(event.subject, Subject::Aircraft(_) | Subject::NonIcao(_)));
    match &event.kind {
        EventKind::Position(p) => {
            assert!(p.baro_alt_ft.is_none_or(|ft| (-1200..=126_700).contains(&ft)));
            assert!(p.geom_alt_ft.is_none_or(|ft| (-1200..=126_700).contains(&ft)));
            assert!(p.speed.is_none_or(|s| s.0 <= 1750));
        }
        EventKind::Velocity(v) => {
            assert!(v.vertical_rate_fpm.is_none_or(|(_, fpm)| fpm.abs() <= 32_576));
            assert!(v.geom_minus_baro_ft.is_none_or(|ft| ft.abs() <= 3125));
            assert!(v.speed.is_none_or(|(_, s)| s.0 <= 57_762));
        }
        EventKind::Status(s) => {
            assert!(s.squawk.is_none_or(|q| q <= 7777 && [1, 10, 100, 1000].iter().all(|d| q / d % 10 < 8)));
            assert!(s.adsb_version.is_none_or(|v| v <= 7));
        }
        EventKind::Identity(i) => {
            let clean = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b' ';
            assert!(i.callsign.is_none_or(|c| !c.is_empty() && c.as_str().bytes().all(clean)));
        }
        EventKind::Intent(i) => {
            assert!(i.panel_alt_ft.is_none_or(|ft| (-1000..=100_000).contains(&ft)));
            assert!(i.altimeter_dhpa.is_none_or(|p| (8000..=12_100).contains(&p)));
        }
        EventKind::Quality(_) | EventKind::Advisory(_) | EventKind::AirData(_) => {}
        EventKind::Quarantined(q) => assert!(0 < q.count),
        EventKind::Text(t) => assert!(t.body.len() <= model::Text::MAX_BYTES),
        EventKind::Weather(_) | EventKind::Telemetry(_) | EventKind::Coverage(_) => panic!("not from Mode S: {event:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Arbitrary frames, half of them with good parity and few addresses so that they get through, at arbitrary times.
    #[test]
    fn anything_heard_keeps_the_invariants(
        frames in prop::collection::vec((any::<[u8; 14]>(), any::<bool>(), any::<bool>(), 0_u32..3, any::<i32>()), 1..400),
        site in any::<bool>(),
    ) {
        let mut sky = Sky::new(site.then_some((48.0, 11.0)));
        let mut now = 0_i64;
        for (mut bytes, long, repaired, address, step) in frames {
            if repaired {
                bytes[1..4].copy_from_slice(&address.to_be_bytes()[1..]);
            }
            let len = if long { 14 } else { 7 };
            let overlay = if repaired && ![11, 17, 18].contains(&(bytes[0] >> 3)) { address } else { 0 };
            let heard = if repaired { with_parity(&bytes[..len - 3], overlay) } else { bytes[..len].to_vec() };
            // Mostly forward by up to 2 s, now and then far either way.
            now += if step % 50 == 0 { i64::from(step) * 1000 } else { i64::from(step.unsigned_abs() % 2_000_000) };
            sky.hear(&heard, now as f64 / 1e6);
            prop_assert!(sky.decoder.tracks() <= TRACKS_MAX);
        }
        let counters = sky.decoder.counters();
        prop_assert_eq!(counters.events, sky.events.len() as u64);
        sky.events.iter().for_each(check_ranges);
    }
}
