//! Tokens of the control database: for the API, and to enrol a station once.

use super::control::micros;
use super::{Station, Store, StoreError};
use crate::auth::{Digest256, Scope, Secret, digest};
use crate::dto::Utc;
use model::{StationId, UnixMicros};
use sqlx::{FromRow, Row};
use time::OffsetDateTime;
use uplink::intake::KeyFingerprint;

impl Store {
    /// Makes an API token. The secret is shown by whoever asked, and kept nowhere.
    pub async fn create_api_token(&self, name: &str, scopes: &[Scope], expires_at: Option<UnixMicros>) -> Result<Secret, StoreError> {
        let secret = Secret::random();
        let scopes: Vec<&str> = scopes.iter().map(|s| s.name()).collect();
        sqlx::query("INSERT INTO api_tokens (name, token_sha256, scopes, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(name)
            .bind(&secret.digest()[..])
            .bind(scopes)
            .bind(expires_at.map(|t| OffsetDateTime::from(Utc(t))))
            .execute(self.control())
            .await?;
        Ok(secret)
    }

    /// Ends all tokens of this name. Returns how many there were.
    pub async fn revoke_api_tokens(&self, name: &str) -> Result<u64, StoreError> {
        let query = sqlx::query("UPDATE api_tokens SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL");
        Ok(query.bind(name).execute(self.control()).await?.rows_affected())
    }

    /// `None`: unknown, revoked or expired. Scopes that this version doesn't know allow nothing.
    pub(crate) async fn token_scopes(&self, digest: &Digest256, now: UnixMicros) -> Result<Option<Vec<Scope>>, StoreError> {
        const SQL: &str = "SELECT scopes, expires_at FROM api_tokens WHERE token_sha256 = $1 AND revoked_at IS NULL";
        let Some(row) = sqlx::query(SQL).bind(&digest[..]).fetch_optional(self.control()).await? else { return Ok(None) };
        let expires_at: Option<OffsetDateTime> = row.try_get("expires_at")?;
        let scopes: Vec<String> = row.try_get("scopes")?;
        let live = expires_at.is_none_or(|end| now < micros(end));
        Ok(live.then(|| scopes.iter().filter_map(|name| Scope::from_name(name)).collect()))
    }

    /// A secret with which one key of the station may be enrolled, once, until then.
    pub async fn create_enrolment_token(&self, slug: StationId, expires_at: UnixMicros) -> Result<Secret, StoreError> {
        const SQL: &str =
            "INSERT INTO enrolment_tokens (token_sha256, station_id, expires_at) SELECT $1, id, $3 FROM stations WHERE slug = $2";
        let secret = Secret::random();
        let expires_at = OffsetDateTime::from(Utc(expires_at));
        let made = sqlx::query(SQL).bind(&secret.digest()[..]).bind(slug.as_str()).bind(expires_at).execute(self.control()).await?;
        match made.rows_affected() {
            0 => Err(StoreError::Refused(format!("there is no station {slug}"))),
            _ => Ok(secret),
        }
    }

    /// Uses the secret up: the key may deliver for the station from now on. `None`: unknown, used or expired.
    pub async fn redeem_enrolment_token(
        &self,
        secret: &str,
        key: KeyFingerprint,
        key_not_after: Option<UnixMicros>,
        now: UnixMicros,
    ) -> Result<Option<Station>, StoreError> {
        const USE: &str = "
            UPDATE enrolment_tokens SET used_at = $2 WHERE token_sha256 = $1 AND used_at IS NULL AND expires_at > $2 RETURNING station_id";
        const KEY: &str = "INSERT INTO station_keys (fingerprint, station_id, not_after) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let mut transaction = self.control().begin().await?;
        let now = OffsetDateTime::from(Utc(now));
        let used = sqlx::query_scalar(USE).bind(&digest(secret)[..]).bind(now).fetch_optional(&mut *transaction).await?;
        let Some(station_id): Option<i64> = used else { return Ok(None) };
        let not_after = key_not_after.map(|t| OffsetDateTime::from(Utc(t)));
        let added = sqlx::query(KEY).bind(&key.0[..]).bind(station_id).bind(not_after).execute(&mut *transaction).await?;
        if added.rows_affected() == 0 {
            return Err(StoreError::Refused("this key is enrolled already: make a new one".into()));
        }
        let row = sqlx::query("SELECT * FROM stations WHERE id = $1").bind(station_id).fetch_one(&mut *transaction).await?;
        let station = Station::from_row(&row)?;
        transaction.commit().await?;
        Ok(Some(station))
    }
}
