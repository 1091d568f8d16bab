//! Request bodies: JSON objects, read field by field so that all mistakes are told at once, in the form of pydantic 2.5.
//!
//! Constraints: unknown keys are ignored; a number may come as a numeric string (as the old system allowed); text with
//! U+0000 is refused, because Postgres can't hold it; what is wrong is repeated to the client only when it is short.

use crate::auth::Password;
use crate::dto::{FieldProblem, Utc};
use crate::error::ApiError;
use crate::routes::BODY_BYTES_MAX;
use crate::store::Given;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use model::UnixMicros;
use serde_json::{Map, Value};

/// Longer input is not repeated in an error.
const REPEATED_MAX: usize = 200;
/// Keys that are too many are told up to here.
const OTHERS_MAX: usize = 20;
/// Numbers from here on are milliseconds, not seconds (as pydantic has it).
const MILLISECONDS_FROM: f64 = 2e10;

/// The body as one JSON object. Not `Debug`: a password may be in it.
#[derive(Clone)]
pub(crate) struct JsonObject(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::NotJson);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge { limit_bytes: BODY_BYTES_MAX },
            _ => ApiError::BadRequest("The body could not be read".into()),
        })?;
        Self::parse(&bytes)
    }
}

impl JsonObject {
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        parse(bytes)
    }

    pub fn of(value: Value) -> Result<Self, ApiError> {
        match value {
            Value::Object(object) => Ok(Self(object)),
            other => Err(whole("model_attributes_type", "Input should be a valid dictionary or object".into(), repeated(&other))),
        }
    }
}

/// Something is wrong with the body as a whole.
fn whole(kind: &'static str, msg: String, input: Value) -> ApiError {
    ApiError::Invalid(vec![FieldProblem { kind, loc: vec!["body".into()], msg, input }])
}

/// No Content-Type at all is taken for JSON too.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return true };
    let media = value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

pub(crate) fn parse(bytes: &[u8]) -> Result<JsonObject, ApiError> {
    if bytes.trim_ascii().is_empty() {
        return Err(whole("missing", "Field required".into(), Value::Null));
    }
    match serde_json::from_slice(bytes) {
        Ok(value) => JsonObject::of(value),
        Err(error) => Err(whole("json_invalid", format!("JSON decode error: {error}"), Value::Null)),
    }
}

/// What is wrong with a value: pydantic's word for it, and a sentence.
pub(crate) type Problem = (&'static str, String);

/// Reads fields of an object and collects what is wrong.
pub(crate) struct Fields {
    object: Map<String, Value>,
    problems: Vec<FieldProblem>,
}

impl Fields {
    pub fn of(JsonObject(object): JsonObject) -> Self {
        Self { object, problems: Vec::new() }
    }

    /// Absent, null, or a value that `read` accepts.
    pub fn given<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, Problem>) -> Given<T> {
        match self.object.get(name)? {
            Value::Null => Some(None),
            value => match read(value) {
                Ok(value) => Some(Some(value)),
                Err(problem) => {
                    self.problem(name, problem);
                    None
                }
            },
        }
    }

    /// Absent or a value; null is refused.
    pub fn not_null<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, Problem>) -> Option<T> {
        match self.object.get(name)? {
            Value::Null => {
                self.problem(name, ("null", "Input should not be null".into()));
                None
            }
            _ => self.given(name, read).flatten(),
        }
    }

    /// A value, or a problem and `None`.
    pub fn required<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, Problem>) -> Option<T> {
        if !self.object.contains_key(name) {
            self.problem(name, ("missing", "Field required".into()));
        }
        self.not_null(name, read)
    }

    /// A secret to be checked. It is never repeated.
    pub fn hidden(&mut self, name: &str) -> String {
        match self.object.remove(name) {
            Some(Value::String(secret)) => secret,
            None => {
                self.secret_problem(name, ("missing", "Field required".into()));
                String::new()
            }
            Some(_) => {
                self.secret_problem(name, ("string_type", "Input should be a valid string".into()));
                String::new()
            }
        }
    }

    /// A password to be set; `None` is a problem noted.
    pub fn password(&mut self, name: &str) -> Option<Password> {
        let noted = self.problems.len();
        let text = self.hidden(name);
        if noted < self.problems.len() {
            return None;
        }
        match Password::new(&text) {
            Ok(password) => Some(password),
            Err(error) => {
                self.secret_problem(name, ("string_length", error.to_string()));
                None
            }
        }
    }

    fn secret_problem(&mut self, name: &str, (kind, msg): Problem) {
        let input = Value::String("(not repeated)".into());
        self.problems.push(FieldProblem { kind, loc: vec!["body".into(), name.into()], msg, input });
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.object.get(name)
    }

    pub fn finish(self) -> Result<(), ApiError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self.problems)) }
    }

    /// Other keys are a mistake, not ignored.
    pub fn only(&mut self, names: &[&str]) {
        let others: Vec<String> = self.object.keys().filter(|key| !names.contains(&key.as_str())).take(OTHERS_MAX).cloned().collect();
        for key in others {
            self.problem(&key, ("extra_forbidden", "Extra inputs are not permitted".into()));
        }
    }

    /// A value that is not the body's own, checked and told as if it were.
    pub fn checked<T>(&mut self, name: &str, value: &Value, read: impl FnOnce(&Value) -> Result<T, Problem>) -> Option<T> {
        read(value).map_err(|problem| self.problem(name, problem)).ok()
    }

    pub fn problem(&mut self, name: &str, (kind, msg): Problem) {
        let input = repeated(self.object.get(name).unwrap_or(&Value::Null));
        self.problems.push(FieldProblem { kind, loc: vec!["body".into(), name.into()], msg, input });
    }
}

fn repeated(value: &Value) -> Value {
    let long = match value {
        Value::String(text) => REPEATED_MAX < text.len(),
        Value::Array(_) | Value::Object(_) => REPEATED_MAX < value.to_string().len(),
        _ => false,
    };
    if long { Value::String("(too long to repeat)".into()) } else { value.clone() }
}

pub(crate) fn text(max_chars: usize) -> impl FnOnce(&Value) -> Result<String, Problem> {
    move |value| {
        let text = value.as_str().ok_or_else(|| ("string_type", "Input should be a valid string".into()))?;
        if max_chars < text.chars().count() {
            return Err(("string_too_long", format!("String should have at most {max_chars} characters")));
        }
        no_nul(text)?;
        Ok(text.to_owned())
    }
}

/// Text that names something: not empty.
pub(crate) fn name(max_chars: usize) -> impl FnOnce(&Value) -> Result<String, Problem> {
    move |value| {
        let text = text(max_chars)(value)?;
        if text.trim().is_empty() {
            return Err(("string_too_short", "String should have at least 1 character".into()));
        }
        Ok(text)
    }
}

/// A slug is kept in lower case, because it is looked up so.
pub(crate) fn slug(max_chars: usize) -> impl FnOnce(&Value) -> Result<String, Problem> {
    move |value| Ok(name(max_chars)(value)?.to_lowercase())
}

pub(crate) fn boolean(value: &Value) -> Result<bool, Problem> {
    value.as_bool().ok_or_else(|| ("bool_type", "Input should be a valid boolean".into()))
}

pub(crate) fn integer(value: &Value) -> Result<i64, Problem> {
    let number = match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 1e15).map(|f| f as i64))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| ("int_type", "Input should be a valid integer".into()))
}

pub(crate) fn float(value: &Value) -> Result<f64, Problem> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| ("float_type", "Input should be a valid number".into()))?;
    if !number.is_finite() {
        return Err(("finite_number", "Input should be a finite number".into()));
    }
    Ok(number)
}

/// Degrees within ± `limit`: a position that can't be is refused, not stored.
pub(crate) fn degrees(limit: f64) -> impl FnOnce(&Value) -> Result<f64, Problem> {
    move |value| {
        let degrees = float(value)?;
        if limit < degrees.abs() {
            return Err(("out_of_range", format!("Input should be between -{limit} and {limit} degrees")));
        }
        Ok(degrees)
    }
}

/// RFC 3339, naive as UTC, or a Unix time in seconds or milliseconds. Years 1 to 9999.
pub(crate) fn instant(value: &Value) -> Result<UnixMicros, Problem> {
    let at = match value {
        Value::String(text) => Utc::parse(text).map(|t| t.0),
        Value::Number(number) => number.as_f64().and_then(unix_time),
        _ => None,
    };
    let in_years = |at: &UnixMicros| Utc::MIN <= *at && *at <= Utc::MAX;
    at.filter(in_years).ok_or_else(|| ("datetime_parsing", "Input should be a valid datetime, as 2026-11-23T00:00:00Z".into()))
}

fn unix_time(number: f64) -> Option<UnixMicros> {
    let seconds = if MILLISECONDS_FROM < number.abs() { number / 1e3 } else { number };
    (seconds.abs() < 1e12).then(|| UnixMicros((seconds * 1e6).round() as i64))
}

/// A JSON object, as text for the database.
pub(crate) fn object(value: &Value) -> Result<String, Problem> {
    if !value.is_object() {
        return Err(("dict_type", "Input should be a valid dictionary".into()));
    }
    let text = value.to_string();
    if has_nul(value) {
        return Err(nul());
    }
    Ok(text)
}

fn nul() -> Problem {
    ("string_unicode", "Input must not contain the character U+0000, which the database can't keep".into())
}

fn no_nul(text: &str) -> Result<(), Problem> {
    if text.contains('\0') { Err(nul()) } else { Ok(()) }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}
