//! An instant in JSON: RFC 3339 with `Z` and microseconds as far as they are not zero.

use model::UnixMicros;
use serde::{Serialize, Serializer};
use std::fmt;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utc(pub UnixMicros);

impl Utc {
    /// Without its fraction of a second: for sentences that people read.
    pub const fn seconds(at: UnixMicros) -> Self {
        Self(UnixMicros(at.0 - at.0.rem_euclid(1_000_000)))
    }

    /// The first and last instant that RFC 3339 can write (years 1 to 9999). Others are shown as the nearer end.
    pub const MIN: UnixMicros = UnixMicros(-62_135_596_800_000_000);
    pub const MAX: UnixMicros = UnixMicros(253_402_300_799_999_999);

    /// RFC 3339 with any offset; without an offset it is UTC (as the old system wrote it). A space may stand for the `T`.
    pub fn parse(text: &str) -> Option<Self> {
        let instant = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| parse_without_offset(text))?;
        Some(Self::from(instant))
    }
}

fn parse_without_offset(text: &str) -> Option<OffsetDateTime> {
    let text = text.replacen(' ', "T", 1);
    let with_offset = OffsetDateTime::parse(&text, &Rfc3339);
    let fraction = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond]");
    let seconds = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let minutes = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    let naive = || {
        PrimitiveDateTime::parse(&text, fraction)
            .or_else(|_| PrimitiveDateTime::parse(&text, seconds))
            .or_else(|_| PrimitiveDateTime::parse(&text, minutes))
    };
    with_offset.ok().or_else(|| Some(naive().ok()?.assume_utc()))
}

impl From<OffsetDateTime> for Utc {
    fn from(instant: OffsetDateTime) -> Self {
        let micros = instant.unix_timestamp_nanos().div_euclid(1_000);
        Self(UnixMicros(i64::try_from(micros).expect("9,999 years in microseconds fit 64 bits")))
    }
}

impl From<Utc> for OffsetDateTime {
    fn from(utc: Utc) -> Self {
        let micros = utc.0.clamp(Utc::MIN, Utc::MAX).0;
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).expect("clamped to the years that exist")
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Text::of(*self).as_str())
    }
}

impl Serialize for Utc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Text::of(*self).as_str())
    }
}

/// `2026-11-23T00:00:00.25Z`. By hand: in a line of JSON the `time` crate's formatting took a quarter of the whole.
pub(super) struct Text {
    bytes: [u8; 27],
    len: usize,
}

impl Text {
    pub fn of(utc: Utc) -> Self {
        let micros = utc.0.clamp(Utc::MIN, Utc::MAX).0;
        let (days, of_day) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000) as u64);
        let [year, month, day] = date(days);
        let mut text = Self { bytes: *b"0000-00-00T00:00:00.000000Z", len: 27 };
        let seconds = of_day / 1_000_000;
        let numbers =
            [(0, 4, year), (5, 2, month), (8, 2, day), (11, 2, seconds / 3_600), (14, 2, seconds / 60 % 60), (17, 2, seconds % 60)];
        for (at, width, value) in numbers.into_iter().chain([(20, 6, of_day % 1_000_000)]) {
            text.digits(at, width, value);
        }
        // Zeros at the end of the fraction, and a point without one, are left out.
        let mut end = 26;
        while end == 20 || text.bytes[end - 1] == b'0' && 20 < end {
            end -= 1;
        }
        text.bytes[end] = b'Z';
        text.len = end + 1;
        text
    }

    fn digits(&mut self, at: usize, width: usize, mut value: u64) {
        for place in (at..at + width).rev() {
            self.bytes[place] = b'0' + (value % 10) as u8;
            value /= 10;
        }
    }

    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.len]).expect("digits and separators")
    }
}

/// Year, month and day of a number of days since 1970 (proleptic Gregorian, years 1 to 9999). Counts in eras of 400 years from 1 March.
fn date(days: i64) -> [u64; 3] {
    let since = (days + 719_468) as u64;
    let (era, of_era) = (since / 146_097, since % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    [year_of_era + 400 * era + u64::from(month <= 2), month, day]
}

impl utoipa::PartialSchema for Utc {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        RefOr::T(text.description(Some("RFC 3339, UTC, with Z")).build().into())
    }
}

impl utoipa::ToSchema for Utc {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_z_and_reads_what_clients_send() {
        assert_eq!(Utc(UnixMicros(0)).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Utc(UnixMicros(1_763_856_000_250_000)).to_string(), "2025-11-23T00:00:00.25Z");
        for (text, expected) in [
            ("2025-11-23T00:00:00Z", Some(1_763_856_000_000_000)),
            ("2025-11-23T02:00:00+02:00", Some(1_763_856_000_000_000)),
            ("2025-11-23T00:00:00", Some(1_763_856_000_000_000)),
            ("2025-11-23 00:00:00.25", Some(1_763_856_000_250_000)),
            ("2025-11-23 00:00:00.25+00:00", Some(1_763_856_000_250_000)),
            ("2025-11-23T00:00", Some(1_763_856_000_000_000)),
            ("2025-11-31T00:00:00Z", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(Utc::parse(text).map(|t| t.0.0), expected, "{text}");
        }
    }

    #[test]
    fn every_instant_can_be_written() {
        for micros in [i64::MIN, Utc::MIN.0, -1, Utc::MAX.0, i64::MAX] {
            assert!(Utc::parse(&Utc(UnixMicros(micros)).to_string()).is_some(), "{micros}");
        }
    }

    proptest::proptest! {
        #[test]
        fn instants_read_as_the_time_crate_writes_them(micros in Utc::MIN.0..=Utc::MAX.0, coarse in proptest::sample::select(vec![1_i64, 1_000, 1_000_000, 86_400_000_000])) {
            let utc = Utc(UnixMicros(micros / coarse * coarse));
            proptest::prop_assert_eq!(utc.to_string(), OffsetDateTime::from(utc).format(&Rfc3339).unwrap());
        }
    }
}
