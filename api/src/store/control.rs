//! The control database: stations and the keys they deliver with.

use super::once::{Once, still_there};
use super::sources::Given;
use super::{Role, Store, StoreError};
use crate::dto::Utc;
use model::{StationId, UnixMicros};
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};
use time::OffsetDateTime;
use uplink::intake::KeyFingerprint;

#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    pub id: i64,
    pub slug: StationId,
    pub name: String,
    pub description: Option<String>,
    pub timezone: String,
    pub telemetry_schema: Option<String>,
    pub role: Role,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub created_at: UnixMicros,
    pub updated_at: UnixMicros,
}

/// A station to register.
#[derive(Clone, Debug, PartialEq)]
pub struct NewStation {
    pub slug: StationId,
    pub name: String,
    pub description: Option<String>,
    pub timezone: String,
    pub role: Role,
    /// (latitude, longitude) in degrees.
    pub place: Option<(f64, f64)>,
}

/// What may change of a station.
#[derive(Clone, Debug, Default)]
pub(crate) struct StationChange {
    pub name: Option<String>,
    pub description: Given<String>,
    pub timezone: Option<String>,
    pub telemetry_schema: Given<String>,
    pub place: Given<(f64, f64)>,
}

/// What a key may do, as far as the database knows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyRecord {
    pub station: Station,
    pub revoked: bool,
    pub not_after: Option<UnixMicros>,
}

impl FromRow<'_, PgRow> for Station {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let unreadable = |what: &str| sqlx::Error::Decode(format!("a station's {what} is not what its CHECK allows").into());
        let slug: &str = row.try_get("slug")?;
        let role: &str = row.try_get("role")?;
        Ok(Self {
            id: row.try_get("id")?,
            slug: StationId::new(slug).ok_or_else(|| unreadable("slug"))?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            timezone: row.try_get("timezone")?,
            telemetry_schema: row.try_get("telemetry_schema")?,
            role: Role::from_name(role).ok_or_else(|| unreadable("role"))?,
            latitude: row.try_get("latitude")?,
            longitude: row.try_get("longitude")?,
            created_at: micros(row.try_get("created_at")?),
            updated_at: micros(row.try_get("updated_at")?),
        })
    }
}

pub(crate) fn micros(instant: OffsetDateTime) -> UnixMicros {
    Utc::from(instant).0
}

impl Store {
    /// Registers a station, or brings the one with this slug up to date. Its role can't change.
    pub async fn register_station(&self, new: &NewStation) -> Result<Station, StoreError> {
        const SQL: &str = "
            INSERT INTO stations (slug, name, description, timezone, role, latitude, longitude) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (slug) DO UPDATE SET name = excluded.name, description = excluded.description, timezone = excluded.timezone,
                latitude = excluded.latitude, longitude = excluded.longitude, updated_at = now()
                WHERE stations.role = excluded.role
            RETURNING *";
        let mut transaction = self.change(self.control()).await?;
        let station = sqlx::query_as(SQL)
            .bind(new.slug.as_str())
            .bind(&new.name)
            .bind(&new.description)
            .bind(&new.timezone)
            .bind(new.role.name())
            .bind(new.place.map(|p| p.0))
            .bind(new.place.map(|p| p.1))
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        station.ok_or_else(|| StoreError::Refused(format!("the station {} exists with another role, which can't change", new.slug)))
    }

    /// `Taken`: there is one with this slug.
    pub(crate) async fn create_station(&self, new: &NewStation, telemetry_schema: Option<&str>) -> Result<Station, StoreError> {
        const SQL: &str = "
            INSERT INTO stations (slug, name, description, timezone, role, latitude, longitude, telemetry_schema)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (slug) DO NOTHING RETURNING *";
        let query = sqlx::query_as(SQL).bind(new.slug.as_str()).bind(&new.name).bind(&new.description).bind(&new.timezone);
        let query = query.bind(new.role.name()).bind(new.place.map(|p| p.0)).bind(new.place.map(|p| p.1)).bind(telemetry_schema);
        let mut step = match self.once(self.control(), "station").await? {
            Once::Done(_) => return still_there(self.station(new.slug.as_str()).await?),
            Once::Now(step) => step,
        };
        let made: Option<Station> = query.fetch_optional(step.connection()).await?;
        let made = made.ok_or(StoreError::Taken("A station with this slug"))?;
        step.done(&[Some(made.id)]).await?;
        Ok(made)
    }

    pub(crate) async fn change_station(&self, id: i64, change: StationChange) -> Result<Option<Station>, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("UPDATE stations SET updated_at = now()");
        for (column, text) in [(", name = ", change.name), (", timezone = ", change.timezone)] {
            if let Some(text) = text {
                sql.push(column).push_bind(text);
            }
        }
        for (column, text) in [(", description = ", change.description), (", telemetry_schema = ", change.telemetry_schema)] {
            if let Some(text) = text {
                sql.push(column).push_bind(text);
            }
        }
        if let Some(place) = change.place {
            sql.push(", latitude = ").push_bind(place.map(|p| p.0)).push(", longitude = ").push_bind(place.map(|p| p.1));
        }
        sql.push(" WHERE id = ").push_bind(id).push(" RETURNING *");
        let mut step = match self.once(self.control(), format!("station {id}")).await? {
            Once::Done(_) => {
                return Ok(sqlx::query_as("SELECT * FROM stations WHERE id = $1").bind(id).fetch_optional(self.control()).await?);
            }
            Once::Now(step) => step,
        };
        let changed = sql.build_query_as().fetch_optional(step.connection()).await?;
        step.done(&[Some(id)]).await?;
        Ok(changed)
    }

    /// With its keys and enrolment tokens. Whether it was there.
    pub(crate) async fn delete_station(&self, id: i64) -> Result<bool, StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let deleted = sqlx::query("DELETE FROM stations WHERE id = $1").bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }

    pub async fn stations(&self) -> Result<Vec<Station>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM stations ORDER BY slug").fetch_all(self.control()).await?)
    }

    pub async fn station(&self, slug: &str) -> Result<Option<Station>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM stations WHERE slug = $1").bind(slug).fetch_optional(self.control()).await?)
    }

    /// Lets a key deliver for a station. A key belongs to one station for good.
    pub async fn add_station_key(&self, slug: StationId, key: KeyFingerprint, not_after: Option<UnixMicros>) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO station_keys (fingerprint, station_id, not_after) SELECT $1, id, $3 FROM stations WHERE slug = $2
            ON CONFLICT (fingerprint) DO UPDATE SET not_after = excluded.not_after
                WHERE station_keys.station_id = excluded.station_id AND station_keys.status = 'active'";
        let query = sqlx::query(SQL).bind(&key.0[..]).bind(slug.as_str()).bind(not_after.map(|t| OffsetDateTime::from(Utc(t))));
        let mut transaction = self.change(self.control()).await?;
        let added = query.execute(&mut *transaction).await?;
        transaction.commit().await?;
        match added.rows_affected() {
            0 => Err(StoreError::Refused(format!("there is no station {slug}, or the key is another station's, or it was revoked"))),
            _ => Ok(()),
        }
    }

    /// Has the station a key with which it may deliver?
    pub async fn is_enrolled(&self, slug: &str) -> Result<bool, StoreError> {
        const SQL: &str = "
            SELECT EXISTS (SELECT FROM station_keys k JOIN stations s ON s.id = k.station_id WHERE s.slug = $1 AND k.status = 'active')";
        Ok(sqlx::query_scalar(SQL).bind(slug).fetch_one(self.control()).await?)
    }

    /// From the next greeting on, within its interval, the key is refused. Returns whether it was active.
    pub async fn revoke_station_key(&self, key: KeyFingerprint) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE station_keys SET status = 'revoked', revoked_at = now() WHERE fingerprint = $1 AND status = 'active'";
        let mut transaction = self.change(self.control()).await?;
        let revoked = sqlx::query(SQL).bind(&key.0[..]).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(revoked.rows_affected() == 1)
    }

    pub(crate) async fn key(&self, key: KeyFingerprint) -> Result<Option<KeyRecord>, StoreError> {
        const SQL: &str = "
            SELECT s.*, k.status = 'revoked' AS revoked, k.not_after
            FROM station_keys k JOIN stations s ON s.id = k.station_id WHERE k.fingerprint = $1";
        let Some(row) = sqlx::query(SQL).bind(&key.0[..]).fetch_optional(self.control()).await? else { return Ok(None) };
        let not_after: Option<OffsetDateTime> = row.try_get("not_after")?;
        Ok(Some(KeyRecord { station: Station::from_row(&row)?, revoked: row.try_get("revoked")?, not_after: not_after.map(micros) }))
    }
}
