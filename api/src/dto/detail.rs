//! Everything known of one track, as the console's details read it (docs/live-picture.md).

use super::Utc;
use serde::Serialize;
use utoipa::ToSchema;

/// An ACAS (TCAS) resolution advisory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CollisionAdvisory {
    /// `climb`, `do not descend, crossing`, `clear of conflict`…
    pub text: String,
    /// `icao:406b90`, or height, distance and direction as the aircraft sees it.
    #[schema(required = true)]
    pub threat: Option<String>,
    pub ended: bool,
    pub at: Utc,
}

/// Which frame said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactSource {
    /// Slug of the station.
    #[schema(required = true)]
    pub station: Option<String>,
    /// Number of the receiver there.
    pub receiver: u8,
    /// `DF17 TC11`, `DF20 BDS 4,0`, `UAT 1`; `null`: neither Mode S nor UAT.
    #[schema(required = true)]
    pub frame: Option<String>,
    /// That a reply which does not say so holds this register.
    #[schema(required = true)]
    pub probability_percent: Option<u8>,
    /// Bits that were repaired.
    pub corrected_bits: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fact {
    /// The name that the value has in a track or an event's payload, with its unit.
    pub field: &'static str,
    pub value: String,
    #[schema(required = true)]
    pub unit: Option<&'static str>,
    /// When the frame was on the air.
    pub at: Utc,
    pub source: FactSource,
}

/// The latest of what a station measures.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReadingNow {
    /// `weather` or `telemetry`.
    pub kind: &'static str,
    /// `temperature_c`…, or the channel: `A1`–`A5`, `B1`–`B8`.
    pub field: String,
    /// In the station's own words.
    #[schema(required = true)]
    pub name: Option<String>,
    #[schema(required = true)]
    pub unit: Option<String>,
    pub value: f64,
    /// In the unit; else the figure as it was sent, whose meaning the station has not told.
    pub calibrated: bool,
    /// When the frame was on the air.
    pub at: Utc,
    pub source: FactSource,
}

/// The last value that was disbelieved for a reason. It is not part of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuarantinedFact {
    /// `position_jump`, `altitude_jump`, `register_disagrees`…
    pub reason: &'static str,
    pub field: &'static str,
    pub value: String,
    /// How many for this reason since the track began.
    pub count: u64,
    pub at: Utc,
    pub source: FactSource,
}

/// Who an aircraft is beyond what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AircraftIdentity {
    #[schema(required = true)]
    pub country: Option<&'static str>,
    /// ISO 3166-1 alpha-2.
    #[schema(required = true)]
    pub country_code: Option<&'static str>,
    #[schema(required = true)]
    pub registration: Option<String>,
    /// `broadcast`, `database` (the operator's list) or `rule` (the state's).
    #[schema(required = true)]
    pub registration_from: Option<&'static str>,
    /// ICAO Doc 8643 designator.
    #[schema(required = true)]
    pub type_code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrackDetail {
    pub generated_at: Utc,
    pub subject: String,
    /// Aircraft with an ICAO address.
    #[schema(required = true)]
    pub identity: Option<AircraftIdentity>,
    pub facts: Vec<Fact>,
    /// Weather and telemetry.
    pub readings: Vec<ReadingNow>,
    pub quarantined: Vec<QuarantinedFact>,
    #[schema(required = true)]
    pub advisory: Option<CollisionAdvisory>,
}
