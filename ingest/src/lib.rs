//! The data plane of a station: a thread per device, lock-free rings of pooled sample blocks, framing, order, supervision.
//!
//! ```text
//!   SampleSource ─► [source thread] ─ ring ─► [DSP thread] Demodulator ─┐ frames
//!   ByteSource ───► [source thread] Framer ─────────────────────────────┴──► [merge thread] order, once each,
//!                                                                                MessageDecoder ──► events ─┐
//!   ByteSource ───► [source thread] Teller ─────────────── facts ─────► [merge thread] what is not known yet ┴─► Sink
//! ```
//!
//! - [`Station::start`] runs receivers live and supervised; [`offline::decode`] runs a recording on the calling thread.
//! - A live source never waits for us: what is too much is dropped *before* it is decoded, at the pool, and counted. What
//!   was decoded is delivered.
//! - Nothing is allocated between the source's read and the frame queue once a receiver runs (`no_alloc` tests it).

mod block;
pub mod clock;
mod counters;
mod echo;
mod facts;
mod feed_time;
pub mod framing;
mod merge;
pub mod offline;
mod profile;
mod receiver;
pub mod ring;
mod sink;
mod station;

#[cfg(test)]
mod no_alloc;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod whole;

pub use block::{Block, BlockMeta};
pub use counters::{MergeCounters, ProfileCounters, ReceiverCounters, ReceiverReport, ReceiverState};
pub use facts::Telling;
pub use framing::Framing;
pub use profile::ProfileChoice;
pub use receiver::{ByteFactory, Input, ReceiverSpec, SampleFactory};
pub use sink::{ChannelSink, Sink};
pub use station::{RECEIVERS_MAX, Station, StationError, StationHandle, StationOptions, StationReport, Stopwatch};
