//! What an extended squitter says, to events.

use super::Teller;
use crate::adsb::cpr::Scale;
use crate::adsb::fix::{Outcome, Report};
use crate::adsb::ground::Evidence;
use crate::adsb::known::StatusFrom;
use crate::adsb::message::operational::Operational;
use crate::adsb::message::position::{Airborne, Coarse, Cpr, Surface, Surveillance};
use crate::adsb::message::status::EmergencyStatus;
use crate::adsb::message::target::TargetState;
use crate::adsb::message::velocity::{AirborneVelocity, Motion};
use crate::adsb::message::{Me, Sender};
use model::{
    CentiDegrees, DeciKnots, Disbelief, Emergency, EventKind, HeadingReference, Identity, Intent, Position, PositionSource, SpeedKind,
    Status, Suspect, Velocity,
};

/// A repaired velocity that differs more than this from one of the last 30 s is not believed.
const REPAIRED_SPEED_KT_MAX: f64 = 100.0;
/// The first version in which emergency state 7 is "aircraft in distress".
const DISTRESS_VERSION: u8 = 3;

impl Teller<'_> {
    pub(super) fn squitter(&mut self, sender: Sender, me: &Me) {
        match me {
            Me::Identification(id) => {
                let identity = Identity { callsign: id.callsign, category: Some(id.category), ..Identity::default() };
                self.identity(identity, !self.repaired, Disbelief::CallsignChange);
            }
            Me::Airborne(position) => self.airborne(sender, position),
            Me::Coarse(position) => self.coarse(sender, position),
            Me::Surface(position) => self.surface(sender, position),
            Me::Velocity(velocity) => self.velocity(velocity),
            Me::Emergency(status) => self.emergency(*status),
            Me::Advisory { advisory: Some(advisory), .. } => self.emit(EventKind::Advisory(*advisory)),
            Me::TestSquawk(Some(squawk)) => self.squawk(*squawk, Status::default()),
            Me::Target(target) => self.target(target),
            Me::Operational(operational) => self.operational(operational),
            Me::Advisory { advisory: None, .. } | Me::TestSquawk(None) | Me::Other { .. } => {
                self.status(Status::default(), StatusFrom::AllCall)
            }
        }
    }

    fn emergency(&mut self, EmergencyStatus { emergency, state_7, squawk, .. }: EmergencyStatus) {
        let at = self.at;
        if let Some(squawk) = squawk {
            self.known().squawk.believe(squawk, at);
        }
        let distress = state_7 && self.track.known.version(at).is_some_and(|version| DISTRESS_VERSION <= version);
        let emergency = if distress { Some(Emergency::General) } else { emergency };
        let emergency = self.known().emergency_of_broadcast(emergency, squawk);
        self.status(Status { squawk, emergency, ..Status::default() }, StatusFrom::Broadcast);
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

    fn airborne(&mut self, sender: Sender, report: &Airborne) {
        let baro_alt_ft = self.altitude(report.baro_alt_ft);
        if report.cpr.is_some() {
            self.ground(Some(false), Evidence::Position);
        }
        let at = self.at;
        let alert = report.surveillance == Surveillance::PermanentAlert;
        let emergency = self.known().emergency_of_surveillance(alert);
        let ident = (report.surveillance == Surveillance::SpecialPosition).then_some(true);
        let mut status = Status { emergency, ident, ..Status::default() };
        let place = report.cpr.and_then(|cpr| self.place(sender, cpr, Scale::Airborne, None));
        if let Some(place) = place {
            let nic_b = report.bit_8 && matches!(sender, Sender::Transponder | Sender::NonTransponder { .. });
            let accuracy_m = self.known().accuracy_m(report.type_code, nic_b, at);
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

    /// The layout has no room for quality: how far off it may be is not known.
    fn coarse(&mut self, sender: Sender, report: &Coarse) {
        let baro_alt_ft = self.altitude(report.baro_alt_ft);
        self.ground(Some(false), Evidence::Position);
        let alert = report.surveillance == Surveillance::PermanentAlert;
        let emergency = self.known().emergency_of_surveillance(alert);
        let place = self.place(sender, report.cpr, Scale::Airborne, report.speed);
        if let Some(place) = place {
            self.emit(EventKind::Position(Position {
                baro_alt_ft,
                on_ground: Some(false),
                speed: report.speed,
                track: report.track,
                ..Position::bare(place, source(sender))
            }));
        }
        if place.is_none() || emergency.is_some() {
            let missing = Status { baro_alt_ft, on_ground: Some(false), ..Status::default() };
            let status = if place.is_none() { missing } else { Status::default() };
            self.status(Status { emergency, ..status }, StatusFrom::Position);
        }
    }

    fn surface(&mut self, sender: Sender, report: &Surface) {
        let at = self.at;
        let heading = self.track.known.surface_heading(at);
        let true_north = self.track.known.magnetic_heading(at) != Some(true);
        self.ground(Some(true), Evidence::Position);
        if let Some(speed) = report.speed {
            self.known().speed_kt.say(speed.knots(), at);
        }
        let Some(place) = self.place(sender, report.cpr, Scale::Surface, report.speed) else {
            self.status(Status { on_ground: Some(true), ..Status::default() }, StatusFrom::Position);
            return;
        };
        let accuracy_m = self.known().accuracy_m(report.type_code, false, at);
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
            Outcome::Implausible(place, why) => {
                self.quarantine(why, Suspect::Position(place));
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
                if let Some(speed) = speed.filter(|&speed| self.repaired && !self.speed_follows(speed)) {
                    return self.quarantine(Disbelief::SpeedJump, Suspect::Speed(speed));
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
    fn speed_follows(&self, speed: DeciKnots) -> bool {
        let before = self.track.known.recent_speed_kt(self.at);
        before.is_none_or(|before| (speed.knots() - before).abs() <= REPAIRED_SPEED_KT_MAX)
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

    pub(super) fn intent(&mut self, intent: Intent) {
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
        Sender::TisB { .. } | Sender::TisBCoarse { .. } => PositionSource::GroundSurveillance,
        Sender::AdsR { .. } => PositionSource::Rebroadcast,
    }
}

/// Halves are paired within one sender only: each has its own clock and latency.
const fn stream(sender: Sender) -> u8 {
    match sender {
        Sender::Transponder => 0,
        Sender::NonTransponder { .. } => 1,
        Sender::TisB { .. } => 2,
        Sender::AdsR { .. } => 3,
        Sender::TisBCoarse { .. } => 4,
    }
}
