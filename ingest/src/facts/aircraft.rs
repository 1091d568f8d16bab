//! `aircraft.json` of another receiver, in: readsb's shape, and the older names of dump1090-fa and -mutability.
//!
//! ```text
//!   { "now": 1457996400.2, "messages": …, "aircraft": [ { "hex": "4840d6", "flight": "KLM1023 ", "lat": …, "seen_pos": 0.4, … } ] }
//! ```
//!
//! - Every field may be missing or of another type: then it is not known, and the rest counts.
//! - `seen_pos` and `seen` are seconds before `now`; a fact has that time. `now` is on the far clock: within [`CLOCK_US`] of ours it
//!   is believed (but never in our future); a document whose clock is further off counts as written when it came, once `now`
//!   has been seen to move; until then, and while it stands still, the document is old and tells nothing.
//! - A document is at most [`DOCUMENT_BYTES_MAX`], an entry [`ENTRY_BYTES_MAX`], and [`AIRCRAFT_MAX`] entries are read.

use super::fields::{address, altitude_ft, angle, callsign, place, rate_fpm, speed, squawk};
use super::{Fact, TellingCounters};
use crate::clock::Arrival;
use model::{
    DeciDbfs, Emergency, EventKind, HeadingReference, Identity, Position, PositionSource, ShortText, Signal, SpeedKind, Status, Subject,
    UnixMicros, Velocity, VerticalSource,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

pub const DOCUMENT_BYTES_MAX: usize = 8 << 20;
pub const ENTRY_BYTES_MAX: usize = 16 << 10;
pub const AIRCRAFT_MAX: usize = 10_000;
/// Before and after each document (RFC 7464).
const SEPARATOR: u8 = 0x1E;
/// A far clock is believed when it is no further off.
const CLOCK_US: i64 = 5_000_000;
/// What was said longer ago is history: readsb keeps a position for a minute, and the rest for five.
const AGE_S_MAX: f64 = 60.0;

/// Gathers documents and reads them.
#[derive(Debug, Default)]
pub struct Documents {
    text: Vec<u8>,
    too_long: bool,
    /// `now` of the last document.
    last_now_us: Option<i64>,
}

impl Documents {
    pub fn push(&mut self, bytes: &[u8], arrival: Arrival, counters: &mut TellingCounters, out: &mut dyn FnMut(Fact)) {
        for (n, part) in bytes.split(|&b| b == SEPARATOR).enumerate() {
            if 0 < n {
                self.whole(arrival, counters, out);
            }
            if DOCUMENT_BYTES_MAX < self.text.len() + part.len() {
                counters.refused += u64::from(!self.too_long);
                counters.skipped_bytes += (self.text.len() + part.len()) as u64;
                self.text.clear();
                self.too_long = true;
            } else if self.too_long {
                counters.skipped_bytes += part.len() as u64;
            } else {
                self.text.extend(part);
            }
        }
    }

    pub fn cut(&mut self) {
        self.text.clear();
        self.too_long = false;
    }

    fn whole(&mut self, arrival: Arrival, counters: &mut TellingCounters, out: &mut dyn FnMut(Fact)) {
        if self.text.trim_ascii().is_empty() {
            return self.cut();
        }
        let Ok(document) = serde_json::from_slice::<Document<'_>>(&self.text) else {
            counters.refused += 1;
            return self.cut();
        };
        let before = self.last_now_us;
        let now_us = document.now.known().map(|s| (s * 1e6) as i64);
        self.last_now_us = now_us;
        match base(now_us, before, arrival) {
            Some(base) => read(&document, base, counters, out),
            None => counters.other += 1,
        }
        self.cut();
    }
}

/// The instant by our clock from which the document's ages count back. `None`: an old document.
fn base(now_us: Option<i64>, before_us: Option<i64>, arrival: Arrival) -> Option<UnixMicros> {
    let now_us = now_us?;
    if before_us.is_some_and(|before| now_us == before) {
        return None;
    }
    let skew = now_us.saturating_sub(arrival.utc.0);
    if skew.abs() <= CLOCK_US {
        return Some(UnixMicros(now_us.min(arrival.utc.0)));
    }
    before_us.is_some_and(|before| before < now_us).then_some(arrival.utc)
}

fn read(document: &Document<'_>, base: UnixMicros, counters: &mut TellingCounters, out: &mut dyn FnMut(Fact)) {
    counters.refused += document.aircraft.len().saturating_sub(AIRCRAFT_MAX) as u64;
    for entry in document.aircraft.iter().take(AIRCRAFT_MAX) {
        let entry = if ENTRY_BYTES_MAX < entry.get().len() { None } else { serde_json::from_str::<Entry>(entry.get()).ok() };
        let subject = entry.as_ref().and_then(|e| e.hex.text()).and_then(address);
        match (entry, subject) {
            (Some(entry), Some(subject)) => entry.tell(subject, base, out),
            _ => counters.refused += 1,
        }
    }
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(default)]
    now: Maybe<f64>,
    #[serde(borrow)]
    aircraft: Vec<&'a RawValue>,
}

/// A value of the type that is meant, or anything else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Maybe<T> {
    Known(T),
    Other(IgnoredAny),
}

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

impl<T: Copy> Maybe<T> {
    const fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Other(_) => None,
        }
    }
}

impl Maybe<String> {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

/// Feet, or `"ground"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Altitude {
    Feet(f64),
    Word(String),
    Other(IgnoredAny),
}

impl Default for Altitude {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    hex: Maybe<String>,
    #[serde(rename = "type")]
    kind: Maybe<String>,
    flight: Maybe<String>,
    alt_baro: Altitude,
    alt_geom: Maybe<f64>,
    gs: Maybe<f64>,
    track: Maybe<f64>,
    true_heading: Maybe<f64>,
    baro_rate: Maybe<f64>,
    geom_rate: Maybe<f64>,
    squawk: Maybe<String>,
    emergency: Maybe<String>,
    category: Maybe<String>,
    lat: Maybe<f64>,
    lon: Maybe<f64>,
    seen_pos: Maybe<f64>,
    seen: Maybe<f64>,
    rssi: Maybe<f64>,
    /// The older names of `alt_baro`, `gs` and `baro_rate`.
    altitude: Altitude,
    speed: Maybe<f64>,
    vert_rate: Maybe<f64>,
    /// The fields that multilateration gave, and TIS-B.
    mlat: Maybe<Vec<String>>,
    tisb: Maybe<Vec<String>>,
}

impl Entry {
    fn tell(&self, subject: Subject, base: UnixMicros, out: &mut dyn FnMut(Fact)) {
        let rssi = self.rssi.known().filter(|r| (-100.0..=0.0).contains(r)).map(|r| DeciDbfs((r * 10.0).round() as i16));
        let signal = Signal { rssi, ..Signal::default() };
        let mut tell = |age_s: Option<f64>, kind: Option<EventKind>| {
            if let (Some(age_s), Some(kind)) = (age_s.filter(|age| (0.0..=AGE_S_MAX).contains(age)), kind) {
                out(Fact { at: base.plus_micros(-((age_s * 1e6) as i64)), subject, kind, signal });
            }
        };
        let seen = self.seen.known();
        let position = self.position().map(EventKind::Position);
        let placed = position.is_some();
        tell(self.seen_pos.known(), position);
        tell(seen, self.velocity().map(EventKind::Velocity));
        tell(seen, self.identity().map(EventKind::Identity));
        tell(seen, self.status(placed).map(EventKind::Status));
    }

    fn position(&self) -> Option<Position> {
        let at = place(self.lat.known()?, self.lon.known()?)?;
        Some(Position {
            baro_alt_ft: self.feet(),
            geom_alt_ft: self.alt_geom.known().and_then(altitude_ft),
            on_ground: self.on_ground().or(self.feet().map(|_| false)),
            ..Position::bare(at, self.source())
        })
    }

    fn source(&self) -> PositionSource {
        let has_place = |list: &Maybe<Vec<String>>| matches!(list, Maybe::Known(fields) if fields.iter().any(|f| f == "lat"));
        let kind = self.kind.text().unwrap_or_default();
        if kind.starts_with("adsr") {
            PositionSource::Rebroadcast
        } else if kind == "mlat" || kind.starts_with("tisb") || has_place(&self.mlat) || has_place(&self.tisb) {
            PositionSource::GroundSurveillance
        } else {
            PositionSource::SelfReported
        }
    }

    fn velocity(&self) -> Option<Velocity> {
        let track = self.track.known().and_then(angle).map(|t| (HeadingReference::TrueTrack, t));
        let heading = || self.true_heading.known().and_then(angle).map(|h| (HeadingReference::TrueHeading, h));
        let baro = self.baro_rate.known().or(self.vert_rate.known()).and_then(rate_fpm).map(|r| (VerticalSource::Barometric, r));
        let geom = || self.geom_rate.known().and_then(rate_fpm).map(|r| (VerticalSource::Geometric, r));
        let velocity = Velocity {
            speed: self.gs.known().or(self.speed.known()).and_then(speed).map(|s| (SpeedKind::Ground, s)),
            direction: track.or_else(heading),
            vertical_rate_fpm: baro.or_else(geom),
            geom_minus_baro_ft: None,
        };
        let said = velocity.speed.is_some() || velocity.direction.is_some() || velocity.vertical_rate_fpm.is_some();
        said.then_some(velocity)
    }

    fn identity(&self) -> Option<Identity> {
        let known_category = |c: &&str| c.len() == 2 && matches!(c.as_bytes(), [b'A'..=b'D', b'0'..=b'7']);
        let category = self.category.text().filter(known_category).and_then(|c| ShortText::new(c).ok());
        let identity = Identity { callsign: self.flight.text().and_then(callsign), category, ..Identity::default() };
        (identity != Identity::default()).then_some(identity)
    }

    fn status(&self, placed: bool) -> Option<Status> {
        let mut status = Status {
            squawk: self.squawk.text().and_then(squawk),
            emergency: self.emergency.text().and_then(emergency),
            ..Status::default()
        };
        if !placed {
            (status.baro_alt_ft, status.on_ground) = (self.feet(), self.on_ground());
        }
        (status != Status::default()).then_some(status)
    }

    fn feet(&self) -> Option<i32> {
        match (&self.alt_baro, &self.altitude) {
            (Altitude::Feet(feet), _) | (_, Altitude::Feet(feet)) => altitude_ft(*feet),
            _ => None,
        }
    }

    /// An altitude in feet is written for aircraft in the air, but also for those of which nobody knows: with a position it means
    /// the air, because positions on the ground are told by frames of their own.
    fn on_ground(&self) -> Option<bool> {
        let is_ground = |altitude: &Altitude| matches!(altitude, Altitude::Word(word) if word == "ground");
        (is_ground(&self.alt_baro) || is_ground(&self.altitude)).then_some(true)
    }
}

fn emergency(word: &str) -> Option<Emergency> {
    Some(match word {
        "none" => Emergency::None,
        "general" => Emergency::General,
        "lifeguard" => Emergency::Medical,
        "minfuel" => Emergency::MinimumFuel,
        "nordo" => Emergency::NoCommunications,
        "unlawful" => Emergency::UnlawfulInterference,
        "downed" => Emergency::Downed,
        _ => return None,
    })
}
