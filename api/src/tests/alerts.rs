//! Alerts from the intake to the list, on a real PostgreSQL: each raised once, whatever is restarted; who may see and do what.

use super::live::{next, serve};
use super::*;
use crate::auth::RoleSet;
use crate::store::{Appended, NewEvents, NewToken, Spool, Watched};
use crate::testing::position_event;
use model::{
    Emergency, Epoch, Event, EventKind, LatLon, Mmsi, Position, PositionSource, Protocol, Raw, ReceiverId, Signal, Status, Subject,
};
use serde_json::json;
use std::time::Duration;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use uplink::intake::{Batch, Intake, UrgentKey};

const ALERTS: &str = "/api/v1/alerts";
const RULES: &str = "/api/v1/alert-rules";
const EPOCH: Epoch = Epoch(9);
const MOB: u32 = 972_123_456;

fn at(seconds: i64) -> UnixMicros {
    T0.plus_micros(seconds * 1_000_000)
}

fn vessel(mmsi: u32, seconds: i64, kind: EventKind) -> Event {
    Event {
        at: at(seconds),
        protocol: Protocol::Ais,
        receiver: ReceiverId(0),
        subject: Subject::Vessel(Mmsi::new(mmsi).unwrap()),
        kind,
        raw: Raw::new(&seconds.to_be_bytes()),
        signal: Signal::default(),
    }
}

fn distress(mmsi: u32, seconds: i64, emergency: Emergency) -> Event {
    vessel(mmsi, seconds, EventKind::Status(Status { emergency: Some(emergency), ..Status::default() }))
}

fn place(mmsi: u32, seconds: i64, lat: f64, lon: f64) -> Event {
    vessel(mmsi, seconds, EventKind::Position(Position::bare(LatLon::from_degrees(lat, lon).unwrap(), PositionSource::SelfReported)))
}

/// 25 minutes after [`T0`], when most of what is delivered here has happened.
async fn bench() -> Option<Bench> {
    let bench = Bench::open().await?.with_alpha().await;
    bench.clock.set(at(1_500));
    Some(bench)
}

/// The next life of the central, after the end of this one.
async fn restart(bench: Bench) -> Bench {
    let (databases, clock) = (bench.databases.clone(), bench.clock.clone());
    bench.central.stop().await;
    Bench::with(databases, clock).await
}

async fn deliver(bench: &Bench, first_seq: u64, events: Vec<Event>) {
    bench.central.intake.store(station("alpha"), Batch { epoch: EPOCH, first_seq, events }).await.unwrap();
}

async fn tell(bench: &Bench, seq: u64, event: Event) {
    bench.central.intake.urgent(station("alpha"), UrgentKey { epoch: EPOCH, seq }, event).await.unwrap();
}

impl Bench {
    async fn alerts(&self, query: &str) -> Vec<Value> {
        self.central.shared().alerts.settled().await;
        let (status, list) = self.get(&format!("{ALERTS}{query}")).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        list.as_array().unwrap().clone()
    }

    async fn token_for(&self, scopes: &[Scope], roles: &[Role]) -> String {
        let roles = RoleSet::from_iter(roles.iter().copied());
        let new = NewToken { name: "test".into(), scopes: scopes.to_vec(), roles, expires_at: None };
        self.central.store.add_api_token(&new).await.unwrap().1.reveal().to_owned()
    }

    async fn commander(&self) -> String {
        self.token_for(&[Scope::Read, Scope::TelemetryWrite, Scope::Command], &Role::ALL).await
    }

    async fn metric(&self, name: &str) -> u64 {
        let metrics = self.central.router.clone().oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
        let text = String::from_utf8(to_bytes(metrics.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
        let line =
            text.lines().find_map(|line| line.strip_prefix(&format!("vtoc_alerts_{name} "))).unwrap_or_else(|| panic!("{name}:\n{text}"));
        line.parse().unwrap()
    }
}

/// (subject, cause, state) of each.
fn brief(alerts: &[Value]) -> Vec<(&str, &str, &str)> {
    alerts.iter().map(|a| (a["subject"].as_str().unwrap(), a["cause"].as_str().unwrap(), a["state"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_distress_is_one_alert_whichever_way_it_comes() {
    let Some(bench) = bench().await else { return };
    tell(&bench, 20, distress(MOB, 60, Emergency::ManOverboard)).await;
    tell(&bench, 21, place(MOB, 60, 52.5, 4.25)).await;
    let alerts = bench.alerts("").await;
    assert_eq!(brief(&alerts), [("mmsi:972123456", "mob", "open")], "ahead of the backlog");
    let alert = &alerts[0];
    for (key, expected) in [
        ("rule", json!("Distress at sea")),
        ("kind", json!("ais_distress")),
        ("role", json!("ops")),
        ("station", json!("alpha")),
        ("severity", json!("critical")),
        ("opened_at", json!("2026-11-23T00:01:00Z")),
        ("latitude", json!(52.5)),
        ("longitude", json!(4.25)),
        ("details", json!({"protocol": "ais"})),
    ] {
        assert_eq!(alert[key], expected, "{key}");
    }
    // People are told in a thread of the station's channel, once: also in the next life, which finds it told.
    let words = async |bench: &Bench| {
        let (_, messages) = bench.get("/api/v1/chatkit/messages?limit=50").await;
        let texts = messages.as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap().to_owned());
        texts.filter(|text| text.contains("Distress at sea")).collect::<Vec<_>>()
    };
    // Its place may come after people were told.
    let words_told: Vec<String> = words(&bench).await.iter().map(|text| text.replace(" at 52.5000, 4.2500,", "")).collect();
    assert_eq!(
        words_told,
        [format!("**critical** alert {}: Distress at sea (mob): mmsi:972123456, since 2026-11-23T00:01:00Z", alert["id"])]
    );
    // Its turn comes, with what was before and after it.
    let backlog = |from: i64| (0..19).map(move |n| position_event(0x48_0000 + n, from + i64::from(n))).collect::<Vec<_>>();
    let ordered = [
        backlog(0),
        vec![distress(MOB, 60, Emergency::ManOverboard), place(MOB, 60, 52.5, 4.25)],
        vec![distress(MOB, 61, Emergency::ManOverboard)],
    ]
    .concat();
    deliver(&bench, 1, ordered).await;
    let alerts = bench.alerts("").await;
    assert_eq!(
        (alerts.len(), &alerts[0]["id"], &alerts[0]["count"], &alerts[0]["last_at"]),
        (1, &alert["id"], &json!(2), &json!("2026-11-23T00:01:01Z"))
    );
    assert_eq!(words(&bench).await.len(), 1);
    // Another's distress is another alert, a test is apart, and each of the metrics says so.
    deliver(&bench, 23, vec![distress(MOB + 1, 62, Emergency::ManOverboard), distress(970_000_001, 63, Emergency::Test)]).await;
    assert_eq!(bench.alerts("?state=active&severity=critical").await.len(), 2);
    assert_eq!(brief(&bench.alerts("?severity=info").await), [("mmsi:970000001", "test", "open")]);
    assert_eq!((bench.metric("raised_total").await, bench.metric("open").await, bench.metric("pending").await), (3, 3, 0));
}

#[tokio::test]
async fn a_central_that_ends_at_any_point_raises_each_once() {
    let Some(bench) = bench().await else { return };
    let alpha = bench.central.store.station("alpha").await.unwrap().unwrap();
    let spool = Spool { station: station("alpha"), epoch: EPOCH };
    bench.central.shared().alerts.settled().await;
    // It is raised; then the central ends; then the ordered delivery brings it.
    tell(&bench, 1, distress(MOB, 60, Emergency::ManOverboard)).await;
    assert_eq!(bench.alerts("").await.len(), 1);
    let bench = restart(bench).await;
    assert_eq!(bench.alerts("").await.len(), 1, "told again from its note");
    deliver(&bench, 1, vec![distress(MOB, 60, Emergency::ManOverboard), distress(MOB, 70, Emergency::ManOverboard)]).await;
    assert_eq!(bench.alerts("").await.len(), 1);
    // It ends between the note's COMMIT and everything else.
    bench.central.store.note_urgent(Role::Ops, spool, alpha.id, 3, &distress(MOB + 1, 80, Emergency::ManOverboard)).await.unwrap();
    let bench = restart(bench).await;
    assert_eq!(bench.alerts("").await.len(), 2);
    deliver(&bench, 3, vec![distress(MOB + 1, 80, Emergency::ManOverboard)]).await;
    assert_eq!(bench.alerts("").await.len(), 2);
    // It ends between the ordered store's COMMIT and everything else.
    let source = bench.central.store.station_source(Role::Ops, station("alpha"), alpha.id, Protocol::Ais).await.unwrap();
    let events = [distress(MOB + 2, 90, Emergency::ManOverboard), place(MOB + 2, 90, 52.0, 4.0)];
    let new = NewEvents { spool, station_id: alpha.id, after: 3, events: &events, watched: &Watched::default() };
    let sources = [(Protocol::Ais, source)].into();
    assert!(matches!(bench.central.store.append(Role::Ops, &sources, new).await.unwrap(), Appended::Stored(_)));
    let bench = restart(bench).await;
    let alerts = bench.alerts("").await;
    assert_eq!((alerts.len(), &alerts[0]["subject"], &alerts[0]["latitude"]), (3, &json!("mmsi:972123458"), &json!(52.0)));
    // Two lives at once, as when the old one ends slowly.
    let next = Bench::with(bench.databases.clone(), bench.clock.clone()).await;
    next.central.shared().alerts.settled().await;
    for bench in [&bench, &next] {
        let seen = [distress(MOB + 3, 95, Emergency::ManOverboard)];
        bench.central.shared().alerts.offer(Role::Ops, station("alpha"), &seen);
    }
    assert_eq!((bench.alerts("").await.len(), next.alerts("").await.len()), (4, 4));
}

/// The queue is full: what found no room is read back.
#[tokio::test]
async fn a_distress_in_a_flood_beyond_the_queue_is_raised() {
    let Some(bench) = bench().await else { return };
    bench.central.shared().alerts.settled().await;
    let alpha = bench.central.store.station("alpha").await.unwrap().unwrap();
    let source = bench.central.store.station_source(Role::Ops, station("alpha"), alpha.id, Protocol::Ais).await.unwrap();
    let events = [distress(MOB, 90, Emergency::ManOverboard)];
    let new = NewEvents {
        spool: Spool { station: station("alpha"), epoch: EPOCH },
        station_id: alpha.id,
        after: 0,
        events: &events,
        watched: &Watched::default(),
    };
    bench.central.store.append(Role::Ops, &[(Protocol::Ais, source)].into(), new).await.unwrap();
    let mut flood = vec![position_event(0x48_0000, 1); crate::alerts::QUEUE_MAX];
    flood.extend(events);
    bench.central.shared().alerts.offer(Role::Ops, station("alpha"), &flood);
    assert_eq!(brief(&bench.alerts("").await), [("mmsi:972123456", "mob", "open")]);
    assert_eq!(bench.metric("missed_events_total").await, 1);
}

/// Metres east of the fence at longitude 4.
fn beside_fence(seconds: i64, metres: f64) -> Event {
    place(244_660_000, seconds, 52.0, 4.0 + metres / (111_195.0 * 52.0_f64.to_radians().cos()))
}

fn fence() -> Value {
    let square = json!([[4.0, 51.0], [5.0, 51.0], [5.0, 53.0], [4.0, 53.0]]);
    json!({"name": "Anchorage", "condition": {"kind": "enter", "area": {"polygon": square}, "filter": {"subjects": ["mmsi:2446*"]}}})
}

#[tokio::test]
async fn a_fence_live_is_as_its_back_test_said_and_jitter_is_one_alert() {
    let Some(bench) = bench().await else { return };
    let commander = bench.commander().await;
    let metres = [-900.0, -300.0, -20.0, 15.0, -30.0, 40.0, -150.0, 10.0, 500.0, 20.0, -180.0, -210.0, -190.0];
    let mut track: Vec<Event> = (0..).zip(metres).map(|(n, metres)| beside_fence(n * 10, metres)).collect();
    // Long after the suppression, and still inside at the end.
    track.extend([beside_fence(1_200, -400.0), beside_fence(1_210, 30.0), beside_fence(1_220, -10.0), beside_fence(1_500, 90.0)]);
    // Stored before there was a rule: history.
    deliver(&bench, 1, track.clone()).await;
    assert_eq!(bench.alerts("").await.len(), 0);
    let ask = json!({"rule": fence(), "since": "2026-11-23T00:00:00Z", "until": "2026-11-23T00:30:00Z"});
    let (status, past) = bench.send(Method::POST, &format!("{RULES}/backtest"), &commander, &ask).await;
    assert_eq!((status, &past["events"], &past["cut"], &past["raised"]), (StatusCode::OK, &json!(17), &json!(false), &json!(2)), "{past}");
    assert_eq!(bench.alerts("").await.len(), 0, "nothing is stored");
    let (status, rule) = bench.send(Method::POST, RULES, &commander, &fence()).await;
    assert_eq!(status, StatusCode::CREATED, "{rule}");
    assert_eq!(bench.alerts("").await.len(), 0, "a new rule is about what comes");
    bench.central.intake.store(station("alpha"), Batch { epoch: Epoch(10), first_seq: 1, events: track }).await.unwrap();
    let mut live = bench.alerts("").await;
    live.reverse();
    for (live, past) in live.iter().zip(past["alerts"].as_array().unwrap()) {
        for key in [
            "role",
            "subject",
            "cause",
            "station",
            "severity",
            "opened_at",
            "last_at",
            "resolved_at",
            "count",
            "latitude",
            "longitude",
            "details",
        ] {
            assert_eq!(live[key], past[key], "{key}");
        }
    }
    assert_eq!(live.iter().map(|a| a["opened_at"].as_str().unwrap()).collect::<Vec<_>>(), ["2026-11-23T00:00:30Z", "2026-11-23T00:20:10Z"]);
    assert_eq!((&live[0]["resolved_at"], &live[0]["resolved_by"]), (&json!("2026-11-23T00:01:50Z"), &Value::Null));
    // The next life knows that it is inside: leaving is over, no second alert.
    let bench = restart(bench).await;
    bench.clock.set(at(1_600));
    deliver(&bench, 18, vec![beside_fence(1_501, 80.0), beside_fence(1_502, -400.0)]).await;
    let alerts = bench.alerts("").await;
    assert_eq!((alerts.len(), &alerts[0]["state"], &alerts[0]["resolved_at"]), (2, &json!("resolved"), &json!("2026-11-23T00:25:02Z")));
}

#[tokio::test]
async fn a_station_that_falls_silent_is_told_once_and_is_over_when_it_is_heard() {
    let Some(bench) = bench().await else { return };
    bench.clock.set(at(3_600));
    bench.register("never", Role::Ops, KeyFingerprint([7; 32])).await;
    deliver(&bench, 1, vec![place(244_000_001, 0, 52.0, 4.0)]).await;
    bench.central.shared().alerts.settled().await;
    bench.clock.set(at(3_600 + 299));
    assert_eq!(bench.alerts("").await.len(), 0);
    bench.clock.set(at(3_600 + 330));
    let alerts = bench.alerts("").await;
    assert_eq!(brief(&alerts), [("station:alpha", "", "open")], "one that was never heard is not missed");
    assert_eq!(
        (&alerts[0]["opened_at"], &alerts[0]["details"]["heard_at"]),
        (&json!("2026-11-23T01:05:00Z"), &json!("2026-11-23T01:00:00Z"))
    );
    let bench = restart(bench).await;
    bench.clock.set(at(3_600 + 900));
    assert_eq!(brief(&bench.alerts("").await), [("station:alpha", "", "open")]);
    deliver(&bench, 2, vec![place(244_000_001, 4_500, 52.0, 4.0)]).await;
    assert_eq!(brief(&bench.alerts("").await), [("station:alpha", "", "resolved")]);
    // Silent again within the suppression: the same alert.
    bench.clock.set(at(3_600 + 900 + 400));
    assert_eq!(brief(&bench.alerts("").await), [("station:alpha", "", "open")]);
    assert_eq!(bench.metric("reopened_total").await, 1);
}

#[tokio::test]
async fn operators_acknowledge_and_resolve_and_a_distress_that_goes_on_comes_back() {
    let Some(bench) = bench().await else { return };
    let operator = bench.token().await;
    bench.clock.set(at(3_600));
    deliver(&bench, 1, vec![distress(MOB, 60, Emergency::ManOverboard), distress(MOB + 1, 60, Emergency::ManOverboard)]).await;
    let id = bench.alerts("?subject=mmsi:972123456").await[0]["id"].as_i64().unwrap();
    let act = async |what: &str, body: Value| bench.send(Method::POST, &format!("{ALERTS}/{id}/{what}"), &operator, &body).await;
    let (status, alert) = act("acknowledge", json!({"note": "lifeboat under way"})).await;
    assert_eq!((status, &alert["state"], &alert["note"]), (StatusCode::OK, &json!("acknowledged"), &json!("lifeboat under way")));
    assert_eq!(alert["acknowledged_at"], "2026-11-23T01:00:00Z");
    assert!(alert["acknowledged_by"].as_str().unwrap().starts_with("token:"));
    assert_eq!(bench.alerts("?state=open").await.len(), 1);
    assert_eq!(bench.alerts("?state=active").await.len(), 2);
    let (_, alert) = act("resolve", json!({})).await;
    assert_eq!((&alert["state"], &alert["note"]), (&json!("resolved"), &json!("lifeboat under way")));
    let (_, again) = act("resolve", json!({})).await;
    assert_eq!((&again["resolved_at"], &again["resolved_by"]), (&alert["resolved_at"], &alert["resolved_by"]));
    bench.central.shared().alerts.settled().await;
    // It transmits on: quiet for ten minutes, then it is news again. The other one was never touched.
    bench.clock.set(at(9_000));
    deliver(&bench, 3, vec![distress(MOB, 3_700, Emergency::ManOverboard), distress(MOB, 4_199, Emergency::ManOverboard)]).await;
    assert_eq!(bench.alerts("?state=active").await.len(), 1);
    deliver(&bench, 5, vec![distress(MOB, 4_200, Emergency::ManOverboard)]).await;
    assert_eq!(
        brief(&bench.alerts("?subject=mmsi:972123456").await),
        [("mmsi:972123456", "mob", "open"), ("mmsi:972123456", "mob", "resolved")]
    );
    let (_, audit) = {
        let admin = bench.token_for(&[Scope::Admin], &Role::ALL).await;
        bench.send(Method::GET, "/api/v1/audit", &admin, &Value::Null).await
    };
    let noted = audit.as_array().unwrap().iter().filter(|e| e["action"] == "alert.update" && e["object"] == json!(id.to_string())).count();
    assert_eq!(noted, 3, "what people said, not what the engine counted");
    let first_page =
        send(&bench.central.router, Request::get(format!("{ALERTS}?limit=2&kind=x&severity=critical")).body(Body::empty()).unwrap()).await;
    assert_eq!(first_page.2.as_array().unwrap().len(), 2);
    let link = first_page.1["link"].to_str().unwrap().split(['<', '>']).nth(1).unwrap().to_owned();
    assert_eq!(bench.get(&link).await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn who_may_see_and_do_what() {
    let Some(bench) = bench().await else { return };
    bench.register("bravo", Role::Intel, KeyFingerprint([0xb2; 32])).await;
    let commander = bench.commander().await;
    let viewer = bench.token_for(&[Scope::Read], &Role::ALL).await;
    let operator = bench.token().await;
    let ops = bench.token_for(&[Scope::Read, Scope::TelemetryWrite, Scope::Command], &[Role::Ops]).await;
    for (token, expected) in [(&viewer, 403), (&operator, 403), (&commander, 201)] {
        assert_eq!(bench.send(Method::POST, RULES, token, &fence()).await.0.as_u16(), expected);
    }
    let intel = json!({"name": "Theirs", "station_roles": ["intel"], "condition": {"kind": "watch", "mmsi": ["244660000"]}});
    assert_eq!(bench.send(Method::POST, RULES, &ops, &intel).await.0, StatusCode::FORBIDDEN);
    let (_, rule) = bench.send(Method::POST, RULES, &commander, &intel).await;
    let path = format!("{RULES}/{}", rule["id"]);
    let names = async |token: &str| {
        let (_, rules) = bench.send(Method::GET, RULES, token, &Value::Null).await;
        rules.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(names(&commander).await.contains(&"Theirs".into()) && !names(&ops).await.contains(&"Theirs".into()));
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        assert_eq!(bench.send(method, &path, &ops, &json!({"enabled": false})).await.0, StatusCode::NOT_FOUND);
    }
    let events = vec![distress(MOB, 60, Emergency::ManOverboard), place(244_660_000, 61, 52.0, 4.0)];
    bench.central.intake.store(station("bravo"), Batch { epoch: EPOCH, first_seq: 1, events: events.clone() }).await.unwrap();
    deliver(&bench, 1, events).await;
    let all = bench.alerts("").await;
    assert_eq!(all.len(), 5, "distress and fence are one of each role; the watch-list is intel's: {all:?}");
    let (_, own) = bench.send(Method::GET, ALERTS, &ops, &Value::Null).await;
    assert_eq!(own.as_array().unwrap().iter().map(|a| a["role"].as_str().unwrap()).collect::<Vec<_>>(), ["ops", "ops"]);
    let theirs = all.iter().find(|a| a["role"] == "intel").unwrap()["id"].as_i64().unwrap();
    let hidden = format!("{ALERTS}/{theirs}");
    assert_eq!(bench.send(Method::GET, &hidden, &ops, &Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(bench.send(Method::POST, &format!("{hidden}/resolve"), &ops, &json!({})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(bench.send(Method::POST, &format!("{hidden}/acknowledge"), &viewer, &json!({})).await.0, StatusCode::FORBIDDEN);
    let ask = json!({"rule": intel, "since": "2026-11-23T00:00:00Z", "until": "2026-11-23T00:30:00Z"});
    assert_eq!(bench.send(Method::POST, &format!("{RULES}/backtest"), &ops, &ask).await.0, StatusCode::FORBIDDEN);
    assert_eq!(bench.send(Method::POST, &format!("{RULES}/backtest"), &commander, &ask).await.1["raised"], 1);
}

#[tokio::test]
async fn rules_are_checked_changed_disabled_and_deleted() {
    let Some(bench) = bench().await else { return };
    let token = bench.commander().await;
    let wrong = async |condition: Value| {
        let (status, answer) = bench.send(Method::POST, RULES, &token, &json!({"name": "x", "condition": condition})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        problem(&answer, "condition").to_owned()
    };
    for (condition, told) in [
        (json!({"kind": "enter", "area": {}}), "An area is a circle or a polygon"),
        (json!({"kind": "enter", "area": {"polygon": [[0, 0], [1, 1]]}}), "A polygon has 3 to 500 corners"),
        (
            json!({"kind": "enter", "area": {"circle": {"lat": 91, "lon": 0, "radius_m": 1}}}),
            "Latitude is within 90, longitude within 180 degrees",
        ),
        (json!({"kind": "lost_contact", "minutes": 5, "filter": {}}), "lost_contact needs filter.subjects: whose silence matters"),
        (json!({"kind": "lost_contact", "minutes": 0, "filter": {"subjects": ["icao:*"]}}), "minutes should be between 1 and 360"),
        (json!({"kind": "squawk", "codes": ["7800"]}), "\"7800\" is no squawk: four digits 0 to 7"),
        (json!({"kind": "speed"}), "A bound is needed: above, below or both"),
        (json!({"kind": "watch"}), "A watch-list has somebody on it"),
        (json!({"kind": "watch", "icao": ["xyz"]}), "\"xyz\" is no ICAO address"),
    ] {
        assert_eq!(wrong(condition.clone()).await, told, "{condition}");
    }
    assert!(wrong(json!({"kind": "speed", "abov_kt": 5})).await.contains("unknown field `abov_kt`"));
    assert!(wrong(json!({"kind": "telepathy"})).await.contains("unknown variant"));
    let (_, answer) = bench.send(Method::POST, RULES, &token, &json!({"severity": "dire", "suppress_minutes": -1})).await;
    assert_eq!(problem(&answer, "name"), "Field required");
    assert_eq!(
        (problem(&answer, "severity"), problem(&answer, "suppress_minutes")),
        ("Input should be info, warning or critical", "Input should be 0 to 10080 minutes")
    );

    let (_, made) = bench.send(Method::POST, RULES, &token, &fence()).await;
    assert_eq!(
        (&made["severity"], &made["suppress_minutes"], &made["enabled"], &made["built_in"]),
        (&json!("warning"), &json!(10), &json!(true), &json!(false))
    );
    assert_eq!(bench.send(Method::POST, RULES, &token, &fence()).await.0, StatusCode::CONFLICT);
    let path = format!("{RULES}/{}", made["id"]);
    deliver(&bench, 1, vec![beside_fence(0, 50.0)]).await;
    assert_eq!(bench.alerts("").await.len(), 1);
    assert_eq!(
        bench.send(Method::PATCH, &path, &token, &json!({"enabled": false, "severity": "critical"})).await.1["severity"],
        "critical"
    );
    bench.central.shared().alerts.settled().await;
    deliver(&bench, 2, vec![place(244_660_001, 1, 52.0, 4.5)]).await;
    assert_eq!(brief(&bench.alerts("").await), [("mmsi:244660000", "", "open")], "a disabled rule raises nothing; its alert stays");
    assert_eq!(bench.send(Method::DELETE, &path, &token, &Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(bench.send(Method::GET, &path, &token, &Value::Null).await.0, StatusCode::NOT_FOUND);
    let left = bench.alerts("").await;
    assert_eq!((&left[0]["rule_id"], &left[0]["rule"]), (&Value::Null, &json!("Anchorage")));

    let (_, rules) = bench.get(RULES).await;
    let built_in: Vec<&Value> = rules.as_array().unwrap().iter().filter(|r| r["built_in"] == true).collect();
    assert_eq!(
        built_in.iter().map(|r| r["condition"]["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["ais_distress", "emergency", "station_silent", "ais_test"]
    );
    let silent = format!("{RULES}/{}", built_in[2]["id"]);
    assert_eq!(bench.send(Method::DELETE, &silent, &token, &Value::Null).await.0, StatusCode::CONFLICT);
    assert_eq!(bench.send(Method::PATCH, &silent, &token, &json!({"condition": {"kind": "emergency"}})).await.0, StatusCode::CONFLICT);
    let minutes = json!({"condition": {"kind": "station_silent", "minutes": 60}});
    assert_eq!(bench.send(Method::PATCH, &silent, &token, &minutes).await.1["condition"]["minutes"], 60);
}

#[tokio::test]
async fn what_programs_post_is_judged_too() {
    let Some(bench) = bench().await else { return };
    let token = bench.commander().await;
    let watch = json!({"name": "Phones", "condition": {"kind": "watch", "imeis": ["356938035643809"], "imei_blacklist": true}});
    assert_eq!(bench.send(Method::POST, RULES, &token, &watch).await.0, StatusCode::CREATED);
    bench.central.shared().alerts.settled().await;
    let post = async |second: i64, status: &str, payload: Value| {
        let body = json!({"source_slug": "h4m", "source_name": "H4M", "event_time": crate::dto::Utc(at(second)).to_string(), "status": status,
            "latitude": 52.1, "longitude": 4.9, "payload": payload});
        assert_eq!(bench.send(Method::POST, "/api/v1/telemetry/events", &token, &body).await.0, StatusCode::CREATED);
    };
    post(1, "received", json!({"imei": "356938035643809"})).await;
    post(2, "received", json!({"imei": "111111111111111"})).await;
    post(3, "imei_blacklist_hit", json!({"imei": "222222222222222"})).await;
    post(4, "received", json!({"hex": "4840D6", "squawk": "7700"})).await;
    let mut alerts = bench.alerts("").await;
    alerts.sort_by_key(|a| a["opened_at"].to_string());
    assert_eq!(
        brief(&alerts),
        [("imei:356938035643809", "", "open"), ("imei:222222222222222", "", "open"), ("icao:4840d6", "general", "open")]
    );
    assert_eq!(
        (&alerts[0]["latitude"], &alerts[0]["station"], &alerts[0]["details"]["imei"]),
        (&json!(52.1), &Value::Null, &json!("356938035643809"))
    );
    let bench = restart(bench).await;
    assert_eq!(bench.alerts("").await.len(), 3);
}

/// A ship at 10 kt, a minute of latitude every six minutes.
fn sailing(mmsi: u32, seconds: i64, lat: f64, course_deg: f64) -> Event {
    let (at, source) = (LatLon::from_degrees(lat, 4.0).unwrap(), PositionSource::SelfReported);
    let moves = Position {
        speed: model::DeciKnots::from_knots(10.0),
        track: model::CentiDegrees::from_degrees(course_deg),
        ..Position::bare(at, source)
    };
    // Message type 1, in the upper six bits.
    Event { raw: Raw::new(&[0x04, seconds as u8]), ..vessel(mmsi, seconds, EventKind::Position(moves)) }
}

#[tokio::test]
async fn a_meeting_at_sea_is_told_live_and_by_the_back_test() {
    let Some(bench) = bench().await else { return };
    let commander = bench.commander().await;
    let rule = json!({"name": "Close quarters", "condition": {"kind": "cpa", "cpa_nm": 0.25, "tcpa_min": 10, "ship_classes": ["A"]}});
    let minutes = |seconds: i64| seconds as f64 / 360.0 / 60.0;
    let track = |begin: i64, from: i64, to: i64| -> Vec<Event> {
        let both =
            |s: i64| [sailing(244_000_001, begin + s, 52.0 + minutes(s), 0.0), sailing(244_000_002, begin + s, 52.1 - minutes(s), 180.0)];
        (from..to).step_by(20).flat_map(both).collect()
    };
    deliver(&bench, 1, track(0, 0, 1_400)).await;
    let ask = json!({"rule": rule, "since": "2026-11-23T00:00:00Z", "until": "2026-11-23T00:30:00Z"});
    let (status, past) = bench.send(Method::POST, &format!("{RULES}/backtest"), &commander, &ask).await;
    assert_eq!((status, &past["raised"]), (StatusCode::OK, &json!(1)), "{past}");
    let past = &past["alerts"][0];
    assert_eq!((&past["subject"], &past["cause"]), (&json!("mmsi:244000001"), &json!("mmsi:244000002")));
    assert!(past["opened_at"].as_str().unwrap() < "2026-11-23T00:08:40Z" && "2026-11-23T00:17:30Z" < past["resolved_at"].as_str().unwrap());
    // Live, an hour later: the clock stands ten minutes before they meet.
    assert_eq!(bench.send(Method::POST, RULES, &commander, &rule).await.0, StatusCode::CREATED);
    assert_eq!(bench.alerts("?subject=mmsi:244000001").await.len(), 0, "what is over is not told");
    bench.clock.set(at(4_560));
    bench.central.intake.store(station("alpha"), Batch { epoch: Epoch(11), first_seq: 1, events: track(4_000, 400, 560) }).await.unwrap();
    let alerts = bench.alerts("?subject=mmsi:244000001").await;
    assert_eq!(brief(&alerts), [("mmsi:244000001", "mmsi:244000002", "open")]);
    let encounter = &alerts[0]["details"]["encounter"];
    assert!(encounter["cpa_m"].as_u64().unwrap() < 100 && encounter["subject"] == "mmsi:244000002", "{encounter}");
    let bench = restart(bench).await;
    assert_eq!(brief(&bench.alerts("?subject=mmsi:244000001").await), [("mmsi:244000001", "mmsi:244000002", "open")], "told once");
    bench.clock.set(at(5_300));
    bench
        .central
        .intake
        .store(station("alpha"), Batch { epoch: Epoch(11), first_seq: 17, events: track(4_000, 1_200, 1_300) })
        .await
        .unwrap();
    assert_eq!(
        brief(&bench.alerts("?subject=mmsi:244000001").await),
        [("mmsi:244000001", "mmsi:244000002", "resolved")],
        "they have passed"
    );
}

#[tokio::test]
async fn a_rule_watches_for_what_points_of_interest_are_known_by() {
    let Some(bench) = bench().await else { return };
    let token = bench.commander().await;
    let post = async |path: &str, body: Value| {
        let (status, made) = bench.send(Method::POST, path, &token, &body).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        made["id"].clone()
    };
    let hostile = post("/api/v1/poi", json!({"name": "Smuggler", "risk_level": "hostile"})).await;
    let named = post("/api/v1/poi", json!({"name": "Ferry", "risk_level": "info"})).await;
    let other = post("/api/v1/poi", json!({"name": "Other", "risk_level": "info"})).await;
    let identify = async |poi: &Value, kind: &str, value: &str| {
        let body = json!({"poi_id": poi, "identifier_type": kind, "identifier_value": value});
        post(&format!("/api/v1/poi/{poi}/identifiers"), body).await
    };
    identify(&hostile, "mmsi", "244000009").await;
    identify(&named, "callsign", "pd0abc").await;
    identify(&other, "icao", "4840D6").await;
    post("/api/v1/imei-watchlist", json!({"identifier_value": "356938035643809", "list_type": "whitelist", "linked_poi_id": hostile}))
        .await;
    let condition = json!({"kind": "watch", "pois": [named], "poi_risk_levels": ["Hostile"]});
    let rule = json!({"name": "Points of interest", "condition": condition});
    post(RULES, rule.clone()).await;
    bench.central.shared().alerts.settled().await;
    deliver(&bench, 1, vec![place(244_000_009, 10, 52.0, 4.0), place(244_000_010, 10, 52.0, 4.0), position_event(0x4840d6, 10_000)]).await;
    let event = |payload: Value, s: i64| json!({"source_slug": "p", "source_name": "P", "event_time": crate::dto::Utc(at(s)).to_string(), "payload": payload});
    post("/api/v1/telemetry/events", event(json!({"imei": "356938035643809"}), 11)).await;
    post("/api/v1/telemetry/events", event(json!({"device_id": "d", "callsign": "PD0ABC-7"}), 12)).await;
    let subjects = async || {
        let mut subjects: Vec<String> = bench.alerts("").await.iter().map(|a| a["subject"].as_str().unwrap().to_owned()).collect();
        subjects.sort_unstable();
        subjects
    };
    assert_eq!(subjects().await, ["device:d", "imei:356938035643809", "mmsi:244000009"]);
    // Another identifier of theirs, without any change of the rule: from the next tick on.
    identify(&hostile, "icao", "4B1234").await;
    bench.central.shared().alerts.settled().await;
    deliver(&bench, 4, vec![position_event(0x4b1234, 20_000)]).await;
    assert_eq!(subjects().await, ["device:d", "icao:4b1234", "imei:356938035643809", "mmsi:244000009"]);
    let ask = json!({"rule": {"name": "x", "condition": condition}, "since": "2026-11-23T00:00:00Z", "until": "2026-11-23T00:30:00Z"});
    let (_, past) = bench.send(Method::POST, &format!("{RULES}/backtest"), &token, &ask).await;
    assert_eq!(past["raised"], 4, "the back-test knows them as they are now: {past}");
    let nobody = json!({"name": "Nobody", "condition": {"kind": "watch"}});
    assert_eq!(bench.send(Method::POST, RULES, &token, &nobody).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

impl Bench {
    /// What a channel's readers were told of alerts: (station, text).
    async fn told(&self) -> Vec<(String, String)> {
        self.central.shared().alerts.settled().await;
        let (_, messages) = self.get("/api/v1/chatkit/messages?limit=100&after=0").await;
        let told = messages.as_array().unwrap().iter().filter(|m| !m["attachment"]["alert_id"].is_null());
        told.map(|m| (m["author"].as_str().unwrap().to_owned(), m["text"].as_str().unwrap().to_owned())).collect()
    }

    async fn control(&self, sql: &'static str) {
        let pool = PgPoolOptions::new().connect_with(self.databases.control().clone()).await.unwrap();
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
}

fn authors(told: &[(String, String)]) -> Vec<&str> {
    told.iter().map(|(author, _)| author.as_str()).collect()
}

#[tokio::test]
async fn each_station_that_hears_a_distress_is_told_once() {
    let Some(bench) = bench().await else { return };
    for (n, slug) in ["bravo", "charlie"].into_iter().enumerate() {
        bench.register(slug, Role::Ops, KeyFingerprint([n as u8 + 1; 32])).await;
    }
    let mob = |seconds| distress(MOB, seconds, Emergency::ManOverboard);
    let hears = async |slug: &str, epoch: u64, events: Vec<Event>| {
        bench.central.intake.store(station(slug), Batch { epoch: Epoch(epoch), first_seq: 1, events }).await.unwrap();
    };
    bench.clock.set(at(7_200));
    tell(&bench, 1, mob(600)).await;
    assert_eq!(authors(&bench.told().await), ["station:alpha"]);
    deliver(&bench, 1, vec![mob(600), mob(700), mob(2_000)]).await;
    hears("bravo", 20, vec![mob(601), mob(1_300), mob(3_000)]).await;
    // An hour late, and older than all that was judged.
    hears("charlie", 21, vec![mob(10), mob(20)]).await;
    let told = bench.told().await;
    assert_eq!(authors(&told), ["station:alpha", "station:bravo", "station:charlie"]);
    let said = |(_, text): &(String, String)| text.ends_with("Distress at sea (mob): mmsi:972123456, since 2026-11-23T00:10:00Z");
    assert!(told.iter().all(said), "one distress, the same words in each channel: {told:?}");
    let (_, threads) = bench.get("/api/v1/chatkit/channels/bravo/threads").await;
    assert_eq!((threads.as_array().unwrap().len(), &threads[0]["subject"]), (1, &json!("alarm:mmsi:972123456")));
    let bench = restart(bench).await;
    deliver(&bench, 4, vec![mob(3_100)]).await;
    assert_eq!(bench.told().await.len(), 3, "the next life, which does not remember who heard it, tells nobody again");
    assert_eq!(bench.alerts("").await.len(), 1);
}

/// Wherever the central is killed between the station's word and the post, the next life tells it, and it is told once.
#[tokio::test]
async fn a_kill_between_intake_and_post_neither_loses_a_distress_nor_tells_it_twice() {
    let Some(bench) = bench().await else { return };
    bench.central.shared().alerts.settled().await;
    let alpha = bench.central.store.station("alpha").await.unwrap().unwrap();
    let spool = Spool { station: station("alpha"), epoch: EPOCH };
    let mob = |n: u32| distress(MOB + n, 80 + i64::from(n), Emergency::ManOverboard);
    let count = async |bench: &Bench, subject: u32| {
        bench.told().await.iter().filter(|(_, text)| text.contains(&format!("mmsi:{}", MOB + subject))).count()
    };
    // After the note's COMMIT, before anything else; then its turn comes.
    bench.central.store.note_urgent(Role::Ops, spool, alpha.id, 1, &mob(0)).await.unwrap();
    let bench = restart(bench).await;
    assert_eq!(count(&bench, 0).await, 1, "noted");
    deliver(&bench, 1, vec![mob(0)]).await;
    assert_eq!(count(&bench, 0).await, 1, "noted, then stored");
    // After the ordered store's COMMIT.
    let source = bench.central.store.station_source(Role::Ops, station("alpha"), alpha.id, Protocol::Ais).await.unwrap();
    let new = NewEvents { spool, station_id: alpha.id, after: 1, events: &[mob(1)], watched: &Watched::default() };
    bench.central.store.append(Role::Ops, &[(Protocol::Ais, source)].into(), new).await.unwrap();
    let bench = restart(bench).await;
    assert_eq!(count(&bench, 1).await, 1, "stored");
    // After the alert is stored, before anybody is told: the marks as that COMMIT left them, and no message.
    deliver(&bench, 3, vec![mob(2)]).await;
    assert_eq!(count(&bench, 2).await, 1);
    bench.control("DELETE FROM chat_messages").await;
    bench.control("UPDATE alert_stations SET told_at = NULL").await;
    let bench = restart(bench).await;
    for n in 0..3 {
        assert_eq!(count(&bench, n).await, 1, "raised, {n}");
    }
    // After the post, before that is noted.
    bench.control("UPDATE alert_stations SET told_at = NULL").await;
    bench.control("UPDATE alerts SET told_at = NULL").await;
    let bench = restart(bench).await;
    assert_eq!((0, 1, 2), (count(&bench, 0).await - 1, count(&bench, 1).await, count(&bench, 2).await + 1), "posted: once each");
    // After another station's word is stored, before its people are told.
    bench.register("bravo", Role::Ops, KeyFingerprint([7; 32])).await;
    bench.control("INSERT INTO alert_stations (alert_id, station) SELECT max(id), 'bravo' FROM alerts").await;
    let bench = restart(bench).await;
    bench.central.intake.store(station("bravo"), Batch { epoch: EPOCH, first_seq: 1, events: vec![mob(2)] }).await.unwrap();
    assert_eq!(authors(&bench.told().await), ["station:alpha", "station:alpha", "station:alpha", "station:bravo"]);
}

#[tokio::test]
async fn the_feed_tells_every_change_to_those_whose_role_it_is() {
    let Some(bench) = bench().await else { return };
    bench.register("spy", Role::Intel, KeyFingerprint([2; 32])).await;
    let operator = bench.token().await;
    let intel = bench.token_for(&[Scope::Read], &[Role::Intel]).await;
    let address = serve(bench.central.router.clone()).await;
    let url = format!("ws://{address}{ALERTS}/feed");
    let (mut all, _) = connect_async(&url).await.unwrap();
    let mut request = url.as_str().into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {intel}").parse().unwrap());
    let (mut theirs, _) = connect_async(request).await.unwrap();
    let empty = next(&mut all).await;
    assert_eq!(
        (&empty["type"], &empty["alerts"], &empty["old"], &empty["more"]),
        (&json!("alerts"), &json!([]), &json!(false), &json!(false))
    );
    assert_eq!(next(&mut theirs).await["alerts"], json!([]));
    /// The next list that says so: an alert's progress may come in between.
    async fn until(socket: &mut super::live::Socket, so: impl Fn(&Value) -> bool) -> Value {
        let wanted = async {
            loop {
                let frame = next(socket).await;
                if so(&frame) {
                    return frame;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wanted).await.expect("it comes")
    }
    deliver(&bench, 1, vec![distress(MOB, 60, Emergency::ManOverboard)]).await;
    let raised = until(&mut all, |f| f["alerts"][0]["state"] == "open").await;
    let id = raised["alerts"][0]["id"].as_i64().unwrap();
    let (status, shown) = bench.get(&format!("{ALERTS}/{id}")).await;
    assert_eq!((status, &shown["subject"], &shown["state"]), (StatusCode::OK, &raised["alerts"][0]["subject"], &json!("open")));
    let act = async |what: &str| bench.send(Method::POST, &format!("{ALERTS}/{id}/{what}"), &operator, &json!({})).await.0;
    assert_eq!(act("acknowledge").await, StatusCode::OK);
    until(&mut all, |f| f["alerts"][0]["state"] == "acknowledged").await;
    assert_eq!(act("resolve").await, StatusCode::OK);
    until(&mut all, |f| f["alerts"] == json!([])).await;
    // Theirs alone comes to them: the next that they get is of their own role.
    let events = vec![distress(MOB + 1, 61, Emergency::ManOverboard)];
    bench.central.intake.store(station("spy"), Batch { epoch: EPOCH, first_seq: 1, events }).await.unwrap();
    let own = next(&mut theirs).await;
    assert_eq!((own["alerts"].as_array().unwrap().len(), &own["alerts"][0]["role"]), (1, &json!("intel")));
    assert_eq!(bench.get(&format!("{ALERTS}/feed")).await.0, StatusCode::BAD_REQUEST);
    let mut foreign = url.as_str().into_client_request().unwrap();
    foreign.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    assert!(connect_async(foreign).await.is_err(), "another site's page may not listen");
    // What another process changed is found by looking.
    bench.control("UPDATE alerts SET note = 'elsewhere' WHERE role = 'intel'").await;
    until(&mut theirs, |f| f["alerts"][0]["note"] == "elsewhere").await;
}

#[tokio::test]
async fn a_crowd_of_alerts_does_not_hide_an_unacknowledged_distress() {
    let Some(bench) = bench().await else { return };
    deliver(&bench, 1, vec![distress(MOB, 60, Emergency::ManOverboard)]).await;
    bench.central.shared().alerts.settled().await;
    bench
        .control(
            "INSERT INTO alerts (rule_name, kind, role, subject, cause, severity, opened_at, last_at, count, details)
            SELECT 'x', 'watch', 'ops', 'call:' || n, '', 'warning', now(), now(), 1, '{}' FROM generate_series(1, 300) AS n",
        )
        .await;
    let (alerts, cut) = bench.central.store.active_alerts().await.unwrap();
    assert_eq!((alerts.len(), alerts[0].subject.as_str(), cut.names()), (200, "mmsi:972123456", vec!["ops"]));
}
