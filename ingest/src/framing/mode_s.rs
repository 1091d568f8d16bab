//! What can be said of Mode S and Mode A/C bytes without a list of known addresses (ICAO Annex 10 Vol. IV §3.1.1, §3.1.2.3).

use decoders::adsb::parity::{self, INTERROGATOR_MAX};

/// Bytes of a short and a long Mode S frame.
pub const SHORT: usize = parity::SHORT_BYTES;
pub const LONG: usize = parity::LONG_BYTES;

/// Bytes of a Mode A/C reply, as receivers write it: the code as four octal digits, one hexadecimal digit each, and 0x0080 for
/// the special position identification.
///
/// ```text
///   0 A4 A2 A1   0 B4 B2 B1   SPI C4 C2 C1   0 D4 D2 D1
/// ```
pub const MODE_AC: usize = 2;
const MODE_AC_UNUSED: u16 = 0x8808;

/// A Mode A/C reply has no parity: a bit where none can be is all that tells.
pub fn is_mode_ac(raw: &[u8]) -> bool {
    matches!(*raw, [high, low] if u16::from_be_bytes([high, low]) & MODE_AC_UNUSED == 0)
}

/// Does the length fit the downlink format (DF 0–15: 56 bits; DF 16–31: 112 bits), and the parity where it can be checked?
pub fn is_believable(raw: &[u8]) -> bool {
    let Some(&first) = raw.first() else { return false };
    let df = first >> 3;
    let len = if df < 16 { SHORT } else { LONG };
    raw.len() == len
        && match df {
            // All-call reply: parity is overlaid with the interrogator's code.
            11 => parity::syndrome(raw) <= INTERROGATOR_MAX,
            17 | 18 => parity::syndrome(raw) == 0,
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bytes;

    #[test]
    fn real_frames_pass_and_a_changed_bit_does_not() {
        // The last one is a surveillance reply: its parity hides the address.
        for (hex, parity_known) in
            [("8d4840d6202cc371c32ce0576098", true), ("5d484fdea248f5", true), ("a0001838ca380031440000f24177", false)]
        {
            let raw = bytes(hex);
            assert!(is_believable(&raw), "{hex}");
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
        assert!(is_mode_ac(&[0x77, 0x77]) && is_mode_ac(&[0x12, 0x80]) && !is_believable(&[0x12, 0x80]));
        assert!(!is_mode_ac(&[0x80, 0]) && !is_mode_ac(&[8, 0]) && !is_mode_ac(&[0, 8]) && !is_mode_ac(&[0]) && !is_mode_ac(&[0; 3]));
    }
}
