//! Tokens of the control database: for the API, and to enrol a station once.

use super::control::micros;
use super::{Store, StoreError};
use crate::auth::{Digest256, Scope, Secret};
use crate::dto::Utc;
use model::{StationId, UnixMicros};
use sqlx::Row;
use time::OffsetDateTime;
use uplink::intake::KeyFingerprint;
use uplink::tls::TokenHash;

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

    /// Until then, whoever shows the token may enrol one key of the station.
    pub async fn add_enrolment_token(&self, slug: StationId, token: TokenHash, expires_at: UnixMicros) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO enrolment_tokens (token_sha256, station_id, expires_at) SELECT $1, id, $3 FROM stations WHERE slug = $2";
        let expires_at = OffsetDateTime::from(Utc(expires_at));
        let made = sqlx::query(SQL).bind(&token.0[..]).bind(slug.as_str()).bind(expires_at).execute(self.control()).await?;
        match made.rows_affected() {
            0 => Err(StoreError::Refused(format!("there is no station {slug}"))),
            _ => Ok(()),
        }
    }

    /// Uses the token up: the key may deliver for the station from now on. `false`: the token is unknown, too old, another
    /// station's, or used by another key; or the key is another station's or was revoked.
    pub async fn redeem_enrolment_token(
        &self,
        slug: StationId,
        token: TokenHash,
        key: KeyFingerprint,
        now: UnixMicros,
    ) -> Result<bool, StoreError> {
        const USE: &str = "
            UPDATE enrolment_tokens t SET used_at = coalesce(used_at, $4), used_by = $3 FROM stations s
            WHERE t.token_sha256 = $1 AND s.id = t.station_id AND s.slug = $2 AND $4 < t.expires_at AND coalesce(t.used_by, $3) = $3
            RETURNING t.station_id";
        const KEY: &str = "
            INSERT INTO station_keys (fingerprint, station_id) VALUES ($1, $2)
            ON CONFLICT (fingerprint) DO UPDATE SET station_id = excluded.station_id
                WHERE station_keys.station_id = excluded.station_id AND station_keys.status = 'active'";
        let mut transaction = self.control().begin().await?;
        let now = OffsetDateTime::from(Utc(now));
        let used = sqlx::query_scalar(USE).bind(&token.0[..]).bind(slug.as_str()).bind(&key.0[..]).bind(now);
        let Some(station_id): Option<i64> = used.fetch_optional(&mut *transaction).await? else { return Ok(false) };
        let added = sqlx::query(KEY).bind(&key.0[..]).bind(station_id).execute(&mut *transaction).await?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }
}
