//! Where exactly a burst begins, and on which frequency: coherent correlation with the sync word, jointly in time and frequency.

use super::front::Planes;
use super::points::{Grid, Points};
use super::search::Found;
use super::waveform::{POINTS, SPS, STATES, STEP, SYNC_BITS, Word, one_tone};
use crate::dsp::complex::C32;
use core::f32::consts::{PI, TAU};

/// Places tried, a quarter of a sample (an eighth of a bit) apart, around the one that was found.
const PLACES: usize = 11;
const FINE: usize = 2 * POINTS;
/// Frequencies tried: a quarter of the sync word's own resolution apart.
const TURNS: usize = 13;
const TURN_STEP: f32 = TAU / SYNC_BITS as f32 / 4.0;

/// A burst's place.
#[derive(Clone, Copy, Debug)]
pub struct Sync {
    pub word: Word,
    /// Sample of the stream where bit 0 of the sync word begins.
    pub start: f64,
    /// Radians a bit that the carrier is off.
    pub turn: f32,
    /// Share of the energy over the sync word that the known bits explain, 0…1.
    pub share: f32,
    /// Mean power along it, noise included.
    pub power: f32,
}

/// Modulation indices tried where 0.6 did not work: steps of 0.02 from −0.06 on, as skew ([`Acquire::skewed`]).
const SKEWS: usize = 12;
const SKEW_STEP: f32 = 0.02 * PI;
const SKEW_FIRST: f32 = -0.06 * PI;

/// The sync word's carrier, bit by bit.
#[derive(Debug)]
pub struct Acquire {
    one: [C32; POINTS],
    points: Vec<C32>,
    /// Of the last burst, turned back by its `turn`.
    carrier: [C32; SYNC_BITS],
}

impl Acquire {
    pub fn new() -> Self {
        Self { one: one_tone(), points: Vec::with_capacity(PLACES + SYNC_BITS * FINE), carrier: [C32::ZERO; SYNC_BITS] }
    }

    /// `found` with its place counted in `x`.
    pub fn acquire(&mut self, points: &Points, x: &Planes, found: &Found) -> Sync {
        // Point m of a burst that begins at sample s lies at s + (m + ½)/2; sample `at` lies half a sample behind the beginning.
        let begin = found.at as f64 - 0.5;
        let spacing = SPS as f64 / FINE as f64;
        let first = begin + 0.25 - (PLACES / 2) as f64 * spacing;
        let grid = Grid { first, step: spacing, count: PLACES + SYNC_BITS * FINE - 1, turn: (found.turn - 0.6 * PI) / FINE as f32 };
        points.take(x, grid, &mut self.points);
        let mut best = (0, 0, 0.0);
        let mut powers = [[0.0_f32; TURNS]; PLACES];
        for (place, powers) in powers.iter_mut().enumerate() {
            let carrier = self.carrier(found.word, place);
            for (t, power) in powers.iter_mut().enumerate() {
                *power = sum_turned(&carrier, turn_of(t)).power();
                if best.2 < *power {
                    best = (place, t, *power);
                }
            }
        }
        let (place, t, power) = best;
        let across = |i: usize, n: usize, value: &dyn Fn(usize) -> f32| {
            if i == 0 || i + 1 == n { 0.0 } else { vertex(value(i - 1), value(i), value(i + 1)) }
        };
        let place_off = across(place, PLACES, &|p| powers[p][t]);
        let turn_off = across(t, TURNS, &|t| powers[place][t]);
        let turn = turn_of(t) + turn_off * TURN_STEP;
        self.carrier = self.carrier(found.word, place);
        for (k, carrier) in self.carrier.iter_mut().enumerate() {
            *carrier = *carrier * C32::unit(-turn * k as f32);
        }
        let energy: f32 = (0..SYNC_BITS * POINTS).map(|m| self.points[place + 2 * m].power()).sum();
        Sync {
            word: found.word,
            start: begin + (place as f64 + f64::from(place_off) - (PLACES / 2) as f64) * spacing,
            turn: found.turn + turn,
            share: power / (energy * (SYNC_BITS * POINTS) as f32).max(f32::MIN_POSITIVE),
            power: (energy / (SYNC_BITS * POINTS) as f32).max(f32::MIN_POSITIVE),
        }
    }

    /// The last burst as one with another modulation index h: the standard says "no less than 0.6". Gives the skew, π(h − 0.6), by which
    /// a bit turns the phase further, and corrects the turn, which the skew had biased.
    pub fn skewed(&self, sync: &Sync) -> (f32, Sync) {
        let mut best = (0.0, 0.0, 0.0);
        for skew in (0..SKEWS).map(|i| SKEW_FIRST + SKEW_STEP * i as f32) {
            let mut unskewed = self.carrier;
            let mut sum = 0.0;
            for (k, carrier) in unskewed.iter_mut().enumerate() {
                let level = if sync.word.bit(k) { 1.0 } else { -1.0 };
                *carrier = *carrier * C32::unit(-skew * (sum + level / 2.0));
                sum += level;
            }
            for turn in (0..TURNS).map(turn_of) {
                let power = sum_turned(&unskewed, turn).power();
                if best.2 < power {
                    best = (skew, turn, power);
                }
            }
        }
        (best.0, Sync { turn: sync.turn + best.1, ..*sync })
    }

    /// What is left of each bit when what is known of it is taken away.
    fn carrier(&self, word: Word, place: usize) -> [C32; SYNC_BITS] {
        let mut state = 0;
        core::array::from_fn(|k| {
            let mut sum = C32::ZERO;
            for i in 0..POINTS {
                let point = self.points[place + 2 * (POINTS * k + i)];
                sum += if word.bit(k) { point * self.one[i].conj() } else { point };
            }
            let carrier = sum * C32::unit(-TAU * state as f32 / STATES as f32);
            state = (state + if word.bit(k) { STEP } else { 0 }) % STATES;
            carrier
        })
    }
}

fn turn_of(t: usize) -> f32 {
    (t as f32 - (TURNS / 2) as f32) * TURN_STEP
}

fn sum_turned(carrier: &[C32; SYNC_BITS], turn: f32) -> C32 {
    let (step, mut unit, mut sum) = (C32::unit(-turn), C32::new(1.0, 0.0), C32::ZERO);
    for c in carrier {
        sum += *c * unit;
        unit = unit * step;
    }
    sum
}

/// Where a parabola through three equidistant values has its top, −½…½ from the middle one.
fn vertex(before: f32, here: f32, after: f32) -> f32 {
    let bend = before - 2.0 * here + after;
    if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}
