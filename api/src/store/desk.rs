//! What a station's desk shows: which sources it watches (assignments), and how much was received.

use super::control::micros;
use super::sources::{COLUMNS as SOURCE_COLUMNS, Source};
use super::{Role, Store, StoreError};
use model::UnixMicros;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};

/// Events are counted one by one up to here; beyond, the roll-ups say how many there are (to within a minute).
const COUNTED_MAX: i64 = 100_000;

/// A source that a station watches.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub id: i64,
    pub role: String,
    pub is_active: bool,
    pub created_at: UnixMicros,
    pub updated_at: UnixMicros,
    pub source: Source,
}

impl FromRow<'_, PgRow> for Assignment {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            role: row.try_get("role")?,
            is_active: row.try_get("is_active")?,
            created_at: micros(row.try_get("created_at")?),
            updated_at: micros(row.try_get("updated_at")?),
            source: Source::from_row(row)?,
        })
    }
}

/// What a dashboard counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StationCounts {
    pub events: i64,
    pub active_sources: i64,
}

impl Store {
    /// Newest first.
    pub(crate) async fn assignments(&self, role: Role, station_id: i64) -> Result<Vec<Assignment>, StoreError> {
        let mut sql = select();
        sql.push("station_assignments a JOIN telemetry_sources s ON s.id = a.source_id WHERE a.station_id = ").push_bind(station_id);
        sql.push(" ORDER BY a.updated_at DESC, a.id DESC");
        Ok(sql.build_query_as().fetch_all(self.role(role)).await?)
    }

    /// Lets the station watch a source of its own role's database, or changes how it does. `None`: there is no such source.
    pub(crate) async fn assign(
        &self,
        role: Role,
        station_id: i64,
        source_id: i64,
        as_role: &str,
        is_active: bool,
    ) -> Result<Option<Assignment>, StoreError> {
        let mut sql =
            QueryBuilder::<Postgres>::new("WITH a AS (INSERT INTO station_assignments (station_id, source_id, role, is_active) SELECT ");
        sql.push_bind(station_id).push(", id, ").push_bind(as_role).push(", ").push_bind(is_active);
        sql.push(" FROM telemetry_sources WHERE id = ").push_bind(source_id);
        sql.push(
            " ON CONFLICT (station_id, source_id) DO UPDATE SET role = excluded.role, is_active = excluded.is_active, updated_at = now() \
             RETURNING *) ",
        );
        self.changed_assignment(role, sql).await
    }

    /// `None`: the station has no such assignment.
    pub(crate) async fn change_assignment(
        &self,
        role: Role,
        (station_id, id): (i64, i64),
        as_role: Option<&str>,
        is_active: Option<bool>,
    ) -> Result<Option<Assignment>, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("WITH a AS (UPDATE station_assignments SET updated_at = now(), role = COALESCE(");
        sql.push_bind(as_role).push(", role), is_active = COALESCE(").push_bind(is_active).push(", is_active) WHERE id = ").push_bind(id);
        sql.push(" AND station_id = ").push_bind(station_id).push(" RETURNING *) ");
        self.changed_assignment(role, sql).await
    }

    async fn changed_assignment(&self, role: Role, mut sql: QueryBuilder<Postgres>) -> Result<Option<Assignment>, StoreError> {
        sql.push(select().into_string()).push("a JOIN telemetry_sources s ON s.id = a.source_id");
        let mut transaction = self.change(self.role(role)).await?;
        let changed = sql.build_query_as().fetch_optional(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Whether it was there.
    pub(crate) async fn delete_assignment(&self, role: Role, (station_id, id): (i64, i64)) -> Result<bool, StoreError> {
        let mut transaction = self.change(self.role(role)).await?;
        let query = sqlx::query("DELETE FROM station_assignments WHERE id = $1 AND station_id = $2").bind(id).bind(station_id);
        let deleted = query.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }

    pub(crate) async fn station_counts(&self, role: Role, station_id: i64) -> Result<StationCounts, StoreError> {
        const FEW: &str = "SELECT count(*) FROM (SELECT FROM telemetry_events WHERE station_id = $1 LIMIT $2) AS few";
        const MANY: &str = "
            SELECT coalesce(sum(r.events), 0)::bigint FROM telemetry_rollup_hour r
            JOIN telemetry_sources s ON s.id = r.source_id WHERE s.station_id = $1";
        const SOURCES: &str = "SELECT count(*) FROM telemetry_sources WHERE station_id = $1 AND is_active";
        let pool = self.role(role);
        let mut events: i64 = sqlx::query_scalar(FEW).bind(station_id).bind(COUNTED_MAX).fetch_one(pool).await?;
        if events == COUNTED_MAX {
            let many: i64 = sqlx::query_scalar(MANY).bind(station_id).fetch_one(pool).await?;
            events = events.max(many);
        }
        let active_sources = sqlx::query_scalar(SOURCES).bind(station_id).fetch_one(pool).await?;
        Ok(StationCounts { events, active_sources })
    }
}

fn select() -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT a.id, a.role, a.is_active, a.created_at, a.updated_at, ");
    sql.push(SOURCE_COLUMNS).push(" FROM ");
    sql
}
