//! AgentKit: playbooks, the queue that runs them, and the programs that use us or that we use.
//!
//! ```text
//!   chat command, REST, wire, schedule ──► agent_runs (Postgres) ──claim──► worker ──► Playbook::run(Context) ──► Outcome
//!                                             ▲ lease, retries, time-out     │
//!                                             └───────── end: state, Markdown, JSON and the reply in one transaction
//! ```
//!
//! Constraints:
//! - what a run leaves in the control database (state, result, reply) happens once, whoever dies when ([`worker`]);
//! - a playbook may be run again after a crash: what it writes elsewhere it writes under [`Context::key`], once;
//! - a dry run writes nothing; a run sees the data of its station roles alone ([`Context::roles`]);
//! - definitions are reviewed YAML that names code in this program, never code of their own ([`definition`]).
//!
//! A new playbook: a file in `agentkit/playbooks` that implements [`Playbook`], its line in [`playbooks::built_in`], its
//! entry in `agentkit.yml`.

mod context;
mod definition;
pub(crate) mod outside;
pub(crate) mod playbooks;
mod schedule;
pub(crate) mod worker;

pub(crate) use context::Context;
pub(crate) use definition::Definition;
pub use definition::{BadDefinition, Playbooks};
pub use outside::{BadOutside, Outside};

use crate::auth::{Digest256, RoleSet, digest};
use crate::error::ApiError;
use crate::store::{NewRun, Station, StoreError};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use thiserror::Error;
use tokio::sync::Notify;

/// The settings of AgentKit.
#[derive(Clone, Debug, Default)]
pub struct AgentConfig {
    pub playbooks: Playbooks,
    /// Names of tools that programs may see and use; `None`: all.
    pub allowed_tools: Option<Vec<String>>,
    /// What `/orgs/{org}` is called here. Empty: `vtoc`.
    pub organisation: String,
    /// Whoever shows these gets a token.
    pub client: Option<Client>,
    /// Does what no playbook of ours does.
    pub outside: Option<Outside>,
}

/// `AGENTKIT_CLIENT_ID` and `AGENTKIT_CLIENT_SECRET`. Of the secret only its digest is kept.
#[derive(Clone)]
pub struct Client {
    pub id: String,
    secret: Digest256,
}

impl Client {
    pub fn new(id: &str, secret: &str) -> Self {
        Self { id: id.to_owned(), secret: digest(secret) }
    }

    pub(crate) fn secret_digest(&self) -> Digest256 {
        self.secret
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// What people read.
    pub markdown: String,
    /// What programs read.
    pub result: Value,
}

/// Why a run has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum PlaybookError {
    /// It can't be done; trying again would not help.
    #[error("{0}")]
    Refused(String),
    /// It may go better next time.
    #[error("{0}")]
    Trouble(String),
}

impl From<StoreError> for PlaybookError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Trouble("the database is not available".into()),
            StoreError::Taken(_) | StoreError::Refused(_) => Self::Refused(error.to_string()),
            StoreError::BadUrl | StoreError::Migrate(_) | StoreError::Unexpected(_) => {
                tracing::error!(%error, "a playbook failed in the database");
                Self::Trouble("the database refused; the log says why".into())
            }
        }
    }
}

pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Outcome, PlaybookError>> + Send + 'a>>;

/// Something that can be run: from input and what is stored to Markdown and JSON.
pub(crate) trait Playbook: Send + Sync + std::fmt::Debug {
    /// What it is called: `timeline_summary`.
    fn id(&self) -> &'static str;

    /// JSON schema of its input.
    fn signature(&self) -> Value;

    /// Runs it. It may be stopped at any `.await` and run again later, with the same [`Context::key`].
    fn run<'a>(&'a self, context: &'a Context) -> Running<'a>;
}

/// What the routes and the worker share.
#[derive(Debug, Default)]
pub(crate) struct Agents {
    config: AgentConfig,
    wake: Notify,
}

impl Agents {
    pub fn new(config: AgentConfig) -> Self {
        Self { config, wake: Notify::new() }
    }

    /// There is a new run, committed.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub fn playbook(&self, id: &str) -> Option<&Definition> {
        self.config.playbooks.get(id)
    }

    /// Those that people and programs choose from (not the answers to `/help` and the like), in the order of their names.
    pub fn listed(&self) -> impl Iterator<Item = &Definition> {
        self.config.playbooks.iter().filter(|d| !d.hidden)
    }

    pub fn organisation(&self) -> &str {
        if self.config.organisation.is_empty() { "vtoc" } else { &self.config.organisation }
    }

    pub fn client(&self) -> Option<&Client> {
        self.config.client.as_ref()
    }

    pub fn outside(&self) -> Option<&Outside> {
        self.config.outside.as_ref()
    }

    /// What programs may use.
    pub fn is_allowed(&self, tool: &str) -> bool {
        self.config.allowed_tools.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == tool))
    }

    /// A run of a playbook on the data of these roles; of a station's role alone when it is about one.
    pub fn new_run(&self, playbook: &str, input: Value, roles: RoleSet, station: Option<&Station>) -> Result<NewRun, ApiError> {
        let definition = self.playbook(playbook).ok_or(ApiError::NotFound("Playbook not found"))?;
        let roles: RoleSet = roles.iter().filter(|role| station.is_none_or(|s| s.role == *role)).collect();
        let usable: RoleSet =
            roles.iter().filter(|role| definition.roles.contains(*role) || definition.also_reads.contains(*role)).collect();
        if !usable.iter().any(|role| definition.roles.contains(role)) {
            let names = definition.roles.names().join(", ");
            return Err(ApiError::Forbidden(format!("The playbook {playbook} is for stations of the roles {names}")));
        }
        Ok(NewRun {
            key: None,
            playbook: definition.id.clone(),
            input: input.to_string(),
            metadata: None,
            dry_run: false,
            station_id: station.map(|s| s.id),
            roles: usable,
            requested_by: "central".into(),
            channel_id: None,
            thread_id: None,
            reply_to: None,
            channel_slug: None,
            initiator_id: None,
            attempts_max: definition.attempts,
            timeout_s: definition.timeout_s,
            asks: definition.confirm,
            outside: None,
        })
    }
}
