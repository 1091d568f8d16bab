//! For `chat::radio`: call signs of stations, messages from the air that are stored, and what was said in the chat before.

use super::uplink::restore;
use super::{Role, Store, StoreError};
use model::Event;
use sqlx::Row;
use std::collections::HashMap;

/// What is read back was received within this time.
const BACK: &str = "24 hours";

impl Store {
    /// By stations.id, with the station's role.
    pub(crate) async fn callsigns(&self) -> Result<HashMap<i64, (Role, String)>, StoreError> {
        const SQL: &str = "SELECT id, role, callsign FROM stations WHERE trim(callsign) <> ''";
        let rows = sqlx::query(SQL).fetch_all(self.control()).await?;
        let mut all = HashMap::with_capacity(rows.len());
        for row in &rows {
            let (role, callsign): (&str, &str) = (row.try_get("role")?, row.try_get("callsign")?);
            if let Some(role) = Role::from_name(role) {
                all.insert(row.try_get("id")?, (role, callsign.trim().to_uppercase()));
            }
        }
        Ok(all)
    }

    /// Of a role's stations, the newest `limit` of a day, in the order in which they came; with stations.id.
    pub(crate) async fn words_from_the_air(&self, role: Role, limit: i64) -> Result<Vec<(i64, Event)>, StoreError> {
        const SQL: &str = "
            SELECT event_time, station_id, payload::text AS payload, raw_data FROM telemetry_events
            WHERE kind = 'text' AND payload ->> 'to' IS NOT NULL AND seq IS NOT NULL AND received_at >= now() - $2::interval ORDER BY received_at DESC, id DESC LIMIT $1";
        let rows = sqlx::query(SQL).bind(limit).bind(BACK).fetch_all(self.role(role)).await?;
        let restored = rows.iter().rev().map(restore).collect::<Result<Vec<_>, _>>()?;
        Ok(restored.into_iter().flatten().map(|restored| (restored.station_id, restored.event)).collect())
    }

    /// Whether the author said one of these, by the author's own numbers for them.
    pub(crate) async fn said_before(&self, author: &str, client_ids: &[String]) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT EXISTS (SELECT FROM chat_messages WHERE author = $1 AND client_id = ANY($2))";
        Ok(sqlx::query_scalar(SQL).bind(author).bind(client_ids).fetch_one(self.control()).await?)
    }
}
