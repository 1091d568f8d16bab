//! The six-bit alphabet of FIS-B text (DLAC, DO-267A table D-1), four characters in three bytes.
//!
//! ```text
//!   0 ETX   1…26 A…Z   27 SUB   28 tab, the next code tells how many spaces   29 record separator   30 line feed   31 |
//!   32…63 space ! " # $ % & ' ( ) * + , - . / 0…9 : ; < = > ?
//! ```

/// Ends a text, or fills its last byte.
pub const ETX: char = '\u{3}';
/// Between the reports of one text.
pub const RECORD_SEPARATOR: char = '\u{1e}';
const SUBSTITUTE: char = '\u{1a}';

/// Text of at most `limit` characters.
pub fn decode(bytes: &[u8], limit: usize) -> String {
    let codes = bytes.chunks(3).flat_map(|three| {
        let word = (0..3).fold(0_u32, |word, i| word << 8 | u32::from(three.get(i).copied().unwrap_or(0)));
        // A byte or two at the end hold one or two whole codes.
        [18, 12, 6, 0].into_iter().take(three.len() * 8 / 6).map(move |shift| (word >> shift & 0x3F) as u8)
    });
    let mut text = String::new();
    let mut tab = false;
    for code in codes {
        if limit <= text.len() {
            break;
        }
        match code {
            count if core::mem::take(&mut tab) => text.extend(core::iter::repeat_n(' ', usize::from(count).min(limit - text.len()))),
            0 => text.push(ETX),
            1..=26 => text.push(char::from(b'A' + code - 1)),
            27 => text.push(SUBSTITUTE),
            28 => tab = true,
            29 => text.push(RECORD_SEPARATOR),
            30 => text.push('\n'),
            31 => text.push('|'),
            _ => text.push(char::from(code)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_characters_in_three_bytes() {
        // M 13, E 5, T 20, A 1; R 18, ETX 0.
        let bytes = [0b0011_0100, 0b0101_0101, 0b0000_0001, 0b0100_1000, 0];
        assert_eq!(decode(&bytes, 100), "META\u{12}\u{3}".replace('\u{12}', "R"));
        assert_eq!(decode(&bytes, 2), "ME");
        // Tab, 3; "1".
        assert_eq!(decode(&[0b0111_0000, 0b0011_1100, 0b0100_0000], 100), format!("   1{ETX}"));
        assert_eq!(decode(&[], 100), "");
    }
}
