//! An area on the ground: a circle, or a polygon of great-enough sides; with how far one must be outside to have left it.
//!
//! ```text
//!            outside │ margin │ inside            was outside: enters at the fence
//!        ────────────┼────────┼──────────         was inside:  leaves at the fence plus the margin
//!           leaves ◄─┘        └─► enters
//! ```
//! Constraints: pure. Distances are on a plane around the point (equirectangular): exact enough at a fence, where they
//! matter. A polygon may cross the 180th meridian; it is narrower than 180° of longitude and does not hold a pole.

use model::LatLon;

/// Corners of a polygon.
pub const CORNERS_MAX: usize = 500;
/// Metres.
pub const RADIUS_MAX_M: f64 = 2_000_000.0;
/// Of one degree of latitude.
const METRES_PER_DEGREE: f64 = 111_195.0;

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Circle {
        centre: LatLon,
        radius_m: f64,
    },
    /// (latitude, longitude from the first corner's) in degrees; not closed.
    Polygon {
        first_lon: f64,
        corners: Vec<(f64, f64)>,
    },
}

impl Shape {
    pub fn circle(lat: f64, lon: f64, radius_m: f64) -> Result<Self, &'static str> {
        let centre = place(lat, lon)?;
        if !(0.0 < radius_m && radius_m <= RADIUS_MAX_M) {
            return Err("radius_m should be above 0 and at most 2000000");
        }
        Ok(Self::Circle { centre, radius_m })
    }

    /// Of [longitude, latitude] as GeoJSON has them; closed or not.
    pub fn polygon(points: &[[f64; 2]]) -> Result<Self, &'static str> {
        let points = if 1 < points.len() && points.first() == points.last() { &points[1..] } else { points };
        if points.len() < 3 || CORNERS_MAX < points.len() {
            return Err("A polygon has 3 to 500 corners");
        }
        for [lon, lat] in points {
            place(*lat, *lon)?;
        }
        let first_lon = points[0][0];
        let corners: Vec<(f64, f64)> = points.iter().map(|[lon, lat]| (*lat, turn(lon - first_lon))).collect();
        let (west, east) = corners.iter().fold((0.0_f64, 0.0_f64), |(w, e), (_, lon)| (w.min(*lon), e.max(*lon)));
        if 180.0 <= east - west {
            return Err("A polygon spans less than 180 degrees of longitude");
        }
        Ok(Self::Polygon { first_lon, corners })
    }

    /// Within it; or, for what was inside, not farther than `margin_m` outside.
    pub fn holds(&self, at: LatLon, was_inside: bool, margin_m: f64) -> bool {
        let margin_m = if was_inside { margin_m } else { 0.0 };
        match self {
            Self::Circle { centre, radius_m } => centre.distance_m(at) <= radius_m + margin_m,
            Self::Polygon { first_lon, corners } => {
                let point = (at.lat_deg(), turn(at.lon_deg() - first_lon));
                contains(corners, point) || (0.0 < margin_m && distance_m(corners, point) <= margin_m)
            }
        }
    }
}

fn place(lat: f64, lon: f64) -> Result<LatLon, &'static str> {
    let at = if lon.abs() <= 180.0 { LatLon::from_degrees(lat, lon) } else { None };
    at.ok_or("Latitude is within 90, longitude within 180 degrees")
}

/// Into −180 ≤ degrees < 180.
fn turn(degrees: f64) -> f64 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

fn sides(corners: &[(f64, f64)]) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    corners.iter().copied().zip(corners.iter().copied().cycle().skip(1))
}

/// A ray to the east crosses an odd number of sides.
fn contains(corners: &[(f64, f64)], (lat, lon): (f64, f64)) -> bool {
    let crossed = |((lat1, lon1), (lat2, lon2)): ((f64, f64), (f64, f64))| {
        (lat < lat1) != (lat < lat2) && lon < lon1 + (lat - lat1) / (lat2 - lat1) * (lon2 - lon1)
    };
    sides(corners).filter(|side| crossed(*side)).count() % 2 == 1
}

/// To the nearest side.
fn distance_m(corners: &[(f64, f64)], (lat, lon): (f64, f64)) -> f64 {
    let scale = METRES_PER_DEGREE * lat.to_radians().cos();
    let flat = |(lat2, lon2): (f64, f64)| ((lon2 - lon) * scale, (lat2 - lat) * METRES_PER_DEGREE);
    let to_side = |(a, b): ((f64, f64), (f64, f64))| {
        let ((ax, ay), (bx, by)) = (flat(a), flat(b));
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx * dx + dy * dy;
        // How far along the side the nearest point is; the point itself is at the origin.
        let along = if length == 0.0 { 0.0 } else { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) };
        (ax + along * dx).hypot(ay + along * dy)
    };
    sides(corners).map(to_side).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(lat: f64, lon: f64) -> LatLon {
        LatLon::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn a_polygon_holds_what_is_in_it_also_across_the_date_line() {
        for first in [4.0, 179.95, -180.0, 180.0] {
            let lon = |east: f64| turn(first + east);
            let square =
                Shape::polygon(&[[lon(0.0), 50.0], [lon(0.1), 50.0], [lon(0.1), 50.1], [lon(0.0), 50.1], [lon(0.0), 50.0]]).unwrap();
            for (lat, east, inside, within_200_m) in [
                (50.05, 0.05, true, true),
                (50.05, 0.101, false, true),
                (50.05, 0.11, false, false),
                (50.05, -0.001, false, true),
                (49.999, 0.05, false, true),
                (49.99, 0.05, false, false),
                (-50.05, 0.05, false, false),
            ] {
                assert_eq!(square.holds(at(lat, lon(east)), false, 200.0), inside, "{first} {lat} {east}");
                assert_eq!(square.holds(at(lat, lon(east)), true, 200.0), within_200_m, "{first} {lat} {east}");
            }
        }
    }

    #[test]
    fn what_is_no_area_is_refused() {
        assert!(Shape::polygon(&[[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]).is_err());
        assert!(Shape::polygon(&[[0.0, 91.0], [1.0, 1.0], [2.0, 0.0]]).is_err());
        assert!(Shape::polygon(&[[-100.0, 0.0], [0.0, 1.0], [90.0, 0.0]]).is_err(), "190 degrees wide");
        assert!(Shape::polygon(&vec![[0.0, 0.0]; CORNERS_MAX + 2]).is_err());
        assert!(Shape::polygon(&[[f64::NAN, 0.0], [1.0, 1.0], [2.0, 0.0]]).is_err());
        for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Shape::circle(0.0, 0.0, radius).is_err());
        }
    }

    proptest! {
        /// A regular polygon of many corners is nearly its circle, wherever it is but at the poles.
        #[test]
        fn a_round_polygon_agrees_with_its_circle(
            lat in -75.0_f64..75.0, lon in -180.0_f64..180.0, radius in 200.0_f64..30_000.0, away in 0.0_f64..2.0, bearing in 0.0_f64..std::f64::consts::TAU,
        ) {
            let point = |metres: f64, bearing: f64| {
                let north = metres * bearing.cos() / METRES_PER_DEGREE;
                [turn(lon + metres * bearing.sin() / METRES_PER_DEGREE / (lat + north / 2.0).to_radians().cos()), lat + north]
            };
            let corners: Vec<[f64; 2]> = (0..180).map(|n| point(radius, f64::from(n) / 180.0 * std::f64::consts::TAU)).collect();
            let (round, circle) = (Shape::polygon(&corners).unwrap(), Shape::circle(lat, lon, radius).unwrap());
            prop_assume!(0.02 < (away - 1.0).abs());
            let [east, north] = point(radius * away, bearing);
            let there = at(north, east);
            prop_assert_eq!(round.holds(there, false, 0.0), away < 1.0);
            prop_assert_eq!(circle.holds(there, false, 0.0), away < 1.0);
            // The margin is a distance from the fence.
            prop_assert!(round.holds(there, true, radius * (away - 1.0).max(0.0) * 1.05 + 5.0));
            prop_assert!(away < 1.0 || !round.holds(there, true, radius * (away - 1.0) * 0.9));
        }
    }
}
