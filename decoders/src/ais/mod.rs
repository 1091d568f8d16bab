//! AIS: ships, aids to navigation and distress devices on VHF (ITU-R M.1371-5).
//!
//! ```text
//!   9,600 bit/s GMSK (BT 0.4, h 0.5), NRZI, in slots of 26.67 ms (256 bits) on 161.975 (A) and 162.025 MHz (B)
//!   ┌ ramp ┬ training ┬ flag ┬ data, stuffed ┬ FCS ┬ flag ┬ buffer ┐
//!   │  8   │  24      │  8   │  168 (1 slot) │ 16  │  8   │  24    │ bits
//!
//!   IqBlock ─► channels ─► demod ─► hdlc ─► Frame ─► message ─► Event
//!                              sentences (nmea) ─┘
//! ```

mod channels;
mod decoder;
mod demod;
pub mod message;
pub mod nmea;
mod slots;
#[cfg(test)]
mod testing;
mod track;

pub use channels::Channel;
pub use decoder::Decoder;
pub use demod::{Discriminator, Receiver};

use crate::registry::ProtocolEntry;
use model::{Protocol, Tuning};

/// AIS in the list of protocols.
pub static PROTOCOL: ProtocolEntry = ProtocolEntry {
    protocol: Protocol::Ais,
    summary: "ships, aids to navigation and distress devices on 161.975 and 162.025 MHz",
    default_tuning: Tuning { center_hz: 162_000_000, rate_sps: 288_000 },
    rates_sps: demod::RATES,
    demodulator: |config| Ok(Box::new(Receiver::new(config)?)),
    decoder: |config| Box::new(Decoder::new(config)),
    raw_text: nmea::frame_text,
};

/// AIS by the audio of an FM receiver tuned to one channel. Tuned to none, the channel is not known.
pub static AUDIO: ProtocolEntry = ProtocolEntry {
    protocol: Protocol::Ais,
    summary: "ships, aids to navigation and distress devices, by a receiver's discriminator audio",
    default_tuning: Tuning { center_hz: 162_000_000, rate_sps: 48_000 },
    rates_sps: demod::AUDIO_RATES,
    demodulator: |config| Ok(Box::new(Discriminator::new(config)?)),
    decoder: |config| Box::new(Decoder::new(config)),
    raw_text: nmea::frame_text,
};
