//! Application-specific messages: the tails of types 6 and 8, named by area code (DAC) and function identifier (FI).
//!
//! | DAC/FI | what | from |
//! |---|---|---|
//! | 1/0 | text telegram | M.1371-1 annex 5 |
//! | 1/11 | meteorology and hydrology | IMO SN/Circ.236 (superseded, still the most heard) |
//! | 1/16, 1/40 | persons on board | IMO SN.1/Circ.289, SN/Circ.236 |
//! | 1/29, 1/30 | text description | IMO SN.1/Circ.289 |
//! | 1/31 | meteorology and hydrology | IMO SN.1/Circ.289 |
//! | 200/10 | inland ship | UNECE/CCNR inland AIS standard |
//! | 200/55 | inland persons on board | same |
//! | 235/10, 250/10 | monitoring of an aid to navigation | General Lighthouse Authorities |
//!
//! Others stay what they are: DAC, FI and bits. Bits are counted from the start of the application data.

mod inland;
mod weather;

pub use inland::{InlandPersons, InlandShip};
pub use weather::{MetHydro11, MetHydro31};

use super::bits::{Bits, Tail, U};
use super::record::{Record, coded, record};

record! {
    /// Head of a text telegram; six-bit text follows.
    pub struct TelegramHead (0..12) {
        acknowledge: bool = 0,
        sequence: U<11> = 1,
    }
}

record! {
    /// Head of a text description; six-bit text follows.
    pub struct DescriptionHead (0..10) {
        linkage: U<10> = 0,
    }
}

coded! {
    /// Number of persons; 0 = not available, 8191 = that or more.
    Persons13: u 13, 1..=8191, * 1.0 + 0.0, "";
    /// Supply of an aid to navigation, 0.05 V a step; 0 = not available.
    Supply10: u 10, 1..=1023, * 0.05 + 0.0, "V";
}

record! {
    /// How many are on board.
    pub struct PersonsOnBoard (0..16) {
        persons: Persons13 = 0,
        spare: U<3> = 13,
    }
}

record! {
    /// An aid to navigation reports its health.
    pub struct AidMonitoring (0..48) {
        internal: Supply10 = 0,
        external1: Supply10 = 10,
        external2: Supply10 = 20,
        /// 0 none, 1 not monitored, 2 operational, 3 error.
        racon: U<2> = 30,
        /// 0 none, 1 on, 2 off, 3 error.
        light: U<2> = 32,
        alarm: bool = 34,
        status: U<8> = 35,
        off_position: bool = 43,
        spare: U<4> = 44,
    }
}

/// Application data that we can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived, on the stack")]
pub enum Application<'a> {
    Telegram(TelegramHead, Tail<'a>),
    Description(DescriptionHead, Tail<'a>),
    Persons(PersonsOnBoard),
    MetHydro11(MetHydro11),
    MetHydro31(MetHydro31),
    InlandShip(InlandShip),
    InlandPersons(InlandPersons),
    AidMonitoring(AidMonitoring),
}

impl<'a> Application<'a> {
    /// `None`: an application we don't know, or data too short for it.
    pub fn read(dac: u32, function: u32, data: Tail<'a>) -> Option<Self> {
        Some(match (dac, function) {
            (1, 0) => Self::Telegram(exact(data)?, data.skip(TelegramHead::END)),
            (1, 29 | 30) => Self::Description(exact(data)?, data.skip(DescriptionHead::END)),
            (1, 16) if data.len() <= PersonsOnBoard::END + 8 => Self::Persons(exact(data)?),
            (1, 40) => Self::Persons(exact(data)?),
            (1, 11) => Self::MetHydro11(exact(data)?),
            (1, 31) => Self::MetHydro31(exact(data)?),
            // Encrypted variants of 200/10 are longer.
            (200, 10) if data.len() <= InlandShip::END + 8 => Self::InlandShip(exact(data)?),
            (200, 55) => Self::InlandPersons(exact(data)?),
            (235 | 250, 10) => Self::AidMonitoring(exact(data)?),
            _ => return None,
        })
    }

    /// The data as bits: what [`Application::read`] reads.
    pub fn encode(&self) -> Bits {
        let mut bits = Bits::new();
        match self {
            Self::Telegram(head, text) => {
                head.write(&mut bits, 0);
                text.append_to(&mut bits);
            }
            Self::Description(head, text) => {
                head.write(&mut bits, 0);
                text.append_to(&mut bits);
            }
            Self::Persons(r) => r.write(&mut bits, 0),
            Self::MetHydro11(r) => r.write(&mut bits, 0),
            Self::MetHydro31(r) => r.write(&mut bits, 0),
            Self::InlandShip(r) => r.write(&mut bits, 0),
            Self::InlandPersons(r) => r.write(&mut bits, 0),
            Self::AidMonitoring(r) => r.write(&mut bits, 0),
        }
        bits
    }

    /// Calls `each` with the name and value of every field.
    pub fn list(&self, each: &mut dyn FnMut(&'static str, super::Value)) {
        match self {
            Self::Telegram(r, _) => r.list(each),
            Self::Description(r, _) => r.list(each),
            Self::Persons(r) => r.list(each),
            Self::MetHydro11(r) => r.list(each),
            Self::MetHydro31(r) => r.list(each),
            Self::InlandShip(r) => r.list(each),
            Self::InlandPersons(r) => r.list(each),
            Self::AidMonitoring(r) => r.list(each),
        }
    }
}

/// Spare bits at the end of a table (at most this many) may be missing.
const SPARES: usize = 10;

fn exact<R: Record>(data: Tail<'_>) -> Option<R> {
    (R::END.saturating_sub(SPARES) <= data.len()).then(|| R::read(&data.to_bits(), 0))
}
