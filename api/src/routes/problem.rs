//! Problem details (RFC 9457) for who asks for them with `Accept: application/problem+json`: the same error, with `type`,
//! `title`, `status` and `instance` beside its `detail`. What did not validate is listed in `errors`.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

const MEDIA: &str = "application/problem+json";
/// Our errors are smaller.
const ERROR_BYTES_MAX: usize = 1 << 20;

/// Middleware.
pub(crate) async fn problem_details(request: Request, next: Next) -> Response {
    if !is_wanted(request.headers()) {
        return next.run(request).await;
    }
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.status();
    let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    if !json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let told: Value = match to_bytes(body, ERROR_BYTES_MAX).await {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(_) => Value::Null,
    };
    let title = status.canonical_reason().unwrap_or("Error");
    let mut problem = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "instance": path});
    match &told["detail"] {
        Value::Array(errors) => {
            problem["detail"] = format!("{} fields do not validate", errors.len()).into();
            problem["errors"] = told["detail"].clone();
        }
        detail => problem["detail"] = detail.clone(),
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(problem.to_string()))
}

fn is_wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
    accept.flat_map(|v| v.split(',')).any(|range| range.split(';').next().is_some_and(|m| m.trim().eq_ignore_ascii_case(MEDIA)))
}
