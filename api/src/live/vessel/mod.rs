//! What only vessels, aids to navigation and distress devices say, merged from position and static reports.

pub mod cpa;
pub mod encounters;

use super::track::{Latest, Stamp};
use super::trail::Point;
use crate::dto;
use cpa::{M_S_PER_KNOT, offset_m};
use encounters::Encounter;
use model::{Event, EventKind, Identity, Mmsi, Raw, ShortText, Subject};

#[derive(Debug, Default)]
pub(crate) struct Vessel {
    nav_status: Latest<u8>,
    imo: Latest<u32>,
    destination: Latest<ShortText<20>>,
    dimensions_m: Latest<[u16; 4]>,
    draught_dm: Latest<u8>,
    eta: Latest<Eta>,
    class: Latest<&'static str>,
    virtual_aid: Latest<bool>,
    off_position: Latest<bool>,
    /// Whom it will meet, as last searched.
    pub encounters: Vec<Encounter>,
}

/// Month, day, hour, minute; 0, 0, 24, 60 = not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Eta([u8; 4]);

impl Vessel {
    pub fn apply(&mut self, stamp: Stamp, event: &Event) {
        let message = bits(&event.raw, 0, 6);
        self.class.offer(stamp, class(message));
        match &event.kind {
            EventKind::Status(status) => self.nav_status.offer(stamp, status.nav_status),
            EventKind::Identity(identity) => self.identity(stamp, identity, &event.raw),
            EventKind::Position(_) if message == 21 => {
                // ITU-R M.1371-5 annex 8 §3.19: second of the position 253–258, off position 259, virtual 269.
                let counts = bits(&event.raw, 253, 6) <= 59;
                self.off_position.offer(stamp, counts.then_some(bits(&event.raw, 259, 1) == 1));
                self.virtual_aid.offer(stamp, Some(bits(&event.raw, 269, 1) == 1));
            }
            _ => {}
        }
    }

    fn identity(&mut self, stamp: Stamp, identity: &Identity, raw: &Raw) {
        self.imo.offer(stamp, identity.imo);
        self.destination.offer(stamp, identity.destination);
        self.dimensions_m.offer(stamp, identity.dimensions_m);
        self.draught_dm.offer(stamp, identity.draught_dm);
        // §3.3: month 274–277, day 278–282, hour 283–287, minute 288–293 of type 5. (An identity event doesn't carry it.)
        let said = (bits(raw, 0, 6) == 5 && 37 <= raw.as_slice().len()).then(|| {
            let part = |at, width| bits(raw, at, width) as u8;
            Eta([part(274, 4), part(278, 5), part(283, 5), part(288, 6)])
        });
        self.eta.offer(stamp, said.filter(|eta| *eta != Eta([0, 0, 24, 60])));
    }

    /// `trail`: the points kept of its track, oldest first.
    pub fn view<'a>(&self, subject: &Subject, trail: impl Iterator<Item = &'a Point>) -> Option<dto::Vessel> {
        let Subject::Vessel(mmsi) = subject else { return None };
        let virtual_aid = self.virtual_aid.get() == Some(true);
        let kind = kind(*mmsi);
        let encounters = self.encounters.iter().map(|e| dto::Encounter {
            subject: e.other.to_string(),
            cpa_m: e.cpa_m.round() as u32,
            tcpa_s: e.tcpa_s.round() as u32,
            distance_m: e.distance_m.round() as u32,
        });
        Some(dto::Vessel {
            kind: if kind == "aid" && virtual_aid { "virtual_aid" } else { kind },
            class: if matches!(kind, "ship" | "craft" | "handheld") { self.class.get() } else { None },
            nav_status: self.nav_status.get(),
            imo: self.imo.get(),
            destination: self.destination.get().map(|d| d.to_string()),
            eta: self.eta.get().map(Eta::text),
            dimensions_m: self.dimensions_m.get(),
            draught_m: self.draught_dm.get().map(|dm| f64::from(dm) / 10.0),
            off_position: self.off_position.get(),
            jump: last_jump(trail, speed_kt_max(kind)),
            encounters: encounters.collect(),
        })
    }
}

impl Eta {
    fn text(self) -> String {
        let part = |value: u8, known: bool| if known { format!("{value:02}") } else { "--".to_owned() };
        let Self([month, day, hour, minute]) = self;
        let date = [part(month, (1..=12).contains(&month)), part(day, 1 <= day)].join("-");
        format!("{date}T{}:{}Z", part(hour, hour < 24), part(minute, minute < 60))
    }
}

/// What an MMSI is given to (ITU-R M.585).
fn kind(mmsi: Mmsi) -> &'static str {
    let mmsi = mmsi.get();
    match (mmsi / 1_000_000, mmsi / 10_000_000) {
        (970, _) => "sart",
        (972, _) => "mob",
        (974, _) => "epirb",
        (111, _) => "sar_aircraft",
        (_, 99) => "aid",
        (_, 98) => "craft",
        (_, 80..=89) => "handheld",
        (_, 0) => "base",
        (_, 1..=9) => "group",
        _ => "ship",
    }
}

/// The class of an AIS message's sender, as far as the message tells.
pub fn class_of(raw: &Raw) -> Option<&'static str> {
    class(bits(raw, 0, 6))
}

/// The class that a message type belongs to; long range broadcasts come from both.
const fn class(message: u32) -> Option<&'static str> {
    match message {
        1..=3 | 5 => Some("A"),
        18 | 19 | 24 => Some("B"),
        _ => None,
    }
}

/// Faster than this a report is implausible: no ship that carries AIS does 100 kt; helicopters and aircraft in rescue do 400.
fn speed_kt_max(kind: &str) -> f64 {
    if kind == "sar_aircraft" { 400.0 } else { 100.0 }
}

/// Reports of different clocks and rounding are no jump.
const JUMP_M_MIN: f64 = 2_000.0;
/// Points of the trail that are looked at.
const JUMP_POINTS: usize = 32;

/// The last pair of points that nothing of its kind can have sailed.
fn last_jump<'a>(trail: impl Iterator<Item = &'a Point>, speed_kt_max: f64) -> Option<dto::Jump> {
    let points: Vec<&Point> = trail.collect();
    let recent = &points[points.len().saturating_sub(JUMP_POINTS)..];
    recent.windows(2).rev().find_map(|pair| {
        let [east_m, north_m] = offset_m(pair[0].place, pair[1].place);
        let distance_m = east_m.hypot(north_m);
        let seconds = (pair[1].at.micros_since(pair[0].at) as f64 / 1e6).max(1.0);
        let speed_kt = distance_m / seconds / M_S_PER_KNOT;
        (JUMP_M_MIN < distance_m && speed_kt_max < speed_kt).then(|| dto::Jump {
            at: dto::Utc(pair[1].at),
            distance_m: distance_m.round() as u32,
            speed_kt: speed_kt.round() as u32,
        })
    })
}

/// `width` (≤ 16) bits of a frame from bit `at`, zeros past its end.
fn bits(raw: &Raw, at: usize, width: usize) -> u32 {
    let byte = |i: usize| u32::from(raw.as_slice().get(i).copied().unwrap_or(0));
    let from = at / 8;
    let word = byte(from) << 24 | byte(from + 1) << 16 | byte(from + 2) << 8 | byte(from + 3);
    word << (at % 8) >> (32 - width)
}

#[cfg(test)]
mod tests;
