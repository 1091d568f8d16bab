//! `/api/v1/operators`, `/api/v1/tokens` and `/api/v1/audit`: for administrators. Nobody gives away what they don't have.

use super::body::{Fields, JsonObject, Problem, boolean, instant, name};
use super::context::{Segment, id_of};
use super::params::{limit_param, time_param};
use super::{Params, both};
use crate::auth::{Administrator, Grade, RoleSet, Scope, hex};
use crate::central::Shared;
use crate::dto::{self, AuditRead, OperatorRead, TokenCreated, TokenRead, Utc};
use crate::error::ApiError;
use crate::store::{ApiToken, NewOperator, NewToken, Operator, OperatorChange};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, patch};
use axum::{Json, Router};
use serde_json::Value;
use std::sync::Arc;

const NO_OPERATOR: ApiError = ApiError::NotFound("Operator not found");
const NO_TOKEN: ApiError = ApiError::NotFound("Token not found");

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/operators", get(operators).post(add_operator));
    let router = both(router, "/api/v1/operators/{id}", patch(change_operator));
    let router = both(router, "/api/v1/tokens", get(tokens).post(add_token));
    let router = both(router, "/api/v1/tokens/{id}", delete(revoke_token));
    both(router, "/api/v1/audit", get(audit)).with_state(shared)
}

fn shown(operator: Operator) -> OperatorRead {
    OperatorRead {
        id: operator.id,
        login: operator.login,
        name: operator.name,
        grade: operator.grade.name(),
        station_roles: operator.roles.names(),
        disabled: operator.disabled,
        created_at: Utc(operator.created_at),
        updated_at: Utc(operator.updated_at),
    }
}

#[utoipa::path(get, path = "/api/v1/operators", tag = "people", security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = [OperatorRead], description = "In the order of their logins"), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn operators(admin: Administrator) -> Result<Json<Vec<OperatorRead>>, ApiError> {
    Ok(Json(admin.store.operators().await?.into_iter().map(shown).collect()))
}

#[utoipa::path(post, path = "/api/v1/operators", tag = "people", security(("token" = ["admin"]), ("session" = [])),
    request_body = dto::OperatorCreate,
    responses((status = 201, body = OperatorRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 409, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn add_operator(
    State(shared): State<Arc<Shared>>,
    admin: Administrator,
    body: JsonObject,
) -> Result<(StatusCode, Json<OperatorRead>), ApiError> {
    let mut fields = Fields::of(body);
    let login = fields.required("login", login).unwrap_or_default();
    let (name, password) = (fields.given("name", name(255)).flatten(), fields.password("password"));
    let grade = fields.not_null("grade", grade).unwrap_or(Grade::Viewer);
    let roles = fields.not_null("station_roles", roles).unwrap_or(admin.principal.rights.roles);
    fields.finish()?;
    let Some(password) = password else { return Err(ApiError::Internal) };
    admin.may_give(roles)?;
    let password_hash = shared.doors.passwords.hash(password).await.map_err(|_| ApiError::TooMany { seconds: 1 })?;
    let new = NewOperator { name: name.unwrap_or_else(|| login.clone()), login, password_hash, grade, roles };
    Ok((StatusCode::CREATED, Json(shown(admin.store.create_operator(&new).await?))))
}

#[utoipa::path(patch, path = "/api/v1/operators/{id}", tag = "people", security(("token" = ["admin"]), ("session" = [])),
    params(("id" = i64, Path)), request_body = dto::OperatorUpdate,
    responses((status = 200, body = OperatorRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn change_operator(
    State(shared): State<Arc<Shared>>,
    admin: Administrator,
    Segment(id): Segment,
    body: JsonObject,
) -> Result<Json<OperatorRead>, ApiError> {
    let id = id_of("operator_id", &id)?;
    let mut fields = Fields::of(body);
    let password = fields.get("password").is_some().then(|| fields.password("password")).flatten();
    let mut change = OperatorChange {
        name: fields.not_null("name", name(255)),
        password_hash: None,
        grade: fields.not_null("grade", grade),
        roles: fields.not_null("station_roles", roles),
        disabled: fields.not_null("disabled", boolean),
    };
    fields.finish()?;
    let before = admin.store.operator(id).await?.ok_or(NO_OPERATOR)?;
    // Neither may somebody of other roles be changed: a new password would give them away too.
    admin.may_give(before.roles)?;
    admin.may_give(change.roles.unwrap_or(before.roles))?;
    if let Some(password) = password {
        change.password_hash = Some(shared.doors.passwords.hash(password).await.map_err(|_| ApiError::TooMany { seconds: 1 })?);
    }
    let changed = admin.store.change_operator(id, change).await?.ok_or(NO_OPERATOR)?;
    shared.doors.forget_all();
    Ok(Json(shown(changed)))
}

fn shown_token(token: ApiToken) -> TokenRead {
    TokenRead {
        id: token.id,
        scopes: token.scopes.iter().map(|scope| scope.name()).collect(),
        station_roles: token.roles.names(),
        name: token.name,
        created_at: Utc(token.created_at),
        expires_at: token.expires_at.map(Utc),
        revoked_at: token.revoked_at.map(Utc),
    }
}

#[utoipa::path(get, path = "/api/v1/tokens", tag = "people", security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = [TokenRead], description = "All that were ever made"), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn tokens(admin: Administrator) -> Result<Json<Vec<TokenRead>>, ApiError> {
    Ok(Json(admin.store.api_tokens().await?.into_iter().map(shown_token).collect()))
}

#[utoipa::path(post, path = "/api/v1/tokens", tag = "people", security(("token" = ["admin"]), ("session" = [])),
    request_body = dto::TokenCreate,
    responses((status = 201, body = TokenCreated), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn add_token(admin: Administrator, body: JsonObject) -> Result<(StatusCode, Json<TokenCreated>), ApiError> {
    let mut fields = Fields::of(body);
    let new = NewToken {
        name: fields.required("name", name(255)).unwrap_or_default(),
        scopes: fields.required("scopes", scopes).unwrap_or_default(),
        roles: fields.not_null("station_roles", roles).unwrap_or(admin.principal.rights.roles),
        expires_at: fields.given("expires_at", instant).flatten(),
    };
    fields.finish()?;
    admin.may_give(new.roles)?;
    let (token, secret) = admin.store.add_api_token(&new).await?;
    Ok((StatusCode::CREATED, Json(TokenCreated { token: shown_token(token), secret: secret.reveal().to_owned() })))
}

#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "people", security(("token" = ["admin"]), ("session" = [])),
    params(("id" = i64, Path)), description = "Revokes it.",
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn revoke_token(
    State(shared): State<Arc<Shared>>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<StatusCode, ApiError> {
    let revoked = admin.store.revoke_api_token(id_of("token_id", &id)?).await?;
    shared.doors.forget_all();
    if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(NO_TOKEN) }
}

#[utoipa::path(get, path = "/api/v1/audit", tag = "people", security(("token" = ["admin"]), ("session" = [])),
    params(("since" = Option<String>, Query, description = "RFC 3339, inclusive"),
        ("until" = Option<String>, Query, description = "RFC 3339, inclusive"),
        ("limit" = Option<i64>, Query, description = "1 to 1000, else 100")),
    responses((status = 200, body = [AuditRead], description = "Newest first"), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn audit(admin: Administrator, params: Params) -> Result<Json<Vec<AuditRead>>, ApiError> {
    let (since, until, limit) = (time_param(&params, "since")?, time_param(&params, "until")?, limit_param(&params)?);
    let entries = admin.store.audit(admin.principal.rights.roles, since, until, limit).await?;
    let shown = |e: crate::store::AuditEntry| AuditRead {
        database: e.database,
        id: e.id,
        at: Utc(e.at),
        actor: e.actor,
        address: e.address,
        action: e.action,
        object: e.object,
        before_sha256: e.before_sha256.map(|d| hex(&d)),
        after_sha256: e.after_sha256.map(|d| hex(&d)),
    };
    Ok(Json(entries.into_iter().map(shown).collect()))
}

pub(super) fn login(value: &Value) -> Result<String, Problem> {
    let login = name(100)(value)?.to_lowercase();
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@-".contains(&b);
    let end = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = login.as_bytes();
    if end(bytes.first()) && end(bytes.last()) && bytes.iter().all(|b| inner(*b)) {
        return Ok(login);
    }
    Err(("string_pattern_mismatch", "A login is of a-z and 0-9, with . _ @ - within".into()))
}

fn grade(value: &Value) -> Result<Grade, Problem> {
    let grade = value.as_str().and_then(Grade::from_name);
    grade.ok_or_else(|| ("enum", "Input should be viewer, operator, commander or admin".into()))
}

fn names(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

fn roles(value: &Value) -> Result<RoleSet, Problem> {
    let roles = names(value).and_then(|names| RoleSet::from_names(&names)).filter(|roles| !roles.is_empty());
    roles.ok_or_else(|| ("enum", "Input should be a list of ops, intel, logistics".into()))
}

fn scopes(value: &Value) -> Result<Vec<Scope>, Problem> {
    let scopes = names(value).and_then(|names| names.into_iter().map(Scope::from_name).collect());
    scopes.ok_or_else(|| ("enum", "Input should be a list of read, telemetry:write, command, admin".into()))
}
