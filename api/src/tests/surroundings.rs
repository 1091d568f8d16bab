//! What surrounds every route: bodies that are none, too large or not JSON, methods, panics, the description, a missing database.

use super::*;
use crate::console::ConsoleFiles;
use crate::metrics::Metrics;
use crate::routes::{BODY_BYTES_MAX, finish, openapi};
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

const EVENTS: &str = "/api/v1/telemetry/events";

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_with_a_sentence() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let post = async |content_type: Option<&str>, body: Vec<u8>| {
        let request = Request::post(EVENTS).header("authorization", format!("Bearer {token}"));
        let request = content_type.into_iter().fold(request, |r, t| r.header("content-type", t));
        let (status, _, body) = send(&bench.central.router, request.body(body.into()).unwrap()).await;
        let told = body["detail"].as_str().or(body["detail"][0]["msg"].as_str()).unwrap_or("").to_owned();
        (status.as_u16(), told)
    };
    let json = Some("application/json");
    let starts = |got: (u16, String), status: u16, text: &str| assert!(got.0 == status && got.1.starts_with(text), "{got:?}");
    starts(post(json, b"{garbage".to_vec()).await, 422, "JSON decode error: key must be a string at line 1 column 2");
    starts(post(json, b"\xff\xfe".to_vec()).await, 422, "JSON decode error");
    starts(post(json, b"1".to_vec()).await, 422, "Input should be a valid dictionary");
    starts(post(json, Vec::new()).await, 422, "Field required");
    starts(post(json, b"{\"payload\": 1e999}".to_vec()).await, 422, "JSON decode error: number out of range");
    starts(post(json, vec![b'['; 100_000]).await, 422, "JSON decode error: recursion limit");
    starts(post(Some("text/plain"), b"{}".to_vec()).await, 415, "The body must be sent as Content-Type: application/json");
    starts(post(Some("application/x-www-form-urlencoded"), b"a=b".to_vec()).await, 415, "The body must");
    for fine in [None, Some("application/json; charset=utf-8"), Some("application/geo+json")] {
        starts(post(fine, b"{}".to_vec()).await, 400, "Unknown source");
    }
    let long = format!("{{\"raw_data\": \"{}\"}}", "x".repeat(BODY_BYTES_MAX));
    starts(post(json, long.into_bytes()).await, 413, "The body is larger than 1048576 bytes");
    let fits = format!("{{\"source_slug\": \"s\", \"source_name\": \"s\", \"raw_data\": \"{}\"}}", "x".repeat(BODY_BYTES_MAX - 100));
    starts(post(json, fits.into_bytes()).await, 201, "");
}

#[tokio::test]
async fn wrong_methods_and_unknown_paths_have_the_contracts_form() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    for (method, path, status, detail) in [
        (Method::PUT, EVENTS, 405, "Method Not Allowed"),
        (Method::DELETE, "/api/v1/stations/", 405, "Method Not Allowed"),
        (Method::POST, "/healthz", 405, "Method Not Allowed"),
        (Method::POST, "/anything", 405, "Method Not Allowed"),
        (Method::GET, "/api/v1/nothing", 404, "Not Found"),
        (Method::POST, "/api/v1/nothing", 404, "Not Found"),
        (Method::GET, "/api/v1/telemetry/events/1/2", 404, "Not Found"),
    ] {
        let request =
            Request::builder().method(&method).uri(path).header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap();
        let (got, headers, body) = send(&bench.central.router, request).await;
        assert_eq!((got.as_u16(), &body["detail"]), (status, &json!(detail)), "{method} {path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn a_panic_is_an_answer_and_is_counted() {
    let metrics = Arc::new(Metrics::default());
    let routes = Router::new().route("/api/boom", get(|| async { panic!("the secret reason") as &str }));
    let router = finish(routes, ConsoleFiles::default(), Arc::clone(&metrics));
    let (status, _, body) = send(&router, Request::get("/api/boom").body(Body::empty()).unwrap()).await;
    assert_eq!((status, body), (StatusCode::INTERNAL_SERVER_ERROR, json!({"detail": "Internal Server Error"})));
    assert_eq!(metrics.panics.load(Relaxed), 1);
}

#[tokio::test]
async fn every_described_path_answers_in_both_forms_and_never_breaks() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let (_, served) = bench.get("/openapi.json").await;
    let description: Value = serde_json::from_str(&openapi::document()).unwrap();
    assert_eq!(served, description);
    assert_eq!((&served["info"]["title"], &served["info"]["version"]), (&json!("vTOC API"), &json!("1.0.0")));
    for (path, operations) in description["paths"].as_object().unwrap() {
        // Any variable part.
        let parts = path.trim_end_matches('/').split('/').map(|part| if part.starts_with('{') { "9" } else { part });
        let bare = parts.collect::<Vec<_>>().join("/");
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let answers = [bare.clone(), format!("{bare}/")].map(async |path| {
                let (status, body) = bench.send(method.clone(), &path, &token, &json!({})).await;
                (status, body["detail"].clone())
            });
            let [one, other] = answers;
            let (one, other) = (one.await, other.await);
            assert_eq!(one, other, "{method} {bare}");
            assert!(one.0.as_u16() < 500 && one.1 != "Not Found", "{method} {bare}: {one:?}");
        }
    }
}

#[tokio::test]
async fn without_the_database_every_route_says_503() {
    let Some(cluster) = Cluster::start() else { return };
    let bench = Bench::on(&cluster).await;
    let token = bench.token().await;
    let warm = json!({"source_slug": "s", "source_name": "s"});
    assert_eq!(bench.send(Method::POST, EVENTS, &token, &warm).await.0, StatusCode::CREATED);
    cluster.stop();
    for path in [EVENTS, "/api/v1/telemetry/sources", "/api/v1/telemetry/sources/9", "/api/v1/stations/", "/api/v1/console", "/readyz"] {
        let (status, body) = bench.get(path).await;
        assert_eq!(
            (status, body),
            (StatusCode::SERVICE_UNAVAILABLE, json!({"detail": "The database is not available; try again later"})),
            "{path}"
        );
    }
    assert_eq!(bench.send(Method::POST, EVENTS, &token, &warm).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(bench.get("/metrics").await.0, StatusCode::OK);
    cluster.restart();
    assert_eq!(bench.send(Method::POST, EVENTS, &token, &warm).await.0, StatusCode::CREATED);
    assert_eq!(bench.get(EVENTS).await.1.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_description_is_a_page_that_needs_no_other_host() {
    let Some(bench) = Bench::open().await else { return };
    let read = async |path: &str| {
        let (parts, body) =
            bench.central.router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap().into_parts();
        (parts, String::from_utf8_lossy(&to_bytes(body, 16 << 20).await.unwrap()).into_owned())
    };
    let (parts, page) = read("/docs/").await;
    assert!(parts.status == 200 && page.contains("swagger-ui"), "{page}");
    let links = page.split(['"', '\'']).filter(|text| [".js", ".css"].iter().any(|end| text.ends_with(end)));
    let links: Vec<&str> = links.collect();
    assert!(3 <= links.len() && links.iter().all(|link| !link.contains("//")), "{links:?}");
    for link in links {
        let (parts, text) = read(&format!("/docs/{}", link.trim_start_matches("./"))).await;
        assert!(parts.status == 200 && !text.is_empty(), "{link}");
    }
    let (_, start) = read("/docs/swagger-initializer.js").await;
    assert!(start.contains("/openapi.json") && !start.contains("petstore"), "{start}");
    let (parts, _) = read("/redoc").await;
    assert_eq!((parts.status.as_u16(), &parts.headers["location"]), (307, &"/docs/".parse().unwrap()));
}
