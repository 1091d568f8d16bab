//! Sample clock → UTC.
//!
//! A receiver counts samples; the machine knows UTC. Blocks arrive late by a varying time (USB transfers, scheduling) but
//! never early, so the earliest arrivals tell the truth:
//!
//! ```text
//!   arrival − end of block (by sample count)
//!        ·       ·    ·
//!     ·    ·  ·     ·   ·  ·        each block: latency above the line
//!   ──────────────────────────────  lower envelope = offset of the sample clock (drifts with the crystal, ±150 ppm)
//! ```
//!
//! - `offset` follows the envelope: down at once when a block arrives earlier than predicted, up at the end of a window
//!   ([`WINDOW_US`]) in which all arrived later;
//! - blocks never go back: an offset that must fall falls by at most a fiftieth of the time that passes. (The last frames of
//!   a block may then be that much, half a millisecond, ahead of the next block's first; a rise is made at once.)
//! - when the machine's UTC is set (a Pi without a battery gets its time minutes after start), the result steps with it,
//!   after [`STEP_SIGHTINGS`] sightings in a row;
//! - samples lost without a word show as a rise that no crystal explains: counted in [`SampleClock::lost_us`].
//!
//! Pure: times are arguments. Microseconds throughout; `mono` is any monotonic clock, `utc` the machine's.

use model::UnixMicros;

/// Time over which the envelope's minimum is taken.
pub const WINDOW_US: i64 = 2_000_000;
/// A crystal drifts by less than this within a window (150 ppm); a rise beyond it, and beyond [`JITTER_US`], is loss.
const DRIFT_US: i64 = WINDOW_US * 150 / 1_000_000;
const JITTER_US: i64 = 2_000;
/// UTC that differs from its prediction by more is a step, not a slew.
const STEP_US: i64 = 100_000;
/// Sightings in a row of a step before it is believed (reading two clocks can be interrupted between them).
pub const STEP_SIGHTINGS: u32 = 3;
/// UTC − monotonic is followed by at most this per block when it does not step.
const SLEW_US: i64 = 100;
/// An offset falls by at most one part in this of the time that passes.
const FALL: i64 = 50;

/// When a block arrived, by two clocks of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub mono_us: i64,
    pub utc: UnixMicros,
}

/// Follows one receiver's sample clock.
#[derive(Clone, Debug)]
pub struct SampleClock {
    rate_hz: u32,
    state: Option<State>,
    lost_us: u64,
    steps: u64,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// Monotonic time of sample 0, as the envelope has it.
    target_us: i64,
    /// The same as given out: never falls fast.
    offset_us: i64,
    /// Lowest offset seen in this window, and where the window ends (sample time).
    window_min_us: i64,
    window_end_us: i64,
    /// UTC − monotonic.
    utc_minus_mono_us: i64,
    step_sightings: u32,
    /// Sample time of the end of the block before.
    last_end_us: i64,
}

impl SampleClock {
    /// `rate_hz`: samples (or ticks) per second.
    pub const fn new(rate_hz: u32) -> Self {
        Self { rate_hz, state: None, lost_us: 0, steps: 0 }
    }

    /// A block `[start, end)` in samples has arrived, whole: UTC of its first sample.
    pub fn observe(&mut self, start: u64, end: u64, arrival: Arrival) -> UnixMicros {
        let (start_us, end_us) = (self.micros(start), self.micros(end));
        let seen = arrival.mono_us - end_us;
        let utc_minus_mono = arrival.utc.0 - arrival.mono_us;
        let state = self.state.get_or_insert(State {
            target_us: seen,
            offset_us: seen,
            window_min_us: i64::MAX,
            window_end_us: end_us + WINDOW_US,
            utc_minus_mono_us: utc_minus_mono,
            step_sightings: 0,
            last_end_us: start_us,
        });
        state.window_min_us = state.window_min_us.min(seen);
        state.target_us = state.target_us.min(seen);
        if state.window_end_us <= end_us {
            let rise = state.window_min_us - state.target_us;
            if DRIFT_US + JITTER_US < rise {
                self.lost_us += rise as u64;
            }
            state.target_us = state.window_min_us;
            state.window_min_us = i64::MAX;
            state.window_end_us = end_us + WINDOW_US;
        }
        let passed = (end_us - state.last_end_us).max(0);
        state.last_end_us = end_us;
        state.offset_us = state.target_us.max(state.offset_us - passed / FALL);
        self.steps += u64::from(state.follow_utc(utc_minus_mono));
        UnixMicros(start_us + state.offset_us + state.utc_minus_mono_us)
    }

    /// UTC of a sample by what is known so far; `None` before the first block.
    pub fn utc_of(&self, sample: u64) -> Option<UnixMicros> {
        self.state.map(|s| UnixMicros(self.micros(sample) + s.offset_us + s.utc_minus_mono_us))
    }

    /// Time for which samples seem to be missing although the source told of no loss.
    pub const fn lost_us(&self) -> u64 {
        self.lost_us
    }

    /// How often the machine's UTC was set while the receiver ran.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    fn micros(&self, sample: u64) -> i64 {
        (u128::from(sample) * 1_000_000 / u128::from(self.rate_hz.max(1))) as i64
    }
}

impl State {
    /// Follows the machine's UTC; `true` when it stepped.
    fn follow_utc(&mut self, seen: i64) -> bool {
        let error = seen - self.utc_minus_mono_us;
        if error.abs() <= STEP_US {
            self.step_sightings = 0;
            self.utc_minus_mono_us += error.clamp(-SLEW_US, SLEW_US);
            return false;
        }
        self.step_sightings += 1;
        if self.step_sightings < STEP_SIGHTINGS {
            return false;
        }
        self.step_sightings = 0;
        self.utc_minus_mono_us = seen;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 2_400_000;
    const BLOCK: u64 = 65_536;
    const UTC0: i64 = 1_760_000_000_000_000;

    struct Sim {
        clock: SampleClock,
        rng: u64,
        /// Samples that the device has taken, and those that it gave.
        taken: u64,
        given: u64,
        ppm: f64,
        utc_minus_mono: i64,
        last: i64,
        worst_us: i64,
        back_us: i64,
    }

    impl Sim {
        fn new(ppm: f64) -> Self {
            let clock = SampleClock::new(RATE);
            Self { clock, rng: 1, taken: 0, given: 0, ppm, utc_minus_mono: UTC0, last: 0, worst_us: 0, back_us: 0 }
        }

        fn uniform(&mut self) -> f64 {
            self.rng = self.rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.rng >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
        }

        /// `blocks` blocks with exponential latency of mean `mean_us`, now and then a pause of 200 ms.
        fn run(&mut self, blocks: u64, mean_us: f64) {
            (self.worst_us, self.back_us) = (0, i64::MIN);
            let mut ready_us = 0.0_f64;
            for n in 0..blocks {
                let mono = |samples: u64| samples as f64 / f64::from(RATE) * 1e6 * (1.0 + self.ppm * 1e-6);
                let (start_us, end_us) = (mono(self.taken), mono(self.taken + BLOCK));
                let pause = if n % 97 == 96 { 200_000.0 } else { 0.0 };
                let latency = -mean_us * self.uniform().ln() + pause;
                ready_us = ready_us.max(end_us + latency);
                let arrival = Arrival { mono_us: ready_us as i64, utc: UnixMicros(ready_us as i64 + self.utc_minus_mono) };
                let utc = self.clock.observe(self.given, self.given + BLOCK, arrival).0;
                self.worst_us = self.worst_us.max((utc - (start_us as i64 + self.utc_minus_mono)).abs());
                self.back_us = self.back_us.max(self.last - utc);
                self.last = utc;
                self.taken += BLOCK;
                self.given += BLOCK;
            }
        }
    }

    #[test]
    fn stays_within_milliseconds_through_jitter_pauses_and_drift() {
        for ppm in [-150.0, -30.0, 0.0, 60.0, 150.0] {
            let mut sim = Sim::new(ppm);
            sim.run(200, 5_000.0);
            assert!(sim.back_us < 0, "{ppm} ppm: went back");
            sim.run(4_000, 5_000.0);
            assert!(sim.worst_us < 3_000, "{ppm} ppm: {} us off", sim.worst_us);
            assert!(sim.back_us < 0, "{ppm} ppm: went back by {} us", sim.back_us);
            assert_eq!((sim.clock.lost_us(), sim.clock.steps()), (0, 0));
        }
    }

    #[test]
    fn silent_loss_is_caught_up_and_counted() {
        let mut sim = Sim::new(20.0);
        sim.run(400, 2_000.0);
        sim.taken += 240_000;
        sim.run(200, 2_000.0);
        sim.run(400, 2_000.0);
        assert!(sim.worst_us < 3_000, "{} us off", sim.worst_us);
        assert!(sim.back_us < 0);
        assert!((90_000..110_000).contains(&sim.clock.lost_us()), "{}", sim.clock.lost_us());
    }

    #[test]
    fn follows_when_the_machine_gets_its_time() {
        let mut sim = Sim::new(0.0);
        sim.run(200, 2_000.0);
        sim.utc_minus_mono += 3_600_000_000;
        sim.run(10, 2_000.0);
        sim.run(400, 2_000.0);
        assert!(sim.worst_us < 3_000, "{} us off", sim.worst_us);
        assert_eq!(sim.clock.steps(), 1);
    }

    #[test]
    fn a_first_block_that_came_late_is_forgiven_without_going_back() {
        let mut sim = Sim::new(0.0);
        let late = Arrival { mono_us: 400_000, utc: UnixMicros(UTC0 + 400_000) };
        sim.last = sim.clock.observe(0, BLOCK, late).0;
        (sim.taken, sim.given) = (BLOCK, BLOCK);
        sim.run(800, 1_000.0);
        assert!(sim.back_us < 0);
        sim.run(100, 1_000.0);
        assert!(sim.worst_us < 2_000, "{} us off", sim.worst_us);
    }
}
