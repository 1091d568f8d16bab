//! What operators and programs see: the live picture and its WebSocket, the console's files and, with feature `central`,
//! the Postgres-backed API of the vTOC contract.
//!
//! ```text
//!   station:  decoded events ──► live::Hub ──► /api/v1/{tracks,live,console}  + the console's files
//!   central:  uplink server ──► intake ──COMMIT──► Postgres ──► routes
//!                                   └──────────► live::Hub ──► as above
//! ```
//!
//! Constraints:
//! - `live::picture` is pure: state from events, time passed in; everything in it is bounded ([`live::Limits`]);
//! - SQL lives in `store` only, JSON shapes live in `dto` only;
//! - on the central everything but health and the way in is behind `auth::gate`; a station's own pages are open, so the
//!   binary binds to loopback unless told otherwise;
//! - no clock is read here: whoever starts us passes a [`Clock`].

pub mod console;
pub mod dto;
mod error;
pub mod live;
pub mod metrics;
pub mod routes;
pub mod station;

#[cfg(feature = "central")]
pub mod agentkit;
#[cfg(feature = "central")]
pub mod alarms;
#[cfg(feature = "central")]
pub mod alerts;
#[cfg(feature = "central")]
pub mod auth;
#[cfg(feature = "central")]
pub mod central;
#[cfg(feature = "central")]
pub mod chat;
#[cfg(feature = "central")]
pub mod hardware;
#[cfg(feature = "central")]
mod http;
#[cfg(feature = "central")]
pub mod intake;
#[cfg(feature = "central")]
mod pictures;
#[cfg(feature = "central")]
pub mod private_postgres;
#[cfg(feature = "central")]
mod records;
#[cfg(feature = "central")]
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
#[cfg(feature = "central")]
mod tests;

pub use error::ApiError;

use model::UnixMicros;
use std::sync::Arc;

/// Where "now" comes from. Tests and replays pass their own.
pub type Clock = Arc<dyn Fn() -> UnixMicros + Send + Sync>;
