//! Tokens: who may write, for how long, and that they are seen nowhere.

use super::*;
use serde_json::json;
use uplink::tls::TokenHash;

const SOURCES: &str = "/api/v1/telemetry/sources";

fn new_source(slug: &str) -> Value {
    json!({"slug": slug, "name": slug, "source_type": "adsb"})
}

#[tokio::test]
async fn writing_needs_a_live_token_with_the_scope_and_reading_needs_none() {
    let Some(bench) = Bench::open().await else { return };
    let store = &bench.central.store;
    let good = bench.token().await;
    let admin = store.create_api_token("admin", &[Scope::Admin], None).await.unwrap();
    let idle = store.create_api_token("idle", &[], None).await.unwrap();
    let brief = store.create_api_token("brief", &[Scope::TelemetryWrite], Some(T0.plus_micros(1))).await.unwrap();
    assert_eq!(bench.get(SOURCES).await, (StatusCode::OK, json!([])));
    let post = async |token: &str, slug: &str| bench.send(Method::POST, SOURCES, token, &new_source(slug)).await;
    assert_eq!(post(&good, "a").await.0, StatusCode::CREATED);
    assert_eq!(post(admin.reveal(), "b").await.0, StatusCode::CREATED);
    assert_eq!(
        post(idle.reveal(), "c").await,
        (StatusCode::FORBIDDEN, json!({"detail": "The token does not have the scope telemetry:write"}))
    );
    assert_eq!(post(brief.reveal(), "d").await.0, StatusCode::CREATED);
    let unknown = crate::auth::Secret::random();
    assert_eq!(post(unknown.reveal(), "e").await.1, json!({"detail": "The token is unknown, expired or revoked"}));
    for (method, path) in [
        (Method::POST, "/api/v1/telemetry/sources"),
        (Method::PATCH, "/api/v1/telemetry/sources/9"),
        (Method::DELETE, "/api/v1/telemetry/sources/9"),
        (Method::POST, "/api/v1/telemetry/events"),
        (Method::PATCH, "/api/v1/telemetry/events/9"),
        (Method::DELETE, "/api/v1/telemetry/events/9"),
    ] {
        // The token in the URL counts as none, and so does a body that is not even JSON.
        let request = Request::builder().method(&method).uri(format!("{path}?token={good}&access_token={good}"));
        let (status, headers, body) = send(&bench.central.router, request.body("garbage".into()).unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(headers["www-authenticate"], "Bearer");
        assert!(body["detail"].as_str().unwrap().contains("Authorization: Bearer"), "{body}");
    }
}

#[tokio::test]
async fn a_token_expires_and_can_be_revoked() {
    let Some(bench) = Bench::open().await else { return };
    let store = &bench.central.store;
    let brief = store.create_api_token("brief", &[Scope::TelemetryWrite], Some(T0)).await.unwrap();
    assert_eq!(bench.send(Method::POST, SOURCES, brief.reveal(), &new_source("a")).await.0, StatusCode::UNAUTHORIZED);
    let good = bench.token().await;
    assert_eq!(store.revoke_api_tokens("test").await.unwrap(), 1);
    assert_eq!(bench.send(Method::POST, SOURCES, &good, &new_source("a")).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(store.revoke_api_tokens("test").await.unwrap(), 0);
}

#[tokio::test]
async fn the_database_holds_no_secret() {
    let Some(bench) = Bench::open().await else { return };
    let token = bench.token().await;
    let pool = PgPoolOptions::new().connect_with(bench.databases.control().clone()).await.unwrap();
    let row: String = sqlx::query_scalar("SELECT t::text FROM api_tokens t").fetch_one(&pool).await.unwrap();
    assert!(!row.contains(&token[5..]), "{row}");
}

#[tokio::test]
async fn an_enrolment_token_adds_one_key_once() {
    let Some(bench) = Bench::open().await else { return };
    bench.register("alpha", Role::Ops, ALPHA_KEY).await;
    let store = &bench.central.store;
    let later = T0.plus_micros(1_000_000);
    let token = |n| TokenHash([n; 32]);
    assert!(store.add_enrolment_token(station("nobody"), token(1), later).await.is_err());
    store.add_enrolment_token(station("alpha"), token(1), later).await.unwrap();
    let key = |n| KeyFingerprint([n; 32]);
    let redeem = async |slug: &str, token, key, now| store.redeem_enrolment_token(station(slug), token, key, now).await.unwrap();
    assert!(!redeem("alpha", token(2), key(1), T0).await, "unknown");
    assert!(!redeem("alpha", token(1), key(1), later).await, "expired");
    assert!(!redeem("bravo", token(1), key(1), T0).await, "another station's");
    assert!(redeem("alpha", token(1), key(1), T0).await);
    assert!(redeem("alpha", token(1), key(1), T0).await, "the answer was lost: the same key again");
    assert!(!redeem("alpha", token(1), key(2), T0).await, "used by another key");
    store.revoke_station_key(key(3)).await.unwrap();
    store.add_enrolment_token(station("alpha"), token(3), later).await.unwrap();
    assert!(redeem("alpha", token(3), key(3), T0).await);
    assert!(store.revoke_station_key(key(3)).await.unwrap());
    assert!(!redeem("alpha", token(3), key(3), T0).await, "a revoked key does not come back");
    use uplink::intake::Intake;
    assert!(bench.central.intake.greet(station("alpha"), key(1), model::Epoch(1)).await.is_ok());
    assert!(bench.central.intake.greet(station("alpha"), key(2), model::Epoch(1)).await.is_err());
}
