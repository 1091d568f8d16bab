//! NMEA 0183 tag blocks: `\s:name,c:unix time,g:1-2-7*hh\` before a sentence.

use super::{NmeaError, checked};
use model::UnixMicros;

/// What a tag block says; a line without one says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TagBlock<'a> {
    /// `s:` who sends.
    pub source: Option<&'a str>,
    /// `d:` for whom.
    pub destination: Option<&'a str>,
    /// `c:` UTC, in seconds or (13 digits) milliseconds since 1970.
    pub time: Option<UnixMicros>,
    /// `g:` which lines belong together.
    pub group: Option<Group>,
    /// `t:` free text.
    pub text: Option<&'a str>,
}

/// `g:1-2-1234`: the first of two lines of group 1234.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    pub part: u8,
    pub parts: u8,
    pub id: u32,
}

/// The tag block (if any) and the rest of the line.
pub(super) fn split(line: &[u8]) -> Result<(TagBlock<'_>, &[u8]), NmeaError> {
    let Some(rest) = line.strip_prefix(b"\\") else { return Ok((TagBlock::default(), line)) };
    let end = rest.iter().position(|&b| b == b'\\').ok_or(NmeaError::Field)?;
    Ok((read(checked(&rest[..end])?), &rest[end + 1..]))
}

/// Fields that we don't know or that are malformed are left out: they describe, they don't decide.
fn read(block: &[u8]) -> TagBlock<'_> {
    let mut tag = TagBlock::default();
    for field in block.split(|&b| b == b',') {
        let Some((&name, value)) = field.split_first() else { continue };
        let Some(value) = value.strip_prefix(b":").and_then(|v| core::str::from_utf8(v).ok()) else { continue };
        match name {
            b's' => tag.source = Some(value),
            b'd' => tag.destination = Some(value),
            b'c' => tag.time = time(value),
            b'g' => tag.group = group(value),
            b't' => tag.text = Some(value),
            _ => {}
        }
    }
    tag
}

fn time(value: &str) -> Option<UnixMicros> {
    let number: u64 = value.parse().ok()?;
    let micros = if number < 100_000_000_000 { number * 1_000_000 } else { number.checked_mul(1000)? };
    i64::try_from(micros).ok().map(UnixMicros)
}

fn group(value: &str) -> Option<Group> {
    let mut numbers = value.split('-');
    let group = Group { part: numbers.next()?.parse().ok()?, parts: numbers.next()?.parse().ok()?, id: numbers.next()?.parse().ok()? };
    (1 <= group.part && group.part <= group.parts).then_some(group)
}
