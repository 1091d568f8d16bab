//! Mode S parity: CRC-24 (ICAO Annex 10 Vol. IV §3.1.2.3.3; generator polynomial 1FFF409, 0xFFF409 without its top term).
//!
//! ```text
//!   short, 56 bits:  | 32 bits data | 24 parity |        long, 112 bits:  | 88 bits data | 24 parity |
//!   parity field = CRC(data) xor overlay
//!   overlay: 0 (DF 17, 18), interrogator code (DF 11), address of the aircraft (DF 0, 4, 5, 16, 20, 21, 24)
//! ```
//!
//! [`syndrome`] is therefore the overlay when no bit is wrong. CRC is linear: one flipped bit adds that bit's own
//! syndrome, whatever the frame, which is what [`bit_syndromes`] and [`single_bit`] are for.

/// The generator without its x^24 term.
pub const GENERATOR: u32 = 0xFF_F409;
/// A short reply.
pub const SHORT_BYTES: usize = 7;
/// A long reply.
pub const LONG_BYTES: usize = 14;
const LONG_BITS: usize = 8 * LONG_BYTES;
/// An interrogator code fills the low 7 bits of a DF 11 overlay: II 0–15, or SI 1–63 with the code label 1–4 above it.
pub const INTERROGATOR_MAX: u32 = 79;

/// Four tables, so that four bytes are folded in one step: `TABLES[k][b]` is the remainder of byte `b` followed by `k` zero bytes.
static TABLES: [[u32; 256]; 4] = tables();
static BIT_SYNDROMES: [u32; LONG_BITS] = compute_bit_syndromes();

const fn tables() -> [[u32; 256]; 4] {
    let mut tables = [[0; 256]; 4];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x80_0000 != 0 { (crc << 1) ^ GENERATOR } else { crc << 1 } & 0xFF_FFFF;
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut k = 1;
    while k < 4 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[k - 1][byte];
            tables[k][byte] = ((before << 8) & 0xFF_FFFF) ^ tables[0][(before >> 16) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
}

const fn compute_bit_syndromes() -> [u32; LONG_BITS] {
    let mut out = [0; LONG_BITS];
    let mut bit = LONG_BITS;
    let mut syndrome = 1;
    while 0 < bit {
        bit -= 1;
        out[bit] = syndrome;
        syndrome = if syndrome & 0x80_0000 != 0 { ((syndrome << 1) & 0xFF_FFFF) ^ GENERATOR } else { syndrome << 1 };
    }
    out
}

/// The remainder of `data` followed by 24 zero bits: what the parity field would be for data without overlay.
#[inline]
pub fn crc(data: &[u8]) -> u32 {
    let mut crc = 0;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mixed = u32::from_be_bytes([word[0], word[1], word[2], word[3]]) ^ (crc << 8);
        crc = TABLES[3][(mixed >> 24) as usize]
            ^ TABLES[2][(mixed >> 16 & 0xFF) as usize]
            ^ TABLES[1][(mixed >> 8 & 0xFF) as usize]
            ^ TABLES[0][(mixed & 0xFF) as usize];
    }
    for &byte in words.remainder() {
        crc = ((crc << 8) & 0xFF_FFFF) ^ TABLES[0][((crc >> 16) as u8 ^ byte) as usize];
    }
    crc
}

/// CRC of a whole frame's data xor its parity field: the overlay, when no bit is wrong. `frame` has at least 3 bytes.
#[inline]
pub fn syndrome(frame: &[u8]) -> u32 {
    let (data, parity) = frame.split_at(frame.len() - 3);
    crc(data) ^ (u32::from(parity[0]) << 16 | u32::from(parity[1]) << 8 | u32::from(parity[2]))
}

/// What each bit of a frame of `bits` bits (56 or 112) adds to the syndrome when it is flipped; index 0 is the first bit on the air.
pub fn bit_syndromes(bits: usize) -> &'static [u32] {
    &BIT_SYNDROMES[LONG_BITS - bits..]
}

/// Which single flipped bit of a frame of `bits` bits explains `syndrome`. 0 is the first bit on the air.
pub fn single_bit(syndrome: u32, bits: usize) -> Option<usize> {
    bit_syndromes(bits).iter().position(|&s| s == syndrome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: long division, bit by bit.
    fn naive(data: &[u8]) -> u32 {
        let mut crc = 0_u32;
        for byte in data {
            for bit in (0..8).rev() {
                let top = crc >> 23 & 1;
                crc = (crc << 1) & 0xFF_FFFF;
                if top ^ u32::from(byte >> bit & 1) == 1 {
                    crc ^= GENERATOR;
                }
            }
        }
        crc
    }

    #[test]
    fn real_frames_have_their_overlay() {
        // An extended squitter has none. A DF 20 reply carries its address.
        for (frame, overlay) in [
            ([0x8d, 0x48, 0x40, 0xd6, 0x20, 0x2c, 0xc3, 0x71, 0xc3, 0x2c, 0xe0, 0x57, 0x60, 0x98], 0),
            ([0xa0, 0x00, 0x06, 0x38, 0xb6, 0x99, 0xf1, 0x1b, 0xe3, 0x84, 0x6d, 0xca, 0x35, 0xf9], 0x48_4cb8),
        ] {
            assert_eq!(syndrome(&frame), overlay);
        }
    }

    #[test]
    fn bit_syndromes_are_distinct_for_both_lengths() {
        for bits in [56, 112] {
            let mut seen = bit_syndromes(bits).to_vec();
            assert_eq!(seen.len(), bits);
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), bits);
        }
    }

    proptest! {
        #[test]
        fn tables_divide_as_the_definition(data in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assert_eq!(crc(&data), naive(&data));
        }

        #[test]
        fn a_flipped_bit_is_found(long in any::<bool>(), mut frame in any::<[u8; 14]>(), at in 0_usize..112) {
            let len = if long { LONG_BYTES } else { SHORT_BYTES };
            let at = at % (8 * len);
            let before = syndrome(&frame[..len]);
            frame[at / 8] ^= 0x80 >> (at % 8);
            prop_assert_eq!(single_bit(before ^ syndrome(&frame[..len]), 8 * len), Some(at));
        }
    }
}
