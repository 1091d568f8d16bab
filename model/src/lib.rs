//! The nouns that cross crates, in the field's terms. No dependencies, no I/O, no clock.
//!
//! ```text
//!   hw ── IqBlock ──► demodulator ── Frame ──► message decoder ── Event ──► spool ──► central ──► console
//! ```
//!
//! Constraints:
//! - time is an integer ([`UnixMicros`], [`Tick12`]); unknown is `None`, never a sentinel;
//! - units are in the type ([`DeciKnots`], [`CentiDegrees`]) or last in the name (`baro_alt_ft`);
//! - a [`Frame`] of up to [`Raw::INLINE`] bytes (every Mode S and single-slot AIS frame) is held without allocation;
//! - nothing here is `Serialize`: JSON shapes live in `api::dto`, wire bytes in `uplink::wire`.

mod aircraft;
mod amateur;
mod event;
mod frame;
mod geo;
mod id;
mod iq;
mod text;
mod time;

pub use aircraft::{Advisory, AirData, Disbelief, Hazard, InferredRegister, Intent, Quality, Quarantined, Suspect, Threat};
pub use amateur::{Bearing, Coverage, Reading, Telemetry};
pub use event::{
    Emergency, Event, EventKey, EventKind, HeadingReference, Identity, Position, PositionSource, Priority, SpeedKind, Status, Text,
    TextKind, Velocity, VerticalSource, Weather,
};
pub use frame::{ChannelId, DeciDbfs, Frame, Protocol, Raw, ReceiverId, Signal, Slot};
pub use geo::{CentiDegrees, DeciKnots, LatLon};
pub use id::{Epoch, Icao24, Mmsi, StationId, Subject};
pub use iq::{IqBlock, IqFormat, IqSamples, Tuning};
pub use text::{ShortText, TextTooLong};
pub use time::{TICKS_PER_SECOND, Tick12, UnixMicros};
