//! Points of a burst between the stream's samples.

use super::front::Planes;
use crate::dsp::complex::C32;
use crate::dsp::{dot, low_pass};

const PHASES: usize = 32;
/// Of the stream's rate: what is passed, and what is kept out.
const PASS: f64 = 0.36;
const STOP: f64 = 0.64;

/// The interpolator.
#[derive(Debug)]
pub struct Points {
    bank: Vec<f32>,
    taps: usize,
}

/// Where points lie.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Place of the first, in samples of the stream.
    pub first: f64,
    /// From one to the next, in samples.
    pub step: f64,
    pub count: usize,
    /// Turned back by this much from one to the next, radians; the first is turned back by half of it.
    pub turn: f32,
}

/// Samples needed before the first and behind the last point.
pub const MARGIN: usize = 12;

impl Points {
    pub fn new() -> Self {
        let bank = low_pass(PASS, STOP, PHASES, 8);
        let taps = bank.len() / PHASES;
        assert!(taps / 2 < MARGIN, "the margin covers the filter");
        Self { bank, taps }
    }

    /// The points of `grid`; beyond the stream's ends they are 0.
    pub fn take(&self, x: &Planes, grid: Grid, out: &mut Vec<C32>) {
        out.clear();
        let turn = C32::unit(-grid.turn);
        let mut unit = C32::unit(-grid.turn / 2.0);
        for i in 0..grid.count {
            let place = grid.first + grid.step * i as f64;
            out.push(self.at(x, place) * unit);
            unit = unit * turn;
            if i % 64 == 63 {
                let angle = f64::from(grid.turn) * (i as f64 + 1.5);
                unit = C32::unit(-(angle.rem_euclid(core::f64::consts::TAU)) as f32);
            }
        }
    }

    fn at(&self, x: &Planes, place: f64) -> C32 {
        let whole = place.floor();
        let from = whole as i64 - (self.taps as i64 / 2 - 1);
        let (Ok(from), phase) = (usize::try_from(from), ((place - whole) * PHASES as f64) as usize) else { return C32::ZERO };
        if x.re.len() < from + self.taps {
            return C32::ZERO;
        }
        let bank = &self.bank[phase * self.taps..(phase + 1) * self.taps];
        C32::new(dot(&x.re[from..from + self.taps], bank), dot(&x.im[from..from + self.taps], bank))
    }
}
