//! Altitude and identity codes (ICAO Annex 10 Vol. IV §3.1.2.6.5.4, §3.1.2.6.7.1; Gillham code: Annex 10 Vol. IV appendix to ch. 3).
//!
//! ```text
//!   13 bits   C1 A1 C2 A2 C4 A4  X B1 D1 B2 D2 B4 D4     identity (squawk); X is unused
//!   13 bits   C1 A1 C2 A2 C4 A4  M B1  Q B2 D2 B4 D4     altitude code AC
//!   12 bits   C1 A1 C2 A2 C4 A4    B1  Q B2 D2 B4 D4     altitude of an ADS-B position: no M
//!     all 0       no altitude
//!     M = 1       metric, of which the specification reserves the coding: no altitude
//!     Q = 1       the other 11 bits n: 25·n − 1,000 ft, −1,000…50,175
//!     Q = 0       Gillham (Gray) code in steps of 100 ft, −1,200…126,700
//! ```

const Q: u32 = 1 << 4;
const M: u32 = 1 << 6;

/// The AC field of DF 0, 4, 16 and 20: feet.
#[inline]
pub fn from_ac13(ac: u32) -> Option<i32> {
    if ac & M != 0 {
        return None;
    }
    if ac & Q != 0 {
        let n = (ac & 0x1F80) >> 2 | (ac & 0x20) >> 1 | ac & 0xF;
        return Some(25 * n as i32 - 1000);
    }
    if ac == 0 { None } else { gillham(ac) }
}

/// The altitude field of an airborne position: feet.
#[inline]
pub fn from_ac12(ac: u32) -> Option<i32> {
    from_ac13((ac & 0xFC0) << 1 | ac & 0x3F)
}

/// The identity field as four octal digits in decimal: 7700 is 7700.
#[inline]
pub fn squawk(id: u32) -> u16 {
    let digit = |four: u32, two: u32, one: u32| (id >> four & 1) << 2 | (id >> two & 1) << 1 | id >> one & 1;
    (1000 * digit(7, 9, 11) + 100 * digit(1, 3, 5) + 10 * digit(8, 10, 12) + digit(0, 2, 4)) as u16
}

/// Hundreds of feet in a Gray code: D2 D4 A1 A2 A4 B1 B2 B4 count steps of 500 ft, C1 C2 C4 the five steps between.
/// `None` for the patterns that no encoder makes.
fn gillham(ac: u32) -> Option<i32> {
    let collect = |places: &[u32]| places.iter().fold(0, |value, &place| value << 1 | ac >> place & 1);
    let fives = from_gray(collect(&[2, 0, 11, 9, 7, 5, 3, 1])) as i32;
    let ones = match from_gray(collect(&[12, 10, 8])) as i32 {
        0 | 5 | 6 => return None,
        7 => 5,
        ones => ones,
    };
    // The inner code runs backwards in every second step, so that only one bit changes at a time.
    let ones = if fives % 2 == 1 { 6 - ones } else { ones };
    Some(500 * fives + 100 * ones - 1300)
}

const fn from_gray(mut gray: u32) -> u32 {
    let mut shift = gray >> 1;
    while shift != 0 {
        gray ^= shift;
        shift >>= 1;
    }
    gray
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_bit_altitudes_reach_below_zero() {
        // n = 0, 20, 40, 1560: −1,000, −500, 0, 38,000 ft.
        for (n, feet) in [(0_u32, -1000), (20, -500), (40, 0), (1560, 38_000), (2047, 50_175)] {
            let ac12 = (n & 0x7F0) << 1 | Q | n & 0xF;
            assert_eq!(from_ac12(ac12), Some(feet));
        }
        assert_eq!(from_ac12(0), None);
        assert_eq!(from_ac13(M | Q), None);
    }

    /// Every altitude of the published conversion table is reached once, and neighbours differ in one bit.
    #[test]
    fn gillham_is_a_gray_code_from_minus_1200_to_126700() {
        let mut codes = vec![None; 1280];
        for ac in (1..1_u32 << 13).filter(|ac| ac & (M | Q) == 0) {
            if let Some(feet) = from_ac13(ac) {
                let slot = &mut codes[((feet + 1200) / 100) as usize];
                assert_eq!(feet % 100, 0);
                assert_eq!(slot.replace(ac), None, "{feet} ft twice");
            }
        }
        assert!(codes.iter().all(Option::is_some));
        for pair in codes.windows(2) {
            assert_eq!((pair[0].unwrap() ^ pair[1].unwrap()).count_ones(), 1);
        }
    }

    #[test]
    fn gillham_anchors_of_the_conversion_table() {
        // Annex 10 Vol. IV, table of mode C codes: C4 alone is −1,200 ft… C1 C2 with B4 set is −700 (500 ft step 1, backwards).
        let (c1, c2, c4, b4) = (1 << 12, 1 << 10, 1 << 8, 1 << 1);
        assert_eq!(from_ac13(c4), Some(-1200));
        assert_eq!(from_ac13(c2 | c4), Some(-1100));
        assert_eq!(from_ac13(c2), Some(-1000));
        assert_eq!(from_ac13(c1 | c2), Some(-900));
        assert_eq!(from_ac13(c1), Some(-800));
        assert_eq!(from_ac13(c1 | b4), Some(-700));
        assert_eq!(from_ac13(c2 | b4), Some(-500));
        assert_eq!(from_ac13(c1 | c4), None);
    }

    #[test]
    fn squawks_have_four_octal_digits() {
        // A = bits 7 9 11, B = 1 3 5, C = 8 10 12, D = 0 2 4 (four, two, one).
        assert_eq!(squawk(0x0AAA), 7700);
        assert_eq!(squawk(0x1FBF), 7777);
        assert_eq!(squawk(1 << 11 | 1 << 3), 1200);
        assert_eq!(squawk(0), 0);
    }
}
