//! Frames from audio: the two tones, mixed down to ±500 Hz, with the trellis following the audio's phase.
//!
//! ```text
//!   audio ─► · e^(−j2π·1700 t) ─► ±1 kHz, 9,600 a second ─┬► level 1 ─────────► one sequence per balance of the tones
//!                                                          └► each sample to 1 ─► likewise (limiter: noise of FM comes in clicks)
//! ```

use super::outbox::Heard;
use super::sequence::Sequence;
use super::trellis::{Correlations, LENGTHS, LONGEST, Nodes, STEPS, Trellis, Turn, Turns, Waveform, Weights, advance_all};
use crate::dsp::{Line, Resampler};
use core::f64::consts::TAU;

const RATE_SPS: f64 = 1200.0 * STEPS as f64;
const MIDDLE_HZ: f64 = 1700.0;
const HALF_SHIFT_HZ: f64 = 500.0;
const HALF_BAND_HZ: f64 = 1050.0;
const TRANSITION_HZ: f64 = 900.0;
/// Of the level, samples.
const LEVEL_MEMORY: f32 = 1.0 / 192.0;
const WEIGHTS: Weights = Weights { memory: 0.4, pull: 0.2, timing: 0.2, phase: 0.0 };
/// What the space tone is multiplied with, decibels: transmitters and receivers raise or lower it.
const LINEAR_DB: [f64; 4] = [-5.0, 0.0, 5.0, 10.0];
const LIMITED_DB: [f64; 2] = [-2.0, 2.0];

/// Mark and space around 0 Hz.
#[derive(Debug)]
struct Pair {
    turns: Turns<1>,
    /// By tone and sample.
    taps: [[(f32, f32); LONGEST]; 2],
    space_gain: f32,
}

impl Pair {
    fn new(space_db: f64) -> Self {
        let hz = [-HALF_SHIFT_HZ, HALF_SHIFT_HZ];
        let mut pair =
            Self { turns: [[Turn::NONE; 2]; 3], taps: [[(0.0, 0.0); LONGEST]; 2], space_gain: 10_f64.powf(space_db / 20.0) as f32 };
        for (tone, hz) in hz.into_iter().enumerate() {
            for (i, tap) in pair.taps[tone].iter_mut().enumerate() {
                let angle = TAU * hz * (i as f64 + 0.5) / RATE_SPS;
                *tap = (angle.cos() as f32, angle.sin() as f32);
            }
            for (l, length) in LENGTHS.iter().enumerate() {
                let angle = TAU * hz * *length as f64 / RATE_SPS;
                pair.turns[l][tone] = Turn { cos: [angle.cos() as f32], sin: [angle.sin() as f32], advance: 0 };
            }
        }
        pair
    }

    #[inline]
    fn correlate(&self, re: &[f32], im: &[f32], out: &mut Correlations<1>) {
        for (tone, taps) in self.taps.iter().enumerate() {
            let gain = if tone == 0 { 1.0 } else { self.space_gain };
            let (mut x, mut y, mut from) = (0.0, 0.0, 0);
            for (l, length) in LENGTHS.iter().enumerate() {
                for i in from..*length {
                    let (c, s) = taps[i];
                    x += re[i] * c + im[i] * s;
                    y += im[i] * c - re[i] * s;
                }
                from = *length;
                out.of[l][tone] = [[gain * x], [gain * y]];
            }
        }
    }
}

impl Waveform<1> for Pair {
    fn advance(nodes: &mut Nodes<1>, at: usize, turns: &Turns<1>, c: &Correlations<1>, weights: &Weights) -> [i8; 1] {
        advance_all(nodes, at, turns, c, weights)
    }
}

/// Audio to frames.
#[derive(Debug)]
pub struct ToneBank {
    step: f64,
    phase: f64,
    audio_sps: f64,
    resampler: Resampler<2>,
    level: f32,
    /// Power since it was last asked for, and samples.
    power: (f32, u32),
    /// re and im, plain and limited.
    lines: [[Line; 2]; 2],
    sequences: Vec<(usize, Pair, Sequence<1>)>,
    correlations: Correlations<1>,
}

impl ToneBank {
    pub fn new(audio_sps: f64, thorough: bool) -> Self {
        let (linear, limited): (&[f64], &[f64]) = if thorough { (&LINEAR_DB, &LIMITED_DB) } else { (&[-2.5, 2.5], &[0.0]) };
        let all = linear.iter().map(|db| (0, *db)).chain(limited.iter().map(|db| (1, *db)));
        let line = || [Line::new(LONGEST), Line::new(LONGEST)];
        Self {
            step: MIDDLE_HZ / audio_sps,
            phase: 0.0,
            audio_sps,
            resampler: Resampler::new(audio_sps, RATE_SPS, HALF_BAND_HZ, TRANSITION_HZ),
            level: 0.0,
            power: (0.0, 0),
            lines: [line(), line()],
            sequences: all.map(|(line, db)| (line, Pair::new(db), Sequence::new(Trellis::new(WEIGHTS)))).collect(),
            correlations: Correlations::new(),
        }
    }

    /// Calls `out` with each frame.
    #[inline]
    pub fn push(&mut self, audio: f32, out: &mut dyn FnMut(Heard<'_>)) {
        self.phase = (self.phase + self.step).fract();
        let (sin, cos) = ((TAU * self.phase) as f32).sin_cos();
        let Self { resampler, level, power: heard, lines, sequences, correlations, audio_sps, .. } = self;
        let delay_s = resampler.delay() / *audio_sps;
        resampler.push([audio * cos, -audio * sin], &mut |[i, q]| {
            let power = i * i + q * q;
            *heard = (heard.0 + power, heard.1 + 1);
            *level += (power - *level) * LEVEL_MEMORY;
            let gains = [1.0 / (level.sqrt() + 1e-12), 1.0 / (power.sqrt() + 1e-12)];
            for ([re, im], gain) in lines.iter_mut().zip(gains) {
                re.push(i * gain);
                im.push(q * gain);
            }
            for (line, pair, sequence) in sequences.iter_mut() {
                pair.correlate(lines[*line][0].last(), lines[*line][1].last(), correlations);
                // Step 0 began before the first sample by all but one of the longest bit's.
                sequence.step::<Pair>(&pair.turns, correlations, &mut |read| {
                    let steps = read.opened_at as f64 - (LONGEST - 1) as f64;
                    out(Heard::new(read, steps / RATE_SPS - delay_s));
                });
            }
        });
    }

    /// Mean power of the tones since the last call: a quarter of the square of their amplitude.
    pub fn take_power(&mut self) -> f32 {
        let (sum, n) = core::mem::take(&mut self.power);
        sum / n.max(1) as f32
    }

    /// Frames with a wrong FCS, in the middle sequence.
    pub fn failed(&self) -> u64 {
        self.sequences[self.sequences.len() / 2].2.failed()
    }
}
