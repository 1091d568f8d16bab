//! Tests of the whole crate: a real PostgreSQL, real HTTP, real WebSockets.

mod agentkit;
mod alerts;
mod asking;
mod auth;
mod batches;
mod chat;
mod contract;
mod data;
mod desk;
mod elsewhere_chat;
mod events;
mod feeds;
mod forms;
mod fuzzed;
mod hardware;
mod history;
mod intake;
mod live;
mod once;
mod optional;
mod people;
mod playbooks;
mod provision;
mod radio;
mod records;
mod retention;
mod series;
mod sources;
mod stations;
mod surroundings;
mod urgent;
mod webhooks;

use crate::auth::Scope;
use crate::central::{Central, CentralConfig};
use crate::store::{Databases, NewStation, Role, Station};
use crate::testing::{Cluster, HandClock, T0, shared, station};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use model::UnixMicros;
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use tower::ServiceExt;
use uplink::intake::KeyFingerprint;

/// A central on databases of its own.
struct Bench {
    central: Central,
    clock: HandClock,
    databases: Databases,
}

pub(crate) const ALPHA_KEY: KeyFingerprint = KeyFingerprint([0xa1; 32]);

impl Bench {
    /// `None`: PostgreSQL is not installed, and that is allowed.
    async fn open() -> Option<Self> {
        Some(Self::on(shared()?).await)
    }

    async fn on(cluster: &Cluster) -> Self {
        Self::with(cluster.databases(), HandClock::at(T0)).await
    }

    async fn with(databases: Databases, clock: HandClock) -> Self {
        let mut central = Central::start(CentralConfig::new(databases.clone(), clock.clock()));
        central.opened().await;
        Self { central, clock, databases }
    }

    async fn register(&self, slug: &str, role: Role, key: KeyFingerprint) -> Station {
        let registered = self.central.store.register_station(&new_station(slug, role)).await.unwrap();
        self.central.store.add_station_key(station(slug), key, None).await.unwrap();
        registered
    }

    /// Station `alpha` of role ops.
    async fn with_alpha(self) -> Self {
        self.register("alpha", Role::Ops, ALPHA_KEY).await;
        self
    }

    async fn pool(&self, role: Role) -> PgPool {
        PgPoolOptions::new().max_connections(2).connect_with(self.databases.role(role).clone()).await.unwrap()
    }

    /// A token that may read and write telemetry.
    async fn token(&self) -> String {
        let secret = self.central.store.create_api_token("test", &[Scope::Read, Scope::TelemetryWrite], None).await.unwrap();
        secret.reveal().to_owned()
    }

    async fn token_with(&self, scopes: &[Scope]) -> String {
        self.central.store.create_api_token("test", scopes, None).await.unwrap().reveal().to_owned()
    }

    /// With a JSON body and the token.
    async fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json").body(body.to_string().into()).unwrap();
        let (status, _, body) = send(&self.central.router, request).await;
        (status, body)
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let (status, _, body) = send(&self.central.router, Request::get(path).body(Body::empty()).unwrap()).await;
        (status, body)
    }
}

fn new_station(slug: &str, role: Role) -> NewStation {
    NewStation { slug: station(slug), name: slug.to_uppercase(), description: None, timezone: "UTC".into(), role, place: Some((52.3, 4.8)) }
}

/// The body is `Null` when it is not JSON.
async fn send(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, Value) {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 16 << 20).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// The message of the problem with this field.
fn problem<'a>(body: &'a Value, field: &str) -> &'a str {
    let problems = body["detail"].as_array().expect("a list of problems");
    let found = problems.iter().find(|p| p["loc"].as_array().unwrap().last().unwrap() == field);
    found.map_or("", |p| p["msg"].as_str().unwrap())
}
