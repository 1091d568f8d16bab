//! Times in packets (ch. 6): `DDHHMMz`, `DDHHMM/`, `HHMMSSh`; `MMDDHHMM` in weather without a position.
//!
//! Trackers without a clock send anything there, and month and year are never told: the time of the frame is what counts, and this one
//! is for people.

use super::number;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// UTC.
    DayHourMinute(u8, u8, u8),
    /// The sender's own time zone.
    LocalDayHourMinute(u8, u8, u8),
    /// UTC.
    HourMinuteSecond(u8, u8, u8),
}

impl Time {
    /// Seven bytes. `None`: no such time.
    pub fn parse(b: &[u8]) -> Option<Self> {
        let (digits, zone) = b.split_at_checked(6)?;
        let n = number(digits)?;
        let [x, y, z] = [n / 10_000, n / 100 % 100, n % 100].map(|n| n as u8);
        let day = (1..=31).contains(&x) && y < 24 && z < 60;
        match zone {
            b"z" if day => Some(Self::DayHourMinute(x, y, z)),
            b"/" if day => Some(Self::LocalDayHourMinute(x, y, z)),
            b"h" if x < 24 && y < 60 && z < 60 => Some(Self::HourMinuteSecond(x, y, z)),
            _ => None,
        }
    }

    /// `hhmmss`, with decimals of a second or without.
    pub fn of_nmea(b: &[u8]) -> Option<Self> {
        let digits = b.get(..6)?;
        Self::parse(&[digits, b"h"].concat())
    }
}
