//! `/api/v1/stations`.

use super::*;
use serde_json::json;

#[tokio::test]
async fn stations_are_listed_and_found_by_any_spelling() {
    let Some(bench) = Bench::open().await else { return };
    assert_eq!(bench.get("/api/v1/stations/").await, (StatusCode::OK, json!([])));
    bench.register("toc-s2", Role::Ops, KeyFingerprint([2; 32])).await;
    let one = bench.register("toc-s1", Role::Intel, ALPHA_KEY).await;
    let (status, list) = bench.get("/api/v1/stations").await;
    assert_eq!(status, StatusCode::OK);
    let slugs: Vec<&Value> = list.as_array().unwrap().iter().map(|s| &s["slug"]).collect();
    assert_eq!(slugs, ["toc-s1", "toc-s2"]);
    let expected = json!({"id": one.id, "slug": "toc-s1", "name": "TOC-S1", "description": null, "timezone": "UTC", "telemetry_schema": null,
        "created_at": list[0]["created_at"], "updated_at": list[0]["updated_at"], "role": "intel", "latitude": 52.3, "longitude": 4.8});
    for path in ["/api/v1/stations/toc-s1", "/api/v1/stations/TOC_S1/", "/api/v1/stations/s1"] {
        assert_eq!(bench.get(path).await, (StatusCode::OK, expected.clone()), "{path}");
    }
    for path in ["/api/v1/stations/nobody", "/api/v1/stations/%20"] {
        assert_eq!(bench.get(path).await, (StatusCode::NOT_FOUND, json!({"detail": "Station not found"})), "{path}");
    }
    assert_eq!(bench.get("/api/v1/stations/%ff").await, (StatusCode::NOT_FOUND, json!({"detail": "Not Found"})));
}

#[tokio::test]
async fn registering_again_updates_but_never_moves_a_station_to_another_role() {
    let Some(bench) = Bench::open().await else { return };
    let store = &bench.central.store;
    let first = store.register_station(&new_station("alpha", Role::Ops)).await.unwrap();
    let again =
        store.register_station(&NewStation { name: "Alpha 2".into(), place: None, ..new_station("alpha", Role::Ops) }).await.unwrap();
    assert_eq!((again.id, again.name.as_str(), again.latitude), (first.id, "Alpha 2", None));
    let error = store.register_station(&new_station("alpha", Role::Intel)).await.unwrap_err();
    assert_eq!(error.to_string(), "the station alpha exists with another role, which can't change");
}
