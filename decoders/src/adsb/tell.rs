//! A message of a confirmed aircraft, and what is known of it, to events.

mod registers;
mod squitter;

use super::doubt::altitude_follows;
use super::fix::Site;
use super::ground::{Evidence, Verdict};
use super::known::{Known, StatusFrom};
use super::message::status::squawk_emergency;
use super::message::{Body, FlightStatus, Message, Reply};
use super::track::Track;
use crate::registry::Refusal;
use model::{Disbelief, EventKind, Identity, Quarantined, Status, Suspect, UnixMicros};

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
                let on_ground = self.ground(*on_ground, Evidence::Proven);
                self.status(Status { on_ground, ..Status::default() }, StatusFrom::AllCall);
            }
            Body::AirAir { on_ground, baro_alt_ft, advisory } => {
                let baro_alt_ft = self.doubted_altitude(*baro_alt_ft);
                let on_ground = self.ground(Some(*on_ground), Evidence::Unproven);
                self.status(Status { on_ground, baro_alt_ft, ..Status::default() }, StatusFrom::Altitude);
                if let Some(advisory) = advisory {
                    self.emit(EventKind::Advisory(*advisory));
                }
            }
            Body::Surveillance { status, reply, comm_b, elm_segments } => {
                let alt_ft = self.surveillance(*status, *reply);
                if let Some(mb) = comm_b {
                    self.comm_b(*mb, alt_ft);
                }
                if let Some(segments) = elm_segments {
                    self.track.known.elm_segments.say(*segments, self.at);
                }
            }
            Body::Squitter { sender, on_ground, me } => {
                self.squitter(*sender, me);
                self.switched(*on_ground);
            }
            Body::Elm(_) => self.status(Status::default(), StatusFrom::AllCall),
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

    /// Keeps a value apart: counted each time, told now and then.
    fn quarantine(&mut self, why: Disbelief, suspect: Suspect) {
        self.refused = Some(Refusal::Sanity);
        let at = self.at;
        if let Some(count) = self.known().quarantine_worth_telling(why, at) {
            (self.out)(EventKind::Quarantined(Quarantined { why, suspect, count }));
        }
    }

    /// What to tell of a claim to be on the ground or not.
    fn ground(&mut self, claimed: Option<bool>, evidence: Evidence) -> Option<bool> {
        let (on_ground, at) = (claimed?, self.at);
        let speed_kt = self.track.known.flying_speed_kt(at);
        match self.known().ground.weigh(on_ground, evidence, speed_kt, at) {
            Verdict::Believed { .. } => Some(on_ground),
            Verdict::Waiting => None,
            Verdict::Contradicted => {
                self.quarantine(Disbelief::GroundContradicted, Suspect::OnGround(on_ground));
                None
            }
        }
    }

    /// The capability field beside any squitter: worth an event of its own only when it changes something.
    fn switched(&mut self, on_ground: Option<bool>) {
        let Some(on_ground) = on_ground else { return };
        let at = self.at;
        let speed_kt = self.track.known.flying_speed_kt(at);
        match self.known().ground.weigh(on_ground, Evidence::Proven, speed_kt, at) {
            Verdict::Believed { changed: true } => {
                self.status(Status { on_ground: Some(on_ground), ..Status::default() }, StatusFrom::AllCall);
            }
            Verdict::Contradicted => self.quarantine(Disbelief::GroundContradicted, Suspect::OnGround(on_ground)),
            Verdict::Believed { changed: false } | Verdict::Waiting => {}
        }
    }

    /// An altitude that the frame's parity does not prove: `None` when it is not believed.
    fn doubted_altitude(&mut self, baro_alt_ft: Option<i32>) -> Option<i32> {
        let (feet, at) = (baro_alt_ft?, self.at);
        if self.known().baro_alt_ft.weigh(feet, at, altitude_follows) {
            return Some(feet);
        }
        self.quarantine(Disbelief::AltitudeJump, Suspect::BaroAltitude(feet));
        None
    }

    /// Gives the reply's altitude, when it is believed.
    fn surveillance(&mut self, flight: FlightStatus, reply: Reply) -> Option<i32> {
        let on_ground = self.ground(flight.on_ground, Evidence::Unproven);
        let status = Status { on_ground, ident: flight.ident, ..Status::default() };
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
            self.quarantine(Disbelief::SquawkChange, Suspect::Squawk(squawk));
        }
    }

    /// `proven`: under parity that stands on its own, and clean. Else a callsign that differs from the one believed waits for a
    /// second that agrees. What is left of the identity is told.
    fn identity(&mut self, identity: Identity, proven: bool, why: Disbelief) {
        let at = self.at;
        if let Some(callsign) = identity.callsign {
            if proven {
                self.known().callsign.believe(callsign, at);
            } else if !self.known().callsign.weigh(callsign, at, |earlier, later, _| earlier == later) {
                return self.quarantine(why, Suspect::Callsign(callsign));
            }
        }
        if self.known().identity_worth_telling(&identity, at) {
            self.emit(EventKind::Identity(identity));
        }
    }
}
