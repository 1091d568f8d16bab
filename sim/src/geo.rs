//! A flat map around a centre, on a sphere of 6,371,008.8 m: azimuthal equidistant, so distance and bearing from the centre
//! are exact and paths can be drawn in metres. East is +x, north is +y.

use model::LatLon;

pub(crate) const EARTH_RADIUS_M: f64 = 6_371_008.8;
pub(crate) const LIGHT_M_PER_S: f64 = 299_792_458.0;
pub(crate) const METRES_PER_FOOT: f64 = 0.3048;
/// Metres per second in one knot.
pub(crate) const KNOT_MPS: f64 = 1852.0 / 3600.0;

/// A point on the map, metres from the centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub x: f64,
    pub y: f64,
}

/// The projection around one centre.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalMap {
    lat0: f64,
    lon0: f64,
}

impl LocalMap {
    pub fn new(center: LatLon) -> Self {
        Self { lat0: center.lat_deg().to_radians(), lon0: center.lon_deg().to_radians() }
    }

    pub fn to_place(self, p: Point) -> LatLon {
        let distance = p.x.hypot(p.y) / EARTH_RADIUS_M;
        let bearing = p.x.atan2(p.y);
        let sin_lat = self.lat0.sin() * distance.cos() + self.lat0.cos() * distance.sin() * bearing.cos();
        let lat = sin_lat.clamp(-1.0, 1.0).asin();
        let east = bearing.sin() * distance.sin() * self.lat0.cos();
        let lon = self.lon0 + east.atan2(distance.cos() - self.lat0.sin() * sin_lat);
        LatLon::from_degrees(lat.to_degrees(), lon.to_degrees()).expect("asin and a wrapped sum stay on the globe")
    }

    pub fn to_point(self, place: LatLon) -> Point {
        let (lat, lon) = (place.lat_deg().to_radians(), place.lon_deg().to_radians());
        let dlon = lon - self.lon0;
        let cos_d = self.lat0.sin() * lat.sin() + self.lat0.cos() * lat.cos() * dlon.cos();
        let east = lat.cos() * dlon.sin();
        let north = self.lat0.cos() * lat.sin() - self.lat0.sin() * lat.cos() * dlon.cos();
        let sin_d = east.hypot(north);
        let scale = if sin_d < 1e-12 { EARTH_RADIUS_M } else { EARTH_RADIUS_M * sin_d.atan2(cos_d) / sin_d };
        Point { x: east * scale, y: north * scale }
    }
}

/// Direction from `a` to `b`, degrees from true north, 0 ≤ value < 360.
pub(crate) fn bearing_deg(a: LatLon, b: LatLon) -> f64 {
    let (lat_a, lat_b) = (a.lat_deg().to_radians(), b.lat_deg().to_radians());
    let dlon = (b.lon_deg() - a.lon_deg()).to_radians();
    let y = dlon.sin() * lat_b.cos();
    let x = lat_a.cos() * lat_b.sin() - lat_a.sin() * lat_b.cos() * dlon.cos();
    y.atan2(x).to_degrees().rem_euclid(360.0)
}

/// Straight-line distance between two places at heights above the sphere, metres.
pub(crate) fn slant_range_m(a: LatLon, a_height_m: f64, b: LatLon, b_height_m: f64) -> f64 {
    let angle = a.distance_m(b) / EARTH_RADIUS_M;
    let (ra, rb) = (EARTH_RADIUS_M + a_height_m, EARTH_RADIUS_M + b_height_m);
    let chord2 = (rb - ra).powi(2) + 4.0 * ra * rb * (angle / 2.0).sin().powi(2);
    chord2.sqrt()
}

/// How far two antennas see each other over a smooth earth with 4/3 refraction, metres.
pub(crate) fn radio_horizon_m(a_height_m: f64, b_height_m: f64) -> f64 {
    let reach = |h: f64| (2.0 * EARTH_RADIUS_M * 4.0 / 3.0 * h.max(0.0)).sqrt();
    reach(a_height_m) + reach(b_height_m)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_keeps_distance_and_bearing_from_its_centre() {
        for (lat, lon) in [(52.3, 4.8), (0.0, 179.9), (-70.0, 10.0)] {
            let center = LatLon::from_degrees(lat, lon).unwrap();
            let map = LocalMap::new(center);
            for (x, y) in [(0.0, 0.0), (1e5, 0.0), (-3e5, 2e5), (10.0, -7.0)] {
                let place = map.to_place(Point { x, y });
                let back = map.to_point(place);
                assert!((back.x - x).abs() < 0.05 && (back.y - y).abs() < 0.05, "{back:?} for {x} {y}");
                assert!((center.distance_m(place) - f64::hypot(x, y)).abs() < 0.1);
                if x != 0.0 {
                    let want = x.atan2(y).to_degrees().rem_euclid(360.0);
                    assert!((bearing_deg(center, place) - want).abs() < 0.2, "{lat} {lon} {x} {y}");
                }
            }
        }
    }

    #[test]
    fn an_airliner_is_seen_at_about_four_hundred_kilometres() {
        let horizon = radio_horizon_m(10.0, 38_000.0 * METRES_PER_FOOT);
        assert!((440_000.0..470_000.0).contains(&horizon), "{horizon}");
    }
}
