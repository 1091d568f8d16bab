//! The query string. It never fails to parse: of a repeated key the last counts, unknown keys are ignored.
//! Times and limits in it are read as they are in bodies.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use std::convert::Infallible;
#[cfg(feature = "central")]
pub(crate) use values::{limit_param, time_param};

pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    #[cfg(test)]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect())
    }

    /// `None` when absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(Query::try_from_uri(&parts.uri).map(|Query(pairs)| pairs).unwrap_or_default()))
    }
}

#[cfg(feature = "central")]
mod values {
    use super::Params;
    use crate::error::ApiError;
    use crate::routes::body::{Problem, instant, integer};
    use model::UnixMicros;
    use serde_json::Value;

    const LIMIT_DEFAULT: i64 = 100;
    const LIMIT_MAX: i64 = 1_000;

    pub(crate) fn time_param(params: &Params, name: &str) -> Result<Option<UnixMicros>, ApiError> {
        let Some(text) = params.get(name) else { return Ok(None) };
        // A `+` of an offset that was not escaped arrives as a space.
        let text = text.replacen(' ', if text.contains('T') { "+" } else { " " }, 1);
        let value = Value::String(text);
        instant(&value).map(Some).map_err(|(kind, msg)| ApiError::field("query", name, kind, msg, value))
    }

    pub(crate) fn limit_param(params: &Params) -> Result<i64, ApiError> {
        let Some(text) = params.get("limit") else { return Ok(LIMIT_DEFAULT) };
        let value = Value::from(text);
        let problem = |(kind, msg): Problem| ApiError::field("query", "limit", kind, msg, text);
        let limit = integer(&value).map_err(problem)?;
        match limit {
            ..1 => Err(problem(("greater_than_equal", "Input should be greater than or equal to 1".into()))),
            1..=LIMIT_MAX => Ok(limit),
            _ => Err(problem(("less_than_equal", format!("Input should be less than or equal to {LIMIT_MAX}")))),
        }
    }
}
