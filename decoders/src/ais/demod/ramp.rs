//! How a transmitter's power rises and falls, measured on what was received of a decoded burst.
//!
//! A burst's levels say nothing of its ramps: some hold the frequency there, some go on with the training sequence, some hold the last
//! level; and they are 1 to 8 bits long. A free amplitude, measured over the few bits around every sample, would follow any of them,
//! but also a weaker burst beneath: over four bits that is a carrier of its own. So a ramp is one of a few shapes, with one carrier.

use super::complex::C32;
use super::front::SPS;

/// Bits within the burst that may belong to a ramp already.
pub const INSIDE_BITS: usize = 2;
/// Bits to the end of the ramp at most.
pub const RAMP_BITS: usize = 10;
/// What a transmitter may do with its frequency in a ramp: hold the carrier, go on with the training sequence, hold its level, the other
/// level, change at every bit.
pub const KINDS: usize = 5;
/// Samples of a ramp, from within the burst outwards.
pub const SAMPLES: usize = (INSIDE_BITS + RAMP_BITS + 1) * SPS;
/// The carrier of the neighbouring part of the burst counts as much as so many samples.
const INERTIA: f32 = 32.0;
/// Bits from the burst's end outwards until the power begins to fall, and bits that it takes.
const STARTS: [i32; 6] = [-2, -1, 0, 1, 2, 3];
const LENGTHS: [i32; 6] = [1, 2, 3, 4, 6, 8];

/// Level `i` of a ramp, outwards, after the last two levels `before` and `last` of the burst (−1, 1, or 0 for none).
pub fn levels(kind: usize, before: i8, last: i8) -> [i8; RAMP_BITS] {
    let (mut before, mut level) = (before, last);
    core::array::from_fn(|_| {
        (before, level) = match kind {
            0 => (0, 0),
            1 => (level, -before),
            2 => (last, last),
            3 => (-last, -last),
            _ => (level, -level),
        };
        level
    })
}

/// Amplitude and phase along a ramp.
#[derive(Clone, Debug)]
pub struct Ramp {
    pub gain: [C32; SAMPLES],
    /// Energy that is left.
    pub left: f32,
}

/// The shape that leaves least of `carrier` (what was received over what was sent, from within the burst outwards), where the burst's
/// own carrier next to it is `inside`.
pub fn measure(carrier: &[C32; SAMPLES], inside: C32, shapes: &Shapes) -> Ramp {
    let all: f32 = carrier.iter().map(|c| c.power()).sum();
    let mut best = (f32::INFINITY, 0, C32::ZERO);
    for (i, (shape, energy)) in shapes.0.iter().enumerate() {
        let sum = shape.iter().zip(carrier).fold(inside.scale(INERTIA), |sum, (&a, &c)| sum + c.scale(a));
        let gain = sum.scale(1.0 / (energy + INERTIA));
        let cost = all + INERTIA * inside.power() - sum.power() / (energy + INERTIA);
        if cost < best.0 {
            best = (cost, i, gain);
        }
    }
    let (_, i, gain) = best;
    let gain: [C32; SAMPLES] = shapes.0[i].0.map(|a| gain.scale(a));
    let left = carrier.iter().zip(&gain).map(|(&c, &g)| (c - g).power()).sum();
    Ramp { gain, left }
}

/// Amplitudes along a ramp and their energy, for all shapes.
#[derive(Debug)]
pub struct Shapes(Vec<([f32; SAMPLES], f32)>);

impl Shapes {
    pub fn new() -> Self {
        let shape = |start: i32, length: i32| {
            let shape: [f32; SAMPLES] = core::array::from_fn(|i| {
                let bits = i as f32 / SPS as f32 - INSIDE_BITS as f32 - start as f32;
                let fallen = (bits / length as f32).clamp(0.0, 1.0);
                0.5 + 0.5 * (core::f32::consts::PI * fallen).cos()
            });
            (shape, shape.iter().map(|a| a * a).sum())
        };
        Self(STARTS.into_iter().flat_map(|start| LENGTHS.map(|length| shape(start, length))).collect())
    }
}
