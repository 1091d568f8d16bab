//! Versioned bytes: what lies in the spool and travels on the link. Pure: no I/O, no clock, no thread.
//!
//! ```text
//!   Event… ─► columns (deltas per subject) ─► zstd ─► segment (magic, version, key range, CRC32C) ─► spool row, link frame
//!   Hello, HelloReply, Ack, Lost, Refuse ─► control frame (length, type, body)
//! ```
//!
//! Constraints:
//! - every byte from outside is checked: a decoder returns a typed [`WireError`], never panics, and allocates at most
//!   [`MAX_PLAIN_BYTES`] per segment whatever the bytes say;
//! - the version is in the bytes; `tests/` of this module read a checked-in segment of every version ever written;
//! - a segment stands alone: no dictionary or state from another one is needed to read it.

mod aircraft;
mod amateur;
mod bytes;
mod columns;
mod control;
mod crc;
mod decode;
mod encode;
#[cfg(test)]
mod fixture_tests;
mod model;
mod raw;
mod segment;
mod tags;

pub use control::{
    BootInfo, Control, EpochSpan, Frame, Hello, HelloReply, MAX_CONTROL_BYTES, MAX_FRAME_BYTES, Refusal, Secret, frame_length,
};
#[cfg(any(test, feature = "testing"))]
pub(crate) use crc::mode_s_parity;
pub use segment::{Decoder, Encoded, Encoder, MAX_EVENTS, MAX_PLAIN_BYTES, MAX_SEGMENT_BYTES, SegmentHeader};

use thiserror::Error;

/// The version of this wire format: of the greeting; a segment has one of its own (`segment`).
pub const VERSION: u8 = 1;

/// Why bytes are not a segment or a message of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    #[error("the bytes end early")]
    Truncated,
    #[error("bytes are left over")]
    TrailingBytes,
    #[error("not a segment (magic)")]
    Magic,
    #[error("format version {0} is not known to this program")]
    Version(u8),
    #[error("checksum mismatch")]
    Checksum,
    #[error("zstd refuses the body")]
    Compression,
    #[error("{what} is {value}, the limit is {limit}")]
    TooLarge { what: &'static str, value: u64, limit: u64 },
    #[error("{0} is out of range")]
    Range(&'static str),
    #[error("{0} is not a known tag")]
    Tag(&'static str),
    #[error("text is not UTF-8")]
    Utf8,
}
