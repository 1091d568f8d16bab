//! Versions as they were first written. If this fails, stations in the field hold spools that the program no longer reads:
//! write another version beside it. `UPDATE=1` writes the fixture; only ever for a version that was not released.

use super::{Decoder, Encoder, SegmentHeader};
use model::{
    Advisory, AirData, Bearing, CentiDegrees, ChannelId, Coverage, DeciDbfs, DeciKnots, Emergency, Epoch, Event, EventKind, Hazard,
    HeadingReference, Icao24, Identity, InferredRegister, Intent, LatLon, Mmsi, Position, PositionSource, Protocol, Quality, Raw, Reading,
    ReceiverId, ShortText, Signal, Slot, SpeedKind, Status, Subject, Telemetry, Text, TextKind, Threat, UnixMicros, Velocity,
    VerticalSource, Weather,
};

const EPOCH: Epoch = Epoch(0xfeed_beef_0000_0001);
const FIRST_SEQ: u64 = 0x1_0000_0001;

#[test]
fn version_1_is_read_for_ever() {
    is_read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/segment-v1.bin"), 1, events());
}

/// With the channel and the slot, which are what version 2 adds.
#[test]
fn version_2_is_read_for_ever() {
    let mut events = events();
    for (i, event) in events.iter_mut().enumerate() {
        event.signal.channel = [None, Some(ChannelId(0)), Some(ChannelId(3)), Some(ChannelId(255))][i % 4];
        event.signal.slot = [Slot::new(2_249), None, Slot::new(0)][i % 3];
    }
    is_read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/segment-v2.bin"), 2, events);
}

/// With two kinds, and with fields at the end of others.
#[test]
fn version_3_is_read_for_ever() {
    let mut events = events();
    for event in &mut events {
        match &mut event.kind {
            EventKind::Weather(w) if w.at.is_some() => {
                (w.rain_midnight_um, w.snow_24h_um, w.luminosity_w_m2) = (Some(254), Some(25_400), Some(1_999));
            }
            EventKind::Text(t) if !t.body.is_empty() => t.number = short("03A"),
            _ => {}
        }
    }
    let call = Subject::Callsign(ShortText::new("N0CALL-9").unwrap());
    let kinds = [
        EventKind::Telemetry(telemetry()),
        EventKind::Telemetry(Telemetry::default()),
        EventKind::Coverage(coverage()),
        EventKind::Coverage(Coverage::default()),
    ];
    events.extend(kinds.into_iter().enumerate().map(|(i, kind)| event(i, Protocol::Aprs, call, kind, "9a9a")));
    is_read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/segment-v3.bin"), 3, events);
}

fn telemetry() -> Telemetry {
    let reading = |channel, name, unit, value_micro, calibrated| Reading {
        channel,
        name: ShortText::new(name).unwrap(),
        unit: ShortText::new(unit).unwrap(),
        value_micro,
        calibrated,
    };
    let readings = [
        reading(0, "Battery", "V", 13_800_000, true),
        reading(4, "", "", -Reading::MICRO_MAX, false),
        reading(12, "Door", "open", 1_000_000, true),
    ];
    Telemetry { sequence: Some(324), title: ShortText::new("Hut").unwrap(), bits: Some(0b1000_0001), readings: readings.into() }
}

fn coverage() -> Coverage {
    Coverage {
        power_w: Some(25),
        height_ft: Some(20_480),
        gain_db: Some(3),
        beam: direction(4_500),
        range_m: Some(80_467),
        heard_s: Some(0),
        bearing: Some(Bearing { from: CentiDegrees::new(27_000).unwrap(), quality: 9, hits: Some(8), range_m: Some(6_437) }),
    }
}

fn is_read(path: &str, version: u8, events: Vec<Event>) {
    if std::env::var_os("UPDATE").is_some() {
        let encoded = Encoder::default().encode(EPOCH, FIRST_SEQ, &events).unwrap();
        assert_eq!(encoded.count, events.len());
        std::fs::write(path, encoded.segment).unwrap();
    }
    let fixture = std::fs::read(path).unwrap();
    assert_eq!(fixture[4], version, "what older programs can read is written so");
    let header = SegmentHeader::check(&fixture).unwrap();
    assert_eq!((header.epoch, header.first_seq, header.count as usize), (EPOCH, FIRST_SEQ, events.len()));
    let mut read = Vec::new();
    Decoder::default().decode(&fixture, &mut read).unwrap();
    assert_eq!(read, events);
}

fn short<const N: usize>(text: &str) -> Option<ShortText<N>> {
    Some(ShortText::new(text).unwrap())
}

fn direction(centi: u16) -> Option<CentiDegrees> {
    Some(CentiDegrees::new(centi).unwrap())
}

/// Every kind with every field, then every kind with none, and what the raw frames' coding does: parity that follows from
/// the frame, from the address, or not at all, references, and long frames.
fn events() -> Vec<Event> {
    let icao = Icao24::new(0x48_40d6).unwrap();
    let aircraft = Subject::Aircraft(icao);
    let ship = Subject::Vessel(Mmsi::new(2_320_001).unwrap());
    let call = Subject::Callsign(ShortText::new("N0CALL-9").unwrap());
    let rows = [
        (Protocol::Adsb, aircraft, EventKind::Identity(identity()), "8d4840d6202cc371c32ce0576098"),
        (Protocol::Adsb, aircraft, EventKind::Identity(Identity::default()), "8d4840d6202cc371c32ce0576098"),
        (Protocol::Adsb, aircraft, EventKind::Position(position()), "8d4840d6202cc371c32ce0576099"),
        (Protocol::Adsb, aircraft, EventKind::Position(Position::bare(place(), PositionSource::GroundSurveillance)), ""),
        (Protocol::Adsb, aircraft, EventKind::Velocity(velocity()), "5d4840d6202cc3"),
        (Protocol::Adsb, Subject::NonIcao(icao), EventKind::Velocity(no_velocity()), "00"),
        (Protocol::Adsb, aircraft, EventKind::Intent(intent()), "a0001910cc300030aa0000eae004"),
        (Protocol::Adsb, aircraft, EventKind::AirData(air_data()), "a0001910cc300030aa0000eae005"),
        (Protocol::Adsb, aircraft, EventKind::Quality(quality()), ""),
        (Protocol::Uat, aircraft, EventKind::Advisory(advisory(Some(Threat::Address(icao)))), ""),
        (Protocol::Uat, aircraft, EventKind::Advisory(advisory(Some(far_threat()))), ""),
        (Protocol::Uat, aircraft, EventKind::Advisory(advisory(None)), ""),
        (Protocol::Ais, ship, EventKind::Status(status()), "04023661800000000000000000000000000000000000"),
        (Protocol::Ais, ship, EventKind::Status(Status::default()), "04023661800000000000000000000000000000000001"),
        (Protocol::Aprs, call, EventKind::Weather(weather()), "9a9a9a9a"),
        (
            Protocol::Aprs,
            call,
            EventKind::Weather(Weather::default()),
            "9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a",
        ),
        (
            Protocol::Aprs,
            call,
            EventKind::Text(Text { kind: TextKind::Message, to: Some(ship), body: "wind 20 kn – come in".into(), number: None }),
            "",
        ),
        (Protocol::Aprs, call, EventKind::Text(Text { kind: TextKind::Telemetry, to: Some(call), body: "".into(), number: None }), ""),
        (Protocol::Adsb, aircraft, EventKind::Intent(Intent::default()), ""),
        (Protocol::Adsb, aircraft, EventKind::AirData(AirData::default()), ""),
        (Protocol::Adsb, aircraft, EventKind::Quality(Quality::default()), ""),
    ];
    rows.into_iter().enumerate().map(|(i, (protocol, subject, kind, raw))| event(i, protocol, subject, kind, raw)).collect()
}

fn event(i: usize, protocol: Protocol, subject: Subject, kind: EventKind, hex: &str) -> Event {
    let raw: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let heard = Signal {
        rssi: Some(DeciDbfs(-213)),
        noise: Some(DeciDbfs(-399)),
        freq_offset_hz: Some(-1250),
        corrected_bits: 2,
        ..Signal::default()
    };
    Event {
        // Backwards too: receivers' clocks are not one.
        at: UnixMicros(1_795_400_000_000_000 + [0, 1_500_000, -20, 7][i % 4]),
        protocol,
        receiver: ReceiverId(i as u8 * 11),
        subject,
        kind,
        raw: Raw::new(&raw),
        signal: if i.is_multiple_of(3) { heard } else { Signal::default() },
    }
}

fn place() -> LatLon {
    LatLon::from_e7(-337_654_321, 1_512_345_678).unwrap()
}

fn position() -> Position {
    Position {
        baro_alt_ft: Some(38_000),
        geom_alt_ft: Some(-125),
        on_ground: Some(false),
        accuracy_m: Some(93),
        speed: Some(DeciKnots(4321)),
        track: direction(35_999),
        heading: direction(0),
        ..Position::bare(place(), PositionSource::Rebroadcast)
    }
}

fn velocity() -> Velocity {
    Velocity {
        speed: Some((SpeedKind::TrueAir, DeciKnots(4567))),
        direction: Some((HeadingReference::MagneticHeading, CentiDegrees::new(12_345).unwrap())),
        vertical_rate_fpm: Some((VerticalSource::Barometric, -1984)),
        geom_minus_baro_ft: Some(-350),
    }
}

fn no_velocity() -> Velocity {
    Velocity { speed: None, direction: None, vertical_rate_fpm: None, geom_minus_baro_ft: None }
}

fn identity() -> Identity {
    Identity {
        callsign: short("KLM1023"),
        name: short("RRS DISCOVERY – ÆØÅ"),
        category: short("A3"),
        imo: Some(9_588_029),
        destination: short("SOUTHAMPTON"),
        dimensions_m: Some([60, 40, 9, 511]),
        draught_dm: Some(65),
    }
}

fn status() -> Status {
    Status {
        squawk: Some(7700),
        emergency: Some(Emergency::SearchAndRescueTransmitter),
        baro_alt_ft: Some(-1000),
        on_ground: Some(true),
        ident: Some(false),
        nav_status: Some(14),
        adsb_version: Some(2),
    }
}

fn weather() -> Weather {
    Weather {
        at: Some(place()),
        wind_from: direction(27_000),
        wind_speed: Some(DeciKnots(87)),
        wind_gust: Some(DeciKnots(139)),
        temperature_dc: Some(-123),
        humidity_percent: Some(100),
        pressure_dhpa: Some(10_132),
        rain_1h_um: Some(254),
        rain_24h_um: Some(1_000_000),
        // Of version 3.
        rain_midnight_um: None,
        snow_24h_um: None,
        luminosity_w_m2: None,
    }
}

fn inferred() -> Option<InferredRegister> {
    Some(InferredRegister { bds: 0x40, probability_percent: 97 })
}

fn intent() -> Intent {
    Intent {
        inferred: inferred(),
        panel_alt_ft: Some(36_000),
        fms_alt_ft: Some(-16),
        selected_heading: Some((HeadingReference::TrueTrack, CentiDegrees::new(9000).unwrap())),
        altimeter_dhpa: Some(10_132),
        autopilot: Some(true),
        vertical_navigation: Some(false),
        altitude_hold: None,
        approach: Some(true),
        lateral_navigation: Some(false),
        tcas_operational: None,
    }
}

fn air_data() -> AirData {
    AirData {
        inferred: inferred(),
        roll_cdeg: Some(-2500),
        track: direction(18_000),
        track_rate_cdeg_s: Some(-12),
        ground_speed: Some(DeciKnots(4400)),
        true_airspeed: Some(DeciKnots(4600)),
        indicated_airspeed: Some(DeciKnots(2800)),
        mach_milli: Some(784),
        magnetic_heading: direction(17_800),
        baro_rate_fpm: Some(-640),
        inertial_rate_fpm: Some(-608),
        wind_from: direction(31_500),
        wind_speed: Some(DeciKnots(850)),
        temperature_cdegc: Some(-5650),
        pressure_hpa: Some(238),
        humidity_percent: Some(3),
        radio_height_ft: Some(2500),
        turbulence: Some(Hazard::Nil),
        wind_shear: Some(Hazard::Light),
        microburst: Some(Hazard::Moderate),
        icing: Some(Hazard::Severe),
        wake_vortex: None,
    }
}

fn quality() -> Quality {
    Quality {
        position_error_m: Some(185),
        geom_alt_error_m: Some(45),
        velocity_error_dm_s: Some(30),
        integrity_exponent: Some(7),
        integrity_per_sample: Some(false),
        design_assurance_exponent: Some(5),
        baro_alt_checked: Some(true),
        // Came after this fixture was written: old segments read as without it.
        containment_m: None,
    }
}

fn far_threat() -> Threat {
    Threat::Place { alt_ft: Some(-300), range_dnmi: Some(123), bearing_deg: None }
}

fn advisory(threat: Option<Threat>) -> Advisory {
    Advisory { active: 0x2001, complements: 0b0101, terminated: false, multiple_threats: threat.is_some(), threat }
}
