//! Samples to frames.
//!
//! ```text
//!   IQ ─► shift, ±6.5 k, ÷D to ≈48 k ─► carrier to 0 Hz ─┬► FM bank: seven beliefs: deviation, clock ──┬► FX.25, HDLC, FCS, the first copy
//!                                                         └► discriminator ─► audio tones ─────────────┤
//!   audio ─┬► tones: eight beliefs about their balance and the noise ──────────────────────────────────┤
//!          └► on a carrier again (as it is, and de-emphasis undone) ─► FM bank: two beliefs ───────────┘
//! ```
//! Every branch is the same detector, [`trellis`]: the most likely row of tones, with the bit clock as paths and the carrier's phase kept
//! by each path. In an FM bank the templates are what a tone makes of a carrier, so that there is no discriminator and no
//! threshold; for audio they are the tones. A frame whose FCS is wrong may be repaired ([`repair`]); it is marked then.
//!
//! The bound, measured with a genie's timing, phase and deviation (100 packets): from IQ 93 % at 0 dB without carrier phase, 94 % at
//! −2 dB with it; from audio 50 % at 5.1 dB, 4.2 dB with the discriminator clipped.
//!
//! What was tried, frames of 60 off the air of 2005 at a carrier-to-noise ratio in 12.5 kHz, 3 kHz deviation, nothing else wrong:
//!
//! | from IQ | 1 dB | 0 | −1 | −2 |
//! |---|---|---|---|---|
//! | discriminator, narrow filters, ten slicers (what was here before): half at 5.4 dB | 0 | 0 | 0 | 0 |
//! | one trellis, carrier exactly at 0 Hz, λ = 0 (no carrier phase) | – | 51 | 32 | 13 |
//! | λ = 0.5 | – | 59 | 53 | 46 |
//! | λ = 0.85 | – | 59 | 54 | 46 |
//! | λ = 0.5, a bit of 7 or 9 steps costs 8 instead of 3 | – | 59 | 54 | 50 |
//! | a bit of 7 or 9 steps costs 5, a jump of the phase 4: clock 0.5 % off | 22 | – | 1 | – |
//! | λ = 0.5, carrier 50 / 100 / 200 Hz off, paths do not learn it | 60 / 55 / 0 | – | 50 / 25 / 0 | – |
//! | deviation 2 / 2.5 / 4 / 5 kHz, believed 3 | 59 / 60 / 59 / 0 | – | 29 / 53 / 39 / 0 | – |
//! | pre-emphasised, not believed / believed | 37 / 60 | – | 6 / 55 | – |
//! | all beliefs, carrier searched in 120 ms, paths learn its drift; 700 Hz off | – | 53 | 35 | 11 |
//! | **carrier searched in 300 ms** (`carrier.rs`), and clocks 1.5 % off believed in (`beliefs.rs`) | 60 | 54 | 49 | 25 |
//!
//! | from audio (±7.5 kHz discriminator, 5 kHz low-pass) | frames |
//! |---|---|
//! | on a carrier, λ = 0.7 / 0.3 / 0, true level, of 40 at 5 dB | 0 / 12 / 34 |
//! | level measured, three deviations and three balances, λ = 0.5 / 0.25 / 0.1, as off the air, of 40 | 30 / 36 / 37 |
//! | the same de-emphasised, λ = 0.25 | 27 |
//! | **one deviation, two balances, de-emphasis undone in one of two carriers**, λ = 0.1: flat / de-emphasised | 37 / 37 |
//! | tones alone (profile Fast) | 27 |
//! | tones with λ = 0.8 / 0.4 on AO-27 (bit clock 3.3 % fast), of 3 | 0 / 3 |
//!
//! The tones alone (profile Fast), audio cut off at so many times the tones' amplitude before they are filtered:
//!
//! | | of 60 at 6 / 7 dB | of 100 mixed, flat / de-emphasised | white noise, of 100 |
//! |---|---|---|---|
//! | not cut; limited behind the filter (what was here before) | 0 / 7 | 70 / 68 | 80 |
//! | 1.4 | 1 / 14 | 75 / 75 | 86 |
//! | 1.0 | 10 / 33 | 79 / 78 | 87 |
//! | 0.5 | 17 / 40 | 83 / 81 | 86 |
//! | **0.35**, cut lanes at −2, 0, 2 dB instead of −3, 1, 5; of 200 | 48 / 138 | 87 / 80 | 86 |
//! | 0.1, of 100 | 18 / 68 | 85 / 79 | 84 |
//!
//! Speed, CPU time on one core, times real time at 48,000 samples a second, IQ / audio / audio with Fast; nothing heard changed:
//!
//! | | |
//! |---|---|
//! | a trellis each, its rows doubled for each segment | 32 / 40 / 431 |
//! | rows doubled once a step; the tones' beliefs as lanes of one trellis; audio to 19,200 first; audio's paths do not learn the carrier | 45 / 101 / 575 |
//! | a row's steps 32 at a time, for the caches' sake | 47 / 101 / 575 |
//! | **choices as masks: no loop runs a lane at a time** | 78 / 115 / 608 |
//! | (and the next best ways kept, for repair) | 72 / 97 / 470 |
//! | (and two beliefs about the clock, from IQ) | 52 / – / – |
//! | dividing once a step instead of once a segment | 20 / 86 / 323 (no vectors any more) |
//! | two beliefs of twelve phases in one row instead of 24 each | – / 125 / –, but 5 of 60 instead of 38 at 4 dB |

mod audio;
mod bank;
mod baseband;
mod beliefs;
mod carrier;
mod channel;
mod fm;
mod fx25;
mod g3ruh;
mod il2p;
mod outbox;
mod reader;
mod receiver;
mod repair;
mod scrambler;
mod sequence;
mod step;
mod tone;
mod trellis;

pub use audio::{AUDIO_RATES, AudioReceiver};
pub use g3ruh::{BASEBAND_RATES, G3ruhReceiver};
pub use receiver::{RATES, Receiver};

#[cfg(test)]
mod tests;
