//! The columns of a segment's plain body: each kind of value in a run of its own, so that zstd sees like beside like.
//!
//! ```text
//!   varint length of column 0 … varint length of column N-1 | column 0 | … | column N-1
//! ```
//!
//! The order of [`Col`] is the format: a version never changes it and the next appends. Version 1 ends before [`Col::Channel`]. What has nothing
//! to say in the columns of version 2 is written as version 1, byte by byte, so that older programs go on reading it. Version 3 has the columns of 2, and
//! kinds of event and fields at the end of others ([`Writer::needs`]) that older programs don't know.

use super::WireError;
use super::bytes::{Reader, put_bytes, put_signed, put_varint};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Col {
    /// Kind of event, one byte.
    Kind,
    Protocol,
    Receiver,
    /// Time against the event before, microseconds, signed.
    At,
    /// 0 = a new subject, else its place in the order of first appearance, from 1.
    Subject,
    NewSubject,
    /// Which optional fields are there: a bit each.
    Present,
    /// Against the subject's last, signed, tenths of a decibel.
    Rssi,
    Noise,
    Offset,
    Corrected,
    /// Against the subject's last, signed, 1e-7 degree.
    Lat,
    Lon,
    /// Against the subject's last, feet.
    Baro,
    Geom,
    /// Against the subject's last, tenths of a knot.
    Speed,
    /// Against the subject's last, hundredths of a degree.
    Direction,
    /// Against the subject's last, feet per minute.
    VerticalRate,
    GeomMinusBaro,
    Accuracy,
    /// Enumerations and other single bytes.
    Small,
    /// Numbers that don't change often, as varints.
    Number,
    Text,
    /// How a raw frame is coded: see `raw`.
    RawRef,
    RawLen,
    RawTail,
    /// The first byte of raw frames; [`RAW_COLUMNS`] columns follow each other, one for each byte.
    Raw0,
    /// Version 2: 0 = not known, else one more than the channel.
    Channel = COLUMNS_V1 as isize,
    /// Version 2: 0 = not known, else one more than the slot.
    Slot,
}

/// Bytes of a raw frame that have a column each.
pub const RAW_COLUMNS: usize = 16;
/// Columns of version 1.
const COLUMNS_V1: usize = 26 + RAW_COLUMNS;
pub const COLUMNS: usize = Col::Slot as usize + 1;
const _: () = assert!(Col::Raw0 as usize + RAW_COLUMNS == COLUMNS_V1);

#[derive(Debug)]
pub struct Writer {
    columns: [Vec<u8>; COLUMNS],
    len: usize,
    /// The lowest that says all this.
    version: u8,
}

impl Default for Writer {
    fn default() -> Self {
        Self { columns: [const { Vec::new() }; COLUMNS], len: 0, version: 1 }
    }
}

impl Writer {
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
        self.len = 0;
        self.version = 1;
    }

    /// The lowest version that says all this.
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// Something is said that programs of lower versions don't know.
    pub fn needs(&mut self, version: u8) {
        self.version = self.version.max(version);
    }

    /// A number of version 2's columns.
    pub fn optional(&mut self, col: Col, value: Option<u64>) {
        if value.is_some() {
            self.needs(2);
        }
        self.varint(col, value.map_or(0, |v| v + 1));
    }

    /// Bytes in all columns.
    pub const fn len(&self) -> usize {
        self.len
    }

    fn with(&mut self, col: usize, f: impl FnOnce(&mut Vec<u8>)) {
        let column = &mut self.columns[col];
        let before = column.len();
        f(column);
        self.len += column.len() - before;
    }

    pub fn u8(&mut self, col: Col, value: u8) {
        self.with(col as usize, |c| c.push(value));
    }

    pub fn varint(&mut self, col: Col, value: u64) {
        self.with(col as usize, |c| put_varint(c, value));
    }

    pub fn signed(&mut self, col: Col, value: i64) {
        self.with(col as usize, |c| put_signed(c, value));
    }

    pub fn text(&mut self, value: &str) {
        self.with(Col::Text as usize, |c| put_bytes(c, value.as_bytes()));
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        let head = bytes.len().min(RAW_COLUMNS);
        for (i, &byte) in bytes[..head].iter().enumerate() {
            self.columns[Col::Raw0 as usize + i].push(byte);
        }
        self.columns[Col::RawTail as usize].extend_from_slice(&bytes[head..]);
        self.len += bytes.len();
    }

    /// All columns, one after the other.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let columns = &self.columns[..columns_of(self.version())];
        for column in columns {
            put_varint(out, column.len() as u64);
        }
        for column in columns {
            out.extend_from_slice(column);
        }
    }
}

const fn columns_of(version: u8) -> usize {
    if version == 1 { COLUMNS_V1 } else { COLUMNS }
}

#[derive(Debug)]
pub struct Columns<'a> {
    columns: [Reader<'a>; COLUMNS],
    version: u8,
}

impl<'a> Columns<'a> {
    pub fn split(plain: &'a [u8], version: u8) -> Result<Self, WireError> {
        let mut rest = Reader(plain);
        let mut lengths = [0_usize; COLUMNS];
        for length in &mut lengths[..columns_of(version)] {
            *length = usize::try_from(rest.varint()?).map_err(|_| WireError::Truncated)?;
        }
        let mut columns = [Reader(&[]); COLUMNS];
        for (column, length) in columns.iter_mut().zip(lengths) {
            *column = Reader(rest.take(length)?);
        }
        rest.finish()?;
        Ok(Self { columns, version })
    }

    /// A number of version 2's columns.
    pub fn optional(&mut self, col: Col) -> Result<Option<u64>, WireError> {
        if self.version == 1 { Ok(None) } else { Ok(self.varint(col)?.checked_sub(1)) }
    }

    pub fn u8(&mut self, col: Col) -> Result<u8, WireError> {
        self.columns[col as usize].u8()
    }

    pub fn varint(&mut self, col: Col) -> Result<u64, WireError> {
        self.columns[col as usize].varint()
    }

    pub fn signed(&mut self, col: Col) -> Result<i64, WireError> {
        self.columns[col as usize].signed()
    }

    pub fn text(&mut self, limit: usize) -> Result<&'a str, WireError> {
        self.columns[Col::Text as usize].text("text", limit)
    }

    /// Fills `out` from the raw columns.
    pub fn raw(&mut self, out: &mut [u8]) -> Result<(), WireError> {
        let head = out.len().min(RAW_COLUMNS);
        for (i, byte) in out[..head].iter_mut().enumerate() {
            *byte = self.columns[Col::Raw0 as usize + i].u8()?;
        }
        let tail = self.columns[Col::RawTail as usize].take(out.len() - head)?;
        out[head..].copy_from_slice(tail);
        Ok(())
    }

    /// Every column must be used up.
    pub fn finish(self) -> Result<(), WireError> {
        self.columns.into_iter().try_for_each(Reader::finish)
    }
}
