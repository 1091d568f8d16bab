//! Airborne velocity, type code 19 (DO-260B §2.2.3.2.6).
//!
//! ```text
//!   ME  1–5 type code   6–8 subtype   9 intent change   11–13 NACv (NUCr in version 0)
//!   subtype 1, 2 (over ground)   14 west   15–24 east-west   25 south   26–35 north-south
//!   subtype 3, 4 (in the air)    14 heading status   15–24 heading, LSB 360/1024°   25 true airspeed   26–35 airspeed
//!       a speed is n − 1 knots (subtype 2, 4: times 4); 0 is unknown; 1023 is "more than can be said"
//!   36 vertical rate source (1 barometric)   37 down   38–46 rate, n − 1 times 64 ft/min; 0 unknown; 511 beyond
//!   49 geometric below barometric   50–56 difference, n − 1 times 25 ft; 0 unknown; 127 beyond
//! ```
//!
//! "Beyond" codes are bounds, not values: they become `None` rather than a number that looks measured.

use crate::bits::Bits;
use model::{CentiDegrees, DeciKnots, SpeedKind, VerticalSource};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AirborneVelocity {
    /// 1–4.
    pub subtype: u8,
    /// Bit 9: intent change; ICAO/Mode A flag in TIS-B and ADS-R.
    pub bit_9: bool,
    pub nac_v: u8,
    pub motion: Motion,
    /// Feet per minute, up positive.
    pub vertical_rate_fpm: Option<(VerticalSource, i32)>,
    /// Geometric height minus pressure altitude, feet.
    pub geom_minus_baro_ft: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Components over ground in knots, east and north positive.
    Ground {
        east_kt: Option<i32>,
        north_kt: Option<i32>,
    },
    Air {
        heading: Option<CentiDegrees>,
        airspeed: Option<(SpeedKind, DeciKnots)>,
    },
}

impl Motion {
    /// Speed over ground and true track. A direction needs movement: `None` when standing still.
    pub fn over_ground(self) -> (Option<DeciKnots>, Option<CentiDegrees>) {
        let Self::Ground { east_kt: Some(east), north_kt: Some(north) } = self else {
            return (None, None);
        };
        let speed = f64::from(east * east + north * north).sqrt();
        // No (east, north) lies within 1e-8 of a rounding tie, so that atan2's last bit, which may differ between
        // machines, never shows.
        let track = f64::from(east).atan2(f64::from(north)).to_degrees();
        let moving = east != 0 || north != 0;
        (DeciKnots::from_knots(speed), moving.then(|| CentiDegrees::from_degrees(track)).flatten())
    }
}

/// `None` for the reserved subtypes 0 and 5–7.
pub(super) fn parse(me: Bits<56>) -> Option<AirborneVelocity> {
    let subtype = me.get::<6, 8>() as u8;
    let scale = if subtype.is_multiple_of(2) { 4 } else { 1 };
    let motion = match subtype {
        1 | 2 => Motion::Ground {
            east_kt: magnitude(me.get::<15, 24>(), 1023).map(|v| signed(scale * v, me.flag::<14>())),
            north_kt: magnitude(me.get::<26, 35>(), 1023).map(|v| signed(scale * v, me.flag::<25>())),
        },
        3 | 4 => Motion::Air {
            heading: me.get_if::<14, 24>().and_then(|h| CentiDegrees::from_degrees(f64::from(h) * 360.0 / 1024.0)),
            airspeed: magnitude(me.get::<26, 35>(), 1023).map(|v| {
                let kind = if me.flag::<25>() { SpeedKind::TrueAir } else { SpeedKind::IndicatedAir };
                (kind, DeciKnots((10 * scale * v) as u16))
            }),
        },
        _ => return None,
    };
    let source = if me.flag::<36>() { VerticalSource::Barometric } else { VerticalSource::Geometric };
    Some(AirborneVelocity {
        subtype,
        bit_9: me.flag::<9>(),
        nac_v: me.get::<11, 13>() as u8,
        motion,
        vertical_rate_fpm: magnitude(me.get::<38, 46>(), 511).map(|v| (source, signed(64 * v, me.flag::<37>()))),
        geom_minus_baro_ft: magnitude(me.get::<50, 56>(), 127).map(|v| signed(25 * v, me.flag::<49>())),
    })
}

/// `code − 1`, unless it is 0 (unknown) or `beyond`.
fn magnitude(code: u32, beyond: u32) -> Option<i32> {
    (code != 0 && code != beyond).then(|| code as i32 - 1)
}

fn signed(magnitude: i32, negative: bool) -> i32 {
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn textbook_ground_velocity() {
        let v = parse(Bits::new(0x99_4409_9408_3817)).unwrap();
        let (speed, track) = v.motion.over_ground();
        assert_eq!(speed, Some(DeciKnots(1592)));
        assert_eq!(track.unwrap().get(), 18_288);
        assert_eq!(v.vertical_rate_fpm, Some((VerticalSource::Geometric, -832)));
        assert_eq!(v.geom_minus_baro_ft, Some(550));
    }

    #[test]
    fn textbook_airspeed() {
        let v = parse(Bits::new(0x9b_06b6_af18_9400)).unwrap();
        let Motion::Air { heading, airspeed } = v.motion else { panic!("{v:?}") };
        assert_eq!(heading.unwrap().get(), 24_398);
        assert_eq!(airspeed, Some((SpeedKind::TrueAir, DeciKnots(3750))));
        assert_eq!(v.vertical_rate_fpm, Some((VerticalSource::Barometric, -2304)));
        assert_eq!(v.geom_minus_baro_ft, None);
    }

    #[test]
    fn unknown_and_beyond_are_none() {
        let v = parse(Bits::new(0x99_0000_0000_0000)).unwrap();
        assert_eq!(v.motion, Motion::Ground { east_kt: None, north_kt: None });
        let beyond = parse(Bits::new(0x99_03ff_ffff_ffff)).unwrap();
        assert_eq!(beyond.motion.over_ground(), (None, None));
        assert_eq!((beyond.vertical_rate_fpm, beyond.geom_minus_baro_ft), (None, None));
        assert_eq!(parse(Bits::new(0x9d_0000_0000_0000)), None);
    }
}
