//! What of a feed's facts is new: who is asked again and again what they know says mostly the same.
//!
//! Positions and velocities are new when they differ from the last, identities and states when any of their fields says something
//! that no earlier one did. Pure, and bounded by [`AIRCRAFT_MAX`].

use super::{Fact, Fields};
use model::{EventKind, Subject, UnixMicros};
use std::collections::HashMap;

/// A fact that has not changed is told again after this long: "still true" is a fact too, and pictures let values expire.
pub const REPEAT_US: i64 = 30_000_000;
/// Aircraft remembered; at the limit all that were not heard of for [`FORGET_US`] go, else all.
pub const AIRCRAFT_MAX: usize = 16_384;
const FORGET_US: i64 = 300_000_000;
/// A clock that was set back must not silence a feed.
const SET_BACK_US: i64 = 60_000_000;

/// What was told of each aircraft.
#[derive(Debug, Default)]
pub struct News {
    known: HashMap<Subject, [Option<Told>; KINDS]>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    at: UnixMicros,
    fields: Fields,
}

/// Position, velocity, identity, status.
const KINDS: usize = 4;

impl News {
    /// Whether to tell it; if so, it counts as told.
    pub fn is_new(&mut self, fact: &Fact) -> bool {
        let (Some(slot), Some(fields)) = (slot(&fact.kind), Fields::of(&fact.kind)) else { return true };
        if AIRCRAFT_MAX <= self.known.len() && !self.known.contains_key(&fact.subject) {
            self.make_room(fact.at);
        }
        let last = &mut self.known.entry(fact.subject).or_default()[slot];
        let Some(told) = last else {
            *last = Some(Told { at: fact.at, fields });
            return true;
        };
        let since_us = fact.at.micros_since(told.at);
        // What is older than what was told last says nothing about now.
        let in_order = !(-SET_BACK_US..0).contains(&since_us);
        let changed = if slot < 2 {
            told.fields != fields
        } else {
            let mut more = fields;
            more.less(&told.fields, true);
            !more.is_empty()
        };
        if !in_order || !(changed || REPEAT_US <= since_us.abs()) {
            return false;
        }
        let fields = if slot < 2 { fields } else { fields.or(&told.fields) };
        *told = Told { at: fact.at, fields };
        true
    }

    fn make_room(&mut self, now: UnixMicros) {
        let fresh = |told: &Option<Told>| told.is_some_and(|t| now.micros_since(t.at) < FORGET_US);
        self.known.retain(|_, told| told.iter().any(fresh));
        if AIRCRAFT_MAX <= self.known.len() {
            self.known.clear();
        }
    }
}

const fn slot(kind: &EventKind) -> Option<usize> {
    match kind {
        EventKind::Position(_) => Some(0),
        EventKind::Velocity(_) => Some(1),
        EventKind::Identity(_) => Some(2),
        EventKind::Status(_) => Some(3),
        _ => None,
    }
}
