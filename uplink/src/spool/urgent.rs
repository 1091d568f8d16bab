//! Copies of the urgent events that the central does not have yet, each a segment of one: what goes ahead of the backlog.
//!
//! ```text
//!   append ─► the same transaction ─► urgent(ord, seq, body) ─► newest first ─► lane ─► told, or passed by the watermark ─► deleted
//! ```
//! The event itself lies in `segments` and is delivered in order; losing a row here costs only its lead.

use super::{EpochRow, Spool, SpoolConfig, SpoolError, Writer};
use crate::intake::UrgentKey;
use crate::wire::{Encoder, SegmentHeader};
use model::{Epoch, Event};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// Rows kept; a spool of less than 4 MiB keeps fewer. Beyond it the oldest lose their lead, and are counted.
const ROWS_MAX: u64 = 4_096;
/// A row takes less, with its share of the tree.
const ROW_BYTES: u64 = 1_024;

/// An urgent event that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrgentItem {
    pub key: UrgentKey,
    /// A checked segment that holds this event alone.
    pub segment: Vec<u8>,
}

/// What was told since the rows were last tidied.
#[derive(Debug, Default)]
pub(super) struct ToldRows(BTreeSet<(i64, u64)>);

impl Spool {
    /// Urgent events that the central has neither been told nor got in order, newest first.
    pub fn urgent(&self, limit: usize) -> Result<Vec<UrgentItem>, SpoolError> {
        let (waiting, epochs) = {
            let w = self.lock_writer();
            (w.urgent_waiting()?, w.epochs.iter().map(|e| (e.ord, e.epoch)).collect::<BTreeMap<i64, Epoch>>())
        };
        let mut items = Vec::new();
        for (ord, seq) in waiting.into_iter().rev() {
            if limit <= items.len() {
                break;
            }
            let Some(&epoch) = epochs.get(&ord) else { continue };
            let key = UrgentKey { epoch, seq };
            let body: Vec<u8> = {
                use rusqlite::OptionalExtension;
                let reader = self.reader.lock().expect("no panic under this lock");
                let sql = "SELECT body FROM urgent WHERE ord = ?1 AND seq = ?2";
                let found = reader.prepare_cached(sql)?.query_row(params![ord, seq as i64], |r| r.get(0)).optional()?;
                let Some(body) = found else { continue };
                body
            };
            let whole = SegmentHeader::check(&body).is_ok_and(|h| (h.epoch, h.first_seq, h.count) == (epoch, seq, 1));
            if whole {
                items.push(UrgentItem { key, segment: body });
            } else {
                tracing::warn!(%epoch, seq, "the copy of an urgent event is damaged: it is delivered with the others");
                let mut w = self.lock_writer();
                w.stats.urgent_dropped += 1;
                w.told.0.insert((ord, seq));
            }
        }
        Ok(items)
    }

    /// The central keeps it for good. Kept in memory until the next housekeeping: a repeat does no harm.
    pub fn urgent_told(&self, key: UrgentKey) {
        let mut w = self.lock_writer();
        if let Some(ord) = w.epochs.iter().find(|e| e.epoch == key.epoch).map(|e| e.ord) {
            w.stats.urgent_told += 1;
            w.told.0.insert((ord, key.seq));
        }
    }
}

impl Writer {
    /// Oldest first. At most [`ROWS_MAX`] keys.
    pub(super) fn urgent_waiting(&self) -> Result<Vec<(i64, u64)>, SpoolError> {
        let mut statement = self.db.prepare_cached("SELECT ord, seq FROM urgent ORDER BY ord, seq")?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get::<_, i64>(1)? as u64)))?;
        let acked = |ord: i64| self.epochs.iter().find(|e| e.ord == ord).map_or(u64::MAX, |e| e.acked);
        let waits =
            |row: &rusqlite::Result<(i64, u64)>| row.as_ref().map_or(true, |row| acked(row.0) < row.1 && !self.told.0.contains(row));
        Ok(rows.filter(waits).collect::<Result<_, _>>()?)
    }
}

/// Within the append's transaction: the events at `chosen` of those that begin with `first_seq`. Returns how many older ones
/// lost their lead.
pub(super) fn insert(
    db: &Connection,
    encoder: &mut Encoder,
    config: &SpoolConfig,
    (ord, epoch, first_seq): (i64, Epoch, u64),
    events: &[Event],
    chosen: &[usize],
) -> Result<u64, SpoolError> {
    if chosen.is_empty() {
        return Ok(0);
    }
    let mut insert = db.prepare_cached("INSERT INTO urgent (ord, seq, body) VALUES (?1, ?2, ?3)")?;
    for &index in chosen {
        let seq = first_seq + index as u64;
        let encoded = encoder.encode(epoch, seq, &events[index..=index]).map_err(|why| SpoolError::Event { index, why })?;
        insert.execute(params![ord, seq as i64, encoded.segment])?;
    }
    let limit = ROWS_MAX.min(config.max_bytes / ROW_BYTES) as i64;
    let sql = "DELETE FROM urgent WHERE (ord, seq) IN (SELECT ord, seq FROM urgent ORDER BY ord DESC, seq DESC LIMIT -1 OFFSET ?1)";
    Ok(db.prepare_cached(sql)?.execute([limit])? as u64)
}

/// Within housekeeping's transaction: deletes what was told or passed. Returns how many the ordered delivery passed.
pub(super) fn tidy(db: &Connection, epochs: &[EpochRow], told: &ToldRows) -> Result<u64, SpoolError> {
    for (ord, seq) in &told.0 {
        db.prepare_cached("DELETE FROM urgent WHERE ord = ?1 AND seq = ?2")?.execute(params![ord, *seq as i64])?;
    }
    let mut passed = 0;
    for e in epochs {
        passed += db.prepare_cached("DELETE FROM urgent WHERE ord = ?1 AND seq <= ?2")?.execute(params![e.ord, e.acked as i64])?;
    }
    Ok(passed as u64)
}

impl ToldRows {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
