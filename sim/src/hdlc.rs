//! HDLC as AIS and AX.25 use it (ISO/IEC 13239): check sequence, bit stuffing, flags, and NRZI.
//!
//! ```text
//!   01111110 │ data, each byte least significant bit first, a zero after five ones │ FCS, low byte first │ 01111110
//! ```
//! NRZI: a zero changes the level, a one keeps it.

/// The 16-bit check sequence (CRC-16/X-25: x¹⁶ + x¹² + x⁵ + 1, reflected, preset to ones, inverted).
pub fn fcs(bytes: &[u8]) -> u16 {
    let mut rest = 0xFFFF_u16;
    for byte in bytes {
        rest ^= u16::from(*byte);
        for _ in 0..8 {
            rest = if rest & 1 == 1 { rest >> 1 ^ 0x8408 } else { rest >> 1 };
        }
    }
    !rest
}

/// Opening flag, stuffed data and check sequence, closing flag, as bits before NRZI.
pub fn frame_bits(bytes: &[u8]) -> Vec<bool> {
    frame_bits_with_fcs(bytes, fcs(bytes))
}

/// The same with a check sequence of one's own: wrong on purpose, say.
pub fn frame_bits_with_fcs(bytes: &[u8], fcs: u16) -> Vec<bool> {
    let mut bits = flag().to_vec();
    let mut ones = 0;
    for byte in bytes.iter().chain(&fcs.to_le_bytes()) {
        for i in 0..8 {
            let bit = byte >> i & 1 == 1;
            bits.push(bit);
            ones = if bit { ones + 1 } else { 0 };
            if ones == 5 {
                bits.push(false);
                ones = 0;
            }
        }
    }
    bits.extend(flag());
    bits
}

pub const fn flag() -> [bool; 8] {
    [false, true, true, true, true, true, true, false]
}

/// Levels, beginning from `level`.
pub fn nrzi(bits: &[bool], mut level: bool) -> Vec<bool> {
    let mut next = |bit: &bool| {
        level ^= !bit;
        level
    };
    bits.iter().map(&mut next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_is_the_published_one() {
        assert_eq!(fcs(b"123456789"), 0x906E);
    }

    #[test]
    fn no_flag_appears_inside() {
        for pattern in [0xFF, 0x7E, 0x3F, 0xFC, 0x00] {
            let bits = frame_bits(&[pattern; 40]);
            let inside = &bits[1..bits.len() - 1];
            assert!(!inside.windows(8).any(|w| w == flag()));
            assert!(!bits[8..bits.len() - 8].windows(6).any(|w| w.iter().all(|b| *b)));
        }
    }

    #[test]
    fn a_receiver_gets_the_bytes_back() {
        let data: Vec<u8> = (0..=255).collect();
        let levels = nrzi(&frame_bits(&data), true);
        let mut last = true;
        let bits: Vec<bool> = levels
            .iter()
            .map(|l| {
                let same = *l == last;
                last = *l;
                same
            })
            .collect();
        let (mut ones, mut plain) = (0, Vec::new());
        for bit in &bits[8..bits.len() - 8] {
            if ones != 5 {
                plain.push(*bit);
            }
            ones = if *bit { ones + 1 } else { 0 };
        }
        let bytes: Vec<u8> = plain.chunks(8).map(|c| c.iter().rev().fold(0, |b, bit| b << 1 | u8::from(*bit))).collect();
        assert_eq!(&bytes[..256], data);
        assert_eq!(bytes[256..], fcs(&data).to_le_bytes());
    }
}
