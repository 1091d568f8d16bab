//! Secrets: random, shown once, kept as SHA-256. They are 256 random bits, so a plain hash is enough.
//!
//! ```text
//!   API token   Authorization: Bearer vtoc_<64 hex>
//!   session     Cookie: vtoc_session=<64 hex>          HttpOnly, SameSite=Strict, Secure behind TLS
//!   CSRF token  X-CSRF-Token: hex(SHA-256("csrf:" session))   told to the page by GET /api/v1/auth/session
//! ```
//! Constraint: neither is ever logged or taken from a URL; `Debug` hides them.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::fmt;

const PREFIX: &str = "vtoc_";
const COOKIE: &str = "vtoc_session";
/// Random bytes of a secret; twice as many hex digits.
const SECRET_BYTES: usize = 32;

pub(crate) type Digest256 = [u8; 32];

/// A new secret: to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// An API token.
    pub fn random() -> Self {
        Self(format!("{PREFIX}{}", hex(&rand::random::<[u8; SECRET_BYTES]>())))
    }

    /// What a session's cookie holds.
    pub(crate) fn session() -> Self {
        Self(hex(&rand::random::<[u8; SECRET_BYTES]>()))
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
        f.write_str("Secret(…)")
    }
}

pub(crate) fn digest(secret: &str) -> Digest256 {
    Sha256::digest(secret.as_bytes()).into()
}

/// Of bytes that are no secret.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest256 {
    Sha256::digest(bytes).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What a page must repeat with each write; another site's page can't know it.
pub(crate) fn csrf_token(session: &str) -> String {
    hex(&digest(&format!("csrf:{session}")))
}

/// The API token of a request. `Err`: there is an `Authorization` header, but it is none of ours.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ()> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let (scheme, token) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or(())?;
    let token = token.trim();
    let ours = scheme.eq_ignore_ascii_case("bearer") && token.strip_prefix(PREFIX).is_some_and(is_secret);
    if ours { Ok(Some(token)) } else { Err(()) }
}

/// The session of a request. What does not look like one counts as none.
pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut named = cookies.filter_map(|c| c.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    named.find(|value| is_secret(value))
}

/// The `Set-Cookie` that begins a session, or with `seconds` 0 ends it.
pub(crate) fn set_cookie(value: &str, seconds: u64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

fn is_secret(text: &str) -> bool {
    text.len() == 2 * SECRET_BYTES && text.bytes().all(|b| b.is_ascii_hexdigit())
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
        assert_eq!(Secret::session().reveal().len(), 64);
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
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(bearer(&headers), if ok { Ok(Some(token)) } else { Err(()) }, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let secret = Secret::session();
        let mut headers = HeaderMap::new();
        assert_eq!(session_cookie(&headers), None);
        headers.insert(header::COOKIE, format!("a=b; vtoc_session=short; vtoc_session={}; c=d", secret.reveal()).parse().unwrap());
        assert_eq!(session_cookie(&headers), Some(secret.reveal()));
        assert_eq!(set_cookie("x", 60, true), "vtoc_session=x; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure");
        assert_ne!(csrf_token(secret.reveal()), secret.reveal());
    }
}
