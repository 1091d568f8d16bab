//! Notes of urgent events that overtook those before them. The event itself is stored by the ordered delivery, which takes the
//! note away in its transaction.
//!
//! ```text
//!   BEGIN
//!   INSERT uplink_watermarks (…, 0) ON CONFLICT DO NOTHING         -- so that there is a row to lock
//!   SELECT last_seq … FOR SHARE                                     -- waits for an append that is running, holds off the next
//!   INSERT uplink_urgent … unless last_seq has passed it
//!   COMMIT
//! ```
//! The append's UPDATE of the watermark comes before its DELETE of notes. So each note is either seen by the append that
//! stores its event, or was not written because that append came first.

use super::uplink::restore;
use super::{Role, Spool, Store, StoreError};
use crate::dto::{Payload, Utc};
use model::{Epoch, Event, EventKey, StationId, UnixMicros};
use sqlx::{PgConnection, Row};
use std::collections::BTreeSet;
use time::OffsetDateTime;
use uplink::intake::Told;

/// Notes read back at the start, at most: the newest.
const RESTORE_MAX: i64 = 10_000;

impl Store {
    /// Notes it, unless it is noted or stored already.
    pub(crate) async fn note_urgent(&self, role: Role, spool: Spool, station_id: i64, seq: u64, event: &Event) -> Result<Told, StoreError> {
        const BEGIN: &str = "INSERT INTO uplink_watermarks (last_seq, station, epoch) VALUES (0, $1, $2) ON CONFLICT DO NOTHING";
        const STORED: &str = "SELECT last_seq FROM uplink_watermarks WHERE station = $1 AND epoch = $2 FOR SHARE";
        const NOTE: &str = "INSERT INTO uplink_urgent (station, epoch, seq, station_id, event_time, payload, raw_data)
            VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7) ON CONFLICT DO NOTHING";
        let (station, epoch) = (spool.station, spool.epoch.0.cast_signed());
        let mut transaction = self.role(role).begin().await?;
        sqlx::query(BEGIN).bind(station.as_str()).bind(epoch).execute(&mut *transaction).await?;
        let stored: i64 = sqlx::query_scalar(STORED).bind(station.as_str()).bind(epoch).fetch_one(&mut *transaction).await?;
        if seq <= stored.cast_unsigned() {
            return Ok(Told::Stored);
        }
        let payload = serde_json::to_string(&Payload::of(event)).expect("payloads hold no maps with odd keys");
        let query = sqlx::query(NOTE).bind(station.as_str()).bind(epoch).bind(seq.cast_signed()).bind(station_id);
        let query = query.bind(OffsetDateTime::from(Utc(event.at.clamp(Utc::MIN, Utc::MAX)))).bind(payload).bind(event.raw.hex());
        let noted = query.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(if noted == 1 { Told::First } else { Told::Again })
    }

    /// The notes of what was on the air since then, newest first.
    pub(crate) async fn urgent_notes(&self, role: Role, since: UnixMicros) -> Result<Vec<(EventKey, Event)>, StoreError> {
        const SQL: &str = "SELECT station, epoch, seq, station_id, event_time, payload::text AS payload, raw_data FROM uplink_urgent
            WHERE event_time >= $1 ORDER BY event_time DESC LIMIT $2";
        let query = sqlx::query(SQL).bind(OffsetDateTime::from(Utc(since))).bind(RESTORE_MAX);
        let rows = query.fetch_all(self.role(role)).await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            let station = StationId::new(row.try_get("station")?);
            let (epoch, seq): (i64, i64) = (row.try_get("epoch")?, row.try_get("seq")?);
            let key = |station| EventKey { station, epoch: Epoch(epoch.cast_unsigned()), seq: seq.cast_unsigned() };
            events.extend(station.map(key).zip(restore(row)?.map(|r| r.event)));
        }
        Ok(events)
    }
}

/// Takes away the notes of events after `after` up to `last`, which this transaction stores, and says which they were.
pub(super) async fn take_notes(connection: &mut PgConnection, spool: Spool, after: u64, last: u64) -> Result<BTreeSet<u64>, sqlx::Error> {
    const SQL: &str = "DELETE FROM uplink_urgent WHERE station = $1 AND epoch = $2 AND $3 < seq AND seq <= $4 RETURNING seq";
    let query = sqlx::query_scalar(SQL).bind(spool.station.as_str()).bind(spool.epoch.0.cast_signed());
    let taken: Vec<i64> = query.bind(after.cast_signed()).bind(last.cast_signed()).fetch_all(connection).await?;
    Ok(taken.into_iter().map(i64::cast_unsigned).collect())
}
