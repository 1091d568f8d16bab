//! Messages to events: what each type says about its sender, in the model's terms.
//!
//! | message | events |
//! |---|---|
//! | 1–3, 27 | position with motion; navigational status when it is news |
//! | 4, 11, 18, 28 | position |
//! | 9 | position with altitude |
//! | 5, 24 | identity |
//! | 19, 21 | position, identity; an aid off its position as status text |
//! | 6, 8, 25, 26 | weather (1/11, 1/31), text (1/0, 1/29, 1/30), every other application as telemetry text |
//! | 12, 14 | text |
//! | any of 1–3, 12, 14 from MMSI 970…, 972…, 974… or with navigational status 14 | status with the emergency, every time |
//!
//! Distress devices (ITU-R M.585 annex 2; IEC 61097-14): a device under test says status 15 or `TEST` in its text; anything else is
//! taken as an emergency, because the other mistake costs a life. Their positions are never refused for being far away.

use super::message::asm::Application;
use super::message::units::{self, Cog, Heading, Latitude, Longitude, Sog};
use super::message::{
    AidToNavigation, AidToNavigationShort, BaseStation, Bits, Body, ClassB, ClassBExtended, LongRange, Message, MessageError,
    PositionReport, SarAircraft, SlotBinary, SlotBinaryHead, StaticReportA, StaticReportB, StaticVoyage, Tail,
};
use super::track::Tracks;
use crate::registry::{Counters, DecoderConfig, MessageDecoder, Refusal};
use model::{
    CentiDegrees, DeciKnots, Emergency, Event, EventKind, Frame, HeadingReference, Identity, LatLon, Mmsi, Position, PositionSource,
    Protocol, ShortText, SpeedKind, Status, Subject, Text, TextKind, Tick12, UnixMicros, Velocity,
};

/// Frames to events.
#[derive(Debug)]
pub struct Decoder {
    config: DecoderConfig,
    tracks: Tracks,
    counters: Counters,
}

impl Decoder {
    pub fn new(config: &DecoderConfig) -> Self {
        Self { config: config.clone(), tracks: Tracks::new(), counters: Counters::default() }
    }

    fn refuse(&mut self, why: &MessageError) {
        self.counters.refuse(match why {
            MessageError::Length { .. } => Refusal::Length,
            MessageError::UnknownType(_) => Refusal::Sanity,
        });
    }
}

impl MessageDecoder for Decoder {
    fn decode(&mut self, frame: &Frame, out: &mut dyn FnMut(Event)) {
        self.counters.frames += 1;
        if 0 < frame.signal.corrected_bits {
            self.counters.corrected_frames += 1;
        }
        let Some(bits) = Bits::from_bytes(frame.raw.as_slice()) else { return self.counters.refuse(Refusal::Length) };
        let message = match Message::decode(&bits) {
            Ok(message) => message,
            Err(why) => return self.refuse(&why),
        };
        let Some(mmsi) = Mmsi::new(message.mmsi) else { return self.counters.refuse(Refusal::Sanity) };
        let mut told = Telling { decoder: self, frame, mmsi, repeated: 0 < message.repeat, out };
        told.message(&message);
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

/// One message being told.
struct Telling<'a> {
    decoder: &'a mut Decoder,
    frame: &'a Frame,
    mmsi: Mmsi,
    repeated: bool,
    out: &'a mut dyn FnMut(Event),
}

/// Where and how something moves, as the position messages have it in common.
struct Fix {
    at: Option<LatLon>,
    accuracy_m: Option<u32>,
    speed: Option<DeciKnots>,
    track: Option<CentiDegrees>,
    heading: Option<CentiDegrees>,
}

impl Fix {
    fn new(lat: Latitude, lon: Longitude, high_accuracy: bool) -> Self {
        let at = units::position(lat, lon);
        Self { at, accuracy_m: high_accuracy.then_some(HIGH_ACCURACY_M), speed: None, track: None, heading: None }
    }

    fn moving(self, sog: Sog, cog: Cog, heading: Option<Heading>) -> Self {
        let heading = heading.and_then(Heading::centi_degrees);
        Self { speed: sog.deci_knots(), track: cog.centi_degrees(), heading, ..self }
    }
}

/// "Position accuracy" 1: 10 m or better (§3.1 table 48).
const HIGH_ACCURACY_M: u32 = 10;
/// Type 27 rounds to 1/10 minute: up to 131 m off on top of that.
const LONG_RANGE_ACCURACY_M: u32 = 141;

impl Telling<'_> {
    fn message(&mut self, m: &Message<'_>) {
        match &m.body {
            Body::PositionReport(r) => self.position_report(r),
            Body::LongRange(r) => self.long_range(r),
            Body::BaseStation(BaseStation { lat, lon, high_accuracy, .. }) => self.position(Fix::new(*lat, *lon, *high_accuracy)),
            Body::AidToNavigationShort(AidToNavigationShort { lat, lon, .. }) => self.position(Fix::new(*lat, *lon, false)),
            Body::ClassB(ClassB { lat, lon, high_accuracy, sog, cog, heading, .. }) => {
                self.position(Fix::new(*lat, *lon, *high_accuracy).moving(*sog, *cog, Some(*heading)));
            }
            Body::ClassBExtended(r) => self.class_b_extended(r),
            Body::SarAircraft(r) => self.sar_aircraft(r),
            Body::StaticVoyage(r) => self.static_voyage(r),
            Body::StaticReportA(StaticReportA { name, .. }) => self.identity(Identity { name: name.text(), ..Identity::default() }),
            Body::StaticReportB(r) => self.static_report_b(r),
            Body::AidToNavigation(r, more) => self.aid_to_navigation(r, *more),
            Body::AddressedSafety(head, text) => self.safety_text(*text, Mmsi::new(head.destination.0)),
            Body::BroadcastSafety(_, text) => self.safety_text(*text, None),
            Body::AddressedBinary(head, data) => self.application(head.dac.0, head.function.0, *data, Mmsi::new(head.destination.0)),
            Body::BroadcastBinary(head, data) => self.application(head.dac.0, head.function.0, *data, None),
            Body::SlotBinary(head, data) => self.slot_binary(m.kind, head, *data),
            // Acknowledgements, slot management, corrections and unstructured data say nothing about their sender.
            _ => {}
        }
    }

    fn emit(&mut self, kind: EventKind) {
        self.decoder.counters.events += 1;
        (self.out)(Event {
            at: at(self.frame),
            protocol: Protocol::Ais,
            receiver: self.frame.receiver,
            subject: Subject::Vessel(self.mmsi),
            kind,
            raw: self.frame.raw.clone(),
            signal: self.frame.signal,
        });
    }

    fn position_report(&mut self, r: &PositionReport) {
        self.nav_status(r.nav_status.0 as u8);
        self.position(Fix::new(r.lat, r.lon, r.high_accuracy).moving(r.sog, r.cog, Some(r.heading)));
    }

    fn long_range(&mut self, r: &LongRange) {
        self.nav_status(r.nav_status.0 as u8);
        self.position(Fix {
            at: units::coarse_position(r.lat, r.lon),
            accuracy_m: r.high_accuracy.then_some(LONG_RANGE_ACCURACY_M),
            speed: r.sog.known().map(|kt| DeciKnots(kt as u16 * 10)),
            track: r.cog.known().and_then(|deg| CentiDegrees::new(deg as u16 * 100)),
            heading: None,
        });
    }

    /// Emergencies are told every time, everything else when it is news.
    fn nav_status(&mut self, nav_status: u8) {
        let emergency = emergency(self.mmsi, nav_status);
        let news = self.decoder.tracks.is_news(self.mmsi.get(), nav_status, at(self.frame));
        if news || emergency.is_some() {
            self.emit(EventKind::Status(Status { emergency, nav_status: Some(nav_status), ..Status::default() }));
        }
    }

    fn position(&mut self, fix: Fix) {
        self.position_with(fix, |_| {});
    }

    fn position_with(&mut self, fix: Fix, more: impl FnOnce(&mut Position)) {
        let Some(place) = fix.at else { return self.motion(&fix) };
        if self.too_far(place) {
            return self.decoder.counters.refuse(Refusal::Sanity);
        }
        let source = if self.repeated { PositionSource::Rebroadcast } else { PositionSource::SelfReported };
        let Fix { accuracy_m, speed, track, heading, .. } = fix;
        let mut position = Position { accuracy_m, speed, track, heading, ..Position::bare(place, source) };
        more(&mut position);
        self.emit(EventKind::Position(position));
    }

    /// A station that knows its speed but not its place.
    fn motion(&mut self, fix: &Fix) {
        let direction = fix.track.map(|t| (HeadingReference::TrueTrack, t)).or(fix.heading.map(|h| (HeadingReference::TrueHeading, h)));
        let speed = fix.speed.map(|s| (SpeedKind::Ground, s));
        if speed.is_some() || direction.is_some() {
            self.emit(EventKind::Velocity(Velocity { speed, direction, vertical_rate_fpm: None, geom_minus_baro_ft: None }));
        }
    }

    fn too_far(&self, place: LatLon) -> bool {
        let DecoderConfig { site: Some(site), range_m_max: Some(range_m), .. } = self.decoder.config else { return false };
        device(self.mmsi).is_none() && f64::from(range_m) < site.distance_m(place)
    }

    fn sar_aircraft(&mut self, r: &SarAircraft) {
        let fix = Fix {
            speed: r.sog.known().map(|kt| DeciKnots(kt as u16 * 10)),
            track: r.cog.centi_degrees(),
            ..Fix::new(r.lat, r.lon, r.high_accuracy)
        };
        let altitude_ft = r.altitude.known().map(|m| (f64::from(m) / 0.3048).round() as i32);
        let barometric = r.barometric;
        self.position_with(fix, |p| {
            if barometric {
                p.baro_alt_ft = altitude_ft;
            } else {
                p.geom_alt_ft = altitude_ft;
            }
        });
    }

    fn class_b_extended(&mut self, r: &ClassBExtended) {
        self.position(Fix::new(r.lat, r.lon, r.high_accuracy).moving(r.sog, r.cog, Some(r.heading)));
        self.identity(Identity {
            name: r.name.text(),
            category: category(r.ship_type.0),
            dimensions_m: dimensions([r.to_bow.raw, r.to_stern.raw, r.to_port.raw, r.to_starboard.raw]),
            ..Identity::default()
        });
    }

    fn static_voyage(&mut self, r: &StaticVoyage) {
        self.identity(Identity {
            callsign: r.callsign.text(),
            name: r.name.text(),
            category: category(r.ship_type.0),
            imo: Some(r.imo.0).filter(|imo| (1_000_000..=9_999_999).contains(imo)),
            destination: r.destination.text(),
            dimensions_m: dimensions([r.to_bow.raw, r.to_stern.raw, r.to_port.raw, r.to_starboard.raw]),
            draught_dm: r.draught.known().map(|dm| dm as u8),
        });
    }

    fn static_report_b(&mut self, r: &StaticReportB) {
        let auxiliary = self.mmsi.get() / 10_000_000 == 98;
        self.identity(Identity {
            callsign: r.callsign.text(),
            category: category(r.ship_type.0),
            dimensions_m: if auxiliary { None } else { dimensions([r.to_bow.raw, r.to_stern.raw, r.to_port.raw, r.to_starboard.raw]) },
            ..Identity::default()
        });
    }

    fn aid_to_navigation(&mut self, r: &AidToNavigation, more: Tail<'_>) {
        let virtual_aid = r.virtual_aid;
        self.position_with(Fix::new(r.lat, r.lon, r.high_accuracy), |p| {
            if virtual_aid {
                p.source = PositionSource::Rebroadcast;
            }
        });
        let name = r.name.text::<34>();
        // The name goes on only where its first 20 characters are used up.
        let name = name.map(|n| if n.as_str().len() < 20 { n } else { ShortText::truncated(&format!("{n}{}", more.text())) });
        self.identity(Identity {
            name,
            category: Some(ShortText::truncated(&format!("A{}", r.aid_type.0))),
            dimensions_m: dimensions([r.to_bow.raw, r.to_stern.raw, r.to_port.raw, r.to_starboard.raw]),
            ..Identity::default()
        });
        if r.off_position && r.second.known().is_some() {
            self.text(TextKind::Status, None, "off position".to_owned());
        }
    }

    fn identity(&mut self, identity: Identity) {
        if identity != Identity::default() {
            self.emit(EventKind::Identity(identity));
        }
    }

    fn safety_text(&mut self, text: Tail<'_>, to: Option<Mmsi>) {
        let body = text.text();
        if let Some(active) = device(self.mmsi) {
            let emergency = if body.contains("TEST") { Emergency::Test } else { active };
            self.emit(EventKind::Status(Status { emergency: Some(emergency), ..Status::default() }));
        }
        self.text(TextKind::Message, to, body);
    }

    fn text(&mut self, kind: TextKind, to: Option<Mmsi>, body: String) {
        if !body.is_empty() {
            self.emit(EventKind::Text(Text { kind, to: to.map(Subject::Vessel), body: body.into(), number: None }));
        }
    }

    fn application(&mut self, dac: u32, function: u32, data: Tail<'_>, to: Option<Mmsi>) {
        let Some(application) = Application::read(dac, function, data) else { return };
        match application {
            Application::Telegram(_, text) | Application::Description(_, text) => self.text(TextKind::Message, to, text.text()),
            Application::MetHydro11(r, _) => self.emit(EventKind::Weather(words::weather_11(&r))),
            Application::MetHydro31(r, _) => self.emit(EventKind::Weather(words::weather_31(&r))),
            Application::Persons(r, _) => self.persons(to, r.persons.known()),
            Application::InlandPersons(r, _) => {
                let known = [r.crew.known(), r.passengers.known(), r.personnel.known()];
                self.persons(to, known.into_iter().flatten().reduce(|a, b| a + b));
            }
            _ => self.text(TextKind::Telemetry, to, words::in_words(&application)),
        }
    }

    fn slot_binary(&mut self, kind: u8, head: &SlotBinaryHead, data: Tail<'_>) {
        let Some(binary) = SlotBinary::read(kind, head, data) else { return };
        if let Some((dac, function)) = binary.application {
            self.application(dac.into(), function.into(), binary.data, binary.destination.and_then(Mmsi::new));
        }
    }

    fn persons(&mut self, to: Option<Mmsi>, persons: Option<i32>) {
        if let Some(persons) = persons {
            self.text(TextKind::Telemetry, to, format!("persons on board: {persons}"));
        }
    }
}

/// When the frame was on the air; a source that doesn't know UTC counts from its own start.
fn at(frame: &Frame) -> UnixMicros {
    frame.utc.unwrap_or_else(|| UnixMicros(frame.tick.micros_since(Tick12(0))))
}

/// The distress device that an MMSI names (ITU-R M.585 annex 2 §2).
fn device(mmsi: Mmsi) -> Option<Emergency> {
    match mmsi.get() / 1_000_000 {
        970 => Some(Emergency::SearchAndRescueTransmitter),
        972 => Some(Emergency::ManOverboard),
        974 => Some(Emergency::EmergencyBeacon),
        _ => None,
    }
}

/// Navigational status 14 means such a device is active, whatever its MMSI; 15 from such a device means a test.
fn emergency(mmsi: Mmsi, nav_status: u8) -> Option<Emergency> {
    match (device(mmsi), nav_status) {
        (Some(_), 15) => Some(Emergency::Test),
        (Some(active), _) => Some(active),
        (None, 14) => Some(Emergency::SearchAndRescueTransmitter),
        (None, _) => None,
    }
}

/// Type of ship in decimal; 0 = not available.
fn category(ship_type: u32) -> Option<ShortText<4>> {
    (ship_type != 0).then(|| ShortText::truncated(&ship_type.to_string()))
}

/// Bow, stern, port, starboard; all 0 = not available.
fn dimensions(raw: [i32; 4]) -> Option<[u16; 4]> {
    (raw != [0; 4]).then(|| raw.map(|m| m as u16))
}

mod words;

#[cfg(test)]
mod tests;
