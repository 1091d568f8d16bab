//! Frames from audio at 19,200 samples a second: the two tones, mixed down to ±500 Hz, and beliefs about their balance side by side.
//!
//! ```text
//!   audio ─┬────────────────────────────► · e^(−j2π·1700 t) ─► ±1 kHz, 9,600 a second ─► level 1 ─┬► one lane per balance of the tones
//!          └► cut off above the tones' ─► likewise ──────────────────────────────────────────────┤
//!             own level                                            └► each sample to 1 ───────────┘
//! ```
//! FM's noise comes in clicks, pulses of 0.1 ms and many times the tones' level: cut off before the filter they do little harm.

use super::outbox::Heard;
use super::sequence::Sequence;
use super::trellis::{Correlations, LENGTHS, LONGEST, STEPS, Turn, Turns, Weights};
use crate::dsp::Resampler;
use core::f64::consts::TAU;

/// Audio samples a second.
pub const AUDIO_SPS: f64 = 19_200.0;
const RATE_SPS: f64 = 1200.0 * STEPS as f64;
/// 17 turns in 192 samples.
const MIDDLE_HZ: f64 = 1700.0;
const MIDDLE_PERIOD: usize = 192;
const HALF_SHIFT_HZ: f64 = 500.0;
const HALF_BAND_HZ: f64 = 1050.0;
const TRANSITION_HZ: f64 = 900.0;
/// Of the level, samples.
const LEVEL_MEMORY: f32 = 1.0 / 192.0;
const WEIGHTS: Weights = Weights { memory: 0.4, pull: 0.2, timing: 0.2, phase: 0.0 };
const LANES: usize = 8;
/// What a lane listens to, and what the space tone is multiplied with, decibels: transmitters and receivers raise or lower it.
const BELIEFS: [(Input, f64); LANES] = [
    (Input::Plain, -5.0),
    (Input::Plain, 0.0),
    (Input::Plain, 5.0),
    (Input::Plain, 10.0),
    (Input::Cut, -2.0),
    (Input::Cut, 0.0),
    (Input::Cut, 2.0),
    (Input::Even, 0.0),
];
/// Audio is cut off at so many times the tones' amplitude.
const CUT: f32 = 0.35;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Plain,
    Cut,
    /// Every sample of the same size.
    Even,
}

type Row = [f32; LANES];

/// The newest samples of every lane, each kept twice so that they always lie in a row.
#[derive(Debug)]
struct Rows {
    re: [Row; 2 * LONGEST],
    im: [Row; 2 * LONGEST],
    at: usize,
}

impl Rows {
    const fn new() -> Self {
        Self { re: [[0.0; LANES]; 2 * LONGEST], im: [[0.0; LANES]; 2 * LONGEST], at: 0 }
    }

    fn push(&mut self, re: Row, im: Row) {
        for at in [self.at, self.at + LONGEST] {
            (self.re[at], self.im[at]) = (re, im);
        }
        self.at = (self.at + 1) % LONGEST;
    }
}

/// Mark and space around 0 Hz.
#[derive(Debug)]
struct Pair {
    /// By tone and sample.
    taps: [[(f32, f32); LONGEST]; 2],
    /// Of a tone, by lane.
    gains: [Row; 2],
}

impl Pair {
    fn new() -> (Self, Turns<LANES>) {
        let mut pair =
            Self { taps: [[(0.0, 0.0); LONGEST]; 2], gains: [[1.0; LANES], BELIEFS.map(|(_, db)| 10_f64.powf(db / 20.0) as f32)] };
        let mut turns = [[Turn::NONE; 2]; 3];
        for (tone, hz) in [-HALF_SHIFT_HZ, HALF_SHIFT_HZ].into_iter().enumerate() {
            for (i, tap) in pair.taps[tone].iter_mut().enumerate() {
                let angle = TAU * hz * (i as f64 + 0.5) / RATE_SPS;
                *tap = (angle.cos() as f32, angle.sin() as f32);
            }
            for (l, length) in LENGTHS.iter().enumerate() {
                let angle = TAU * hz * *length as f64 / RATE_SPS;
                turns[l][tone] = Turn { cos: [angle.cos() as f32; LANES], sin: [angle.sin() as f32; LANES], advance: 0 };
            }
        }
        (pair, turns)
    }
}

#[multiversion::multiversion(targets = "simd")]
fn correlate(pair: &Pair, rows: &Rows, out: &mut Correlations) {
    let (re, im) = (&rows.re[rows.at..rows.at + LONGEST], &rows.im[rows.at..rows.at + LONGEST]);
    for (tone, taps) in pair.taps.iter().enumerate() {
        let gain = &pair.gains[tone];
        let (mut x, mut y, mut from) = ([0.0_f32; LANES], [0.0_f32; LANES], 0);
        for (l, length) in LENGTHS.iter().enumerate() {
            for i in from..*length {
                let (c, s) = taps[i];
                for lane in 0..LANES {
                    x[lane] += re[i][lane] * c + im[i][lane] * s;
                    y[lane] += im[i][lane] * c - re[i][lane] * s;
                }
            }
            from = *length;
            let [re, im] = &mut out.of[l][tone];
            for lane in 0..LANES {
                re[lane] = gain[lane] * x[lane];
                im[lane] = gain[lane] * y[lane];
            }
        }
    }
}

/// Audio to frames.
#[derive(Debug)]
pub struct ToneBank {
    /// The middle between the tones, turning backwards.
    middle: [(f32, f32); MIDDLE_PERIOD],
    at: usize,
    plain: Resampler<2>,
    cut: Resampler<2>,
    /// What came out of it last.
    newest_cut: [f32; 2],
    levels: [f32; 2],
    /// Power since it was last asked for, and samples.
    power: (f32, u32),
    rows: Rows,
    pair: Pair,
    sequence: Sequence<LANES, LANES, true>,
    correlations: Box<Correlations>,
}

impl ToneBank {
    pub fn new() -> Self {
        let (pair, turns) = Pair::new();
        let resampler = || Resampler::new(AUDIO_SPS, RATE_SPS, HALF_BAND_HZ, TRANSITION_HZ);
        Self {
            middle: core::array::from_fn(|i| {
                let (sin, cos) = (TAU * (MIDDLE_HZ * i as f64 / AUDIO_SPS).fract()).sin_cos();
                (cos as f32, -sin as f32)
            }),
            at: 0,
            plain: resampler(),
            cut: resampler(),
            newest_cut: [0.0; 2],
            levels: [0.0; 2],
            power: (0.0, 0),
            rows: Rows::new(),
            pair,
            sequence: Sequence::new(WEIGHTS, turns),
            correlations: Box::new(Correlations::new()),
        }
    }

    /// Calls `out` with each frame.
    #[inline]
    pub fn push(&mut self, audio: f32, out: &mut dyn FnMut(Heard<'_>)) {
        let (cos, sin) = self.middle[self.at];
        self.at = (self.at + 1) % MIDDLE_PERIOD;
        // A tone of amplitude a is a/2 around its own frequency.
        let limit = 2.0 * CUT * self.levels[0].sqrt();
        let cut = audio.clamp(-limit, limit);
        let Self { plain, cut: cutting, newest_cut, levels, power: heard, rows, pair, sequence, correlations, .. } = self;
        cutting.push([cut * cos, cut * sin], &mut |x| *newest_cut = x);
        let delay_s = plain.delay() / AUDIO_SPS;
        plain.push([audio * cos, audio * sin], &mut |x| {
            let power = [x, *newest_cut].map(|[i, q]| i * i + q * q);
            *heard = (heard.0 + power[0], heard.1 + 1);
            let gains = core::array::from_fn(|n| {
                levels[n] += (power[n] - levels[n]) * LEVEL_MEMORY;
                1.0 / (levels[n].sqrt() + 1e-12)
            });
            let (re, im) = lanes(x, *newest_cut, gains, power[1]);
            rows.push(re, im);
            correlate(pair, rows, correlations);
            // Step 0 began before the first sample by all but one of the longest bit's.
            sequence.step(correlations, &mut |read| {
                let steps = read.opened_at as f64 - (LONGEST - 1) as f64;
                out(Heard::new(read, steps / RATE_SPS - delay_s));
            });
        });
    }

    /// Mean power of the tones since the last call: a quarter of the square of their amplitude.
    pub fn take_power(&mut self) -> f32 {
        let (sum, n) = core::mem::take(&mut self.power);
        sum / n.max(1) as f32
    }

    /// Frames with a wrong FCS, in one of the lanes.
    pub fn failed(&self) -> u64 {
        self.sequence.failed()
    }
}

/// A sample as each lane hears it.
#[inline]
fn lanes(plain: [f32; 2], cut: [f32; 2], [plain_gain, cut_gain]: [f32; 2], cut_power: f32) -> (Row, Row) {
    let even_gain = 1.0 / (cut_power.sqrt() + 1e-12);
    let of = |part: usize| {
        BELIEFS.map(|(input, _)| match input {
            Input::Plain => plain[part] * plain_gain,
            Input::Cut => cut[part] * cut_gain,
            Input::Even => cut[part] * even_gain,
        })
    };
    (of(0), of(1))
}
