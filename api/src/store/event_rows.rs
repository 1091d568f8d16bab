//! Several events of programs in one statement. (What stations deliver is `store::uplink`'s.)

use super::events::EventFields;
use super::once::Once;
use super::{Role, Store, StoreError};
use crate::dto::Utc;
use model::UnixMicros;
use std::collections::{BTreeSet, HashMap, HashSet};
use time::OffsetDateTime;

/// Its sources changed between two lives of the central.
const OTHER_ROWS: &str = "Other events of this Idempotency-Key were stored before: send the rest with another key";

/// An event whose source is known.
#[derive(Debug)]
pub(crate) struct NewRow {
    pub source_id: i64,
    /// Else the source's.
    pub station_id: Option<i64>,
    pub fields: EventFields,
}

impl Store {
    /// The sources with these slugs, of all role databases.
    pub(crate) async fn source_ids(&self, slugs: &BTreeSet<&str>) -> Result<HashMap<String, i64>, StoreError> {
        let slugs: Vec<&str> = slugs.iter().copied().collect();
        let mut found = HashMap::new();
        if slugs.is_empty() {
            return Ok(found);
        }
        for role in Role::ALL {
            let query = sqlx::query_as("SELECT slug, id FROM telemetry_sources WHERE slug = ANY($1)").bind(&slugs);
            let rows: Vec<(String, i64)> = query.fetch_all(self.role(role)).await?;
            found.extend(rows);
        }
        Ok(found)
    }

    /// Stores all whose source is there, in one transaction. Their ids, in order; `None`: the source is not there.
    pub(crate) async fn insert_events(&self, role: Role, rows: &[NewRow]) -> Result<Vec<Option<i64>>, StoreError> {
        const IDS: &str = "SELECT nextval('telemetry_event_ids') FROM generate_series(1, $1::bigint)";
        const SQL: &str = "
            INSERT INTO telemetry_events (id, source_id, station_id, event_time, latitude, longitude, altitude, heading, speed, payload,
                raw_data, status, subject)
            SELECT u.id, s.id, COALESCE(u.station_id, s.station_id), COALESCE(u.event_time, now()), u.latitude, u.longitude, u.altitude,
                u.heading, u.speed, u.payload::jsonb, u.raw_data, u.status, u.subject
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::float8[], $6::float8[], $7::float8[], $8::float8[],
                $9::float8[], $10::text[], $11::text[], $12::text[], $13::text[])
                AS u (id, source_id, station_id, event_time, latitude, longitude, altitude, heading, speed, payload, raw_data, status, subject)
            JOIN telemetry_sources s ON s.id = u.source_id FOR KEY SHARE OF s
            RETURNING id";
        let now = UnixMicros((OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000) as i64);
        self.ensure_days(role, rows.iter().map(|row| row.fields.event_time.unwrap_or(now))).await?;
        let mut step = match self.once(self.role(role), "events").await? {
            Once::Done(ids) if ids.len() == rows.len() => return Ok(ids),
            Once::Done(_) => return Err(StoreError::Refused(OTHER_ROWS.into())),
            Once::Now(step) => step,
        };
        let ids: Vec<i64> = sqlx::query_scalar(IDS).bind(rows.len() as i64).fetch_all(step.connection()).await?;
        let column = |get: fn(&EventFields) -> Option<f64>| rows.iter().map(|row| get(&row.fields)).collect::<Vec<_>>();
        let texts = |get: fn(&EventFields) -> Option<&String>| rows.iter().map(|row| get(&row.fields).cloned()).collect::<Vec<_>>();
        let received = || Some(Some("received".to_owned()));
        let query = sqlx::query_scalar(SQL)
            .bind(&ids)
            .bind(rows.iter().map(|row| row.source_id).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.station_id).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.fields.event_time.map(|t| OffsetDateTime::from(Utc(t)))).collect::<Vec<_>>())
            .bind(column(|f| f.latitude.flatten()))
            .bind(column(|f| f.longitude.flatten()))
            .bind(column(|f| f.altitude.flatten()))
            .bind(column(|f| f.heading.flatten()))
            .bind(column(|f| f.speed.flatten()))
            .bind(texts(|f| f.payload.as_ref()?.as_ref()))
            .bind(texts(|f| f.raw_data.as_ref()?.as_ref()))
            .bind(rows.iter().map(|row| row.fields.status.clone().or_else(received).flatten()).collect::<Vec<_>>())
            .bind(texts(|f| f.subject.as_ref()));
        let stored: HashSet<i64> = query.fetch_all(step.connection()).await?.into_iter().collect();
        let ids: Vec<Option<i64>> = ids.into_iter().map(|id| stored.contains(&id).then_some(id)).collect();
        step.done(&ids).await?;
        Ok(ids)
    }
}
