//! Who was heard in a stretch of time, and whether somebody was heard before.

use super::super::control::micros;
use super::super::{Role, Store, StoreError};
use super::{IDENT, instant};
use model::UnixMicros;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use time::OffsetDateTime;

/// What a source told of one subject in a stretch of time.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub source_id: i64,
    pub station_id: Option<i64>,
    /// `None`: events that don't say whom they are about.
    pub ident: Option<String>,
    pub events: i64,
    pub first: UnixMicros,
    pub last: UnixMicros,
    /// Some of them came from a program: whom they are about is in their payload.
    pub outside: bool,
}

impl FromRow<'_, PgRow> for Heard {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            source_id: row.try_get("source_id")?,
            station_id: row.try_get("station_id")?,
            ident: row.try_get("ident")?,
            events: row.try_get("events")?,
            first: micros(row.try_get("first")?),
            last: micros(row.try_get("last")?),
            outside: row.try_get("outside")?,
        })
    }
}

impl Store {
    /// By source, station and subject, most events first.
    pub(crate) async fn heard(&self, role: Role, from: UnixMicros, to: UnixMicros, limit: i64) -> Result<Vec<Heard>, StoreError> {
        let sql = format!(
            "SELECT e.source_id, e.station_id, {IDENT} AS ident, count(*) AS events, min(e.event_time) AS first, max(e.event_time) AS last,
                bool_or(e.subject IS NULL) AS outside
            FROM telemetry_events e WHERE e.event_time >= $1 AND e.event_time < $2
            GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT $3"
        );
        let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(instant(from)).bind(instant(to)).bind(limit);
        Ok(query.fetch_all(self.role(role)).await?)
    }

    /// Which of these subjects were heard from `from` up to before `to`: a probe of the index for each.
    pub(crate) async fn subjects_heard(
        &self,
        role: Role,
        subjects: &[String],
        from: UnixMicros,
        to: UnixMicros,
    ) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "SELECT s FROM unnest($1::text[]) AS s WHERE EXISTS (
            SELECT FROM telemetry_events e WHERE e.subject = s AND e.event_time >= $2 AND e.event_time < $3)";
        let query = sqlx::query_scalar(SQL).bind(subjects).bind(instant(from)).bind(instant(to));
        Ok(query.fetch_all(self.role(role)).await?)
    }

    /// Whom these sources told of in payloads alone.
    pub(crate) async fn payloads_heard(
        &self,
        role: Role,
        sources: &[i64],
        from: UnixMicros,
        to: UnixMicros,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT ident FROM (SELECT DISTINCT {IDENT} AS ident FROM telemetry_events e WHERE e.source_id = ANY($1) AND e.subject IS NULL
                AND e.event_time >= $2 AND e.event_time < $3) AS told WHERE ident IS NOT NULL LIMIT $4"
        );
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(sources).bind(instant(from)).bind(instant(to)).bind(limit);
        Ok(query.fetch_all(self.role(role)).await?)
    }

    /// Where a subject of stations was last in this stretch of time: (subject, latitude, longitude), for those that said it.
    pub(crate) async fn last_places(
        &self,
        role: Role,
        subjects: &[String],
        from: UnixMicros,
        to: UnixMicros,
    ) -> Result<Vec<(String, f64, f64)>, StoreError> {
        const SQL: &str = "SELECT s, p.latitude, p.longitude FROM unnest($1::text[]) AS s, LATERAL (
            SELECT e.latitude, e.longitude FROM telemetry_events e WHERE e.subject = s AND e.event_time >= $2 AND e.event_time < $3
                AND e.latitude IS NOT NULL AND e.longitude IS NOT NULL ORDER BY e.event_time DESC, e.id DESC LIMIT 1) AS p";
        let query = sqlx::query_as(SQL).bind(subjects).bind(instant(from)).bind(instant(to));
        Ok(query.fetch_all(self.role(role)).await?)
    }

    /// The time of the oldest event since then: how far back a comparison can reach.
    pub(crate) async fn oldest_event(&self, role: Role, since: UnixMicros) -> Result<Option<UnixMicros>, StoreError> {
        const SQL: &str = "SELECT min(event_time) FROM telemetry_events WHERE event_time >= $1";
        let oldest: Option<OffsetDateTime> = sqlx::query_scalar(SQL).bind(instant(since)).fetch_one(self.role(role)).await?;
        Ok(oldest.map(micros))
    }
}
