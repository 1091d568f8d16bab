//! Field by field beside Ham::APRS::FAP: the packets of its test suite (`fap_facts.txt`: what was sent and what it says, one a line), and
//! 1,005 packets off the air. Where we say something else, [`better`] says why.

use super::*;
use crate::aprs::line::Line;
use crate::testing::recording;
use serde_json::Value;
use std::collections::BTreeMap;

/// Field to value, both sides in the same units.
type Says = BTreeMap<&'static str, String>;

fn put(says: &mut Says, key: &'static str, value: Option<impl ToString>) {
    if let Some(value) = value {
        says.insert(key, value.to_string());
    }
}

fn ours(packet: &Packet) -> Says {
    let mut s = Says::new();
    match packet {
        Packet::Position(r) => report(r, &mut s),
        Packet::Object { name, live, report: r } => {
            s.insert("object", name.as_str().to_owned());
            s.insert("live", u8::from(*live).to_string());
            report(&Report { messaging: None, ..r.clone() }, &mut s);
        }
        Packet::Weather(w) => {
            weather(w, &mut s);
            s.insert("comment", w.comment.clone());
        }
        Packet::Status { text, .. } => put(&mut s, "status", Some(text)),
        Packet::Capabilities(words) => {
            let words: BTreeMap<_, _> = words.iter().cloned().collect();
            let list: Vec<_> = words.iter().map(|(k, v)| format!("{k}={}", v.as_deref().unwrap_or(""))).collect();
            s.insert("capabilities", list.join(","));
        }
        Packet::Message(m) => message(m, &mut s),
        Packet::Telemetry(t) => telemetry(t, &mut s),
        Packet::Query(_) | Packet::Bearing(_) | Packet::UserDefined { .. } | Packet::ThirdParty { .. } => {}
    }
    s.retain(|_, v| !v.is_empty());
    s
}

fn report(r: &Report, s: &mut Says) {
    put(s, "lat_deg", Some(r.place.lat_deg));
    put(s, "lon_deg", Some(r.place.lon_deg));
    put(s, "cell_m", Some(r.place.cell_min * 1852.0));
    put(s, "symbol", r.symbol.map(|s| s.map(char::from).iter().collect::<String>()));
    put(s, "course_deg", r.track.map(|t| if t.degrees() == 0.0 { 360.0 } else { t.degrees() }));
    put(s, "speed_kmh", r.speed.map(|v| v.knots() * 1.852));
    put(s, "altitude_m", r.altitude_ft.map(|ft| f64::from(ft) * 0.3048));
    put(s, "messaging", r.messaging.map(u8::from));
    put(s, "current_fix", r.current_fix.map(u8::from));
    put(s, "datum", r.datum.map(char::from));
    put(s, "time", r.time.map(time));
    put(s, "mic_e", r.mic_e.map(|m| m.0.map(|b| char::from(b'0' + b as u8)).iter().collect::<String>()));
    let figures = |a: &Antenna| {
        let rate = a.rate.map(char::from).map(String::from).unwrap_or_default();
        format!("{}{}{}{}{rate}", a.power, char::from(b'0' + a.height), a.gain_db, a.direction)
    };
    match &r.reach {
        Some(Reach::Station(a)) => put(s, "phg", Some(figures(a))),
        Some(Reach::RangeMi(mi)) => put(s, "range_km", Some(mi * 1.609_344)),
        Some(Reach::Heard(_)) | None => {}
    }
    if let Some(t) = &r.telemetry {
        telemetry(t, s);
    }
    if let Some(w) = &r.weather {
        weather(w, s);
    }
    // What names the device stays in FAP's comment.
    let comment = match r.device {
        Some(MicEDevice { marks: (first, behind), .. }) => format!("{}{}{behind}", char::from(first), r.comment).trim().to_owned(),
        None => r.comment.clone(),
    };
    s.insert("comment", comment);
}

fn time(time: Time) -> String {
    match time {
        Time::DayHourMinute(_, h, m) | Time::LocalDayHourMinute(_, h, m) => format!("{h:02}:{m:02}:00"),
        Time::HourMinuteSecond(h, m, s) => format!("{h:02}:{m:02}:{s:02}"),
    }
}

fn weather(w: &WeatherReport, s: &mut Says) {
    let ms = |v: model::DeciKnots| v.knots() * 1852.0 / 3600.0;
    let mm = |um: u32| f64::from(um) / 1000.0;
    let tenth = |t: i16| f64::from(t) / 10.0;
    put(s, "wind_from_deg", w.surface.wind_from.map(|d| d.degrees()));
    put(s, "wind_ms", w.surface.wind_speed.map(ms));
    put(s, "gust_ms", w.surface.wind_gust.map(ms));
    put(s, "temperature_c", w.surface.temperature_dc.map(tenth));
    put(s, "inside_c", w.inside_temperature_dc.map(tenth));
    put(s, "humidity", w.surface.humidity_percent);
    put(s, "inside_humidity", w.inside_humidity_percent);
    put(s, "pressure_hpa", w.surface.pressure_dhpa.map(|p| f64::from(p) / 10.0));
    put(s, "rain_1h_mm", w.surface.rain_1h_um.map(mm));
    put(s, "rain_24h_mm", w.surface.rain_24h_um.map(mm));
    put(s, "rain_today_mm", w.surface.rain_midnight_um.map(mm));
    put(s, "snow_mm", w.surface.snow_24h_um.map(mm));
    put(s, "luminosity", w.surface.luminosity_w_m2);
    put(s, "software", w.software.clone());
}

fn message(m: &Message, s: &mut Says) {
    let id = m.id.map(|id| id.as_str().to_owned());
    put(s, "to", Some(m.to.as_str()));
    match m.kind {
        MessageKind::Acknowledgement => put(s, "acknowledges", id),
        MessageKind::Rejection => put(s, "rejects", id),
        _ => {
            put(s, "id", id);
            put(s, "acknowledges", m.reply_ack.map(|r| r.as_str().to_owned()));
            put(s, "message", Some(&m.text));
        }
    }
}

fn telemetry(t: &Telemetry, s: &mut Says) {
    let figures: Vec<_> = t.analog.iter().map(|v| v.map_or_else(String::new, |v| v.to_string())).collect();
    let bits: String = t.digital.map(|d| (0..8).map(|i| char::from(b'0' + (d >> i & 1))).collect()).unwrap_or_default();
    let sequence = t.sequence.map_or_else(String::new, |n| n.to_string());
    s.insert("telemetry", format!("{sequence}:{}:{bits}", figures.join(",")));
}

/// Names of one field there and here; the rest of them is in [`theirs`].
const PLAIN: [(&str, &str); 20] = [
    ("latitude", "lat_deg"),
    ("longitude", "lon_deg"),
    ("posresolution", "cell_m"),
    ("course", "course_deg"),
    ("speed", "speed_kmh"),
    ("altitude", "altitude_m"),
    ("messaging", "messaging"),
    ("gpsfixstatus", "current_fix"),
    ("daodatumbyte", "datum"),
    ("mbits", "mic_e"),
    ("phg", "phg"),
    ("radiorange", "range_km"),
    ("comment", "comment"),
    ("objectname", "object"),
    ("alive", "live"),
    ("status", "status"),
    ("destination", "to"),
    ("message", "message"),
    ("messageid", "id"),
    ("messagerej", "rejects"),
];
const WEATHER: [(&str, &str); 14] = [
    ("wind_direction", "wind_from_deg"),
    ("wind_speed", "wind_ms"),
    ("wind_gust", "gust_ms"),
    ("temp", "temperature_c"),
    ("temp_in", "inside_c"),
    ("humidity", "humidity"),
    ("humidity_in", "inside_humidity"),
    ("pressure", "pressure_hpa"),
    ("rain_1h", "rain_1h_mm"),
    ("rain_24h", "rain_24h_mm"),
    ("rain_midnight", "rain_today_mm"),
    ("snow_24h", "snow_mm"),
    ("luminosity", "luminosity"),
    ("soft", "software"),
];

/// A Perl string is bytes, each shown as a character.
fn perl(v: &Value) -> String {
    match v {
        Value::String(s) if s.chars().all(|c| u32::from(c) < 256) => text(&s.chars().map(|c| c as u8).collect::<Vec<_>>()),
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn theirs(h: &Value) -> Says {
    let mut s = Says::new();
    for (there, here) in PLAIN {
        put(&mut s, here, h.get(there).map(perl));
    }
    for (there, here) in WEATHER {
        put(&mut s, here, h["wx"].get(there).map(perl));
    }
    put(&mut s, "acknowledges", h.get("messageack").map(perl));
    if h["latitude"].is_number() {
        s.insert("symbol", format!("{}{}", perl(&h["symboltable"]), perl(&h["symbolcode"])));
    }
    if let Some(secs) = h["timestamp"].as_i64().filter(|t| *t != 0 && h["type"] != "status") {
        s.insert("time", format!("{:02}:{:02}:{:02}", secs / 3600 % 24, secs / 60 % 60, secs % 60));
    }
    if let Some(words) = h["capabilities"].as_object() {
        s.insert("capabilities", words.iter().map(|(k, v)| format!("{k}={}", perl(v))).collect::<Vec<_>>().join(","));
    }
    if let Some(t) = h.get("telemetry") {
        let mut figures = t["vals"].as_array().map(|a| a.iter().map(perl).collect()).unwrap_or_else(Vec::new);
        figures.resize(5, String::new());
        let figures: Vec<_> = figures.iter().map(|f| f.parse::<f64>().map_or_else(|_| f.clone(), |f| f.to_string())).collect();
        s.insert("telemetry", format!("{}:{}:{}", perl(&t["seq"]), figures.join(","), perl(&t["bits"])));
    }
    s.retain(|_, v| !v.is_empty());
    s
}

/// How far figures may be apart: half of the last digit that either side keeps.
fn same(key: &str, ours: &str, theirs: &str) -> bool {
    let within = match key {
        "lat_deg" | "lon_deg" => 1e-7,
        "course_deg" => 0.501,
        "speed_kmh" => 0.1,
        "altitude_m" => 0.16,
        "wind_ms" | "gust_ms" | "temperature_c" | "inside_c" | "rain_1h_mm" | "rain_24h_mm" | "rain_today_mm" | "snow_mm" => 0.08,
        "pressure_hpa" => 0.051,
        "wind_from_deg" => 1.0,
        "range_km" | "cell_m" => 1e-6,
        _ => return ours == theirs,
    };
    matches!((ours.parse::<f64>(), theirs.parse::<f64>()), (Ok(a), Ok(b)) if (a - b).abs() <= within)
}

/// Why ours is at least as good, or `None`.
fn better(key: &str, ours: Option<&str>, theirs: Option<&str>, all: &Says) -> Option<&'static str> {
    let has = |key: &str, value: &str| all.get(key).is_some_and(|v| v.ends_with(value));
    match (key, ours, theirs) {
        ("course_deg", None, Some("0")) => Some("course 0 is the specification's word for unknown (ch. 7)"),
        ("symbol", None, Some("//")) => Some("the packet has no symbol; it puts a dot"),
        ("cell_m", Some(_), Some("0.1852")) if has("datum", "W") => Some("a 91st of a hundredth of a minute, not a thousandth"),
        ("telemetry", Some(":16,,32,,:"), Some(":16,0,32,,:")) => Some("channel 2 was not sent, which is not 0"),
        ("messaging", None, Some("0")) if has("inside_c", "") => Some("the `!!` of a weather logger says nothing of messages"),
        ("cell_m", Some(_), Some("0.291")) => Some("a compressed longitude is twice as coarse as the latitude (ch. 9)"),
        ("comment", Some(ours), Some(theirs)) if theirs.trim_start_matches('.') == ours => Some("dots are a value without its letter"),
        (_, Some(_), None) if has("symbol", "_") => Some("the weather symbol without weather: it leaves out all that follows"),
        ("course_deg" | "speed_kmh", None, Some(_)) | ("wind_from_deg" | "wind_ms", Some(_), None) if has("symbol", "_") => {
            Some("the wind of a compressed weather report, not a movement (ch. 12)")
        }
        ("snow_mm", Some(_), Some(_)) => Some("snow is in inches (ch. 12), not in hundredths"),
        ("software", Some(name), None) | ("comment", None, Some(name)) if has("software", name) => {
            Some("it misses the name behind a temperature of three digits below zero")
        }
        _ => None,
    }
}

/// Why we take what it refuses, or `None`.
fn taken_rightly(tnc2: &[u8], packet: &Packet) -> Option<&'static str> {
    match packet {
        Packet::ThirdParty { .. } => Some("third party (ch. 17): it doesn't read them"),
        Packet::UserDefined { .. } => Some("user-defined (ch. 18): told as it is"),
        Packet::Message(_) if tnc2.ends_with(b"\r") => Some("the line's end is no part of a message's number"),
        _ => None,
    }
}

fn compare(packet: &str, ours: &Says, theirs: &Says, differences: &mut Vec<String>) {
    let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    for key in keys {
        let (a, b) = (ours.get(key).map(String::as_str), theirs.get(key).map(String::as_str));
        let equal = matches!((a, b), (Some(a), Some(b)) if same(key, a, b));
        if !equal && better(key, a, b, ours).is_none() {
            differences.push(format!("{key}: {a:?}, not {b:?}: {packet}"));
        }
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn parse_line(tnc2: &[u8]) -> Result<Packet, String> {
    let line = Line::parse(tnc2).map_err(|e| e.to_string())?;
    Packet::parse(line.destination_call(), line.info).map_err(|e| e.to_string())
}

/// One packet that it takes (with what it says) or refuses. Returns whether both refuse.
fn judge(tnc2: &[u8], says: Option<&Says>, differences: &mut Vec<String>) -> bool {
    let shown = tnc2.escape_ascii();
    match (says, parse_line(tnc2)) {
        (Some(says), Ok(packet)) => compare(&shown.to_string(), &ours(&packet), says, differences),
        (Some(_), Err(why)) => differences.push(format!("refused ({why}): {shown}")),
        (None, Ok(packet)) if taken_rightly(tnc2, &packet).is_none() => differences.push(format!("taken: {shown}: {packet:?}")),
        (None, Ok(_)) => {}
        (None, Err(_)) => return true,
    }
    false
}

#[test]
fn real_packets_say_the_same_in_every_field() {
    let Some(path) = recording("aprs/wa8lmf_track1_fap_decodes.jsonl") else { return };
    let (mut differences, mut taken, mut refused) = (Vec::new(), 0, 0);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let fap: Value = serde_json::from_str(line).unwrap();
        let says = (fap["ret"] == 1).then(|| theirs(&fap["h"]));
        taken += usize::from(says.is_some());
        refused += usize::from(judge(&unhex(fap["pkt"].as_str().unwrap()), says.as_ref(), &mut differences));
    }
    assert_eq!(differences, [""; 0]);
    // Of its 156 refusals we take 26 third-party packets and 14 messages before a line's end.
    assert_eq!((taken, refused), (849, 116));
}

const FACTS: &str = include_str!("fap_facts.txt");

#[test]
fn the_packets_of_its_test_suite_say_the_same_in_every_field() {
    let (mut differences, mut taken, mut refused) = (Vec::new(), 0, 0);
    for line in FACTS.lines() {
        let mut columns = line.split('\t');
        let (verdict, tnc2) = (columns.next().unwrap(), unescape(columns.next().unwrap()));
        let keys = PLAIN.iter().chain(&WEATHER).map(|(_, here)| *here).chain(["symbol", "time", "telemetry", "acknowledges"]);
        let known: Vec<&'static str> = keys.collect();
        let field = |f: &str| {
            let (key, value) = f.split_once('=').unwrap();
            (*known.iter().find(|k| **k == key).unwrap(), value.to_owned())
        };
        let says: Option<Says> = (verdict == "takes").then(|| columns.map(field).collect());
        taken += usize::from(says.is_some());
        refused += usize::from(judge(&tnc2, says.as_ref(), &mut differences));
    }
    assert_eq!(differences, [""; 0]);
    assert_eq!((taken, refused), TAKEN_REFUSED);
}

/// Of its 12 refusals one is a user-defined packet.
const TAKEN_REFUSED: (usize, usize) = (49, 11);

/// What its suite asks of messages: five forms with every kind of number, and texts of any bytes.
#[test]
fn messages_with_any_number_and_any_bytes() {
    for id in ["1", "42", "10512", "a", "1Ff84", "F00b4"] {
        let check = |body: &str, text: &str, own: Option<&str>, acknowledges: Option<&str>, rejects: Option<&str>| {
            let packet = parse_line(format!("OH7AA-1>APRS,WIDE1-1,qAo,OH7AA::OH7LZB   :{body}").as_bytes()).unwrap();
            let says = ours(&packet);
            let said = |key| says.get(key).map(String::as_str);
            assert_eq!((said("message"), said("id")), (Some(text).filter(|t| !t.is_empty()), own), "{body}");
            assert_eq!((said("acknowledges"), said("rejects"), said("to")), (acknowledges, rejects, Some("OH7LZB")), "{body}");
        };
        let text = "Testing, 1 2 3";
        check(&format!("{text}{{{id}"), text, Some(id), None, None);
        check(&format!("{text}{{{id}}}"), text, Some(id), None, None);
        check(&format!("{text}{{{id}}}f001"), text, Some(id), Some("f001"), None);
        check(&format!("ack{id}"), "", None, Some(id), None);
        check(&format!("rej{id}"), "", None, None, Some(id));
    }
    for from in 0x20..=0xFF_u8 {
        let body: Vec<u8> = (from..=from.saturating_add(60)).filter(|b| *b != b'{' && *b != 0x7F && *b != b'|').collect();
        let sent = [b"OH7AA-1>APRS::OH7LZB   :", &body[..], b"{42"].concat();
        let says = ours(&parse_line(&sent).unwrap());
        assert_eq!((says["message"].as_str(), says["id"].as_str()), (text(&body).as_str(), "42"));
    }
}

/// The reverse of `escape_ascii`.
fn unescape(shown: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = shown.bytes();
    while let Some(b) = bytes.next() {
        out.push(match (b, if b == b'\\' { bytes.next() } else { None }) {
            (_, Some(b'x')) => {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(core::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            (_, Some(b'r')) => b'\r',
            (_, Some(b'n')) => b'\n',
            (_, Some(b't')) => b'\t',
            (_, Some(same)) => same,
            (plain, None) => plain,
        });
    }
    out
}
