//! Did a station get there in the time? Positions that say so are kept apart until a second one agrees.
//!
//! ```text
//!   believed ──► within reach: believed
//!           └──► out of reach: doubted ──► a second within reach of the doubted one: believed (it was the first that was wrong, or another
//!                                          station has the same name)
//! ```
//! Reach is what an airliner with the wind behind it covers in the time, or twice the speed that the packet says, with the cells of both
//! positions and ten seconds more: digipeaters hold packets back. A place said by somebody in an emergency is always believed: a watch
//! that sees it can judge, one that doesn't can't.

use model::{DeciKnots, LatLon, ShortText, UnixMicros};

/// Metres a second.
const SPEED_MAX: f64 = 320.0;
const SLACK_S: f64 = 10.0;
const PLACES: usize = 4096;

/// What is known of one station or object.
#[derive(Clone, Copy, Debug)]
struct Known {
    name: ShortText<9>,
    believed: Point,
    doubted: Option<Point>,
    /// Doubted since the last that was believed.
    count: u32,
}

/// Where, and how well that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub at: UnixMicros,
    pub place: LatLon,
    pub accuracy_m: u32,
    pub speed: Option<DeciKnots>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Believed,
    /// How many in a row.
    Doubted(u32),
}

/// One place per hash of a name, so its size is fixed.
#[derive(Debug)]
pub struct Movements {
    places: Box<[Option<Known>]>,
}

impl Default for Movements {
    fn default() -> Self {
        Self { places: vec![None; PLACES].into_boxed_slice() }
    }
}

impl Movements {
    /// `certain`: believed whatever was before.
    pub fn judge(&mut self, name: ShortText<9>, point: Point, certain: bool) -> Verdict {
        let hash = name.as_str().bytes().fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3));
        let place = &mut self.places[(hash >> 32) as usize % PLACES];
        let Some(known) = place.as_mut().filter(|k| k.name == name) else {
            *place = Some(Known { name, believed: point, doubted: None, count: 0 });
            return Verdict::Believed;
        };
        if certain || reaches(&known.believed, &point) || known.doubted.is_some_and(|doubted| reaches(&doubted, &point)) {
            *known = Known { name, believed: point, doubted: None, count: 0 };
            return Verdict::Believed;
        }
        known.doubted = Some(point);
        known.count = known.count.saturating_add(1);
        Verdict::Doubted(known.count)
    }
}

fn reaches(from: &Point, to: &Point) -> bool {
    let seconds = to.at.micros_since(from.at).unsigned_abs() as f64 / 1e6 + SLACK_S;
    let said = [from.speed, to.speed].into_iter().flatten().map(|s| 2.0 * s.knots() * 1852.0 / 3600.0);
    let speed = said.fold(SPEED_MAX, f64::max);
    from.place.distance_m(to.place) <= speed * seconds + f64::from(from.accuracy_m) + f64::from(to.accuracy_m)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(seconds: i64, lat: f64, lon: f64) -> Point {
        Point { at: UnixMicros(seconds * 1_000_000), place: LatLon::from_degrees(lat, lon).unwrap(), accuracy_m: 20, speed: None }
    }

    fn name(text: &str) -> ShortText<9> {
        ShortText::new(text).unwrap()
    }

    #[test]
    fn a_jump_waits_for_a_second_that_agrees() {
        let mut movements = Movements::default();
        let mut at = |seconds, lat, lon| movements.judge(name("PA1A-9"), point(seconds, lat, lon), false);
        assert_eq!(at(0, 52.0, 4.0), Verdict::Believed);
        assert_eq!(at(60, 52.01, 4.0), Verdict::Believed, "1.1 km in a minute");
        // A digit was wrong: 111 km away, and back.
        assert_eq!(at(120, 53.01, 4.0), Verdict::Doubted(1));
        assert_eq!(at(180, 52.02, 4.0), Verdict::Believed);
        // The first was wrong: the second that disagrees is believed.
        assert_eq!(at(240, 48.0, 9.0), Verdict::Doubted(1));
        assert_eq!(at(300, 48.01, 9.0), Verdict::Believed);
        assert_eq!(at(310, 52.0, 4.0), Verdict::Doubted(1));
        // Elsewhere after a flight.
        assert_eq!(at(40_000, 40.0, -74.0), Verdict::Believed);
    }

    #[test]
    fn what_is_fast_says_so_and_a_coarse_place_may_be_far() {
        let mut movements = Movements::default();
        let station = |seconds, lat| Point { speed: DeciKnots::from_knots(6_000.0), ..point(seconds, lat, 0.0) };
        assert_eq!(movements.judge(name("PA1ROCKET"), station(0, 0.0), false), Verdict::Believed);
        assert_eq!(movements.judge(name("PA1ROCKET"), station(60, 3.0), false), Verdict::Believed);
        let coarse = |seconds, lat| Point { accuracy_m: 66_000, ..point(seconds, lat, 0.0) };
        assert_eq!(movements.judge(name("PA1A"), coarse(0, 52.0), false), Verdict::Believed);
        assert_eq!(movements.judge(name("PA1A"), coarse(1, 53.0), false), Verdict::Believed);
    }

    #[test]
    fn who_is_in_distress_is_believed() {
        let mut movements = Movements::default();
        movements.judge(name("PA1A"), point(0, 52.0, 4.0), false);
        assert_eq!(movements.judge(name("PA1A"), point(1, 10.0, 4.0), true), Verdict::Believed);
    }

    #[test]
    fn more_stations_than_places_are_forgotten_not_mixed() {
        let mut movements = Movements::default();
        for n in 0..20_000 {
            let at = point(n, f64::from((n % 170) as i32 - 85), f64::from((n % 350) as i32 - 175));
            assert_eq!(movements.judge(name(&format!("S{n}")), at, false), Verdict::Believed);
        }
    }
}
