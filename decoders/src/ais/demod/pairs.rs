//! The arithmetic of two bursts over each other (`joint.rs`): one step of the search over pairs of symbols, the carriers that fit best, and
//! what a filter gives for known symbols.

use super::acquire::unturn;
use super::complex::C32;
use super::pulse::{FRACTIONS, Pulse, TAPS};

/// The last two symbols of each burst.
pub const STATES: usize = 16;

/// Normal equations for two carriers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    pub aa: f32,
    pub bb: f32,
    pub ab: C32,
    pub a: C32,
    pub b: C32,
}

impl Share {
    pub fn add(&mut self, other: &Self, sign: f32) {
        self.aa += sign * other.aa;
        self.bb += sign * other.bb;
        self.ab += other.ab.scale(sign);
        self.a += other.a.scale(sign);
        self.b += other.b.scale(sign);
    }

    /// Both carriers, with so many symbols' weight on what they were before.
    pub fn solve(&self, inertia: f32, before: (C32, C32)) -> (C32, C32) {
        let (aa, bb) = (self.aa + inertia, self.bb + inertia);
        let (a, b) = (self.a + before.0.scale(inertia), self.b + before.1.scale(inertia));
        let determinant = aa * bb - self.ab.power();
        if determinant < 1e-3 * aa * bb {
            return before;
        }
        let scale = 1.0 / determinant;
        ((a.scale(bb) - self.ab * b).scale(scale), (b.scale(aa) - self.ab.conj() * a).scale(scale))
    }
}

/// Coefficients of one step of the search.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub r: f32,
    pub s: f32,
    pub rr: f32,
    pub ss: f32,
    /// With rₖ: sₖ, sₖ₋₁, sₖ₋₂.
    pub here: f32,
    pub s1: f32,
    pub s2: f32,
    /// With sₖ: rₖ₋₁, rₖ₋₂.
    pub r1: f32,
    pub r2: f32,
}

impl Step {
    /// For each branch (r, s) = −−, −+, +−, ++.
    #[inline(always)]
    pub fn branches(&self, state: usize) -> [f32; 4] {
        let sign = |bit: usize| if state >> bit & 1 == 1 { 1.0 } else { -1.0 };
        let (r1, r2, s1, s2) = (sign(3), sign(2), sign(1), sign(0));
        let r = self.r + self.rr * r2 - self.s1 * s1 - self.s2 * s2;
        let s = self.s + self.ss * s2 - self.r1 * r1 - self.r2 * r2;
        [-r - s - self.here, -r + s + self.here, r - s + self.here, r + s - self.here]
    }
}

/// The state behind a branch.
#[inline(always)]
pub const fn after(state: usize, branch: usize) -> usize {
    (branch & 2) << 2 | (state & 8) >> 1 | (branch & 1) << 1 | (state & 2) >> 1
}

/// What symbol k's filter gives for carrier 1: itself and its neighbours.
pub fn expected(r: &[f32], pulse: &Pulse, k: usize) -> C32 {
    let at = |k: Option<usize>| k.and_then(|k| r.get(k)).copied().unwrap_or(0.0);
    let (b1, b2, a1, a2) = (at(k.checked_sub(1)), at(k.checked_sub(2)), at(Some(k + 1)), at(Some(k + 2)));
    C32::new(r[k] - pulse.r2 * (a2 + b2), pulse.r1 * (a1 - b1))
}

/// Multiplies by jᵐ.
pub fn turn(z: C32, m: i32) -> C32 {
    unturn(z, (-m).rem_euclid(4) as usize)
}

/// The pulse `t` samples from its top.
pub fn pulse_at(pulse: &Pulse, t: f32) -> f32 {
    let sixteenths = (t * FRACTIONS as f32).round() as i32 + ((TAPS / 2 - 1) * FRACTIONS) as i32;
    let fraction = (-sixteenths).rem_euclid(FRACTIONS as i32);
    let tap = (sixteenths + fraction) / FRACTIONS as i32;
    usize::try_from(tap).ok().and_then(|tap| pulse.filters[fraction as usize].get(tap)).copied().unwrap_or(0.0)
}
