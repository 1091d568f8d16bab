//! Answers that are kept for a day under an `Idempotency-Key` (`routes::idempotent`).

use super::{Store, StoreError};
use sqlx::Row;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptAnswer {
    pub status: u16,
    pub media_type: Option<String>,
    pub answer: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyClaim {
    /// Ours to answer now.
    New,
    OnItsWay,
    OtherBody,
    Answered(KeptAnswer),
}

impl Store {
    /// An answer is kept for `days`.
    pub(crate) async fn claim_key(&self, key: &[u8; 32], body: &[u8; 32], days: u32) -> Result<KeyClaim, StoreError> {
        const CLAIM: &str = "
            INSERT INTO idempotent_answers AS i (key_sha256, body_sha256) VALUES ($1, $2)
            ON CONFLICT (key_sha256) DO UPDATE
                SET body_sha256 = excluded.body_sha256, status = NULL, answer = NULL, media_type = NULL, begun_at = now()
                WHERE i.begun_at < now() - make_interval(days => $3) OR (i.status IS NULL AND i.begun_at < now() - interval '1 minute')
            RETURNING true";
        const KEPT: &str = "SELECT body_sha256, status, answer, media_type FROM idempotent_answers WHERE key_sha256 = $1";
        let claimed: Option<bool> =
            sqlx::query_scalar(CLAIM).bind(&key[..]).bind(&body[..]).bind(whole(days)).fetch_optional(self.control()).await?;
        if claimed.is_some() {
            return Ok(KeyClaim::New);
        }
        // Freed meanwhile: whoever comes next may have it.
        let Some(row) = sqlx::query(KEPT).bind(&key[..]).fetch_optional(self.control()).await? else { return Ok(KeyClaim::OnItsWay) };
        if row.try_get::<&[u8], _>("body_sha256")? != body {
            return Ok(KeyClaim::OtherBody);
        }
        let (Some(status), Some(answer)) = (row.try_get::<Option<i16>, _>("status")?, row.try_get("answer")?) else {
            return Ok(KeyClaim::OnItsWay);
        };
        Ok(KeyClaim::Answered(KeptAnswer { status: status.unsigned_abs(), media_type: row.try_get("media_type")?, answer }))
    }

    pub(crate) async fn keep_answer(&self, key: &[u8; 32], kept: &KeptAnswer) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE idempotent_answers SET status = $2, answer = $3, media_type = $4 WHERE key_sha256 = $1";
        let status = i16::try_from(kept.status).unwrap_or(200);
        sqlx::query(SQL).bind(&key[..]).bind(status).bind(&kept.answer).bind(&kept.media_type).execute(self.control()).await?;
        Ok(())
    }

    /// The request was not answered for good: it may come again.
    pub(crate) async fn free_key(&self, key: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM idempotent_answers WHERE key_sha256 = $1").bind(&key[..]).execute(self.control()).await?;
        Ok(())
    }

    /// Old answers, and a day later the notes of what was done (`store::once`). To be called now and then; the rest goes the next time.
    pub(crate) async fn forget_answers(&self, days: u32) -> Result<(), StoreError> {
        const ANSWERS: &str = "
            DELETE FROM idempotent_answers WHERE key_sha256 IN
                (SELECT key_sha256 FROM idempotent_answers WHERE begun_at < now() - make_interval(days => $1) LIMIT $2)";
        const EFFECTS: &str = "
            DELETE FROM idempotent_effects WHERE (key_sha256, what) IN
                (SELECT key_sha256, what FROM idempotent_effects WHERE done_at < now() - make_interval(days => $1 + 1) LIMIT $2)";
        sqlx::query(ANSWERS).bind(whole(days)).bind(FORGOTTEN_MAX).execute(self.control()).await?;
        for pool in std::iter::once(self.control()).chain(&self.roles) {
            sqlx::query(EFFECTS).bind(whole(days)).bind(FORGOTTEN_MAX).execute(pool).await?;
        }
        Ok(())
    }
}

/// Rows of one call.
const FORGOTTEN_MAX: i64 = 20_000;

fn whole(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX / 2)
}
