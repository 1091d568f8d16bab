//! `/api/v1/chatkit/messages` and `/api/v1/chatkit/feed` (docs/chat.md).

use super::body::{Fields, JsonObject, Problem, boolean, integer, name, object};
use super::chat::{NO_CHANNEL, channel_of, thread_of};
use super::context::{Segment, id_of};
use super::live::{socket, told_while};
use super::params::limit_param;
use super::{Params, both};
use crate::auth::{Lease, Principal, Scope};
use crate::central::Shared;
use crate::chat::Feed;
use crate::chat::say::{Speaker, TEXT_CHARS_MAX, Words, say};
use crate::dto::{self, MessageRead, PostedRead, Utc};
use crate::error::ApiError;
use crate::store::{Message, MessageFilter, Posted};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, put};
use axum::{Extension, Json, Router};
use serde_json::Value;
use std::sync::Arc;

const NOT_FOUND: ApiError = ApiError::NotFound("Message not found");
/// Bytes of an attachment.
const ATTACHMENT_BYTES_MAX: usize = 256 << 10;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/chatkit/messages", get(list).post(post));
    let router = both(router, "/api/v1/chatkit/messages/{id}", get(one));
    let router = both(router, "/api/v1/chatkit/messages/{id}/reactions", put(react));
    both(router, "/api/v1/chatkit/feed", get(feed)).with_state(shared)
}

impl From<Message> for MessageRead {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            channel_id: message.channel_id,
            channel: message.channel,
            thread_id: message.thread_id,
            reply_to: message.reply_to,
            author_kind: message.author_kind.name(),
            author: message.author,
            author_name: message.author_name,
            client_id: message.client_id,
            text: message.text,
            attachment: message.attachment,
            created_at: Utc(message.created_at),
            reactions: message.reactions,
        }
    }
}

#[utoipa::path(get, path = "/api/v1/chatkit/messages", tag = "chat",
    params(("channel" = Option<String>, Query, description = "A channel's id, slug or station"),
        ("thread" = Option<i64>, Query, description = "A thread's id"),
        ("q" = Option<String>, Query, description = "Words, \"phrases\", or, -not"),
        ("before" = Option<i64>, Query, description = "Older than this message: the page after a page's last one"),
        ("after" = Option<i64>, Query, description = "Newer than this message, oldest first"),
        ("limit" = Option<i64>, Query, description = "1 to 1000, else 100")),
    responses((status = 200, body = [MessageRead], description = "Newest first, unless `after` is given"), (status = 401, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    params: Params,
) -> Result<Json<Vec<MessageRead>>, ApiError> {
    principal.require(Scope::Read)?;
    let roles = principal.rights.roles;
    let channel = match params.get("channel") {
        Some(named) => Some(channel_of(&shared, roles, named).await?),
        None => None,
    };
    let filter = MessageFilter {
        channel_id: channel.map(|c| c.id),
        thread_id: id_param(&params, "thread")?,
        words: params.get("q").filter(|q| !q.contains('\0')).map(|q| q.chars().take(500).collect()),
        before: id_param(&params, "before")?,
        after: id_param(&params, "after")?,
        limit: limit_param(&params)?,
    };
    Ok(Json(shared.store.messages(roles, &filter).await?.into_iter().map(MessageRead::from).collect()))
}

pub(crate) fn id_param(params: &Params, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let message = "Input should be a valid integer, unable to parse string as an integer";
    text.parse().map(Some).map_err(|_| ApiError::field("query", name, "int_parsing", message, text))
}

async fn seen(shared: &Shared, principal: &Principal, id: &str) -> Result<Message, ApiError> {
    let message = shared.store.message(id_of("message_id", id)?).await?;
    message.filter(|m| m.role.is_none_or(|role| principal.sees(role))).ok_or(NOT_FOUND)
}

#[utoipa::path(get, path = "/api/v1/chatkit/messages/{id}", tag = "chat", params(("id" = i64, Path)),
    responses((status = 200, body = MessageRead), (status = 401, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(id): Segment,
) -> Result<Json<MessageRead>, ApiError> {
    principal.require(Scope::Read)?;
    Ok(Json(seen(&shared, &principal, &id).await?.into()))
}

#[utoipa::path(post, path = "/api/v1/chatkit/messages", tag = "chat", security(("token" = ["telemetry:write"]), ("session" = [])),
    request_body = dto::MessageCreate,
    responses((status = 200, body = PostedRead, description = "It was posted before (the same `client_id`)"), (status = 201, body = PostedRead),
        (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 429, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn post(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    body: JsonObject,
) -> Result<(StatusCode, Json<PostedRead>), ApiError> {
    principal.require(Scope::TelemetryWrite)?;
    let speaker = Speaker::of(&principal).ok_or(ApiError::Unauthorized("Log in to speak"))?;
    let mut fields = Fields::of(body);
    let channel = fields.required("channel", channel_key).unwrap_or_default();
    let (thread_id, reply_to) = (fields.given("thread_id", integer).flatten(), fields.given("reply_to", integer).flatten());
    let text = fields.required("text", name(TEXT_CHARS_MAX)).unwrap_or_default();
    let attachment = fields.given("attachment", attachment).flatten();
    let client_id = fields.given("client_id", name(200)).flatten();
    fields.finish()?;
    let channel = channel_of(&shared, principal.rights.roles, &channel).await?;
    if let Some(id) = thread_id {
        thread_of(&shared, &channel, id).await?;
    }
    if let Some(id) = reply_to {
        shared.store.message(id).await?.filter(|m| m.channel_id == channel.id).ok_or(NOT_FOUND)?;
    }
    let words = Words { channel, thread_id, reply_to, client_id, text, attachment };
    match say(&shared, &speaker, words, None).await? {
        Posted::New { message, run } => Ok((StatusCode::CREATED, Json(PostedRead { message: message.into(), run_id: run }))),
        Posted::Again(message) => Ok((StatusCode::OK, Json(PostedRead { message: message.into(), run_id: None }))),
        Posted::Replayed => Err(ApiError::Internal),
    }
}

/// A channel's id may come as a number.
pub(crate) fn channel_key(value: &Value) -> Result<String, Problem> {
    match value {
        Value::Number(number) => Ok(number.to_string()),
        other => name(200)(other),
    }
}

pub(crate) fn attachment(value: &Value) -> Result<String, Problem> {
    let text = object(value)?;
    if ATTACHMENT_BYTES_MAX < text.len() {
        return Err(("too_long", format!("An attachment should have at most {ATTACHMENT_BYTES_MAX} bytes")));
    }
    Ok(text)
}

#[utoipa::path(put, path = "/api/v1/chatkit/messages/{id}/reactions", tag = "chat", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"]), ("session" = [])), request_body = dto::ReactionChange,
    responses((status = 200, body = MessageRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn react(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(id): Segment,
    body: JsonObject,
) -> Result<Json<MessageRead>, ApiError> {
    principal.require(Scope::TelemetryWrite)?;
    let speaker = Speaker::of(&principal).ok_or(ApiError::Unauthorized("Log in to react"))?;
    let message = seen(&shared, &principal, &id).await?;
    let mut fields = Fields::of(body);
    let reaction = fields.required("reaction", name(32)).unwrap_or_default();
    let present = fields.not_null("present", boolean).unwrap_or(true);
    fields.finish()?;
    shared.store.by(speaker.actor).react(message.id, &speaker.author.id, reaction.trim(), present).await?;
    Ok(Json(shared.store.message(message.id).await?.ok_or(NOT_FOUND)?.into()))
}

#[utoipa::path(get, path = "/api/v1/chatkit/feed", tag = "chat",
    description = "WebSocket: `hello` with a cursor, then each new message, as text frames of JSON. Come back with `after` = the last id seen.",
    params(("after" = Option<i64>, Query, description = "All messages after this one; default: from now on")),
    responses((status = 101, description = "Switching to WebSocket"), (status = 400, body = dto::Detail), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn feed(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    lease: Option<Extension<Lease>>,
    headers: HeaderMap,
    params: Params,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    principal.require(Scope::Read)?;
    let upgrade = socket(upgrade, &headers, "the chat")?;
    let after = match id_param(&params, "after")? {
        Some(after) => after,
        None => shared.store.last_message().await?,
    };
    let watcher = Feed::join(&shared, principal.rights.roles, after);
    let watcher = watcher.ok_or_else(|| ApiError::Unavailable("Too many watch the chat already; try again later".into()))?;
    Ok(told_while(lease, upgrade, watcher))
}

/// What a webhook names: unknown or not one's own is the same.
pub(crate) async fn channel_named(shared: &Shared, speaker: &Speaker, named: &str) -> Result<crate::store::Channel, ApiError> {
    shared.store.channel(named).await?.filter(|channel| speaker.sees(channel)).ok_or(NO_CHANNEL)
}
