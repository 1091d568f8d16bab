//! Frames of one vessel to its events, distress devices first.

use super::*;
use crate::ais::message::SixBit;
use crate::ais::nmea::{Assembler, Assembly, parse};
use crate::ais::testing::{LOGS, messages, recording};
use model::{Priority, Raw, ReceiverId, Signal, Weather};

fn frame(bits: &Bits) -> Frame {
    Frame {
        protocol: Protocol::Ais,
        receiver: ReceiverId(1),
        raw: Raw::new(bits.as_bytes()),
        tick: Tick12(0),
        utc: Some(UnixMicros::from_secs(1_000)),
        signal: Signal::default(),
    }
}

fn tell(decoder: &mut Decoder, bits: &Bits) -> Vec<Event> {
    let mut events = Vec::new();
    decoder.decode(&frame(bits), &mut |e| events.push(e));
    events
}

fn events(lines: &str) -> Vec<EventKind> {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let mut assembler = Assembler::new();
    let mut kinds = Vec::new();
    for line in lines.lines() {
        if let Assembly::Complete(r) = assembler.push(&parse(line.as_bytes()).unwrap(), UnixMicros(0)).unwrap() {
            decoder.decode(&r.frame(ReceiverId(0), Tick12(0), UnixMicros(0)), &mut |e| kinds.push(e.kind));
        }
    }
    kinds
}

#[test]
fn a_position_report_is_status_and_position() {
    let kinds = events("!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A");
    let [EventKind::Status(status), EventKind::Position(p)] = kinds[..] else { panic!("{kinds:?}") };
    assert_eq!((status.nav_status, status.emergency), (Some(0), None));
    assert_eq!((p.at.lat_e7(), p.at.lon_e7()), (483_816_333, -1_233_953_833));
    assert_eq!((p.speed, p.accuracy_m), (Some(DeciKnots(123)), Some(10)));
    assert_eq!((p.track, p.heading), (CentiDegrees::new(22_400), CentiDegrees::new(21_500)));
}

#[test]
fn static_data_is_an_identity() {
    let kinds = events("!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C\n!AIVDM,2,2,1,A,88888888880,2*25");
    let [EventKind::Identity(id)] = &kinds[..] else { panic!("{kinds:?}") };
    assert_eq!(id.name.unwrap().as_str(), "EVER DIADEM");
    assert_eq!((id.callsign.unwrap().as_str(), id.destination.unwrap().as_str()), ("3FOF8", "NEW YORK"));
    assert_eq!((id.imo, id.dimensions_m, id.draught_dm), (Some(9_134_270), Some([225, 70, 1, 31]), Some(122)));
    assert_eq!(id.category.unwrap().as_str(), "70");
}

/// Type 1 from any MMSI with any status, at 52° N 4° E.
fn position_report(mmsi: u32, nav_status: u64) -> Bits {
    let mut bits = Bits::new();
    bits.put(0, 6, 1);
    bits.put(8, 30, u64::from(mmsi));
    bits.put(38, 4, nav_status);
    bits.put(61, 28, 4 * 600_000);
    bits.put(89, 27, 52 * 600_000);
    bits.resize(168);
    bits
}

fn safety_text(mmsi: u32, text: &str) -> Bits {
    let mut bits = Bits::new();
    bits.put(0, 6, 14);
    bits.put(8, 30, u64::from(mmsi));
    bits.resize(40);
    for c in text.bytes() {
        bits.push(6, u64::from(crate::ais::message::sixbit_of(c)));
    }
    bits
}

fn emergencies(events: &[Event]) -> Vec<Emergency> {
    let status = |e: &Event| if let EventKind::Status(s) = e.kind { s.emergency } else { None };
    events.iter().filter_map(status).collect()
}

#[test]
fn distress_devices_are_emergencies_every_time_and_tests_are_told_apart() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    for (mmsi, nav_status, expected) in [
        (970_123_456, 14, Emergency::SearchAndRescueTransmitter),
        (972_123_456, 14, Emergency::ManOverboard),
        (974_123_456, 14, Emergency::EmergencyBeacon),
        (972_123_456, 0, Emergency::ManOverboard),
        (970_123_456, 15, Emergency::Test),
        (244_123_456, 14, Emergency::SearchAndRescueTransmitter),
    ] {
        for _ in 0..3 {
            let events = tell(&mut decoder, &position_report(mmsi, nav_status));
            assert_eq!(emergencies(&events), [expected], "{mmsi} status {nav_status}");
            assert_eq!(events[0].priority(), Priority::High, "an emergency comes before its position");
            assert!(events.iter().any(|e| matches!(e.kind, EventKind::Position(_))));
        }
    }
    assert!(emergencies(&tell(&mut decoder, &position_report(244_000_000, 15))).is_empty());
    assert_eq!(emergencies(&tell(&mut decoder, &safety_text(972_000_001, "MOB ACTIVE"))), [Emergency::ManOverboard]);
    assert_eq!(emergencies(&tell(&mut decoder, &safety_text(970_000_001, "SART TEST"))), [Emergency::Test]);
    assert!(emergencies(&tell(&mut decoder, &safety_text(244_000_000, "SART TEST"))).is_empty());
}

#[test]
fn a_distress_device_without_a_position_is_an_emergency_all_the_same() {
    let mut bits = position_report(972_123_456, 14);
    bits.put(61, 28, 181 * 600_000);
    bits.put(89, 27, 91 * 600_000);
    let events = tell(&mut Decoder::new(&DecoderConfig::default()), &bits);
    assert_eq!(emergencies(&events), [Emergency::ManOverboard]);
    assert!(!events.iter().any(|e| matches!(e.kind, EventKind::Position(_))));
}

#[test]
fn far_positions_are_refused_but_never_those_of_distress_devices() {
    let config = DecoderConfig { site: LatLon::from_degrees(0.0, 0.0), range_m_max: Some(500_000), ..DecoderConfig::default() };
    let mut decoder = Decoder::new(&config);
    let is_position = |e: &Event| matches!(e.kind, EventKind::Position(_));
    assert!(!tell(&mut decoder, &position_report(244_000_000, 0)).iter().any(is_position));
    assert_eq!(decoder.counters().refused(Refusal::Sanity), 1);
    assert!(tell(&mut decoder, &position_report(970_000_000, 14)).iter().any(is_position));
}

#[test]
fn weather_comes_in_its_units() {
    // gpsd's sample: 1/11 with 11 kt from 162°, gust 12, 80 %, raw temperature 473 (−12.7 °C), pressure 232.
    let Some(log) = recording("ais/nmea/gpsd/sample.aivdm") else { return };
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let all: Vec<Weather> = messages(&log)
        .iter()
        .flat_map(|bits| tell(&mut decoder, bits))
        .filter_map(|e| if let EventKind::Weather(w) = e.kind { Some(w) } else { None })
        .collect();
    let w = all.iter().find(|w| w.wind_gust == Some(DeciKnots(120))).unwrap();
    assert_eq!((w.wind_speed, w.wind_from), (Some(DeciKnots(110)), CentiDegrees::new(16_200)));
    assert_eq!((w.temperature_dc, w.humidity_percent, w.pressure_dhpa), (Some(-127), Some(80), Some(10_320)));
    assert_eq!(w.at, LatLon::from_degrees(64.65, 24.4));
}

#[test]
fn short_messages_are_refused_not_filled_up() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let mut bits = position_report(244_000_000, 0);
    bits.resize(160);
    assert!(tell(&mut decoder, &bits).is_empty());
    assert_eq!(decoder.counters().refused(Refusal::Length), 1);
    assert!(tell(&mut decoder, &position_report(1_000_000_001, 0)).is_empty());
    assert_eq!(decoder.counters().refused(Refusal::Sanity), 1);
}

#[test]
fn the_name_of_an_aid_goes_on_behind_twenty_characters() {
    let kinds = events("!AIVDM,2,1,5,B,E1mg=5J1T4W0h97aRh6ba84<h2d;W:Te=eLvH50```q,0*46\n!AIVDM,2,2,5,B,:D44QDlp0C1DU00,2*36");
    let Some(EventKind::Identity(id)) = kinds.iter().find(|k| matches!(k, EventKind::Identity(_))) else { panic!("{kinds:?}") };
    assert_eq!(id.name.unwrap().as_str(), "CHINA ROSE MURPHY EXPRESS ALERT");
    assert_eq!(id.category.unwrap().as_str(), "A20");
    assert_eq!(SixBit::<20>::new("CHINA ROSE MURPHY EX").text::<20>().unwrap().as_str(), "CHINA ROSE MURPHY EX");
}

/// Everything in the real logs goes through, with more positions than anything else and no panic.
#[test]
fn real_logs_become_events() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let mut counts = std::collections::BTreeMap::new();
    for name in LOGS {
        let Some(log) = recording(name) else { return };
        for bits in messages(&log) {
            decoder.decode(&frame(&bits), &mut |e| *counts.entry(e.kind.name()).or_insert(0) += 1);
        }
    }
    let told: usize = counts.values().sum();
    assert_eq!(decoder.counters().events, told as u64);
    assert!(7_000 < counts["position"] && 500 < counts["identity"] && 10 < counts["weather"], "{counts:?}");
}

/// A whale warning (IMO SN.1/Circ.289 area notice), as people read it.
#[test]
fn other_applications_are_told_in_words() {
    let kinds = events("!AIVDM,1,1,0,B,803Ovrh0EPM0WB0h2l0MwJUi=6B4G9000aip8<2Bt2Hq2Qhp,0*01");
    let [EventKind::Text(text)] = &kinds[..] else { panic!("{kinds:?}") };
    assert_eq!(text.kind, TextKind::Telemetry);
    assert_eq!(
        &*text.body,
        "area notice, linkage 29, notice 1, month 3, day 20, hour 16 h, minute 6 min, duration 1440 min; 1:, scale 1, \
         lon -70.2243 deg, lat 42.105867 deg, precision 4, radius 1481 m; 2:, shape 5, text NOAA RW SGHTNG"
    );
}
