//! Which device or program sent it: by the destination (1.2 addendum, "tocalls"), and for Mic-E by the bytes around its comment.
//!
//! The destination names one from `AP` on, the Mic-E bytes are `>`, `]`, `` ` `` or `'` in front and one or two behind. Our own table of the
//! commonest, facts of the public registry that programs exchange: who is not in it is unknown, which is no fault. The longest beginning that fits counts.

/// By the destination: how it begins.
const BY_DESTINATION: [(&str, &str); 49] = [
    ("APAGW", "AGWtracker"),
    ("APAT", "Anytone handheld or mobile"),
    ("APAVT", "Tracker AVRT"),
    ("APBM", "BrandMeister gateway"),
    ("APBPQ", "BPQ32"),
    ("APCLEY", "EYTraker"),
    ("APDG", "D-STAR gateway"),
    ("APDR", "APRSdroid"),
    ("APDS", "dsDIGI"),
    ("APDW", "Dire Wolf"),
    ("APDNO", "APRSduino"),
    ("APFI", "aprs.fi application"),
    ("APGO", "APRS-Go"),
    ("APHAX", "SM2APRS"),
    ("APJI", "jAPRSIgate"),
    ("APJS", "javAPRSSrvr"),
    ("APJY", "YAAC"),
    ("APK003", "Kenwood TH-D72"),
    ("APK004", "Kenwood TH-D74"),
    ("APK005", "Kenwood TH-D75"),
    ("APK0", "Kenwood TH-D7"),
    ("APK1", "Kenwood TM-D700"),
    ("APLG", "LoRa gateway or tracker"),
    ("APLRG", "LoRa iGate"),
    ("APLRT", "LoRa tracker"),
    ("APLT", "LoRa tracker"),
    ("APMI", "Microsat"),
    ("APN2", "NOSaprs"),
    ("APN3", "Kantronics KPC-3"),
    ("APN9", "Kantronics KPC-9612"),
    ("APND", "DIGI_NED"),
    ("APNU", "UIDIGI"),
    ("APOT", "Open Tracker"),
    ("APPIC", "PicoAPRS"),
    ("APRARX", "radiosonde_auto_rx"),
    ("APRG", "aprsg"),
    ("APRX", "aprx"),
    ("APSAR", "SARTrack"),
    ("APTT", "TinyTrak"),
    ("APT2", "TinyTrak2"),
    ("APT3", "TinyTrak3"),
    ("APU1", "UI-View16"),
    ("APU2", "UI-View32"),
    ("APX", "Xastir"),
    ("APY01D", "Yaesu FT1D"),
    ("APY02D", "Yaesu FT2D"),
    ("APY05D", "Yaesu FT5D"),
    ("APY", "Yaesu radio"),
    ("APZ", "experimental"),
];

/// Mic-E: byte in front, bytes behind, name. Longer before shorter.
const BY_MIC_E: [(u8, &str, &str); 29] = [
    (b'>', "=", "Kenwood TH-D72"),
    (b'>', "^", "Kenwood TH-D74"),
    (b'>', "&", "Kenwood TH-D75"),
    (b'>', "", "Kenwood TH-D7"),
    (b']', "=", "Kenwood TM-D710"),
    (b']', "", "Kenwood TM-D700"),
    (b'`', "_ ", "Yaesu VX-8"),
    (b'`', "_\"", "Yaesu FTM-350"),
    (b'`', "_#", "Yaesu VX-8G"),
    (b'`', "_$", "Yaesu FT1D"),
    (b'`', "_(", "Yaesu FT2D"),
    (b'`', "_0", "Yaesu FT3D"),
    (b'`', "_3", "Yaesu FT5D"),
    (b'`', "_1", "Yaesu FTM-300D"),
    (b'`', "_2", "Yaesu FTM-200D"),
    (b'`', "_4", "Yaesu FTM-500D"),
    (b'`', "_%", "Yaesu FTM-400DR"),
    (b'`', "_)", "Yaesu FTM-100D"),
    (b'`', " X", "SainSonic AP510"),
    (b'`', "(5", "Anytone D578UV"),
    (b'`', "", "a radio that takes messages"),
    (b'\'', "(8", "Anytone D878UV"),
    (b'\'', "|3", "TinyTrak3"),
    (b'\'', "|4", "TinyTrak4"),
    (b'\'', ":4", "SCS GmbH P4dragon"),
    (b'\'', ":8", "SCS GmbH P4dragon"),
    (b'\'', "^v", "HinzTec anyfrog"),
    (b'\'', "*v", "KissOZ tracker"),
    (b'\'', "", "a tracker"),
];

/// By the destination without SSID.
pub fn by_destination(destination: &[u8]) -> Option<&'static str> {
    let found = BY_DESTINATION.iter().filter(|(start, _)| destination.starts_with(start.as_bytes()));
    found.max_by_key(|(start, _)| start.len()).map(|(_, name)| *name)
}

/// Takes the bytes that name the device off a Mic-E comment, whose outer blanks may be lost.
pub fn by_mic_e(comment: &mut String) -> Option<MicEDevice> {
    let first = comment.bytes().next()?;
    let of_type = BY_MIC_E.iter().filter(|(b, ..)| *b == first);
    let fits = |behind: &str| comment[1..].ends_with(behind) || comment[1..].ends_with(behind.trim_end()) && behind.ends_with(' ');
    let (_, behind, name) = of_type.clone().find(|(_, behind, _)| fits(behind))?;
    let end = if comment[1..].ends_with(behind) { comment.len() - behind.len() } else { comment.len() - behind.trim_end().len() };
    let marks = (first, *behind);
    *comment = comment[1..end].trim().to_owned();
    Some(MicEDevice { name, marks })
}

/// What Mic-E says of its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicEDevice {
    pub name: &'static str,
    /// The byte in front of the comment, and those behind.
    pub marks: (u8, &'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_the_unknown() {
        assert_eq!(by_destination(b"APDW17"), Some("Dire Wolf"));
        assert_eq!(by_destination(b"APRX29"), Some("aprx"));
        assert_eq!(by_destination(b"APK005"), Some("Kenwood TH-D75"));
        assert_eq!(by_destination(b"APRS"), None);
        let check = |comment: &str, left: &str, name: Option<&str>| {
            let mut comment = comment.to_owned();
            assert_eq!((by_mic_e(&mut comment).map(|d| d.name), comment.as_str()), (name, left));
        };
        check("]hello=", "hello", Some("Kenwood TM-D710"));
        check("]hello", "hello", Some("Kenwood TM-D700"));
        check("`Östersund_", "Östersund", Some("Yaesu VX-8"));
        check("'x|3", "x", Some("TinyTrak3"));
        check("hello", "hello", None);
        check(">", "", Some("Kenwood TH-D7"));
    }
}
