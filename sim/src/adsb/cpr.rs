//! Compact position reporting, the sending side (RTCA DO-260B §2.2.3.2.3.7 and appendix A.1.7.3–5).
//!
//! A place is sent as its fraction, in 2¹⁷ steps, of a latitude zone of 360°/(60 − i) and of a longitude zone of 360°/(NL − i),
//! i = 0 even, 1 odd; on the surface the zones are a quarter as large.

use core::f64::consts::PI;
use model::LatLon;

/// Which of the two grids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CprFormat {
    Even,
    Odd,
}

impl CprFormat {
    pub const fn flag(self) -> u32 {
        self as u32
    }

    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Even => Self::Odd,
            Self::Odd => Self::Even,
        }
    }
}

/// 17-bit latitude and longitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpr {
    pub lat: u32,
    pub lon: u32,
}

const STEPS: f64 = 131_072.0;

/// The number of longitude zones at a latitude, 1–59, from its defining formula (A.1.7.2 d).
pub fn zones_at(lat_deg: f64) -> u32 {
    let lat = lat_deg.abs();
    if lat == 0.0 {
        return 59;
    }
    if 87.0 <= lat {
        return if lat == 87.0 { 2 } else { 1 };
    }
    let narrow = 1.0 - (PI / 30.0).cos();
    let ratio = 1.0 - narrow / lat.to_radians().cos().powi(2);
    (2.0 * PI / ratio.acos()).floor() as u32
}

pub fn airborne(at: LatLon, format: CprFormat) -> Cpr {
    encode(at, format, 360.0)
}

pub fn surface(at: LatLon, format: CprFormat) -> Cpr {
    encode(at, format, 90.0)
}

fn encode(at: LatLon, format: CprFormat, circle_deg: f64) -> Cpr {
    let i = f64::from(format.flag());
    let lat_zone = circle_deg / (60.0 - i);
    let (lat_steps, lat_index) = split(at.lat_deg(), lat_zone);
    // The longitude zones are those of the latitude that the receiver will find, not of the exact one.
    let lat_sent = lat_zone * (lat_steps / STEPS + lat_index);
    let zones = (f64::from(zones_at(lat_sent)) - i).max(1.0);
    let (lon_steps, _) = split(at.lon_deg(), circle_deg / zones);
    Cpr { lat: lat_steps as u32 % 131_072, lon: lon_steps as u32 % 131_072 }
}

/// Steps within the zone (0…2¹⁷, the top one rounds into the next zone) and the zone's index.
fn split(angle: f64, zone: f64) -> (f64, f64) {
    let index = (angle / zone).floor();
    ((STEPS * (angle / zone - index) + 0.5).floor(), index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> LatLon {
        LatLon::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn zone_counts_match_the_published_edges() {
        for (lat, zones) in
            [(0.0, 59), (10.4704712, 59), (10.4704714, 58), (52.0, 36), (86.53, 3), (86.54, 2), (87.0, 2), (87.1, 1), (90.0, 1)]
        {
            assert_eq!(zones_at(lat), zones, "{lat}");
            assert_eq!(zones_at(-lat), zones, "-{lat}");
        }
    }

    #[test]
    fn a_published_pair_comes_out() {
        // 8D40621D58C382D690C8AC2863A7 (even) and 8D40621D58C386435CC412692AD6 (odd): 52.2572° N, 3.91937° E by global decoding of
        // the pair with the even one newest.
        let even = airborne(at(52.257_202_148_4, 3.919_372_558_6), CprFormat::Even);
        assert_eq!(even, Cpr { lat: 93_000, lon: 51_372 });
        // 52.265780° N, 3.938912° E with the odd one newest.
        let odd = airborne(at(52.265_780_128, 3.938_912_527), CprFormat::Odd);
        assert_eq!(odd, Cpr { lat: 74_158, lon: 50_194 });
    }

    #[test]
    fn a_zone_edge_rounds_into_the_next_zone() {
        let just_below = airborne(at(6.0 - 1e-6, 0.0), CprFormat::Even);
        assert_eq!(just_below.lat, 0);
        // At the pole one zone is left: a quarter down the 15th zone south, half round the world.
        assert_eq!(airborne(at(-90.0, -180.0), CprFormat::Odd), Cpr { lat: 32_768, lon: 65_536 });
    }

    #[test]
    fn local_decoding_returns_to_the_place() {
        // The receiver's arithmetic for a known reference (A.1.7.5), written out for the test only.
        for (lat, lon) in [(52.3, 4.76), (-33.9, 151.2), (40.7, -74.0), (0.01, -0.01), (69.7, 18.9)] {
            for format in [CprFormat::Even, CprFormat::Odd] {
                for (circle, got) in [(360.0, airborne(at(lat, lon), format)), (90.0, surface(at(lat, lon), format))] {
                    let i = f64::from(format.flag());
                    let dlat = circle / (60.0 - i);
                    let back_lat = dlat * ((lat / dlat).floor() + f64::from(got.lat) / STEPS);
                    let dlon = circle / (f64::from(zones_at(back_lat)) - i).max(1.0);
                    let back_lon = dlon * ((lon / dlon).floor() + f64::from(got.lon) / STEPS);
                    let error = at(back_lat, back_lon).distance_m(at(lat, lon));
                    assert!(error < if circle == 360.0 { 6.0 } else { 1.5 }, "{lat} {lon} {format:?} {circle}: {error} m");
                }
            }
        }
    }
}
