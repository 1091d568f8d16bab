//! 978 MHz: UAT frames (RTCA DO-282B), when they are sent, and how they look as samples.
//!
//! ```text
//!   1.041667 Mbit/s, continuous-phase frequency shift keying, ±312.5 kHz
//!   │ sync 36 │ payload 144, parity 96 │    basic ADS-B           RS(30,18)
//!   │ sync 36 │ payload 272, parity 112 │   long ADS-B            RS(48,34)
//!   │ sync̄ 36 │ 6 blocks of 72 + 20 bytes, interleaved bytewise │  ground uplink   6 × RS(92,72)
//! ```
//!
//! - [`UatFrame`]: payload bytes with parity, as bits; [`encode`]: what an aircraft says; [`uplink`]: what a ground station says;
//! - [`modulate`]: bits as samples (the meaning of "amplitude" and "Eb/N0" is in its header);
//! - [`UatSky`]: aircraft and a ground station as one station's receiver hears them, with truth;
//! - [`scenario`]: laboratory signals: levels, offsets, clocks, collisions.

pub mod encode;
mod frame;
pub mod modulate;
mod parity;
pub mod scenario;
mod sky;
mod truth;
pub mod uplink;

pub use frame::{FrameKind, UatFrame};
pub use sky::{UatSky, UatSkyConfig};
pub use truth::{Reception, UatTruth};

/// Where all of it is sent.
pub const CENTER_HZ: u64 = 978_000_000;
