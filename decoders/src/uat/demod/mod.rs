//! Samples to frames.
//!
//! ```text
//!   front ─► stream (two samples a bit) ─► search (both sync words) ─► acquire (time, frequency) ─► trellis (odds of each bit)
//!                  ▲                                                                                       │
//!                  └── cancel (sent again and subtracted; what lay under it is searched) ◄─ receiver ◄─ repair (bytes)
//! ```
//!
//! What was tried and what it gave; Eb/N0 at which half of all frames are heard (basic, long, uplink), `docs/uat.md` has the rest:
//!
//! | step | dB | else |
//! |---|---|---|
//! | bound: each bit alone, non-coherent, hard decisions | 9.0, 9.6, 10.7 | dump978-fa: 9.7, 10.3, 11.2 |
//! | bound: coherent sequence detection, hard decisions | 2.0, 2.7, 3.8 | |
//! | trellis of five states with a carrier loop a survivor, odds both ways, erasures by doubt | 1.5, 2.05, 3.2 | false frames in strong bursts' data: 1 in 100 |
//! | + at most 29 bits changed, sync amplitude, share over the noise floor | same | none |
//! | + subtracting what was heard | same | weaker of a pair, 3–10 dB: 0 → .93–.97 |
//! | + the score against the noise floor before acquiring | same | half the cost in traffic |
//! | + a second try with the sync word's own modulation index | same | h 0.65 at 4 dB: .65 → .86; h 0.70: .00 → .97 |
//!
//! The trellis takes the frequency as jumping; transmitters with a raised-cosine filter lose nothing by it that could be measured.

mod acquire;
mod cancel;
mod front;
mod modem;
mod points;
mod receiver;
mod repair;
mod search;
#[cfg(test)]
mod tests;
mod trellis;
mod waveform;

pub use receiver::{CENTER_HZ, RATES, Receiver};
