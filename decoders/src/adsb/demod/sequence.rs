//! Soft bits of a whole burst at once, for rates at which neighbouring bits lie on top of each other.
//!
//! At 2.0 Msps the part of a pulse that tells a bit loses 2.7 dB to the receiver's low pass (1.7 dB at 2.4, 0.5 dB at 8 Msps), and
//! what is left reaches into the neighbours: correlations of −0.36 and −0.1, where 2.4 Msps has −0.09 and 0. A run of equal bits
//! is nearly a steady carrier; the transitions tell it apart. A filter per bit can't use that, a search over sequences can:
//!
//! ```text
//!   M(b) = Σ b[k]·A·(y[k] − A·c[k]) − A²·Σ g[k,j]·b[k]·b[k+j]      b = ±1, y = match of the bit's own part,
//!   soft[k] = (max M with b[k] = 1) − (max M with b[k] = −1)        c = match of the carrier that tells nothing,
//!                                                                   g = match of the neighbours at j = 1, 2
//! ```
//!
//! The maxima over all sequences come from one pass forwards and one backwards through the four states of two bits.

use super::burst::LONG_BITS;
use super::shape::{PHASES, Pulse};

/// Neighbours to each side that reach into a bit.
const MEMORY: usize = 2;
const STATES: usize = 1 << MEMORY;
/// Carrier of this many bits to each side.
const CARRIER: usize = 4;
/// Places that are read at once at most: a long frame, and as many bits around it as a blind reading needs.
pub const PLACES_MAX: usize = LONG_BITS + 48;

/// What is known of the bits' shapes, for each fraction of a sample at which a bit may start.
#[derive(Debug)]
pub struct Sequence {
    /// With itself and its next neighbours.
    own: Vec<[f32; MEMORY + 1]>,
    /// With the carrier of the bits around it.
    carrier: Vec<[f32; 2 * CARRIER + 1]>,
    /// The mean of `own[..][0]`.
    energy: f32,
    forwards: [[f32; STATES]; PLACES_MAX + 1],
    backwards: [[f32; STATES]; PLACES_MAX + 1],
}

impl Sequence {
    pub fn new(pulse: &Pulse) -> Self {
        let bit = pulse.samples_per_us;
        let reach = 8.0 * bit;
        let len = (2.0 * reach) as usize;
        let shape = |start: f64, sign: f64| -> Vec<f64> {
            (0..len).map(|i| i as f64 - start).map(|t| 0.5 * (pulse.at(t) + sign * pulse.at(t - bit / 2.0))).collect()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() as f32;
        let starts: Vec<f64> = (0..PHASES).map(|phase| reach + phase as f64 / PHASES as f64).collect();
        let own: Vec<[f32; MEMORY + 1]> = starts
            .iter()
            .map(|s| {
                let mine = shape(*s, -1.0);
                core::array::from_fn(|j| dot(&mine, &shape(s + j as f64 * bit, -1.0)))
            })
            .collect();
        let carrier = starts
            .iter()
            .map(|s| {
                let mine = shape(*s, -1.0);
                core::array::from_fn(|j| dot(&mine, &shape(s + (j as f64 - CARRIER as f64) * bit, 1.0)))
            })
            .collect();
        let energy = own.iter().map(|o| o[0]).sum::<f32>() / PHASES as f32;
        let zeros = [[0.0; STATES]; PLACES_MAX + 1];
        Self { own, carrier, energy, forwards: zeros, backwards: zeros }
    }

    /// Turns `matched` (the match of each bit's own part, the first bit starting at fraction `at[0] % PHASES`) into soft bits on the
    /// scale of `amplitude`, that of the pulses.
    pub fn read(&mut self, matched: &mut [f32], at: impl Fn(usize) -> i32, amplitude: f32) {
        let n = matched.len();
        let phase = |k: usize| at(k) as usize % PHASES;
        let force: [f32; PLACES_MAX] =
            core::array::from_fn(|k| if k < n { matched[k] - amplitude * self.carrier_at(phase(k), k, n) } else { 0.0 });
        // Metrics in units of A: b·force − A·Σ g·b·b'.
        let pull = |k: usize, j: usize| if j <= k { amplitude * self.own[phase(k - j)][j] } else { 0.0 };
        self.forwards[0] = [0.0; STATES];
        for (k, force) in force[..n].iter().enumerate() {
            let next = step(&self.forwards[k], *force, [pull(k, 1), pull(k, 2)]);
            self.forwards[k + 1] = next;
        }
        self.backwards[n] = [0.0; STATES];
        for k in (0..n).rev() {
            let pulls = [pull(k, 1), pull(k, 2)];
            let (mut before, mut best) = ([f32::MIN; STATES], [f32::MIN; 2]);
            for (state, before) in before.iter_mut().enumerate() {
                for (one, best) in best.iter_mut().enumerate() {
                    let rest = gain(state, one, force[k], pulls) + self.backwards[k + 1][follow(state, one)];
                    *before = before.max(rest);
                    *best = best.max(self.forwards[k][state] + rest);
                }
            }
            self.backwards[k] = before;
            matched[k] = 0.5 * (best[1] - best[0]) / self.energy;
        }
    }

    fn carrier_at(&self, phase: usize, k: usize, n: usize) -> f32 {
        let there = |j: usize| CARRIER <= k + j && k + j < n + CARRIER;
        self.carrier[phase].iter().enumerate().filter(|(j, _)| there(*j)).map(|(_, c)| c).sum()
    }
}

/// The last bit is the state's lowest.
fn follow(state: usize, one: usize) -> usize {
    (state << 1 | one) & (STATES - 1)
}

fn sign(one: usize) -> f32 {
    if one & 1 == 1 { 1.0 } else { -1.0 }
}

fn gain(state: usize, one: usize, force: f32, pulls: [f32; MEMORY]) -> f32 {
    sign(one) * (force - pulls[0] * sign(state) - pulls[1] * sign(state >> 1))
}

fn step(forwards: &[f32; STATES], force: f32, pulls: [f32; MEMORY]) -> [f32; STATES] {
    let mut next = [f32::MIN; STATES];
    for (state, metric) in forwards.iter().enumerate() {
        for one in 0..2 {
            let to = &mut next[follow(state, one)];
            *to = to.max(metric + gain(state, one, force, pulls));
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Metric of a whole sequence, by its definition.
    fn metric(sequence: &Sequence, bits: u32, matched: &[f32], at: &[i32], amplitude: f32) -> f32 {
        let b = |k: usize| if bits >> k & 1 == 1 { 1.0 } else { -1.0 };
        let phase = |k: usize| at[k] as usize % PHASES;
        (0..matched.len())
            .map(|k| {
                let pulls = (1..=MEMORY.min(k)).map(|j| amplitude * sequence.own[phase(k - j)][j] * b(k) * b(k - j)).sum::<f32>();
                b(k) * (matched[k] - amplitude * sequence.carrier_at(phase(k), k, matched.len())) - pulls
            })
            .sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn agrees_with_all_sequences(matched in prop::collection::vec(-0.5f32..0.5, 2..10), base in 0i32..64, rate in 2.0f64..2.4, amplitude in 0.1f32..1.0) {
            let mut sequence = Sequence::new(&Pulse::new(rate));
            let at: Vec<i32> = (0..matched.len()).map(|k| base + (k as f64 * rate * PHASES as f64).round() as i32).collect();
            let mut soft = matched.clone();
            sequence.read(&mut soft, |k| at[k], amplitude);
            for (k, soft) in soft.iter().enumerate() {
                let best = |one: u32| {
                    (0..1_u32 << matched.len())
                        .filter(|bits| bits >> k & 1 == one)
                        .map(|bits| metric(&sequence, bits, &matched, &at, amplitude))
                        .fold(f32::MIN, f32::max)
                };
                let expected = 0.5 * (best(1) - best(0)) / sequence.energy;
                prop_assert!((soft - expected).abs() < 1e-3, "{k}: {soft} {expected}");
            }
        }
    }

    /// Without noise, at the worst fraction of a sample, every bit of any word comes out right and clear.
    #[test]
    fn bits_on_top_of_each_other_are_told_apart() {
        let pulse = Pulse::new(2.0);
        let bank = super::super::shape::BitBank::of_bits(&pulse);
        let mut sequence = Sequence::new(&pulse);
        for phase in 0..PHASES {
            let word = 0x1234_8F00_FF5A_A5C3_u64.rotate_left(phase as u32);
            let edge = |k: usize| 2.0 * k as f64 + if word >> k & 1 == 1 { 0.0 } else { 1.0 };
            let start = 20.0 + phase as f64 / PHASES as f64;
            let x: Vec<f64> = (0..200).map(|n| (0..64).map(|k| pulse.at(f64::from(n) - start - edge(k))).sum()).collect();
            let mut soft: Vec<f32> = (0..64)
                .map(|k| {
                    let from = 20 - bank.lead + 2 * k;
                    bank.filter(phase).iter().zip(&x[from..]).map(|(t, x)| f64::from(*t) * x).sum::<f64>() as f32
                })
                .collect();
            sequence.read(&mut soft, |k| (phase + 2 * k * PHASES) as i32, 1.0);
            for (k, s) in soft.iter().enumerate() {
                let clear = if word >> k & 1 == 1 { *s } else { -*s };
                assert!((0.7..1.6).contains(&clear), "{phase} {k}: {clear}");
            }
        }
    }
}
