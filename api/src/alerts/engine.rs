//! The state machine of alerts. Pure: no clock, no I/O. Observations, heartbeats of stations and ticks go in; changes come out.
//!
//! ```text
//!                      holds                     holds again within the suppression: the same alert
//!   (nothing known) ─────────► open ◄──────────────────────────┐
//!                               │ └─ no longer holds ────────► over ── holds again later ──► a new alert
//!                               └─── somebody closes it ─────► closed ── begins anew later ──► a new alert
//! ```
//!
//! Constraints:
//! - what is judged twice changes nothing, in the order of a restart too: an observation older than what an entry was judged by
//!   is not judged again (an hour-old backlog does not undo what is known since);
//! - a distress is over when that is said, or a person says so, never by silence; it goes on after a person closed it;
//! - entries are bounded ([`Engine::new`]); at the limit those heard longest ago without an open alert make room, and for a distress
//!   at last an open alert of another kind does; each is counted ([`Engine::cut`]);
//! - roles don't mix: an alert of a role is of what its own stations heard.

use super::change::{AlertKey, Change, Progress, Restored, State};
use super::entry::{Entry, Known, Slot, Verdict, verdict};
use super::observation::Observation;
use super::rule::{Condition, Rule};
use super::sea::{Look, Sea, Wanted};
use crate::dto::AlertDetails;
use crate::store::Role;
use model::{Mmsi, StationId, Subject, UnixMicros};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is no distress is over when its subject was not heard for so long.
pub const SILENT_OVER_US: i64 = 30 * 60_000_000;
/// Who was not heard for so long, without an open alert, is forgotten. Stored alerts are read back so far.
pub const FORGET_US: i64 = 24 * 3_600_000_000;

#[derive(Debug)]
pub struct Engine {
    rules: Arc<[Rule]>,
    entries: BTreeMap<Slot, Entry>,
    entries_max: usize,
    cut: u64,
    /// Of rules of kind `cpa`; empty without one.
    sea: Sea,
}

impl Engine {
    pub fn new(rules: Vec<Rule>, entries_max: usize) -> Self {
        Self { rules: rules.into(), entries: BTreeMap::new(), entries_max: entries_max.max(1), cut: 0, sea: Sea::default() }
    }

    /// What a changed or deleted rule knew is forgotten; its stored alerts come back by [`Engine::restore`].
    pub fn set_rules(&mut self, rules: Vec<Rule>) {
        let same = |id: i64| {
            let old = self.rules.iter().find(|r| r.id == id);
            old.zip(rules.iter().find(|r| r.id == id)).is_some_and(|(a, b)| (&a.condition, a.roles) == (&b.condition, b.roles))
        };
        self.entries.retain(|slot, _| same(slot.rule));
        self.rules = rules.into();
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Stored alerts, oldest first. What the database says counts.
    pub fn restore(&mut self, stored: &[Restored]) {
        let rules = Arc::clone(&self.rules);
        for alert in stored {
            if let Some(rule) = rules.iter().find(|rule| rule.id == alert.key.rule) {
                self.restore_one(rule, alert);
            }
        }
    }

    fn restore_one(&mut self, rule: &Rule, alert: &Restored) {
        let slot = Slot::of(rule, &alert.key);
        let begun = alert.key.opened_at.plus_micros(-rule.condition.silence_us().unwrap_or(0));
        let Some(entry) = self.entry(rule, &slot, begun, alert.station) else { return };
        let until = match alert.state {
            State::Open => alert.progress.last_at,
            State::Over(at) | State::Closed(at) => at.max(alert.progress.last_at),
        };
        match rule.condition.silence_us() {
            Some(_) if alert.state == State::Open => {}
            Some(_) => entry.heard_at = entry.heard_at.max(until),
            None => (entry.heard_at, entry.judged_at) = (entry.heard_at.max(alert.progress.last_at), entry.judged_at.max(until)),
        }
        entry.holds = !matches!(alert.state, State::Over(_));
        entry.was_inside |= entry.holds;
        entry.known.retain(|known| known.cause != alert.key.cause);
        let (cause, opened_at) = (alert.key.cause.clone(), alert.key.opened_at);
        entry.remember(Known { cause, opened_at, progress: alert.progress, state: alert.state, stations: Vec::new(), changed: false });
    }

    pub fn observe(&mut self, seen: &Observation, changes: &mut Vec<Change>) {
        let rules = Arc::clone(&self.rules);
        if seen.sails.is_some() && self.looks_for_meetings() {
            self.sea.observe(seen);
        }
        for rule in rules.iter().filter(|rule| rule.roles.contains(seen.role) && rule.condition.concerns(seen)) {
            let slot = Slot::new(rule.id, seen.role, Arc::clone(&seen.subject));
            match rule.condition.silence_us() {
                Some(after_us) => self.heard(rule, &slot, (seen.at, after_us), seen.station, changes),
                None => self.judge(rule, &slot, seen, changes),
            }
        }
    }

    /// A station said something, or greeted.
    pub fn heard_station(&mut self, role: Role, station: StationId, at: UnixMicros, changes: &mut Vec<Change>) {
        for (rule, slot, after_us) in self.silences(role, station) {
            self.heard(&rule, &slot, (at, after_us), Some(station), changes);
        }
    }

    /// A station that was heard once shall be heard: its silence counts from now, unless it is known better.
    pub fn expect_station(&mut self, role: Role, station: StationId, now: UnixMicros) {
        for (rule, slot, _) in self.silences(role, station) {
            self.entry(&rule, &slot, now, Some(station));
        }
    }

    fn silences(&self, role: Role, station: StationId) -> Vec<(Rule, Slot, i64)> {
        let about = |rule: &Rule| match &rule.condition {
            Condition::StationSilent { after_us, stations } if stations.is_empty() || stations.contains(station.as_str()) => {
                let slot = Slot::new(rule.id, role, format!("station:{station}").into());
                rule.roles.contains(role).then(|| (rule.clone(), slot, *after_us))
            }
            _ => None,
        };
        self.rules.iter().filter_map(about).collect()
    }

    /// Time passes. What falls silent is told with the time at which it did, however rare the ticks are.
    pub fn tick(&mut self, now: UnixMicros, changes: &mut Vec<Change>) {
        let rules = Arc::clone(&self.rules);
        self.meet(now, changes);
        for (slot, entry) in &mut self.entries {
            let Some(rule) = rules.iter().find(|rule| rule.id == slot.rule) else { continue };
            let silent_us = now.micros_since(entry.heard_at);
            match rule.condition.silence_us() {
                Some(after_us) if after_us <= silent_us && !entry.holds => entry.falls_silent(rule, slot, after_us, changes),
                Some(_) => {}
                None if SILENT_OVER_US <= silent_us && !entry.distress && entry.holds => {
                    entry.is_over(slot, entry.heard_at.plus_micros(SILENT_OVER_US), changes);
                    entry.was_inside = false;
                }
                None => {}
            }
        }
        self.entries.retain(|_, entry| entry.is_open() || now.micros_since(entry.heard_at) < FORGET_US);
    }

    /// Open alerts with news since the last call.
    pub fn take_progress(&mut self) -> Vec<(AlertKey, Progress)> {
        let mut news = Vec::new();
        for (slot, entry) in &mut self.entries {
            for known in &mut entry.known {
                if std::mem::take(&mut known.changed) {
                    news.push((known.key(slot), known.progress));
                }
            }
        }
        news
    }

    /// How an alert goes on, if it is known.
    pub fn progress(&self, key: &AlertKey) -> Option<Progress> {
        let slot = Slot::of(self.rules.iter().find(|rule| rule.id == key.rule)?, key);
        let same = |known: &&Known| (&known.cause, known.opened_at) == (&key.cause, key.opened_at);
        self.entries.get(&slot)?.known.iter().find(same).map(|known| known.progress)
    }

    pub fn open(&self) -> usize {
        self.entries.values().flat_map(|entry| &entry.known).filter(|known| known.state == State::Open).count()
    }

    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Entries that had to make room, or found none.
    pub const fn cut(&self) -> u64 {
        self.cut + self.sea.cut()
    }

    /// Is there a rule of meetings at sea? Then ticks should be no rarer than every ten seconds.
    pub fn looks_for_meetings(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.condition, Condition::Cpa(_)))
    }

    fn meet(&mut self, now: UnixMicros, changes: &mut Vec<Change>) {
        if !self.looks_for_meetings() {
            return self.sea.forget_all();
        }
        if !self.sea.is_due(now) {
            return;
        }
        let (rules, sea) = (Arc::clone(&self.rules), std::mem::take(&mut self.sea));
        for role in Role::ALL {
            let wanting = rules.iter().filter(|rule| rule.roles.contains(role));
            let mut wanting =
                wanting.filter_map(|rule| if let Condition::Cpa(wanted) = &rule.condition { Some((rule, wanted)) } else { None });
            let Some(first) = wanting.next() else { continue };
            let look = sea.look(role, now);
            for (rule, wanted) in std::iter::once(first).chain(wanting) {
                self.judge_meetings(rule, role, (wanted, &look), now, changes);
            }
        }
        self.sea = sea;
    }

    fn judge_meetings(
        &mut self,
        rule: &Rule,
        role: Role,
        (wanted, look): (&Wanted, &Look<'_>),
        now: UnixMicros,
        changes: &mut Vec<Change>,
    ) {
        let mut told = BTreeSet::new();
        for meeting in look.meetings(wanted) {
            let [one, other] = [meeting.one, meeting.other].map(|mmsi| Subject::Vessel(mmsi).to_string());
            let slot = Slot { apart: other.as_str().into(), ..Slot::new(rule.id, role, one.into()) };
            let Some(entry) = self.entry(rule, &slot, now, meeting.station) else { continue };
            (entry.heard_at, entry.judged_at) = (now, now);
            let details = || AlertDetails { protocol: Some("ais"), encounter: Some(meeting.encounter), ..AlertDetails::default() };
            entry.begins(rule, &slot, (other, now), Some(meeting.place), details, changes);
            entry.goes_on(now, Some(meeting.place));
            told.insert(slot);
        }
        let from = Slot::new(rule.id, role, "".into());
        let held = self.entries.range_mut(from..).take_while(|(slot, _)| (slot.rule, slot.role) == (rule.id, role));
        for (slot, entry) in held.filter(|(slot, entry)| entry.holds && !told.contains(slot)) {
            let Some((one, other)) = mmsi_of(&slot.subject).zip(mmsi_of(&slot.apart)) else { continue };
            match look.goes_on(wanted, one, other) {
                Some(true) => entry.heard_at = now,
                Some(false) => entry.is_over(slot, now, changes),
                None => {}
            }
        }
    }

    fn judge(&mut self, rule: &Rule, slot: &Slot, seen: &Observation, changes: &mut Vec<Change>) {
        let verdict = verdict(&rule.condition, seen, self.entries.get(slot));
        if matches!(verdict, Verdict::Nothing | Verdict::Over) && !self.entries.contains_key(slot) {
            return;
        }
        let Some(entry) = self.entry(rule, slot, seen.at, seen.station) else { return };
        entry.heard_at = entry.heard_at.max(seen.at);
        if seen.at < entry.judged_at {
            if let Verdict::Holds(cause) = &verdict {
                entry.is_heard_by(slot, cause, seen.station, changes);
            }
            return;
        }
        if !matches!(verdict, Verdict::Nothing) {
            entry.judged_at = seen.at;
        }
        match verdict {
            Verdict::Nothing => {}
            Verdict::Holds(cause) => {
                entry.holds(rule, slot, cause.clone(), seen, changes);
                entry.is_heard_by(slot, &cause, seen.station, changes);
            }
            Verdict::Over => entry.is_over(slot, seen.at, changes),
            Verdict::Inside => {
                entry.is_over(slot, seen.at, changes);
                entry.was_inside = true;
            }
        }
        entry.goes_on(seen.at, seen.place);
    }

    fn heard(
        &mut self,
        rule: &Rule,
        slot: &Slot,
        (at, after_us): (UnixMicros, i64),
        station: Option<StationId>,
        changes: &mut Vec<Change>,
    ) {
        let Some(entry) = self.entry(rule, slot, at, station) else { return };
        if at <= entry.heard_at {
            return;
        }
        if after_us <= at.micros_since(entry.heard_at) && !entry.holds {
            entry.falls_silent(rule, slot, after_us, changes);
        }
        entry.is_over(slot, at, changes);
        (entry.heard_at, entry.station) = (at, station.or(entry.station));
    }

    /// The one that there is, or a new one if there is room.
    fn entry(&mut self, rule: &Rule, slot: &Slot, at: UnixMicros, station: Option<StationId>) -> Option<&mut Entry> {
        let distress = rule.condition.is_distress();
        if !self.entries.contains_key(slot) && self.entries_max <= self.entries.len() && !self.make_room(distress) {
            self.cut += 1;
            return None;
        }
        Some(self.entries.entry(slot.clone()).or_insert_with(|| Entry::new(at, distress, station)))
    }

    /// An eighth at a time, so that it is rare.
    fn make_room(&mut self, distress: bool) -> bool {
        let oldest = |entries: &BTreeMap<Slot, Entry>, may_go: fn(&Entry) -> bool| {
            let mut heard: Vec<(UnixMicros, Slot)> =
                entries.iter().filter(|(_, e)| may_go(e)).map(|(s, e)| (e.heard_at, s.clone())).collect();
            heard.sort_unstable();
            heard.truncate((entries.len() / 8).max(1));
            heard
        };
        let mut going = oldest(&self.entries, |entry| !entry.is_open());
        if going.is_empty() && distress {
            going = oldest(&self.entries, |entry| !entry.distress);
        }
        for (_, slot) in &going {
            self.entries.remove(slot);
        }
        self.cut += going.len() as u64;
        !going.is_empty()
    }
}

fn mmsi_of(subject: &str) -> Option<Mmsi> {
    subject.strip_prefix("mmsi:")?.parse().ok().and_then(Mmsi::new)
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
