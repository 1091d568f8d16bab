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

/// Only where TimescaleDB is installed and preloaded: it is in none of the package sources that CI may use.
#[tokio::test]
async fn roll_ups_go_on_as_compressed_hypertables() {
    let Some(bench) = Bench::open().await else { return };
    let pool = bench.pool(Role::Ops).await;
    let preloaded: bool =
        sqlx::query_scalar("SELECT current_setting('shared_preload_libraries') LIKE '%timescaledb%'").fetch_one(&pool).await.unwrap();
    if !preloaded {
        eprintln!("skipped: TimescaleDB is not preloaded");
        return;
    }
    for _ in 0..2 {
        sqlx::raw_sql(include_str!("../../../migrations/optional/timescaledb.sql")).execute(&pool).await.unwrap();
    }
    let (token, store) = (bench.token().await, &bench.central.store);
    let days_ago = |days: i64| time::OffsetDateTime::now_utc() - time::Duration::days(days);
    let post = async |days: i64| {
        let at = days_ago(days).unix_timestamp();
        let body = json!({"source_slug": "s", "source_name": "S", "event_time": at, "payload": {"hex": "4840d6"}});
        assert_eq!(bench.send(Method::POST, "/api/v1/telemetry/events", &token, &body).await.0, StatusCode::CREATED);
    };
    let counted = async || {
        store.keep_history(Role::Ops, None, bench.clock.now()).await.unwrap();
        // As the central's own login: what it may read and write.
        let sums = "SELECT ARRAY[(SELECT sum(events) FROM telemetry_rollup_minute WHERE kind = ''),
            (SELECT sum(events) FROM telemetry_rollup_hour WHERE kind = ''), (SELECT sum(events) FROM telemetry_rollup_day WHERE kind = '')]::bigint[]";
        sqlx::query_scalar::<_, Vec<i64>>(sums).fetch_one(store.role(Role::Ops)).await.unwrap()
    };
    for days in [0, 40, 40, 200, 399] {
        post(days).await;
    }
    assert_eq!(counted().await, [5, 5, 5]);
    // Twelve other kinds in every minute of a week: more than TimescaleDB decompresses for one statement by itself.
    let week = "INSERT INTO telemetry_rollup_minute SELECT date_trunc('minute', now()) - interval '40 days' + n * interval '1 minute',
        (SELECT id FROM telemetry_sources), 'k' || k, 1, 1 FROM generate_series(-5040, 5040) n, generate_series(1, 12) k";
    sqlx::query(week).execute(&pool).await.unwrap();
    let compress = "SELECT count(compress_chunk(c)) FROM (SELECT show_chunks('telemetry_rollup_minute') c UNION SELECT show_chunks('telemetry_rollup_hour')) x";
    let compressed: i64 = sqlx::query_scalar(compress).fetch_one(&pool).await.unwrap();
    assert!(4 <= compressed, "{compressed} chunks");
    sqlx::raw_sql("CALL refresh_continuous_aggregate('telemetry_rollup_day', NULL, NULL)").execute(&pool).await.unwrap();
    assert_eq!(counted().await, [5, 5, 5], "compressed, and days made");
    // Late events of minutes that are compressed; one that is deleted; a source that goes with all of its events.
    post(40).await;
    post(200).await;
    assert_eq!(counted().await[..2], [7, 7]);
    let before: i64 = sqlx::query_scalar("SELECT count(*) FROM telemetry_rollup_minute").fetch_one(&pool).await.unwrap();
    assert!(10_079 * 12 <= before, "only the minute itself was counted again: {before}");
    sqlx::raw_sql("CALL refresh_continuous_aggregate('telemetry_rollup_day', NULL, NULL)").execute(&pool).await.unwrap();
    assert_eq!(counted().await, [7, 7, 7]);
    let (_, events) = bench.get("/api/v1/telemetry/events?limit=7").await;
    let (source, oldest) = (events[0]["source"]["id"].clone(), events[6]["id"].clone());
    bench.send(Method::DELETE, &format!("/api/v1/telemetry/events/{oldest}"), &token, &json!(null)).await;
    assert_eq!(counted().await[..2], [6, 6]);
    let (status, _) = bench.send(Method::DELETE, &format!("/api/v1/telemetry/sources/{source}"), &token, &json!(null)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM telemetry_rollup_minute").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}
