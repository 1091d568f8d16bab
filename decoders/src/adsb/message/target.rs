//! Target state and status, type code 29 (DO-260B §2.2.3.2.7.1 for version 2; DO-260A §2.2.3.2.7.1 for version 1).
//!
//! ```text
//!   version 2 (subtype 1)   8 SIL supplement   9 altitude from FMS   10–20 selected altitude, (n − 1)·32 ft
//!     21–29 altimeter setting, 800 + (n − 1)·0.8 hPa   30 heading status   31–39 heading, two's complement, LSB 180/256°
//!     40–43 NACp   44 NICbaro   45–46 SIL   47 mode bits valid   48 autopilot   49 VNAV   50 altitude hold
//!     51 ICAO/Mode A flag (ADS-R)   52 approach   53 TCAS operational   54 LNAV
//!   version 1 (subtype 0)   8–9 vertical source   10 altitude is above sea level   14–15 vertical mode
//!     16–25 target altitude, −1,000 + 100·n ft   26–27 horizontal source   28–36 heading or track, degrees   37 it is a track
//!     38–39 horizontal mode   40–43 NACp   44 NICbaro   45–46 SIL   52 not TCAS operational   53 TCAS advisory   54–56 emergency
//! ```

use super::status;
use crate::bits::Bits;
use model::{CentiDegrees, Emergency, HeadingReference, Intent};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetState {
    /// ADS-B version that this subtype belongs to: 1 or 2.
    pub version: u8,
    /// A selected heading of version 2 is stated as magnetic here; the operational status may say otherwise.
    pub intent: Intent,
    pub nac_p: u8,
    pub nic_baro: bool,
    pub sil: u8,
    /// Version 2: SIL is per sample, not per hour.
    pub sil_per_sample: Option<bool>,
    /// Version 1 only.
    pub emergency: Option<Emergency>,
}

/// `None` for the reserved subtypes.
pub(super) fn parse(me: Bits<56>) -> Option<TargetState> {
    match me.get::<6, 7>() {
        0 => Some(version_1(me)),
        1 => Some(version_2(me)),
        _ => None,
    }
}

fn version_2(me: Bits<56>) -> TargetState {
    let altitude = Some(me.get::<10, 20>()).filter(|&n| n != 0).map(|n| 32 * (n as i32 - 1));
    let from_fms = me.flag::<9>();
    // Nine bits fill the circle: the two's complement and the unsigned reading are the same direction.
    let heading = f64::from(me.get::<31, 39>()) * 180.0 / 256.0;
    let modes_valid = me.flag::<47>();
    let mode = |on: bool| modes_valid.then_some(on);
    TargetState {
        version: 2,
        intent: Intent {
            panel_alt_ft: altitude.filter(|_| !from_fms),
            fms_alt_ft: altitude.filter(|_| from_fms),
            // Tenths of a hectopascal: 800.0 + 0.8 (n − 1).
            altimeter_dhpa: Some(me.get::<21, 29>() as u16).filter(|&n| n != 0).map(|n| 8000 + 8 * (n - 1)),
            selected_heading: if me.flag::<30>() { magnetic(heading) } else { None },
            autopilot: mode(me.flag::<48>()),
            vertical_navigation: mode(me.flag::<49>()),
            altitude_hold: mode(me.flag::<50>()),
            approach: mode(me.flag::<52>()),
            lateral_navigation: mode(me.flag::<54>()),
            tcas_operational: Some(me.flag::<53>()),
            inferred: None,
        },
        nac_p: me.get::<40, 43>() as u8,
        nic_baro: me.flag::<44>(),
        sil: me.get::<45, 46>() as u8,
        sil_per_sample: Some(me.flag::<8>()),
        emergency: None,
    }
}

fn version_1(me: Bits<56>) -> TargetState {
    let altitude = Some(me.get::<16, 25>()).filter(|&n| n <= 1010).map(|n| 100 * n as i32 - 1000);
    let source = me.get::<8, 9>();
    let heading = Some(me.get::<28, 36>()).filter(|&h| h < 360 && me.get::<26, 27>() != 0);
    let reference = if me.flag::<37>() { HeadingReference::TrueTrack } else { HeadingReference::MagneticHeading };
    TargetState {
        version: 1,
        intent: Intent {
            // 1: control panel; 2: the altitude being held; 3: flight management system.
            panel_alt_ft: altitude.filter(|_| source == 1),
            fms_alt_ft: altitude.filter(|_| source == 3),
            selected_heading: heading.and_then(|h| Some((reference, CentiDegrees::new(100 * h as u16)?))),
            tcas_operational: Some(!me.flag::<52>()),
            ..Intent::default()
        },
        nac_p: me.get::<40, 43>() as u8,
        nic_baro: me.flag::<44>(),
        sil: me.get::<45, 46>() as u8,
        sil_per_sample: None,
        emergency: status::emergency_state(me.get::<54, 56>()),
    }
}

fn magnetic(degrees: f64) -> Option<(HeadingReference, CentiDegrees)> {
    Some((HeadingReference::MagneticHeading, CentiDegrees::from_degrees(degrees)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_fields() {
        // 8DA05629EA21485CBF3F8CADAEEB: 16,992 ft on the panel, 1012.8 hPa, 66.8°, modes as published.
        let t = parse(Bits::new(0xea_2148_5cbf_3f8c)).unwrap();
        assert_eq!((t.version, t.nac_p, t.nic_baro, t.sil), (2, 9, true, 3));
        assert_eq!(t.intent.panel_alt_ft, Some(16_992));
        assert_eq!(t.intent.altimeter_dhpa, Some(10_128));
        assert_eq!(t.intent.selected_heading.unwrap().1.get(), 6_680);
        assert_eq!((t.intent.autopilot, t.intent.vertical_navigation, t.intent.altitude_hold), (Some(true), Some(true), Some(false)));
        assert_eq!((t.intent.lateral_navigation, t.intent.approach, t.intent.tcas_operational), (Some(true), Some(false), Some(true)));
    }

    #[test]
    fn modes_are_unknown_when_not_valid() {
        let t = parse(Bits::new(0xea_2148_5cbf_3f8c & !(1 << 9))).unwrap();
        assert_eq!((t.intent.autopilot, t.intent.lateral_navigation), (None, None));
        assert_eq!(t.intent.tcas_operational, Some(true));
    }

    #[test]
    fn version_1_fields_and_reserved_subtypes() {
        // Source panel, 5,000 ft (n = 60), track 90° by FMS, emergency 5.
        let me = 29 << 51 | 1 << 47 | 60 << 31 | 3 << 29 | 90 << 20 | 1 << 19 | 8 << 13 | 1 << 12 | 2 << 10 | 5;
        let t = parse(Bits::new(me)).unwrap();
        assert_eq!((t.version, t.nac_p, t.nic_baro, t.sil), (1, 8, true, 2));
        assert_eq!(t.intent.panel_alt_ft, Some(5000));
        assert_eq!(t.intent.selected_heading.unwrap().0, HeadingReference::TrueTrack);
        assert_eq!(t.emergency, Some(Emergency::UnlawfulInterference));
        assert_eq!(parse(Bits::new(29 << 51 | 2 << 49)), None);
    }
}
