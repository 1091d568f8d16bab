//! Opening the database file: pragmas, tables, version.

use super::{SpoolConfig, SpoolError};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// `PRAGMA user_version` of the tables below.
const SCHEMA_VERSION: i64 = 1;
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

/// The connection that writes. It must be opened, once, before any reader: two that open a fresh file race for WAL mode.
pub fn open_writer(path: &Path, config: &SpoolConfig) -> Result<Connection, SpoolError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES as i64)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    connection.pragma_update(None, "max_page_count", (config.max_bytes / PAGE_BYTES) as i64)?;
    match connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
        0 => {
            let tx = connection.unchecked_transaction()?;
            tx.execute_batch(TABLES)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            tx.commit()?;
        }
        SCHEMA_VERSION => {}
        other => return Err(SpoolError::Version { path: path.to_owned(), found: other, known: SCHEMA_VERSION }),
    }
    Ok(connection)
}

pub fn open_reader(path: &Path) -> Result<Connection, SpoolError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    Ok(connection)
}
