//! The governor against a model of a receiver: a ring that fills at life speed and a demodulator that takes its time.

use super::*;
use proptest::prelude::*;

const BLOCK_US: u64 = 27_000;
const BLOCKS: usize = 32;

/// A source, a ring and a DSP thread, in whole blocks, without a clock.
struct Model {
    governor: Governor,
    now_us: f64,
    taken: u64,
    dropped: u64,
    told: u64,
    changes: Vec<(f64, Profile)>,
}

impl Model {
    fn new() -> Self {
        Self { governor: Governor::new(ProfileChoice::Auto), now_us: 0.0, taken: 0, dropped: 0, told: 0, changes: Vec::new() }
    }

    /// Blocks that the source has made and nobody has taken.
    fn waiting(&self) -> u64 {
        (self.now_us / BLOCK_US as f64) as u64 - self.taken - self.dropped
    }

    /// Traffic that costs so much in Full and in Fast (times life), for so long.
    fn run(&mut self, seconds: u64, full: f64, fast: f64) {
        let until = self.now_us + seconds as f64 * 1e6;
        while self.now_us < until {
            if self.waiting() == 0 {
                self.now_us = (self.taken + self.dropped + 1) as f64 * BLOCK_US as f64;
            }
            self.taken += 1;
            let profile = self.governor.profile();
            let (cost, frames) = if profile == Profile::Full { (full, 10) } else { (fast, 6) };
            self.now_us += cost * BLOCK_US as f64;
            self.dropped += self.waiting().saturating_sub(BLOCKS as u64);
            let seen = Seen {
                signal_us: BLOCK_US,
                busy_us: (cost * BLOCK_US as f64) as u64,
                frames,
                waiting: self.waiting() as usize,
                blocks: BLOCKS,
                dropped: self.told < self.dropped,
            };
            self.told = self.dropped;
            if let Some(to) = self.governor.observe(&seen) {
                assert_ne!(to, profile);
                self.changes.push((self.now_us, to));
            }
        }
    }
}

#[test]
fn a_busy_sky_is_received_fast_and_a_calm_one_in_full_and_nothing_is_dropped() {
    let mut model = Model::new();
    model.run(60, 0.3, 0.1);
    assert_eq!((model.governor.profile(), model.changes.len()), (Profile::Full, 0));
    model.run(60, 1.6, 0.4);
    assert_eq!((model.governor.profile(), model.changes.len()), (Profile::Fast, 1));
    assert!(model.changes[0].0 < 64e6, "{:?}", model.changes);
    model.run(60, 0.3, 0.08);
    assert_eq!((model.governor.profile(), model.changes.len(), model.dropped), (Profile::Full, 2, 0));
    let account = *model.governor.account();
    assert_eq!(account.switches, 2);
    assert!((account.fast_yield.unwrap() - 0.6).abs() < 0.01, "{account:?}");
    // 10 frames a block in Full, 6 in Fast: 4 for each 6 were given up.
    assert!(account.given_up_frames().abs_diff(account.fast_frames * 4 / 6) <= account.fast_frames / 50, "{account:?}");
    assert!((account.load - 0.3).abs() < 0.01 && 55_000_000 < account.fast_us && account.fast_us < 75_000_000);
}

#[test]
fn a_load_between_the_two_does_not_swing() {
    let mut model = Model::new();
    // Fast looks calm enough, Full is too much.
    for _ in 0..60 {
        model.run(60, 0.95, 0.1);
    }
    // In an hour: the dwell grows to five minutes.
    assert!(model.changes.len() <= 32, "{} changes", model.changes.len());
    assert_eq!(model.dropped, 0);
}

#[test]
fn what_is_asked_for_is_kept() {
    for profile in [Profile::Full, Profile::Fast] {
        let mut governor = Governor::new(ProfileChoice::Always(profile));
        for _ in 0..1_000 {
            let seen = Seen { signal_us: 27_000, busy_us: 50_000, frames: 1, waiting: BLOCKS, blocks: BLOCKS, dropped: true };
            assert_eq!(governor.observe(&seen), None);
        }
        assert_eq!(governor.profile(), profile);
        assert!((governor.account().load - 50.0 / 27.0).abs() < 0.01);
    }
    let mut held = Governor::new(ProfileChoice::Auto);
    held.hold();
    let seen = Seen { signal_us: 27_000, busy_us: 50_000, frames: 1, waiting: BLOCKS, blocks: BLOCKS, dropped: true };
    assert_eq!((held.observe(&seen), held.profile()), (None, Profile::Full));
}

#[test]
fn a_ratio_learned_while_the_traffic_changed_does_not_keep_it_fast_for_ever() {
    let mut model = Model::new();
    model.run(10, 0.5, 0.1);
    model.run(2, 0.95, 0.5);
    model.run(900, 0.5, 0.12);
    assert_eq!(model.governor.profile(), Profile::Full, "{:?}", model.changes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever the traffic does, as long as Fast can carry it: nothing is dropped, changes are rare, and calm ends in Full.
    #[test]
    fn nothing_is_dropped_that_fast_could_carry(
        traffic in prop::collection::vec((1_u64..120, 0.05_f64..3.0, 0.1_f64..0.3), 1..30),
    ) {
        let mut model = Model::new();
        let mut seconds = 0;
        for (length, full, part) in traffic {
            model.run(length, full, (full * part).min(0.7));
            seconds += length;
        }
        prop_assert_eq!(model.dropped, 0);
        let fast_at: Vec<f64> = model.changes.iter().filter(|c| c.1 == Profile::Fast).map(|c| c.0).collect();
        for (at, _) in model.changes.iter().filter(|c| c.1 == Profile::Full) {
            let since = fast_at.iter().rev().find(|f| *f < at).expect("it was fast before");
            prop_assert!(DWELL_US_MIN as f64 * 0.9 <= at - since, "{} s in fast", (at - since) / 1e6);
        }
        prop_assert!(model.changes.len() as u64 <= 2 + seconds / 5);
        model.run(700, 0.2, 0.05);
        prop_assert_eq!(model.governor.profile(), Profile::Full);
    }

    /// Numbers that nobody would measure do no harm.
    #[test]
    fn any_measure_is_borne(seen in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u16>(), 0_usize..100, 0_usize..40, any::<bool>()), 0..500)) {
        let mut governor = Governor::new(ProfileChoice::Auto);
        for (signal_us, busy_us, frames, waiting, blocks, dropped) in seen {
            let seen = Seen { signal_us: signal_us.into(), busy_us: busy_us.into(), frames: frames.into(), waiting, blocks, dropped };
            if let Some(profile) = governor.observe(&seen) {
                prop_assert_eq!(profile, governor.profile());
            }
            prop_assert!(governor.account().load.is_finite());
        }
    }
}
