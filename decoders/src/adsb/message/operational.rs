//! Operational status, type code 31 (DO-260B §2.2.3.2.7.2 for version 2; DO-260A for 1; version 0 has almost nothing).
//!
//! ```text
//!   ME  1–5 type code   6–8 subtype (0 airborne, 1 surface)
//!   airborne  9–24 capability: 11 TCAS operational (version 1: not TCAS)   12 1090ES in   15 ARV   16 TS
//!   surface   9–20 capability: 12 1090ES in   15 class B2 low power   17–19 NACv   20 NIC supplement C      21–24 length and width
//!   25–40 operational mode: 27 TCAS advisory active   28 ident   30 single antenna (2)   31–32 SDA (2)
//!   41–43 version   44 NIC supplement (A)   45–48 NACp   49–50 GVA (airborne, 2)   51–52 SIL
//!   53 NICbaro (airborne), heading instead of track (surface)   54 reference is magnetic   55 SIL is per sample (2)   56 ICAO/Mode A
//! ```

use crate::bits::Bits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operational {
    pub surface: bool,
    /// 0–7; 3 and above are read as 2, of which they are extensions.
    pub version: u8,
    pub nic_supplement_a: bool,
    /// Surface, version 2.
    pub nic_supplement_c: bool,
    pub nac_p: u8,
    /// Surface, version 1 and 2: airborne transmitters send it with their velocity.
    pub nac_v: Option<u8>,
    /// Airborne, version 2: geometric vertical accuracy 0–3.
    pub gva: Option<u8>,
    pub sil: u8,
    pub sil_per_sample: Option<bool>,
    /// System design assurance 0–3.
    pub sda: Option<u8>,
    pub nic_baro: Option<bool>,
    /// Surface positions carry a heading, not a track.
    pub surface_heading: bool,
    /// Headings are from magnetic north.
    pub magnetic: bool,
    pub tcas_operational: Option<bool>,
    pub tcas_advisory: bool,
    pub ident: bool,
    /// Surface: upper bounds in decimetres of length and width (DO-260B table 2-74).
    pub size_dm: Option<(u16, u16)>,
}

/// `None` for the reserved subtypes 2–7.
pub(super) fn parse(me: Bits<56>) -> Option<Operational> {
    let subtype = me.get::<6, 8>();
    if 1 < subtype {
        return None;
    }
    let surface = subtype == 1;
    let version = me.get::<41, 43>() as u8;
    let from_1 = 1 <= version;
    let from_2 = 2 <= version;
    let tcas_bit = me.flag::<11>();
    Some(Operational {
        surface,
        version,
        nic_supplement_a: from_1 && me.flag::<44>(),
        nic_supplement_c: from_2 && surface && me.flag::<20>(),
        nac_p: if from_1 { me.get::<45, 48>() as u8 } else { 0 },
        nac_v: (from_1 && surface).then(|| me.get::<17, 19>() as u8),
        gva: (from_2 && !surface).then(|| me.get::<49, 50>() as u8),
        sil: if from_1 { me.get::<51, 52>() as u8 } else { 0 },
        sil_per_sample: from_2.then(|| me.flag::<55>()),
        sda: from_2.then(|| me.get::<31, 32>() as u8),
        nic_baro: (from_1 && !surface).then(|| me.flag::<53>()),
        surface_heading: from_1 && surface && me.flag::<53>(),
        magnetic: from_1 && me.flag::<54>(),
        tcas_operational: match (surface, version) {
            (true, _) | (_, 0) => None,
            (_, 1) => Some(!tcas_bit),
            _ => Some(tcas_bit),
        },
        tcas_advisory: from_1 && me.flag::<27>(),
        ident: from_1 && me.flag::<28>(),
        size_dm: if surface && from_1 { size_dm(me.get::<21, 24>() as usize) } else { None },
    })
}

/// Length and width codes: each names the smallest box that holds the aircraft. Code 0 is "no data".
fn size_dm(code: usize) -> Option<(u16, u16)> {
    const LENGTH_DM: [u16; 8] = [150, 250, 350, 450, 550, 650, 750, 850];
    const WIDTH_DM: [u16; 16] = [115, 230, 285, 340, 330, 380, 395, 450, 450, 520, 595, 670, 725, 800, 800, 900];
    (code != 0).then(|| (LENGTH_DM[code / 2], WIDTH_DM[code]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_airborne() {
        // 8DA05629F82300020049B8...: the layout is the test's own: TCAS, version 2, NACp 9, GVA 2, SIL 3, NICbaro.
        let me = 31 << 51 | 1 << 45 | 2 << 24 | 2 << 13 | 1 << 12 | 9 << 8 | 2 << 6 | 3 << 4 | 1 << 3 | 1 << 2;
        let o = parse(Bits::new(me)).unwrap();
        assert_eq!((o.surface, o.version, o.nac_p, o.sil), (false, 2, 9, 3));
        assert_eq!((o.gva, o.sda, o.nic_baro), (Some(2), Some(2), Some(true)));
        assert_eq!((o.nic_supplement_a, o.nic_supplement_c, o.nac_v), (true, false, None));
        assert_eq!((o.tcas_operational, o.magnetic, o.sil_per_sample), (Some(true), true, Some(false)));
    }

    #[test]
    fn version_2_surface() {
        let me = 31 << 51 | 1 << 48 | 2 << 37 | 1 << 36 | 3 << 32 | 2 << 13 | 10 << 8 | 1 << 3;
        let o = parse(Bits::new(me)).unwrap();
        assert_eq!((o.surface, o.nac_v, o.nic_supplement_c), (true, Some(2), true));
        assert_eq!((o.size_dm, o.surface_heading, o.gva), (Some((250, 340)), true, None));
    }

    #[test]
    fn version_0_says_only_its_version() {
        let o = parse(Bits::new(31 << 51 | 0xff)).unwrap();
        assert_eq!((o.version, o.nac_p, o.sil, o.sil_per_sample, o.tcas_operational), (0, 0, 0, None, None));
        assert_eq!(parse(Bits::new(31 << 51 | 2 << 48)), None);
    }
}
