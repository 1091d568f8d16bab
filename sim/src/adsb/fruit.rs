//! Mode A/C replies: answers to other interrogators ("fruit"), which lie over Mode S frames (Annex 10 Vol. IV §3.1.1.6).

use super::modulate::Waveform;

/// A reply with a Mode A code (four octal digits in decimal).
pub fn mode_a(squawk: u16, spi: bool) -> Waveform {
    let digit = |place: u16| (squawk / place % 10) & 7;
    reply([digit(1000), digit(100), digit(10), digit(1)], spi)
}

/// The same from the code as a number, 0–0o7777.
pub fn mode_a_octal(code: u16, spi: bool) -> Waveform {
    reply([code >> 9 & 7, code >> 6 & 7, code >> 3 & 7, code & 7], spi)
}

/// A reply with a pressure altitude in hundreds of feet (Gillham code, Annex 10 Vol. IV appendix to chapter 3).
/// `None` outside −1,200…126,700 ft.
pub fn mode_c(alt_ft: i32) -> Option<Waveform> {
    let hundreds = (alt_ft + 1250).div_euclid(100);
    if !(0..1280).contains(&hundreds) {
        return None;
    }
    let (five_hundreds, rest) = (hundreds as u16 / 5, hundreds as u16 % 5);
    let gray = five_hundreds ^ five_hundreds >> 1;
    // The hundreds run up and down by turns, so that one bit changes at a time.
    let rest = if five_hundreds % 2 == 1 { 4 - rest } else { rest };
    let c_124 = [0b001, 0b011, 0b010, 0b110, 0b100][rest as usize];
    let bit = |place: u16| gray >> place & 1;
    // D2 D4 A1 A2 A4 B1 B2 B4, most significant first; in a digit, weight 1 is the first letter's "1" pulse.
    let a = bit(5) | bit(4) << 1 | bit(3) << 2;
    let b = bit(2) | bit(1) << 1 | bit(0) << 2;
    let c = (c_124 >> 2 & 1) | (c_124 >> 1 & 1) << 1 | (c_124 & 1) << 2;
    let d = bit(7) << 1 | bit(6) << 2;
    Some(reply([a, b, c, d], false))
}

/// What a receiver says of a reply in two bytes: the code's octal digits A B C D as hexadecimal ones, and 0x0080 for SPI.
pub fn two_bytes(pulses: u16, spi: bool) -> [u8; 2] {
    let digit = |ones: u16, twos: u16, fours: u16| (pulses >> ones & 1) | (pulses >> twos & 1) << 1 | (pulses >> fours & 1) << 2;
    let (a, b, c, d) = (digit(12, 10, 8), digit(6, 4, 2), digit(13, 11, 9), digit(5, 3, 1));
    (a << 12 | b << 8 | u16::from(spi) << 7 | c << 4 | d).to_be_bytes()
}

/// Pulses F1 C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4 F2.
fn reply([a, b, c, d]: [u16; 4], spi: bool) -> Waveform {
    let order = [1, c & 1, a & 1, c >> 1 & 1, a >> 1 & 1, c >> 2, a >> 2, 0, b & 1, d & 1, b >> 1 & 1, d >> 1 & 1, b >> 2, d >> 2, 1];
    Waveform::ModeAc { pulses: order.into_iter().fold(0, |word, pulse| word << 1 | pulse), spi }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(waveform: Waveform) -> u16 {
        match waveform {
            Waveform::ModeAc { pulses, .. } => pulses,
            Waveform::ModeS(_) | Waveform::Dme { .. } => panic!("not a Mode A/C reply"),
        }
    }

    #[test]
    fn squawks_light_their_pulses() {
        assert_eq!(pulses(mode_a(0, false)), 0x4001);
        // F1, the A pulses, the B pulses, F2: every other place.
        assert_eq!(pulses(mode_a(7700, false)), 0x5555);
        assert_eq!(mode_a_octal(0o7700, false), mode_a(7700, false));
        // C4 is the sixth pulse: squawk 0040.
        assert_eq!(pulses(mode_a(40, false)), 1 << 14 | 1 << 9 | 1);
        // D1 is the tenth: squawk 0001.
        assert_eq!(pulses(mode_a(1, false)), 1 << 14 | 1 << 5 | 1);
    }

    #[test]
    fn two_bytes_are_the_squawk_in_hexadecimal() {
        for squawk in [0, 1, 40, 620, 1200, 2143, 7500, 7777] {
            let expected = u16::from_str_radix(&squawk.to_string(), 16).unwrap();
            assert_eq!(two_bytes(pulses(mode_a(squawk, false)), false), expected.to_be_bytes());
            assert_eq!(two_bytes(pulses(mode_a(squawk, true)), true), (expected | 0x80).to_be_bytes());
        }
    }

    #[test]
    fn neighbouring_altitudes_differ_in_one_pulse() {
        for hundreds in -12..1266 {
            let (low, high) = (mode_c(hundreds * 100).unwrap(), mode_c(hundreds * 100 + 100).unwrap());
            assert_eq!((pulses(low) ^ pulses(high)).count_ones(), 1, "{hundreds}");
        }
        assert_eq!(mode_c(-1300), None);
        assert_eq!(mode_c(126_800), None);
    }

    #[test]
    fn published_altitudes_come_out() {
        // Written as squawks A B C D: the lowest altitude is C4 alone, and 0 ft is 0620.
        assert_eq!(mode_c(-1200).unwrap(), mode_a(40, false));
        assert_eq!(mode_c(0).unwrap(), mode_a(620, false));
    }
}
