//! Devices behind two traits. Everything that waits for the outside world is here; nothing here knows a protocol.
//!
//! - [`SampleSource`]: RTL-SDR over USB, an `rtl_tcp` server, an IQ recording (life speed or flat out), a simulator;
//! - [`ByteSource`]: a TCP feed, a serial port, a text recording.
//!
//! Calls block; each source has a thread of its own in `ingest`.

mod source;

pub use source::{ByteSource, Chunk, SampleSource, SourceError, SourceInfo};
