//! Who may do what. Every route of the central is behind the [`gate`]: it finds out who asks, refuses what nobody unknown
//! may do, and leaves a [`Principal`] with the request; a handler says by an extractor what it needs.
//!
//! ```text
//!   request ──► rate by address ──► bearer token | session cookie (+ origin, CSRF token for writes) | nobody
//!           ──► rate by account ──► GET: may read?  others: known, and may change something? ──► handler's own extractor
//! ```
//!
//! Constraints: a secret is never logged, never taken from a URL, and shown once, when it is made; what the database
//! said of one is believed for [`REMEMBERED`], so a revoked token may work so much longer.

mod gate;
mod limits;
pub(crate) mod oidc;
mod password;
mod principal;
mod rights;
mod secret;

pub(crate) use gate::{Lease, close_to_others, cors, gate};
pub use limits::Rate;
pub(crate) use limits::{Limiter, Neighbourhood};
pub use oidc::{BadOidc, Grant, OidcConfig};
pub(crate) use password::Passwords;
pub use password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Password, PasswordError};
pub(crate) use principal::{Administrator, Commander, Principal, Reader, TelemetryWriter, Who};
pub use rights::{Grade, Rights, RoleSet, Scope};
pub use secret::Secret;
pub(crate) use secret::{Digest256, csrf_token, digest, digest_of, hex, session_cookie, set_cookie};

use crate::store::FoundSession;
use model::UnixMicros;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer of the database is believed.
pub const REMEMBERED: Duration = Duration::from_secs(5);
const REMEMBERED_MAX: usize = 1_024;

/// When reading needs no login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// For this machine's own programs and browsers: `Host` is a loopback name, and no proxy passed the request on.
    #[default]
    OpenOnLoopback,
    /// For whoever reaches the port.
    Open,
    Required,
}

/// The settings of authentication.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    pub reading: Reading,
    /// A session that nobody uses ends after so long.
    pub session_idle: Duration,
    /// A session ends after so long, used or not.
    pub session_life: Duration,
    /// Cookies with `Secure` even when no proxy says `X-Forwarded-Proto: https`.
    pub secure_cookies: bool,
    /// A proxy is before us: the last entry of `X-Forwarded-For` is the client's address.
    pub trust_forwarded: bool,
    /// Sites whose pages may call the API (with tokens; cookies never leave our own pages).
    pub cors_origins: Vec<String>,
    /// Requests of one address, and of one account.
    pub requests: Rate,
    /// An identity provider whose people may log in.
    pub oidc: Option<OidcConfig>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            reading: Reading::default(),
            session_idle: Duration::from_secs(3_600),
            session_life: Duration::from_secs(16 * 3_600),
            secure_cookies: false,
            trust_forwarded: false,
            cors_origins: Vec::new(),
            requests: Rate { burst: 20_000.0, per_second: 5_000.0 },
            oidc: None,
        }
    }
}

/// Log-ins: ten tries, then one in six seconds from an address, one in half a minute for an account.
const LOGINS_BY_ADDRESS: Rate = Rate { burst: 10.0, per_second: 1.0 / 6.0 };
const LOGINS_BY_ACCOUNT: Rate = Rate { burst: 10.0, per_second: 1.0 / 30.0 };

/// What the gate remembers.
#[derive(Debug)]
pub(crate) struct Doors {
    confirmed: Mutex<HashMap<Digest256, (Instant, Confirmed)>>,
    pub passwords: Passwords,
    pub logins_by_address: Limiter<Neighbourhood>,
    /// By the digest of the login, known or not.
    pub logins_by_account: Limiter<Digest256>,
    by_address: Limiter<Neighbourhood>,
    by_account: Limiter<Digest256>,
    pub oidc: Option<oidc::Oidc>,
}

/// What the database said of a secret.
#[derive(Clone, Debug)]
enum Confirmed {
    Token { id: i64, rights: Rights, expires_at: Option<UnixMicros> },
    Session(FoundSession),
}

impl Doors {
    pub fn new(config: &AuthConfig) -> Self {
        Self {
            confirmed: Mutex::default(),
            passwords: Passwords::default(),
            logins_by_address: Limiter::new(LOGINS_BY_ADDRESS),
            logins_by_account: Limiter::new(LOGINS_BY_ACCOUNT),
            by_address: Limiter::new(config.requests),
            by_account: Limiter::new(config.requests),
            oidc: config.oidc.clone().map(oidc::Oidc::new),
        }
    }

    fn remembered(&self, digest: &Digest256) -> Option<Confirmed> {
        let known = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest).filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, confirmed)| confirmed.clone())
    }

    fn remember(&self, digest: Digest256, confirmed: Confirmed) {
        let mut known = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        if REMEMBERED_MAX <= known.len() {
            known.clear();
        }
        known.insert(digest, (Instant::now(), confirmed));
    }

    /// Somebody's rights have changed: everything is asked anew.
    pub fn forget_all(&self) {
        self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
