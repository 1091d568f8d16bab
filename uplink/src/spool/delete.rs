//! Forgetting: acknowledged segments by age and size, and sooner when there is no room for new ones.

use super::{EpochRow, SeqRange, SpoolConfig, SpoolError, Writer, is_full, now, schema, urgent, write_acked};
use model::Event;
use rusqlite::params;
use std::time::Instant;

/// Acknowledged segments deleted in one step when room is needed.
const SHED_STEP: usize = 64;

impl Writer {
    /// Bytes of the pages in use (free pages inside the file are room).
    pub fn used_bytes(&self) -> Result<u64, SpoolError> {
        let pragma = |name| self.db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        Ok((pragma("page_count")? - pragma("freelist_count")?) as u64 * schema::PAGE_BYTES)
    }

    /// Room for one more append, by deleting acknowledged segments if need be, or [`SpoolError::Full`].
    pub fn make_room(&mut self, config: &SpoolConfig, urgent: bool) -> Result<(), SpoolError> {
        let bound = config.max_bytes - if urgent { 0 } else { config.reserve_bytes };
        loop {
            let used = self.used_bytes()?;
            if used < bound {
                return Ok(());
            }
            if self.shed_acked()? == 0 {
                self.stats.full_refusals += 1;
                return Err(SpoolError::Full { used, max: config.max_bytes });
            }
        }
    }

    /// The file system is full, or the quota was hit inside an append: shed what is acknowledged, with the ballast's room
    /// if it takes that, and try once more.
    pub fn retry_full(&mut self, config: &SpoolConfig, events: &[Event]) -> Result<SeqRange, SpoolError> {
        let shed = match self.shed_acked() {
            Err(e) if is_full(&e) && self.ballast.release() => self.shed_acked(),
            other => other,
        };
        let result = match shed {
            Ok(n) if 0 < n => self.append(config, events),
            Ok(_) => Err(SpoolError::Full { used: 0, max: 0 }),
            Err(e) => Err(e),
        };
        result.map_err(|e| {
            if !is_full(&e) {
                return e;
            }
            self.stats.full_refusals += 1;
            SpoolError::Full { used: self.used_bytes().unwrap_or(0), max: config.max_bytes }
        })
    }

    /// Deletes some of the oldest acknowledged segments, and returns how many.
    fn shed_acked(&mut self) -> Result<usize, SpoolError> {
        let mut deleted = 0;
        for e in &self.epochs {
            let sql = "DELETE FROM segments WHERE ord = ?1 AND first_seq IN
                       (SELECT first_seq FROM segments WHERE ord = ?1 AND last_seq <= ?2 ORDER BY first_seq LIMIT ?3)";
            deleted += self.db.prepare_cached(sql)?.execute(params![e.ord, e.acked as i64, (SHED_STEP - deleted) as i64])?;
            if SHED_STEP <= deleted {
                break;
            }
        }
        self.stats.deleted_segments += deleted as u64;
        Ok(deleted)
    }

    pub fn housekeeping(&mut self, config: &SpoolConfig) -> Result<(), SpoolError> {
        self.last_housekeeping = Instant::now();
        match self.try_housekeeping(config) {
            Err(e) if is_full(&e) && self.ballast.release() => self.try_housekeeping(config),
            other => {
                self.ballast.restore();
                other
            }
        }
    }

    fn try_housekeeping(&mut self, config: &SpoolConfig) -> Result<(), SpoolError> {
        let tx = self.db.unchecked_transaction()?;
        write_acked(&tx, &self.epochs)?;
        let passed = urgent::tidy(&tx, &self.epochs, &self.told)?;
        let oldest = now().0.saturating_sub_unsigned(config.keep_acked.max_age.as_micros().try_into().unwrap_or(u64::MAX));
        let mut deleted = 0;
        for e in &self.epochs {
            let sql = "DELETE FROM segments WHERE ord = ?1 AND last_seq <= ?2 AND made_at < ?3";
            deleted += tx.prepare_cached(sql)?.execute(params![e.ord, e.acked as i64, oldest])?;
        }
        let mut kept = 0_i64;
        for e in self.epochs.iter().rev() {
            // Newest first: everything before the place where the size is reached goes.
            let sql = "SELECT first_seq FROM
                         (SELECT first_seq, sum(bytes) OVER (ORDER BY first_seq DESC) AS total FROM segments WHERE ord = ?1 AND last_seq <= ?2)
                       WHERE ?3 < total + ?4 ORDER BY first_seq DESC LIMIT 1";
            let keep = config.keep_acked.max_bytes as i64;
            let cut: Option<i64> = {
                use rusqlite::OptionalExtension;
                tx.prepare_cached(sql)?.query_row(params![e.ord, e.acked as i64, keep, kept], |r| r.get(0)).optional()?
            };
            if let Some(cut) = cut {
                deleted += tx.prepare_cached("DELETE FROM segments WHERE ord = ?1 AND first_seq <= ?2")?.execute(params![e.ord, cut])?;
            }
            let sql = "SELECT coalesce(sum(bytes), 0) FROM segments WHERE ord = ?1 AND last_seq <= ?2";
            kept += tx.prepare_cached(sql)?.query_row(params![e.ord, e.acked as i64], |r| r.get::<_, i64>(0))?;
        }
        let (current, older) = self.epochs.split_last().expect("one is being written");
        let mut left: Vec<EpochRow> = Vec::with_capacity(self.epochs.len());
        for e in older {
            let sql = "DELETE FROM epochs WHERE ord = ?1 AND NOT EXISTS (SELECT 1 FROM segments WHERE ord = ?1)";
            if e.acked < e.last_seq || tx.prepare_cached(sql)?.execute([e.ord])? == 0 {
                left.push(EpochRow { written_acked: e.acked, ..*e });
            }
        }
        tx.commit()?;
        left.push(EpochRow { written_acked: current.acked, ..*current });
        self.epochs = left;
        self.told.clear();
        self.stats.urgent_passed += passed;
        self.stats.deleted_segments += deleted as u64;
        Ok(())
    }
}
