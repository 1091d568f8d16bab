//! Which frame said a fact, read from the frame itself: format, type code, and the register that a reply is taken for; of UAT the
//! payload type.

use model::{Event, EventKind, InferredRegister, Protocol, Subject};

/// Where a fact is from. Small: every field of every track has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Source {
    /// A place in the picture's table of stations; [`u16::MAX`]: not in it.
    pub station: u16,
    pub receiver: u8,
    pub corrected_bits: u8,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Kind {
    /// Neither Mode S nor UAT.
    #[default]
    Other,
    /// Payload type code of a UAT downlink message (DO-282B §2.2.4.5.1.1).
    Uat(u8),
    /// Downlink format alone.
    Format(u8),
    /// Downlink format and ADS-B type code.
    Squitter(u8, u8),
    /// Downlink format, Comm-B register (0x40 is 4,0), probability in percent; 0: it names itself.
    Register(u8, u8, u8),
}

impl Source {
    pub fn of(event: &Event, station: Option<u16>) -> Self {
        Self {
            station: station.unwrap_or(u16::MAX),
            receiver: event.receiver.0,
            corrected_bits: event.signal.corrected_bits,
            kind: match event.protocol {
                Protocol::Adsb if is_aircraft(&event.subject) => Kind::of(event),
                Protocol::Uat => event.raw.as_slice().first().map_or(Kind::Other, |first| Kind::Uat(first >> 3)),
                Protocol::Adsb | Protocol::Ais | Protocol::Aprs => Kind::Other,
            },
        }
    }

    /// `DF17 TC11`, `DF20 BDS 4,0`, `UAT 1`. `None`: neither.
    pub fn frame(self) -> Option<String> {
        match self.kind {
            Kind::Other => None,
            Kind::Uat(payload) => Some(format!("UAT {payload}")),
            Kind::Format(df) => Some(format!("DF{df}")),
            Kind::Squitter(df, type_code) => Some(format!("DF{df} TC{type_code}")),
            Kind::Register(df, bds, _) => Some(format!("DF{df} BDS {:X},{:X}", bds >> 4, bds & 0xF)),
        }
    }

    /// That the reply holds this register.
    pub fn probability_percent(self) -> Option<u8> {
        match self.kind {
            Kind::Register(.., percent) => Some(percent).filter(|&p| p != 0),
            Kind::Other | Kind::Uat(_) | Kind::Format(_) | Kind::Squitter(..) => None,
        }
    }
}

impl Kind {
    fn of(event: &Event) -> Self {
        let raw = event.raw.as_slice();
        let Some(&first) = raw.first() else { return Self::Other };
        let df = if 0xC0 <= first { 24 } else { first >> 3 };
        let inferred = |register: Option<InferredRegister>| register.map(|i| Self::Register(df, i.bds, i.probability_percent));
        let register = match (&event.kind, df) {
            (EventKind::Intent(i), _) => inferred(i.inferred),
            (EventKind::AirData(a), _) => inferred(a.inferred),
            // These begin with their own number.
            (EventKind::Identity(_), 20 | 21) => raw.get(4).map(|&bds| Self::Register(df, if bds == 0x20 { bds } else { 0x21 }, 0)),
            (EventKind::Advisory(_), 16 | 20 | 21) => Some(Self::Register(df, 0x30, 0)),
            _ => None,
        };
        match (register, df, raw.get(4)) {
            (Some(register), ..) => register,
            (None, 17..=19, Some(fifth)) => Self::Squitter(df, fifth >> 3),
            _ => Self::Format(df),
        }
    }
}

fn is_aircraft(subject: &Subject) -> bool {
    matches!(subject, Subject::Aircraft(_) | Subject::NonIcao(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::position_event;
    use model::{AirData, Identity, Raw, Status};

    fn check(raw: &[u8], kind: EventKind, frame: &str, percent: Option<u8>) {
        let event = Event { raw: Raw::new(raw), kind, ..position_event(1, 0) };
        let source = Source::of(&event, Some(3));
        assert_eq!((source.frame().as_deref(), source.probability_percent()), (Some(frame), percent));
    }

    #[test]
    fn frames_name_themselves() {
        let air =
            |probability_percent| AirData { inferred: Some(InferredRegister { bds: 0x50, probability_percent }), ..AirData::default() };
        let status = || EventKind::Status(Status::default());
        check(&[0x8d, 0, 0, 0, 0x58], status(), "DF17 TC11", None);
        check(&[0x5d, 0, 0, 0], status(), "DF11", None);
        check(&[0xa0, 0, 0, 0, 0x12], status(), "DF20", None);
        check(&[0xa8, 0, 0, 0, 0x12], EventKind::AirData(air(98)), "DF21 BDS 5,0", Some(98));
        check(&[0xa0, 0, 0, 0, 0x20], EventKind::Identity(Identity::default()), "DF20 BDS 2,0", None);
        check(&[0xc0, 0, 0, 0], status(), "DF24", None);
        let uat = Event { protocol: Protocol::Uat, raw: Raw::new(&[0x0b, 0, 0]), ..position_event(1, 0) };
        assert_eq!(Source::of(&uat, None).frame().as_deref(), Some("UAT 1"));
        let ship = Event { protocol: Protocol::Ais, ..position_event(1, 0) };
        assert_eq!(Source::of(&ship, None).frame(), None);
        let empty = Event { raw: Raw::new(&[]), ..position_event(1, 0) };
        assert_eq!(Source::of(&empty, None).frame(), None);
    }
}
