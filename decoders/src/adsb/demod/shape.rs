//! The shape of a Mode S pulse as a receiver of a given rate hears it, and the filters matched to it.
//!
//! ```text
//!   sent      ┌────┐        0.5 µs wide at half height, rise 50–100 ns, fall 50–200 ns (Annex 10 Vol. IV §3.1.2.2.1)
//!          ___╱    ╲___
//!   heard    ╭───╮          the same behind the receiver's low pass: at 2.4 Msps it is 1.2 samples wide
//!         ‿‿╱     ╲‿‿       and rings over the neighbours
//! ```
//!
//! A bit is 1 µs: the pulse in its first half is a 1, in its second a 0. With `p` the pulse, bit `k` adds
//! `½(p(t) + p(t−½)) ± ½(p(t) − p(t−½))`: a carrier that tells nothing, and an antipodal part that tells the bit. At 2.4 Msps
//! the antipodal part of one bit rings into the next, so the filter is not the plain match but the linear minimum-mean-square
//! one: it knows the neighbours' shapes, the carrier's, and white noise at [`DESIGN_SNR`].
//!
//! A bit may start anywhere between two samples: [`PHASES`] filters per sample, each for one fraction.

use super::linear::solve;

/// Fractions of a sample for which there is a filter: 13 ns apart at 2.4 Msps.
pub const PHASES: usize = 32;
/// Peak power to noise power (in the whole band) for which the filters are made: where decoding begins to fail.
const DESIGN_SNR: f64 = 4.0;
/// Table points per sample of the pulse.
const FINE: usize = 64;
/// The receiver's filter rings this many samples to each side.
const RINGING: usize = 8;
const RISE_US: f64 = 0.08;
const FALL_US: f64 = 0.11;
const WIDTH_US: f64 = 0.5;

/// A pulse behind the receiver's low pass, as a function of time in samples (0 = half height of the rising edge).
#[derive(Debug)]
pub struct Pulse {
    table: Vec<f64>,
    pub samples_per_us: f64,
}

impl Pulse {
    /// A Mode S pulse.
    pub fn new(samples_per_us: f64) -> Self {
        Self::of_width(samples_per_us, WIDTH_US)
    }

    pub fn of_width(samples_per_us: f64, width_us: f64) -> Self {
        let reach = RINGING as f64;
        let points = ((2.0 * reach + samples_per_us) * FINE as f64) as usize;
        // Two integration points per table point are plenty: the low pass has no detail below a sample.
        let step = 0.5 / FINE as f64;
        let sent: Vec<(f64, f64)> = (0..((width_us + 0.4) * samples_per_us / step) as usize)
            .map(|i| -0.2 * samples_per_us + i as f64 * step)
            .map(|t| (t, trapezoid(t / samples_per_us, width_us)))
            .filter(|(_, level)| 0.0 < *level)
            .collect();
        let table = (0..points)
            .map(|i| {
                let t = i as f64 / FINE as f64 - reach;
                sent.iter().map(|(at, level)| level * low_pass(t - at) * step).sum()
            })
            .collect();
        Self { table, samples_per_us }
    }

    /// The level at `t` samples after the rising edge; 1 is the transmitter's peak.
    pub fn at(&self, t: f64) -> f64 {
        let x = (t + RINGING as f64) * FINE as f64;
        if x < 0.0 || (self.table.len() - 1) as f64 <= x {
            return 0.0;
        }
        let (i, f) = (x as usize, x.fract());
        self.table[i] * (1.0 - f) + self.table[i + 1] * f
    }

    /// Mean level of a train of one pulse a microsecond.
    pub fn mean_level(&self) -> f64 {
        self.table.iter().sum::<f64>() / FINE as f64 / self.samples_per_us
    }

    /// A filter matched to one pulse that starts `at` samples into the `T` taps, with unit noise gain.
    pub fn chip_filter<const T: usize>(&self, at: f64) -> [f32; T] {
        let taps: [f64; T] = core::array::from_fn(|i| self.at(i as f64 - at));
        let norm = taps.iter().map(|t| t * t).sum::<f64>().sqrt();
        taps.map(|t| (t / norm) as f32)
    }
}

fn trapezoid(t_us: f64, width_us: f64) -> f64 {
    let up = (t_us / RISE_US + 0.5).clamp(0.0, 1.0);
    let down = 1.0 - ((t_us - width_us) / FALL_US + 0.5).clamp(0.0, 1.0);
    up.min(down)
}

/// The receiver's low pass at `t` samples: flat to 0.47 of the rate, Hann window.
fn low_pass(t: f64) -> f64 {
    const CUTOFF: f64 = 0.475;
    let reach = RINGING as f64 - 1.0;
    if reach <= t.abs() {
        return 0.0;
    }
    let x = core::f64::consts::PI * 2.0 * CUTOFF * t;
    let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
    2.0 * CUTOFF * sinc * 0.5 * (1.0 + (core::f64::consts::PI * t / reach).cos())
}

/// The filters that turn derotated samples into soft bits.
#[derive(Debug)]
pub struct BitBank {
    taps: Vec<f32>,
    /// Taps of each filter.
    pub len: usize,
    /// The bit starts `lead + phase/PHASES` samples after a filter's first tap.
    pub lead: usize,
}

impl BitBank {
    pub fn new(pulse: &Pulse) -> Self {
        let lead = 5;
        // A whole number of vectors: the inner loop has no remainder.
        let len = (pulse.samples_per_us.ceil() as usize + lead + 7).next_multiple_of(8);
        let mut taps = Vec::with_capacity(len * PHASES);
        for phase in 0..PHASES {
            let filter = bit_filter(pulse, len, lead as f64 + phase as f64 / PHASES as f64);
            taps.extend(filter.iter().map(|t| *t as f32));
        }
        Self { taps, len, lead }
    }

    /// The plain match of one pulse instead, of the same lengths and lead, with unit gain.
    pub fn of_chips(pulse: &Pulse) -> Self {
        Self::matching(pulse, |t| pulse.at(t), |energy| 1.0 / energy)
    }

    /// The plain match of the part of a bit that tells it, as it is.
    pub fn of_bits(pulse: &Pulse) -> Self {
        Self::matching(pulse, |t| 0.5 * (pulse.at(t) - pulse.at(t - pulse.samples_per_us / 2.0)), |_| 1.0)
    }

    fn matching(pulse: &Pulse, at: impl Fn(f64) -> f64, gain: impl Fn(f64) -> f64) -> Self {
        let Self { len, lead, .. } = Self::new(pulse);
        let mut taps = Vec::with_capacity(len * PHASES);
        for phase in 0..PHASES {
            let start = lead as f64 + phase as f64 / PHASES as f64;
            let shape: Vec<f64> = (0..len).map(|i| at(i as f64 - start)).collect();
            let scale = gain(shape.iter().map(|s| s * s).sum());
            taps.extend(shape.iter().map(|s| (s * scale) as f32));
        }
        Self { taps, len, lead }
    }

    pub fn filter(&self, phase: usize) -> &[f32] {
        &self.taps[phase * self.len..][..self.len]
    }
}

/// The minimum-mean-square filter for the bit that starts at `start`: gives +1 for a lone 1 of amplitude 1, −1 for a 0.
fn bit_filter(pulse: &Pulse, len: usize, start: f64) -> Vec<f64> {
    let bit = pulse.samples_per_us;
    let odd = |k: i32| -> Vec<f64> {
        (0..len).map(|i| i as f64 - start - f64::from(k) * bit).map(|t| 0.5 * (pulse.at(t) - pulse.at(t - bit / 2.0))).collect()
    };
    let carrier: Vec<f64> = (0..len)
        .map(|i| (-4..=4).map(|k| i as f64 - start - f64::from(k) * bit).map(|t| 0.5 * (pulse.at(t) + pulse.at(t - bit / 2.0))).sum())
        .collect();
    let mut covariance = vec![0.0; len * len];
    for i in 0..len {
        covariance[i * len + i] = 0.5 / DESIGN_SNR;
    }
    for shape in [-2, -1, 1, 2].map(odd).iter().chain([&carrier]) {
        for i in 0..len {
            for j in 0..len {
                covariance[i * len + j] += shape[i] * shape[j];
            }
        }
    }
    let wanted = odd(0);
    let mut filter = wanted.clone();
    solve(&mut covariance, &mut filter);
    let gain: f64 = filter.iter().zip(&wanted).map(|(f, w)| f * w).sum();
    filter.iter_mut().for_each(|f| *f /= gain);
    filter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lone 1 gives +1, its neighbours nearly nothing, the carrier nothing, at every rate and fraction.
    #[test]
    fn bit_filters_see_their_bit_only() {
        for rate in [2.0, 2.4, 2.56, 6.0, 8.0, 10.0] {
            let pulse = Pulse::new(rate);
            let bank = BitBank::new(&pulse);
            for phase in 0..PHASES {
                let response = |bit: i32, one: bool| -> f64 {
                    let start =
                        bank.lead as f64 + phase as f64 / PHASES as f64 + f64::from(bit) * rate + if one { 0.0 } else { rate / 2.0 };
                    bank.filter(phase).iter().enumerate().map(|(i, f)| f64::from(*f) * pulse.at(i as f64 - start)).sum()
                };
                let wanted = response(0, true) - response(0, false);
                assert!((wanted - 2.0).abs() < 1e-3, "{rate} {phase} {wanted}");
                for k in [-2, -1, 1, 2] {
                    let leak = (response(k, true) - response(k, false)).abs();
                    assert!(leak < if rate < 2.2 { 0.5 } else { 0.25 }, "{rate} {phase} {k}: {leak}");
                }
            }
        }
    }
}
