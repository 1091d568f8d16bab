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

/// `Σ a[n]·b[n]` over the shorter of both, in eight lanes.
#[multiversion::multiversion(targets = "simd")]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut sums = [0.0_f32; 8];
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for l in 0..8 {
            sums[l] += x[l] * y[l];
        }
    }
    let rest = n - n % 8;
    sums.iter().sum::<f32>() + a[rest..].iter().zip(&b[rest..]).map(|(x, y)| x * y).sum::<f32>()
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
        fn dot_is_the_dot_product(a in prop::collection::vec(-1.0f32..1.0, 0..90), b in prop::collection::vec(-1.0f32..1.0, 0..90)) {
            let expected: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            prop_assert!((f64::from(dot(&a, &b)) - expected).abs() < 1e-4);
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
