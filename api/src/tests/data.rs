//! `aircraft.json` and `receiver.json`, as tar1090 reads them.

use super::*;
use crate::live::{Hub, Limits};
use crate::station::StationConsole;
use crate::testing::position_event;
use model::{
    CentiDegrees, DeciDbfs, DeciKnots, Event, EventKind, HeadingReference, Icao24, Identity, LatLon, Mmsi, Position, PositionSource,
    Protocol, Raw, ReceiverId, ShortText, Signal, SpeedKind, Status, Subject, Velocity, VerticalSource,
};
use serde_json::json;
use std::sync::Arc;

fn told(subject: Subject, at_ms: i64, kind: EventKind) -> Event {
    Event {
        at: T0.plus_micros(at_ms * 1_000),
        protocol: Protocol::Adsb,
        receiver: ReceiverId(0),
        subject,
        kind,
        raw: Raw::new(&at_ms.to_le_bytes()),
        signal: Signal { rssi: Some(DeciDbfs(-123)), ..Signal::default() },
    }
}

fn position(on_ground: bool, source: PositionSource) -> EventKind {
    let mut p = Position::bare(LatLon::from_degrees(52.25, 4.5).unwrap(), source);
    (p.baro_alt_ft, p.geom_alt_ft, p.on_ground) = (Some(37_000), Some(37_250), Some(on_ground));
    EventKind::Position(p)
}

fn console(clock: &HandClock) -> (Arc<Hub>, Router) {
    let hub = Hub::start(Limits::STATION, clock.clock());
    let console = StationConsole {
        station: station("alpha"),
        name: "Alpha".into(),
        place: LatLon::from_degrees(52.5, 4.75),
        version: "0.1.0".into(),
        hub: Arc::clone(&hub),
        clock: clock.clock(),
        ui_dir: None,
        more_metrics: None,
    };
    (hub, crate::station::router(console))
}

async fn get(router: &Router, path: &str) -> (HeaderMap, Value) {
    let (status, headers, body) = send(router, Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    (headers, body)
}

#[tokio::test]
async fn an_aircraft_has_readsbs_fields_and_units() {
    let clock = HandClock::at(T0.plus_micros(2_500_000));
    let (hub, router) = console(&clock);
    let full = Subject::Aircraft(Icao24::new(0x4840d6).unwrap());
    let velocity = Velocity {
        speed: Some((SpeedKind::Ground, DeciKnots(4_083))),
        direction: Some((HeadingReference::TrueTrack, CentiDegrees::new(14_640).unwrap())),
        vertical_rate_fpm: Some((VerticalSource::Geometric, -64)),
        geom_minus_baro_ft: None,
    };
    let identity = Identity { callsign: ShortText::new("KLM1023").ok(), category: ShortText::new("A3").ok(), ..Identity::default() };
    let said = [
        (0, position(false, PositionSource::SelfReported)),
        (1_000, EventKind::Velocity(velocity)),
        (1_200, EventKind::Identity(identity)),
        (2_000, EventKind::Status(Status { squawk: Some(271), ..Status::default() })),
    ];
    for (at_ms, kind) in said {
        hub.publish(station("alpha"), &told(full, at_ms, kind), clock.now());
    }
    let vessel = Subject::Vessel(Mmsi::new(244_000_001).unwrap());
    hub.publish(station("alpha"), &told(vessel, 0, position(false, PositionSource::SelfReported)), clock.now());
    let (headers, list) = get(&router, "/data/aircraft.json").await;
    assert_eq!(headers["cache-control"], "no-cache");
    assert_eq!(list["now"].as_f64().unwrap(), (T0.0 / 1_000_000) as f64 + 2.5);
    assert_eq!(list["messages"], 5);
    let expected = json!([{
        "hex": "4840d6", "type": "adsb_icao", "flight": "KLM1023 ", "alt_baro": 37000, "alt_geom": 37250, "gs": 408.3, "track": 146.4,
        "geom_rate": -64, "squawk": "0271", "category": "A3", "lat": 52.25, "lon": 4.5, "seen_pos": 2.5, "mlat": [], "tisb": [],
        "messages": 4, "seen": 0.5, "rssi": -12.3,
    }]);
    assert_eq!(list["aircraft"], expected, "one aircraft; a ship is none");
}

#[tokio::test]
async fn on_the_ground_not_icao_in_distress_and_only_heard() {
    let clock = HandClock::at(T0);
    let (hub, router) = console(&clock);
    let address = |a| Icao24::new(a).unwrap();
    hub.publish(station("alpha"), &told(Subject::NonIcao(address(1)), 0, position(true, PositionSource::GroundSurveillance)), T0);
    let squawk = EventKind::Status(Status { squawk: Some(7_700), ..Status::default() });
    hub.publish(station("alpha"), &told(Subject::Aircraft(address(2)), 0, squawk), T0);
    let (_, list) = get(&router, "/data/aircraft.json").await;
    let [only_heard, ground] = list["aircraft"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!((&ground["hex"], &ground["type"], &ground["alt_baro"]), (&json!("~000001"), &json!("tisb_other"), &json!("ground")));
    assert_eq!((&only_heard["type"], &only_heard["emergency"]), (&json!("mode_s"), &json!("general")));
    assert!(only_heard.get("lat").is_none() && only_heard.get("alt_baro").is_none(), "{only_heard}");
}

#[tokio::test]
async fn what_was_said_long_ago_is_not_shown_as_current() {
    let clock = HandClock::at(T0);
    let (hub, router) = console(&clock);
    let subject = Subject::Aircraft(Icao24::new(3).unwrap());
    hub.publish(station("alpha"), &told(subject, 0, position(false, PositionSource::SelfReported)), T0);
    let squawk = EventKind::Status(Status { squawk: Some(1_000), ..Status::default() });
    for (later_s, current) in [(60, true), (61, false)] {
        clock.set(T0.plus_micros(later_s * 1_000_000));
        hub.publish(station("alpha"), &told(subject, later_s * 1_000, squawk.clone()), clock.now());
        let a = &get(&router, "/data/aircraft.json").await.1["aircraft"][0];
        assert_eq!((a.get("lat").is_some(), a.get("alt_baro").is_some()), (current, current), "{a}");
        assert_eq!((&a["seen"], &a["squawk"]), (&json!(0.0), &json!("1000")));
        let last = json!({"lat": 52.25, "lon": 4.5, "seen_pos": 61.0});
        assert_eq!(a.get("lastPosition"), if current { None } else { Some(&last) });
    }
}

#[tokio::test]
async fn the_receiver_says_where_it_is() {
    let (_hub, router) = console(&HandClock::at(T0));
    let expected = json!({"version": "vtoc 0.1.0", "refresh": 1000, "history": 0, "lat": 52.5, "lon": 4.75});
    assert_eq!(get(&router, "/data/receiver.json").await.1, expected);
}

#[tokio::test]
async fn the_central_has_both() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    bench.central.hub.publish(station("alpha"), &position_event(0xabc, 0), T0);
    let (status, list) = bench.get("/data/aircraft.json").await;
    assert_eq!((status, &list["aircraft"][0]["hex"]), (StatusCode::OK, &json!("000abc")));
    let (status, receiver) = bench.get("/data/receiver.json").await;
    assert_eq!((status, &receiver["lat"], &receiver["lon"]), (StatusCode::OK, &json!(52.3), &json!(4.8)), "at its first station");
}
