//! Alerts, in the control database: each raised once, however often that is tried.
//!
//! ```text
//!   INSERT alerts … unless one of the same rule, role, subject and cause is open, or was at that time (and the suppression around it)
//!     ON CONFLICT DO NOTHING           -- alerts_one_open, alerts_key: another life of the central was faster
//! ```
//! What the engine says changes neither who acknowledged nor who resolved; what people say, nothing else.

use super::control::micros;
use super::sources::raw_json;
use super::{Role, Store, StoreError};
use crate::alerts::{AlertKey, FORGET_US, Progress, Raised, Restored, Severity, State};
use crate::auth::RoleSet;
use crate::dto::Utc;
use model::{LatLon, StationId, UnixMicros};
use serde_json::value::RawValue;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};
use time::OffsetDateTime;

/// Stored alerts that an engine begins with, at most: the newest.
const RESTORE_MAX: i64 = 50_000;
/// Alerts that people are told of at once.
pub(crate) const UNTOLD_MAX: i64 = 100;
/// Alerts of one role that are shown as active: a distress that nobody acknowledged first, then the newest.
const ACTIVE_MAX: i64 = 200;

#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub id: i64,
    pub rule_id: Option<i64>,
    pub rule_name: String,
    pub kind: String,
    pub role: Role,
    pub subject: String,
    pub cause: String,
    pub station: Option<String>,
    pub severity: Severity,
    pub opened_at: UnixMicros,
    pub last_at: UnixMicros,
    pub count: i64,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub details: Box<RawValue>,
    pub state: &'static str,
    pub acknowledged_by: Option<String>,
    pub acknowledged_at: Option<UnixMicros>,
    pub resolved_by: Option<String>,
    pub resolved_at: Option<UnixMicros>,
    pub note: Option<String>,
    pub raised_at: UnixMicros,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct AlertFilter {
    /// Of `open`, `acknowledged`, `resolved`; none: all.
    pub states: Vec<&'static str>,
    pub severity: Option<Severity>,
    pub rule_id: Option<i64>,
    pub subject: Option<String>,
    pub station: Option<String>,
    pub since: Option<UnixMicros>,
    pub until: Option<UnixMicros>,
    /// The last id of the page before.
    pub before: Option<i64>,
    pub limit: i64,
}

pub(crate) const STATES: [&str; 3] = ["open", "acknowledged", "resolved"];

const COLUMNS: &str = "id, rule_id, rule_name, kind, role, subject, cause, station, severity, opened_at, last_at, count, latitude, \
    longitude, details::text AS details, state, acknowledged_by, acknowledged_at, resolved_by, resolved_at, note, raised_at";

impl FromRow<'_, PgRow> for Alert {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let unreadable = |what: &str| sqlx::Error::Decode(format!("an alert's {what} is not what its CHECK allows").into());
        let (role, severity, state): (&str, &str, &str) = (row.try_get("role")?, row.try_get("severity")?, row.try_get("state")?);
        let time = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<OffsetDateTime>, _>(column)?.map(micros));
        Ok(Self {
            id: row.try_get("id")?,
            rule_id: row.try_get("rule_id")?,
            rule_name: row.try_get("rule_name")?,
            kind: row.try_get("kind")?,
            role: Role::from_name(role).ok_or_else(|| unreadable("role"))?,
            subject: row.try_get("subject")?,
            cause: row.try_get("cause")?,
            station: row.try_get("station")?,
            severity: Severity::from_name(severity).ok_or_else(|| unreadable("severity"))?,
            opened_at: micros(row.try_get("opened_at")?),
            last_at: micros(row.try_get("last_at")?),
            count: row.try_get("count")?,
            latitude: row.try_get("latitude")?,
            longitude: row.try_get("longitude")?,
            details: raw_json(row.try_get("details")?)?.ok_or_else(|| unreadable("details"))?,
            state: STATES.into_iter().find(|s| *s == state).ok_or_else(|| unreadable("state"))?,
            acknowledged_by: row.try_get("acknowledged_by")?,
            acknowledged_at: time("acknowledged_at")?,
            resolved_by: row.try_get("resolved_by")?,
            resolved_at: time("resolved_at")?,
            note: row.try_get("note")?,
            raised_at: micros(row.try_get("raised_at")?),
        })
    }
}

impl Alert {
    /// For an engine; `None`: its rule is gone.
    pub fn restored(&self) -> Option<Restored> {
        let key = AlertKey {
            rule: self.rule_id?,
            role: self.role,
            subject: self.subject.as_str().into(),
            cause: self.cause.clone(),
            opened_at: self.opened_at,
        };
        let place = self.latitude.zip(self.longitude).and_then(|(lat, lon)| LatLon::from_degrees(lat, lon));
        let state = match (self.resolved_at, &self.resolved_by) {
            (None, _) => State::Open,
            (Some(at), None) => State::Over(at),
            (Some(at), Some(_)) => State::Closed(at),
        };
        let progress = Progress { last_at: self.last_at, count: self.count.unsigned_abs(), place };
        Some(Restored { key, progress, state, station: self.station.as_deref().and_then(StationId::new) })
    }
}

impl Store {
    /// `Ok(true)`: it is new. `Ok(false)`: there is one already, or the rule is gone.
    pub(crate) async fn raise_alert(&self, raised: &Raised, details: &str) -> Result<bool, StoreError> {
        const SQL: &str = "
            WITH raised AS (INSERT INTO alerts (rule_id, rule_name, kind, role, subject, cause, station, severity, opened_at, last_at, count,
                latitude, longitude, details)
            SELECT r.id, r.name, $5, $2, $3, $4, $6, $7, $8, $9, $10, $11, $12, $13::jsonb FROM alert_rules r
            WHERE r.id = $1 AND NOT EXISTS (
                SELECT FROM alerts a WHERE a.rule_id = $1 AND a.role = $2 AND a.subject = $3 AND a.cause = $4 AND (a.resolved_at IS NULL
                    OR a.opened_at - make_interval(mins => r.suppress_minutes) < $8
                        AND $8 < greatest(a.last_at, a.resolved_at) + make_interval(mins => r.suppress_minutes)))
            ON CONFLICT DO NOTHING RETURNING id, station),
            heard AS (INSERT INTO alert_stations (alert_id, station) SELECT id, station FROM raised WHERE station IS NOT NULL)
            SELECT count(*) FROM raised";
        let (key, progress) = (&raised.key, raised.progress);
        let query = sqlx::query_scalar::<_, i64>(SQL).bind(key.rule).bind(key.role.name()).bind(&*key.subject);
        let query = query.bind(&key.cause).bind(raised.kind);
        let query = query.bind(raised.station.map(|s| s.to_string())).bind(raised.severity.name()).bind(at(key.opened_at));
        let query = query.bind(at(progress.last_at)).bind(progress.count.cast_signed());
        let query = query.bind(progress.place.map(LatLon::lat_deg)).bind(progress.place.map(LatLon::lon_deg)).bind(details);
        Ok(query.fetch_one(self.control()).await? == 1)
    }

    /// Its last alert of this rule, role, subject and cause.
    pub(crate) async fn last_alert(&self, key: &AlertKey) -> Result<Option<Alert>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alerts WHERE rule_id = $1 AND role = $2 AND subject = $3 AND cause = $4 ORDER BY opened_at DESC LIMIT 1"
        );
        let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(key.rule).bind(key.role.name()).bind(&*key.subject).bind(&key.cause);
        Ok(query.fetch_optional(self.control()).await?)
    }

    pub(crate) async fn reopen_alert(&self, key: &AlertKey) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE alerts SET state = CASE WHEN acknowledged_at IS NULL THEN 'open' ELSE 'acknowledged' END, resolved_at = NULL
            WHERE rule_id = $1 AND role = $2 AND subject = $3 AND cause = $4 AND opened_at = $5 AND state = 'resolved' AND resolved_by IS NULL";
        self.keyed(SQL, key).execute(self.control()).await?;
        Ok(())
    }

    pub(crate) async fn end_alert(&self, key: &AlertKey, over_at: UnixMicros) -> Result<(), StoreError> {
        const SQL: &str = "
            UPDATE alerts SET state = 'resolved', resolved_at = $6
            WHERE rule_id = $1 AND role = $2 AND subject = $3 AND cause = $4 AND opened_at = $5 AND state <> 'resolved'";
        self.keyed(SQL, key).bind(at(over_at)).execute(self.control()).await?;
        Ok(())
    }

    fn keyed<'q>(&self, sql: &'static str, key: &'q AlertKey) -> sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments> {
        let query = sqlx::query(sql).bind(key.rule).bind(key.role.name()).bind(&*key.subject);
        query.bind(&key.cause).bind(at(key.opened_at))
    }

    /// How open alerts go on.
    pub(crate) async fn note_progress(&self, news: &[(AlertKey, Progress)]) -> Result<(), StoreError> {
        const AT_ONCE: usize = 1_000;
        for part in news.chunks(AT_ONCE) {
            let mut sql = QueryBuilder::<Postgres>::new(
                "UPDATE alerts a SET last_at = greatest(a.last_at, n.last_at), count = greatest(a.count, n.count),
                    latitude = coalesce(n.latitude, a.latitude), longitude = coalesce(n.longitude, a.longitude) FROM (",
            );
            sql.push_values(part, |mut row, (key, progress)| {
                row.push_bind(key.rule).push_bind(key.role.name()).push_bind(key.subject.to_string()).push_bind(&key.cause);
                row.push_bind(at(key.opened_at)).push_bind(at(progress.last_at)).push_bind(progress.count.cast_signed());
                row.push_bind(progress.place.map(LatLon::lat_deg)).push_bind(progress.place.map(LatLon::lon_deg));
            });
            sql.push(
                ") AS n (rule_id, role, subject, cause, opened_at, last_at, count, latitude, longitude)
                WHERE a.rule_id = n.rule_id AND a.role = n.role AND a.subject = n.subject AND a.cause = n.cause AND a.opened_at = n.opened_at",
            );
            sql.build().execute(self.control()).await?;
        }
        Ok(())
    }

    /// What an engine begins with, oldest first: all that are not resolved, and those that were resolved lately.
    pub(crate) async fn alerts_to_restore(&self, now: UnixMicros) -> Result<Vec<Restored>, StoreError> {
        let sql = format!(
            "SELECT * FROM (SELECT {COLUMNS} FROM alerts WHERE rule_id IS NOT NULL AND (state <> 'resolved' OR last_at >= $1)
            ORDER BY state = 'resolved', opened_at DESC LIMIT $2) AS lately ORDER BY opened_at, id"
        );
        let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(at(now.plus_micros(-FORGET_US))).bind(RESTORE_MAX);
        let alerts: Vec<Alert> = query.fetch_all(self.control()).await?;
        Ok(alerts.iter().filter_map(Alert::restored).collect())
    }

    /// Newest first.
    pub(crate) async fn alerts(&self, roles: RoleSet, filter: &AlertFilter) -> Result<Vec<Alert>, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("SELECT ");
        sql.push(COLUMNS).push(" FROM alerts WHERE role = ANY(").push_bind(roles.names()).push(")");
        if !filter.states.is_empty() {
            sql.push(" AND state = ANY(").push_bind(filter.states.clone()).push(")");
        }
        if let Some(severity) = filter.severity {
            sql.push(" AND severity = ").push_bind(severity.name());
        }
        if let Some(id) = filter.rule_id {
            sql.push(" AND rule_id = ").push_bind(id);
        }
        for (column, text) in [(" AND subject = ", &filter.subject), (" AND station = ", &filter.station)] {
            if let Some(text) = text {
                sql.push(column).push_bind(text.clone());
            }
        }
        for (column, instant) in [(" AND last_at >= ", filter.since), (" AND opened_at <= ", filter.until)] {
            if let Some(instant) = instant {
                sql.push(column).push_bind(at(instant));
            }
        }
        if let Some(id) = filter.before {
            sql.push(" AND id < ").push_bind(id);
        }
        sql.push(" ORDER BY id DESC LIMIT ").push_bind(filter.limit);
        Ok(sql.build_query_as().fetch_all(self.control()).await?)
    }

    pub(crate) async fn alert(&self, roles: RoleSet, id: i64) -> Result<Option<Alert>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM alerts WHERE id = $1 AND role = ANY($2)");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(roles.names()).fetch_optional(self.control()).await?)
    }

    /// Somebody has seen it. One that is resolved stays so.
    pub(crate) async fn acknowledge_alert(&self, id: i64, note: Option<String>, now: UnixMicros) -> Result<Option<Alert>, StoreError> {
        let sql = format!(
            "UPDATE alerts SET state = CASE WHEN state = 'open' THEN 'acknowledged' ELSE state END,
                acknowledged_by = coalesce(acknowledged_by, $2), acknowledged_at = coalesce(acknowledged_at, $3), note = coalesce($4, note)
            WHERE id = $1 RETURNING {COLUMNS}"
        );
        self.judged_by_person(sql, id, note, now).await
    }

    /// Somebody says that it is over; who was first counts.
    pub(crate) async fn resolve_alert(&self, id: i64, note: Option<String>, now: UnixMicros) -> Result<Option<Alert>, StoreError> {
        let sql = format!(
            "UPDATE alerts SET resolved_by = coalesce(resolved_by, $2),
                resolved_at = CASE WHEN resolved_by IS NULL THEN greatest($3, last_at) ELSE resolved_at END,
                state = 'resolved', note = coalesce($4, note)
            WHERE id = $1 RETURNING {COLUMNS}"
        );
        self.judged_by_person(sql, id, note, now).await
    }

    async fn judged_by_person(&self, sql: String, id: i64, note: Option<String>, now: UnixMicros) -> Result<Option<Alert>, StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(&self.actor.name).bind(at(now)).bind(note);
        let alert = query.fetch_optional(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(alert)
    }

    /// Those that are not in the log, oldest first.
    pub(crate) async fn untold_alerts(&self) -> Result<Vec<Alert>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM alerts WHERE told_at IS NULL ORDER BY id LIMIT $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(UNTOLD_MAX).fetch_all(self.control()).await?)
    }

    /// Those that a station's people were not told of, with the station's slug: the critical first, then the oldest.
    pub(crate) async fn untold_stations(&self) -> Result<Vec<(Alert, String)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, heard_by FROM alerts JOIN (SELECT alert_id, station AS heard_by FROM alert_stations WHERE told_at IS NULL) AS untold
            ON alert_id = id ORDER BY severity <> 'critical', id, heard_by LIMIT $1"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(UNTOLD_MAX).fetch_all(self.control()).await?;
        Ok(rows.iter().map(|row| Ok((Alert::from_row(row)?, row.try_get("heard_by")?))).collect::<Result<_, sqlx::Error>>()?)
    }

    pub(crate) async fn station_told(&self, id: i64, station: &str) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE alert_stations SET told_at = now() WHERE alert_id = $1 AND station = $2";
        sqlx::query(SQL).bind(id).bind(station).execute(self.control()).await?;
        Ok(())
    }

    /// Another station heard it. `true`: its people are to be told.
    pub(crate) async fn alert_heard(&self, key: &AlertKey, station: StationId) -> Result<bool, StoreError> {
        const SQL: &str = "
            INSERT INTO alert_stations (alert_id, station) SELECT id, $5 FROM alerts
            WHERE rule_id = $1 AND role = $2 AND subject = $3 AND cause = $4 AND state <> 'resolved' ON CONFLICT DO NOTHING";
        let query = sqlx::query(SQL).bind(key.rule).bind(key.role.name()).bind(&*key.subject).bind(&key.cause).bind(station.as_str());
        Ok(query.execute(self.control()).await?.rows_affected() == 1)
    }

    /// What is not resolved, [`ACTIVE_MAX`] of each role; and of which roles that is not all.
    pub(crate) async fn active_alerts(&self) -> Result<(Vec<Alert>, RoleSet), StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, place FROM (SELECT *, row_number() OVER (PARTITION BY role
                ORDER BY severity = 'critical' AND state = 'open' DESC, state <> 'open', id DESC) AS place
            FROM alerts WHERE state <> 'resolved') AS active WHERE place <= $1 + 1 ORDER BY role, place"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ACTIVE_MAX).fetch_all(self.control()).await?;
        let (mut alerts, mut cut) = (Vec::with_capacity(rows.len()), RoleSet::from_iter([]));
        for row in &rows {
            let alert = Alert::from_row(row)?;
            if row.try_get::<i64, _>("place")? <= ACTIVE_MAX {
                alerts.push(alert);
            } else {
                cut = cut.iter().chain([alert.role]).collect();
            }
        }
        Ok((alerts, cut))
    }

    pub(crate) async fn alert_told(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE alerts SET told_at = now() WHERE id = $1").bind(id).execute(self.control()).await?;
        Ok(())
    }
}

fn at(instant: UnixMicros) -> OffsetDateTime {
    OffsetDateTime::from(Utc(instant.clamp(Utc::MIN, Utc::MAX)))
}
