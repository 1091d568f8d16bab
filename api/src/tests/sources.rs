//! Every route of `/api/v1/telemetry/sources`, with its mistakes.

use super::*;
use serde_json::json;

const PATH: &str = "/api/v1/telemetry/sources";

#[tokio::test]
async fn a_source_is_made_read_changed_and_deleted() {
    let Some(bench) = Bench::open().await else { return };
    let alpha = bench.register("alpha", Role::Logistics, ALPHA_KEY).await;
    let token = bench.token().await;
    let body = json!({"slug": "ADSB-North", "name": "North", "source_type": "adsb", "description": "roof", "configuration": {"gain": 49.6},
        "station_id": alpha.id, "unknown_key": [1, 2]});
    let (status, made) = bench.send(Method::POST, &format!("{PATH}/"), &token, &body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_i64().unwrap();
    assert_eq!(Role::of_id(id), Some(Role::Logistics), "the station's database");
    for (key, expected) in [
        ("slug", json!("adsb-north")),
        ("name", json!("North")),
        ("is_active", json!(true)),
        ("connection_mode", json!("online")),
        ("configuration", json!({"gain": 49.6})),
        ("last_ingested_at", Value::Null),
        ("station_id", json!(alpha.id)),
    ] {
        assert_eq!(made[key], expected, "{key}");
    }
    assert_eq!(made["station"]["slug"], "alpha");
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));

    assert_eq!(bench.get(&format!("{PATH}/{id}")).await, (StatusCode::OK, made.clone()));
    assert_eq!(bench.get(&format!("{PATH}/{id}/")).await.0, StatusCode::OK);
    assert_eq!(bench.get(PATH).await.1, json!([made]));

    let change = json!({"name": "South", "description": null, "is_active": false, "station_id": null, "configuration": {"a": [1, "x"]}});
    let (status, changed) = bench.send(Method::PATCH, &format!("{PATH}/{id}"), &token, &change).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    for (key, value) in change.as_object().unwrap() {
        assert_eq!(&changed[key], value, "{key}");
    }
    assert_eq!((&changed["slug"], &changed["station"]), (&json!("adsb-north"), &Value::Null));
    assert!(made["updated_at"].as_str() < changed["updated_at"].as_str());
    assert_eq!(bench.send(Method::PATCH, &format!("{PATH}/{id}"), &token, &json!({})).await.1["name"], "South");

    assert_eq!(bench.send(Method::DELETE, &format!("{PATH}/{id}"), &token, &Value::Null).await, (StatusCode::NO_CONTENT, Value::Null));
    let gone = (StatusCode::NOT_FOUND, json!({"detail": "Source not found"}));
    assert_eq!(bench.get(&format!("{PATH}/{id}")).await, gone);
    assert_eq!(bench.send(Method::PATCH, &format!("{PATH}/{id}"), &token, &json!({})).await, gone);
    assert_eq!(bench.send(Method::DELETE, &format!("{PATH}/{id}"), &token, &Value::Null).await, gone);
    for odd in ["0", "8", "-1", "12", "9223372036854775807"] {
        assert_eq!(bench.get(&format!("{PATH}/{odd}")).await, gone, "{odd}");
    }
}

#[tokio::test]
async fn slugs_are_unique_over_all_databases_and_names_in_one() {
    let Some(bench) = Bench::open().await else { return };
    let alpha = bench.register("alpha", Role::Intel, ALPHA_KEY).await;
    let token = bench.token().await;
    let post = async |slug: &str, name: &str, station: Option<i64>| {
        let body = json!({"slug": slug, "name": name, "source_type": "x", "station_id": station});
        bench.send(Method::POST, PATH, &token, &body).await
    };
    let (_, first) = post("a", "A", None).await;
    let taken = |what: &str| (StatusCode::CONFLICT, json!({"detail": format!("A telemetry source with this {what} exists already")}));
    assert_eq!(post("a", "B", None).await, taken("slug"));
    assert_eq!(post("A", "B", Some(alpha.id)).await, taken("slug"));
    assert_eq!(post("b", "A", None).await, taken("name"));
    assert_eq!(post("b", "B", Some(alpha.id)).await.0, StatusCode::CREATED);
    let change = async |body: &Value| bench.send(Method::PATCH, &format!("{PATH}/{}", first["id"]), &token, body).await;
    assert_eq!(change(&json!({"slug": "b"})).await, taken("slug"));
    assert_eq!(change(&json!({"slug": "a"})).await.0, StatusCode::OK);
    assert_eq!(post("c", "C", Some(99)).await, (StatusCode::NOT_FOUND, json!({"detail": "Station not found"})));
    assert_eq!(change(&json!({"station_id": 99})).await, (StatusCode::NOT_FOUND, json!({"detail": "Station not found"})));
    let slugs: Vec<Value> = bench.get(PATH).await.1.as_array().unwrap().iter().map(|s| s["slug"].clone()).collect();
    assert_eq!(slugs, ["a", "b"]);
}

#[tokio::test]
async fn all_mistakes_are_told_at_once() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let body = json!({"slug": "", "source_type": 7, "is_active": "maybe", "configuration": [], "station_id": 1.5, "connection_mode": null,
        "description": "a\u{0}b"});
    let (status, answer) = bench.send(Method::POST, PATH, &token, &body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for (field, message) in [
        ("slug", "String should have at least 1 character"),
        ("name", "Field required"),
        ("source_type", "Input should be a valid string"),
        ("is_active", "Input should be a valid boolean"),
        ("configuration", "Input should be a valid dictionary"),
        ("station_id", "Input should be a valid integer"),
        ("connection_mode", "Input should not be null"),
    ] {
        assert_eq!(problem(&answer, field), message, "{field}");
    }
    assert!(problem(&answer, "description").contains("U+0000"));
    let first = &answer["detail"][0];
    assert_eq!(first, &json!({"type": "string_too_short", "loc": ["body", "slug"], "msg": first["msg"], "input": ""}));
    let (_, answer) = bench.send(Method::POST, PATH, &token, &json!({"slug": "x".repeat(101), "name": "n", "source_type": "t"})).await;
    assert_eq!(problem(&answer, "slug"), "String should have at most 100 characters");
    assert_eq!(bench.get(&format!("{PATH}/abc")).await.1["detail"][0]["type"], "int_parsing");
}

#[tokio::test]
async fn sources_are_found_by_slug_as_one_old_revision_had_it() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    const PATH: &str = "/api/telemetry/sources";
    let new = json!({"slug": "adsb-1", "name": "One", "source_type": "adsb"});
    assert_eq!(bench.send(Method::POST, &format!("{PATH}/"), &token, &new).await.0, StatusCode::CREATED);
    assert_eq!(bench.get(PATH).await.1[0]["slug"], "adsb-1");
    let (status, changed) = bench.send(Method::PUT, &format!("{PATH}/ADSB-1"), &token, &json!({"name": "Two", "is_active": false})).await;
    assert_eq!((status, &changed["name"], &changed["is_active"]), (StatusCode::OK, &json!("Two"), &json!(false)));
    assert_eq!(bench.get(&format!("{PATH}/adsb-1/")).await.1, changed);
    for missing in ["nobody", "%00", &changed["id"].to_string()] {
        let (status, told) = bench.get(&format!("{PATH}/{missing}")).await;
        assert_eq!((status, &told["detail"]), (StatusCode::NOT_FOUND, &json!("Telemetry source not found")), "{missing}");
    }
    let viewer = bench.token_with(&[Scope::Read]).await;
    assert_eq!(bench.send(Method::DELETE, &format!("{PATH}/adsb-1"), &viewer, &json!(null)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(bench.send(Method::DELETE, &format!("{PATH}/adsb-1"), &token, &json!(null)).await.0, StatusCode::NO_CONTENT);
    assert_eq!(bench.get(&format!("{PATH}/adsb-1")).await.0, StatusCode::NOT_FOUND);
}
