//! Saying something in a channel: who says it, what they may, and the run that it asks for.

use super::command;
use crate::auth::{Digest256, Principal, Rights, RoleSet, Scope, Who, hex};
use crate::central::Shared;
use crate::error::ApiError;
use crate::store::{Actor, Author, AuthorKind, Channel, NewMessage, NewRun, Posted};
use serde_json::{Value, json};

/// Characters of a message.
pub(crate) const TEXT_CHARS_MAX: usize = 20_000;

/// Who speaks, with what they may.
#[derive(Clone, Debug)]
pub(crate) struct Speaker {
    pub author: Author,
    pub rights: Rights,
    pub actor: Actor,
}

impl Speaker {
    /// `None`: nobody.
    pub fn of(principal: &Principal) -> Option<Self> {
        let author = match &principal.who {
            Who::Nobody => return None,
            Who::Operator { login, name, .. } => Author { kind: AuthorKind::Person, id: format!("operator:{login}"), name: name.clone() },
            Who::Token { id } => Author { kind: AuthorKind::Program, id: format!("token:{id}"), name: format!("token {id}") },
        };
        Some(Self { author, rights: principal.rights, actor: principal.actor() })
    }

    pub fn sees(&self, channel: &Channel) -> bool {
        channel.role.is_none_or(|role| self.rights.roles.contains(role))
    }
}

/// What is said, and where.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub channel: Channel,
    pub thread_id: Option<i64>,
    pub reply_to: Option<i64>,
    pub client_id: Option<String>,
    pub text: String,
    pub attachment: Option<String>,
}

/// Posts it, and queues what it asks for.
pub(crate) async fn say(shared: &Shared, speaker: &Speaker, words: Words, webhook: Option<&Digest256>) -> Result<Posted, ApiError> {
    let run = run_asked(shared, speaker, &words).await?;
    let new = NewMessage {
        channel_id: words.channel.id,
        thread_id: words.thread_id,
        reply_to: words.reply_to,
        author: speaker.author.clone(),
        client_id: words.client_id.or_else(|| request_of(speaker)),
        text: words.text,
        attachment: words.attachment,
    };
    let posted = shared.store.by(speaker.actor.clone()).post_message(&new, run, webhook, shared.now()).await?;
    if let Posted::New { run, .. } = &posted {
        shared.chat.feed.wake();
        if run.is_some() {
            shared.agents.wake();
        }
    }
    Ok(posted)
}

/// What is sent again under the same `Idempotency-Key` is the same message.
fn request_of(speaker: &Speaker) -> Option<String> {
    speaker.actor.request.as_ref().map(|request| format!("idempotency-key:{}", hex(&request.key)))
}

/// `None`: these are just words.
async fn run_asked(shared: &Shared, speaker: &Speaker, words: &Words) -> Result<Option<NewRun>, ApiError> {
    let Some(mut asked) = command::read(&words.text) else { return Ok(None) };
    if !speaker.rights.allows(Scope::TelemetryWrite) {
        return Err(ApiError::Forbidden("Commands need an operator's login or a token with the scope telemetry:write".into()));
    }
    shared.chat.commands.take(speaker.author.id.clone(), shared.now()).map_err(|seconds| ApiError::TooMany { seconds })?;
    if shared.agents.playbook(&asked.playbook).is_none() {
        asked = command::Command { input: unknown(&asked.playbook), playbook: "help".into(), dry_run: false };
    }
    let station = match &words.channel.station {
        Some(slug) => shared.stations.named(&shared.store, slug).await?,
        None => None,
    };
    // Whoever reads the channel reads the answer: a role's channel gets that role's data alone.
    let roles = words.channel.role.map_or(speaker.rights.roles, |role| RoleSet::from_iter([role]));
    let run = shared.agents.new_run(&asked.playbook, Value::Object(asked.input), roles, station.as_ref())?;
    Ok(Some(NewRun {
        dry_run: asked.dry_run,
        requested_by: speaker.author.id.clone(),
        channel_id: Some(words.channel.id),
        thread_id: words.thread_id,
        channel_slug: Some(words.channel.slug.clone()),
        initiator_id: Some(speaker.author.id.clone()),
        ..run
    }))
}

fn unknown(playbook: &str) -> serde_json::Map<String, Value> {
    [("unknown".to_owned(), json!(format!("there is no playbook {playbook}")))].into_iter().collect()
}
