//! `POST /api/v1/chatkit/webhook` and `/api/v1/chatkit/commands` (contract §1.3, §3.1). The gate lets everybody through to
//! them: the webhook's caller shows a signature (`chat::signature`), the commands' caller a signature, a session or a token.

use super::body::{Fields, Problem, name, object, parse};
use super::context::station_of;
use super::messages::{attachment, channel_key, channel_named};
use super::{Params, both};
use crate::auth::{Digest256, Principal, Rights, RoleSet, Scope};
use crate::central::Shared;
use crate::chat::say::{Speaker, TEXT_CHARS_MAX, Words, say};
use crate::chat::{Refused, command, verify};
use crate::dto::{self, CommandResult, WebhookReceived};
use crate::error::ApiError;
use crate::store::{Actor, Author, AuthorKind, NewThread, Posted, Source, Station};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use std::sync::Arc;

/// A connector that delivered within so long is fine.
const FRESH_US: i64 = 300_000_000;
const GENERAL: &str = "general";

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/chatkit/webhook", post(webhook));
    both(router, "/api/v1/chatkit/commands", post(commands)).with_state(shared)
}

/// Who signed the request, or why it is refused.
pub(crate) fn signed(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Digest256, ApiError> {
    let chat = &shared.config.chat;
    let verified = verify(&chat.webhook_keys, chat.standard_webhooks_only, headers, body, shared.now());
    verified.map(|v| v.digest).map_err(|refused| match refused {
        Refused::NotConfigured => ApiError::Forbidden(refused.to_string()),
        Refused::Unsigned => ApiError::Unauthorized("Invalid signature: there is none"),
        Refused::Incomplete => {
            ApiError::Unauthorized("Invalid signature: webhook-id, webhook-timestamp and webhook-signature belong together")
        }
        Refused::NotStandard => ApiError::Unauthorized("Invalid signature: this central takes Standard Webhooks only"),
        Refused::Wrong => ApiError::Unauthorized("Invalid signature"),
        Refused::Stale => ApiError::Unauthorized("Invalid signature: webhook-timestamp is more than five minutes from our clock"),
    })
}

pub(crate) const REPLAYED: &str = "This request was taken before";

#[utoipa::path(post, path = "/api/v1/chatkit/webhook", tag = "chat", request_body = dto::WebhookMessage,
    description = "Signed: `X-ChatKit-Signature`, or Standard Webhooks. A message that a chat service passes on.",
    params(("X-ChatKit-Signature" = Option<String>, Header, description = "Lower-case hex of HMAC-SHA256 of the body"),
        ("webhook-id" = Option<String>, Header), ("webhook-timestamp" = Option<i64>, Header),
        ("webhook-signature" = Option<String>, Header, description = "`v1,` and base64 of HMAC-SHA256 of id.timestamp.body")),
    responses((status = 202, body = WebhookReceived), (status = 401, body = dto::Detail, description = "No, a wrong or an old signature"),
        (status = 403, body = dto::Detail, description = "No secret is configured, or whoever speaks may not"), (status = 404, body = dto::Detail),
        (status = 409, body = dto::Detail, description = "It was taken before"), (status = 413, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 429, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn webhook(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    headers: HeaderMap,
    params: Params,
    body: Bytes,
) -> Result<(StatusCode, Json<WebhookReceived>), ApiError> {
    let digest = signed(&shared, &headers, &body)?;
    let mut fields = Fields::of(parse(&body)?);
    let text = fields.required("text", name(TEXT_CHARS_MAX)).unwrap_or_default();
    let channel = fields.given("channel", key_of).flatten();
    let thread = fields.given("thread", key_of).flatten();
    let user = fields.given("user", key_of).flatten().or_else(|| fields.given("initiator_id", key_of).flatten());
    let ids: Vec<String> = ["message_id", "event_id"].iter().filter_map(|id| fields.given(id, key_of).flatten()).collect();
    let attachment = fields.given("attachment", attachment).flatten();
    fields.finish()?;
    let speaker = speaker(&shared, &principal, user.or_else(|| header(&headers, &["x-chatkit-user", "x-chatkit-initiator"]))).await?;
    let channel = match channel.or_else(|| header(&headers, &["x-chatkit-channel"])) {
        Some(named) => channel_named(&shared, &speaker, &named).await?,
        None => channel_of_station(&shared, &speaker, &headers, &params).await?,
    };
    let thread = thread.or_else(|| header(&headers, &["x-chatkit-thread"]));
    let thread_id = match thread {
        Some(theirs) => {
            let new = NewThread { channel_id: channel.id, kind: "talk", subject: Some(format!("chatkit:{theirs}")), title: theirs };
            Some(shared.store.by(speaker.actor.clone()).begin_thread(&new).await?.0.id)
        }
        None => None,
    };
    let words = Words { channel, thread_id, reply_to: None, client_id: ids.into_iter().next(), text, attachment };
    let (message_id, run_id) = match say(&shared, &speaker, words, Some(&digest)).await? {
        Posted::New { message, run } => (message.id, run),
        Posted::Again(message) => (message.id, None),
        Posted::Replayed => return Err(ApiError::Conflict(REPLAYED.into())),
    };
    Ok((StatusCode::ACCEPTED, Json(WebhookReceived { received: true, message_id, run_id })))
}

/// A name: a string, a number, or an object with `slug`, `id`, `user_id` or `name`.
pub(crate) fn key_of(value: &Value) -> Result<String, Problem> {
    let inner = value.as_object().and_then(|o| ["slug", "id", "user_id", "name"].iter().find_map(|key| o.get(*key)));
    channel_key(inner.unwrap_or(value))
}

pub(crate) fn header(headers: &HeaderMap, names: &[&str]) -> Option<String> {
    let mut values = names.iter().filter_map(|name| headers.get(*name)?.to_str().ok()).map(str::trim);
    values.find(|value| !value.is_empty() && value.len() <= 200).map(str::to_owned)
}

/// Who speaks through a chat service. An operator's login has that operator's rights; anybody else may say something (the
/// service answers for them), but ask for nothing.
async fn speaker(shared: &Shared, principal: &Principal, user: Option<String>) -> Result<Speaker, ApiError> {
    let user = user.unwrap_or_else(|| "unknown".into());
    let login = user.trim_start_matches('@').to_lowercase();
    let address = principal.address.map(|a| a.to_string());
    if let Some((operator, _)) = shared.store.operator_by_login(&login).await? {
        if operator.disabled {
            return Err(ApiError::Forbidden("This operator is disabled".into()));
        }
        let author = Author { kind: AuthorKind::Person, id: format!("operator:{login}"), name: operator.name };
        let rights = Rights::new(operator.grade.scopes(), operator.roles);
        if !rights.allows(Scope::TelemetryWrite) {
            return Err(ApiError::Forbidden("A viewer may not speak".into()));
        }
        return Ok(Speaker { actor: Actor { name: format!("chatkit:{}", author.id), address, request: None }, author, rights });
    }
    let author = Author { kind: AuthorKind::Person, id: format!("chatkit:{user}"), name: user };
    let rights = Rights::new(&[Scope::Read], RoleSet::ALL);
    Ok(Speaker { actor: Actor { name: author.id.clone(), address, request: None }, author, rights })
}

/// Of the station that the headers name, else everybody's.
async fn channel_of_station(
    shared: &Shared,
    speaker: &Speaker,
    headers: &HeaderMap,
    params: &Params,
) -> Result<crate::store::Channel, ApiError> {
    let station = station_of(shared, speaker.rights.roles, None, headers, params).await?;
    let named = station.map_or_else(|| GENERAL.to_owned(), |s| s.slug.to_string());
    channel_named(shared, speaker, &named).await
}

#[utoipa::path(post, path = "/api/v1/chatkit/commands", tag = "chat", request_body = dto::CommandRequest,
    security(("token" = ["telemetry:write"]), ("session" = [])),
    description = "With a login, a token, or signed as the webhook is.",
    responses((status = 200, body = CommandResult, description = "`connector:test`: done"), (status = 202, body = CommandResult),
        (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 409, body = dto::Detail), (status = 413, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 429, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn commands(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    headers: HeaderMap,
    params: Params,
    body: Bytes,
) -> Result<(StatusCode, Json<CommandResult>), ApiError> {
    let known = Speaker::of(&principal);
    let digest = if known.is_none() { Some(signed(&shared, &headers, &body)?) } else { None };
    let mut fields = Fields::of(parse(&body)?);
    let asked = fields.required("command", name(4_000)).unwrap_or_default();
    let channel = fields.given("channel", key_of).flatten();
    let station = fields.given("station_slug", name(100)).flatten();
    let user = fields.given("user", key_of).flatten().or_else(|| header(&headers, &["x-chatkit-user", "x-chatkit-initiator"]));
    let connector = fields.get("payload").and_then(|p| p.get("connector_id")).and_then(Value::as_str).map(str::to_owned);
    fields.given("payload", object);
    fields.finish()?;
    let speaker = match known {
        Some(speaker) => speaker,
        None => self::speaker(&shared, &principal, user).await?,
    };
    if !speaker.rights.allows(Scope::TelemetryWrite) {
        return Err(ApiError::Forbidden("Commands need an operator's login or a token with the scope telemetry:write".into()));
    }
    let named = match &station {
        Some(slug) => shared.stations.named(&shared.store, slug).await?.filter(|s| speaker.rights.roles.contains(s.role)),
        None => station_of(&shared, speaker.rights.roles, None, &headers, &params).await?,
    };
    if asked == "connector:test" {
        shared.chat.commands.take(speaker.author.id.clone(), shared.now()).map_err(|seconds| ApiError::TooMany { seconds })?;
        if let Some(digest) = &digest
            && !shared.store.take_webhook(digest, shared.now()).await?
        {
            return Err(ApiError::Conflict(REPLAYED.into()));
        }
        let station = named.ok_or(super::context::NO_STATION)?;
        return Ok((StatusCode::OK, Json(connector_test(&shared, &station, connector).await?)));
    }
    if command::read(&asked).is_none() {
        return Err(ApiError::field(
            "body",
            "command",
            "enum",
            "Input should be connector:test, /status, /playbook, /alerts, /help or @agent …",
            asked,
        ));
    }
    let channel = match (channel, named) {
        (Some(named), _) => channel_named(&shared, &speaker, &named).await?,
        (None, Some(station)) => channel_named(&shared, &speaker, station.slug.as_str()).await?,
        (None, None) => channel_named(&shared, &speaker, GENERAL).await?,
    };
    let words = Words { channel, thread_id: None, reply_to: None, client_id: None, text: asked, attachment: None };
    match say(&shared, &speaker, words, digest.as_ref()).await? {
        Posted::New { run, .. } => {
            let message = Some("The answer comes in the channel".into());
            Ok((StatusCode::ACCEPTED, Json(CommandResult { status: "queued", message, connector_id: None, run_id: run })))
        }
        Posted::Again(_) | Posted::Replayed => Err(ApiError::Conflict(REPLAYED.into())),
    }
}

/// Whether a station's connector delivers: its source, and when it last did.
async fn connector_test(shared: &Shared, station: &Station, connector: Option<String>) -> Result<CommandResult, ApiError> {
    let Some(connector) = connector else {
        return Err(ApiError::field("body", "payload", "missing", "payload.connector_id is required", Value::Null));
    };
    let sources = shared.store.sources().await?;
    let source = sources.iter().filter(|s| s.station_id == Some(station.id)).find(|s| is_connector(s, station, &connector));
    let result = |ok: bool, message: String| CommandResult {
        status: if ok { "succeeded" } else { "failed" },
        message: Some(message),
        connector_id: Some(connector.clone()),
        run_id: None,
    };
    let Some(source) = source else {
        return Ok(result(false, format!("{} has no source for {connector}: nothing of it was ever received", station.name)));
    };
    let last = source.last_ingested_at.map(|at| shared.now().micros_since(at));
    Ok(match last {
        _ if !source.is_active => result(false, format!("The source {} is switched off", source.slug)),
        None => result(false, format!("The source {} never delivered", source.slug)),
        Some(age) if age <= FRESH_US => result(true, format!("{} delivered {} s ago", source.slug, age.max(0) / 1_000_000)),
        Some(age) => result(false, format!("{} is silent for {} min", source.slug, age / 60_000_000)),
    })
}

/// The wizard's names for connectors, a source's slug, or its type.
fn is_connector(source: &Source, station: &Station, connector: &str) -> bool {
    let connector = connector.to_lowercase().replace('_', "-");
    let protocol = match connector.as_str() {
        "adsb-receiver" => "adsb",
        "ais-module" => "ais",
        "aprs-receiver" => "aprs",
        other => other,
    };
    source.slug == connector || source.slug == format!("{}-{protocol}", station.slug) || source.source_type == protocol
}
