//! FX.25: an HDLC frame inside a Reed–Solomon word, found by a tag in front of it (stensat draft of 2006).
//!
//! ```text
//!   tag 64 bits, least significant first │ data k (flag, stuffed frame, FCS, flag, flags as filling) │ parity r
//! ```
//! Behind NRZI, as plain frames are, so that receivers without it hear the frame inside. The word is one of 255 bytes whose missing
//! ones, zeros, lie between data and parity.

use super::reader::FRAME_BYTES_MAX;
use crate::hdlc::{Deframer, GOOD_FCS, Heard, crc_register};
use crate::reed_solomon::{Code, FX25};

/// Tag, data and parity (§4, table 1).
const FORMATS: [(u64, usize, usize); 11] = [
    (0xB74D_B7DF_8A53_2F3E, 239, 16),
    (0x26FF_60A6_00CC_8FDE, 128, 16),
    (0xC7DC_0508_F3D9_B09E, 64, 16),
    (0x8F05_6EB4_3696_60EE, 32, 16),
    (0x6E26_0B1A_C583_5FAE, 223, 32),
    (0xFF94_DC63_4F1C_FF4E, 128, 32),
    (0x1EB7_B9CD_BC09_C00E, 64, 32),
    (0xDBF8_69BD_2DBB_1776, 32, 32),
    (0x3ADB_0C13_DEAE_2836, 191, 64),
    (0xAB69_DB6A_5431_88D6, 128, 64),
    (0x4A4A_BEC4_A724_B796, 64, 64),
];
/// Wrong bits of a tag. Noise makes one so good once in a century.
const TAG_ERRORS_MAX: u32 = 8;
const WORD: usize = 255;

/// A word being collected.
#[derive(Debug)]
pub struct Fx25 {
    last: u64,
    /// Which format, and bits so far.
    open: Option<(usize, usize)>,
    word: [u8; WORD],
    deframer: Deframer<FRAME_BYTES_MAX>,
    opened_at: u64,
}

impl Fx25 {
    pub const fn new() -> Self {
        Self { last: 0, open: None, word: [0; WORD], deframer: Deframer::new(), opened_at: 0 }
    }

    /// Takes a bit behind NRZI, which ended at `at`. How many bytes were set right, when a whole frame with its FCS is in
    /// [`Self::bytes`].
    #[inline]
    pub fn push(&mut self, bit: bool, at: u64) -> Option<usize> {
        self.last = self.last >> 1 | u64::from(bit) << 63;
        let Some((format, bits)) = self.open else {
            self.look(at);
            return None;
        };
        let (_, data, parity) = FORMATS[format];
        // Data lies at the front of the word, parity at its end.
        let byte = if bits / 8 < data { bits / 8 } else { WORD - parity + bits / 8 - data };
        self.word[byte] |= u8::from(bit) << (bits % 8);
        if bits + 1 < 8 * (data + parity) {
            self.open = Some((format, bits + 1));
            return None;
        }
        self.open = None;
        self.read(data, parity)
    }

    /// The frame with its FCS.
    pub fn bytes(&self) -> &[u8] {
        self.deframer.bytes()
    }

    /// Where the opening flag ended.
    pub fn opened_at(&self) -> u64 {
        self.opened_at
    }

    #[inline]
    fn look(&mut self, at: u64) {
        let found = FORMATS.iter().position(|(tag, ..)| (tag ^ self.last).count_ones() <= TAG_ERRORS_MAX);
        if let Some(format) = found {
            self.open = Some((format, 0));
            self.word = [0; WORD];
            self.opened_at = at + 8 * super::trellis::STEPS as u64;
        }
    }

    fn read(&mut self, data: usize, parity: usize) -> Option<usize> {
        let corrected = Code { length: WORD, parity, field: &FX25 }.correct(&mut self.word, &[]).ok()?;
        self.deframer = Deframer::new();
        for bit in 0..8 * data {
            let heard = self.deframer.push(self.word[bit / 8] >> (bit % 8) & 1 == 1);
            if heard == Heard::Frame && crc_register(self.deframer.bytes()) == GOOD_FCS {
                return Some(corrected);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdlc::frame_bits;
    use crate::reed_solomon::encode;
    use proptest::prelude::*;

    /// A frame as it is sent.
    fn sent(format: usize, frame: &[u8]) -> Vec<bool> {
        let (tag, data, parity) = FORMATS[format];
        let mut bits = Vec::new();
        frame_bits(frame, &mut |b| bits.push(b));
        while bits.len() < 8 * data {
            bits.push(0x7E >> (bits.len() % 8) & 1 == 1);
        }
        let mut word: Vec<u8> = bits.chunks(8).map(|c| c.iter().rev().fold(0, |b, bit| b << 1 | u8::from(*bit))).collect();
        word.resize(WORD - parity, 0);
        let check = encode(Code { length: WORD, parity, field: &FX25 }, &word).split_off(WORD - parity);
        word.truncate(data);
        word.extend(check);
        let bytes = tag.to_le_bytes().into_iter().chain(word);
        bytes.flat_map(|b| (0..8).map(move |i| b >> i & 1 == 1)).collect()
    }

    proptest! {
        #[test]
        fn errors_within_reach_are_set_right(
            format in 0..FORMATS.len(), frame in prop::collection::vec(any::<u8>(), 17..20),
            noise in prop::collection::vec(any::<bool>(), 0..40), places in prop::collection::vec(0..10_000_usize, 8),
        ) {
            let (_, data, parity) = FORMATS[format];
            let mut bits = sent(format, &frame);
            // Up to half the parity in bytes, and some of the tag.
            for place in &places {
                bits[64 + place % (8 * (data + parity))] ^= true;
            }
            bits[places[0] % 64] ^= true;
            let mut fx25 = Fx25::new();
            let stream: Vec<bool> = noise.into_iter().chain(bits).collect();
            let found: Vec<usize> = stream.iter().enumerate().filter_map(|(at, bit)| fx25.push(*bit, at as u64)).collect();
            prop_assert_eq!(found.len(), 1);
            prop_assert!(found[0] <= 8);
            prop_assert_eq!(&fx25.bytes()[..frame.len()], &frame[..]);
        }

        #[test]
        fn any_bits_are_taken(bits in prop::collection::vec(any::<bool>(), 0..3000), format in 0..FORMATS.len()) {
            let mut fx25 = Fx25::new();
            let tag = FORMATS[format].0;
            let stream = (0..64).map(|i| tag >> i & 1 == 1).chain(bits);
            for (at, bit) in stream.enumerate() {
                if fx25.push(bit, at as u64).is_some() {
                    prop_assert_eq!(crc_register(fx25.bytes()), GOOD_FCS);
                }
            }
        }
    }
}
