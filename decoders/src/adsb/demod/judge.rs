//! Whether a frame whose parity holds is one, and what it says for its address.

use super::burst::Burst;
use super::repair::{Trust, Word};
use crate::adsb::address::{AddressBook, Evidence};

/// Noise read as bits has |soft| with mean 0.80 σ and deviation 0.60 σ: 1.33. A frame that is just readable has 2.
pub fn believable(burst: &Burst, word: &Word) -> bool {
    let clarity = burst.amplitude / burst.spread.max(f32::MIN_POSITIVE);
    let preamble_min = match word.trust {
        Trust::KnownAddress | Trust::Parity if word.flips == 0 => 0.15,
        Trust::KnownAddress => 0.25,
        Trust::Parity | Trust::Overlay | Trust::Unclear => 0.3,
        Trust::Unconfirmed => 0.6,
    };
    if burst.preamble_match < preamble_min {
        return false;
    }
    if word.trust == Trust::Unconfirmed && !begins_and_ends(burst) {
        return false;
    }
    let needed = match word.trust {
        Trust::KnownAddress => 1.4,
        Trust::Parity => 1.45,
        Trust::Overlay | Trust::Unclear => 1.5,
        Trust::Unconfirmed => 2.2,
    };
    needed + 0.03 * f32::from(word.flips) <= clarity
}

/// Whether the first and the last eight bits are as strong as the rest: not what lies around another frame.
fn begins_and_ends(burst: &Burst) -> bool {
    let strong = |bits: &[f32]| 0.5 * burst.amplitude <= bits.iter().map(|s| s.abs()).sum::<f32>() / bits.len() as f32;
    strong(&burst.soft[..8]) && strong(&burst.soft[burst.bits - 8..burst.bits])
}

/// Whether a burst that gave nothing is clear enough for a reading without phase.
pub fn worth_another_look(burst: &Burst, noise: f32) -> bool {
    0.5 <= burst.preamble_match && 4.0 * noise <= burst.amplitude * burst.amplitude
}

/// Whether a burst that gave nothing is clear enough to be tried again when more addresses are known.
pub fn worth_keeping(burst: &Burst) -> bool {
    0.5 <= burst.preamble_match && 1.8 * burst.spread <= burst.amplitude
}

/// Whether soft bits read without a preamble look like a squitter at all: at most one bit of its format wrong, or such bits as
/// tell nothing (a frame whose beginning is cut off).
pub fn worth_a_look(burst: &Burst) -> bool {
    const DF17: [bool; 5] = [true, false, false, false, true];
    let wrong = || burst.soft.iter().zip(DF17).filter(|(soft, one)| (0.0 < **soft) != *one).map(|(soft, _)| soft.abs());
    (wrong().count() <= 1 || wrong().sum::<f32>() <= FORMAT_LOST * burst.amplitude) && CLARITY_BLIND * burst.spread <= burst.amplitude
}

/// The same for a frame found without its preamble: only squitters, and only of believed addresses unless all but clear.
pub fn believable_blind(word: &Word) -> bool {
    match word.trust {
        Trust::KnownAddress => true,
        Trust::Parity => word.flips == 0,
        Trust::Overlay | Trust::Unconfirmed | Trust::Unclear => false,
    }
}

const CLARITY_BLIND: f32 = 1.6;
/// All wrong bits of a format together may tell this much, in units of the mean.
const FORMAT_LOST: f32 = 0.6;

pub fn remember(book: &mut AddressBook, word: &Word, tick: u64) {
    let evidence = match word.trust {
        Trust::Parity | Trust::KnownAddress if word.flips == 0 => Evidence::Clean,
        Trust::Parity | Trust::KnownAddress => Evidence::Repaired,
        Trust::Overlay | Trust::Unclear => Evidence::Overlay,
        Trust::Unconfirmed => return,
    };
    book.heard(word.address, tick, evidence);
}
