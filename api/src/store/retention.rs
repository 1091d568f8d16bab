//! What is old goes, in bounded batches, each a transaction of its own (migrations/*/0051). What an open alert or an unfinished run needs
//! stays, however old it is.

#[cfg(test)]
use super::control::micros;
use super::{Role, Store, StoreError};
use crate::dto::Utc;
use model::UnixMicros;
use time::OffsetDateTime;

/// Rows of one batch, and batches of a kind at one call: 20,000 rows a minute.
const BATCH: i32 = 1_000;
const BATCHES_MAX: usize = 20;
const DAY_US: i64 = 86_400_000_000;

/// For how many days what is kept; `None`: for ever. (Telemetry: `keep_days` of a role.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub messages_days: Option<u32>,
    pub runs_days: Option<u32>,
    /// Resolved ones.
    pub alerts_days: Option<u32>,
    /// At least 90.
    pub audit_days: Option<u32>,
    /// Of an `Idempotency-Key`.
    pub answers_days: u32,
}

impl Default for Retention {
    /// Two years of talk and alerts, one of runs, five of who changed what.
    fn default() -> Self {
        Self { messages_days: Some(730), runs_days: Some(365), alerts_days: Some(730), audit_days: Some(1_826), answers_days: 1 }
    }
}

impl Retention {
    /// In this order: an alert that went no longer holds its thread.
    fn kinds(&self) -> [(&'static str, Option<u32>); 5] {
        [
            ("alerts", self.alerts_days),
            ("runs", self.runs_days),
            ("messages", self.messages_days),
            ("threads", self.messages_days),
            ("audit", self.audit_days),
        ]
    }
}

impl Store {
    /// How many rows went, by kind. To be called now and then; what is left goes the next time.
    pub(crate) async fn prune(&self, keep: &Retention, now: UnixMicros) -> Result<Vec<(&'static str, i64)>, StoreError> {
        let mut gone = Vec::new();
        for (kind, days) in keep.kinds() {
            let Some(days) = days else { continue };
            let before = OffsetDateTime::from(Utc(now.plus_micros(-i64::from(days) * DAY_US)));
            let mut pools = vec![self.control()];
            if kind == "audit" {
                pools.extend(Role::ALL.map(|role| self.role(role)));
            }
            let mut rows = 0;
            for pool in pools {
                rows += self.prune_kind(pool, kind, before).await?;
            }
            if rows != 0 {
                gone.push((kind, rows));
            }
        }
        Ok(gone)
    }

    async fn prune_kind(&self, pool: &sqlx::PgPool, kind: &str, before: OffsetDateTime) -> Result<i64, StoreError> {
        let mut rows = 0;
        for _ in 0..BATCHES_MAX {
            let mut transaction = self.change(pool).await?;
            let query = sqlx::query_scalar("SELECT prune($1, $2, $3)").bind(kind).bind(before).bind(BATCH);
            let gone: i32 = query.fetch_one(&mut *transaction).await?;
            transaction.commit().await?;
            rows += i64::from(gone);
            if gone < BATCH {
                break;
            }
        }
        Ok(rows)
    }

    /// Of the clock of the control database, which retention goes by where a test has none of its own.
    #[cfg(test)]
    pub(crate) async fn database_now(&self) -> Result<UnixMicros, StoreError> {
        Ok(micros(sqlx::query_scalar("SELECT now()").fetch_one(self.control()).await?))
    }
}
