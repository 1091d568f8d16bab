//! Where a track was: at most one point per time slot, the newest [`TRAIL_POINTS`] slots, oldest first.
//!
//! The first position of a slot stands for it, so the points don't move once drawn, and the trail that a set of
//! positions leaves doesn't depend on the order in which they arrive (stations deliver late, and out of turn).

use model::{LatLon, UnixMicros};
use std::collections::VecDeque;

/// Points of one trail.
pub const TRAIL_POINTS: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub at: UnixMicros,
    pub place: LatLon,
    pub alt_ft: Option<i32>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Trail(VecDeque<Point>);

impl Trail {
    /// Adds a position. `slot_us`: one point per so many microseconds. `room`: false makes it drop its oldest point for a new one.
    /// Returns by how many points the trail grew.
    pub fn add(&mut self, point: Point, slot_us: i64, room: bool) -> usize {
        let slot = |p: &Point| p.at.0.div_euclid(slot_us);
        let place = self.0.partition_point(|p| slot(p) < slot(&point));
        match self.0.get_mut(place) {
            Some(same) if slot(same) == slot(&point) => {
                if rank(&point) < rank(same) {
                    *same = point;
                }
                return 0;
            }
            _ => {}
        }
        let full = self.0.len() == TRAIL_POINTS || (!room && !self.0.is_empty());
        if full && place == 0 {
            return 0; // older than all that is kept
        }
        self.0.insert(place, point);
        if full {
            self.0.pop_front();
        }
        usize::from(!full)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// At most `most` points, evenly thinned, always with the newest.
    pub fn thinned(&self, most: usize) -> impl Iterator<Item = &Point> {
        let step = self.0.len().div_ceil(most.max(1)).max(1);
        let first = self.0.len().wrapping_sub(1) % step;
        self.0.iter().skip(if self.0.is_empty() { 0 } else { first }).step_by(step)
    }
}

/// Which of two positions of one slot stands for it: the earlier, and between equals always the same one.
fn rank(p: &Point) -> (UnixMicros, i32, i32, Option<i32>) {
    (p.at, p.place.lat_e7(), p.place.lon_e7(), p.alt_ft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(at_ms: i64) -> Point {
        Point { at: UnixMicros(at_ms * 1_000), place: LatLon::from_e7(at_ms as i32, 0).unwrap(), alt_ft: None }
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(mut times in proptest::collection::vec(0..2_000_000_i64, 0..600), seed: u64) {
            let build = |times: &[i64]| {
                let mut trail = Trail::default();
                let grown: usize = times.iter().map(|&t| trail.add(point(t), 4_000_000, true)).sum();
                assert_eq!(grown, trail.len());
                trail.0
            };
            let sorted = { let mut t = times.clone(); t.sort_unstable(); build(&t) };
            let n = times.len().max(1);
            times.rotate_left(seed as usize % n);
            times.reverse();
            prop_assert_eq!(&build(&times), &sorted);
            prop_assert!(sorted.len() <= TRAIL_POINTS);
            prop_assert!(sorted.iter().zip(sorted.iter().skip(1)).all(|(a, b)| a.at < b.at));
        }
    }

    #[test]
    fn thinning_keeps_the_newest_and_the_bound() {
        let mut trail = Trail::default();
        assert_eq!(trail.thinned(5).count(), 0);
        for len in 1..=TRAIL_POINTS {
            trail.add(point(len as i64 * 4_000), 4_000_000, true);
            for most in [1, 2, 5, 20, 200] {
                let thin: Vec<_> = trail.thinned(most).collect();
                assert!(thin.len() <= most && !thin.is_empty());
                assert_eq!(thin.last().unwrap().at, UnixMicros(len as i64 * 4_000_000));
            }
        }
    }

    #[test]
    fn without_room_a_trail_moves_on_but_does_not_grow() {
        let mut trail = Trail::default();
        assert_eq!(trail.add(point(0), 1_000, false), 1);
        assert_eq!(trail.add(point(10), 1_000, false), 0);
        assert_eq!(trail.0, [point(10)]);
    }
}
