//! A client of APRS-IS: one connection, lines out, lines in. What may be said is decided elsewhere.
//!
//! ```text
//!   Lines ── queue (bounded) ──► task ── login, then lines ──► server
//!                                     ◄── "# logresp CALL verified", packets, a comment every 20 s ──
//! ```
//! Constraints:
//! - nothing is said before the server has verified the login, and never over two connections at once;
//! - a packet tells no time, so that an old one moves its station back: what could not be sent within [`AGE_MAX`] is dropped and
//!   counted. What the server may not have got when a connection broke is said again within that time (servers drop copies for 30 s);
//! - a name is looked up for each connection: behind it are many servers.

mod client;
mod session;

pub use client::{Config, Counters, Lines, start};

use std::time::Duration;

/// Lines that wait; the oldest goes when one more comes.
pub const QUEUE_LINES: usize = 256;
/// A line that is older is not sent any more.
pub const AGE_MAX: Duration = Duration::from_secs(10);
/// Longest line that is read. Servers' are at most 512 bytes.
pub const LINE_MAX: usize = 1_024;
