//! What was said of the hardware: one JSON object per item, in the control database.

use super::control::micros;
use super::sources::raw_json;
use super::{Store, StoreError};
use model::UnixMicros;
use serde_json::value::RawValue;
use sqlx::Row;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HardwareItem {
    BaseStation,
    Adsb,
    H4m,
}

impl HardwareItem {
    const fn name(self) -> &'static str {
        match self {
            Self::BaseStation => "base_station",
            Self::Adsb => "adsb",
            Self::H4m => "h4m",
        }
    }
}

impl Store {
    /// `value`: JSON text.
    pub(crate) async fn set_hardware(&self, item: HardwareItem, value: &str) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO hardware (item, value) VALUES ($1, $2::jsonb)
            ON CONFLICT (item) DO UPDATE SET value = excluded.value, updated_at = now()";
        let mut transaction = self.change(self.control()).await?;
        sqlx::query(SQL).bind(item.name()).bind(value).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn hardware(&self, item: HardwareItem) -> Result<Option<(Box<RawValue>, UnixMicros)>, StoreError> {
        let query = sqlx::query("SELECT value::text AS value, updated_at FROM hardware WHERE item = $1").bind(item.name());
        let Some(row) = query.fetch_optional(self.control()).await? else { return Ok(None) };
        let value = raw_json(row.try_get("value")?)?;
        Ok(value.zip(Some(micros(row.try_get("updated_at")?))))
    }
}
