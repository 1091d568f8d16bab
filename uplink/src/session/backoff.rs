//! How long to wait before the next attempt: doubling up to a limit, with jitter, so that a hundred stations do not
//! return in the same second after the central was away.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;

#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    limit: Duration,
    attempt: u32,
    random: SmallRng,
}

impl Backoff {
    pub fn new(first: Duration, limit: Duration, seed: u64) -> Self {
        Self { first, limit, attempt: 0, random: SmallRng::seed_from_u64(seed) }
    }

    /// Between half of the doubled time and all of it.
    pub fn next_wait(&mut self) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.attempt.min(20)).min(self.limit);
        self.attempt = self.attempt.saturating_add(1);
        doubled.mul_f64(self.random.random_range(0.5..=1.0))
    }

    /// After a session that worked.
    pub const fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_limit_and_begin_anew() {
        let (first, limit) = (Duration::from_millis(200), Duration::from_secs(30));
        let mut backoff = Backoff::new(first, limit, 1);
        for attempt in 0..100 {
            let full = first.saturating_mul(1 << attempt.min(20)).min(limit);
            let wait = backoff.next_wait();
            assert!(full / 2 <= wait && wait <= full, "{attempt}: {wait:?}");
        }
        backoff.reset();
        assert!(backoff.next_wait() <= first);
        let waits = |seed| (0..5).map(|_| Backoff::new(first, limit, seed).next_wait()).collect::<Vec<_>>();
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }
}
