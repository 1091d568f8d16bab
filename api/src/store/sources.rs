//! Telemetry sources of a role database.

use super::control::micros;
use super::once::{Once, only, still_there};
use super::{Role, Store, StoreError};
use model::UnixMicros;
use serde_json::value::RawValue;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};

/// A field of a change: absent, or given, perhaps as null.
pub(crate) type Given<T> = Option<Option<T>>;

#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub id: i64,
    pub station_id: Option<i64>,
    pub name: String,
    pub slug: String,
    pub source_type: String,
    pub description: Option<String>,
    pub is_active: bool,
    pub connection_mode: String,
    pub configuration: Option<Box<RawValue>>,
    pub last_ingested_at: Option<UnixMicros>,
    pub created_at: UnixMicros,
    pub updated_at: UnixMicros,
}

#[derive(Clone, Debug)]
pub(crate) struct NewSource {
    pub slug: String,
    pub name: String,
    pub source_type: String,
    pub description: Option<String>,
    pub is_active: bool,
    pub connection_mode: String,
    pub configuration: Option<String>,
    pub station_id: Option<i64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct SourceChange {
    pub slug: Option<String>,
    pub name: Option<String>,
    pub source_type: Option<String>,
    pub is_active: Option<bool>,
    pub connection_mode: Option<String>,
    pub description: Given<String>,
    pub configuration: Given<String>,
    pub station_id: Given<i64>,
}

/// Columns of a source in every query, under the alias `s`; `s_` keeps them apart from an event's.
pub(super) const COLUMNS: &str = "s.id AS s_id, s.station_id AS s_station_id, s.name AS s_name, s.slug AS s_slug, \
    s.source_type AS s_source_type, s.description AS s_description, s.is_active AS s_is_active, s.connection_mode AS s_connection_mode, \
    s.configuration::text AS s_configuration, s.last_ingested_at AS s_last_ingested_at, s.created_at AS s_created_at, \
    s.updated_at AS s_updated_at";

impl FromRow<'_, PgRow> for Source {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let last: Option<time::OffsetDateTime> = row.try_get("s_last_ingested_at")?;
        Ok(Self {
            id: row.try_get("s_id")?,
            station_id: row.try_get("s_station_id")?,
            name: row.try_get("s_name")?,
            slug: row.try_get("s_slug")?,
            source_type: row.try_get("s_source_type")?,
            description: row.try_get("s_description")?,
            is_active: row.try_get("s_is_active")?,
            connection_mode: row.try_get("s_connection_mode")?,
            configuration: raw_json(row.try_get("s_configuration")?)?,
            last_ingested_at: last.map(micros),
            created_at: micros(row.try_get("s_created_at")?),
            updated_at: micros(row.try_get("s_updated_at")?),
        })
    }
}

pub(super) fn raw_json(text: Option<String>) -> Result<Option<Box<RawValue>>, sqlx::Error> {
    text.map(RawValue::from_string).transpose().map_err(|e| sqlx::Error::Decode(e.into()))
}

impl Store {
    /// `Taken`: slug or name exists, in this role's database or (slug) in another.
    pub(crate) async fn create_source(&self, role: Role, new: &NewSource) -> Result<Source, StoreError> {
        let held = self.source_by_slug(&new.slug).await?.is_some();
        let mut step = match self.once(self.role(role), format!("source {}", new.slug)).await? {
            Once::Done(ids) => return still_there(self.source(only(&ids)).await?),
            Once::Now(_) if held => return Err(StoreError::Taken(SLUG)),
            Once::Now(step) => step,
        };
        let mut sql = QueryBuilder::<Postgres>::new(
            "WITH s AS (INSERT INTO telemetry_sources (slug, name, source_type, description, is_active, connection_mode, configuration, \
             station_id) VALUES (",
        );
        let mut values = sql.separated(", ");
        values.push_bind(&new.slug).push_bind(&new.name).push_bind(&new.source_type).push_bind(&new.description);
        values.push_bind(new.is_active).push_bind(&new.connection_mode).push_bind(&new.configuration).push_unseparated("::jsonb");
        values.push_bind(new.station_id);
        sql.push(") RETURNING *) SELECT ").push(COLUMNS).push(" FROM s");
        let made: Source = sql.build_query_as().fetch_one(step.connection()).await.map_err(taken)?;
        step.done(&[Some(made.id)]).await?;
        Ok(made)
    }

    pub(crate) async fn source(&self, id: i64) -> Result<Option<Source>, StoreError> {
        let Some(role) = Role::of_id(id) else { return Ok(None) };
        self.one_source(role, "s.id", id).await
    }

    /// In whichever role database it is.
    pub(crate) async fn source_by_slug(&self, slug: &str) -> Result<Option<(Role, Source)>, StoreError> {
        for role in Role::ALL {
            if let Some(source) = self.one_source(role, "s.slug", slug).await? {
                return Ok(Some((role, source)));
            }
        }
        Ok(None)
    }

    async fn one_source<'q, T>(&self, role: Role, column: &'static str, value: T) -> Result<Option<Source>, StoreError>
    where
        T: 'q + sqlx::Encode<'q, Postgres> + sqlx::Type<Postgres>,
    {
        let mut sql = QueryBuilder::<Postgres>::new("SELECT ");
        sql.push(COLUMNS).push(" FROM telemetry_sources s WHERE ").push(column).push(" = ").push_bind(value);
        Ok(sql.build_query_as().fetch_optional(self.role(role)).await?)
    }

    /// All, in the order of their slugs.
    pub(crate) async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let mut all: Vec<Source> = Vec::new();
        for role in Role::ALL {
            let mut sql = QueryBuilder::<Postgres>::new("SELECT ");
            sql.push(COLUMNS).push(" FROM telemetry_sources s");
            all.extend(sql.build_query_as().fetch_all(self.role(role)).await?);
        }
        all.sort_by(|a, b| a.slug.cmp(&b.slug));
        Ok(all)
    }

    pub(crate) async fn change_source(&self, id: i64, change: SourceChange) -> Result<Option<Source>, StoreError> {
        let Some(role) = Role::of_id(id) else { return Ok(None) };
        if let Some(slug) = &change.slug
            && self.source_by_slug(slug).await?.is_some_and(|(_, other)| other.id != id)
        {
            return Err(StoreError::Taken(SLUG));
        }
        let mut sql = QueryBuilder::<Postgres>::new("WITH s AS (UPDATE telemetry_sources SET updated_at = now()");
        for (column, text) in [
            (", slug = ", change.slug),
            (", name = ", change.name),
            (", source_type = ", change.source_type),
            (", connection_mode = ", change.connection_mode),
        ] {
            if let Some(text) = text {
                sql.push(column).push_bind(text);
            }
        }
        if let Some(active) = change.is_active {
            sql.push(", is_active = ").push_bind(active);
        }
        if let Some(description) = change.description {
            sql.push(", description = ").push_bind(description);
        }
        if let Some(configuration) = change.configuration {
            sql.push(", configuration = ").push_bind(configuration).push("::jsonb");
        }
        if let Some(station_id) = change.station_id {
            sql.push(", station_id = ").push_bind(station_id);
        }
        sql.push(" WHERE id = ").push_bind(id).push(" RETURNING *) SELECT ").push(COLUMNS).push(" FROM s");
        let mut step = match self.once(self.role(role), format!("source {id}")).await? {
            Once::Done(_) => return self.source(id).await,
            Once::Now(step) => step,
        };
        let changed = sql.build_query_as().fetch_optional(step.connection()).await.map_err(taken)?;
        step.done(&[Some(id)]).await?;
        Ok(changed)
    }

    /// With all its events. Whether it was there.
    pub(crate) async fn delete_source(&self, id: i64) -> Result<bool, StoreError> {
        let Some(role) = Role::of_id(id) else { return Ok(false) };
        let mut transaction = self.change(self.role(role)).await?;
        let deleted = sqlx::query("DELETE FROM telemetry_sources WHERE id = $1").bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }

    /// Notes that the source delivers.
    pub(crate) async fn touch_source(&self, id: i64) -> Result<(), StoreError> {
        let Some(role) = Role::of_id(id) else { return Ok(()) };
        let sql = "UPDATE telemetry_sources SET last_ingested_at = now() WHERE id = $1";
        sqlx::query(sql).bind(id).execute(self.role(role)).await?;
        Ok(())
    }
}

const SLUG: &str = "A telemetry source with this slug";

fn taken(error: sqlx::Error) -> StoreError {
    let constraint = error.as_database_error().filter(|e| e.is_unique_violation()).and_then(|e| e.constraint());
    match constraint {
        Some("telemetry_sources_slug_key") => StoreError::Taken(SLUG),
        Some("telemetry_sources_name_key") => StoreError::Taken("A telemetry source with this name"),
        _ => error.into(),
    }
}
