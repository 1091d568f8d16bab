//! Positions of aircraft over a window, and the merges of tracks that a playbook found in them.

use super::super::control::micros;
use super::super::{Role, Store, StoreError};
use super::{IDENT, instant};
use crate::auth::RoleSet;
use model::UnixMicros;
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use std::collections::BTreeSet;

/// Where something that flies was.
#[derive(Clone, Debug)]
pub(crate) struct Fix {
    pub source_id: i64,
    pub station_id: Option<i64>,
    /// `None`: the event does not say whose position it is.
    pub ident: Option<String>,
    pub at: UnixMicros,
    pub latitude: f64,
    pub longitude: f64,
    /// Feet, as far as the sender keeps to the contract.
    pub altitude_ft: Option<f64>,
    pub speed_kt: Option<f64>,
    pub callsign: Option<String>,
    pub on_ground: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct NewMerge {
    /// In alphabetical order.
    pub members: Vec<String>,
    /// JSON object.
    pub detail: String,
}

#[derive(Clone, Debug)]
pub(crate) struct MadeMerge {
    pub id: i64,
    /// JSON object.
    pub detail: String,
}

/// A merge as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct StoredMerge {
    pub id: i64,
    pub detail: Box<RawValue>,
    pub made_by_run: String,
    pub made_at: UnixMicros,
    pub undone_at: Option<UnixMicros>,
}

#[derive(Clone, Debug)]
pub(crate) struct MergeFilter {
    pub since: UnixMicros,
    pub subject: Option<String>,
    /// Those that were undone too.
    pub undone: bool,
    pub limit: i64,
}

impl FromRow<'_, PgRow> for StoredMerge {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let detail: String = row.try_get("detail")?;
        Ok(Self {
            id: row.try_get("id")?,
            detail: RawValue::from_string(detail).map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
            made_by_run: row.try_get("made_by_run")?,
            made_at: micros(row.try_get("made_at")?),
            undone_at: row.try_get::<Option<time::OffsetDateTime>, _>("undone_at")?.map(micros),
        })
    }
}

impl FromRow<'_, PgRow> for Fix {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            source_id: row.try_get("source_id")?,
            station_id: row.try_get("station_id")?,
            ident: row.try_get("ident")?,
            at: micros(row.try_get("event_time")?),
            latitude: row.try_get("latitude")?,
            longitude: row.try_get("longitude")?,
            altitude_ft: row.try_get("altitude")?,
            speed_kt: row.try_get("speed")?,
            callsign: row.try_get("callsign")?,
            on_ground: row.try_get::<Option<&str>, _>("on_ground")? == Some("true"),
        })
    }
}

impl FromRow<'_, PgRow> for MadeMerge {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { id: row.try_get("id")?, detail: row.try_get("detail")? })
    }
}

impl Store {
    /// From `from` up to before `to`, oldest first. No vessels but SAR aircraft (MMSI 111…, ITU-R M.585 annex 1 §3); of those
    /// without a 24-bit address or such an MMSI only what has an altitude.
    pub(crate) async fn fixes(&self, role: Role, from: UnixMicros, to: UnixMicros, limit: i64) -> Result<Vec<Fix>, StoreError> {
        let sql = format!(
            "SELECT source_id, station_id, ident, event_time, latitude, longitude, altitude, speed, left(callsign, 20) AS callsign, on_ground
            FROM (SELECT e.id, e.source_id, e.station_id, {IDENT} AS ident, e.event_time, e.latitude, e.longitude, e.altitude, e.speed,
                    coalesce(e.payload ->> 'flight', e.payload ->> 'callsign') AS callsign, e.payload ->> 'on_ground' AS on_ground
                FROM telemetry_events e
                WHERE e.event_time >= $1 AND e.event_time < $2 AND e.latitude IS NOT NULL AND e.longitude IS NOT NULL
                    AND (e.kind IS NULL OR e.kind = 'position')) AS f
            WHERE ident ~ '^(icao|nonicao|mmsi:111)' OR (altitude IS NOT NULL AND (ident IS NULL OR ident NOT LIKE 'mmsi:%'))
            ORDER BY event_time, id LIMIT $3"
        );
        let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(instant(from)).bind(instant(to)).bind(limit);
        Ok(query.fetch_all(self.role(role)).await?)
    }

    /// Notes what a run merged, all or nothing. A run that has noted something already gets that back.
    pub(crate) async fn note_merges(
        &self,
        run: &str,
        roles: RoleSet,
        merges: &[NewMerge],
        now: UnixMicros,
    ) -> Result<Vec<MadeMerge>, StoreError> {
        const NOTED: &str = "SELECT id, detail::text AS detail FROM track_merges WHERE made_by_run = $1 ORDER BY n";
        const NEW: &str = "INSERT INTO track_merges (made_by_run, n, station_roles, members, detail, made_at)
            VALUES ($1, $2, $3, $4, $5::text::jsonb, $6)";
        let mut transaction = self.change(self.control()).await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('vtoc: merges ' || $1))").bind(run).execute(&mut *transaction).await?;
        let noted: Vec<MadeMerge> = sqlx::query_as(NOTED).bind(run).fetch_all(&mut *transaction).await?;
        if !noted.is_empty() {
            return Ok(noted);
        }
        for (merge, n) in merges.iter().zip(1_i32..) {
            let query = sqlx::query(NEW).bind(run).bind(n).bind(roles.names()).bind(&merge.members).bind(&merge.detail);
            query.bind(instant(now)).execute(&mut *transaction).await?;
        }
        let noted = sqlx::query_as(NOTED).bind(run).fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(noted)
    }

    /// Marks what the run `of` merged as undone, and tells how many merges are undone by `by`; a dry run tells how many would
    /// be. `None`: that run merged nothing, or something of another's roles.
    pub(crate) async fn undo_merges(
        &self,
        of: &str,
        by: &str,
        roles: RoleSet,
        dry_run: bool,
        now: UnixMicros,
    ) -> Result<Option<i64>, StoreError> {
        const THERE: &str = "SELECT count(*), count(*) FILTER (WHERE undone_at IS NULL OR undone_by_run = $2) FROM track_merges
            WHERE made_by_run = $1 AND station_roles <@ $3";
        const UNDO: &str = "UPDATE track_merges SET undone_at = $4, undone_by_run = $2
            WHERE made_by_run = $1 AND station_roles <@ $3 AND undone_at IS NULL";
        let mut transaction = self.change(self.control()).await?;
        let row = sqlx::query(THERE).bind(of).bind(by).bind(roles.names()).fetch_one(&mut *transaction).await?;
        let (all, ours): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        if all == 0 {
            return Ok(None);
        }
        if !dry_run {
            sqlx::query(UNDO).bind(of).bind(by).bind(roles.names()).bind(instant(now)).execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
        Ok(Some(ours))
    }

    /// Newest first; only what is wholly of these roles.
    pub(crate) async fn merges(&self, roles: RoleSet, filter: &MergeFilter) -> Result<Vec<StoredMerge>, StoreError> {
        const SQL: &str = "
            SELECT id, detail::text AS detail, made_by_run, made_at, undone_at FROM track_merges m
            WHERE station_roles <@ $1 AND made_at >= $2 AND ($3 OR undone_at IS NULL)
                AND ($4::text IS NULL OR EXISTS (SELECT FROM jsonb_array_elements(m.detail -> 'members') AS member WHERE member ->> 'subject' = $4))
            ORDER BY id DESC LIMIT $5";
        let query = sqlx::query_as(SQL).bind(roles.names()).bind(instant(filter.since)).bind(filter.undone);
        Ok(query.bind(&filter.subject).bind(filter.limit).fetch_all(self.control()).await?)
    }

    /// Marks one merge as undone; one that is stays as it is. `None`: there is none that is wholly of these roles.
    pub(crate) async fn undo_merge(&self, id: i64, by: &str, roles: RoleSet, now: UnixMicros) -> Result<Option<StoredMerge>, StoreError> {
        const SQL: &str = "
            UPDATE track_merges SET undone_by_run = CASE WHEN undone_at IS NULL THEN left($2, 100) ELSE undone_by_run END,
                undone_at = coalesce(undone_at, $4)
            WHERE id = $1 AND station_roles <@ $3 RETURNING id, detail::text AS detail, made_by_run, made_at, undone_at";
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query_as(SQL).bind(id).bind(by).bind(roles.names()).bind(instant(now));
        let undone = query.fetch_optional(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(undone)
    }

    /// The members of merges that were undone since.
    pub(crate) async fn undone_merges(&self, roles: RoleSet, since: UnixMicros) -> Result<Vec<BTreeSet<String>>, StoreError> {
        const SQL: &str = "SELECT members FROM track_merges WHERE undone_at >= $1 AND station_roles <@ $2 ORDER BY id DESC LIMIT 1000";
        let all: Vec<Vec<String>> = sqlx::query_scalar(SQL).bind(instant(since)).bind(roles.names()).fetch_all(self.control()).await?;
        Ok(all.into_iter().map(|members| members.into_iter().collect()).collect())
    }
}
