//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same write again, with the same key, gets the answer of
//! the first time, for a day.
//!
//! ```text
//!   key is new ─► claimed ─► handler ─► answer kept      (5xx, 401, 403, 413, 429: not kept, the key is free again)
//!   answered   ─► the same answer, with Idempotency-Replayed: true; with another body: 422
//!   on its way ─► 409
//! ```
//! Constraints: a key is its account's own, for one method and path; what answers with secrets (log-in, tokens, operators)
//! takes no key. A claim whose central died is free again after a minute; what that central had done is noted where it did it, and
//! not done again (`store::once`). What can't be noted there does nothing new when it is done again: deletions, acknowledgements.

use super::BODY_BYTES_MAX;
use crate::auth::{Principal, Who, digest, digest_of};
use crate::central::Shared;
use crate::error::ApiError;
use crate::store::{KeptAnswer, KeyClaim, RequestKey};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

const KEY_CHARS_MAX: usize = 255;
/// A larger answer is given, but not kept.
const ANSWER_BYTES_MAX: usize = 2 << 20;
/// Their answers hold secrets, or are only about sessions.
const WITHOUT: [&str; 3] = ["/api/v1/auth", "/api/v1/tokens", "/api/v1/operators"];

/// Middleware, inside the gate.
pub(crate) async fn idempotent(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match key_of(&request) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => once(shared, key, request, next).await.unwrap_or_else(IntoResponse::into_response),
        Err(refusal) => refusal.into_response(),
    }
}

/// The digest of whose, what and which; `None`: nothing to be kept.
fn key_of(request: &Request) -> Result<Option<[u8; 32]>, ApiError> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let path = request.uri().path();
    let Some(key) = request.headers().get("idempotency-key") else { return Ok(None) };
    let account = request.extensions().get::<Principal>().filter(|p| p.who != Who::Nobody);
    let Some(account) = account.filter(|_| !safe && !WITHOUT.iter().any(|p| path.starts_with(p))) else { return Ok(None) };
    let key = key.to_str().ok().map(str::trim).filter(|k| (1..=KEY_CHARS_MAX).contains(&k.len()));
    let refused = || ApiError::BadRequest(format!("Idempotency-Key must be 1 to {KEY_CHARS_MAX} visible ASCII characters"));
    let key = key.ok_or_else(refused)?;
    let target = request.uri().path_and_query().map_or(path, |p| p.as_str());
    // Spaces part them: neither a method nor a target has one.
    Ok(Some(digest(&format!("{} {target} {} {key}", request.method(), account.actor().name))))
}

async fn once(shared: Arc<Shared>, key: [u8; 32], request: Request, next: Next) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| ApiError::TooLarge { limit_bytes: BODY_BYTES_MAX })?;
    let said = digest_of(&body);
    match shared.store.claim_key(&key, &said, shared.config.retention.answers_days).await? {
        KeyClaim::Answered(kept) => return Ok(replay(kept)),
        KeyClaim::OtherBody => {
            return Err(ApiError::field("header", "Idempotency-Key", "reused", "This key was used with another body", ""));
        }
        KeyClaim::OnItsWay => return Err(ApiError::Conflict("The request with this Idempotency-Key is being answered; try again".into())),
        KeyClaim::New => {}
    }
    if let Some(principal) = parts.extensions.get_mut::<Principal>() {
        principal.request = Some(RequestKey { key, body: said });
    }
    let request = Request::from_parts(parts, Body::from(body));
    // In a task of its own: a client that hangs up does not leave a write half answered.
    let answered = tokio::spawn(async move {
        let response = next.run(request).await;
        keep(&shared, &key, response).await
    });
    answered.await.map_err(|_| ApiError::Internal)
}

async fn keep(shared: &Shared, key: &[u8; 32], response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let status = parts.status;
    let passing = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::TOO_MANY_REQUESTS];
    let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap_or_else(|_| Bytes::new());
    let kept = if status.is_server_error() || passing.contains(&status) {
        shared.store.free_key(key).await
    } else {
        let answer = KeptAnswer { status: status.as_u16(), media_type: media_type(&parts.headers), answer: bytes.to_vec() };
        shared.store.keep_answer(key, &answer).await
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "the answer to a request with an Idempotency-Key was not kept");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned)
}

fn replay(kept: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = (status, kept.answer).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    if let Some(media) = kept.media_type.and_then(|m| HeaderValue::from_str(&m).ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, media);
    }
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}
