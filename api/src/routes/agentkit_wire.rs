//! The wire between vTOC's programs and AgentKit (contract §3.2), served: `/orgs/{org}/tools`, `/orgs/{org}/actions`,
//! `/orgs/{org}/actions/{action}` with a token of ours and `X-AgentKit-Org`; and a token for `AGENTKIT_CLIENT_ID` and `…_SECRET`.

use super::agent_actions::{action, start, tools_of};
use super::body::{Fields, JsonObject, name, parse};
use super::both;
use super::context::Segment;
use crate::auth::{Neighbourhood, Principal, RoleSet, Scope, digest};
use crate::central::Shared;
use crate::dto::{self, AccessToken, AgentAction, AgentTools};
use crate::error::ApiError;
use crate::routes::Params;
use crate::store::{Actor, NewToken};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Seconds that a token of client credentials lives.
const TOKEN_LIFE_S: u64 = 3_600;
const NO_ORG: ApiError = ApiError::NotFound("Organisation not found");

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/orgs/{id}/tools", get(tools));
    let router = both(router, "/orgs/{id}/actions", post(execute));
    let router = both(router, "/orgs/{id}/actions/{slug}", get(one));
    both(router, "/api/v1/agentkit/token", post(token)).with_state(shared)
}

/// The organisation in the path and in the header is ours.
fn ours(shared: &Shared, org: &str, headers: &HeaderMap) -> Result<(), ApiError> {
    let own = shared.agents.organisation();
    let said = headers.get("x-agentkit-org").and_then(|value| value.to_str().ok());
    if org == own && said == Some(own) { Ok(()) } else { Err(NO_ORG) }
}

#[utoipa::path(get, path = "/orgs/{id}/tools", tag = "agentkit wire", security(("token" = ["read"])),
    params(("id" = String, Path, description = "The organisation"), ("X-AgentKit-Org" = String, Header)),
    responses((status = 200, body = AgentTools), (status = 401, body = dto::Detail), (status = 404, body = dto::Detail)))]
pub(crate) async fn tools(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(org): Segment,
    headers: HeaderMap,
) -> Result<Json<AgentTools>, ApiError> {
    principal.require(Scope::Read)?;
    ours(&shared, &org, &headers)?;
    Ok(Json(AgentTools { tools: tools_of(&shared, principal.rights.roles, &headers).await }))
}

#[utoipa::path(post, path = "/orgs/{id}/actions", tag = "agentkit wire", security(("token" = ["telemetry:write"])),
    params(("id" = String, Path, description = "The organisation"), ("X-AgentKit-Org" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)), request_body = dto::AgentActionCreate,
    responses((status = 200, body = AgentAction), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn execute(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(org): Segment,
    headers: HeaderMap,
    params: Params,
    body: JsonObject,
) -> Result<Json<AgentAction>, ApiError> {
    ours(&shared, &org, &headers)?;
    Ok(Json(action(start(&shared, &principal, &headers, &params, body).await?)))
}

#[utoipa::path(get, path = "/orgs/{id}/actions/{slug}", tag = "agentkit wire", security(("token" = ["read"])),
    params(("id" = String, Path, description = "The organisation"), ("slug" = String, Path, description = "The action's id"),
        ("X-AgentKit-Org" = String, Header)),
    responses((status = 200, body = AgentAction), (status = 401, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Path((org, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<AgentAction>, ApiError> {
    principal.require(Scope::Read)?;
    ours(&shared, &org, &headers)?;
    let run = shared.store.run_of_action(&id).await?.filter(|run| run.roles.is_within(principal.rights.roles));
    Ok(Json(action(run.ok_or(ApiError::NotFound("Action not found"))?)))
}

#[utoipa::path(post, path = "/api/v1/agentkit/token", tag = "agentkit wire", request_body = dto::ClientCredentials,
    description = "Client credentials (RFC 6749, 4.4) as JSON or as a form: a token for reading and writing telemetry, for an hour.",
    responses((status = 200, body = AccessToken), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 429, body = dto::Detail),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn token(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    const WRONG: ApiError = ApiError::Unauthorized("Client id or secret is wrong");
    let mut fields = Fields::of(if is_form(&headers) { form(&body) } else { parse(&body)? });
    let (id, secret) = (fields.required("client_id", name(255)).unwrap_or_default(), fields.hidden("client_secret"));
    fields.finish()?;
    let too_many = |seconds| ApiError::TooMany { seconds };
    shared.doors.logins_by_address.take(Neighbourhood::of(principal.address), shared.now()).map_err(too_many)?;
    let Some(client) = shared.agents.client() else {
        return Err(ApiError::Forbidden("No client credentials are configured: set AGENTKIT_CLIENT_ID and AGENTKIT_CLIENT_SECRET".into()));
    };
    let right = digest(&id).ct_eq(&digest(&client.id)) & digest(&secret).ct_eq(&client.secret_digest());
    let store = shared.store.by(Actor { name: format!("agentkit:{}", client.id), ..principal.actor() });
    if !bool::from(right) {
        store.note("client.refused", "agentkit").await?;
        return Err(WRONG);
    }
    let expires_at = shared.now().plus_micros(i64::try_from(TOKEN_LIFE_S).unwrap_or(0) * 1_000_000);
    let name = format!("agentkit:{}", client.id);
    store.forget_tokens(&name, shared.now()).await?;
    let new = NewToken { name, scopes: vec![Scope::Read, Scope::TelemetryWrite], roles: RoleSet::ALL, expires_at: Some(expires_at) };
    let (_, secret) = store.add_api_token(&new).await?;
    let token = AccessToken { access_token: secret.reveal().to_owned(), token_type: "Bearer", expires_in: TOKEN_LIFE_S };
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(token)).into_response())
}

fn is_form(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    media.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn form(body: &[u8]) -> JsonObject {
    let uri = std::str::from_utf8(body).ok().and_then(|query| format!("/?{query}").parse().ok());
    let pairs = uri.and_then(|uri| axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
    let object: Map<String, Value> = pairs.map(|q| q.0).unwrap_or_default().into_iter().map(|(k, v)| (k, Value::String(v))).collect();
    JsonObject(object)
}
