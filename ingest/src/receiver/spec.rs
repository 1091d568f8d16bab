//! What a receiver is to be.

use crate::facts::Telling;
use crate::framing::Framing;
use crate::profile::ProfileChoice;
use decoders::ProtocolEntry;
use hw::{ByteSource, SampleSource, SourceError};
use model::{ReceiverId, UnixMicros};
use std::fmt;

/// Opens a source; called again each time it has failed.
pub type SampleFactory = Box<dyn FnMut() -> Result<Box<dyn SampleSource>, SourceError> + Send>;
/// The same for bytes.
pub type ByteFactory = Box<dyn FnMut() -> Result<Box<dyn ByteSource>, SourceError> + Send>;

/// Where a receiver's frames come from.
pub enum Input {
    /// Samples, to be demodulated.
    Samples(SampleFactory),
    /// Bytes of a feed that was demodulated elsewhere.
    Bytes(ByteFactory, Framing),
    /// Bytes of a feed that tells what was decoded elsewhere: no frames, but facts.
    Facts(ByteFactory, Telling),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Samples(_) => f.write_str("Samples"),
            Self::Bytes(_, framing) => write!(f, "Bytes({framing:?})"),
            Self::Facts(_, telling) => write!(f, "Facts({telling:?})"),
        }
    }
}

/// One receiver of a station.
#[derive(Debug)]
pub struct ReceiverSpec {
    /// Its place in the configuration.
    pub id: ReceiverId,
    /// Its name there, for logs and metrics.
    pub name: String,
    pub protocol: &'static ProtocolEntry,
    pub profile: ProfileChoice,
    pub input: Input,
    /// Mode S: Mode A/C replies are frames too, from samples and from feeds. They name nobody, so they become no events, but go on to other feeds.
    pub mode_ac: bool,
    /// UTC of a recording's first sample (or first tick). `None`: the machine's clock for what is live, unknown for what
    /// is read flat out.
    pub start_utc: Option<UnixMicros>,
}
