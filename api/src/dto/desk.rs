//! A station's desk (contract §1.1): dashboard, task queue, catalogue of actions, timeline.

use super::{EventRead, SourceRead, StationRead, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct StationDashboard {
    pub station: StationRead,
    pub metrics: StationMetrics,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StationMetrics {
    /// Beyond 100,000: to within a minute.
    pub total_events: i64,
    pub active_sources: i64,
    #[schema(required = true)]
    pub last_event: Option<EventRead>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StationTaskQueue {
    pub station: StationRead,
    /// Newest first.
    pub tasks: Vec<StationTask>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StationTask {
    /// `<station>:<source's slug>:<assignment's id>`
    pub id: String,
    pub title: String,
    /// `active` or `paused`
    pub status: &'static str,
    /// `high` for the role `primary`, else `normal`
    pub priority: &'static str,
    pub created_at: Utc,
    pub due_at: Utc,
    pub metadata: TaskMetadata,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TaskMetadata {
    pub role: String,
    pub source_slug: String,
    pub connection_mode: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StationAssignment {
    pub id: i64,
    pub station_id: i64,
    pub source_id: i64,
    pub role: String,
    pub is_active: bool,
    pub created_at: Utc,
    pub updated_at: Utc,
    pub source: SourceRead,
}

/// What `POST …/tasks` and `…/assignments` take: a source by id or slug.
#[derive(Debug, ToSchema)]
pub struct AssignmentCreate {
    pub source_id: Option<i64>,
    pub source_slug: Option<String>,
    #[schema(default = "primary", max_length = 100)]
    pub role: String,
    #[schema(default = true)]
    pub is_active: bool,
}

#[derive(Debug, ToSchema)]
pub struct AssignmentUpdate {
    #[schema(max_length = 100)]
    pub role: Option<String>,
    pub is_active: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StationAgentCatalog {
    pub station: StationRead,
    pub actions: Vec<StationAction>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StationAction {
    pub name: &'static str,
    pub description: &'static str,
    pub endpoint: String,
    pub method: &'static str,
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StationTimelinePage {
    /// Newest first.
    pub items: Vec<TimelineItem>,
    pub limit: i64,
    pub offset: i64,
    #[schema(required = true)]
    pub total: Option<i64>,
}

/// An entry of a timeline: what the old backend sent (`entry_type` and its fields) and what its console read (`type`,
/// `title`, `summary`, `source`, `id`).
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineItem {
    /// Unique in the timeline: `telemetry_event:17`
    pub id: String,
    /// `telemetry_event`, `agent_action_audit`, `poi_imei_alert`, `mission` or `operation`
    pub entry_type: &'static str,
    /// `telemetry`, `incident`, `task` or `agent`
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub occurred_at: Utc,
    pub title: String,
    #[schema(required = true)]
    pub summary: Option<String>,
    #[schema(required = true)]
    pub source: Option<TimelineSource>,
    #[serde(flatten)]
    pub more: TimelineMore,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineSource {
    pub name: String,
    pub slug: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum TimelineMore {
    TelemetryEvent {
        event_id: i64,
        #[schema(required = true)]
        status: Option<String>,
        #[schema(required = true)]
        source_slug: Option<String>,
        #[schema(required = true)]
        source_name: Option<String>,
        #[schema(required = true, value_type = Option<Object>)]
        payload: Option<Box<RawValue>>,
    },
    PoiImeiAlert {
        event_id: i64,
        /// `imei_blacklist_hit` or `imei_whitelist_seen`
        alert_type: String,
        imei: String,
        #[schema(required = true)]
        poi_id: Option<i64>,
        #[schema(required = true)]
        poi_name: Option<String>,
        #[schema(required = true)]
        station_callsign: Option<String>,
        #[schema(required = true, value_type = Option<Object>)]
        payload: Option<Box<RawValue>>,
    },
    /// A run of a playbook.
    AgentActionAudit {
        audit_id: i64,
        action_id: String,
        tool_name: String,
        status: String,
        #[schema(required = true, value_type = Option<Object>)]
        response_payload: Option<Box<RawValue>>,
        #[schema(required = true)]
        error_message: Option<String>,
    },
    /// A mission or an operation.
    Work { record_id: i64, status: String, priority: String },
}

/// What `POST /api/v1/stations` takes. Other keys are ignored.
#[derive(Debug, ToSchema)]
pub struct StationCreate {
    /// Else made of the name: a-z, 0-9 and -. It never changes: it is in the station's certificate.
    #[schema(max_length = 64)]
    pub slug: Option<String>,
    #[schema(max_length = 255)]
    pub name: String,
    /// `ops`, `intel` or `logistics`; else the first of one's own. It never changes: its telemetry is in that role's database.
    pub role: Option<String>,
    pub description: Option<String>,
    #[schema(default = "UTC", max_length = 100)]
    pub timezone: String,
    #[schema(max_length = 255)]
    pub telemetry_schema: Option<String>,
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
}

#[derive(Debug, ToSchema)]
pub struct StationUpdate {
    #[schema(max_length = 255)]
    pub name: Option<String>,
    pub description: Option<String>,
    #[schema(max_length = 100)]
    pub timezone: Option<String>,
    #[schema(max_length = 255)]
    pub telemetry_schema: Option<String>,
    /// Both or neither.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
}
