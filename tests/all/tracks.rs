//! Real frames to the live picture: what an operator would see of a flight, and that nobody is seen who is not there.

use api::live::{Limits, Picture};
use decoders::adsb::decoder::AdsbDecoder;
use decoders::{DecoderConfig, MessageDecoder};
use model::{Event, EventKind, Frame, LatLon, Protocol, Raw, ReceiverId, Signal, StationId, Subject, Tick12, UnixMicros};
use std::collections::HashMap;

/// The lines' stated error, what a turn bends within a slot of 2 s, and what a position may differ from its neighbours in a second: its 95 %
/// radius is 30 to 93 m.
const ERROR_M: f64 = 50.0;
const SLOT_M: f64 = 60.0;

/// Seconds and a bare Beast frame a line.
fn flight() -> Option<Vec<Frame>> {
    let text = std::fs::read_to_string(tests::recordings()?.join("adsb/long_flight_messages.csv")).unwrap();
    let frame = |line: &str| {
        let (secs, hex) = line.split_once(',').unwrap();
        let bytes: Vec<u8> = (18..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
        Frame {
            protocol: Protocol::Adsb,
            receiver: ReceiverId(0),
            raw: Raw::new(&bytes),
            tick: Tick12(0),
            utc: Some(UnixMicros((secs.parse::<f64>().unwrap() * 1e6) as i64)),
            signal: Signal::default(),
        }
    };
    Some(text.lines().map(frame).collect())
}

fn events(frames: &[Frame]) -> Vec<Event> {
    let (mut decoder, mut events) = (AdsbDecoder::new(&DecoderConfig::default()), Vec::new());
    frames.iter().for_each(|frame| decoder.decode(frame, &mut |event| events.push(event)));
    events
}

fn off_line_m(trail: &[api::dto::TrailPoint], at_ms: i64, place: LatLon) -> Option<f64> {
    let after = trail.iter().position(|p| at_ms <= p.2).filter(|&i| 0 < i)?;
    let (a, b) = (&trail[after - 1], &trail[after]);
    let share = (at_ms - a.2) as f64 / (b.2 - a.2) as f64;
    let on_line = LatLon::from_degrees(a.1 + share * (b.1 - a.1), a.0 + share * (b.0 - a.0)).unwrap();
    Some(on_line.distance_m(place))
}

/// Two hours of real traffic: every position that was told lies by the trail's line, and the trails reach far back.
#[test]
fn trails_of_a_real_flight_are_long_and_true() {
    let Some(frames) = flight() else { return };
    let events = events(&frames);
    let (mut picture, mut told) = (Picture::new(Limits::CENTRAL), HashMap::<Subject, Vec<(i64, LatLon)>>::new());
    let station = StationId::new("alpha").unwrap();
    for event in &events {
        picture.apply(station, event, event.at);
        if let EventKind::Position(p) = &event.kind {
            told.entry(event.subject).or_default().push((event.at.0 / 1_000, p.at));
        }
    }
    let tracks: HashMap<String, _> = picture.snapshot(None).into_iter().map(|t| (t.subject.clone(), t)).collect();
    let (mut worst, mut beyond, mut judged, mut longest) = (0.0_f64, 0, 0, (0, 0, 0));
    for (subject, places) in &told {
        let Some(trail) = &tracks[&subject.to_string()].trail else { continue };
        let (Some(first), Some(last)) = (trail.first(), trail.last()) else { continue };
        longest = longest.max(((last.2 - first.2) / 1_000, trail.len(), places.len()));
        for off in places.iter().filter_map(|&(at_ms, place)| off_line_m(trail, at_ms, place)) {
            judged += 1;
            beyond += u32::from(ERROR_M < off);
            worst = worst.max(off);
        }
    }
    let positions: usize = told.values().map(Vec::len).sum();
    println!(
        "{judged} of {positions} positions, worst {worst:.1} m, {beyond} beyond {ERROR_M} m; longest trail (s, points, of positions) {longest:?}"
    );
    assert!(10_000 < judged && worst <= ERROR_M + SLOT_M, "{judged} {worst}");
    assert!(beyond * 100 <= judged, "{beyond} of {judged}");
    assert!(2_400 < longest.0, "{longest:?}");
}

/// Every value of the details names a frame of the right kind; what is kept apart is a small part of what is told.
#[test]
fn details_of_a_real_flight_have_sources() {
    let Some(frames) = flight() else { return };
    let events = events(&frames);
    let (mut picture, station) = (Picture::new(Limits::CENTRAL), StationId::new("alpha").unwrap());
    events.iter().for_each(|event| _ = picture.apply(station, event, event.at));
    let (mut sources, mut apart) = (HashMap::<String, u32>::new(), 0);
    for track in picture.snapshot(None) {
        let address = model::Icao24::new(u32::from_str_radix(track.subject.trim_start_matches("icao:"), 16).unwrap()).unwrap();
        let detail = picture.detail(&Subject::Aircraft(address), events.last().unwrap().at).unwrap();
        assert!(detail.identity.unwrap().country.is_some(), "{}", track.subject);
        for fact in &detail.facts {
            let frame = fact.source.frame.clone().unwrap();
            assert!(frame.starts_with("DF") && fact.source.station.as_deref() == Some("alpha"), "{fact:?}");
            *sources.entry(frame).or_default() += 1;
        }
        apart += detail.quarantined.iter().map(|q| q.count).sum::<u64>();
    }
    println!("{} events, kept apart {apart}; facts by frame {sources:?}", events.len());
    assert!(5 < sources.len() && apart * 100 < events.len() as u64);
}
