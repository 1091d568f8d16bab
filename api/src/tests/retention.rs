//! What is old goes, and nothing that somebody still needs.

use super::*;
use crate::store::Retention;
use sqlx::AssertSqlSafe;

const KEEP: Retention =
    Retention { messages_days: Some(100), runs_days: Some(100), alerts_days: Some(100), audit_days: Some(200), answers_days: 1 };

const FORGET_YOUNG: &str = "ALTER TABLE audit_log DISABLE TRIGGER append_only; DELETE FROM audit_log WHERE now() - interval '1 day' < at;
    ALTER TABLE audit_log ENABLE TRIGGER append_only";

async fn control(bench: &Bench) -> PgPool {
    PgPoolOptions::new().max_connections(2).connect_with(bench.databases.control().clone()).await.unwrap()
}

async fn run(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

async fn texts(pool: &PgPool, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(pool).await.unwrap()
}

/// Threads 1 (an open alert's), 2 (a resolved one's), 3 (a run's that is not over), 4 (talk, with something young); all of 150 days ago.
const PAST: &str = "
    INSERT INTO chat_threads (channel_id, kind, subject, title, created_at)
    SELECT 1, 'alert', s, s, now() - interval '150 days' FROM unnest(ARRAY['alarm:mmsi:1', 'alarm:mmsi:2', 'run', 'talk']) s;
    INSERT INTO chat_messages (channel_id, thread_id, author_kind, author, author_name, text, created_at)
    SELECT 1, t.id, 'person', 'operator:a', 'A', 'old ' || t.subject, now() - interval '150 days' FROM chat_threads t ORDER BY t.id;
    INSERT INTO chat_messages (channel_id, author_kind, author, author_name, text, created_at) VALUES
        (1, 'person', 'operator:a', 'A', 'asks a run', now() - interval '150 days'), (1, 'person', 'operator:a', 'A', 'idle', now() - interval '150 days');
    INSERT INTO chat_messages (channel_id, thread_id, author_kind, author, author_name, text, created_at)
    SELECT 1, id, 'person', 'operator:a', 'A', 'young', now() FROM chat_threads WHERE subject = 'talk';
    INSERT INTO alerts (rule_id, rule_name, kind, role, subject, cause, severity, opened_at, last_at, count, details, state, resolved_at, raised_at, told_at)
    SELECT 1, 'r', 'ais_distress', 'ops', s, '', 'critical', at, at, 1, '{}', CASE WHEN s = 'mmsi:1' THEN 'acknowledged' ELSE 'resolved' END,
        CASE WHEN s = 'mmsi:1' THEN NULL ELSE at END, at, at
    FROM unnest(ARRAY['mmsi:1', 'mmsi:2']) s, (SELECT now() - interval '150 days') x (at);
    INSERT INTO agent_runs (action_id, key, playbook, runner, state, input, dry_run, station_roles, requested_by, thread_id, attempts_max, timeout_s,
        run_at, result, created_at, updated_at, finished_at)
    SELECT a, a, 'p', 'outside', CASE WHEN a IN ('waits', 'message') THEN 'queued' ELSE 'succeeded' END, '{}', false, '{ops}', 'operator:a',
        CASE WHEN a = 'waits' THEN (SELECT id FROM chat_threads WHERE subject = 'run') END, 1, 60, at,
        CASE WHEN a LIKE 'order%' THEN '{\"frago\": 1, \"mission_id\": 7}'::jsonb END, at, at,
        CASE WHEN a IN ('waits', 'message') THEN NULL ELSE at END
    FROM unnest(ARRAY['waits', 'message', 'done', 'order 1', 'order 2', 'merged', 'undone']) a, (SELECT now() - interval '150 days') x (at);
    UPDATE agent_runs SET key = 'message:' || (SELECT id FROM chat_messages WHERE text = 'asks a run') WHERE action_id = 'message';
    INSERT INTO track_merges (made_by_run, n, station_roles, members, detail, made_at, undone_at, undone_by_run) VALUES
        ('merged', 1, '{ops}', '{a,b}', '{}', now() - interval '10 days', NULL, NULL),
        ('undone', 1, '{ops}', '{a,b}', '{}', now() - interval '150 days', now() - interval '149 days', 'x');";

#[tokio::test]
async fn what_is_old_goes_but_nothing_of_an_open_alert_or_an_unfinished_run() {
    let Some(bench) = Bench::open().await else { return };
    let pool = control(&bench).await;
    run(&pool, PAST).await;
    let now = bench.central.store.database_now().await.unwrap();
    let gone = bench.central.store.prune(&KEEP, now).await.unwrap();
    assert_eq!(gone, [("alerts", 1), ("runs", 3), ("messages", 3), ("threads", 1)]);
    let left = texts(&pool, "SELECT text FROM chat_messages ORDER BY id").await;
    assert_eq!(left, ["old alarm:mmsi:1", "old run", "asks a run", "young"]);
    assert_eq!(texts(&pool, "SELECT subject::text FROM chat_threads ORDER BY id").await, ["alarm:mmsi:1", "run", "talk"]);
    assert_eq!(texts(&pool, "SELECT action_id::text FROM agent_runs ORDER BY id").await, ["waits", "message", "order 2", "merged"]);
    assert_eq!(texts(&pool, "SELECT subject FROM alerts").await, ["mmsi:1"]);
    assert_eq!(texts(&pool, "SELECT made_by_run::text FROM track_merges").await, ["merged"]);
    let noted =
        texts(&pool, "SELECT action || ' ' || split_part(object, ' ', 1) FROM audit_log WHERE action ~ 'prune|delete' ORDER BY id").await;
    assert_eq!(noted, ["alerts.prune 1", "runs.prune 3", "messages.prune 3", "threads.prune 1"], "one entry for a batch");
    // Once the alert is resolved and the runs are over, and as long ago, they go too.
    run(&pool, "UPDATE alerts SET state = 'resolved', resolved_at = now() - interval '120 days'").await;
    run(&pool, "UPDATE agent_runs SET state = 'failed', finished_at = now() - interval '120 days' WHERE finished_at IS NULL").await;
    bench.central.store.prune(&KEEP, now).await.unwrap();
    assert_eq!(texts(&pool, "SELECT text FROM chat_messages ORDER BY id").await, ["young"]);
    assert_eq!(texts(&pool, "SELECT subject FROM alerts").await, Vec::<String>::new());
    // Kept for ever.
    run(&pool, "UPDATE chat_messages SET created_at = now() - interval '9999 days'").await;
    let for_ever = Retention { messages_days: None, runs_days: None, alerts_days: None, audit_days: None, answers_days: 1 };
    assert_eq!(bench.central.store.prune(&for_ever, now).await.unwrap(), []);
}

#[tokio::test]
async fn the_audit_log_goes_last_and_only_by_the_owners_function() {
    let Some(bench) = Bench::open().await else { return };
    let pool = control(&bench).await;
    run(&pool, PAST).await;
    let (alert, waits) =
        ("(SELECT id::text FROM alerts WHERE subject = 'mmsi:1')", "(SELECT id::text FROM agent_runs WHERE action_id = 'waits')");
    run(
        &pool,
        &format!(
            "INSERT INTO audit_log (at, actor, action, object) VALUES (now() - interval '300 days', 'a', 'station.update', 'old'),
            (now() - interval '300 days', 'a', 'alert.update', {alert}), (now() - interval '300 days', 'a', 'run.insert', {waits}),
            (now() - interval '150 days', 'a', 'station.update', 'younger')"
        ),
    )
    .await;
    let old = "SELECT object FROM audit_log WHERE at < now() - interval '100 days' ORDER BY id";
    let before = texts(&pool, old).await;
    assert_eq!(before.len(), 4);
    let now = bench.central.store.database_now().await.unwrap();
    // As in life: what is older has the lower id.
    run(&pool, FORGET_YOUNG).await;
    bench.central.store.prune(&KEEP, now).await.unwrap();
    assert_eq!(texts(&pool, old).await, before[1..], "but what an open alert and an unfinished run did");
    assert!(bench.central.store.prune(&Retention { audit_days: Some(89), ..KEEP }, now).await.is_err(), "90 days at least");
    // The central's own login can't, whatever it sets.
    let own = bench.central.store.control();
    let mut connection = own.acquire().await.unwrap();
    sqlx::raw_sql("SET vtoc.pruning = 'on'").execute(&mut *connection).await.unwrap();
    let error = sqlx::query("DELETE FROM audit_log").execute(&mut *connection).await.unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
    sqlx::query("DELETE FROM chat_messages WHERE text = 'young'").execute(&mut *connection).await.unwrap();
    assert_eq!(texts(&pool, "SELECT action FROM audit_log WHERE action = 'message.delete'").await.len(), 1, "and what it deletes is noted");
    // The owner's mistakes are refused as before.
    let error = sqlx::query("DELETE FROM audit_log").execute(&pool).await.unwrap_err().to_string();
    assert!(error.contains("only ever appended to"), "{error}");
}

#[tokio::test]
async fn a_heap_goes_in_batches_a_part_each_time() {
    let Some(bench) = Bench::open().await else { return };
    let pool = control(&bench).await;
    run(&pool, "
        INSERT INTO audit_log (at, actor, action, object) SELECT now() - interval '300 days', 'a', 'x', n::text FROM generate_series(1, 1500) n").await;
    let now = bench.central.store.database_now().await.unwrap();
    run(&pool, FORGET_YOUNG).await;
    run(
        &pool,
        "INSERT INTO chat_messages (channel_id, author_kind, author, author_name, text, created_at)
        SELECT 1, 'person', 'operator:a', 'A', n::text, now() - interval '150 days' FROM generate_series(1, 21500) n",
    )
    .await;
    let gone = bench.central.store.prune(&KEEP, now).await.unwrap();
    assert_eq!(gone, [("messages", 20_000), ("audit", 1_500)]);
    assert_eq!(bench.central.store.prune(&KEEP, now).await.unwrap(), [("messages", 1_500)]);
    let old = "SELECT object FROM audit_log WHERE at < now() - interval '200 days'";
    assert_eq!(texts(&pool, old).await, Vec::<String>::new());
}
