//! Places, directions and speeds as integers, so that replays are equal byte for byte on every machine.

/// A place on WGS 84 in units of 1e-7 degree (1.1 cm of latitude). Latitude −90…90, longitude −180 ≤ lon < 180.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LatLon {
    lat_e7: i32,
    lon_e7: i32,
}

impl LatLon {
    /// `None` unless both are finite and latitude is within ±90°. Longitude is wrapped into −180 ≤ lon < 180.
    pub fn from_degrees(lat_deg: f64, lon_deg: f64) -> Option<Self> {
        if !lat_deg.is_finite() || !lon_deg.is_finite() || 90.0 < lat_deg.abs() || 360.0 < lon_deg.abs() {
            return None;
        }
        let lat_e7 = (lat_deg * 1e7).round() as i32;
        let lon_e7 = (lon_deg * 1e7).round() as i64;
        let wrapped = (lon_e7 + 1_800_000_000).rem_euclid(3_600_000_000) - 1_800_000_000;
        Some(Self { lat_e7, lon_e7: wrapped as i32 })
    }

    /// `None` when out of range.
    pub fn from_e7(lat_e7: i32, lon_e7: i32) -> Option<Self> {
        let ok = lat_e7.unsigned_abs() <= 900_000_000 && (-1_800_000_000..1_800_000_000).contains(&lon_e7);
        ok.then_some(Self { lat_e7, lon_e7 })
    }

    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    pub fn lat_deg(self) -> f64 {
        f64::from(self.lat_e7) / 1e7
    }

    pub fn lon_deg(self) -> f64 {
        f64::from(self.lon_e7) / 1e7
    }

    /// Great-circle distance in metres on a sphere of 6,371,008.8 m (haversine; 0.5 % of WGS 84).
    pub fn distance_m(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.lat_deg().to_radians(), other.lat_deg().to_radians());
        let dlat = lat2 - lat1;
        let dlon = (other.lon_deg() - self.lon_deg()).to_radians();
        let h = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
        2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()
    }
}

/// A direction in hundredths of a degree, 0 ≤ value < 36,000, clockwise from true north (or magnetic, where the field says so).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CentiDegrees(u16);

impl CentiDegrees {
    /// Any finite angle, wrapped into the circle.
    pub fn from_degrees(deg: f64) -> Option<Self> {
        deg.is_finite().then(|| Self(((deg * 100.0).round().rem_euclid(36_000.0)) as u16 % 36_000))
    }

    pub const fn new(centi: u16) -> Option<Self> {
        if centi < 36_000 { Some(Self(centi)) } else { None }
    }

    pub const fn get(self) -> u16 {
        self.0
    }

    pub fn degrees(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// A speed in tenths of a knot, 0–6,553.5 kt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeciKnots(pub u16);

impl DeciKnots {
    /// `None` when negative, not finite or above 6,553.5 kt.
    pub fn from_knots(kt: f64) -> Option<Self> {
        (0.0..=6_553.5).contains(&kt).then(|| Self((kt * 10.0).round() as u16))
    }

    pub fn knots(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longitude_wraps_and_latitude_does_not() {
        assert_eq!(LatLon::from_degrees(0.0, 180.0).unwrap().lon_e7(), -1_800_000_000);
        assert_eq!(LatLon::from_degrees(0.0, 190.0).unwrap().lon_deg(), -170.0);
        assert_eq!(LatLon::from_degrees(90.1, 0.0), None);
        assert_eq!(LatLon::from_degrees(f64::NAN, 0.0), None);
        assert_eq!(LatLon::from_e7(0, 1_800_000_000), None);
        assert_eq!(LatLon::from_e7(i32::MIN, 0), None);
    }

    #[test]
    fn directions_stay_on_the_circle() {
        assert_eq!(CentiDegrees::from_degrees(-0.001).unwrap().get(), 0);
        assert_eq!(CentiDegrees::from_degrees(359.999).unwrap().get(), 0);
        assert_eq!(CentiDegrees::from_degrees(-90.0).unwrap().degrees(), 270.0);
        assert_eq!(CentiDegrees::new(36_000), None);
    }

    #[test]
    fn one_degree_of_latitude_is_111_km() {
        let d = LatLon::from_degrees(0.0, 0.0).unwrap().distance_m(LatLon::from_degrees(1.0, 0.0).unwrap());
        assert!((d - 111_195.0).abs() < 1.0, "{d}");
    }
}
