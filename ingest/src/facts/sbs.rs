//! SBS-1 BaseStation text, in (Kinetic's "Socket data and BST files"; columns as in `uplink/src/feeds/sbs.rs`).
//!
//! ```text
//!   MSG,3,1,1,4CA2D6,1,2008/11/28,14:53:50.594,2008/11/28,14:58:51.153,,37000,,,51.45735,-1.02826,,,,0,,0
//!    0  1     4  6 generated 7            8 logged     9            10 11 …
//! ```
//! Whatever columns a line fills are read, whichever its message type: programs differ in what they fill. `AIR`, `ID`, `STA`,
//! `SEL`, `CLK` and empty lines say nothing of ours; `MLAT` in place of `MSG` is a position that the ground measured. Dates are in
//! the far machine's local time: only the difference between *logged* and *generated* is used, as the fact's age.

use super::fields::{address, altitude_ft, angle, callsign, place, rate_fpm, speed, squawk};
use super::{Fact, TellingCounters};
use crate::clock::Arrival;
use model::{
    Emergency, EventKind, HeadingReference, Identity, Position, PositionSource, Signal, SpeedKind, Status, Subject, UnixMicros, Velocity,
    VerticalSource,
};

pub const LINE_MAX: usize = 256;
const COLUMNS: usize = 22;
/// The columns that every message has: up to the time of logging.
const COLUMNS_MIN: usize = 10;
/// A message that took longer from reception to the log is old news, or its times are not what they should be.
const AGE_US_MAX: i64 = 10_000_000;

#[derive(Debug)]
pub struct Sbs {
    line: [u8; LINE_MAX],
    len: usize,
    too_long: bool,
}

impl Default for Sbs {
    fn default() -> Self {
        Self { line: [0; LINE_MAX], len: 0, too_long: false }
    }
}

impl Sbs {
    pub fn push(&mut self, bytes: &[u8], arrival: Arrival, counters: &mut TellingCounters, out: &mut dyn FnMut(Fact)) {
        for &byte in bytes {
            if matches!(byte, b'\n' | b'\r') {
                let (len, too_long) = (std::mem::take(&mut self.len), std::mem::take(&mut self.too_long));
                if !too_long && 0 < len {
                    read_line(&self.line[..len], arrival, counters, out);
                }
            } else if self.too_long {
                counters.skipped_bytes += 1;
            } else if self.len == LINE_MAX {
                self.too_long = true;
                counters.refused += 1;
                counters.skipped_bytes += LINE_MAX as u64 + 1;
            } else {
                self.line[self.len] = byte;
                self.len += 1;
            }
        }
    }

    pub const fn cut(&mut self) {
        (self.len, self.too_long) = (0, false);
    }
}

fn read_line(line: &[u8], arrival: Arrival, counters: &mut TellingCounters, out: &mut dyn FnMut(Fact)) {
    let Ok(text) = std::str::from_utf8(line) else {
        counters.refused += 1;
        return;
    };
    let mut columns = [""; COLUMNS];
    let mut count = 0;
    for (slot, column) in columns.iter_mut().zip(text.split(',')) {
        *slot = column.trim();
        count += 1;
    }
    match columns[0] {
        "MSG" | "MLAT" if COLUMNS_MIN <= count => {}
        "MSG" | "MLAT" => return counters.refused += 1,
        "AIR" | "ID" | "STA" | "SEL" | "CLK" | "" => return counters.other += 1,
        _ => return counters.refused += 1,
    }
    let Some(subject) = address(columns[4]) else { return counters.refused += 1 };
    let at = arrival.utc.plus_micros(-age_us(&columns));
    let mut line = Line { columns, wrong: false };
    for kind in line.kinds(&subject).into_iter().flatten() {
        out(Fact { at, subject, kind, signal: Signal::default() });
    }
    counters.refused += u64::from(line.wrong);
}

struct Line<'a> {
    columns: [&'a str; COLUMNS],
    /// A column says what can't be.
    wrong: bool,
}

impl Line<'_> {
    fn kinds(&mut self, subject: &Subject) -> [Option<EventKind>; 4] {
        let identity = self.value(10, callsign).map(|c| EventKind::Identity(Identity { callsign: Some(c), ..Identity::default() }));
        let (baro_alt_ft, on_ground) = (self.number(11, altitude_ft), self.flag(21));
        let (speed, track, rate) = (self.number(12, speed), self.number(13, angle), self.number(16, rate_fpm));
        let position = self.place().map(|at| {
            let measured = self.columns[0] == "MLAT" || matches!(subject, Subject::NonIcao(_));
            let source = if measured { PositionSource::GroundSurveillance } else { PositionSource::SelfReported };
            EventKind::Position(Position { baro_alt_ft, on_ground, speed, track, ..Position::bare(at, source) })
        });
        let (speed, track) = if position.is_some() { (None, None) } else { (speed, track) };
        let velocity = Velocity {
            speed: speed.map(|s| (SpeedKind::Ground, s)),
            direction: track.map(|t| (HeadingReference::TrueTrack, t)),
            // The format doesn't say which; pressure is what most report.
            vertical_rate_fpm: rate.map(|fpm| (VerticalSource::Barometric, fpm)),
            geom_minus_baro_ft: None,
        };
        let moves = velocity.speed.is_some() || velocity.direction.is_some() || velocity.vertical_rate_fpm.is_some();
        let squawk = self.value(17, squawk);
        let mut status = Status { squawk, emergency: self.emergency(squawk), ident: self.flag(20), ..Status::default() };
        if position.is_none() {
            (status.baro_alt_ft, status.on_ground) = (baro_alt_ft, on_ground);
        }
        let said = (status != Status::default()).then_some(EventKind::Status(status));
        [position, moves.then_some(EventKind::Velocity(velocity)), identity, said]
    }

    fn emergency(&mut self, squawk: Option<u16>) -> Option<Emergency> {
        Some(match (self.flag(19)?, squawk) {
            (false, _) => Emergency::None,
            (true, Some(7500)) => Emergency::UnlawfulInterference,
            (true, Some(7600)) => Emergency::NoCommunications,
            (true, _) => Emergency::General,
        })
    }

    fn place(&mut self) -> Option<model::LatLon> {
        let (lat, lon) = (self.columns[14], self.columns[15]);
        if lat.is_empty() && lon.is_empty() {
            return None;
        }
        let found = lat.parse().ok().zip(lon.parse().ok()).and_then(|(lat, lon)| place(lat, lon));
        self.wrong |= found.is_none();
        found
    }

    fn number<T>(&mut self, column: usize, read: fn(f64) -> Option<T>) -> Option<T> {
        self.value(column, |text| text.parse().ok().and_then(read))
    }

    fn value<T>(&mut self, column: usize, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.columns[column];
        if text.is_empty() {
            return None;
        }
        let value = read(text);
        self.wrong |= value.is_none();
        value
    }

    fn flag(&mut self, column: usize) -> Option<bool> {
        self.value(column, |text| match text {
            "-1" | "1" => Some(true),
            "0" => Some(false),
            _ => None,
        })
    }
}

/// How old the message was when it was logged; 0 when its times don't tell.
fn age_us(columns: &[&str; COLUMNS]) -> i64 {
    let (Some(generated), Some(logged)) = (instant(columns[6], columns[7]), instant(columns[8], columns[9])) else { return 0 };
    let age = logged.micros_since(generated);
    if (0..=AGE_US_MAX).contains(&age) { age } else { 0 }
}

/// `2008/11/28`, `14:53:50.594`, on some clock: days are counted as if all months had 31, which a difference of seconds that
/// crosses the end of a shorter month makes too long to be believed.
fn instant(date: &str, time: &str) -> Option<UnixMicros> {
    let [year, month, day] = numbers(date, '/')?;
    let [hour, minute, second] = numbers(time, ':')?;
    if !(1..=12.0 as i64).contains(&(month as i64)) || 61.0 <= second || 60.0 <= minute || 24.0 <= hour || 9_999.0 < year || 31.0 < day {
        return None;
    }
    let days = (year * 12.0 + month) * 31.0 + day;
    Some(UnixMicros((days * 86_400e6) as i64 + ((hour * 60.0 + minute) * 60e6 + second * 1e6).round() as i64))
}

fn numbers(text: &str, separator: char) -> Option<[f64; 3]> {
    let mut parts = text.split(separator).map(|p| p.parse::<f64>().ok().filter(|n| 0.0 <= *n));
    let all = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(all)
}
