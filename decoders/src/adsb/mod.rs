//! Mode S and ADS-B on 1090 MHz (ICAO Annex 10 Vol. IV; RTCA DO-260B; ICAO Doc 9871).
//!
//! ```text
//!   IqBlock ─► preamble ─► slice ─► parity ── Frame ─► message ─► (cpr, comm_b) ─► track ── Event
//!
//!   preamble 8 µs, then 1 Mbit/s pulse position modulation: 56 bits (7 bytes) or 112 bits (14 bytes)
//!   byte  0         1 2 3       4 … 10          11 12 13
//!        | DF5 CA3 | address  | ME or MB 56    | parity 24 |     long: DF 16–21, 24
//!        | DF5 ..  | 27 bits of data | parity 24 |             short: DF 0, 4, 5, 11
//! ```

pub mod address;
pub mod comm_b;
pub mod cpr;
pub mod decoder;
pub mod demod;
mod doubt;
mod elm;
mod fix;
mod ground;
mod known;
pub mod message;
pub mod mode_ac;
pub mod parity;
mod tell;
mod track;

use crate::registry::ProtocolEntry;
use model::{Protocol, Tuning};

/// Mode S and ADS-B's line in the list of protocols.
pub static PROTOCOL: ProtocolEntry = ProtocolEntry {
    protocol: Protocol::Adsb,
    summary: "Mode S and ADS-B, 1090 MHz: aircraft",
    default_tuning: Tuning { center_hz: 1_090_000_000, rate_sps: 2_400_000 },
    rates_sps: demod::RATES_SPS,
    demodulator: |config| Ok(Box::new(demod::AdsbDemodulator::new(config)?)),
    decoder: |config| Box::new(decoder::AdsbDecoder::new(config)),
    raw_text: |frame| frame.raw.hex(),
};
