//! From frames to events, beside what another parser made of 1,005 real frames.

use super::*;
use crate::testing::recording;
use model::{CentiDegrees, Raw, ReceiverId, Signal};
use proptest::prelude::*;
use serde_json::Value;

fn frame(bytes: &[u8]) -> Frame {
    Frame { protocol: Protocol::Aprs, receiver: ReceiverId(0), raw: Raw::new(bytes), tick: Tick12(0), utc: None, signal: Signal::default() }
}

fn decode_with(decoder: &mut Decoder, tnc2: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    decoder.decode(&frame(&Ui::from_tnc2(tnc2).unwrap().to_bytes()), &mut |e| events.push(e));
    events
}

fn decode(tnc2: &str) -> Vec<Event> {
    decode_with(&mut Decoder::new(&DecoderConfig::default()), tnc2.as_bytes())
}

fn names(events: &[Event]) -> Vec<String> {
    events.iter().map(|e| format!("{} {}", e.subject, e.kind.name())).collect()
}

#[test]
fn what_each_packet_tells() {
    let check = |tnc2: &str, expected: &[&str]| assert_eq!(names(&decode(tnc2)), expected, "{tnc2}");
    check("A1B-9>APRS:!4903.50N/07201.75W>088/036hi", &["call:A1B-9 position", "call:A1B-9 identity", "call:A1B-9 text"]);
    check("A1B>APRS:;LEADER   *092345z4903.50N/07201.75W>", &["call:LEADER position", "call:LEADER identity"]);
    check("A1B>APRS:;LEADER   _092345z4903.50N/07201.75W>", &["call:LEADER text"]);
    check("A1B>APRS::N0CALL   :hello{12", &["call:A1B text"]);
    check("A1B>APRS::N0CALL   :ack12", &[]);
    check("A1B>APRS:!0000.00N/00000.00E>", &[]);
    check("A1B>APRS:}LONGNAME1>APRS,TCPIP,A1B*:>on the way", &["call:LONGNAME1 text"]);
    check("A1B>APRS:_10090556c220s004g005t077", &["call:A1B weather"]);
    check("A1B>APDW17:!4903.50N/07201.75W>", &["call:A1B position", "call:A1B identity", "call:A1B text"]);
    check("A1B>APDW17:;LEADER   *092345z4903.50N/07201.75W>", &["call:LEADER position", "call:LEADER identity"]);
}

#[test]
fn an_emergency_is_told_every_time_and_its_end_once() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    // Destination with message bits 000 and 111, all else equal.
    let emergency: &[u8] = b"A1B-9>332U6T:`(_fn\"Oj/";
    let off_duty: &[u8] = b"A1B-9>SSRU6T:`(_fn\"Oj/";
    let mut told = |tnc2: &[u8]| -> Vec<_> {
        let events = decode_with(&mut decoder, tnc2);
        let emergency = |e: &Event| if let EventKind::Status(s) = &e.kind { s.emergency } else { None };
        events.iter().filter_map(emergency).collect()
    };
    assert_eq!(told(off_duty), []);
    assert_eq!(told(emergency), [Emergency::General]);
    assert_eq!(told(emergency), [Emergency::General]);
    assert_eq!(told(off_duty), [Emergency::None]);
    assert_eq!(told(off_duty), []);
    assert_eq!(told(b"A1B-9>APRS:>help !EMERGENCY!"), [Emergency::General]);
}

#[test]
fn the_symbol_of_an_emergency_is_one() {
    let told = decode("A1B-9>APRS:!4903.50N\\07201.75W!help");
    assert!(told.iter().any(|e| e.priority() == model::Priority::High), "{told:?}");
}

/// A packet at a time of the day, seconds.
fn at(decoder: &mut Decoder, tnc2: &str, seconds: i64) -> Vec<String> {
    let mut frame = frame(&Ui::from_tnc2(tnc2.as_bytes()).unwrap().to_bytes());
    frame.utc = Some(UnixMicros(seconds * 1_000_000));
    let mut events = Vec::new();
    decoder.decode(&frame, &mut |e| events.push(e));
    names(&events)
}

#[test]
fn copies_by_digipeaters_are_one_packet() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    assert_eq!(at(&mut decoder, "A1B>APRS,WIDE2-2:>hello", 100), ["call:A1B text"]);
    assert!(at(&mut decoder, "A1B>APRS,DIGI*,WIDE2-1:>hello", 101).is_empty());
    assert!(at(&mut decoder, "A1B>APRS,DIGI,OTHER*:>hello", 129).is_empty());
    assert_eq!(decoder.counters().refused(Refusal::Repeat), 2);
    assert_eq!(at(&mut decoder, "A1B>APRS,WIDE2-2:>hello", 131), ["call:A1B text"]);
    assert_eq!(at(&mut decoder, "A1B>APRS:>other", 131), ["call:A1B text"]);
}

#[test]
fn a_jump_is_quarantined_and_what_else_is_said_is_told() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    at(&mut decoder, "A1B-9>APRS:!4903.50N/07201.75W>hi", 100);
    let jumped = at(&mut decoder, "A1B-9>APRS:!5003.50N/07201.75W>ho", 160);
    assert_eq!(jumped, ["call:A1B-9 quarantined", "call:A1B-9 text"]);
    assert_eq!(at(&mut decoder, "A1B-9>APRS:!4903.60N/07201.75W>", 220), ["call:A1B-9 position"]);
    // An object, by whoever tells of it; twice at the new place is believed.
    at(&mut decoder, "A1B>APRS:;LEADER   *092345z4903.50N/07201.75W>", 300);
    assert_eq!(at(&mut decoder, "A1C>APRS:;LEADER   *092345z5103.50N/07201.75W>", 310), ["call:LEADER quarantined"]);
    assert_eq!(at(&mut decoder, "A1C>APRS:;LEADER   *092345z5103.60N/07201.75W>", 400), ["call:LEADER position"]);
    // Who cries for help is believed at once.
    let cry = at(&mut decoder, "A1B-9>APRS:!5503.60N/07201.75W>!EMERGENCY!", 230);
    assert!(cry.contains(&"call:A1B-9 position".to_owned()) && cry.contains(&"call:A1B-9 status".to_owned()), "{cry:?}");
}

#[test]
fn telemetry_is_told_in_the_stations_own_units() {
    let mut decoder = Decoder::new(&DecoderConfig::default());
    let mut told = |tnc2: &str| -> Vec<_> {
        let readings = |e: Event| if let EventKind::Telemetry(t) = e.kind { Some(t) } else { None };
        let told = decode_with(&mut decoder, tnc2.as_bytes()).into_iter().filter_map(readings).next().unwrap_or_default();
        told.readings.iter().map(|r| (r.name.to_string(), r.unit.to_string(), r.value(), r.calibrated)).collect()
    };
    let raw = |value| [(String::new(), String::new(), value, false)];
    let battery = |value| [("Battery".to_owned(), "V".to_owned(), value, true)];
    assert_eq!(told("A1B>APRS:T#5,100"), raw(100.0));
    told("A1B>APRS::A1B      :PARM.Battery");
    told("A1B>APRS::A1B      :UNIT.V");
    told("A1B>APRS::A1B      :EQNS.0,.1,1");
    assert_eq!(told("A1B>APRS:T#6,100"), battery(11.0));
    assert_eq!(told("A1B>APRS:!4903.50N/07201.75W>|!!!\"|"), battery(1.1));
    assert_eq!(told("C2D>APRS:T#6,100"), raw(100.0));
    // A figure's words are a comment.
    assert_eq!(names(&decode("A1B>APRS:T#6,100,,,,,00000001 hut")), ["call:A1B telemetry", "call:A1B text"]);
}

#[test]
fn reach_and_bearings_are_figures() {
    let coverage = |tnc2: &str| {
        let events = decode(tnc2);
        let found: Vec<_> = events.into_iter().filter_map(|e| if let EventKind::Coverage(c) = e.kind { Some(c) } else { None }).collect();
        assert!(found.len() <= 1, "{tnc2}");
        found.first().copied()
    };
    let place = "A1B>APRS:!4903.50N/07201.75W";
    let degrees = CentiDegrees::from_degrees;
    let phg = Coverage { power_w: Some(25), height_ft: Some(20), gain_db: Some(3), beam: degrees(90.0), ..Coverage::default() };
    assert_eq!(coverage(&format!("{place}#PHG5132")), Some(phg));
    let heard = Coverage { heard_s: Some(0), height_ft: Some(80), gain_db: Some(6), ..Coverage::default() };
    assert_eq!(coverage(&format!("{place}#DFS0360")), Some(heard));
    assert_eq!(coverage(&format!("{place}#RNG0050")), Some(Coverage { range_m: Some(80_467), ..Coverage::default() }));
    // Compressed, with a range (ch. 9): 20 miles.
    assert_eq!(coverage("A1B>APRS:=/5L!!<*e7>{?!").map(|c| c.range_m), Some(Some(32_389)));
    let of_df = |from, quality, hits, range_m| Coverage {
        bearing: degrees(from).map(|from| model::Bearing { from, quality, hits, range_m }),
        ..Coverage::default()
    };
    assert_eq!(coverage("A1B>APRS:!4903.50N/07201.75W\\088/036/270/729"), Some(of_df(270.0, 9, Some(7), Some(6_437))));
    assert_eq!(coverage("A1B>APRS:%123/8"), Some(of_df(123.0, 8, None, None)));
    assert_eq!(coverage(&format!("{place}>088/036hi")), None);
}

#[test]
fn weather_is_told_whole() {
    let weather =
        |tnc2: &str| decode(tnc2).into_iter().find_map(|e| if let EventKind::Weather(w) = e.kind { Some(w) } else { None }).unwrap();
    let told = weather("A1B>APRS:!4903.50N/07201.75W_220/004g005t077P003h50b09900L123s001");
    assert_eq!((told.rain_midnight_um, told.luminosity_w_m2, told.snow_24h_um), (Some(762), Some(123), Some(25_400)));
    let told = weather("A1B>APRS:#50B7500820082");
    let figures = (told.wind_from.map(|d| d.get()), told.wind_speed.map(|s| s.0), told.temperature_dc);
    // 5/16 of the circle, 11 km/h, 61 °F.
    assert_eq!(figures, (Some(11_250), Some(59), Some(161)));
    let told = weather("A1B>APRS:*7007600000000");
    assert_eq!((told.wind_from.map(|d| d.get()), told.wind_speed.map(|s| s.0), told.temperature_dc), (Some(15_750), Some(0), Some(167)));
}

#[test]
fn the_operators_own_devices_come_first() {
    let list = "mice:\n - suffix: \"(9\"\n   model: Handheld\n - suffix: \"_ \"\n   model: Ours\ntocalls:\n - tocall: APDW??\n   vendor: Us\n   model: Wolf\n";
    let devices = crate::aprs::Devices::parse(list).unwrap();
    let mut decoder = Decoder::new(&DecoderConfig { devices: Some(devices.into()), ..DecoderConfig::default() });
    let mut texts = |tnc2: &[u8]| -> Vec<String> {
        let body = |e: &Event| if let EventKind::Text(t) = &e.kind { Some(t.body.to_string()) } else { None };
        decode_with(&mut decoder, tnc2).iter().filter_map(body).collect()
    };
    assert_eq!(texts(b"A1B>APDW17:!4903.50N/07201.75W>"), ["device: Us Wolf"]);
    assert_eq!(texts(b"A1C>APRX29:!4903.50N/07201.75W>"), ["device: aprx"]);
    assert_eq!(texts(b"A1D>SSRU6T:`(_fn\"Oj/`on the road(9"), ["device: Handheld", "on the road"]);
    assert_eq!(texts(b"A1E>SSRU6T:`(_fn\"Oj/`hello_ "), ["device: Ours", "hello"]);
    assert_eq!(texts(b"A1F>SSRU6T:`(_fn\"Oj/`hello_4"), ["device: Yaesu FTM-500D", "hello"]);
}

#[test]
fn a_message_keeps_its_number() {
    let number = |tnc2: &str| decode(tnc2).into_iter().find_map(|e| if let EventKind::Text(t) = e.kind { t.number } else { None });
    assert_eq!(number("A1B>APRS::N0CALL   :hello{12").map(|n| n.to_string()).as_deref(), Some("12"));
    assert_eq!(number("A1B>APRS::N0CALL   :hello{12}AB").map(|n| n.to_string()).as_deref(), Some("12"));
    assert_eq!(number("A1B>APRS::N0CALL   :hello"), None);
}

#[test]
fn a_header_that_ax25_has_no_room_for_is_read_as_text() {
    let mut events = Vec::new();
    let raw = b"KJ4ERJ-AL>APWW05,TCPIP*,qAC,FOURTH:>hello";
    Decoder::new(&DecoderConfig::default()).decode(&frame(raw), &mut |e| events.push(e));
    assert_eq!(names(&events), ["call:KJ4ERJ-AL text"]);
    assert_eq!(crate::aprs::ax25::frame_text(&frame(raw)).as_bytes(), raw);
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// Compares one frame with FAP's decode; counts what agreed.
#[derive(Debug, Default, PartialEq)]
struct Agreed {
    frames: usize,
    positions: usize,
    courses: usize,
    speeds: usize,
    altitudes: usize,
    symbols: usize,
    weathers: usize,
    statuses: usize,
    /// Frames that it refuses and we do too.
    refused_by_both: usize,
    differences: Vec<String>,
}

impl Agreed {
    fn near(&mut self, what: &str, text: &str, ours: Option<f64>, theirs: &Value, within: f64) -> usize {
        let number = |v: &Value| v.as_f64().or_else(|| v.as_str().and_then(|s| s.parse().ok()));
        let Some(theirs) = number(theirs) else { return 0 };
        let same = ours.is_some_and(|ours| (ours - theirs).abs() <= within);
        if !same {
            self.differences.push(format!("{what} {ours:?}, not {theirs}: {text}"));
        }
        usize::from(same)
    }
}

fn compare(agreed: &mut Agreed, fap: &Value) {
    let tnc2 = unhex(fap["pkt"].as_str().unwrap());
    let text = String::from_utf8_lossy(&tnc2).into_owned();
    let h = &fap["h"];
    let events = decode_with(&mut Decoder::new(&DecoderConfig::default()), &tnc2);
    agreed.frames += 1;
    if fap["ret"] == 0 {
        agreed.refused_by_both += usize::from(events.is_empty());
        return;
    }
    let find = |name: &str| events.iter().find(|e| e.kind.name() == name);
    if let Some(theirs) = h["latitude"].as_f64() {
        let Some(EventKind::Position(p)) = find("position").map(|e| &e.kind) else {
            return agreed.differences.push(format!("no position: {text}"));
        };
        agreed.near("latitude", &text, Some(p.at.lat_deg()), &theirs.into(), 1.01e-7);
        let same = agreed.near("longitude", &text, Some(p.at.lon_deg()), &h["longitude"], 1.01e-7);
        agreed.positions += same;
        // 0 says "unknown".
        if h["course"].as_f64() != Some(0.0) {
            let degrees = p.track.map(|t| if t.degrees() == 0.0 { 360.0 } else { t.degrees() });
            let same = agreed.near("course", &text, degrees, &h["course"], 0.501);
            agreed.courses += same;
        }
        let same = agreed.near("speed", &text, p.speed.map(|s| s.knots() * 1.852), &h["speed"], 0.1);
        agreed.speeds += same;
        let same = agreed.near("altitude", &text, p.geom_alt_ft.map(|ft| f64::from(ft) * 0.3048), &h["altitude"], 0.16);
        agreed.altitudes += same;
        let symbol = format!("{}{}", h["symboltable"].as_str().unwrap_or(""), h["symbolcode"].as_str().unwrap_or(""));
        let Some(EventKind::Identity(i)) = find("identity").map(|e| &e.kind) else {
            return agreed.differences.push(format!("no identity: {text}"));
        };
        let ours = i.category.map(|c| c.as_str().to_owned());
        if ours.as_deref() == Some(symbol.as_str()) {
            agreed.symbols += 1;
        } else if symbol != "//" || ours.is_some() {
            // Where a sentence came without a symbol FAP puts a dot.
            agreed.differences.push(format!("symbol {ours:?}, not {symbol}: {text}"));
        }
    }
    if let Some(status) = h["status"].as_str() {
        let Some(EventKind::Text(t)) = find("text").map(|e| &e.kind) else { return agreed.differences.push(format!("no status: {text}")) };
        // FAP's text is bytes, each shown as a character.
        let bytes: Vec<u8> = status.chars().map(|c| c as u8).collect();
        if *t.body == *String::from_utf8(bytes).unwrap().trim() {
            agreed.statuses += 1;
        } else {
            agreed.differences.push(format!("status {:?}, not {status:?}: {text}", t.body));
        }
    }
    if !h["wx"].is_null() {
        let Some(EventKind::Weather(w)) = find("weather").map(|e| &e.kind) else {
            return agreed.differences.push(format!("no weather: {text}"));
        };
        let wx = &h["wx"];
        agreed.near("wind", &text, w.wind_speed.map(|s| s.knots() * 0.514_444), &wx["wind_speed"], 0.08);
        agreed.near("gust", &text, w.wind_gust.map(|s| s.knots() * 0.514_444), &wx["wind_gust"], 0.08);
        agreed.near("from", &text, w.wind_from.map(|d| d.degrees()), &wx["wind_direction"], 0.8);
        agreed.near("°C", &text, w.temperature_dc.map(|t| f64::from(t) / 10.0), &wx["temp"], 0.051);
        agreed.near("hPa", &text, w.pressure_dhpa.map(|p| f64::from(p) / 10.0), &wx["pressure"], 0.051);
        agreed.near("humidity", &text, w.humidity_percent.map(f64::from), &wx["humidity"], 0.51);
        agreed.weathers += 1;
    }
}

#[test]
fn agrees_with_fap_on_1005_real_frames() {
    let Some(path) = recording("aprs/wa8lmf_track1_fap_decodes.jsonl") else { return };
    let lines = std::fs::read_to_string(path).unwrap();
    let mut agreed = Agreed::default();
    lines.lines().for_each(|line| compare(&mut agreed, &serde_json::from_str(line).unwrap()));
    println!("{agreed:#?}");
    assert_eq!(agreed.differences, [""; 0]);
    // All that FAP gives, but four symbols (see above); it gives 540 courses, 38 of them "unknown".
    let counts = [agreed.frames, agreed.positions, agreed.courses, agreed.speeds, agreed.altitudes, agreed.symbols];
    assert_eq!(counts, [1005, 740, 502, 540, 457, 736]);
    assert_eq!([agreed.weathers, agreed.statuses, agreed.refused_by_both], [82, 63, 118]);
}

proptest! {
    #[test]
    fn any_information_is_taken(kind in prop::sample::select(&b"!=/@`';)$_><?:T}\x1c\x1d"[..]), info in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut tnc2 = b"A1B-9>SSRU6T:".to_vec();
        tnc2.push(kind);
        tnc2.extend(&info);
        for event in decode_with(&mut Decoder::new(&DecoderConfig::default()), &tnc2) {
            if let EventKind::Text(t) = &event.kind {
                prop_assert!(!t.body.is_empty() && t.body.len() <= Text::MAX_BYTES);
            }
        }
    }

    #[test]
    fn any_frame_is_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut decoder = Decoder::new(&DecoderConfig::default());
        decoder.decode(&frame(&bytes), &mut |_| {});
        prop_assert_eq!(decoder.counters().frames, 1);
    }
}
