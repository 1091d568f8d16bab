//! Runs that ask an operator before they begin: the question in the chat, the word on it, and what happens without one.

use super::messages::NewMessage;
use super::runs::{NewRun, Run, agent};
use super::{Store, StoreError};
use crate::dto::Utc;
use model::UnixMicros;
use time::OffsetDateTime;

/// What people are asked, where the result will be said.
pub(super) fn question(id: i64, new: &NewRun) -> Option<NewMessage> {
    let text = format!(
        "**{}** asks before it begins: {} wants it. `/confirm {id}` lets it run, `/refuse {id}` does not; without a word it is cancelled after an hour.",
        new.playbook, new.requested_by
    );
    Some(NewMessage {
        channel_id: new.channel_id?,
        thread_id: new.thread_id,
        reply_to: new.reply_to,
        author: agent(&new.playbook),
        client_id: Some(format!("question:{id}")),
        text,
        attachment: Some(
            serde_json::json!({"confirm_run_id": id, "input": serde_json::from_str::<serde_json::Value>(&new.input).ok()}).to_string(),
        ),
    })
}

impl Store {
    /// An operator's word on a run that asks. `None`: it does not ask (any more).
    pub(crate) async fn decide_run(&self, id: i64, confirmed: bool, by: &str, now: UnixMicros) -> Result<Option<Run>, StoreError> {
        const SQL: &str = "
            UPDATE agent_runs SET asks = false, decided_by = $3, run_at = $4, updated_at = $4,
                state = CASE WHEN $2 THEN state ELSE 'cancelled' END, finished_at = CASE WHEN $2 THEN NULL ELSE $4 END,
                error = CASE WHEN $2 THEN NULL ELSE 'refused by ' || $3 END
            WHERE id = $1 AND asks AND state = 'queued'";
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query(SQL).bind(id).bind(confirmed).bind(by).bind(OffsetDateTime::from(Utc(now)));
        let decided = query.execute(&mut *transaction).await?.rows_affected() == 1;
        transaction.commit().await?;
        if decided { self.run(id).await } else { Ok(None) }
    }

    /// Cancels runs on which nobody said a word since then. Returns how many.
    pub(crate) async fn cancel_undecided(&self, asked_before: UnixMicros, now: UnixMicros) -> Result<u64, StoreError> {
        const SQL: &str = "
            UPDATE agent_runs SET asks = false, state = 'cancelled', finished_at = $2, updated_at = $2, error = 'nobody confirmed it in time'
            WHERE asks AND state = 'queued' AND created_at < $1";
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query(SQL).bind(OffsetDateTime::from(Utc(asked_before))).bind(OffsetDateTime::from(Utc(now)));
        let cancelled = query.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(cancelled)
    }
}
