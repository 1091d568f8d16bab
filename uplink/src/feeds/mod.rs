//! What other programs on the LAN expect of a receiver: Beast, AVR, SBS (BaseStation) and NMEA (AIS) over TCP; NMEA
//! over UDP too.
//!
//! ```text
//!   Frame ──► beast, avr, nmea ─┐
//!   Event ──► sbs ──────────────┴─► Publisher ── chunks ──► queue (bounded, shared) ─┬► one task per client ──► TCP
//!                                                                                    └► datagrams ──► UDP
//! ```
//!
//! Constraints:
//! - `beast`, `avr`, `sbs` and `nmea` are pure: values in, bytes out, time passed in;
//! - publishing never waits: a client that can't keep up is dropped and counted, whoever else listens notices nothing;
//! - what a client sends is read and thrown away: nothing comes in through a feed.

mod avr;
mod beast;
mod datagrams;
mod nmea;
mod sbs;
mod server;

pub use datagrams::{Envelope, send_to};
pub use server::{CHUNK_BYTES, CLIENTS_MAX, FeedCounters, Publisher, QUEUE_CHUNKS, serve};

use model::{Event, Frame, UnixMicros};

/// What a feed speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeedFormat {
    /// Mode-S Beast binary: frames with 12 MHz ticks and level. Usually port 30005.
    Beast,
    /// Frames as lines of hex. Usually port 30002.
    Avr,
    /// BaseStation CSV: what was decoded. Usually port 30003.
    Sbs,
    /// AIS sentences. Usually port 10110.
    Nmea,
}

impl FeedFormat {
    pub const ALL: [Self; 4] = [Self::Beast, Self::Avr, Self::Sbs, Self::Nmea];

    /// The name used in configuration, metrics and announcements.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Beast => "beast",
            Self::Avr => "avr",
            Self::Sbs => "sbs",
            Self::Nmea => "nmea",
        }
    }

    /// Appends a frame. `false`: this format has no words for it, and nothing was appended.
    pub fn frame(self, frame: &Frame, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Beast => beast::write(frame, out),
            Self::Avr => avr::write(frame, out),
            Self::Nmea => nmea::write(frame, out),
            Self::Sbs => false,
        }
    }

    /// Appends an event, written down at `logged`. `false`: this format has no words for it, and nothing was appended.
    pub fn event(self, event: &Event, logged: UnixMicros, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Beast | Self::Avr | Self::Nmea => false,
            Self::Sbs => sbs::write(event, logged, out),
        }
    }

    /// Says nothing, to show that the connection lives: an empty Mode A/C reply, an empty line.
    pub const fn heartbeat(self) -> &'static [u8] {
        match self {
            Self::Beast => beast::HEARTBEAT,
            Self::Avr => avr::HEARTBEAT,
            Self::Sbs => b"\r\n",
            Self::Nmea => nmea::HEARTBEAT,
        }
    }
}
