//! The station's store of events that were accepted and not yet acknowledged, and of some that were (local history).
//! The only place in this crate with SQL.
//!
//! ```text
//!   append(events) ─► segment(s) ─► INSERT, COMMIT, fsync ─► accepted      epochs(ord, epoch, acked)
//!   read(epoch, from) ─► checked segments, or what was lost                segments(ord, first_seq, body)   WAL, synchronous=FULL
//!   acknowledge(watermark) ─► history ─► deleted by age and size           quarantine(ord, first_seq, body)
//!        └► distress is copied to urgent, to be told ahead         urgent(ord, seq, body)
//! ```
//!
//! Constraints:
//! - what `append` returned for is on the disk: a power cut loses at most what was not yet appended, and the commit
//!   interval of [`SpoolWriter`] is that bound;
//! - each opening begins a new epoch, so that a spool set back to an older image can't use a number twice;
//! - a segment is believed only with its checksum and its key; a bad one goes to quarantine and is declared lost;
//! - the size is bounded by `max_bytes`: at the bound the newest is refused and counted, what was accepted stays, and
//!   the last part of the room is for distress alone. Deleting works even on a full file system (ballast);
//! - one process at a time (a lock file).

mod ballast;
mod delete;
mod read;
mod schema;
mod types;
mod urgent;
mod writer;

pub use read::{Item, Stored};
pub use types::{KeepAcked, SeqRange, SpoolConfig, SpoolError, SpoolStats};
pub use urgent::UrgentItem;
pub use writer::{SpoolWriter, WriterConfig, WriterCounts};

use crate::intake::Watermark;
use crate::session::Urgency;
use crate::wire::{Encoder, EpochSpan, MAX_EVENTS};
use ballast::Ballast;
use model::{Epoch, Event, Priority, UnixMicros};
use rusqlite::{Connection, ErrorCode, params};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Notify;

/// See the module.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    config: SpoolConfig,
    writer: Mutex<Writer>,
    reader: Mutex<Connection>,
    appended: Notify,
    _lock: File,
}

/// An epoch that still has rows, or is being written.
#[derive(Clone, Copy, Debug)]
struct EpochRow {
    ord: i64,
    epoch: Epoch,
    acked: u64,
    last_seq: u64,
    /// `acked` as it is on the disk.
    written_acked: u64,
}

#[derive(Debug)]
struct Writer {
    db: Connection,
    /// Oldest first; the last is being written.
    epochs: Vec<EpochRow>,
    /// The row of the last epoch is on the disk: written with the first append, so that opening needs no room.
    epoch_written: bool,
    encoder: Encoder,
    ballast: Ballast,
    urgency: Urgency,
    told: urgent::ToldRows,
    last_housekeeping: Instant,
    stats: SpoolStats,
}

impl Spool {
    /// Opens or creates. A new epoch begins.
    pub fn open(path: impl AsRef<Path>, config: SpoolConfig) -> Result<Self, SpoolError> {
        let path = path.as_ref().to_owned();
        if config.max_bytes < SpoolConfig::MIN_BYTES || config.max_bytes / 2 < config.reserve_bytes {
            return Err(SpoolError::Config("max_bytes must be at least 256 KiB, and reserve_bytes at most half of it"));
        }
        let lock = lock(&path)?;
        let ballast = Ballast::new(beside(&path, "ballast"), config.ballast_bytes);
        let (db, damaged_files) = schema::open_or_set_aside(&path, &config, &ballast)?;
        let mut epochs = load_epochs(&db)?;
        let ord = epochs.last().map_or(1, |e| e.ord + 1);
        let epoch = random_epoch(&path)?;
        epochs.push(EpochRow { ord, epoch, acked: 0, last_seq: 0, written_acked: 0 });
        let stats = SpoolStats {
            epoch,
            appended_events: 0,
            appended_segments: 0,
            acked_events: 0,
            waiting_events: 0,
            used_bytes: 0,
            max_bytes: config.max_bytes,
            full_refusals: 0,
            deleted_segments: 0,
            quarantined_segments: 0,
            renumbered_events: 0,
            urgent_waiting: 0,
            urgent_told: 0,
            urgent_passed: 0,
            urgent_dropped: 0,
            damaged_files,
        };
        let reader = schema::open_reader(&path)?;
        let writer = Writer {
            db,
            epochs,
            epoch_written: false,
            encoder: Encoder::default(),
            ballast,
            urgency: Urgency::default(),
            told: urgent::ToldRows::default(),
            last_housekeeping: Instant::now(),
            stats,
        };
        writer.ballast.restore();
        Ok(Self { path, config, writer: Mutex::new(writer), reader: Mutex::new(reader), appended: Notify::new(), _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Accepts the events: when this returns, they are on the disk. All or none.
    pub fn append(&self, events: &[Event]) -> Result<SeqRange, SpoolError> {
        for (index, event) in events.iter().enumerate() {
            Encoder::check(event).map_err(|why| SpoolError::Event { index, why })?;
        }
        let urgent = events.iter().all(|e| e.priority() == Priority::High);
        let mut w = self.lock_writer();
        w.make_room(&self.config, urgent)?;
        let range = match w.append(&self.config, events) {
            Err(e) if is_full(&e) => w.retry_full(&self.config, events)?,
            other => other?,
        };
        drop(w);
        self.appended.notify_waiters();
        Ok(range)
    }

    /// Wakes whoever waits for events to send.
    pub fn appended(&self) -> tokio::sync::futures::Notified<'_> {
        self.appended.notified()
    }

    /// What there is to deliver, and the history that a central restored from a backup may want again. Oldest first, at
    /// most `limit`, the epoch that is being written last.
    pub fn spans(&self, limit: usize) -> Vec<EpochSpan> {
        let w = self.lock_writer();
        let span = |e: &EpochRow| EpochSpan { epoch: e.epoch, first_seq: e.acked + 1, last_seq: e.last_seq };
        let (current, older) = w.epochs.split_last().expect("one is being written");
        let waiting = older.iter().filter(|e| e.acked < e.last_seq).count();
        let mut history_room = limit.saturating_sub(1 + waiting);
        let mut chosen: Vec<EpochSpan> = Vec::new();
        // Newest history first, as far as there is room beside what waits.
        for e in older.iter().rev() {
            if e.acked < e.last_seq {
                chosen.push(span(e));
            } else if 0 < history_room {
                history_room -= 1;
                chosen.push(span(e));
            }
        }
        chosen.reverse();
        chosen.push(span(current));
        chosen.truncate(limit);
        chosen
    }

    /// The central has this. Kept in memory until the next append or housekeeping: a repeat does no harm.
    pub fn acknowledge(&self, watermark: Watermark) -> Result<(), SpoolError> {
        let mut w = self.lock_writer();
        let Writer { epochs, stats, .. } = &mut *w;
        let Some(row) = epochs.iter_mut().find(|e| e.epoch == watermark.epoch) else { return Ok(()) };
        let acked = watermark.seq.min(row.last_seq).max(row.acked);
        stats.acked_events += acked - row.acked;
        row.acked = acked;
        if HOUSEKEEPING <= w.last_housekeeping.elapsed() { w.housekeeping(&self.config) } else { Ok(()) }
    }

    /// Writes down what was acknowledged and deletes history that is too old or too much. Called by `acknowledge` once a
    /// second; an idle station calls it itself.
    pub fn housekeeping(&self) -> Result<(), SpoolError> {
        self.lock_writer().housekeeping(&self.config)
    }

    /// The central has a later part of the epoch that is being written: a running machine was set back (a snapshot with
    /// its memory). Everything not acknowledged before is renumbered in a new epoch. What the central already has of it
    /// is stored twice: nobody can tell any more, and twice is better than never.
    pub fn begin_new_epoch(&self) -> Result<Epoch, SpoolError> {
        let EpochRow { ord, epoch, acked, last_seq, .. } = *self.lock_writer().current();
        let mut events = Vec::new();
        self.each_segment(|e, first_seq, segment| {
            let waiting = (first_seq..).zip(segment).filter(|(seq, _)| e == epoch && acked < *seq);
            events.extend(waiting.map(|(_, event)| event));
        })?;
        let fresh = random_epoch(&self.path)?;
        let mut w = self.lock_writer();
        w.epochs.last_mut().expect("one is being written").acked = last_seq;
        w.epochs.push(EpochRow { ord: ord + 1, epoch: fresh, acked: 0, last_seq: 0, written_acked: 0 });
        w.epoch_written = false;
        w.stats.epoch = fresh;
        w.stats.renumbered_events += events.len() as u64;
        w.urgency = Urgency::default();
        w.append(&self.config, &events)?;
        Ok(fresh)
    }

    pub fn epoch(&self) -> Epoch {
        self.lock_writer().current().epoch
    }

    pub fn stats(&self) -> SpoolStats {
        let w = self.lock_writer();
        let waiting_events = w.epochs.iter().map(|e| e.last_seq - e.acked).sum();
        let urgent_waiting = w.urgent_waiting().map_or(0, |rows| rows.len() as u64);
        SpoolStats { waiting_events, urgent_waiting, used_bytes: w.used_bytes().unwrap_or(0), ..w.stats }
    }

    /// A number that outlives the process (the last good time, say).
    pub fn fact(&self, name: &str) -> Result<Option<i64>, SpoolError> {
        use rusqlite::OptionalExtension;
        let reader = self.reader.lock().expect("no panic under this lock");
        Ok(reader.query_row("SELECT value FROM facts WHERE name = ?1", [name], |r| r.get(0)).optional()?)
    }

    pub fn set_fact(&self, name: &str, value: i64) -> Result<(), SpoolError> {
        let sql = "INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.lock_writer().db.prepare_cached(sql)?.execute(params![name, value])?;
        Ok(())
    }

    fn lock_writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().expect("no panic under this lock")
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // Best effort: what is not written down is sent again and skipped.
        if let Ok(w) = self.writer.get_mut() {
            let _ = w.housekeeping(&self.config);
        }
    }
}

/// How often acknowledgements are written down.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

impl Writer {
    fn current(&self) -> &EpochRow {
        self.epochs.last().expect("one is being written")
    }

    /// One transaction: the events as segments, the epoch with its first, and the acknowledgements that came in between.
    fn append(&mut self, config: &SpoolConfig, events: &[Event]) -> Result<SeqRange, SpoolError> {
        let chosen = self.urgency.choose(events);
        self.append_with(config, events, &chosen).inspect_err(|_| self.urgency.forget(events))
    }

    fn append_with(&mut self, config: &SpoolConfig, events: &[Event], chosen: &[usize]) -> Result<SeqRange, SpoolError> {
        let EpochRow { ord, epoch, last_seq, .. } = *self.current();
        let range = SeqRange { epoch, first_seq: last_seq + 1, last_seq: last_seq + events.len() as u64 };
        if events.is_empty() {
            return Ok(range);
        }
        let tx = self.db.unchecked_transaction()?;
        if !self.epoch_written {
            let sql = "INSERT INTO epochs (ord, epoch, opened_at, acked) VALUES (?1, ?2, ?3, 0)";
            tx.execute(sql, params![ord, epoch.0 as i64, now().0])?;
        }
        write_acked(&tx, &self.epochs)?;
        let mut insert =
            tx.prepare_cached("INSERT INTO segments (ord, first_seq, last_seq, bytes, made_at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let (mut first_seq, mut rest, mut segments) = (range.first_seq, events, 0);
        while !rest.is_empty() {
            let encoded = self
                .encoder
                .encode(epoch, first_seq, &rest[..rest.len().min(MAX_EVENTS)])
                .map_err(|why| SpoolError::Event { index: events.len() - rest.len(), why })?;
            let last = first_seq + encoded.count as u64 - 1;
            insert.execute(params![ord, first_seq as i64, last as i64, encoded.segment.len() as i64, now().0, encoded.segment])?;
            rest = &rest[encoded.count..];
            first_seq = last + 1;
            segments += 1;
        }
        drop(insert);
        let dropped = urgent::insert(&tx, &mut self.encoder, config, (ord, epoch, range.first_seq), events, chosen)?;
        tx.commit()?;
        self.epoch_written = true;
        self.epochs.iter_mut().for_each(|e| e.written_acked = e.acked);
        self.epochs.last_mut().expect("one is being written").last_seq = range.last_seq;
        self.stats.appended_events += events.len() as u64;
        self.stats.appended_segments += segments;
        self.stats.urgent_dropped += dropped;
        Ok(range)
    }
}

/// Writes the acknowledgements that the disk does not have yet.
fn write_acked(db: &Connection, epochs: &[EpochRow]) -> Result<(), SpoolError> {
    for e in epochs.iter().filter(|e| e.written_acked < e.acked) {
        db.prepare_cached("UPDATE epochs SET acked = ?2 WHERE ord = ?1")?.execute(params![e.ord, e.acked as i64])?;
    }
    Ok(())
}

fn load_epochs(db: &Connection) -> Result<Vec<EpochRow>, SpoolError> {
    let sql = "SELECT e.ord, e.epoch, e.acked, coalesce((SELECT max(last_seq) FROM segments s WHERE s.ord = e.ord), 0)
               FROM epochs e ORDER BY e.ord";
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let (acked, last_seq): (i64, i64) = (row.get(2)?, row.get(3)?);
        let acked = acked as u64;
        Ok(EpochRow {
            ord: row.get(0)?,
            epoch: Epoch(row.get::<_, i64>(1)? as u64),
            acked,
            last_seq: acked.max(last_seq as u64),
            written_acked: acked,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn is_damage(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn is_full(e: &SpoolError) -> bool {
    match e {
        SpoolError::Full { .. } => true,
        SpoolError::Sqlite(e) => matches!(e.sqlite_error_code(), Some(ErrorCode::DiskFull)),
        _ => false,
    }
}

fn lock(path: &Path) -> Result<File, SpoolError> {
    let lock_path = beside(path, "lock");
    let io = |source| SpoolError::Io { path: lock_path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

fn random_epoch(path: &Path) -> Result<Epoch, SpoolError> {
    use rand::TryRngCore;
    let io = |e: rand::rand_core::OsError| SpoolError::Io { path: path.to_owned(), source: std::io::Error::other(e) };
    Ok(Epoch(rand::rngs::OsRng.try_next_u64().map_err(io)?))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}.{suffix}", path.display()))
}

fn now() -> UnixMicros {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMicros(since.as_micros() as i64)
}

#[cfg(test)]
mod tests;
