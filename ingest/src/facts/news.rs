//! What of a feed's facts is new, and possible: who is asked again and again what they know says mostly the same.
//!
//! Positions and velocities are new when they differ from the last, identities and states when any of their fields says something
//! that no earlier one did. A position that no aircraft can have flown to is refused, until a second one says the same: then the
//! first was wrong. Pure, and bounded by [`AIRCRAFT_MAX`].

use super::{Fact, Fields};
use model::{EventKind, LatLon, Subject, UnixMicros};
use std::collections::HashMap;

/// A fact that has not changed is told again after this long: "still true" is a fact too, and pictures let values expire.
pub const REPEAT_US: i64 = 30_000_000;
/// Aircraft remembered; at the limit all that were not heard of for [`FORGET_US`] go, else all.
pub const AIRCRAFT_MAX: usize = 16_384;
const FORGET_US: i64 = 300_000_000;
/// Nothing flies faster (1,940 kt); the rest is for times that are told to a second.
const SPEED_M_PER_S_MAX: f64 = 1_000.0;
const SLACK_M: f64 = 3_000.0;
/// A clock that was set back must not silence a feed.
const SET_BACK_US: i64 = 60_000_000;

/// What was told of each aircraft.
#[derive(Debug, Default)]
pub struct News {
    known: HashMap<Subject, Aircraft>,
}

#[derive(Debug, Default)]
struct Aircraft {
    told: [Option<Told>; KINDS],
    /// A place that it can't have flown to.
    doubt: Option<(UnixMicros, LatLon)>,
}

/// What a fact is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    New,
    Unchanged,
    Impossible,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    at: UnixMicros,
    fields: Fields,
}

/// Position, velocity, identity, status.
const KINDS: usize = 4;

impl News {
    /// A new one counts as told.
    pub fn weigh(&mut self, fact: &Fact) -> Worth {
        let (Some(slot), Some(fields)) = (slot(&fact.kind), Fields::of(&fact.kind)) else { return Worth::New };
        if AIRCRAFT_MAX <= self.known.len() && !self.known.contains_key(&fact.subject) {
            self.make_room(fact.at);
        }
        let aircraft = self.known.entry(fact.subject).or_default();
        let Some(told) = &mut aircraft.told[slot] else {
            aircraft.told[slot] = Some(Told { at: fact.at, fields });
            return Worth::New;
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
            return Worth::Unchanged;
        }
        if let (Some(here), Some(there)) = (fields.place, told.fields.place) {
            let doubt = aircraft.doubt.take();
            let again = doubt.is_some_and(|(at, place)| can_fly(place, here, fact.at.micros_since(at)));
            if !again && !can_fly(there, here, since_us) {
                aircraft.doubt = Some((fact.at, here));
                return Worth::Impossible;
            }
        }
        let fields = if slot < 2 { fields } else { fields.or(&told.fields) };
        *told = Told { at: fact.at, fields };
        Worth::New
    }

    fn make_room(&mut self, now: UnixMicros) {
        let fresh = |told: &Option<Told>| told.is_some_and(|t| now.micros_since(t.at) < FORGET_US);
        self.known.retain(|_, aircraft| aircraft.told.iter().any(fresh));
        if AIRCRAFT_MAX <= self.known.len() {
            self.known.clear();
        }
    }
}

fn can_fly(from: LatLon, to: LatLon, in_us: i64) -> bool {
    from.distance_m(to) <= SLACK_M + SPEED_M_PER_S_MAX * in_us.abs() as f64 / 1e6
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
