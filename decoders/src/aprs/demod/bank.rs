//! Frames straight from a carrier's samples: several beliefs about the deviation of each tone and about the transmitter's clock.
//!
//! A trellis bears a deviation 30 % off and a clock 1 % off with little loss; these cover 1.4–5 kHz, pre-emphasis, and ±2.3 %.

use super::fm::{PHASES, STEP_SAMPLES, Templates, WINDOW};
use super::outbox::Heard;
use super::reader::Read;
use super::sequence::Sequence;
use super::trellis::{Correlations, STEPS, Weights};
use crate::dsp::Resampler;

/// Kept around the carrier, −6 dB.
const EDGE_HZ: f64 = 6_500.0;
const TRANSITION_HZ: f64 = 4_000.0;
/// Of the level, samples.
const LEVEL_MEMORY: f32 = 1.0 / 500.0;
/// Steps that a row takes at a time: what it works with stays in the nearest cache.
const STEPS_AT_ONCE: usize = 32;
const HELD: usize = WINDOW - STEP_SAMPLES + STEPS_AT_ONCE * STEP_SAMPLES;

/// What a bank believes.
#[derive(Clone, Copy, Debug)]
pub struct Belief {
    /// Of mark and space.
    pub deviation_hz: &'static [[f64; 2]],
    /// Bits a second.
    pub baud: f64,
    pub weights: Weights,
}

/// A belief about the deviation.
#[derive(Debug)]
struct Row<const DRIFT: bool> {
    templates: Templates,
    sequence: Sequence<PHASES, 1, DRIFT>,
}

impl<const DRIFT: bool> Row<DRIFT> {
    fn new(deviation_hz: [f64; 2], weights: Weights) -> Self {
        let (templates, turns) = Templates::new(deviation_hz);
        Self { templates, sequence: Sequence::new(weights, turns) }
    }

    fn steps(&mut self, [re, im]: &[[f32; HELD]; 2], correlations: &mut Correlations, out: &mut dyn FnMut(Read<'_>)) {
        for step in 0..STEPS_AT_ONCE {
            let window = STEP_SAMPLES * step..STEP_SAMPLES * step + WINDOW;
            self.templates.correlate(&re[window.clone()], &im[window], correlations);
            self.sequence.step(correlations, out);
        }
    }
}

/// With `DRIFT`, paths learn where the carrier is.
#[derive(Debug)]
pub struct FmBank<const DRIFT: bool> {
    samples_sps: f64,
    step_s: f64,
    resampler: Resampler<2>,
    held: Box<[[f32; HELD]; 2]>,
    filled: usize,
    level: f32,
    rows: Vec<Row<DRIFT>>,
    correlations: Box<Correlations>,
}

impl<const DRIFT: bool> FmBank<DRIFT> {
    pub fn new(samples_sps: f64, belief: &Belief) -> Self {
        let rate_sps = belief.baud * (STEPS * STEP_SAMPLES) as f64;
        Self {
            samples_sps,
            step_s: STEP_SAMPLES as f64 / rate_sps,
            resampler: Resampler::new(samples_sps, rate_sps, EDGE_HZ, TRANSITION_HZ),
            held: Box::new([[0.0; HELD]; 2]),
            filled: WINDOW - STEP_SAMPLES,
            level: 0.0,
            rows: belief.deviation_hz.iter().map(|hz| Row::new(*hz, belief.weights)).collect(),
            correlations: Box::new(Correlations::new()),
        }
    }

    /// Calls `out` with each frame.
    #[inline]
    pub fn push(&mut self, i: f32, q: f32, out: &mut dyn FnMut(Heard<'_>)) {
        let Self { resampler, held, filled, level, rows, correlations, step_s, samples_sps } = self;
        let delay_s = resampler.delay() / *samples_sps;
        let mut tell = |read: Read<'_>| {
            // Step 0 began before the first samples by all but one step of the longest bit.
            let steps = read.opened_at as f64 - (WINDOW / STEP_SAMPLES - 1) as f64;
            out(Heard::new(read, steps * *step_s - delay_s));
        };
        resampler.push([i, q], &mut |[i, q]| {
            *level += (i * i + q * q - *level) * LEVEL_MEMORY;
            let gain = 1.0 / (level.sqrt() + 1e-12);
            (held[0][*filled], held[1][*filled]) = (i * gain, q * gain);
            *filled += 1;
            if *filled < HELD {
                return;
            }
            rows.iter_mut().for_each(|row| row.steps(held, correlations, &mut tell));
            *filled = WINDOW - STEP_SAMPLES;
            held.iter_mut().for_each(|plane| plane.copy_within(HELD - (WINDOW - STEP_SAMPLES).., 0));
        });
    }

    /// Frames with a wrong FCS, in one of the rows.
    pub fn failed(&self) -> u64 {
        self.rows.first().map_or(0, |row| row.sequence.failed())
    }
}
