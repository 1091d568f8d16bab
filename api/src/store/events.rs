//! Telemetry events of a role database, one by one: what programs send over HTTP, and the lists.

use super::control::micros;
use super::once::{Once, only, still_there};
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
    /// About whom it is: `icao:4840d6`… Derived from a new event's payload; never changed.
    pub subject: Option<String>,
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
    pub subject: Option<String>,
    pub within: Option<Bounds>,
    /// The last one of the page before.
    pub before: Option<(UnixMicros, i64)>,
    pub limit: i64,
    pub offset: i64,
    /// Only what hit the watch-list.
    pub alerts_only: bool,
}

/// A box in degrees; across the 180th meridian when `west` is greater than `east`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

/// A box with more events than this is read in the order of time; one with fewer by its place.
const BOX_EVENTS_MAX: i64 = 5_000;

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
            "raw_data, status, subject) ",
            "SELECT s.id, COALESCE($1::bigint, s.station_id), COALESCE($2::timestamptz, now()), $3::float8, $4::float8, $5::float8, ",
            "$6::float8, $7::float8, $8::text::jsonb, $9::text, $10::text, $11::text FROM telemetry_sources s WHERE ",
            $source,
            " FOR KEY SHARE OF s RETURNING id, source_id, station_id, event_time, received_at, latitude, longitude, altitude, heading, speed, ",
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
        // Today's too: a row on its way into the partition of all other days is refused when today's appears meanwhile.
        let now = || UnixMicros((OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000) as i64);
        self.ensure_days(role, std::iter::once(fields.event_time.unwrap_or_else(now))).await?;
        const BY_ID: &str = insert_event_sql!("s.id = $12");
        const BY_SLUG: &str = insert_event_sql!("s.slug = $12");
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
            .bind(fields.status.clone().unwrap_or_else(|| Some("received".into())))
            .bind(fields.subject.clone());
        let query = match source {
            SourceKey::Id(id) => query.bind(id),
            SourceKey::Slug(slug) => query.bind(slug.to_owned()),
        };
        if !self.has_request_key() {
            return Ok(query.fetch_optional(self.role(role)).await?);
        }
        let mut step = match self.once(self.role(role), "event").await? {
            Once::Done(ids) => return Ok(Some(still_there(self.event(only(&ids)).await?)?.0)),
            Once::Now(step) => step,
        };
        let Some(stored): Option<StoredEvent> = query.fetch_optional(step.connection()).await? else { return Ok(None) };
        step.done(&[Some(stored.id)]).await?;
        Ok(Some(stored))
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
        let few_in_box = match &filter.within {
            Some(bounds) => self.are_few_within(role, filter, *bounds).await?,
            None => false,
        };
        let rows = query_of(filter, few_in_box, "").build().fetch_all(self.role(role)).await?;
        let both = rows.iter().map(|row| Ok((StoredEvent::from_row(row)?, Source::from_row(row)?)));
        Ok(both.collect::<Result<_, sqlx::Error>>()?)
    }

    /// The planner has no idea how many events lie in a box: a look at no more than we would read by place.
    async fn are_few_within(&self, role: Role, filter: &EventFilter, bounds: Bounds) -> Result<bool, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("SELECT count(*) FROM (SELECT FROM telemetry_events e WHERE ");
        push_place(&mut sql, bounds);
        push_times(&mut sql, filter);
        sql.push(" LIMIT ").push_bind(BOX_EVENTS_MAX + 1).push(") AS found");
        let found: i64 = sql.build_query_scalar().fetch_one(self.role(role)).await?;
        Ok(found <= BOX_EVENTS_MAX)
    }

    /// How PostgreSQL reads these events, as text.
    #[cfg(test)]
    pub(crate) async fn explain(&self, role: Role, filter: &EventFilter) -> Result<String, StoreError> {
        let few_in_box = match &filter.within {
            Some(bounds) => self.are_few_within(role, filter, *bounds).await?,
            None => false,
        };
        let lines: Vec<String> = query_of(filter, few_in_box, "EXPLAIN ").build_query_scalar().fetch_all(self.role(role)).await?;
        Ok(lines.join("\n"))
    }

    pub(crate) async fn change_event(&self, id: i64, change: EventFields) -> Result<Option<StoredEvent>, StoreError> {
        let Some(role) = Role::of_id(id) else { return Ok(None) };
        let mut sql = QueryBuilder::<Postgres>::new("WITH e AS (UPDATE telemetry_events SET id = id");
        let change_to = change.event_time;
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
        self.ensure_days(role, change_to.into_iter()).await?;
        let mut step = match self.once(self.role(role), format!("event {id}")).await? {
            Once::Done(_) => return Ok(self.event(id).await?.map(|(event, _)| event)),
            Once::Now(step) => step,
        };
        let changed = sql.build_query_as().fetch_optional(step.connection()).await?;
        step.done(&[Some(id)]).await?;
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

/// The list's query. Events are chosen before their sources are joined, so that an index can give the order.
fn query_of(filter: &EventFilter, few_in_box: bool, prefix: &'static str) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::<Postgres>::new(prefix);
    if let (Some(bounds), true) = (filter.within, few_in_box) {
        sql.push("WITH found AS MATERIALIZED (SELECT * FROM telemetry_events e WHERE ");
        push_place(&mut sql, bounds);
        push_times(&mut sql, filter);
        sql.push(") ");
    }
    sql.push("SELECT ").push(COLUMNS).push(", ").push(SOURCE_COLUMNS).push(" FROM (SELECT * FROM ");
    sql.push(if few_in_box { "found" } else { "telemetry_events" }).push(" e WHERE true");
    if let (Some(bounds), false) = (filter.within, few_in_box) {
        push_degrees(&mut sql, bounds);
    }
    if let Some(id) = filter.source_id {
        sql.push(" AND e.source_id = ").push_bind(id);
    }
    if let Some(id) = filter.station_id {
        sql.push(" AND e.station_id = ").push_bind(id);
    }
    if let Some(subject) = &filter.subject {
        sql.push(" AND e.subject = ").push_bind(subject.clone());
    }
    if filter.alerts_only {
        // As the partial index telemetry_events_alerts has it.
        sql.push(" AND e.status LIKE 'imei\\_%'");
    }
    push_times(&mut sql, filter);
    sql.push(" ORDER BY e.event_time DESC, e.id DESC LIMIT ").push_bind(filter.limit);
    if filter.offset != 0 {
        sql.push(" OFFSET ").push_bind(filter.offset);
    }
    sql.push(") e JOIN telemetry_sources s ON s.id = e.source_id ORDER BY e.event_time DESC, e.id DESC");
    sql
}

fn push_times(sql: &mut QueryBuilder<Postgres>, filter: &EventFilter) {
    if let Some(since) = filter.since {
        sql.push(" AND e.event_time >= ").push_bind(OffsetDateTime::from(Utc(since)));
    }
    if let Some(until) = filter.until {
        sql.push(" AND e.event_time <= ").push_bind(OffsetDateTime::from(Utc(until)));
    }
    if let Some((at, id)) = filter.before {
        let at = OffsetDateTime::from(Utc(at));
        // The first condition lets partitions be left out, which a comparison of rows does not.
        sql.push(" AND e.event_time <= ").push_bind(at);
        sql.push(" AND (e.event_time, e.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
}

/// By the index on places.
fn push_place(sql: &mut QueryBuilder<Postgres>, bounds: Bounds) {
    sql.push("e.latitude IS NOT NULL AND e.longitude IS NOT NULL AND (");
    for (n, (west, east)) in bounds.spans().into_iter().enumerate() {
        sql.push(if n == 0 { "" } else { " OR " });
        sql.push("point(e.longitude, e.latitude) <@ box(point(").push_bind(east).push(", ").push_bind(bounds.north);
        sql.push("), point(").push_bind(west).push(", ").push_bind(bounds.south).push("))");
    }
    sql.push(")");
}

/// By comparison, row by row.
fn push_degrees(sql: &mut QueryBuilder<Postgres>, bounds: Bounds) {
    sql.push(" AND e.latitude BETWEEN ").push_bind(bounds.south).push(" AND ").push_bind(bounds.north).push(" AND (");
    for (n, (west, east)) in bounds.spans().into_iter().enumerate() {
        sql.push(if n == 0 { "" } else { " OR " });
        sql.push("e.longitude BETWEEN ").push_bind(west).push(" AND ").push_bind(east);
    }
    sql.push(")");
}

impl Bounds {
    /// (west, east) of one box, or of the two at both sides of the 180th meridian.
    fn spans(self) -> Vec<(f64, f64)> {
        if self.west <= self.east { vec![(self.west, self.east)] } else { vec![(self.west, 180.0), (-180.0, self.east)] }
    }
}
