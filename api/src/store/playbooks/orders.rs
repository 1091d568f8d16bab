//! Orders, the reports they rest on, and the requests for information that are open.

use super::super::control::micros;
use super::super::{Role, Store, StoreError};
use super::instant;
use crate::auth::RoleSet;
use model::UnixMicros;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use time::OffsetDateTime;

#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub id: i64,
    pub title: String,
    pub content: String,
    pub classification: String,
    pub reliability: String,
    pub report_date: UnixMicros,
}

#[derive(Clone, Debug)]
pub(crate) struct OpenRequest {
    pub id: i64,
    pub title: String,
    pub requested_by: Option<String>,
    pub priority: String,
    pub status: String,
    pub due_at: Option<UnixMicros>,
    pub created_at: UnixMicros,
}

/// The order before, as its run left it.
#[derive(Clone, Debug)]
pub(crate) struct PreviousOrder {
    pub run_id: i64,
    /// JSON object.
    pub result: String,
}

impl FromRow<'_, PgRow> for Report {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            content: row.try_get("content")?,
            classification: row.try_get("classification")?,
            reliability: row.try_get("reliability")?,
            report_date: micros(row.try_get("report_date")?),
        })
    }
}

impl FromRow<'_, PgRow> for OpenRequest {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            requested_by: row.try_get("requested_by")?,
            priority: row.try_get("priority")?,
            status: row.try_get("status")?,
            due_at: row.try_get::<Option<OffsetDateTime>, _>("due_at")?.map(micros),
            created_at: micros(row.try_get("created_at")?),
        })
    }
}

impl Store {
    /// About a mission, newest first. For runs that may see intel's data.
    pub(crate) async fn reports_of(&self, mission_id: i64, limit: i64) -> Result<Vec<Report>, StoreError> {
        const SQL: &str = "SELECT id, title, left(content, 400) AS content, classification, reliability, report_date FROM intel_reports
            WHERE mission_id = $1 ORDER BY report_date DESC, id DESC LIMIT $2";
        Ok(sqlx::query_as(SQL).bind(mission_id).bind(limit).fetch_all(self.role(Role::Intel)).await?)
    }

    /// The most urgent first. For runs that may see intel's data.
    pub(crate) async fn open_requests(&self, limit: i64) -> Result<(Vec<OpenRequest>, i64), StoreError> {
        const SQL: &str =
            "SELECT id, title, requested_by, priority, status, due_at, created_at FROM rfis WHERE status IN ('open', 'in_progress')
            ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], priority::text), due_at NULLS LAST, id LIMIT $1";
        const ALL: &str = "SELECT count(*) FROM rfis WHERE status IN ('open', 'in_progress')";
        let shown = sqlx::query_as(SQL).bind(limit).fetch_all(self.role(Role::Intel)).await?;
        Ok((shown, sqlx::query_scalar(ALL).fetch_one(self.role(Role::Intel)).await?))
    }

    /// The number of a run's order for a mission: the next one, and the same in every attempt. A dry run takes none.
    pub(crate) async fn order_number(&self, mission_id: i64, run: &str, dry_run: bool, now: UnixMicros) -> Result<i32, StoreError> {
        const OWN: &str = "SELECT number FROM mission_orders WHERE made_by_run = $1";
        const NEXT: &str = "SELECT coalesce(max(number), 0) + 1 FROM mission_orders WHERE mission_id = $1";
        const TAKE: &str = "INSERT INTO mission_orders (mission_id, number, made_by_run, made_at) VALUES ($1, $2, $3, $4)";
        let mut transaction = self.change(self.role(Role::Ops)).await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('vtoc: orders'))").execute(&mut *transaction).await?;
        if let Some(own) = sqlx::query_scalar(OWN).bind(run).fetch_optional(&mut *transaction).await? {
            return Ok(own);
        }
        let next: i32 = sqlx::query_scalar(NEXT).bind(mission_id).fetch_one(&mut *transaction).await?;
        if !dry_run {
            sqlx::query(TAKE).bind(mission_id).bind(next).bind(run).bind(instant(now)).execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
        Ok(next)
    }

    /// The newest order for a mission that was made of no more than these roles' data.
    pub(crate) async fn order_before(&self, mission_id: i64, roles: RoleSet) -> Result<Option<PreviousOrder>, StoreError> {
        const SQL: &str = "SELECT id, result::text AS result FROM agent_runs WHERE result ? 'frago' AND result ->> 'mission_id' = $1
            AND state = 'succeeded' AND NOT dry_run AND station_roles <@ $2 ORDER BY id DESC LIMIT 1";
        let row = sqlx::query(SQL).bind(mission_id.to_string()).bind(roles.names()).fetch_optional(self.control()).await?;
        let order = |row: PgRow| Ok::<_, sqlx::Error>(PreviousOrder { run_id: row.try_get("id")?, result: row.try_get("result")? });
        Ok(row.map(order).transpose()?)
    }
}
