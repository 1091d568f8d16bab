//! What a rule is judged by: one event of a station, or one that a program posted, reduced to what conditions ask for.

use crate::dto::{EMERGENCIES, Utc};
use crate::live::class_of;
use crate::store::Role;
use model::{CentiDegrees, DeciKnots, Emergency, Event, EventKind, LatLon, Mmsi, Protocol, SpeedKind, StationId, Subject, UnixMicros};
use serde_json::Value;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub at: UnixMicros,
    /// Of the database that holds it.
    pub role: Role,
    /// `None`: posted by a program for no station.
    pub station: Option<StationId>,
    /// `icao:4840d6`, `mmsi:970123456`, `imei:…`
    pub subject: Arc<str>,
    /// `None`: posted by a program.
    pub protocol: Option<Protocol>,
    pub place: Option<LatLon>,
    /// Pressure altitude, else height above the ellipsoid; on the ground 0.
    pub alt_ft: Option<i32>,
    /// Over ground.
    pub speed: Option<DeciKnots>,
    pub squawk: Option<u16>,
    /// The declared one, else the squawk's.
    pub emergency: Option<Emergency>,
    /// Upper case.
    pub callsign: Option<String>,
    pub imei: Option<String>,
    /// The central's watch-list has the IMEI as black.
    pub imei_blacklisted: bool,
    /// Of vessels.
    pub sails: Option<Sails>,
}

/// What only vessels say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sails {
    pub mmsi: Mmsi,
    /// Over ground, degrees from true north.
    pub course: Option<f64>,
    /// `A`, `B`
    pub class: Option<&'static str>,
    pub ship_type: Option<u8>,
}

/// An event that a program posted, as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    pub at: UnixMicros,
    pub station: Option<StationId>,
    pub subject: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    /// Taken for feet.
    pub altitude: Option<f64>,
    /// Taken for knots.
    pub speed: Option<f64>,
    pub status: Option<String>,
    pub payload: Option<String>,
}

impl Observation {
    /// Nothing but that the subject is there.
    pub fn bare(at: UnixMicros, role: Role, station: Option<StationId>, subject: &str) -> Self {
        Self {
            at,
            role,
            station,
            subject: subject.into(),
            protocol: None,
            place: None,
            alt_ft: None,
            speed: None,
            squawk: None,
            emergency: None,
            callsign: None,
            imei: None,
            imei_blacklisted: false,
            sails: None,
        }
    }

    /// `None`: what is not believed says nothing, not even that somebody was heard.
    pub fn heard(event: &Event, role: Role, station: StationId) -> Option<Self> {
        let bare = Self::bare(event.at, role, Some(station), &event.subject.to_string());
        let mut seen = Self { protocol: Some(event.protocol), ..bare };
        match &event.kind {
            EventKind::Position(p) => {
                seen.place = Some(p.at);
                seen.alt_ft = p.baro_alt_ft.or(p.geom_alt_ft).or((p.on_ground == Some(true)).then_some(0));
                seen.speed = p.speed;
            }
            EventKind::Velocity(v) => seen.speed = v.speed.filter(|(kind, _)| *kind == SpeedKind::Ground).map(|(_, speed)| speed),
            EventKind::AirData(a) => seen.speed = a.ground_speed,
            EventKind::Identity(i) => seen.callsign = i.callsign.map(|c| c.as_str().to_uppercase()),
            EventKind::Status(s) => {
                (seen.squawk, seen.alt_ft) = (s.squawk, s.baro_alt_ft);
                seen.emergency = emergency(s.emergency, s.squawk);
            }
            EventKind::Quarantined(_) => return None,
            EventKind::Weather(_)
            | EventKind::Text(_)
            | EventKind::Intent(_)
            | EventKind::Quality(_)
            | EventKind::Advisory(_)
            | EventKind::Telemetry(_)
            | EventKind::Coverage(_) => {}
        }
        if let (Subject::Vessel(mmsi), Protocol::Ais) = (event.subject, event.protocol) {
            let course = if let EventKind::Position(p) = &event.kind { p.track.map(CentiDegrees::degrees) } else { None };
            let identity = if let EventKind::Identity(i) = &event.kind { i.category } else { None };
            let ship_type = identity.and_then(|category| category.as_str().parse().ok());
            seen.sails = Some(Sails { mmsi, course, class: class_of(&event.raw), ship_type });
        }
        if let Subject::Callsign(call) = &event.subject {
            seen.callsign = Some(call.as_str().to_uppercase());
        }
        Some(seen)
    }

    /// `None`: it is about nobody that could be told from others.
    pub fn posted(posted: Posted, role: Role) -> Option<Self> {
        let payload: Value = posted.payload.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let imei = text(&payload, ["imei", "IMEI"]);
        let subject = posted.subject.or_else(|| subject(&payload, imei.as_deref()))?;
        let squawk = text(&payload, ["squawk", "squawk"]).and_then(|code| code.parse().ok());
        let declared = text(&payload, ["emergency", "emergency"]);
        let declared = declared.and_then(|name| EMERGENCIES.into_iter().find(|e| e.name() == name));
        let place = posted.latitude.zip(posted.longitude).and_then(|(lat, lon)| LatLon::from_degrees(lat, lon));
        let mmsi = subject.strip_prefix("mmsi:").and_then(|digits| digits.parse().ok()).and_then(Mmsi::new);
        let number = |keys: [&str; 2]| keys.iter().find_map(|key| payload[*key].as_f64());
        let course = number(["course", "cog"]).filter(|degrees| (0.0..360.0).contains(degrees));
        let ship_type = number(["ship_type", "shiptype"]).map(|kind| kind as u8);
        let on_ground = payload["on_ground"] == Value::Bool(true);
        Some(Self {
            place,
            alt_ft: posted.altitude.filter(|feet| feet.abs() < 1e6).map(|feet| feet as i32).or(on_ground.then_some(0)),
            speed: posted.speed.and_then(DeciKnots::from_knots),
            squawk,
            emergency: emergency(declared, squawk),
            callsign: text(&payload, ["flight", "callsign"]).map(|c| c.to_uppercase()),
            imei_blacklisted: posted.status.as_deref() == Some("imei_blacklist_hit"),
            imei,
            sails: mmsi.map(|mmsi| Sails { mmsi, course, class: None, ship_type }),
            ..Self::bare(posted.at.clamp(Utc::MIN, Utc::MAX), role, posted.station, &subject)
        })
    }

    /// Must not be lost, whatever else is.
    pub fn is_distress(&self) -> bool {
        self.emergency.is_some_and(|e| e != Emergency::None)
    }
}

/// ICAO Doc 4444 §8.8.1, Annex 10 Vol. IV §2.1.4.1.
fn emergency(declared: Option<Emergency>, squawk: Option<u16>) -> Option<Emergency> {
    let meant = match squawk {
        Some(7500) => Some(Emergency::UnlawfulInterference),
        Some(7600) => Some(Emergency::NoCommunications),
        Some(7700) => Some(Emergency::General),
        _ => None,
    };
    declared.filter(|e| *e != Emergency::None).or(meant).or(declared)
}

/// Text or a whole number, without what surrounds it.
fn text(payload: &Value, keys: [&str; 2]) -> Option<String> {
    let value = keys.iter().find_map(|key| payload.get(key).filter(|v| !v.is_null()))?;
    let text = value.as_str().map(|text| text.trim().to_owned()).or_else(|| value.as_u64().map(|n| n.to_string()))?;
    (!text.is_empty() && text.len() <= 255).then_some(text)
}

fn subject(payload: &Value, imei: Option<&str>) -> Option<String> {
    let hex = text(payload, ["hex", "icao"]).filter(|s| s.len() == 6 && s.bytes().all(|b| b.is_ascii_hexdigit()));
    let mmsi = || text(payload, ["mmsi", "MMSI"]).filter(|s| s.len() <= 9 && s.bytes().all(|b| b.is_ascii_digit()));
    let device = || text(payload, ["device_id", "deviceId"]).map(|s| format!("device:{s}"));
    let known = hex.map(|s| format!("icao:{}", s.to_lowercase())).or_else(|| mmsi().map(|s| format!("mmsi:{s:0>9}")));
    known.or_else(|| imei.map(|s| format!("imei:{s}"))).or_else(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(payload: &str) -> Option<Observation> {
        Observation::posted(Posted { payload: Some(payload.into()), ..Posted::default() }, Role::Ops)
    }

    #[test]
    fn posted_events_say_what_programs_mean() {
        for (payload, subject) in [
            (r#"{"hex": "4840D6"}"#, Some("icao:4840d6")),
            (r#"{"mmsi": 2320001}"#, Some("mmsi:002320001")),
            (r#"{"IMEI": " 356938035643809 "}"#, Some("imei:356938035643809")),
            (r#"{"device_id": "h4m"}"#, Some("device:h4m")),
            (r#"{"hex": "nonsense"}"#, None),
            ("[1]", None),
            ("", None),
        ] {
            assert_eq!(of(payload).as_ref().map(|o| &*o.subject), subject, "{payload}");
        }
        let seen = of(r#"{"hex": "4840d6", "squawk": "7700", "emergency": "none", "flight": "klm1302 "}"#).unwrap();
        assert_eq!((seen.emergency, seen.squawk, seen.callsign.as_deref()), (Some(Emergency::General), Some(7700), Some("KLM1302")));
        assert_eq!(of(r#"{"hex": "4840d6", "squawk": 1200, "emergency": "none"}"#).unwrap().emergency, Some(Emergency::None));
        assert_eq!(of(r#"{"hex": "4840d6", "squawk": "1200"}"#).unwrap().emergency, None);
    }
}
