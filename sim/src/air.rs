//! What is in the air at one antenna: bursts kept in order of arrival, drawn while they last, and told to the truth with
//! whether another transmission lay over them. The same for every protocol.

use crate::iq::{Frontend, IqStream, Painter};
use std::collections::VecDeque;

/// Picoseconds in a second: signal times are integers of this unit, counted from the start of the stream (213 days).
pub const PS_PER_S: u64 = 1_000_000_000_000;

/// One transmission as it reaches the antenna.
pub trait Transmission {
    fn start_ps(&self) -> u64;
    fn end_ps(&self) -> u64;
    /// Transmissions on different channels do not disturb each other.
    fn channel(&self) -> u32 {
        0
    }
}

/// Draws transmissions into samples.
pub trait Draw<B> {
    /// The samples that a transmission touches: first and one past the last.
    fn span(&self, burst: &B) -> (u64, u64);
    /// Adds the part of `burst` that lies within the samples starting at `first_sample`.
    fn add(&mut self, burst: &B, first_sample: u64, iq: &mut [f32]);
}

/// Truth that learns that something lay over its transmission.
pub trait Judged {
    fn end_ps(&self) -> u64;
    fn overlap(&mut self);
}

/// What a burst is to the truth.
#[derive(Clone, Copy, Debug)]
enum Heard {
    /// A frame, with its number since the stream began.
    Frame(usize),
    /// A transmission without truth: fruit, noise bursts, or truth isn't kept.
    Other,
    Echo,
}

/// The bursts in the air at one antenna, and what is true of them.
#[derive(Debug)]
pub struct Air<B, D, T> {
    draw: D,
    rate_sps: u32,
    /// In order of start; those that are over are removed.
    air: VecDeque<(B, Heard)>,
    /// Frames whose fate is open, in order of start. The first has number `decided`.
    open: VecDeque<T>,
    decided: usize,
    truth: Option<VecDeque<T>>,
    truth_lost: u64,
}

impl<B: Transmission, D: Draw<B>, T: Judged> Air<B, D, T> {
    /// Truth that nobody takes is thrown away, oldest first, above this many frames (and counted).
    pub const TRUTH_MAX: usize = 1 << 20;

    pub fn new(draw: D, rate_sps: u32, keep_truth: bool) -> Self {
        let truth = keep_truth.then(VecDeque::new);
        Self { draw, rate_sps, air: VecDeque::new(), open: VecDeque::new(), decided: 0, truth, truth_lost: 0 }
    }

    /// Takes the next burst; bursts come in order of their start. A burst without truth still counts as lying over others.
    pub fn receive(&mut self, burst: B, truth: Option<T>) {
        self.in_order(&burst);
        let mut overlapped = false;
        for (other, heard) in &self.air {
            let beside = other.end_ps() <= burst.start_ps() || burst.end_ps() <= other.start_ps();
            if matches!(heard, Heard::Echo) || beside || other.channel() != burst.channel() {
                continue;
            }
            overlapped = true;
            // What is decided ended before this burst began, so it is not found here.
            if let Heard::Frame(number) = heard
                && let Some(open) = number.checked_sub(self.decided).and_then(|i| self.open.get_mut(i))
            {
                open.overlap();
            }
        }
        let heard = match truth.filter(|_| self.truth.is_some()) {
            Some(mut truth) => {
                if overlapped {
                    truth.overlap();
                }
                self.open.push_back(truth);
                Heard::Frame(self.decided + self.open.len() - 1)
            }
            None => Heard::Other,
        };
        self.air.push_back((burst, heard));
    }

    /// Takes a reflection: heard like any other burst, but not counted as another transmission.
    pub fn receive_echo(&mut self, burst: B) {
        self.in_order(&burst);
        self.air.push_back((burst, Heard::Echo));
    }

    /// Adds all bursts to the samples from `first_sample` on. Everything that starts within them has been received.
    pub fn paint(&mut self, first_sample: u64, iq: &mut [f32]) {
        for (burst, _) in &self.air {
            self.draw.add(burst, first_sample, iq);
        }
        let end = first_sample + iq.len() as u64 / 2;
        let end_ps = sample_ps(self.rate_sps, end);
        let draw = &self.draw;
        self.air.retain(|(burst, _)| end < draw.span(burst).1 || end_ps < burst.end_ps());
        // Bursts arrive in order of start, so nothing can overlap a frame that ended before the samples did.
        while self.open.front().is_some_and(|t| t.end_ps() < end_ps) {
            self.decide();
        }
    }

    /// The fate of every frame so far is decided, as if nothing more came.
    pub fn finish(&mut self) {
        while !self.open.is_empty() {
            self.decide();
        }
    }

    /// The next frame that was on the air, in order of time.
    pub fn next_truth(&mut self) -> Option<T> {
        self.truth.as_mut()?.pop_front()
    }

    /// Frames whose truth was thrown away because nobody took it.
    pub fn truth_lost(&self) -> u64 {
        self.truth_lost
    }

    fn in_order(&self, burst: &B) {
        let late = self.air.back().is_some_and(|(last, _)| burst.start_ps() < last.start_ps());
        assert!(!late, "bursts come in order of their start");
    }

    fn decide(&mut self) {
        let Some(done) = self.open.pop_front() else { return };
        self.decided += 1;
        if let Some(truth) = &mut self.truth {
            truth.push_back(done);
            if Self::TRUTH_MAX < truth.len() {
                truth.pop_front();
                self.truth_lost += 1;
            }
        }
    }
}

/// A list of bursts in order of time as a [`Painter`]: what laboratory signals are made of. All of it is in memory.
#[derive(Debug)]
pub struct Planned<B, D, T> {
    waiting: VecDeque<(B, Option<T>)>,
    air: Air<B, D, T>,
}

impl<B: Transmission, D: Draw<B>, T: Judged> Planned<B, D, T> {
    /// `bursts` in any order.
    pub fn new(mut bursts: Vec<(B, Option<T>)>, draw: D, rate_sps: u32) -> Self {
        bursts.sort_by_key(|(burst, _)| burst.start_ps());
        Self { waiting: bursts.into(), air: Air::new(draw, rate_sps, true) }
    }

    /// All samples of a signal of `samples`, and all truth. `seed` is the noise's.
    pub fn render(self, frontend: Frontend, seed: u64, samples: u64) -> (Vec<u8>, Vec<T>) {
        let (bytes, mut planned) = IqStream::new(self, frontend, seed, Some(samples)).collect_bytes();
        planned.air.finish();
        (bytes, core::iter::from_fn(|| planned.air.next_truth()).collect())
    }

    pub fn air_mut(&mut self) -> &mut Air<B, D, T> {
        &mut self.air
    }
}

impl<B: Transmission, D: Draw<B>, T: Judged> Painter for Planned<B, D, T> {
    fn paint(&mut self, first_sample: u64, iq: &mut [f32]) {
        let end_ps = sample_ps(self.air.rate_sps, first_sample + iq.len() as u64 / 2);
        while self.waiting.front().is_some_and(|(burst, _)| burst.start_ps() < end_ps) {
            if let Some((burst, truth)) = self.waiting.pop_front() {
                self.air.receive(burst, truth);
            }
        }
        self.air.paint(first_sample, iq);
    }
}

/// When sample number `sample` is taken.
pub(crate) fn sample_ps(rate_sps: u32, sample: u64) -> u64 {
    (u128::from(sample) * u128::from(PS_PER_S) / u128::from(rate_sps)) as u64
}

/// The sample that an instant falls into, and how far into it.
pub(crate) fn sample_at(rate_sps: u32, at_ps: u64) -> (u64, f64) {
    let scaled = u128::from(at_ps) * u128::from(rate_sps);
    ((scaled / u128::from(PS_PER_S)) as u64, (scaled % u128::from(PS_PER_S)) as f64 / PS_PER_S as f64)
}

/// A burst that waits for its turn in a heap: ordered by start, then by sender, so that ties are broken alike everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Waiting<B, T> {
    pub sender: usize,
    pub burst: B,
    pub truth: Option<T>,
}

impl<B: Transmission, T> Waiting<B, T> {
    fn key(&self) -> (u64, usize) {
        (self.burst.start_ps(), self.sender)
    }
}

impl<B: Transmission, T> PartialEq for Waiting<B, T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<B: Transmission, T> Eq for Waiting<B, T> {}

impl<B: Transmission, T> PartialOrd for Waiting<B, T> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<B: Transmission, T> Ord for Waiting<B, T> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
