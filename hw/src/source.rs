//! The two traits, and the ways in which a source fails.

use model::{IqFormat, Tuning, UnixMicros};
use thiserror::Error;

/// What a source is, for logs, metrics and `vtoc doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// `rtlsdr`, `rtl_tcp`, `file`, `beast`…
    pub kind: &'static str,
    /// Which one: serial number, address or path.
    pub name: String,
    /// A source that produces at the pace of the world. Its samples are dropped (and counted) when we are too slow;
    /// those of a recording read flat out wait instead.
    pub live: bool,
}

/// What one call of [`SampleSource::read`] gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Chunk {
    /// Bytes written to the front of the buffer: whole complex samples. 0 = the end; never again more.
    pub bytes: usize,
    /// Samples known to be lost just before these.
    pub dropped_samples: u64,
    /// UTC of the first sample when the source knows it better than the caller's clock does.
    pub utc: Option<UnixMicros>,
}

/// Complex samples from a device or a recording.
pub trait SampleSource: Send {
    fn info(&self) -> SourceInfo;
    fn tuning(&self) -> Tuning;
    fn format(&self) -> IqFormat;
    /// Waits for samples and puts them into `buf` (at least 4 KiB). Must return within about a second even when nothing
    /// comes ([`SourceError::Stalled`]), so that a stop is seen.
    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError>;
}

/// Bytes from a network feed, a serial port or a text file. The caller frames them.
pub trait ByteSource: Send {
    fn info(&self) -> SourceInfo;
    /// Waits for bytes; 0 = the end. Same promise about time as [`SampleSource::read`].
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError>;
}

/// A source that fails says what, where and what to do. Whether to open it again is the supervisor's business.
#[derive(Debug, Error)]
pub enum SourceError {
    #[error("{what}: not there ({why})")]
    NotFound { what: String, why: String },
    #[error("{what}: in use or not permitted ({why})")]
    Busy { what: String, why: String },
    #[error("{what}: nothing came for {millis} ms")]
    Stalled { what: String, millis: u64 },
    #[error("{what}: lost ({source})")]
    Lost { what: String, source: std::io::Error },
    /// Opening again can't help: a format, rate or setting is wrong.
    #[error("{what}: {why}")]
    Unusable { what: String, why: String },
    /// A recording ends in the middle of a sample, or before the end that its header promises. Everything before has been given.
    #[error("{what}: cut off after {bytes} bytes, in the middle of a sample or of what its header promises; everything before was read")]
    Truncated { what: String, bytes: u64 },
}

impl SourceError {
    /// Opening the source again can't help.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Unusable { .. } | Self::Truncated { .. })
    }

    /// The source as it is may still deliver: read on, within reason.
    pub const fn is_stall(&self) -> bool {
        matches!(self, Self::Stalled { .. })
    }

    /// What went wrong while opening or reading `what`, by the operating system's word.
    pub fn from_io(what: &str, source: std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let what = what.to_owned();
        match source.kind() {
            Kind::NotFound => Self::NotFound { what, why: source.to_string() },
            Kind::PermissionDenied | Kind::ResourceBusy | Kind::AddrInUse => Self::Busy { what, why: source.to_string() },
            _ => Self::Lost { what, source },
        }
    }

    pub(crate) fn unusable(what: &str, why: impl Into<String>) -> Self {
        Self::Unusable { what: what.to_owned(), why: why.into() }
    }
}
