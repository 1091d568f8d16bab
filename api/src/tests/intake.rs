//! Exactly once: repeats, overlaps, gaps, epochs, concurrent sessions, connections killed in the middle, a database that goes away.

use super::*;
use crate::testing::batch;
use model::Epoch;
use sqlx::Row;
use uplink::intake::{Intake, IntakeError, Lost, LostReason, Watermark};

/// (epoch, seq) of every stored event of the role, in order of seq.
async fn stored(bench: &Bench, role: Role) -> Vec<(i64, i64)> {
    let pool = bench.pool(role).await;
    let rows = sqlx::query("SELECT epoch, seq FROM telemetry_events ORDER BY epoch, seq").fetch_all(&pool).await.unwrap();
    rows.iter().map(|r| (r.get(0), r.get(1))).collect()
}

fn numbered(epoch: i64, seqs: std::ops::RangeInclusive<i64>) -> Vec<(i64, i64)> {
    seqs.map(|seq| (epoch, seq)).collect()
}

async fn deliver(bench: &Bench, epoch: u64, first: u64, count: u64) -> Result<Watermark, IntakeError> {
    bench.central.intake.store(station("alpha"), batch(epoch, first, count)).await
}

#[tokio::test]
async fn repeats_and_overlaps_are_stored_once_and_gaps_are_refused() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let mark = |seq| Watermark { epoch: Epoch(7), seq };
    assert_eq!(deliver(&bench, 7, 1, 10).await.unwrap(), mark(10));
    assert_eq!(deliver(&bench, 7, 1, 10).await.unwrap(), mark(10));
    assert_eq!(deliver(&bench, 7, 6, 10).await.unwrap(), mark(15));
    assert_eq!(deliver(&bench, 7, 3, 2).await.unwrap(), mark(15));
    assert!(matches!(deliver(&bench, 7, 17, 5).await, Err(IntakeError::Gap { stored: 15, offered: 17 })));
    assert!(matches!(deliver(&bench, 8, 2, 5).await, Err(IntakeError::Gap { stored: 0, offered: 2 })));
    assert_eq!(deliver(&bench, 7, 16, 1).await.unwrap(), mark(16));
    assert_eq!(deliver(&bench, 7, 17, 0).await.unwrap(), mark(16), "an empty batch");
    assert_eq!(stored(&bench, Role::Ops).await, numbered(7, 1..=16));
    assert_eq!(stored(&bench, Role::Intel).await, []);
}

#[tokio::test]
async fn a_new_epoch_begins_at_one_and_an_old_one_is_not_forgotten() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let huge = u64::MAX - 1;
    deliver(&bench, huge, 1, 5).await.unwrap();
    deliver(&bench, 3, 1, 2).await.unwrap();
    let greet = async |epoch| bench.central.intake.greet(station("alpha"), ALPHA_KEY, Epoch(epoch)).await.unwrap();
    assert_eq!(greet(huge).await, Some(Watermark { epoch: Epoch(huge), seq: 5 }));
    assert_eq!(greet(3).await, Some(Watermark { epoch: Epoch(3), seq: 2 }));
    assert_eq!(greet(4).await, None);
    deliver(&bench, huge, 6, 1).await.unwrap();
    assert_eq!(stored(&bench, Role::Ops).await, [numbered(-2, 1..=6), numbered(3, 1..=2)].concat());
}

#[tokio::test]
async fn a_declared_loss_is_recorded_once_and_delivery_goes_on_behind_it() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let lose = async |first_seq, last_seq| {
        let lost = Lost { epoch: Epoch(1), first_seq, last_seq, why: LostReason::Damaged };
        bench.central.intake.lost(station("alpha"), lost).await
    };
    assert_eq!(lose(1, 4).await.unwrap().seq, 4, "the very first events");
    deliver(&bench, 1, 5, 3).await.unwrap();
    assert!(matches!(lose(9, 20).await, Err(IntakeError::Gap { stored: 7, offered: 9 })));
    assert_eq!(lose(6, 20).await.unwrap().seq, 20, "events 6 and 7 are stored: they are not lost");
    assert_eq!(lose(6, 20).await.unwrap().seq, 20);
    assert!(matches!(lose(21, 20).await.unwrap(), Watermark { seq: 20, .. }), "an empty range is none");
    assert_eq!(deliver(&bench, 1, 21, 2).await.unwrap().seq, 22);
    assert_eq!(stored(&bench, Role::Ops).await, [numbered(1, 5..=7), numbered(1, 21..=22)].concat());
    let pool = bench.pool(Role::Ops).await;
    let rows = sqlx::query("SELECT first_seq, last_seq, reason FROM uplink_losses ORDER BY 1").fetch_all(&pool).await.unwrap();
    let rows: Vec<(i64, i64, String)> = rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect();
    assert_eq!(rows, [(1, 4, "damaged".into()), (8, 20, "damaged".into())]);
}

#[tokio::test]
async fn only_an_active_key_of_this_station_may_deliver() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let bravo_key = KeyFingerprint([0xb2; 32]);
    bench.register("bravo", Role::Intel, bravo_key).await;
    let greet = async |slug, key| match bench.central.intake.greet(station(slug), key, Epoch(1)).await {
        Ok(mark) => format!("{mark:?}"),
        Err(IntakeError::Refused { why, .. }) => why,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(greet("alpha", ALPHA_KEY).await, "None");
    assert_eq!(greet("alpha", KeyFingerprint([1; 32])).await, "its key is not known here; enrol it");
    assert_eq!(greet("alpha", bravo_key).await, "its key is enrolled for another station");
    bench.central.store.add_station_key(station("alpha"), ALPHA_KEY, Some(T0.plus_micros(1_000_000))).await.unwrap();
    assert_eq!(greet("alpha", ALPHA_KEY).await, "None");
    bench.clock.set(T0.plus_micros(1_000_000));
    assert_eq!(greet("alpha", ALPHA_KEY).await, "its key has expired; enrol it again");
    assert!(bench.central.store.revoke_station_key(bravo_key).await.unwrap());
    assert_eq!(greet("bravo", bravo_key).await, "its key was revoked");
    assert!(bench.central.store.add_station_key(station("bravo"), bravo_key, None).await.is_err(), "a revoked key stays revoked");
    assert!(bench.central.store.add_station_key(station("alpha"), bravo_key, None).await.is_err());
}

#[tokio::test]
async fn events_become_contract_rows_in_their_roles_database() {
    let Some(bench) = Bench::open().await else { return };
    let alpha = bench.register("alpha", Role::Intel, ALPHA_KEY).await;
    deliver(&bench, 1, 1, 1).await.unwrap();
    let pool = bench.pool(Role::Intel).await;
    let sql = "SELECT e.*, e.payload::text AS text, s.slug, s.source_type, s.station_id AS source_station, s.last_ingested_at
               FROM telemetry_events e JOIN telemetry_sources s ON s.id = e.source_id";
    let row = sqlx::query(sql).fetch_one(&pool).await.unwrap();
    assert_eq!(row.get::<String, _>("slug"), "alpha-adsb");
    assert_eq!(row.get::<String, _>("source_type"), "adsb");
    assert_eq!(row.get::<Option<i64>, _>("source_station"), Some(alpha.id));
    assert_eq!(row.get::<Option<i64>, _>("station_id"), Some(alpha.id));
    assert!(row.get::<Option<time::OffsetDateTime>, _>("last_ingested_at").is_some());
    assert_eq!(crate::dto::Utc::from(row.get::<time::OffsetDateTime, _>("event_time")).0, T0.plus_micros(1_000));
    let number = |name| row.get::<Option<f64>, _>(name);
    assert_eq!([number("latitude"), number("longitude"), number("altitude")], [Some(50.593_000_1), Some(4.0), Some(38_000.0)]);
    assert_eq!([number("heading"), number("speed")], [None, None]);
    assert_eq!(row.get::<String, _>("status"), "received");
    assert_eq!(row.get::<String, _>("raw_data"), "8d4800010000000000000001");
    assert_eq!(row.get::<String, _>("subject"), "icao:480001");
    let payload: Value = serde_json::from_str(row.get("text")).unwrap();
    assert_eq!((&payload["kind"], &payload["lat"], &payload["baro_alt_ft"]), (&"position".into(), &50.593_000_1.into(), &38_000.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_sessions_store_each_event_once() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let sessions: Vec<_> = (0..6_u64)
        .map(|session| {
            let intake = bench.central.intake.clone();
            tokio::spawn(async move {
                let mut stored = 0;
                while stored < 600 {
                    // Each session cuts its batches elsewhere.
                    let count = 20 + 7 * session;
                    match intake.store(station("alpha"), batch(1, stored + 1, count)).await {
                        Ok(mark) => stored = mark.seq,
                        Err(IntakeError::Gap { stored: known, .. }) => stored = known,
                        Err(IntakeError::Unavailable(_)) => tokio::task::yield_now().await,
                        Err(other) => panic!("{other}"),
                    }
                }
                stored
            })
        })
        .collect();
    let mut most = 0;
    for session in sessions {
        most = most.max(session.await.unwrap());
    }
    assert_eq!(stored(&bench, Role::Ops).await, numbered(1, 1..=most as i64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_killed_between_events_and_watermark_leaves_neither() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    deliver(&bench, 1, 1, 3).await.unwrap();
    let pool = bench.pool(Role::Ops).await;
    // Holding the watermark's row makes the intake wait exactly there: its events are copied, its watermark isn't moved.
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM uplink_watermarks FOR UPDATE").execute(&mut *lock).await.unwrap();
    let intake = bench.central.intake.clone();
    let waiting = tokio::spawn(async move { intake.store(station("alpha"), batch(1, 4, 3)).await });
    let waiter: i32 = loop {
        let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                   AND query LIKE '%UPDATE uplink_watermarks%'";
        match sqlx::query_scalar(sql).fetch_optional(&pool).await.unwrap() {
            Some(pid) => break pid,
            None => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
        }
    };
    sqlx::query("SELECT pg_terminate_backend($1)").bind(waiter).execute(&pool).await.unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(IntakeError::Unavailable(_))));
    lock.rollback().await.unwrap();
    assert_eq!(stored(&bench, Role::Ops).await, numbered(1, 1..=3));
    assert_eq!(deliver(&bench, 1, 4, 3).await.unwrap().seq, 6);
    assert_eq!(stored(&bench, Role::Ops).await, numbered(1, 1..=6));
}

#[tokio::test]
async fn a_deleted_or_pre_empted_source_does_not_stop_delivery() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let pool = bench.pool(Role::Ops).await;
    // Someone uses the name that the station's source would get, for a source of theirs.
    sqlx::query("INSERT INTO telemetry_sources (name, slug, source_type) VALUES ('alpha ADSB', 'mine', 'x')").execute(&pool).await.unwrap();
    deliver(&bench, 1, 1, 2).await.unwrap();
    sqlx::query("DELETE FROM telemetry_sources WHERE slug = 'alpha-adsb'").execute(&pool).await.unwrap();
    assert_eq!(deliver(&bench, 1, 3, 2).await.unwrap().seq, 4);
    assert_eq!(stored(&bench, Role::Ops).await, numbered(1, 3..=4), "deleting a source deletes its events");
}

#[tokio::test]
async fn hostile_text_and_impossible_times_are_stored() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let mut odd = batch(1, 1, 3);
    odd.events[0].subject = model::Subject::Callsign(model::ShortText::truncated("A\0B'\\x"));
    odd.events[0].kind = model::EventKind::Text(model::Text {
        kind: model::TextKind::Message,
        to: None,
        body: "\0\u{1}\"\\ '); DROP TABLE x;--".into(),
        number: None,
    });
    odd.events[1].at = UnixMicros(i64::MAX);
    odd.events[2].at = UnixMicros(i64::MIN);
    assert_eq!(bench.central.intake.store(station("alpha"), odd).await.unwrap().seq, 3);
    let (status, tracks) = bench.get("/api/v1/tracks").await;
    assert_eq!((status, tracks["tracks"].as_array().unwrap().len()), (StatusCode::OK, 2));
}

#[tokio::test]
async fn without_its_database_the_central_says_so_and_goes_on_afterwards() {
    let Some(cluster) = Cluster::start() else { return };
    let bench = Bench::on(&cluster).await.with_alpha().await;
    deliver(&bench, 1, 1, 3).await.unwrap();
    assert_eq!(bench.get("/readyz").await.0, StatusCode::OK);
    cluster.stop();
    assert!(matches!(deliver(&bench, 1, 4, 3).await, Err(IntakeError::Unavailable(_))));
    let greeting = bench.central.intake.greet(station("alpha"), ALPHA_KEY, Epoch(1)).await;
    assert!(matches!(greeting, Err(IntakeError::Unavailable(_))), "{greeting:?}");
    let (status, body) = bench.get("/readyz").await;
    assert_eq!(
        (status, body),
        (StatusCode::SERVICE_UNAVAILABLE, serde_json::json!({"detail": "The database is not available; try again later"}))
    );
    assert_eq!(bench.get("/healthz").await, (StatusCode::OK, serde_json::json!({"status": "ok"})));
    assert_eq!(bench.get("/api/v1/tracks").await.1["tracks"].as_array().unwrap().len(), 3, "the picture stays");
    cluster.restart();
    assert_eq!(deliver(&bench, 1, 4, 3).await.unwrap().seq, 6);
    assert_eq!(stored(&bench, Role::Ops).await, numbered(1, 1..=6));
    assert_eq!(bench.get("/readyz").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_central_that_starts_before_its_database_opens_it_later() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.stop();
    let mut central = Central::start(CentralConfig::new(cluster.databases(), HandClock::at(T0).clock()));
    let (status, _, body) = send(&central.router, Request::get("/readyz").body(Body::empty()).unwrap()).await;
    assert_eq!((status, &body["detail"]), (StatusCode::SERVICE_UNAVAILABLE, &"The databases are not open yet".into()));
    cluster.restart();
    central.opened().await;
    let (status, ..) = send(&central.router, Request::get("/readyz").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_restarted_central_shows_the_last_minutes() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    deliver(&bench, 1, 1, 200).await.unwrap();
    let mut old = batch(1, 201, 1);
    old.events[0].at = T0.plus_micros(-301_000_000);
    old.events[0].subject = model::Subject::Aircraft(model::Icao24::new(7).unwrap());
    bench.central.intake.store(station("alpha"), old).await.unwrap();
    let before = bench.get("/api/v1/tracks").await.1["tracks"].clone();
    let Bench { central, clock, databases } = bench;
    central.stop().await;
    let again = Bench::with(databases, clock).await;
    let after = again.get("/api/v1/tracks").await.1["tracks"].clone();
    assert_eq!(before.as_array().unwrap().len(), 50);
    assert_eq!(before, after);
    let (_, console) = again.get("/api/v1/console").await;
    assert_eq!((&console["role"], &console["stations"][0]["slug"]), (&"central".into(), &"alpha".into()));
}
