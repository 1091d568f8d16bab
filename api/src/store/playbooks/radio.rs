//! How well a role's sources hear: rates, noise, and what aircraft say of their own accuracy.

use super::super::control::micros;
use super::super::{Role, Store, StoreError};
use super::{IDENT, instant};
use model::UnixMicros;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

/// Events of a source in a quarter of an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    pub source_id: i64,
    /// Quarters of an hour before the end of the window: 0 is the last one.
    pub quarters_ago: i32,
    pub events: i64,
}

/// A level of noise that an event tells, as its payload has it.
#[derive(Clone, Debug)]
pub(crate) struct NoiseSample {
    pub source_id: i64,
    pub quarters_ago: i32,
    /// Relative to full scale: of a station's own receiver.
    pub dbfs: Option<String>,
    pub dbm: Option<String>,
}

/// What an aircraft last said of its position's accuracy, and where it was.
#[derive(Clone, Debug)]
pub(crate) struct Accuracy {
    pub ident: String,
    pub at: UnixMicros,
    /// It was said in a station's event: an absent `position_error_m` is NACp 0.
    pub by_station: bool,
    /// Metres, from NACp.
    pub position_error_m: Option<String>,
    /// Metres, from NIC.
    pub containment_m: Option<String>,
    pub nac_p: Option<String>,
    pub nic: Option<String>,
    pub latitude: f64,
    pub longitude: f64,
}

impl FromRow<'_, PgRow> for Rate {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { source_id: row.try_get("source_id")?, quarters_ago: row.try_get("quarter")?, events: row.try_get("events")? })
    }
}

impl FromRow<'_, PgRow> for NoiseSample {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            source_id: row.try_get("source_id")?,
            quarters_ago: row.try_get("quarter")?,
            dbfs: row.try_get("dbfs")?,
            dbm: row.try_get("dbm")?,
        })
    }
}

impl FromRow<'_, PgRow> for Accuracy {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            ident: row.try_get("ident")?,
            at: micros(row.try_get("event_time")?),
            by_station: row.try_get("by_station")?,
            position_error_m: row.try_get("position_error_m")?,
            containment_m: row.try_get("containment_m")?,
            nac_p: row.try_get("nac_p")?,
            nic: row.try_get("nic")?,
            latitude: row.try_get("latitude")?,
            longitude: row.try_get("longitude")?,
        })
    }
}

impl Store {
    /// Events per source and quarter of an hour: the last quarter is counted now, those before come from the roll-ups: all of the last day,
    /// and of the 14 days before those within half an hour of this time of day. A quarter in which a source told nothing has no row.
    pub(crate) async fn rates(&self, role: Role, now: UnixMicros) -> Result<Vec<Rate>, StoreError> {
        const SQL: &str = "
            SELECT source_id, 0 AS quarter, count(*) AS events FROM telemetry_events
            WHERE event_time > $1 - interval '15 minutes' AND event_time <= $1 GROUP BY source_id
            UNION ALL
            SELECT source_id, floor(extract(epoch FROM $1 - bucket - interval '1 minute') / 900)::int, sum(events)::bigint
            FROM telemetry_rollup_minute WHERE bucket > $1 - interval '1 day 1 minute' AND bucket <= $1 - interval '16 minutes' GROUP BY 1, 2
            UNION ALL
            SELECT r.source_id, floor(extract(epoch FROM $1 - r.bucket - interval '1 minute') / 900)::int, sum(r.events)::bigint
            FROM generate_series(1, 14) AS day JOIN telemetry_rollup_minute r ON r.bucket > $1 - day * interval '1 day' - interval '46 minutes'
                AND r.bucket <= $1 - day * interval '1 day' + interval '29 minutes'
            WHERE r.bucket <= $1 - interval '1 day 1 minute' GROUP BY 1, 2";
        Ok(sqlx::query_as(SQL).bind(instant(now)).fetch_all(self.role(role)).await?)
    }

    /// Up to `each` events of every source and quarter of an hour of the last day, of which some tell the noise.
    pub(crate) async fn noise(&self, role: Role, now: UnixMicros, each: i64) -> Result<Vec<NoiseSample>, StoreError> {
        const SQL: &str = "
            SELECT s.id AS source_id, q AS quarter, left(n.dbfs, 30) AS dbfs, left(n.dbm, 30) AS dbm
            FROM telemetry_sources s, generate_series(0, 95) AS q, LATERAL (
                SELECT e.payload ->> 'noise_dbfs' AS dbfs, coalesce(e.payload ->> 'noise_floor_dbm', e.payload ->> 'noise_dbm') AS dbm
                FROM telemetry_events e WHERE e.source_id = s.id AND e.event_time > $1 - (q + 1) * interval '15 minutes'
                    AND e.event_time <= $1 - q * interval '15 minutes' ORDER BY e.event_time DESC, e.id DESC LIMIT $2) AS n
            WHERE n.dbfs IS NOT NULL OR n.dbm IS NOT NULL";
        Ok(sqlx::query_as(SQL).bind(instant(now)).bind(each).fetch_all(self.role(role)).await?)
    }

    /// The newest of each aircraft with a position in the window.
    pub(crate) async fn accuracies(&self, role: Role, from: UnixMicros, to: UnixMicros, limit: i64) -> Result<Vec<Accuracy>, StoreError> {
        let sql = format!(
            "SELECT a.ident, a.event_time, a.kind IS NOT NULL AS by_station, left(a.payload ->> 'position_error_m', 30) AS position_error_m,
                left(a.payload ->> 'containment_m', 30) AS containment_m, left(a.payload ->> 'nac_p', 30) AS nac_p,
                left(a.payload ->> 'nic', 30) AS nic, p.latitude, p.longitude
            FROM (SELECT DISTINCT ON (ident) * FROM (
                    SELECT {IDENT} AS ident, e.event_time, e.id, e.kind, e.payload, e.latitude, e.longitude FROM telemetry_events e
                    WHERE e.event_time >= $1 AND e.event_time <= $2
                        AND (e.kind = 'quality' OR (e.kind IS NULL AND e.payload ?| ARRAY['nic', 'nac_p']))) AS told
                WHERE ident ~ '^(icao|nonicao):' ORDER BY ident, event_time DESC, id DESC) AS a,
            LATERAL (
                SELECT a.latitude, a.longitude WHERE a.latitude IS NOT NULL AND a.longitude IS NOT NULL
                UNION ALL
                (SELECT e.latitude, e.longitude FROM telemetry_events e WHERE e.subject = a.ident AND e.event_time >= $1 AND e.event_time <= $2
                    AND e.latitude IS NOT NULL AND e.longitude IS NOT NULL ORDER BY e.event_time DESC, e.id DESC LIMIT 1)
                LIMIT 1) AS p
            LIMIT $3"
        );
        let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(instant(from)).bind(instant(to)).bind(limit);
        Ok(query.fetch_all(self.role(role)).await?)
    }
}
