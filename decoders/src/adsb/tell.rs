//! A message of a confirmed aircraft, and what is known of it, to events.

mod registers;

use super::cpr::Scale;
use super::doubt::altitude_follows;
use super::fix::{Outcome, Report, Site};
use super::known::{Known, StatusFrom};
use super::message::operational::Operational;
use super::message::position::{Airborne, Cpr, Surface, Surveillance};
use super::message::status::{EmergencyStatus, squawk_emergency};
use super::message::target::TargetState;
use super::message::velocity::{AirborneVelocity, Motion};
use super::message::{Body, FlightStatus, Me, Message, Reply, Sender};
use super::track::Track;
use crate::registry::Refusal;
use model::{
    CentiDegrees, DeciKnots, Emergency, EventKind, HeadingReference, Identity, Intent, Position, PositionSource, SpeedKind, Status,
    UnixMicros, Velocity,
};

/// A repaired velocity that differs more than this from one of the last 30 s is not believed.
const REPAIRED_SPEED_KT_MAX: f64 = 100.0;

/// Takes facts out of one message. `refused` is set when part of it was not believed.
pub struct Teller<'a> {
    pub track: &'a mut Track,
    pub at: UnixMicros,
    pub site: Option<Site>,
    /// The frame needed correction.
    pub repaired: bool,
    pub out: &'a mut dyn FnMut(EventKind),
    pub refused: Option<Refusal>,
}

impl Teller<'_> {
    pub fn tell(&mut self, message: &Message) {
        match &message.body {
            Body::AllCall { on_ground, .. } => {
                self.status(Status { on_ground: *on_ground, ..Status::default() }, StatusFrom::AllCall);
            }
            Body::AirAir { on_ground, baro_alt_ft, advisory } => {
                let baro_alt_ft = self.doubted_altitude(*baro_alt_ft);
                let status = Status { on_ground: Some(*on_ground), baro_alt_ft, ..Status::default() };
                self.status(status, StatusFrom::Altitude);
                if let Some(advisory) = advisory {
                    self.emit(EventKind::Advisory(*advisory));
                }
            }
            Body::Surveillance { status, reply, comm_b } => {
                let alt_ft = self.surveillance(*status, *reply);
                if let Some(mb) = comm_b {
                    self.comm_b(*mb, alt_ft);
                }
            }
            Body::Squitter { sender, on_ground: _, me } => self.squitter(*sender, me),
            Body::Elm => self.status(Status::default(), StatusFrom::AllCall),
        }
    }

    fn emit(&mut self, kind: EventKind) {
        self.track.known.told(self.at);
        (self.out)(kind);
    }

    fn known(&mut self) -> &mut Known {
        &mut self.track.known
    }

    fn status(&mut self, status: Status, from: StatusFrom) {
        let at = self.at;
        if self.known().status_worth_telling(&status, from, at) {
            self.emit(EventKind::Status(status));
        }
    }

    /// An altitude that the frame's parity does not prove: `None` when it is not believed.
    fn doubted_altitude(&mut self, baro_alt_ft: Option<i32>) -> Option<i32> {
        let (feet, at) = (baro_alt_ft?, self.at);
        if self.known().baro_alt_ft.weigh(feet, at, altitude_follows) {
            return Some(feet);
        }
        self.refused = Some(Refusal::Sanity);
        None
    }

    /// The altitude of a squitter: proven, unless it was repaired.
    fn altitude(&mut self, baro_alt_ft: Option<i32>) -> Option<i32> {
        if self.repaired {
            return self.doubted_altitude(baro_alt_ft);
        }
        let (feet, at) = (baro_alt_ft?, self.at);
        self.known().baro_alt_ft.believe(feet, at);
        Some(feet)
    }

    /// Gives the reply's altitude, when it is believed.
    fn surveillance(&mut self, flight: FlightStatus, reply: Reply) -> Option<i32> {
        let status = Status { on_ground: flight.on_ground, ident: flight.ident, ..Status::default() };
        match reply {
            Reply::Altitude(baro_alt_ft) => {
                let baro_alt_ft = self.doubted_altitude(baro_alt_ft);
                self.status(Status { baro_alt_ft, ..status }, StatusFrom::Altitude);
                baro_alt_ft
            }
            Reply::Squawk(squawk) => {
                self.squawk(squawk, status);
                None
            }
        }
    }

    /// A changed squawk is believed when said twice; an emergency at once: a false alarm is seen and ends with the next reply.
    fn squawk(&mut self, squawk: u16, status: Status) {
        let at = self.at;
        if squawk_emergency(squawk).is_some() {
            self.known().squawk.believe(squawk, at);
        }
        if self.known().squawk.weigh(squawk, at, |earlier, later, _| earlier == later) {
            let emergency = self.known().emergency_of_squawk(squawk);
            self.status(Status { squawk: Some(squawk), emergency, ..status }, StatusFrom::Squawk);
        } else {
            self.refused = Some(Refusal::Sanity);
        }
    }

    fn squitter(&mut self, sender: Sender, me: &Me) {
        match me {
            Me::Identification(id) => {
                self.identity(Identity { callsign: id.callsign, category: Some(id.category), ..Identity::default() });
            }
            Me::Airborne(position) => self.airborne(sender, position),
            Me::Surface(position) => self.surface(sender, position),
            Me::Velocity(velocity) => self.velocity(velocity),
            Me::Emergency(EmergencyStatus { emergency, squawk }) => {
                if let Some(squawk) = squawk {
                    self.track.known.squawk.believe(*squawk, self.at);
                }
                let emergency = self.known().emergency_of_broadcast(*emergency, *squawk);
                self.status(Status { squawk: *squawk, emergency, ..Status::default() }, StatusFrom::Broadcast);
            }
            Me::Advisory(Some(advisory)) => self.emit(EventKind::Advisory(*advisory)),
            Me::TestSquawk(Some(squawk)) => self.squawk(*squawk, Status::default()),
            Me::Target(target) => self.target(target),
            Me::Operational(operational) => self.operational(operational),
            Me::Advisory(None) | Me::TestSquawk(None) | Me::Other { .. } => self.status(Status::default(), StatusFrom::AllCall),
        }
    }

    fn identity(&mut self, identity: Identity) {
        let at = self.at;
        let changed = self.track.known.callsign().is_some_and(|known| identity.callsign.is_some_and(|new| new != known));
        if self.repaired && changed {
            self.refused = Some(Refusal::Sanity);
            return;
        }
        if self.known().identity_worth_telling(&identity, at) {
            self.emit(EventKind::Identity(identity));
        }
    }

    fn airborne(&mut self, sender: Sender, report: &Airborne) {
        let baro_alt_ft = self.altitude(report.baro_alt_ft);
        let alert = report.surveillance == Surveillance::PermanentAlert;
        let emergency = self.known().emergency_of_surveillance(alert);
        let ident = (report.surveillance == Surveillance::SpecialPosition).then_some(true);
        let mut status = Status { emergency, ident, ..Status::default() };
        let place = report.cpr.and_then(|cpr| self.place(sender, cpr, Scale::Airborne, None));
        if let Some(place) = place {
            let nic_b = report.bit_8 && matches!(sender, Sender::Transponder | Sender::NonTransponder { .. });
            let accuracy_m = self.track.known.accuracy_m(report.type_code, nic_b, self.at);
            self.emit(EventKind::Position(Position {
                baro_alt_ft,
                geom_alt_ft: report.geom_alt_ft,
                on_ground: Some(false),
                accuracy_m,
                ..Position::bare(place, source(sender))
            }));
        } else {
            status.baro_alt_ft = baro_alt_ft;
            status.on_ground = report.cpr.map(|_| false);
        }
        if place.is_none() || emergency.is_some() || ident.is_some() {
            self.status(status, StatusFrom::Position);
        }
    }

    fn surface(&mut self, sender: Sender, report: &Surface) {
        let at = self.at;
        let heading = self.track.known.surface_heading(at);
        let true_north = self.track.known.magnetic_heading(at) != Some(true);
        if let Some(speed) = report.speed {
            self.known().speed_kt.say(speed.knots(), at);
        }
        let Some(place) = self.place(sender, report.cpr, Scale::Surface, report.speed) else {
            self.status(Status { on_ground: Some(true), ..Status::default() }, StatusFrom::Position);
            return;
        };
        let accuracy_m = self.track.known.accuracy_m(report.type_code, false, at);
        self.emit(EventKind::Position(Position {
            on_ground: Some(true),
            accuracy_m,
            speed: report.speed,
            track: report.track.filter(|_| !heading),
            heading: report.track.filter(|_| heading && true_north),
            ..Position::bare(place, source(sender))
        }));
    }

    fn place(&mut self, sender: Sender, cpr: Cpr, scale: Scale, speed: Option<DeciKnots>) -> Option<model::LatLon> {
        let speed_kt = speed.map(DeciKnots::knots).or_else(|| self.track.known.recent_speed_kt(self.at));
        let report = Report { cpr, scale, at: self.at, stream: stream(sender), speed_kt };
        match self.track.fixes.update(report, self.site) {
            Outcome::Place(place) => Some(place),
            Outcome::Waiting => None,
            Outcome::Implausible => {
                self.refused = Some(Refusal::Sanity);
                None
            }
        }
    }

    fn velocity(&mut self, v: &AirborneVelocity) {
        let at = self.at;
        let reference = match self.track.known.magnetic_heading(at) {
            Some(false) => HeadingReference::TrueHeading,
            _ => HeadingReference::MagneticHeading,
        };
        let (speed, direction) = match v.motion {
            Motion::Ground { .. } => {
                let (speed, track) = v.motion.over_ground();
                if self.repaired && !self.speed_follows(speed) {
                    self.refused = Some(Refusal::Sanity);
                    return;
                }
                self.remember_motion(speed, track);
                (speed.map(|s| (SpeedKind::Ground, s)), track.map(|t| (HeadingReference::TrueTrack, t)))
            }
            Motion::Air { heading, airspeed } => (airspeed, heading.map(|h| (reference, h))),
        };
        if let Some((_, fpm)) = v.vertical_rate_fpm {
            self.known().vertical_rate_fpm.say(fpm, at);
        }
        self.known().say_velocity_quality(v.nac_v, at);
        self.emit(EventKind::Velocity(Velocity {
            speed,
            direction,
            vertical_rate_fpm: v.vertical_rate_fpm,
            geom_minus_baro_ft: v.geom_minus_baro_ft,
        }));
    }

    /// Not far from the speed just before: how a velocity that was repaired into another shows.
    fn speed_follows(&self, speed: Option<DeciKnots>) -> bool {
        let before = self.track.known.recent_speed_kt(self.at);
        speed.zip(before).is_none_or(|(new, before)| (new.knots() - before).abs() <= REPAIRED_SPEED_KT_MAX)
    }

    fn remember_motion(&mut self, speed: Option<DeciKnots>, track: Option<CentiDegrees>) {
        let at = self.at;
        if let Some(speed) = speed {
            self.known().speed_kt.say(speed.knots(), at);
        }
        if let Some(track) = track {
            self.known().track_deg.say(track.degrees(), at);
        }
    }

    fn target(&mut self, target: &TargetState) {
        let at = self.at;
        self.known().say_target(target, at);
        let mut intent = target.intent;
        if let Some((reference @ HeadingReference::MagneticHeading, _)) = &mut intent.selected_heading
            && self.track.known.magnetic_heading(at) == Some(false)
        {
            *reference = HeadingReference::TrueHeading;
        }
        self.intent(intent);
        if let Some(emergency) = target.emergency.filter(|&e| e != Emergency::None) {
            let emergency = self.known().emergency_of_broadcast(Some(emergency), None);
            self.status(Status { emergency, ..Status::default() }, StatusFrom::Broadcast);
        }
    }

    fn intent(&mut self, intent: Intent) {
        let at = self.at;
        if self.known().intent_worth_telling(&intent, at) {
            self.emit(EventKind::Intent(intent));
        }
    }

    fn operational(&mut self, o: &Operational) {
        let at = self.at;
        if let Some(quality) = self.known().say_operational(o, at)
            && self.known().quality_worth_telling(&quality, at)
        {
            self.emit(EventKind::Quality(quality));
        }
        let status = Status { adsb_version: Some(o.version), ident: o.ident.then_some(true), ..Status::default() };
        self.status(status, StatusFrom::Operational);
    }
}

const fn source(sender: Sender) -> PositionSource {
    match sender {
        Sender::Transponder | Sender::NonTransponder { .. } => PositionSource::SelfReported,
        Sender::TisB { .. } | Sender::TisBCoarse => PositionSource::GroundSurveillance,
        Sender::AdsR { .. } => PositionSource::Rebroadcast,
    }
}

/// Halves are paired within one sender only: each has its own clock and latency.
const fn stream(sender: Sender) -> u8 {
    match sender {
        Sender::Transponder => 0,
        Sender::NonTransponder { .. } => 1,
        Sender::TisB { .. } | Sender::TisBCoarse => 2,
        Sender::AdsR { .. } => 3,
    }
}
