//! Frames straight from a carrier's samples: several beliefs about the deviation of each tone and about the transmitter's clock.
//!
//! A trellis bears a deviation 30 % off and a clock 1 % off with little loss; these cover 1.4–5 kHz, pre-emphasis, and ±5 %.

use super::fm::{PHASES, STEP_SAMPLES, Templates, WINDOW};
use super::outbox::Heard;
use super::sequence::Sequence;
use super::trellis::{Correlations, STEPS, Trellis, Weights};
use crate::dsp::{Line, Resampler};

/// Kept around the carrier, −6 dB.
const EDGE_HZ: f64 = 6_500.0;
const TRANSITION_HZ: f64 = 4_000.0;
/// Of the level, samples.
const LEVEL_MEMORY: f32 = 1.0 / 500.0;

/// What a bank believes.
#[derive(Clone, Copy, Debug)]
pub struct Belief {
    /// Of mark and space.
    pub deviation_hz: &'static [[f64; 2]],
    /// Bits a second.
    pub baud: f64,
    pub weights: Weights,
}

#[derive(Debug)]
pub struct FmBank {
    samples_sps: f64,
    step_s: f64,
    resampler: Resampler<2>,
    re: Line,
    im: Line,
    samples: usize,
    level: f32,
    sequences: Vec<(Templates, Sequence<PHASES>)>,
    correlations: Box<Correlations<PHASES>>,
}

impl FmBank {
    pub fn new(samples_sps: f64, belief: &Belief) -> Self {
        let rate_sps = belief.baud * (STEPS * STEP_SAMPLES) as f64;
        let sequence = |hz: &[f64; 2]| (Templates::new(*hz), Sequence::new(Trellis::new(belief.weights)));
        Self {
            samples_sps,
            step_s: STEP_SAMPLES as f64 / rate_sps,
            resampler: Resampler::new(samples_sps, rate_sps, EDGE_HZ, TRANSITION_HZ),
            re: Line::new(WINDOW),
            im: Line::new(WINDOW),
            samples: 0,
            level: 0.0,
            sequences: belief.deviation_hz.iter().map(sequence).collect(),
            correlations: Box::new(Correlations::new()),
        }
    }

    /// Calls `out` with each frame.
    #[inline]
    pub fn push(&mut self, i: f32, q: f32, out: &mut dyn FnMut(Heard<'_>)) {
        let Self { resampler, re, im, samples, level, sequences, correlations, step_s, samples_sps } = self;
        let delay_s = resampler.delay() / *samples_sps;
        resampler.push([i, q], &mut |[i, q]| {
            *level += (i * i + q * q - *level) * LEVEL_MEMORY;
            let gain = 1.0 / (level.sqrt() + 1e-12);
            re.push(i * gain);
            im.push(q * gain);
            *samples += 1;
            if *samples < STEP_SAMPLES {
                return;
            }
            *samples = 0;
            for (templates, sequence) in sequences.iter_mut() {
                templates.correlate(re.last(), im.last(), correlations);
                sequence.step::<Templates>(&templates.turns, correlations, &mut |read| {
                    // Step 0 began before the first samples by all but one step of the longest bit.
                    let steps = read.opened_at as f64 - (WINDOW / STEP_SAMPLES - 1) as f64;
                    out(Heard::new(read, steps * *step_s - delay_s));
                });
            }
        });
    }

    /// Frames with a wrong FCS, in the first sequence.
    pub fn failed(&self) -> u64 {
        self.sequences.first().map_or(0, |(_, s)| s.failed())
    }
}
