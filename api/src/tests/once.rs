//! A central that dies in the middle of a write with an `Idempotency-Key`: sent again, it is done once.
//!
//! The central runs in a runtime of its own. A trigger holds one statement up; meanwhile the runtime is torn down, as a SIGKILL would,
//! and what the database still works on for it is ended.

use super::*;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection};
use std::time::Duration;
use tokio::runtime::Runtime;

const EVENTS: &str = "/api/v1/telemetry/events";

fn keyed(path: &str, token: &str, key: &str, body: &Value) -> Request<Body> {
    let request = Request::post(path).header("authorization", format!("Bearer {token}")).header("idempotency-key", key);
    request.header("content-type", "application/json").body(body.to_string().into()).unwrap()
}

/// Where the first life is held up for ever.
#[derive(Clone, Copy, Debug)]
enum Held {
    /// Everything is done but the keeping of the answer.
    Answer,
    /// Before rows of this table are stored in that role's database.
    Table(Role, &'static str),
}

struct Lives {
    databases: Databases,
    token: String,
}

impl Lives {
    async fn connect(&self, held: Held) -> PgConnection {
        let options = match held {
            Held::Answer => self.databases.control(),
            Held::Table(role, _) => self.databases.role(role),
        };
        PgConnection::connect_with(options).await.unwrap()
    }

    /// Sends the request to a central that dies when it reaches `held`.
    fn first(&self, held: Held, path: &'static str, key: &str, body: &Value) {
        let runtime = Runtime::new().unwrap();
        let table = match held {
            Held::Answer => "idempotent_answers",
            Held::Table(_, table) => table,
        };
        let event = if matches!(held, Held::Answer) { "UPDATE" } else { "INSERT" };
        let mut connection = runtime.block_on(self.connect(held));
        let hold = format!(
            "CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
             CREATE TRIGGER hold_up BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION hold_up()"
        );
        let life = Runtime::new().unwrap();
        let bench = life.block_on(Bench::with(self.databases.clone(), HandClock::at(T0)));
        runtime.block_on(sqlx::raw_sql(AssertSqlSafe(hold)).execute(&mut connection)).unwrap();
        let (router, request) = (bench.central.router.clone(), keyed(path, &self.token, key, body));
        life.spawn(async move { send(&router, request).await });
        runtime.block_on(async {
            const SLEEPS: &str = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
            let held_up: Vec<i32> = loop {
                let pids = sqlx::query_scalar(SLEEPS).fetch_all(&mut connection).await.unwrap();
                if !pids.is_empty() {
                    break pids;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            };
            life.shutdown_background();
            for pid in held_up {
                sqlx::query("SELECT pg_terminate_backend($1)").bind(pid).execute(&mut connection).await.unwrap();
            }
            let drop = format!("DROP TRIGGER hold_up ON {table}; DROP FUNCTION hold_up()");
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
            // A minute later.
            let mut control = PgConnection::connect_with(self.databases.control()).await.unwrap();
            let aged = "UPDATE idempotent_answers SET begun_at = begun_at - interval '61 seconds' WHERE status IS NULL";
            assert_eq!(sqlx::query(aged).execute(&mut control).await.unwrap().rows_affected(), 1, "the answer was not kept");
        });
        std::mem::forget(bench);
    }
}

/// `None`: PostgreSQL is not installed, and that is allowed.
fn lives() -> Option<Lives> {
    let databases = shared()?.databases();
    let token = Runtime::new().unwrap().block_on(async {
        let bench = Bench::with(databases.clone(), HandClock::at(T0)).await;
        for (slug, role) in [("alpha", Role::Ops), ("india", Role::Intel)] {
            bench.register(slug, role, KeyFingerprint([role as u8; 32])).await;
        }
        let token = bench.token_with(&[Scope::Read, Scope::TelemetryWrite, Scope::Command]).await;
        for (slug, station) in [("a", "alpha"), ("i", "india")] {
            let id = bench.get(&format!("/api/v1/stations/{station}")).await.1["id"].clone();
            let source = json!({"slug": slug, "name": slug, "source_type": "x", "station_id": id});
            let (status, body) = bench.send(Method::POST, "/api/v1/telemetry/sources", &token, &source).await;
            assert_eq!(status, StatusCode::CREATED, "{body}");
        }
        bench.central.stop().await;
        token
    });
    Some(Lives { databases, token })
}

#[test]
fn what_was_done_before_the_central_died_is_not_done_again() {
    let Some(lives) = lives() else { return };
    let runtime = Runtime::new().unwrap();
    let second = runtime.block_on(Bench::with(lives.databases.clone(), HandClock::at(T0)));
    let supply = json!({"sku": "diesel", "name": "Diesel", "unit": "l", "on_hand": 10});
    let (_, supply) = runtime.block_on(second.send(Method::POST, "/api/v1/supplies", &lives.token, &supply));
    let writes = [
        (EVENTS, json!({"source_slug": "a", "raw_data": "once"})),
        (EVENTS, json!({"source_slug": "new", "source_name": "New"})),
        (EVENTS, json!([{"source_slug": "a"}, {"source_slug": "nobody"}, {"source_slug": "i"}])),
        ("/api/v1/supply-movements", json!({"supply_id": supply["id"], "quantity": -3})),
        ("/api/v1/chatkit/messages", json!({"channel": "general", "text": "once"})),
        ("/api/v1/stations/", json!({"name": "Fresh", "slug": "fresh", "role": "ops"})),
    ];
    let count = async || {
        let of = |body: Value| body.as_array().unwrap().len();
        let (events, messages) = (of(second.get(EVENTS).await.1), of(second.get("/api/v1/chatkit/messages").await.1));
        (events, messages, second.get("/api/v1/supplies").await.1[0]["on_hand"].clone(), of(second.get("/api/v1/stations/").await.1))
    };
    for (n, (path, body)) in writes.into_iter().enumerate() {
        let key = format!("k{n}");
        let before = runtime.block_on(count());
        lives.first(Held::Answer, path, &key, &body);
        runtime.block_on(async {
            let done = count().await;
            assert_ne!(done, before, "{path}: the first life had done it");
            let (status, headers, again) = send(&second.central.router, keyed(path, &lives.token, &key, &body)).await;
            assert!(status.is_success() && !headers.contains_key("idempotency-replayed"), "{path}: {status} {again}");
            assert_eq!(count().await, done, "{path}: done once");
            let (same, headers, kept) = send(&second.central.router, keyed(path, &lives.token, &key, &body)).await;
            assert!(same == status && kept == again && headers.contains_key("idempotency-replayed"), "{path}: {kept}");
        });
    }
}

#[test]
fn a_batch_that_was_stored_in_part_is_completed() {
    let Some(lives) = lives() else { return };
    let items =
        json!([{"source_slug": "a", "raw_data": "0"}, {"source_slug": "i", "raw_data": "1"}, {"source_slug": "a", "raw_data": "2"}]);
    lives.first(Held::Table(Role::Intel, "telemetry_events"), EVENTS, "k", &items);
    Runtime::new().unwrap().block_on(async {
        let bench = Bench::with(lives.databases.clone(), HandClock::at(T0)).await;
        let (status, _, answer) = send(&bench.central.router, keyed(EVENTS, &lives.token, "k", &items)).await;
        assert_eq!((status.as_u16(), &answer["accepted"]), (201, &json!(3)), "{answer}");
        let stored = bench.get(EVENTS).await.1;
        let mut raw: Vec<&str> = stored.as_array().unwrap().iter().map(|e| e["raw_data"].as_str().unwrap()).collect();
        raw.sort_unstable();
        assert_eq!(raw, ["0", "1", "2"]);
        for (index, result) in answer["results"].as_array().unwrap().iter().enumerate() {
            let event = bench.get(&format!("{EVENTS}/{}", result["id"])).await.1;
            assert_eq!(event["raw_data"], json!(index.to_string()), "each item has its own event's id");
        }
        bench.central.stop().await;
    });
}

#[tokio::test]
async fn a_freed_key_with_another_body_does_not_pass_for_the_first() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let first = json!({"source_slug": "s", "source_name": "S", "raw_data": "1"});
    assert_eq!(send(&bench.central.router, keyed(EVENTS, &token, "k", &first)).await.0, 201);
    let mut control = PgConnection::connect_with(bench.databases.control()).await.unwrap();
    // As when the answer was a passing 503 though the database had done its part.
    sqlx::query("DELETE FROM idempotent_answers").execute(&mut control).await.unwrap();
    let other = json!({"source_slug": "s", "raw_data": "2"});
    let (status, _, answer) = send(&bench.central.router, keyed(EVENTS, &token, "k", &other)).await;
    assert_eq!((status.as_u16(), &answer["detail"]), (409, &json!("This Idempotency-Key was used with another body")));
    assert_eq!(bench.get(EVENTS).await.1.as_array().unwrap().len(), 1);
}
