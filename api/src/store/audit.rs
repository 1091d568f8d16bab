//! Who changes what: triggers of each database write the audit log (migrations/control/0002, migrations/role/0002) in the
//! change's own transaction; here the transaction is told who it is, and the log is read.

use super::control::micros;
use super::{RequestKey, Role, Store, StoreError};
use crate::auth::RoleSet;
use crate::dto::Utc;
use model::UnixMicros;
use sqlx::postgres::{PgPool, PgRow, Postgres};
use sqlx::{FromRow, Row, Transaction};
use std::sync::Arc;
use time::OffsetDateTime;

/// Who is behind a change, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `operator:<login>`, `token:<id>`, `station:<slug>`, `command:<name>`, `central`.
    pub name: String,
    pub address: Option<String>,
    /// What they asked for with an `Idempotency-Key`: it is done once (`store::once`).
    pub(crate) request: Option<RequestKey>,
}

impl Actor {
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), address: None, request: None }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AuditEntry {
    /// `control`, or the role whose database it is.
    pub database: &'static str,
    pub id: i64,
    pub at: UnixMicros,
    pub actor: String,
    pub address: Option<String>,
    pub action: String,
    pub object: String,
    pub before_sha256: Option<Vec<u8>>,
    pub after_sha256: Option<Vec<u8>>,
}

impl FromRow<'_, PgRow> for AuditEntry {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            database: "control",
            id: row.try_get("id")?,
            at: micros(row.try_get("at")?),
            actor: row.try_get("actor")?,
            address: row.try_get("address")?,
            action: row.try_get("action")?,
            object: row.try_get("object")?,
            before_sha256: row.try_get("before_sha256")?,
            after_sha256: row.try_get("after_sha256")?,
        })
    }
}

impl Store {
    /// The same store; what is changed through it is noted as the actor's.
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor: Arc::new(actor), ..self.clone() }
    }

    /// A transaction that changes something.
    pub(super) async fn change(&self, pool: &PgPool) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = pool.begin().await?;
        sqlx::query("SELECT set_config('vtoc.actor', $1, true), set_config('vtoc.address', $2, true)")
            .bind(&self.actor.name)
            .bind(self.actor.address.as_deref().unwrap_or(""))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }

    /// Notes what is no change of a row: `session.begin`, `session.refused`…
    pub(crate) async fn note(&self, action: &str, object: &str) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO audit_log (actor, address, action, object) VALUES ($1, $2, $3, $4)")
            .bind(&self.actor.name)
            .bind(&self.actor.address)
            .bind(action)
            .bind(object)
            .execute(self.control())
            .await?;
        Ok(())
    }

    /// Newest first, from the control database and those of the roles.
    pub(crate) async fn audit(
        &self,
        roles: RoleSet,
        since: Option<UnixMicros>,
        until: Option<UnixMicros>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        const SQL: &str = "SELECT * FROM audit_log WHERE at BETWEEN $1 AND $2 ORDER BY at DESC, id DESC LIMIT $3";
        let [since, until] = [since.unwrap_or(Utc::MIN), until.unwrap_or(Utc::MAX)].map(|t| OffsetDateTime::from(Utc(t)));
        let pools = std::iter::once(("control", self.control())).chain(roles.iter().map(|role| (Role::name(role), self.role(role))));
        let mut all: Vec<AuditEntry> = Vec::new();
        for (database, pool) in pools {
            let entries: Vec<AuditEntry> = sqlx::query_as(SQL).bind(since).bind(until).bind(limit).fetch_all(pool).await?;
            all.extend(entries.into_iter().map(|entry| AuditEntry { database, ..entry }));
        }
        all.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
        all.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(all)
    }
}
