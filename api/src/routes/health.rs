//! Of the central: `GET /healthz` (the process answers), `/readyz` (its databases do), `/metrics`, `/api/v1/console`,
//! `/data/receiver.json`.

use super::{both, data};
use crate::auth::Reader;
use crate::central::Shared;
use crate::dto;
use crate::error::ApiError;
use crate::metrics;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/healthz", get(healthz));
    let router = both(router, "/readyz", get(readyz));
    let router = both(router, "/metrics", get(metrics_text));
    let router = both(router, "/data/receiver.json", get(receiver));
    both(router, "/api/v1/console", get(console)).with_state(shared)
}

#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = dto::StatusInfo)))]
pub(crate) async fn healthz() -> Json<dto::StatusInfo> {
    Json(dto::StatusInfo { status: "ok" })
}

#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = dto::StatusInfo), (status = 503, body = dto::Detail)))]
pub(crate) async fn readyz(State(shared): State<Arc<Shared>>) -> Result<Json<dto::StatusInfo>, ApiError> {
    if !shared.is_open() {
        return Err(ApiError::Unavailable("The databases are not open yet".into()));
    }
    shared.store.check().await?;
    Ok(Json(dto::StatusInfo { status: "ok" }))
}

#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, body = String, content_type = "text/plain", description = "Prometheus text format 0.0.4")))]
pub(crate) async fn metrics_text(State(shared): State<Arc<Shared>>) -> Response {
    metrics::respond(shared.metrics.render(&shared.pictures.whole(), shared.config.more_metrics.as_ref()))
}

#[utoipa::path(get, path = "/api/v1/console", tag = "live",
    responses((status = 200, body = dto::ConsoleInfo), (status = 503, body = dto::Detail)))]
pub(crate) async fn console(State(shared): State<Arc<Shared>>, reader: Reader) -> Result<Json<dto::ConsoleInfo>, ApiError> {
    Ok(Json(shared.console(reader.roles).await?))
}

async fn receiver(State(shared): State<Arc<Shared>>, reader: Reader) -> Result<Json<dto::ReceiverInfo>, ApiError> {
    let center = shared.console(reader.roles).await?.center;
    Ok(data::receiver(&shared.config.version, center.map(|c| (c.lat, c.lon))))
}
