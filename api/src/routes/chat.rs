//! `/api/v1/chatkit/channels` and their threads and read marks (docs/chat.md). What one's station roles don't show does not
//! exist for one.

use super::body::{Fields, JsonObject, Problem, integer, name};
use super::context::{Segment, id_of};
use super::params::limit_param;
use super::{Params, both};
use crate::auth::{Principal, RoleSet, Scope};
use crate::central::Shared;
use crate::chat::say::Speaker;
use crate::dto::{self, ChannelRead, ThreadRead, Utc};
use crate::error::ApiError;
use crate::store::{Channel, ChannelNews, NewThread, Role, Thread};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::Value;
use std::sync::Arc;

pub(crate) const NO_CHANNEL: ApiError = ApiError::NotFound("Channel not found");
pub(crate) const NO_THREAD: ApiError = ApiError::NotFound("Thread not found");
const KINDS: [&str; 3] = ["talk", "mission", "alert"];

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/chatkit/channels", get(channels).post(add_channel));
    let router = both(router, "/api/v1/chatkit/channels/{id}/threads", get(threads).post(add_thread));
    let router = both(router, "/api/v1/telemetry/events/{id}/thread", post(event_thread));
    both(router, "/api/v1/chatkit/channels/{id}/read", put(mark_read)).with_state(shared)
}

/// The channel, if these roles may see it.
pub(crate) async fn channel_of(shared: &Shared, roles: RoleSet, named: &str) -> Result<Channel, ApiError> {
    let channel = shared.store.channel(named).await?;
    channel.filter(|c| c.role.is_none_or(|role| roles.contains(role))).ok_or(NO_CHANNEL)
}

/// The thread, if it is the channel's.
pub(crate) async fn thread_of(shared: &Shared, channel: &Channel, id: i64) -> Result<Thread, ApiError> {
    shared.store.thread(id).await?.filter(|thread| thread.channel_id == channel.id).ok_or(NO_THREAD)
}

/// Who reads: for read marks. Nobody in particular has none that are kept apart.
fn reader_of(principal: &Principal) -> String {
    Speaker::of(principal).map_or_else(|| "nobody".into(), |speaker| speaker.author.id)
}

fn shown(news: ChannelNews) -> ChannelRead {
    ChannelRead {
        id: news.channel.id,
        slug: news.channel.slug,
        name: news.channel.name,
        station: news.channel.station,
        station_role: news.channel.role.map(Role::name),
        last_message_id: news.last_message_id,
        last_read_id: news.last_read_id,
        unread: news.unread,
    }
}

pub(crate) fn shown_thread(thread: Thread) -> ThreadRead {
    ThreadRead {
        id: thread.id,
        channel_id: thread.channel_id,
        kind: thread.kind,
        subject: thread.subject,
        title: thread.title,
        created_at: Utc(thread.created_at),
        messages: thread.messages,
        last_message_id: thread.last_message_id,
    }
}

#[utoipa::path(get, path = "/api/v1/chatkit/channels", tag = "chat",
    responses((status = 200, body = [ChannelRead], description = "Everybody's first, then the stations', in the order of their slugs"),
        (status = 401, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn channels(State(shared): State<Arc<Shared>>, principal: Principal) -> Result<Json<Vec<ChannelRead>>, ApiError> {
    principal.require(Scope::Read)?;
    let channels = shared.store.channels(principal.rights.roles, &reader_of(&principal)).await?;
    Ok(Json(channels.into_iter().map(shown).collect()))
}

#[utoipa::path(post, path = "/api/v1/chatkit/channels", tag = "chat", security(("token" = ["command"]), ("session" = [])),
    request_body = dto::ChannelCreate, description = "A station's own channel is made with the station.",
    responses((status = 201, body = ChannelRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 409, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn add_channel(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    body: JsonObject,
) -> Result<(StatusCode, Json<ChannelRead>), ApiError> {
    principal.require(Scope::Command)?;
    let mut fields = Fields::of(body);
    let name = fields.required("name", channel_name).unwrap_or_default();
    let role = fields.given("station_role", role).flatten();
    fields.finish()?;
    // What is said to everybody is for those who may speak to everybody.
    let all = role.map_or(RoleSet::ALL, |role| RoleSet::from_iter([role]));
    if !all.is_within(principal.rights.roles) {
        return Err(ApiError::Forbidden("A channel of this role is not yours to make".into()));
    }
    let slug = slug_of(&name);
    let channel = shared.store.by(principal.actor()).add_channel(&slug, &name, role).await?;
    Ok((StatusCode::CREATED, Json(shown(ChannelNews { channel, last_message_id: None, last_read_id: 0, unread: 0 }))))
}

fn slug_of(name: &str) -> String {
    let words: Vec<String> =
        name.to_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    words.join("-")
}

fn channel_name(value: &Value) -> Result<String, Problem> {
    let name = name(100)(value)?;
    if slug_of(&name).is_empty() {
        return Err(("string_pattern_mismatch", "A channel's name has at least one of a-z and 0-9 in it".into()));
    }
    Ok(name.trim().trim_start_matches('#').to_owned())
}

fn role(value: &Value) -> Result<Role, Problem> {
    value.as_str().and_then(Role::from_name).ok_or_else(|| ("enum", "Input should be ops, intel or logistics".into()))
}

#[utoipa::path(get, path = "/api/v1/chatkit/channels/{id}/threads", tag = "chat",
    params(("id" = String, Path, description = "A channel's id, slug or station"),
        ("limit" = Option<i64>, Query, description = "1 to 1000, else 100")),
    responses((status = 200, body = [ThreadRead], description = "Newest first"), (status = 401, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn threads(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(channel): Segment,
    params: Params,
) -> Result<Json<Vec<ThreadRead>>, ApiError> {
    principal.require(Scope::Read)?;
    let limit = limit_param(&params)?;
    let channel = channel_of(&shared, principal.rights.roles, &channel).await?;
    Ok(Json(shared.store.threads(channel.id, limit).await?.into_iter().map(shown_thread).collect()))
}

#[utoipa::path(post, path = "/api/v1/chatkit/channels/{id}/threads", tag = "chat", security(("token" = ["telemetry:write"]), ("session" = [])),
    params(("id" = String, Path, description = "A channel's id, slug or station")), request_body = dto::ThreadCreate,
    responses((status = 200, body = ThreadRead, description = "There is one with this subject"), (status = 201, body = ThreadRead),
        (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn add_thread(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(channel): Segment,
    body: JsonObject,
) -> Result<(StatusCode, Json<ThreadRead>), ApiError> {
    principal.require(Scope::TelemetryWrite)?;
    let mut fields = Fields::of(body);
    let title = fields.required("title", name(255)).unwrap_or_default();
    let kind = fields.not_null("kind", kind).unwrap_or("talk");
    let subject = fields.given("subject", name(200)).flatten();
    fields.finish()?;
    let channel = channel_of(&shared, principal.rights.roles, &channel).await?;
    let new = NewThread { channel_id: channel.id, kind, subject, title };
    let (thread, made) = shared.store.by(principal.actor()).begin_thread(&new).await?;
    let status = if made { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(shown_thread(thread))))
}

#[utoipa::path(post, path = "/api/v1/telemetry/events/{id}/thread", tag = "chat", security(("token" = ["telemetry:write"]), ("session" = [])),
    params(("id" = i64, Path)), request_body = dto::EventThreadCreate,
    description = "The thread of an event, in its station's channel (else in `general`): one each, begun with its first asking.",
    responses((status = 200, body = ThreadRead, description = "There is one"), (status = 201, body = ThreadRead), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail), (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn event_thread(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(id): Segment,
    body: JsonObject,
) -> Result<(StatusCode, Json<ThreadRead>), ApiError> {
    const NO_EVENT: ApiError = ApiError::NotFound("Event not found");
    principal.require(Scope::TelemetryWrite)?;
    let mut fields = Fields::of(body);
    let title = fields.given("title", name(255)).flatten();
    fields.finish()?;
    let id = id_of("event_id", &id)?;
    Role::of_id(id).filter(|role| principal.sees(*role)).ok_or(NO_EVENT)?;
    let (event, source) = shared.store.event(id).await?.ok_or(NO_EVENT)?;
    let own = match event.station_id {
        Some(station) => shared.store.channel_of_station(station).await?,
        None => None,
    };
    let channel = match own {
        Some(channel) => channel,
        None => shared.store.channel("general").await?.ok_or(NO_CHANNEL)?,
    };
    let title = title.unwrap_or_else(|| format!("Event {id} of {}", source.name).chars().take(255).collect());
    let new = NewThread { channel_id: channel.id, kind: "alert", subject: Some(format!("event:{id}")), title };
    let (thread, made) = shared.store.by(principal.actor()).begin_thread(&new).await?;
    let status = if made { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(shown_thread(thread))))
}

fn kind(value: &Value) -> Result<&'static str, Problem> {
    let kind = KINDS.into_iter().find(|kind| value.as_str() == Some(kind));
    kind.ok_or_else(|| ("enum", format!("Input should be one of {}", KINDS.join(", "))))
}

#[utoipa::path(put, path = "/api/v1/chatkit/channels/{id}/read", tag = "chat", security(("token" = ["read"]), ("session" = [])),
    params(("id" = String, Path, description = "A channel's id, slug or station")), request_body = dto::ReadMark,
    description = "One's own mark. It never goes back.",
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn mark_read(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    Segment(channel): Segment,
    body: JsonObject,
) -> Result<StatusCode, ApiError> {
    principal.require(Scope::Read)?;
    let reader = Speaker::of(&principal).ok_or(ApiError::Unauthorized("Log in to mark what you have read"))?.author.id;
    let mut fields = Fields::of(body);
    let message_id = fields.required("message_id", integer).unwrap_or_default();
    fields.finish()?;
    let channel = channel_of(&shared, principal.rights.roles, &channel).await?;
    shared.store.mark_read(&reader, channel.id, message_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
