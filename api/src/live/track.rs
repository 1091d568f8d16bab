//! What is known now about one subject. Every field keeps the value of the latest frame that said it, whatever the order
//! in which frames arrive; two that are equally late are told apart by their content, so every copy of the picture agrees.

use super::aircraft::Extra;
use super::aircraft::registry::{self, Database};
use super::aircraft::source::Source;
use super::picture::StationIndex;
use super::readings::Readings;
use super::trail::{Point, Rule, Trail};
use super::vessel::Vessel;
use super::vessel::cpa::{M_S_PER_KNOT, Motion};
use crate::dto;
use model::{
    CentiDegrees, DeciDbfs, DeciKnots, Emergency, Event, EventKind, HeadingReference, Identity, LatLon, Position, PositionSource, Protocol,
    ShortText, SpeedKind, StationId, Status, Subject, UnixMicros, Velocity, VerticalSource,
};

const SECOND_US: i64 = 1_000_000;
/// A track in distress stays this long after it was last heard.
pub const EMERGENCY_LIFETIME_US: i64 = 3_600 * SECOND_US;
/// A position older than this says nothing about where something is now: class B reports every three minutes.
const MOTION_AGE_S_MAX: f64 = 200.0;
/// Stations remembered per track.
const STATIONS_PER_TRACK: usize = 32;

/// How long a track stays after it was last heard: several times the longest interval between its reports
/// (ADS-B 10 s; AIS class B and aids to navigation 3 and 6 min; APRS beacons of fixed stations 30 min).
pub const fn lifetime_us(subject: &Subject) -> i64 {
    match subject {
        Subject::Aircraft(_) | Subject::NonIcao(_) => 300 * SECOND_US,
        Subject::Vessel(_) => 1_800 * SECOND_US,
        Subject::Callsign(_) => 3_600 * SECOND_US,
    }
}

const fn trail_rule(subject: &Subject) -> Rule {
    match subject {
        Subject::Aircraft(_) | Subject::NonIcao(_) => Rule { slot_us: 2 * SECOND_US, settle_us: Some(30 * SECOND_US) },
        Subject::Vessel(_) => Rule { slot_us: 15 * SECOND_US, settle_us: None },
        Subject::Callsign(_) => Rule { slot_us: 30 * SECOND_US, settle_us: None },
    }
}

/// When something was said, with a tie-break from the frame's content, and which frame it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub at: UnixMicros,
    tie: u64,
    pub source: Source,
}

impl Stamp {
    pub fn new(at: UnixMicros, station: &StationId, index: Option<StationIndex>, event: &Event) -> Self {
        let signal = event.signal.rssi.map_or(0, |r| r.0).to_le_bytes();
        let parts: [&[u8]; 5] =
            [event.raw.as_slice(), station.as_str().as_bytes(), event.kind.name().as_bytes(), &[event.receiver.0], &signal];
        Self { at, tie: fnv1a(&parts), source: Source::of(event, index.map(StationIndex::number)) }
    }
}

fn fnv1a(parts: &[&[u8]]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    parts.iter().flat_map(|part| part.iter()).fold(0xcbf2_9ce4_8422_2325, step)
}

/// The value with the highest stamp.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latest<T>(Option<(Stamp, T)>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Copy> Latest<T> {
    pub fn offer(&mut self, stamp: Stamp, value: Option<T>) {
        if let Some(value) = value
            && self.0.as_ref().is_none_or(|(held, _)| *held < stamp)
        {
            self.0 = Some((stamp, value));
        }
    }

    pub fn get(&self) -> Option<T> {
        self.0.as_ref().map(|(_, value)| *value)
    }

    /// The value, when it was said and by which frame.
    pub fn said(&self) -> Option<(Stamp, T)> {
        self.0
    }

    /// The value, unless it is older than `since`.
    pub fn since(&self, since: UnixMicros) -> Option<T> {
        self.0.as_ref().and_then(|(stamp, value)| (since <= stamp.at).then_some(*value))
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub at: UnixMicros,
    pub place: LatLon,
    pub source: PositionSource,
    pub accuracy_m: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Track {
    pub first_seen: UnixMicros,
    pub last_seen: UnixMicros,
    pub events: u64,
    /// Listed as changed since the last tick.
    pub changed: bool,
    stations: Vec<(StationIndex, UnixMicros)>,
    protocol: Latest<Protocol>,
    pub place: Latest<Place>,
    pub callsign: Latest<ShortText<9>>,
    pub name: Latest<ShortText<34>>,
    pub category: Latest<ShortText<4>>,
    pub baro_alt_ft: Latest<i32>,
    pub geom_alt_ft: Latest<i32>,
    pub on_ground: Latest<bool>,
    pub speed: Latest<DeciKnots>,
    pub track: Latest<CentiDegrees>,
    pub heading: Latest<CentiDegrees>,
    pub vertical_rate_fpm: Latest<(VerticalSource, i32)>,
    pub squawk: Latest<u16>,
    pub emergency: Latest<Emergency>,
    pub rssi: Latest<DeciDbfs>,
    trail: Trail,
    /// What only aircraft say, once they have said any of it.
    pub extra: Option<Box<Extra>>,
    /// What only vessels say.
    pub vessel: Option<Box<Vessel>>,
    /// Weather and telemetry, once there was any.
    pub readings: Option<Box<Readings>>,
}

impl Track {
    pub fn new(at: UnixMicros) -> Self {
        Self {
            first_seen: at,
            last_seen: at,
            events: 0,
            changed: false,
            stations: Vec::new(),
            protocol: Latest::default(),
            place: Latest::default(),
            callsign: Latest::default(),
            name: Latest::default(),
            category: Latest::default(),
            baro_alt_ft: Latest::default(),
            geom_alt_ft: Latest::default(),
            on_ground: Latest::default(),
            speed: Latest::default(),
            track: Latest::default(),
            heading: Latest::default(),
            vertical_rate_fpm: Latest::default(),
            squawk: Latest::default(),
            emergency: Latest::default(),
            rssi: Latest::default(),
            trail: Trail::default(),
            extra: None,
            vessel: None,
            readings: None,
        }
    }

    /// Takes in one event. `room`: whether the picture has room for more trail points. Returns by how many its trail changed.
    pub fn apply(&mut self, stamp: Stamp, station: Option<StationIndex>, event: &Event, room: bool) -> isize {
        self.first_seen = self.first_seen.min(stamp.at);
        self.last_seen = self.last_seen.max(stamp.at);
        self.events += 1;
        self.heard_by(station, stamp.at);
        self.protocol.offer(stamp, Some(event.protocol));
        self.rssi.offer(stamp, event.signal.rssi);
        if Extra::wants(&event.kind) {
            self.extra.get_or_insert_default().apply(stamp, &event.kind);
        }
        if Readings::wants(&event.kind) {
            self.readings.get_or_insert_default().apply(stamp, &event.kind);
        }
        if let Subject::Vessel(_) = event.subject {
            self.vessel.get_or_insert_default().apply(stamp, event);
        }
        match &event.kind {
            EventKind::Position(position) => return self.position(stamp, &event.subject, position, room),
            EventKind::Velocity(velocity) => self.velocity(stamp, velocity),
            EventKind::Identity(identity) => self.identity(stamp, identity),
            EventKind::Status(status) => self.status(stamp, status),
            // Nothing that the map shows; what only aircraft say is in `extra`, what is measured in `readings`.
            EventKind::Weather(_)
            | EventKind::Text(_)
            | EventKind::Intent(_)
            | EventKind::AirData(_)
            | EventKind::Quality(_)
            | EventKind::Advisory(_)
            | EventKind::Quarantined(_)
            | EventKind::Telemetry(_)
            | EventKind::Coverage(_) => {}
        }
        0
    }

    fn heard_by(&mut self, station: Option<StationIndex>, at: UnixMicros) {
        let Some(station) = station else { return };
        if let Some((_, last)) = self.stations.iter_mut().find(|(s, _)| *s == station) {
            *last = (*last).max(at);
            return;
        }
        if self.stations.len() == STATIONS_PER_TRACK {
            let oldest = (0..self.stations.len()).min_by_key(|&i| self.stations[i].1).expect("the list is full");
            self.stations.swap_remove(oldest);
        }
        self.stations.push((station, at));
    }

    fn position(&mut self, stamp: Stamp, subject: &Subject, p: &Position, room: bool) -> isize {
        let place = Place { at: stamp.at, place: p.at, source: p.source, accuracy_m: p.accuracy_m };
        self.place.offer(stamp, Some(place));
        self.baro_alt_ft.offer(stamp, p.baro_alt_ft);
        self.geom_alt_ft.offer(stamp, p.geom_alt_ft);
        self.on_ground.offer(stamp, p.on_ground);
        self.speed.offer(stamp, p.speed);
        self.track.offer(stamp, p.track);
        self.heading.offer(stamp, p.heading);
        let point = Point { at: stamp.at, place: p.at, alt_ft: p.baro_alt_ft.or(p.geom_alt_ft) };
        self.trail.add(point, trail_rule(subject), room)
    }

    /// Airspeed and magnetic heading are not what the picture's fields mean; they stay in the stored event.
    fn velocity(&mut self, stamp: Stamp, v: &Velocity) {
        let ground_speed = v.speed.and_then(|(kind, speed)| (kind == SpeedKind::Ground).then_some(speed));
        self.speed.offer(stamp, ground_speed);
        match v.direction {
            Some((HeadingReference::TrueTrack, angle)) => self.track.offer(stamp, Some(angle)),
            Some((HeadingReference::TrueHeading, angle)) => self.heading.offer(stamp, Some(angle)),
            Some((HeadingReference::MagneticHeading, _)) | None => {}
        }
        self.vertical_rate_fpm.offer(stamp, v.vertical_rate_fpm);
    }

    fn identity(&mut self, stamp: Stamp, identity: &Identity) {
        self.callsign.offer(stamp, identity.callsign);
        self.name.offer(stamp, identity.name);
        self.category.offer(stamp, identity.category);
    }

    fn status(&mut self, stamp: Stamp, status: &Status) {
        self.squawk.offer(stamp, status.squawk);
        self.emergency.offer(stamp, status.emergency);
        self.baro_alt_ft.offer(stamp, status.baro_alt_ft);
        self.on_ground.offer(stamp, status.on_ground);
    }

    /// The emergency that was declared, else the one that the squawk means (ICAO Doc 4444 §8.8.1 and §15.1).
    pub fn emergency(&self) -> Option<Emergency> {
        let declared = self.emergency.get().filter(|e| *e != Emergency::None);
        declared.or(match self.squawk.get() {
            Some(7500) => Some(Emergency::UnlawfulInterference),
            Some(7600) => Some(Emergency::NoCommunications),
            Some(7700) => Some(Emergency::General),
            _ => None,
        })
    }

    pub fn expires_at(&self, subject: &Subject) -> UnixMicros {
        let lifetime = lifetime_us(subject);
        let lifetime = if self.emergency().is_some() { lifetime.max(EMERGENCY_LIFETIME_US) } else { lifetime };
        self.last_seen.plus_micros(lifetime)
    }

    /// Where it is and how it moves at `now`, when that was said lately enough to go on from.
    pub fn motion(&self, now: UnixMicros) -> Option<Motion> {
        let place = self.place.get()?;
        let age_s = now.micros_since(place.at).max(0) as f64 / 1e6;
        if MOTION_AGE_S_MAX < age_s {
            return None;
        }
        let course_deg = self.track.get().map(CentiDegrees::degrees);
        let speed_m_s = self.speed.get()?.knots() * M_S_PER_KNOT;
        let motion = Motion { at: place.place, speed_m_s, course_deg: course_deg.or((speed_m_s == 0.0).then_some(0.0))? };
        Some(motion.after(age_s))
    }

    pub fn trail_len(&self) -> usize {
        self.trail.len()
    }

    pub fn protocol(&self) -> Option<Protocol> {
        self.protocol.get()
    }

    /// `trail`: at most how many points of it; `None` leaves it out.
    pub fn view(&self, subject: &Subject, stations: &[StationId], database: Option<&Database>, trail: Option<usize>) -> dto::Track {
        let place = self.place.get();
        let identified = match subject {
            Subject::Aircraft(address) => registry::identify(address.get(), self.name.get(), database),
            Subject::NonIcao(_) | Subject::Vessel(_) | Subject::Callsign(_) => registry::Identified::default(),
        };
        let mut heard: Vec<String> = self.stations.iter().map(|(s, _)| stations[s.get()].to_string()).collect();
        heard.sort_unstable();
        dto::Track {
            subject: subject.to_string(),
            protocol: self.protocol.get().map_or("", Protocol::name),
            stations: heard,
            callsign: self.callsign.get().map(|t| t.to_string()),
            name: self.name.get().map(|t| t.to_string()),
            category: self.category.get().map(|t| t.to_string()),
            country: identified.country.map(|c| c.name),
            registration: identified.registration.map(|(text, _)| text),
            type_code: identified.type_code,
            lat: place.map(|p| p.place.lat_deg()),
            lon: place.map(|p| p.place.lon_deg()),
            position_at: place.map(|p| dto::Utc(p.at)),
            accuracy_m: place.and_then(|p| p.accuracy_m),
            position_source: place.map(|p| source_name(p.source)),
            baro_alt_ft: self.baro_alt_ft.get(),
            geom_alt_ft: self.geom_alt_ft.get(),
            on_ground: self.on_ground.get(),
            speed_kt: self.speed.get().map(DeciKnots::knots),
            track_deg: self.track.get().map(CentiDegrees::degrees),
            heading_deg: self.heading.get().map(CentiDegrees::degrees),
            vertical_rate_fpm: self.vertical_rate_fpm.get().map(|(_, rate)| rate),
            squawk: self.squawk.get().map(|code| format!("{code:04}")),
            emergency: self.emergency().map(Emergency::name),
            advisory: self.extra.as_ref().and_then(|extra| extra.advisory()),
            quarantined: self.extra.as_ref().map_or(0, |extra| extra.quarantined_count()),
            first_seen: dto::Utc(self.first_seen),
            last_seen: dto::Utc(self.last_seen),
            events: self.events,
            rssi_dbfs: self.rssi.get().map(|r| f64::from(r.0) / 10.0),
            vessel: self.vessel.as_ref().and_then(|v| v.view(subject, self.trail.thinned(usize::MAX))),
            trail: trail.map(|most| self.trail.thinned(most).map(trail_point).collect()),
        }
    }
}

/// The console's word for where a position came from.
pub(crate) const fn source_name(source: PositionSource) -> &'static str {
    match source {
        PositionSource::SelfReported => "self",
        PositionSource::Rebroadcast => "rebroadcast",
        PositionSource::GroundSurveillance => "ground",
    }
}

fn trail_point(p: &Point) -> dto::TrailPoint {
    dto::TrailPoint(p.place.lon_deg(), p.place.lat_deg(), p.at.0.div_euclid(1_000), p.alt_ft)
}
