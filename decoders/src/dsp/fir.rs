//! A short real filter over complex samples, and the power of what comes out.

/// `out[n] = |Σ_i taps[i] · x[n + i]|²`. Reads `out.len() + T − 1` samples.
#[multiversion::multiversion(targets = "simd")]
pub fn filtered_power<const T: usize>(re: &[f32], im: &[f32], taps: &[f32; T], out: &mut [f32]) {
    let n = out.len();
    let (re, im) = (&re[..n + T - 1], &im[..n + T - 1]);
    for (i, out) in out.iter_mut().enumerate() {
        let (mut a, mut b) = (0.0_f32, 0.0_f32);
        for t in 0..T {
            a += taps[t] * re[i + t];
            b += taps[t] * im[i + t];
        }
        *out = a * a + b * b;
    }
}

/// Sum of a slice in eight lanes: several times faster than one long chain of additions, and more exact.
#[multiversion::multiversion(targets = "simd")]
pub fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let chunks = x.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for l in 0..8 {
            lanes[l] += chunk[l];
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sum_is_the_sum(x in prop::collection::vec(-1.0f32..1.0, 0..100)) {
            prop_assert!((f64::from(sum(&x)) - x.iter().map(|x| f64::from(*x)).sum::<f64>()).abs() < 1e-4);
        }

        #[test]
        fn agrees_with_the_definition(x in prop::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 8..80), taps in prop::array::uniform6(-1.0f32..1.0)) {
            let re: Vec<f32> = x.iter().map(|s| s.0).collect();
            let im: Vec<f32> = x.iter().map(|s| s.1).collect();
            let mut out = vec![0.0; x.len() - 5];
            filtered_power(&re, &im, &taps, &mut out);
            for (n, out) in out.iter().enumerate() {
                let dot = |x: &[f32]| -> f64 { taps.iter().zip(&x[n..]).map(|(t, x)| f64::from(*t) * f64::from(*x)).sum() };
                let expected = dot(&re).powi(2) + dot(&im).powi(2);
                prop_assert!((f64::from(*out) - expected).abs() < 1e-4, "{out} {expected}");
            }
        }
    }
}
