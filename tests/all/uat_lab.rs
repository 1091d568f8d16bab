//! UAT on simulated air with a known truth: the receiver by level, offset, rate, shape and collision, each with a floor that a worse
//! receiver misses; what aircraft and ground stations say, through frames to events; one track for one aircraft on two frequencies.
//!
//! Levels are Eb/N0 of a bit on the air, cu8. Half of all frames are heard at 1.5 dB (basic), 2.05 (long), 3.2 (uplink); dump978-fa
//! needs 9.7, 10.3 and 11.2 on the same bytes, fisb-978 6.5, 7.1 and 8.2 (docs/uat.md).

use api::live::{Limits, Picture};
use decoders::uat::{Decoder, Receiver};
use decoders::{DecoderConfig, Demodulator as _, DemodulatorConfig, MessageDecoder as _, Profile};
use model::{
    Event, EventKind, Frame, Icao24, IqBlock, IqSamples, PositionSource, Protocol, Raw, ReceiverId, Signal, StationId, Subject, Tick12,
    Tuning, UnixMicros,
};
use sim::iq::Frontend;
use sim::uat::encode::{CallsignField, Claims, Qualifier, message};
use sim::uat::modulate::Shape;
use sim::uat::scenario::{Collision, Scenario};
use sim::uat::uplink::{Apdu, Station, uplink};
use sim::uat::{CENTER_HZ, FrameKind, UatFrame, UatTruth};
use sim::world::{AircraftState, World, WorldConfig};

fn receive(rate_sps: u32, samples: &[u8], profile: Profile) -> Vec<Frame> {
    let tuning = Tuning { center_hz: CENTER_HZ, rate_sps };
    let mut receiver = Receiver::new(&DemodulatorConfig { receiver: ReceiverId(0), tuning, profile }).unwrap();
    let mut frames = Vec::new();
    let samples = IqSamples::Cu8(samples);
    let block = IqBlock { samples, tuning, start_tick: Tick12(0), start_utc: None, dropped_samples: 0 };
    receiver.process(&block, &mut |f| frames.push(f));
    receiver.finish(&mut |f| frames.push(f));
    assert!(frames.is_sorted_by_key(|f| f.tick), "frames come in order of time");
    frames
}

/// Per cent heard of those that `wanted` picks; every frame heard was sent.
fn heard(scenario: &Scenario, wanted: impl Fn(&UatTruth) -> bool) -> usize {
    let (samples, truth) = scenario.render();
    let frames = receive(scenario.frontend.rate_sps, &samples, Profile::Full);
    let sent: Vec<&[u8]> = truth.iter().map(|t| t.frame.payload()).collect();
    assert!(frames.iter().all(|f| sent.contains(&f.raw.as_slice())), "a frame that nobody sent");
    let wanted: Vec<&UatTruth> = truth.iter().filter(|t| wanted(t)).collect();
    let found = wanted.iter().filter(|t| frames.iter().any(|f| f.raw.as_slice() == t.frame.payload())).count();
    println!("{found} of {}", wanted.len());
    100 * found / wanted.len()
}

#[test]
fn frames_heard_by_level() {
    for (kind, frames, ebn0_db, floor, ceiling) in [
        (FrameKind::Basic, 150, 3.0, 93, 100),
        (FrameKind::Basic, 150, 1.5, 40, 65),
        (FrameKind::Long, 150, 3.0, 88, 100),
        (FrameKind::Long, 150, 2.0, 33, 60),
        (FrameKind::Uplink, 20, 4.0, 90, 100),
        (FrameKind::Uplink, 20, 2.0, 0, 10),
    ] {
        let percent = heard(&Scenario::sensitivity(kind, ebn0_db, frames), |_| true);
        assert!((floor..=ceiling).contains(&percent), "{kind:?} at {ebn0_db} dB: {percent} %");
    }
}

#[test]
fn offsets_clocks_rates_and_shapes() {
    let base = Scenario::sensitivity(FrameKind::Long, 6.0, 40);
    let shape = |h, roll_off| Scenario { shape: Shape { h, roll_off }, ..base.clone() };
    let rate = |rate_sps| Scenario { frontend: Frontend::cu8(rate_sps, 2.5), ..base.clone() };
    for scenario in [
        Scenario { offset_hz: 80_000.0, ..base.clone() },
        Scenario { clock_ppm: 100.0, ..base.clone() },
        shape(0.6, Some(0.5)),
        shape(0.66, None),
        shape(0.72, Some(0.5)),
        rate(2_000_000),
        rate(2_400_000),
        rate(3_200_000),
        Scenario { frontend: Frontend { dc: [0.008, -0.006], iq_gain_error_db: 0.5, ..base.frontend }, ..base.clone() },
    ] {
        let percent = heard(&scenario, |_| true);
        assert!(95 <= percent, "{percent} % of {scenario:?}");
    }
}

/// The strong one always; the weak one under it mostly.
#[test]
fn pairs_over_each_other() {
    for (c_over_i_db, strong_floor, weak_floor) in [(3.0, 97, 80), (6.0, 97, 85), (10.0, 97, 80)] {
        let collision = Some(Collision { c_over_i_db, offset_us: (-300.0, 300.0) });
        let scenario = Scenario { collision, ..Scenario::sensitivity(FrameKind::Long, 25.0, 60) };
        let strong = heard(&scenario, |t| 24.9 < t.ebn0_db);
        let weak = heard(&scenario, |t| t.ebn0_db < 24.9);
        assert!(strong_floor <= strong && weak_floor <= weak, "{c_over_i_db} dB: {strong} % and {weak} %");
    }
}

#[test]
fn the_fast_profile_hears_what_stands_alone() {
    let scenario = Scenario::sensitivity(FrameKind::Long, 4.0, 60);
    let (samples, truth) = scenario.render();
    let frames = receive(scenario.frontend.rate_sps, &samples, Profile::Fast);
    assert!(truth.len() * 95 <= frames.len() * 100, "{} of {}", frames.len(), truth.len());
}

#[test]
fn noise_alone_gives_nothing() {
    let scenario = Scenario { frames: 0, ..Scenario::sensitivity(FrameKind::Uplink, 0.0, 0) };
    let (samples, _) = scenario.plan().render(scenario.frontend, 77, 6_000_000);
    assert_eq!(receive(scenario.frontend.rate_sps, &samples, Profile::Full), []);
}

fn frame(frame: &UatFrame, second: i64) -> Frame {
    Frame {
        protocol: Protocol::Uat,
        receiver: ReceiverId(0),
        raw: Raw::new(frame.payload()),
        tick: Tick12(0),
        utc: Some(UnixMicros::from_secs(second)),
        signal: Signal::default(),
    }
}

fn events(decoder: &mut Decoder, sent: &UatFrame, second: i64) -> Vec<Event> {
    let mut events = Vec::new();
    decoder.decode(&frame(sent, second), &mut |e| events.push(e));
    events
}

fn aircraft() -> Vec<AircraftState> {
    let mut world = World::new(WorldConfig::default());
    (0..world.aircraft_count()).map(|i| world.aircraft_at(i, 400_000_000)).collect()
}

/// Encode, decode: what the world's aircraft know of themselves comes out of every type of message.
#[test]
fn what_aircraft_say_is_what_is_told() {
    let mut on_ground = 0;
    for (i, state) in aircraft().iter().enumerate() {
        for kind in [0, 1, 2, 3] {
            let field = if i % 2 == 0 { CallsignField::Callsign } else { CallsignField::Squawk };
            let mut decoder = Decoder::new(&DecoderConfig::default());
            let told = events(&mut decoder, &message(kind, state, &Claims::default(), field), 0);
            assert_eq!(decoder.counters().refused(decoders::Refusal::Sanity), 0);
            assert!(told.iter().all(|e| e.subject == Subject::Aircraft(Icao24::new(state.address).unwrap())));
            on_ground += u32::from(state.on_ground);
            let mut seen = [false; 4];
            for event in &told {
                match event.kind {
                    EventKind::Position(p) => {
                        seen[0] = true;
                        assert!(p.at.distance_m(state.at) < 2.0);
                        assert!((p.baro_alt_ft.unwrap() - state.alt_ft.max(-1_000)).abs() <= 13, "{p:?} {state:?}");
                        assert_eq!(p.on_ground, Some(state.on_ground));
                    }
                    EventKind::Velocity(v) => {
                        let (_, speed) = v.speed.unwrap();
                        assert!((speed.knots() - state.ground_speed_kt).abs() < 1.0, "{v:?} {state:?}");
                        assert!((f64::from(v.vertical_rate_fpm.unwrap().1) - state.vertical_rate_fpm).abs() <= 33.0);
                    }
                    EventKind::Identity(id) => {
                        seen[1] = true;
                        assert_eq!(id.callsign.unwrap().as_str(), state.callsign.as_str());
                    }
                    EventKind::Status(s) => {
                        seen[2] = true;
                        assert_eq!(s.squawk, (field == CallsignField::Squawk).then_some(state.squawk));
                        assert_eq!(s.emergency.is_some_and(|e| e != model::Emergency::None), state.emergency);
                    }
                    EventKind::Intent(intent) => {
                        seen[3] = true;
                        assert!((intent.panel_alt_ft.unwrap() - state.selected_alt_ft).abs() <= 16);
                        assert!((f64::from(intent.altimeter_dhpa.unwrap()) / 10.0 - state.qnh_hpa).abs() < 0.5);
                    }
                    _ => {}
                }
            }
            let full = kind == 1 || kind == 3;
            assert_eq!(seen, [true, full && field == CallsignField::Callsign, full, kind == 3], "type {kind}: {told:?}");
        }
    }
    assert!(0 < on_ground);
}

/// Texts, whole and in parts, in one uplink and over several.
#[test]
fn what_a_ground_station_says_is_what_is_told() {
    let station = Station { at: WorldConfig::default().center, slot: 3, site: 12 };
    let notam = "NOTAM-D AMS 231000 !AMS 11/023 EHAM RWY 18R/36L CLSD 2311230800-2311231600".repeat(4);
    let parts = Apdu::record(8, (12, 34), "EHAM", 7, &notam).in_parts(99, 100);
    assert!(2 < parts.len());
    let metar = "METAR EHAM 231225Z 25012KT 9999 FEW020\tSCT035 11/05 Q1013 NOSIG";
    let mut uplinks = vec![uplink(&station, &[Apdu::text(12, 34, &format!("{metar}\u{1e}TAF EHRD 2311\u{1e}\u{3}"))]).unwrap()];
    uplinks.extend(parts.into_iter().rev().map(|part| uplink(&station, &[part]).unwrap()));
    uplinks.push(uplink(&station, &[Apdu::record(12, (12, 34), "EHAA", 1, "SIGMET NOVEMBER 1")]).unwrap());
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let told: Vec<Event> = uplinks.iter().enumerate().flat_map(|(i, u)| events(&mut decoder, u, i as i64)).collect();
    let texts: Vec<(String, &str)> =
        told.iter().filter_map(|e| if let EventKind::Text(t) = &e.kind { Some((e.subject.to_string(), &*t.body)) } else { None }).collect();
    let metar = metar.replace('\t', "    ");
    let expected =
        [("call:EHAM", metar.as_str()), ("call:EHRD", "TAF EHRD 2311"), ("call:EHAM", &notam), ("call:EHAA", "SIGMET NOVEMBER 1")];
    assert_eq!(texts, expected.map(|(subject, text)| (subject.to_owned(), text)));
    assert!(told.iter().any(|e| matches!(e.kind, EventKind::Position(p) if p.at.distance_m(station.at) < 2.0)));
}

/// The same aircraft on 1090 and on 978 MHz is one track; what a ground station says of it is told apart.
#[test]
fn one_aircraft_on_two_frequencies_is_one_track() {
    let state = aircraft().into_iter().find(|a| !a.on_ground && a.adsb).unwrap();
    let mut picture = Picture::new(Limits::STATION);
    let station = StationId::new("roof").unwrap();
    let now = UnixMicros::from_secs(10);
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let tis_b = Claims { qualifier: Qualifier::TisbIcao, ..Claims::default() };
    let mut told = events(&mut decoder, &message(1, &state, &Claims::default(), CallsignField::Callsign), 8);
    told.extend(events(&mut decoder, &message(0, &state, &tis_b, CallsignField::Callsign), 9));
    let sources: Vec<PositionSource> =
        told.iter().filter_map(|e| if let EventKind::Position(p) = e.kind { Some(p.source) } else { None }).collect();
    assert_eq!(sources, [PositionSource::SelfReported, PositionSource::GroundSurveillance]);
    let adsb = {
        let entry = decoders::ProtocolEntry::find(Protocol::Adsb).unwrap();
        let mut decoder = (entry.decoder)(&DecoderConfig::default());
        let mut events = Vec::new();
        for second in [7, 8] {
            let raw = Raw::new(sim::adsb::encode::squitter(&state, sim::adsb::encode::identification(&state)).as_slice());
            let utc = Some(UnixMicros::from_secs(second));
            let frame = Frame { protocol: Protocol::Adsb, receiver: ReceiverId(1), raw, tick: Tick12(0), utc, signal: Signal::default() };
            decoder.decode(&frame, &mut |e| events.push(e));
        }
        events
    };
    assert!(!adsb.is_empty());
    for event in adsb.iter().chain(&told) {
        picture.apply(station, event, now);
    }
    let tracks = picture.snapshot(None);
    assert_eq!(tracks.len(), 1);
    assert_eq!(tracks[0].callsign.as_deref(), Some(state.callsign.as_str()));
    assert_eq!(tracks[0].position_source, Some("ground"));
}
