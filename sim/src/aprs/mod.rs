//! APRS on AX.25: packets, when they are sent, and how they sound and look as samples.
//!
//! - [`packet`]: what stations say; [`UiFrame`]: AX.25 frames, also from TNC2 text;
//! - [`afsk`]: frames as Bell 202 tones; [`fm`]: tones on a carrier (the meaning of "CNR" and "deviation" is in its header);
//! - [`baseband`]: frames at 9600 bit/s straight onto a carrier; [`il2p`], [`fx25`]: frames with error correction;
//! - [`ShoreSignal`]: a channel with moving stations as one station's receiver hears it, with truth;
//! - [`scenario`]: laboratory signals; [`receiver`]: a plain FM receiver for programs that take audio.

pub mod afsk;
mod ax25;
pub mod baseband;
pub mod fm;
pub mod fx25;
pub mod il2p;
pub mod packet;
pub mod receiver;
pub mod scenario;
mod shore;
mod truth;

pub use ax25::{Address, UiFrame};
pub use shore::{ShoreConfig, ShoreSignal};
pub use truth::{AprsTruth, Reception};
