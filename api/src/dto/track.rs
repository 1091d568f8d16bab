//! A track as the console reads it (docs/live-picture.md), and the two live messages.

use super::{CollisionAdvisory, Utc, Vessel};
use serde::Serialize;
use utoipa::ToSchema;

/// `[lon, lat, unix milliseconds, altitude in feet or null]`
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrailPoint(pub f64, pub f64, pub i64, #[schema(required = true)] pub Option<i32>);

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Track {
    /// `icao:4840d6`, `nonicao:4840d6`, `mmsi:002320001` or `call:N0CALL-9`.
    pub subject: String,
    pub protocol: &'static str,
    /// Slugs of the stations that heard it, in alphabetical order.
    pub stations: Vec<String>,
    #[schema(required = true)]
    pub callsign: Option<String>,
    #[schema(required = true)]
    pub name: Option<String>,
    #[schema(required = true)]
    pub category: Option<String>,
    /// Aircraft: the state that its address belongs to.
    #[schema(required = true)]
    pub country: Option<&'static str>,
    /// Aircraft: broadcast, by the operator's list or by the state's rule.
    #[schema(required = true)]
    pub registration: Option<String>,
    /// Aircraft: ICAO Doc 8643 designator, from the operator's list.
    #[schema(required = true)]
    pub type_code: Option<String>,
    #[schema(required = true)]
    pub lat: Option<f64>,
    #[schema(required = true)]
    pub lon: Option<f64>,
    #[schema(required = true)]
    pub position_at: Option<Utc>,
    #[schema(required = true)]
    pub accuracy_m: Option<u32>,
    /// `self`, `rebroadcast` or `ground`.
    #[schema(required = true)]
    pub position_source: Option<&'static str>,
    #[schema(required = true)]
    pub baro_alt_ft: Option<i32>,
    #[schema(required = true)]
    pub geom_alt_ft: Option<i32>,
    #[schema(required = true)]
    pub on_ground: Option<bool>,
    /// Over ground.
    #[schema(required = true)]
    pub speed_kt: Option<f64>,
    #[schema(required = true)]
    pub track_deg: Option<f64>,
    #[schema(required = true)]
    pub heading_deg: Option<f64>,
    #[schema(required = true)]
    pub vertical_rate_fpm: Option<i32>,
    /// Four octal digits.
    #[schema(required = true)]
    pub squawk: Option<String>,
    #[schema(required = true)]
    pub emergency: Option<&'static str>,
    /// Aircraft: the last collision advisory.
    #[schema(required = true)]
    pub advisory: Option<CollisionAdvisory>,
    /// Values that were heard and not believed.
    pub quarantined: u64,
    pub first_seen: Utc,
    pub last_seen: Utc,
    pub events: u64,
    #[schema(required = true)]
    pub rssi_dbfs: Option<f64>,
    /// What only vessels, aids to navigation and distress devices have; others don't have this field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vessel: Option<Vessel>,
    /// Oldest first; not in deltas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trail: Option<Vec<TrailPoint>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrackList {
    pub generated_at: Utc,
    pub seq: u64,
    pub tracks: Vec<Track>,
}

/// First message of a live connection, and again when a slow client missed too much.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename = "snapshot")]
pub struct Snapshot {
    pub seq: u64,
    pub at: Utc,
    pub tracks: Vec<Track>,
}

/// What changed since the message before.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename = "delta")]
pub struct Delta {
    pub seq: u64,
    pub at: Utc,
    pub updated: Vec<Track>,
    pub removed: Vec<String>,
}
