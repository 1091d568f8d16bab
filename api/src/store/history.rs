//! Events over time: partitions by day, retention, roll-ups (migrations/role/0003).
//!
//! Constraints: a day near now has a partition before its first event is stored ([`Store::ensure_days`]); what is farther
//! away lies in one partition for all such days, so that a broken clock can't make a table per event. Counting again what
//! was counted changes nothing.

use super::{Role, Store, StoreError};
use crate::dto::Utc;
use model::UnixMicros;
use sqlx::PgConnection;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use time::{Date, Duration, OffsetDateTime};

/// Partitions are made so many days ahead, and for events so many days back.
const DAYS_AHEAD: i32 = 3;
const DAYS_BACK: i32 = 400;
/// Days remembered as asked for; then they are asked again.
const REMEMBERED_MAX: usize = 2_048;
/// What is received becomes visible at COMMIT: so much later at most (the statement's time-out, several times over).
const VISIBLE_WITHIN: Duration = Duration::minutes(2);

/// Which days' partitions were made, as far as we remember.
#[derive(Debug, Default)]
pub(super) struct Days(Mutex<HashSet<(Role, i32)>>);

impl Days {
    fn is_new(&self, day: (Role, i32)) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&day)
    }

    fn add(&self, day: (Role, i32)) {
        let mut days = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if REMEMBERED_MAX <= days.len() {
            days.clear();
        }
        days.insert(day);
    }
}

/// What a look at the history did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept {
    /// Partitions dropped.
    pub dropped: i32,
    /// Minutes counted.
    pub minutes: usize,
}

impl Store {
    /// Makes the partitions that events of these times need. Call it before the transaction that stores them.
    pub(super) async fn ensure_days(&self, role: Role, times: impl Iterator<Item = UnixMicros>) -> Result<(), StoreError> {
        const SQL: &str =
            "SELECT CASE WHEN $1::date BETWEEN current_date - $2::int AND current_date + $3::int THEN ensure_events_day($1::date) END";
        let mut last = None;
        for at in times {
            let day = OffsetDateTime::from(Utc(at)).date();
            let key = (role, day.to_julian_day());
            if last == Some(key) || !self.days.is_new(key) {
                continue;
            }
            last = Some(key);
            sqlx::query(SQL).bind(day).bind(DAYS_BACK).bind(DAYS_AHEAD).execute(self.role(role)).await?;
            self.days.add(key);
        }
        Ok(())
    }

    /// Makes partitions ahead, drops what is older than `keep_days`, brings the roll-ups up to date. To be called now and then.
    pub(crate) async fn keep_history(&self, role: Role, keep_days: Option<u32>, now: UnixMicros) -> Result<Kept, StoreError> {
        const DAY_US: i64 = 86_400_000_000;
        self.ensure_days(role, (-1..=i64::from(DAYS_AHEAD)).map(|n| now.plus_micros(n * DAY_US))).await?;
        let mut kept = Kept { minutes: self.count(role).await?, ..Kept::default() };
        if let Some(days) = keep_days {
            let first: Date = OffsetDateTime::from(Utc(now.plus_micros(-i64::from(days) * DAY_US))).date();
            let mut transaction = self.change(self.role(role)).await?;
            let query = sqlx::query_scalar("SELECT drop_events_before($1)").bind(first);
            kept.dropped = query.fetch_one(&mut *transaction).await?;
            transaction.commit().await?;
        }
        Ok(kept)
    }

    /// Counts the minutes in which something came since the last time, or was changed. Returns how many.
    async fn count(&self, role: Role) -> Result<usize, StoreError> {
        // '-infinity' has no place in OffsetDateTime: text carries it.
        const STATE: &str = "SELECT counted_until::text FROM telemetry_rollup_state FOR UPDATE";
        const MINUTES: &str = "
            SELECT DISTINCT date_trunc('minute', event_time, 'UTC') FROM telemetry_events WHERE received_at >= $1::text::timestamptz
            UNION SELECT bucket FROM telemetry_rollup_again";
        let mut transaction = self.change(self.role(role)).await?;
        let started: OffsetDateTime = sqlx::query_scalar("SELECT now()").fetch_one(&mut *transaction).await?;
        let until: String = sqlx::query_scalar(STATE).fetch_one(&mut *transaction).await?;
        let mut minutes: Vec<OffsetDateTime> = sqlx::query_scalar(MINUTES).bind(until).fetch_all(&mut *transaction).await?;
        minutes.sort_unstable();
        for of_hour in minutes.chunk_by(|a, b| hour_of(*a) == hour_of(*b)) {
            count_minutes(&mut transaction, hour_of(of_hour[0]), of_hour).await?;
        }
        sqlx::query("DELETE FROM telemetry_rollup_again WHERE bucket = ANY($1)").bind(&minutes).execute(&mut *transaction).await?;
        let until = started - VISIBLE_WITHIN;
        sqlx::query("UPDATE telemetry_rollup_state SET counted_until = $1").bind(until).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(minutes.len())
    }
}

fn hour_of(minute: OffsetDateTime) -> OffsetDateTime {
    minute.replace_minute(0).unwrap_or(minute)
}

/// Minutes of one hour. Each statement names the hour's bounds: where TimescaleDB has compressed the rows (migrations/optional), a list
/// alone would decompress whole weeks.
async fn count_minutes(connection: &mut PgConnection, hour: OffsetDateTime, minutes: &[OffsetDateTime]) -> Result<(), sqlx::Error> {
    const MINUTE: [&str; 2] = [
        "DELETE FROM telemetry_rollup_minute WHERE bucket = ANY($1) AND $2 <= bucket AND bucket < $2 + interval '1 hour'",
        "INSERT INTO telemetry_rollup_minute (bucket, source_id, kind, events, subjects)
        SELECT m.bucket, e.source_id, coalesce(e.kind, ''), count(*), count(DISTINCT e.subject)
        FROM unnest($1::timestamptz[]) AS m (bucket)
        JOIN telemetry_events e ON m.bucket <= e.event_time AND e.event_time < m.bucket + interval '1 minute'
        WHERE $2 <= m.bucket GROUP BY 1, 2, 3",
    ];
    const HOUR: [&str; 2] = [
        "DELETE FROM telemetry_rollup_hour WHERE bucket = $1",
        "INSERT INTO telemetry_rollup_hour (bucket, source_id, kind, events, subjects_max)
        SELECT $1, source_id, kind, sum(events), max(subjects) FROM telemetry_rollup_minute
        WHERE $1 <= bucket AND bucket < $1 + interval '1 hour' GROUP BY 2, 3",
    ];
    const READINGS: [&str; 2] = [
        "DELETE FROM telemetry_rollup_reading_hour WHERE bucket = $1",
        "INSERT INTO telemetry_rollup_reading_hour (bucket, source_id, subject, kind, field, name, unit, calibrated, readings, total, low, high, north, east)
        SELECT $1, e.source_id, e.subject, e.kind, r.field, r.name, r.unit, r.calibrated, count(*), sum(r.value), min(r.value), max(r.value),
            sum(cosd(r.value)) FILTER (WHERE r.field = 'wind_from_deg'), sum(sind(r.value)) FILTER (WHERE r.field = 'wind_from_deg')
        FROM telemetry_events e CROSS JOIN LATERAL event_readings(e.kind, e.payload) AS r
        WHERE $1 <= e.event_time AND e.event_time < $1 + interval '1 hour' AND e.kind IN ('weather', 'telemetry') AND e.subject IS NOT NULL
        GROUP BY 2, 3, 4, 5, 6, 7, 8",
    ];
    for sql in MINUTE {
        sqlx::query(sql).bind(minutes).bind(hour).execute(&mut *connection).await?;
    }
    for sql in HOUR.into_iter().chain(READINGS) {
        sqlx::query(sql).bind(hour).execute(&mut *connection).await?;
    }
    Ok(())
}
