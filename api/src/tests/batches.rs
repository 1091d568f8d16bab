//! Several events in one request, and `…/telemetry/ingest/{source}`.

use super::*;
use serde_json::json;

const EVENTS: &str = "/api/v1/telemetry/events";

async fn source(bench: &Bench, token: &str, slug: &str, station_id: Option<i64>) -> i64 {
    let body = json!({"slug": slug, "name": slug, "source_type": "x", "station_id": station_id});
    bench.send(Method::POST, "/api/v1/telemetry/sources", token, &body).await.1["id"].as_i64().unwrap()
}

#[tokio::test]
async fn each_of_many_is_stored_or_refused_by_itself() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let far = bench.register("far", Role::Intel, ALPHA_KEY).await;
    let known = source(&bench, &token, "known", None).await;
    source(&bench, &token, "theirs", Some(far.id)).await;
    bench.send(Method::POST, "/api/v1/imei-watchlist", &token, &json!({"identifier_value": "7", "list_type": "blacklist"})).await;
    let items = json!([
        {"source_slug": "known", "payload": {"hex": "4840D6"}, "event_time": "2026-11-22T23:00:00Z", "altitude": "ground"},
        {"source_slug": "Theirs", "latitude": 1.5, "raw_data": "x"},
        {"source_slug": "nobody"},
        {"source_slug": "made", "source_name": "Made", "station_id": far.id},
        {"source_slug": "made", "payload": {"imei": "7"}},
        {"source_id": known + 800},
        {"source_slug": "known", "latitude": 91, "speed": "fast"},
        17,
        {"source_id": known, "station_id": 999},
        {"source_id": known, "status": null},
    ]);
    let (status, body) = bench.send(Method::POST, EVENTS, &token, &items).await;
    assert_eq!(status, StatusCode::MULTI_STATUS, "{body}");
    assert_eq!((&body["accepted"], &body["refused"]), (&json!(5), &json!(5)));
    let results = body["results"].as_array().unwrap();
    let statuses: Vec<u64> = results.iter().map(|r| r["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 400, 201, 201, 404, 422, 422, 404, 201]);
    assert_eq!(results.iter().map(|r| r["index"].as_u64().unwrap()).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert_eq!(results[2]["detail"], "Unknown source");
    assert_eq!(results[6]["detail"].as_array().unwrap().len(), 2);
    let read = async |index: usize| bench.get(&format!("{EVENTS}/{}", results[index]["id"])).await.1;
    let first = read(0).await;
    assert_eq!(
        (&first["payload"], &first["event_time"], &first["status"]),
        (&json!({"hex": "4840D6", "on_ground": true}), &json!("2026-11-22T23:00:00Z"), &json!("received"))
    );
    let second = read(1).await;
    assert_eq!((&second["station"]["slug"], &second["latitude"], &second["raw_data"]), (&json!("far"), &json!(1.5), &json!("x")));
    assert_eq!(Role::of_id(second["id"].as_i64().unwrap()), Some(Role::Intel));
    assert_eq!((&read(3).await["source"]["name"], &read(4).await["status"]), (&json!("Made"), &json!("imei_blacklist_hit")));
    assert_eq!(read(9).await["status"], Value::Null);
    // Found by whom they are about.
    let about = bench.get(&format!("{EVENTS}?subject=icao:4840d6")).await.1;
    assert_eq!((about.as_array().unwrap().len(), &about[0]["id"]), (1, &first["id"]));
    assert_eq!(bench.get(&format!("{EVENTS}?subject=imei:7")).await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn lines_and_arrays_have_limits_and_a_station_for_all() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let alpha = bench.register("toc-s1", Role::Ops, ALPHA_KEY).await;
    source(&bench, &token, "s", None).await;
    let post = async |media: &str, body: String| {
        let request = Request::post(format!("{EVENTS}?station=s1")).header("authorization", format!("Bearer {token}"));
        let (status, _, body) = send(&bench.central.router, request.header("content-type", media).body(body.into()).unwrap()).await;
        (status.as_u16(), body)
    };
    let lines = "{\"source_slug\": \"s\"}\n\n  {\"source_slug\": \"s\"}\r\n";
    let (status, body) = post("application/x-ndjson", lines.into()).await;
    assert_eq!((status, &body["accepted"]), (201, &json!(2)), "{body}");
    let (status, body) = post("application/x-ndjson; charset=utf-8", "{\"source_slug\": \"s\"}\n{broken".into()).await;
    assert_eq!((status, &body["results"][1]["detail"][0]["type"]), (207, &json!("json_invalid")));
    assert_eq!(post("application/json", "[]".into()).await, (201, json!({"accepted": 0, "refused": 0, "results": []})));
    assert_eq!(post("application/json", "[{]".into()).await.0, 422);
    let many = |n: usize| format!("[{}]", vec!["{\"source_slug\":\"s\"}"; n].join(","));
    let (status, body) = post("application/json", many(5_001)).await;
    assert_eq!((status, body["detail"][0]["msg"].as_str()), (422, Some("List should have at most 5000 items")));
    assert_eq!(post("application/json", many(5_000)).await.1["accepted"], 5_000);
    let (_, dashboard) = bench.get("/api/v1/stations/s1/dashboard").await;
    assert_eq!(
        (&dashboard["metrics"]["total_events"], &dashboard["metrics"]["last_event"]["station_id"]),
        (&json!(5_003), &json!(alpha.id))
    );
    assert_eq!(post("text/csv", "a,b".into()).await.0, 415);
}

#[tokio::test]
async fn ingest_by_source_answers_as_it_did() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let id = source(&bench, &token, "gps-puck", None).await;
    for base in ["/api/telemetry/ingest", "/api/v1/telemetry/ingest"] {
        let body = json!({"latitude": 18.4663, "longitude": -66.1057, "altitude": 12, "source_slug": "ignored", "event_time": "2026-11-23T00:00:00"});
        let (status, made) = bench.send(Method::POST, &format!("{base}/GPS-Puck"), &token, &body).await;
        let expected = json!({"id": made["id"], "source_id": id, "event_time": "2026-11-23T00:00:00Z", "received_at": made["received_at"],
            "status": "received"});
        assert_eq!((status, &made), (StatusCode::CREATED, &expected));
        let (_, now) = bench.send(Method::POST, &format!("{base}/gps-puck"), &token, &json!({})).await;
        assert!(now["event_time"].is_string(), "missing: now");
        let nobody = bench.send(Method::POST, &format!("{base}/nobody"), &token, &body).await;
        assert_eq!(nobody, (StatusCode::NOT_FOUND, json!({"detail": "Telemetry source not found"})));
        let (status, several) = bench.send(Method::POST, &format!("{base}/gps-puck"), &token, &json!([{"speed": 1}, {"speed": "x"}])).await;
        assert_eq!((status.as_u16(), &several["accepted"]), (207, &json!(1)));
    }
    let (_, source) = bench.get(&format!("/api/v1/telemetry/sources/{id}")).await;
    assert!(source["last_ingested_at"].is_string());
    bench.send(Method::PATCH, &format!("/api/v1/telemetry/sources/{id}"), &token, &json!({"is_active": false})).await;
    let disabled = bench.send(Method::POST, "/api/telemetry/ingest/gps-puck", &token, &json!({})).await;
    assert_eq!(disabled, (StatusCode::CONFLICT, json!({"detail": "Telemetry source is disabled"})));
}
