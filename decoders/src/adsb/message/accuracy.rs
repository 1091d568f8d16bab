//! Quality codes to metres (DO-260B tables 2-9…2-17, N-4…N-11; DO-260A table 2-11; DO-260 table 2-11).
//!
//! A radius is rounded up to whole metres; `None` is "unknown", which is a code of its own in every table.
//!
//! ```text
//!   NIC (from the type code and supplements A, B, C)  containment radius Rc: left without alert with probability SIL
//!   NACp  EPU, 95 % of horizontal position errors        NACv  95 % of velocity errors        GVA  95 % of height errors
//!   version 0: NUCp (from the type code): 95 % of horizontal position errors
//! ```

/// EPU from NACp, metres (DO-260B table N-5).
pub const fn epu_m(nac_p: u8) -> Option<u32> {
    Some(match nac_p {
        11 => 3,
        10 => 10,
        9 => 30,
        8 => 93,
        7 => 186,
        6 => 556,
        5 => 926,
        4 => 1852,
        3 => 3704,
        2 => 7408,
        1 => 18_520,
        _ => return None,
    })
}

/// The supplements that, with the type code, make the navigation integrity category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Supplements {
    pub a: bool,
    pub b: bool,
    pub c: bool,
}

/// Containment radius of a position of this type code, metres. Without supplements (they come in other messages, or the
/// version has none) it is the wider one.
pub const fn containment_m(type_code: u8, version: u8, nic: Supplements) -> Option<u32> {
    let Supplements { a, b, c } = nic;
    // Version 1 has one supplement; where version 2 asks for both, it alone decides.
    let ab = if version < 2 { a } else { a && b };
    Some(match type_code {
        // Version 3 gives these codes wider meanings by a supplement of its own: better no figure than one too good.
        20 | 21 if 2 < version => return None,
        5 | 9 | 20 => 8,
        6 | 10 | 21 => 25,
        7 if a && (version < 2 || !c) => 75,
        7 => 186,
        8 if 2 <= version && a && c => 371,
        8 if 2 <= version && a => 556,
        8 if 2 <= version && c => 1112,
        11 if ab => 75,
        11 => 186,
        12 => 371,
        13 if ab => 1112,
        13 if 2 <= version && b => 556,
        13 => 926,
        14 => 1852,
        15 => 3704,
        16 if ab => 7408,
        16 => 14_816,
        17 => 37_040,
        _ => return None,
    })
}

/// 95 % horizontal error from NUCp, version 0, metres (DO-260 table 2-11).
pub const fn nuc_p_error_m(type_code: u8) -> Option<u32> {
    Some(match type_code {
        5 | 9 | 20 => 3,
        6 | 10 | 21 => 10,
        7 | 11 => 93,
        8 | 12 => 186,
        13 => 463,
        14 => 926,
        15 => 1852,
        16 => 9260,
        17 => 18_520,
        _ => return None,
    })
}

/// 95 % velocity error from NACv, decimetres per second (DO-260B table 2-22).
pub const fn velocity_error_dm_s(nac_v: u8) -> Option<u16> {
    Some(match nac_v {
        1 => 100,
        2 => 30,
        3 => 10,
        4 => 3,
        _ => return None,
    })
}

/// 95 % height error from GVA, metres (DO-260B table 2-71).
pub const fn geom_alt_error_m(gva: u8) -> Option<u16> {
    match gva {
        1 => Some(150),
        2 => Some(45),
        _ => None,
    }
}

/// n of a probability 10^-n from SIL or SDA (DO-260B tables 2-72, 2-65).
pub const fn exponent(level: u8) -> Option<u8> {
    match level {
        1 => Some(3),
        2 => Some(5),
        3 => Some(7),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containment_by_version() {
        let none = Supplements::default();
        let a = Supplements { a: true, ..none };
        let ab = Supplements { a: true, b: true, c: false };
        let b = Supplements { b: true, ..none };
        for (type_code, version, nic, rc) in [
            (11, 2, none, Some(186)),
            (11, 2, ab, Some(75)),
            (11, 2, a, Some(186)),
            (11, 1, a, Some(75)),
            (13, 2, b, Some(556)),
            (13, 2, none, Some(926)),
            (13, 2, ab, Some(1112)),
            (13, 1, a, Some(1112)),
            (16, 2, ab, Some(7408)),
            (18, 2, ab, None),
            (8, 2, Supplements { c: true, ..none }, Some(1112)),
            (8, 1, a, None),
            (22, 2, none, None),
            (20, 2, none, Some(8)),
            (20, 3, none, None),
            (13, 3, b, Some(556)),
        ] {
            assert_eq!(containment_m(type_code, version, nic), rc, "TC {type_code} version {version} {nic:?}");
        }
    }

    #[test]
    fn better_codes_are_never_wider() {
        for codes in [[9, 10], [10, 11], [11, 12], [12, 13], [13, 14], [14, 15], [15, 16], [16, 17]] {
            let [better, worse] = codes.map(|tc| containment_m(tc, 2, Supplements::default()).unwrap());
            assert!(better <= worse);
        }
        for nac_p in 1..11 {
            assert!(epu_m(nac_p + 1).unwrap() < epu_m(nac_p).unwrap());
        }
        assert_eq!(epu_m(0), None);
        assert_eq!(epu_m(12), None);
    }
}
