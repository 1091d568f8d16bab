//! Who may write: bearer tokens (`Authorization: Bearer vtoc_…`), kept as SHA-256 in the control database, with scopes
//! and an end. Reading is open for now: the binary binds to loopback unless told otherwise.
//!
//! Constraints: a token is never logged, never taken from a URL, and shown once, when it is made. A revoked token may
//! work for [`REMEMBERED`] more.

use crate::central::Shared;
use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer of the database is believed.
pub const REMEMBERED: Duration = Duration::from_secs(5);
const REMEMBERED_MAX: usize = 1_024;
const PREFIX: &str = "vtoc_";
/// Random bytes of a token; twice as many hex digits.
const TOKEN_BYTES: usize = 32;

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    TelemetryWrite,
    /// Everything.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 2] = [Self::TelemetryWrite, Self::Admin];

    pub const fn name(self) -> &'static str {
        match self {
            Self::TelemetryWrite => "telemetry:write",
            Self::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// A new secret: to be shown once. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn random() -> Self {
        let bytes: [u8; TOKEN_BYTES] = rand::random();
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        Self(format!("{PREFIX}{hex}"))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn digest(&self) -> Digest256 {
        digest(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(vtoc_…)")
    }
}

pub(crate) type Digest256 = [u8; 32];

pub(crate) fn digest(token: &str) -> Digest256 {
    Sha256::digest(token.as_bytes()).into()
}

/// Tokens that the database confirmed lately.
#[derive(Debug, Default)]
pub(crate) struct Confirmed(Mutex<HashMap<Digest256, (Instant, Vec<Scope>)>>);

impl Confirmed {
    fn get(&self, digest: &Digest256) -> Option<Vec<Scope>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest).filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, scopes)| scopes.clone())
    }

    fn put(&self, digest: Digest256, scopes: Vec<Scope>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if REMEMBERED_MAX <= known.len() {
            known.clear();
        }
        known.insert(digest, (Instant::now(), scopes));
    }
}

/// Extractor: the request may write telemetry. Runs before the body is read.
pub(crate) struct TelemetryWriter;

impl FromRequestParts<Arc<Shared>> for TelemetryWriter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, ApiError> {
        require(shared, &parts.headers, Scope::TelemetryWrite).await?;
        Ok(Self)
    }
}

async fn require(shared: &Shared, headers: &HeaderMap, scope: Scope) -> Result<(), ApiError> {
    let digest = digest(bearer(headers)?);
    let scopes = match shared.confirmed.get(&digest) {
        Some(scopes) => scopes,
        None => {
            let scopes = shared.store.token_scopes(&digest, shared.now()).await?;
            let scopes = scopes.ok_or(ApiError::Unauthorized("The token is unknown, expired or revoked"))?;
            shared.confirmed.put(digest, scopes.clone());
            scopes
        }
    };
    if scopes.contains(&scope) || scopes.contains(&Scope::Admin) {
        return Ok(());
    }
    Err(ApiError::Forbidden(format!("The token does not have the scope {}", scope.name())))
}

fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    const MISSING: ApiError = ApiError::Unauthorized("Writing needs a token: send Authorization: Bearer vtoc_…");
    let value = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).ok_or(MISSING)?;
    let (scheme, token) = value.split_once(' ').ok_or(MISSING)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || !token.starts_with(PREFIX) || PREFIX.len() + 2 * TOKEN_BYTES != token.len() {
        return Err(MISSING);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_random_and_hidden() {
        let (one, other) = (Secret::random(), Secret::random());
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), PREFIX.len() + 64);
        assert!(!format!("{one:?}").contains(&one.reveal()[5..]));
    }

    #[test]
    fn only_a_bearer_token_of_ours_is_looked_up() {
        let secret = Secret::random();
        let token = secret.reveal();
        for (value, ok) in [
            (format!("Bearer {token}"), true),
            (format!("bearer  {token} "), true),
            (format!("Basic {token}"), false),
            (token.to_owned(), false),
            ("Bearer".to_owned(), false),
            ("Bearer vtoc_short".to_owned(), false),
            (format!("Bearer {token}0"), false),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(bearer(&headers).is_ok(), ok, "{value}");
        }
        assert!(bearer(&HeaderMap::new()).is_err());
    }
}
