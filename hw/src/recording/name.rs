//! What a recording's file name tells: `g001_1090M_2400k.cs16` = centre 1,090 MHz, 2.4 Msps, signed 16-bit IQ.
//!
//! ```text
//!   <anything>_<rate>k.<format>                 modes1_2000k.cu8
//!   <anything>_<centre>M_<rate>k.<format>       g001_433.92M_250k.cu8   (as rtl_433 writes them)
//! ```
//! The last of the words between `_` that is a number with `k` or `M` is the rate; one with `M` before it is the centre.

use model::IqFormat;
use std::path::Path;

/// How the samples of a recording are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Bare samples, nothing else.
    Iq(IqFormat),
    /// RIFF/WAVE: the header tells rate, width and channels.
    Wav,
    /// Audio of one channel, signed 16 bit, nothing else: what rtl_fm writes.
    S16,
}

impl Layout {
    /// Names taken on the command line and in configuration: those of the file extensions.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "cu8" | "data" => Some(Self::Iq(IqFormat::Cu8)),
            "cs16" | "c16" | "sc16" => Some(Self::Iq(IqFormat::Cs16)),
            "cf32" | "cfile" | "fc32" => Some(Self::Iq(IqFormat::Cf32)),
            "wav" => Some(Self::Wav),
            "s16" | "s16le" => Some(Self::S16),
            _ => None,
        }
    }
}

/// What could be read from a file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RecordingName {
    pub layout: Option<Layout>,
    pub rate_sps: Option<u32>,
    pub center_hz: Option<u64>,
}

impl RecordingName {
    pub fn parse(path: &Path) -> Self {
        let layout = path.extension().and_then(|e| e.to_str()).and_then(Layout::from_name);
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let mut words = stem.rsplit('_').filter_map(quantity);
        let rate_sps = words.next().and_then(|(hz, _)| u32::try_from(hz).ok());
        let center_hz = words.find(|(_, unit)| *unit == 'M').map(|(hz, _)| hz);
        Self { layout, rate_sps, center_hz }
    }
}

/// `2400k` → 2,400,000; `433.92M` → 433,920,000.
fn quantity(word: &str) -> Option<(u64, char)> {
    let word = word.strip_suffix("sps").unwrap_or(word);
    let (number, unit, scale) = match word.char_indices().next_back()? {
        (at, 'k' | 'K') => (&word[..at], 'k', 1e3),
        (at, 'M') => (&word[..at], 'M', 1e6),
        _ => return None,
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let value = number.parse::<f64>().ok()? * scale;
    (1.0..1e12).contains(&value).then_some((value.round() as u64, unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(name: &str, layout: Option<Layout>, rate_sps: Option<u32>, center_hz: Option<u64>) {
        assert_eq!(RecordingName::parse(Path::new(name)), RecordingName { layout, rate_sps, center_hz }, "{name}");
    }

    #[test]
    fn names_tell_format_rate_and_centre() {
        let (cu8, cs16, cf32) = (Some(Layout::Iq(IqFormat::Cu8)), Some(Layout::Iq(IqFormat::Cs16)), Some(Layout::Iq(IqFormat::Cf32)));
        check("/r/modes1_2000k.cu8", cu8, Some(2_000_000), None);
        check("rsadsb_test_1641427457780_2400k.cs16", cs16, Some(2_400_000), None);
        check("g001_433.92M_250k.cu8", cu8, Some(250_000), Some(433_920_000));
        check("x_1090M_2.4M.CF32", cf32, Some(2_400_000), Some(1_090_000_000));
        check("x_2.4Msps.cf32", cf32, Some(2_400_000), None);
        check("swiftais_240k_iq.wav", Some(Layout::Wav), Some(240_000), None);
        check("plain.cu8", cu8, None, None);
        check("k_M_.x_..k.unknown", None, None, None);
        check("x_99999999999999M.cu8", cu8, None, None);
        check("", None, None, None);
    }

    proptest! {
        #[test]
        fn what_was_written_into_a_name_is_read(khz in 8_u32..60_000, center_mhz in 1_u64..6_000, before in "[a-z0-9_]{0,12}") {
            let told = RecordingName::parse(Path::new(&format!("{before}_{center_mhz}M_{khz}k.cs16")));
            prop_assert_eq!((told.rate_sps, told.center_hz), (Some(khz * 1_000), Some(center_mhz * 1_000_000)));
        }

        #[test]
        fn any_name_is_answered_with_sane_numbers(name in ".{0,40}") {
            let told = RecordingName::parse(Path::new(&name));
            prop_assert!(told.rate_sps != Some(0) && told.center_hz != Some(0));
        }
    }
}
