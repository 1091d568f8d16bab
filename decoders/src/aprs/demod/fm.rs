//! What one tone looks like on a carrier, for every audio phase that it may begin with, and how much of it a signal holds.
//!
//! Within a bit the audio is a·cos(θ + 2πft), so the carrier turns by (D/f)·(sin(θ + 2πft) − sin θ), D the deviation. With θ half a
//! turn further on that is the same backwards, hence the complex conjugate: twelve templates of each tone do for twenty-four.

use super::trellis::{Correlations, LENGTHS, LONGEST, STEPS, Turn, Turns, advance};
use core::f64::consts::TAU;

/// Samples of a step; of a bit, 16: 19,200 a second.
pub const STEP_SAMPLES: usize = 2;
pub const RATE_SPS: f64 = 1200.0 * (STEPS * STEP_SAMPLES) as f64;
/// Samples of the longest bit.
pub const WINDOW: usize = LONGEST * STEP_SAMPLES;
/// Audio phases, 15° apart.
pub const PHASES: usize = 24;
pub const TONES_HZ: [f64; 2] = [1200.0, 2200.0];
const HALF: usize = PHASES / 2;

#[derive(Debug)]
pub struct Templates {
    /// By sample; mark's twelve, then space's.
    re: [[f32; PHASES]; WINDOW],
    im: [[f32; PHASES]; WINDOW],
}

impl Templates {
    /// For deviations of mark and space; and what segments do.
    pub fn new(deviation_hz: [f64; 2]) -> (Self, Turns<PHASES>) {
        let phase = |p: usize| TAU * p as f64 / PHASES as f64;
        let carrier = |tone: usize, p: usize, t: f64| {
            let hz = TONES_HZ[tone];
            deviation_hz[tone] / hz * ((phase(p) + TAU * hz * t).sin() - phase(p).sin())
        };
        let mut all = Self { re: [[0.0; PHASES]; WINDOW], im: [[0.0; PHASES]; WINDOW] };
        for i in 0..WINDOW {
            for h in 0..PHASES {
                // A segment covers whole samples: each stands for the middle of its interval.
                let angle = carrier(h / HALF, h % HALF, (i as f64 + 0.5) / RATE_SPS);
                all.re[i][h] = angle.cos() as f32;
                all.im[i][h] = angle.sin() as f32;
            }
        }
        let mut turns = [[Turn::NONE; 2]; 3];
        for (l, length) in LENGTHS.iter().enumerate() {
            for (tone, turn) in turns[l].iter_mut().enumerate() {
                turn.advance = advance(PHASES, l, tone);
                for p in 0..PHASES {
                    let from = (p + PHASES - turn.advance) % PHASES;
                    let angle = carrier(tone, from, (length * STEP_SAMPLES) as f64 / RATE_SPS);
                    // The path's sum is kept relative to the carrier at its end.
                    turn.cos[p] = angle.cos() as f32;
                    turn.sin[p] = angle.sin() as f32;
                }
            }
        }
        (all, turns)
    }

    /// Correlations of the first [`WINDOW`] samples.
    pub fn correlate(&self, re: &[f32], im: &[f32], out: &mut Correlations) {
        correlate(&self.re, &self.im, re, im, out);
    }
}

#[multiversion::multiversion(targets = "simd")]
fn correlate(tr: &[[f32; PHASES]; WINDOW], ti: &[[f32; PHASES]; WINDOW], re: &[f32], im: &[f32], out: &mut Correlations) {
    let (re, im) = (&re[..WINDOW], &im[..WINDOW]);
    let (mut a, mut b, mut c, mut d) = ([0.0_f32; PHASES], [0.0_f32; PHASES], [0.0_f32; PHASES], [0.0_f32; PHASES]);
    let mut from = 0;
    for (l, length) in LENGTHS.iter().enumerate() {
        let to = length * STEP_SAMPLES;
        for i in from..to {
            for h in 0..PHASES {
                a[h] += re[i] * tr[i][h];
                b[h] += im[i] * ti[i][h];
                c[h] += im[i] * tr[i][h];
                d[h] += re[i] * ti[i][h];
            }
        }
        from = to;
        for tone in 0..2 {
            let [x, y] = &mut out.of[l][tone];
            for h in 0..HALF {
                let k = tone * HALF + h;
                let (re, im) = ([a[k] + b[k], a[k] - b[k]], [c[k] - d[k], c[k] + d[k]]);
                for (half, (re, im)) in re.into_iter().zip(im).enumerate() {
                    let lane = half * HALF + h;
                    (x[lane], x[lane + PHASES]) = (re, re);
                    (y[lane], y[lane + PHASES]) = (im, im);
                }
            }
        }
    }
}
