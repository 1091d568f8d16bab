//! The live picture over a real socket, for a station without and a central with a database.

use super::*;
use crate::live::{Hub, Limits};
use crate::station::StationConsole;
use crate::testing::{batch, position_event};
use futures_util::StreamExt;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uplink::intake::Intake;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

pub(super) async fn next(socket: &mut Socket) -> Value {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn station_console(clock: &HandClock) -> (Arc<Hub>, Router) {
    let hub = Hub::start(Limits::STATION, clock.clock());
    let console = StationConsole {
        station: station("alpha"),
        name: "Alpha".into(),
        place: model::LatLon::from_degrees(52.3, 4.8),
        version: "0.1.0".into(),
        hub: Arc::clone(&hub),
        clock: clock.clock(),
        ui_dir: None,
        more_metrics: Some(Arc::new(|out| out.push_str("vtoc_more 1\n"))),
    };
    (hub, crate::station::router(console))
}

#[tokio::test]
async fn a_station_shows_what_it_hears() {
    let clock = HandClock::at(T0);
    let (hub, router) = station_console(&clock);
    hub.publish(station("alpha"), &position_event(1, 0), T0);
    let address = serve(router.clone()).await;
    let (mut socket, _) = connect_async(format!("ws://{address}/api/v1/live")).await.unwrap();
    let snapshot = next(&mut socket).await;
    assert_eq!((&snapshot["type"], &snapshot["tracks"][0]["subject"]), (&"snapshot".into(), &"icao:000001".into()));
    hub.publish(station("alpha"), &position_event(2, 10), T0);
    let mut seq = snapshot["seq"].as_u64().unwrap();
    loop {
        let delta = next(&mut socket).await;
        assert_eq!(delta["type"], "delta");
        seq += 1;
        assert_eq!(delta["seq"], seq);
        if delta["updated"].as_array().unwrap().iter().any(|t| t["subject"] == "icao:000002") {
            break;
        }
    }
    hub.close();
    let farewell = socket.next().await.unwrap().unwrap();
    assert!(matches!(farewell, Message::Close(Some(frame)) if u16::from(frame.code) == 1001));

    let (status, _, console) = send(&router, Request::get("/api/v1/console").body(Body::empty()).unwrap()).await;
    let expected = serde_json::json!({
        "role": "station", "name": "Alpha", "version": "0.1.0", "center": {"lat": 52.3, "lon": 4.8, "zoom": 7.0},
        "stations": [{"slug": "alpha", "name": "Alpha", "lat": 52.3, "lon": 4.8, "online": true, "last_seen": "2026-11-23T00:00:00Z"}]
    });
    assert_eq!((status, console), (StatusCode::OK, expected));
}

#[tokio::test]
async fn tracks_filter_and_errors_have_the_contracts_form() {
    let (hub, router) = station_console(&HandClock::at(T0));
    hub.publish(station("alpha"), &position_event(1, 0), T0);
    let get = async |path: &str| send(&router, Request::get(path).body(Body::empty()).unwrap()).await;
    for path in ["/api/v1/tracks", "/api/v1/tracks/", "/api/v1/tracks?protocol=adsb", "/api/v1/tracks?protocol=", "/api/v1/tracks?%ff=%zz"]
    {
        let (status, _, body) = get(path).await;
        assert_eq!((status, body["tracks"].as_array().map(Vec::len)), (StatusCode::OK, Some(1)), "{path}");
    }
    assert_eq!(get("/api/v1/tracks?protocol=ais").await.2["tracks"], serde_json::json!([]));
    let (status, _, body) = get("/api/v1/tracks?protocol=x").await;
    let problem = serde_json::json!([{"type": "enum", "loc": ["query", "protocol"],
        "msg": "Input should be one of adsb, ais, aprs, uat", "input": "x"}]);
    assert_eq!((status, &body["detail"]), (StatusCode::UNPROCESSABLE_ENTITY, &problem));
    let (status, _, body) = send(&router, Request::delete("/api/v1/tracks").body(Body::empty()).unwrap()).await;
    assert_eq!((status, body), (StatusCode::METHOD_NOT_ALLOWED, serde_json::json!({"detail": "Method Not Allowed"})));
    let (status, _, body) = get("/api/v1/live").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["detail"].as_str().unwrap().starts_with("This is a WebSocket"));
    let health = serde_json::json!({"status": "ok", "last_update": "2026-11-23T00:00:00Z"});
    assert_eq!((get("/healthz").await.2, get("/readyz").await.2), (health.clone(), health));
    assert_eq!(get("/api/v1/telemetry/events").await.0, StatusCode::NOT_FOUND, "a station has no central's routes");
}

#[tokio::test]
async fn another_sites_page_may_not_listen() {
    let (_hub, router) = station_console(&HandClock::at(T0));
    let address = serve(router).await;
    for (origin, allowed) in [(format!("http://{address}"), true), ("http://evil.example".into(), false), ("null".into(), false)] {
        let mut request = tungstenite::client::IntoClientRequest::into_client_request(format!("ws://{address}/api/v1/live")).unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match connect_async(request).await {
            Ok(_) => assert!(allowed, "{origin}"),
            Err(tungstenite::Error::Http(response)) => assert!(!allowed && response.status() == 403, "{origin}"),
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn metrics_count_by_route_and_not_by_path() {
    let (hub, router) = station_console(&HandClock::at(T0));
    hub.publish(station("alpha"), &position_event(1, 0), T0);
    for path in ["/api/v1/tracks", "/api/v1/tracks", "/x1", "/x2", "/x3", "/api/nothing"] {
        send(&router, Request::get(path).body(Body::empty()).unwrap()).await;
    }
    let response = router.oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let text = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    for line in [
        "vtoc_http_requests_total{route=\"/api/v1/tracks\",method=\"GET\",status=\"200\"} 2",
        "vtoc_http_requests_total{route=\"other\",method=\"GET\",status=\"200\"} 3",
        "vtoc_http_requests_total{route=\"other\",method=\"GET\",status=\"404\"} 1",
        "vtoc_live_tracks 1",
        "vtoc_more 1",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    assert!(!text.contains("/x1"));
}

#[tokio::test]
async fn the_central_shows_an_event_once_it_is_committed() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let address = serve(bench.central.router.clone()).await;
    let (mut socket, _) = connect_async(format!("ws://{address}/api/v1/live/")).await.unwrap();
    assert_eq!(next(&mut socket).await["tracks"], serde_json::json!([]));
    assert_eq!(bench.get("/api/v1/console").await.1["stations"][0]["online"], false);
    bench.central.intake.store(station("alpha"), batch(1, 1, 1)).await.unwrap();
    let delta = next(&mut socket).await;
    assert_eq!((&delta["updated"][0]["subject"], &delta["updated"][0]["stations"]), (&"icao:480001".into(), &serde_json::json!(["alpha"])));
    // A repeat is not heard again.
    bench.central.intake.store(station("alpha"), batch(1, 1, 1)).await.unwrap();
    assert_eq!(bench.get("/api/v1/tracks").await.1["tracks"][0]["events"], 1);
    let (_, console) = bench.get("/api/v1/console").await;
    assert_eq!((&console["stations"][0]["online"], &console["center"]["lat"]), (&true.into(), &52.3.into()));
    bench.clock.set(T0.plus_micros(crate::central::ONLINE_WITHIN_US + 1));
    assert_eq!(bench.get("/api/v1/console").await.1["stations"][0]["online"], false);
}
