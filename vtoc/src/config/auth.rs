//! The settings of who may ask the central.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ReadPolicy {
    /// `required`; but where the central listens on loopback only, open to this machine's own programs and browsers
    /// (not to what a proxy passes on).
    #[default]
    Auto,
    /// Whoever reaches the port may read.
    Open,
    /// Reading needs a login or a token.
    Required,
}

/// Who may ask the central (docs/api.md). Writing always needs a login or a token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    pub read: ReadPolicy,
    /// A session that nobody uses ends after so many minutes.
    pub session_idle_minutes: u32,
    /// A session ends after so many hours, used or not.
    pub session_hours: u32,
    /// Cookies for HTTPS only, even when no proxy says `X-Forwarded-Proto: https`.
    pub secure_cookies: bool,
    /// A proxy of ours is before the central: believe its `X-Forwarded-For` and `X-Forwarded-Host`.
    pub trust_forwarded: bool,
    /// Sites whose pages may call the API with a token: `https://host`.
    pub cors_origins: Vec<String>,
    /// Requests per second of one address, and of one account; four times as many at once.
    pub requests_per_second: u32,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            read: ReadPolicy::default(),
            session_idle_minutes: 60,
            session_hours: 16,
            secure_cookies: false,
            trust_forwarded: false,
            cors_origins: Vec::new(),
            requests_per_second: 5_000,
        }
    }
}
