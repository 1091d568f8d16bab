//! The seeded generator behind everything random in `sim`: xoshiro256++ (Blackman and Vigna), seeded through SplitMix64.
//!
//! Written out instead of `rand::rngs::SmallRng`, because that one is another generator on 32-bit machines: two stations,
//! one on an armv7 board, must see the same sky from the same seed.

/// A reproducible stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng {
    s: [u64; 4],
}

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self::stream(seed, &[])
    }

    /// The stream that belongs to `path` under `seed`: different paths give unrelated streams.
    pub fn stream(seed: u64, path: &[u64]) -> Self {
        let mut state = seed;
        for part in path {
            state = split_mix(&mut state) ^ part.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        }
        Self { s: core::array::from_fn(|_| split_mix(&mut state)) }
    }

    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.s;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in 0 ≤ x < 1.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `low` ≤ x < `high`.
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0 ≤ x < `n`; `n` must not be 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(0 < n, "an empty range has no member");
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// Normal with mean 0 and deviation 1 (Box–Muller: exact tails, a few dozen nanoseconds; [`crate::iq::Noise`] is the fast one).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (core::f64::consts::TAU * self.unit()).cos()
    }

    /// Exponential with the given mean: the gap to the next event of a Poisson process.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_mix_gives_its_published_first_value() {
        assert_eq!(split_mix(&mut 1_234_567), 6_457_827_717_110_365_317);
    }

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, path: &[u64]| Rng::stream(seed, path).next_u64();
        assert_eq!(draw(1, &[2, 3]), draw(1, &[2, 3]));
        let all = [draw(1, &[]), draw(2, &[]), draw(1, &[2]), draw(1, &[3]), draw(1, &[2, 3]), draw(1, &[3, 2])];
        for (i, a) in all.iter().enumerate() {
            assert!(!all[..i].contains(a), "{all:?}");
        }
    }

    #[test]
    fn moments_are_right() {
        let mut rng = Rng::new(7);
        let n = 200_000;
        let (mut mean, mut var, mut exp) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let x = rng.normal();
            mean += x / f64::from(n);
            var += x * x / f64::from(n);
            exp += rng.exponential(3.0) / f64::from(n);
        }
        assert!(mean.abs() < 0.01 && (var - 1.0).abs() < 0.02 && (exp - 3.0).abs() < 0.05, "{mean} {var} {exp}");
    }
}
