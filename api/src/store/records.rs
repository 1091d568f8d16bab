//! Records of every kind (`crate::records`), by the description of their kind. Names of tables and columns are ours; values
//! are bound.

use super::control::micros;
use super::once::{Once, only, still_there};
use super::{Store, StoreError};
use crate::dto::Utc;
use crate::records::{Column, Holds, Home, Kind, ShownWith};
use model::UnixMicros;
use serde_json::{Map, Value};
use sqlx::postgres::{PgPool, PgRow, Postgres};
use sqlx::{QueryBuilder, Row};
use std::collections::HashMap;
use time::OffsetDateTime;

/// A record as it is shown.
pub(crate) type Record = Map<String, Value>;

/// A checked value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Integer(i64),
    Number(f64),
    Bool(bool),
    Instant(UnixMicros),
    /// JSON text of an object.
    Object(String),
}

/// What is given of a record: null is `None`.
pub(crate) type Cells = Vec<(&'static Column, Option<Cell>)>;

/// Which records, and how many of them.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub with: Cells,
    pub after: i64,
    /// Newest first.
    pub newest: bool,
    pub limit: i64,
}

impl Store {
    fn home(&self, kind: &Kind) -> &PgPool {
        match kind.home {
            Home::Control => self.control(),
            Home::Of(role) => self.role(role),
        }
    }

    /// In the order of their ids.
    pub(crate) async fn records(&self, kind: &Kind, page: &Page) -> Result<Vec<Record>, StoreError> {
        let mut sql = select(kind);
        sql.push(" WHERE id > ").push_bind(page.after);
        for (column, cell) in &page.with {
            sql.push(" AND ").push(column.name).push(" IS NOT DISTINCT FROM ");
            push(&mut sql, cell.as_ref());
        }
        sql.push(if page.newest { " ORDER BY id DESC LIMIT " } else { " ORDER BY id LIMIT " }).push_bind(page.limit);
        let rows = sql.build().fetch_all(self.home(kind)).await?;
        let mut records = rows.iter().map(|row| shown(kind, row)).collect::<Result<Vec<_>, _>>()?;
        self.complete(kind, &mut records).await?;
        Ok(records)
    }

    pub(crate) async fn record(&self, kind: &Kind, id: i64) -> Result<Option<Record>, StoreError> {
        let mut records = self.records_with_ids(kind, "id", &[id]).await?;
        self.complete(kind, &mut records).await?;
        Ok(records.pop())
    }

    pub(crate) async fn create_record(&self, kind: &Kind, cells: &Cells) -> Result<Record, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("INSERT INTO ");
        sql.push(kind.table);
        if cells.is_empty() {
            sql.push(" DEFAULT VALUES");
        } else {
            let names: Vec<&str> = cells.iter().map(|(column, _)| column.name).collect();
            sql.push(" (").push(names.join(", ")).push(") VALUES (");
            for (n, (_, cell)) in cells.iter().enumerate() {
                sql.push(if n == 0 { "" } else { ", " });
                push(&mut sql, cell.as_ref());
            }
            sql.push(")");
        }
        sql.push(" RETURNING ").push(columns(kind));
        let mut step = match self.once(self.home(kind), kind.table).await? {
            Once::Done(ids) => return still_there(self.record(kind, only(&ids)).await?),
            Once::Now(step) => step,
        };
        let row = sql.build().fetch_one(step.connection()).await.map_err(|e| refused(kind, e))?;
        step.done(&[Some(row.try_get("id")?)]).await?;
        self.completed(kind, &row).await
    }

    /// `None`: there is no such record.
    pub(crate) async fn change_record(&self, kind: &Kind, id: i64, cells: &Cells) -> Result<Option<Record>, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("UPDATE ");
        sql.push(kind.table).push(" SET updated_at = now()");
        for (column, cell) in cells {
            sql.push(", ").push(column.name).push(" = ");
            push(&mut sql, cell.as_ref());
        }
        sql.push(" WHERE id = ").push_bind(id).push(" RETURNING ").push(columns(kind));
        let mut step = match self.once(self.home(kind), format!("{} {id}", kind.table)).await? {
            Once::Done(_) => return self.record(kind, id).await,
            Once::Now(step) => step,
        };
        let row = sql.build().fetch_optional(step.connection()).await.map_err(|e| refused(kind, e))?;
        step.done(&[Some(id)]).await?;
        match row {
            Some(row) => Ok(Some(self.completed(kind, &row).await?)),
            None => Ok(None),
        }
    }

    /// Whether it was there.
    pub(crate) async fn delete_record(&self, kind: &Kind, id: i64) -> Result<bool, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("DELETE FROM ");
        sql.push(kind.table).push(" WHERE id = ").push_bind(id);
        let mut transaction = self.change(self.home(kind)).await?;
        let deleted = sql.build().execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() == 1)
    }

    async fn records_with_ids(&self, kind: &Kind, column: &'static str, ids: &[i64]) -> Result<Vec<Record>, StoreError> {
        let mut sql = select(kind);
        sql.push(" WHERE ").push(column).push(" = ANY(").push_bind(ids.to_vec()).push(") ORDER BY id");
        let rows = sql.build().fetch_all(self.home(kind)).await?;
        Ok(rows.iter().map(|row| shown(kind, row)).collect::<Result<_, _>>()?)
    }

    async fn completed(&self, kind: &Kind, row: &PgRow) -> Result<Record, StoreError> {
        let mut one = [shown(kind, row)?];
        self.complete(kind, &mut one).await?;
        let [one] = one;
        Ok(one)
    }

    /// Adds the records that are shown with these.
    async fn complete(&self, kind: &Kind, records: &mut [Record]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        for with in kind.shown_with {
            match with {
                ShownWith::Parts { field, column, kind: part } => {
                    let ids: Vec<i64> = records.iter().filter_map(|r| r["id"].as_i64()).collect();
                    let mut parts: HashMap<Option<i64>, Vec<Value>> = HashMap::new();
                    for record in self.records_with_ids(part, column, &ids).await? {
                        parts.entry(record[*column].as_i64()).or_default().push(Value::Object(record));
                    }
                    for record in records.iter_mut() {
                        let own = parts.remove(&record["id"].as_i64()).unwrap_or_default();
                        record.insert((*field).into(), Value::Array(own));
                    }
                }
                ShownWith::Linked { field, column, kind: other } => {
                    let ids: Vec<i64> = records.iter().filter_map(|r| r[*column].as_i64()).collect();
                    let mut linked = self.records_with_ids(other, "id", &ids).await?;
                    Box::pin(self.complete(other, &mut linked)).await?;
                    let by_id: HashMap<Option<i64>, Record> = linked.into_iter().map(|r| (r["id"].as_i64(), r)).collect();
                    for record in records.iter_mut() {
                        let found = by_id.get(&record[*column].as_i64()).cloned();
                        record.insert((*field).into(), found.map_or(Value::Null, Value::Object));
                    }
                }
            }
        }
        Ok(())
    }
}

fn columns(kind: &Kind) -> String {
    let own = kind.columns.iter().map(|c| match c.holds {
        Holds::Object => format!("{0}::text AS {0}", c.name),
        _ => c.name.to_owned(),
    });
    own.chain(["id", "created_at", "updated_at"].map(str::to_owned)).collect::<Vec<_>>().join(", ")
}

fn select(kind: &Kind) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT ");
    sql.push(columns(kind)).push(" FROM ").push(kind.table);
    sql
}

fn push(sql: &mut QueryBuilder<Postgres>, cell: Option<&Cell>) {
    match cell {
        None => sql.push("NULL"),
        Some(Cell::Text(text)) => sql.push_bind(text.clone()),
        Some(Cell::Integer(number)) => sql.push_bind(*number),
        Some(Cell::Number(number)) => sql.push_bind(*number),
        Some(Cell::Bool(truth)) => sql.push_bind(*truth),
        Some(Cell::Instant(at)) => sql.push_bind(OffsetDateTime::from(Utc(*at))),
        Some(Cell::Object(json)) => sql.push_bind(json.clone()).push("::jsonb"),
    };
}

fn shown(kind: &Kind, row: &PgRow) -> Result<Record, sqlx::Error> {
    let instant =
        |name: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<OffsetDateTime>, _>(name)?.map(|t| Utc(micros(t)).to_string().into()));
    let mut record = Record::from_iter([("id".to_owned(), row.try_get::<i64, _>("id")?.into())]);
    for column in kind.columns {
        let name = column.name;
        let value: Option<Value> = match column.holds {
            Holds::Text(_) | Holds::Name(_) | Holds::Choice(_) => row.try_get::<Option<String>, _>(name)?.map(Value::from),
            Holds::Integer => row.try_get::<Option<i64>, _>(name)?.map(Value::from),
            Holds::Number | Holds::Quantity => row.try_get::<Option<f64>, _>(name)?.map(Value::from),
            Holds::Bool => row.try_get::<Option<bool>, _>(name)?.map(Value::from),
            Holds::Instant => instant(name)?,
            Holds::Object => row.try_get::<Option<&str>, _>(name)?.and_then(|text| serde_json::from_str(text).ok()),
        };
        record.insert(name.into(), value.unwrap_or(Value::Null));
    }
    for name in ["created_at", "updated_at"] {
        record.insert(name.into(), instant(name)?.unwrap_or(Value::Null));
    }
    Ok(record)
}

fn refused(kind: &Kind, error: sqlx::Error) -> StoreError {
    let Some(told) = error.as_database_error() else { return error.into() };
    if told.is_foreign_key_violation() {
        return StoreError::Refused("It refers to a record that does not exist".into());
    }
    let taken = kind.unique.iter().find(|(constraint, _)| told.constraint() == Some(constraint));
    match taken {
        Some((_, what)) => StoreError::Taken(what),
        None => error.into(),
    }
}
