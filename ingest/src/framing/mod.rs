//! Feeds that were demodulated elsewhere: bytes in, frames out.
//!
//! Each framing is a pure push parser: it takes bytes as they come, however they were cut, keeps at most one message, finds
//! its way back after garbage, and counts what it refuses. Mode S frames are taken when their length fits their downlink
//! format and, where the parity can be checked without knowing the address (DF 11, 17, 18), when it holds.

mod agw;
mod beast;
mod kiss;
mod lines;
mod mode_s;
mod nmea;
mod tnc2;

pub use agw::MONITOR as AGW_MONITOR;
pub use kiss::kiss_bytes;

use model::{Raw, Signal, Tick12, UnixMicros};

/// How a feed writes its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Mode-S Beast binary: what port 30005 of most receivers gives.
    Beast,
    /// Lines of hex: AVR (`*…;`, `@…;`), bare, or CSV with a timestamp. Port 30002, and most text recordings.
    Lines,
    /// AIS sentences: `!AIVDM…`, with or without tag blocks, among other lines.
    Nmea,
    /// AX.25 frames of a TNC.
    Kiss,
    /// AX.25 frames of an AGW packet engine.
    Agw,
    /// APRS packets as lines of text: APRS-IS, logs.
    Tnc2,
}

impl Framing {
    pub const ALL: [Self; 6] = [Self::Beast, Self::Lines, Self::Nmea, Self::Kiss, Self::Agw, Self::Tnc2];

    /// The name used in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Beast => "beast",
            Self::Lines => "avr",
            Self::Nmea => "nmea",
            Self::Kiss => "kiss",
            Self::Agw => "agw",
            Self::Tnc2 => "tnc2",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name)
    }

    /// What a recording is, by its first bytes.
    pub fn detect(head: &[u8]) -> Self {
        if head.windows(4).any(|w| w == b"VDM," || w == b"VDO,") {
            Self::Nmea
        } else if head.contains(&beast::ESCAPE) {
            Self::Beast
        } else {
            Self::Lines
        }
    }
}

/// One frame of a feed, as far as the feed tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub raw: Raw,
    /// The far receiver's clock.
    pub tick: Option<Tick12>,
    pub utc: Option<UnixMicros>,
    pub signal: Signal,
}

/// What a framing has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FramingCounters {
    /// Frames given out.
    pub frames: u64,
    /// Well-formed messages that are no frame of ours (Mode A/C, status, comments).
    pub other: u64,
    /// Messages cut short, too long, or with a wrong length, digit or parity.
    pub refused: u64,
    /// Bytes passed over to find the next message.
    pub skipped_bytes: u64,
}

/// A push parser for one feed.
#[derive(Debug)]
pub struct Framer(Kind);

#[derive(Debug)]
enum Kind {
    Beast(beast::Beast),
    Lines(Box<lines::Lines>),
    Nmea(Box<nmea::Nmea>),
    Kiss(Box<kiss::Kiss>),
    Agw(Box<agw::Agw>),
    Tnc2(Box<tnc2::Tnc2>),
}

impl Framer {
    pub fn new(framing: Framing) -> Self {
        Self::with_mode_ac(framing, false)
    }

    /// `mode_ac`: Mode A/C replies are frames too (of two bytes), not merely counted.
    pub fn with_mode_ac(framing: Framing, mode_ac: bool) -> Self {
        Self(match framing {
            Framing::Beast => Kind::Beast(beast::Beast::new(mode_ac)),
            Framing::Lines => Kind::Lines(Box::new(lines::Lines::new(mode_ac))),
            Framing::Nmea => Kind::Nmea(Box::default()),
            Framing::Kiss => Kind::Kiss(Box::default()),
            Framing::Agw => Kind::Agw(Box::default()),
            Framing::Tnc2 => Kind::Tnc2(Box::default()),
        })
    }

    /// Live: the bytes that follow arrived at `now`. (Parts of a message wait only so long for each other.)
    pub fn arrived(&mut self, now: UnixMicros) {
        if let Kind::Nmea(nmea) = &mut self.0 {
            nmea.arrived(now);
        }
    }

    /// Takes the next bytes; calls `out` for each frame that they complete.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(Heard)) {
        match &mut self.0 {
            Kind::Beast(beast) => beast.push(bytes, out),
            Kind::Lines(lines) => lines.push(bytes, out),
            Kind::Nmea(nmea) => nmea.push(bytes, out),
            Kind::Kiss(kiss) => kiss.push(bytes, out),
            Kind::Agw(agw) => agw.push(bytes, out),
            Kind::Tnc2(tnc2) => tnc2.push(bytes, out),
        }
    }

    /// The feed has ended: a last line may lack its end.
    pub fn finish(&mut self, out: &mut dyn FnMut(Heard)) {
        match &mut self.0 {
            Kind::Beast(beast) => beast.finish(out),
            Kind::Lines(lines) => lines.finish(out),
            Kind::Nmea(nmea) => nmea.finish(out),
            Kind::Tnc2(tnc2) => tnc2.finish(out),
            // A frame that lacks its end is no frame.
            Kind::Kiss(_) | Kind::Agw(_) => {}
        }
    }

    pub fn counters(&self) -> FramingCounters {
        match &self.0 {
            Kind::Beast(beast) => beast.counters(),
            Kind::Lines(lines) => lines.counters(),
            Kind::Nmea(nmea) => nmea.counters(),
            Kind::Kiss(kiss) => kiss.counters(),
            Kind::Agw(agw) => agw.counters(),
            Kind::Tnc2(tnc2) => tnc2.counters(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A recording's bytes, or `None` with a line that says why. Named but missing is a failure.
    fn recording(name: &str) -> Option<Vec<u8>> {
        let named = std::env::var_os("VTOC_RECORDINGS").map(PathBuf::from);
        let dir = named.clone().unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/recordings")));
        match std::fs::read(dir.join(name)) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                assert!(named.is_none(), "{name}: {error}");
                println!("skipped: no recordings");
                None
            }
        }
    }

    fn frames(bytes: &[u8]) -> (Vec<Heard>, FramingCounters) {
        let (mut framer, mut heard) = (Framer::new(Framing::detect(bytes)), Vec::new());
        for piece in bytes.chunks(1_001) {
            framer.push(piece, &mut |h| heard.push(h));
        }
        framer.finish(&mut |h| heard.push(h));
        (heard, framer.counters())
    }

    #[test]
    fn text_recordings_of_others_are_read() {
        for (name, lines) in LISTS {
            let Some(bytes) = recording(&format!("adsb/{name}")) else { return };
            let (heard, counters) = frames(&bytes);
            assert_eq!(counters.frames + counters.other + counters.refused, lines, "{name}: {counters:?}");
            // What is refused is broken in the recording itself: fewer than one in a thousand.
            assert!(counters.refused * 1_000 < lines, "{name}: {counters:?}");
            assert!(heard.iter().all(|h| h.utc.is_some()), "{name}: each line has its time");
        }
    }

    /// The lists, and the lines in each.
    const LISTS: [(&str, u64); 3] =
        [("long_flight_messages.csv", 172_432), ("pymodes_adsb_messages.csv", 2_000), ("pymodes_commb_df20_messages.csv", 5_000)];
}
