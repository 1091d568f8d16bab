//! A segment: consecutive events of one epoch, compressed, self-contained.
//!
//! ```text
//!   0        4       5       6        8       16          24          28         32      36
//!   | "VSEG" | ver   | 0     | count  | epoch | first_seq | plain len | body len | CRC32C | body (zstd of the columns)
//!   |        | u8    | u8    | u16    | u64   | u64       | u32       | u32      | u32    |          little endian
//! ```
//!
//! Version 2 has two columns more than 1 (`columns`), 3 has kinds of event and fields more; each is written where it says something. The checksum covers the header before it and the body: a flipped bit in the SQLite file reads back as wrong data that
//! `integrity_check` calls fine (234 of 400 trials); the checksum saw all 234.

use super::bytes::Reader;
use super::columns::{Columns, Writer};
use super::model::Memory;
use super::{WireError, decode, encode};
use ::model::{Epoch, Event, Telemetry, Text};
use core::fmt;

/// Versions of a segment that are known: from 1 to this.
const VERSION_MAX: u8 = 3;
const MAGIC: [u8; 4] = *b"VSEG";
const HEADER_BYTES: usize = 36;
const CRC_AT: usize = 32;
/// zstd level 3: 67 ns per event; level 9 costs three times as much for a tenth fewer bytes.
const ZSTD_LEVEL: i32 = 3;
/// Events in a segment, at most.
pub const MAX_EVENTS: usize = 1000;
/// Bytes of a segment's columns before compression, at most: what a decoder is ready to allocate.
pub const MAX_PLAIN_BYTES: usize = 1 << 20;
/// Bytes of a whole segment, at most: incompressible columns grow by 1/256 and a frame header.
pub const MAX_SEGMENT_BYTES: usize = HEADER_BYTES + MAX_PLAIN_BYTES + MAX_PLAIN_BYTES / 128;
/// One event takes less: raw frame and text of a kilobyte each, and small fields.
const MAX_EVENT_BYTES: usize = 4096;
/// The lengths of all columns in front of them.
const MAX_LENGTHS_BYTES: usize = 256;

/// What a segment says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    pub epoch: Epoch,
    pub first_seq: u64,
    pub count: u16,
    plain_len: u32,
    version: u8,
}

impl SegmentHeader {
    pub const fn last_seq(&self) -> u64 {
        self.first_seq + self.count as u64 - 1
    }

    /// Checks everything but the body's meaning: magic, version, lengths, ranges, checksum.
    pub fn check(segment: &[u8]) -> Result<Self, WireError> {
        let mut r = Reader(segment);
        if r.array()? != MAGIC {
            return Err(WireError::Magic);
        }
        let version = r.u8()?;
        if !(1..=VERSION_MAX).contains(&version) {
            return Err(WireError::Version(version));
        }
        if r.u8()? != 0 {
            return Err(WireError::Range("flags"));
        }
        let (count, epoch, first_seq) = (r.u16()?, r.u64()?, r.u64()?);
        let (plain_len, body_len, crc) = (r.u32()?, r.u32()?, r.u32()?);
        if r.0.len() != body_len as usize {
            return Err(if r.0.len() < body_len as usize { WireError::Truncated } else { WireError::TrailingBytes });
        }
        if crc32c::crc32c_append(crc32c::crc32c(&segment[..CRC_AT]), r.0) != crc {
            return Err(WireError::Checksum);
        }
        limit("events", count.into(), MAX_EVENTS)?;
        limit("plain bytes", plain_len.into(), MAX_PLAIN_BYTES)?;
        if count == 0 || first_seq == 0 || first_seq.checked_add(count.into()).is_none() {
            return Err(WireError::Range("sequence"));
        }
        Ok(Self { epoch: Epoch(epoch), first_seq, count, plain_len, version })
    }
}

fn limit(what: &'static str, value: u64, limit: usize) -> Result<(), WireError> {
    if value <= limit as u64 { Ok(()) } else { Err(WireError::TooLarge { what, value, limit: limit as u64 }) }
}

/// A segment made of the first `count` events that were given.
#[derive(Debug)]
pub struct Encoded {
    pub segment: Vec<u8>,
    pub count: usize,
}

/// Makes segments. Keeps its buffers and the zstd context for the next one.
pub struct Encoder {
    columns: Writer,
    memory: Memory,
    plain: Vec<u8>,
    zstd: zstd::bulk::Compressor<'static>,
}

impl Default for Encoder {
    fn default() -> Self {
        let zstd = zstd::bulk::Compressor::new(ZSTD_LEVEL).expect("level 3 is a level");
        Self { columns: Writer::default(), memory: Memory::default(), plain: Vec::new(), zstd }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl Encoder {
    /// Refuses an event that no segment can hold.
    pub fn check(event: &Event) -> Result<(), WireError> {
        match &event.kind {
            ::model::EventKind::Text(t) => limit("text", t.body.len() as u64, Text::MAX_BYTES),
            ::model::EventKind::Telemetry(t) => limit("readings", t.readings.len() as u64, Telemetry::READINGS_MAX),
            _ => Ok(()),
        }
    }

    /// As many events from the beginning as one segment holds: at most [`MAX_EVENTS`], fewer when they are large.
    /// Panics when there is none, or `first_seq` is 0. Fails when the first can't be held at all.
    pub fn encode(&mut self, epoch: Epoch, first_seq: u64, events: &[Event]) -> Result<Encoded, WireError> {
        assert!(!events.is_empty() && 0 < first_seq, "a segment holds at least one event, and numbers begin at 1");
        self.columns.clear();
        self.memory.clear();
        let mut count = 0;
        for event in events.iter().take(MAX_EVENTS) {
            if let Err(refused) = Self::check(event) {
                if count == 0 {
                    return Err(refused);
                }
                break;
            }
            if MAX_PLAIN_BYTES < self.columns.len() + MAX_EVENT_BYTES + MAX_LENGTHS_BYTES {
                break;
            }
            encode::event(&mut self.columns, &mut self.memory, event);
            count += 1;
        }
        self.plain.clear();
        self.columns.write_to(&mut self.plain);
        Ok(Encoded { segment: self.frame(epoch, first_seq, count), count })
    }

    fn frame(&mut self, epoch: Epoch, first_seq: u64, count: usize) -> Vec<u8> {
        let body = self.zstd.compress(&self.plain).expect("the buffer is as large as zstd asks for");
        let mut out = Vec::with_capacity(HEADER_BYTES + body.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[self.columns.version(), 0]);
        out.extend_from_slice(&(count as u16).to_le_bytes());
        out.extend_from_slice(&epoch.0.to_le_bytes());
        out.extend_from_slice(&first_seq.to_le_bytes());
        out.extend_from_slice(&(self.plain.len() as u32).to_le_bytes());
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&out), &body);
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&body);
        debug_assert!(out.len() <= MAX_SEGMENT_BYTES);
        out
    }
}

/// Reads segments. Keeps the zstd context for the next one.
pub struct Decoder {
    zstd: zstd::bulk::Decompressor<'static>,
    memory: Memory,
    plain: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        let zstd = zstd::bulk::Decompressor::new().expect("a context is a small allocation");
        Self { zstd, memory: Memory::default(), plain: Vec::new() }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

impl Decoder {
    /// All events of a segment, appended to `out`. Nothing is appended on an error.
    pub fn decode(&mut self, segment: &[u8], out: &mut Vec<Event>) -> Result<SegmentHeader, WireError> {
        let header = SegmentHeader::check(segment)?;
        // `plain_len` is within its limit, so this is all that zstd may write, whatever the body expands to.
        self.plain.clear();
        self.plain.reserve_exact(header.plain_len as usize);
        let written = self.zstd.decompress_to_buffer(&segment[HEADER_BYTES..], &mut self.plain).map_err(|_| WireError::Compression)?;
        if written != header.plain_len as usize {
            return Err(WireError::Compression);
        }
        let start = out.len();
        let result = self.events(&header, out);
        if result.is_err() {
            out.truncate(start);
        }
        result.map(|()| header)
    }

    fn events(&mut self, header: &SegmentHeader, out: &mut Vec<Event>) -> Result<(), WireError> {
        self.memory.clear();
        let mut columns = Columns::split(&self.plain, header.version)?;
        out.reserve(header.count.into());
        for _ in 0..header.count {
            out.push(decode::event(&mut columns, &mut self.memory)?);
        }
        columns.finish()
    }
}

#[cfg(test)]
#[path = "segment_tests.rs"]
mod tests;
