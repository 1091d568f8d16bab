//! When a playbook runs by itself. Pure: time comes in.
//!
//! ```text
//!   30s  15m  6h  1d        every so often, counted from 1970 (UTC)
//!   0 6 * * 1-5             cron: minute hour day-of-month month day-of-week (0 and 7: Sunday), each `*`, `a`, `a-b`, with `/step`,
//!                           and lists of them; UTC. Day of month and day of week both given: either will do, as cron has it.
//! ```
//! A moment that passed while the central was down is made up for when it is not older than [`LATE_MAX_US`].

use model::UnixMicros;
use thiserror::Error;
use time::OffsetDateTime;

/// An hour.
const LATE_MAX_US: i64 = 3_600_000_000;
const MINUTE_US: i64 = 60_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Microseconds.
    Every(i64),
    Cron(Cron),
}

/// A bit for each value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Neither begins with `*`.
    either_day: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is neither an interval (15m) nor cron (0 6 * * *)")]
pub(crate) struct BadSchedule(String);

impl Schedule {
    pub fn parse(text: &str) -> Result<Self, BadSchedule> {
        let bad = || BadSchedule(text.chars().take(100).collect());
        let fields: Vec<&str> = text.split_whitespace().collect();
        match fields.as_slice() {
            [interval] => every(interval).map(Self::Every).ok_or_else(bad),
            [minutes, hours, days, months, weekdays] => {
                let mut weekdays_set = field(weekdays, 0, 7).ok_or_else(bad)?;
                weekdays_set |= weekdays_set >> 7 & 1;
                Ok(Self::Cron(Cron {
                    minutes: field(minutes, 0, 59).ok_or_else(bad)?,
                    hours: field(hours, 0, 23).ok_or_else(bad)?,
                    days: field(days, 1, 31).ok_or_else(bad)?,
                    months: field(months, 1, 12).ok_or_else(bad)?,
                    weekdays: weekdays_set & 0x7f,
                    either_day: !days.starts_with('*') && !weekdays.starts_with('*'),
                }))
            }
            _ => Err(bad()),
        }
    }

    /// The last moment that is not after `now`. `None`: there was none lately.
    pub fn last(&self, now: UnixMicros) -> Option<UnixMicros> {
        let at = match self {
            Self::Every(interval) => now.0.div_euclid(*interval) * interval,
            Self::Cron(cron) => {
                let minute = now.0.div_euclid(MINUTE_US) * MINUTE_US;
                (0..=LATE_MAX_US / MINUTE_US).map(|back| minute - back * MINUTE_US).find(|at| cron.matches(UnixMicros(*at)))?
            }
        };
        (now.0 - at <= LATE_MAX_US).then_some(UnixMicros(at))
    }
}

/// From ten seconds to a year.
fn every(text: &str) -> Option<i64> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
    count.checked_mul(seconds).filter(|s| (10..=366 * 86_400).contains(s)).map(|s| s * 1_000_000)
}

fn field(text: &str, least: u32, most: u32) -> Option<u64> {
    text.split(',').try_fold(0, |set, part| Some(set | part_of(part, least, most)?))
}

fn part_of(text: &str, least: u32, most: u32) -> Option<u64> {
    let (range, step) = match text.split_once('/') {
        Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| 0 < *step)?),
        None => (text, 1),
    };
    let (from, to) = match range.split_once('-') {
        _ if range == "*" => (least, most),
        Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
        // `5/15`: from 5 on.
        None if step != 1 => (range.parse().ok()?, most),
        None => (range.parse().ok()?, range.parse().ok()?),
    };
    let fits = least <= from && from <= to && to <= most;
    fits.then(|| (from..=to).step_by(step).fold(0, |set, value| set | 1 << value))
}

impl Cron {
    fn matches(&self, at: UnixMicros) -> bool {
        let Ok(at) = OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1_000_000)) else { return false };
        let has = |set: u64, value: u8| set >> value & 1 == 1;
        let (day, weekday) = (has(self.days, at.day()), has(self.weekdays, at.weekday().number_days_from_sunday()));
        let on_day = if self.either_day { day || weekday } else { day && weekday };
        on_day && has(self.minutes, at.minute()) && has(self.hours, at.hour()) && has(self.months, at.month().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::Utc;

    fn last(schedule: &str, now: &str) -> Option<String> {
        Schedule::parse(schedule).unwrap().last(Utc::parse(now).unwrap().0).map(|at| Utc(at).to_string())
    }

    #[test]
    fn the_last_moment_is_found() {
        for (schedule, now, expected) in [
            ("15m", "2026-11-23T08:14:59Z", Some("2026-11-23T08:00:00Z")),
            ("15m", "2026-11-23T08:15:00Z", Some("2026-11-23T08:15:00Z")),
            ("1d", "2026-11-23T00:59:00Z", Some("2026-11-23T00:00:00Z")),
            ("1d", "2026-11-23T01:00:01Z", None),
            ("0 6 * * *", "2026-11-23T06:00:30Z", Some("2026-11-23T06:00:00Z")),
            ("0 6 * * *", "2026-11-23T07:00:00Z", Some("2026-11-23T06:00:00Z")),
            ("0 6 * * *", "2026-11-23T07:01:00Z", None),
            ("*/20 * * * *", "2026-11-23T08:39:00Z", Some("2026-11-23T08:20:00Z")),
            ("5/20 8-9 * * *", "2026-11-23T08:44:00Z", Some("2026-11-23T08:25:00Z")),
            // 23 November 2026 is a Monday.
            ("0 8 * * 1", "2026-11-23T08:10:00Z", Some("2026-11-23T08:00:00Z")),
            ("0 8 * * 0,7", "2026-11-23T08:10:00Z", None),
            ("0 8 * * 7", "2026-11-22T08:10:00Z", Some("2026-11-22T08:00:00Z")),
            ("0 8 1 * 1", "2026-11-23T08:10:00Z", Some("2026-11-23T08:00:00Z")),
            ("0 8 1 * *", "2026-11-23T08:10:00Z", None),
            ("59 23 31 12 *", "2027-01-01T00:30:00Z", Some("2026-12-31T23:59:00Z")),
        ] {
            assert_eq!(last(schedule, now).as_deref(), expected, "{schedule} at {now}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "now",
            "m",
            "0m",
            "5s",
            "9999999999999999999d",
            "-1m",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "*/0 * * * *",
            "5-1 * * * *",
            "1;2 * * * *",
        ] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "[0-9*,/ -]{0,30}", now in -1_000_000_000_000_000_000i64..1_000_000_000_000_000_000) {
            if let Ok(schedule) = Schedule::parse(&text)
                && let Some(at) = schedule.last(UnixMicros(now))
            {
                proptest::prop_assert!(at.0 <= now && now - at.0 <= LATE_MAX_US);
            }
        }
    }
}
