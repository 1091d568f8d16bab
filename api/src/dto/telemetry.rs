//! Telemetry sources and events as the contract has them (§1.1). What comes in is read field by field
//! (`routes::body`), so that all mistakes are told at once; the `…Create` and `…Update` shapes here describe it.

use super::{StationRead, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TelemetrySourceRead)]
pub struct SourceRead {
    /// id mod 8 is the number of the role database that holds it.
    pub id: i64,
    pub slug: String,
    pub name: String,
    #[schema(required = true)]
    pub description: Option<String>,
    pub is_active: bool,
    pub source_type: String,
    pub connection_mode: String,
    #[schema(required = true, value_type = Option<Object>)]
    pub configuration: Option<Box<RawValue>>,
    #[schema(required = true)]
    pub station_id: Option<i64>,
    /// To within a few seconds.
    #[schema(required = true)]
    pub last_ingested_at: Option<Utc>,
    pub created_at: Utc,
    pub updated_at: Utc,
    #[schema(required = true)]
    pub station: Option<StationRead>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TelemetryEventRead)]
pub struct EventRead {
    /// id mod 8 is the number of the role database that holds it.
    pub id: i64,
    pub received_at: Utc,
    #[schema(required = true)]
    pub event_time: Option<Utc>,
    #[schema(required = true)]
    pub latitude: Option<f64>,
    #[schema(required = true)]
    pub longitude: Option<f64>,
    /// Events of stations: feet. Others: as the sender means it.
    #[schema(required = true)]
    pub altitude: Option<f64>,
    #[schema(required = true)]
    pub heading: Option<f64>,
    /// Events of stations: knots. Others: as the sender means it.
    #[schema(required = true)]
    pub speed: Option<f64>,
    #[schema(required = true, value_type = Option<Object>)]
    pub payload: Option<Box<RawValue>>,
    #[schema(required = true)]
    pub raw_data: Option<String>,
    #[schema(required = true)]
    pub status: Option<String>,
    #[schema(required = true)]
    pub station_id: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TelemetryEventWithSource)]
pub struct EventWithSource<'a> {
    #[serde(flatten)]
    pub event: EventRead,
    #[schema(value_type = SourceRead)]
    pub source: &'a SourceRead,
    #[schema(required = true, value_type = Option<StationRead>)]
    pub station: Option<&'a StationRead>,
}

/// What `POST /api/v1/telemetry/sources` takes. Other keys are ignored.
#[derive(Debug, ToSchema)]
#[schema(as = TelemetrySourceCreate)]
pub struct SourceCreate {
    /// Kept in lower case.
    #[schema(max_length = 100)]
    pub slug: String,
    #[schema(max_length = 255)]
    pub name: String,
    #[schema(max_length = 100)]
    pub source_type: String,
    pub description: Option<String>,
    #[schema(default = true)]
    pub is_active: bool,
    #[schema(default = "online", max_length = 50)]
    pub connection_mode: String,
    #[schema(value_type = Option<Object>)]
    pub configuration: Option<()>,
    pub station_id: Option<i64>,
}

/// What `PATCH` takes: any of them.
#[derive(Debug, ToSchema)]
#[schema(as = TelemetrySourceUpdate)]
pub struct SourceUpdate {
    pub slug: Option<String>,
    pub name: Option<String>,
    pub source_type: Option<String>,
    pub description: Option<String>,
    pub is_active: Option<bool>,
    pub connection_mode: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub configuration: Option<()>,
    pub station_id: Option<i64>,
}

/// What `POST /api/v1/telemetry/events` takes: fields, and a source by `source_id` or `source_slug`; an unknown slug with
/// a `source_name` makes the source. Other keys are ignored.
#[derive(Debug, ToSchema)]
#[schema(as = TelemetryEventCreate)]
pub struct EventCreate {
    pub source_id: Option<i64>,
    pub source_slug: Option<String>,
    pub source_name: Option<String>,
    /// Else the source's.
    pub station_id: Option<i64>,
    #[schema(inline)]
    #[allow(dead_code, reason = "a description only")]
    pub fields: Option<EventUpdate>,
}

/// What `PATCH` takes: any of them.
#[derive(Debug, ToSchema)]
#[schema(as = TelemetryEventUpdate)]
pub struct EventUpdate {
    /// RFC 3339; without an offset it is UTC. When it is missing in a POST: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub event_time: Option<()>,
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
    /// A number, or `"ground"`: then it is unknown, and the payload gains `"on_ground": true`.
    pub altitude: Option<f64>,
    pub heading: Option<f64>,
    pub speed: Option<f64>,
    #[schema(value_type = Option<Object>)]
    pub payload: Option<()>,
    pub raw_data: Option<String>,
    #[schema(default = "received", max_length = 50)]
    pub status: Option<String>,
}
