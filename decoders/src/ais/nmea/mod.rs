//! AIS as sentences: what receivers, transponders and feeds exchange (IEC 61162-1 VDM/VDO, NMEA 0183 tag blocks,
//! IEC 61162-450 datagrams).
//!
//! ```text
//!   UdPbC\0\s:station,c:1635731889*6A\!AIVDM,2,1,7,B,53aDpaT0000…,0*74
//!   └ 450 ┘ └ tag block ────────────┘  ││││  │ │ │ │ │            │ └ checksum: XOR from behind '!' to before '*'
//!                                      ││││  │ │ │ │ └ payload    └ fill bits: 0–5 to cut off the end
//!                                      ││││  │ │ │ └ channel
//!                            talker ───┘│││  │ │ └ message id 0–9, joins the parts
//!                            VDM, VDO ──┘    │ └ number of this part
//!                                            └ parts, 1–9
//! ```
//! A payload character holds six bits: value = code − 48, minus 8 more above 40 (M.1371 annex 8, IEC 61162-1 table 9).
//!
//! Everything here takes bytes from strangers: lines are at most [`LINE_BYTES_MAX`], a wrong checksum is refused, and
//! [`Assembler`] holds at most [`PENDING_MAX`] unfinished messages for at most [`PENDING_MICROS_MAX`].

mod assemble;
mod tag;
mod write;

pub use assemble::{Assembler, Assembly, PENDING_MAX, PENDING_MICROS_MAX};
pub use tag::{Group, TagBlock};
pub use write::{frame_text, sentences};

use super::channels::Channel;
use super::message::Bits;
use core::fmt;
use model::{Frame, Protocol, Raw, ReceiverId, Signal, Tick12, UnixMicros};

/// A sentence has at most 82 bytes; tag blocks and what gateways append come on top.
pub const LINE_BYTES_MAX: usize = 1024;

/// One VDM or VDO sentence, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    /// AI mobile, AB/BS base station, AN aid to navigation, SA…
    pub talker: [u8; 2],
    /// VDO: the station's own transmission.
    pub own: bool,
    pub parts: u8,
    pub part: u8,
    pub id: Option<u8>,
    pub channel: Option<Channel>,
    /// Armoured characters, all valid.
    pub payload: &'a [u8],
    pub fill_bits: u8,
    pub tag: TagBlock<'a>,
}

/// Why a line is no AIS sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NmeaError {
    /// Longer than [`LINE_BYTES_MAX`].
    TooLong,
    /// No `!ccVDM` or `!ccVDO` in it (another sentence, a comment).
    NotAis,
    /// The checksum is wrong or missing.
    Checksum,
    /// A field is missing or holds what it may not.
    Field,
    /// A payload without bits: stations send them to say that nothing was heard.
    Empty,
    /// More bits than a message has.
    Overlong,
}

impl NmeaError {
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too long",
            Self::NotAis => "no AIS sentence",
            Self::Checksum => "checksum",
            Self::Field => "malformed field",
            Self::Empty => "empty payload",
            Self::Overlong => "too many bits",
        }
    }
}

impl fmt::Display for NmeaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for NmeaError {}

/// Reads one line, with or without tag block and end of line.
pub fn parse(line: &[u8]) -> Result<Sentence<'_>, NmeaError> {
    if LINE_BYTES_MAX < line.len() {
        return Err(NmeaError::TooLong);
    }
    let line = line.strip_prefix(b"UdPbC\0").unwrap_or(line).trim_ascii();
    let (tag, rest) = tag::split(line)?;
    // Some loggers put their own time stamp in front.
    let start = rest.iter().position(|&b| b == b'!').ok_or(NmeaError::NotAis)?;
    let rest = &rest[start + 1..];
    let own = match rest.get(2..6) {
        Some(b"VDM,") => false,
        Some(b"VDO,") => true,
        _ => return Err(NmeaError::NotAis),
    };
    let body = checked(rest)?;
    let mut fields = body[6..].split(|&b| b == b',');
    let mut next = || fields.next().ok_or(NmeaError::Field);
    let parts = digit(next()?).filter(|&n| n != 0).ok_or(NmeaError::Field)?;
    let part = digit(next()?).filter(|&n| n != 0 && n <= parts).ok_or(NmeaError::Field)?;
    let id = next()?;
    let channel = Channel::from_sentence(next()?);
    let payload = next()?;
    let fill_bits = digit(next()?).filter(|&n| n <= 5).ok_or(NmeaError::Field)?;
    let id = if id.is_empty() { None } else { Some(digit(id).ok_or(NmeaError::Field)?) };
    if payload.is_empty() {
        return Err(NmeaError::Empty);
    }
    Ok(Sentence { talker: [rest[0], rest[1]], own, parts, part, id, channel, payload, fill_bits, tag })
}

/// A complete message from one or several sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub bits: Bits,
    pub channel: Option<Channel>,
    /// VDO: the station's own transmission.
    pub own: bool,
    /// The time that the tag block of the first part tells.
    pub sent: Option<UnixMicros>,
}

impl Received {
    /// As a frame of `receiver`. `at` is the time it arrived: what the feed says about time is not believed over it, because
    /// feeds' clocks are wrong too often; use [`Received::sent`] where the feed is trusted.
    pub fn frame(&self, receiver: ReceiverId, tick: Tick12, at: UnixMicros) -> Frame {
        Frame {
            protocol: Protocol::Ais,
            receiver,
            raw: Raw::new(self.bits.as_bytes()),
            tick,
            utc: Some(at),
            signal: Signal { channel: self.channel.map(Channel::id), ..Signal::default() },
        }
    }
}

/// The bits of a sentence's payload behind those already in `bits`.
pub(super) fn unarmor(payload: &[u8], fill_bits: u8, bits: &mut Bits) -> Result<(), NmeaError> {
    let mut groups = payload.chunks_exact(8);
    for group in &mut groups {
        let mut word = 0u64;
        let mut bad = 0;
        for &c in group {
            let six = SIX_BITS[usize::from(c)];
            bad |= six;
            word = (word << 6) | u64::from(six & 63);
        }
        push(bits, 48, word, bad)?;
    }
    for &c in groups.remainder() {
        let six = SIX_BITS[usize::from(c)];
        push(bits, 6, u64::from(six & 63), six)?;
    }
    bits.resize(bits.len().saturating_sub(usize::from(fill_bits)));
    Ok(())
}

fn push(bits: &mut Bits, width: usize, word: u64, bad: u8) -> Result<(), NmeaError> {
    if bad & INVALID != 0 {
        return Err(NmeaError::Field);
    }
    if bits.push(width, word) { Ok(()) } else { Err(NmeaError::Overlong) }
}

const INVALID: u8 = 0x80;

static SIX_BITS: [u8; 256] = {
    let mut table = [INVALID; 256];
    let mut code = 0;
    while code < 64 {
        table[armor(code as u8) as usize] = code as u8;
        code += 1;
    }
    table
};

/// Six bits as a payload character.
pub(super) const fn armor(six: u8) -> u8 {
    if six < 40 { six + 48 } else { six + 56 }
}

/// What stands before `*hh`, when `hh` is its checksum.
fn checked(text: &[u8]) -> Result<&[u8], NmeaError> {
    let star = text.iter().position(|&b| b == b'*').ok_or(NmeaError::Checksum)?;
    let told = text.get(star + 1..star + 3).and_then(hex_byte).ok_or(NmeaError::Checksum)?;
    if checksum(&text[..star]) == told { Ok(&text[..star]) } else { Err(NmeaError::Checksum) }
}

pub(super) fn checksum(text: &[u8]) -> u8 {
    text.iter().fold(0, |sum, &b| sum ^ b)
}

fn hex_byte(hex: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    Some((digit(hex[0])? * 16 + digit(hex[1])?) as u8)
}

fn digit(field: &[u8]) -> Option<u8> {
    match field {
        [d @ b'0'..=b'9'] => Some(d - b'0'),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
