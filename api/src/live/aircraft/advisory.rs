//! An ACAS resolution advisory in words (Annex 10 Vol. IV §4.3.8.4.2.2.1.1, table of ARA bits).
//!
//! ```text
//!   ARA, 14 bits, the first on the air is bit 13
//!   13 = 1  one threat, or all to the same side     12 corrective  11 downward  10 increased rate  9 reversal  8 crossing  7 positive
//!   13 = 0  several threats, to both sides (MTE)    12 correct upward  11 climb  10 correct downward  9 descend  8 crossing  7 reversal
//! ```

use model::{Advisory, Threat};

/// `climb`, `increase descent`, `do not climb`… Never empty.
pub(crate) fn text(a: &Advisory) -> String {
    if a.terminated {
        return "clear of conflict".into();
    }
    let bit = |n: u16| a.active >> n & 1 == 1;
    if !bit(13) && !a.multiple_threats {
        return "advisory without a vertical part".into();
    }
    let mut out = if bit(13) { one_sided(bit) } else { two_sided(bit) }.to_owned();
    if bit(8) {
        out.push_str(", crossing");
    }
    if if bit(13) { bit(9) } else { bit(7) } {
        out.push_str(", reversed");
    }
    out
}

fn one_sided(bit: impl Fn(u16) -> bool) -> &'static str {
    let (corrective, down, increased, positive) = (bit(12), bit(11), bit(10), bit(7));
    match (positive, corrective, down, increased) {
        (true, _, false, true) => "increase climb",
        (true, _, true, true) => "increase descent",
        (true, true, false, false) => "climb",
        (true, true, true, false) => "descend",
        (true, false, false, false) => "maintain climb",
        (true, false, true, false) => "maintain descent",
        (false, true, false, _) => "reduce descent",
        (false, true, true, _) => "reduce climb",
        (false, false, false, _) => "do not descend",
        (false, false, true, _) => "do not climb",
    }
}

fn two_sided(bit: impl Fn(u16) -> bool) -> &'static str {
    match (bit(11), bit(9), bit(12), bit(10)) {
        (true, false, ..) => "climb",
        (false, true, ..) => "descend",
        (_, _, true, false) => "reduce descent",
        (_, _, false, true) => "reduce climb",
        _ => "keep level",
    }
}

/// Who it is about: an address, or height, distance and direction.
pub(crate) fn threat(threat: Option<&Threat>) -> Option<String> {
    Some(match threat? {
        Threat::Address(address) => format!("icao:{address}"),
        Threat::Place { alt_ft, range_dnmi, bearing_deg } => {
            let parts = [
                alt_ft.map(|ft| format!("{ft} ft")),
                range_dnmi.map(|r| format!("{:.1} NM", f64::from(r) / 10.0)),
                bearing_deg.map(|b| format!("{b}° from the nose")),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Icao24;

    fn advisory(active: u16, multiple_threats: bool, terminated: bool) -> Advisory {
        Advisory { active, complements: 0, terminated, multiple_threats, threat: None }
    }

    #[test]
    fn the_usual_ones() {
        for (bits, words) in [
            (&[13, 12, 7][..], "climb"),
            (&[13, 12, 11, 7], "descend"),
            (&[13, 12, 10, 7], "increase climb"),
            (&[13, 12, 11, 9, 7], "descend, reversed"),
            (&[13, 12, 8, 7], "climb, crossing"),
            (&[13, 7], "maintain climb"),
            (&[13], "do not descend"),
            (&[13, 11], "do not climb"),
            (&[13, 12, 11], "reduce climb"),
        ] {
            assert_eq!(text(&advisory(bits.iter().map(|b| 1 << b).sum(), false, false)), words);
        }
        assert_eq!(text(&advisory(1 << 12 | 1 << 11, true, false)), "climb");
        assert_eq!(text(&advisory(1 << 13, false, true)), "clear of conflict");
    }

    #[test]
    fn every_code_has_words() {
        for active in 0..1 << 14 {
            for multiple in [false, true] {
                assert!(!text(&advisory(active, multiple, false)).is_empty());
            }
        }
    }

    #[test]
    fn threats() {
        assert_eq!(threat(None), None);
        assert_eq!(threat(Icao24::new(0x40_6b90).map(Threat::Address).as_ref()).as_deref(), Some("icao:406b90"));
        let place = Threat::Place { alt_ft: Some(31_000), range_dnmi: Some(12), bearing_deg: None };
        assert_eq!(threat(Some(&place)).as_deref(), Some("31000 ft, 1.2 NM"));
    }
}
