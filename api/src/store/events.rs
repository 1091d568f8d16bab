//! Telemetry events of a role database, one by one: what programs send over HTTP, and the lists.

use super::control::micros;
use super::sources::{COLUMNS as SOURCE_COLUMNS, Given, Source, raw_json};
use super::{Role, Store, StoreError};
use crate::dto::Utc;
use model::UnixMicros;
use serde_json::value::RawValue;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};
use time::OffsetDateTime;

#[derive(Clone, Debug)]
pub(crate) struct StoredEvent {
    pub id: i64,
    pub source_id: i64,
    pub station_id: Option<i64>,
    pub event_time: UnixMicros,
    pub received_at: UnixMicros,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub altitude: Option<f64>,
    pub heading: Option<f64>,
    pub speed: Option<f64>,
    pub payload: Option<Box<RawValue>>,
    pub raw_data: Option<String>,
    pub status: Option<String>,
}

/// What a program sends: also what it may change.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventFields {
    pub event_time: Option<UnixMicros>,
    pub latitude: Given<f64>,
    pub longitude: Given<f64>,
    pub altitude: Given<f64>,
    pub heading: Given<f64>,
    pub speed: Given<f64>,
    pub payload: Given<String>,
    pub raw_data: Given<String>,
    pub status: Given<String>,
    /// `altitude` was `"ground"`: noted in the payload.
    pub on_ground: bool,
}

/// Which source an event is from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SourceKey<'a> {
    Id(i64),
    Slug(&'a str),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct EventFilter {
    pub source_id: Option<i64>,
    pub station_id: Option<i64>,
    pub since: Option<UnixMicros>,
    pub until: Option<UnixMicros>,
    pub limit: i64,
}

const COLUMNS: &str = "e.id, e.source_id, e.station_id, e.event_time, e.received_at, e.latitude, e.longitude, e.altitude, e.heading, \
    e.speed, e.payload::text AS payload, e.raw_data, e.status";

impl FromRow<'_, PgRow> for StoredEvent {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            source_id: row.try_get("source_id")?,
            station_id: row.try_get("station_id")?,
            event_time: micros(row.try_get("event_time")?),
            received_at: micros(row.try_get("received_at")?),
            latitude: row.try_get("latitude")?,
            longitude: row.try_get("longitude")?,
            altitude: row.try_get("altitude")?,
            heading: row.try_get("heading")?,
            speed: row.try_get("speed")?,
            payload: raw_json(row.try_get("payload")?)?,
            raw_data: row.try_get("raw_data")?,
            status: row.try_get("status")?,
        })
    }
}

/// The statement with one of two ways to find the source. The station is the event's, else the source's.
macro_rules! insert_event_sql {
    ($source:literal) => {
        concat!(
            "INSERT INTO telemetry_events (source_id, station_id, event_time, latitude, longitude, altitude, heading, speed, payload, ",
            "raw_data, status) ",
            "SELECT s.id, COALESCE($1::bigint, s.station_id), COALESCE($2::timestamptz, now()), $3::float8, $4::float8, $5::float8, ",
            "$6::float8, $7::float8, $8::text::jsonb, $9::text, $10::text FROM telemetry_sources s WHERE ",
            $source,
            " RETURNING id, source_id, station_id, event_time, received_at, latitude, longitude, altitude, heading, speed, ",
            "payload::text AS payload, raw_data, status"
        )
    };
}

impl Store {
    /// Inserts in one round trip. `None`: the role's database has no such source.
    pub(crate) async fn insert_event(
        &self,
        role: Role,
        source: SourceKey<'_>,
        station_id: Option<i64>,
        fields: &EventFields,
    ) -> Result<Option<StoredEvent>, StoreError> {
        const BY_ID: &str = insert_event_sql!("s.id = $11");
        const BY_SLUG: &str = insert_event_sql!("s.slug = $11");
        let query = match source {
            SourceKey::Id(_) => sqlx::query_as(BY_ID),
            SourceKey::Slug(_) => sqlx::query_as(BY_SLUG),
        };
        let query = query
            .bind(station_id)
            .bind(fields.event_time.map(|t| OffsetDateTime::from(Utc(t))))
            .bind(fields.latitude.flatten())
            .bind(fields.longitude.flatten())
            .bind(fields.altitude.flatten())
            .bind(fields.heading.flatten())
            .bind(fields.speed.flatten())
            .bind(fields.payload.as_ref().and_then(Option::as_ref))
            .bind(fields.raw_data.as_ref().and_then(Option::as_ref))
            .bind(fields.status.clone().unwrap_or_else(|| Some("received".into())));
        let query = match source {
            SourceKey::Id(id) => query.bind(id),
            SourceKey::Slug(slug) => query.bind(slug.to_owned()),
        };
        Ok(query.fetch_optional(self.role(role)).await?)
    }

    pub(crate) async fn event(&self, id: i64) -> Result<Option<(StoredEvent, Source)>, StoreError> {
        let Some(role) = Role::of_id(id) else { return Ok(None) };
        let mut sql = select_with_source();
        sql.push(" WHERE e.id = ").push_bind(id);
        let row = sql.build().fetch_optional(self.role(role)).await?;
        Ok(row.map(|row| Ok::<_, sqlx::Error>((StoredEvent::from_row(&row)?, Source::from_row(&row)?))).transpose()?)
    }

    /// Newest first.
    pub(crate) async fn events(&self, role: Role, filter: &EventFilter) -> Result<Vec<(StoredEvent, Source)>, StoreError> {
        let mut sql = select_with_source();
        sql.push(" WHERE true");
        if let Some(id) = filter.source_id {
            sql.push(" AND e.source_id = ").push_bind(id);
        }
        if let Some(id) = filter.station_id {
            sql.push(" AND e.station_id = ").push_bind(id);
        }
        if let Some(since) = filter.since {
            sql.push(" AND e.event_time >= ").push_bind(OffsetDateTime::from(Utc(since)));
        }
        if let Some(until) = filter.until {
            sql.push(" AND e.event_time <= ").push_bind(OffsetDateTime::from(Utc(until)));
        }
        sql.push(" ORDER BY e.event_time DESC, e.id DESC LIMIT ").push_bind(filter.limit);
        let rows = sql.build().fetch_all(self.role(role)).await?;
        let both = rows.iter().map(|row| Ok((StoredEvent::from_row(row)?, Source::from_row(row)?)));
        Ok(both.collect::<Result<_, sqlx::Error>>()?)
    }

    pub(crate) async fn change_event(&self, id: i64, change: EventFields) -> Result<Option<StoredEvent>, StoreError> {
        let Some(role) = Role::of_id(id) else { return Ok(None) };
        let mut sql = QueryBuilder::<Postgres>::new("WITH e AS (UPDATE telemetry_events SET id = id");
        if let Some(at) = change.event_time {
            sql.push(", event_time = ").push_bind(OffsetDateTime::from(Utc(at)));
        }
        for (column, number) in [
            (", latitude = ", change.latitude),
            (", longitude = ", change.longitude),
            (", altitude = ", change.altitude),
            (", heading = ", change.heading),
            (", speed = ", change.speed),
        ] {
            if let Some(number) = number {
                sql.push(column).push_bind(number);
            }
        }
        match (change.payload, change.on_ground) {
            (Some(payload), _) => sql.push(", payload = ").push_bind(payload).push("::jsonb"),
            (None, true) => sql.push(r#", payload = COALESCE(payload, '{}') || '{"on_ground": true}'"#),
            (None, false) => &mut sql,
        };
        for (column, text) in [(", raw_data = ", change.raw_data), (", status = ", change.status)] {
            if let Some(text) = text {
                sql.push(column).push_bind(text);
            }
        }
        sql.push(" WHERE id = ").push_bind(id).push(" RETURNING *) SELECT ").push(COLUMNS).push(" FROM e");
        let mut transaction = self.change(self.role(role)).await?;
        let changed = sql.build_query_as().fetch_optional(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Whether it was there.
    pub(crate) async fn delete_event(&self, id: i64) -> Result<bool, StoreError> {
        let Some(role) = Role::of_id(id) else { return Ok(false) };
        let mut transaction = self.change(self.role(role)).await?;
        let deleted = sqlx::query("DELETE FROM telemetry_events WHERE id = $1").bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }
}

fn select_with_source() -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT ");
    sql.push(COLUMNS).push(", ").push(SOURCE_COLUMNS);
    sql.push(" FROM telemetry_events e JOIN telemetry_sources s ON s.id = e.source_id");
    sql
}
