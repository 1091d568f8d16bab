//! Repair of doubtful bits: what is found, what must not be, against a plain search.

use super::*;
use crate::adsb::address::Evidence;
use crate::adsb::parity;
use proptest::prelude::*;

const LIMITS: Limits = Limits { doubtful: 20, patterns: 800, patterns_known_address: 2_000, flips_overlay: 1 };

fn framed(data: &[u8], overlay: u32) -> Vec<u8> {
    [data, &(parity::crc(data) ^ overlay).to_be_bytes()[1..]].concat()
}

/// A burst that says `frame`, each bit with reliability 1 but for `wrong`, which are flipped with reliability 0.1.
fn burst(frame: &[u8], wrong: &[usize]) -> Burst {
    let bits = 8 * frame.len();
    let mut soft = [0.0; LONG_BITS];
    for (k, soft) in soft[..bits].iter_mut().enumerate() {
        let one = frame[k / 8] & (0x80 >> (k % 8)) != 0;
        *soft = if one { 1.0 } else { -1.0 } * if wrong.contains(&k) { -0.1 } else { 1.0 };
    }
    Burst { start: 0.0, step: 0.0, soft, bits, amplitude: 1.0, spread: 0.1, preamble_match: 1.0 }
}

#[test]
fn doubtful_bits_are_repaired_and_clear_ones_never() {
    let frame = framed(&[0x8D, 0x48, 0x40, 0xD6, 0x20, 0x2C, 0xC3, 0x71, 0xC3, 0x2C, 0xE0], 0);
    let book = AddressBook::default();
    for wrong in [&[][..], &[77], &[0, 40], &[3, 9, 90], &[50, 60, 70, 80]] {
        let word = decide(&burst(&frame, wrong), &book, 0, &LIMITS).unwrap();
        assert_eq!((&word.bytes[..], word.flips as usize, word.trust), (&frame[..], wrong.len(), Trust::Parity), "{wrong:?}");
    }
    let mut clearly_wrong = burst(&frame, &[]);
    clearly_wrong.soft[50] *= -1.0;
    clearly_wrong.soft[51] *= -1.0;
    clearly_wrong.soft[52] *= -1.0;
    assert!(decide(&clearly_wrong, &book, 0, &LIMITS).is_none_or(|w| w.bytes[..] != frame[..]));
}

#[test]
fn a_believed_address_allows_more_errors() {
    let frame = framed(&[0x8D, 0x48, 0x40, 0xD6, 0x20, 0x2C, 0xC3, 0x71, 0xC3, 0x2C, 0xE0], 0);
    let mut heard = burst(&frame, &[40, 55, 71, 99]);
    for bit in [8, 20] {
        heard.soft[bit] *= -1.0;
    }
    let mut book = AddressBook::default();
    assert!(decide(&heard, &book, 0, &LIMITS).is_none());
    book.heard(0x48_40D6, 0, Evidence::Clean);
    let word = decide(&heard, &book, 0, &LIMITS).unwrap();
    assert_eq!((&word.bytes[..], word.flips, word.trust), (&frame[..], 6, Trust::KnownAddress));
}

#[test]
fn overlays_are_compared_with_believed_addresses() {
    let frame = framed(&[0x20, 0x00, 0x05, 0xB0], 0x48_40D6);
    let mut book = AddressBook::default();
    assert_eq!(decide(&burst(&frame, &[]), &book, 0, &LIMITS).unwrap().trust, Trust::Unconfirmed);
    book.heard(0x48_40D6, 0, Evidence::Clean);
    for wrong in [&[][..], &[13]] {
        let word = decide(&burst(&frame, wrong), &book, 0, &LIMITS).unwrap();
        assert_eq!((&word.bytes[..7], word.address, word.trust), (&frame[..], 0x48_40D6, Trust::Overlay));
    }
}

#[test]
fn an_interrogator_code_needs_a_believed_address_and_clear_bits() {
    let squitter = framed(&[0x5D, 0x48, 0x40, 0xD6], 0);
    let reply = framed(&[0x5D, 0x48, 0x40, 0xD6], 5);
    let mut book = AddressBook::default();
    assert_eq!(decide(&burst(&squitter, &[]), &book, 0, &LIMITS).unwrap().trust, Trust::Parity);
    assert!(decide(&burst(&reply, &[]), &book, 0, &LIMITS).is_none());
    book.heard(0x48_40D6, 0, Evidence::Clean);
    assert_eq!(decide(&burst(&reply, &[]), &book, 0, &LIMITS).unwrap().trust, Trust::KnownAddress);
    // Code 5 is bits 53 and 55. One of seven in doubt: not clear. Both that make the difference to code 0 tell nothing: a squitter.
    let doubt = |soft: &[(usize, f32)]| {
        let mut heard = Burst { spread: 0.4, ..burst(&reply, &[]) };
        soft.iter().for_each(|(bit, soft)| heard.soft[*bit] *= soft);
        decide(&heard, &book, 0, &LIMITS).unwrap()
    };
    assert_eq!(doubt(&[(54, 0.6)]).trust, Trust::KnownAddress);
    assert_eq!(doubt(&[(54, 0.3)]).trust, Trust::Unclear);
    assert_eq!(doubt(&[(53, 0.3)]).trust, Trust::Unclear);
    let word = doubt(&[(53, 0.01), (55, 0.02)]);
    assert_eq!((word.trust, word.flips, &word.bytes[..7]), (Trust::KnownAddress, 2, &squitter[..]));
}

proptest! {
    /// Whatever is heard, what is decided has a parity that fits its format, and differs by as many bits as it says.
    #[test]
    fn every_word_is_consistent(soft in prop::collection::vec(-1.0f32..1.0, LONG_BITS), long in any::<bool>(), df in 0u8..32) {
        let bits = if long { LONG_BITS } else { SHORT_BITS };
        let mut heard = Burst { start: 0.0, step: 0.0, soft: [0.0; LONG_BITS], bits, amplitude: 0.5, spread: 0.2, preamble_match: 1.0 };
        heard.soft[..bits].copy_from_slice(&soft[..bits]);
        for bit in 0..5 {
            heard.soft[bit] = if df & (16 >> bit) != 0 { 1.0 } else { -1.0 };
        }
        let mut book = AddressBook::default();
        book.heard(0x48_40D6, 0, Evidence::Clean);
        if let Some(word) = decide(&heard, &book, 0, &LIMITS) {
            let left = syndrome(&word.bytes[..word.bits / 8]);
            match word.bytes[0] >> 3 {
                17 | 18 => prop_assert_eq!(left, 0),
                11 => prop_assert!(left <= INTERROGATOR_MAX),
                _ => prop_assert_eq!(left, word.address),
            }
            let changed = (0..word.bits).filter(|k| (0.0 < heard.soft[*k]) != (word.bytes[k / 8] & (0x80 >> (k % 8)) != 0)).count();
            prop_assert_eq!(changed, word.flips as usize);
        }
    }
}
