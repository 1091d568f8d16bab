//! Mode S frames: 56 or 112 bits with their parity (ICAO Annex 10 Vol. IV §3.1.2; RTCA DO-260B §2.2.3).
//!
//! ```text
//! bit   1    6    9                    33                                    89            112
//!      ┌────┬────┬─────────────────────┬──────────────────────────────────────┬─────────────┐
//!      │ DF │ CA │ address 24          │ ME 56 (long frames only)             │ PI or AP 24 │
//!      └────┴────┴─────────────────────┴──────────────────────────────────────┴─────────────┘
//! ```
//! The last 24 bits are the remainder of everything before divided by G(x) = x²⁴ + x²³ + … + x³ + 1 + x¹²  + x¹⁰ (0x1FFF409),
//! with the interrogator's code (PI) or the address (AP) added.

use core::fmt;

const POLYNOMIAL: u32 = 0x00FF_F409;

/// The remainder that goes into the last three bytes.
pub fn parity(bytes: &[u8]) -> u32 {
    let mut rest = 0_u32;
    for byte in bytes {
        rest ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            rest <<= 1;
            if rest & 0x0100_0000 != 0 {
                rest ^= 0x0100_0000 | POLYNOMIAL;
            }
        }
    }
    rest
}

/// A frame of 7 or 14 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModeS {
    bytes: [u8; 14],
    long: bool,
}

impl ModeS {
    /// Takes the frame without its parity (4 or 11 bytes) and adds it with `overlay` (address or interrogator code).
    pub fn seal(body: &[u8], overlay: u32) -> Self {
        assert!(body.len() == 4 || body.len() == 11, "a body of {} bytes", body.len());
        let mut bytes = [0; 14];
        bytes[..body.len()].copy_from_slice(body);
        let sum = parity(body) ^ (overlay & 0x00FF_FFFF);
        bytes[body.len()..body.len() + 3].copy_from_slice(&sum.to_be_bytes()[1..]);
        Self { bytes, long: body.len() == 11 }
    }

    /// A frame as it is, right or wrong. `None` unless it has 7 or 14 bytes.
    pub fn from_bytes(frame: &[u8]) -> Option<Self> {
        if frame.len() != 7 && frame.len() != 14 {
            return None;
        }
        let mut bytes = [0; 14];
        bytes[..frame.len()].copy_from_slice(frame);
        Some(Self { bytes, long: frame.len() == 14 })
    }

    /// 14 or 28 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 14 && digits.len() != 28 {
            return None;
        }
        let mut bytes = [0_u8; 14];
        for (i, c) in digits.iter().enumerate() {
            let nibble = (*c as char).to_digit(16)? as u8;
            bytes[i / 2] |= nibble << (4 * (1 - i % 2));
        }
        Some(Self { bytes, long: digits.len() == 28 })
    }

    pub fn as_slice(&self) -> &[u8] {
        if self.long { &self.bytes } else { &self.bytes[..7] }
    }

    pub fn bits(&self) -> usize {
        self.as_slice().len() * 8
    }

    /// Bit `index`, 0 = first on the air.
    pub fn bit(&self, index: usize) -> bool {
        self.bytes[index / 8] >> (7 - index % 8) & 1 == 1
    }

    /// Downlink format; 24 for every long frame that begins with two ones.
    pub fn df(&self) -> u8 {
        (self.bytes[0] >> 3).min(24)
    }

    /// The address: in the clear for DF 11, 17 and 18, else what remains of the parity, which is the address for a frame
    /// with address parity and without errors.
    pub fn address(&self) -> u32 {
        match self.df() {
            11 | 17 | 18 => u32::from_be_bytes([0, self.bytes[1], self.bytes[2], self.bytes[3]]),
            _ => self.residue(),
        }
    }

    /// Parity received minus parity computed: 0 or an interrogator code for DF 11, 17, 18, the address for the others.
    pub fn residue(&self) -> u32 {
        let (body, sum) = self.as_slice().split_at(self.as_slice().len() - 3);
        parity(body) ^ u32::from_be_bytes([0, sum[0], sum[1], sum[2]])
    }

    pub fn hex(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for ModeS {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for ModeS {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModeS({self})")
    }
}

/// Fields packed most significant bit first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields {
    bits: u128,
    len: u32,
}

impl Fields {
    /// Appends the low `width` bits of `value`, which must fit.
    pub fn put(mut self, width: u32, value: u32) -> Self {
        assert!(width == 32 || value >> width == 0, "{value} in {width} bits");
        self.bits = self.bits << width | u128::from(value);
        self.len += width;
        self
    }

    pub fn put_long(mut self, width: u32, value: u64) -> Self {
        assert!(width < 64 && value >> width == 0, "{value} in {width} bits");
        self.bits = self.bits << width | u128::from(value);
        self.len += width;
        self
    }

    /// The 56 bits of a message field.
    pub fn me(self) -> u64 {
        assert!(self.len == 56, "a message of {} bits", self.len);
        self.bits as u64
    }

    /// Adds parity to the 32 or 88 bits before it.
    pub fn seal(self, overlay: u32) -> ModeS {
        assert!(self.len == 32 || self.len == 88, "a body of {} bits", self.len);
        let bytes = (self.bits << (128 - self.len)).to_be_bytes();
        ModeS::seal(&bytes[..self.len as usize / 8], overlay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_frames_have_their_parity() {
        for hex in ["8d4840d6202cc371c32ce0576098", "8d40621d58c382d690c8ac2863a7", "8d485020994409940838175b284f"] {
            let frame = ModeS::from_hex(hex).unwrap();
            assert_eq!((frame.df(), frame.residue()), (17, 0), "{hex}");
            assert_eq!(frame.hex(), hex);
        }
        assert_eq!(ModeS::from_hex("8d4840d6202cc371c32ce0576098").unwrap().address(), 0x4840d6);
    }

    #[test]
    fn sealing_adds_the_overlay() {
        let frame = Fields::default().put(5, 4).put(27, 0x123).seal(0x4840d6);
        assert_eq!((frame.df(), frame.address(), frame.bits()), (4, 0x4840d6, 56));
    }

    #[test]
    fn hex_of_a_wrong_length_is_no_frame() {
        assert_eq!(ModeS::from_hex("8d48"), None);
        assert_eq!(ModeS::from_hex("8d4840d6202cc371c32ce057609x"), None);
        assert_eq!(ModeS::from_bytes(&[0; 8]), None);
    }
}
