//! A body that is one JSON object, an array of them, or lines of them (NDJSON).
//!
//! Constraints: at most [`ITEMS_MAX`] items; a line or item that is no object is refused by itself, not with the others.

use super::BODY_BYTES_MAX;
use super::body::{JsonObject, is_json};
use crate::dto::FieldProblem;
use crate::error::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value;

/// Items of one request.
pub(crate) const ITEMS_MAX: usize = 5_000;

pub(crate) enum OneOrMany {
    One(JsonObject),
    Many(Vec<Result<JsonObject, ApiError>>),
}

impl<S: Send + Sync> FromRequest<S> for OneOrMany {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let lines = is_lines(request.headers());
        if !lines && !is_json(request.headers()) {
            return Err(ApiError::NotJson);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge { limit_bytes: BODY_BYTES_MAX },
            _ => ApiError::BadRequest("The body could not be read".into()),
        })?;
        if lines {
            let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
            return few(lines.take(ITEMS_MAX + 1).map(JsonObject::parse).collect());
        }
        match bytes.trim_ascii_start().first() {
            Some(b'[') => {
                let items: Vec<Value> =
                    serde_json::from_slice(&bytes).map_err(|error| problem("json_invalid", format!("JSON decode error: {error}")))?;
                few(items.into_iter().take(ITEMS_MAX + 1).map(JsonObject::of).collect())
            }
            _ => JsonObject::parse(&bytes).map(Self::One),
        }
    }
}

fn few(items: Vec<Result<JsonObject, ApiError>>) -> Result<OneOrMany, ApiError> {
    if ITEMS_MAX < items.len() {
        return Err(problem("too_long", format!("List should have at most {ITEMS_MAX} items")));
    }
    Ok(OneOrMany::Many(items))
}

fn problem(kind: &'static str, msg: String) -> ApiError {
    ApiError::Invalid(vec![FieldProblem { kind, loc: vec!["body".into()], msg, input: Value::Null }])
}

fn is_lines(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").split(';').next().unwrap_or("").trim();
    ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"]
        .iter()
        .any(|m| media.eq_ignore_ascii_case(m))
}
