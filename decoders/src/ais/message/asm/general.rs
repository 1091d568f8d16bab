//! What every administration uses: text, questions about applications, persons on board, synthetic targets.

use super::choice;
use super::units::{Direction, Linkage, MilliLatitude, MilliLongitude, Persons13};
use crate::ais::message::bits::{Bits, SixBit, U, Value};
use crate::ais::message::record::{Record, coded, record};
use crate::ais::message::units::PositionSecond;

record! {
    /// Head of a text telegram; six-bit text follows (M.1371-1 annex 5, IFM 0).
    pub struct TelegramHead (0..12) {
        acknowledge: bool = 0,
        sequence: U<11> = 1,
    }
}

record! {
    /// Head of a text description; six-bit text follows (IMO SN.1/Circ.289 §14).
    pub struct DescriptionHead (0..10) {
        linkage: Linkage = 0,
    }
}

record! {
    /// IFM 2: is this application understood?
    pub struct ApplicationInquiry (0..16) {
        requested_dac: U<10> = 0,
        requested_function: U<6> = 10,
    }
}

record! {
    /// IFM 3: which applications of this area code are understood?
    pub struct CapabilityInquiry (0..10) {
        requested_dac: U<10> = 0,
    }
}

record! {
    /// IFM 4: for each function identifier of an area code two bits: understood, and reserved.
    pub struct CapabilityReply (0..138) {
        dac: U<10> = 0,
        functions_0: U<32> = 10,
        functions_16: U<32> = 42,
        functions_32: U<32> = 74,
        functions_48: U<32> = 106,
    }
}

record! {
    /// IFM 5: an addressed application has been received.
    pub struct ApplicationAcknowledge (0..31) {
        dac: U<10> = 0,
        function: U<6> = 10,
        sequence: U<11> = 16,
        available: bool = 27,
        /// 0 unable, 1 received, 2 later, 3 able, but switched off.
        response: U<3> = 28,
    }
}

record! {
    /// How many are on board.
    pub struct PersonsOnBoard (0..13) {
        persons: Persons13 = 0,
    }
}

coded! {
    /// Knots; 255 = not available.
    TargetSpeed: u 8, 0..=254, * 1.0 + 0.0, "kt";
}

record! {
    /// A target that a VTS names by number: its MMSI (0) or IMO number (1).
    pub struct NumberedTarget (0..120) {
        id_type: U<2> = 0,
        spare: U<12> = 2,
        id: U<30> = 14,
        spare2: U<4> = 44,
        lat: MilliLatitude = 48,
        lon: MilliLongitude = 72,
        cog: Direction = 97,
        second: PositionSecond = 106,
        sog: TargetSpeed = 112,
    }
}

record! {
    /// A target that a VTS names by callsign (2) or otherwise (3).
    pub struct NamedTarget (0..120) {
        id_type: U<2> = 0,
        id: SixBit<7> = 2,
        spare2: U<4> = 44,
        lat: MilliLatitude = 48,
        lon: MilliLongitude = 72,
        cog: Direction = 97,
        second: PositionSecond = 106,
        sog: TargetSpeed = 112,
    }
}

choice! {
    /// One synthetic target (IMO SN.1/Circ.289 §6).
    pub enum SyntheticTarget (120) by 0, 2 {
        0 | 1 => Numbered(NumberedTarget),
        _ => Named(NamedTarget),
    }
}

/// Synthetic targets have no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHead;

impl Record for NoHead {
    const START: usize = 0;
    const END: usize = 0;
    fn read(_: &Bits, _: usize) -> Self {
        Self
    }
    fn write(&self, _: &mut Bits, _: usize) {}
    fn list(&self, _: &mut dyn FnMut(&'static str, Value)) {}
}
