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
    let needed = match word.trust {
        Trust::KnownAddress => 1.5,
        Trust::Parity => 1.6,
        Trust::Overlay | Trust::Unclear => 1.6,
        Trust::Unconfirmed => 2.2,
    };
    needed + 0.1 * f32::from(word.flips) <= clarity
}

pub fn remember(book: &mut AddressBook, word: &Word, tick: u64) {
    let evidence = match word.trust {
        Trust::Parity | Trust::KnownAddress if word.flips == 0 => Evidence::Clean,
        Trust::Parity | Trust::KnownAddress => Evidence::Repaired,
        Trust::Overlay | Trust::Unclear => Evidence::Overlay,
        Trust::Unconfirmed => return,
    };
    book.heard(word.address, tick, evidence);
}
