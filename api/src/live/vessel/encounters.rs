//! Who will pass whom closely: a bounded search among neighbours.
//!
//! ```text
//!   vessels ──► cells of the Earth's surface, [`RANGE_M`] wide ──► pairs in the same or a neighbouring cell ──► closest approach
//! ```
//! Every limit has a name. In a crowded cell the first [`NEIGHBOURS_MAX`] are looked at, those that pass soonest are kept.

use super::cpa::{Motion, closest_approach, metres_per_degree};
use model::Subject;
use std::collections::HashMap;

/// Pairs farther apart than this are not looked at: at 30 kt each towards the other 12 minutes.
pub const RANGE_M: f64 = 22_224.0;
/// What counts as close: half a nautical mile…
pub const CPA_M_MAX: f64 = 926.0;
/// …within half an hour.
pub const TCPA_S_MAX: f64 = 1_800.0;
/// Two that both lie still (moored, anchored, drifting) don't meet. Metres per second: half a knot.
const STILL_M_S: f64 = 0.257;
/// Others that one vessel is compared with. A crowd beyond it (a spoofer's, say) costs no more time; who is left out is then a matter of
/// chance.
pub const NEIGHBOURS_MAX: usize = 2_048;
/// Encounters kept of one vessel.
pub const KEPT_MAX: usize = 8;

/// That two will meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Encounter {
    pub other: Subject,
    pub cpa_m: f64,
    pub tcpa_s: f64,
    pub distance_m: f64,
}

type Cell = (i32, i32);

/// What a search found.
#[derive(Debug, Default)]
pub struct Search {
    /// Everyone's encounters, soonest first; who has none is not in it.
    pub found: HashMap<Subject, Vec<Encounter>>,
    /// Vessels that had more than [`NEIGHBOURS_MAX`] neighbours: not all of theirs were looked at.
    pub cut: u64,
}

/// Who will meet whom.
pub fn encounters(vessels: &[(Subject, Motion)]) -> Search {
    let mut cells: HashMap<Cell, Vec<usize>> = HashMap::new();
    for (i, (_, motion)) in vessels.iter().enumerate() {
        cells.entry(cell(motion)).or_default().push(i);
    }
    let mut search = Search::default();
    let quick: Vec<Quick> = vessels.iter().map(|(_, motion)| Quick::of(motion)).collect();
    for (i, (subject, motion)) in vessels.iter().enumerate() {
        let mut others = neighbours(&cells, motion).filter(|&j| j != i);
        let possible = others.by_ref().take(NEIGHBOURS_MAX).filter(|&j| quick[i].may_meet(&quick[j]));
        let mut mine: Vec<Encounter> = possible.filter_map(|j| encounter(motion, &vessels[j])).collect();
        search.cut += u64::from(others.next().is_some());
        if mine.is_empty() {
            continue;
        }
        mine.sort_unstable_by(|a, b| a.tcpa_s.total_cmp(&b.tcpa_s).then_with(|| a.other.cmp(&b.other)));
        mine.truncate(KEPT_MAX);
        search.found.insert(*subject, mine);
    }
    search
}

/// A motion prepared for a first, cheap look: most pairs are nowhere near meeting. (5,000 vessels: 37 ms a search, 194 without it.)
struct Quick {
    lat_deg: f64,
    lon_deg: f64,
    /// Metres per degree of longitude and latitude, here.
    scale: [f64; 2],
    velocity: [f64; 2],
}

/// By how much, as a share of the distance, the scale here may differ from that half-way to a neighbour; holds up to [`QUICK_LAT_DEG`].
const QUICK_ERROR: f64 = 0.03;
const QUICK_LAT_DEG: f64 = 80.0;

impl Quick {
    fn of(motion: &Motion) -> Self {
        let (sin, cos) = motion.course_deg.to_radians().sin_cos();
        let velocity = [motion.speed_m_s * sin, motion.speed_m_s * cos];
        let (lat_deg, lon_deg) = (motion.at.lat_deg(), motion.at.lon_deg());
        Self { lat_deg, lon_deg, scale: metres_per_degree(lat_deg), velocity }
    }

    /// `false`: certainly not. Generous by [`QUICK_ERROR`].
    fn may_meet(&self, other: &Self) -> bool {
        if QUICK_LAT_DEG < self.lat_deg.abs() {
            return true;
        }
        let lon = other.lon_deg - self.lon_deg;
        let lon = if 180.0 < lon.abs() { lon - 360.0 * lon.signum() } else { lon };
        let r = [lon * self.scale[0], (other.lat_deg - self.lat_deg) * self.scale[1]];
        let v = [other.velocity[0] - self.velocity[0], other.velocity[1] - self.velocity[1]];
        let (distance2, speed2) = (r[0] * r[0] + r[1] * r[1], v[0] * v[0] + v[1] * v[1]);
        let reach = RANGE_M * (1.0 + QUICK_ERROR);
        if reach * reach < distance2 {
            return false;
        }
        let (distance, speed) = (distance2.sqrt(), speed2.sqrt());
        let slack = QUICK_ERROR * distance;
        let (along, across) = (-(r[0] * v[0] + r[1] * v[1]), (r[0] * v[1] - r[1] * v[0]).abs());
        -slack * speed <= along && along <= TCPA_S_MAX * speed2 + slack * speed && across <= (CPA_M_MAX + slack) * speed
    }
}

fn encounter(motion: &Motion, (other, theirs): &(Subject, Motion)) -> Option<Encounter> {
    if motion.speed_m_s < STILL_M_S && theirs.speed_m_s < STILL_M_S {
        return None;
    }
    let approach = closest_approach(motion, theirs);
    let close = approach.distance_m <= RANGE_M && approach.cpa_m <= CPA_M_MAX && 0.0 < approach.tcpa_s && approach.tcpa_s <= TCPA_S_MAX;
    close.then_some(Encounter { other: *other, cpa_m: approach.cpa_m, tcpa_s: approach.tcpa_s, distance_m: approach.distance_m })
}

/// Rows of latitude, [`RANGE_M`] high; each row is cut into cells at least as wide.
fn cell(motion: &Motion) -> Cell {
    let row = row_of(motion.at.lat_deg());
    (row, column_of(row, motion.at.lon_deg()))
}

const ROW_DEG: f64 = RANGE_M / 110_000.0;

fn row_of(lat_deg: f64) -> i32 {
    (lat_deg / ROW_DEG).floor() as i32
}

/// Cells around the Earth in a row.
fn columns(row: i32) -> i32 {
    // At the edge of the row that is nearer to the pole a degree is shortest.
    let poleward = (f64::from(row) * ROW_DEG).abs().max((f64::from(row + 1) * ROW_DEG).abs()).min(89.0);
    let [per_lon, _] = metres_per_degree(poleward);
    ((360.0 * per_lon / RANGE_M).floor() as i32).max(1)
}

fn column_of(row: i32, lon_deg: f64) -> i32 {
    let columns = columns(row);
    (((lon_deg + 180.0) / 360.0 * f64::from(columns)).floor() as i32).rem_euclid(columns)
}

fn neighbours<'a>(cells: &'a HashMap<Cell, Vec<usize>>, motion: &Motion) -> impl Iterator<Item = usize> + 'a {
    let (row, lon) = (row_of(motion.at.lat_deg()), motion.at.lon_deg());
    (row - 1..=row + 1).flat_map(move |row| {
        let (columns, middle) = (columns(row), column_of(row, lon));
        let mut around = [middle - 1, middle, middle + 1].map(|c| c.rem_euclid(columns));
        around.sort_unstable();
        let distinct = if columns < 3 { columns as usize } else { 3 };
        let around: Vec<i32> = if distinct < 3 { (0..columns).collect() } else { around.to_vec() };
        around.into_iter().filter_map(move |column| cells.get(&(row, column))).flatten().copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{LatLon, Mmsi};
    use proptest::prelude::*;

    fn vessel(mmsi: u32, lat: f64, lon: f64, speed_m_s: f64, course_deg: f64) -> (Subject, Motion) {
        (Subject::Vessel(Mmsi::new(mmsi).unwrap()), Motion { at: LatLon::from_degrees(lat, lon).unwrap(), speed_m_s, course_deg })
    }

    #[test]
    fn two_that_meet_know_of_each_other_and_a_third_does_not() {
        let all = [vessel(1, 52.0, 4.0, 5.0, 0.0), vessel(2, 52.05, 4.0, 5.0, 180.0), vessel(3, 52.0, 4.2, 5.0, 90.0)];
        let found = encounters(&all).found;
        assert_eq!(found.len(), 2);
        assert_eq!((found[&all[0].0][0].other, found[&all[1].0][0].other), (all[1].0, all[0].0));
        let moored: Vec<_> = (0..100).map(|i| vessel(i, 52.0, 4.0 + f64::from(i) * 1e-4, 0.1, 90.0)).collect();
        assert!(encounters(&moored).found.is_empty());
    }

    #[test]
    fn a_crowd_stays_within_the_limits() {
        let crowd: Vec<_> = (0..2_000).map(|i| vessel(i, 52.0, 4.0 + f64::from(i) * 1e-5, 5.0, f64::from(i % 360))).collect();
        let Search { found, cut } = encounters(&crowd);
        assert_eq!(cut, 0);
        assert!(found.values().all(|e| e.len() <= KEPT_MAX && e.is_sorted_by(|a, b| a.tcpa_s <= b.tcpa_s)));
    }

    #[test]
    fn a_crowd_beyond_the_limit_is_counted() {
        let all: Vec<_> = (0..=NEIGHBOURS_MAX as u32).map(|i| vessel(i, 52.0, 4.0, 0.0, 0.0)).collect();
        assert_eq!(encounters(&all).cut, 0, "each has just as many neighbours as are looked at");
        let more: Vec<_> = (0..NEIGHBOURS_MAX as u32 + 2).map(|i| vessel(i, 52.0, 4.0, 0.0, 0.0)).collect();
        assert_eq!(encounters(&more).cut, more.len() as u64);
    }

    proptest! {
        /// Against comparing everyone with everyone; at every latitude and across the date line.
        #[test]
        fn the_grid_misses_nobody(
            middle in prop_oneof![-88.0..88.0_f64, Just(0.0)], lon in prop_oneof![-180.0..180.0_f64, Just(180.0), Just(-180.0)],
            places in prop::collection::vec((-0.3..0.3_f64, -0.3..0.3_f64, 0.0..20.0_f64, 0.0..360.0_f64), 2..40),
        ) {
            let wide = 1.0 / middle.to_radians().cos().max(0.02);
            let all: Vec<_> = places
                .iter()
                .enumerate()
                .map(|(i, (north, east, speed, course))| vessel(i as u32, middle + north, lon + east * wide, *speed, *course))
                .collect();
            let found = encounters(&all).found;
            for (subject, motion) in &all {
                let mut plain: Vec<_> = all.iter().filter(|o| o.0 != *subject).filter_map(|o| encounter(motion, o)).collect();
                plain.sort_unstable_by(|a, b| a.tcpa_s.total_cmp(&b.tcpa_s).then_with(|| a.other.cmp(&b.other)));
                plain.truncate(KEPT_MAX);
                prop_assert_eq!(found.get(subject).cloned().unwrap_or_default(), plain);
            }
        }
    }
}
