//! Every route of `/api/v1/telemetry/events`, its rules and its mistakes.

use super::*;
use crate::testing::batch;
use serde_json::json;
use uplink::intake::Intake;

const PATH: &str = "/api/v1/telemetry/events";

struct Events {
    bench: Bench,
    token: String,
}

impl Events {
    async fn open() -> Option<Self> {
        let bench = Bench::open().await?;
        let token = bench.token().await;
        Some(Self { bench, token })
    }

    async fn post(&self, body: Value) -> (StatusCode, Value) {
        self.bench.send(Method::POST, PATH, &self.token, &body).await
    }

    async fn source(&self, slug: &str, station_id: Option<i64>) -> i64 {
        let body = json!({"slug": slug, "name": slug, "source_type": "x", "station_id": station_id});
        let (status, made) = self.bench.send(Method::POST, "/api/v1/telemetry/sources", &self.token, &body).await;
        assert_eq!(status, StatusCode::CREATED);
        made["id"].as_i64().unwrap()
    }

    /// raw_data of the events listed.
    async fn listed(&self, query: &str) -> Vec<String> {
        let (status, body) = self.bench.get(&format!("{PATH}{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {body}");
        body.as_array().unwrap().iter().map(|e| e["raw_data"].as_str().unwrap_or("").to_owned()).collect()
    }
}

#[tokio::test]
async fn an_event_is_made_read_changed_and_deleted() {
    let Some(events) = Events::open().await else { return };
    let alpha = events.bench.register("alpha", Role::Intel, ALPHA_KEY).await;
    let source = events.source("adsb-ingest", Some(alpha.id)).await;
    // As the old adsb-ingest service sends it.
    let body = json!({"source_slug": "ADSB-Ingest", "event_time": "2026-11-23T02:00:00.123456+02:00", "latitude": 52.25, "longitude": 3.9,
        "altitude": 38000, "heading": "182.9", "speed": 450.1, "payload": {"hex": "4840d6", "rssi": -12.3, "n": null}, "raw_data": "{…}",
        "surplus": true});
    let (status, made) = events.post(body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_i64().unwrap();
    assert_eq!(Role::of_id(id), Some(Role::Intel));
    let expected = json!({"id": id, "received_at": made["received_at"], "event_time": "2026-11-23T00:00:00.123456Z", "latitude": 52.25,
        "longitude": 3.9, "altitude": 38000.0, "heading": 182.9, "speed": 450.1, "payload": {"n": null, "hex": "4840d6", "rssi": -12.3},
        "raw_data": "{…}", "status": "received", "station_id": alpha.id});
    assert_eq!(made, expected);

    let (status, read) = events.bench.get(&format!("{PATH}/{id}/")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&read["source"]["id"], &read["source"]["station"]["slug"], &read["station"]["slug"]),
        (&json!(source), &json!("alpha"), &json!("alpha"))
    );
    assert!(read["source"]["last_ingested_at"].is_string());
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&read[key], value, "{key}");
    }

    let change = json!({"status": "seen", "latitude": null, "payload": null, "altitude": "ground", "event_time": "2026-11-23T01:00:00"});
    let (status, changed) = events.bench.send(Method::PATCH, &format!("{PATH}/{id}"), &events.token, &change).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    let got = ["status", "latitude", "longitude", "payload", "altitude", "event_time"].map(|k| changed[k].clone());
    assert_eq!(got, [json!("seen"), Value::Null, json!(3.9), Value::Null, Value::Null, json!("2026-11-23T01:00:00Z")]);

    assert_eq!(events.bench.send(Method::DELETE, &format!("{PATH}/{id}"), &events.token, &Value::Null).await.0, StatusCode::NO_CONTENT);
    let gone = (StatusCode::NOT_FOUND, json!({"detail": "Event not found"}));
    assert_eq!(events.bench.get(&format!("{PATH}/{id}")).await, gone);
    assert_eq!(events.bench.send(Method::PATCH, &format!("{PATH}/{id}"), &events.token, &json!({})).await, gone);
    assert_eq!(events.bench.send(Method::DELETE, &format!("{PATH}/{id}"), &events.token, &Value::Null).await, gone);
}

#[tokio::test]
async fn the_source_is_found_made_or_refused() {
    let Some(events) = Events::open().await else { return };
    let alpha = events.bench.register("toc-s1", Role::Logistics, ALPHA_KEY).await;
    let id = events.source("known", None).await;
    assert_eq!(events.post(json!({"source_id": id})).await.0, StatusCode::CREATED);
    let not_found = |what| (StatusCode::NOT_FOUND, json!({"detail": what}));
    assert_eq!(events.post(json!({"source_id": id + 8})).await, not_found("Source not found"));
    assert_eq!(events.post(json!({"source_id": 0, "source_slug": "known"})).await, not_found("Source not found"));
    assert_eq!(events.post(json!({"source_slug": "known", "station_id": 99})).await, not_found("Station not found"));
    for body in [json!({}), json!({"source_slug": "nobody"}), json!({"source_name": "Nobody"})] {
        assert_eq!(events.post(body).await, (StatusCode::BAD_REQUEST, json!({"detail": "Unknown source"})));
    }
    let (status, made) = events.post(json!({"source_slug": "New-One", "source_name": "New", "station_id": alpha.id})).await;
    assert_eq!((status, Role::of_id(made["id"].as_i64().unwrap())), (StatusCode::CREATED, Some(Role::Logistics)));
    let source = events.bench.get(&format!("{PATH}/{}", made["id"])).await.1["source"].clone();
    let expected = [("slug", "new-one"), ("name", "New"), ("source_type", "external"), ("description", "Created via telemetry ingestion")];
    for (key, value) in expected {
        assert_eq!(source[key], value);
    }
    assert_eq!(source["station_id"], alpha.id);
    // The same again: no second source. Another slug with a name that is taken: said.
    assert_eq!(events.post(json!({"source_slug": "new-one", "source_name": "New"})).await.0, StatusCode::CREATED);
    let taken = events.post(json!({"source_slug": "other", "source_name": "New", "station_id": alpha.id})).await;
    assert_eq!(taken.0, StatusCode::CONFLICT, "{taken:?}");
    assert_eq!(events.bench.get("/api/v1/telemetry/sources").await.1.as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_named_by_many_requests_at_once_is_made_once() {
    let Some(events) = Events::open().await else { return };
    let (router, token) = (events.bench.central.router.clone(), events.token.clone());
    let posts: Vec<_> = (0..8)
        .map(|_| {
            let body = json!({"source_slug": "rush", "source_name": "Rush"}).to_string();
            let request = Request::post(PATH).header("authorization", format!("Bearer {token}"));
            let request = request.header("content-type", "application/json").body(body.into()).unwrap();
            let router = router.clone();
            tokio::spawn(async move { send(&router, request).await.0 })
        })
        .collect();
    for post in posts {
        assert_eq!(post.await.unwrap(), StatusCode::CREATED);
    }
    assert_eq!(events.bench.get("/api/v1/telemetry/sources").await.1.as_array().unwrap().len(), 1);
    assert_eq!(events.listed("").await.len(), 8);
}

#[tokio::test]
async fn on_the_ground_is_no_altitude() {
    let Some(events) = Events::open().await else { return };
    events.source("s", None).await;
    for (sent, expected) in [
        (json!({"altitude": "ground"}), json!({"on_ground": true})),
        (json!({"altitude": "Ground", "payload": {"hex": "a"}}), json!({"hex": "a", "on_ground": true})),
        (json!({"altitude": "ground", "payload": {"on_ground": false}}), json!({"on_ground": false})),
    ] {
        let mut body = sent.clone();
        body["source_slug"] = "s".into();
        let (status, made) = events.post(body).await;
        assert_eq!((status, &made["altitude"], &made["payload"]), (StatusCode::CREATED, &Value::Null, &expected), "{sent}");
    }
    let (_, made) = events.post(json!({"source_slug": "s", "altitude": 10, "payload": {"a": 1}})).await;
    let path = format!("{PATH}/{}", made["id"]);
    let (_, changed) = events.bench.send(Method::PATCH, &path, &events.token, &json!({"altitude": "ground"})).await;
    assert_eq!((&changed["altitude"], &changed["payload"]), (&Value::Null, &json!({"a": 1, "on_ground": true})));
}

#[tokio::test]
async fn mistakes_are_told_field_by_field() {
    let Some(events) = Events::open().await else { return };
    events.source("s", None).await;
    let body = json!({"source_slug": "s", "latitude": 90.5, "longitude": -181, "altitude": "high", "heading": "NaN", "speed": true,
        "event_time": "tomorrow", "payload": "x", "raw_data": 5, "status": "s".repeat(51), "source_id": "x"});
    let (status, answer) = events.post(body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for (field, message) in [
        ("latitude", "Input should be between -90 and 90 degrees"),
        ("longitude", "Input should be between -180 and 180 degrees"),
        ("altitude", "Input should be a valid number"),
        ("heading", "Input should be a finite number"),
        ("speed", "Input should be a valid number"),
        ("event_time", "Input should be a valid datetime, as 2026-11-23T00:00:00Z"),
        ("payload", "Input should be a valid dictionary"),
        ("raw_data", "Input should be a valid string"),
        ("status", "String should have at most 50 characters"),
        ("source_id", "Input should be a valid integer"),
    ] {
        assert_eq!(problem(&answer, field), message, "{field}");
    }
    let nul = json!({"source_slug": "s", "payload": {"a": [{"k\u{0}": 1}]}, "raw_data": "\u{0}"});
    let (status, answer) = events.post(nul).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem(&answer, "payload").contains("U+0000") && problem(&answer, "raw_data").contains("U+0000"));
    let (status, answer) = events.bench.send(Method::PATCH, &format!("{PATH}/9"), &events.token, &json!({"event_time": null})).await;
    assert_eq!((status, problem(&answer, "event_time")), (StatusCode::UNPROCESSABLE_ENTITY, "Input should not be null"));
    assert_eq!(events.listed("").await.len(), 0, "nothing of it was stored");
}

#[tokio::test]
async fn times_come_in_many_forms() {
    let Some(events) = Events::open().await else { return };
    events.source("s", None).await;
    for (sent, expected) in [
        (json!("2026-11-23T00:00:00"), "2026-11-23T00:00:00Z"),
        (json!("2026-11-23 00:00:00.5"), "2026-11-23T00:00:00.5Z"),
        (json!("2026-11-22T19:00:00-05:00"), "2026-11-23T00:00:00Z"),
        (json!(1_795_392_000), "2026-11-23T00:00:00Z"),
        (json!(1_795_392_000_250_i64), "2026-11-23T00:00:00.25Z"),
        (json!("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z"),
        (json!("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z"),
    ] {
        let (status, made) = events.post(json!({"source_slug": "s", "event_time": sent})).await;
        assert_eq!((status, &made["event_time"]), (StatusCode::CREATED, &json!(expected)), "{sent}");
    }
    for refused in [json!("9999-12-31T23:59:59-01:00"), json!(1e18), json!(""), json!({})] {
        assert_eq!(events.post(json!({"source_slug": "s", "event_time": refused})).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    }
    let (_, made) = events.post(json!({"source_slug": "s"})).await;
    assert_eq!(made["event_time"], made["received_at"], "no time: now");
}

#[tokio::test]
async fn the_list_is_the_newest_hundred_with_filters() {
    let Some(events) = Events::open().await else { return };
    let alpha = events.bench.register("toc-s1", Role::Intel, ALPHA_KEY).await;
    events.source("one", None).await;
    events.source("two", Some(alpha.id)).await;
    for n in 0..130 {
        let slug = if n % 2 == 0 { "one" } else { "two" };
        let time = format!("2026-11-23T00:{:02}:{:02}Z", n / 60, n % 60);
        let (status, _) = events.post(json!({"source_slug": slug, "event_time": time, "raw_data": n.to_string()})).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    let numbers = |from: i32, to: i32, step: usize| (to..=from).rev().step_by(step).map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(events.listed("").await, numbers(129, 30, 1), "from both databases, newest first");
    assert_eq!(events.listed("?limit=3").await, ["129", "128", "127"]);
    assert_eq!(events.listed("?limit=1000").await.len(), 130);
    assert_eq!(events.listed("?source=TWO&limit=2").await, ["129", "127"]);
    assert_eq!(events.listed("?since=2026-11-23T00:02:08Z").await, ["129", "128"]);
    assert_eq!(events.listed("?since=2026-11-23T01:02:08%2b01:00&until=2026-11-23T00:02:08").await, ["128"]);
    assert_eq!(events.listed("?since=2026-11-23T01:02:09+01:00").await, ["129"], "an offset whose + was not escaped");
    assert_eq!(events.listed("?until=2026-11-23T00:00:01Z").await, ["1", "0"]);
    assert_eq!(events.listed("?station=s1&limit=2").await, ["129", "127"]);
    assert_eq!(events.listed("?source=one&station=toc-s1").await, Vec::<String>::new());
    for (query, status, detail) in [
        ("?limit=0", 422, "Input should be greater than or equal to 1"),
        ("?limit=1001", 422, "Input should be less than or equal to 1000"),
        ("?limit=x", 422, "Input should be a valid integer"),
        ("?since=x", 422, "Input should be a valid datetime, as 2026-11-23T00:00:00Z"),
        ("?source=nobody", 404, "Telemetry source not found"),
        ("?station=nobody", 404, "Station not found"),
    ] {
        let (got, body) = events.bench.get(&format!("{PATH}{query}")).await;
        let told = body["detail"].as_str().or(body["detail"][0]["msg"].as_str());
        assert_eq!((got.as_u16(), told), (status, Some(detail)), "{query}");
    }
}

#[tokio::test]
async fn station_headers_choose_the_station() {
    let Some(events) = Events::open().await else { return };
    let alpha = events.bench.register("toc-s1", Role::Intel, ALPHA_KEY).await;
    events.bench.register("toc-s2", Role::Ops, KeyFingerprint([2; 32])).await;
    events.source("of-alpha", Some(alpha.id)).await;
    events.source("free", None).await;
    events.post(json!({"source_slug": "of-alpha", "raw_data": "a"})).await;
    events.post(json!({"source_slug": "free", "raw_data": "f"})).await;
    let get = async |headers: &[(&'static str, &str)]| {
        let request = headers.iter().fold(Request::get(PATH), |r, (name, value)| r.header(*name, *value));
        let (status, _, body) = send(&events.bench.central.router, request.body(Body::empty()).unwrap()).await;
        let raws = body.as_array().map(|all| all.iter().map(|e| e["raw_data"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
        (status.as_u16(), raws.unwrap_or_default())
    };
    let only_alpha = (200, vec!["a".to_owned()]);
    for name in ["X-Station-Id", "x-station-slug", "X-ChatKit-Station", "X-TOC-STATION"] {
        assert_eq!(get(&[(name, "TOC_S1")]).await, only_alpha, "{name}");
    }
    assert_eq!(get(&[("X-TOC-Station", "toc-s1"), ("X-Station-Slug", "toc-s2")]).await, (200, vec![]));
    assert_eq!(get(&[("X-Station-Id", "nobody")]).await, (404, vec![]));
    assert_eq!(get(&[("X-Station-Id", " ")]).await.1.len(), 2);
    // A POST with the header belongs to the station, and to its database when the source is new.
    let request = Request::post(PATH).header("authorization", format!("Bearer {}", events.token)).header("X-Station-Slug", "toc-s1");
    let body = json!({"source_slug": "new", "source_name": "New"}).to_string();
    let (status, _, made) = send(&events.bench.central.router, request.body(body.into()).unwrap()).await;
    assert_eq!((status, &made["station_id"]), (StatusCode::CREATED, &json!(alpha.id)));
    assert_eq!(Role::of_id(made["id"].as_i64().unwrap()), Some(Role::Intel));
}

#[tokio::test]
async fn what_stations_deliver_is_listed_with_its_source() {
    let Some(events) = Events::open().await else { return };
    let bench = &events.bench;
    bench.register("alpha", Role::Ops, ALPHA_KEY).await;
    bench.central.intake.store(station("alpha"), batch(1, 1, 3)).await.unwrap();
    let (_, listed) = bench.get(PATH).await;
    let first = &listed[0];
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!((&first["source"]["slug"], &first["source"]["source_type"]), (&json!("alpha-adsb"), &json!("adsb")));
    assert_eq!((&first["station"]["slug"], &first["source"]["station"]["slug"]), (&json!("alpha"), &json!("alpha")));
    assert_eq!((&first["event_time"], &first["altitude"]), (&json!("2026-11-23T00:00:00.003Z"), &json!(38000.0)));
    assert_eq!((&first["payload"]["subject"], &first["raw_data"]), (&json!("icao:480003"), &json!("8d4800030000000000000003")));
}
