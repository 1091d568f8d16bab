//! APRS: stations, objects, weather and messages of radio amateurs (APRS Protocol Reference 1.0.1 with the 1.1 and 1.2 addenda;
//! AX.25 2.2).
//!
//! ```text
//!   FM (±3 kHz) ← AFSK 1200 Bd, 1200/2200 Hz (Bell 202) ← NRZI, HDLC ← AX.25 UI frame ← information field
//!   ┌ flags ┬ destination 7 ┬ source 7 ┬ digipeaters 0–8 × 7 ┬ control 03 ┬ PID F0 ┬ information 1–256 ┬ FCS 2 ┬ flag ┐
//!
//!   IqBlock ─► demod ─► hdlc ─► Frame ─► ax25 ─► packet ─► Event
//! ```

pub mod ax25;
mod control;
mod decoder;
mod demod;
mod devices;
pub mod gate;
pub mod internet;
pub mod line;
mod movement;
pub mod packet;
pub mod repeats;
pub mod send;

pub use decoder::Decoder;
pub use demod::{AUDIO_RATES, AudioReceiver, G3ruhReceiver, Receiver};
pub use devices::{Devices, DevicesError};

use crate::registry::ProtocolEntry;
use model::{Protocol, Tuning};

/// APRS by the audio of an FM receiver (in I): a sound card, a WAV file, rtl_fm.
pub static AUDIO: ProtocolEntry = ProtocolEntry {
    protocol: Protocol::Aprs,
    summary: "stations, objects, weather and messages of radio amateurs, by a receiver's audio",
    default_tuning: Tuning { center_hz: 144_800_000, rate_sps: 48_000 },
    rates_sps: demod::AUDIO_RATES,
    demodulator: |config| Ok(Box::new(AudioReceiver::new(config)?)),
    decoder: |config| Box::new(Decoder::new(config)),
    raw_text: ax25::frame_text,
};

/// The same at 9600 baud (G3RUH), by the output of a discriminator (in I).
pub static AUDIO_9600: ProtocolEntry = ProtocolEntry {
    summary: "stations, objects, weather and messages of radio amateurs at 9600 baud, by a discriminator's output",
    rates_sps: demod::BASEBAND_RATES,
    demodulator: |config| Ok(Box::new(G3ruhReceiver::audio(config)?)),
    ..AUDIO
};

/// At 9600 baud (G3RUH), on the tuned frequency alone.
pub static PROTOCOL_9600: ProtocolEntry = ProtocolEntry {
    summary: "stations, objects, weather and messages of radio amateurs at 9600 baud, on the tuned frequency",
    demodulator: |config| Ok(Box::new(G3ruhReceiver::radio(config)?)),
    ..PROTOCOL
};

/// APRS in the list of protocols.
pub static PROTOCOL: ProtocolEntry = ProtocolEntry {
    protocol: Protocol::Aprs,
    summary: "stations, objects, weather and messages of radio amateurs on 144.800 MHz (144.390 in the Americas)",
    default_tuning: Tuning { center_hz: 144_800_000, rate_sps: 240_000 },
    rates_sps: demod::RATES,
    demodulator: |config| Ok(Box::new(Receiver::new(config)?)),
    decoder: |config| Box::new(Decoder::new(config)),
    raw_text: ax25::frame_text,
};
