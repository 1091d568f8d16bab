//! Comm-B replies: which register it is, and what is told of it.

use super::Teller;
use crate::adsb::comm_b::{Context, Inference, Register, TOLD_PERCENT, infer, registers};
use crate::adsb::message::{ident, status};
use crate::bits::Bits;
use model::{AirData, DeciKnots, Disbelief, EventKind, Identity, Intent, Suspect};

/// Speed, track and vertical rate of this age still describe the aircraft well enough to tell registers apart.
const MOTION_MICROS: i64 = 30_000_000;
/// Altitude, when the reply itself carries a squawk instead.
const ALTITUDE_MICROS: i64 = 30_000_000;

/// So old a velocity is of the same moment: 5 s turn an airliner by 15°, and change its speed by 10 kt.
const SAME_TIME_MICROS: i64 = 5_000_000;
const DISAGREE_KT: f64 = 60.0;
const DISAGREE_DEG: f64 = 30.0;
/// Below this a direction of movement is no more than noise.
const MOVING_KT: f64 = 60.0;

impl Teller<'_> {
    /// `alt_ft`: the altitude in the same reply.
    pub(super) fn comm_b(&mut self, mb: Bits<56>, alt_ft: Option<i32>) {
        let context = self.context(alt_ft);
        let Some(inference) = infer(mb, &context).filter(|i| TOLD_PERCENT <= i.probability_percent) else {
            return;
        };
        match inference.register {
            // What the transponder can do is for the next inference, not for the console.
            Register::DataLink => {}
            Register::Served => self.track.known.served.say(mb, self.at),
            Register::Identification => {
                if let Some(callsign) = ident::callsign(mb) {
                    let identity = Identity { callsign: Some(callsign), ..Identity::default() };
                    self.identity(identity, false, Disbelief::RegisterDisagrees);
                }
            }
            Register::Registration => {
                let identity = Identity { name: registers::registration(mb), ..Identity::default() };
                self.identity(identity, false, Disbelief::RegisterDisagrees);
            }
            Register::Advisory => {
                if let Some(advisory) = status::advisory(mb) {
                    self.emit(EventKind::Advisory(advisory));
                }
            }
            Register::Selected => self.intent(Intent { inferred: Some(inference.inferred()), ..registers::selected(mb) }),
            Register::RoutineReport => self.air_data(inference, registers::routine_report(mb)),
            Register::HazardReport => self.air_data(inference, registers::hazard_report(mb)),
            Register::TrackAndTurn => {
                let air = registers::track_and_turn(mb);
                match self.disagreement(&air) {
                    Some(suspect) => self.quarantine(Disbelief::RegisterDisagrees, suspect),
                    None => self.air_data(inference, air),
                }
            }
            Register::HeadingAndSpeed => self.air_data(inference, registers::heading_and_speed(mb)),
        }
    }

    /// What register 5,0 says otherwise than the ADS-B velocity of the last seconds.
    fn disagreement(&self, air: &AirData) -> Option<Suspect> {
        let (known, at) = (&self.track.known, self.at);
        let speed_kt = known.speed_kt.within(at, SAME_TIME_MICROS)?;
        let off_kt = |speed: DeciKnots| (speed.knots() - speed_kt).abs();
        if let Some(speed) = air.ground_speed.filter(|&speed| DISAGREE_KT < off_kt(speed)) {
            return Some(Suspect::Speed(speed));
        }
        let track_deg = known.track_deg.within(at, SAME_TIME_MICROS).filter(|_| MOVING_KT <= speed_kt)?;
        let off_deg = |track_now: f64| ((track_now - track_deg + 540.0).rem_euclid(360.0) - 180.0).abs();
        air.track.filter(|track| DISAGREE_DEG < off_deg(track.degrees())).map(Suspect::Track)
    }

    fn context(&self, alt_ft: Option<i32>) -> Context {
        let (known, at) = (&self.track.known, self.at);
        Context {
            alt_ft: alt_ft.or_else(|| known.baro_alt_ft.within(at, ALTITUDE_MICROS)),
            speed_kt: known.speed_kt.within(at, MOTION_MICROS),
            track_deg: known.track_deg.within(at, MOTION_MICROS),
            vertical_rate_fpm: known.vertical_rate_fpm.within(at, MOTION_MICROS),
            callsign: known.callsign_told(),
            served: known.served.within(at, i64::MAX),
        }
    }

    fn air_data(&mut self, inference: Inference, air: AirData) {
        let at = self.at;
        let (bds, inferred) = (inference.register.bds(), Some(inference.inferred()));
        // Two meteorological registers, 4,4 and 4,5, share one slot: no aircraft serves both.
        if self.known().air_data_worth_telling(bds, at) {
            self.emit(EventKind::AirData(AirData { inferred, ..air }));
        }
    }
}
