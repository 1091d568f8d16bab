//! The gate before every route of the central: who asks, from where, how often, and whether a page of ours sent it.
//!
//! Constraints: what is not said to be open is closed; a cookie alone never writes (same origin and CSRF token besides);
//! a session's page that was opened stays open no longer than the session ([`Lease`]).

use super::limits::Neighbourhood;
use super::secret::{bearer, csrf_token, session_cookie};
use super::{Confirmed, Digest256, Principal, Reading, Rights, Scope, Who, digest};
use crate::central::Shared;
use crate::error::ApiError;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How often an open live connection asks whether it still may.
const LEASE: Duration = Duration::from_secs(15);
const CSRF_HEADER: &str = "x-csrf-token";
/// What a proxy adds: the request did not begin on this machine.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// What everybody may ask, logged in or not: health, the API's description, the way in, and what is signed instead (its handlers
/// check the signature).
fn is_public(path: &str) -> bool {
    const PUBLIC: [&str; 13] = [
        "/healthz",
        "/api/health",
        "/readyz",
        "/openapi.json",
        "/redoc",
        "/api/v1/auth/login",
        "/api/v1/auth/logout",
        "/api/v1/auth/session",
        "/api/v1/auth/password",
        "/api/v1/chatkit/webhook",
        "/api/v1/chatkit/commands",
        "/api/v1/agent-actions/webhook",
        "/api/v1/agentkit/token",
    ];
    let path = path.strip_suffix('/').unwrap_or(path);
    PUBLIC.contains(&path) || path == "/docs" || path.starts_with("/docs/")
}

/// How far one has read is nobody else's business: whoever may read may say it.
fn is_own_mark(path: &str) -> bool {
    path.starts_with("/api/v1/chatkit/channels/") && path.trim_end_matches('/').ends_with("/read")
}

/// Middleware.
pub(crate) async fn gate(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&shared, &parts).await {
        Ok(principal) => {
            if principal.secret.is_some() {
                parts.extensions.insert(Lease { shared: Arc::clone(&shared), principal: principal.clone() });
            }
            if principal.rights.allows(Scope::Read) && principal.rights.roles != super::RoleSet::ALL {
                let hub = shared.pictures.of(principal.rights.roles, &shared);
                parts.extensions.insert(crate::routes::live::OwnPicture(hub));
            }
            parts.extensions.insert(principal);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn admit(shared: &Shared, parts: &Parts) -> Result<Principal, ApiError> {
    let auth = &shared.config.auth;
    let (headers, now) = (&parts.headers, shared.now());
    let address = client_address(parts, auth.trust_forwarded);
    let too_many = |seconds| ApiError::TooMany { seconds };
    shared.doors.by_address.take(Neighbourhood::of(address), now).map_err(too_many)?;
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let mut principal = known(shared, headers).await?;
    principal.address = address;
    if let Some(secret) = principal.secret {
        shared.doors.by_account.take(secret, now).map_err(too_many)?;
    }
    if matches!(principal.who, Who::Operator { .. }) && !safe {
        sent_by_our_page(headers, auth.trust_forwarded)?;
    }
    if principal.who == Who::Nobody && reading_is_open(auth.reading, headers) {
        principal.rights = Rights::READ_ALL;
    }
    if is_public(parts.uri.path()) {
        return Ok(principal);
    }
    if safe || is_own_mark(parts.uri.path()) {
        principal.require(Scope::Read)?;
    } else if principal.who == Who::Nobody || !(principal.rights.allows(Scope::Command) || principal.rights.allows(Scope::TelemetryWrite)) {
        principal.require(Scope::TelemetryWrite)?;
    }
    Ok(principal)
}

/// By token, else by session. A session that has ended counts as none: the page shows its login.
async fn known(shared: &Shared, headers: &HeaderMap) -> Result<Principal, ApiError> {
    const UNKNOWN: ApiError = ApiError::Unauthorized("The token is unknown, expired or revoked");
    const MALFORMED: ApiError = ApiError::Unauthorized("This is no token of ours: send Authorization: Bearer vtoc_…");
    if let Some(token) = bearer(headers).map_err(|()| MALFORMED)? {
        return recognise(shared, digest(token), Kind::Token).await?.ok_or(UNKNOWN);
    }
    let Some(session) = session_cookie(headers) else { return Ok(Principal::NOBODY) };
    Ok(recognise(shared, digest(session), Kind::Session).await?.unwrap_or(Principal::NOBODY))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Token,
    Session,
}

async fn recognise(shared: &Shared, secret: Digest256, kind: Kind) -> Result<Option<Principal>, ApiError> {
    let confirmed = match shared.doors.remembered(&secret) {
        Some(confirmed) => confirmed,
        None => match look_up(shared, &secret, kind).await? {
            Some(confirmed) => {
                shared.doors.remember(secret, confirmed.clone());
                confirmed
            }
            None => return Ok(None),
        },
    };
    let (auth, now) = (&shared.config.auth, shared.now());
    let principal = |who, rights| Some(Principal { who, rights, address: None, secret: Some(secret), request: None });
    Ok(match confirmed {
        Confirmed::Token { id, rights, expires_at } if kind == Kind::Token && expires_at.is_none_or(|end| now < end) => {
            principal(Who::Token { id }, rights)
        }
        Confirmed::Session(s) if kind == Kind::Session && s.is_live(now, auth.session_idle, auth.session_life) => {
            let o = s.operator;
            principal(Who::Operator { id: o.id, login: o.login, name: o.name, grade: o.grade }, Rights::new(o.grade.scopes(), o.roles))
        }
        _ => None,
    })
}

async fn look_up(shared: &Shared, secret: &Digest256, kind: Kind) -> Result<Option<Confirmed>, ApiError> {
    if kind == Kind::Token {
        let found = shared.store.token(secret).await?;
        return Ok(found.map(|t| Confirmed::Token { id: t.id, rights: t.rights(), expires_at: t.expires_at }));
    }
    let (auth, now) = (&shared.config.auth, shared.now());
    let Some(mut session) = shared.store.session(secret).await? else { return Ok(None) };
    if session.is_live(now, auth.session_idle, auth.session_life) && session.is_due(now) {
        shared.store.touch_session(secret, now).await?;
        session.last_used_at = now;
    }
    Ok(Some(Confirmed::Session(session)))
}

/// A browser adds our cookie to whatever page sends the request: so the page must be ours, and know the session's token.
fn sent_by_our_page(headers: &HeaderMap, trust_forwarded: bool) -> Result<(), ApiError> {
    close_to_others(headers, trust_forwarded)?;
    let expected = session_cookie(headers).map(csrf_token).unwrap_or_default();
    let given = headers.get(CSRF_HEADER).map_or(&[][..], HeaderValue::as_bytes);
    if expected.is_empty() || !bool::from(expected.as_bytes().ct_eq(given)) {
        return Err(ApiError::Forbidden("A write with a session needs its X-CSRF-Token (GET /api/v1/auth/session tells it)".into()));
    }
    Ok(())
}

/// Refuses what another site's page sent. Programs send neither header.
pub(crate) fn close_to_others(headers: &HeaderMap, trust_forwarded: bool) -> Result<(), ApiError> {
    let ours = match headers.get(header::ORIGIN) {
        Some(origin) => {
            let host = |name: HeaderName| headers.get(name).filter(|host| is_origin_of(origin, host)).is_some();
            host(header::HOST) || (trust_forwarded && host(HeaderName::from_static("x-forwarded-host")))
        }
        None => headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none"),
    };
    if ours { Ok(()) } else { Err(ApiError::Forbidden("Another site's page may not do this".into())) }
}

fn is_origin_of(origin: &HeaderValue, host: &HeaderValue) -> bool {
    let (Ok(origin), Ok(host)) = (origin.to_str(), host.to_str()) else { return false };
    origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
}

fn reading_is_open(reading: Reading, headers: &HeaderMap) -> bool {
    match reading {
        Reading::Open => true,
        Reading::Required => false,
        Reading::OpenOnLoopback => {
            // A name that somebody pointed at this machine is not its own: a page from there must not read (DNS rebinding).
            let host = headers.get(header::HOST).map_or(Some("localhost"), |h| h.to_str().ok());
            host.is_some_and(is_loopback_name) && FORWARDED.iter().all(|name| !headers.contains_key(*name))
        }
    }
}

fn is_loopback_name(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// `None` in tests without a socket.
fn client_address(parts: &Parts, trust_forwarded: bool) -> Option<IpAddr> {
    let forwarded = || {
        let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    if trust_forwarded { forwarded().or_else(peer) } else { peer() }
}

/// The right to go on with something long: it ends when its token or session does.
#[derive(Clone)]
pub(crate) struct Lease {
    shared: Arc<Shared>,
    principal: Principal,
}

impl Lease {
    /// Waits until it has ended. A database that does not answer ends nothing.
    pub async fn ended(self) {
        let kind = if matches!(self.principal.who, Who::Token { .. }) { Kind::Token } else { Kind::Session };
        let Some(secret) = self.principal.secret else { return std::future::pending().await };
        loop {
            tokio::time::sleep(LEASE).await;
            match recognise(&self.shared, secret, kind).await {
                Ok(Some(now)) if now.rights == self.principal.rights => {}
                Ok(_) => return,
                Err(_) => {}
            }
        }
    }
}

/// Closed unless sites are named. `None`: nothing to add.
pub(crate) fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let methods = [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE];
    let headers = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("x-station-id"),
        HeaderName::from_static("x-station-slug"),
        HeaderName::from_static("x-chatkit-station"),
        HeaderName::from_static("x-toc-station"),
    ];
    let layer = CorsLayer::new().allow_methods(methods).allow_headers(headers).expose_headers([header::ETAG, header::LINK]);
    (!origins.is_empty()).then(|| layer.allow_origin(AllowOrigin::list(origins)).max_age(Duration::from_secs(600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn reading_on_loopback_is_for_this_machine_only() {
        for (pairs, open) in [
            (&[][..], true),
            (&[("host", "127.0.0.1:8080")], true),
            (&[("host", "[::1]:8080")], true),
            (&[("host", "[::1]")], true),
            (&[("host", "LocalHost:8080")], true),
            (&[("host", "localhost")], true),
            (&[("host", "vtoc.example:8080")], false),
            (&[("host", "localhost.evil.example")], false),
            (&[("host", "127.0.0.1.evil.example")], false),
            (&[("host", "192.0.2.1:8080")], false),
            (&[("host", "127.0.0.1"), ("x-forwarded-for", "192.0.2.1")], false),
            (&[("host", "127.0.0.1"), ("via", "1.1 proxy")], false),
        ] {
            let headers = headers(pairs);
            assert_eq!(reading_is_open(Reading::OpenOnLoopback, &headers), open, "{pairs:?}");
            assert!(reading_is_open(Reading::Open, &headers) && !reading_is_open(Reading::Required, &headers));
        }
    }

    #[test]
    fn other_sites_pages_are_told_apart() {
        for (pairs, ours) in [
            (&[("host", "a:1"), ("origin", "http://a:1")][..], true),
            (&[("host", "a:1"), ("origin", "https://A:1")], true),
            (&[("host", "a:1"), ("origin", "http://b:1")], false),
            (&[("host", "a:1"), ("origin", "null")], false),
            (&[("origin", "http://a:1")], false),
            (&[("host", "a:1"), ("sec-fetch-site", "same-origin")], true),
            (&[("host", "a:1"), ("sec-fetch-site", "cross-site")], false),
            (&[("host", "a:1"), ("sec-fetch-site", "same-site")], false),
            (&[("host", "a:1")], true),
            (&[("host", "inner"), ("origin", "https://outer"), ("x-forwarded-host", "outer")], false),
        ] {
            assert_eq!(close_to_others(&headers(pairs), false).is_ok(), ours, "{pairs:?}");
        }
        let proxied = headers(&[("host", "inner"), ("origin", "https://outer"), ("x-forwarded-host", "outer")]);
        assert!(close_to_others(&proxied, true).is_ok());
    }

    #[test]
    fn what_is_open_is_a_short_list() {
        assert!(is_public("/healthz") && is_public("/healthz/") && is_public("/api/v1/auth/login"));
        for closed in ["/", "/metrics", "/api/v1/auth", "/api/v1/auth/login/x", "/api/v1/tracks", "/healthz//"] {
            assert!(!is_public(closed), "{closed}");
        }
    }
}
