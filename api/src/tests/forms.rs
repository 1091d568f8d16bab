//! The same in other forms (GeoJSON, CSV, KML, problem details), asked again (ETag), sent again (Idempotency-Key).

use super::*;
use crate::testing::position_event;
use serde_json::json;

const EVENTS: &str = "/api/v1/telemetry/events";

impl Bench {
    async fn text(&self, path: &str, header: (&'static str, &str)) -> (u16, HeaderMap, String) {
        let request = Request::get(path).header(header.0, header.1).body(Body::empty()).unwrap();
        let (parts, body) = self.central.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 16 << 20).await.unwrap();
        (parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn post_with_key(&self, token: &str, key: &str, body: &Value) -> (u16, HeaderMap, Value) {
        let request = Request::post(EVENTS).header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
        let request = request.header("idempotency-key", key).body(body.to_string().into()).unwrap();
        let (status, headers, body) = send(&self.central.router, request).await;
        (status.as_u16(), headers, body)
    }
}

#[tokio::test]
async fn events_come_in_the_form_that_is_asked_for() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    for (n, place) in [(1, Some((52.25, 4.5))), (2, None)] {
        let mut body = json!({"source_slug": "s", "source_name": "S", "event_time": format!("2026-11-23T00:00:0{n}Z"), "raw_data": "a,b",
            "payload": {"flight": "KLM1023 "}, "altitude": 38000});
        if let Some((lat, lon)) = place {
            (body["latitude"], body["longitude"]) = (json!(lat), json!(lon));
        }
        bench.send(Method::POST, EVENTS, &token, &body).await;
    }
    let (status, headers, text) = bench.text(&format!("{EVENTS}?limit=2"), ("accept", "application/geo+json")).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "application/geo+json"));
    assert!(headers.contains_key("link") && headers["vary"] == "accept");
    let map: Value = serde_json::from_str(&text).unwrap();
    let [newest, oldest] = map["features"].as_array().unwrap().as_slice() else { panic!("{map}") };
    assert_eq!((&map["type"], &newest["geometry"]), (&json!("FeatureCollection"), &Value::Null));
    assert_eq!(oldest["geometry"], json!({"type": "Point", "coordinates": [4.5, 52.25]}));
    assert_eq!((&oldest["properties"]["event_time"], &oldest["properties"]["source"]), (&json!("2026-11-23T00:00:01Z"), &json!("s")));
    let (_, headers, text) = bench.text(&format!("{EVENTS}?format=csv"), ("accept", "application/json")).await;
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines[0].starts_with("id,name,latitude,longitude,event_time,") && lines.len() == 4, "{text}");
    assert!(lines[2].contains(",KLM1023,52.25,4.5,2026-11-23T00:00:01Z,") && lines[2].contains("\"a,b\""), "{text}");
    let (_, headers, text) = bench.text(EVENTS, ("accept", "application/vnd.google-earth.kml+xml")).await;
    assert_eq!(headers["content-type"], "application/vnd.google-earth.kml+xml");
    assert_eq!((text.matches("<Placemark>").count(), text.matches("<Point>").count()), (2, 1), "{text}");
    assert_eq!(bench.get(&format!("{EVENTS}?format=shp")).await.0.as_u16(), 422);
}

#[tokio::test]
async fn pictures_have_tags() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    bench.central.hub.publish(station("alpha"), &position_event(0xabc, 0), T0);
    bench.central.hub.tick();
    let paths = ["/api/v1/tracks", "/api/v1/tracks?format=geojson", "/data/aircraft.json", "/aircraft.json", "/api/v1/stations/"];
    let mut tags = Vec::new();
    for path in paths {
        let (status, headers, text) = bench.text(path, ("x-none", "")).await;
        assert!(status == 200 && !text.is_empty(), "{path}");
        let tag = headers["etag"].to_str().unwrap().to_owned();
        let (status, headers, text) = bench.text(path, ("if-none-match", &tag)).await;
        assert_eq!((status, text.as_str(), headers["etag"].to_str().unwrap()), (304, "", tag.as_str()), "{path}");
        tags.push(tag);
    }
    assert_ne!(tags[0], tags[1], "another form is another thing");
    bench.central.hub.publish(station("alpha"), &position_event(0xabd, 10), T0);
    bench.register("toc-s9", Role::Ops, KeyFingerprint([7; 32])).await;
    for (path, tag) in paths.into_iter().zip(tags) {
        assert_eq!(bench.text(path, ("if-none-match", &tag)).await.0, 200, "{path}: it has changed");
    }
    let (_, _, text) = bench.text("/api/v1/tracks?format=csv", ("x-none", "")).await;
    assert!(
        text.starts_with("id,name,latitude,longitude,protocol,stations,") && text.contains("\r\nicao:000abc,icao:000abc,50."),
        "{text}"
    );
    let (_, _, text) = bench.text("/api/v1/tracks", ("accept", "application/geo+json")).await;
    let map: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&map["features"][0]["id"], map["features"].as_array().unwrap().len()), (&json!("icao:000abc"), 2));
}

#[tokio::test]
async fn problem_details_are_given_to_who_asks() {
    let Some(bench) = Bench::open().await else { return };
    let accept = ("accept", "application/problem+json, application/json;q=0.5");
    let (status, headers, text) = bench.text("/api/v1/stations/nobody", accept).await;
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (404, "application/problem+json"));
    let expected = json!({"type": "about:blank", "title": "Not Found", "status": 404, "instance": "/api/v1/stations/nobody",
        "detail": "Station not found"});
    assert_eq!(problem, expected);
    let (_, _, text) = bench.text(&format!("{EVENTS}?limit=x&bbox=1"), accept).await;
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&problem["status"], &problem["detail"]), (&json!(422), &json!("1 fields do not validate")));
    assert_eq!(problem["errors"][0]["loc"], json!(["query", "limit"]));
    let (status, headers, _) = bench.text("/api/v1/stations/", accept).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "application/json"), "no problem");
    assert_eq!(bench.get("/api/v1/stations/nobody").await.1, json!({"detail": "Station not found"}), "as before");
}

#[tokio::test]
async fn a_write_with_a_key_is_done_once() {
    let Some(bench) = Bench::open().await else { return };
    let (token, other) = (bench.token().await, bench.token().await);
    let count = async || bench.get(EVENTS).await.1.as_array().unwrap().len();
    let body = json!({"source_slug": "s", "source_name": "S", "raw_data": "once"});
    let (status, headers, first) = bench.post_with_key(&token, "k-1", &body).await;
    assert!(status == 201 && !headers.contains_key("idempotency-replayed"));
    for _ in 0..2 {
        let (status, headers, again) = bench.post_with_key(&token, "k-1", &body).await;
        assert_eq!((status, &again, headers["idempotency-replayed"].to_str().unwrap()), (201, &first, "true"));
        assert_eq!(headers["content-type"], "application/json");
    }
    assert_eq!(count().await, 1);
    let (status, _, answer) = bench.post_with_key(&token, "k-1", &json!({"source_slug": "s"})).await;
    assert_eq!((status, answer["detail"][0]["msg"].as_str()), (422, Some("This key was used with another body")));
    assert_eq!(bench.post_with_key(&token, "k-2", &body).await.0, 201);
    assert_eq!(bench.post_with_key(&other, "k-1", &body).await.0, 201, "another account's key is another key");
    assert_eq!(count().await, 3);
    // A refusal is an answer too; what may go away by itself is not kept.
    let wrong = json!({"source_slug": "nobody"});
    assert_eq!(bench.post_with_key(&token, "k-3", &wrong).await.0, 400);
    assert!(bench.post_with_key(&token, "k-3", &wrong).await.1.contains_key("idempotency-replayed"));
    let reader = bench.token_with(&[Scope::Read, Scope::Command]).await;
    for _ in 0..2 {
        let (status, headers, _) = bench.post_with_key(&reader, "k-4", &body).await;
        assert!(status == 403 && !headers.contains_key("idempotency-replayed"));
    }
    assert_eq!(bench.post_with_key(&token, "", &body).await.0, 400);
    assert_eq!(bench.post_with_key(&token, &"k".repeat(256), &body).await.0, 400);
    assert_eq!(count().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_at_once_stores_one() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    bench.send(Method::POST, "/api/v1/telemetry/sources", &token, &json!({"slug": "s", "name": "S", "source_type": "x"})).await;
    let posts: Vec<_> = (0..8)
        .map(|_| {
            let request = Request::post(EVENTS).header("authorization", format!("Bearer {token}")).header("idempotency-key", "rush");
            let request = request.body(json!({"source_slug": "s"}).to_string().into()).unwrap();
            let router = bench.central.router.clone();
            tokio::spawn(async move { send(&router, request).await.0.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for post in posts {
        statuses.push(post.await.unwrap());
    }
    assert!(statuses.iter().all(|s| [201, 409].contains(s)) && statuses.contains(&201), "{statuses:?}");
    assert_eq!(bench.get(EVENTS).await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_whose_central_died_is_free_after_a_minute() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let body = json!({"source_slug": "s", "source_name": "S"});
    bench.post_with_key(&token, "k", &body).await;
    let pool = PgPoolOptions::new().connect_with(bench.databases.control().clone()).await.unwrap();
    let set = async |sql: &'static str| sqlx::query(sql).execute(&pool).await.unwrap();
    set("UPDATE idempotent_answers SET status = NULL, answer = NULL").await;
    assert_eq!(bench.post_with_key(&token, "k", &body).await.0, 409, "somebody may still be at it");
    set("UPDATE idempotent_answers SET begun_at = now() - interval '61 seconds'").await;
    assert_eq!(bench.post_with_key(&token, "k", &body).await.0, 201);
    set("UPDATE idempotent_answers SET begun_at = now() - interval '25 hours'").await;
    bench.central.store.forget_answers(1).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM idempotent_answers").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 0);
}
