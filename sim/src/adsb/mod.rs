//! 1090 MHz: Mode S and ADS-B frames, when they are sent, and how they look as samples.
//!
//! - [`encode`], [`cpr`], [`Register`]: what an aircraft says, as [`ModeS`] frames; [`fruit`]: Mode A/C replies;
//! - [`Traffic`]: when all aircraft of a world say it;
//! - [`modulate`]: frames as pulses as samples (the meaning of "amplitude" and "C/N0" is in its header);
//! - [`SkySignal`]: a moving sky as one station's receiver hears it, with truth;
//! - [`scenario`]: laboratory signals from given frames ([`Content`]): rates, levels, fruit, multipath, garbled pairs;
//! - [`Score`]: what a receiver gave against what was sent.

mod comm_b;
mod content;
pub mod cpr;
pub mod encode;
mod frame;
pub mod fruit;
pub mod modulate;
mod reception;
pub mod scenario;
mod score;
mod sky;
mod traffic;

pub use comm_b::Register;
pub use content::Content;
pub use frame::{ModeS, parity};
pub use reception::{FrameTruth, Reception};
pub use score::Score;
pub use sky::{SkyConfig, SkySignal};
pub use traffic::{Emission, ReplyRates, Traffic};
