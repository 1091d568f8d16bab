//! Alert rules, in the control database.

use super::control::micros;
use super::once::{Once, only, still_there};
use super::{Store, StoreError};
use crate::alerts::Severity;
use crate::auth::RoleSet;
use crate::dto::AlertCondition;
use model::UnixMicros;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};

/// Rules at most: each is looked at with every event.
const RULES_MAX: i64 = 500;
const NAME_TAKEN: &str = "An alert rule with this name";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AlertRule {
    pub id: i64,
    pub name: String,
    pub condition: AlertCondition,
    pub severity: Severity,
    pub suppress_minutes: i32,
    pub roles: RoleSet,
    pub enabled: bool,
    pub built_in: bool,
    pub created_at: UnixMicros,
    pub updated_at: UnixMicros,
}

#[derive(Clone, Debug)]
pub(crate) struct NewAlertRule {
    pub name: String,
    pub condition: AlertCondition,
    pub severity: Severity,
    pub suppress_minutes: i32,
    pub roles: RoleSet,
    pub enabled: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct AlertRuleChange {
    pub name: Option<String>,
    pub condition: Option<AlertCondition>,
    pub severity: Option<Severity>,
    pub suppress_minutes: Option<i32>,
    pub roles: Option<RoleSet>,
    pub enabled: Option<bool>,
}

const COLUMNS: &str =
    "id, name, condition::text AS condition, severity, suppress_minutes, station_roles, enabled, built_in, created_at, updated_at";

impl FromRow<'_, PgRow> for AlertRule {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let unreadable = |what: &str| sqlx::Error::Decode(format!("an alert rule's {what} can't be read").into());
        let (severity, roles): (&str, Vec<String>) = (row.try_get("severity")?, row.try_get("station_roles")?);
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            condition: serde_json::from_str(row.try_get("condition")?).map_err(|e| sqlx::Error::Decode(e.into()))?,
            severity: Severity::from_name(severity).ok_or_else(|| unreadable("severity"))?,
            suppress_minutes: row.try_get("suppress_minutes")?,
            roles: RoleSet::from_names(&roles).ok_or_else(|| unreadable("roles"))?,
            enabled: row.try_get("enabled")?,
            built_in: row.try_get("built_in")?,
            created_at: micros(row.try_get("created_at")?),
            updated_at: micros(row.try_get("updated_at")?),
        })
    }
}

impl Store {
    /// In the order of their names. One that can't be read (a later version wrote it) does not silence the others.
    pub(crate) async fn alert_rules(&self) -> Result<Vec<AlertRule>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM alert_rules ORDER BY name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(self.control()).await?;
        let read = |row| AlertRule::from_row(row).inspect_err(|error| tracing::error!(%error, "an alert rule is left out"));
        Ok(rows.iter().filter_map(|row| read(row).ok()).collect())
    }

    pub(crate) async fn alert_rule(&self, id: i64) -> Result<Option<AlertRule>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM alert_rules WHERE id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(self.control()).await?)
    }

    pub(crate) async fn create_alert_rule(&self, new: &NewAlertRule) -> Result<AlertRule, StoreError> {
        let mut step = match self.once(self.control(), "alert rule").await? {
            Once::Done(ids) => return still_there(self.alert_rule(only(&ids)).await?),
            Once::Now(step) => step,
        };
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM alert_rules").fetch_one(step.connection()).await?;
        if RULES_MAX <= count {
            return Err(StoreError::Refused(format!("There are {RULES_MAX} alert rules already: delete one")));
        }
        let mut sql = QueryBuilder::<Postgres>::new(
            "INSERT INTO alert_rules (name, condition, severity, suppress_minutes, station_roles, enabled) VALUES (",
        );
        let mut values = sql.separated(", ");
        values.push_bind(&new.name).push_bind(json(&new.condition)).push_unseparated("::jsonb");
        values.push_bind(new.severity.name()).push_bind(new.suppress_minutes).push_bind(new.roles.names()).push_bind(new.enabled);
        sql.push(") RETURNING ").push(COLUMNS);
        let made: AlertRule = sql.build_query_as().fetch_one(step.connection()).await.map_err(taken)?;
        step.done(&[Some(made.id)]).await?;
        Ok(made)
    }

    pub(crate) async fn change_alert_rule(&self, id: i64, change: AlertRuleChange) -> Result<Option<AlertRule>, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("UPDATE alert_rules SET updated_at = now()");
        if let Some(name) = change.name {
            sql.push(", name = ").push_bind(name);
        }
        if let Some(condition) = &change.condition {
            sql.push(", condition = ").push_bind(json(condition)).push("::jsonb");
        }
        if let Some(severity) = change.severity {
            sql.push(", severity = ").push_bind(severity.name());
        }
        if let Some(minutes) = change.suppress_minutes {
            sql.push(", suppress_minutes = ").push_bind(minutes);
        }
        if let Some(roles) = change.roles {
            sql.push(", station_roles = ").push_bind(roles.names());
        }
        if let Some(enabled) = change.enabled {
            sql.push(", enabled = ").push_bind(enabled);
        }
        sql.push(" WHERE id = ").push_bind(id).push(" RETURNING ").push(COLUMNS);
        let mut step = match self.once(self.control(), format!("alert rule {id}")).await? {
            Once::Done(_) => return self.alert_rule(id).await,
            Once::Now(step) => step,
        };
        let changed = sql.build_query_as().fetch_optional(step.connection()).await.map_err(taken)?;
        step.done(&[Some(id)]).await?;
        Ok(changed)
    }

    /// Its alerts stay. A built-in one is not deleted. Whether it was.
    pub(crate) async fn delete_alert_rule(&self, id: i64) -> Result<bool, StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let sql = "DELETE FROM alert_rules WHERE id = $1 AND NOT built_in";
        let deleted = sqlx::query(sql).bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }
}

fn json(condition: &AlertCondition) -> String {
    serde_json::to_string(condition).expect("conditions hold no maps with odd keys")
}

fn taken(error: sqlx::Error) -> StoreError {
    let constraint = error.as_database_error().filter(|e| e.is_unique_violation()).and_then(|e| e.constraint());
    if constraint == Some("alert_rules_name") { StoreError::Taken(NAME_TAKEN) } else { error.into() }
}
