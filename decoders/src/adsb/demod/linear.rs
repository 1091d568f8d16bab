//! Small symmetric linear systems.

/// Solves `matrix · x = rhs` in place (`rhs` becomes `x`; `matrix` is destroyed) for a symmetric positive definite matrix,
/// row by row, by Gauss elimination without pivoting. A pivot that is not positive leaves its unknown at 0.
pub fn solve(matrix: &mut [f64], rhs: &mut [f64]) {
    let n = rhs.len();
    assert_eq!(matrix.len(), n * n, "a square matrix");
    for k in 0..n {
        let pivot = matrix[k * n + k];
        if pivot <= f64::MIN_POSITIVE {
            rhs[k] = 0.0;
            continue;
        }
        for i in k + 1..n {
            let factor = matrix[i * n + k] / pivot;
            for j in k..n {
                matrix[i * n + j] -= factor * matrix[k * n + j];
            }
            rhs[i] -= factor * rhs[k];
        }
    }
    for k in (0..n).rev() {
        let pivot = matrix[k * n + k];
        if pivot <= f64::MIN_POSITIVE {
            rhs[k] = 0.0;
            continue;
        }
        let known: f64 = (k + 1..n).map(|j| matrix[k * n + j] * rhs[j]).sum();
        rhs[k] = (rhs[k] - known) / pivot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn solves_what_was_multiplied(x in prop::array::uniform4(-2.0f64..2.0), b in prop::array::uniform16(-1.0f64..1.0)) {
            // bᵀb + ½ is symmetric and positive definite.
            let mut a = [0.0; 16];
            for i in 0..4 { for j in 0..4 {
                a[i * 4 + j] = (0..4).map(|k| b[k * 4 + i] * b[k * 4 + j]).sum::<f64>() + if i == j { 0.5 } else { 0.0 };
            } }
            let mut rhs: Vec<f64> = (0..4).map(|i| (0..4).map(|j| a[i * 4 + j] * x[j]).sum()).collect();
            solve(&mut a, &mut rhs);
            for i in 0..4 { prop_assert!((rhs[i] - x[i]).abs() < 1e-6); }
        }
    }
}
