//! Who asks, as the gate found out; and the extractors by which a handler says what it needs.

use super::{Digest256, Grade, Rights, RoleSet, Scope};
use crate::central::Shared;
use crate::error::ApiError;
use crate::store::{Actor, RequestKey, Role, Store};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::net::IpAddr;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Nobody,
    Operator { id: i64, login: String, name: String, grade: Grade },
    Token { id: i64 },
}

/// Who asks, what they may do, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub who: Who,
    pub rights: Rights,
    pub address: Option<IpAddr>,
    /// The digest of the token or session.
    pub secret: Option<Digest256>,
    /// What came with an `Idempotency-Key`.
    pub request: Option<RequestKey>,
}

impl Principal {
    pub const NOBODY: Self = Self { who: Who::Nobody, rights: Rights::NONE, address: None, secret: None, request: None };

    /// For the audit log.
    pub fn actor(&self) -> Actor {
        let name = match &self.who {
            Who::Nobody => "nobody".to_owned(),
            Who::Operator { login, .. } => format!("operator:{login}"),
            Who::Token { id } => format!("token:{id}"),
        };
        Actor { name, address: self.address.map(|a| a.to_string()), request: self.request.clone() }
    }

    pub fn sees(&self, role: Role) -> bool {
        self.rights.roles.contains(role)
    }

    /// Where something goes that belongs to no station.
    pub fn home(&self) -> Role {
        self.rights.roles.iter().next().unwrap_or(Role::Ops)
    }

    pub fn require(&self, scope: Scope) -> Result<(), ApiError> {
        match (&self.who, self.rights.allows(scope)) {
            (_, true) => Ok(()),
            (Who::Nobody, false) if scope == Scope::Read => {
                Err(ApiError::Unauthorized("Log in (POST /api/v1/auth/login), or send Authorization: Bearer vtoc_…"))
            }
            (Who::Nobody, false) => Err(ApiError::Unauthorized("Writing needs a login or a token: send Authorization: Bearer vtoc_…")),
            (Who::Token { .. }, false) => Err(ApiError::Forbidden(format!("The token does not have the scope {}", scope.name()))),
            (Who::Operator { grade, .. }, false) => {
                Err(ApiError::Forbidden(format!("A {} does not have the scope {}", grade.name(), scope.name())))
            }
        }
    }
}

/// Whoever asks, as far as the gate let them in.
impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self::NOBODY))
    }
}

/// May read; the roles say whose data.
pub(crate) struct Reader {
    pub roles: RoleSet,
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let principal = Principal::from_request_parts(parts, state).await?;
        principal.require(Scope::Read)?;
        Ok(Self { roles: principal.rights.roles })
    }
}

/// May write telemetry. Runs before the body is read.
pub(crate) struct TelemetryWriter {
    pub principal: Principal,
    /// Changes made through it are noted as theirs.
    pub store: Store,
}

impl FromRequestParts<Arc<Shared>> for TelemetryWriter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, ApiError> {
        let principal = Principal::from_request_parts(parts, shared).await?;
        principal.require(Scope::TelemetryWrite)?;
        Ok(Self { store: shared.store.by(principal.actor()), principal })
    }
}

/// May do what concerns others' work: stations, tasks, hardware.
pub(crate) struct Commander {
    pub principal: Principal,
    pub store: Store,
}

impl FromRequestParts<Arc<Shared>> for Commander {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, ApiError> {
        let principal = Principal::from_request_parts(parts, shared).await?;
        principal.require(Scope::Command)?;
        Ok(Self { store: shared.store.by(principal.actor()), principal })
    }
}

/// May make operators and tokens, and read the audit log.
pub(crate) struct Administrator {
    pub principal: Principal,
    pub store: Store,
}

impl FromRequestParts<Arc<Shared>> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, ApiError> {
        let principal = Principal::from_request_parts(parts, shared).await?;
        principal.require(Scope::Admin)?;
        Ok(Self { store: shared.store.by(principal.actor()), principal })
    }
}

impl Administrator {
    /// Nobody gives away what they don't have.
    pub fn may_give(&self, roles: RoleSet) -> Result<(), ApiError> {
        if roles.is_within(self.principal.rights.roles) {
            return Ok(());
        }
        Err(ApiError::Forbidden("These station roles are not all yours to give".into()))
    }
}
