//! gpsdecode (Debian, gpsd-clients) against the messages; AIS-catcher, where somebody built it, against the signal.

use crate::peer::{Scratch, found, installed, output_of};
use sim::ais::message::{self, CommState, Utc};
use sim::ais::scenario::{Collision, Scenario, positions, statics};
use sim::ais::service::{self, Binary};
use sim::ais::{AisTruth, Payload, SeaConfig, SeaSignal};
use sim::world::{ShipState, World, WorldConfig};
use std::collections::HashMap;
use std::process::{Command, Stdio};

/// What gpsdecode says of messages: lines of JSON, scaled.
fn gpsdecode(payloads: &[Payload]) -> String {
    let text: String = payloads.iter().flat_map(|p| p.sentences('A', 1)).map(|s| format!("{s}\r\n")).collect();
    // From a file: it answers while it reads, and a pipe would fill up.
    let file = Scratch::new("payloads.nmea", text.as_bytes());
    let out = Command::new("gpsdecode").args(["-j"]).stdin(std::fs::File::open(&file.0).unwrap()).output().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn gpsdecode_reads_the_fields_that_were_written() {
    if !installed("gpsdecode", "-h") {
        return;
    }
    let world = World::new(WorldConfig::default());
    let ships: Vec<_> = (0..world.sea().ship_count()).map(|i| world.sea().ship_at(i, 1_000_000)).collect();
    let (a, b) = (ships.iter().find(|s| !s.class_b).unwrap(), ships.iter().find(|s| s.class_b).unwrap());
    let aton = &world.sea().atons()[0];
    let comm = CommState { slot: 77, timeout: 2 };
    let utc = Utc { year: 2026, month: 11, day: 23, hour: 1, minute: 2, second: 3 };
    let place = |at: model::LatLon| vec![("lon", at.lon_deg(), 2e-6), ("lat", at.lat_deg(), 2e-6)];
    let moving = |s: &ShipState| [place(s.at), vec![("speed", s.speed_kt, 0.051), ("course", s.course_deg, 0.051)]].concat();
    let size = |m: [u16; 4]| {
        let keys = ["to_bow", "to_stern", "to_port", "to_starboard"];
        keys.into_iter().zip(m).map(|(key, m)| (key, f64::from(m), 0.0)).collect::<Vec<_>>()
    };
    let name = |name: &str| format!("name\":\"{name}\"");
    let said_so = |payload: Payload, kind: u8, mmsi: u32, numbers: Vec<(&str, f64, f64)>, text: &str| {
        // It holds a part A of type 24 back until part B comes.
        let said = gpsdecode(&if kind == 24 { vec![message::static_b_name(b), payload] } else { vec![payload] });
        assert!(said.contains(text), "type {kind}: {text} is not in {said}");
        for (key, want, tolerance) in [numbers, vec![("type", f64::from(kind), 0.0), ("mmsi", f64::from(mmsi), 0.0)]].concat() {
            let got = number(&said, key).unwrap_or_else(|| panic!("type {kind}: no {key} in {said}"));
            assert!((got - want).abs() <= tolerance, "type {kind}: {key} is {got}, want {want}");
        }
    };
    said_so(message::position_a(1, a, 33, comm), 1, a.mmsi, [moving(a), vec![("second", 33.0, 0.0)]].concat(), "");
    said_so(message::position_a(3, a, 33, comm), 3, a.mmsi, [moving(a), vec![("heading", a.heading_deg, 0.51)]].concat(), "");
    said_so(message::base_station(4, 2_442_000, a.at, utc, comm), 4, 2_442_000, place(a.at), "2026-11-23T01:02:03Z");
    let draught = vec![("imo", f64::from(a.imo), 0.0), ("draught", f64::from(a.draught_dm) / 10.0, 0.01)];
    said_so(message::static_a(a, (12, 24, 18, 0)), 5, a.mmsi, [size(a.dimensions_m), draught].concat(), &name(a.name.as_str()));
    said_so(message::static_a(a, (12, 24, 18, 0)), 5, a.mmsi, vec![], &format!("destination\":\"{}\"", a.destination));
    said_so(message::sar_aircraft(a, 303, 33, comm), 9, a.mmsi, [place(a.at), vec![("alt", 303.0, 0.0)]].concat(), "");
    said_so(message::safety_text(a.mmsi, "SART TEST"), 14, a.mmsi, vec![], "\"text\":\"SART TEST\"");
    said_so(message::position_b(b, 33), 18, b.mmsi, moving(b), "");
    said_so(message::extended_b(b, 33), 19, b.mmsi, [moving(b), size(b.dimensions_m)].concat(), &name(b.name.as_str()));
    said_so(message::aid_to_navigation(aton, 33, true), 21, aton.mmsi, place(aton.at), &name(aton.name.as_str()));
    said_so(message::aid_to_navigation(aton, 33, true), 21, aton.mmsi, vec![], "\"off_position\":true");
    // It prints this type's coordinates with one decimal.
    said_so(message::long_range(a), 27, a.mmsi, vec![("speed", a.speed_kt, 0.51), ("lon", a.at.lon_deg(), 0.051)], "");
    said_so(message::static_b_rest(b), 24, b.mmsi, vec![], &name(b.name.as_str()));
    said_so(message::static_b_rest(b), 24, b.mmsi, size(b.dimensions_m), &format!("callsign\":\"{}\"", b.callsign));
}

#[test]
fn gpsdecode_reads_the_other_types() {
    if !installed("gpsdecode", "-h") {
        return;
    }
    let (base, ship) = (2_442_000, 244_660_123);
    let world = World::new(WorldConfig::default());
    let a = (0..world.sea().ship_count()).map(|i| world.sea().ship_at(i, 1_000_000)).find(|s| !s.class_b).unwrap();
    let at = |lat, lon| model::LatLon::from_degrees(lat, lon).unwrap();
    let region = (at(53.0, 5.0), at(52.0, 4.0));
    let comm = CommState { slot: 77, timeout: 2 };
    // (It reads the number of persons out of the destination's MMSI, so that is not asked.)
    let persons = Binary { application: (1, 16), data: &[(13, 12), (32, 0), (3, 0)] };
    // Tidal window of IMO SN.1/Circ.289: month, day, then 1/1000 minutes, times, direction, 1/10 knots.
    let tidal = [(4, 11), (5, 23), (25, 240_000), (24, 3_120_000), (5, 10), (6, 30), (5, 12), (6, 0), (9, 270), (8, 15)];
    let tidal = Binary { application: (1, 32), data: &tidal };
    let corner = "\"ne_lon\":\"5.000000\",\"ne_lat\":\"53.000000\",\"sw_lon\":\"4.000000\",\"sw_lat\":\"52.000000\"";
    for (payload, kind, words) in [
        (service::assigned_position(&a, 33, comm), 2, vec![format!("\"mmsi\":{}", a.mmsi), "\"second\":33".into()]),
        (service::addressed_binary(base, 1, ship, &persons), 6, vec!["\"dac\":1,\"fid\":16".into()]),
        (
            service::addressed_binary(base, 1, ship, &tidal),
            6,
            vec!["\"month\":11,\"day\":23".into(), "\"from_hour\":10".into(), "\"cdir\":270".into()],
        ),
        (service::acknowledge(7, base, &[(ship, 1), (a.mmsi, 2)]), 7, vec![format!("\"mmsi1\":{ship}"), format!("\"mmsi2\":{}", a.mmsi)]),
        (service::broadcast_binary(base, &persons), 8, vec!["\"dac\":1,\"fid\":16".into()]),
        (service::utc_inquiry(base, ship), 10, vec![format!("\"dest_mmsi\":{ship}")]),
        (service::addressed_safety_text(base, 2, ship, "GALE WARNING"), 12, vec!["\"seqno\":2".into(), "\"text\":\"GALE WARNING\"".into()]),
        (service::acknowledge(13, base, &[(ship, 3)]), 13, vec![format!("\"mmsi1\":{ship}")]),
        (service::interrogation(base, ship, 5, 100), 15, vec![format!("\"mmsi1\":{ship},\"type1_1\":5,\"offset1_1\":100")]),
        (service::assignment(base, ship, 300, 45), 16, vec![format!("\"mmsi1\":{ship},\"offset1\":300,\"increment1\":45")]),
        (service::dgnss(base, at(52.0, 4.0), &[0xABCDEF, 0x012345]), 17, vec!["\"lon\":4.0,\"lat\":52.0".into(), "48:abcdef012345".into()]),
        (service::reservation(base, 900, 5, 7, 225), 20, vec!["\"offset1\":900,\"number1\":5,\"timeout1\":7,\"increment1\":225".into()]),
        (service::channel_management(base, (2087, 2088), region), 22, vec!["\"channel_a\":2087,\"channel_b\":2088".into(), corner.into()]),
        (service::group_assignment(base, region, 6, 9, 4), 23, vec![corner.into(), "\"quiet\":4".into()]),
        (service::slot_binary(base, None, &persons, None), 25, vec!["\"structured\":true".into(), "\"app_id\":80".into()]),
        (service::slot_binary(base, None, &persons, Some(comm)), 26, vec!["\"structured\":true".into(), "\"app_id\":80".into()]),
    ] {
        let said = gpsdecode(&[payload]);
        assert!(said.contains(&format!("\"type\":{kind},")), "type {kind}: {said}");
        for word in words {
            assert!(said.contains(&word), "type {kind}: {word} is not in {said}");
        }
    }
}

/// A sea with every kind of distress device, six minutes of it: every type that it sends.
fn whole_sea() -> Vec<Payload> {
    let world = WorldConfig { sarts: 4, ..WorldConfig::default() };
    let site = world.center;
    let config = SeaConfig { start_us: 1_795_392_000_000_000, ..SeaConfig::rtl_sdr(world, site) };
    config.messages(6).into_iter().map(|m| m.payload).collect()
}

/// Messages by type and station. Type 24 is left out: gpsdecode makes one of two.
fn by_station(payloads: &[Payload]) -> HashMap<(u8, u32), usize> {
    let mut counts = HashMap::new();
    for p in payloads.iter().filter(|p| p.kind() != 24) {
        *counts.entry((p.kind(), p.mmsi())).or_default() += 1;
    }
    counts
}

#[test]
fn gpsdecode_reads_every_message_of_the_sea() {
    if !installed("gpsdecode", "-h") {
        return;
    }
    let sea = whole_sea();
    let said = gpsdecode(&sea);
    let mut counts: HashMap<(u8, u32), usize> = HashMap::new();
    for line in said.lines() {
        let key = |key| number(line, key).unwrap_or_else(|| panic!("no {key} in {line}"));
        *counts.entry((key("type") as u8, key("mmsi") as u32)).or_default() += 1;
    }
    let pairs = counts.iter().filter(|((kind, _), _)| *kind == 24).count();
    counts.retain(|(kind, _), _| *kind != 24);
    assert_eq!(counts, by_station(&sea));
    let stations: std::collections::HashSet<u32> = sea.iter().filter(|p| p.kind() == 24).map(Payload::mmsi).collect();
    // Only where part A came before part B.
    assert!(0 < pairs && pairs <= stations.len(), "{pairs} of {}", stations.len());
    for kind in [1, 2, 3, 4, 5, 8, 9, 14, 18, 19, 21, 27] {
        assert!(counts.keys().any(|k| k.0 == kind), "type {kind} is not sent");
    }
    for text in ["SART ACTIVE", "SART TEST", "MOB ACTIVE", "EPIRB ACTIVE"] {
        assert!(said.contains(&format!("\"text\":\"{text}\"")), "{text}");
    }
    for weather in ["\"wspeed\":12", "\"wdir\":270", "\"dac\":1,\"fid\":31"] {
        assert!(said.contains(weather), "{weather}");
    }
}

/// pyais (PyPI) in the Python that `VTOC_PYTHON` names, else `python3`.
#[test]
fn pyais_reads_every_message_of_the_sea() {
    const SCRIPT: &str = "import sys, pyais\n\
        for line in sys.stdin:\n  m = pyais.decode(*line.strip().split(' '))\n  \
        print(m.msg_type, m.mmsi, getattr(m, 'lat', None), getattr(m, 'lon', None))";
    let python = std::env::var("VTOC_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let probe = Command::new(&python).args(["-c", "import pyais"]).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        println!("skipped: pyais is not installed");
        return;
    }
    let sea = whole_sea();
    let lines: String = sea.iter().map(|p| p.sentences('A', 1).join(" ") + "\n").collect();
    let file = Scratch::new("sea.nmea", lines.as_bytes());
    let script = Command::new(&python).args(["-c", SCRIPT]).stdin(std::fs::File::open(&file.0).unwrap()).output().unwrap();
    let said = String::from_utf8(script.stdout).unwrap();
    let read: Vec<Vec<&str>> = said.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(read.len(), sea.len(), "{}", String::from_utf8_lossy(&script.stderr));
    for (payload, words) in sea.iter().zip(&read) {
        assert_eq!((words[0], words[1]), (&*payload.kind().to_string(), &*payload.mmsi().to_string()));
        if let (Ok(lat), Ok(lon)) = (words[2].parse::<f64>(), words[3].parse::<f64>()) {
            assert!((52.0..53.0).contains(&lat) && (3.5..5.2).contains(&lon), "{words:?}");
        }
    }
}

/// The number after `"key":`.
fn number(json: &str, key: &str) -> Option<f64> {
    let (_, rest) = json.split_once(&format!("\"{key}\":"))?;
    rest.split([',', '}']).next()?.parse().ok()
}

/// Messages that AIS-catcher reads from a file of samples, by their six-bit text, and how often.
fn ais_catcher(bytes: &[u8], rate_sps: u32, model: &str) -> HashMap<String, u32> {
    let file = Scratch::new("sea.cu8", bytes);
    let rate = rate_sps.to_string();
    let text = output_of(Command::new("AIS-catcher").args(["-n", "-m", model, "-s", &rate, "-r", "CU8"]).arg(&file.0));
    let mut heard: HashMap<String, u32> = HashMap::new();
    let mut parts = String::new();
    for line in text.lines().filter(|l| l.starts_with("!AIVDM")) {
        let fields: Vec<&str> = line.split(',').collect();
        parts.push_str(fields[5]);
        if fields[1] == fields[2] {
            *heard.entry(std::mem::take(&mut parts)).or_default() += 1;
        }
    }
    heard
}

fn share(truth: &[&AisTruth], mut heard: HashMap<String, u32>) -> f64 {
    let mut found = |t: &&&AisTruth| {
        heard.get_mut(&t.payload.armoured().0).is_some_and(|left| {
            let has = 0 < *left;
            *left = left.saturating_sub(1);
            has
        })
    };
    truth.iter().filter(&mut found).count() as f64 / truth.len() as f64
}

#[test]
fn ais_catcher_receives_strong_bursts_and_loses_weak_ones_where_it_is_known_to() {
    if !found("AIS-catcher", "-h") {
        println!("skipped: AIS-catcher is not in the PATH");
        return;
    }
    // Measured with another generator, by the same program (engine 11): packet errors 0 at 20 dB, 16 % at 7, 80 % at 5 dB.
    for (ebn0, low, high) in [(20.0, 0.995, 1.0), (7.0, 0.75, 0.93), (5.0, 0.1, 0.35)] {
        let scenario = Scenario::sensitivity(ebn0);
        let (bytes, truth) = scenario.render();
        let got = share(&truth.iter().collect::<Vec<_>>(), ais_catcher(&bytes, scenario.frontend.rate_sps, "11"));
        println!("Eb/N0 {ebn0} dB: {:.1} % of {}", 100.0 * got, truth.len());
        assert!((low..=high).contains(&got), "{ebn0} dB: {got}");
    }
    let long = Scenario { payloads: [positions(50), statics(50)].concat(), load: 0.6, ..Scenario::sensitivity(25.0) };
    let (bytes, truth) = long.render();
    let got = share(&truth.iter().collect::<Vec<_>>(), ais_catcher(&bytes, long.frontend.rate_sps, "11"));
    println!("one and two slots: {:.1} % of {}", 100.0 * got, truth.len());
    assert!(0.99 < got);
    // Strong over weak by 14 dB: all of the strong ones, hardly any of the weak (nobody cancels).
    let collision = Some(Collision { c_over_i_db: 14.0, offset_bits: (0.0, 20.0) });
    let pairs = Scenario { collision, load: 0.25, ..Scenario::sensitivity(30.0) };
    let (bytes, truth) = pairs.render();
    let strong: Vec<&AisTruth> = truth.iter().filter(|t| t.ebn0_db == 30.0).collect();
    let got = share(&strong, ais_catcher(&bytes, pairs.frontend.rate_sps, "11"));
    println!("strong of pairs: {:.1} % of {}", 100.0 * got, strong.len());
    assert!(0.95 < got);
}

#[test]
fn ais_catcher_hears_the_sea() {
    if !found("AIS-catcher", "-h") {
        println!("skipped: AIS-catcher is not in the PATH");
        return;
    }
    let world = WorldConfig::default();
    let site = world.center;
    let config = SeaConfig { start_us: 1_795_392_000_000_000, keep_truth: true, hidden_share: 0.0, ..SeaConfig::rtl_sdr(world, site) };
    let rate = config.frontend.rate_sps;
    let mut bytes = vec![0; rate as usize * 2 * 30];
    let mut signal = SeaSignal::new(config, Some(u64::from(rate) * 30));
    assert_eq!(signal.fill(&mut bytes), bytes.len());
    signal.finish();
    let truth: Vec<AisTruth> = std::iter::from_fn(|| signal.next_truth()).collect();
    let got = share(&truth.iter().collect::<Vec<_>>(), ais_catcher(&bytes, rate, "11"));
    println!("{:.1} % of {} messages", 100.0 * got, truth.len());
    assert!(80 < truth.len() && 0.97 < got);
}
