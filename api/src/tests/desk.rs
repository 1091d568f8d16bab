//! A station's desk: dashboard, tasks, actions, timelines; and registering, changing and deleting stations.

use super::*;
use crate::auth::RoleSet;
use serde_json::json;

struct Desk {
    bench: Bench,
    token: String,
    commander: String,
}

impl Desk {
    async fn open() -> Option<Self> {
        let bench = Bench::open().await?;
        let token = bench.token().await;
        let commander = bench.token_with(&[Scope::Read, Scope::TelemetryWrite, Scope::Command]).await;
        Some(Self { bench, token, commander })
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.bench.send(Method::POST, path, &self.commander, &body).await
    }
}

#[tokio::test]
async fn the_dashboard_counts_what_the_station_has() {
    let Some(desk) = Desk::open().await else { return };
    let s1 = desk.bench.register("toc-s1", Role::Intel, ALPHA_KEY).await;
    let (_, empty) = desk.bench.get("/api/v1/stations/s1/dashboard").await;
    assert_eq!(empty["metrics"], json!({"total_events": 0, "active_sources": 0, "last_event": null}));
    assert_eq!(empty["station"]["slug"], "toc-s1");
    for (slug, active) in [("a", true), ("b", false), ("c", true)] {
        let source = json!({"slug": slug, "name": slug, "source_type": "x", "station_id": s1.id, "is_active": active});
        desk.post("/api/v1/telemetry/sources", source).await;
    }
    for second in [1, 3, 2] {
        let event = json!({"source_slug": "a", "event_time": format!("2026-11-23T00:00:0{second}Z"), "raw_data": second.to_string()});
        desk.post("/api/v1/telemetry/events", event).await;
    }
    desk.post("/api/v1/telemetry/events", json!({"source_slug": "other", "source_name": "of no station"})).await;
    let (status, body) = desk.bench.get("/api/v1/stations/TOC_S1/dashboard/").await;
    let metrics = &body["metrics"];
    assert_eq!((status.as_u16(), &metrics["total_events"], &metrics["active_sources"]), (200, &json!(3), &json!(2)));
    assert_eq!(metrics["last_event"]["raw_data"], "3", "the newest by its own time");
    for what in ["dashboard", "tasks", "agentkit/actions", "timeline", "mission-timeline", "assignments"] {
        let gone = (StatusCode::NOT_FOUND, json!({"detail": "Station not found"}));
        assert_eq!(desk.bench.get(&format!("/api/v1/stations/nobody/{what}")).await, gone);
    }
}

#[tokio::test]
async fn a_station_is_given_sources_to_watch() {
    let Some(desk) = Desk::open().await else { return };
    let s1 = desk.bench.register("toc-s1", Role::Ops, ALPHA_KEY).await;
    desk.bench.register("far", Role::Intel, KeyFingerprint([9; 32])).await;
    desk.post("/api/v1/telemetry/sources", json!({"slug": "radar", "name": "Littoral radar", "source_type": "radar", "station_id": s1.id}))
        .await;
    desk.post("/api/v1/telemetry/sources", json!({"slug": "ais", "name": "AIS", "source_type": "ais", "connection_mode": "offline"})).await;
    let tasks = "/api/v1/stations/toc-s1/tasks";
    let (status, made) = desk.post(tasks, json!({"source_slug": "RADAR"})).await;
    let assignment = made["id"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(made["id"], format!("toc-s1:radar:{assignment}"));
    let expected = json!({"id": made["id"], "title": "Monitor Littoral radar", "status": "active", "priority": "high",
        "created_at": made["created_at"], "due_at": made["due_at"],
        "metadata": {"role": "primary", "source_slug": "radar", "connection_mode": "online"}});
    assert_eq!(made, expected);
    let (_, second) = desk.post(tasks, json!({"source_slug": "ais", "role": "backup", "is_active": false})).await;
    assert_eq!((&second["status"], &second["priority"]), (&json!("paused"), &json!("normal")));
    let (_, queue) = desk.bench.get(tasks).await;
    assert_eq!((&queue["station"]["id"], &queue["tasks"]), (&json!(s1.id), &json!([second, made])), "newest first");
    // Again: the same assignment, changed.
    let (_, again) = desk.post(tasks, json!({"source_slug": "radar", "role": "backup"})).await;
    assert_eq!((&again["id"], &again["priority"]), (&made["id"], &json!("normal")));

    assert_eq!(desk.post(tasks, json!({})).await.0.as_u16(), 422);
    assert_eq!(desk.post(tasks, json!({"source_slug": "nobody"})).await.0.as_u16(), 404);
    assert_eq!(desk.post("/api/v1/stations/far/tasks", json!({"source_slug": "radar"})).await.0.as_u16(), 409, "another role's database");
    let refused = desk.bench.send(Method::POST, tasks, &desk.token, &json!({"source_slug": "radar"})).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, json!({"detail": "The token does not have the scope command"})));

    let assignments = "/api/v1/stations/toc-s1/assignments";
    let (_, all) = desk.bench.get(assignments).await;
    assert_eq!((all.as_array().unwrap().len(), &all[0]["source"]["slug"]), (2, &json!("radar")));
    let own = format!("{assignments}/{assignment}");
    let (_, paused) = desk.bench.send(Method::PATCH, &own, &desk.commander, &json!({"is_active": false})).await;
    assert_eq!((&paused["is_active"], &paused["role"]), (&json!(false), &json!("backup")));
    let foreign = format!("/api/v1/stations/far/assignments/{assignment}");
    assert_eq!(desk.bench.send(Method::PATCH, &foreign, &desk.commander, &json!({})).await.0.as_u16(), 404, "another station's");
    assert_eq!(desk.bench.send(Method::DELETE, &own, &desk.commander, &Value::Null).await.0.as_u16(), 204);
    assert_eq!(desk.bench.send(Method::DELETE, &own, &desk.commander, &Value::Null).await.0.as_u16(), 404);
    let audit = desk.bench.central.store.audit(RoleSet::ALL, None, None, 100).await.unwrap();
    assert!(audit.iter().any(|e| e.action == "assignment.delete" && e.actor.starts_with("token:")));
}

#[tokio::test]
async fn the_catalogue_names_routes_that_exist() {
    let Some(desk) = Desk::open().await else { return };
    desk.bench.register("toc-s2", Role::Ops, ALPHA_KEY).await;
    let (_, catalogue) = desk.bench.get("/api/v1/stations/toc-s2/agentkit/actions").await;
    let actions = catalogue["actions"].as_array().unwrap();
    assert_eq!(actions.iter().map(|a| &a["name"]).collect::<Vec<_>>(), ["ingest_telemetry", "assign_source", "mission_timeline"]);
    for action in actions {
        let method: Method = action["method"].as_str().unwrap().parse().unwrap();
        let body = json!({"source_slug": "s", "source_name": "S"});
        let (status, answer) = desk.bench.send(method, action["endpoint"].as_str().unwrap(), &desk.commander, &body).await;
        assert!(status.is_success(), "{action}: {status} {answer}");
    }
    // The first stored for this very station.
    assert_eq!(desk.bench.get("/api/v1/stations/toc-s2/dashboard").await.1["metrics"]["total_events"], 1);
}

#[tokio::test]
async fn the_timeline_has_old_and_new_fields_newest_first() {
    let Some(desk) = Desk::open().await else { return };
    let s1 = desk.bench.register("toc-s1", Role::Ops, ALPHA_KEY).await;
    desk.post("/api/v1/telemetry/sources", json!({"slug": "radar", "name": "Radar", "source_type": "x", "station_id": s1.id})).await;
    desk.post("/api/v1/imei-watchlist", json!({"identifier_value": "42", "list_type": "blacklist"})).await;
    for (minute, payload) in [(1, json!({"hex": "4840d6"})), (2, json!({"imei": "42"})), (3, json!({"title": "Newest"}))] {
        let event = json!({"source_slug": "radar", "event_time": format!("2026-11-23T00:0{minute}:00Z"), "payload": payload,
            "latitude": 52.25, "longitude": 4.5});
        assert_eq!(desk.post("/api/v1/telemetry/events", event).await.0, StatusCode::CREATED);
    }
    let path = "/api/v1/stations/toc-s1/timeline";
    let (status, page) = desk.bench.get(path).await;
    assert_eq!((status.as_u16(), &page["limit"], &page["offset"], &page["total"]), (200, &json!(50), &json!(0), &json!(3)));
    let items = page["items"].as_array().unwrap();
    let newest = &items[0];
    let expected = json!({"id": newest["id"], "entry_type": "telemetry_event", "type": "telemetry", "occurred_at": "2026-11-23T00:03:00Z",
        "title": "Radar", "summary": "Newest · 52.2500, 4.5000 · received", "source": {"name": "Radar", "slug": "radar"},
        "event_id": newest["event_id"], "status": "received", "source_slug": "radar", "source_name": "Radar", "payload": {"title": "Newest"}});
    assert_eq!(newest, &expected);
    let alert = &items[1];
    assert_eq!(
        (&alert["entry_type"], &alert["type"], &alert["alert_type"], &alert["imei"]),
        (&json!("poi_imei_alert"), &json!("incident"), &json!("imei_blacklist_hit"), &json!("42"))
    );
    assert_eq!((&alert["station_callsign"], &alert["poi_id"]), (&json!("TOC-S1"), &Value::Null));
    assert_eq!(items[2]["summary"], "4840d6 · 52.2500, 4.5000 · received");

    let (_, page) = desk.bench.get(&format!("{path}?limit=1&offset=2")).await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["id"]), (1, &items[2]["id"]));
    assert_eq!(desk.bench.get(&format!("{path}?limit=0")).await.1["items"], json!([]));
    for (query, message) in [
        ("limit=201", "Input should be less than or equal to 200"),
        ("limit=-1", "Input should be greater than or equal to 0"),
        ("offset=-1", "Input should be greater than or equal to 0"),
        ("offset=x", "Input should be a valid integer"),
    ] {
        let (status, answer) = desk.bench.get(&format!("{path}?{query}")).await;
        assert_eq!((status.as_u16(), answer["detail"][0]["msg"].as_str()), (422, Some(message)), "{query}");
    }

    desk.post(
        "/api/v1/missions",
        json!({"name": "Sweep", "station": "toc-s1", "start_time": "2026-11-23T00:05:00Z", "description": "North"}),
    )
    .await;
    desk.post("/api/v1/missions", json!({"name": "Theirs", "station": "toc-s4"})).await;
    desk.post("/api/v1/operations", json!({"name": "Dawn", "start_date": "2026-11-22T00:00:00Z", "priority": "high"})).await;
    let (_, page) = desk.bench.get("/api/v1/stations/toc-s1/mission-timeline?limit=10").await;
    let told: Vec<_> = page["items"].as_array().unwrap().iter().map(|i| i["title"].as_str().unwrap()).collect();
    assert_eq!(told, ["Sweep", "Blacklisted IMEI 42", "Dawn"]);
    let sweep = &page["items"][0];
    assert_eq!(
        (&sweep["entry_type"], &sweep["type"], &sweep["status"], &sweep["summary"]),
        (&json!("mission"), &json!("task"), &json!("pending"), &json!("North"))
    );
    assert_eq!(desk.bench.get("/api/v1/stations/toc-s1/mission-timeline?limit=0").await.0.as_u16(), 422);
}

#[tokio::test]
async fn stations_are_registered_changed_and_deleted() {
    let Some(desk) = Desk::open().await else { return };
    let path = "/api/v1/stations/";
    let (status, made) = desk
        .post(
            path,
            json!({"name": "Coastal  Watch!", "role": "intel", "timezone": "America/Puerto_Rico",
        "telemetry_schema": "toc_s1", "latitude": 18.4663, "longitude": -66.1057}),
        )
        .await;
    assert_eq!((status, &made["slug"], &made["role"]), (StatusCode::CREATED, &json!("coastal-watch"), &json!("intel")), "{made}");
    assert_eq!((&made["telemetry_schema"], &made["latitude"]), (&json!("toc_s1"), &json!(18.4663)));
    let own = "/api/v1/stations/coastal-watch";
    assert_eq!(desk.bench.get(own).await, (StatusCode::OK, made.clone()));
    assert_eq!(desk.post(path, json!({"name": "x", "slug": "Coastal_Watch"})).await.0.as_u16(), 409);
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": "!!!"}), "slug"),
        (json!({"name": "x", "slug": "-x"}), "slug"),
        (json!({"name": "x", "role": "navy"}), "role"),
        (json!({"name": "x", "latitude": 1}), "longitude"),
        (json!({"name": "x", "longitude": 1}), "latitude"),
        (json!({"name": "x", "latitude": 91, "longitude": 1}), "latitude"),
    ] {
        let (status, answer) = desk.post(path, body.clone()).await;
        assert!(status.as_u16() == 422 && !problem(&answer, field).is_empty(), "{body}: {answer}");
    }
    let change =
        json!({"name": "Watch", "description": "North coast", "latitude": null, "longitude": null, "slug": "other", "role": "ops"});
    let (_, changed) = desk.bench.send(Method::PATCH, own, &desk.commander, &change).await;
    let got = ["slug", "role", "name", "description", "latitude", "timezone"].map(|k| changed[k].clone());
    let timezone = json!("America/Puerto_Rico");
    assert_eq!(got, [json!("coastal-watch"), json!("intel"), json!("Watch"), json!("North coast"), Value::Null, timezone]);
    assert_eq!(desk.bench.get(own).await.1, changed);

    assert_eq!(desk.bench.send(Method::POST, path, &desk.token, &json!({"name": "x"})).await.0.as_u16(), 403);
    assert_eq!(desk.bench.send(Method::DELETE, own, &desk.commander, &Value::Null).await.0.as_u16(), 403, "an administrator's");
    let admin = desk.bench.token_with(&[Scope::Admin]).await;
    let source = json!({"slug": "s", "name": "S", "source_type": "x", "station_id": made["id"]});
    let (_, source) = desk.post("/api/v1/telemetry/sources", source).await;
    assert_eq!(desk.bench.send(Method::DELETE, own, &admin, &Value::Null).await.0.as_u16(), 409, "it has a source");
    desk.bench.send(Method::DELETE, &format!("/api/v1/telemetry/sources/{}", source["id"]), &admin, &Value::Null).await;
    assert_eq!(desk.bench.send(Method::DELETE, own, &admin, &Value::Null).await.0.as_u16(), 204);
    assert_eq!(desk.bench.get(own).await.0.as_u16(), 404);
    let audit = desk.bench.central.store.audit(RoleSet::ALL, None, None, 100).await.unwrap();
    assert!(audit.iter().any(|e| e.action == "station.delete" && e.object == "coastal-watch"));
}
