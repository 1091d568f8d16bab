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
        let text = OffsetDateTime::from(*self).format(&Rfc3339).expect("UTC within the years that RFC 3339 can write");
        f.write_str(&text)
    }
}

impl Serialize for Utc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
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
}
