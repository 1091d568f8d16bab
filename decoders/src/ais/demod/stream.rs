//! One channel's recent samples, and where in them bursts may begin.

use super::complex::C32;
use super::search::{HOP, SHARE_MIN, Search, WINDOW};

/// Samples kept: the longest burst twice over, and room to move in.
const KEEP: usize = 12_288;
const CAPACITY: usize = 2 * KEEP;
/// Windows in a row that count as one find.
const SAME: u64 = 4;

/// A place where a burst may begin, in samples since the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    pub at: u64,
    pub freq_hz: f32,
    share: f32,
    /// How often it has been tried, or how many bursts were taken away before it was found.
    pub tries: u8,
    /// Its preamble has been found to be one.
    pub probed: bool,
}

#[derive(Debug)]
pub struct Stream {
    samples: Vec<C32>,
    /// Number of the first sample held.
    base: u64,
    /// Next window to be looked at.
    next: u64,
    best: Option<Candidate>,
}

impl Candidate {
    /// The same place once more.
    #[must_use]
    pub fn again(self) -> Self {
        Self { tries: self.tries + 1, ..self }
    }
}

impl Stream {
    pub fn new() -> Self {
        Self { samples: Vec::with_capacity(CAPACITY), base: 0, next: 0, best: None }
    }

    pub fn reset(&mut self) {
        self.samples.clear();
        self.base = 0;
        self.next = 0;
        self.best = None;
    }

    pub fn end(&self) -> u64 {
        self.base + self.samples.len() as u64
    }

    pub fn push(&mut self, new: &[C32]) {
        if CAPACITY < self.samples.len() + new.len() {
            let drop = self.samples.len() - KEEP;
            self.samples.copy_within(drop.., 0);
            self.samples.truncate(KEEP);
            self.base += drop as u64;
        }
        self.samples.extend_from_slice(new);
    }

    /// Samples `from..to`, as far as they are held.
    pub fn slice(&self, from: u64, to: u64) -> &[C32] {
        let clamp = |at: u64| (at.max(self.base) - self.base).min(self.samples.len() as u64) as usize;
        &self.samples[clamp(from)..clamp(to).max(clamp(from))]
    }

    pub fn slice_mut(&mut self, from: u64, to: u64) -> &mut [C32] {
        let clamp = |at: u64| (at.max(self.base) - self.base).min(self.samples.len() as u64) as usize;
        let (from, to) = (clamp(from), clamp(to));
        &mut self.samples[from..to.max(from)]
    }

    pub fn first(&self) -> u64 {
        self.base
    }

    /// Looks at the next window, if its samples are there; hands out a find when its best window is past.
    pub fn look(&mut self, search: &Search) -> Option<Candidate> {
        let at = self.next;
        let window = self.slice(at, at + WINDOW as u64);
        if window.len() < WINDOW {
            return None;
        }
        let hit = search.look(window);
        self.next += HOP as u64;
        let best = &mut self.best;
        let is_past = |c: &Candidate| c.at + SAME * HOP as u64 <= at;
        let done = best.take_if(|c| is_past(c));
        if SHARE_MIN < hit.share && best.is_none_or(|b| b.share < hit.share) {
            *best = Some(Candidate { at, freq_hz: hit.freq_hz, share: hit.share, tries: 0, probed: false });
        }
        done
    }

    /// Where the next window begins.
    pub fn looked(&self) -> u64 {
        self.next
    }

    /// Looks at samples `from..to` once more; calls `found` for every find.
    pub fn look_again(&self, search: &Search, from: u64, to: u64, tries: u8, found: &mut dyn FnMut(Candidate)) {
        let mut best: Option<Candidate> = None;
        let mut at = from.max(self.base).next_multiple_of(HOP as u64);
        while at + WINDOW as u64 <= to.min(self.end()) {
            let hit = search.look(self.slice(at, at + WINDOW as u64));
            if let Some(done) = best.take_if(|c| c.at + SAME * HOP as u64 <= at) {
                found(done);
            }
            if SHARE_MIN < hit.share && best.is_none_or(|b| b.share < hit.share) {
                best = Some(Candidate { at, freq_hz: hit.freq_hz, share: hit.share, tries, probed: false });
            }
            at += HOP as u64;
        }
        if let Some(done) = best {
            found(done);
        }
    }
}
