//! Settings, errors and figures of the spool.

use crate::wire::WireError;
use model::Epoch;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// How many acknowledged events stay for the station's own console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAcked {
    pub max_age: Duration,
    pub max_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolConfig {
    /// The database file never grows beyond this (the write-ahead log beside it takes 1 MiB, rarely more).
    pub max_bytes: u64,
    /// Of that, kept free for distress and emergencies.
    pub reserve_bytes: u64,
    pub keep_acked: KeepAcked,
    /// Size of a file beside the database that is given up when the file system is full.
    pub ballast_bytes: u64,
}

impl Default for SpoolConfig {
    /// 1 GiB holds some 100 million events: three days of the busiest receiver. A day of history.
    fn default() -> Self {
        Self {
            max_bytes: 1 << 30,
            reserve_bytes: 16 << 20,
            keep_acked: KeepAcked { max_age: Duration::from_secs(86_400), max_bytes: 128 << 20 },
            ballast_bytes: 2 << 20,
        }
    }
}

impl SpoolConfig {
    /// Less than this holds no useful spool.
    pub const MIN_BYTES: u64 = 256 << 10;
}

#[derive(Debug, Error)]
pub enum SpoolError {
    #[error("spool {path}: another station process has it open")]
    InUse { path: PathBuf },
    #[error("spool {path} is of version {found}, this program knows {known}: use the newer program, or move the file away")]
    Version { path: PathBuf, found: i64, known: i64 },
    #[error("the spool is full ({used} of {max} bytes): nothing more is accepted until the central takes some")]
    Full { used: u64, max: u64 },
    #[error("event {index} can't be stored: {why}")]
    Event { index: usize, why: WireError },
    #[error("spool settings: {0}")]
    Config(&'static str),
    #[error("spool {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("spool: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// The numbers that an append gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeqRange {
    pub epoch: Epoch,
    pub first_seq: u64,
    pub last_seq: u64,
}

/// For metrics. Counts are since the opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolStats {
    pub epoch: Epoch,
    pub appended_events: u64,
    pub appended_segments: u64,
    pub acked_events: u64,
    /// Accepted and not yet acknowledged, of all epochs.
    pub waiting_events: u64,
    pub used_bytes: u64,
    pub max_bytes: u64,
    /// Appends refused because of the size.
    pub full_refusals: u64,
    /// Acknowledged segments deleted by age, size or need.
    pub deleted_segments: u64,
    pub quarantined_segments: u64,
    /// Events renumbered because the central knew a later part of the epoch that was being written.
    pub renumbered_events: u64,
    /// Urgent events that the central was neither told nor has got in order.
    pub urgent_waiting: u64,
    /// Urgent events of which the central was told ahead.
    pub urgent_told: u64,
    /// Urgent events that the ordered delivery passed before they were told ahead.
    pub urgent_passed: u64,
    /// Urgent events that lost their lead, because there were too many or the copy was damaged. They are delivered in order.
    pub urgent_dropped: u64,
    /// Damaged files that were set aside at the opening.
    pub damaged_files: u64,
}
