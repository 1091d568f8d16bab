//! SQL that is run by hand (migrations/optional), as far as its extension is installed here.

use super::*;
use serde_json::json;

#[tokio::test]
async fn gis_programs_find_events_by_distance() {
    let Some(bench) = Bench::open().await else { return };
    let pool = bench.pool(Role::Ops).await;
    let available: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'").fetch_one(&pool).await.unwrap();
    if available == 0 {
        eprintln!("skipped: PostGIS is not installed");
        return;
    }
    for _ in 0..2 {
        sqlx::raw_sql(include_str!("../../../migrations/optional/postgis.sql")).execute(&pool).await.unwrap();
    }
    let token = bench.token().await;
    let event = |lat: f64, lon: f64| json!({"source_slug": "s", "source_name": "S", "latitude": lat, "longitude": lon, "payload": {"hex": "4840d6"}});
    let events = json!([event(52.30, 4.50), event(52.31, 4.51), event(53.0, 4.5), {"source_slug": "s"}]);
    let (status, body) = bench.send(Method::POST, "/api/v1/telemetry/events", &token, &events).await;
    assert_eq!(status, StatusCode::CREATED, "stored as before: {body}");
    let near = "FROM telemetry_events_geo WHERE ST_DWithin(geom::geography, ST_SetSRID(ST_MakePoint(4.5, 52.3), 4326)::geography, 5000)";
    let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) {near}"))).fetch_one(&pool).await.unwrap();
    assert_eq!(found, 2);
    let mut connection = pool.acquire().await.unwrap();
    sqlx::query("SET enable_seqscan = off").execute(&mut *connection).await.unwrap();
    let plan: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("EXPLAIN SELECT * {near}"))).fetch_all(&mut *connection).await.unwrap();
    assert!(plan.join("\n").contains("st_setsrid_idx") || plan.join("\n").contains("geography"), "{plan:#?}");
    // A day that comes later has the index too, and goes as before.
    let old = json!({"source_slug": "s", "event_time": "2026-11-01T00:00:00Z", "latitude": 1, "longitude": 1});
    assert_eq!(bench.send(Method::POST, "/api/v1/telemetry/events", &token, &old).await.0, StatusCode::CREATED);
}
