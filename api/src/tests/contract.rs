//! The contract, row by row: every route of its tables 1.2 (implemented at HEAD) and 1.3 (documented, not implemented), asked
//! as an old client asks it, in both slash forms, with the status and the keys that it reads. The rows of `agent-actions/*`,
//! `chatkit/*`, `agentkit/*` and playbooks are tested where they live.

use super::*;
use serde_json::{Map, json};

/// What an old client reads of an object.
const STATION: &str = "id slug name description timezone telemetry_schema created_at updated_at";
const SOURCE: &str = "id slug name description is_active source_type connection_mode configuration station_id last_ingested_at created_at \
    updated_at station";
const EVENT: &str = "id received_at event_time latitude longitude altitude heading speed payload raw_data status station_id";
const EVENT_WITH_SOURCE: &str =
    "id received_at event_time latitude longitude altitude heading speed payload raw_data status station_id source station";
const POI: &str = "id name category risk_level notes is_active created_at updated_at identifiers";
const IDENTIFIER: &str = "id poi_id identifier_type identifier_value is_primary created_at updated_at";
const WATCH: &str = "id identifier_value list_type label linked_poi_id created_at updated_at linked_poi";
const TIMELINE: &str = "items limit offset total";
const DETAIL: &str = "detail";
const NONE: &str = "";

/// Keys with `[]` before them are those of a list's items. `keep` names the id for later paths, as `{keep}`.
struct Row {
    method: &'static str,
    path: &'static str,
    body: Value,
    status: u16,
    keys: &'static str,
    keep: &'static str,
}

fn row(method: &'static str, path: &'static str, body: Value, status: u16, keys: &'static str, keep: &'static str) -> Row {
    Row { method, path, body, status, keys, keep }
}

fn ask(method: &'static str, path: &'static str, status: u16, keys: &'static str) -> Row {
    row(method, path, Value::Null, status, keys, "")
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn table_1_2() -> Vec<Row> {
    let event = json!({"source_slug": "adsb-ingest", "event_time": "2026-11-23T00:00:00Z", "latitude": 52.25, "longitude": 4.5,
        "altitude": 38000, "heading": 182.9, "speed": 450.1, "payload": {"hex": "4840d6"}, "raw_data": "{}", "status": "received"});
    let by_name = json!({"source_slug": "made", "source_name": "Made"});
    vec![
        ask("GET", "/healthz", 200, "status"),
        row(
            "POST",
            "/api/v1/telemetry/sources",
            json!({"slug": "adsb-ingest", "name": "ADS-B", "source_type": "adsb"}),
            201,
            SOURCE,
            "source",
        ),
        row("POST", "/api/v1/telemetry/sources", json!({"slug": "adsb-ingest", "name": "x", "source_type": "x"}), 409, DETAIL, ""),
        row("POST", "/api/v1/telemetry/sources", json!({}), 422, DETAIL, ""),
        ask("GET", "/api/v1/telemetry/sources/{source}", 200, SOURCE),
        row("PATCH", "/api/v1/telemetry/sources/{source}", json!({"is_active": true}), 200, SOURCE, ""),
        ask("GET", "/api/v1/telemetry/sources/0", 404, DETAIL),
        ask("GET", "/api/v1/telemetry/sources/x", 422, DETAIL),
        row("POST", "/api/v1/telemetry/events", event, 201, EVENT, "event"),
        row("POST", "/api/v1/telemetry/events", by_name, 201, EVENT, ""),
        row("POST", "/api/v1/telemetry/events", json!({"source_slug": "nobody"}), 400, DETAIL, ""),
        row("POST", "/api/v1/telemetry/events", json!({"source_id": 0}), 404, DETAIL, ""),
        ask("GET", "/api/v1/telemetry/events", 200, "[]id received_at event_time payload status station_id source station"),
        ask("GET", "/api/v1/telemetry/events/{event}", 200, EVENT_WITH_SOURCE),
        row("PATCH", "/api/v1/telemetry/events/{event}", json!({"status": "seen"}), 200, EVENT, ""),
        ask("GET", "/api/v1/telemetry/events/0", 404, DETAIL),
        ask("PUT", "/api/v1/telemetry/events/{event}", 405, DETAIL),
        ask("GET", "/api/v1/stations", 200, "[]id slug name description timezone telemetry_schema created_at updated_at"),
        ask("GET", "/api/v1/stations/TOC-S1", 200, STATION),
        ask("GET", "/api/v1/stations/nobody", 404, DETAIL),
        ask("GET", "/api/v1/stations/toc-s1/dashboard", 200, "station metrics"),
        ask("GET", "/api/v1/stations/toc-s1/tasks", 200, "station tasks"),
        ask("GET", "/api/v1/stations/toc-s1/agentkit/actions", 200, "station actions"),
        ask("GET", "/api/v1/stations/toc-s1/timeline?limit=200&offset=0", 200, TIMELINE),
        ask("GET", "/api/v1/stations/toc-s1/timeline?limit=201", 422, DETAIL),
        ask("GET", "/api/v1/hardware/serial", 200, NONE),
        row("POST", "/api/v1/hardware/test-gps", json!({"port": "/dev/ttyUSB9"}), 200, "success command output error", ""),
        row(
            "POST",
            "/api/v1/hardware/register-base-station",
            json!({"callsign": "TOC-S1"}),
            201,
            "callsign serial_number latitude longitude altitude_m notes registered_at",
            "",
        ),
        row(
            "POST",
            "/api/v1/hardware/enable-adsb",
            json!({"enabled": true}),
            200,
            "enabled device gain frequency options last_updated_at",
            "",
        ),
        // Ran its caller's commands; here it refuses.
        row("POST", "/api/v1/hardware/enable-adsb", json!({"enabled": true, "start_command": ["id"]}), 403, DETAIL, ""),
        ask("GET", "/api/v1/hardware/status", 200, "configuration serial_ports health"),
        row("POST", "/api/v1/hardware/h4m/import", json!({"source_path": "/mnt/h4m"}), 403, DETAIL, ""),
        row("POST", "/api/v1/poi", json!({"name": "Blue van"}), 201, POI, "poi"),
        ask("GET", "/api/v1/poi?is_active=true", 200, "[]id name category risk_level notes is_active created_at updated_at identifiers"),
        ask("GET", "/api/v1/poi/{poi}", 200, POI),
        row("PATCH", "/api/v1/poi/{poi}", json!({"risk_level": "hostile"}), 200, POI, ""),
        row(
            "POST",
            "/api/v1/poi/{poi}/identifiers",
            json!({"poi_id": "{poi}", "identifier_type": "imei", "identifier_value": "42"}),
            201,
            IDENTIFIER,
            "identifier",
        ),
        row(
            "POST",
            "/api/v1/poi/{poi}/identifiers",
            json!({"poi_id": 9999, "identifier_type": "imei", "identifier_value": "42"}),
            400,
            DETAIL,
            "",
        ),
        ask("GET", "/api/v1/poi/{poi}/identifiers", 200, "[]id poi_id identifier_type identifier_value is_primary created_at updated_at"),
        ask("DELETE", "/api/v1/poi/{poi}/identifiers/{identifier}", 204, NONE),
        row(
            "POST",
            "/api/v1/imei-watchlist",
            json!({"identifier_value": "42", "list_type": "blacklist", "linked_poi_id": "{poi}"}),
            201,
            WATCH,
            "watch",
        ),
        ask("GET", "/api/v1/imei-watchlist?list_type=blacklist", 200, "[]id identifier_value list_type label linked_poi_id linked_poi"),
        ask("GET", "/api/v1/imei-watchlist/{watch}", 200, WATCH),
        row("PATCH", "/api/v1/imei-watchlist/{watch}", json!({"label": "x"}), 200, WATCH, ""),
        ask("GET", "/api/v1/imei-watchlist/check/42", 200, WATCH),
        ask("GET", "/api/v1/imei-watchlist/check/43", 200, NONE),
        row("POST", "/api/v1/telemetry/events", json!({"source_slug": "made", "payload": {"IMEI": "42"}}), 201, EVENT, ""),
        ask("GET", "/api/v1/stations/toc-s1/timeline", 200, TIMELINE),
        ask("DELETE", "/api/v1/imei-watchlist/{watch}", 204, NONE),
        ask("GET", "/api/v1/imei-watchlist/{watch}", 404, DETAIL),
        ask("DELETE", "/api/v1/poi/{poi}", 204, NONE),
        ask("GET", "/api/v1/poi/{poi}", 404, DETAIL),
        ask("DELETE", "/api/v1/telemetry/events/{event}", 204, NONE),
        ask("DELETE", "/api/v1/telemetry/sources/{source}", 204, NONE),
        // adsb-ingest's and rf-engine's own.
        ask("GET", "/aircraft.json", 200, "now messages aircraft"),
        ask("GET", "/readyz", 200, "status"),
        ask("GET", "/metrics", 200, NONE),
        ask("GET", "/api/v2/rf/info", 200, "service version tx_enabled devices"),
        ask("GET", "/api/v2/rf/devices/list", 200, "devices"),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn table_1_3() -> Vec<Row> {
    let place = json!({"device_id": "d", "timestamp": "2026-11-23T00:00:00", "latitude": 1.5, "longitude": 2.5});
    vec![
        ask("GET", "/api/v1/telemetry/sources", 200, NONE),
        row("POST", "/api/v1/stations", json!({"name": "Strategic Hub"}), 201, STATION, ""),
        row("POST", "/api/v1/telemetry/sources", json!({"slug": "radar", "name": "Radar", "source_type": "radar"}), 201, SOURCE, "source"),
        row(
            "POST",
            "/api/v1/stations/toc-s1/tasks",
            json!({"source_slug": "radar"}),
            201,
            "id title status priority created_at due_at metadata",
            "",
        ),
        ask("GET", "/api/v1/stations/toc-s1/mission-timeline?limit=1", 200, TIMELINE),
        row("POST", "/api/v1/telemetry/events?station=s1", json!({"source_slug": "radar"}), 201, EVENT, ""),
        ask("GET", "/api/v1/telemetry/events?station=toc_s1&source=radar&since=2026-01-01T00:00:00", 200, NONE),
        row("POST", "/api/v1/telemetry/ingest/radar", json!({"latitude": 1}), 201, "id source_id event_time received_at status", ""),
        row("POST", "/api/telemetry/ingest/radar", json!({}), 201, "id source_id event_time received_at status", ""),
        row("POST", "/api/telemetry/ingest/nobody", json!({}), 404, DETAIL, ""),
        row("POST", "/api/v1/telemetry/adsb", json!({"hex": "4840d6", "lat": 1, "lon": 2}), 201, EVENT, ""),
        row("POST", "/api/v1/telemetry/ais", json!({"mmsi": 244660000}), 201, EVENT, ""),
        row("POST", "/api/v1/telemetry/acars", json!({"text": "x"}), 201, EVENT, ""),
        row("POST", "/api/v1/telemetry/rf-event", json!({"freq_hz": 1}), 201, EVENT, ""),
        row(
            "POST",
            "/api/h4m/logs",
            json!({"path": "a.C16", "log_type": "iq", "size": 1, "modified_at": 1_795_392_000, "metadata": {}}),
            201,
            EVENT,
            "",
        ),
        row("POST", "/api/telemetry/sensor", place.clone(), 201, EVENT, ""),
        row("POST", "/api/telemetry/paxcounter", place.clone(), 201, EVENT, ""),
        row("POST", "/api/telemetry/trekker", place, 201, EVENT, ""),
        ask("POST", "/api/v2/rf/capture/start", 501, DETAIL),
        ask("GET", "/api/v2/rf/capture/status", 501, DETAIL),
        ask("POST", "/api/v2/rf/classify/run", 501, DETAIL),
        ask("POST", "/api/v2/rf/protocol/craft", 501, DETAIL),
        ask("POST", "/api/v2/rf/replay/start", 501, DETAIL),
        ask("GET", "/api/v2/rf/archive/search", 501, DETAIL),
        ask("GET", "/api/v2/rf/stream/iq", 501, DETAIL),
        ask("GET", "/api/health", 200, "status service"),
        ask("GET", "/api/metrics", 200, NONE),
        row(
            "POST",
            "/api/operations/",
            json!({"name": "Dawn", "code_name": "D1"}),
            200,
            "id name code_name description status priority start_date end_date",
            "operation",
        ),
        row(
            "POST",
            "/api/missions/",
            json!({"name": "Sweep", "operation_id": "{operation}"}),
            200,
            "id operation_id name description status priority assigned_to start_time end_time",
            "mission",
        ),
        ask("GET", "/api/missions/{mission}", 200, "id operation_id name"),
        row("PUT", "/api/missions/{mission}", json!({"status": "completed"}), 200, "id status", ""),
        row(
            "POST",
            "/api/assets/",
            json!({"name": "Rig", "asset_type": "sdr"}),
            200,
            "id name asset_type status location specifications assigned_to",
            "",
        ),
        row(
            "POST",
            "/api/intel/",
            json!({"title": "Seen", "content": "x"}),
            200,
            "id mission_id title content classification source reliability reported_by report_date",
            "",
        ),
        row(
            "POST",
            "/api/agents/",
            json!({"name": "scraper", "agent_type": "rss"}),
            200,
            "id name agent_type status configuration last_run",
            "agent",
        ),
        ask("POST", "/api/agents/{agent}/start", 200, "message status"),
        ask("POST", "/api/agents/{agent}/stop", 200, "message status"),
        ask("GET", "/api/operations/", 200, "[]id name"),
        ask("DELETE", "/api/missions/{mission}", 200, "message"),
    ]
}

#[tokio::test]
async fn every_row_of_the_contract_is_true() {
    let Some(bench) = Bench::open().await else { return };
    bench.register("toc-s1", Role::Ops, ALPHA_KEY).await;
    let token = bench.token_with(&[Scope::Admin]).await;
    for table in [table_1_2(), table_1_3()] {
        let mut kept = Map::new();
        for row in table {
            let (path, body) = (filled(row.path, &kept), filled_body(&row.body, &kept));
            let (status, answer) = bench.send(row.method.parse().unwrap(), &path, &token, &body).await;
            let name = format!("{} {path} {body}", row.method);
            assert_eq!(status.as_u16(), row.status, "{name}: {answer}");
            has_keys(&answer, row.keys, &name);
            if !row.keep.is_empty() {
                kept.insert(row.keep.into(), answer["id"].clone());
            }
            if row.method == "GET" {
                let (bare, query) = path.split_once('?').map_or((path.as_str(), String::new()), |(p, q)| (p, format!("?{q}")));
                let other = if bare.ends_with('/') { bare.trim_end_matches('/').to_owned() } else { format!("{bare}/") };
                let again = bench.send(Method::GET, &format!("{other}{query}"), &token, &Value::Null).await;
                assert_eq!(again.0, status, "{name}: the other slash form");
            }
        }
    }
    // No row without a login, but health.
    let (status, _, _) = send(&bench.central.router, Request::post("/api/v1/poi").body("{}".into()).unwrap()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

fn filled(text: &str, kept: &Map<String, Value>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), &id.to_string()))
}

/// `"{poi}"` becomes its id, a number.
fn filled_body(body: &Value, kept: &Map<String, Value>) -> Value {
    let id = |value: &Value| value.as_str().and_then(|s| kept.get(s.strip_prefix('{')?.strip_suffix('}')?)).cloned();
    match body {
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), id(v).unwrap_or_else(|| v.clone()))).collect(),
        other => other.clone(),
    }
}

fn has_keys(answer: &Value, keys: &str, name: &str) {
    let (object, keys) = match keys.strip_prefix("[]") {
        Some(keys) => (&answer.as_array().unwrap_or_else(|| panic!("{name}: no list: {answer}"))[0], keys),
        None => (answer, keys),
    };
    for key in keys.split_whitespace() {
        assert!(object.get(key).is_some(), "{name}: no `{key}` in {object}");
    }
}
