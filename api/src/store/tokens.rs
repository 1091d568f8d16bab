//! Tokens of the control database: for the API, and to enrol a station once.

use super::control::micros;
use super::{Actor, Role, Store, StoreError};
use crate::auth::{Digest256, Rights, RoleSet, Scope, Secret};
use crate::dto::Utc;
use model::{StationId, UnixMicros};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use time::OffsetDateTime;
use uplink::intake::KeyFingerprint;
use uplink::tls::TokenHash;

/// An API token, without its secret.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiToken {
    pub id: i64,
    pub name: String,
    /// Scopes that this version doesn't know allow nothing.
    pub scopes: Vec<Scope>,
    pub roles: RoleSet,
    pub created_at: UnixMicros,
    pub expires_at: Option<UnixMicros>,
    pub revoked_at: Option<UnixMicros>,
}

impl ApiToken {
    pub fn rights(&self) -> Rights {
        Rights::new(&self.scopes, self.roles)
    }
}

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub roles: RoleSet,
    pub expires_at: Option<UnixMicros>,
}

impl FromRow<'_, PgRow> for ApiToken {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let (scopes, roles): (Vec<String>, Vec<String>) = (row.try_get("scopes")?, row.try_get("station_roles")?);
        let (expires_at, revoked_at): (Option<OffsetDateTime>, Option<OffsetDateTime>) =
            (row.try_get("expires_at")?, row.try_get("revoked_at")?);
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            scopes: scopes.iter().filter_map(|name| Scope::from_name(name)).collect(),
            roles: roles.iter().filter_map(|name| Role::from_name(name)).collect(),
            created_at: micros(row.try_get("created_at")?),
            expires_at: expires_at.map(micros),
            revoked_at: revoked_at.map(micros),
        })
    }
}

impl Store {
    /// Makes an API token for all station roles.
    pub async fn create_api_token(&self, name: &str, scopes: &[Scope], expires_at: Option<UnixMicros>) -> Result<Secret, StoreError> {
        let new = NewToken { name: name.into(), scopes: scopes.into(), roles: RoleSet::ALL, expires_at };
        Ok(self.add_api_token(&new).await?.1)
    }

    /// Makes an API token. The secret is shown by whoever asked, and kept nowhere.
    pub(crate) async fn add_api_token(&self, new: &NewToken) -> Result<(ApiToken, Secret), StoreError> {
        const SQL: &str =
            "INSERT INTO api_tokens (name, token_sha256, scopes, station_roles, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING *";
        let secret = Secret::random();
        let scopes: Vec<&str> = new.scopes.iter().map(|s| s.name()).collect();
        let mut transaction = self.change(self.control()).await?;
        let made = sqlx::query_as(SQL)
            .bind(&new.name)
            .bind(&secret.digest()[..])
            .bind(scopes)
            .bind(new.roles.names())
            .bind(new.expires_at.map(|t| OffsetDateTime::from(Utc(t))))
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok((made, secret))
    }

    /// All that were ever made, in that order.
    pub(crate) async fn api_tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM api_tokens ORDER BY id").fetch_all(self.control()).await?)
    }

    /// Ends all tokens of this name. Returns how many there were.
    pub async fn revoke_api_tokens(&self, name: &str) -> Result<u64, StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query("UPDATE api_tokens SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL");
        let revoked = query.bind(name).execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(revoked)
    }

    /// Whether it was alive.
    pub(crate) async fn revoke_api_token(&self, id: i64) -> Result<bool, StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query("UPDATE api_tokens SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL");
        let revoked = query.bind(id).execute(&mut *transaction).await?.rows_affected() == 1;
        transaction.commit().await?;
        Ok(revoked)
    }

    /// Deletes tokens of this name that have expired: whoever gets a new one each hour leaves no heap of them.
    pub(crate) async fn forget_tokens(&self, name: &str, now: UnixMicros) -> Result<(), StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query("DELETE FROM api_tokens WHERE name = $1 AND expires_at < $2");
        query.bind(name).bind(OffsetDateTime::from(Utc(now))).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// `None`: unknown or revoked. Whether it has expired is the caller's to see.
    pub(crate) async fn token(&self, digest: &Digest256) -> Result<Option<ApiToken>, StoreError> {
        const SQL: &str = "SELECT * FROM api_tokens WHERE token_sha256 = $1 AND revoked_at IS NULL";
        Ok(sqlx::query_as(SQL).bind(&digest[..]).fetch_optional(self.control()).await?)
    }

    /// Until then, whoever shows the token may enrol one key of the station.
    pub async fn add_enrolment_token(&self, slug: StationId, token: TokenHash, expires_at: UnixMicros) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO enrolment_tokens (token_sha256, station_id, expires_at) SELECT $1, id, $3 FROM stations WHERE slug = $2";
        let expires_at = OffsetDateTime::from(Utc(expires_at));
        let mut transaction = self.change(self.control()).await?;
        let made = sqlx::query(SQL).bind(&token.0[..]).bind(slug.as_str()).bind(expires_at).execute(&mut *transaction).await?;
        transaction.commit().await?;
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
        let mut transaction = self.by(Actor::named(format!("station:{slug}"))).change(self.control()).await?;
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
