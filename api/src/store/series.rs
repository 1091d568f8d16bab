//! Figures over time: from events where the buckets are shorter than an hour, else from the roll-up (migrations/role/0060).

use super::{Role, Store, StoreError};
use crate::dto::Utc;
use model::UnixMicros;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use time::OffsetDateTime;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct SeriesFilter {
    pub subject: String,
    /// `weather` or `telemetry`.
    pub kind: &'static str,
    pub since: UnixMicros,
    pub until: UnixMicros,
    pub bucket_s: i64,
    /// Rows at most.
    pub limit: i64,
}

/// One bucket of one figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeriesRow {
    pub field: String,
    pub name: String,
    pub unit: String,
    pub calibrated: bool,
    /// Unix seconds of its beginning.
    pub bucket: i64,
    pub readings: i64,
    pub total: f64,
    pub low: f64,
    pub high: f64,
    /// Directions only.
    pub north: Option<f64>,
    pub east: Option<f64>,
}

const HOUR_S: i64 = 3_600;

impl FromRow<'_, PgRow> for SeriesRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            field: row.try_get("field")?,
            name: row.try_get("name")?,
            unit: row.try_get("unit")?,
            calibrated: row.try_get("calibrated")?,
            bucket: row.try_get("bucket")?,
            readings: row.try_get("readings")?,
            total: row.try_get("total")?,
            low: row.try_get("low")?,
            high: row.try_get("high")?,
            north: row.try_get("north")?,
            east: row.try_get("east")?,
        })
    }
}

impl Store {
    /// In the order of field, name, unit and time. The roll-up is a minute or so behind.
    pub(crate) async fn series(&self, role: Role, filter: &SeriesFilter) -> Result<Vec<SeriesRow>, StoreError> {
        const EVENTS: &str = "
            SELECT r.field, r.name, r.unit, r.calibrated,
                extract(epoch FROM date_bin($3 * interval '1 second', e.event_time, timestamptz 'epoch'))::bigint AS bucket, count(*) AS readings,
                sum(r.value) AS total, min(r.value) AS low, max(r.value) AS high, sum(cosd(r.value)) FILTER (WHERE r.field = 'wind_from_deg') AS north,
                sum(sind(r.value)) FILTER (WHERE r.field = 'wind_from_deg') AS east
            FROM telemetry_events e CROSS JOIN LATERAL event_readings(e.kind, e.payload) AS r
            WHERE e.subject = $1 AND e.kind = $2 AND $4 <= e.event_time AND e.event_time < $5
            GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5 LIMIT $6";
        const HOURS: &str = "
            SELECT field, name, unit, calibrated,
                extract(epoch FROM date_bin($3 * interval '1 second', h.bucket, timestamptz 'epoch'))::bigint AS bucket,
                sum(readings)::bigint AS readings, sum(total) AS total, min(low) AS low, max(high) AS high, sum(north) AS north, sum(east) AS east
            FROM telemetry_rollup_reading_hour h
            WHERE subject = $1 AND kind = $2 AND $4 <= h.bucket AND h.bucket < $5
            GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5 LIMIT $6";
        let by_hour = filter.bucket_s % HOUR_S == 0;
        let query = sqlx::query_as(if by_hour { HOURS } else { EVENTS });
        // Whole hours of the roll-up: the one in which `since` lies counts as a whole.
        let since = if by_hour { filter.since.0.div_euclid(HOUR_S * 1_000_000) * HOUR_S * 1_000_000 } else { filter.since.0 };
        Ok(query
            .bind(&filter.subject)
            .bind(filter.kind)
            .bind(filter.bucket_s as f64)
            .bind(OffsetDateTime::from(Utc(UnixMicros(since))))
            .bind(OffsetDateTime::from(Utc(filter.until)))
            .bind(filter.limit)
            .fetch_all(self.role(role))
            .await?)
    }
}
