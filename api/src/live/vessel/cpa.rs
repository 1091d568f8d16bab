//! How close two moving things will come to each other, when both keep course and speed. Pure; for alerts and for the picture.
//!
//! ```text
//!   r = where b is from a (metres east and north), v = how that changes (metres per second)
//!   |r + v·t| is smallest at t = −r·v / v·v            t < 0: they part already, and now is the closest
//! ```
//! In a plane that touches WGS 84 between the two: within 30 km and an hour, and 85° of latitude, off by less than 0.5 % of the way.

use model::LatLon;

/// Where something is and how it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    pub at: LatLon,
    /// Metres per second, and over ground.
    pub speed_m_s: f64,
    /// Degrees from true north, over ground.
    pub course_deg: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approach {
    /// Distance at the closest point, metres.
    pub cpa_m: f64,
    /// Seconds until then; 0 when they part or keep their distance.
    pub tcpa_s: f64,
    /// Distance now, metres.
    pub distance_m: f64,
}

/// One knot.
pub const M_S_PER_KNOT: f64 = 1_852.0 / 3_600.0;
/// WGS 84: semi-major axis in metres, and the first eccentricity squared.
const A_M: f64 = 6_378_137.0;
const E2: f64 = 6.694_379_990_14e-3;

impl Motion {
    /// Metres per second east and north.
    fn velocity(&self) -> [f64; 2] {
        let (sin, cos) = self.course_deg.to_radians().sin_cos();
        [self.speed_m_s * sin, self.speed_m_s * cos]
    }

    /// Where it will be (or was) after so many seconds.
    #[must_use]
    pub fn after(&self, seconds: f64) -> Self {
        let [east_m, north_m] = self.velocity().map(|v| v * seconds);
        let [per_lon, per_lat] = metres_per_degree(self.at.lat_deg() + north_m / 2.0 / 111_320.0);
        let lat = (self.at.lat_deg() + north_m / per_lat).clamp(-90.0, 90.0);
        // Beyond a full turn only at the poles, where a longitude means nothing.
        let at = LatLon::from_degrees(lat, (self.at.lon_deg() + east_m / per_lon).clamp(-360.0, 360.0));
        Self { at: at.unwrap_or(self.at), ..*self }
    }
}

/// Metres of a degree of longitude and of latitude at a latitude, by WGS 84's radii of curvature.
pub(super) fn metres_per_degree(lat_deg: f64) -> [f64; 2] {
    let (sin, cos) = lat_deg.clamp(-89.99, 89.99).to_radians().sin_cos();
    let w = (1.0 - E2 * sin * sin).sqrt();
    [A_M / w * cos, A_M * (1.0 - E2) / (w * w * w)].map(|per_radian| per_radian.to_radians())
}

/// Where `b` is from `a`: metres east and north.
pub(super) fn offset_m(a: LatLon, b: LatLon) -> [f64; 2] {
    let [per_lon, per_lat] = metres_per_degree((a.lat_deg() + b.lat_deg()) / 2.0);
    let lon = b.lon_deg() - a.lon_deg();
    let lon = if 180.0 < lon.abs() { lon - 360.0 * lon.signum() } else { lon };
    [lon * per_lon, (b.lat_deg() - a.lat_deg()) * per_lat]
}

/// The closest point of approach.
pub fn closest_approach(a: &Motion, b: &Motion) -> Approach {
    let r = offset_m(a.at, b.at);
    let (va, vb) = (a.velocity(), b.velocity());
    let v = [vb[0] - va[0], vb[1] - va[1]];
    let distance_m = r[0].hypot(r[1]);
    let speed2 = v[0] * v[0] + v[1] * v[1];
    let tcpa_s = -(r[0] * v[0] + r[1] * v[1]) / speed2;
    if !(tcpa_s.is_finite() && 0.0 < tcpa_s) {
        return Approach { cpa_m: distance_m, tcpa_s: 0.0, distance_m };
    }
    Approach { cpa_m: (r[0] + v[0] * tcpa_s).hypot(r[1] + v[1] * tcpa_s), tcpa_s, distance_m }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn motion(lat: f64, lon: f64, knots: f64, course_deg: f64) -> Motion {
        Motion { at: LatLon::from_degrees(lat, lon).unwrap(), speed_m_s: knots * M_S_PER_KNOT, course_deg }
    }

    #[test]
    fn head_on_crossing_parting_and_alongside() {
        // 10 NM of latitude apart, 10 kt each towards the other: half an hour.
        let head_on = closest_approach(&motion(52.0, 4.0, 10.0, 0.0), &motion(52.0 + 1.0 / 6.0, 4.0, 10.0, 180.0));
        assert!((head_on.tcpa_s - 1_800.0).abs() < 5.0 && head_on.cpa_m < 1.0, "{head_on:?}");
        let parting = closest_approach(&motion(52.0, 4.0, 10.0, 180.0), &motion(52.1, 4.0, 10.0, 0.0));
        assert_eq!((parting.tcpa_s, parting.cpa_m), (0.0, parting.distance_m));
        let alongside = closest_approach(&motion(52.0, 4.0, 10.0, 90.0), &motion(52.01, 4.0, 10.0, 90.0));
        assert!(alongside.tcpa_s == 0.0 && (alongside.cpa_m - 1_112.7).abs() < 1.0, "{alongside:?}");
        let still = closest_approach(&motion(52.0, 4.0, 0.0, 0.0), &motion(52.0, 4.0, 0.0, 0.0));
        assert_eq!((still.cpa_m, still.tcpa_s), (0.0, 0.0));
        // Across the date line.
        let date_line = closest_approach(&motion(0.0, 179.95, 10.0, 90.0), &motion(0.0, -179.95, 10.0, 270.0));
        assert!((date_line.distance_m - 11_132.0).abs() < 2.0 && (date_line.tcpa_s - 1_082.0).abs() < 2.0, "{date_line:?}");
    }

    proptest! {
        /// Both sail on second by second over the ellipsoid; the smallest distance that comes up is what was foretold.
        #[test]
        fn sailing_it_gives_what_was_foretold(
            lat in -70.0..70.0_f64, lon in -180.0..180.0_f64, east in -0.1..0.1_f64, north in -0.1..0.1_f64,
            speeds in (0.0..40.0_f64, 0.0..40.0_f64), courses in (0.0..360.0_f64, 0.0..360.0_f64),
        ) {
            let (mut a, mut b) = (motion(lat, lon, speeds.0, courses.0), motion(lat + north, lon + east, speeds.1, courses.1));
            let foretold = closest_approach(&a, &b);
            prop_assume!(foretold.tcpa_s < 1_800.0);
            let (mut smallest, mut when) = (foretold.distance_m, 0.0);
            for second in 1..=2_400 {
                (a, b) = (a.after(1.0), b.after(1.0));
                let [east_m, north_m] = offset_m(a.at, b.at);
                let distance = east_m.hypot(north_m);
                if distance < smallest {
                    (smallest, when) = (distance, f64::from(second));
                }
            }
            // Rounding of places to 1.1 cm a step, half a second of relative motion, and the plane's own error.
            let way = (speeds.0 + speeds.1) * M_S_PER_KNOT * foretold.tcpa_s + foretold.distance_m;
            prop_assert!((smallest - foretold.cpa_m).abs() < 40.0 + 0.005 * way, "{} at {when}, foretold {foretold:?}", smallest);
        }

        #[test]
        fn it_does_not_matter_from_whom(a in any_motion(), b in any_motion()) {
            let (one, other) = (closest_approach(&a, &b), closest_approach(&b, &a));
            prop_assert!((one.cpa_m - other.cpa_m).abs() < 1e-3 * (1.0 + one.cpa_m) && one.tcpa_s.is_finite());
            prop_assert!(one.cpa_m <= one.distance_m + 1e-6 * one.distance_m.max(1.0));
        }
    }

    fn any_motion() -> impl Strategy<Value = Motion> {
        (-90.0..=90.0_f64, -180.0..=180.0_f64, 0.0..100.0_f64, 0.0..360.0_f64)
            .prop_map(|(lat, lon, knots, course)| motion(lat, lon, knots, course))
    }
}
