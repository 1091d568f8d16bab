//! The worker's side of the queue of runs: claim, keep, end.

use super::messages::NewMessage;
use super::runs::{LOG_LINES_MAX, Run, RunEnd, say};
use super::{Store, StoreError};
use crate::dto::Utc;
use model::UnixMicros;
use sqlx::postgres::PgConnection;
use std::time::Duration;
use time::OffsetDateTime;

/// A run that is ours until the lease ends.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub run: Run,
    lease: i64,
}

/// What a worker learns when it asks to keep its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    /// Somebody wants the run to end.
    Cancelled,
    /// Another worker has it.
    Lost,
}

macro_rules! claim_sql {
    ($which:literal) => {
        concat!(
            "UPDATE agent_runs SET state = 'running', attempts = attempts + 1, lease = $2, lease_until = $3, ",
            "started_at = coalesce(started_at, $1), updated_at = $1 WHERE id = (SELECT id FROM agent_runs WHERE runner = 'central' AND ",
            $which,
            " LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
        )
    };
}

const ABANDONED: &str = claim_sql!("state = 'running' AND lease_until <= $1 ORDER BY lease_until");
const DUE: &str = claim_sql!("state = 'queued' AND NOT asks AND run_at <= $1 ORDER BY run_at, id");

fn at(now: UnixMicros) -> OffsetDateTime {
    OffsetDateTime::from(Utc(now))
}

fn later(now: UnixMicros, by: Duration) -> OffsetDateTime {
    at(now.plus_micros(i64::try_from(by.as_micros()).unwrap_or(i64::MAX / 4)))
}

impl Store {
    /// The next run that is due, or whose worker is gone.
    pub(crate) async fn claim_run(&self, now: UnixMicros, lease_for: Duration) -> Result<Option<Claim>, StoreError> {
        let lease = i64::from_ne_bytes(rand::random());
        let mut transaction = self.change(self.control()).await?;
        let mut claimed = None;
        for sql in [ABANDONED, DUE] {
            let query = sqlx::query_scalar(sql).bind(at(now)).bind(lease).bind(later(now, lease_for));
            claimed = query.fetch_optional(&mut *transaction).await?;
            if claimed.is_some() {
                break;
            }
        }
        transaction.commit().await?;
        let Some(id): Option<i64> = claimed else { return Ok(None) };
        let run = self.run(id).await?.ok_or_else(|| StoreError::Refused("the run was deleted".into()))?;
        Ok(Some(Claim { run, lease }))
    }

    /// When the next queued run is due.
    pub(crate) async fn next_run_at(&self) -> Result<Option<UnixMicros>, StoreError> {
        const SQL: &str = "SELECT min(run_at) FROM agent_runs WHERE state = 'queued' AND NOT asks AND runner = 'central'";
        let next: Option<OffsetDateTime> = sqlx::query_scalar(SQL).fetch_one(self.control()).await?;
        Ok(next.map(super::control::micros))
    }
}

impl Claim {
    /// Lengthens the lease.
    pub async fn keep(&self, store: &Store, now: UnixMicros, lease_for: Duration) -> Result<Kept, StoreError> {
        const SQL: &str =
            "UPDATE agent_runs SET lease_until = $3 WHERE id = $1 AND state = 'running' AND lease = $2 RETURNING cancel_asked";
        let kept = sqlx::query_scalar(SQL).bind(self.run.id).bind(self.lease).bind(later(now, lease_for));
        let kept: Option<bool> = kept.fetch_optional(store.control()).await?;
        Ok(match kept {
            None => Kept::Lost,
            Some(true) => Kept::Cancelled,
            Some(false) => Kept::Yes,
        })
    }

    /// Ends the run and says so where it came from. `false`: the lease was lost, and nothing is changed.
    pub async fn end(
        &self,
        store: &Store,
        end: &RunEnd,
        reply: Option<&NewMessage>,
        log: &[(UnixMicros, String)],
        now: UnixMicros,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE agent_runs SET state = $3, markdown = $4, result = $5::text::jsonb, error = $6, lease = NULL, lease_until = NULL,
                finished_at = $7, updated_at = $7
            WHERE id = $1 AND state = 'running' AND lease = $2";
        let mut transaction = store.change(store.control()).await?;
        let ended = sqlx::query(SQL)
            .bind(self.run.id)
            .bind(self.lease)
            .bind(end.state.name())
            .bind(&end.markdown)
            .bind(&end.result)
            .bind(&end.error)
            .bind(at(now));
        if ended.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        self.write_log(&mut transaction, log).await?;
        say(&mut transaction, reply, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Puts the run back: it is tried again, later. `false`: the lease was lost.
    pub async fn again(
        &self,
        store: &Store,
        error: &str,
        wait: Duration,
        log: &[(UnixMicros, String)],
        now: UnixMicros,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            UPDATE agent_runs SET state = 'queued', error = $3, run_at = $4, lease = NULL, lease_until = NULL, updated_at = $5
            WHERE id = $1 AND state = 'running' AND lease = $2";
        let mut transaction = store.change(store.control()).await?;
        let query = sqlx::query(SQL).bind(self.run.id).bind(self.lease).bind(error).bind(later(now, wait)).bind(at(now));
        if query.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        self.write_log(&mut transaction, log).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn write_log(&self, connection: &mut PgConnection, log: &[(UnixMicros, String)]) -> Result<(), sqlx::Error> {
        const SQL: &str = "
            INSERT INTO agent_run_logs (run_id, n, attempt, at, text)
            SELECT $1, held.n + line.n, $2, line.at, line.text
            FROM unnest($3::timestamptz[], $4::text[]) WITH ORDINALITY AS line (at, text, n),
                (SELECT coalesce(max(n), 0) AS n FROM agent_run_logs WHERE run_id = $1) AS held
            WHERE held.n + line.n <= $5";
        if log.is_empty() {
            return Ok(());
        }
        let times: Vec<OffsetDateTime> = log.iter().map(|(time, _)| at(*time)).collect();
        let texts: Vec<&str> = log.iter().map(|(_, text)| text.as_str()).collect();
        let query = sqlx::query(SQL).bind(self.run.id).bind(self.run.attempts).bind(times).bind(texts).bind(LOG_LINES_MAX);
        query.execute(connection).await?;
        Ok(())
    }
}
