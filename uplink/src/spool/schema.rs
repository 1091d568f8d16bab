//! Opening the database file: pragmas, tables, version.

use super::ballast::Ballast;
use super::{SpoolConfig, SpoolError, beside, is_damage, is_full, load_epochs, now};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `PRAGMA user_version` of the tables below.
const SCHEMA_VERSION: i64 = 2;
/// "vTOC" as a big-endian number: `file` and a curious person see whose database this is.
const APPLICATION_ID: i64 = 0x7654_4F43;
pub const PAGE_BYTES: u64 = 4096;
/// Pages in the write-ahead log before it is folded into the database: 1 MiB. Damage in the log takes all that follows it
/// along, so it is kept short.
const WAL_PAGES: u32 = 256;
/// Nothing else holds a lock for long: the writer is one thread, and readers don't block it in WAL mode.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const TABLES: &str = "
CREATE TABLE epochs (
    ord       INTEGER PRIMARY KEY,     -- order of opening
    epoch     INTEGER NOT NULL UNIQUE, -- the 64 random bits, as a signed number
    opened_at INTEGER NOT NULL,        -- UTC, microseconds, by the station's clock
    acked     INTEGER NOT NULL         -- the central's watermark
) STRICT;
CREATE TABLE segments (
    ord       INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    bytes     INTEGER NOT NULL,        -- length of body
    made_at   INTEGER NOT NULL,
    body      BLOB NOT NULL,           -- wire::segment, with a checksum of its own
    PRIMARY KEY (ord, first_seq)
) STRICT;
CREATE TABLE quarantine (
    ord       INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    found_at  INTEGER NOT NULL,
    why       TEXT NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (ord, first_seq)
) STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
";
/// Since version 2. A spool of version 1 gets it empty: what was urgent in its backlog is delivered in order, as it always was.
const URGENT: &str = "
CREATE TABLE urgent (
    ord       INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    body      BLOB NOT NULL,           -- wire::segment of this event alone
    PRIMARY KEY (ord, seq)
) STRICT, WITHOUT ROWID;
";

/// A file that SQLite can't read is set aside, never deleted, and the station goes on with a new one.
pub fn open_or_set_aside(path: &Path, config: &SpoolConfig, ballast: &Ballast) -> Result<(Connection, u64), SpoolError> {
    let attempt = || {
        let db = open_writer(path, config)?;
        load_epochs(&db)?;
        Ok(db)
    };
    // A new table may be due, and the file system full.
    let first = match attempt() {
        Err(e) if is_full(&e) && ballast.release() => attempt(),
        other => other,
    };
    match first {
        Err(SpoolError::Sqlite(e)) if is_damage(&e) => {
            let aside = beside(path, &format!("damaged-{}", now().0 / 1_000_000));
            tracing::error!(spool = %path.display(), aside = %aside.display(), "the spool is damaged: it was set aside, a new one begins ({e})");
            for suffix in ["", "-wal", "-shm"] {
                let from = PathBuf::from(format!("{}{suffix}", path.display()));
                let to = PathBuf::from(format!("{}{suffix}", aside.display()));
                match std::fs::rename(&from, to) {
                    Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(SpoolError::Io { path: from, source }),
                    _ => {}
                }
            }
            Ok((open_writer(path, config)?, 1))
        }
        other => Ok((other?, 0)),
    }
}

/// The connection that writes. It must be opened, once, before any reader: two that open a fresh file race for WAL mode.
fn open_writer(path: &Path, config: &SpoolConfig) -> Result<Connection, SpoolError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES as i64)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    match connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
        0 => {
            let tx = connection.unchecked_transaction()?;
            tx.execute_batch(TABLES)?;
            tx.execute_batch(URGENT)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            tx.commit()?;
        }
        1 => {
            let tx = connection.unchecked_transaction()?;
            tx.execute_batch(URGENT)?;
            tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            tx.commit()?;
        }
        SCHEMA_VERSION => {}
        other => return Err(SpoolError::Version { path: path.to_owned(), found: other, known: SCHEMA_VERSION }),
    }
    // Not before: a full spool of an older version needs a page for its new table.
    connection.pragma_update(None, "max_page_count", (config.max_bytes / PAGE_BYTES) as i64)?;
    Ok(connection)
}

pub fn open_reader(path: &Path) -> Result<Connection, SpoolError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    Ok(connection)
}
