//! Signed requests: a chat service's messages and commands. Unsigned, replayed, stale and wrongly signed ones are refused.

use super::*;
use crate::auth::{Grade, RoleSet};
use crate::chat::{ChatConfig, WebhookKey, sign};
use serde_json::json;

const WEBHOOK: &str = "/api/v1/chatkit/webhook";
const COMMANDS: &str = "/api/v1/chatkit/commands";
const KEY: &str = "a-shared-secret";

async fn with_keys(keys: &[&str], standard_webhooks_only: bool) -> Option<Bench> {
    let (databases, clock) = (shared()?.databases(), HandClock::at(T0));
    let mut config = CentralConfig::new(databases.clone(), clock.clock());
    config.chat = ChatConfig {
        webhook_keys: keys.iter().map(|k| WebhookKey::new(k).unwrap()).collect(),
        standard_webhooks_only,
        ..ChatConfig::default()
    };
    let mut central = Central::start(config);
    central.opened().await;
    Some(Bench { central, clock, databases }.with_alpha().await)
}

impl Bench {
    async fn posted(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let request = headers.iter().fold(Request::post(path), |r, (name, value)| r.header(*name, *value));
        let (status, _, body) = send(&self.central.router, request.body(body.to_owned().into()).unwrap()).await;
        (status.as_u16(), body)
    }

    async fn plain(&self, path: &str, key: &str, body: &str) -> (u16, Value) {
        self.posted(path, &[("x-chatkit-signature", &sign(key, None, body.as_bytes()))], body).await
    }

    async fn standard(&self, key: &str, id: &str, at_s: i64, body: &str) -> (u16, Value) {
        let (stamp, signature) = (at_s.to_string(), sign(key, Some((id, at_s)), body.as_bytes()));
        self.posted(WEBHOOK, &[("webhook-id", id), ("webhook-timestamp", &stamp), ("webhook-signature", &signature)], body).await
    }

    async fn count(&self, table: &str) -> i64 {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(self.databases.control().clone()).await.unwrap();
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"))).fetch_one(&pool).await.unwrap()
    }
}

#[tokio::test]
async fn without_a_secret_every_webhook_is_refused() {
    let Some(bench) = with_keys(&[], false).await else { return };
    for path in [WEBHOOK, COMMANDS, "/api/v1/agent-actions/webhook"] {
        let (status, body) = bench.plain(path, KEY, "{\"text\":\"ping\"}").await;
        assert_eq!((status, &body["detail"]), (403, &json!("No webhook secret is configured: set CHATKIT_WEBHOOK_SECRET")), "{path}");
    }
    assert_eq!(bench.count("chat_messages").await, 0);
}

#[tokio::test]
async fn unsigned_wrong_stale_and_replayed_requests_are_refused() {
    let Some(bench) = with_keys(&["the-new-one", KEY], false).await else { return };
    let (body, now) = ("{\"text\":\"ping\"}", T0.0 / 1_000_000);
    for headers in [
        vec![],
        vec![("x-chatkit-signature", "")],
        vec![("x-chatkit-signature", "0000000000000000000000000000000000000000000000000000000000000000")],
        vec![("x-chatkit-signature", "sha256=00")],
        vec![("webhook-id", "m1"), ("webhook-timestamp", "1"), ("webhook-signature", "v1,")],
        vec![("webhook-id", "m1")],
        vec![("authorization", "Bearer nothing")],
    ] {
        let (status, answer) = bench.posted(WEBHOOK, &headers, body).await;
        assert_eq!(status, 401, "{headers:?}: {answer}");
    }
    assert_eq!(bench.plain(WEBHOOK, "guessed", body).await.0, 401);
    // A signature of another body.
    assert_eq!(bench.posted(WEBHOOK, &[("x-chatkit-signature", &sign(KEY, None, b"{}"))], body).await.0, 401);
    assert_eq!((bench.standard(KEY, "m1", now - 301, body).await.0, bench.standard(KEY, "m1", now + 301, body).await.0), (401, 401));
    assert_eq!(bench.count("chat_messages").await, 0, "nothing of it was taken");

    // The old key and the new one are both right; the same request is not taken twice.
    assert_eq!((bench.plain(WEBHOOK, KEY, body).await.0, bench.plain(WEBHOOK, KEY, body).await.0), (202, 409));
    assert_eq!(bench.plain(WEBHOOK, "the-new-one", body).await.0, 409, "the same body under the other key is a replay too");
    assert_eq!(bench.standard("the-new-one", "m1", now, body).await.0, 202);
    assert_eq!(
        (bench.standard("the-new-one", "m1", now, body).await.0, bench.standard(KEY, "m1", now, "{\"text\":\"b\"}").await.0),
        (409, 409)
    );
    // Another central, or the same after a restart, remembers.
    let mut again = CentralConfig::new(bench.databases.clone(), bench.clock.clock());
    again.chat = ChatConfig { webhook_keys: vec![WebhookKey::new(KEY).unwrap()], ..ChatConfig::default() };
    let mut again = Central::start(again);
    again.opened().await;
    let restarted = Bench { central: again, clock: bench.clock.clone(), databases: bench.databases.clone() };
    assert_eq!((restarted.plain(WEBHOOK, KEY, body).await.0, restarted.standard(KEY, "m1", now, body).await.0), (409, 409));
    assert_eq!(bench.count("chat_messages").await, 2);
    // A plain signature has no time in it: after ten minutes its body is somebody saying the same again.
    bench.clock.set(T0.plus_micros(601_000_000));
    assert_eq!((bench.plain(WEBHOOK, KEY, body).await.0, bench.standard(KEY, "m1", now, body).await.0), (202, 401));
    assert_eq!(bench.count("chat_webhooks_seen").await, 1, "what is old is forgotten");
}

#[tokio::test]
async fn the_stricter_form_alone_may_be_asked_for() {
    let Some(bench) = with_keys(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], true).await else { return };
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(bench.plain(WEBHOOK, key, "{\"text\":\"ping\"}").await.0, 401);
    assert_eq!(bench.standard(key, "m1", T0.0 / 1_000_000, "{\"text\":\"ping\"}").await.0, 202);
}

#[tokio::test]
async fn a_message_goes_where_it_says_and_is_its_authors() {
    let Some(bench) = with_keys(&[KEY], false).await else { return };
    bench.central.store.set_callsign(station("alpha"), "KP4-A").await.unwrap();
    bench.operator("anna", Grade::Operator, RoleSet::ALL).await;
    bench.operator("vera", Grade::Viewer, RoleSet::ALL).await;
    let said = async |body: Value, headers: &[(&str, &str)]| {
        let body = body.to_string();
        let signature = sign(KEY, None, body.as_bytes());
        let headers = [headers, &[("x-chatkit-signature", signature.as_str())]].concat();
        bench.posted(WEBHOOK, &headers, &body).await
    };
    for (body, headers, channel, author) in [
        (json!({"text": "1"}), &[][..], "general", "chatkit:unknown"),
        (json!({"channel": "KP4-A", "text": "2", "user": "U1"}), &[], "kp4-a", "chatkit:U1"),
        (json!({"text": "3"}), &[("x-chatkit-channel", "kp4-a"), ("x-chatkit-user", "@Anna")], "kp4-a", "operator:anna"),
        (json!({"text": "4", "initiator_id": {"user_id": "U2"}}), &[("x-station-id", "toc-alpha")], "kp4-a", "chatkit:U2"),
        (json!({"text": "5", "channel": {"slug": "kp4-a"}, "thread": "T-1"}), &[], "kp4-a", "chatkit:unknown"),
    ] {
        let (status, received) = said(body.clone(), headers).await;
        assert_eq!((status, &received["received"]), (202, &json!(true)), "{body}: {received}");
        let (_, message) = bench.get(&format!("/api/v1/chatkit/messages/{}", received["message_id"])).await;
        assert_eq!((&message["channel"], &message["author"]), (&json!(channel), &json!(author)), "{body}");
        assert_eq!(message["thread_id"].is_i64(), body.get("thread").is_some());
    }
    assert_eq!(said(json!({"text": "x", "channel": "nowhere"}), &[]).await.0, 404);
    assert_eq!(said(json!({"text": "x", "user": "vera"}), &[]).await.0, 403, "a viewer can't write");
    assert_eq!(said(json!({"nothing": 1}), &[]).await.0, 422);
    assert_eq!(said(json!({"text": "@agent check status", "user": "U1"}), &[]).await.0, 403, "nobody known gives commands");
    let (status, received) = said(json!({"text": "@agent check status", "user": "anna", "message_id": 7}), &[]).await;
    assert!(status == 202 && received["run_id"].is_i64(), "{received}");
    // Sent again in other words, but with its number: taken, and nothing done.
    let (status, again) = said(json!({"text": "@agent check status ", "user": "anna", "message_id": 7}), &[]).await;
    assert_eq!((status, &again["message_id"], &again["run_id"]), (202, &received["message_id"], &Value::Null));
    assert_eq!(bench.count("agent_runs").await, 1);
}

#[tokio::test]
async fn a_connector_is_tested_for_real_and_commands_are_limited() {
    let Some(bench) = with_keys(&[KEY], false).await else { return };
    let token = bench.token().await;
    let test = async |connector: &str| {
        let body =
            json!({"channel": "alpha", "station_slug": "alpha", "command": "connector:test", "payload": {"connector_id": connector}});
        let (status, result) = bench.send(Method::POST, COMMANDS, &token, &body).await;
        assert_eq!((status, &result["connector_id"]), (StatusCode::OK, &json!(connector)), "{result}");
        (result["status"].as_str().unwrap().to_owned(), result["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        test("adsb-receiver").await,
        ("failed".into(), "ALPHA has no source for adsb-receiver: nothing of it was ever received".into())
    );
    uplink::intake::Intake::store(&bench.central.intake, station("alpha"), crate::testing::batch(1, 1, 5)).await.unwrap();
    // The source's time is the database's own.
    let real = UnixMicros((time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000) as i64);
    bench.clock.set(real);
    assert_eq!(test("adsb-receiver").await.0, "succeeded");
    assert_eq!(test("alpha-adsb").await.0, "succeeded");
    bench.clock.set(real.plus_micros(3_600_000_000));
    let (status, message) = test("adsb-receiver").await;
    assert!(status == "failed" && message.starts_with("alpha-adsb is silent for "), "{message}");
    assert_eq!(test("ptz-camera").await.0, "failed");

    // Signed instead of a token; the same is not taken twice.
    let body = r#"{"station_slug":"alpha","command":"connector:test","payload":{"connector_id":"x"},"user":"anna"}"#;
    assert_eq!(bench.plain(COMMANDS, KEY, body).await.0, 403, "no operator of ours");
    bench.operator("anna", Grade::Operator, RoleSet::ALL).await;
    assert_eq!((bench.plain(COMMANDS, KEY, body).await.0, bench.plain(COMMANDS, KEY, body).await.0), (200, 409));
    assert_eq!(bench.posted(COMMANDS, &[], body).await.0, 401);
    let (status, body) = bench.send(Method::POST, COMMANDS, &token, &json!({"command": "rm -rf"})).await;
    assert_eq!((status.as_u16(), problem(&body, "command").starts_with("Input should be connector:test")), (422, true));

    // An hour gave all ten back; one of them was used for the camera, one for the silent receiver.
    let ask = async || bench.send(Method::POST, COMMANDS, &token, &json!({"command": "/help", "channel": "alpha"})).await;
    for _ in 0..8 {
        let (status, result) = ask().await;
        assert_eq!((status, &result["status"]), (StatusCode::ACCEPTED, &json!("queued")));
    }
    let (status, body) = ask().await;
    assert_eq!((status, body["detail"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("Too many requests; try again in 6 s")));
    let (status, _) =
        bench.send(Method::POST, "/api/v1/chatkit/messages", &token, &json!({"channel": "alpha", "text": "just words"})).await;
    assert_eq!(status, StatusCode::CREATED, "words are not limited so");
}
