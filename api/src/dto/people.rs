//! Operators, sessions, tokens and the audit log in JSON. No secret is in any of them but in [`TokenCreated`], once.

use super::Utc;
use serde::Serialize;
use utoipa::ToSchema;

/// What `POST /api/v1/auth/login` takes.
#[derive(Debug, ToSchema)]
pub struct Login {
    pub login: String,
    #[schema(format = Password)]
    pub password: String,
}

/// Who asks, and what they may do.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SessionInfo {
    /// Whether this request might read without a login.
    pub reading: &'static str,
    /// `operator`, `token` or `nobody`.
    pub kind: &'static str,
    #[schema(required = true)]
    pub login: Option<String>,
    #[schema(required = true)]
    pub name: Option<String>,
    /// `viewer`, `operator`, `commander` or `admin`.
    #[schema(required = true)]
    pub grade: Option<&'static str>,
    pub scopes: Vec<&'static str>,
    pub station_roles: Vec<&'static str>,
    /// What the identity provider is called, if there is one (`GET /api/v1/auth/oidc/login`).
    #[schema(required = true)]
    pub oidc: Option<String>,
    /// To be sent as `X-CSRF-Token` with every write of this session.
    #[schema(required = true)]
    pub csrf_token: Option<String>,
}

/// What `POST /api/v1/auth/password` takes.
#[derive(Debug, ToSchema)]
pub struct PasswordChange {
    #[schema(format = Password)]
    pub current: String,
    /// 12 to 200 characters.
    #[schema(format = Password, min_length = 12, max_length = 200)]
    pub new: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Operator)]
pub struct OperatorRead {
    pub id: i64,
    pub login: String,
    pub name: String,
    /// `viewer`, `operator`, `commander` or `admin`.
    pub grade: &'static str,
    /// Of `ops`, `intel`, `logistics`.
    pub station_roles: Vec<&'static str>,
    pub disabled: bool,
    pub created_at: Utc,
    pub updated_at: Utc,
}

#[derive(Debug, ToSchema)]
pub struct OperatorCreate {
    /// Kept in lower case: a-z, 0-9 and . _ @ - within.
    #[schema(max_length = 100)]
    pub login: String,
    /// For people. Default: the login.
    pub name: Option<String>,
    #[schema(format = Password, min_length = 12, max_length = 200)]
    pub password: String,
    #[schema(default = "viewer")]
    pub grade: Option<String>,
    /// Default: all of one's own.
    pub station_roles: Option<Vec<String>>,
}

/// Any of them. Every change but the name's ends the operator's sessions.
#[derive(Debug, ToSchema)]
pub struct OperatorUpdate {
    pub name: Option<String>,
    #[schema(format = Password, min_length = 12, max_length = 200)]
    pub password: Option<String>,
    pub grade: Option<String>,
    pub station_roles: Option<Vec<String>>,
    pub disabled: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenRead {
    pub id: i64,
    pub name: String,
    /// Of `read`, `telemetry:write`, `command`, `admin`.
    pub scopes: Vec<&'static str>,
    pub station_roles: Vec<&'static str>,
    pub created_at: Utc,
    #[schema(required = true)]
    pub expires_at: Option<Utc>,
    #[schema(required = true)]
    pub revoked_at: Option<Utc>,
}

#[derive(Debug, ToSchema)]
pub struct TokenCreate {
    #[schema(max_length = 255)]
    pub name: String,
    pub scopes: Vec<String>,
    /// Default: all of one's own.
    pub station_roles: Option<Vec<String>>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<()>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenCreated {
    #[serde(flatten)]
    pub token: TokenRead,
    /// Shown this once.
    pub secret: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AuditRead {
    /// `control`, `ops`, `intel` or `logistics`; the id counts within it.
    pub database: &'static str,
    pub id: i64,
    pub at: Utc,
    /// `operator:<login>`, `token:<id>`, `station:<slug>`, `command:<name>`, `central`, `database:<login>`
    pub actor: String,
    #[schema(required = true)]
    pub address: Option<String>,
    /// `source.update`, `session.begin`…
    pub action: String,
    pub object: String,
    /// SHA-256 of the row as JSON.
    #[schema(required = true)]
    pub before_sha256: Option<String>,
    #[schema(required = true)]
    pub after_sha256: Option<String>,
}
