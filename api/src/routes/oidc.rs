//! `/api/v1/auth/oidc/…`: logging in at an identity provider (`auth::oidc`). Both are pages for a browser: what fails is said on
//! a plain page with the way back.

use super::{Params, both};
use crate::auth::oidc::{Identity, OidcError};
use crate::auth::{Neighbourhood, Password, Principal, Secret, set_cookie};
use crate::central::Shared;
use crate::dto;
use crate::error::ApiError;
use crate::store::{Actor, NewOperator, Operator, OperatorChange, StoreError};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

const COOKIE: &str = "vtoc_oidc";
const COOKIE_SECONDS: u32 = 600;
const NONE: ApiError = ApiError::NotFound("No identity provider is configured");

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/auth/oidc/login", get(login));
    both(router, "/api/v1/auth/oidc/callback", get(callback)).with_state(shared)
}

/// Why there is no session.
enum Refused {
    Oidc(OidcError),
    Api(ApiError),
    Said(String),
}

impl From<OidcError> for Refused {
    fn from(error: OidcError) -> Self {
        Self::Oidc(error)
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Api(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, why) = match self {
            Self::Api(error) => return error.into_response(),
            Self::Said(why) => (StatusCode::FORBIDDEN, why),
            Self::Oidc(error @ (OidcError::NoGrant | OidcError::Unknown | OidcError::Token(_))) => {
                (StatusCode::FORBIDDEN, error.to_string())
            }
            Self::Oidc(error) => (StatusCode::BAD_GATEWAY, error.to_string()),
        };
        let why = why.replace('&', "&amp;").replace('<', "&lt;");
        let page = format!(
            "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>vTOC: not logged in</title>\
             <h1>Not logged in</h1><p>{why}<p><a href=\"../../../../\">Back</a>"
        );
        (status, [(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
    }
}

#[utoipa::path(get, path = "/api/v1/auth/oidc/login", tag = "auth", description = "Sends the browser to the identity provider.",
    responses((status = 303), (status = 404, body = dto::Detail), (status = 429, body = dto::Detail), (status = 502, body = String, content_type = "text/html")))]
pub(crate) async fn login(State(shared): State<Arc<Shared>>, principal: Principal, headers: HeaderMap) -> Result<Response, Response> {
    let begin = async {
        let oidc = shared.doors.oidc.as_ref().ok_or(NONE)?;
        let taken = shared.doors.logins_by_address.take(Neighbourhood::of(principal.address), shared.now());
        taken.map_err(|seconds| ApiError::TooMany { seconds })?;
        let begun = oidc.begin(shared.now()).await?;
        let secure = if super::session::is_secure(&shared, &headers) { "; Secure" } else { "" };
        // Lax: the provider's page leads here.
        let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}{secure}", begun.cookie);
        Ok::<_, Refused>(sent(&begun.location, &[cookie]))
    };
    begin.await.map_err(IntoResponse::into_response)
}

#[utoipa::path(get, path = "/api/v1/auth/oidc/callback", tag = "auth", description = "Where the identity provider sends the browser back.",
    params(("state" = Option<String>, Query), ("code" = Option<String>, Query), ("error" = Option<String>, Query)),
    responses((status = 303, description = "With the session's cookie"), (status = 403, body = String, content_type = "text/html"),
        (status = 404, body = dto::Detail), (status = 502, body = String, content_type = "text/html"), (status = 503, body = dto::Detail)))]
pub(crate) async fn callback(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Response> {
    finish(&shared, &principal, &params, &headers).await.map_err(IntoResponse::into_response)
}

async fn finish(shared: &Shared, principal: &Principal, params: &Params, headers: &HeaderMap) -> Result<Response, Refused> {
    let oidc = shared.doors.oidc.as_ref().ok_or(NONE)?;
    if let Some(error) = params.get("error") {
        let said: String = params.get("error_description").unwrap_or(error).chars().take(200).collect();
        return Err(Refused::Said(format!("The identity provider says: {said}")));
    }
    // Guesses are tries to log in.
    shared
        .doors
        .logins_by_address
        .take(Neighbourhood::of(principal.address), shared.now())
        .map_err(|seconds| ApiError::TooMany { seconds })?;
    let cookie = cookie(headers).unwrap_or_default();
    let (state, code) = (params.get("state").unwrap_or_default(), params.get("code").unwrap_or_default());
    let identity = match oidc.finish(cookie, state, code, shared.now()).await {
        Ok(identity) => identity,
        Err(error) => {
            shared.store.by(principal.actor()).note("session.refused", "oidc").await?;
            return Err(error.into());
        }
    };
    let operator = operator(shared, principal, &identity).await?;
    let secret = Secret::session();
    super::session::begin_session(shared, principal, &operator, &secret).await?;
    let secure = super::session::is_secure(shared, headers);
    let session = set_cookie(secret.reveal(), shared.config.auth.session_life.as_secs(), secure);
    let used = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    Ok(sent("../../../../", &[session, used]))
}

/// The operator who is this identity, with the rights that the provider's groups give now.
async fn operator(shared: &Shared, principal: &Principal, identity: &Identity) -> Result<Operator, Refused> {
    let store = shared.store.by(Actor { name: "oidc".into(), ..principal.actor() });
    if let Some(known) = store.operator_by_subject(&identity.subject).await? {
        if known.disabled {
            return Err(Refused::Said("This operator is disabled".into()));
        }
        let (grade, roles) = (identity.grant.grade, identity.grant.roles);
        if (known.grade, known.roles) == (grade, roles) {
            return Ok(known);
        }
        let change = OperatorChange { grade: Some(grade), roles: Some(roles), ..OperatorChange::default() };
        let changed = store.change_operator(known.id, change).await?;
        shared.doors.forget_all();
        return changed.ok_or_else(|| Refused::Said("This operator was removed".into()));
    }
    let login = super::people::login(&identity.login.as_str().into());
    let login = login.map_err(|(_, why)| Refused::Said(format!("The provider's name for you can be no login here: {why}")))?;
    // Nobody knows this password: the provider is the only way in.
    let password = Password::claimed(Secret::random().reveal());
    let password_hash = shared.doors.passwords.hash(password).await.map_err(|_| ApiError::TooMany { seconds: 1 })?;
    let new = NewOperator { login, name: identity.name.clone(), password_hash, grade: identity.grant.grade, roles: identity.grant.roles };
    let made = store.create_operator_of(&new, Some(&identity.subject)).await;
    made.map_err(|error| match error {
        // A name at the provider is no proof of being somebody here.
        StoreError::Taken(_) => Refused::Said(format!("The login {} is somebody else's here; ask an administrator", new.login)),
        other => Refused::Api(other.into()),
    })
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    cookies.filter_map(|c| c.trim().strip_prefix(COOKIE)?.strip_prefix('=')).find(|value| value.len() == 64)
}

fn sent(location: &str, cookies: &[String]) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, location);
    }
    for mut value in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        value.set_sensitive(true);
        headers.append(header::SET_COOKIE, value);
    }
    response
}
