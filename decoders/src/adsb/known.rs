//! What an aircraft has said so far: context for later frames, and the memory that keeps unchanged facts from being told
//! again with every reply.
//!
//! Positions, velocities and advisories are told as often as they are heard; air data once a second per register, because
//! several radars ask for the same one. A status, identity, intent or quality is told
//! - at once when it says anything new;
//! - every [`EMERGENCY_REPEAT_MICROS`] while it is an emergency;
//! - else every [`REPEAT_MICROS`], or when nothing at all was told for [`PRESENCE_MICROS`]: "still heard" is a fact too.

use super::doubt::Weighed;
use super::ground::Ground;
use super::message::accuracy::{self, Supplements};
use super::message::operational::Operational;
use super::message::status::squawk_emergency;
use super::message::target::TargetState;
use crate::bits::Bits;
use model::{Disbelief, Emergency, Identity, InferredRegister, Intent, Quality, ShortText, Status, UnixMicros};

pub const REPEAT_MICROS: i64 = 30_000_000;
pub const PRESENCE_MICROS: i64 = 5_000_000;
pub const EMERGENCY_REPEAT_MICROS: i64 = 1_000_000;
pub const AIR_DATA_MICROS: i64 = 1_000_000;
/// The containment radius is that of a position of this age.
const POSITION_CODE_MICROS: i64 = 10_000_000;
/// What is not believed is told once in this time for each reason, with how often it came.
pub const QUARANTINE_MICROS: i64 = 1_000_000;
/// A speed, heading or quality code describes the aircraft this long after it was sent.
const CONTEXT_MICROS: i64 = 120_000_000;
const SPEED_MICROS: i64 = 30_000_000;
/// A speed of this age says whether somebody flies: from 100 kt an airliner stops in 20 s.
const FLYING_MICROS: i64 = 10_000_000;

/// A value and when it was last said.
#[derive(Clone, Copy, Debug)]
pub struct Said<T>(Option<(T, UnixMicros)>);

impl<T> Default for Said<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Copy + PartialEq> Said<T> {
    pub fn say(&mut self, value: T, at: UnixMicros) {
        self.0 = Some((value, at));
    }

    /// The value, unless it is older than `age_micros`.
    pub fn within(&self, at: UnixMicros, age_micros: i64) -> Option<T> {
        self.0.filter(|(_, said)| at.micros_since(*said).abs() <= age_micros).map(|(value, _)| value)
    }

    /// Whether to tell `value` now; if so, it counts as told.
    fn worth_telling(&mut self, value: T, at: UnixMicros) -> bool {
        let worth = self.within(at, REPEAT_MICROS) != Some(value);
        if worth {
            self.say(value, at);
        }
        worth
    }
}

/// The kinds of frame that make a status; each repeats on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFrom {
    AllCall,
    Altitude,
    Squawk,
    Broadcast,
    Position,
    Operational,
}

/// Who raised the emergency that is on, and so may end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RaisedBy {
    Broadcast,
    Squawk,
    SurveillanceStatus,
}

#[derive(Debug, Default)]
pub struct Known {
    /// Speed over ground, knots.
    pub speed_kt: Said<f64>,
    /// True track, degrees.
    pub track_deg: Said<f64>,
    pub vertical_rate_fpm: Said<i32>,
    pub baro_alt_ft: Weighed<i32>,
    pub squawk: Weighed<u16>,
    pub callsign: Weighed<ShortText<9>>,
    pub ground: Ground,
    /// Of how many segments the next extended length message is, as announced.
    pub elm_segments: Said<u8>,
    /// Register 1,7: which registers it serves.
    pub served: Said<Bits<56>>,
    version: Said<u8>,
    /// Type code of the last position, and its NIC supplement B.
    position_code: Said<(u8, bool)>,
    nac_p: Said<u8>,
    nac_v: Said<u8>,
    nic_a: bool,
    nic_c: bool,
    /// Headings are from magnetic north (HRD); surface "tracks" are headings.
    magnetic: Said<bool>,
    surface_heading: Said<bool>,
    raised: Option<RaisedBy>,
    status: Status,
    status_at: [Option<UnixMicros>; 6],
    told_at: Option<UnixMicros>,
    identity: Identity,
    identity_at: Option<UnixMicros>,
    intents: [Said<Intent>; 2],
    quality: Said<Quality>,
    /// When registers 4,x, 5,0 and 6,0 were told.
    air_data_at: [Option<UnixMicros>; 3],
    /// When a disbelief was told, and how many came since.
    quarantined: [(Option<UnixMicros>, u32); Disbelief::ALL.len()],
}

impl Known {
    /// Speed over ground recent enough to bound movement.
    pub fn recent_speed_kt(&self, at: UnixMicros) -> Option<f64> {
        self.speed_kt.within(at, SPEED_MICROS)
    }

    pub fn told(&mut self, at: UnixMicros) {
        self.told_at = Some(at);
    }

    pub fn callsign_told(&self) -> Option<ShortText<9>> {
        self.identity.callsign
    }

    pub fn flying_speed_kt(&self, at: UnixMicros) -> Option<f64> {
        self.speed_kt.within(at, FLYING_MICROS)
    }

    /// ADS-B version, when it was said lately.
    pub fn version(&self, at: UnixMicros) -> Option<u8> {
        self.version.within(at, CONTEXT_MICROS)
    }

    /// How many to tell of, if now.
    pub fn quarantine_worth_telling(&mut self, why: Disbelief, at: UnixMicros) -> Option<u32> {
        let (told, count) = &mut self.quarantined[why as usize];
        *count = count.saturating_add(1);
        let worth = told.is_none_or(|then| QUARANTINE_MICROS <= at.micros_since(then).abs());
        worth.then(|| {
            *told = Some(at);
            core::mem::take(count)
        })
    }

    pub fn magnetic_heading(&self, at: UnixMicros) -> Option<bool> {
        self.magnetic.within(at, CONTEXT_MICROS)
    }

    pub fn surface_heading(&self, at: UnixMicros) -> bool {
        self.surface_heading.within(at, CONTEXT_MICROS).unwrap_or(false)
    }

    /// 95 % radius of a position of this type code: EPU where NACp is known, else the containment radius.
    pub fn accuracy_m(&mut self, type_code: u8, nic_b: bool, at: UnixMicros) -> Option<u32> {
        self.position_code.say((type_code, nic_b), at);
        let version = self.version.within(at, CONTEXT_MICROS);
        if version == Some(0) {
            return accuracy::nuc_p_error_m(type_code);
        }
        let epu = self.nac_p.within(at, CONTEXT_MICROS).and_then(accuracy::epu_m);
        let nic = match version {
            Some(_) => Supplements { a: self.nic_a, b: nic_b, c: self.nic_c },
            None => Supplements::default(),
        };
        epu.or_else(|| accuracy::containment_m(type_code, version.unwrap_or(1), nic))
    }

    pub fn say_velocity_quality(&mut self, nac_v: u8, at: UnixMicros) {
        self.nac_v.say(nac_v, at);
    }

    /// Remembers what an operational status says about other messages; gives what it says about quality.
    pub fn say_operational(&mut self, o: &Operational, at: UnixMicros) -> Option<Quality> {
        self.version.say(o.version, at);
        if o.version == 0 {
            return None;
        }
        self.nac_p.say(o.nac_p, at);
        self.nic_a = o.nic_supplement_a;
        self.nic_c = o.nic_supplement_c;
        self.magnetic.say(o.magnetic, at);
        if o.surface {
            self.surface_heading.say(o.surface_heading, at);
        }
        let nac_v = o.nac_v.or(self.nac_v.within(at, CONTEXT_MICROS));
        Some(Quality {
            position_error_m: accuracy::epu_m(o.nac_p),
            geom_alt_error_m: o.gva.and_then(accuracy::geom_alt_error_m),
            velocity_error_dm_s: nac_v.and_then(accuracy::velocity_error_dm_s),
            integrity_exponent: accuracy::exponent(o.sil),
            integrity_per_sample: o.sil_per_sample,
            design_assurance_exponent: o.sda.and_then(accuracy::exponent),
            baro_alt_checked: o.nic_baro,
            containment_m: self
                .position_code
                .within(at, POSITION_CODE_MICROS)
                .and_then(|(type_code, b)| accuracy::containment_m(type_code, o.version, Supplements { a: self.nic_a, b, c: self.nic_c })),
        })
    }

    pub fn say_target(&mut self, target: &TargetState, at: UnixMicros) {
        self.nac_p.say(target.nac_p, at);
    }

    /// A squawk's emergency. `Some(None)`-like [`Emergency::None`] only when this squawk ends what a squawk began.
    pub fn emergency_of_squawk(&mut self, squawk: u16) -> Option<Emergency> {
        self.raise(squawk_emergency(squawk), RaisedBy::Squawk)
    }

    /// The emergency state of type code 28, and the squawk beside it.
    pub fn emergency_of_broadcast(&mut self, state: Option<Emergency>, squawk: Option<u16>) -> Option<Emergency> {
        let by_squawk = squawk.and_then(squawk_emergency);
        match state {
            Some(Emergency::None) if by_squawk.is_none() => {
                self.raised = None;
                Some(Emergency::None)
            }
            Some(Emergency::None) | None => self.raise(by_squawk, RaisedBy::Squawk),
            Some(emergency) => self.raise(Some(emergency), RaisedBy::Broadcast),
        }
    }

    /// "Permanent alert" in a position says that there is an emergency, not which: it speaks only when nothing better does.
    pub fn emergency_of_surveillance(&mut self, permanent_alert: bool) -> Option<Emergency> {
        match self.raised {
            None | Some(RaisedBy::SurveillanceStatus) => {
                self.raise(permanent_alert.then_some(Emergency::General), RaisedBy::SurveillanceStatus)
            }
            Some(_) => None,
        }
    }

    fn raise(&mut self, emergency: Option<Emergency>, by: RaisedBy) -> Option<Emergency> {
        if emergency.is_some() {
            self.raised = Some(by);
            return emergency;
        }
        if self.raised != Some(by) {
            return None;
        }
        self.raised = None;
        Some(Emergency::None)
    }

    pub fn status_worth_telling(&mut self, status: &Status, from: StatusFrom, at: UnixMicros) -> bool {
        let merged = Status {
            squawk: status.squawk.or(self.status.squawk),
            emergency: status.emergency.or(self.status.emergency),
            baro_alt_ft: status.baro_alt_ft.or(self.status.baro_alt_ft),
            on_ground: status.on_ground.or(self.status.on_ground),
            ident: status.ident.or(self.status.ident),
            nav_status: None,
            adsb_version: status.adsb_version.or(self.status.adsb_version),
        };
        let last = &mut self.status_at[from as usize];
        let since = |then: Option<UnixMicros>| then.map_or(i64::MAX, |then| at.micros_since(then).abs());
        let alarming = status.emergency.is_some_and(|e| e != Emergency::None);
        let repeat = if alarming { EMERGENCY_REPEAT_MICROS } else { REPEAT_MICROS };
        let worth = merged != self.status || repeat <= since(*last) || PRESENCE_MICROS <= since(self.told_at);
        if worth {
            *last = Some(at);
            self.status = merged;
        }
        worth
    }

    pub fn identity_worth_telling(&mut self, identity: &Identity, at: UnixMicros) -> bool {
        let merged = Identity {
            callsign: identity.callsign.or(self.identity.callsign),
            category: identity.category.or(self.identity.category),
            name: identity.name.or(self.identity.name),
            ..Identity::default()
        };
        let worth = merged != self.identity || self.identity_at.is_none_or(|then| REPEAT_MICROS <= at.micros_since(then).abs());
        if worth {
            self.identity = merged;
            self.identity_at = Some(at);
        }
        worth
    }

    /// Broadcast and register 4,0 say different things, so each is compared with itself.
    pub fn intent_worth_telling(&mut self, intent: &Intent, at: UnixMicros) -> bool {
        // A probability that moves by a percent is not news.
        let inferred = intent.inferred.map(|i| InferredRegister { probability_percent: 0, ..i });
        self.intents[usize::from(inferred.is_some())].worth_telling(Intent { inferred, ..*intent }, at)
    }

    pub fn air_data_worth_telling(&mut self, bds: u8, at: UnixMicros) -> bool {
        let last = &mut self.air_data_at[usize::from(bds >> 4).clamp(4, 6) - 4];
        let worth = last.is_none_or(|then| AIR_DATA_MICROS <= at.micros_since(then).abs());
        if worth {
            *last = Some(at);
        }
        worth
    }

    pub fn quality_worth_telling(&mut self, quality: &Quality, at: UnixMicros) -> bool {
        self.quality.worth_telling(*quality, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> UnixMicros {
        UnixMicros::from_secs(secs)
    }

    #[test]
    fn a_status_is_told_when_new_then_rarely() {
        let mut known = Known::default();
        let squawk = Status { squawk: Some(1200), ..Status::default() };
        assert!(known.status_worth_telling(&squawk, StatusFrom::Squawk, at(0)));
        known.told(at(0));
        assert!(!known.status_worth_telling(&squawk, StatusFrom::Squawk, at(1)));
        assert!(known.status_worth_telling(&squawk, StatusFrom::Squawk, at(5)), "nothing else was told");
        for s in 6..34 {
            known.told(at(s));
            assert!(!known.status_worth_telling(&squawk, StatusFrom::Squawk, at(s)));
        }
        known.told(at(35));
        assert!(known.status_worth_telling(&squawk, StatusFrom::Squawk, at(35)));
        let changed = Status { squawk: Some(2000), ..squawk };
        assert!(known.status_worth_telling(&changed, StatusFrom::Squawk, at(35)));
    }

    #[test]
    fn an_emergency_is_told_every_second_and_ended_by_who_raised_it() {
        let mut known = Known::default();
        assert_eq!(known.emergency_of_squawk(1200), None);
        assert_eq!(known.emergency_of_squawk(7700), Some(Emergency::General));
        assert_eq!(known.emergency_of_surveillance(false), None, "a position's silence does not end it");
        let alarm = Status { squawk: Some(7700), emergency: Some(Emergency::General), ..Status::default() };
        for tenth in 0..30 {
            let now = UnixMicros(100_000 * tenth);
            assert_eq!(known.status_worth_telling(&alarm, StatusFrom::Squawk, now), tenth % 10 == 0);
            known.told(now);
        }
        assert_eq!(known.emergency_of_squawk(1200), Some(Emergency::None));
        assert_eq!(known.emergency_of_squawk(1200), None);
    }

    #[test]
    fn a_broadcast_without_emergency_does_not_hide_the_squawk() {
        let mut known = Known::default();
        assert_eq!(known.emergency_of_broadcast(Some(Emergency::None), Some(7600)), Some(Emergency::NoCommunications));
        assert_eq!(known.emergency_of_broadcast(Some(Emergency::Medical), Some(1200)), Some(Emergency::Medical));
        assert_eq!(known.emergency_of_squawk(1200), None, "medical is not the squawk's to end");
        assert_eq!(known.emergency_of_broadcast(Some(Emergency::None), Some(1200)), Some(Emergency::None));
    }

    #[test]
    fn accuracy_prefers_the_95_percent_figure() {
        let mut known = Known::default();
        assert_eq!(known.accuracy_m(11, true, at(0)), Some(186), "version unknown: the wider reading");
        known.nac_p.say(9, at(0));
        known.version.say(2, at(0));
        assert_eq!(known.accuracy_m(11, true, at(1)), Some(30));
        assert_eq!(known.accuracy_m(11, true, at(1000)), Some(186), "forgotten");
        known.version.say(0, at(2000));
        assert_eq!(known.accuracy_m(11, false, at(2000)), Some(93));
    }
}
