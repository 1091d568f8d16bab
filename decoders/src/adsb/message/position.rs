//! Airborne and surface position, type codes 0, 5–8, 9–18, 20–22 (DO-260B §2.2.3.2.3, §2.2.3.2.4).
//!
//! ```text
//!   airborne ME  1–5 type code   6–7 surveillance status   8 NIC supplement B   9–20 altitude   21 T   22 F
//!                23–39 latitude   40–56 longitude (CPR, 17 bits each; F: 0 even, 1 odd)
//!   surface  ME  1–5 type code   6–12 movement   13 track status   14–20 track, LSB 360/128°   21 T   22 F   23–56 as above
//!   coarse   ME  1 IMF   2–3 surveillance status   4–7 service volume   8–19 altitude   20 track status   21–25 track, LSB 360/32°
//!                26–31 speed   32 F   33–44 latitude   45–56 longitude (CPR, 12 bits each)      TIS-B, DF 18 CF 3 (§2.2.17.3.5)
//! ```
//!
//! The altitude of type codes 20–22 is height above the ellipsoid, in the same code as any altitude: feet, 25 ft steps with the Q
//! bit. Some read the 12 bits as metres; that would put the Q bit in the middle of a number.

use super::altitude;
use crate::bits::Bits;
use model::{CentiDegrees, DeciKnots};

/// One half of a compact position report: 17 bits each, in units of 2^-17 zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpr {
    pub odd: bool,
    pub lat: u32,
    pub lon: u32,
}

/// Bits 6–7 of an airborne position (DO-260B §2.2.3.2.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surveillance {
    None,
    /// Squawk 7500, 7600 or 7700.
    PermanentAlert,
    /// The squawk has changed.
    TemporaryAlert,
    /// "Ident" was pressed.
    SpecialPosition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Airborne {
    /// 0, 9–18 or 20–22: says how good the position is.
    pub type_code: u8,
    pub surveillance: Surveillance,
    /// NIC supplement B (version 2); single antenna flag (0 and 1); ICAO/Mode A flag in TIS-B and ADS-R.
    pub bit_8: bool,
    /// Pressure altitude, feet (type codes 0, 9–18).
    pub baro_alt_ft: Option<i32>,
    /// Height above the ellipsoid, feet (type codes 20–22).
    pub geom_alt_ft: Option<i32>,
    /// `None`: type code 0 has no position.
    pub cpr: Option<Cpr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surface {
    /// 5–8.
    pub type_code: u8,
    pub speed: Option<DeciKnots>,
    /// Direction of movement or heading (the operational status says which).
    pub track: Option<CentiDegrees>,
    /// Bit 21: T; ICAO/Mode A flag in TIS-B and ADS-R.
    pub bit_21: bool,
    pub cpr: Cpr,
}

pub(super) fn airborne(me: Bits<56>) -> Airborne {
    let type_code = me.get::<1, 5>() as u8;
    let altitude = altitude::from_ac12(me.get::<9, 20>());
    let geometric = 20 <= type_code;
    Airborne {
        type_code,
        surveillance: surveillance(me.get::<6, 7>()),
        bit_8: me.flag::<8>(),
        baro_alt_ft: altitude.filter(|_| !geometric),
        geom_alt_ft: altitude.filter(|_| geometric),
        cpr: (type_code != 0).then(|| cpr(me)),
    }
}

/// TIS-B, coarse: half a position in units of 2^-12 zone (163 m of latitude).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coarse {
    pub surveillance: Surveillance,
    pub baro_alt_ft: Option<i32>,
    pub track: Option<CentiDegrees>,
    /// The middle of the code's interval of 32 kt.
    pub speed: Option<DeciKnots>,
    pub cpr: Cpr,
}

pub(super) fn coarse(me: Bits<56>) -> Coarse {
    // 12 bits of the fraction that 17 bits are elsewhere.
    let cpr = Cpr { odd: me.flag::<32>(), lat: me.get::<33, 44>() << 5, lon: me.get::<45, 56>() << 5 };
    Coarse {
        surveillance: surveillance(me.get::<2, 3>()),
        baro_alt_ft: altitude::from_ac12(me.get::<8, 19>()),
        track: me.get_if::<20, 25>().and_then(|t| CentiDegrees::from_degrees(f64::from(t) * 360.0 / 32.0)),
        // 1: below 16 kt; n: 32·n − 48 to 32·n − 16 kt; 63: 1,968 kt or more.
        speed: Some(me.get::<26, 31>()).filter(|n| (1..63).contains(n)).map(|n| DeciKnots(320 * (n as u16 - 1))),
        cpr,
    }
}

fn surveillance(code: u32) -> Surveillance {
    match code {
        0 => Surveillance::None,
        1 => Surveillance::PermanentAlert,
        2 => Surveillance::TemporaryAlert,
        _ => Surveillance::SpecialPosition,
    }
}

pub(super) fn surface(me: Bits<56>) -> Surface {
    Surface {
        type_code: me.get::<1, 5>() as u8,
        speed: movement(me.get::<6, 12>()),
        track: me.get_if::<13, 20>().and_then(|t| CentiDegrees::from_degrees(f64::from(t) * 360.0 / 128.0)),
        bit_21: me.flag::<21>(),
        cpr: cpr(me),
    }
}

fn cpr(me: Bits<56>) -> Cpr {
    Cpr { odd: me.flag::<22>(), lat: me.get::<23, 39>(), lon: me.get::<40, 56>() }
}

/// Ground speed from the movement code (DO-260B §2.2.3.2.4.2): the lower end of the code's interval, as the field's
/// other decoders have it. 124 is "175 kt or more". `None`: 0 (unknown), 125–127 (reserved).
fn movement(code: u32) -> Option<DeciKnots> {
    let eighths = match code {
        1 => 0,
        2..=8 => code - 1,
        9..=12 => 8 + 2 * (code - 9),
        13..=38 => 16 + 4 * (code - 13),
        39..=93 => 120 + 8 * (code - 39),
        94..=108 => 560 + 16 * (code - 94),
        109..=123 => 800 + 40 * (code - 109),
        124 => 1400,
        _ => return None,
    };
    // Eighths of a knot to tenths, half up: 0.125 kt is 0.1, 0.375 is 0.4.
    Some(DeciKnots(((eighths * 10 + 4) / 8) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movement_codes_follow_the_table() {
        let expected = [(1, 0), (2, 1), (8, 9), (9, 10), (12, 18), (13, 20), (38, 145), (39, 150), (93, 690)];
        let faster = [(94, 700), (108, 980), (109, 1000), (123, 1700), (124, 1750)];
        for (code, deci) in expected.into_iter().chain(faster) {
            assert_eq!(movement(code), Some(DeciKnots(deci)), "{code}");
        }
        for code in [0, 125, 126, 127] {
            assert_eq!(movement(code), None);
        }
    }

    #[test]
    fn a_textbook_airborne_position() {
        let p = airborne(Bits::new(0x58_c382_d690_c8ac));
        assert_eq!((p.type_code, p.baro_alt_ft, p.geom_alt_ft), (11, Some(38_000), None));
        assert_eq!(p.cpr, Some(Cpr { odd: false, lat: 93_000, lon: 51_372 }));
        assert_eq!(p.surveillance, Surveillance::None);
    }

    #[test]
    fn a_textbook_surface_position() {
        // 8C4841753AAB238733C8CD4020B1: movement 42, track 140.625°.
        let p = surface(Bits::new(0x3a_ab23_8733_c8cd));
        assert_eq!((p.type_code, p.speed), (7, Some(DeciKnots(180))));
        assert_eq!(p.track.unwrap().get(), 14_063);
        assert_eq!(p.cpr, Cpr { odd: false, lat: 115_609, lon: 116_941 });
    }
}
