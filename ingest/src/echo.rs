//! Facts that other programs tell beside what our own receivers hear: the same thing said twice is said once.
//!
//! ```text
//!   events of frames ─────────────────────────────────────► sink
//!          │ remembered                    ▲
//!          ▼                               │ what says something more
//!   facts ─► held back HOLD_US ─► compared ┘
//! ```
//!
//! - Events of frames always go out, at once: we heard them, and they have their frame.
//! - A fact is held back for [`HOLD_US`], because a program beside us is often quicker with the same frame than our own
//!   demodulator, which waits a quarter of a second. It then goes out if any of its fields says what no event about the same
//!   aircraft from another receiver has said: about place and motion within [`MOVING_US`], about anything else within
//!   [`LASTING_US`]. Two feeds of facts are compared in the same way; the first is told.
//! - A fact that goes out is as it came: its receiver tells where it is from.
//!
//! So a loop of stations that feed each other ends: what comes back has been told.
//!
//! Pure. Bounded by [`PENDING_MAX`], [`SUBJECTS_MAX`] and [`SAYINGS_MAX`].

use crate::facts::Fields;
use model::{Event, ReceiverId, Subject, UnixMicros};
use std::collections::{HashMap, VecDeque};

/// Facts held back at most; when full, the oldest is judged at once.
pub const PENDING_MAX: usize = 8_192;
pub const HOLD_US: i64 = 1_000_000;
/// Remembered aircraft, and sayings of each.
pub const SUBJECTS_MAX: usize = 2_048;
pub const SAYINGS_MAX: usize = 64;
/// A second report of the same motion is the same report.
pub const MOVING_US: i64 = 5_000_000;
/// Decoders repeat what lasts every half minute.
pub const LASTING_US: i64 = 60_000_000;

/// Knows what was said lately.
#[derive(Debug, Default)]
pub struct Echoes {
    pending: VecDeque<Pending>,
    said: HashMap<Subject, VecDeque<Saying>>,
}

#[derive(Debug)]
struct Pending {
    /// When it came, by the caller's monotonic clock.
    came_us: i64,
    event: Event,
}

#[derive(Clone, Copy, Debug)]
struct Saying {
    at: UnixMicros,
    receiver: ReceiverId,
    fields: Fields,
}

impl Echoes {
    /// An event of a frame goes out.
    pub fn heard(&mut self, event: &Event) {
        let Some(fields) = Fields::of(&event.kind) else { return };
        if !self.said.contains_key(&event.subject) && SUBJECTS_MAX <= self.said.len() {
            self.make_room(event.at);
        }
        let sayings = self.said.entry(event.subject).or_default();
        if sayings.len() == SAYINGS_MAX {
            forget_one(sayings);
        }
        sayings.push_back(Saying { at: event.at, receiver: event.receiver, fields });
    }

    /// A fact came at `now_us`.
    pub fn hold(&mut self, event: Event, now_us: i64) {
        self.pending.push_back(Pending { came_us: now_us, event });
    }

    /// The next fact that has been held long enough (`all`: however long), and whether it says anything more. One that does
    /// counts as said.
    pub fn pop(&mut self, now_us: i64, all: bool) -> Option<(Event, bool)> {
        let due = |p: &Pending| all || HOLD_US <= now_us - p.came_us || PENDING_MAX < self.pending.len();
        self.pending.front().filter(|p| due(p))?;
        let event = self.pending.pop_front()?.event;
        let more = self.says_more(&event);
        if more {
            self.heard(&event);
        }
        Some((event, more))
    }

    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    fn says_more(&self, event: &Event) -> bool {
        let Some(mut fields) = Fields::of(&event.kind) else { return true };
        if fields.place.is_some() {
            // A position that was heard is not a new one because somebody adds what he knows from other frames.
            (fields.geom_alt_ft, fields.speed, fields.track, fields.heading) = (None, None, None, None);
        }
        let said = self.said.get(&event.subject).into_iter().flatten();
        for saying in said.filter(|s| s.receiver != event.receiver) {
            let apart_us = event.at.micros_since(saying.at).abs();
            if apart_us <= LASTING_US {
                fields.less(&saying.fields, apart_us <= MOVING_US);
            }
        }
        !fields.is_empty()
    }

    /// Forgets aircraft of which nothing was said lately; when all are talked about, all.
    fn make_room(&mut self, now: UnixMicros) {
        self.said.retain(|_, sayings| sayings.back().is_some_and(|s| now.micros_since(s.at).abs() <= LASTING_US));
        if SUBJECTS_MAX <= self.said.len() {
            self.said.clear();
        }
    }
}

/// The oldest of those that have only motion goes first: what lasts is said seldom.
fn forget_one(sayings: &mut VecDeque<Saying>) {
    let lasts = |s: &Saying| s.fields.callsign.is_some() || s.fields.squawk.is_some();
    let at = sayings.iter().position(|s| !lasts(s)).unwrap_or(0);
    sayings.remove(at);
}

#[cfg(test)]
#[path = "echo_tests.rs"]
mod tests;
