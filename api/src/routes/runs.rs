//! `/api/v1/stations/{slug}/playbooks` and `/api/v1/agentkit/runs` (docs/playbooks.md): what can be run, running it, what came
//! of it. A run is about the data of its station roles; whoever lacks one of them does not see it.

use super::body::{Fields, JsonObject, Problem, boolean, integer, name, object};
use super::chat::{channel_of, thread_of};
use super::context::{NO_STATION, Segment, id_of};
use super::messages::{channel_key, id_param};
use super::params::limit_param;
use super::{Params, both};
use crate::agentkit::Definition;
use crate::auth::{Principal, RoleSet, Scope, Who};
use crate::central::Shared;
use crate::chat::say::Speaker;
use crate::dto::{self, PlaybookRead, RunLogLine, RunRead, Utc};
use crate::error::ApiError;
use crate::store::{NewRun, Run, RunFilter, RunState, Station};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;
use std::sync::Arc;

const NOT_FOUND: ApiError = ApiError::NotFound("Run not found");
/// Bytes of a run's input.
const INPUT_BYTES_MAX: usize = 256 << 10;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/stations/{slug}/playbooks", get(playbooks));
    let router = both(router, "/api/v1/stations/{slug}/playbooks/{id}/runs", post(start));
    let router = both(router, "/api/v1/agentkit/runs", get(list));
    let router = both(router, "/api/v1/agentkit/runs/{id}", get(one));
    let router = both(router, "/api/v1/agentkit/runs/{id}/logs", get(logs));
    both(both(router, "/api/v1/agentkit/runs/{id}/confirm", post(confirm)), "/api/v1/agentkit/runs/{id}/cancel", post(cancel))
        .with_state(shared)
}

fn shown_playbook(definition: &Definition) -> PlaybookRead {
    PlaybookRead {
        id: definition.id.clone(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        entrypoint: definition.entrypoint.clone(),
        options: definition.options.clone(),
        signature: definition.code.signature(),
        station_roles: definition.roles.names(),
        timeout_seconds: definition.timeout_s,
        attempts: definition.attempts,
        schedule: definition.schedule_text.clone(),
        confirm: definition.confirm,
    }
}

async fn shown(shared: &Shared, run: Run) -> Result<RunRead, ApiError> {
    let station = match run.station_id {
        Some(id) => shared.stations.with_id(&shared.store, id).await?,
        None => None,
    };
    Ok(RunRead {
        id: run.id,
        action_id: run.action_id,
        playbook: run.playbook,
        state: run.state.name(),
        runner: if run.outside { "outside" } else { "central" },
        input: run.input,
        dry_run: run.dry_run,
        station: station.map(|s| s.slug.to_string()),
        station_roles: run.roles.names(),
        requested_by: run.requested_by,
        channel_id: run.reply.channel_id,
        thread_id: run.reply.thread_id,
        attempts: run.attempts,
        attempts_max: run.attempts_max,
        cancel_asked: run.cancel_asked,
        asks: run.asks,
        decided_by: run.decided_by,
        run_at: Utc(run.run_at),
        markdown: run.markdown,
        result: run.result,
        error: run.error,
        created_at: Utc(run.created_at),
        started_at: run.started_at.map(Utc),
        finished_at: run.finished_at.map(Utc),
    })
}

/// By its slug in any spelling, or its id.
async fn station_named(shared: &Shared, roles: RoleSet, named: &str) -> Result<Station, ApiError> {
    let by_slug = shared.stations.named(&shared.store, named).await?;
    let found = match (by_slug, named.parse::<i64>()) {
        (None, Ok(id)) => shared.stations.with_id(&shared.store, id).await?,
        (by_slug, _) => by_slug,
    };
    found.filter(|s| roles.contains(s.role)).ok_or(NO_STATION)
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}/playbooks", tag = "agentkit",
    params(("slug" = String, Path, description = "A station's slug or id")),
    responses((status = 200, body = [PlaybookRead], description = "Those for the station's role"), (status = 401, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn playbooks(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(slug): Segment,
) -> Result<Json<Vec<PlaybookRead>>, ApiError> {
    principal.require(Scope::Read)?;
    let station = station_named(&shared, principal.rights.roles, &slug).await?;
    Ok(Json(shared.agents.listed().filter(|d| d.roles.contains(station.role)).map(shown_playbook).collect()))
}

#[utoipa::path(post, path = "/api/v1/stations/{slug}/playbooks/{id}/runs", tag = "agentkit",
    security(("token" = ["telemetry:write"]), ("session" = [])),
    params(("slug" = String, Path, description = "A station's slug or id"), ("id" = String, Path, description = "A playbook"),
        ("Idempotency-Key" = Option<String>, Header, description = "As `client_id`")), request_body = dto::RunCreate,
    responses((status = 200, body = RunRead, description = "It was asked before (the same `client_id`)"), (status = 202, body = RunRead),
        (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn start(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    path: Path<(String, String)>,
    headers: HeaderMap,
    body: JsonObject,
) -> Result<(StatusCode, Json<RunRead>), ApiError> {
    principal.require(Scope::TelemetryWrite)?;
    let speaker = Speaker::of(&principal).ok_or(ApiError::Unauthorized("Log in to run a playbook"))?;
    let Path((slug, playbook)) = path;
    let mut fields = Fields::of(body);
    fields.given("input", input);
    let input = fields.get("input").filter(|v| v.is_object()).cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let dry_run = fields.not_null("dry_run", boolean).unwrap_or(false);
    let channel = fields.given("channel", channel_key).flatten();
    let thread_id = fields.given("thread_id", integer).flatten();
    let client_id = fields.given("client_id", name(200)).flatten().or_else(|| super::chatkit::header(&headers, &["idempotency-key"]));
    fields.finish()?;
    let roles = principal.rights.roles;
    let station = station_named(&shared, roles, &slug).await?;
    let run = shared.agents.new_run(&playbook, input, roles, Some(&station))?;
    let channel = match channel {
        Some(named) => Some(channel_of(&shared, roles, &named).await?),
        None => None,
    };
    if let Some(id) = thread_id {
        let channel = channel.as_ref().ok_or(super::chat::NO_CHANNEL)?;
        thread_of(&shared, channel, id).await?;
    }
    let run = NewRun {
        key: client_id.map(|id| format!("client:{}:{id}", speaker.author.id)),
        dry_run,
        requested_by: speaker.author.id,
        channel_id: channel.as_ref().map(|c| c.id),
        channel_slug: channel.map(|c| c.slug),
        thread_id,
        ..run
    };
    let (run, new) = shared.store.by(speaker.actor).queue_run(&run, shared.now()).await?;
    shared.agents.wake();
    let status = if new { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(shown(&shared, run).await?)))
}

pub(crate) fn input(value: &Value) -> Result<String, Problem> {
    let text = object(value)?;
    if INPUT_BYTES_MAX < text.len() {
        return Err(("too_long", format!("Input should have at most {INPUT_BYTES_MAX} bytes")));
    }
    Ok(text)
}

#[utoipa::path(get, path = "/api/v1/agentkit/runs", tag = "agentkit",
    params(("station" = Option<String>, Query, description = "A station's slug or id"), ("playbook" = Option<String>, Query),
        ("state" = Option<String>, Query, description = "queued, running, succeeded, failed or cancelled"),
        ("before" = Option<i64>, Query, description = "Older than this run"),
        ("limit" = Option<i64>, Query, description = "1 to 1000, else 100")),
    responses((status = 200, body = [RunRead], description = "Newest first"), (status = 401, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, principal: Principal, params: Params) -> Result<Json<Vec<RunRead>>, ApiError> {
    principal.require(Scope::Read)?;
    let roles = principal.rights.roles;
    let station = match params.get("station") {
        Some(named) => Some(station_named(&shared, roles, named).await?),
        None => None,
    };
    let unknown = |text: &str| {
        let names: Vec<&str> = RunState::ALL.iter().map(|s| s.name()).collect();
        ApiError::field("query", "state", "enum", format!("Input should be one of {}", names.join(", ")), text)
    };
    let filter = RunFilter {
        station_id: station.map(|s| s.id),
        playbook: params.get("playbook").filter(|p| !p.contains('\0')).map(str::to_owned),
        state: params.get("state").map(|text| RunState::from_name(text).ok_or_else(|| unknown(text))).transpose()?,
        before: id_param(&params, "before")?,
        limit: limit_param(&params)?,
    };
    let mut all = Vec::new();
    for run in shared.store.runs(roles, &filter).await? {
        all.push(shown(&shared, run).await?);
    }
    Ok(Json(all))
}

async fn seen(shared: &Shared, principal: &Principal, id: &str) -> Result<Run, ApiError> {
    let run = shared.store.run(id_of("run_id", id)?).await?;
    run.filter(|run| run.roles.is_within(principal.rights.roles)).ok_or(NOT_FOUND)
}

#[utoipa::path(get, path = "/api/v1/agentkit/runs/{id}", tag = "agentkit", params(("id" = i64, Path)),
    responses((status = 200, body = RunRead), (status = 401, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn one(State(shared): State<Arc<Shared>>, principal: Principal, Segment(id): Segment) -> Result<Json<RunRead>, ApiError> {
    principal.require(Scope::Read)?;
    let run = seen(&shared, &principal, &id).await?;
    Ok(Json(shown(&shared, run).await?))
}

#[utoipa::path(get, path = "/api/v1/agentkit/runs/{id}/logs", tag = "agentkit", params(("id" = i64, Path)),
    responses((status = 200, body = [RunLogLine], description = "Of all attempts that came to an end"), (status = 401, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn logs(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(id): Segment,
) -> Result<Json<Vec<RunLogLine>>, ApiError> {
    principal.require(Scope::Read)?;
    let run = seen(&shared, &principal, &id).await?;
    let lines = shared.store.run_logs(run.id).await?;
    Ok(Json(lines.into_iter().map(|l| RunLogLine { n: l.n, attempt: l.attempt, at: Utc(l.at), text: l.text }).collect()))
}

#[utoipa::path(post, path = "/api/v1/agentkit/runs/{id}/cancel", tag = "agentkit", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"]), ("session" = [])),
    description = "A queued run ends at once, a running one within five seconds, one that is over stays as it is.",
    responses((status = 202, body = RunRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn cancel(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(id): Segment,
) -> Result<(StatusCode, Json<RunRead>), ApiError> {
    principal.require(Scope::TelemetryWrite)?;
    let run = seen(&shared, &principal, &id).await?;
    let run = shared.store.by(principal.actor()).cancel_run(run.id, shared.now()).await?.ok_or(NOT_FOUND)?;
    Ok((StatusCode::ACCEPTED, Json(shown(&shared, run).await?)))
}

#[utoipa::path(post, path = "/api/v1/agentkit/runs/{id}/confirm", tag = "agentkit", params(("id" = i64, Path)), security(("session" = [])),
    description = "Lets a run begin that asks. An operator's word: no token gives it.",
    responses((status = 202, body = RunRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 409, body = dto::Detail, description = "It does not ask, or not any more"), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn confirm(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(id): Segment,
) -> Result<(StatusCode, Json<RunRead>), ApiError> {
    principal.require(Scope::TelemetryWrite)?;
    let Who::Operator { login, .. } = &principal.who else {
        return Err(ApiError::Forbidden("Only an operator who is logged in can confirm".into()));
    };
    let run = seen(&shared, &principal, &id).await?;
    let decided = shared.store.by(principal.actor()).decide_run(run.id, true, &format!("operator:{login}"), shared.now()).await?;
    let run = decided.ok_or_else(|| ApiError::Conflict("This run does not wait for a confirmation".into()))?;
    shared.agents.wake();
    Ok((StatusCode::ACCEPTED, Json(shown(&shared, run).await?)))
}
