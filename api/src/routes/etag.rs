//! `ETag` and `If-None-Match` (RFC 9110 §8.8, §13.1.2). Tags are weak: they say "the same picture", not "the same bytes".

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::LazyLock;

/// Different in each process: what is counted from its start is not taken for another's.
static PROCESS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// `W/"…"`
pub(crate) struct Tag(String);

impl Tag {
    /// Of what is only equal within this process.
    pub fn of(parts: impl Hash) -> Self {
        Self(format!("W/\"{:016x}\"", PROCESS.hash_one(parts)))
    }

    /// Of content, the same in every process.
    pub fn of_digest(digest: u64) -> Self {
        Self(format!("W/\"{digest:016x}\""))
    }

    pub fn value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("hex in quotes")
    }

    /// Whether the client has this already.
    pub fn is_known(&self, request: &HeaderMap) -> bool {
        let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
        known.flat_map(|v| v.split(',')).map(str::trim).any(|tag| tag == self.0 || tag == "*" || self.0.strip_prefix("W/") == Some(tag))
    }

    /// The response with the tag; or 304 when the client has it, and then `make` is not called.
    pub fn answer(&self, request: &HeaderMap, make: impl FnOnce() -> Response) -> Response {
        let mut response = if self.is_known(request) { StatusCode::NOT_MODIFIED.into_response() } else { make() };
        response.headers_mut().insert(header::ETAG, self.value());
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response.headers_mut().append(header::VARY, HeaderValue::from_static("authorization, cookie"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_tag_is_found_in_every_form() {
        let tag = Tag::of_digest(0xabc);
        for (value, known) in [
            ("W/\"0000000000000abc\"", true),
            ("\"0000000000000abc\"", true),
            ("\"x\", W/\"0000000000000abc\"", true),
            ("*", true),
            ("W/\"0000000000000abd\"", false),
            ("0000000000000abc", false),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap())]);
            assert_eq!(tag.is_known(&headers), known, "{value}");
        }
        assert!(!tag.is_known(&HeaderMap::new()));
        assert_ne!(Tag::of((1, 2)).0, Tag::of((1, 3)).0);
    }
}
