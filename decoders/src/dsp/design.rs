//! Filters designed when a receiver is made.

/// A Kaiser low-pass, 60 dB, edges as fractions of the input rate, split into `phases` sub-filters whose lengths are a multiple of
/// `multiple`. Sub-filter p stands for a delay of p/phases sample; each passes 0 Hz with gain 1. Taps lie in the order of the
/// samples they meet.
pub fn low_pass(pass: f64, stop: f64, phases: usize, multiple: usize) -> Vec<f32> {
    const ATTENUATION_DB: f64 = 60.0;
    let beta = 0.1102 * (ATTENUATION_DB - 8.7);
    let needed = (ATTENUATION_DB - 7.95) / (14.36 * (stop - pass)) + 1.0;
    let n = (needed.ceil() as usize).next_multiple_of(multiple);
    let cutoff = (pass + stop) / 2.0;
    let half = n as f64 / 2.0;
    let mut taps = Vec::with_capacity(n * phases);
    for phase in 0..phases {
        // Output between input samples: the later it is, the nearer it lies to the newer samples.
        let centre = if phases == 1 { half - 0.5 } else { half - 1.0 + (phase as f64 + 0.5) / phases as f64 };
        let from = taps.len();
        for i in 0..n {
            let t = i as f64 - centre;
            let window = 1.0 - (t / (half + 0.5)).powi(2);
            let window = if window <= 0.0 { 0.0 } else { bessel_i0(beta * window.sqrt()) / bessel_i0(beta) };
            let x = core::f64::consts::TAU * cutoff * t;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
            taps.push(window * sinc);
        }
        let sum: f64 = taps[from..].iter().sum();
        taps[from..].iter_mut().for_each(|t| *t /= sum);
    }
    taps.into_iter().map(|t| t as f32).collect()
}

fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}
