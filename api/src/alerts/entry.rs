//! What the engine knows of one subject under one rule, and what an observation says about a condition. Pure.

use super::change::{AlertKey, Change, Progress, Raised, State};
use super::observation::Observation;
use super::rule::{Condition, Rule, is_device};
use crate::dto::{AlertDetails, Utc};
use crate::store::Role;
use model::{Emergency, LatLon, StationId, UnixMicros};
use std::sync::Arc;

/// Causes of one subject remembered at once.
const CAUSES_MAX: usize = 16;
/// Stations whose people are told of one distress.
const STATIONS_MAX: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub rule: i64,
    pub role: Role,
    pub subject: Arc<str>,
    /// Of a rule that knows several things of a subject at once: which; else empty.
    pub apart: Arc<str>,
}

impl Slot {
    pub fn new(rule: i64, role: Role, subject: Arc<str>) -> Self {
        Self { rule, role, subject, apart: "".into() }
    }

    /// Of an alert: meetings of one vessel with several don't mix.
    pub fn of(rule: &Rule, key: &AlertKey) -> Self {
        let apart = if matches!(rule.condition, Condition::Cpa(_)) { key.cause.as_str() } else { "" };
        Self { apart: apart.into(), ..Self::new(key.rule, key.role, Arc::clone(&key.subject)) }
    }
}

#[derive(Debug)]
pub(super) struct Entry {
    /// Anything of it.
    pub heard_at: UnixMicros,
    /// The newest observation that said something about the condition.
    pub judged_at: UnixMicros,
    pub holds: bool,
    /// For leaving an area.
    pub was_inside: bool,
    pub distress: bool,
    pub station: Option<StationId>,
    pub known: Vec<Known>,
}

#[derive(Debug)]
pub(super) struct Known {
    pub cause: String,
    pub opened_at: UnixMicros,
    pub progress: Progress,
    pub state: State,
    /// Known in this life to have heard it.
    pub stations: Vec<StationId>,
    /// Since it was told last.
    pub changed: bool,
}

/// What an observation says about a condition.
pub(super) enum Verdict {
    Nothing,
    Holds(String),
    Over,
    /// Does not hold; who it is must be remembered.
    Inside,
}

impl Entry {
    pub fn new(at: UnixMicros, distress: bool, station: Option<StationId>) -> Self {
        Self { heard_at: at, judged_at: at, holds: false, was_inside: false, distress, station, known: Vec::new() }
    }

    pub fn is_open(&self) -> bool {
        self.known.iter().any(|known| known.state == State::Open)
    }

    pub fn holds(&mut self, rule: &Rule, slot: &Slot, cause: String, seen: &Observation, changes: &mut Vec<Change>) {
        // The newer emergency is instead of the one before.
        for other in self.known.iter_mut().filter(|known| known.cause != cause) {
            other.is_over(slot, seen.at, changes);
        }
        self.station = seen.station.or(self.station);
        self.begins(rule, slot, (cause, seen.at), seen.place, || AlertDetails::of(seen), changes);
    }

    /// Those at each station that hears a distress shall know of it, however late its word comes.
    pub fn is_heard_by(&mut self, slot: &Slot, cause: &str, station: Option<StationId>, changes: &mut Vec<Change>) {
        let (true, Some(station)) = (self.distress, station) else { return };
        let open = self.known.iter_mut().find(|known| known.state == State::Open && known.cause == cause);
        let Some(known) = open.filter(|known| !known.stations.contains(&station) && known.stations.len() < STATIONS_MAX) else { return };
        known.stations.push(station);
        changes.push(Change::Heard(known.key(slot), station));
    }

    pub fn falls_silent(&mut self, rule: &Rule, slot: &Slot, after_us: i64, changes: &mut Vec<Change>) {
        let (heard_at, at) = (self.heard_at, self.heard_at.plus_micros(after_us));
        let details = || AlertDetails { heard_at: Some(Utc(heard_at)), ..AlertDetails::default() };
        self.begins(rule, slot, (String::new(), at), None, details, changes);
    }

    /// The condition holds at `at`: a new alert, unless it is one that is known.
    pub fn begins(
        &mut self,
        rule: &Rule,
        slot: &Slot,
        (cause, at): (String, UnixMicros),
        place: Option<LatLon>,
        details: impl FnOnce() -> AlertDetails,
        changes: &mut Vec<Change>,
    ) {
        let began = !std::mem::replace(&mut self.holds, true);
        if let Some(known) = self.known.iter_mut().find(|known| known.cause == cause) {
            let suppressed = |end: UnixMicros| at <= end || at.micros_since(end) < rule.suppress_us;
            match known.state {
                State::Open => return known.counts(at),
                State::Over(end) if suppressed(end) => {
                    if end < at {
                        known.state = State::Open;
                        known.counts(at);
                        changes.push(Change::Reopen(known.key(slot)));
                    }
                    return;
                }
                State::Closed(end) if suppressed(end) || !(began || self.distress) => return,
                State::Over(_) | State::Closed(_) => {}
            }
        }
        self.known.retain(|known| known.cause != cause);
        let progress = Progress { last_at: at, count: 1, place };
        let known =
            Known { cause, opened_at: at, progress, state: State::Open, stations: self.station.into_iter().collect(), changed: false };
        let raised = Raised {
            key: known.key(slot),
            kind: rule.condition.kind(),
            distress: self.distress,
            severity: rule.severity,
            station: self.station,
            progress,
            details: details(),
        };
        changes.push(Change::Raise(Box::new(raised)));
        self.remember(known);
    }

    pub fn is_over(&mut self, slot: &Slot, at: UnixMicros, changes: &mut Vec<Change>) {
        self.holds = false;
        self.known.iter_mut().for_each(|known| known.is_over(slot, at, changes));
    }

    /// Where it is now.
    pub fn goes_on(&mut self, at: UnixMicros, place: Option<LatLon>) {
        for known in self.known.iter_mut().filter(|known| known.state == State::Open) {
            known.changed |= known.progress.last_at < at || place.is_some_and(|p| known.progress.place != Some(p));
            known.progress.last_at = known.progress.last_at.max(at);
            known.progress.place = place.or(known.progress.place);
        }
    }

    pub fn remember(&mut self, known: Known) {
        if CAUSES_MAX <= self.known.len()
            && let Some(oldest) = self.known.iter().position(|known| known.state != State::Open)
        {
            self.known.remove(oldest);
        }
        self.known.push(known);
    }
}

impl Known {
    pub fn key(&self, slot: &Slot) -> AlertKey {
        let (cause, opened_at) = (self.cause.clone(), self.opened_at);
        AlertKey { rule: slot.rule, role: slot.role, subject: Arc::clone(&slot.subject), cause, opened_at }
    }

    fn counts(&mut self, at: UnixMicros) {
        if self.progress.last_at < at {
            self.progress.count += 1;
            self.progress.last_at = at;
            self.changed = true;
        }
    }

    pub fn is_over(&mut self, slot: &Slot, at: UnixMicros, changes: &mut Vec<Change>) {
        if self.state == State::Open {
            // Never before it began: stations' clocks differ.
            let at = at.max(self.progress.last_at);
            self.state = State::Over(at);
            changes.push(Change::Resolve(self.key(slot), at));
        }
    }
}

pub(super) fn verdict(condition: &Condition, seen: &Observation, entry: Option<&Entry>) -> Verdict {
    let (held, was_inside) = (entry.is_some_and(|entry| entry.holds), entry.is_some_and(|entry| entry.was_inside));
    let so = |holds: bool| if holds { Verdict::Holds(String::new()) } else { Verdict::Over };
    let named = |emergency: Emergency| Verdict::Holds(emergency.name().to_owned());
    match condition {
        Condition::Enter(area, _) => {
            let inside = seen.place.and_then(|at| area.holds(at, seen.alt_ft, held));
            inside.map_or(Verdict::Nothing, so)
        }
        Condition::Leave(area, _) => match seen.place.and_then(|at| area.holds(at, seen.alt_ft, was_inside && !held)) {
            None => Verdict::Nothing,
            Some(true) => Verdict::Inside,
            Some(false) => so(was_inside),
        },
        Condition::Squawk(codes, _) => match seen.squawk {
            Some(code) if codes.contains(&code) => Verdict::Holds(format!("{code:04}")),
            Some(_) => Verdict::Over,
            None => Verdict::Nothing,
        },
        Condition::Emergency(_) => match seen.emergency {
            Some(Emergency::None) => Verdict::Over,
            Some(e) if e != Emergency::Test && !is_device(e) => named(e),
            _ => Verdict::Nothing,
        },
        Condition::AisDistress(_) => match seen.emergency {
            Some(Emergency::None) => Verdict::Over,
            Some(e) if is_device(e) => named(e),
            _ => Verdict::Nothing,
        },
        Condition::AisTest(_) => match seen.emergency {
            Some(Emergency::Test) => named(Emergency::Test),
            _ => Verdict::Nothing,
        },
        Condition::Speed(bounds, _) => seen.speed.map_or(Verdict::Nothing, |s| so(bounds.is_beyond(s.knots(), held))),
        Condition::Altitude(bounds, _) => seen.alt_ft.map_or(Verdict::Nothing, |ft| so(bounds.is_beyond(f64::from(ft), held))),
        Condition::Watch(watched) if watched.lists(seen) => so(true),
        Condition::Watch(_) | Condition::LostContact { .. } | Condition::StationSilent { .. } | Condition::Cpa(_) => Verdict::Nothing,
    }
}
