//! Feeds of what other programs decoded: bytes in, facts out. (Feeds of frames are `framing`'s.)
//!
//! ```text
//!   SBS lines ──────────► sbs ────────┐
//!   aircraft.json ──────► aircraft ───┴─► News: only what is new ──► Fact ──► merge, which knows what was heard already
//! ```
//!
//! Each is a pure push parser, as a framing is: bytes as they come, at most one line or document in memory, what is refused is
//! counted. A fact has the time of its own: what the far end says about its age, taken from the time at which it came. What is
//! not told is `None`. An event made of a fact has no frame (`raw` is empty), and the receiver that brought it: heard and told
//! stay apart.

mod aircraft;
mod fields;
mod news;
mod sbs;

pub(crate) use fields::Fields;

use crate::clock::Arrival;
use model::{EventKind, Signal, Subject, UnixMicros};
use news::{News, Worth};

/// How a feed tells its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Telling {
    /// BaseStation lines: what port 30003 of most receivers gives.
    Sbs,
    /// Documents in the shape of readsb's (dump1090-fa's, tar1090's) `aircraft.json`, as RFC 7464 sequences them.
    AircraftJson,
}

impl Telling {
    /// The name used in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sbs => "sbs",
            Self::AircraftJson => "aircraft_json",
        }
    }
}

/// Something that another program says about an aircraft.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub at: UnixMicros,
    pub subject: Subject,
    pub kind: EventKind,
    pub signal: Signal,
}

/// What a feed of facts has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TellingCounters {
    /// Facts given out.
    pub facts: u64,
    /// Facts that were told before and have not changed.
    pub unchanged: u64,
    /// Lines and documents that are none of ours, or old.
    pub other: u64,
    /// Lines, documents and entries that are broken, or say what can't be.
    pub refused: u64,
    /// Bytes passed over.
    pub skipped_bytes: u64,
}

/// A push parser for one feed.
#[derive(Debug)]
pub struct Teller {
    kind: Kind,
    news: News,
    counters: TellingCounters,
}

#[derive(Debug)]
enum Kind {
    Sbs(Box<sbs::Sbs>),
    Aircraft(aircraft::Documents),
}

impl Teller {
    pub fn new(telling: Telling) -> Self {
        let kind = match telling {
            Telling::Sbs => Kind::Sbs(Box::default()),
            Telling::AircraftJson => Kind::Aircraft(aircraft::Documents::default()),
        };
        Self { kind, news: News::default(), counters: TellingCounters::default() }
    }

    /// Takes bytes that came just now; calls `out` for each new fact that they complete.
    pub fn push(&mut self, bytes: &[u8], arrival: Arrival, out: &mut dyn FnMut(Fact)) {
        let (news, mut unchanged, mut impossible, mut facts) = (&mut self.news, 0, 0, 0);
        let mut tell = |fact: Fact| match news.weigh(&fact) {
            Worth::New => {
                facts += 1;
                out(fact);
            }
            Worth::Unchanged => unchanged += 1,
            Worth::Impossible => impossible += 1,
        };
        match &mut self.kind {
            Kind::Sbs(sbs) => sbs.push(bytes, arrival, &mut self.counters, &mut tell),
            Kind::Aircraft(documents) => documents.push(bytes, arrival, &mut self.counters, &mut tell),
        }
        self.counters.facts += facts;
        self.counters.unchanged += unchanged;
        self.counters.refused += impossible;
    }

    /// The connection has ended: what was begun is not completed by the next one.
    pub fn cut(&mut self) {
        match &mut self.kind {
            Kind::Sbs(sbs) => sbs.cut(),
            Kind::Aircraft(documents) => documents.cut(),
        }
    }

    pub fn counters(&self) -> TellingCounters {
        self.counters
    }
}

#[cfg(test)]
mod tests;
