//! `/api/v1/agent-actions/…` (contract §1.2, §3.1): tools, actions and their audits as vTOC's programs know them. An action is
//! a run of a playbook; one that an outside runner does is told to us by the signed webhook.

use super::body::{Fields, JsonObject, name, object, parse};
use super::both;
use super::chatkit::{REPLAYED, header, key_of, signed};
use super::context::station_of;
use super::runs::input;
use crate::agentkit::outside::{Action, HOP, words_of};
use crate::agentkit::worker::reply;
use crate::agentkit::{Definition, Outside};
use crate::auth::{Principal, RoleSet, Scope};
use crate::central::Shared;
use crate::chat::say::Speaker;
use crate::dto::{self, AgentAction, AgentActionAuditRead, AgentTool, Received, Utc};
use crate::error::ApiError;
use crate::routes::Params;
use crate::store::{NewRun, Run, RunEnd, RunFilter, RunState, Store, Told, outside_state};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const AUDITS: i64 = 100;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/agent-actions/tools", get(tools));
    let router = both(router, "/api/v1/agent-actions/audits", get(audits));
    let router = both(router, "/api/v1/agent-actions/execute", post(execute));
    both(router, "/api/v1/agent-actions/webhook", post(webhook)).with_state(shared)
}

fn tool(definition: &Definition) -> AgentTool {
    AgentTool {
        name: definition.id.clone(),
        description: definition.description.clone(),
        signature: definition.code.signature(),
        metadata: json!({
            "name": definition.name, "entrypoint": definition.entrypoint, "options": definition.options,
            "station_roles": definition.roles.names(), "runner": "central",
        }),
    }
}

/// The outside runner, if there is one, and it is not a runner that asks.
fn runner<'a>(shared: &'a Shared, headers: &HeaderMap) -> Option<&'a Outside> {
    shared.agents.outside().filter(|_| !headers.contains_key(HOP))
}

/// What these roles may use: ours, and what the outside runner does. One that doesn't answer takes none of ours away.
pub(crate) async fn tools_of(shared: &Shared, roles: RoleSet, headers: &HeaderMap) -> Vec<AgentTool> {
    let agents = &shared.agents;
    let usable = agents.listed().filter(|d| agents.is_allowed(&d.id) && d.roles.iter().any(|role| roles.contains(role)));
    let mut all: Vec<AgentTool> = usable.map(tool).collect();
    let Some(outside) = runner(shared, headers) else { return all };
    match outside.tools().await {
        Ok(theirs) => all.extend(theirs.into_iter().filter(|t| agents.is_allowed(&t.name) && agents.playbook(&t.name).is_none())),
        Err(error) => tracing::warn!(%error, "the outside runner's tools are not listed"),
    }
    all
}

#[utoipa::path(get, path = "/api/v1/agent-actions/tools", tag = "agentkit",
    responses((status = 200, body = [AgentTool], description = "Of CHATKIT_ALLOWED_TOOLS, if that is set"), (status = 401, body = dto::Detail),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn tools(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    headers: HeaderMap,
) -> Result<Json<Vec<AgentTool>>, ApiError> {
    principal.require(Scope::Read)?;
    Ok(Json(tools_of(&shared, principal.rights.roles, &headers).await))
}

#[utoipa::path(get, path = "/api/v1/agent-actions/audits", tag = "agentkit",
    responses((status = 200, body = [AgentActionAuditRead], description = "The newest 100"), (status = 401, body = dto::Detail),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn audits(State(shared): State<Arc<Shared>>, principal: Principal) -> Result<Json<Vec<AgentActionAuditRead>>, ApiError> {
    principal.require(Scope::Read)?;
    let runs = shared.store.runs(principal.rights.roles, &RunFilter { limit: AUDITS, ..RunFilter::default() }).await?;
    Ok(Json(runs.into_iter().map(audit).collect()))
}

fn audit(run: Run) -> AgentActionAuditRead {
    AgentActionAuditRead {
        id: run.id,
        status: status_of(&run),
        action_id: run.action_id,
        tool_name: run.playbook,
        request_payload: Some(run.input),
        response_payload: run.result,
        error_message: run.error,
        channel_slug: run.channel_slug,
        initiator_id: run.initiator_id,
        created_at: Utc(run.created_at),
        updated_at: Utc(run.updated_at),
        completed_at: run.finished_at.map(Utc),
    }
}

fn status_of(run: &Run) -> String {
    run.status.clone().unwrap_or_else(|| run.state.name().to_owned())
}

pub(crate) fn action(run: Run) -> AgentAction {
    AgentAction {
        status: status_of(&run),
        action_id: run.action_id,
        tool_name: Some(run.playbook),
        result: run.result,
        message: run.markdown,
        error: run.error,
    }
}

#[utoipa::path(post, path = "/api/v1/agent-actions/execute", tag = "agentkit", security(("token" = ["telemetry:write"]), ("session" = [])),
    request_body = dto::AgentActionCreate,
    params(("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same, it runs once"),
        ("X-ChatKit-Channel" = Option<String>, Header, description = "Also X-ChatKit-Thread"),
        ("X-ChatKit-User" = Option<String>, Header, description = "Also X-ChatKit-Initiator"),
        ("X-Station-Id" = Option<String>, Header, description = "A station's slug. Also X-Station-Slug, X-ChatKit-Station, X-TOC-Station")),
    responses((status = 202, body = AgentAction), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 502, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn execute(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    headers: HeaderMap,
    params: Params,
    body: JsonObject,
) -> Result<(StatusCode, Json<AgentAction>), ApiError> {
    let run = start(&shared, &principal, &headers, &params, body).await?;
    Ok((StatusCode::ACCEPTED, Json(AgentAction { tool_name: None, ..action(run) })))
}

/// What the metadata, else the body, else a header says.
fn said(metadata: &Map<String, Value>, keys: &[&str], own: Option<String>, headers: &HeaderMap, names: &[&str]) -> Option<String> {
    let chatkit = metadata.get("chatkit").and_then(Value::as_object);
    let places = std::iter::once(metadata).chain(chatkit);
    let found = places.flat_map(|place| keys.iter().filter_map(|key| place.get(*key))).find_map(|value| key_of(value).ok());
    found.or(own).or_else(|| header(headers, names))
}

/// Queues the action that somebody asks for, here or at the outside runner.
pub(crate) async fn start(
    shared: &Shared,
    principal: &Principal,
    headers: &HeaderMap,
    params: &Params,
    body: JsonObject,
) -> Result<Run, ApiError> {
    principal.require(Scope::TelemetryWrite)?;
    let speaker = Speaker::of(principal).ok_or(ApiError::Unauthorized("Log in to run a tool"))?;
    let mut fields = Fields::of(body);
    let tool = fields.required("tool_name", name(255)).unwrap_or_default();
    fields.given("action_input", input);
    fields.given("metadata", input);
    let (channel_slug, initiator) = (fields.given("channel_slug", name(200)).flatten(), fields.given("initiator_id", name(200)).flatten());
    let of = |field: &str| fields.get(field).and_then(Value::as_object).cloned().unwrap_or_default();
    let (asked, metadata) = (of("action_input"), of("metadata"));
    fields.finish()?;
    let channel = said(&metadata, &["channel_slug", "channel"], channel_slug, headers, &["x-chatkit-channel", "x-chatkit-thread"]);
    let initiator =
        said(&metadata, &["initiator_id", "user_id", "initiator", "user"], initiator, headers, &["x-chatkit-user", "x-chatkit-initiator"]);
    if !shared.agents.is_allowed(&tool) {
        return Err(ApiError::Forbidden(format!("The tool {tool} is not among CHATKIT_ALLOWED_TOOLS")));
    }
    // A name that is no channel of ours is kept, and nothing is said there.
    let held = match &channel {
        Some(named) => shared.store.channel(named).await?.filter(|c| speaker.sees(c)),
        None => None,
    };
    let named = ["station", "station_slug"].iter().find_map(|key| metadata.get(*key)?.as_str());
    let station = match named.or(held.as_ref().and_then(|c| c.station.as_deref())) {
        Some(slug) => shared.stations.named(&shared.store, slug).await?.filter(|s| speaker.rights.roles.contains(s.role)),
        None => station_of(shared, speaker.rights.roles, None, headers, params).await?,
    };
    let roles = held.as_ref().and_then(|c| c.role).map_or(speaker.rights.roles, |role| RoleSet::from_iter([role]));
    let asked_by = NewRun {
        key: header(headers, &["idempotency-key"]).map(|id| format!("client:{}:{id}", speaker.author.id)),
        metadata: Some(Value::Object(metadata.clone()).to_string()),
        dry_run: metadata.get("dry_run").and_then(Value::as_bool).unwrap_or(false),
        requested_by: speaker.author.id.clone(),
        station_id: station.as_ref().map(|s| s.id),
        channel_id: held.map(|c| c.id),
        channel_slug: channel,
        initiator_id: initiator.or(Some(speaker.author.id)),
        roles,
        ..NewRun::outside(tool.clone(), Value::Object(asked.clone()).to_string())
    };
    let store = shared.store.by(speaker.actor);
    let run = match (shared.agents.playbook(&tool).filter(|d| !d.hidden), runner(shared, headers)) {
        (Some(_), _) => {
            let ours = shared.agents.new_run(&tool, Value::Object(asked), roles, station.as_ref())?;
            NewRun { roles: ours.roles, attempts_max: ours.attempts_max, timeout_s: ours.timeout_s, outside: None, ..asked_by }
        }
        (None, None) => return Err(ApiError::NotFound("Tool not found")),
        (None, Some(outside)) => {
            if let Some(held) = asked_by.key.as_deref()
                && let Some(run) = store.run_of_key(held).await?
            {
                return Ok(run);
            }
            let said = outside.execute(&tool, &asked, &metadata).await.map_err(|e| ApiError::BadGateway(e.to_string()))?;
            return begun_outside(shared, &store, asked_by, &said).await;
        }
    };
    let run = store.queue_run(&run, shared.now()).await?.0;
    shared.agents.wake();
    Ok(run)
}

/// Notes what the outside runner has begun, and what it says of it already.
async fn begun_outside(shared: &Shared, store: &Store, asked_by: NewRun, said: &Action) -> Result<Run, ApiError> {
    let new = NewRun { outside: Some((said.id.clone(), "queued".into())), ..asked_by };
    let run = store.queue_run(&new, shared.now()).await?.0;
    crate::agentkit::outside::note(shared, &run, said).await?;
    Ok(store.run(run.id).await?.unwrap_or(run))
}

#[utoipa::path(post, path = "/api/v1/agent-actions/webhook", tag = "agentkit", request_body = dto::AgentActionReport,
    description = "Signed as the chat's webhook is. What an outside runner tells of an action; one that is over stays so.",
    responses((status = 202, body = Received), (status = 400, body = dto::Detail), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail, description = "No secret is configured"), (status = 409, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn webhook(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Received>), ApiError> {
    const INVALID: &str = "Invalid payload";
    let digest = signed(&shared, &headers, &body)?;
    let invalid = |_| ApiError::BadRequest(INVALID.into());
    let mut fields = Fields::of(parse(&body).map_err(invalid)?);
    let (action_id, status) = (fields.required("action_id", name(128)), fields.required("status", name(50)));
    let error = fields.given("error", name(10_000)).flatten();
    let result = fields.given("result", object).flatten();
    let channel =
        fields.given("channel_slug", name(200)).flatten().or_else(|| header(&headers, &["x-chatkit-channel", "x-chatkit-thread"]));
    let initiator =
        fields.given("initiator_id", name(200)).flatten().or_else(|| header(&headers, &["x-chatkit-user", "x-chatkit-initiator"]));
    fields.finish().map_err(invalid)?;
    let (Some(action_id), Some(status)) = (action_id, status) else { return Err(ApiError::BadRequest(INVALID.into())) };
    let run = match shared.store.run_of_action(&action_id).await? {
        Some(run) => run,
        None => unknown_action(&shared, &action_id, channel.as_deref(), initiator).await?,
    };
    if !run.outside {
        return Err(ApiError::Conflict("This action is the central's own".into()));
    }
    let end = RunEnd { state: outside_state(&status), markdown: result.as_deref().and_then(words_of), result, error };
    let said = reply(&run, &end).filter(|_| end.state.is_final());
    match shared.store.outside_says(&run, &status, &end, said.as_ref(), Some(&digest), shared.now()).await? {
        Told::Replayed => Err(ApiError::Conflict(REPLAYED.into())),
        Told::Noted | Told::Over => {
            shared.chat.feed.wake();
            Ok((StatusCode::ACCEPTED, Json(Received { received: true })))
        }
    }
}

/// An action that was not begun here: noted, with where its result is to be said.
async fn unknown_action(shared: &Shared, action_id: &str, channel: Option<&str>, initiator: Option<String>) -> Result<Run, ApiError> {
    let held = match channel {
        Some(named) => shared.store.channel(named).await?,
        None => None,
    };
    let new = NewRun {
        roles: held.as_ref().and_then(|c| c.role).map_or(RoleSet::ALL, |role| RoleSet::from_iter([role])),
        channel_id: held.map(|c| c.id),
        channel_slug: channel.map(str::to_owned),
        initiator_id: initiator,
        outside: Some((action_id.to_owned(), RunState::Queued.name().to_owned())),
        ..NewRun::outside("unknown".into(), "{}".into())
    };
    Ok(shared.store.queue_run(&new, shared.now()).await?.0)
}
