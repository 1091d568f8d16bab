//! Who will meet whom at sea, for rules of kind `cpa`. Pure.
//!
//! ```text
//!   what vessels say of place, speed, course, class, type ─► one entry each (of a role)
//!   every 10 s: those heard within 3 min, carried on to now ─► live::encounters ─► pairs that a rule wants
//! ```
//! Constraints: a pair is one meeting, named by the lower MMSI; at most [`VESSELS_MAX`] vessels are known, who finds no room is counted;
//! the search's own limits hold (`live::vessel::encounters`: within 22 km, 0.5 NM, 30 min, the eight soonest of each).

use super::observation::{Observation, Sails};
use super::rule::{Area, Filter};
use crate::dto::{AlertArea, AlertFilter, Encounter};
use crate::live::{CPA_M_MAX, Motion, TCPA_S_MAX, closest_approach, encounters};
use crate::store::Role;
use model::{LatLon, Mmsi, StationId, Subject, UnixMicros};
use std::collections::{BTreeMap, HashMap};

/// Vessels known at once, of all roles.
pub const VESSELS_MAX: usize = 20_000;
const SEARCH_EVERY_US: i64 = 10_000_000;
/// Class A reports every 10 s at least when it moves, class B every 30 s; older is not carried on.
const MOTION_AGE_US: i64 = 3 * 60_000_000;
/// What a vessel said of itself (every 6 min) is forgotten so much later.
const KNOWN_US: i64 = 30 * 60_000_000;
const M_PER_NM: f64 = 1_852.0;
const M_S_PER_KNOT: f64 = M_PER_NM / 3_600.0;
/// A meeting that was told is over when it is beyond the bounds by so much, or when they have passed.
const MARGIN: f64 = 1.25;

/// Of the type of ship in static reports (ITU-R M.1371-5 annex 8 table 53): name, first and last number.
const SHIP_TYPES: [(&str, u8, u8); 13] = [
    ("wing_in_ground", 20, 29),
    ("fishing", 30, 30),
    ("towing", 31, 32),
    ("dredging", 33, 33),
    ("diving", 34, 34),
    ("military", 35, 35),
    ("sailing", 36, 36),
    ("pleasure", 37, 37),
    ("high_speed", 40, 49),
    ("tug", 52, 52),
    ("passenger", 60, 69),
    ("cargo", 70, 79),
    ("tanker", 80, 89),
];

/// Which meetings a rule is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    cpa_m: f64,
    tcpa_s: f64,
    /// Where they will be closest.
    area: Option<Area>,
    /// One of the two is of these; empty: any.
    classes: Vec<String>,
    types: Vec<(u8, u8)>,
    filter: Filter,
}

impl Wanted {
    pub fn read(
        (cpa_nm, tcpa_min): (f64, f64),
        area: Option<&AlertArea>,
        (classes, types): (&[String], &[String]),
        filter: &AlertFilter,
    ) -> Result<Self, String> {
        let (cpa_m, tcpa_s) = (cpa_nm * M_PER_NM, tcpa_min * 60.0);
        if !(0.0 < cpa_m && cpa_m <= CPA_M_MAX && 0.0 < tcpa_s && tcpa_s <= TCPA_S_MAX) {
            return Err("cpa_nm should be above 0 and at most 0.5, tcpa_min above 0 and at most 30".into());
        }
        if area.is_some_and(|area| area.min_alt_ft.is_some() || area.max_alt_ft.is_some()) {
            return Err("ships have no altitude: leave min_alt_ft and max_alt_ft out".into());
        }
        if !classes.iter().all(|class| ["A", "B"].contains(&class.as_str())) {
            return Err("ship_classes are of A, B".into());
        }
        let range = |name: &String| SHIP_TYPES.iter().find(|(known, ..)| known == name).map(|(_, first, last)| (*first, *last));
        let names = || SHIP_TYPES.map(|(name, ..)| name).join(", ");
        let types: Option<Vec<(u8, u8)>> = types.iter().map(range).collect();
        Ok(Self {
            cpa_m,
            tcpa_s,
            area: area.map(Area::read).transpose()?,
            classes: classes.to_vec(),
            types: types.ok_or_else(|| format!("ship_types are of {}", names()))?,
            filter: Filter::read(filter)?,
        })
    }

    fn admits(&self, one: &Vessel, name: &str) -> bool {
        let class = self.classes.is_empty() || one.class.is_some_and(|class| self.classes.iter().any(|c| c == class));
        let kind = self.types.is_empty() || one.ship_type.is_some_and(|t| self.types.iter().any(|(a, b)| (*a..=*b).contains(&t)));
        class && kind && self.filter.admits(model::Protocol::Ais, name)
    }

    fn is_within(&self, approach: Bound, margin: f64) -> bool {
        approach.cpa_m <= self.cpa_m * margin && 0.0 < approach.tcpa_s && approach.tcpa_s <= self.tcpa_s * margin
    }
}

#[derive(Clone, Copy, Debug)]
struct Bound {
    cpa_m: f64,
    tcpa_s: f64,
}

#[derive(Debug)]
struct Vessel {
    heard_at: UnixMicros,
    /// When, where and how.
    moved: Option<(UnixMicros, Motion)>,
    class: Option<&'static str>,
    ship_type: Option<u8>,
    station: Option<StationId>,
}

#[derive(Debug, Default)]
pub(super) struct Sea {
    vessels: BTreeMap<(Role, Mmsi), Vessel>,
    searched_at: Option<UnixMicros>,
    cut: u64,
}

/// Two that a rule wants to know of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meeting {
    pub one: Mmsi,
    pub other: Mmsi,
    /// Of the one, now.
    pub place: LatLon,
    pub station: Option<StationId>,
    pub encounter: Encounter,
}

impl Sea {
    /// Vessels that found no room.
    pub const fn cut(&self) -> u64 {
        self.cut
    }

    pub fn forget_all(&mut self) {
        (self.vessels, self.searched_at) = (BTreeMap::new(), None);
    }

    pub fn observe(&mut self, seen: &Observation) {
        let Some(Sails { mmsi, course, class, ship_type }) = seen.sails else { return };
        if !self.vessels.contains_key(&(seen.role, mmsi)) && VESSELS_MAX <= self.vessels.len() && !self.make_room(seen.at) {
            self.cut += 1;
            return;
        }
        let new = || Vessel { heard_at: seen.at, moved: None, class: None, ship_type: None, station: None };
        let vessel = self.vessels.entry((seen.role, mmsi)).or_insert_with(new);
        vessel.heard_at = vessel.heard_at.max(seen.at);
        vessel.class = class.or(vessel.class);
        vessel.ship_type = ship_type.or(vessel.ship_type);
        vessel.station = seen.station.or(vessel.station);
        let Some((at, speed)) = seen.place.zip(seen.speed) else { return };
        let speed_m_s = speed.knots() * M_S_PER_KNOT;
        let Some(course_deg) = course.or((speed_m_s == 0.0).then_some(0.0)) else { return };
        if vessel.moved.as_ref().is_none_or(|(when, _)| *when <= seen.at) {
            vessel.moved = Some((seen.at, Motion { at, speed_m_s, course_deg }));
        }
    }

    fn make_room(&mut self, now: UnixMicros) -> bool {
        self.vessels.retain(|_, vessel| now.micros_since(vessel.heard_at) < MOTION_AGE_US);
        self.vessels.len() < VESSELS_MAX
    }

    /// Whether it is time to search; then it counts as done.
    pub fn is_due(&mut self, now: UnixMicros) -> bool {
        // A clock that was set back waits for nothing.
        let due = self.searched_at.is_none_or(|last| !(0..SEARCH_EVERY_US).contains(&now.micros_since(last)));
        if due {
            self.searched_at = Some(now);
            self.vessels.retain(|_, vessel| now.micros_since(vessel.heard_at) < KNOWN_US);
        }
        due
    }

    pub fn look(&self, role: Role, now: UnixMicros) -> Look<'_> {
        let motions: Vec<(Subject, Motion)> =
            self.of(role).filter_map(|(mmsi, vessel)| Some((Subject::Vessel(mmsi), vessel.motion(now)?))).collect();
        let mut pairs: BTreeMap<(Mmsi, Mmsi), crate::live::Encounter> = BTreeMap::new();
        for (subject, found) in encounters(&motions).found {
            for encounter in found {
                if let (Subject::Vessel(a), Subject::Vessel(b)) = (subject, encounter.other) {
                    pairs.insert((a.min(b), a.max(b)), encounter);
                }
            }
        }
        let motions = motions.into_iter().filter_map(|(s, m)| if let Subject::Vessel(mmsi) = s { Some((mmsi, m)) } else { None }).collect();
        Look { sea: self, role, motions, pairs }
    }

    fn of(&self, role: Role) -> impl Iterator<Item = (Mmsi, &Vessel)> {
        self.vessels.iter().filter(move |((of, _), _)| *of == role).map(|((_, mmsi), vessel)| (*mmsi, vessel))
    }
}

impl Vessel {
    fn motion(&self, now: UnixMicros) -> Option<Motion> {
        let (at, motion) = self.moved.as_ref()?;
        let age_us = now.micros_since(*at);
        (age_us <= MOTION_AGE_US).then(|| motion.after(age_us.max(0) as f64 / 1e6))
    }
}

/// The sea of one role at one moment.
pub(super) struct Look<'a> {
    sea: &'a Sea,
    role: Role,
    motions: HashMap<Mmsi, Motion>,
    pairs: BTreeMap<(Mmsi, Mmsi), crate::live::Encounter>,
}

impl Look<'_> {
    /// In the order of their MMSI.
    pub fn meetings(&self, wanted: &Wanted) -> Vec<Meeting> {
        let wants = |((one, other), e): (&(Mmsi, Mmsi), &crate::live::Encounter)| {
            let bound = Bound { cpa_m: e.cpa_m, tcpa_s: e.tcpa_s };
            (wanted.is_within(bound, 1.0) && self.is_admitted(wanted, *one, *other) && self.is_there(wanted, *one, e.tcpa_s))
                .then(|| self.meeting(*one, *other, e))
        };
        self.pairs.iter().filter_map(wants).flatten().collect()
    }

    /// Whether a meeting that was told is one still; `None`: they are not heard.
    pub fn goes_on(&self, wanted: &Wanted, one: Mmsi, other: Mmsi) -> Option<bool> {
        let approach = closest_approach(self.motions.get(&one)?, self.motions.get(&other)?);
        Some(wanted.is_within(Bound { cpa_m: approach.cpa_m, tcpa_s: approach.tcpa_s }, MARGIN))
    }

    fn meeting(&self, one: Mmsi, other: Mmsi, e: &crate::live::Encounter) -> Option<Meeting> {
        let [cpa_m, tcpa_s, distance_m] = [e.cpa_m, e.tcpa_s, e.distance_m].map(|value| value.round() as u32);
        let encounter = Encounter { subject: Subject::Vessel(other).to_string(), cpa_m, tcpa_s, distance_m };
        let station = self.sea.vessels.get(&(self.role, one))?.station;
        Some(Meeting { one, other, place: self.motions.get(&one)?.at, station, encounter })
    }

    fn is_admitted(&self, wanted: &Wanted, one: Mmsi, other: Mmsi) -> bool {
        let admits = |mmsi: Mmsi| {
            let vessel = self.sea.vessels.get(&(self.role, mmsi));
            vessel.is_some_and(|vessel| wanted.admits(vessel, &Subject::Vessel(mmsi).to_string()))
        };
        admits(one) || admits(other)
    }

    fn is_there(&self, wanted: &Wanted, one: Mmsi, tcpa_s: f64) -> bool {
        let Some(area) = &wanted.area else { return true };
        self.motions.get(&one).is_some_and(|motion| area.holds(motion.after(tcpa_s).at, None, false) == Some(true))
    }
}

#[cfg(test)]
#[path = "sea_tests.rs"]
mod tests;
