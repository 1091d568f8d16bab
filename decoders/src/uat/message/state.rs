//! The state vector (DO-282B §2.2.4.5.2).
//!
//! ```text
//!  byte 5.1   7.8    10.8      11.1   12.5  13.1   13.4                16.2            17.5
//!      | lat | lon  | altitude | alt | NIC | A/G  | horizontal        | vertical, or  | UTC, feedback, |
//!      | 23  | 24   | type 1   | 12  | 4   | 2, 1 | velocity 22       | size 11       | or site 4      |
//! ```

use crate::uat::bytes::Fields;
use model::{CentiDegrees, DeciKnots, HeadingReference, LatLon, VerticalSource};

/// Where a movement or a nose points.
pub type Direction = (HeadingReference, CentiDegrees);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// Knots to the north and to the east.
    Airborne {
        north_kt: Option<i32>,
        east_kt: Option<i32>,
        vertical_fpm: Option<(VerticalSource, i32)>,
    },
    OnGround {
        speed: Option<DeciKnots>,
        direction: Option<Direction>,
    },
    /// A reserved air/ground state.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StateVector {
    pub at: Option<LatLon>,
    pub baro_alt_ft: Option<i32>,
    pub geom_alt_ft: Option<i32>,
    /// The altitude field holds geometric altitude; the auxiliary state vector then holds the other one.
    pub alt_is_geometric: bool,
    /// Navigation integrity category.
    pub nic: u8,
    pub motion: Motion,
    /// UTC coupled, of one who speaks for himself.
    pub utc_coupled: bool,
    /// The ground station's TIS-B site, of one who is spoken about.
    pub site: u8,
}

impl StateVector {
    pub(super) fn read(f: Fields<'_>) -> Self {
        let (lat, lon, nic) = (f.get(5, 1, 23), f.get(7, 8, 24), f.get(12, 5, 4) as u8);
        let alt_is_geometric = f.flag(10, 8);
        let alt_ft = altitude_ft(f.get(11, 1, 12));
        let known = lat != 0 || lon != 0 || nic != 0;
        Self {
            at: if known { place(lat, lon) } else { None },
            baro_alt_ft: alt_ft.filter(|_| !alt_is_geometric),
            geom_alt_ft: alt_ft.filter(|_| alt_is_geometric),
            alt_is_geometric,
            nic,
            motion: motion(f),
            utc_coupled: f.flag(17, 5),
            site: f.get(17, 5, 4) as u8,
        }
    }

    /// Radius that holds the true position but for the integrity level, metres, rounded up (table 2-16).
    pub const fn containment_m(&self) -> Option<u32> {
        Some(match self.nic {
            1 => 37_040,
            2 => 14_816,
            3 => 7_408,
            4 => 3_704,
            5 => 1_852,
            6 => 1_112,
            7 => 371,
            8 => 186,
            9 => 75,
            10 => 25,
            11 => 8,
            _ => return None,
        })
    }
}

/// Angles of 360°/2²⁴; 23 bits of latitude leave 180° open, which no place has. `None`: no place on the globe.
pub fn place(lat: u32, lon: u32) -> Option<LatLon> {
    let degrees = |raw: u32| f64::from(raw) * 360.0 / f64::from(1 << 24);
    let (lat, lon) = (degrees(lat), degrees(lon));
    let lat = if 90.0 < lat { lat - 180.0 } else { lat };
    let lon = if 180.0 < lon { lon - 360.0 } else { lon };
    LatLon::from_degrees(lat, lon)
}

/// 25 ft steps from −1,000 ft; 0: not known.
pub fn altitude_ft(code: u32) -> Option<i32> {
    (code != 0).then(|| (code as i32 - 1) * 25 - 1000)
}

fn motion(f: Fields<'_>) -> Motion {
    let step = match f.get(13, 1, 2) {
        0 => 1,
        1 => 4,
        2 => return on_ground(f),
        _ => return Motion::Unknown,
    };
    // Sign (1: south, west, down), then the value plus one.
    let signed = |byte, bit, width: usize, step: i32| {
        let code = f.get(byte, bit, width + 1);
        let value = (code & ((1 << width) - 1)) as i32;
        let sign = if code >> width == 1 { -1 } else { 1 };
        (value != 0).then(|| sign * (value - 1) * step)
    };
    let source = if f.flag(16, 2) { VerticalSource::Barometric } else { VerticalSource::Geometric };
    Motion::Airborne {
        north_kt: signed(13, 4, 10, step),
        east_kt: signed(14, 7, 10, step),
        vertical_fpm: signed(16, 3, 9, 64).map(|fpm| (source, fpm)),
    }
}

fn on_ground(f: Fields<'_>) -> Motion {
    let speed = f.get(13, 5, 10);
    let reference = match f.get(14, 7, 2) {
        1 => Some(HeadingReference::TrueTrack),
        2 => Some(HeadingReference::MagneticHeading),
        3 => Some(HeadingReference::TrueHeading),
        _ => None,
    };
    let angle = CentiDegrees::from_degrees(f64::from(f.get(15, 1, 9)) * 360.0 / 512.0);
    Motion::OnGround { speed: if speed == 0 { None } else { DeciKnots::from_knots(f64::from(speed - 1)) }, direction: reference.zip(angle) }
}
