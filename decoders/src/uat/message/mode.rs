//! Mode status (DO-282B §2.2.4.5.4).
//!
//! ```text
//!  byte 18…23                            24                25         26               27                     28
//!      | emitter category and callsign  | emergency 3     | MSO 6     | NACp 4, NACv 3, | capabilities 3, modes | GVA 2, … |
//!      | 3 × 16 bits of base 40         | version 3, SIL 2 | SDA 2    | NICbaro 1       | 3, CSID, SIL supp.    |          |
//! ```
//! CSID 1: callsign; 0: the place holds the Mode A code. Byte 27 from version 2 (DO-282B) on: UAT in, 1090 in, TCAS operational, TCAS
//! advisory, ident, ATC services, CSID, SIL supplement; before: CDTI, TCAS operational, TCAS advisory, ident, ATC services, heading
//! reference, CSID, reserved.

use crate::registry::Refusal;
use crate::uat::bytes::Fields;
use model::{Emergency, Quality, ShortText};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeStatus {
    /// `A1` … `D7`. `None`: no information, or a reserved code.
    pub category: Option<ShortText<4>>,
    pub callsign: Option<ShortText<9>>,
    /// Four octal digits in decimal.
    pub squawk: Option<u16>,
    /// `None`: a reserved code.
    pub emergency: Option<Emergency>,
    /// 0: DO-282, 1: DO-282A, 2: DO-282B.
    pub version: u8,
    pub nac_p: u8,
    pub ident: bool,
    pub tcas_operational: bool,
    pub tcas_advisory: bool,
    /// What the selected heading of the target state is measured from.
    pub heading_is_magnetic: bool,
    pub quality: Quality,
}

/// Code 37 stands behind a squawk as a space does.
const BASE_40: &[u8; 40] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ  ??";
/// Three digits of base 40 leave these codes of 16 bits unused.
const WORD_MAX: u32 = 40 * 40 * 40 - 1;

impl ModeStatus {
    pub(super) fn read(f: Fields<'_>) -> Result<Self, Refusal> {
        let words = [18, 20, 22].map(|byte| f.get(byte, 1, 16));
        if words.iter().any(|word| WORD_MAX < *word) {
            return Err(Refusal::Sanity);
        }
        let digit = |word: u32, place: u32| (word / 40_u32.pow(2 - place) % 40) as usize;
        let text: Vec<u8> = (1..9).map(|i| BASE_40[digit(words[i / 3], i as u32 % 3)]).collect();
        let text = core::str::from_utf8(&text).expect("the alphabet is ASCII").trim_end();
        let is_callsign = f.flag(27, 7);
        let plain = !text.is_empty() && !text.contains('?');
        let (nac_p, version) = (f.get(26, 1, 4) as u8, f.get(24, 4, 3) as u8);
        // The capabilities before DO-282B lie one bit further ahead, and the sixth tells the heading's reference.
        let capabilities = if version < 2 { 2 } else { 3 };
        Ok(Self {
            category: category(digit(words[0], 0) as u8),
            callsign: if plain && is_callsign { ShortText::new(text).ok() } else { None },
            squawk: if is_callsign { None } else { squawk(text) },
            emergency: emergency(f.get(24, 1, 3)),
            version,
            nac_p,
            tcas_operational: f.flag(27, capabilities),
            tcas_advisory: f.flag(27, capabilities + 1),
            ident: f.flag(27, capabilities + 2),
            heading_is_magnetic: 2 <= version || f.flag(27, 6),
            quality: quality(f, nac_p, version),
        })
    }
}

fn category(code: u8) -> Option<ShortText<4>> {
    let letter = ['A', 'B', 'C', 'D'].get(usize::from(code / 8))?;
    if code == 0 { None } else { ShortText::new(&format!("{letter}{}", code % 8)).ok() }
}

fn squawk(text: &str) -> Option<u16> {
    let octal = text.len() == 4 && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if octal { text.parse().ok() } else { None }
}

const fn emergency(code: u32) -> Option<Emergency> {
    Some(match code {
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

/// Height error, design assurance and what integrity is counted by came with version 2.
fn quality(f: Fields<'_>, nac_p: u8, version: u8) -> Quality {
    let since_b = |code: u32| if version < 2 { 0 } else { code };
    let exponent = |code: u32| [None, Some(3), Some(5), Some(7)][code as usize & 3];
    Quality {
        position_error_m: epu_m(nac_p),
        geom_alt_error_m: [None, Some(150), Some(45), None][since_b(f.get(28, 1, 2)) as usize],
        velocity_error_dm_s: [None, Some(100), Some(30), Some(10), Some(3), None, None, None][f.get(26, 5, 3) as usize],
        integrity_exponent: exponent(f.get(24, 7, 2)),
        integrity_per_sample: (2 <= version).then(|| f.flag(27, 8)),
        design_assurance_exponent: exponent(since_b(f.get(25, 7, 2))),
        baro_alt_checked: Some(f.flag(26, 8)),
        // The state vector of the same message says it.
        containment_m: None,
    }
}

/// 95 % horizontal position error from NACp, metres, rounded up (table 2-45).
pub const fn epu_m(nac_p: u8) -> Option<u32> {
    Some(match nac_p {
        1 => 18_520,
        2 => 7_408,
        3 => 3_704,
        4 => 1_852,
        5 => 926,
        6 => 556,
        7 => 186,
        8 => 93,
        9 => 30,
        10 => 10,
        11 => 3,
        _ => return None,
    })
}
