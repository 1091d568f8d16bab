//! HDLC as AIS and AX.25 use it: NRZI, flags, bit stuffing, CRC-16/X.25 (ISO/IEC 13239).
//!
//! ```text
//!   level   ▔▔▔▁▁▁▁▁▁▁▔…   NRZI: 0 = the level changes, 1 = it stays
//!   bits    01111110 | data, least significant bit of each byte first, a 0 stuffed behind five 1s | FCS | 01111110
//! ```
//! The FCS is CRC-16 with polynomial x¹⁶+x¹²+x⁵+1, register preset to ones, result inverted, sent least significant bit first.
//! A frame with its FCS leaves the register at [`GOOD_FCS`].

/// What the CRC register holds after a frame and its right FCS.
pub const GOOD_FCS: u16 = 0xF0B8;

/// CRC-16/X.25 register over `bytes`, before the final inversion.
pub fn crc_register(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, &b| (crc >> 8) ^ CRC_TABLE[usize::from((crc ^ u16::from(b)) as u8)])
}

/// The FCS as sent: low byte first.
pub fn fcs(bytes: &[u8]) -> [u8; 2] {
    (!crc_register(bytes)).to_le_bytes()
}

static CRC_TABLE: [u16; 256] = {
    let mut table = [0u16; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x8408 } else { crc >> 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

/// NRZI levels to bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nrzi {
    level: bool,
}

impl Nrzi {
    pub const fn new() -> Self {
        Self { level: false }
    }

    #[inline]
    pub fn bit(&mut self, level: bool) -> bool {
        let same = level == self.level;
        self.level = level;
        same
    }
}

/// What a bit brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing to tell.
    More,
    /// A flag that ended no frame; what follows may be one.
    Flag,
    /// A flag that ended whole bytes: read them with [`Deframer::bytes`], FCS included and not yet checked.
    Frame,
    /// A flag that ended what is no whole number of bytes.
    Ragged,
    /// Seven ones, or more bytes than a frame has.
    Abort,
}

/// Finds frames in a stream of bits. `MAX` bytes, FCS included.
#[derive(Clone, Debug)]
pub struct Deframer<const MAX: usize> {
    bytes: [u8; MAX],
    /// Bits since the opening flag, stuffed ones left out, the closing flag's first seven included.
    bits: usize,
    /// Bytes of the frame that was last told.
    len: usize,
    ones: u8,
    open: bool,
}

impl<const MAX: usize> Deframer<MAX> {
    pub const fn new() -> Self {
        Self { bytes: [0; MAX], bits: 0, len: 0, ones: 0, open: false }
    }

    /// As just behind an opening flag.
    pub fn start(&mut self) {
        self.bits = 0;
        self.ones = 0;
        self.open = true;
    }

    /// The frame that the last [`Heard::Frame`] told of; gone with the next bit.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The bytes of the frame being heard that are complete. Up to one byte of them may belong to a flag that has begun.
    pub fn so_far(&self) -> &[u8] {
        &self.bytes[..(self.bits / 8).min(MAX)]
    }

    #[inline]
    pub fn push(&mut self, bit: bool) -> Heard {
        if bit {
            self.ones = (self.ones + 1).min(7);
            if self.ones == 7 {
                self.open = false;
                return Heard::Abort;
            }
            return self.keep(true);
        }
        match core::mem::take(&mut self.ones) {
            5 => Heard::More,
            6 => self.flag(),
            7 => Heard::More,
            _ => self.keep(false),
        }
    }

    #[inline]
    fn keep(&mut self, bit: bool) -> Heard {
        if !self.open {
            return Heard::More;
        }
        if let Some(byte) = self.bytes.get_mut(self.bits / 8) {
            let mask = 1 << (self.bits % 8);
            *byte = if bit { *byte | mask } else { *byte & !mask };
        } else if MAX * 8 + 7 <= self.bits {
            self.open = false;
            return Heard::Abort;
        }
        self.bits += 1;
        Heard::More
    }

    /// The flag's first 0 and six ones have been kept as data; this is its last 0.
    fn flag(&mut self) -> Heard {
        let was_open = core::mem::replace(&mut self.open, true);
        let bits = core::mem::take(&mut self.bits);
        if !was_open || bits <= 7 {
            return Heard::Flag;
        }
        self.len = (bits - 7) / 8;
        if (bits - 7).is_multiple_of(8) { Heard::Frame } else { Heard::Ragged }
    }
}

impl<const MAX: usize> Default for Deframer<MAX> {
    fn default() -> Self {
        Self::new()
    }
}

/// Calls `send` with every bit of a frame: flag, stuffed data and FCS, flag. For tests, remodulation and transmitters.
pub fn frame_bits(bytes: &[u8], send: &mut dyn FnMut(bool)) {
    let flag = |send: &mut dyn FnMut(bool)| (0..8).for_each(|i| send(0x7E >> i & 1 == 1));
    flag(send);
    let mut ones = 0;
    for &byte in bytes.iter().chain(&fcs(bytes)) {
        for i in 0..8 {
            let bit = byte >> i & 1 == 1;
            send(bit);
            ones = if bit { ones + 1 } else { 0 };
            if ones == 5 {
                send(false);
                ones = 0;
            }
        }
    }
    flag(send);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fcs_is_that_of_the_standard() {
        // Check value of CRC-16/X-25 for "123456789" is 906E.
        assert_eq!(fcs(b"123456789"), 0x906E_u16.to_le_bytes());
        assert_eq!(crc_register(b"123456789\x6e\x90"), GOOD_FCS);
    }

    #[test]
    fn flags_may_share_a_zero_and_follow_each_other() {
        let mut deframer = Deframer::<8>::new();
        let heard: Vec<_> = [0x7E, 0x7E].iter().flat_map(|b| (0..8).map(move |i| b >> i & 1 == 1)).map(|b| deframer.push(b)).collect();
        assert_eq!(heard.iter().filter(|&&h| h == Heard::Flag).count(), 2);
        // 011111101111110: the zero between belongs to both.
        let mut deframer = Deframer::<8>::new();
        let heard: Vec<_> = "011111101111110".chars().map(|c| deframer.push(c == '1')).collect();
        assert_eq!(heard.iter().filter(|&&h| h == Heard::Flag).count(), 2);
    }

    fn frames(bits: &[bool]) -> Vec<Vec<u8>> {
        let mut deframer = Deframer::<40>::new();
        let mut found = Vec::new();
        for &bit in bits {
            if deframer.push(bit) == Heard::Frame {
                found.push(deframer.bytes().to_vec());
            }
        }
        found
    }

    proptest! {
        #[test]
        fn what_is_framed_is_found(bytes in prop::collection::vec(any::<u8>(), 1..39), noise in prop::collection::vec(any::<bool>(), 0..40)) {
            let mut bits = noise;
            // Noise may end in a way that swallows a flag; idle flags precede a frame anyway.
            (0..2).for_each(|_| frame_bits(&[], &mut |b| bits.push(b)));
            frame_bits(&bytes, &mut |b| bits.push(b));
            let found = frames(&bits);
            if bytes.len() + 2 <= 40 {
                let whole = found.last().unwrap();
                prop_assert_eq!(&whole[..whole.len() - 2], &bytes[..]);
                prop_assert_eq!(crc_register(whole), GOOD_FCS);
            }
        }

        #[test]
        fn noise_never_makes_a_frame_longer_than_allowed(bits in prop::collection::vec(any::<bool>(), 0..2000)) {
            for frame in frames(&bits) {
                prop_assert!(!frame.is_empty() && frame.len() <= 40);
            }
        }

        #[test]
        fn nrzi_tells_changes_from_stays(bits in prop::collection::vec(any::<bool>(), 1..100)) {
            let mut level = false;
            let mut nrzi = Nrzi::default();
            for bit in bits {
                level = if bit { level } else { !level };
                prop_assert_eq!(nrzi.bit(level), bit);
            }
        }
    }
}
