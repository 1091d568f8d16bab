//! Playbooks and their runs in JSON, the contract's agent actions (§1.1), and the file of definitions that comes in.

use super::Utc;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `agentkit.yml`. Unknown keys are ignored, as the old system did.
#[derive(Debug, Deserialize)]
pub(crate) struct PlaybookFile {
    #[serde(default)]
    pub playbooks: BTreeMap<String, PlaybookEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PlaybookEntry {
    pub name: Option<String>,
    pub description: Option<String>,
    pub entrypoint: Option<String>,
    pub options: Option<Map<String, Value>>,
    pub station_roles: Option<Vec<String>>,
    pub also_reads: Option<Vec<String>>,
    pub timeout_seconds: Option<i32>,
    pub attempts: Option<i32>,
    pub schedule: Option<String>,
    pub stations: Option<Vec<String>>,
    pub confirm: Option<bool>,
    /// The same.
    pub destructive: Option<bool>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Playbook)]
pub struct PlaybookRead {
    pub id: String,
    pub name: String,
    pub description: String,
    pub entrypoint: String,
    #[schema(value_type = Object)]
    pub options: Map<String, Value>,
    /// JSON schema of its input.
    #[schema(value_type = Object)]
    pub signature: Value,
    pub station_roles: Vec<&'static str>,
    pub timeout_seconds: i32,
    pub attempts: i32,
    #[schema(required = true)]
    pub schedule: Option<String>,
    /// Asks an operator before it begins.
    pub confirm: bool,
}

#[derive(Debug, ToSchema)]
#[schema(as = PlaybookRunCreate)]
pub struct RunCreate {
    #[schema(value_type = Option<Object>)]
    pub input: Option<()>,
    /// Nothing is written; the result says what would be.
    pub dry_run: Option<bool>,
    /// Where the result is said. Default: nowhere.
    pub channel: Option<String>,
    pub thread_id: Option<i64>,
    /// The sender's own number: asked again, it runs once.
    pub client_id: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PlaybookRun)]
pub struct RunRead {
    pub id: i64,
    pub action_id: String,
    pub playbook: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    pub state: &'static str,
    /// `central`, or `outside`.
    pub runner: &'static str,
    #[schema(value_type = Object)]
    pub input: Box<RawValue>,
    pub dry_run: bool,
    /// The station's slug.
    #[schema(required = true)]
    pub station: Option<String>,
    pub station_roles: Vec<&'static str>,
    pub requested_by: String,
    #[schema(required = true)]
    pub channel_id: Option<i64>,
    #[schema(required = true)]
    pub thread_id: Option<i64>,
    pub attempts: i32,
    pub attempts_max: i32,
    pub cancel_asked: bool,
    /// Queued, and waits for an operator's word (`POST …/confirm`, `/confirm`, or `cancel`).
    pub asks: bool,
    #[schema(required = true)]
    pub decided_by: Option<String>,
    /// Queued: not before.
    pub run_at: Utc,
    /// The result for people.
    #[schema(required = true)]
    pub markdown: Option<String>,
    /// The result for programs.
    #[schema(required = true, value_type = Option<Object>)]
    pub result: Option<Box<RawValue>>,
    #[schema(required = true)]
    pub error: Option<String>,
    pub created_at: Utc,
    #[schema(required = true)]
    pub started_at: Option<Utc>,
    #[schema(required = true)]
    pub finished_at: Option<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunLogLine {
    pub n: i32,
    pub attempt: i32,
    pub at: Utc,
    pub text: String,
}

/// A tool as vTOC's own programs list it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AgentTool {
    pub name: String,
    pub description: String,
    #[schema(value_type = Object)]
    pub signature: Value,
    #[schema(value_type = Object)]
    pub metadata: Value,
}

/// Tools over the wire.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AgentTools {
    pub tools: Vec<AgentTool>,
}

#[derive(Debug, ToSchema)]
pub struct AgentActionCreate {
    #[schema(max_length = 255)]
    pub tool_name: String,
    #[schema(value_type = Option<Object>)]
    pub action_input: Option<()>,
    /// May name channel and initiator: `channel_slug`, `channel`, `chatkit`, `initiator_id`, `initiator`, `user`; `station`, `dry_run`.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<()>,
    pub channel_slug: Option<String>,
    pub initiator_id: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentAction {
    pub action_id: String,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub result: Option<Box<RawValue>>,
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Debug, ToSchema)]
pub struct AgentActionReport {
    pub action_id: String,
    pub status: String,
    #[schema(value_type = Option<Object>)]
    pub result: Option<()>,
    pub error: Option<String>,
    pub channel_slug: Option<String>,
    pub initiator_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Received {
    pub received: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AgentActionAudit)]
pub struct AgentActionAuditRead {
    pub id: i64,
    pub action_id: String,
    pub tool_name: String,
    pub status: String,
    #[schema(required = true, value_type = Option<Object>)]
    pub request_payload: Option<Box<RawValue>>,
    #[schema(required = true, value_type = Option<Object>)]
    pub response_payload: Option<Box<RawValue>>,
    #[schema(required = true)]
    pub error_message: Option<String>,
    #[schema(required = true)]
    pub channel_slug: Option<String>,
    #[schema(required = true)]
    pub initiator_id: Option<String>,
    pub created_at: Utc,
    pub updated_at: Utc,
    #[schema(required = true)]
    pub completed_at: Option<Utc>,
}

/// What `POST /api/v1/agentkit/token` takes (JSON; client credentials).
#[derive(Debug, ToSchema)]
pub struct ClientCredentials {
    /// `client_credentials`
    pub grant_type: Option<String>,
    pub client_id: String,
    #[schema(format = Password)]
    pub client_secret: String,
}

/// Shown once.
#[derive(Clone, Serialize, ToSchema)]
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct AccessToken {
    pub access_token: String,
    /// `Bearer`
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
}

/// Tracks that are taken for one aircraft.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrackMerge {
    pub id: i64,
    /// `subject`, `callsign`, `method` (`address`, `movement`), `confidence`, `reasons`, and `members`, each with `role`, `source`, `station`,
    /// `subject`, `callsign`, `first_at`, `last_at`, `positions`.
    #[schema(value_type = Object)]
    pub detail: Box<RawValue>,
    /// The run of `op_airtrack_merge`.
    pub made_by_run: String,
    pub made_at: Utc,
    /// `null`: it holds.
    #[schema(required = true)]
    pub undone_at: Option<Utc>,
}
