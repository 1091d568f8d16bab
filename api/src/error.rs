//! Every refusal of the API, and the HTTP status and JSON that it becomes. Nothing of the inside (SQL, paths, panics)
//! is told to the client; it is logged.

use crate::dto::{Detail, FieldProblem, FieldProblems};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, response};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum ApiError {
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    Unauthorized(&'static str),
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    NotFound(&'static str),
    #[error("{0}")]
    Conflict(String),
    #[error("The body is larger than {limit_bytes} bytes")]
    TooLarge { limit_bytes: usize },
    #[error("The body must be sent as Content-Type: application/json")]
    NotJson,
    #[error("{} fields do not validate", .0.len())]
    Invalid(Vec<FieldProblem>),
    #[error("Too many requests; try again in {seconds} s")]
    TooMany { seconds: u64 },
    /// Another program that we need did not do its part.
    #[error("{0}")]
    BadGateway(String),
    #[error("{0}")]
    Unavailable(String),
    #[error("{0}")]
    NotImplemented(&'static str),
    #[error("Internal Server Error")]
    Internal,
}

impl ApiError {
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::BadGateway(_) => StatusCode::BAD_GATEWAY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// One field of the query or path that does not validate.
    pub fn field(place: &str, name: &str, kind: &'static str, msg: impl Into<String>, input: impl Into<serde_json::Value>) -> Self {
        Self::Invalid(vec![FieldProblem { kind, loc: vec![place.into(), name.into()], msg: msg.into(), input: input.into() }])
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let detail = self.to_string();
        let retry_after = match &self {
            Self::TooMany { seconds } => Some(HeaderValue::from(*seconds)),
            Self::Unavailable(_) => Some(HeaderValue::from_static("5")),
            _ => None,
        };
        let mut response = match self {
            Self::Invalid(detail) => (status, Json(FieldProblems { detail })).into_response(),
            _ => (status, Json(Detail { detail })).into_response(),
        };
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// What axum answers in plain text, in our form.
pub(crate) fn detail(status: StatusCode, detail: &str) -> response::Response {
    (status, Json(Detail { detail: detail.into() })).into_response()
}

#[cfg(feature = "central")]
impl From<crate::store::StoreError> for ApiError {
    fn from(error: crate::store::StoreError) -> Self {
        use crate::store::StoreError;
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "a request needs the database");
                Self::Unavailable("The database is not available; try again later".into())
            }
            StoreError::Taken(what) => Self::Conflict(format!("{what} exists already")),
            StoreError::Refused(why) => Self::Conflict(why),
            StoreError::BadUrl | StoreError::Migrate(_) | StoreError::Unexpected(_) => {
                tracing::error!(%error, "a request failed in the database");
                Self::Internal
            }
        }
    }
}
