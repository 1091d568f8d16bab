//! The chat in JSON. What comes in is read field by field (`routes::body`); the `…Create` shapes here describe it.

use super::Utc;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ChatChannel)]
pub struct ChannelRead {
    pub id: i64,
    /// What it is addressed by: `kp4-s1`. Also its station's slug, and `#ops-toc-s1`.
    pub slug: String,
    /// The station's call sign.
    pub name: String,
    /// The station's slug; `null`: not a station's.
    #[schema(required = true)]
    pub station: Option<String>,
    /// `ops`, `intel` or `logistics`; `null`: everybody's.
    #[schema(required = true)]
    pub station_role: Option<&'static str>,
    #[schema(required = true)]
    pub last_message_id: Option<i64>,
    /// Up to which message the asking one has read.
    pub last_read_id: i64,
    /// Others' messages after that, counted up to 1000.
    pub unread: i64,
}

#[derive(Debug, ToSchema)]
#[schema(as = ChatChannelCreate)]
pub struct ChannelCreate {
    #[schema(max_length = 100)]
    pub name: String,
    /// Default: everybody's.
    pub station_role: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ChatThread)]
pub struct ThreadRead {
    pub id: i64,
    pub channel_id: i64,
    /// `talk`, `mission` or `alert`.
    pub kind: String,
    /// What it is about: `event:17`, `mission:3`.
    #[schema(required = true)]
    pub subject: Option<String>,
    pub title: String,
    pub created_at: Utc,
    pub messages: i64,
    #[schema(required = true)]
    pub last_message_id: Option<i64>,
}

#[derive(Debug, ToSchema)]
#[schema(as = ChatThreadCreate)]
pub struct ThreadCreate {
    #[schema(max_length = 255)]
    pub title: String,
    /// `talk` (default), `mission` or `alert`.
    pub kind: Option<String>,
    /// One thread each in a channel: the same again is the same thread.
    #[schema(max_length = 200)]
    pub subject: Option<String>,
}

#[derive(Debug, ToSchema)]
#[schema(as = TelemetryEventThreadCreate)]
pub struct EventThreadCreate {
    /// Default: the event's number and source.
    #[schema(max_length = 255)]
    pub title: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ChatMessage)]
pub struct MessageRead {
    /// In the order in which they were stored.
    pub id: i64,
    pub channel_id: i64,
    /// The channel's slug.
    pub channel: String,
    #[schema(required = true)]
    pub thread_id: Option<i64>,
    /// The message that this one answers.
    #[schema(required = true)]
    pub reply_to: Option<i64>,
    /// `person`, `program`, `station` or `agent`.
    pub author_kind: &'static str,
    pub author: String,
    pub author_name: String,
    #[schema(required = true)]
    pub client_id: Option<String>,
    /// Markdown.
    pub text: String,
    #[schema(required = true, value_type = Option<Object>)]
    pub attachment: Option<Box<RawValue>>,
    pub created_at: Utc,
    /// Who reacted how: `{"👍": ["operator:anna"]}`
    #[schema(required = true, value_type = Option<Object>)]
    pub reactions: Option<Box<RawValue>>,
}

#[derive(Debug, ToSchema)]
#[schema(as = ChatMessageCreate)]
pub struct MessageCreate {
    /// A channel's id, slug or station.
    pub channel: String,
    pub thread_id: Option<i64>,
    pub reply_to: Option<i64>,
    /// Markdown. A command (`/help`, `@agent …`) is run, and answered in the same place.
    #[schema(max_length = 20000)]
    pub text: String,
    #[schema(value_type = Option<Object>)]
    pub attachment: Option<()>,
    /// The sender's own number: sent again, the message is stored once.
    #[schema(max_length = 200)]
    pub client_id: Option<String>,
}

/// A message that was posted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ChatPosted)]
pub struct PostedRead {
    #[serde(flatten)]
    pub message: MessageRead,
    /// The run that it asked for.
    #[schema(required = true)]
    pub run_id: Option<i64>,
}

#[derive(Debug, ToSchema)]
#[schema(as = ChatReaction)]
pub struct ReactionChange {
    #[schema(max_length = 32)]
    pub reaction: String,
    /// `false` takes it away. Default: `true`.
    pub present: Option<bool>,
}

#[derive(Debug, ToSchema)]
#[schema(as = ChatReadMark)]
pub struct ReadMark {
    pub message_id: i64,
}

/// What the feed sends.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatFrame {
    /// First: what comes has ids greater than this.
    Hello {
        cursor: i64,
    },
    Message {
        message: Box<MessageRead>,
    },
}

/// What a webhook is answered with.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WebhookReceived {
    pub received: bool,
    pub message_id: i64,
    /// The run that the message asked for.
    #[schema(required = true)]
    pub run_id: Option<i64>,
}

/// What a chat service sends. Other keys are ignored.
#[derive(Debug, ToSchema)]
pub struct WebhookMessage {
    pub text: String,
    /// A channel's slug, id or station; default: the header `X-ChatKit-Channel`, the station headers, else `general`.
    pub channel: Option<String>,
    /// Its own name for a thread.
    pub thread: Option<String>,
    /// Who said it: an operator's login may give commands.
    pub user: Option<String>,
    /// Its number for the message; the same is taken once.
    pub message_id: Option<String>,
}

#[derive(Debug, ToSchema)]
pub struct CommandRequest {
    pub channel: Option<String>,
    pub station_slug: Option<String>,
    /// `connector:test`, or what may be said in a channel: `/status`, `@agent …`.
    pub command: String,
    /// `connector:test`: `{"connector_id": "adsb-receiver"}`
    #[schema(value_type = Option<Object>)]
    pub payload: Option<()>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CommandResult {
    /// `queued`, `running`, `succeeded` or `failed`.
    pub status: &'static str,
    #[schema(required = true)]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connector_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<i64>,
}
