//! What a request with an `Idempotency-Key` does is done once, also when the central ends before its answer is kept.
//!
//! ```text
//!   claim (control) ─► BEGIN  note ─ effect ─ ids into the note  COMMIT (any database) ─► answer kept (control)
//!                        └ noted by an earlier life: nothing is done, the ids tell what was made
//! ```
//! Constraints: the note is of the effect's own database and transaction; one note for each `what` of a request, which is the same
//! whatever an earlier life had got done; two lives at once wait for each other at the note. Without a key nothing is noted.

use super::{Store, StoreError};
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::{Row, Transaction};

/// Whose request, which and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestKey {
    pub key: [u8; 32],
    pub body: [u8; 32],
}

pub(super) enum Once {
    Now(Step),
    /// An earlier life did it, and made these.
    Done(Vec<Option<i64>>),
}

/// A transaction that does something once.
pub(super) struct Step {
    transaction: Transaction<'static, Postgres>,
    noted: Option<([u8; 32], String)>,
}

const OTHER_BODY: &str = "This Idempotency-Key was used with another body";
const GONE: &str = "What was made under this Idempotency-Key is there no more";

impl Store {
    pub(super) fn has_request_key(&self) -> bool {
        self.actor.request.is_some()
    }

    /// Like [`Store::change`]; `what` is the part of the request that the transaction does.
    pub(super) async fn once(&self, pool: &PgPool, what: impl Into<String>) -> Result<Once, StoreError> {
        const NOTE: &str = "
            INSERT INTO idempotent_effects (key_sha256, what, body_sha256) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true";
        const NOTED: &str = "SELECT body_sha256, ids FROM idempotent_effects WHERE key_sha256 = $1 AND what = $2";
        let mut transaction = self.change(pool).await?;
        let Some(request) = &self.actor.request else { return Ok(Once::Now(Step { transaction, noted: None })) };
        let what = what.into();
        let query = sqlx::query_scalar(NOTE).bind(&request.key[..]).bind(&what).bind(&request.body[..]);
        let new: Option<bool> = query.fetch_optional(&mut *transaction).await?;
        if new.is_some() {
            return Ok(Once::Now(Step { transaction, noted: Some((request.key, what)) }));
        }
        let row = sqlx::query(NOTED).bind(&request.key[..]).bind(&what).fetch_one(&mut *transaction).await?;
        if row.try_get::<&[u8], _>("body_sha256")? != request.body {
            return Err(StoreError::Refused(OTHER_BODY.into()));
        }
        Ok(Once::Done(row.try_get("ids")?))
    }
}

impl Step {
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Commits. Dropped instead, nothing was done.
    pub async fn done(mut self, ids: &[Option<i64>]) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE idempotent_effects SET ids = $3 WHERE key_sha256 = $1 AND what = $2";
        if let Some((key, what)) = &self.noted {
            sqlx::query(SQL).bind(&key[..]).bind(what).bind(ids).execute(&mut *self.transaction).await?;
        }
        Ok(self.transaction.commit().await?)
    }
}

/// What an earlier life made, as it is now.
pub(super) fn still_there<T>(found: Option<T>) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::Refused(GONE.into()))
}

/// The one id of an earlier life.
pub(super) fn only(ids: &[Option<i64>]) -> i64 {
    ids.first().copied().flatten().unwrap_or(0)
}
