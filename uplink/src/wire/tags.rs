//! Enumerations as bytes. One table serves both directions, so they can't disagree. A tag never changes its meaning;
//! new variants are appended.

use super::WireError;
use model::{Disbelief, Emergency, Hazard, HeadingReference, PositionSource, Protocol, SpeedKind, TextKind, VerticalSource};

/// A closed enumeration with one byte for each value.
pub trait Tag: Copy {
    const NAME: &'static str;

    fn tag(self) -> u8;

    fn from_tag(tag: u8) -> Result<Self, WireError>;
}

macro_rules! tags {
    ($($type:ident as $name:literal { $($variant:ident = $tag:literal),+ $(,)? })+) => {
        $(impl Tag for $type {
            const NAME: &'static str = $name;

            // Without a wildcard: a variant that is missing in the table does not compile.
            fn tag(self) -> u8 {
                match self { $(Self::$variant => $tag),+ }
            }

            fn from_tag(tag: u8) -> Result<Self, WireError> {
                match tag { $($tag => Ok(Self::$variant),)+ _ => Err(WireError::Tag(Self::NAME)) }
            }
        })+
    };
}

tags! {
    Protocol as "protocol" { Adsb = 0, Ais = 1, Aprs = 2, Uat = 3 }
    PositionSource as "position source" { SelfReported = 0, Rebroadcast = 1, GroundSurveillance = 2 }
    SpeedKind as "speed kind" { Ground = 0, IndicatedAir = 1, TrueAir = 2 }
    HeadingReference as "heading reference" { TrueTrack = 0, TrueHeading = 1, MagneticHeading = 2 }
    VerticalSource as "vertical source" { Geometric = 0, Barometric = 1 }
    Hazard as "hazard" { Nil = 0, Light = 1, Moderate = 2, Severe = 3 }
    Disbelief as "disbelief" {
        OutOfRange = 0,
        PositionJump = 1,
        AltitudeJump = 2,
        SpeedJump = 3,
        SquawkChange = 4,
        CallsignChange = 5,
        GroundContradicted = 6,
        RegisterDisagrees = 7,
    }
    TextKind as "text kind" { Message = 0, Bulletin = 1, Status = 2, Telemetry = 3, Comment = 4 }
    Emergency as "emergency" {
        None = 0,
        General = 1,
        Medical = 2,
        MinimumFuel = 3,
        NoCommunications = 4,
        UnlawfulInterference = 5,
        Downed = 6,
        SearchAndRescueTransmitter = 7,
        ManOverboard = 8,
        EmergencyBeacon = 9,
        Test = 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Tag>() {
        let known = (0..=u8::MAX).take_while(|&tag| T::from_tag(tag).is_ok()).count();
        assert!(2 <= known, "{}", T::NAME);
        for tag in 0..=u8::MAX {
            match T::from_tag(tag) {
                Ok(value) => assert_eq!(value.tag(), tag),
                Err(e) => assert_eq!((e, known <= tag.into()), (WireError::Tag(T::NAME), true)),
            }
        }
    }

    #[test]
    fn tags_round_trip() {
        check::<Protocol>();
        check::<PositionSource>();
        check::<SpeedKind>();
        check::<HeadingReference>();
        check::<VerticalSource>();
        check::<TextKind>();
        check::<Emergency>();
        check::<Hazard>();
        check::<Disbelief>();
    }
}
