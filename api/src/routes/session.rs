//! `/api/v1/auth/…`: logging in and out, who one is, one's own password.
//!
//! Constraints: an unknown login, a wrong password and a disabled operator are answered alike and cost alike; tries are
//! limited by address and by account, and noted in the audit log.

use super::body::{Fields, JsonObject};
use super::both;
use crate::auth::{Neighbourhood, Password, Principal, Secret, Who, close_to_others, csrf_token, digest, session_cookie, set_cookie};
use crate::central::Shared;
use crate::dto::{self, SessionInfo};
use crate::error::ApiError;
use crate::store::{Actor, Operator, OperatorChange};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Arc;

const LOGIN_CHARS_MAX: usize = 100;
const WRONG: ApiError = ApiError::Unauthorized("Login or password is wrong");

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/auth/login", post(login));
    let router = both(router, "/api/v1/auth/logout", post(logout));
    let router = both(router, "/api/v1/auth/password", post(password));
    both(router, "/api/v1/auth/session", get(session)).with_state(shared)
}

#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = dto::Login,
    responses((status = 200, body = SessionInfo, description = "With the session's cookie"), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 429, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn login(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    headers: HeaderMap,
    body: JsonObject,
) -> Result<Response, ApiError> {
    close_to_others(&headers, shared.config.auth.trust_forwarded)?;
    let mut fields = Fields::of(body);
    let login = fields.required("login", super::body::name(LOGIN_CHARS_MAX)).unwrap_or_default().trim().to_lowercase();
    let claimed = fields.hidden("password");
    fields.finish()?;
    let operator = check(&shared, &principal, &login, &claimed).await?;
    let (auth, now, secret) = (&shared.config.auth, shared.now(), Secret::session());
    let actor = Actor { name: format!("operator:{}", operator.login), ..principal.actor() };
    let store = shared.store.by(actor);
    let address = principal.address.map(|a| a.to_string()).unwrap_or_default();
    store.add_session(operator.id, &secret.digest(), &address, now, (auth.session_idle, auth.session_life)).await?;
    store.note("session.begin", &operator.login).await?;
    let cookie = set_cookie(secret.reveal(), auth.session_life.as_secs(), is_secure(&shared, &headers));
    let who = Who::Operator { id: operator.id, login: operator.login, name: operator.name, grade: operator.grade };
    let rights = crate::auth::Rights::new(operator.grade.scopes(), operator.roles);
    let principal = Principal { who, rights, address: principal.address, secret: Some(secret.digest()), request: None };
    Ok(with_cookie(Json(shown(&principal, Some(secret.reveal()), "required")).into_response(), &cookie))
}

/// The operator whose password this is.
async fn check(shared: &Shared, principal: &Principal, login: &str, claimed: &str) -> Result<Operator, ApiError> {
    let (now, account, doors) = (shared.now(), digest(login), &shared.doors);
    let too_many = |seconds| ApiError::TooMany { seconds };
    doors.logins_by_address.take(Neighbourhood::of(principal.address), now).map_err(too_many)?;
    doors.logins_by_account.take(account, now).map_err(too_many)?;
    let known = shared.store.operator_by_login(login).await?;
    let hash = known.as_ref().map(|(_, hash)| hash.clone());
    let right = doors.passwords.check(Password::claimed(claimed), hash).await.map_err(|_| ApiError::TooMany { seconds: 1 })?;
    match known {
        Some((operator, _)) if right && !operator.disabled => {
            doors.logins_by_account.forgive(&account);
            Ok(operator)
        }
        known => {
            // An unknown login is not repeated: people type their password there by mistake.
            let object = known.map_or_else(|| "unknown login".to_owned(), |(operator, _)| operator.login);
            shared.store.by(principal.actor()).note("session.refused", &object).await?;
            Err(WRONG)
        }
    }
}

#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", responses((status = 204), (status = 403, body = dto::Detail),
    (status = 429, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn logout(State(shared): State<Arc<Shared>>, principal: Principal, headers: HeaderMap) -> Result<Response, ApiError> {
    if let (Who::Operator { login, .. }, Some(secret)) = (&principal.who, principal.secret) {
        shared.store.end_session(&secret).await?;
        shared.doors.forget_all();
        shared.store.by(principal.actor()).note("session.end", login).await?;
    }
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), &set_cookie("", 0, is_secure(&shared, &headers))))
}

#[utoipa::path(get, path = "/api/v1/auth/session", tag = "auth",
    responses((status = 200, body = SessionInfo), (status = 401, body = dto::Detail), (status = 429, body = dto::Detail),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn session(principal: Principal, headers: HeaderMap) -> Response {
    let open = principal.who == Who::Nobody && principal.rights.allows(crate::auth::Scope::Read);
    let info = shown(&principal, session_cookie(&headers), if open { "open" } else { "required" });
    ([(header::CACHE_CONTROL, "no-store")], Json(info)).into_response()
}

#[utoipa::path(post, path = "/api/v1/auth/password", tag = "auth", request_body = dto::PasswordChange,
    description = "Ends all sessions of the operator, this one too.",
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 413, body = dto::Detail),
        (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 429, body = dto::Detail),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn password(State(shared): State<Arc<Shared>>, principal: Principal, body: JsonObject) -> Result<StatusCode, ApiError> {
    let Who::Operator { id, login, .. } = &principal.who else {
        return Err(ApiError::Unauthorized("Log in first (POST /api/v1/auth/login)"));
    };
    let mut fields = Fields::of(body);
    let current = fields.hidden("current");
    let new = fields.password("new");
    fields.finish()?;
    let Some(new) = new else { return Err(ApiError::Internal) };
    check(&shared, &principal, login, &current).await?;
    let hash = shared.doors.passwords.hash(new).await.map_err(|_| ApiError::TooMany { seconds: 1 })?;
    let change = OperatorChange { password_hash: Some(hash), ..OperatorChange::default() };
    shared.store.by(principal.actor()).change_operator(*id, change).await?;
    shared.doors.forget_all();
    Ok(StatusCode::NO_CONTENT)
}

fn shown(principal: &Principal, session: Option<&str>, reading: &'static str) -> SessionInfo {
    let (kind, login, name, grade) = match &principal.who {
        Who::Nobody => ("nobody", None, None, None),
        Who::Token { .. } => ("token", None, None, None),
        Who::Operator { login, name, grade, .. } => ("operator", Some(login.clone()), Some(name.clone()), Some(grade.name())),
    };
    SessionInfo {
        reading,
        kind,
        login,
        name,
        grade,
        scopes: principal.rights.scopes(),
        station_roles: principal.rights.roles.names(),
        csrf_token: session.filter(|_| kind == "operator").map(csrf_token),
    }
}

fn is_secure(shared: &Shared, headers: &HeaderMap) -> bool {
    shared.config.auth.secure_cookies || headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    let mut value = HeaderValue::from_str(cookie).expect("hex and our own words");
    value.set_sensitive(true);
    response.headers_mut().insert(header::SET_COOKIE, value);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
