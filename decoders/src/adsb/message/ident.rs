//! Identification and category, type codes 1–4 (DO-260B §2.2.3.2.5), and the same characters in Comm-B register 2,0.
//!
//! ```text
//!   ME  1–5 type code   6–8 category   9–56 eight characters of 6 bits (ICAO Annex 10 Vol. IV table 3-9)
//!       4 = set A, 3 = B, 2 = C, 1 = D          1–26 A–Z, 32 space, 48–57 0–9; nothing else is defined
//! ```

use crate::bits::Bits;
use model::ShortText;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identification {
    /// `A0`…`D7`.
    pub category: ShortText<4>,
    /// Without padding. `None`: blank, or with characters that are not defined.
    pub callsign: Option<ShortText<9>>,
}

pub(super) fn parse(me: Bits<56>) -> Identification {
    let set = b'A' + (4 - me.get::<1, 5>() as u8);
    let code = b'0' + me.get::<6, 8>() as u8;
    let category = [set, code];
    let category = core::str::from_utf8(&category).expect("two ASCII characters");
    Identification { category: ShortText::new(category).expect("two bytes of four"), callsign: callsign(me) }
}

/// The eight characters in bits 9–56 without their padding (spaces; some transponders pad with zeros). `None` when blank
/// or when a character is not defined: half a callsign is another aircraft's callsign.
pub fn callsign(field: Bits<56>) -> Option<ShortText<9>> {
    let mut text = [0; 8];
    let mut end = 0;
    for (i, slot) in text.iter_mut().enumerate() {
        *slot = CHARACTERS[(field.value() >> (42 - 6 * i) & 0x3F) as usize];
        if *slot != b' ' && *slot != 0 {
            end = i + 1;
        }
    }
    let start = text.iter().position(|&c| c != b' ').unwrap_or(0).min(end);
    let text = &text[start..end];
    if text.is_empty() || text.iter().any(|&c| c == 0 || c == b'#') {
        return None;
    }
    ShortText::new(core::str::from_utf8(text).ok()?).ok()
}

/// 0 is padding, `#` is not defined.
static CHARACTERS: [u8; 64] = {
    let mut table = [b'#'; 64];
    table[0] = 0;
    table[32] = b' ';
    let mut i = 1;
    while i <= 26 {
        table[i] = b'A' + i as u8 - 1;
        i += 1;
    }
    let mut i = 48;
    while i <= 57 {
        table[i] = i as u8;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hex: u64, category: &str, callsign: Option<&str>) {
        let parsed = parse(Bits::new(hex));
        assert_eq!(parsed.category.as_str(), category);
        assert_eq!(parsed.callsign.as_ref().map(|c| c.as_str()), callsign);
    }

    #[test]
    fn callsigns_lose_their_padding_and_nothing_else() {
        check(0x20_2cc3_71c3_2ce0, "A0", Some("KLM1023"));
        check(0x20_8208_2082_0820, "A0", None);
        check(0x0d_0000_0000_0000, "D5", None);
        check(0x23_0410_0000_0000, "A3", Some("AA"));
    }

    #[test]
    fn undefined_characters_spoil_a_callsign() {
        check(0x20_2cc3_71c3_2cff, "A0", None);
        check(0x20_2c03_71c3_2ce0, "A0", None);
    }
}
