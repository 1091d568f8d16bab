//! What can be said of Mode S bytes without a list of known addresses (ICAO Annex 10 Vol. IV §3.1.2.3).

/// Bytes of a short and a long Mode S frame.
pub const SHORT: usize = 7;
pub const LONG: usize = 14;

/// Does the length fit the downlink format (DF 0–15: 56 bits; DF 16–31: 112 bits), and the parity where it can be checked?
pub fn is_believable(raw: &[u8]) -> bool {
    let Some(&first) = raw.first() else { return false };
    let df = first >> 3;
    let len = if df < 16 { SHORT } else { LONG };
    raw.len() == len
        && match df {
            // All-call reply: parity is overlaid with the interrogator's code, at most 7 bits.
            11 => remainder(raw) & 0xFF_FF80 == 0,
            17 | 18 => remainder(raw) == 0,
            _ => true,
        }
}

/// Remainder of the whole frame by the Mode S generator 0x1FFF409 (Annex 10 Vol. IV §3.1.2.3.3.1.2), bit by bit: a feed has
/// thousands of frames a second, not millions of candidates.
fn remainder(raw: &[u8]) -> u32 {
    let mut crc = 0_u32;
    for &byte in raw {
        crc ^= u32::from(byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x100_0000 != 0 {
                crc ^= 0x1FF_F409;
            }
        }
    }
    crc & 0xFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn real_frames_pass_and_a_changed_bit_does_not() {
        // The last one is a surveillance reply: its parity hides the address.
        for (hex, parity_known) in
            [("8d4840d6202cc371c32ce0576098", true), ("5d4840d6f23b0e", true), ("a0001838ca380031440000f24177", false)]
        {
            let raw = bytes(hex);
            let parity_holds = !hex.starts_with("5d") || remainder(&raw) & 0xFF_FF80 == 0;
            assert_eq!(is_believable(&raw), parity_holds, "{hex}");
            for bit in 5..(8 * raw.len() - 7) {
                let mut bad = raw.clone();
                bad[bit / 8] ^= 0x80 >> (bit % 8);
                if parity_known {
                    assert!(!is_believable(&bad), "{hex} bit {bit}");
                }
            }
            assert!(!is_believable(&raw[1..]) && !is_believable(&raw[..raw.len() - 1]));
        }
        assert!(!is_believable(&[]));
    }
}
