//! What receivers, trackers and bridges post in their own words; old paths; what is outside.

use super::*;
use serde_json::json;

async fn stored(bench: &Bench, made: &Value) -> Value {
    bench.get(&format!("/api/v1/telemetry/events/{}", made["id"])).await.1
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn each_feed_becomes_events() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let at = "2026-11-23T00:00:00Z";
    // (path, body, source, (latitude, altitude, heading, speed, status), subject)
    let rows = [
        (
            "adsb",
            json!({"hex": "4840d6", "flight": "KLM1023 ", "lat": 52.25, "lon": 4.5, "alt_baro": "ground", "gs": 12.5, "track": 90, "seen_pos": 0}),
            "adsb-ingest",
            (json!(52.25), json!(null), json!(90.0), json!(12.5), "received"),
            "icao:4840d6",
        ),
        (
            "ais",
            json!({"mmsi": 244660000, "lat": 91, "lon": 181, "heading": 511, "sog": 102.3, "timestamp": at}),
            "ais-ingest",
            (json!(null), json!(null), json!(null), json!(null), "received"),
            "mmsi:244660000",
        ),
        (
            "ais",
            json!({"mmsi": "2320001", "latitude": -33.5, "longitude": 151.25, "cog": 12.5, "speed": 0, "timestamp": at}),
            "ais-ingest",
            (json!(-33.5), json!(null), json!(12.5), json!(0.0), "received"),
            "mmsi:002320001",
        ),
        (
            "acars",
            json!({"text": "QTH", "icao": "4CA7B5", "tail": "EI-DEO", "time": 1_795_392_000}),
            "acars-ingest",
            (json!(null), json!(null), json!(null), json!(null), "received"),
            "icao:4ca7b5",
        ),
        (
            "rf-event",
            json!({"freq_hz": 433_920_000, "snr_db": 12.5, "label": "OOK", "confidence": 0.9, "latitude": 1, "longitude": 2, "timestamp": at}),
            "rf-detection",
            (json!(1.0), json!(null), json!(null), json!(null), "received"),
            "",
        ),
        (
            "sensor",
            json!({"device_id": "h-1", "temperature": 21.5, "humidity": 40, "battery": 3.9, "timestamp": at}),
            "field-sensors",
            (json!(null), json!(null), json!(null), json!(null), "received"),
            "device:h-1",
        ),
        (
            "paxcounter",
            json!({"device_id": "p-1", "timestamp": at, "latitude": 18.5, "longitude": -66.1, "wifi_count": 3, "ble_count": 1}),
            "paxcounter",
            (json!(18.5), json!(null), json!(null), json!(null), "received"),
            "device:p-1",
        ),
        (
            "trekker",
            json!({"device_id": "t-1", "timestamp": at, "latitude": 18.5, "longitude": -66.1, "altitude": 12, "speed": 3, "heading": 45,
            "battery": 80, "event_type": "sos_alert"}),
            "trekker",
            (json!(18.5), json!(12.0), json!(45.0), json!(3.0), "sos_alert"),
            "device:t-1",
        ),
    ];
    for (feed, body, source, (latitude, altitude, heading, speed, status), subject) in rows {
        let (code, made) = bench.send(Method::POST, &format!("/api/v1/telemetry/{feed}"), &token, &body).await;
        assert_eq!(code, StatusCode::CREATED, "{feed}: {made}");
        let got = stored(&bench, &made).await;
        assert_eq!(got["source"]["slug"], source);
        for (key, expected) in
            [("latitude", latitude), ("altitude", altitude), ("heading", heading), ("speed", speed), ("status", json!(status))]
        {
            assert_eq!(got[key], expected, "{feed} {key}");
        }
        assert_eq!(got["event_time"], at, "{feed}");
        assert!(body.as_object().unwrap().iter().all(|(key, value)| got["payload"][key] == *value), "{feed}: {}", got["payload"]);
        if !subject.is_empty() {
            let found = bench.get(&format!("/api/v1/telemetry/events?subject={subject}")).await.1;
            assert_eq!(found[0]["id"], made["id"], "{subject}");
        }
    }
    for path in ["/api/telemetry/sensor", "/api/telemetry/paxcounter/", "/api/telemetry/trekker"] {
        assert_eq!(bench.send(Method::POST, path, &token, &json!({"device_id": "d"})).await.0, StatusCode::CREATED, "{path}");
        let (status, answer) = bench.send(Method::POST, path, &token, &json!({"latitude": 1})).await;
        assert_eq!((status.as_u16(), problem(&answer, "device_id")), (422, "Field required"));
    }
    let log = json!({"path": "/LOGS/a.TXT", "log_type": "decoded", "size": 12, "modified_at": at, "metadata": {"app": "ais"}});
    let (status, made) = bench.send(Method::POST, "/api/h4m/logs", &token, &log).await;
    assert_eq!((status, &stored(&bench, &made).await["payload"]), (StatusCode::CREATED, &log));
    let (_, source) = bench.get("/api/v1/telemetry/sources").await;
    assert!(source.as_array().unwrap().iter().any(|s| s["slug"] == "trekker" && s["source_type"] == "trekker"));
}

#[tokio::test]
async fn a_whole_aircraft_json_is_a_batch() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let list = json!({"now": 1_795_392_100.0, "messages": 7, "aircraft": [
        {"hex": "4840d6", "lat": 52.25, "lon": 4.5, "alt_baro": 38000, "seen": 0.25, "seen_pos": 100.0},
        {"hex": "4ca7b5", "seen": 0.5},
        {"flight": "NOHEX"},
        {"hex": "abc", "lat": 95},
    ]});
    let (status, body) = bench.send(Method::POST, "/api/v1/telemetry/adsb", &token, &list).await;
    let statuses: Vec<_> = body["results"].as_array().unwrap().iter().map(|r| r["status"].as_u64().unwrap()).collect();
    assert_eq!((status.as_u16(), statuses), (207, vec![201, 201, 422, 422]));
    let (_, first) = bench.get(&format!("/api/v1/telemetry/events/{}", body["results"][0]["id"])).await;
    assert_eq!((&first["event_time"], &first["altitude"]), (&json!("2026-11-23T00:00:00Z"), &json!(38000.0)), "seen 100 s before now");
    let (_, second) = bench.get(&format!("/api/v1/telemetry/events/{}", body["results"][1]["id"])).await;
    assert_eq!(second["event_time"], "2026-11-23T00:01:39.5Z");
}

#[tokio::test]
async fn old_paths_tell_what_is_true() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let alpha = bench.register("alpha", Role::Ops, ALPHA_KEY).await;
    assert_eq!(bench.get("/api/health").await, (StatusCode::OK, json!({"status": "healthy", "service": "vtoc-central"})));
    assert_eq!(bench.get("/api/metrics").await.0, StatusCode::OK);
    let source = json!({"slug": "alpha-adsb", "name": "alpha ADSB", "source_type": "adsb", "station_id": alpha.id});
    bench.send(Method::POST, "/api/v1/telemetry/sources", &token, &source).await;
    let (_, list) = bench.get("/api/v2/rf/devices/list").await;
    let expected = json!({"devices": [{"device_id": "alpha-adsb", "driver": "vtoc-station", "label": "alpha ADSB", "serial": null,
        "available": false, "rx_range_mhz": null, "tx_range_mhz": null, "error": "nothing delivered in the last minute"}]});
    assert_eq!(list, expected);
    let (_, info) = bench.get("/api/v2/rf/info").await;
    assert_eq!((&info["tx_enabled"], &info["devices"]), (&json!(false), &json!(1)));
    let test = async |id: &str| bench.send(Method::POST, &format!("/api/v2/rf/devices/{id}/test"), &token, &json!({})).await;
    assert_eq!((test("alpha-adsb").await.1["status"].clone(), test("nobody").await.0.as_u16()), (json!("error"), 404));
    for (method, path) in
        [(Method::POST, "replay/start"), (Method::POST, "capture/start"), (Method::GET, "stream/psd"), (Method::POST, "protocol/craft")]
    {
        let (status, body) = bench.send(method, &format!("/api/v2/rf/{path}"), &token, &json!({})).await;
        assert!(status.as_u16() == 501 && body["detail"].as_str().is_some_and(|d| 40 < d.len()), "{path}: {body}");
    }
}
