//! The settings of the central: its databases, and who may ask it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Central {
    /// Where stations deliver (UDP, QUIC with mutual TLS).
    pub uplink_listen: SocketAddr,
    /// The organisation in certificates (a-z, 0-9, -). Fixed when the certificate authority is made.
    pub organisation: String,
    /// The cluster. The databases `vtoc_control`, `vtoc_ops`, `vtoc_intel` and `vtoc_logistics` are made on it.
    /// Give it by the environment variable `DATABASE_URL` when it holds a password.
    pub database_url: Option<String>,
    /// Put before each database's name, so that two centrals can share a cluster.
    pub database_prefix: String,
    /// Certificate authority and server key. Default: `ca` in the state directory.
    pub ca_dir: Option<PathBuf>,
    pub keep_days: KeepDays,
    /// Where handhelds are mounted: `hardware/h4m/import` copies within this folder. Without it nothing is imported.
    pub import_root: Option<PathBuf>,
}

/// What is older than so many days goes. 0: kept for ever. What an open alert or an unfinished run needs stays.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepDays {
    /// Events, by role.
    pub ops: u32,
    pub intel: u32,
    pub logistics: u32,
    /// Messages of the chat.
    pub messages: u32,
    /// Runs of playbooks.
    pub runs: u32,
    /// Resolved alerts.
    pub alerts: u32,
    /// The audit log: at least 90, and no shorter than messages, runs and alerts.
    pub audit: u32,
    /// Answers to requests with an `Idempotency-Key`: 1 to 30.
    pub answers: u32,
}

impl Default for KeepDays {
    fn default() -> Self {
        Self { ops: 0, intel: 0, logistics: 0, messages: 730, runs: 365, alerts: 730, audit: 1_826, answers: 1 }
    }
}

impl Default for Central {
    fn default() -> Self {
        Self {
            uplink_listen: SocketAddr::from(([127, 0, 0, 1], 7443)),
            organisation: "vtoc".into(),
            database_url: None,
            database_prefix: "vtoc".into(),
            ca_dir: None,
            keep_days: KeepDays::default(),
            import_root: None,
        }
    }
}

/// The chat (docs/chat.md). Secrets come from files and the environment, so that the configuration can be shown.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chat {
    /// A file with the secrets of webhooks, one each line; any of them will do. Else the environment variable
    /// `CHATKIT_WEBHOOK_SECRET`. Without either webhooks are refused.
    pub webhook_secret_file: Option<PathBuf>,
    /// Refuse signatures of the body alone (`X-ChatKit-Signature`), which say nothing about when they were made.
    pub standard_webhooks_only: bool,
    /// Other chat systems that get what is said, by names of your own.
    pub fabrics: BTreeMap<String, Fabric>,
    pub radio: ChatRadio,
}

/// Messages and bulletins from the air (APRS) in the chat.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChatRadio {
    /// Tell messages to our call signs: the stations' (`vtoc enroll --callsign`) and `callsigns`.
    pub messages: bool,
    /// Tell bulletins, announcements and those of weather services.
    pub bulletins: bool,
    /// Call signs that are ours, too (operators'). Without SSID: with any.
    pub callsigns: Vec<String>,
}

impl Default for ChatRadio {
    fn default() -> Self {
        Self { messages: true, bulletins: true, callsigns: Vec::new() }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum FabricName {
    /// An incoming webhook of Slack or Mattermost: `secret_file` holds its address.
    Slack,
    /// Another central, or what takes the old service's webhooks: `url`, and `secret_file` with what to sign with.
    Chatkit,
    /// A homeserver: `url`, and `secret_file` with an access token.
    Matrix,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fabric {
    pub kind: FabricName,
    pub url: Option<String>,
    pub secret_file: PathBuf,
    /// Which of our channels go there (slug), and what they are called there; for Matrix the room's id, `!abc:example.org`.
    pub channels: BTreeMap<String, String>,
}

/// Playbooks (docs/playbooks.md).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agentkit {
    /// A file of playbooks (`agentkit.yml`), beside those that every central has.
    pub playbooks: Option<PathBuf>,
}

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
