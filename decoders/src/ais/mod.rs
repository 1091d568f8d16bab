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

use crate::registry::{Demodulator, DemodulatorConfig, ProtocolEntry, UnsupportedRate};
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

/// Which channels to listen to, where it is not simply all that the tuning covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// The two for everything.
    Ab,
    /// The two for long range: type 27.
    Cd,
    /// One alone.
    Only(Channel),
}

impl Channels {
    pub const fn all(self) -> &'static [Channel] {
        match self {
            Self::Ab => &[Channel::A, Channel::B],
            Self::Cd => &[Channel::C, Channel::D],
            Self::Only(Channel::A) => &[Channel::A],
            Self::Only(Channel::B) => &[Channel::B],
            Self::Only(Channel::C) => &[Channel::C],
            Self::Only(Channel::D) => &[Channel::D],
        }
    }

    /// AIS on these channels only. The default tuning lies between the two of a pair, also for one alone: a dongle is deaf in the very middle.
    pub const fn entry(self) -> &'static ProtocolEntry {
        static ENTRIES: [ProtocolEntry; 6] = [
            listening(162_000_000, |config| receiver(config, Channels::Ab)),
            listening(156_800_000, |config| receiver(config, Channels::Cd)),
            listening(162_000_000, |config| receiver(config, Channels::Only(Channel::A))),
            listening(162_000_000, |config| receiver(config, Channels::Only(Channel::B))),
            listening(156_800_000, |config| receiver(config, Channels::Only(Channel::C))),
            listening(156_800_000, |config| receiver(config, Channels::Only(Channel::D))),
        ];
        match self {
            Self::Ab => &ENTRIES[0],
            Self::Cd => &ENTRIES[1],
            Self::Only(channel) => &ENTRIES[2 + channel as usize],
        }
    }
}

const fn listening(center_hz: u64, demodulator: fn(&DemodulatorConfig) -> Result<Box<dyn Demodulator>, UnsupportedRate>) -> ProtocolEntry {
    ProtocolEntry {
        protocol: Protocol::Ais,
        summary: "ships, aids to navigation and distress devices on channels of one's choice",
        default_tuning: Tuning { center_hz, rate_sps: 288_000 },
        rates_sps: demod::RATES,
        demodulator,
        decoder: |config| Box::new(Decoder::new(config)),
        raw_text: nmea::frame_text,
    }
}

fn receiver(config: &DemodulatorConfig, channels: Channels) -> Result<Box<dyn Demodulator>, UnsupportedRate> {
    Ok(Box::new(Receiver::on(config, channels.all())?))
}

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
