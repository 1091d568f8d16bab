//! An event: one fact about one subject at one instant, and the frame that said it.
//!
//! Decoders make events; the spool numbers them; the central stores each exactly once. An event holds only what the frame
//! said (a position's coordinates, not a track's age): what is known *now* about a subject is the live picture's business.

use crate::{
    Advisory, AirData, CentiDegrees, Coverage, DeciKnots, Epoch, Intent, LatLon, Protocol, Quality, Quarantined, Raw, ReceiverId,
    ShortText, Signal, StationId, Subject, Telemetry, UnixMicros,
};

/// The identity of an event everywhere, and the key that makes delivery idempotent.
/// `seq` starts at 1 and is gap-free within an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey {
    pub station: StationId,
    pub epoch: Epoch,
    pub seq: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When the frame was on the air (UTC). Taken from the sample clock where there is one.
    pub at: UnixMicros,
    pub protocol: Protocol,
    pub receiver: ReceiverId,
    pub subject: Subject,
    pub kind: EventKind,
    /// The frame that it was read from (for a CPR pair, the later one).
    pub raw: Raw,
    pub signal: Signal,
}

/// How urgently an event is delivered when the link is narrow or the disk is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Distress and emergencies: never shed.
    High,
    Normal,
}

impl Event {
    pub fn priority(&self) -> Priority {
        match &self.kind {
            EventKind::Status(s) if s.emergency.is_some_and(|e| e != Emergency::None) => Priority::High,
            EventKind::Advisory(_) => Priority::High,
            _ => Priority::Normal,
        }
    }
}

// The variants differ in size, but an event is a short-lived value: boxing each would cost more than the bytes.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    Position(Position),
    Velocity(Velocity),
    Identity(Identity),
    Status(Status),
    Weather(Weather),
    Text(Text),
    Intent(Intent),
    AirData(AirData),
    Quality(Quality),
    Advisory(Advisory),
    Quarantined(Quarantined),
    Telemetry(Telemetry),
    Coverage(Coverage),
}

impl EventKind {
    /// The lower-case name used in JSON, metrics and storage.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Position(_) => "position",
            Self::Velocity(_) => "velocity",
            Self::Identity(_) => "identity",
            Self::Status(_) => "status",
            Self::Weather(_) => "weather",
            Self::Text(_) => "text",
            Self::Intent(_) => "intent",
            Self::AirData(_) => "airdata",
            Self::Quality(_) => "quality",
            Self::Advisory(_) => "advisory",
            Self::Quarantined(_) => "quarantined",
            Self::Telemetry(_) => "telemetry",
            Self::Coverage(_) => "coverage",
        }
    }
}

/// Where a position came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PositionSource {
    /// The transmitter reported its own position (ADS-B, AIS, APRS).
    SelfReported,
    /// A ground station rebroadcast it (ADS-R, AIS base station report, APRS object by another).
    Rebroadcast,
    /// A ground station measured it (TIS-B, radar).
    GroundSurveillance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub at: LatLon,
    pub source: PositionSource,
    /// Pressure altitude (1,013.25 hPa), feet.
    pub baro_alt_ft: Option<i32>,
    /// Height above the WGS 84 ellipsoid (ADS-B) or above mean sea level (APRS, SAR aircraft), feet.
    pub geom_alt_ft: Option<i32>,
    /// `None`: the frame does not say.
    pub on_ground: Option<bool>,
    /// Radius that holds the true position with 95 % probability, metres, rounded up (ADS-B: EPU from NACp or the
    /// containment radius Rc from NIC; AIS: 10 when position accuracy is high).
    pub accuracy_m: Option<u32>,
    /// Surface ADS-B, AIS and APRS positions carry motion in the same frame.
    pub speed: Option<DeciKnots>,
    /// Direction of movement over ground, from true north.
    pub track: Option<CentiDegrees>,
    /// Where the nose points, from true north.
    pub heading: Option<CentiDegrees>,
}

impl Position {
    /// Coordinates only; everything else unknown.
    pub const fn bare(at: LatLon, source: PositionSource) -> Self {
        Self {
            at,
            source,
            baro_alt_ft: None,
            geom_alt_ft: None,
            on_ground: None,
            accuracy_m: None,
            speed: None,
            track: None,
            heading: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpeedKind {
    Ground,
    IndicatedAir,
    TrueAir,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeadingReference {
    /// Direction of movement over ground, from true north.
    TrueTrack,
    TrueHeading,
    MagneticHeading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerticalSource {
    Geometric,
    Barometric,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Velocity {
    pub speed: Option<(SpeedKind, DeciKnots)>,
    pub direction: Option<(HeadingReference, CentiDegrees)>,
    /// Feet per minute, up positive.
    pub vertical_rate_fpm: Option<(VerticalSource, i32)>,
    /// Geometric height minus pressure altitude, feet.
    pub geom_minus_baro_ft: Option<i32>,
}

/// Who or what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Identity {
    /// Flight identification, radio callsign or APRS callsign, without padding.
    pub callsign: Option<ShortText<9>>,
    /// Ship or object name, or aircraft registration, without padding.
    pub name: Option<ShortText<34>>,
    /// The protocol's own category code: ADS-B `A0`…`D7`; AIS ship type in decimal; APRS symbol table and code.
    pub category: Option<ShortText<4>>,
    /// IMO number.
    pub imo: Option<u32>,
    /// Voyage destination.
    pub destination: Option<ShortText<20>>,
    /// Metres from the reference position to bow, stern, port and starboard.
    pub dimensions_m: Option<[u16; 4]>,
    /// Present draught in tenths of a metre.
    pub draught_dm: Option<u8>,
}

/// Emergencies and distress, by the field's names (DO-260B §2.2.3.2.7.8.1.1; ITU-R M.1371, M.585).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Emergency {
    None,
    General,
    Medical,
    MinimumFuel,
    NoCommunications,
    UnlawfulInterference,
    Downed,
    /// AIS-SART, MMSI 970…
    SearchAndRescueTransmitter,
    /// Man overboard, MMSI 972…
    ManOverboard,
    /// EPIRB-AIS, MMSI 974…
    EmergencyBeacon,
    /// A distress device in test mode.
    Test,
}

impl Emergency {
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::General => "general",
            Self::Medical => "medical",
            Self::MinimumFuel => "minfuel",
            Self::NoCommunications => "nordo",
            Self::UnlawfulInterference => "unlawful",
            Self::Downed => "downed",
            Self::SearchAndRescueTransmitter => "sart",
            Self::ManOverboard => "mob",
            Self::EmergencyBeacon => "epirb",
            Self::Test => "test",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Status {
    /// Mode A code as four octal digits in decimal: 7700 is 7700.
    pub squawk: Option<u16>,
    pub emergency: Option<Emergency>,
    /// Pressure altitude of a reply without a position (DF 0, 4, 16, 20), feet.
    pub baro_alt_ft: Option<i32>,
    pub on_ground: Option<bool>,
    /// Special position identification ("ident") pressed.
    pub ident: Option<bool>,
    /// AIS navigational status 0–15.
    pub nav_status: Option<u8>,
    /// ADS-B version number 0–3.
    pub adsb_version: Option<u8>,
}

/// Surface weather, in tenths of the unit unless the name says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Weather {
    pub at: Option<LatLon>,
    pub wind_from: Option<CentiDegrees>,
    pub wind_speed: Option<DeciKnots>,
    pub wind_gust: Option<DeciKnots>,
    pub temperature_dc: Option<i16>,
    pub humidity_percent: Option<u8>,
    pub pressure_dhpa: Option<u16>,
    pub rain_1h_um: Option<u32>,
    pub rain_24h_um: Option<u32>,
    /// Since local midnight.
    pub rain_midnight_um: Option<u32>,
    pub snow_24h_um: Option<u32>,
    /// Watts a square metre.
    pub luminosity_w_m2: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// A person wrote it (APRS message, AIS safety text).
    Message,
    Bulletin,
    Status,
    /// Machine text.
    Telemetry,
    Comment,
}

impl TextKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Bulletin => "bulletin",
            Self::Status => "status",
            Self::Telemetry => "telemetry",
            Self::Comment => "comment",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub kind: TextKind,
    pub to: Option<Subject>,
    /// At most [`Text::MAX_BYTES`] bytes of UTF-8.
    pub body: Box<str>,
    /// The sender's own number of a message: the same one again is the same message.
    pub number: Option<ShortText<5>>,
}

impl Text {
    pub const MAX_BYTES: usize = 1024;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Icao24;

    #[test]
    fn emergencies_go_first() {
        let mut event = Event {
            at: UnixMicros(0),
            protocol: Protocol::Adsb,
            receiver: ReceiverId(0),
            subject: Subject::Aircraft(Icao24::new(1).unwrap()),
            kind: EventKind::Status(Status { emergency: Some(Emergency::General), ..Status::default() }),
            raw: Raw::new(&[]),
            signal: Signal::default(),
        };
        assert_eq!(event.priority(), Priority::High);
        event.kind = EventKind::Status(Status::default());
        assert_eq!(event.priority(), Priority::Normal);
        let advisory = Advisory { active: 0x2000, complements: 0, terminated: false, multiple_threats: false, threat: None };
        event.kind = EventKind::Advisory(advisory);
        assert_eq!(event.priority(), Priority::High);
    }

    #[test]
    fn an_event_stays_small() {
        assert!(size_of::<Event>() <= 288, "{}", size_of::<Event>());
    }
}
