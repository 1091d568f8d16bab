//! Frames to events.
//!
//! | said | events |
//! |---|---|
//! | state vector | position (with altitudes; on the ground with speed and direction), velocity in the air |
//! | mode status | identity, status (squawk, emergency, ident, version, on the ground), quality |
//! | target state | intent |
//! | uplink, product 413 and 8 … 17 | each new text, about the place it names |
//! | uplink, other products | every ten minutes how much of each a station sent |
//!
//! - Parity of 12 and more bytes proves a frame. One that needed much repair about a subject not heard before is held until a second
//!   frame names that subject; a place that cannot be reached from the last one is refused until said twice.
//! - An ICAO address is the same subject as on 1090 MHz. What a ground station says of it (TIS-B, ADS-R) is marked as such, and its "no
//!   emergency" is not told: it would end an emergency that the aircraft declares itself.

mod ground;

use self::ground::GroundStations;
use super::message::{Message, ModeStatus, Motion, Qualifier, StateVector};
use super::track::{EMERGENCY_REPEAT_MICROS, REPEAT_MICROS, Track, Tracks};
use super::uplink::{UPLINK_BYTES, Uplink};
use crate::registry::{Counters, DecoderConfig, MessageDecoder, Refusal};
use model::{
    CentiDegrees, DeciKnots, Emergency, Event, EventKind, Frame, HeadingReference, Identity, Position, PositionSource, Protocol, Quality,
    SpeedKind, Status, Subject, UnixMicros, Velocity,
};

/// A frame with more bits changed than this does not bring in a new subject alone.
const TRUSTED_CORRECTION_BITS: u8 = 16;
/// Subjects waiting for a second frame.
const DOUBTED_MAX: usize = 16;
const DOUBT_MICROS: i64 = 30_000_000;
/// A NACp serves for later positions this long.
const NAC_MICROS: i64 = 60_000_000;
/// Nothing is heard from farther.
const RANGE_M_MAX: u32 = 800_000;

#[derive(Debug)]
pub struct Decoder {
    config: DecoderConfig,
    tracks: Tracks,
    doubted: Vec<(Subject, UnixMicros)>,
    ground: GroundStations,
    counters: Counters,
}

impl Decoder {
    pub fn new(config: &DecoderConfig) -> Self {
        Self {
            config: config.clone(),
            tracks: Tracks::default(),
            doubted: Vec::with_capacity(DOUBTED_MAX),
            ground: GroundStations::default(),
            counters: Counters::default(),
        }
    }

    /// Subjects heard lately.
    pub fn tracks(&self) -> usize {
        self.tracks.len()
    }

    fn aircraft(&mut self, frame: &Frame, at: UnixMicros, tell: &mut dyn FnMut(Subject, EventKind)) -> Result<(), Refusal> {
        let message = Message::parse(frame.raw.as_slice())?;
        let subject = subject_of(&message);
        if !self.is_believed(subject, frame, at) {
            return Err(Refusal::Sanity);
        }
        let track = self.tracks.hear(subject, at);
        let mut teller = Teller { config: &self.config, track, message: &message, at, refused: None };
        teller.tell(&mut |kind| tell(subject, kind));
        let refused = teller.refused;
        self.counters.evicted = self.tracks.evicted();
        refused.map_or(Ok(()), Err)
    }

    fn is_believed(&mut self, subject: Subject, frame: &Frame, at: UnixMicros) -> bool {
        if frame.signal.corrected_bits <= TRUSTED_CORRECTION_BITS || self.tracks.is_known(&subject, at) {
            return true;
        }
        self.doubted.retain(|(_, then)| at.micros_since(*then).abs() <= DOUBT_MICROS);
        if let Some(i) = self.doubted.iter().position(|(doubted, _)| *doubted == subject) {
            self.doubted.remove(i);
            return true;
        }
        if self.doubted.len() == DOUBTED_MAX {
            self.doubted.remove(0);
        }
        self.doubted.push((subject, at));
        false
    }
}

impl MessageDecoder for Decoder {
    fn decode(&mut self, frame: &Frame, out: &mut dyn FnMut(Event)) {
        self.counters.frames += 1;
        self.counters.corrected_frames += u64::from(0 < frame.signal.corrected_bits);
        let at = frame.utc.unwrap_or(UnixMicros((frame.tick.0 / 12) as i64));
        let mut events = 0;
        let mut tell = |subject, kind| {
            events += 1;
            let (raw, signal) = (frame.raw.clone(), frame.signal);
            out(Event { at, protocol: Protocol::Uat, receiver: frame.receiver, subject, kind, raw, signal });
        };
        let told = if frame.raw.as_slice().len() == UPLINK_BYTES {
            Uplink::parse(frame.raw.as_slice()).map(|uplink| self.ground.tell(&uplink, at, &mut tell))
        } else {
            self.aircraft(frame, at, &mut tell)
        };
        self.counters.events += events;
        if let Err(why) = told {
            self.counters.refuse(why);
        }
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

const fn subject_of(message: &Message) -> Subject {
    match message.qualifier {
        Qualifier::AdsbIcao | Qualifier::TisbIcao => Subject::Aircraft(message.address),
        _ => Subject::NonIcao(message.address),
    }
}

const fn source_of(qualifier: Qualifier) -> PositionSource {
    match qualifier {
        Qualifier::TisbIcao | Qualifier::TisbTrackFile => PositionSource::GroundSurveillance,
        Qualifier::AdsrOther => PositionSource::Rebroadcast,
        _ => PositionSource::SelfReported,
    }
}

/// Takes the facts out of one message.
struct Teller<'a> {
    config: &'a DecoderConfig,
    track: &'a mut Track,
    message: &'a Message,
    at: UnixMicros,
    refused: Option<Refusal>,
}

impl Teller<'_> {
    fn tell(&mut self, out: &mut dyn FnMut(EventKind)) {
        let on_ground = self.message.state.as_ref().and_then(on_ground);
        if let Some(mode) = &self.message.mode {
            self.mode(mode, on_ground, out);
        }
        if let Some(state) = &self.message.state {
            self.state(state, on_ground, out);
        }
        if let Some(intent) = self.message.intent
            && self.track.intent.is_news(intent, self.at, REPEAT_MICROS)
        {
            out(EventKind::Intent(intent));
        }
    }

    fn state(&mut self, state: &StateVector, on_ground: Option<bool>, out: &mut dyn FnMut(EventKind)) {
        let secondary = self.message.secondary_alt_ft;
        let (baro_alt_ft, geom_alt_ft) =
            if state.alt_is_geometric { (secondary, state.geom_alt_ft) } else { (state.baro_alt_ft, secondary) };
        let (speed, direction) = match state.motion {
            Motion::OnGround { speed, direction } => (speed, direction),
            _ => (None, None),
        };
        let pointing = |wanted| direction.filter(|(reference, _)| *reference == wanted).map(|(_, angle)| angle);
        match state.at {
            Some(place) if self.is_plausible(place) => out(EventKind::Position(Position {
                baro_alt_ft,
                geom_alt_ft,
                on_ground,
                accuracy_m: self.accuracy_m(state),
                speed,
                track: pointing(HeadingReference::TrueTrack),
                heading: pointing(HeadingReference::TrueHeading),
                ..Position::bare(place, source_of(self.message.qualifier))
            })),
            Some(_) => self.refused = Some(Refusal::Sanity),
            None => {
                let status = Status { baro_alt_ft, on_ground, ..Status::default() };
                if status != Status::default() && self.track.status[2].is_news(status, self.at, REPEAT_MICROS) {
                    out(EventKind::Status(status));
                }
            }
        }
        if let Motion::Airborne { north_kt, east_kt, vertical_fpm } = state.motion {
            let (speed, direction) = over_ground(north_kt, east_kt);
            let geom_minus_baro_ft = geom_alt_ft.zip(baro_alt_ft).map(|(geom, baro)| geom - baro);
            let velocity = Velocity { speed, direction, vertical_rate_fpm: vertical_fpm, geom_minus_baro_ft };
            if velocity != (Velocity { speed: None, direction: None, vertical_rate_fpm: None, geom_minus_baro_ft: None }) {
                out(EventKind::Velocity(velocity));
            }
        }
    }

    fn is_plausible(&mut self, place: model::LatLon) -> bool {
        let range_m = f64::from(self.config.range_m_max.unwrap_or(RANGE_M_MAX));
        let in_range = self.config.site.is_none_or(|site| site.distance_m(place) <= range_m);
        in_range && self.track.places[usize::from(self.message.qualifier.from_ground())].weigh(place, self.at)
    }

    /// The error that the sender states, else the radius that it says holds it.
    fn accuracy_m(&self, state: &StateVector) -> Option<u32> {
        let lately = |(_, then): &(u8, UnixMicros)| self.at.micros_since(*then).abs() <= NAC_MICROS;
        self.track.nac_p.filter(lately).and_then(|(nac_p, _)| super::message::epu_m(nac_p)).or(state.containment_m())
    }

    fn mode(&mut self, mode: &ModeStatus, on_ground: Option<bool>, out: &mut dyn FnMut(EventKind)) {
        let from_ground = self.message.qualifier.from_ground();
        self.track.nac_p = Some((mode.nac_p, self.at));
        let identity = Identity { callsign: mode.callsign, category: mode.category, ..Identity::default() };
        // Callsign and squawk come by turns: silence about one is no news.
        if mode.callsign.is_some() && self.track.identity.is_news(identity, self.at, REPEAT_MICROS) {
            out(EventKind::Identity(identity));
        }
        let emergency = mode.emergency.filter(|e| !from_ground || *e != Emergency::None);
        let distress = emergency.is_some_and(|e| e != Emergency::None);
        let status = Status {
            squawk: mode.squawk,
            emergency,
            on_ground,
            ident: mode.ident.then_some(true),
            adsb_version: Some(mode.version),
            ..Status::default()
        };
        let repeat = if distress { EMERGENCY_REPEAT_MICROS } else { REPEAT_MICROS };
        if self.track.status[usize::from(mode.squawk.is_some())].is_news(status, self.at, repeat) {
            out(EventKind::Status(status));
        }
        let containment_m = self.message.state.as_ref().and_then(StateVector::containment_m);
        let quality = Quality { containment_m, ..mode.quality };
        if self.track.quality.is_news(quality, self.at, REPEAT_MICROS) {
            out(EventKind::Quality(quality));
        }
    }
}

const fn on_ground(state: &StateVector) -> Option<bool> {
    match state.motion {
        Motion::Airborne { .. } => Some(false),
        Motion::OnGround { .. } => Some(true),
        Motion::Unknown => None,
    }
}

type OverGround = (Option<(SpeedKind, DeciKnots)>, Option<(HeadingReference, CentiDegrees)>);

fn over_ground(north_kt: Option<i32>, east_kt: Option<i32>) -> OverGround {
    let Some((north, east)) = north_kt.zip(east_kt) else { return (None, None) };
    let (north, east) = (f64::from(north), f64::from(east));
    let speed = DeciKnots::from_knots(north.hypot(east)).map(|speed| (SpeedKind::Ground, speed));
    let moving = north != 0.0 || east != 0.0;
    let degrees = east.atan2(north).to_degrees().rem_euclid(360.0);
    let direction = moving.then(|| CentiDegrees::from_degrees(degrees)).flatten().map(|angle| (HeadingReference::TrueTrack, angle));
    (speed, direction)
}

#[cfg(test)]
mod tests;
