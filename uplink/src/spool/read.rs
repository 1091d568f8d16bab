//! Reading back: what is to be sent, and the history. Nothing is believed without its checksum and its key.

use super::{Spool, SpoolError, Writer, is_damage, now};
use crate::intake::{Lost, LostReason};
use crate::session::Want;
use crate::wire::{Decoder, SegmentHeader};
use model::{Epoch, Event};
use rusqlite::{Connection, OptionalExtension, params};

/// What comes next in an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A checked segment. The first may begin before the number that was asked for.
    Segment { first_seq: u64, last_seq: u64, bytes: Vec<u8> },
    /// These numbers were given and are not there any more.
    Lost(Lost),
}

/// An event and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub epoch: Epoch,
    pub seq: u64,
    pub event: Event,
}

struct Row {
    first_seq: u64,
    last_seq: u64,
    body: Vec<u8>,
}

impl Spool {
    /// The next items from `want.from_seq` on. Empty: there is nothing more in this epoch (yet).
    pub fn read(&self, want: &Want) -> Result<Vec<Item>, SpoolError> {
        let Some((ord, last_seq)) = self.lock_writer().find(want.epoch) else { return Ok(Vec::new()) };
        let mut items = Vec::new();
        let (mut next_seq, mut bytes) = (want.from_seq, 0);
        while items.len() < want.max_segments && bytes < want.max_bytes && next_seq <= last_seq {
            let row = match self.row_from(ord, next_seq) {
                Err(SpoolError::Sqlite(e)) if is_damage(&e) => {
                    let last = self.skip_unreadable(ord, next_seq, last_seq)?;
                    items.push(Item::Lost(self.lost(ord, want.epoch, next_seq, last, Some(LostReason::Damaged))?));
                    next_seq = last + 1;
                    continue;
                }
                other => other?,
            };
            let Some(row) = row else {
                items.push(Item::Lost(self.lost(ord, want.epoch, next_seq, last_seq, None)?));
                break;
            };
            if next_seq < row.first_seq {
                items.push(Item::Lost(self.lost(ord, want.epoch, next_seq, row.first_seq - 1, None)?));
                next_seq = row.first_seq;
                continue;
            }
            if let Err(why) = row.check(want.epoch) {
                self.lock_writer().quarantine(ord, &row, &why)?;
                continue;
            }
            bytes += row.body.len();
            next_seq = row.last_seq + 1;
            items.push(Item::Segment { first_seq: row.first_seq, last_seq: row.last_seq, bytes: row.body });
        }
        Ok(items)
    }

    /// All that the spool holds, acknowledged or not, oldest first; damaged segments are left out.
    /// For tests and for export: it holds everything in memory at once.
    pub fn read_all(&self) -> Result<Vec<Stored>, SpoolError> {
        let mut all = Vec::new();
        self.each_segment(|epoch, first_seq, events| {
            all.extend((first_seq..).zip(events).map(|(seq, event)| Stored { epoch, seq, event }));
        })?;
        Ok(all)
    }

    /// Calls `f` with the events of each segment, oldest first. Holds one segment in memory.
    pub fn each_segment(&self, mut f: impl FnMut(Epoch, u64, Vec<Event>)) -> Result<(), SpoolError> {
        let epochs: Vec<(i64, Epoch)> = self.lock_writer().epochs.iter().map(|e| (e.ord, e.epoch)).collect();
        let mut decoder = Decoder::default();
        for (ord, epoch) in epochs {
            let mut next_seq = 1;
            while let Some(row) = self.row_from(ord, next_seq)? {
                next_seq = row.last_seq + 1;
                let mut events = Vec::new();
                if row.check(epoch).is_ok() && decoder.decode(&row.body, &mut events).is_ok() {
                    f(epoch, row.first_seq, events);
                }
            }
        }
        Ok(())
    }

    /// The segment that holds `seq`, or the first after it.
    fn row_from(&self, ord: i64, seq: u64) -> Result<Option<Row>, SpoolError> {
        let reader = self.reader.lock().expect("no panic under this lock");
        // Segments don't overlap, so the one before `seq` is the only other candidate: two look-ups by key, no scan.
        let holding = "SELECT first_seq, last_seq, body FROM segments WHERE ord = ?1 AND first_seq <= ?2 ORDER BY first_seq DESC LIMIT 1";
        let row = query_row(&reader, holding, ord, seq)?;
        if let Some(row) = row.filter(|r| seq <= r.last_seq) {
            return Ok(Some(row));
        }
        let after = "SELECT first_seq, last_seq, body FROM segments WHERE ord = ?1 AND ?2 < first_seq ORDER BY first_seq LIMIT 1";
        query_row(&reader, after, ord, seq)
    }

    /// SQLite itself can't read the row: the end of the hole is where the next readable row begins.
    fn skip_unreadable(&self, ord: i64, seq: u64, last_seq: u64) -> Result<u64, SpoolError> {
        let reader = self.reader.lock().expect("no panic under this lock");
        let sql = "SELECT first_seq FROM segments WHERE ord = ?1 AND ?2 < first_seq ORDER BY first_seq LIMIT 1";
        let next: rusqlite::Result<Option<i64>> = reader.prepare_cached(sql)?.query_row(params![ord, seq as i64], |r| r.get(0)).optional();
        match next {
            Ok(Some(first)) => Ok(first as u64 - 1),
            Ok(None) => Ok(last_seq),
            Err(e) if is_damage(&e) => Ok(last_seq),
            Err(e) => Err(e.into()),
        }
    }

    /// A hole, with the reason: in quarantine, or simply not there.
    fn lost(&self, ord: i64, epoch: Epoch, first_seq: u64, last_seq: u64, why: Option<LostReason>) -> Result<Lost, SpoolError> {
        let reader = self.reader.lock().expect("no panic under this lock");
        let sql = "SELECT EXISTS (SELECT 1 FROM quarantine WHERE ord = ?1 AND first_seq <= ?3 AND ?2 <= last_seq)";
        let known: bool = reader.prepare_cached(sql)?.query_row(params![ord, first_seq as i64, last_seq as i64], |r| r.get(0))?;
        let why = why.unwrap_or(if known { LostReason::Damaged } else { LostReason::Missing });
        Ok(Lost { epoch, first_seq, last_seq, why })
    }
}

fn query_row(reader: &Connection, sql: &str, ord: i64, seq: u64) -> Result<Option<Row>, SpoolError> {
    let row = |r: &rusqlite::Row| Ok(Row { first_seq: r.get::<_, i64>(0)? as u64, last_seq: r.get::<_, i64>(1)? as u64, body: r.get(2)? });
    Ok(reader.prepare_cached(sql)?.query_row(params![ord, seq as i64], row).optional()?)
}

impl Row {
    /// The bytes are whole, and are those that belong in this row.
    fn check(&self, epoch: Epoch) -> Result<(), String> {
        let header = SegmentHeader::check(&self.body).map_err(|e| e.to_string())?;
        let same = (header.epoch, header.first_seq, header.last_seq()) == (epoch, self.first_seq, self.last_seq);
        if same { Ok(()) } else { Err("the row's key is not that of its segment".into()) }
    }
}

impl Writer {
    fn find(&self, epoch: Epoch) -> Option<(i64, u64)> {
        self.epochs.iter().find(|e| e.epoch == epoch).map(|e| (e.ord, e.last_seq))
    }

    /// Out of the way, but kept for whoever wants to look.
    fn quarantine(&mut self, ord: i64, row: &Row, why: &str) -> Result<(), SpoolError> {
        tracing::error!(
            first_seq = row.first_seq,
            last_seq = row.last_seq,
            why,
            "a stored segment is damaged: quarantined and declared lost"
        );
        let tx = self.db.unchecked_transaction()?;
        let sql = "INSERT OR REPLACE INTO quarantine (ord, first_seq, last_seq, found_at, why, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (first, last) = (row.first_seq as i64, row.last_seq as i64);
        tx.prepare_cached(sql)?.execute(params![ord, first, last, now().0, why, row.body])?;
        tx.prepare_cached("DELETE FROM segments WHERE ord = ?1 AND first_seq = ?2")?.execute(params![ord, first])?;
        tx.commit()?;
        self.stats.quarantined_segments += 1;
        Ok(())
    }
}
