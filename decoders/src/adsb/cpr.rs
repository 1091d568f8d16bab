//! Compact position reporting: two 17-bit halves to a place on WGS 84 (DO-260B appendix A §1.7; ICAO Doc 9871 §C.2.6).
//!
//! ```text
//!   even (F = 0): 60 latitude zones of 6° around the globe, odd (F = 1): 59 of 6.101…°; on the surface a quarter of that.
//!   YZ, XZ: where in its zone, in units of 2^-17 zone. Which zone is not sent:
//!     global:  an even and an odd half together name it (surface: one of 2 x 4 places; a reference chooses)
//!     local:   the one nearest to a reference that is less than half a zone away (180 NM; surface 45 NM)
//!   NL(lat): number of longitude zones, 59 at the equator, 1 beyond 87°: so that zones are nowhere narrower than 6° there.
//! ```
//!
//! Only +, −, ·, / and floor of IEEE doubles: the same result, bit for bit, on every machine.

use super::message::position::Cpr;
use model::LatLon;

/// Units of a zone: 2^17.
const UNITS: f64 = 131_072.0;

/// The position codes of airborne and of surface messages have zones of different size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Airborne,
    /// Zones are a quarter as large, and repeat every 90°.
    Surface,
}

impl Scale {
    const fn span_deg(self) -> f64 {
        match self {
            Self::Airborne => 360.0,
            Self::Surface => 90.0,
        }
    }
}

/// Latitudes at which the number of longitude zones falls, from 59 → 58 to 2 → 1:
/// acos √((1 − cos(π/30)) / (1 − cos(2π/NL))) in degrees, and 87.
static TRANSITIONS_DEG: [f64; 58] = [
    10.47047129997,
    14.82817436869,
    18.18626357071,
    21.02939492603,
    23.54504486557,
    25.82924707059,
    27.93898710122,
    29.91135685732,
    31.77209707681,
    33.53993436298,
    35.22899597796,
    36.85025107594,
    38.41241892412,
    39.92256684334,
    41.38651832260,
    42.80914012244,
    44.19454951419,
    45.54626722660,
    46.86733252499,
    48.16039128097,
    49.42776439256,
    50.67150165554,
    51.89342469169,
    53.09516152796,
    54.27817472273,
    55.44378444495,
    56.59318756206,
    57.72747353866,
    58.84763776148,
    59.95459276694,
    61.04917774246,
    62.13216659210,
    63.20427479382,
    64.26616522567,
    65.31845309682,
    66.36171008383,
    67.39646774085,
    68.42322022083,
    69.44242631144,
    70.45451074988,
    71.45986473029,
    72.45884544729,
    73.45177441668,
    74.43893415725,
    75.42056256653,
    76.39684390794,
    77.36789461328,
    78.33374082923,
    79.29428225457,
    80.24923213281,
    81.19801349272,
    82.13956980511,
    83.07199444720,
    83.99173562981,
    84.89166190702,
    85.75541620944,
    86.53536997512,
    87.00000000000,
];

/// Number of longitude zones at a latitude (DO-260B §A.1.7.2 d).
#[inline]
pub fn longitude_zones(lat_deg: f64) -> u32 {
    let lat = lat_deg.abs();
    59 - TRANSITIONS_DEG.partition_point(|&t| t < lat) as u32
}

/// Latitude zones around the globe for this half.
const fn latitude_zones(odd: bool) -> f64 {
    if odd { 59.0 } else { 60.0 }
}

/// Longitude zones for a half of this parity where `nl` are even.
fn half_zones(nl: u32, odd: bool) -> f64 {
    f64::from((nl - u32::from(odd && 1 < nl)).max(1))
}

/// The place of the newer of two airborne halves of different parity, sent by one aircraft within 10 s. `None`: the
/// halves lie in different longitude zones (or don't belong together).
pub fn global_airborne(older: Cpr, newer: Cpr) -> Option<LatLon> {
    let (lat, nl) = global_latitude(older, newer, Scale::Airborne, |lat| if 270.0 <= lat { lat - 360.0 } else { lat })?;
    LatLon::from_degrees(lat, signed_longitude(global_longitude(older, newer, Scale::Airborne, nl)))
}

/// As [`global_airborne`] for surface halves: of the eight places that the pair allows, the one nearest to `reference`.
pub fn global_surface(older: Cpr, newer: Cpr, reference: LatLon) -> Option<LatLon> {
    let near = reference.lat_deg();
    let hemisphere = |lat: f64| if (lat - 90.0 - near).abs() < (lat - near).abs() { lat - 90.0 } else { lat };
    let (lat, nl) = global_latitude(older, newer, Scale::Surface, hemisphere)?;
    let lon = global_longitude(older, newer, Scale::Surface, nl);
    let quadrants = ((reference.lon_deg() - lon) / 90.0 + 0.5).floor();
    LatLon::from_degrees(lat, signed_longitude(lon + 90.0 * quadrants))
}

/// Latitude of the newer half, put where it belongs by `settle`, and the zones that both halves agree on.
fn global_latitude(older: Cpr, newer: Cpr, scale: Scale, settle: impl Fn(f64) -> f64) -> Option<(f64, u32)> {
    debug_assert!(older.odd != newer.odd);
    let (even, odd) = by_parity(older, newer);
    let index = ((59.0 * f64::from(even.lat) - 60.0 * f64::from(odd.lat)) / UNITS + 0.5).floor();
    let latitude = |half: Cpr| {
        let zones = latitude_zones(half.odd);
        settle(scale.span_deg() / zones * (index.rem_euclid(zones) + f64::from(half.lat) / UNITS))
    };
    let (lat, other) = (latitude(newer), latitude(older));
    let nl = longitude_zones(lat);
    (lat.abs() <= 90.0 && other.abs() <= 90.0 && nl == longitude_zones(other)).then_some((lat, nl))
}

/// Longitude of the newer half, 0 ≤ lon < span.
fn global_longitude(older: Cpr, newer: Cpr, scale: Scale, nl: u32) -> f64 {
    let (even, odd) = by_parity(older, newer);
    let zones = f64::from(nl);
    let index = ((f64::from(even.lon) * (zones - 1.0) - f64::from(odd.lon) * zones) / UNITS + 0.5).floor();
    let zones = half_zones(nl, newer.odd);
    scale.span_deg() / zones * (index.rem_euclid(zones) + f64::from(newer.lon) / UNITS)
}

fn by_parity(a: Cpr, b: Cpr) -> (Cpr, Cpr) {
    if a.odd { (b, a) } else { (a, b) }
}

/// The place of one half nearest to `reference`. Right when the aircraft is less than half a zone from it: 3° of latitude
/// airborne, 0.75° on the surface. `None`: beyond a pole.
pub fn local(half: Cpr, scale: Scale, reference: LatLon) -> Option<LatLon> {
    let zone = scale.span_deg() / latitude_zones(half.odd);
    let lat = nearest(reference.lat_deg(), f64::from(half.lat) / UNITS, zone);
    if 90.0 < lat.abs() {
        return None;
    }
    let zone = scale.span_deg() / half_zones(longitude_zones(lat), half.odd);
    let lon = nearest(reference.lon_deg(), f64::from(half.lon) / UNITS, zone);
    LatLon::from_degrees(lat, signed_longitude(lon))
}

/// The number nearest to `near` that lies `fraction` into a zone.
fn nearest(near: f64, fraction: f64, zone: f64) -> f64 {
    zone * ((near / zone - fraction + 0.5).floor() + fraction)
}

fn signed_longitude(lon: f64) -> f64 {
    if 180.0 <= lon { lon - 360.0 } else { lon }
}

/// DO-260B §A.1.7.3: what a transmitter does. For tests.
#[cfg(test)]
pub(super) fn encode(lat: f64, lon: f64, odd: bool, scale: Scale) -> Cpr {
    let span = scale.span_deg();
    let zone = span / latitude_zones(odd);
    let units = |value: f64, zone: f64| (UNITS * value.rem_euclid(zone) / zone + 0.5).floor();
    let y = units(lat, zone);
    let on_grid = zone * (y / UNITS + (lat / zone).floor());
    let x = units(lon, span / half_zones(longitude_zones(on_grid), odd));
    Cpr { odd, lat: y as u32 % (1 << 17), lon: x as u32 % (1 << 17) }
}

#[cfg(test)]
mod tests;
