//! Stored events for the engine of alerts: what came while nobody judged it, what programs posted, and history for a back-test.

use super::uplink::restore;
use super::{Role, Store, StoreError};
use crate::alerts::{Observation, Posted};
use crate::dto::Utc;
use model::{StationId, UnixMicros};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::HashMap;
use time::OffsetDateTime;

/// Slugs by stations.id.
pub(crate) type Slugs = HashMap<i64, StationId>;

/// Of the clock of a database, as text: it is only ever given back.
#[derive(Clone, Debug)]
pub(crate) struct Mark(String);

/// What became visible later than its `received_at` says: an open transaction's time-out, several times over.
const VISIBLE_WITHIN: &str = "2 minutes";
/// What programs post is read again for so long: judging it twice changes nothing.
const OVERLAP: &str = "interval '20 seconds'";
const COLUMNS: &str =
    "id, station_id, event_time, payload::text AS payload, raw_data, subject, latitude, longitude, altitude, speed, status, seq";

/// Which stored events: those since then that were…
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// …received, or a little before.
    Received(&'a Mark),
    /// …of these, emergencies alone.
    Emergencies(&'a Mark),
    /// …on the air.
    OnTheAir(UnixMicros),
}

impl Store {
    /// Up to where everything is judged.
    pub(crate) async fn judged_until(&self) -> Result<Mark, StoreError> {
        Ok(Mark(sqlx::query_scalar("SELECT judged_until::text FROM alert_progress").fetch_one(self.control()).await?))
    }

    /// Everything that was handed out before the last call is judged.
    pub(crate) async fn all_judged(&self) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE alert_progress SET judged_until = mark, mark = now()";
        sqlx::query(SQL).execute(self.control()).await?;
        Ok(())
    }

    /// The newest `limit` of them in the order of time; and whether there were more.
    pub(crate) async fn events_to_judge(
        &self,
        role: Role,
        slugs: &Slugs,
        which: Which<'_>,
        limit: i64,
    ) -> Result<(Vec<Observation>, bool), StoreError> {
        const SINCE: &str = "received_at >= $1::timestamptz - $3::interval";
        const EMERGENCY: &str = "AND kind = 'status' AND payload ->> 'emergency' IS NOT NULL AND payload ->> 'emergency' <> 'none'";
        let condition = match which {
            Which::Received(_) => SINCE.to_owned(),
            Which::Emergencies(_) => format!("{SINCE} {EMERGENCY}"),
            Which::OnTheAir(_) => "event_time >= $1::timestamptz AND $3 <> ''".to_owned(),
        };
        let since = match which {
            Which::Received(mark) | Which::Emergencies(mark) => mark.0.clone(),
            Which::OnTheAir(at) => Utc(at).to_string(),
        };
        let sql = format!("SELECT {COLUMNS} FROM telemetry_events WHERE {condition} ORDER BY event_time DESC, id DESC LIMIT $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(since).bind(limit).bind(VISIBLE_WITHIN);
        let mut rows = query.fetch_all(self.role(role)).await?;
        rows.reverse();
        Ok((observations(&rows, role, slugs)?, rows.len() as i64 == limit))
    }

    /// What programs posted since the mark, with a new mark; `None`: only from now on.
    pub(crate) async fn posted_since(
        &self,
        role: Role,
        slugs: &Slugs,
        mark: Option<&Mark>,
        limit: i64,
    ) -> Result<(Vec<Observation>, Mark), StoreError> {
        let now: String = sqlx::query_scalar("SELECT now()::text").fetch_one(self.role(role)).await?;
        let Some(mark) = mark else { return Ok((Vec::new(), Mark(now))) };
        let sql = format!(
            "SELECT {COLUMNS}, (received_at + {OVERLAP})::text AS received FROM telemetry_events
            WHERE seq IS NULL AND received_at >= $1::timestamptz - {OVERLAP} ORDER BY received_at, id LIMIT $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&mark.0).bind(limit).fetch_all(self.role(role)).await?;
        let full = rows.last().filter(|_| rows.len() as i64 == limit).map(|row| row.try_get("received")).transpose()?;
        let mut seen = observations(&rows, role, slugs)?;
        seen.sort_by_key(|o| o.at);
        Ok((seen, Mark(full.unwrap_or(now))))
    }

    /// A page of history after `after` (time and id), in the order of time; with where the next one begins.
    pub(crate) async fn history(
        &self,
        role: Role,
        slugs: &Slugs,
        (after, until): ((UnixMicros, i64), UnixMicros),
        limit: i64,
    ) -> Result<(Vec<Observation>, usize, Option<(UnixMicros, i64)>), StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM telemetry_events WHERE event_time >= $1 AND (event_time, id) > ($1, $2) AND event_time <= $3
            ORDER BY event_time, id LIMIT $4"
        );
        let at = |instant| OffsetDateTime::from(Utc(instant));
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(at(after.0)).bind(after.1).bind(at(until)).bind(limit);
        let rows = query.fetch_all(self.role(role)).await?;
        let last = rows.last().filter(|_| rows.len() as i64 == limit);
        let next = last.map(|row| Ok::<_, sqlx::Error>((Utc::from(row.try_get::<OffsetDateTime, _>("event_time")?).0, row.try_get("id")?)));
        Ok((observations(&rows, role, slugs)?, rows.len(), next.transpose()?))
    }
}

fn observations(rows: &[PgRow], role: Role, slugs: &Slugs) -> Result<Vec<Observation>, sqlx::Error> {
    let mut seen = Vec::with_capacity(rows.len());
    for row in rows {
        seen.extend(observation(row, role, slugs)?);
    }
    Ok(seen)
}

fn observation(row: &PgRow, role: Role, slugs: &Slugs) -> Result<Option<Observation>, sqlx::Error> {
    let station_id: Option<i64> = row.try_get("station_id")?;
    let station = station_id.and_then(|id| slugs.get(&id)).copied();
    if row.try_get::<Option<i64>, _>("seq")?.is_some() {
        let event = restore(row)?.map(|restored| restored.event);
        return Ok(event.zip(station).and_then(|(event, station)| Observation::heard(&event, role, station)));
    }
    let posted = Posted {
        at: Utc::from(row.try_get::<OffsetDateTime, _>("event_time")?).0,
        station,
        subject: row.try_get("subject")?,
        latitude: row.try_get("latitude")?,
        longitude: row.try_get("longitude")?,
        altitude: row.try_get("altitude")?,
        speed: row.try_get("speed")?,
        status: row.try_get("status")?,
        payload: row.try_get("payload")?,
    };
    Ok(Observation::posted(posted, role))
}
