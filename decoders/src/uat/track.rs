//! What was last said by whom, as far as it decides what is believed and what is news: a bounded table that ages by the frames' own time.

use model::{Identity, Intent, LatLon, Quality, Status, Subject, UnixMicros};
use std::collections::HashMap;

/// No sky holds more; the one heard longest ago makes room.
pub const TRACKS_MAX: usize = 2048;
/// Not heard for so long, a subject is forgotten.
pub const AGE_MICROS: i64 = 120_000_000;
/// What doesn't change is told again after this time, so that whoever joins later learns it.
pub const REPEAT_MICROS: i64 = 30_000_000;
/// A declared emergency is told at least this often.
pub const EMERGENCY_REPEAT_MICROS: i64 = 1_000_000;

/// A value, and when it was told last.
#[derive(Clone, Copy, Debug)]
pub struct Told<T>(Option<(T, UnixMicros)>);

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PartialEq> Told<T> {
    /// Is `value` news: first heard, changed, or not told for `repeat` microseconds?
    pub fn is_news(&mut self, value: T, at: UnixMicros, repeat: i64) -> bool {
        let known = self.0.as_ref().is_some_and(|(told, then)| *told == value && at.micros_since(*then).abs() < repeat);
        if !known {
            self.0 = Some((value, at));
        }
        !known
    }
}

/// Nothing moves faster: twice the speed of sound and a tail wind.
const SPEED_M_PER_S_MAX: f64 = 750.0;
/// Coding, latency and jitter.
const SLACK_M: f64 = 1_000.0;
/// A place that contradicts the last one is believed when so many in a row agree with each other.
const SUSPECTS_NEEDED: u8 = 2;

/// The places one sender told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    believed: Option<(LatLon, UnixMicros)>,
    suspect: Option<(LatLon, UnixMicros, u8)>,
}

impl Places {
    /// Whether to believe `place`.
    pub fn weigh(&mut self, place: LatLon, at: UnixMicros) -> bool {
        let reachable = |(from, then): (LatLon, UnixMicros)| {
            let seconds = at.micros_since(then).abs() as f64 / 1e6;
            from.distance_m(place) <= SLACK_M + SPEED_M_PER_S_MAX * seconds
        };
        let again = self.suspect.filter(|(from, then, _)| reachable((*from, *then))).map_or(1, |(_, _, count)| count + 1);
        if self.believed.is_none_or(reachable) || SUSPECTS_NEEDED <= again {
            *self = Self { believed: Some((place, at)), suspect: None };
            return true;
        }
        self.suspect = Some((place, at, again));
        false
    }
}

/// One subject.
#[derive(Debug, Default)]
pub struct Track {
    heard: UnixMicros,
    /// Of its own reports, and of what ground stations say of it.
    pub places: [Places; 2],
    pub nac_p: Option<(u8, UnixMicros)>,
    pub identity: Told<Identity>,
    /// By what it came with: a callsign, a squawk, a state vector without a place.
    pub status: [Told<Status>; 3],
    pub quality: Told<Quality>,
    pub intent: Told<Intent>,
}

/// All subjects heard lately.
#[derive(Debug, Default)]
pub struct Tracks {
    tracks: HashMap<Subject, Track>,
    evicted: u64,
}

impl Tracks {
    pub fn is_known(&self, subject: &Subject, at: UnixMicros) -> bool {
        self.tracks.get(subject).is_some_and(|t| at.micros_since(t.heard).abs() <= AGE_MICROS)
    }

    /// The subject's track, new if it was not heard for [`AGE_MICROS`].
    pub fn hear(&mut self, subject: Subject, at: UnixMicros) -> &mut Track {
        if TRACKS_MAX <= self.tracks.len() && !self.tracks.contains_key(&subject) {
            self.make_room(at);
        }
        let track = self.tracks.entry(subject).or_default();
        if AGE_MICROS < at.micros_since(track.heard).abs() {
            *track = Track::default();
        }
        track.heard = at;
        track
    }

    pub fn len(&self) -> usize {
        self.tracks.len()
    }

    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Drops what is old, or else an eighth of all: those heard longest ago.
    fn make_room(&mut self, at: UnixMicros) {
        self.tracks.retain(|_, t| at.micros_since(t.heard).abs() <= AGE_MICROS);
        if self.tracks.len() < TRACKS_MAX {
            return;
        }
        let mut times: Vec<UnixMicros> = self.tracks.values().map(|t| t.heard).collect();
        let (_, limit, _) = times.select_nth_unstable(TRACKS_MAX / 8);
        let limit = *limit;
        self.tracks.retain(|_, t| limit < t.heard);
        self.evicted += (TRACKS_MAX - self.tracks.len()) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Icao24;

    fn at(s: i64) -> UnixMicros {
        UnixMicros::from_secs(s)
    }

    #[test]
    fn a_crowd_displaces_but_does_not_grow() {
        let mut tracks = Tracks::default();
        for i in 0..3 * TRACKS_MAX as u32 {
            tracks.hear(Subject::Aircraft(Icao24::new(i).unwrap()), UnixMicros(i64::from(i)));
            assert!(tracks.len() <= TRACKS_MAX);
        }
        assert!(TRACKS_MAX as u64 <= tracks.evicted());
    }

    #[test]
    fn a_jump_is_believed_when_said_twice() {
        let place = |lat, lon| LatLon::from_degrees(lat, lon).unwrap();
        let mut places = Places::default();
        assert!(places.weigh(place(40.0, -80.0), at(0)));
        assert!(places.weigh(place(40.003, -80.0), at(1)));
        assert!(!places.weigh(place(41.0, -80.0), at(2)));
        assert!(places.weigh(place(40.006, -80.0), at(3)));
        assert!(!places.weigh(place(10.0, -80.0), at(4)));
        assert!(places.weigh(place(10.001, -80.0), at(5)));
    }

    #[test]
    fn news_is_what_changed_or_is_old() {
        let mut told = Told::default();
        assert!(told.is_news(1, at(0), REPEAT_MICROS));
        assert!(!told.is_news(1, at(29), REPEAT_MICROS));
        assert!(told.is_news(1, at(30), REPEAT_MICROS));
        assert!(told.is_news(2, at(31), REPEAT_MICROS));
    }
}
