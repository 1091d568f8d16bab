//! A Mode A/C reply as two bytes, as Beast (type `1`), AVR and [`model::Frame`] carry it.
//!
//! ```text
//!   on the air   F1 C1 A1 C2 A2 C4 A4  X B1 D1 B2 D2 B4 D4 F2  ·  · SPI     a pulse every 1.45 µs
//!   two bytes    0 A4 A2 A1  0 B4 B2 B1  SPI C4 C2 C1  0 D4 D2 D1           the squawk in hexadecimal, and 0x0080
//! ```
//!
//! Nothing in a reply says whether it answers "who" (Mode A) or "how high" (Mode C), nor who sent it: 12 bits, no parity. So both
//! meanings are candidates, and only one when no altitude encoder makes the code (Annex 10 Vol. IV §3.1.1.6, appendix to ch. 3).

use super::message::altitude;

/// Bytes of a reply.
pub const BYTES: usize = 2;
const SPI: u16 = 0x0080;
const UNUSED: u16 = 0x8808;
/// Where each of the 13 pulses between F1 and F2, in their order on the air, stands in the two bytes. X stands nowhere.
const PLACES: [u16; 13] = [0x0010, 0x1000, 0x0020, 0x2000, 0x0040, 0x4000, 0, 0x0100, 0x0001, 0x0200, 0x0002, 0x0400, 0x0004];
/// D1 is never sent in an altitude: its place is the Q bit of Mode S.
const D1: u16 = 0x0001;

/// A reply: a code and the special position identification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModeAc(u16);

impl ModeAc {
    /// From the pulses between F1 and F2 in their order on the air, the first as bit 12; X is passed over.
    pub fn from_pulses(pulses: u16, spi: bool) -> Self {
        let sent = PLACES.iter().enumerate().filter(|(i, _)| pulses >> (12 - i) & 1 == 1);
        Self(sent.fold(if spi { SPI } else { 0 }, |word, (_, place)| word | place))
    }

    /// `None`: of another length, or a bit is set where there is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = u16::from_be_bytes(bytes.try_into().ok()?);
        (word & UNUSED == 0).then_some(Self(word))
    }

    pub fn to_bytes(self) -> [u8; BYTES] {
        self.0.to_be_bytes()
    }

    pub fn pulses(self) -> u16 {
        PLACES.iter().fold(0, |pulses, place| pulses << 1 | u16::from(self.0 & place != 0))
    }

    /// Special position identification: the pilot pressed "ident".
    pub fn spi(self) -> bool {
        self.0 & SPI != 0
    }

    /// Read as an identity: four octal digits in decimal.
    pub fn squawk(self) -> u16 {
        altitude::squawk(u32::from(self.pulses()))
    }

    /// Read as a pressure altitude, feet in steps of 100; `None` when no encoder makes this code (and for SPI, which goes with an
    /// identity).
    pub fn baro_alt_ft(self) -> Option<i32> {
        if self.0 & (D1 | SPI) != 0 { None } else { altitude::from_ac13(u32::from(self.pulses())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_codes() {
        for (bytes, squawk, alt_ft) in [
            ([0x00, 0x00], 0, None),
            ([0x00, 0x40], 40, Some(-1200)),
            ([0x06, 0x20], 620, Some(0)),
            ([0x12, 0x00], 1200, None),
            ([0x21, 0x43], 2143, None),
        ] {
            let reply = ModeAc::from_bytes(&bytes).unwrap();
            assert_eq!((reply.squawk(), reply.spi(), reply.to_bytes()), (squawk, false, bytes));
            assert_eq!(reply.baro_alt_ft(), alt_ft, "{squawk}");
        }
        let ident = ModeAc::from_bytes(&[0x06, 0xA0]).unwrap();
        assert_eq!((ident.squawk(), ident.spi(), ident.baro_alt_ft()), (620, true, None));
        for bad in [&[0x80, 0x00][..], &[0x08, 0x00], &[0x00, 0x08], &[0x12], &[0x12, 0x34, 0x56]] {
            assert_eq!(ModeAc::from_bytes(bad), None);
        }
    }

    #[test]
    fn pulses_and_bytes_are_the_same_thing() {
        for pulses in (0..1_u16 << 13).filter(|p| p & 1 << 6 == 0) {
            for spi in [false, true] {
                let reply = ModeAc::from_pulses(pulses, spi);
                assert_eq!((reply.pulses(), reply.spi(), ModeAc::from_bytes(&reply.to_bytes())), (pulses, spi, Some(reply)));
                assert_eq!(format!("{:04}", reply.squawk()), format!("{:04x}", reply.0 & !SPI));
            }
        }
    }
}
