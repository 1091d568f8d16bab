//! What only vessels, aids to navigation and distress devices have, as part of a track (docs/live-picture.md).

use super::Utc;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Vessel {
    /// `ship`, `craft`, `handheld`, `aid`, `virtual_aid`, `base`, `sar_aircraft`, `sart`, `mob`, `epirb` or `group`.
    pub kind: &'static str,
    /// Class of the transponder, `A` or `B`.
    #[schema(required = true)]
    pub class: Option<&'static str>,
    /// 0 under way … 14 distress device active, 15 undefined.
    #[schema(required = true)]
    pub nav_status: Option<u8>,
    #[schema(required = true)]
    pub imo: Option<u32>,
    #[schema(required = true)]
    pub destination: Option<String>,
    /// `11-24T18:00Z`; what the crew left out is `--`.
    #[schema(required = true)]
    pub eta: Option<String>,
    /// From the antenna to bow, stern, port and starboard.
    #[schema(required = true)]
    pub dimensions_m: Option<[u16; 4]>,
    #[schema(required = true)]
    pub draught_m: Option<f64>,
    /// A floating aid has left its place.
    #[schema(required = true)]
    pub off_position: Option<bool>,
    /// The last implausible jump within its trail: shown, not hidden.
    #[schema(required = true)]
    pub jump: Option<Jump>,
    /// Whom it will pass closely, soonest first.
    pub encounters: Vec<Encounter>,
}

/// Two reports that no vessel can have sent from where they say.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Jump {
    /// When the later one was sent.
    pub at: Utc,
    pub distance_m: u32,
    /// The speed that it would have taken.
    pub speed_kt: u32,
}

/// The closest point of approach to another, both keeping course and speed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Encounter {
    pub subject: String,
    /// How far apart they will be.
    pub cpa_m: u32,
    /// In how many seconds.
    pub tcpa_s: u32,
    /// How far apart they are.
    pub distance_m: u32,
}
