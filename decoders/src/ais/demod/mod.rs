//! Samples to frames.
//!
//! ```text
//!   front ─► stream (recent samples) ─► search (training sequences) ─► acquire (time, frequency) ─► detect (symbols, odds)
//!                ▲                                  └ cpm (other indices) ┘  lines, joint (two at once)     │
//!                └───── cancel (sent again and subtracted; what lay under it is searched) ◄─ receiver ◄─ repair (bytes, CRC)
//!   audio ─► discriminator ─► fm ─► repair
//! ```
//!
//! What was tried and what it gave; packet error rate of one-slot messages, both channels half full, ±500 Hz, 96 k (`lab_curve`):
//!
//! | step | 20 % PER at | 1 % PER at | else |
//! |---|---|---|---|
//! | bound: sequence detection with ideal time, phase, frequency | 6.7 dB | 8.7 dB | no repair |
//! | two-chain detection, decisions as they are (burst cut out by hand) | 7.0 dB | 9.2 dB | |
//! | + list decoding, one to three symbols | 5.0 dB | 7.6 dB | |
//! | + place told apart by all 32 symbols, not by blocks of 8 | 4.9 dB | 6.7 dB | |
//! | the whole receiver, window's place at ±10 bits | – | – | loses 9 % at 20 dB: the plateau is 40 bits long |
//! | the whole receiver, window's place as it is now | 4.9 dB | 6.8 dB | no floor |
//! | + training sequences that begin with 1 | 4.9 dB | 7.4 dB | real: +54 of 123 at Long Beach |
//! | + subtracting what was heard | same | same | weak burst under a strong one, 5–20 dB below: 0 → .56–.82 |
//! | + frequency detector where the coherent one fails | same | same | h 0.60 at 12 dB: .02 → .93; h 0.45: .56 → .93 |
//! | + survivors with a phase of their own (`cpm.rs`) | same | same | h 0.45 and 0.60: 1.0, also at 10 dB |
//! | + two bursts together (`joint.rs`) | same | same | strong one, C/I 3 dB: .07 → 1.0; the weak one: .98 |
//! | plain decisions believed to a doubt of 12, not 24 | same | same | one wrong message of 1,107 bursts at 4 dB all the same |
//! | + ramps measured (`ramp.rs`) | same | same | weak burst under a strong one, 15 dB, `sim`: .30 → .97 |
//! | + repaired ones only of ships heard before (`trust.rs`) | 4.9 dB; 5.2 dB of ships never heard | same | wrong at 4 dB: 5 → 0 of 8,110 |
//! | + or that are ordinary and from where ships are (`trust.rs`) | 4.95 dB, ships never heard | same | wrong at 4 to 5.5 dB: 0 of 16,780 |
//! | + one that isn't believed is tried by the other ways | same | same | h 0.45, every ship new: .93 → ~1 |
//! | belief 6 instead of 7 for changed ones | 5.0 dB | 7.5 dB | wrong ones the same: dropped |
//!
//! Cost on one x86 core at 1,536 k, cu8, two channels: .006 s/s in noise, .020 s/s with half of all slots used, .034 with all; profile
//! fast .005, .015, .025 (`steering.rs`; AIS-catcher V2 on the same bytes .011, .011, .010).
//! (AIS-catcher V2, SDRangel, ESA: 6.8, 6.8, 6.9 dB and 9.9, 9.0, 8.45 dB.) More figures, and what falls short: docs/ais-receiver.md.

mod acquire;
mod cancel;
mod cpm;
mod crystal;
mod detect;
mod discriminator;
mod fm;
mod front;
mod joint;
#[cfg(test)]
mod lab;
mod lines;
mod modem;
mod ordinary;
mod pairs;
mod pulse;
mod ramp;
mod receiver;
mod repair;
mod search;
mod steering;
mod stream;
mod trust;

use crate::dsp::{clock, complex};
pub use discriminator::{AUDIO_RATES, Discriminator};
pub use receiver::{RATES, Receiver};

#[cfg(test)]
mod dongle_tests;
#[cfg(test)]
mod tests;
