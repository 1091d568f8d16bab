//! How hard a receiver's demodulator tries: always the same, or what the processor can bear. Pure: time is the signal's own.
//!
//! ```text
//!                load over LOAD_HIGH for HIGH_WINDOWS seconds, or the ring 3/4 full, or samples dropped
//!          Full ─────────────────────────────────────────────────────────────────────────────────────► Fast
//!            ◄───────────────────────────────────────────────────────────────────────────────────────
//!                what Full would need is under LOAD_LOW for the dwell, and the ring nearly empty; or PROBE_US have passed
//! ```
//!
//! - The load is the time that the demodulator worked over the time that the samples last, a second at a time. Work that waited
//!   for a busy processor counts: what matters is whether we keep up.
//! - In Fast nobody knows what Full would cost. It is told from what Fast costs and from the ratio of both, which is learned at
//!   each change from the seconds before and after it; so is how many of Full's frames Fast finds. A ratio learned while the
//!   traffic changed is wrong, so after [`PROBE_US`] Full is tried whatever it says.
//! - A return to Full that fails within [`TRIAL_US`] doubles the dwell up to [`DWELL_US_MAX`], so a load between the two does not
//!   make the receiver swing.

use decoders::Profile;

/// The load is judged over so much signal at a time, microseconds.
pub const WINDOW_US: u64 = 1_000_000;
/// More than this of a processor's time is too much.
pub const LOAD_HIGH: f64 = 0.85;
/// With less than this Full has room to breathe.
pub const LOAD_LOW: f64 = 0.6;
/// So many windows in a row above [`LOAD_HIGH`]: one may be somebody else's hiccup.
const HIGH_WINDOWS: u32 = 2;
/// How long it must be calm before Full is tried again.
pub const DWELL_US_MIN: u64 = 10_000_000;
pub const DWELL_US_MAX: u64 = 300_000_000;
/// A return to Full that is given up so soon was a mistake.
const TRIAL_US: u64 = 60_000_000;
/// After so long in one profile what was learned before may not hold.
pub const PROBE_US: u64 = 300_000_000;
/// Windows compared before and after a change.
const LEARN_WINDOWS: u32 = 3;
/// Full costs so many times what Fast does, until it is known: measured 2.7 (noise) to 5 (scenario B).
const COST_RATIO: f64 = 4.0;
const COST_RATIO_MAX: f64 = 8.0;

/// What the configuration asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ProfileChoice {
    /// Full as long as the processor keeps up. A recording read flat out waits for us and is always read in Full.
    #[default]
    Auto,
    Always(Profile),
}

/// One block after it was demodulated.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// How long its samples last, and how long the demodulator worked on them.
    pub signal_us: u64,
    pub busy_us: u64,
    pub frames: u64,
    /// Blocks that wait, and the blocks that there are.
    pub waiting: usize,
    pub blocks: usize,
    /// Samples were thrown away since the block before because none was free.
    pub dropped: bool,
}

/// What is known about both profiles.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Account {
    pub switches: u64,
    pub full_us: u64,
    pub fast_us: u64,
    pub full_frames: u64,
    pub fast_frames: u64,
    /// Of the last whole window.
    pub load: f64,
    /// The part of Full's frames that Fast finds. `None`: never compared.
    pub fast_yield: Option<f64>,
}

impl Account {
    /// Frames that Full would have found beyond those that Fast found, as far as is known.
    pub fn given_up_frames(&self) -> u64 {
        self.fast_yield.map_or(0, |part| (self.fast_frames as f64 * (1.0 / part - 1.0)) as u64)
    }
}

/// Chooses the profile.
#[derive(Debug)]
pub struct Governor {
    auto: bool,
    profile: Profile,
    account: Account,
    window: Sum,
    high_windows: u32,
    /// Signal since the last change, and since it has been calm.
    since_change_us: u64,
    calm_us: u64,
    dwell_us: u64,
    cost_ratio: f64,
    learning: Learning,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    signal_us: u64,
    busy_us: u64,
    frames: u64,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.signal_us += other.signal_us;
        self.busy_us += other.busy_us;
        self.frames += other.frames;
    }

    fn load(&self) -> f64 {
        self.busy_us as f64 / self.signal_us.max(1) as f64
    }

    fn frames_per_us(&self) -> f64 {
        self.frames as f64 / self.signal_us.max(1) as f64
    }
}

/// The windows around a change.
#[derive(Clone, Copy, Debug, Default)]
struct Learning {
    /// The last windows before it, in the other profile.
    before: Option<Sum>,
    /// The windows since, but for the first, in which frames of the other profile still come out.
    after: Sum,
    windows: u32,
}

impl Governor {
    pub fn new(choice: ProfileChoice) -> Self {
        let profile = match choice {
            ProfileChoice::Auto => Profile::Full,
            ProfileChoice::Always(profile) => profile,
        };
        Self {
            auto: choice == ProfileChoice::Auto,
            profile,
            account: Account::default(),
            window: Sum::default(),
            high_windows: 0,
            since_change_us: 0,
            calm_us: 0,
            dwell_us: DWELL_US_MIN,
            cost_ratio: COST_RATIO,
            learning: Learning::default(),
        }
    }

    pub const fn profile(&self) -> Profile {
        self.profile
    }

    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The demodulator has one profile only, or its source waits for it.
    pub const fn hold(&mut self) {
        self.auto = false;
    }

    /// Takes in a block. `Some`: the demodulator goes on in this profile.
    pub fn observe(&mut self, seen: &Seen) -> Option<Profile> {
        self.count(seen);
        let pressed = seen.dropped || 3 * seen.blocks <= 4 * seen.waiting;
        if self.auto && self.profile == Profile::Full && pressed {
            return Some(self.change());
        }
        if self.window.signal_us < WINDOW_US {
            return None;
        }
        let window = std::mem::take(&mut self.window);
        self.account.load = window.load();
        self.learn(&window);
        let over = match self.profile {
            Profile::Full => self.is_too_much(),
            Profile::Fast => self.is_calm(&window, !pressed && 4 * seen.waiting <= seen.blocks),
        };
        (self.auto && over).then(|| self.change())
    }

    fn count(&mut self, seen: &Seen) {
        let now = Sum { signal_us: seen.signal_us, busy_us: seen.busy_us, frames: seen.frames };
        self.window.add(&now);
        self.since_change_us += now.signal_us;
        let (us, frames) = match self.profile {
            Profile::Full => (&mut self.account.full_us, &mut self.account.full_frames),
            Profile::Fast => (&mut self.account.fast_us, &mut self.account.fast_frames),
        };
        *us += now.signal_us;
        *frames += now.frames;
    }

    fn is_too_much(&mut self) -> bool {
        self.high_windows = if LOAD_HIGH < self.account.load { self.high_windows + 1 } else { 0 };
        if PROBE_US <= self.since_change_us {
            self.dwell_us = DWELL_US_MIN;
        }
        HIGH_WINDOWS <= self.high_windows
    }

    fn is_calm(&mut self, window: &Sum, has_room: bool) -> bool {
        let calm = has_room && self.account.load * self.cost_ratio < LOAD_LOW;
        self.calm_us = if calm { self.calm_us + window.signal_us } else { 0 };
        let probe = has_room && PROBE_US <= self.since_change_us;
        self.dwell_us <= self.calm_us || probe
    }

    fn change(&mut self) -> Profile {
        let returned = 0 < self.account.switches;
        self.profile = match self.profile {
            Profile::Full => Profile::Fast,
            Profile::Fast => Profile::Full,
        };
        if self.profile == Profile::Fast && returned && self.since_change_us < TRIAL_US {
            self.dwell_us = (2 * self.dwell_us).min(DWELL_US_MAX);
        }
        let last = if self.learning.windows == 0 { self.window } else { self.learning.after };
        self.learning = Learning { before: Some(last), ..Learning::default() };
        self.window = Sum::default();
        (self.high_windows, self.calm_us, self.since_change_us) = (0, 0, 0);
        self.account.switches += 1;
        self.profile
    }

    /// Compares the first windows of a profile with the last of the other.
    fn learn(&mut self, window: &Sum) {
        let learning = &mut self.learning;
        learning.windows += 1;
        if learning.windows == 1 && learning.before.is_some() {
            return;
        }
        if learning.before.is_none() {
            // Nothing to compare: the last windows, for the next change.
            let half =
                Sum { signal_us: learning.after.signal_us / 2, busy_us: learning.after.busy_us / 2, frames: learning.after.frames / 2 };
            learning.after = half;
        }
        learning.after.add(window);
        if learning.windows <= LEARN_WINDOWS {
            return;
        }
        let Some(before) = learning.before.take() else { return };
        let (full, fast) = match self.profile {
            Profile::Full => (learning.after, before),
            Profile::Fast => (before, learning.after),
        };
        if 0 < fast.busy_us && 0 < full.busy_us {
            let ratio = (full.load() / fast.load()).clamp(1.0, COST_RATIO_MAX);
            self.cost_ratio = f64::midpoint(self.cost_ratio, ratio);
        }
        if 0 < full.frames && 0 < fast.frames {
            let part = (fast.frames_per_us() / full.frames_per_us()).min(1.0);
            self.account.fast_yield = Some(self.account.fast_yield.map_or(part, |known| f64::midpoint(known, part)));
        }
    }
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
