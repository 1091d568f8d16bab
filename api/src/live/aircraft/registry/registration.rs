//! Registrations that follow from the address, where a state gives addresses by a rule.
//!
//! Each rule was checked in November 2026 against a public list of 568,458 aircraft (outside the repository; nothing of it is here): of the
//! listed aircraft whose address a rule covers, at least 99 % have the registration that the rule says, or the rule is left out.
//!
//! | rule | listed | equal | | rule | listed | equal |
//! |---|---|---|---|---|---|---|
//! | N1 … N99999 | 380,320 | 99.91 % | | D-H | 940 | 99.47 % |
//! | C-G, C-I | 22,022 | 99.94 % | | D-I | 475 | 99.58 % |
//! | VH- | 16,324 | 99.98 % | | CS- | 597 | 99.50 % |
//! | D-E | 6,628 | 99.97 % | | OH- | 449 | 99.55 % |
//! | F-G | 3,344 | 99.82 % | | SX- | 374 | 99.73 % |
//! | HB- | 3,011 | 99.80 % | | D-C | 342 | 99.12 % |
//! | F-H | 2,457 | 99.76 % | | EP- | 324 | 99.07 % |
//! | TC- | 1,576 | 99.24 % | | D-F | 290 | 100 % |
//! | SE- | 1,229 | 99.59 % | | F-O | 280 | 99.64 % |
//! | OY- | 1,013 | 99.31 % | | D-G | 234 | 99.57 % |
//!
//! Left out for missing that: C-F (97.9 %: ultralights are written otherwise), OO- (98.6 %, the military's), F-B (96.7 %), YU- (96.5 %), 9V-
//! (88.9 %), AP- (84.7 %), HA- HS- ZS- JY- YI- YR- (85 to 98 %), D-A D-B D-K D-O (several rules in one block).

use model::ShortText;

pub type Registration = ShortText<8>;

/// Three letters in a number of this base, from this address on. Bases above 26 leave gaps: no registration.
#[derive(Clone, Copy, Debug)]
struct Stride {
    first: u32,
    base: u32,
    prefix: &'static str,
}

static STRIDES: [Stride; 20] = [
    Stride { first: 0x39_0000, base: 32, prefix: "F-G" },
    Stride { first: 0x39_8000, base: 32, prefix: "F-H" },
    Stride { first: 0x3A_0000, base: 32, prefix: "F-O" },
    Stride { first: 0x3C_C000, base: 26, prefix: "D-C" },
    Stride { first: 0x3D_04A8, base: 26, prefix: "D-E" },
    Stride { first: 0x3D_4950, base: 26, prefix: "D-F" },
    Stride { first: 0x3D_8DF8, base: 26, prefix: "D-G" },
    Stride { first: 0x3D_D2A0, base: 26, prefix: "D-H" },
    Stride { first: 0x3E_1748, base: 26, prefix: "D-I" },
    Stride { first: 0x45_8421, base: 32, prefix: "OY-" },
    Stride { first: 0x46_0000, base: 26, prefix: "OH-" },
    Stride { first: 0x46_8421, base: 32, prefix: "SX-" },
    Stride { first: 0x49_0421, base: 32, prefix: "CS-" },
    Stride { first: 0x4A_8421, base: 32, prefix: "SE-" },
    Stride { first: 0x4B_0000, base: 26, prefix: "HB-" },
    Stride { first: 0x4B_8421, base: 32, prefix: "TC-" },
    Stride { first: 0x73_0421, base: 32, prefix: "EP-" },
    Stride { first: 0x7C_0000, base: 36, prefix: "VH-" },
    Stride { first: 0xC0_44A9, base: 26, prefix: "C-G" },
    Stride { first: 0xC0_8951, base: 26, prefix: "C-I" },
];

/// The registration, where the state has a rule and the address is one of it.
pub fn of(address: u32) -> Option<Registration> {
    us(address).or_else(|| STRIDES.iter().find_map(|stride| stride.registration(address)))
}

impl Stride {
    fn registration(&self, address: u32) -> Option<Registration> {
        let n = address.checked_sub(self.first).filter(|&n| n < self.base.pow(3))?;
        let letters = [n / self.base / self.base, n / self.base % self.base, n % self.base];
        if letters.iter().any(|&letter| 26 <= letter) {
            return None;
        }
        let mut text = Text::default();
        self.prefix.bytes().for_each(|b| text.push(b));
        letters.iter().for_each(|&letter| text.push(b'A' + letter as u8));
        Some(text.finish())
    }
}

/// The letters of N-numbers: no I, no O.
const US_LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const US_FIRST: u32 = 0xA0_0001;
const US_LAST: u32 = 0xAD_F7C7;
/// After a digit come no letter, one letter, or two: 1 + 24 + 24².
const US_SUFFIXES: u32 = 601;
/// So many registrations begin with one digit, two, three, four.
const US_PER_DIGIT: [u32; 4] = [101_711, 10_111, 951, 35];

/// United States, N1 to N99999: all in the order of a dictionary in which nothing comes before letters, and letters before digits.
fn us(address: u32) -> Option<Registration> {
    if !(US_FIRST..=US_LAST).contains(&address) {
        return None;
    }
    let mut rest = address - US_FIRST;
    let mut text = Text::default();
    text.push(b'N');
    text.push(b'1' + (rest / US_PER_DIGIT[0]) as u8);
    rest %= US_PER_DIGIT[0];
    for per_digit in &US_PER_DIGIT[1..] {
        if rest < US_SUFFIXES {
            text.push_suffix(rest);
            return Some(text.finish());
        }
        rest -= US_SUFFIXES;
        text.push(b'0' + (rest / per_digit) as u8);
        rest %= per_digit;
    }
    // The last place: nothing, a letter, or a digit.
    match rest {
        0 => {}
        1..=24 => text.push(US_LETTERS[rest as usize - 1]),
        _ => text.push(b'0' + (rest - 25) as u8),
    }
    Some(text.finish())
}

#[derive(Default)]
struct Text {
    bytes: [u8; 8],
    len: usize,
}

impl Text {
    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    /// 0 nothing, then A, AA … AZ, B, BA …
    fn push_suffix(&mut self, n: u32) {
        let Some(n) = n.checked_sub(1) else { return };
        self.push(US_LETTERS[n as usize / 25]);
        if let Some(second) = (n as usize % 25).checked_sub(1) {
            self.push(US_LETTERS[second]);
        }
    }

    fn finish(&self) -> Registration {
        ShortText::truncated(core::str::from_utf8(&self.bytes[..self.len]).expect("ASCII"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_pairs() {
        for (address, registration) in [
            (0xA0_0001, Some("N1")),
            (0xA0_0002, Some("N1A")),
            (0xA0_0003, Some("N1AA")),
            (0xA0_0259, Some("N1ZZ")),
            (0xA0_025A, Some("N10")),
            (0xAC_671B, Some("N899DN")),
            (0xA0_5F21, Some("N123CZ")),
            (0xC0_5678, Some("C-GGTJ")),
            (0x3D_0FFF, Some("D-EEHR")),
            (0xAD_F7C7, Some("N99999")),
            (0xAD_F7C8, None),
            (0xA0_0000, None),
            (0x4B_17C4, Some("HB-JAA")),
            (0x7C_6A50, Some("VH-VAA")),
            (0x39_44ED, Some("F-GRHN")),
            (0x40_621D, None),
            (0x48_40D6, None),
        ] {
            assert_eq!(of(address).as_ref().map(ShortText::as_str), registration, "{address:06x}");
        }
    }

    /// The rule run the other way, for every number there is: each address has one registration and each registration one address.
    #[test]
    fn n_numbers_are_all_different_and_well_formed() {
        let mut seen = std::collections::HashSet::new();
        for address in US_FIRST..=US_LAST {
            let text = us(address).unwrap();
            let (digits, letters) =
                text.as_str()[1..].split_at(text.as_str()[1..].find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.as_str().len() - 1));
            assert!(!digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()), "{text}");
            assert!(letters.len() <= 2 && letters.bytes().all(|b| US_LETTERS.contains(&b)) && digits.len() + letters.len() <= 5, "{text}");
            assert!(seen.insert(text), "{text} twice");
        }
        assert_eq!(seen.len(), 915_399);
    }

    #[test]
    fn rules_lie_in_the_block_of_their_state_and_apart() {
        for (i, a) in STRIDES.iter().enumerate() {
            let last = a.first + a.base.pow(3) - 1;
            let state = super::super::country::of(a.first).unwrap();
            // Base 32 and 36 overrun their letters' end; the last registration itself must be inside.
            let zzz = a.first + 25 * (a.base * a.base + a.base + 1);
            assert_eq!(super::super::country::of(zzz), Some(state), "{}", a.prefix);
            assert!(STRIDES[i + 1..].iter().all(|b| zzz.min(last) < b.first), "{}", a.prefix);
            assert_eq!(a.registration(zzz).unwrap().as_str(), format!("{}ZZZ", a.prefix));
        }
    }
}
