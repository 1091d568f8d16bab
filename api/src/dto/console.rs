//! What the console asks first: who serves it, where to look, which stations there are.

use super::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsoleInfo {
    /// `central` or `station`.
    pub role: &'static str,
    pub name: String,
    pub version: String,
    #[schema(required = true)]
    pub center: Option<Center>,
    pub stations: Vec<StationInfo>,
}

/// Where the map looks at first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Center {
    pub lat: f64,
    pub lon: f64,
    pub zoom: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StationInfo {
    pub slug: String,
    pub name: String,
    #[schema(required = true)]
    pub lat: Option<f64>,
    #[schema(required = true)]
    pub lon: Option<f64>,
    pub online: bool,
    #[schema(required = true)]
    pub last_seen: Option<Utc>,
}

/// `{"status": "ok"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusInfo {
    pub status: &'static str,
}

/// A station's health, as the old adsb-ingest service told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedHealth {
    pub status: &'static str,
    /// Of `aircraft.json`.
    pub last_update: Utc,
}
