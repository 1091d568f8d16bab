//! Distress overtakes the backlog: which events go ahead, and what is on its way. Pure.
//!
//! ```text
//!   append ─► Urgency::choose ─► rows of their own in the spool ─► UrgentSender ─► lane ─► central: COMMIT, picture ─► told
//!        └──► ordered segments, as ever ──────────────────────────────────────────────────► stored, exactly once
//! ```
//!
//! What goes ahead is a copy: it keeps its number, and the ordered delivery brings it once more, to be stored. So nothing
//! depends on this lane but how soon a distress is seen; a lost or doubled message of it does no harm.

use crate::intake::UrgentKey;
use model::{Emergency, Event, EventKind, Priority, Subject, UnixMicros};
use std::collections::{HashMap, HashSet};
use thiserror::Error;

/// Sent and not yet acknowledged, at most: beside a backlog the lane takes a few kilobytes per round trip.
pub const URGENT_WINDOW: usize = 32;
/// Subjects in distress that are told apart. Beyond it those whose distress was heard longest ago are forgotten, and told anew.
const SUBJECTS_MAX: usize = 1_024;
/// The same words about the same subject go ahead once in so long; a beacon repeats itself every second.
const REPEAT_US: i64 = 10_000_000;
/// After its last distress signal, for so long a subject's position and name go ahead too.
const HOLD_US: i64 = 600_000_000;

/// What kind of news: each is thinned for itself, a change of the emergency never.
type News = (&'static str, Option<Emergency>);

#[derive(Debug)]
struct InDistress {
    heard_at: UnixMicros,
    /// As many as there are kinds and emergencies.
    told: Vec<(News, UnixMicros)>,
}

/// Chooses what goes ahead: everything of [`Priority::High`], and where and who that is; repeats thinned.
#[derive(Debug, Default)]
pub struct Urgency {
    subjects: HashMap<Subject, InDistress>,
}

impl Urgency {
    /// The places of the events that go ahead.
    pub fn choose(&mut self, events: &[Event]) -> Vec<usize> {
        // First of all: the position may come before the distress in the same frame.
        for event in events.iter().filter(|e| e.priority() == Priority::High) {
            self.heard(event);
        }
        if self.subjects.is_empty() {
            return Vec::new();
        }
        (0..events.len()).filter(|&i| self.goes_ahead(&events[i])).collect()
    }

    /// The events were not stored after all: when they come again, they are not repeats.
    pub fn forget(&mut self, events: &[Event]) {
        for event in events {
            if let Some(known) = self.subjects.get_mut(&event.subject) {
                known.told.clear();
            }
        }
    }

    fn heard(&mut self, event: &Event) {
        if SUBJECTS_MAX <= self.subjects.len() && !self.subjects.contains_key(&event.subject) {
            let oldest = self.subjects.iter().min_by_key(|(s, d)| (d.heard_at, **s)).map(|(s, _)| *s);
            oldest.and_then(|s| self.subjects.remove(&s));
        }
        let known = self.subjects.entry(event.subject).or_insert(InDistress { heard_at: event.at, told: Vec::new() });
        known.heard_at = known.heard_at.max(event.at);
    }

    fn goes_ahead(&mut self, event: &Event) -> bool {
        let (Some(known), Some(news)) = (self.subjects.get_mut(&event.subject), news(event)) else { return false };
        if event.priority() != Priority::High && HOLD_US < event.at.micros_since(known.heard_at).abs() {
            return false;
        }
        match known.told.iter_mut().find(|(other, _)| *other == news) {
            Some((_, at)) if event.at.micros_since(*at).abs() < REPEAT_US => return false,
            Some((_, at)) => *at = event.at,
            None => known.told.push((news, event.at)),
        }
        true
    }
}

/// `None`: it adds nothing to a distress.
fn news(event: &Event) -> Option<News> {
    match &event.kind {
        // Also that it is over.
        EventKind::Status(status) => status.emergency.map(|e| (event.kind.name(), Some(e))),
        EventKind::Position(_) | EventKind::Identity(_) | EventKind::Text(_) | EventKind::Advisory(_) => Some((event.kind.name(), None)),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the central acknowledged the urgent event {seq} of epoch {epoch}, which was not sent", seq = .0.seq, epoch = .0.epoch)]
pub struct NotSent(pub UrgentKey);

/// One lane of one connection: what is on its way.
#[derive(Debug, Default)]
pub struct UrgentSender {
    in_flight: HashSet<UrgentKey>,
}

impl UrgentSender {
    /// How many of the spool's newest waiting urgent events to look at; 0 while the window is full.
    pub fn wants(&self) -> usize {
        if self.in_flight.len() < URGENT_WINDOW { URGENT_WINDOW } else { 0 }
    }

    /// Shall this one be sent now? `true`: it is on its way.
    pub fn send(&mut self, key: UrgentKey) -> bool {
        self.in_flight.len() < URGENT_WINDOW && self.in_flight.insert(key)
    }

    /// The central has it for good.
    pub fn on_ack(&mut self, key: UrgentKey) -> Result<(), NotSent> {
        if self.in_flight.remove(&key) { Ok(()) } else { Err(NotSent(key)) }
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }
}

#[cfg(test)]
#[path = "urgent_tests.rs"]
mod tests;
