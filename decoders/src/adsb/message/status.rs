//! Aircraft status, type code 28, test message with squawk, type code 23, and ACAS advisories wherever they are sent
//! (DO-260B §2.2.3.2.7.8; ICAO Annex 10 Vol. IV §4.3.8.4.2.2; Doc 9871 register 3,0).
//!
//! ```text
//!   TC 28 subtype 1   9–11 emergency state   12–24 Mode A code
//!   TC 28 subtype 2   9–22 ARA   23–26 RAC   27 RAT   28 MTE   29–30 TTI   31–56 threat
//!   register 3,0, and MV of DF 16: the same from bit 9, with 0x30 in bits 1–8
//!   TTI 1: 31–54 address      TTI 2: 31–43 altitude code   44–50 range   51–56 bearing
//! ```

use super::altitude;
use crate::bits::Bits;
use model::{Advisory, Emergency, Icao24, Threat};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmergencyStatus {
    /// `None`: state 7.
    pub emergency: Option<Emergency>,
    /// State 7: reserved in versions 0–2, "aircraft in distress" in version 3 (ED-102B).
    pub state_7: bool,
    /// `None`: no Mode A code given (all zeros).
    pub squawk: Option<u16>,
    /// Bits 25–56, which are reserved, are zeros, as every transponder sends them; of random bits once in 4 billion.
    pub reserved_clear: bool,
}

pub(super) fn emergency(me: Bits<56>) -> EmergencyStatus {
    let state = me.get::<9, 11>();
    EmergencyStatus {
        emergency: emergency_state(state),
        state_7: state == 7,
        squawk: mode_a(me.get::<12, 24>()),
        reserved_clear: me.get::<25, 56>() == 0,
    }
}

/// The emergency or priority status of type codes 28 and 29 (version 1).
pub(super) fn emergency_state(state: u32) -> Option<Emergency> {
    Some(match state {
        0 => Emergency::None,
        1 => Emergency::General,
        2 => Emergency::Medical,
        3 => Emergency::MinimumFuel,
        4 => Emergency::NoCommunications,
        5 => Emergency::UnlawfulInterference,
        6 => Emergency::Downed,
        _ => return None,
    })
}

/// Type code 23 subtype 7: the Mode A code of version 0 and 1 transmitters in the United States, in bits 9–21.
pub(super) fn test_message(me: Bits<56>) -> Option<u16> {
    if me.get::<6, 8>() == 7 { mode_a(me.get::<9, 21>()) } else { None }
}

fn mode_a(id: u32) -> Option<u16> {
    (id != 0).then(|| altitude::squawk(id))
}

/// Which emergency a Mode A code is (ICAO Annex 10 Vol. IV §2.1.4.1).
pub const fn squawk_emergency(squawk: u16) -> Option<Emergency> {
    match squawk {
        7500 => Some(Emergency::UnlawfulInterference),
        7600 => Some(Emergency::NoCommunications),
        7700 => Some(Emergency::General),
        _ => None,
    }
}

/// Whether bits 9–56 can be an advisory's: the seven bits after the active ones are reserved (ACAS III was never built), and a
/// threat that is not told is all zeros. Noise passes once in 400 times.
pub fn is_well_formed_advisory(field: Bits<56>) -> bool {
    field.get::<16, 22>() == 0
        && match field.get::<29, 30>() {
            0 => field.get::<31, 56>() == 0,
            1 => field.get::<55, 56>() == 0,
            2 => true,
            _ => false,
        }
}

/// The advisory in bits 9–56. `None` when there is none: no advisory bit set and none just ended.
pub fn advisory(field: Bits<56>) -> Option<Advisory> {
    let active = field.get::<9, 22>() as u16;
    let terminated = field.flag::<27>();
    if active == 0 && !terminated {
        return None;
    }
    let threat = match field.get::<29, 30>() {
        1 => Some(Threat::Address(Icao24::new(field.get::<31, 54>()).expect("24 bits"))),
        2 => Some(Threat::Place {
            alt_ft: altitude::from_ac13(field.get::<31, 43>()),
            // 1: less than 0.05 NM; 127: more than 12.55 NM; else (n − 1) tenths.
            range_dnmi: Some(field.get::<44, 50>()).filter(|&n| n != 0 && n != 127).map(|n| n as u16 - 1),
            // n: between 6·(n − 1) and 6·n degrees; the middle.
            bearing_deg: Some(field.get::<51, 56>()).filter(|n| (1..=60).contains(n)).map(|n| 6 * n as u16 - 3),
        }),
        _ => None,
    };
    Some(Advisory { active, complements: field.get::<23, 26>() as u8, terminated, multiple_threats: field.flag::<28>(), threat })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emergency_and_squawk() {
        // 8DA2C1B6E112B600000000760759: emergency state none, squawk 6513 (the published example).
        let s = emergency(Bits::new(0xe1_12b6_0000_0000));
        assert_eq!(s, EmergencyStatus { emergency: Some(Emergency::None), state_7: false, squawk: Some(6513), reserved_clear: true });
        let s = emergency(Bits::new(0xe1_2000_0000_0000 | 0x0AAA << 32));
        assert_eq!(s, EmergencyStatus { emergency: Some(Emergency::General), state_7: false, squawk: Some(7700), reserved_clear: true });
        assert_eq!(emergency(Bits::new(0xe1_e000_0000_0000)).emergency, None);
    }

    #[test]
    fn advisories_name_their_threat() {
        assert_eq!(advisory(Bits::new(0xe2_0000_0000_0000)), None);
        let address = advisory(Bits::new(0xe2_0000_0000_0000 | 1 << 47 | 1 << 26 | 0x40_6b90 << 2)).unwrap();
        assert_eq!(address.active, 1 << 13);
        assert_eq!(address.threat, Some(Threat::Address(Icao24::new(0x40_6b90).unwrap())));
        let place = advisory(Bits::new(0x30_0000_0000_0000 | 1 << 29 | 2 << 26 | 11 << 6 | 1)).unwrap();
        assert!(place.terminated);
        assert_eq!(place.threat, Some(Threat::Place { alt_ft: None, range_dnmi: Some(10), bearing_deg: Some(3) }));
    }

    #[test]
    fn an_advisory_leaves_reserved_bits_and_absent_threats_empty() {
        for (field, ok) in [
            (1_u64 << 47, true),
            (1 << 47 | 1 << 34, false),
            (1 << 47 | 1, false),
            (1 << 47 | 1 << 26 | 0x40_6b90 << 2, true),
            (1 << 47 | 1 << 26 | 1, false),
            (1 << 47 | 3 << 26, false),
        ] {
            assert_eq!(is_well_formed_advisory(Bits::new(0x30 << 48 | field)), ok, "{field:014x}");
        }
    }
}
