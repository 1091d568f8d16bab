//! The 28 messages of ITU-R M.1371: bits to fields and back.
//!
//! ```text
//!   0      6 8                              38
//!   ├ type ┼rep┼ MMSI of the source, 30 bits ┼ the type's own table … ┤ (tail: data or text) │
//! ```
//! A [`Message`] holds the fields as transmitted, spare bits included, so that `decode` and `encode` undo each other exactly;
//! each field's `known()`, `value()` or named reader gives it in its unit, "not available" as `None`. A message shorter than its
//! table is refused, never filled up.
//!
//! One file per subject: `position`, `statics`, `data`, `control`; `asm/` reads the tails of types 6 and 8.

pub mod asm;
mod bits;
mod control;
mod data;
pub mod lengths;
mod position;
mod record;
mod statics;
pub mod units;

pub use bits::{Bits, Field, SixBit, Tail, U, Value, ascii_of, sixbit_of};
pub use control::{Acknowledge, Assignment, ChannelManagement, GroupAssignment, Interrogation, Reservation, UtcInquiry};
pub use data::{AddressedBinaryHead, AddressedSafetyHead, BroadcastBinaryHead, BroadcastSafetyHead, DgnssHead, SlotBinaryHead};
pub use position::{BaseStation, ClassB, ClassBExtended, LongRange, PositionReport, SarAircraft};
pub use record::Record;
pub use statics::{AidToNavigation, AidToNavigationShort, StaticReportA, StaticReportB, StaticVoyage};

use core::fmt;

/// A message, its variable part borrowed from the bits it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Message type, 1–28 (bits 0–5).
    pub kind: u8,
    /// How often it has been repeated; 3 = repeat no more (bits 6–7).
    pub repeat: u8,
    /// The 30 bits of the source's MMSI (bits 8–37); more than nine digits on the air is possible and wrong.
    pub mmsi: u32,
    /// Its length in bits: says which of the optional fields were sent.
    pub len: u16,
    pub body: Body<'a>,
}

/// The type's own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "a message is a short-lived value on the stack; boxing would cost more than the bytes")]
pub enum Body<'a> {
    /// Types 1–3.
    PositionReport(PositionReport),
    /// Types 4, 11.
    BaseStation(BaseStation),
    /// Type 5.
    StaticVoyage(StaticVoyage),
    /// Type 6.
    AddressedBinary(AddressedBinaryHead, Tail<'a>),
    /// Types 7, 13.
    Acknowledge(Acknowledge),
    /// Type 8.
    BroadcastBinary(BroadcastBinaryHead, Tail<'a>),
    /// Type 9.
    SarAircraft(SarAircraft),
    /// Type 10.
    UtcInquiry(UtcInquiry),
    /// Type 12.
    AddressedSafety(AddressedSafetyHead, Tail<'a>),
    /// Type 14.
    BroadcastSafety(BroadcastSafetyHead, Tail<'a>),
    /// Type 15.
    Interrogation(Interrogation),
    /// Type 16.
    Assignment(Assignment),
    /// Type 17.
    Dgnss(DgnssHead, Tail<'a>),
    /// Type 18.
    ClassB(ClassB),
    /// Type 19.
    ClassBExtended(ClassBExtended),
    /// Type 20.
    Reservation(Reservation),
    /// Type 21, with what follows the first 20 characters of its name.
    AidToNavigation(AidToNavigation, Tail<'a>),
    /// Type 22.
    ChannelManagement(ChannelManagement),
    /// Type 23.
    GroupAssignment(GroupAssignment),
    /// Type 24, part A.
    StaticReportA(StaticReportA),
    /// Type 24, part B.
    StaticReportB(StaticReportB),
    /// Types 25, 26: everything after the flags ([`SlotBinary`] tells it apart).
    SlotBinary(SlotBinaryHead, Tail<'a>),
    /// Type 27.
    LongRange(LongRange),
    /// Type 28.
    AidToNavigationShort(AidToNavigationShort),
}

/// Why bits are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// Type 0, above 28, or a part of type 24 that doesn't exist.
    UnknownType(u8),
    /// Too short or too long for its type.
    Length { kind: u8, bits: u16 },
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(kind) => write!(f, "AIS message type {kind} is not defined"),
            Self::Length { kind, bits } => write!(f, "AIS message type {kind} can't have {bits} bits"),
        }
    }
}

impl core::error::Error for MessageError {}

impl<'a> Message<'a> {
    pub fn decode(bits: &'a Bits) -> Result<Self, MessageError> {
        let kind = bits.uint(0, 6) as u8;
        let length = MessageError::Length { kind, bits: bits.len() as u16 };
        if !(1..=28).contains(&kind) {
            return Err(MessageError::UnknownType(kind));
        }
        if !lengths::readable(kind, bits.len()) {
            return Err(length);
        }
        let body = body(kind, bits)?;
        Ok(Self { kind, repeat: bits.uint(6, 2) as u8, mmsi: bits.uint(8, 30) as u32, len: bits.len() as u16, body })
    }

    /// The bits of this message: exactly those it was decoded from.
    pub fn encode(&self) -> Bits {
        let mut bits = Bits::new();
        bits.put(0, 6, u64::from(self.kind));
        bits.put(6, 2, u64::from(self.repeat));
        bits.put(8, 30, u64::from(self.mmsi));
        self.body.write(&mut bits);
        bits.resize(usize::from(self.len));
        bits
    }

    /// Calls `each` with the name and value of every field.
    pub fn list(&self, each: &mut dyn FnMut(&'static str, Value)) {
        each("type", Value::Number(i64::from(self.kind)));
        each("repeat", Value::Number(i64::from(self.repeat)));
        each("mmsi", Value::Number(i64::from(self.mmsi)));
        self.body.record(&mut |record| record.list_dyn(each));
    }
}

/// [`Record`] without its static parts, so that a body can hand out whichever it holds.
trait AnyRecord {
    fn list_dyn(&self, each: &mut dyn FnMut(&'static str, Value));
    fn write_dyn(&self, bits: &mut Bits);
}

impl<R: Record> AnyRecord for R {
    fn list_dyn(&self, each: &mut dyn FnMut(&'static str, Value)) {
        self.list(each);
    }
    fn write_dyn(&self, bits: &mut Bits) {
        self.write(bits, 0);
    }
}

fn body(kind: u8, bits: &Bits) -> Result<Body<'_>, MessageError> {
    fn head<R: Record>(bits: &Bits) -> R {
        R::read(bits, 0)
    }
    Ok(match kind {
        1..=3 => Body::PositionReport(head(bits)),
        4 | 11 => Body::BaseStation(head(bits)),
        5 => Body::StaticVoyage(head(bits)),
        6 => Body::AddressedBinary(head(bits), bits.tail(AddressedBinaryHead::END)),
        7 | 13 => Body::Acknowledge(head(bits)),
        8 => Body::BroadcastBinary(head(bits), bits.tail(BroadcastBinaryHead::END)),
        9 => Body::SarAircraft(head(bits)),
        10 => Body::UtcInquiry(head(bits)),
        12 => Body::AddressedSafety(head(bits), bits.tail(AddressedSafetyHead::END)),
        14 => Body::BroadcastSafety(head(bits), bits.tail(BroadcastSafetyHead::END)),
        15 => Body::Interrogation(head(bits)),
        16 => Body::Assignment(head(bits)),
        17 => Body::Dgnss(head(bits), bits.tail(DgnssHead::END)),
        18 => Body::ClassB(head(bits)),
        19 => Body::ClassBExtended(head(bits)),
        20 => Body::Reservation(head(bits)),
        21 => Body::AidToNavigation(head(bits), bits.tail(AidToNavigation::END)),
        22 => Body::ChannelManagement(head(bits)),
        23 => Body::GroupAssignment(head(bits)),
        24 => match bits.uint(38, 2) {
            0 => Body::StaticReportA(head(bits)),
            1 if StaticReportB::END - 6 <= bits.len() => Body::StaticReportB(head(bits)),
            1 => return Err(MessageError::Length { kind, bits: bits.len() as u16 }),
            _ => return Err(MessageError::UnknownType(kind)),
        },
        25 | 26 => Body::SlotBinary(head(bits), bits.tail(SlotBinaryHead::END)),
        27 => Body::LongRange(head(bits)),
        28 => Body::AidToNavigationShort(head(bits)),
        _ => return Err(MessageError::UnknownType(kind)),
    })
}

impl Body<'_> {
    fn write(&self, bits: &mut Bits) {
        self.record(&mut |record| record.write_dyn(bits));
        if let Some(tail) = self.tail() {
            tail.append_to(bits);
        }
    }

    /// Application data or text.
    pub fn tail(&self) -> Option<&Tail<'_>> {
        match self {
            Self::AddressedBinary(_, tail)
            | Self::BroadcastBinary(_, tail)
            | Self::AddressedSafety(_, tail)
            | Self::BroadcastSafety(_, tail)
            | Self::Dgnss(_, tail)
            | Self::AidToNavigation(_, tail)
            | Self::SlotBinary(_, tail) => Some(tail),
            _ => None,
        }
    }

    fn record(&self, take: &mut dyn FnMut(&dyn AnyRecord)) {
        match self {
            Self::PositionReport(r) => take(r),
            Self::BaseStation(r) => take(r),
            Self::StaticVoyage(r) => take(r),
            Self::AddressedBinary(r, _) => take(r),
            Self::Acknowledge(r) => take(r),
            Self::BroadcastBinary(r, _) => take(r),
            Self::SarAircraft(r) => take(r),
            Self::UtcInquiry(r) => take(r),
            Self::AddressedSafety(r, _) => take(r),
            Self::BroadcastSafety(r, _) => take(r),
            Self::Interrogation(r) => take(r),
            Self::Assignment(r) => take(r),
            Self::Dgnss(r, _) => take(r),
            Self::ClassB(r) => take(r),
            Self::ClassBExtended(r) => take(r),
            Self::Reservation(r) => take(r),
            Self::AidToNavigation(r, _) => take(r),
            Self::ChannelManagement(r) => take(r),
            Self::GroupAssignment(r) => take(r),
            Self::StaticReportA(r) => take(r),
            Self::StaticReportB(r) => take(r),
            Self::SlotBinary(r, _) => take(r),
            Self::LongRange(r) => take(r),
            Self::AidToNavigationShort(r) => take(r),
        }
    }
}

/// What types 25 and 26 hold, told apart by their flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotBinary<'a> {
    pub destination: Option<u32>,
    /// Designated area code and function identifier.
    pub application: Option<(u16, u8)>,
    pub data: Tail<'a>,
    /// Type 26: selector (1 bit) and communication state (19 bits).
    pub communication_state: Option<u32>,
}

impl<'a> SlotBinary<'a> {
    /// §3.23, §3.24: destination (30 bits and 2 spare), application identifier (16 bits), data; type 26 ends with 4 spare bits,
    /// the selector and the communication state. `None` when the bits don't suffice.
    pub fn read(kind: u8, head: &SlotBinaryHead, tail: Tail<'a>) -> Option<Self> {
        let mut at = 0;
        let mut take = |width: usize| {
            at += width;
            at - width
        };
        let destination = head.addressed.then(|| tail.uint(take(32), 30) as u32);
        let application = head.structured.then(|| tail.uint(take(16), 16)).map(|id| ((id >> 6) as u16, (id & 63) as u8));
        let state_bits = if kind == 26 { 20 } else { 0 };
        let end = tail.len().checked_sub(state_bits).filter(|&end| at <= end)?;
        let communication_state = (kind == 26).then(|| tail.uint(end, state_bits) as u32);
        Some(Self { destination, application, data: tail.cut(at, end), communication_state })
    }
}

#[cfg(test)]
mod tests;
