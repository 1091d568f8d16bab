//! Who a fact is about ([`Subject`]), and who reported it ([`StationId`], [`Epoch`]).

use crate::ShortText;
use core::fmt;

/// A 24-bit aircraft address (ICAO Annex 10 Vol. III ch. 9). 0 and 0xFFFFFF are not addresses of an aircraft,
/// but are representable, because they are heard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Icao24(u32);

impl Icao24 {
    pub const fn new(address: u32) -> Option<Self> {
        if address <= 0xFF_FFFF { Some(Self(address)) } else { None }
    }

    /// From the three address bytes, most significant first.
    pub const fn from_bytes(b: [u8; 3]) -> Self {
        Self((b[0] as u32) << 16 | (b[1] as u32) << 8 | b[2] as u32)
    }

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Icao24 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}", self.0)
    }
}

impl fmt::Debug for Icao24 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Icao24({self})")
    }
}

/// A maritime mobile service identity: nine decimal digits (ITU-R M.585). 30 bits on the air hold up to 1,073,741,823;
/// only 0..=999,999,999 is an MMSI.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mmsi(u32);

impl Mmsi {
    pub const fn new(mmsi: u32) -> Option<Self> {
        if mmsi <= 999_999_999 { Some(Self(mmsi)) } else { None }
    }

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Mmsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

impl fmt::Debug for Mmsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mmsi({self})")
    }
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An aircraft, or a ground vehicle with a Mode S transponder, by its ICAO address.
    Aircraft(Icao24),
    /// A transmitter with a 24-bit address that ICAO did not assign (TIS-B track file numbers, anonymous addresses…).
    NonIcao(Icao24),
    /// A vessel, base station, aid to navigation, SAR aircraft or distress device, by its MMSI.
    Vessel(Mmsi),
    /// An APRS station (`N0CALL-9`), object or item, by its name.
    Callsign(ShortText<9>),
}

impl fmt::Display for Subject {
    /// `icao:4840d6`, `nonicao:4840d6`, `mmsi:002320001`, `call:N0CALL-9`: stable, used in URLs and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aircraft(a) => write!(f, "icao:{a}"),
            Self::NonIcao(a) => write!(f, "nonicao:{a}"),
            Self::Vessel(m) => write!(f, "mmsi:{m}"),
            Self::Callsign(c) => write!(f, "call:{c}"),
        }
    }
}

/// A station's name: 1–64 of `a–z 0–9 -`, not beginning or ending with `-`. It is the slug in every API and the
/// identity in the station's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StationId(ShortText<64>);

impl StationId {
    pub fn new(slug: &str) -> Option<Self> {
        let allowed = slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let edges = !slug.starts_with('-') && !slug.ends_with('-');
        if slug.is_empty() || !allowed || !edges { None } else { ShortText::new(slug).ok().map(Self) }
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for StationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One opening of a spool: random, new each time a station opens its spool, so that a restored disk image can't reuse
/// sequence numbers. (Kept across openings, a set-back spool that wrote on until it had passed the central's watermark
/// looked like an ordinary resume, and everything it had renumbered was skipped as a repeat.)
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_ranges() {
        assert_eq!(Icao24::new(0x1_00_0000), None);
        assert_eq!(Icao24::from_bytes([0x48, 0x40, 0xd6]).to_string(), "4840d6");
        assert_eq!(Mmsi::new(1_000_000_000), None);
        assert_eq!(Mmsi::new(2_320_001).unwrap().to_string(), "002320001");
    }

    #[test]
    fn station_ids_are_slugs() {
        for good in ["alpha", "toc-s1", "7"] {
            assert_eq!(StationId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "Alpha", "a_b", "a b", &"x".repeat(65)] {
            assert_eq!(StationId::new(bad), None, "{bad}");
        }
    }
}
