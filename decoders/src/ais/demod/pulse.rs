//! What a GMSK transmitter sends (BT 0.4, h 0.5), from first principles.
//!
//! The phase is φ(t) = π Σ aᵢ q(t − iT), aᵢ = ±1 the NRZI level, q the integral of a Gaussian-filtered rectangle. With h = ½ such a
//! signal is very nearly linear (Laurent 1986): x(t) ≈ Σ jᵏ rₖ C₀(t − kT), with rₖ = a₀a₁…aₖ = ±1 and one real pulse C₀ that holds
//! 99.6 % of the energy. Two things follow that make the receiver simple:
//! - behind a filter matched to C₀, symbol k rotated by (−j)ᵏ is rₖ in the real part; the neighbours k ± 1 fall into the imaginary
//!   part, and what is left in the real part is −R(2T) of symbols k ± 2 alone;
//! - NRZI makes bit k "1" when aₖ = aₖ₋₁, which is rₖ = rₖ₋₂: the even and the odd symbols are two chains that don't know of each
//!   other, and one wrong rₖ is two wrong bits, k and k + 2.

use super::front::SPS;

/// Symbols known beforehand: 24 bits of training sequence and the flag.
pub const PREAMBLE: usize = 32;
/// Taps of the matched filter, at [`SPS`] a symbol.
pub const TAPS: usize = 20;
/// Places between two samples for which there is a set of taps.
pub const FRACTIONS: usize = 16;
/// Length of the frequency pulse in symbols.
const L: usize = 5;

/// Tables of the pulse; made once.
#[derive(Debug)]
pub struct Pulse {
    /// `filters[f]`: taps for a symbol that lies f/FRACTIONS samples behind tap `TAPS/2 − 1`.
    pub filters: [[f32; TAPS]; FRACTIONS],
    /// Autocorrelation of the pulse at 1 and 2 symbols, R(0) = 1.
    pub r1: f32,
    pub r2: f32,
    /// A carrier of amplitude 1 makes symbols of this size.
    pub gain: f32,
    /// The known symbols, up to a sign for each chain, for each way that the training sequence may begin.
    pub preambles: [[f32; PREAMBLE]; TRAININGS],
    /// Phase of one symbol over its [`L`] symbols for remodulation, radians at `FRACTIONS·SPS` points a symbol.
    phase: Vec<f32>,
}

const FINE: usize = FRACTIONS * SPS;

impl Pulse {
    pub fn new(bt: f64) -> Self {
        let q = phase_pulse(bt);
        let c0 = laurent(&q);
        let at = |t: i64| usize::try_from(t).ok().and_then(|t| c0.get(t)).copied().unwrap_or(0.0);
        let energy: f64 = (0..c0.len()).step_by(FRACTIONS).map(|i| c0[i] * c0[i]).sum();
        let middle = (c0.len() / 2) as i64;
        let mut filters = [[0.0; TAPS]; FRACTIONS];
        for (f, taps) in filters.iter_mut().enumerate() {
            for (i, tap) in taps.iter_mut().enumerate() {
                let samples_off = i as i64 - (TAPS as i64 / 2 - 1);
                *tap = (at(middle + samples_off * FRACTIONS as i64 - f as i64) / energy.sqrt()) as f32;
            }
        }
        let correlation = |m: usize| -> f64 { (0..c0.len()).map(|i| c0[i] * at((i + m * FINE) as i64)).sum() };
        let r0 = correlation(0);
        let phase = q.iter().map(|&q| (core::f64::consts::PI * q) as f32).collect();
        Self {
            filters,
            r1: (correlation(1) / r0) as f32,
            r2: (correlation(2) / r0) as f32,
            gain: energy.sqrt() as f32,
            preambles: core::array::from_fn(preamble),
            phase,
        }
    }
}

impl Pulse {
    /// How much of its turn a level has made `symbols` behind its middle, 0…1.
    pub fn turned(&self, symbols: f32) -> f32 {
        let fine = ((symbols + L as f32 / 2.0) * FINE as f32).round().clamp(0.0, (L * FINE) as f32);
        self.phase[fine as usize] / core::f32::consts::FRAC_PI_2
    }
}

/// Phase of a transmitter along its levels, asked for in order of time.
#[derive(Debug)]
pub struct Sender<'a> {
    pulse: &'a Pulse,
    levels: &'a [i8],
    /// Levels whose pulses are over, and the sum of them.
    settled: usize,
    sum: i32,
}

impl<'a> Sender<'a> {
    pub fn new(pulse: &'a Pulse, levels: &'a [i8]) -> Self {
        Self { pulse, levels, settled: 0, sum: 0 }
    }

    /// Radians at `symbols` behind the beginning of the first level's frequency pulse. Never asked for an earlier time than before.
    pub fn phase(&mut self, symbols: f32) -> f32 {
        let fine = (symbols.max(0.0) * FINE as f32).round() as usize;
        let newest = fine / FINE;
        let oldest = (newest + 1).saturating_sub(L).min(self.levels.len());
        while self.settled < oldest {
            self.sum += i32::from(self.levels[self.settled]);
            self.settled += 1;
        }
        // Pulses that are over have turned the phase by a quarter each.
        let mut phase = core::f32::consts::FRAC_PI_2 * (self.sum.rem_euclid(4) as f32);
        for (k, &level) in self.levels.iter().enumerate().take(newest + 1).skip(oldest) {
            phase += f32::from(level) * self.pulse.phase[(fine - k * FINE).min(L * FINE)];
        }
        phase
    }
}

/// q(t) at [`FINE`] points a symbol over [`L`] symbols, from 0 to ½.
fn phase_pulse(bt: f64) -> Vec<f64> {
    const STEPS: usize = 16;
    let sigma_inverse = core::f64::consts::TAU * bt / core::f64::consts::LN_2.sqrt();
    let g = |t: f64| q_function(sigma_inverse * (t - 0.5)) - q_function(sigma_inverse * (t + 0.5));
    let mut q = Vec::with_capacity(L * FINE + 1);
    let mut sum = 0.0;
    let step = 1.0 / (FINE * STEPS) as f64;
    for i in 0..=L * FINE {
        q.push(sum);
        for s in 0..STEPS {
            let t = (i as f64 + (s as f64 + 0.5) / STEPS as f64) / FINE as f64 - L as f64 / 2.0;
            sum += g(t) * step;
        }
    }
    let end = q[L * FINE];
    q.iter().map(|v| v / end * 0.5).collect()
}

/// C₀(t) = Π S(t + iT), i = 0…L−1, with S rising as sin πq(t) and falling as sin(π/2 − πq(t − LT)).
fn laurent(q: &[f64]) -> Vec<f64> {
    let n = L * FINE;
    let s = |i: usize| -> f64 {
        if i < n {
            (core::f64::consts::PI * q[i]).sin()
        } else if i <= 2 * n {
            (core::f64::consts::FRAC_PI_2 - core::f64::consts::PI * q[i - n]).sin()
        } else {
            0.0
        }
    };
    (0..=(L + 1) * FINE).map(|t| (0..L).map(|i| s(t + i * FINE)).product()).collect()
}

fn q_function(x: f64) -> f64 {
    0.5 * erfc(x / core::f64::consts::SQRT_2)
}

/// Complementary error function, relative error below 1.2e-7 (Numerical Recipes' rational Chebyshev form).
fn erfc(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    let poly = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let sum = poly.iter().fold(0.0, |acc, c| acc * t + c);
    let value = t * (-x * x + sum).exp();
    if 0.0 <= x { value } else { 2.0 - value }
}

/// The training sequence alternates; whether it begins with 0 or with 1 is left to the transmitter, and both are on the air (a third
/// of the bursts of the Long Beach recording begin with 1).
pub const TRAININGS: usize = 2;

/// Training sequence (0101… or 1010…) and flag 01111110.
pub fn preamble_bits(training: usize) -> [bool; PREAMBLE] {
    core::array::from_fn(|k| if k < 24 { (k + training) % 2 == 1 } else { k != 24 && k != 31 })
}

fn preamble(training: usize) -> [f32; PREAMBLE] {
    let mut r = [1.0; PREAMBLE];
    for (k, bit) in preamble_bits(training).into_iter().enumerate() {
        let before = if 2 <= k { r[k - 2] } else { 1.0 };
        r[k] = if bit { before } else { -before };
    }
    r
}
