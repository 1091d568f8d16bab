//! Fabrics: other chat systems that get what is said in our channels.
//!
//! ```text
//!   chat_messages ──after the fabric's cursor, in order──► Fabric::request ──HTTP──► delivered: cursor moves (Postgres)
//!                                                                           └ trouble: again, later   └ never: noted, next
//! ```
//! Constraints: nothing is skipped because the other side was down; a message may be sent twice when we die between its answer
//! and our note of it, under the same number (Matrix and ChatKit drop the second by it, Slack's webhooks can't); what came
//! from a chat service is not sent back to one.

mod chatkit;
mod matrix;
mod slack;

use crate::central::Shared;
use crate::http::{Answer, HttpClient};
use crate::store::{Actor, Message, MessageFilter, StoreError};
use model::UnixMicros;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const TIMEOUT: Duration = Duration::from_secs(15);
/// How often the database is asked although nobody woke us.
const LOOK: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 2 });
const WAIT_MAX: Duration = Duration::from_secs(300);
const PAGE: i64 = 50;

/// A system of another kind, and how to get in. `Debug` hides that.
#[derive(Clone)]
pub enum FabricKind {
    /// An incoming webhook of Slack or Mattermost; its address is the secret.
    Slack { url: String },
    /// The old service's wire: our own webhook's form, signed.
    ChatKit { url: String, secret: String },
    /// A homeserver, with the token of the user who speaks for us.
    Matrix { homeserver: String, token: String },
}

/// One of them, with which channels of ours go there: slug, and what they are called there (Matrix: the room's id).
#[derive(Clone, Debug)]
pub struct FabricConfig {
    pub name: String,
    pub kind: FabricKind,
    pub channels: BTreeMap<String, String>,
}

impl fmt::Debug for FabricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slack { .. } => "Slack(…)",
            Self::ChatKit { .. } => "ChatKit(…)",
            Self::Matrix { .. } => "Matrix(…)",
        })
    }
}

/// What is sent for one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// How one system takes messages. Pure.
pub(crate) trait Fabric: Send + Sync + fmt::Debug {
    /// `target`: what the channel is called there.
    fn request(&self, message: &Message, target: &str, now: UnixMicros) -> Outgoing;
}

fn fabric(kind: &FabricKind) -> Arc<dyn Fabric> {
    match kind.clone() {
        FabricKind::Slack { url } => Arc::new(slack::Slack { url }),
        FabricKind::ChatKit { url, secret } => Arc::new(chatkit::ChatKit::new(url, &secret)),
        FabricKind::Matrix { homeserver, token } => Arc::new(matrix::Matrix { homeserver, token }),
    }
}

/// What an answer means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Delivered,
    Again,
    Never,
}

fn verdict(answer: &Answer) -> Verdict {
    match answer.status {
        200..=299 => Verdict::Delivered,
        // It has it already.
        409 => Verdict::Delivered,
        408 | 425 | 429 | 500..=599 => Verdict::Again,
        // The token, the room or the address may be put right: an administrator reads the log.
        401 | 403 | 404 => Verdict::Again,
        _ => Verdict::Never,
    }
}

/// Sends what is said in the fabric's channels, for ever.
pub(crate) async fn carry(shared: Arc<Shared>, config: FabricConfig) {
    let (fabric, http) = (fabric(&config.kind), HttpClient::new(TIMEOUT));
    let mut news = shared.chat.feed.changes();
    loop {
        if let Err(error) = carry_on(&shared, &config, &*fabric, &http).await {
            tracing::warn!(%error, fabric = config.name, "what was said can't be read; trying again");
        }
        let _ = timeout(LOOK, news.changed()).await;
    }
}

async fn carry_on(shared: &Shared, config: &FabricConfig, fabric: &dyn Fabric, http: &HttpClient) -> Result<(), StoreError> {
    let mut cursor = shared.store.fabric_cursor(&config.name).await?;
    loop {
        let filter = MessageFilter { after: Some(cursor), limit: PAGE, ..MessageFilter::default() };
        let page = shared.store.messages(crate::auth::RoleSet::ALL, &filter).await?;
        let Some(last) = page.last().map(|m| m.id) else { return Ok(()) };
        for message in &page {
            let Some(target) = config.channels.get(&message.channel).filter(|_| !message.author.starts_with("chatkit:")) else { continue };
            deliver(shared, config, fabric, http, message, target).await?;
            shared.store.move_fabric_cursor(&config.name, message.id).await?;
        }
        shared.store.move_fabric_cursor(&config.name, last).await?;
        cursor = last;
    }
}

/// Until it is taken, or refused for good.
async fn deliver(
    shared: &Shared,
    config: &FabricConfig,
    fabric: &dyn Fabric,
    http: &HttpClient,
    message: &Message,
    target: &str,
) -> Result<(), StoreError> {
    let mut wait = WAIT;
    loop {
        let out = fabric.request(message, target, shared.now());
        let headers: Vec<(&str, String)> = out.headers.iter().map(|(name, value)| (*name, value.clone())).collect();
        let trouble = match http.send(out.method, &out.url, &headers, out.body).await {
            Ok(answer) => match verdict(&answer) {
                Verdict::Delivered => return Ok(()),
                Verdict::Never => {
                    tracing::warn!(fabric = config.name, message = message.id, status = answer.status, "a message was refused for good");
                    let store = shared.store.by(Actor::named(format!("fabric:{}", config.name)));
                    return store.note("message.refused", &message.id.to_string()).await;
                }
                Verdict::Again => format!("it answered {}", answer.status),
            },
            Err(error) => error.to_string(),
        };
        tracing::warn!(fabric = config.name, trouble, "what is said waits; trying again in {wait:?}");
        sleep(wait.max(Duration::from_millis(50))).await;
        wait = WAIT_MAX.min(wait * 2);
    }
}

/// `Anna: words`: who said it, for systems that show us as the author.
fn line(message: &Message) -> String {
    format!("{}: {}", message.author_name, message.text)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::AuthorKind;

    pub(in crate::chat) fn message(text: &str) -> Message {
        Message {
            id: 17,
            channel_id: 1,
            channel: "kp4-a".into(),
            role: None,
            thread_id: Some(5),
            reply_to: None,
            author_kind: AuthorKind::Person,
            author: "operator:anna".into(),
            author_name: "Anna".into(),
            client_id: None,
            text: text.into(),
            attachment: None,
            created_at: UnixMicros(0),
            reactions: None,
        }
    }

    #[test]
    fn only_what_can_never_succeed_is_given_up() {
        let verdict = |status| super::verdict(&Answer { status, body: Vec::new() });
        assert_eq!([200, 202, 409].map(verdict), [Verdict::Delivered; 3]);
        assert_eq!([401, 404, 429, 500, 503].map(verdict), [Verdict::Again; 5]);
        assert_eq!([302, 400, 413].map(verdict), [Verdict::Never; 3]);
    }

    #[test]
    fn secrets_are_hidden() {
        let kind = FabricKind::Matrix { homeserver: "https://m".into(), token: "s3cret".into() };
        assert_eq!(format!("{kind:?}"), "Matrix(…)");
        for kind in [
            kind,
            FabricKind::Slack { url: "https://hooks/s3cret".into() },
            FabricKind::ChatKit { url: "https://c".into(), secret: "s3cret".into() },
        ] {
            assert!(!format!("{kind:?} {:?}", fabric(&kind)).contains("s3cret"));
        }
    }
}
