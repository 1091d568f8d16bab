//! What is believed of transmitters: which banks listen to a carrier.

use super::bank::{Belief, FmBank};
use super::outbox::Heard;
use super::trellis::Weights;
use core::f32::consts::{PI, TAU};

const WEIGHTS: Weights = Weights { memory: 0.5, pull: 0.1, timing: 2.0, phase: 1.0 };

const EVEN: &[[f64; 2]] = &[[3000.0, 3000.0]];

/// A carrier from the air: right clocks, and such as are 1–2.3 % off. Those further off are left to the tones.
///
/// Of 60 at 0 / 1 / 2 dB, clock 2 % off: without the clocks of 1,218 and 1,182 Bd 0 / 3 / 18, with them 52 / 58 / 60. Of 60 at −1 / 1 dB with
/// 4, 5, 5.5 kHz: 4,300 Hz 36 / 60, 11 / 42, 0 / 9; **4,500** 32 / 57, 12 / 43, –; 4,700 24 / 56, 14 / 45, 1 / 11; 4,300 and 5,300 –, 17 / 46, 2 / 19.
pub const AIR: &[Belief] = &[
    Belief {
        deviation_hz: &[[3000.0, 3000.0], [2000.0, 2000.0], [4500.0, 4500.0], [1300.0, 2400.0], [2000.0, 3700.0]],
        baud: 1200.0,
        weights: WEIGHTS,
    },
    Belief { deviation_hz: EVEN, baud: 1218.0, weights: WEIGHTS },
    Belief { deviation_hz: EVEN, baud: 1182.0, weights: WEIGHTS },
];

/// What the discriminator does to the carrier's phase is not believed in for long.
const AUDIO: Weights = Weights { memory: 0.1, pull: 0.1, timing: 2.0, phase: 1.0 };
/// Of a mean level of 3 kHz, even and with the space tone 5.3 dB up (pre-emphasis).
const EVEN_OR_RISING: Belief = Belief { deviation_hz: &[[3000.0, 3000.0], [2040.0, 3720.0]], baud: 1200.0, weights: AUDIO };
/// Deviation that the mean level of the tones is made, hertz.
const LEVEL_HZ: f32 = 3000.0;
/// De-emphasis as a pole, 300 Hz at 19,200 samples a second (530 us; 750 us is not far from it), and how much weaker audio of a flat
/// level is after it is undone, against its level before.
const POLE: f32 = 0.906;
const UNDONE_GAIN: f32 = 1.0 / 0.476;

/// Audio put on a carrier, as it is or with de-emphasis undone, and who listens.
#[derive(Debug)]
pub struct Remodulated {
    de_emphasised: bool,
    last: f32,
    phase: f32,
    bank: FmBank<false>,
}

impl Remodulated {
    pub fn both(samples_sps: f64) -> [Self; 2] {
        [false, true].map(|de_emphasised| Self { de_emphasised, last: 0.0, phase: 0.0, bank: FmBank::new(samples_sps, &EVEN_OR_RISING) })
    }

    /// Takes audio less `mean`, times `gain` the turn of a carrier with a deviation of 1 Hz, radians.
    pub fn block(&mut self, audio: &[f32], mean: f32, gain: f32, out: &mut dyn FnMut(Heard<'_>)) {
        let gain = gain * LEVEL_HZ * if self.de_emphasised { UNDONE_GAIN } else { 1.0 };
        let pole = if self.de_emphasised { POLE } else { 0.0 };
        for x in audio {
            let x = x - mean;
            let turn = (x - pole * self.last) * gain;
            self.last = x;
            self.phase = (self.phase + turn.clamp(-PI, PI)) % TAU;
            let (sin, cos) = self.phase.sin_cos();
            self.bank.push(cos, sin, out);
        }
    }
}
