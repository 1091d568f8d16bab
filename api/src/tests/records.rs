//! Every kind of record through its routes; points of interest, the watch-list, and what they do to events.

use super::*;
use crate::auth::{Grade, RoleSet};
use crate::records::{Holds, Home, KINDS, Kind, Need, ShownWith};
use serde_json::{Map, json};

/// A body that a kind accepts. `n` makes unique values differ.
fn body_of(kind: &Kind, n: i64, links: &Map<String, Value>) -> Value {
    let value = |holds: Holds| match holds {
        Holds::Text(_) | Holds::Name(_) => json!(format!("text {n}")),
        Holds::Choice(words) => json!(words[n as usize % words.len()]),
        Holds::Integer => Value::Null,
        Holds::Number | Holds::Quantity => json!(n as f64 + 0.5),
        Holds::Bool => json!(n % 2 == 0),
        Holds::Instant => json!("2026-11-23T01:00:00+01:00"),
        Holds::Object => json!({"n": n, "deep": [1, {"a": null}]}),
    };
    let columns = kind.columns.iter().map(|c| (c.name.to_owned(), links.get(c.name).cloned().unwrap_or_else(|| value(c.holds))));
    Value::Object(columns.filter(|(_, v)| !v.is_null()).collect())
}

#[tokio::test]
async fn every_kind_is_made_listed_changed_and_deleted() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let mut links = Map::new();
    for kind in KINDS {
        for (n, mount) in kind.mounts.iter().enumerate() {
            let path = mount.path;
            let (made_status, gone_status) = if mount.old { (200, 200) } else { (201, 204) };
            let sent = body_of(kind, n as i64, &links);
            let (status, made) = bench.send(Method::POST, &format!("{path}/"), &token, &sent).await;
            assert_eq!(status.as_u16(), made_status, "{path} {sent}: {made}");
            for column in kind.columns {
                let expected = match (column.holds, sent.get(column.name)) {
                    (Holds::Instant, Some(_)) => json!("2026-11-23T00:00:00Z"),
                    (_, sent) => sent.cloned().unwrap_or(Value::Null),
                };
                assert_eq!(made[column.name], expected, "{path} {}", column.name);
            }
            let id = made["id"].as_i64().unwrap();
            let own = format!("{path}/{id}");
            assert_eq!(bench.get(&own).await, (StatusCode::OK, made.clone()));
            let (_, listed) = bench.get(&format!("{path}?limit=1&after={}", id - 1)).await;
            assert_eq!(listed, json!([made]));
            for column in kind.columns.iter().filter(|c| c.filter && sent.get(c.name).is_some()) {
                let wanted = sent[column.name].to_string().trim_matches('"').replace(' ', "%20");
                let (status, found) = bench.get(&format!("{path}?{}={wanted}", column.name)).await;
                assert!(status == 200 && found.as_array().unwrap().contains(&made), "{path} {}: {found}", column.name);
            }
            for column in kind.columns.iter().filter(|c| c.need == Need::Required) {
                let mut without = sent.clone();
                without.as_object_mut().unwrap().remove(column.name);
                let (status, answer) = bench.send(Method::POST, path, &token, &without).await;
                assert_eq!((status.as_u16(), problem(&answer, column.name)), (422, "Field required"), "{path}");
            }
            if kind.appended {
                assert_eq!(bench.send(Method::PATCH, &own, &token, &json!({})).await.0, StatusCode::METHOD_NOT_ALLOWED);
                continue;
            }
            for column in kind.columns.iter().filter(|c| c.need == Need::Nullable) {
                let change = Value::Object(Map::from_iter([(column.name.to_owned(), Value::Null)]));
                let (status, changed) = bench.send(Method::PATCH, &own, &token, &change).await;
                assert_eq!((status.as_u16(), &changed[column.name]), (200, &Value::Null), "{path}");
            }
            let put = bench.send(Method::PUT, &own, &token, &json!({})).await.0.as_u16();
            assert_eq!(put, if mount.old { 200 } else { 405 });
            let (status, gone) = bench.send(Method::DELETE, &own, &token, &Value::Null).await;
            assert_eq!((status.as_u16(), gone["message"].is_string()), (gone_status, mount.old));
            let missing = (StatusCode::NOT_FOUND, json!({"detail": kind.missing}));
            assert_eq!(bench.get(&own).await, missing);
            assert_eq!(bench.send(Method::PATCH, &own, &token, &json!({})).await, missing);
            assert_eq!(bench.send(Method::DELETE, &own, &token, &Value::Null).await, missing);
        }
        // What later kinds refer to.
        let (_, kept) = bench.send(Method::POST, kind.mounts[0].path, &token, &body_of(kind, 9, &links)).await;
        let link = match kind.table {
            "poi" => "linked_poi_id",
            "operations" => "operation_id",
            "missions" => "mission_id",
            "supplies" => "supply_id",
            _ => continue,
        };
        links.insert(link.into(), kept["id"].clone());
    }
    let (_, audit) = bench.audit_of(&token).await;
    assert!(audit.contains(&"poi.insert".to_owned()) && audit.contains(&"supply.update".to_owned()), "{audit:?}");
}

impl Bench {
    /// All actions of the audit log.
    async fn audit_of(&self, _token: &str) -> (StatusCode, Vec<String>) {
        let entries = self.central.store.audit(RoleSet::ALL, None, None, 1_000).await.unwrap();
        (StatusCode::OK, entries.into_iter().map(|e| e.action).collect())
    }
}

#[tokio::test]
async fn a_role_that_is_not_ones_own_has_no_records() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let ops_only = RoleSet::from_names(&["ops"]).unwrap();
    bench
        .central
        .store
        .create_operator(&crate::store::NewOperator {
            login: "ops".into(),
            name: "Ops".into(),
            password_hash: crate::auth::Password::new("correct horse battery").unwrap().hash(),
            grade: Grade::Operator,
            roles: ops_only,
        })
        .await
        .unwrap();
    let body = json!({"login": "ops", "password": "correct horse battery"}).to_string();
    let request = Request::post("/api/v1/auth/login").header("content-type", "application/json").body(body.into()).unwrap();
    let (_, headers, login) = send(&bench.central.router, request).await;
    let cookie = headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let ask = async |method: Method, path: &str, body: &Value| {
        let request = Request::builder().method(method).uri(path).header("cookie", &cookie).header("content-type", "application/json");
        let request = request.header("x-csrf-token", login["csrf_token"].as_str().unwrap()).body(body.to_string().into()).unwrap();
        let (status, _, answer) = send(&bench.central.router, request).await;
        (status.as_u16(), answer)
    };
    for kind in KINDS.iter().filter(|k| matches!(k.home, Home::Of(Role::Intel | Role::Logistics))) {
        let path = kind.mounts[0].path;
        if kind.columns.iter().any(|c| c.name == "supply_id") {
            continue;
        }
        let sent = body_of(kind, 1, &Map::new());
        let (_, made) = bench.send(Method::POST, path, &token, &sent).await;
        let own = format!("{path}/{}", made["id"]);
        assert_eq!(ask(Method::GET, path, &Value::Null).await, (200, json!([])), "{path}");
        assert_eq!(ask(Method::GET, &own, &Value::Null).await.0, 404);
        assert_eq!(ask(Method::PATCH, &own, &json!({})).await.0, 404);
        assert_eq!(ask(Method::DELETE, &own, &Value::Null).await.0, 404);
        assert_eq!(ask(Method::POST, path, &sent).await.0, 403);
        assert_eq!(bench.get(&own).await.0, StatusCode::OK, "it is still there");
    }
    assert_eq!(ask(Method::POST, "/api/v1/operations", &json!({"name": "Dawn"})).await.0, 201);
    assert_eq!(ask(Method::POST, "/api/v1/poi", &json!({"name": "X"})).await.0, 201);
}

#[tokio::test]
async fn references_and_unique_values_are_refused_with_a_sentence() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let post = async |path: &str, body: Value| {
        let (status, answer) = bench.send(Method::POST, path, &token, &body).await;
        (status.as_u16(), answer["detail"].clone())
    };
    let nobody = json!("It refers to a record that does not exist");
    assert_eq!(post("/api/v1/missions", json!({"name": "m", "operation_id": 99})).await, (409, nobody.clone()));
    assert_eq!(
        post("/api/v1/imei-watchlist", json!({"identifier_value": "1", "list_type": "blacklist", "linked_poi_id": 9})).await,
        (409, nobody)
    );
    assert_eq!(post("/api/v1/imei-watchlist", json!({"identifier_value": "1", "list_type": "blacklist"})).await.0, 201);
    let taken = post("/api/v1/imei-watchlist", json!({"identifier_value": "1", "list_type": "whitelist"})).await;
    assert_eq!(taken, (409, json!("A watch entry with this identifier_value exists already")));
    let (status, answer) =
        bench.send(Method::POST, "/api/v1/imei-watchlist", &token, &json!({"identifier_value": "2", "list_type": "grey"})).await;
    assert_eq!((status.as_u16(), problem(&answer, "list_type")), (422, "Input should be one of whitelist, blacklist"));
    assert_eq!(post("/api/v1/supplies", json!({"sku": "s", "name": "S", "threshold": -1})).await.0, 422);
    for query in ["limit=x", "limit=1001", "after=-1", "is_active=perhaps"] {
        assert_eq!(bench.get(&format!("/api/v1/poi?{query}")).await.0.as_u16(), 422, "{query}");
    }
}

#[tokio::test]
async fn consumption_moves_the_stock() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let supply = json!({"sku": "batt-18650", "name": "Cells", "on_hand": 40, "threshold": 20, "target": 60});
    let (_, made) = bench.send(Method::POST, "/api/v1/supplies", &token, &supply).await;
    for quantity in [-12.5, -10.0, 5.0] {
        let body = json!({"supply_id": made["id"], "quantity": quantity, "reason": "patrol"});
        assert_eq!(bench.send(Method::POST, "/api/v1/supply-movements", &token, &body).await.0, StatusCode::CREATED);
    }
    assert_eq!(bench.get("/api/v1/supplies?sku=batt-18650").await.1[0]["on_hand"], json!(22.5));
    let (_, moved) = bench.get(&format!("/api/v1/supply-movements?supply_id={}", made["id"])).await;
    assert_eq!(moved.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_watched_imei_marks_the_event() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let post = async |path: &str, body: Value| bench.send(Method::POST, path, &token, &body).await;
    let (_, poi) = post("/api/v1/poi", json!({"name": "Blue van", "category": "vehicle", "risk_level": "hostile"})).await;
    let identifiers = format!("/api/v1/poi/{}/identifiers", poi["id"]);
    let identifier = json!({"poi_id": poi["id"], "identifier_type": "imei", "identifier_value": "490154203237518", "is_primary": true});
    let (status, made) = post(&identifiers, identifier.clone()).await;
    assert_eq!((status.as_u16(), &made["poi_id"]), (201, &poi["id"]));
    let other = json!({"poi_id": 99, "identifier_type": "imei", "identifier_value": "1"});
    assert_eq!(post(&identifiers, other.clone()).await.0.as_u16(), 400, "the ids differ");
    assert_eq!(post("/api/v1/poi/99/identifiers", other).await, (StatusCode::NOT_FOUND, json!({"detail": "POI not found"})));
    assert_eq!(bench.get(&identifiers).await.1, json!([made]));
    assert_eq!(bench.get(&format!("/api/v1/poi/{}", poi["id"])).await.1["identifiers"], json!([made]));
    let black = json!({"identifier_value": "490154203237518", "list_type": "blacklist", "label": "seen twice", "linked_poi_id": poi["id"]});
    let (_, entry) = post("/api/v1/imei-watchlist", black).await;
    assert_eq!((&entry["linked_poi"]["name"], &entry["linked_poi"]["identifiers"][0]), (&json!("Blue van"), &made));
    post("/api/v1/imei-watchlist", json!({"identifier_value": "356938035643809", "list_type": "whitelist"})).await;
    assert_eq!(bench.get("/api/v1/imei-watchlist/check/490154203237518").await, (StatusCode::OK, entry));
    assert_eq!(bench.get("/api/v1/imei-watchlist/check/1").await, (StatusCode::OK, Value::Null));

    let event = async |payload: Value| {
        post("/api/v1/telemetry/events", json!({"source_slug": "s", "source_name": "S", "payload": payload})).await.1
    };
    for imei in [json!({"imei": "490154203237518", "rssi": -50}), json!({"IMEI": 490_154_203_237_518_u64, "rssi": -50})] {
        let hit = event(imei.clone()).await;
        assert_eq!(hit["status"], "imei_blacklist_hit", "{imei}");
        let payload = hit["payload"].as_object().unwrap();
        let said = ["imei_watchlist_hit", "imei_list_type", "poi_id", "poi_name", "poi_risk_level", "rssi"].map(|key| payload[key].clone());
        assert_eq!(said, [json!(true), json!("blacklist"), poi["id"].clone(), json!("Blue van"), json!("hostile"), json!(-50)]);
    }
    let seen = event(json!({"imei": "356938035643809"})).await;
    assert_eq!((&seen["status"], &seen["payload"]["poi_id"]), (&json!("imei_whitelist_seen"), &Value::Null));
    assert_eq!(event(json!({"imei": "1"})).await["status"], "received");
    let gone = format!("{identifiers}/{}", made["id"]);
    assert_eq!(
        bench.send(Method::DELETE, &format!("/api/v1/poi/99/identifiers/{}", made["id"]), &token, &Value::Null).await.0.as_u16(),
        404
    );
    assert_eq!(bench.send(Method::DELETE, &gone, &token, &Value::Null).await.0.as_u16(), 204);
    assert_eq!(bench.send(Method::DELETE, &gone, &token, &Value::Null).await.0.as_u16(), 404);
    // The person goes, the entry stays.
    assert_eq!(bench.send(Method::DELETE, &format!("/api/v1/poi/{}", poi["id"]), &token, &Value::Null).await.0.as_u16(), 204);
    assert_eq!(bench.get("/api/v1/imei-watchlist/check/490154203237518").await.1["linked_poi"], Value::Null);
}

/// The description has every kind, with what is shown with it.
#[test]
fn kinds_are_described() {
    let document: Value = serde_json::from_str(&crate::routes::openapi::document()).unwrap();
    for kind in KINDS {
        let read = &document["components"]["schemas"][format!("{}Read", kind.schema)]["properties"];
        for shown in kind.shown_with {
            let (ShownWith::Parts { field, .. } | ShownWith::Linked { field, .. }) = shown;
            assert!(read[*field].is_object(), "{}", kind.schema);
        }
        assert!(kind.columns.iter().all(|c| read[c.name].is_object()), "{}", kind.schema);
    }
}

#[tokio::test]
async fn what_stations_deliver_of_a_point_of_interest_is_marked() {
    use crate::testing::batch;
    use uplink::intake::Intake;
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let token = bench.token().await;
    let (_, poi) = bench.send(Method::POST, "/api/v1/poi", &token, &json!({"name": "Grey jet", "risk_level": "watch"})).await;
    for (kind, value) in [("ICAO", "480003"), ("mmsi", "2320001"), ("callsign", "pd0abc"), ("imei", "480004")] {
        let body = json!({"poi_id": poi["id"], "identifier_type": kind, "identifier_value": value});
        bench.send(Method::POST, &format!("/api/v1/poi/{}/identifiers", poi["id"]), &token, &body).await;
    }
    // 50 aircraft, 0x480000 and on.
    bench.central.intake.store(station("alpha"), batch(1, 1, 100)).await.unwrap();
    let about = async |subject: &str| bench.get(&format!("/api/v1/telemetry/events?subject={subject}")).await.1;
    let marked = about("icao:480003").await;
    assert_eq!(marked.as_array().unwrap().len(), 2);
    for event in marked.as_array().unwrap() {
        let said = ["poi_watchlist_hit", "poi_id", "poi_name", "poi_risk_level", "kind"].map(|key| event["payload"][key].clone());
        assert_eq!(said, [json!(true), poi["id"].clone(), json!("Grey jet"), json!("watch"), json!("position")]);
        assert_eq!(event["status"], "poi_seen");
    }
    let plain = about("icao:480004").await;
    assert_eq!((&plain[0]["status"], &plain[0]["payload"]["poi_id"]), (&json!("received"), &Value::Null));
    // Read back for the picture as before.
    let source = plain[0]["source"]["id"].as_i64().unwrap();
    assert_eq!(bench.central.store.recent(source, UnixMicros(0), None, 1_000).await.unwrap().0.len(), 100);
    let event = json!({"source_slug": "s", "source_name": "S", "payload": {"mmsi": 2_320_001}});
    let (_, made) = bench.send(Method::POST, "/api/v1/telemetry/events", &token, &event).await;
    assert_eq!((&made["status"], &made["payload"]["poi_name"]), (&json!("poi_seen"), &json!("Grey jet")));
    let several = json!([event, {"source_slug": "s", "payload": {"mmsi": 2_320_002}}]);
    bench.send(Method::POST, "/api/v1/telemetry/events", &token, &several).await;
    assert_eq!(about("mmsi:002320001").await[0]["status"], "poi_seen");
    assert_eq!(about("mmsi:002320002").await[0]["status"], "received");
    let list = bench.central.store.watched().await.unwrap();
    assert!(list.find("icao:000001", Some("PD0ABC ")).is_some() && list.find("icao:480004", Some("KLM1")).is_none());
}
