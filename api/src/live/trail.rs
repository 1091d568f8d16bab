//! Where a track was: bounded, thinned with a stated error, oldest first.
//!
//! ```text
//!   settled: thinned, lines between the points are true to ERROR_M     recent: one point per slot
//!   ●─────────────●───●──●────────────────────────────────────●────────│───●──●──●──●──● newest
//!                                                        anchor ┄┄┄┄┄┄┄┄ window: slots that one line still explains
//! ```
//!
//! - *Recent*: the first position of each time slot stands for it, so points don't move once drawn, and it does not matter in which
//!   order positions arrive (stations deliver late, and out of turn).
//! - *Settled*: what is older than [`Rule::settle_us`] before the newest. A line from the last kept point (the anchor) grows as long as
//!   every slot it passes lies within [`ERROR_M`] (on the ground [`GROUND_ERROR_M`]) of where it has the aircraft at that time, and within [`ERROR_FT`] of its height, and
//!   it is no longer than [`LINE_US`]; then its last point is kept. So a straight cruise costs a point a minute, a turn one per slot.
//! - A position that comes later than that is not drawn: it would move lines that were drawn.
//! - Kinds without [`Rule::settle_us`] keep a point per slot and forget the oldest.
//!
//! With one point per 4 s slot and 200 points a trail ended after 13 minutes; of a real flight it now holds about an hour (docs/live-picture.md).

use model::{LatLon, UnixMicros};
use std::collections::VecDeque;

/// Points of one trail.
pub const TRAIL_POINTS: usize = 200;
/// The line between two settled points passes every slot's position this near, at its time.
pub const ERROR_M: f64 = 50.0;
/// Without a height, as on the ground: taxiways are 15 to 23 m wide.
pub const GROUND_ERROR_M: f64 = 10.0;
/// And its height.
pub const ERROR_FT: f64 = 150.0;
/// No line is longer than this, so that speed along it stays visible.
pub const LINE_US: i64 = 60_000_000;
/// Slots under one line: a bound for the time that one position takes.
const WINDOW: usize = 32;

/// How a kind of subject leaves its trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// One point per so many microseconds.
    pub slot_us: i64,
    /// Older than the newest by this: thinned. `None`: never.
    pub settle_us: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub at: UnixMicros,
    pub place: LatLon,
    pub alt_ft: Option<i32>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    points: VecDeque<Point>,
    /// So many of `points` are settled: the last of them ends the line that still grows, the one before is its anchor.
    settled: usize,
    /// Slots that the growing line passes, its end included.
    window: Vec<Point>,
}

impl Trail {
    /// Adds a position. `room`: false makes it drop its oldest point for a new one. Returns by how many points the trail changed.
    pub fn add(&mut self, point: Point, rule: Rule, room: bool) -> isize {
        let before = self.points.len();
        let slot = |p: &Point| p.at.0.div_euclid(rule.slot_us);
        let place = self.points.partition_point(|p| slot(p) < slot(&point));
        if place < self.settled {
            return 0; // too late
        }
        match self.points.get_mut(place) {
            Some(same) if slot(same) == slot(&point) => {
                if rank(&point) < rank(same) {
                    *same = point;
                }
                return 0;
            }
            _ => {}
        }
        let full = self.points.len() == TRAIL_POINTS || (!room && !self.points.is_empty());
        if full && place == 0 {
            return 0; // older than all that is kept
        }
        self.points.insert(place, point);
        if full {
            self.points.pop_front();
            self.settled = self.settled.saturating_sub(1);
        }
        if let Some(settle_us) = rule.settle_us {
            self.settle(settle_us);
        }
        self.points.len() as isize - before as isize
    }

    /// Draws the settled line on to what is old enough.
    fn settle(&mut self, settle_us: i64) {
        let Some(newest) = self.points.back().map(|p| p.at) else { return };
        while let Some(&next) = self.points.get(self.settled).filter(|p| settle_us <= newest.micros_since(p.at)) {
            // The anchor and the line's end, when there is a line.
            let line = (2 <= self.settled).then(|| self.points[self.settled - 2]);
            let grows = line.is_some_and(|anchor| self.window.len() < WINDOW && self.window.iter().all(|p| on_line(anchor, next, p)));
            if grows && line.is_some_and(|anchor| next.at.micros_since(anchor.at) <= LINE_US) {
                self.points.remove(self.settled - 1);
            } else {
                self.window.clear();
                self.settled += 1;
            }
            self.window.push(next);
        }
    }

    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Memory beyond the struct itself.
    #[cfg(test)]
    pub fn heap_bytes(&self) -> usize {
        (self.points.capacity() + self.window.capacity()) * size_of::<Point>()
    }

    /// At most `most` points, evenly thinned, always with the newest.
    pub fn thinned(&self, most: usize) -> impl Iterator<Item = &Point> {
        let step = self.points.len().div_ceil(most.max(1)).max(1);
        let first = self.points.len().wrapping_sub(1) % step;
        self.points.iter().skip(if self.points.is_empty() { 0 } else { first }).step_by(step)
    }
}

/// Which of two positions of one slot stands for it: the earlier, and between equals always the same one.
fn rank(p: &Point) -> (UnixMicros, i32, i32, Option<i32>) {
    (p.at, p.place.lat_e7(), p.place.lon_e7(), p.alt_ft)
}

/// Whether somebody who goes from `a` to `b` at one speed passes `p` in time, within the stated errors.
fn on_line(a: Point, b: Point, p: &Point) -> bool {
    let near_m = if p.alt_ft.is_some() { ERROR_M } else { GROUND_ERROR_M };
    off_line_m(a, b, p) <= near_m && off_line_ft(a, b, p) <= ERROR_FT
}

fn share(a: Point, b: Point, p: &Point) -> f64 {
    p.at.micros_since(a.at) as f64 / b.at.micros_since(a.at).max(1) as f64
}

/// Metres between `p` and where the line has it at that time (flat, which within a minute's flight is exact to centimetres).
fn off_line_m(a: Point, b: Point, p: &Point) -> f64 {
    const M_PER_E7: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0 / 1e7;
    let t = share(a, b, p);
    let east = |from: LatLon, to: LatLon| f64::from(to.lon_e7()) - f64::from(from.lon_e7());
    let wrapped = |e7: f64| if 1.8e9 < e7.abs() { e7 - 3.6e9 * e7.signum() } else { e7 };
    let lat = f64::from(p.place.lat_e7() - a.place.lat_e7()) - t * f64::from(b.place.lat_e7() - a.place.lat_e7());
    let lon = wrapped(east(a.place, p.place)) - t * wrapped(east(a.place, b.place));
    M_PER_E7 * lat.hypot(lon * p.place.lat_deg().to_radians().cos())
}

/// Feet likewise. A height that begins or ends being known is a bend.
fn off_line_ft(a: Point, b: Point, p: &Point) -> f64 {
    match (a.alt_ft, b.alt_ft, p.alt_ft) {
        (Some(from), Some(to), Some(here)) => (f64::from(here) - f64::from(from) - share(a, b, p) * f64::from(to - from)).abs(),
        (None, None, None) => 0.0,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
#[path = "trail_tests.rs"]
mod tests;
