//! The JSON shapes: the only `Serialize` types of the project that others may rely on.
//!
//! Constraints: times are RFC 3339 UTC ([`Utc`]); an unknown is `null` and present, except in an event's payload and in
//! `aircraft.json` (others' shape), where it is left out; nothing in here decides anything.

mod aircraft;
mod console;
mod detail;
mod line;
mod line_fast;
mod payload;
mod problem;
mod track;
mod utc;
mod vessel;

pub use aircraft::{Aircraft, AircraftList, AltBaro, LastPosition, ReceiverInfo};
pub use console::{Center, ConsoleInfo, FeedHealth, StationInfo, StatusInfo};
pub use detail::{AircraftIdentity, CollisionAdvisory, Fact, FactSource, QuarantinedFact, ReadingNow, TrackDetail};
pub use line::{EventLine, FrameLine};
#[cfg(feature = "central")]
pub(crate) use payload::EMERGENCIES;
pub use payload::{BadPayload, Payload};
pub(crate) use payload::{WEATHER, reading_channel, subject, suspect_named, weather_values};
pub use problem::{Detail, FieldProblem, FieldProblems};
pub use track::{Delta, Snapshot, Track, TrackList, TrailPoint};
pub use utc::Utc;
pub use vessel::{Encounter, Jump, Vessel};

#[cfg(feature = "central")]
mod agentkit;
#[cfg(feature = "central")]
mod alerts;
#[cfg(feature = "central")]
mod chat;
#[cfg(feature = "central")]
mod desk;
#[cfg(feature = "central")]
mod elsewhere;
#[cfg(feature = "central")]
mod hardware;
#[cfg(feature = "central")]
mod intake;
#[cfg(feature = "central")]
mod people;
#[cfg(feature = "central")]
mod series;
#[cfg(feature = "central")]
mod station;
#[cfg(feature = "central")]
mod telemetry;
#[cfg(feature = "central")]
mod watch;
#[cfg(feature = "central")]
pub use agentkit::{
    AccessToken, AgentAction, AgentActionAuditRead, AgentActionCreate, AgentActionReport, AgentTool, AgentTools, ClientCredentials,
    PlaybookRead, Received, RunCreate, RunLogLine, RunRead, TrackMerge,
};
#[cfg(feature = "central")]
pub(crate) use agentkit::{PlaybookEntry, PlaybookFile};
#[cfg(feature = "central")]
pub use alerts::{
    AlertArea, AlertCircle, AlertCondition, AlertDetails, AlertFilter, AlertNote, AlertRead, AlertRuleCreate, AlertRuleRead,
    AlertRuleUpdate, AlertsFrame, BacktestAlert, BacktestAsk, BacktestResult, Slug,
};
#[cfg(feature = "central")]
pub use chat::{
    ChannelCreate, ChannelRead, ChatFrame, CommandRequest, CommandResult, EventThreadCreate, MessageCreate, MessageRead, PostedRead,
    ReactionChange, ReadMark, ThreadCreate, ThreadRead, WebhookMessage, WebhookReceived,
};
#[cfg(feature = "central")]
pub use desk::{
    AssignmentCreate, AssignmentUpdate, StationAction, StationAgentCatalog, StationAssignment, StationCreate, StationDashboard,
    StationMetrics, StationTask, StationTaskQueue, StationTimelinePage, StationUpdate, TaskMetadata, TimelineItem, TimelineMore,
    TimelineSource,
};
#[cfg(feature = "central")]
pub use elsewhere::{AgentMoved, RfDevice, RfDevices, RfInfo, RfTest, ServiceHealth};
#[cfg(feature = "central")]
pub use hardware::{
    AdsbEnable, AdsbSettings, BaseStation, BaseStationCreate, GpsTest, GpsTestResult, H4mImport, H4mImported, HardwareConfiguration,
    HardwareDetails, HardwareHealth, HardwareStatus, SerialPortRead,
};
#[cfg(feature = "central")]
pub use intake::{BatchResult, Ingested, ItemResult};
#[cfg(feature = "central")]
pub use people::{
    AuditRead, Login, OperatorCreate, OperatorRead, OperatorUpdate, PasswordChange, SessionInfo, TokenCreate, TokenCreated, TokenRead,
};
#[cfg(feature = "central")]
pub use series::{Series, SeriesPoint, SeriesRead};
#[cfg(feature = "central")]
pub use station::StationRead;
#[cfg(feature = "central")]
pub use telemetry::{EventCreate, EventRead, EventUpdate, EventWithSource, SourceCreate, SourceRead, SourceUpdate};
#[cfg(feature = "central")]
pub use watch::{ImeiWatchEntryRead, PoiIdentifierCreate, PoiIdentifierRead};
#[cfg(feature = "central")]
pub(crate) use watch::{PoiMark, PoiMarked};
