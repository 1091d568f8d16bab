//! Life speed: hands out recorded samples no sooner than a radio would.
//!
//! A radio gives a run of samples when the last of them has been taken, so the pacer waits for the *end* of the run.

use std::thread;
use std::time::{Duration, Instant};

/// How fast a recording is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pace {
    /// As fast as the reader takes it; the reader waits for no clock, and nothing is dropped.
    #[default]
    FlatOut,
    /// As fast as it was recorded: the source is live, and a reader that is too slow loses samples.
    Life,
}

/// Counts what was given out since the start and waits until the clock has got there.
#[derive(Debug)]
pub struct Pacer {
    start: Instant,
    rate_sps: u32,
    given: u64,
}

impl Pacer {
    /// A run at life speed is at most this long, in milliseconds, whatever the caller's buffer holds.
    pub const RUN_MS_MAX: u64 = 50;

    pub fn new(rate_sps: u32) -> Self {
        Self { start: Instant::now(), rate_sps, given: 0 }
    }

    /// The most samples to give in one run.
    pub fn run_samples_max(&self) -> usize {
        let samples = u64::from(self.rate_sps) * Self::RUN_MS_MAX / 1_000;
        samples.max(1) as usize
    }

    /// Waits until the last of the next `samples` samples would have been taken.
    pub fn wait(&mut self, samples: usize) {
        self.given += samples as u64;
        let due = self.start + self.elapsed_of(self.given);
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::park_timeout(left);
        }
    }

    fn elapsed_of(&self, samples: u64) -> Duration {
        let rate = u64::from(self.rate_sps);
        Duration::from_secs(samples / rate) + Duration::from_nanos(samples % rate * 1_000_000_000 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_the_end_of_a_run() {
        let mut pacer = Pacer::new(100_000);
        assert_eq!(pacer.run_samples_max(), 5_000);
        let before = Instant::now();
        pacer.wait(2_000);
        pacer.wait(1_000);
        assert!(Duration::from_millis(30) <= before.elapsed());
        assert_eq!(pacer.elapsed_of(250_001), Duration::from_nanos(2_500_010_000));
    }
}
