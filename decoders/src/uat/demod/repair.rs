//! Odds to bytes: Reed–Solomon with the least certain bytes taken as erasures.
//!
//! Erased bytes are set right at half the price of errors, so the doubtful ones are given up two more at a time until a code word is
//! found. Every erasure makes a code word by chance likelier; what is found is therefore weighed: the odds that it contradicts may be
//! only a small share of all odds.

use crate::reed_solomon::Code;

/// At most this share of all odds may be contradicted. Frames at their 50 % point: 0.04 at most of 700; by chance: 0.02 and more.
const CONTRADICTED_MAX: f32 = 0.045;
/// At most so many bits of a word may be changed. Frames: 26 at most of 700 (long, 50 % point); by chance: 35 and more.
const CHANGED_MAX: u32 = 29;
/// Bytes of the longest word.
const BYTES_MAX: usize = 92;

/// A word set right.
#[derive(Clone, Copy, Debug)]
pub struct Repaired {
    pub bytes: [u8; BYTES_MAX],
    /// Bits changed against the likelier ones.
    pub changed_bits: u32,
    /// Share of the odds that was contradicted.
    pub contradicted: f32,
}

/// `odds` of the code word's bits, ln(P(1)/P(0)), first sent first. `margin`: check bytes kept for finding errors, so that not all of
/// them are spent on erasures.
pub fn repair(code: Code, odds: &[f32], margin: usize) -> Option<Repaired> {
    debug_assert_eq!(odds.len(), 8 * code.length);
    let (mut likely, mut doubt, mut order) = ([0_u8; BYTES_MAX], [0.0_f32; BYTES_MAX], [0_u8; BYTES_MAX]);
    for (i, odds) in odds.chunks_exact(8).enumerate() {
        likely[i] = odds.iter().fold(0, |byte, odds| byte << 1 | u8::from(0.0 < *odds));
        // −ln of the probability that the whole byte is right.
        doubt[i] = odds.iter().map(|odds| (-odds.abs()).exp().ln_1p()).sum();
        order[i] = i as u8;
    }
    let order = &mut order[..code.length];
    order.sort_unstable_by(|a, b| doubt[usize::from(*b)].total_cmp(&doubt[usize::from(*a)]));
    for erased in (0..=code.parity - margin).step_by(2) {
        let mut bytes = likely;
        if code.correct(&mut bytes[..code.length], &order[..erased]).is_err() {
            continue;
        }
        let found = weigh(&likely, bytes, odds);
        if found.contradicted <= CONTRADICTED_MAX && found.changed_bits <= CHANGED_MAX {
            return Some(found);
        }
    }
    None
}

fn weigh(likely: &[u8; BYTES_MAX], bytes: [u8; BYTES_MAX], odds: &[f32]) -> Repaired {
    let (mut changed_bits, mut against, mut all) = (0, 0.0, f32::MIN_POSITIVE);
    for (i, odds) in odds.iter().enumerate() {
        let changed = (likely[i / 8] ^ bytes[i / 8]) >> (7 - i % 8) & 1 == 1;
        changed_bits += u32::from(changed);
        against += if changed { odds.abs() } else { 0.0 };
        all += odds.abs();
    }
    Repaired { bytes, changed_bits, contradicted: against / all }
}
