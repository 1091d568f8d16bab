//! The JSON shapes: the only `Serialize` types of the project that others may rely on.
//!
//! Constraints: times are RFC 3339 UTC ([`Utc`]); an unknown is `null` and present, except in an event's payload and in
//! `aircraft.json` (others' shape), where it is left out; nothing in here decides anything.

mod aircraft;
mod console;
mod line;
mod payload;
mod problem;
mod track;
mod utc;

pub use aircraft::{Aircraft, AircraftList, AltBaro, LastPosition, ReceiverInfo};
pub use console::{Center, ConsoleInfo, StationInfo, StatusInfo};
pub use line::{EventLine, FrameLine};
pub use payload::{BadPayload, Payload};
pub use problem::{Detail, FieldProblem, FieldProblems};
pub use track::{Delta, Snapshot, Track, TrackList, TrailPoint};
pub use utc::Utc;

#[cfg(feature = "central")]
mod people;
#[cfg(feature = "central")]
mod station;
#[cfg(feature = "central")]
mod telemetry;
#[cfg(feature = "central")]
pub use people::{
    AuditRead, Login, OperatorCreate, OperatorRead, OperatorUpdate, PasswordChange, SessionInfo, TokenCreate, TokenCreated, TokenRead,
};
#[cfg(feature = "central")]
pub use station::StationRead;
#[cfg(feature = "central")]
pub use telemetry::{EventCreate, EventRead, EventUpdate, EventWithSource, SourceCreate, SourceRead, SourceUpdate};
