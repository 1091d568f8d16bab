//! The picture: every subject heard lately. Pure: state from events, time passed in.
//!
//! Constraints:
//! - bounded by [`Limits`] whatever is received; at the limit single hits go first, then what was heard longest ago,
//!   emergencies last;
//! - as long as nothing is pushed out, the tracks depend only on the set of events, not on their order (trails of aircraft: as long
//!   as no position is more than half a minute late);
//! - an event from too long ago (a backlog that drains) is stored elsewhere but changes nothing here;
//! - a clock that runs ahead can't pin a track: such an event counts as heard now.

use super::aircraft::registry::Database;
use super::track::{EMERGENCY_LIFETIME_US, Stamp, Track, lifetime_us};
use super::vessel::cpa::Motion;
use super::vessel::encounters::Encounter;
use crate::dto;
use model::{Event, Priority, Protocol, StationId, Subject, UnixMicros};
use std::collections::HashMap;
use std::sync::Arc;

/// A station's clock may be this much ahead of ours.
const AHEAD_US: i64 = 5_000_000;
/// Different stations that a picture can tell apart; they are enrolled, so this is never reached in earnest.
const STATIONS: usize = 4_096;
/// Trail points in one snapshot, shared among its tracks: keeps a snapshot of a full sky near 15 MB of JSON.
const SNAPSHOT_TRAIL_POINTS: usize = 200_000;
/// At the limit one in so many tracks goes at once, so that finding them costs little per event.
const EVICT_FRACTION: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub tracks: usize,
    /// Trail points of all tracks together (24 bytes each). Beyond it trails move on but don't grow.
    pub trail_points: usize,
}

impl Limits {
    /// A station: about 5 MB of tracks and 6 MB of trails when full.
    pub const STATION: Self = Self { tracks: 2_000, trail_points: 200_000 };
    /// The central: about 55 MB and 27 MB when full.
    pub const CENTRAL: Self = Self { tracks: 20_000, trail_points: 500_000 };
}

/// A station's place in the picture's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StationIndex(u16);

impl StationIndex {
    pub const fn get(self) -> usize {
        self.0 as usize
    }

    pub const fn number(self) -> u16 {
        self.0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    /// Heard so long ago that the track would have expired: nothing changed.
    TooOld,
}

/// What differs from the tick before.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    pub updated: Vec<dto::Track>,
    pub removed: Vec<String>,
    /// So much went that the list was given up: everyone needs a new snapshot.
    pub reset: bool,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.updated.is_empty() && self.removed.is_empty() && !self.reset
    }
}

#[derive(Debug)]
pub struct Picture {
    limits: Limits,
    tracks: HashMap<Subject, Track>,
    stations: Vec<StationId>,
    station_indices: HashMap<StationId, StationIndex>,
    trail_points: usize,
    changed: Vec<Subject>,
    removed: Vec<Subject>,
    reset: bool,
    evicted: u64,
    ahead: u64,
    /// The operator's list of aircraft.
    database: Option<Arc<Database>>,
}

impl Picture {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            tracks: HashMap::new(),
            stations: Vec::new(),
            station_indices: HashMap::new(),
            trail_points: 0,
            changed: Vec::new(),
            removed: Vec::new(),
            reset: false,
            evicted: 0,
            ahead: 0,
            database: None,
        }
    }

    pub fn apply(&mut self, station: StationId, event: &Event, now: UnixMicros) -> Outcome {
        let ahead = AHEAD_US < event.at.micros_since(now);
        let at = if ahead { now } else { event.at };
        let lifetime = match event.priority() {
            Priority::High => EMERGENCY_LIFETIME_US.max(lifetime_us(&event.subject)),
            Priority::Normal => lifetime_us(&event.subject),
        };
        if lifetime <= now.micros_since(at) {
            return Outcome::TooOld;
        }
        self.ahead += u64::from(ahead);
        let index = self.station_index(station);
        if self.limits.tracks <= self.tracks.len() && !self.tracks.contains_key(&event.subject) {
            self.make_room();
        }
        let room = self.trail_points < self.limits.trail_points;
        let track = self.tracks.entry(event.subject).or_insert_with(|| Track::new(at));
        let grown = track.apply(Stamp::new(at, &station, index, event), index, event, room);
        self.trail_points = self.trail_points.saturating_add_signed(grown);
        if !track.changed {
            track.changed = true;
            self.changed.push(event.subject);
        }
        Outcome::Applied
    }

    /// Takes out what was not heard for its lifetime.
    pub fn expire(&mut self, now: UnixMicros) {
        let gone: Vec<Subject> = self.tracks.iter().filter(|(s, t)| t.expires_at(s) <= now).map(|(s, _)| *s).collect();
        for subject in gone {
            self.remove(&subject);
        }
    }

    /// Every vessel that moves, for [`encounters`](super::vessel::encounters::encounters): a copy, so that the search needs no picture.
    pub fn motions(&self, now: UnixMicros) -> Vec<(Subject, Motion)> {
        let vessels = self.tracks.iter().filter(|(_, track)| track.vessel.is_some());
        vessels.filter_map(|(subject, track)| Some((*subject, track.motion(now)?))).collect()
    }

    /// Takes in who will meet whom; a vessel whose list of others changed is listed as changed.
    pub fn set_encounters(&mut self, mut found: HashMap<Subject, Vec<Encounter>>) {
        for (subject, track) in &mut self.tracks {
            let Some(vessel) = &mut track.vessel else { continue };
            let fresh = found.remove(subject).unwrap_or_default();
            let others = |list: &[Encounter]| list.iter().map(|e| e.other).collect::<Vec<_>>();
            if !track.changed && others(&fresh) != others(&vessel.encounters) {
                track.changed = true;
                self.changed.push(*subject);
            }
            vessel.encounters = fresh;
        }
    }

    /// What changed since this was last asked.
    pub fn take_changes(&mut self) -> Changes {
        let mut changes = Changes { reset: std::mem::take(&mut self.reset), ..Changes::default() };
        for subject in std::mem::take(&mut self.changed) {
            if let Some(track) = self.tracks.get_mut(&subject)
                && track.changed
            {
                track.changed = false;
                changes.updated.push(track.view(&subject, &self.stations, self.database.as_deref(), None));
            }
        }
        let gone = std::mem::take(&mut self.removed);
        changes.removed = gone.into_iter().filter(|s| !self.tracks.contains_key(s)).map(|s| s.to_string()).collect();
        changes.removed.sort_unstable();
        changes.removed.dedup();
        changes
    }

    /// Everything, with trails, in the order of the subjects.
    pub fn snapshot(&self, protocol: Option<Protocol>) -> Vec<dto::Track> {
        let wanted = |track: &Track| protocol.is_none_or(|p| track.protocol() == Some(p));
        let mut tracks: Vec<(&Subject, &Track)> = self.tracks.iter().filter(|(_, t)| wanted(t)).collect();
        tracks.sort_unstable_by_key(|(subject, _)| **subject);
        let trail = (SNAPSHOT_TRAIL_POINTS / tracks.len().max(1)).max(1);
        tracks.into_iter().map(|(subject, track)| track.view(subject, &self.stations, self.database.as_deref(), Some(trail))).collect()
    }

    /// The aircraft among them, as `aircraft.json` has them.
    pub fn aircraft(&self, now: UnixMicros) -> Vec<dto::Aircraft> {
        let mut aircraft: Vec<_> =
            self.tracks.iter().filter_map(|(subject, track)| track.aircraft(subject, self.database.as_deref(), now)).collect();
        aircraft.sort_unstable_by(|a, b| a.hex.cmp(&b.hex));
        aircraft
    }

    /// Everything known of one track. `None`: not heard lately.
    pub fn detail(&self, subject: &Subject, now: UnixMicros) -> Option<dto::TrackDetail> {
        let track = self.tracks.get(subject)?;
        Some(track.detail(subject, &self.stations, self.database.as_deref(), now))
    }

    /// From now on registrations and types are looked up here, too.
    pub fn use_database(&mut self, database: Arc<Database>) {
        self.database = Some(database);
    }

    pub fn len(&self) -> usize {
        self.tracks.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// Tracks pushed out at the limit, ever.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Events stamped ahead of our clock, ever.
    pub fn ahead(&self) -> u64 {
        self.ahead
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    fn station_index(&mut self, station: StationId) -> Option<StationIndex> {
        if let Some(known) = self.station_indices.get(&station) {
            return Some(*known);
        }
        if self.stations.len() == STATIONS {
            return None;
        }
        let index = StationIndex(u16::try_from(self.stations.len()).expect("STATIONS fits 16 bits"));
        self.stations.push(station);
        self.station_indices.insert(station, index);
        Some(index)
    }

    fn make_room(&mut self) {
        let worth = |t: &Track| (t.emergency().is_some(), 2 < t.events, t.last_seen);
        let mut ranked: Vec<_> = self.tracks.iter().map(|(s, t)| (worth(t), *s)).collect();
        let count = (ranked.len() / EVICT_FRACTION).max(1).min(ranked.len());
        if 0 < count {
            ranked.select_nth_unstable(count - 1);
        }
        for (_, subject) in &ranked[..count] {
            self.remove(subject);
        }
        self.evicted += count as u64;
    }

    fn remove(&mut self, subject: &Subject) {
        if let Some(track) = self.tracks.remove(subject) {
            self.trail_points -= track.trail_len();
            self.removed.push(*subject);
        }
        // Both lists are emptied at every tick; should nobody tick, they don't grow for ever.
        if self.limits.tracks < self.removed.len() || 2 * self.limits.tracks < self.changed.len() {
            self.reset = true;
            self.removed.clear();
            self.changed.clear();
            self.tracks.values_mut().for_each(|t| t.changed = false);
        }
    }
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
