//! Civil time from microseconds: what base stations and APRS timestamps say.

/// UTC in the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utc {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

impl Utc {
    /// `t_us`: microseconds since 1970-01-01T00:00:00Z.
    pub fn of_micros(t_us: i64) -> Self {
        let seconds = t_us.div_euclid(1_000_000);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days since 0000-03-01, in cycles of 400 years.
        let from_march = days + 719_468;
        let cycle = from_march.div_euclid(146_097);
        let day_of_cycle = from_march.rem_euclid(146_097);
        let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
        let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: (year_of_cycle + cycle * 400 + i64::from(month <= 2)) as u16,
            month: month as u8,
            day: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8,
            hour: (of_day / 3600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar() {
        let at = |s: i64| Utc::of_micros(s * 1_000_000);
        assert_eq!(at(0), Utc { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0 });
        assert_eq!(at(951_782_400), Utc { year: 2000, month: 2, day: 29, hour: 0, minute: 0, second: 0 });
        assert_eq!(at(1_795_392_123), Utc { year: 2026, month: 11, day: 23, hour: 0, minute: 2, second: 3 });
    }
}
