//! The live picture: what is heard now, and the clients that watch it.
//!
//! `picture` decides (pure, time passed in), `hub` shares it and ticks, `socket` moves the messages to one client.

pub mod aircraft;
mod hub;
mod picture;
mod socket;
mod track;
mod trail;
mod vessel;

pub use aircraft::registry;
pub use hub::{Hub, HubCounters, LiveClient, MAX_CLIENTS, SLOT, TooManyClients};
pub use picture::{Changes, Limits, Outcome, Picture};
pub use socket::{Source, serve};
pub(crate) use track::source_name;
pub use track::{EMERGENCY_LIFETIME_US, lifetime_us};
pub use trail::TRAIL_POINTS;
pub use vessel::class_of;
pub use vessel::cpa::{Approach, Motion, closest_approach};
pub use vessel::encounters::{CPA_M_MAX, Encounter, NEIGHBOURS_MAX, RANGE_M, Search, TCPA_S_MAX, encounters};
