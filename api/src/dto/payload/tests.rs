//! Whatever a decoder can say comes back from its payload, and is what Postgres can hold.

use super::general::{EMERGENCIES, TEXT_KINDS};
use super::*;
use model::{
    Advisory, AirData, Bearing, CentiDegrees, Coverage, DeciKnots, Disbelief, Hazard, HeadingReference, Identity, InferredRegister, Intent,
    LatLon, Position, PositionSource, Quality, Quarantined, Reading, SpeedKind, Status, Suspect, Telemetry, Text, TextKind, Threat,
    Velocity, VerticalSource, Weather,
};
use proptest::option::of;
use proptest::prelude::*;

fn place() -> impl Strategy<Value = LatLon> {
    (-900_000_000..=900_000_000_i32, -1_800_000_000..1_800_000_000_i32).prop_map(|(lat, lon)| LatLon::from_e7(lat, lon).unwrap())
}

fn angle() -> impl Strategy<Value = CentiDegrees> {
    (0..36_000_u16).prop_map(|c| CentiDegrees::new(c).unwrap())
}

fn speed() -> impl Strategy<Value = DeciKnots> {
    any::<u16>().prop_map(DeciKnots)
}

/// Without U+0000, which does not come back.
fn text<const N: usize>() -> impl Strategy<Value = ShortText<N>> {
    "[^\0]{0,40}".prop_map(|t| ShortText::truncated(&t))
}

fn any_subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        (0..1_u32 << 24).prop_map(|a| Subject::Aircraft(Icao24::new(a).unwrap())),
        (0..1_u32 << 24).prop_map(|a| Subject::NonIcao(Icao24::new(a).unwrap())),
        (0..1_000_000_000_u32).prop_map(|m| Subject::Vessel(Mmsi::new(m).unwrap())),
        text().prop_map(Subject::Callsign),
    ]
}

fn position() -> impl Strategy<Value = EventKind> {
    let source =
        prop_oneof![Just(PositionSource::SelfReported), Just(PositionSource::Rebroadcast), Just(PositionSource::GroundSurveillance)];
    let numbers = (of(any::<i32>()), of(any::<i32>()), of(any::<bool>()), of(any::<u32>()));
    (place(), source, numbers, of(speed()), of(angle()), of(angle())).prop_map(|(at, source, n, speed, track, heading)| {
        EventKind::Position(Position {
            at,
            source,
            baro_alt_ft: n.0,
            geom_alt_ft: n.1,
            on_ground: n.2,
            accuracy_m: n.3,
            speed,
            track,
            heading,
        })
    })
}

fn velocity() -> impl Strategy<Value = EventKind> {
    let kind = prop_oneof![Just(SpeedKind::Ground), Just(SpeedKind::IndicatedAir), Just(SpeedKind::TrueAir)];
    let reference =
        prop_oneof![Just(HeadingReference::TrueTrack), Just(HeadingReference::TrueHeading), Just(HeadingReference::MagneticHeading)];
    let source = prop_oneof![Just(VerticalSource::Geometric), Just(VerticalSource::Barometric)];
    (of((kind, speed())), of((reference, angle())), of((source, any::<i32>())), of(any::<i32>())).prop_map(
        |(speed, direction, vertical_rate_fpm, geom_minus_baro_ft)| {
            EventKind::Velocity(Velocity { speed, direction, vertical_rate_fpm, geom_minus_baro_ft })
        },
    )
}

fn identity() -> impl Strategy<Value = EventKind> {
    let texts = (of(text()), of(text()), of(text()), of(text()));
    (texts, of(any::<u32>()), of(any::<[u16; 4]>()), of(any::<u8>())).prop_map(|(t, imo, dimensions_m, draught_dm)| {
        EventKind::Identity(Identity { callsign: t.0, name: t.1, category: t.2, destination: t.3, imo, dimensions_m, draught_dm })
    })
}

fn status() -> impl Strategy<Value = EventKind> {
    let emergency = proptest::sample::select(EMERGENCIES.to_vec());
    (of(0..7_778_u16), of(emergency), of(any::<i32>()), of(any::<bool>()), of(any::<bool>()), of(any::<u8>()), of(any::<u8>())).prop_map(
        |(squawk, emergency, baro_alt_ft, on_ground, ident, nav_status, adsb_version)| {
            EventKind::Status(Status { squawk, emergency, baro_alt_ft, on_ground, ident, nav_status, adsb_version })
        },
    )
}

fn weather() -> impl Strategy<Value = EventKind> {
    let wind = (of(angle()), of(speed()), of(speed()));
    let rest = (of(any::<i16>()), of(any::<u8>()), of(any::<u16>()), of(any::<u32>()), of(any::<u32>()));
    let more = (of(any::<u32>()), of(any::<u32>()), of(any::<u16>()));
    (of(place()), wind, rest, more).prop_map(|(at, (wind_from, wind_speed, wind_gust), r, more)| {
        EventKind::Weather(Weather {
            at,
            wind_from,
            wind_speed,
            wind_gust,
            temperature_dc: r.0,
            humidity_percent: r.1,
            pressure_dhpa: r.2,
            rain_1h_um: r.3,
            rain_24h_um: r.4,
            rain_midnight_um: more.0,
            snow_24h_um: more.1,
            luminosity_w_m2: more.2,
        })
    })
}

fn words() -> impl Strategy<Value = EventKind> {
    let kind = proptest::sample::select(TEXT_KINDS.to_vec());
    (kind, of(any_subject()), "[^\0]{0,200}", of(text()))
        .prop_map(|(kind, to, body, number)| EventKind::Text(Text { kind, to, body: body.into(), number }))
}

fn telemetry() -> impl Strategy<Value = EventKind> {
    let figure = (0..Telemetry::READINGS_MAX as u8, -Reading::MICRO_MAX..=Reading::MICRO_MAX, any::<bool>());
    let reading = (figure, text(), text()).prop_map(|((channel, value_micro, calibrated), name, unit)| Reading {
        channel,
        name,
        unit,
        value_micro,
        calibrated,
    });
    let readings = proptest::collection::vec(reading, 0..=Telemetry::READINGS_MAX);
    (of(any::<u32>()), text(), of(any::<u8>()), readings)
        .prop_map(|(sequence, title, bits, readings)| EventKind::Telemetry(Telemetry { sequence, title, bits, readings: readings.into() }))
}

fn coverage() -> impl Strategy<Value = EventKind> {
    let antenna = (of(any::<u16>()), of(any::<u32>()), of(any::<u8>()), of(angle()));
    let bearing = (angle(), any::<u8>(), of(any::<u8>()), of(any::<u32>()));
    let bearing = of(bearing.prop_map(|(from, quality, hits, range_m)| Bearing { from, quality, hits, range_m }));
    (antenna, of(any::<u32>()), of(any::<u8>()), bearing).prop_map(|((power_w, height_ft, gain_db, beam), range_m, heard_s, bearing)| {
        EventKind::Coverage(Coverage { power_w, height_ft, gain_db, beam, range_m, heard_s, bearing })
    })
}

fn inferred() -> impl Strategy<Value = Option<InferredRegister>> {
    of((any::<u8>(), any::<u8>()).prop_map(|(bds, probability_percent)| InferredRegister { bds, probability_percent }))
}

fn intent() -> impl Strategy<Value = EventKind> {
    let reference =
        proptest::sample::select(vec![HeadingReference::TrueTrack, HeadingReference::TrueHeading, HeadingReference::MagneticHeading]);
    let numbers = (of(any::<i32>()), of(any::<i32>()), of((reference, angle())), of(any::<u16>()));
    (inferred(), numbers, any::<[Option<bool>; 6]>()).prop_map(|(inferred, n, flags)| {
        EventKind::Intent(Intent {
            inferred,
            panel_alt_ft: n.0,
            fms_alt_ft: n.1,
            selected_heading: n.2,
            altimeter_dhpa: n.3,
            autopilot: flags[0],
            vertical_navigation: flags[1],
            altitude_hold: flags[2],
            approach: flags[3],
            lateral_navigation: flags[4],
            tcas_operational: flags[5],
        })
    })
}

fn air_data() -> impl Strategy<Value = EventKind> {
    let hazard = || of(proptest::sample::select(vec![Hazard::Nil, Hazard::Light, Hazard::Moderate, Hazard::Severe]));
    let hazards = (hazard(), hazard(), hazard(), hazard(), hazard());
    let motion = (of(any::<i16>()), of(angle()), of(any::<i16>()), of(speed()), of(speed()), of(speed()), of(any::<u16>()));
    let rates = (of(angle()), of(any::<i32>()), of(any::<i32>()));
    let air = (of(angle()), of(speed()), of(any::<i16>()), of(any::<u16>()), of(any::<u8>()), of(any::<u32>()));
    (inferred(), motion, rates, air, hazards).prop_map(|(inferred, m, r, a, h)| {
        EventKind::AirData(AirData {
            inferred,
            roll_cdeg: m.0,
            track: m.1,
            track_rate_cdeg_s: m.2,
            ground_speed: m.3,
            true_airspeed: m.4,
            indicated_airspeed: m.5,
            mach_milli: m.6,
            magnetic_heading: r.0,
            baro_rate_fpm: r.1,
            inertial_rate_fpm: r.2,
            wind_from: a.0,
            wind_speed: a.1,
            temperature_cdegc: a.2,
            pressure_hpa: a.3,
            humidity_percent: a.4,
            radio_height_ft: a.5,
            turbulence: h.0,
            wind_shear: h.1,
            microburst: h.2,
            icing: h.3,
            wake_vortex: h.4,
        })
    })
}

fn quality() -> impl Strategy<Value = EventKind> {
    let errors = (of(any::<u32>()), of(any::<u16>()), of(any::<u16>()));
    (errors, of(any::<u8>()), of(any::<bool>()), of(any::<u8>()), of(any::<bool>()), of(any::<u32>())).prop_map(
        |(e, exponent, sample, assurance, baro, rc)| {
            EventKind::Quality(Quality {
                position_error_m: e.0,
                geom_alt_error_m: e.1,
                velocity_error_dm_s: e.2,
                integrity_exponent: exponent,
                integrity_per_sample: sample,
                design_assurance_exponent: assurance,
                baro_alt_checked: baro,
                containment_m: rc,
            })
        },
    )
}

fn advisory() -> impl Strategy<Value = EventKind> {
    let place = (of(any::<i32>()), of(any::<u16>()), of(any::<u16>()));
    let threat = prop_oneof![
        (0..1_u32 << 24).prop_map(|a| Threat::Address(Icao24::new(a).unwrap())),
        place.prop_map(|(alt_ft, range_dnmi, bearing_deg)| Threat::Place { alt_ft, range_dnmi, bearing_deg }),
    ];
    (any::<u16>(), any::<u8>(), any::<bool>(), any::<bool>(), of(threat)).prop_map(
        |(active, complements, terminated, multiple_threats, threat)| {
            EventKind::Advisory(Advisory { active, complements, terminated, multiple_threats, threat })
        },
    )
}

fn quarantined() -> impl Strategy<Value = EventKind> {
    let suspect = prop_oneof![
        place().prop_map(Suspect::Position).boxed(),
        any::<i32>().prop_map(Suspect::BaroAltitude).boxed(),
        any::<u16>().prop_map(|s| Suspect::Speed(DeciKnots(s))).boxed(),
        (0..36_000_u16).prop_map(|d| Suspect::Track(CentiDegrees::new(d).unwrap())).boxed(),
        (0..7_778_u16).prop_map(Suspect::Squawk).boxed(),
        "[A-Z0-9]{1,8}".prop_map(|t| Suspect::Callsign(ShortText::truncated(&t))).boxed(),
        any::<bool>().prop_map(Suspect::OnGround).boxed(),
    ];
    (proptest::sample::select(&Disbelief::ALL[..]), suspect, any::<u32>())
        .prop_map(|(why, suspect, count)| EventKind::Quarantined(Quarantined { why, suspect, count }))
}

/// Boxed: all of them on one stack are too much for a test's thread.
fn kind() -> impl Strategy<Value = EventKind> {
    let general =
        prop_oneof![position().boxed(), velocity().boxed(), identity().boxed(), status().boxed(), weather().boxed(), words().boxed()];
    let amateur = prop_oneof![telemetry().boxed(), coverage().boxed()];
    let aircraft = prop_oneof![intent().boxed(), air_data().boxed(), quality().boxed(), advisory().boxed(), quarantined().boxed()];
    prop_oneof![general.boxed(), aircraft.boxed(), amateur.boxed()]
}

prop_compose! {
    fn event()(
        kind in kind(),
        subject in any_subject(), protocol in proptest::sample::select(Protocol::ALL.to_vec()), receiver: u8, at: i64,
        raw in proptest::collection::vec(any::<u8>(), 0..60), rssi in of(any::<i16>()), noise in of(any::<i16>()),
        freq_offset_hz in of(any::<i32>()), corrected_bits: u8,
        channel in of(any::<u8>()), slot in of(0..model::Slot::COUNT),
    ) -> Event {
        let signal = Signal { rssi: rssi.map(DeciDbfs), noise: noise.map(DeciDbfs), freq_offset_hz, corrected_bits, channel: channel.map(model::ChannelId), slot: slot.and_then(model::Slot::new) };
        Event { at: UnixMicros(at), protocol, receiver: ReceiverId(receiver), subject, kind, raw: Raw::new(&raw), signal }
    }
}

proptest! {
    #[test]
    fn every_event_comes_back_from_its_payload(event in event()) {
        let json = serde_json::to_string(&Payload::of(&event)).unwrap();
        // As jsonb gives it back: keys in another order.
        let stored: serde_json::Value = serde_json::from_str(&json).unwrap();
        let stored = serde_json::to_string(&stored).unwrap();
        let payload: Payload<'_> = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(payload.to_event(event.at, event.raw.clone()).unwrap(), event);
    }

    /// The fast way of writing a line against the plain one.
    #[test]
    fn lines_are_the_same_bytes_either_way(event in event(), places in (any::<i16>(), any::<i16>())) {
        let mut near_zero = event.clone();
        if let EventKind::Position(position) = &mut near_zero.kind {
            position.at = LatLon::from_e7(places.0.into(), places.1.into()).unwrap();
        }
        for event in [event, near_zero] {
            let (mut line, mut plain) = (Vec::new(), Vec::new());
            crate::dto::EventLine::of(&event).write(&mut line);
            crate::dto::EventLine::of(&event).write_plain(&mut plain);
            plain.push(b'\n');
            prop_assert_eq!(String::from_utf8(line).unwrap(), String::from_utf8(plain).unwrap());
        }
    }

    #[test]
    fn a_foreign_payload_is_refused_and_never_panics(json in "\\{(\"[a-z_]{1,12}\":(null|true|-?[0-9]{1,20}(\\.[0-9]{1,3})?|\"[a-z:]{0,9}\"),?){0,9}\\}") {
        if let Ok(payload) = serde_json::from_str::<Payload<'_>>(&json) {
            let _ = payload.to_event(UnixMicros(0), Raw::new(&[]));
        }
    }
}

#[test]
fn nul_characters_do_not_reach_the_database() {
    let mut event = crate::testing::position_event(1, 0);
    event.subject = Subject::Callsign(ShortText::truncated("N0\0CALL"));
    event.kind = EventKind::Text(Text { kind: TextKind::Message, to: None, body: "a\0b".into(), number: None });
    let json = serde_json::to_string(&Payload::of(&event)).unwrap();
    assert!(!json.contains("\\u0000"), "{json}");
    assert!(json.contains("N0\u{fffd}CALL") && json.contains("a\u{fffd}b"), "{json}");
}

#[test]
fn a_payload_reads_as_people_expect() {
    let json = serde_json::to_value(Payload::of(&crate::testing::position_event(0x48_40d6, 0))).unwrap();
    let expected = serde_json::json!({
        "protocol": "adsb", "kind": "position", "subject": "icao:4840d6", "receiver": 0, "lat": 50.19, "lon": 4.0, "source": "self",
        "baro_alt_ft": 38000, "rssi_dbfs": -12.3
    });
    assert_eq!(json, expected);
}
