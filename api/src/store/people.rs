//! Operators and their sessions, in the control database.

use super::control::micros;
use super::{Store, StoreError};
use crate::auth::{Digest256, Grade, RoleSet};
use crate::dto::Utc;
use model::UnixMicros;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};
use std::time::Duration;
use time::OffsetDateTime;

/// Sessions of one operator at a time: the oldest makes room.
const SESSIONS_MAX: i64 = 20;
/// `last_used_at` is written at most so often.
const TOUCH_INTERVAL_US: i64 = 60_000_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    pub id: i64,
    pub login: String,
    pub name: String,
    pub grade: Grade,
    pub roles: RoleSet,
    pub disabled: bool,
    pub created_at: UnixMicros,
    pub updated_at: UnixMicros,
}

/// An operator to make.
#[derive(Clone, Debug)]
pub struct NewOperator {
    /// Lower case.
    pub login: String,
    pub name: String,
    /// In PHC form ([`crate::auth::Password::hash`]).
    pub password_hash: String,
    pub grade: Grade,
    pub roles: RoleSet,
}

#[derive(Clone, Debug, Default)]
pub struct OperatorChange {
    pub name: Option<String>,
    pub password_hash: Option<String>,
    pub grade: Option<Grade>,
    pub roles: Option<RoleSet>,
    pub disabled: Option<bool>,
}

/// What the database knows of a cookie.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FoundSession {
    pub operator: Operator,
    pub created_at: UnixMicros,
    pub last_used_at: UnixMicros,
}

impl FoundSession {
    pub fn is_live(&self, now: UnixMicros, idle: Duration, life: Duration) -> bool {
        let within = |from: UnixMicros, limit: Duration| u128::try_from(now.micros_since(from)).unwrap_or(0) < limit.as_micros();
        !self.operator.disabled && within(self.last_used_at, idle) && within(self.created_at, life)
    }

    /// Time to note that it is used.
    pub fn is_due(&self, now: UnixMicros) -> bool {
        TOUCH_INTERVAL_US <= now.micros_since(self.last_used_at)
    }
}

impl FromRow<'_, PgRow> for Operator {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let unreadable = |what: &str| sqlx::Error::Decode(format!("an operator's {what} is not what its CHECK allows").into());
        let (grade, roles): (&str, Vec<String>) = (row.try_get("grade")?, row.try_get("station_roles")?);
        let disabled_at: Option<OffsetDateTime> = row.try_get("disabled_at")?;
        Ok(Self {
            id: row.try_get("id")?,
            login: row.try_get("login")?,
            name: row.try_get("name")?,
            grade: Grade::from_name(grade).ok_or_else(|| unreadable("grade"))?,
            roles: RoleSet::from_names(&roles).ok_or_else(|| unreadable("roles"))?,
            disabled: disabled_at.is_some(),
            created_at: micros(row.try_get("created_at")?),
            updated_at: micros(row.try_get("updated_at")?),
        })
    }
}

impl Store {
    /// In the order of their logins.
    pub async fn operators(&self) -> Result<Vec<Operator>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM operators ORDER BY login").fetch_all(self.control()).await?)
    }

    pub async fn operator(&self, id: i64) -> Result<Option<Operator>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM operators WHERE id = $1").bind(id).fetch_optional(self.control()).await?)
    }

    /// With the password's hash. `login` in lower case.
    pub async fn operator_by_login(&self, login: &str) -> Result<Option<(Operator, String)>, StoreError> {
        let row = sqlx::query("SELECT * FROM operators WHERE login = $1").bind(login).fetch_optional(self.control()).await?;
        Ok(row.map(|row| Ok::<_, sqlx::Error>((Operator::from_row(&row)?, row.try_get("password_hash")?))).transpose()?)
    }

    pub async fn create_operator(&self, new: &NewOperator) -> Result<Operator, StoreError> {
        self.create_operator_of(new, None).await
    }

    /// Whom an identity provider vouches for: issuer and subject.
    pub(crate) async fn operator_by_subject(&self, subject: &str) -> Result<Option<Operator>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM operators WHERE oidc_subject = $1").bind(subject).fetch_optional(self.control()).await?)
    }

    pub(crate) async fn create_operator_of(&self, new: &NewOperator, subject: Option<&str>) -> Result<Operator, StoreError> {
        const SQL: &str = "
            INSERT INTO operators (login, name, password_hash, grade, station_roles, oidc_subject) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (login) DO NOTHING RETURNING *";
        let mut transaction = self.change(self.control()).await?;
        let made = sqlx::query_as(SQL)
            .bind(&new.login)
            .bind(&new.name)
            .bind(&new.password_hash)
            .bind(new.grade.name())
            .bind(new.roles.names())
            .bind(subject)
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        made.ok_or(StoreError::Taken("An operator with this login"))
    }

    /// Ends their sessions when their password, rights or admission change.
    pub async fn change_operator(&self, id: i64, change: OperatorChange) -> Result<Option<Operator>, StoreError> {
        let ends_sessions = change.password_hash.is_some() || change.grade.is_some() || change.roles.is_some() || change.disabled.is_some();
        let mut sql = QueryBuilder::<Postgres>::new("UPDATE operators SET updated_at = now()");
        if let Some(name) = change.name {
            sql.push(", name = ").push_bind(name);
        }
        if let Some(hash) = change.password_hash {
            sql.push(", password_hash = ").push_bind(hash);
        }
        if let Some(grade) = change.grade {
            sql.push(", grade = ").push_bind(grade.name());
        }
        if let Some(roles) = change.roles {
            sql.push(", station_roles = ").push_bind(roles.names());
        }
        match change.disabled {
            Some(true) => sql.push(", disabled_at = coalesce(disabled_at, now())"),
            Some(false) => sql.push(", disabled_at = NULL"),
            None => &mut sql,
        };
        sql.push(" WHERE id = ").push_bind(id).push(" RETURNING *");
        let mut transaction = self.change(self.control()).await?;
        let changed = sql.build_query_as().fetch_optional(&mut *transaction).await?;
        if ends_sessions {
            sqlx::query("DELETE FROM sessions WHERE operator_id = $1").bind(id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Begins a session; those that have ended are forgotten.
    pub(crate) async fn add_session(
        &self,
        operator: i64,
        secret: &Digest256,
        address: &str,
        now: UnixMicros,
        (idle, life): (Duration, Duration),
    ) -> Result<(), StoreError> {
        const ENDED: &str = "
            DELETE FROM sessions WHERE created_at < $2 OR last_used_at < $3
                OR secret_sha256 IN (SELECT secret_sha256 FROM sessions WHERE operator_id = $1 ORDER BY last_used_at DESC OFFSET $4)";
        const NEW: &str =
            "INSERT INTO sessions (secret_sha256, operator_id, address, created_at, last_used_at) VALUES ($1, $2, $3, $4, $4)";
        let before = |limit: Duration| at(now.plus_micros(-i64::try_from(limit.as_micros()).unwrap_or(i64::MAX)));
        let mut transaction = self.change(self.control()).await?;
        let ended = sqlx::query(ENDED).bind(operator).bind(before(life)).bind(before(idle)).bind(SESSIONS_MAX - 1);
        ended.execute(&mut *transaction).await?;
        let new = sqlx::query(NEW).bind(&secret[..]).bind(operator).bind(address).bind(at(now));
        new.execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn session(&self, secret: &Digest256) -> Result<Option<FoundSession>, StoreError> {
        const SQL: &str = "
            SELECT o.*, s.created_at AS s_created_at, s.last_used_at AS s_last_used_at
            FROM sessions s JOIN operators o ON o.id = s.operator_id WHERE s.secret_sha256 = $1";
        let Some(row) = sqlx::query(SQL).bind(&secret[..]).fetch_optional(self.control()).await? else { return Ok(None) };
        let (created_at, last_used_at) = (micros(row.try_get("s_created_at")?), micros(row.try_get("s_last_used_at")?));
        Ok(Some(FoundSession { operator: Operator::from_row(&row)?, created_at, last_used_at }))
    }

    pub(crate) async fn touch_session(&self, secret: &Digest256, now: UnixMicros) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET last_used_at = greatest(last_used_at, $2) WHERE secret_sha256 = $1";
        sqlx::query(sql).bind(&secret[..]).bind(at(now)).execute(self.control()).await?;
        Ok(())
    }

    pub(crate) async fn end_session(&self, secret: &Digest256) -> Result<bool, StoreError> {
        let sql = "DELETE FROM sessions WHERE secret_sha256 = $1";
        Ok(sqlx::query(sql).bind(&secret[..]).execute(self.control()).await?.rows_affected() == 1)
    }
}

fn at(instant: UnixMicros) -> OffsetDateTime {
    OffsetDateTime::from(Utc(instant))
}
