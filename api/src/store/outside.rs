//! Runs that an outside runner does: what it says of them.

use super::messages::{NewMessage, note_webhook};
use super::runs::{COLUMNS, Run, RunEnd, RunState, say};
use super::{Store, StoreError};
use crate::auth::Digest256;
use crate::dto::Utc;
use model::UnixMicros;
use time::OffsetDateTime;

/// What became of an outside runner's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Noted,
    /// The action was over already.
    Over,
    /// The signed request was taken before.
    Replayed,
}

/// What an outside runner's own word for a state means to us.
pub(crate) fn outside_state(status: &str) -> RunState {
    match status.to_ascii_lowercase().as_str() {
        "succeeded" | "success" | "completed" | "done" => RunState::Succeeded,
        "failed" | "error" | "denied" | "timed_out" => RunState::Failed,
        "cancelled" | "canceled" => RunState::Cancelled,
        "queued" | "pending" => RunState::Queued,
        _ => RunState::Running,
    }
}

impl Store {
    /// Actions of the outside runner that are not over: those that were longest not heard of.
    pub(crate) async fn outside_runs(&self, limit: i64) -> Result<Vec<Run>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM agent_runs WHERE runner = 'outside' AND finished_at IS NULL ORDER BY updated_at LIMIT $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(self.control()).await?)
    }

    /// What an outside runner tells of one of its actions; the reply goes where the run came from.
    pub(crate) async fn outside_says(
        &self,
        run: &Run,
        status: &str,
        end: &RunEnd,
        reply: Option<&NewMessage>,
        webhook: Option<&Digest256>,
        now: UnixMicros,
    ) -> Result<Told, StoreError> {
        const SQL: &str = "
            UPDATE agent_runs SET state = $2, status = $3, markdown = $4, result = $5::text::jsonb, error = $6, updated_at = $7,
                finished_at = CASE WHEN $2 IN ('succeeded', 'failed', 'cancelled') THEN $7 END
            WHERE id = $1 AND runner = 'outside' AND finished_at IS NULL";
        let mut transaction = self.change(self.control()).await?;
        if let Some(digest) = webhook
            && !note_webhook(&mut transaction, digest, now).await?
        {
            return Ok(Told::Replayed);
        }
        let told = sqlx::query(SQL)
            .bind(run.id)
            .bind(end.state.name())
            .bind(status)
            .bind(&end.markdown)
            .bind(&end.result)
            .bind(&end.error)
            .bind(OffsetDateTime::from(Utc(now)));
        let noted = told.execute(&mut *transaction).await?.rows_affected() == 1;
        if noted {
            say(&mut transaction, reply, now).await?;
        }
        transaction.commit().await?;
        Ok(if noted { Told::Noted } else { Told::Over })
    }
}
