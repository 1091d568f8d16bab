//! Every field of the decoded examples that libais ships with its own tests (its source package, in `.peers`).

use decoders::ais::message::asm::Application;
use decoders::ais::message::{Body, Message, SlotBinary, Value};
use decoders::ais::nmea::{Assembler, Assembly, parse};
use model::UnixMicros;
use serde_json::{Map, Value as Json, json};
use std::process::Command;
use tests::{peers_required, root};

/// libais' word for ours, where one field is one field. Spare bits have no name here.
const NAMES: [(&str, &str); 88] = [
    ("id", "type"),
    ("mmsi", "mmsi"),
    ("repeat_indicator", "repeat"),
    ("nav_status", "nav_status"),
    ("position_accuracy", "high_accuracy"),
    ("raim", "raim"),
    ("sog", "sog"),
    ("cog", "cog"),
    ("x", "lon"),
    ("y", "lat"),
    ("true_heading", "heading"),
    ("timestamp", "second"),
    ("special_manoeuvre", "maneuver"),
    ("year", "year"),
    ("month", "month"),
    ("day", "day"),
    ("hour", "hour"),
    ("minute", "minute"),
    ("second", "second"),
    ("fix_type", "epfd"),
    ("transmission_ctl", "long_range_control"),
    ("ais_version", "ais_version"),
    ("imo_num", "imo"),
    ("callsign", "callsign"),
    ("name", "name"),
    ("destination", "destination"),
    ("type_and_cargo", "ship_type"),
    ("dim_a", "to_bow"),
    ("dim_b", "to_stern"),
    ("dim_c", "to_port"),
    ("dim_d", "to_starboard"),
    ("eta_month", "eta_month"),
    ("eta_day", "eta_day"),
    ("eta_hour", "eta_hour"),
    ("eta_minute", "eta_minute"),
    ("draught", "draught"),
    ("dte", "dte"),
    ("seq", "sequence"),
    ("seq_num", "sequence"),
    ("mmsi_dest", "destination"),
    ("dest_mmsi", "destination"),
    ("retransmitted", "retransmit"),
    ("dac", "dac"),
    ("fi", "function"),
    ("text", "text"),
    ("ack_required", "a.acknowledge"),
    ("msg_seq", "a.sequence"),
    ("ack_dac", "a.dac"),
    ("req_dac", "a.requested_dac"),
    ("req_fi", "a.requested_function"),
    ("country", "a.country"),
    ("alt", "altitude"),
    ("alt_sensor", "barometric"),
    ("assigned_mode", "assigned"),
    ("mode_flag", "assigned"),
    ("mmsi_1", "mmsi1"),
    ("mmsi_2", "mmsi2"),
    ("dest_mmsi_a", "mmsi1"),
    ("dest_mmsi_b", "mmsi2"),
    ("msg_1_1", "type1_1"),
    ("dest_msg_1_2", "type1_2"),
    ("msg_2", "type2_1"),
    ("slot_offset_1_1", "offset1_1"),
    ("slot_offset_1_2", "offset1_2"),
    ("slot_offset_2", "offset2_1"),
    ("offset_a", "offset1"),
    ("offset_b", "offset2"),
    ("inc_a", "increment1"),
    ("inc_b", "increment2"),
    ("band_flag", "whole_band"),
    ("commstate_flag", "itdma"),
    ("display_flag", "display"),
    ("dsc_flag", "dsc"),
    ("m22_flag", "accepts_type_22"),
    ("unit_flag", "carrier_sense"),
    ("aton_status", "aid_status"),
    ("aton_type", "aid_type"),
    ("off_pos", "off_position"),
    ("virtual_aton", "virtual_aid"),
    ("chan_a", "channel_a"),
    ("chan_b", "channel_b"),
    ("chan_a_bandwidth", "narrow_a"),
    ("chan_b_bandwidth", "narrow_b"),
    ("power_low", "low_power"),
    ("txrx_mode", "txrx"),
    ("zone_size", "zone_size"),
    ("station_type", "station_type"),
    ("part_num", "part"),
];

/// The same for the tables where libais has words of its own: 1/11's weather, group assignment.
const MORE: [(&str, &str); 38] = [
    ("x1", "ne_lon"),
    ("y1", "ne_lat"),
    ("x2", "sw_lon"),
    ("y2", "sw_lat"),
    ("interval_raw", "interval"),
    ("quiet", "quiet_min"),
    ("wind_ave", "a.wind_speed"),
    ("wind_gust", "a.wind_gust"),
    ("wind_dir", "a.wind_from"),
    ("air_temp", "a.air_temperature"),
    ("rel_humid", "a.humidity"),
    ("dew_point", "a.dew_point"),
    ("air_pres", "a.pressure"),
    ("air_pres_trend", "a.pressure_tendency"),
    ("horz_vis", "a.visibility"),
    ("water_level", "a.water_level"),
    ("water_level_trend", "a.level_trend"),
    ("surf_cur_speed", "a.current_speed"),
    ("surf_cur_dir", "a.current_direction"),
    ("cur_speed_2", "a.current_speed2"),
    ("cur_dir_2", "a.current_direction2"),
    ("cur_depth_2", "a.current_depth2"),
    ("cur_speed_3", "a.current_speed3"),
    ("cur_dir_3", "a.current_direction3"),
    ("cur_depth_3", "a.current_depth3"),
    ("wave_height", "a.wave_height"),
    ("wave_period", "a.wave_period"),
    ("wave_dir", "a.wave_direction"),
    ("swell_height", "a.swell_height"),
    ("swell_period", "a.swell_period"),
    ("swell_dir", "a.swell_direction"),
    ("sea_state", "a.sea_state"),
    ("water_temp", "a.water_temperature"),
    ("precip_type", "a.precipitation"),
    ("ice", "a.ice"),
    ("x", "a.lon"),
    ("y", "a.lat"),
    ("vendor_id", "vendor"),
];

/// Where libais 0.17 and the tables part, and why ours stands. `None`: compared as it is.
fn differs(kind: i64, key: &str) -> Option<&'static str> {
    match (kind, key) {
        (_, key) if key.starts_with("spare") || ["utc_spare", "cap_reserved", "ext_water_level"].contains(&key) => {
            Some("spare bits, kept by ours in the record")
        }
        (6, "retransmit") => Some("libais turns the flag of type 6 round (M.1371-5 §3.4: 1 = retransmitted), not that of type 12"),
        (8, "wind_gust_dir") => Some("libais repeats the gust's speed (16); the sample's bits, and gpsd, say 109"),
        (8, "levels") => Some("libais' negative levels wrap around 2^32 as float"),
        (25 | 26, "dac" | "fi") => {
            Some("libais, like gpsd, reads these two bits early: two spare bits follow the destination (M.1371-5 §3.23)")
        }
        (6, "ack_dac" | "msg_seq") => Some("function 1 was withdrawn (M.1371-5 annex 5); ours keeps its bits"),
        _ => None,
    }
}

struct Ours {
    fields: Map<String, Json>,
    /// As transmitted, for what is "not available" and libais gives all the same.
    raw: Map<String, Json>,
}

impl Ours {
    fn of(m: &Message<'_>) -> Self {
        let mut ours = Self { fields: Map::new(), raw: Map::new() };
        m.list(&mut |name, value| ours.put(name.to_owned(), value));
        let application = match m.body {
            Body::AddressedBinary(h, data) => Application::read(h.dac.0, h.function.0, data),
            Body::BroadcastBinary(h, data) => Application::read(h.dac.0, h.function.0, data),
            _ => None,
        };
        if let Some(a) = application {
            let mut part = String::new();
            a.list(&mut |name, value| match value {
                Value::Part(n) => part = (n + 1).to_string(),
                _ => ours.put(format!("a.{name}{part}"), value),
            });
            ours.fields.insert("text".into(), json!(a.text()));
        }
        ours.compose(m);
        ours
    }

    fn put(&mut self, name: String, value: Value) {
        let (raw, value) = match value {
            Value::Number(n) => (json!(n), json!(n)),
            Value::Flag(b) => (json!(i64::from(b)), json!(i64::from(b))),
            Value::Quantity { raw, value, .. } => (json!(raw), json!(value)),
            Value::Text(t) => (Json::Null, json!(t.as_str())),
            Value::Part(_) => return,
        };
        self.raw.insert(name.clone(), raw);
        self.fields.insert(name, value);
    }

    /// What libais takes apart, or puts together, otherwise than the tables do.
    fn compose(&mut self, m: &Message<'_>) {
        match &m.body {
            Body::AddressedSafety(_, text) | Body::BroadcastSafety(_, text) => {
                self.fields.insert("text".into(), json!(text.text()));
            }
            Body::ChannelManagement(r) => {
                let to = r.destinations();
                self.fields.insert("dest_mmsi_1".into(), json!(to.map(|t| t[0])));
                self.fields.insert("dest_mmsi_2".into(), json!(to.map(|t| t[1])));
            }
            Body::SlotBinary(head, tail) => {
                let read = SlotBinary::read(m.kind, head, *tail).expect("long enough");
                self.fields.insert("destination".into(), json!(read.destination));
                self.fields.insert("dac".into(), json!(read.application.map(|a| a.0)));
                self.fields.insert("function".into(), json!(read.application.map(|a| a.1)));
                self.fields.insert("communication_state".into(), json!(read.communication_state));
            }
            Body::LongRange(r) => {
                self.fields.insert("gnss".into(), json!(i64::from(!r.stale)));
            }
            _ => {}
        }
        if let Some(turn) = self.raw.get("rate_of_turn").and_then(Json::as_f64) {
            self.fields.insert("rot".into(), json!((turn / 4.733).powi(2).copysign(turn)));
            self.fields.insert("rot_over_range".into(), json!(i64::from(127.0 <= turn.abs())));
        }
        let Some(state) = self.fields.get("communication_state").and_then(Json::as_i64) else { return };
        let (sub, mut say) = (state & 0x3fff, |key: &str, value: i64| self.fields.insert(key.into(), json!(value)));
        say("sync_state", state >> 17 & 3);
        say("slot_timeout", state >> 14 & 7);
        for key in ["slot_offset", "slot_number", "received_stations"] {
            say(key, sub);
        }
        say("utc_hour", sub >> 9);
        say("utc_min", sub >> 2 & 0x7f);
        say("slot_increment", state >> 4 & 0x1fff);
        say("slots_to_allocate", state >> 1 & 7);
        say("keep_flag", state & 1);
    }

    /// Ours, for libais' key; from the bits where we say "not available".
    fn get(&self, key: &str) -> Option<Json> {
        let names = NAMES.iter().chain(&MORE).filter(|(theirs, _)| *theirs == key).map(|(_, ours)| *ours);
        let name = names.chain([key]).find(|name| self.fields.contains_key(*name))?;
        let value = &self.fields[name];
        Some(if value.is_null() { json!(self.unavailable(name)) } else { value.clone() })
    }

    /// libais scales "not available" as if it were a measurement: 1023 is a dew point of 82.3 °C.
    fn unavailable(&self, name: &str) -> Option<f64> {
        let raw = self.raw.get(name)?.as_f64()?;
        Some(match name {
            "lon" | "lat" => raw / 600_000.0,
            "a.dew_point" => raw / 10.0 - 20.0,
            "a.water_level" => raw / 10.0 - 10.0,
            "a.water_temperature" => raw / 10.0 - 10.0,
            _ if name.contains("speed") || name.contains("height") || name == "a.visibility" => raw / 10.0,
            _ => raw,
        })
    }
}

fn same(theirs: &Json, ours: &Json) -> bool {
    let number = |v: &Json| v.as_f64().or_else(|| v.as_bool().map(f64::from));
    match (number(theirs), number(ours)) {
        // libais keeps single floats.
        (Some(a), Some(b)) => (a - b).abs() <= 1e-5 * (1.0 + a.abs()),
        _ => theirs.as_str().map(|t| t.split('@').next().unwrap_or_default().trim_end()) == ours.as_str(),
    }
}

/// A list of libais' against our numbered fields.
fn list_is_ours(key: &str, list: &[Json], ours: &Ours) -> bool {
    let number = |name: String| ours.raw.get(&name).and_then(Json::as_i64);
    list.iter().enumerate().all(|(i, item)| {
        let n = i + 1;
        match key {
            "gauge_ids" => item.as_i64() == number(format!("a.gauge{n}")),
            "acks" => [item[0].as_i64(), item[1].as_i64()] == [number(format!("mmsi{n}")), number(format!("sequence{n}"))],
            "reservations" => [("offset", "offset"), ("num_slots", "number"), ("timeout", "timeout"), ("incr", "increment")]
                .iter()
                .all(|(theirs, mine)| item[*theirs].as_i64() == number(format!("{mine}{n}"))),
            "capabilities" => {
                // Availability of function 0 is the first of 128 bits; each has a spare one behind it.
                let word = number(format!("a.functions_{}", i / 16 * 16)).unwrap_or(0);
                item.as_i64() == Some(word >> (31 - 2 * (i % 16)) & 1)
            }
            _ => false,
        }
    })
}

/// libais' examples as JSON; `None` where its source package isn't here.
fn examples() -> Option<Vec<Json>> {
    let path = root().join(".peers/libais-0.17/test/test_data.py");
    if !path.exists() {
        assert!(!peers_required(), "libais' examples are not here: {}", path.display());
        eprintln!("skipped: libais' examples are not here (make test fetches them)");
        return None;
    }
    let script = "import json,sys,runpy; print(json.dumps(runpy.run_path(sys.argv[1])['top_level']))";
    let output = Command::new("python3").args(["-c", script]).arg(path).output().expect("python3");
    Some(serde_json::from_slice(&output.stdout).expect("libais' examples"))
}

#[test]
fn every_field_of_libais_examples_is_ours() {
    let Some(examples) = examples() else { return };
    let (mut compared, mut apart, mut wrong) = (0, 0, Vec::new());
    for example in &examples {
        let mut assembler = Assembler::new();
        let lines = example["nmea"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        let bits = lines
            .filter_map(|line| match assembler.push(&parse(line.as_bytes()).unwrap(), UnixMicros(0)) {
                Ok(Assembly::Complete(received)) => Some(received.bits),
                _ => None,
            })
            .last()
            .expect("a whole message");
        let message = Message::decode(&bits).unwrap();
        let ours = Ours::of(&message);
        for (key, theirs) in example["result"].as_object().unwrap() {
            if differs(i64::from(message.kind), key).is_some() {
                apart += 1;
                continue;
            }
            let equal = match (key.as_str(), theirs) {
                ("vendor_id", Json::String(t)) => ours.get(key).is_some_and(|o| t.starts_with(o.as_str().unwrap_or("-"))),
                (_, Json::Array(list)) => list_is_ours(key, list, &ours),
                _ => ours.get(key).is_some_and(|ours| same(theirs, &ours)),
            };
            compared += 1;
            if !equal {
                wrong.push(format!("type {} {key}: libais {theirs}, ours {:?}", message.kind, ours.get(key)));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    println!("{} examples, {compared} fields equal, {apart} left out for a reason", examples.len());
    assert_eq!((examples.len(), compared), (37, 403));
}
