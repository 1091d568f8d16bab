//! `/api/v1/alerts`: what the rules raised; operators acknowledge and resolve.

use super::body::{Fields, JsonObject, text};
use super::context::{Segment, id_of};
use super::live::{socket, told_while};
use super::params::{limit_param, time_param};
use super::{Params, both};
use crate::alerts::Severity;
use crate::auth::{Lease, Reader, TelemetryWriter};
use crate::central::Shared;
use crate::dto::{self, AlertRead, Utc};
use crate::error::ApiError;
use crate::store::{ALERT_STATES, Alert, AlertFilter};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use std::sync::Arc;

const NOT_FOUND: ApiError = ApiError::NotFound("Alert not found");

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/alerts", get(list));
    let router = both(router, "/api/v1/alerts/feed", get(feed));
    let router = both(router, "/api/v1/alerts/{id}", get(one));
    let router = both(router, "/api/v1/alerts/{id}/acknowledge", post(acknowledge));
    both(router, "/api/v1/alerts/{id}/resolve", post(resolve)).with_state(shared)
}

impl From<Alert> for AlertRead {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id,
            rule_id: alert.rule_id,
            rule: alert.rule_name,
            kind: alert.kind,
            role: alert.role.name(),
            subject: alert.subject,
            cause: alert.cause,
            station: alert.station,
            severity: alert.severity.name(),
            opened_at: Utc(alert.opened_at),
            last_at: Utc(alert.last_at),
            raised_at: Utc(alert.raised_at),
            count: alert.count,
            latitude: alert.latitude,
            longitude: alert.longitude,
            details: alert.details,
            state: alert.state,
            acknowledged_by: alert.acknowledged_by,
            acknowledged_at: alert.acknowledged_at.map(Utc),
            resolved_by: alert.resolved_by,
            resolved_at: alert.resolved_at.map(Utc),
            note: alert.note,
        }
    }
}

#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts",
    params(("state" = Option<String>, Query, description = "open, acknowledged, resolved, or active: the first two"),
        ("severity" = Option<String>, Query, description = "info, warning or critical"),
        ("rule" = Option<i64>, Query, description = "A rule's id"),
        ("subject" = Option<String>, Query, description = "icao:4840d6, mmsi:970123456, station:alpha, imei:…"),
        ("station" = Option<String>, Query, description = "The slug of the station that heard it first"),
        ("since" = Option<String>, Query, description = "RFC 3339: went on then or later"),
        ("until" = Option<String>, Query, description = "RFC 3339: began then or earlier"),
        ("limit" = Option<i64>, Query, description = "1 to 1000, else 100"),
        ("cursor" = Option<i64>, Query, description = "From the Link header of the page before")),
    responses((status = 200, body = [AlertRead], description = "Newest first"), (status = 401, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, reader: Reader, uri: Uri, params: Params) -> Result<Response, ApiError> {
    let filter = filter_of(&params)?;
    let alerts = shared.store.alerts(reader.roles, &filter).await?;
    let next = alerts.last().filter(|_| alerts.len() as i64 == filter.limit).map(|alert| alert.id);
    let mut response = Json(alerts.into_iter().map(AlertRead::from).collect::<Vec<_>>()).into_response();
    if let Some(id) = next {
        response.headers_mut().insert(header::LINK, next_page(&uri, id));
    }
    Ok(response)
}

fn filter_of(params: &Params) -> Result<AlertFilter, ApiError> {
    let states = match params.get("state") {
        None => Vec::new(),
        Some("active") => vec!["open", "acknowledged"],
        Some(name) => {
            let state = ALERT_STATES.into_iter().find(|s| *s == name);
            let message = "Input should be open, acknowledged, resolved or active";
            vec![state.ok_or_else(|| ApiError::field("query", "state", "enum", message, name))?]
        }
    };
    let severity = params.get("severity").map(|name| {
        let problem = || ApiError::field("query", "severity", "enum", "Input should be info, warning or critical", name);
        Severity::from_name(name).ok_or_else(problem)
    });
    let text = |name| params.get(name).filter(|text| !text.contains('\0')).map(str::to_owned);
    Ok(AlertFilter {
        states,
        severity: severity.transpose()?,
        rule_id: number(params, "rule")?,
        subject: text("subject"),
        station: text("station"),
        since: time_param(params, "since")?,
        until: time_param(params, "until")?,
        before: number(params, "cursor")?,
        limit: limit_param(params)?,
    })
}

fn number(params: &Params, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| ApiError::field("query", name, "int_parsing", "Input should be a valid integer", text))
}

/// The same request with another cursor.
fn next_page(uri: &Uri, cursor: i64) -> HeaderValue {
    let others = uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let query: Vec<String> = others.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    let link = format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"));
    HeaderValue::from_str(&link).unwrap_or(HeaderValue::from_static(""))
}

#[utoipa::path(get, path = "/api/v1/alerts/feed", tag = "alerts",
    description = "WebSocket: an `AlertsFrame` at the beginning and with every change, as text frames of JSON.",
    responses((status = 101, description = "Switching to WebSocket"), (status = 400, body = dto::Detail), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn feed(
    State(shared): State<Arc<Shared>>,
    reader: Reader,
    lease: Option<Extension<Lease>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = socket(upgrade, &headers, "the alerts")?;
    let watcher = shared.alerts.board.join(reader.roles, &shared.store, shared.now()).await;
    let watcher = watcher.ok_or_else(|| ApiError::Unavailable("Too many watch the alerts already; try again later".into()))?;
    Ok(told_while(lease, upgrade, watcher))
}

#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = i64, Path)),
    responses((status = 200, body = AlertRead), (status = 401, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn one(State(shared): State<Arc<Shared>>, reader: Reader, Segment(id): Segment) -> Result<Json<AlertRead>, ApiError> {
    let alert = shared.store.alert(reader.roles, id_of("alert_id", &id)?).await?;
    Ok(Json(alert.ok_or(NOT_FOUND)?.into()))
}

#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "alerts", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"]), ("session" = [])), request_body = dto::AlertNote, description = "Somebody takes care of it.",
    responses((status = 200, body = AlertRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn acknowledge(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    Segment(id): Segment,
    body: JsonObject,
) -> Result<Json<AlertRead>, ApiError> {
    let (id, note) = asked(&writer, &id, body).await?;
    let alert = writer.store.acknowledge_alert(id, note, shared.now()).await?;
    shared.alerts.board.wake();
    Ok(Json(alert.ok_or(NOT_FOUND)?.into()))
}

#[utoipa::path(post, path = "/api/v1/alerts/{id}/resolve", tag = "alerts", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"]), ("session" = [])), request_body = dto::AlertNote,
    description = "It is over. A distress that goes on is raised again after the rule's `suppress_minutes`; anything else when it begins anew.",
    responses((status = 200, body = AlertRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn resolve(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    Segment(id): Segment,
    body: JsonObject,
) -> Result<Json<AlertRead>, ApiError> {
    let (id, note) = asked(&writer, &id, body).await?;
    let alert = writer.store.resolve_alert(id, note, shared.now()).await?;
    shared.alerts.changed();
    shared.alerts.board.wake();
    Ok(Json(alert.ok_or(NOT_FOUND)?.into()))
}

/// One of another role is nobody's.
async fn asked(writer: &TelemetryWriter, id: &str, body: JsonObject) -> Result<(i64, Option<String>), ApiError> {
    let id = id_of("alert_id", id)?;
    let mut fields = Fields::of(body);
    let note = fields.given("note", text(10_000)).flatten();
    fields.finish()?;
    writer.store.alert(writer.principal.rights.roles, id).await?.ok_or(NOT_FOUND)?;
    Ok((id, note))
}
