//! Feeds of facts: what real programs write is read, what is unknown stays unknown, and no bytes do harm.

use super::*;
use model::{
    CentiDegrees, DeciKnots, Emergency, HeadingReference, Icao24, Identity, LatLon, Position, PositionSource, ShortText, SpeedKind, Status,
    Velocity, VerticalSource,
};
use proptest::prelude::*;

const NOW_US: i64 = 1_700_000_000_000_000;

fn arrival(after_us: i64) -> Arrival {
    Arrival { mono_us: after_us, utc: UnixMicros(NOW_US + after_us) }
}

fn told(teller: &mut Teller, bytes: &[u8], after_us: i64) -> Vec<Fact> {
    let mut facts = Vec::new();
    teller.push(bytes, arrival(after_us), &mut |fact| facts.push(fact));
    facts
}

fn sbs(text: &str) -> (Vec<Fact>, TellingCounters) {
    let mut teller = Teller::new(Telling::Sbs);
    let facts = told(&mut teller, text.as_bytes(), 0);
    (facts, teller.counters())
}

fn aircraft(address: u32) -> Subject {
    Subject::Aircraft(Icao24::new(address).unwrap())
}

fn kinds(facts: &[Fact]) -> Vec<EventKind> {
    facts.iter().map(|f| f.kind.clone()).collect()
}

/// The examples that the format's description publishes.
#[test]
fn published_lines_are_read() {
    let read = |line: &str| {
        let (facts, counters) = sbs(&format!("{line}\r\n"));
        assert_eq!((counters.refused, counters.other), (0, 0), "{line}");
        facts
    };
    let facts = read("MSG,1,145,256,7404F2,11267,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,RJA1118,,,,,,,,,,,");
    let callsign = Some(ShortText::new("RJA1118").unwrap());
    assert_eq!(kinds(&facts), [EventKind::Identity(Identity { callsign, ..Identity::default() })]);
    // Logged five minutes after it was generated: not an age.
    assert_eq!((facts[0].at, facts[0].subject), (UnixMicros(NOW_US), aircraft(0x7404F2)));

    let facts = read("MSG,2,496,603,400CB6,13168,2008/10/13,12:24:32.414,2008/10/13,12:24:33.164,,0,76.4,258.3,54.05735,-4.38826,,,,,,0");
    let position = Position {
        baro_alt_ft: Some(0),
        on_ground: Some(false),
        speed: DeciKnots::from_knots(76.4),
        track: CentiDegrees::from_degrees(258.3),
        ..Position::bare(LatLon::from_degrees(54.05735, -4.38826).unwrap(), PositionSource::SelfReported)
    };
    assert_eq!(kinds(&facts), [EventKind::Position(position)]);
    assert_eq!(facts[0].at, UnixMicros(NOW_US - 750_000), "three quarters of a second old when it was logged");

    let facts = read("MSG,4,496,469,4CA767,27854,2010/02/19,17:58:13.039,2010/02/19,17:58:13.368,,,288.6,103.2,,,-832,,,,,");
    let velocity = Velocity {
        speed: DeciKnots::from_knots(288.6).map(|s| (SpeedKind::Ground, s)),
        direction: CentiDegrees::from_degrees(103.2).map(|t| (HeadingReference::TrueTrack, t)),
        vertical_rate_fpm: Some((VerticalSource::Barometric, -832)),
        geom_minus_baro_ft: None,
    };
    assert_eq!(kinds(&facts), [EventKind::Velocity(velocity)]);

    let facts = read("MSG,6,496,237,4CA215,27864,2010/02/19,17:58:12.846,2010/02/19,17:58:13.368,,33325,,,,,,7700,0,-1,0,0");
    let status = Status {
        squawk: Some(7700),
        emergency: Some(Emergency::General),
        baro_alt_ft: Some(33_325),
        on_ground: Some(false),
        ident: Some(false),
        ..Status::default()
    };
    assert_eq!(kinds(&facts), [EventKind::Status(status)]);
}

#[test]
fn sources_of_sbs_positions() {
    let source = |first: &str, address: &str| {
        let line = format!("{first},3,1,1,{address},1,,,,,,37000,,,51.45735,-1.02826,,,,,,\n");
        match &sbs(&line).0[..] {
            [Fact { kind: EventKind::Position(p), subject, .. }] => (p.source, *subject),
            other => panic!("{other:?}"),
        }
    };
    let nobodys = Subject::NonIcao(Icao24::new(0x4CA2D6).unwrap());
    assert_eq!(source("MSG", "4CA2D6"), (PositionSource::SelfReported, aircraft(0x4CA2D6)));
    assert_eq!(source("MLAT", "4CA2D6"), (PositionSource::GroundSurveillance, aircraft(0x4CA2D6)));
    assert_eq!(source("MSG", "~4ca2d6"), (PositionSource::GroundSurveillance, nobodys));
}

#[test]
fn what_an_sbs_line_cannot_mean_is_refused_and_the_rest_is_told() {
    for bad in
        ["MSG,3", "MSG,3,1,1,4CA2D,1,,,,,,37000,,,51.4,-1.0,,,,,,", "MSG,3,1,1,XXXXXX,1,,,,,,37000,,,51.4,-1.0,,,,,,", "hello", "\u{fffd}"]
    {
        let (facts, counters) = sbs(&format!("{bad}\n"));
        assert_eq!((facts.len(), counters.refused), (0, 1), "{bad}");
    }
    // No place, an altitude of no aircraft, half a place, an octal code with a 9.
    for (columns, facts) in
        [("37000,,,0.0,0.0,,,,,,", 1), ("900000,,,51.4,-1.0,,,,,,", 1), ("37000,,,51.4,,,,,,,", 1), ("37000,,,,,,1290,,,,", 1)]
    {
        let (told, counters) = sbs(&format!("MSG,3,1,1,4CA2D6,1,,,,,,{columns}\n"));
        assert_eq!((told.len(), counters.refused), (facts, 1), "{columns}");
    }
    let (_, counters) = sbs("\r\n\r\nSTA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM\r\nAIR,,1\r\n");
    assert_eq!((counters.other, counters.refused), (2, 0));
}

fn document(now_s: f64, entries: &str) -> Vec<u8> {
    format!("\u{1e}{{ \"now\" : {now_s:.1},\n  \"messages\" : 7,\n  \"aircraft\" : [{entries}]\n}}\n\u{1e}").into_bytes()
}

const FULL: &str = r#"
    {"hex":"4840d6","type":"adsb_icao","flight":"KLM1023 ","alt_baro":38000,"alt_geom":38550,"gs":451.3,"track":183.12,"baro_rate":-64,
     "squawk":"1000","emergency":"none","category":"A3","nav_qnh":1013.6,"lat":52.257203,"lon":3.919373,"nic":8,"seen_pos":1.2,
     "mlat":[],"tisb":[],"messages":9,"seen":0.3,"rssi":-17.4},
    {"hex":"~2b1234","type":"tisb_other","alt_baro":"ground","lat":52.3,"lon":4.7,"seen_pos":0.0,"mlat":[],"tisb":["lat","lon"],"seen":0.0},
    {"hex":"3c6444","alt_baro":null,"lat":"x","seen":2,"squawk":7700,"new_field":{"a":[1,2,3]}}"#;

#[test]
fn aircraft_json_is_read_with_the_time_of_each_fact() {
    let mut teller = Teller::new(Telling::AircraftJson);
    let facts = told(&mut teller, &document(NOW_US as f64 / 1e6 - 0.5, FULL), 0);
    let base = NOW_US - 500_000;
    assert_eq!(teller.counters(), TellingCounters { facts: 5, ..TellingCounters::default() });
    let position = Position {
        baro_alt_ft: Some(38_000),
        geom_alt_ft: Some(38_550),
        on_ground: Some(false),
        ..Position::bare(LatLon::from_degrees(52.257203, 3.919373).unwrap(), PositionSource::SelfReported)
    };
    assert_eq!((facts[0].at, &facts[0].kind), (UnixMicros(base - 1_200_000), &EventKind::Position(position)));
    assert_eq!(facts[0].signal.rssi, Some(model::DeciDbfs(-174)));
    let named = Identity {
        callsign: Some(ShortText::new("KLM1023").unwrap()),
        category: Some(ShortText::new("A3").unwrap()),
        ..Identity::default()
    };
    assert_eq!((facts[2].at, &facts[2].kind), (UnixMicros(base - 300_000), &EventKind::Identity(named)));
    let status = Status { squawk: Some(1000), emergency: Some(Emergency::None), ..Status::default() };
    assert_eq!(facts[3].kind, EventKind::Status(status));
    let EventKind::Position(ground) = &facts[4].kind else { panic!("{:?}", facts[4]) };
    assert_eq!((ground.source, ground.on_ground, ground.baro_alt_ft), (PositionSource::GroundSurveillance, Some(true), None));
    assert_eq!(facts[4].subject, Subject::NonIcao(Icao24::new(0x2b1234).unwrap()));
}

#[test]
fn the_older_names_are_read_too() {
    let entry = r#"{"hex":"4840d6","altitude":"ground","speed":12,"track":90,"vert_rate":0,"lat":52.3,"lon":4.7,"seen_pos":0,"seen":0}"#;
    let facts = told(&mut Teller::new(Telling::AircraftJson), &document(NOW_US as f64 / 1e6, entry), 0);
    assert!(matches!(&facts[0].kind, EventKind::Position(p) if p.on_ground == Some(true)));
    assert!(matches!(&facts[1].kind, EventKind::Velocity(v) if v.speed == Some((SpeedKind::Ground, DeciKnots(120)))));
}

#[test]
fn only_what_has_changed_is_told_again() {
    let mut teller = Teller::new(Telling::AircraftJson);
    let at = |s: i64| NOW_US as f64 / 1e6 + s as f64;
    assert_eq!(told(&mut teller, &document(at(0), FULL), 0).len(), 5);
    // A second later with everything as it was: nothing but what may have been repeated in between.
    let seconds = |s: i64, text: &str, teller: &mut Teller| told(teller, &document(at(s), text), s * 1_000_000);
    assert_eq!(seconds(1, FULL, &mut teller).len(), 0);
    let moved = FULL.replace("52.257203", "52.251").replace("-64", "-128").replace("\"seen_pos\":1.2", "\"seen_pos\":0.1");
    assert_eq!(kinds(&seconds(2, &moved, &mut teller)).iter().map(EventKind::name).collect::<Vec<_>>(), ["position", "velocity"]);
    // Half a minute later it is told again that all is as it was, but for a position that has not been renewed.
    let old = moved.replace("\"seen_pos\":0.1", "\"seen_pos\":30.1");
    let again = seconds(32, &old, &mut teller);
    assert_eq!(again.iter().map(|f| f.kind.name()).collect::<Vec<_>>(), ["velocity", "identity", "status", "position"]);
    assert_eq!(again[3].subject, Subject::NonIcao(Icao24::new(0x2b1234).unwrap()));
}

#[test]
fn old_documents_and_wrong_clocks() {
    let seconds = NOW_US as f64 / 1e6;
    let entry = |lat: f64| format!("{{\"hex\":\"4840d6\",\"lat\":{lat},\"lon\":4.0,\"seen_pos\":1.0,\"seen\":0}}");
    // A file that its program left behind days ago, read when we start, and again.
    let mut teller = Teller::new(Telling::AircraftJson);
    for _ in 0..3 {
        assert_eq!(told(&mut teller, &document(seconds - 90_000.0, &entry(52.0)), 0), []);
    }
    assert_eq!(teller.counters().other, 3);
    // A clock that is an hour fast, but goes: as old as it says, from when it came.
    let mut teller = Teller::new(Telling::AircraftJson);
    assert_eq!(told(&mut teller, &document(seconds + 3_600.0, &entry(52.0)), 0).len(), 0);
    let facts = told(&mut teller, &document(seconds + 3_601.0, &entry(52.1)), 1_000_000);
    assert_eq!(facts[0].at, UnixMicros(NOW_US));
    // A clock a second fast is never believed into our future.
    let facts = told(&mut Teller::new(Telling::AircraftJson), &document(seconds + 1.0, &entry(52.0)), 0);
    assert_eq!(facts[0].at, UnixMicros(NOW_US - 1_000_000));
    // Positions older than a minute, or from the future, are none.
    for seen_pos in ["61", "-2", "1e99", "null"] {
        let entry = entry(52.0).replace("1.0", seen_pos);
        let facts = told(&mut Teller::new(Telling::AircraftJson), &document(seconds, &entry), 0);
        assert!(facts.iter().all(|f| f.kind.name() != "position"), "{seen_pos}");
    }
}

#[test]
fn garbage_is_counted_and_left_behind() {
    let mut teller = Teller::new(Telling::AircraftJson);
    let seconds = NOW_US as f64 / 1e6;
    for (n, bad) in
        ["\u{1e}<html>no</html>\n\u{1e}", "\u{1e}{\"now\":1}\n\u{1e}", "\u{1e}{\"now\":1,\"aircraft\":{}}\n\u{1e}", "\u{1e}[\n\u{1e}"]
            .iter()
            .enumerate()
    {
        assert_eq!(told(&mut teller, bad.as_bytes(), 0), []);
        assert_eq!(teller.counters().refused, n as u64 + 1, "{bad}");
    }
    let many = format!("{{\"hex\":\"zz\"}},17,{{\"hex\":\"4840d6\",\"pad\":\"{}\"}}", "x".repeat(20_000));
    told(&mut teller, &document(seconds, &many), 0);
    assert_eq!(teller.counters().refused, 7);
    // A connection cut in the middle of a document, and one document that never ends.
    teller.push(b"\x1e{\"now\":", arrival(0), &mut |_| ());
    teller.cut();
    let chunk = vec![b' '; 1 << 20];
    for _ in 0..20 {
        teller.push(&chunk, arrival(0), &mut |_| ());
    }
    assert_eq!((teller.counters().refused, teller.counters().skipped_bytes), (8, 20 << 20));
    assert_eq!(told(&mut teller, &document(seconds + 1.0, FULL), 1_000_000).len(), 5);
    assert_eq!(told(&mut Teller::new(Telling::Sbs), &[b'a'; 100_000], 0), []);
}

#[test]
fn a_place_that_nothing_can_have_flown_to_needs_a_second_saying() {
    let mut teller = Teller::new(Telling::Sbs);
    let mut at = |s: i64, lat: f64| {
        let line = format!("MSG,3,1,1,4CA2D6,1,,,,,,37000,,,{lat:.5},4.0,,,,,,\r\n");
        told(&mut teller, line.as_bytes(), s * 1_000_000).len()
    };
    assert_eq!([at(0, 52.0), at(1, 52.002)], [1, 1]);
    // One digit wrong: 111 km in a second.
    assert_eq!([at(2, 53.004), at(3, 52.006), at(4, 54.0), at(5, 52.01)], [0, 1, 0, 1]);
    // It is really there: the first place was the wrong one.
    assert_eq!([at(6, 10.0), at(7, 10.002), at(8, 10.004)], [0, 1, 1]);
    assert_eq!(teller.counters().refused, 3);
}

#[test]
fn memory_for_what_was_told_is_bounded() {
    let mut news = news::News::default();
    let fact = |n: u32| Fact {
        at: UnixMicros(NOW_US),
        subject: aircraft(n),
        kind: EventKind::Status(Status { squawk: Some(1000), ..Status::default() }),
        signal: Signal::default(),
    };
    assert!((0..3 * news::AIRCRAFT_MAX as u32).all(|n| news.weigh(&fact(n)) == Worth::New));
    assert_eq!(news.weigh(&fact(3 * news::AIRCRAFT_MAX as u32 - 1)), Worth::Unchanged);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// However the bytes are cut, the same is told.
    #[test]
    fn cuts_change_nothing(cuts in prop::collection::vec(0_usize..2_000, 0..20)) {
        let lines = "MSG,1,1,1,7404F2,1,,,,,RJA1118,,,,,,,,,,,\r\nMSG,3,1,1,4CA2D6,1,,,,,,37000,,,51.45735,-1.02826,,,,0,,0\r\n";
        for (telling, text) in [(Telling::Sbs, lines.as_bytes().to_vec()), (Telling::AircraftJson, document(NOW_US as f64 / 1e6, FULL))] {
            let whole = told(&mut Teller::new(telling), &text, 0);
            let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (text.len() + 1)).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let mut teller = Teller::new(telling);
            let pieces: Vec<Fact> = cuts.windows(2).flat_map(|w| told(&mut teller, &text[w[0]..w[1]], 0)).collect();
            prop_assert_eq!(whole, pieces);
        }
    }

    /// Any bytes, and our own text with bytes changed: no panic, facts in range and never from the future, and what follows is read.
    #[test]
    fn arbitrary_bytes_do_no_harm(noise in prop::collection::vec(any::<u8>(), 0..300), changes in prop::collection::vec((0_usize..2_000, any::<u8>()), 0..8)) {
        for telling in [Telling::Sbs, Telling::AircraftJson] {
            let mut text = match telling {
                Telling::Sbs => b"MSG,3,1,1,4CA2D6,1,2008/11/28,14:53:50.594,2008/11/28,14:53:51.153,,37000,400,90,51.45735,-1.02826,64,7000,,0,,0\r\n".to_vec(),
                Telling::AircraftJson => document(NOW_US as f64 / 1e6, FULL),
            };
            for (at, byte) in &changes {
                let at = at % text.len();
                text[at] = *byte;
            }
            let mut teller = Teller::new(telling);
            let facts = [told(&mut teller, &noise, 0), told(&mut teller, &text, 0)].concat();
            for fact in &facts {
                prop_assert!(fact.at <= UnixMicros(NOW_US) && UnixMicros(NOW_US - 70_000_000) < fact.at);
                if let EventKind::Position(p) = &fact.kind {
                    prop_assert!(p.baro_alt_ft.is_none_or(|ft| (-2_000..=150_000).contains(&ft)));
                }
            }
            teller.push(if telling == Telling::Sbs { b"\r\n" } else { b"\x1e" }, arrival(1_000_000), &mut |_| ());
            let good = match telling {
                Telling::Sbs => b"MSG,1,1,1,ABCDEF,1,,,,,RJA1118,,,,,,,,,,,\r\n".to_vec(),
                Telling::AircraftJson => document(NOW_US as f64 / 1e6 + 2.0, &FULL.replace("4840d6", "abcdef")),
            };
            let facts = told(&mut teller, &good, 2_000_000);
            prop_assert!(facts.iter().any(|f| f.subject == aircraft(0xABCDEF)));
        }
    }
}
