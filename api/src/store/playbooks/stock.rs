//! What logistics has, uses up and orders. For runs that may see its data.

use super::super::{Role, Store, StoreError};
use super::instant;
use model::UnixMicros;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use std::collections::HashMap;

/// A supply, what of it went, and what is on its way.
#[derive(Clone, Debug)]
pub(crate) struct Stock {
    pub sku: String,
    pub name: String,
    pub unit: String,
    pub on_hand: f64,
    pub threshold: f64,
    pub target: Option<f64>,
    /// Used in the days that were asked for.
    pub used: f64,
    /// Over how many days, as far as there are movements.
    pub days: f64,
    /// On requisitions that are neither received nor cancelled.
    pub on_order: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct NewRequisition {
    pub sku: String,
    pub quantity: f64,
    pub unit: String,
    pub priority: &'static str,
    pub reason: String,
    pub needed_by: Option<UnixMicros>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MadeRequisition {
    pub id: i64,
    pub sku: String,
    pub quantity: f64,
}

/// What there is of something that a mission needs.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// `None`: it is no supply of ours.
    pub on_hand: Option<f64>,
    pub unit: Option<String>,
    /// Assets of this type, and those of them that are available.
    pub assets: i64,
    pub available: i64,
    pub on_order: f64,
}

impl FromRow<'_, PgRow> for Stock {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            sku: row.try_get("sku")?,
            name: row.try_get("name")?,
            unit: row.try_get("unit")?,
            on_hand: row.try_get("on_hand")?,
            threshold: row.try_get("threshold")?,
            target: row.try_get("target")?,
            used: row.try_get("used")?,
            days: row.try_get("days")?,
            on_order: row.try_get("on_order")?,
        })
    }
}

impl FromRow<'_, PgRow> for MadeRequisition {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { id: row.try_get("id")?, sku: row.try_get("sku")?, quantity: row.try_get("quantity")? })
    }
}

/// Supplies that are looked at.
const SUPPLIES_MAX: i64 = 10_000;

// A supply that is known for less than `$2` days is measured over the days since its first movement, one at least.
const STOCK: &str = "
    SELECT s.sku, s.name, s.unit, s.on_hand, s.threshold, s.target, coalesce(m.used, 0) AS used,
        least($2::float8, greatest(1, coalesce(extract(epoch FROM $1 - f.first)::float8 / 86400, 1))) AS days,
        coalesce((SELECT sum(r.quantity) FROM requisitions r WHERE lower(r.sku) = lower(s.sku) AND r.status IN ('draft', 'submitted', 'approved', 'ordered')
            AND r.made_by_run IS DISTINCT FROM $3), 0) AS on_order
    FROM supplies s
    LEFT JOIN LATERAL (SELECT -sum(quantity) AS used FROM supply_movements m WHERE m.supply_id = s.id AND m.quantity < 0
        AND m.moved_at > $1 - $2::float8 * interval '1 day' AND m.moved_at <= $1) AS m ON true
    LEFT JOIN LATERAL (SELECT min(moved_at) AS first FROM supply_movements m WHERE m.supply_id = s.id) AS f ON true
    ORDER BY s.sku LIMIT $4";

impl Store {
    /// Looks at all supplies, decides what to order, and notes that under the run, all or nothing: one run at a time, so that two
    /// don't order the same. A run that has ordered already gets that back; a dry run orders nothing.
    pub(crate) async fn restock(
        &self,
        run: &str,
        requested_by: &str,
        (days, now): (i64, UnixMicros),
        dry_run: bool,
        decide: impl Fn(&[Stock]) -> Vec<NewRequisition> + Send,
    ) -> Result<(Vec<Stock>, Vec<MadeRequisition>), StoreError> {
        const MADE: &str = "SELECT id, sku, quantity FROM requisitions WHERE made_by_run = $1 ORDER BY id";
        const NEW: &str = "INSERT INTO requisitions (sku, quantity, unit, priority, reason, requested_by, needed_by, made_by_run)
            VALUES ($1, $2, $3, $4, $5, left($6, 255), $7, $8)";
        let mut transaction = self.change(self.role(Role::Logistics)).await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('vtoc: restock'))").execute(&mut *transaction).await?;
        let query = sqlx::query_as(STOCK).bind(instant(now)).bind(days as f64).bind(run).bind(SUPPLIES_MAX);
        let stock: Vec<Stock> = query.fetch_all(&mut *transaction).await?;
        let made: Vec<MadeRequisition> = sqlx::query_as(MADE).bind(run).fetch_all(&mut *transaction).await?;
        if dry_run || !made.is_empty() {
            return Ok((stock, made));
        }
        for new in decide(&stock) {
            let query = sqlx::query(NEW).bind(&new.sku).bind(new.quantity).bind(&new.unit).bind(new.priority).bind(&new.reason);
            query.bind(requested_by).bind(new.needed_by.map(instant)).bind(run).execute(&mut *transaction).await?;
        }
        let made = sqlx::query_as(MADE).bind(run).fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok((stock, made))
    }

    /// What there is of each: a supply's SKU, or a type of assets, in any spelling of case.
    pub(crate) async fn held(&self, skus: &[String]) -> Result<HashMap<String, Held>, StoreError> {
        const SQL: &str = "
            SELECT w.sku, s.on_hand, s.unit, a.assets, a.available, r.on_order
            FROM unnest($1::text[]) AS w (sku)
            LEFT JOIN LATERAL (SELECT on_hand, unit FROM supplies s WHERE lower(s.sku) = lower(w.sku) ORDER BY s.sku = w.sku DESC LIMIT 1) AS s ON true
            CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status <> 'retired') AS assets, count(*) FILTER (WHERE status = 'available') AS available
                FROM assets a WHERE lower(a.asset_type) = lower(w.sku)) AS a
            CROSS JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS on_order FROM requisitions r
                WHERE lower(r.sku) = lower(w.sku) AND r.status IN ('draft', 'submitted', 'approved', 'ordered')) AS r";
        let rows = sqlx::query(SQL).bind(skus).fetch_all(self.role(Role::Logistics)).await?;
        let held = |row: PgRow| {
            let held = Held {
                on_hand: row.try_get("on_hand")?,
                unit: row.try_get("unit")?,
                assets: row.try_get("assets")?,
                available: row.try_get("available")?,
                on_order: row.try_get("on_order")?,
            };
            Ok((row.try_get("sku")?, held))
        };
        Ok(rows.into_iter().map(held).collect::<Result<_, sqlx::Error>>()?)
    }
}
