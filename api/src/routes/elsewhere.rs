//! Old paths that other programs still ask (contract §1.3): health and metrics by their old names, what the rf-engine told
//! of its devices as far as we truly know it, and what this project does not do: 501 with the reason, not 404.

use super::context::{Segment, id_of};
use super::{both, health};
use crate::auth::{Reader, TelemetryWriter};
use crate::central::Shared;
use crate::dto::{self, AgentMoved, RfDevice, RfDevices, RfInfo, RfTest};
use crate::error::ApiError;
use crate::records::AGENT;
use crate::store::{Cell, Role, Source};
use axum::extract::State;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use model::Protocol;
use serde_json::Value;
use std::sync::Arc;

/// A receiver that delivered nothing for so long is not available.
const HEARD_WITHIN_US: i64 = 60_000_000;

const NO_TRANSMITTER: &str = "vTOC only receives: it has no transmitter, and nothing here can make a station send";
const NO_CAPTURE: &str = "The central has no radio: a station records with `vtoc station` (receivers.<name>.record), not by a request";
const NO_STREAM: &str = "Samples stay on the station: the central gets decoded events (GET /api/v1/live)";
const NO_CLASSIFIER: &str = "There is no classifier of unknown signals; POST detections of another program to /api/v1/telemetry/rf-event";

/// (path below `/api/v2/rf/`, why not)
const OUTSIDE: [(&str, &str); 13] = [
    ("capture/start", NO_CAPTURE),
    ("capture/stop", NO_CAPTURE),
    ("capture/status", NO_CAPTURE),
    ("archive/search", NO_CAPTURE),
    ("archive/playlist", NO_CAPTURE),
    ("classify/run", NO_CLASSIFIER),
    ("protocol/decode", NO_CLASSIFIER),
    ("protocol/craft", NO_TRANSMITTER),
    ("replay/start", NO_TRANSMITTER),
    ("replay/stop", NO_TRANSMITTER),
    ("transmit", NO_TRANSMITTER),
    ("stream/psd", NO_STREAM),
    ("stream/iq", NO_STREAM),
];

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/health", get(api_health));
    let router = both(router, "/api/metrics", get(health::metrics_text));
    let router = both(router, "/api/agents/{id}/start", post(start_agent));
    let router = both(router, "/api/agents/{id}/stop", post(stop_agent));
    let router = both(router, "/api/v2/rf/info", get(rf_info));
    let router = both(router, "/api/v2/rf/devices/list", get(rf_devices));
    let router = both(router, "/api/v2/rf/devices/{id}/test", post(rf_test));
    let router = OUTSIDE.into_iter().fold(router, |router, (path, why)| {
        both(router, &format!("/api/v2/rf/{path}"), any(move |_: Reader| async move { ApiError::NotImplemented(why) }))
    });
    router.with_state(shared)
}

#[utoipa::path(get, path = "/api/health", tag = "health", responses((status = 200, body = dto::ServiceHealth)))]
pub(crate) async fn api_health() -> Json<dto::ServiceHealth> {
    Json(dto::ServiceHealth { status: "healthy", service: "vtoc-central" })
}

#[utoipa::path(post, path = "/api/agents/{id}/start", tag = "agents", params(("id" = i64, Path)), security(("token" = ["telemetry:write"])),
    description = "Notes that the agent runs. (What runs by itself are playbooks.)",
    responses((status = 200, body = dto::AgentMoved), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn start_agent(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    Segment(id): Segment,
) -> Result<Json<AgentMoved>, ApiError> {
    move_agent(&shared, &writer, &id, "running", "started").await
}

#[utoipa::path(post, path = "/api/agents/{id}/stop", tag = "agents", params(("id" = i64, Path)), security(("token" = ["telemetry:write"])),
    responses((status = 200, body = dto::AgentMoved), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn stop_agent(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    Segment(id): Segment,
) -> Result<Json<AgentMoved>, ApiError> {
    move_agent(&shared, &writer, &id, "stopped", "stopped").await
}

async fn move_agent(
    shared: &Shared,
    writer: &TelemetryWriter,
    id: &str,
    status: &'static str,
    done: &str,
) -> Result<Json<AgentMoved>, ApiError> {
    let given = [("status", Cell::Text(status.into())), ("last_run", Cell::Instant(shared.now()))];
    // Stopping is no run.
    let given = given.into_iter().filter(|(name, _)| *name == "status" || status == "running");
    let cells = given.filter_map(|(name, cell)| Some((AGENT.column(name)?, Some(cell)))).collect();
    let changed = writer.store.change_record(&AGENT, id_of("agent_id", id)?, &cells).await?.ok_or(ApiError::NotFound(AGENT.missing))?;
    let name = changed.get("name").and_then(Value::as_str).unwrap_or("");
    Ok(Json(AgentMoved { message: format!("Agent {name} {done}"), status }))
}

#[utoipa::path(get, path = "/api/v2/rf/info", tag = "rf", responses((status = 200, body = RfInfo), (status = 503, body = dto::Detail)))]
pub(crate) async fn rf_info(State(shared): State<Arc<Shared>>, reader: Reader) -> Result<Json<RfInfo>, ApiError> {
    let devices = devices(&shared, &reader).await?.len();
    Ok(Json(RfInfo { service: "vtoc-central", version: shared.config.version.clone(), tx_enabled: false, devices }))
}

#[utoipa::path(get, path = "/api/v2/rf/devices/list", tag = "rf",
    description = "The receivers that stations deliver from: one per station and protocol. Their hardware is known to the stations only.",
    responses((status = 200, body = RfDevices), (status = 503, body = dto::Detail)))]
pub(crate) async fn rf_devices(State(shared): State<Arc<Shared>>, reader: Reader) -> Result<Json<RfDevices>, ApiError> {
    Ok(Json(RfDevices { devices: devices(&shared, &reader).await? }))
}

async fn devices(shared: &Shared, reader: &Reader) -> Result<Vec<RfDevice>, ApiError> {
    let sources = shared.store.sources().await?;
    let own = sources.into_iter().filter(|s| Role::of_id(s.id).is_some_and(|role| reader.roles.contains(role)));
    let heard = own.filter(|s| s.station_id.is_some() && Protocol::from_name(&s.source_type).is_some());
    Ok(heard.map(|source| shown(shared, source)).collect())
}

fn shown(shared: &Shared, source: Source) -> RfDevice {
    let available = source.last_ingested_at.is_some_and(|at| shared.now().micros_since(at) <= HEARD_WITHIN_US);
    RfDevice {
        error: (!available).then_some("nothing delivered in the last minute"),
        device_id: source.slug,
        driver: "vtoc-station",
        label: source.name,
        serial: None,
        available,
        rx_range_mhz: None,
        tx_range_mhz: None,
    }
}

#[utoipa::path(post, path = "/api/v2/rf/devices/{id}/test", tag = "rf", params(("id" = String, Path)), security(("token" = ["telemetry:write"])),
    responses((status = 200, body = RfTest), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn rf_test(State(shared): State<Arc<Shared>>, reader: Reader, Segment(id): Segment) -> Result<Json<RfTest>, ApiError> {
    let device = devices(&shared, &reader).await?.into_iter().find(|d| d.device_id == id);
    let device = device.ok_or(ApiError::NotFound("Device not found"))?;
    let message = device.available.then_some("it delivered within the last minute");
    let status = if device.available { "ok" } else { "error" };
    Ok(Json(RfTest { device_id: device.device_id, status, error: device.error, message }))
}
