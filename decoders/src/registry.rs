//! The seam between protocols and everything else: two traits, one table.

use crate::aprs;
use core::fmt;
use model::{Event, Frame, IqBlock, LatLon, Protocol, ReceiverId, Tuning};
use std::sync::Arc;

/// Every protocol vTOC receives.
pub static PROTOCOLS: &[&ProtocolEntry] = &[&crate::adsb::PROTOCOL, &crate::ais::PROTOCOL, &crate::aprs::PROTOCOL, &crate::uat::PROTOCOL];

/// The same protocols by the audio of an FM receiver's discriminator (in I; Q is 0), where that is enough.
pub static AUDIO: &[&ProtocolEntry] = &[&crate::ais::AUDIO, &crate::aprs::AUDIO];

/// One protocol: what it is called, where it is heard, and how to make its two halves.
#[derive(Debug)]
pub struct ProtocolEntry {
    pub protocol: Protocol,
    /// One line for `--help` and the manual.
    pub summary: &'static str,
    /// Where a receiver is tuned unless told otherwise.
    pub default_tuning: Tuning,
    /// The sample rates that the demodulator takes; told in help and in refusals.
    pub rates_sps: &'static [u32],
    pub demodulator: fn(&DemodulatorConfig) -> Result<Box<dyn Demodulator>, UnsupportedRate>,
    pub decoder: fn(&DecoderConfig) -> Box<dyn MessageDecoder>,
    /// The frame as people exchange it: hex for Mode S, an AIVDM sentence for AIS, TNC2 text for APRS, dump978's line for UAT.
    pub raw_text: fn(&Frame) -> String,
}

impl ProtocolEntry {
    pub fn find(protocol: Protocol) -> Option<&'static Self> {
        PROTOCOLS.iter().copied().find(|p| p.protocol == protocol)
    }

    /// The protocol by audio instead of samples.
    pub fn find_audio(protocol: Protocol) -> Option<&'static Self> {
        AUDIO.iter().copied().find(|p| p.protocol == protocol)
    }
}

/// How hard to try. The difference is in the station's metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Profile {
    /// Everything: every decibel that the signal holds.
    #[default]
    Full,
    /// For a loaded or small board.
    Fast,
}

#[derive(Clone, Debug)]
pub struct DemodulatorConfig {
    pub receiver: ReceiverId,
    pub tuning: Tuning,
    pub profile: Profile,
}

#[derive(Clone, Debug, Default)]
pub struct DecoderConfig {
    /// Where the antenna is, when known: resolves surface positions and bounds the range.
    pub site: Option<LatLon>,
    /// Positions farther from `site` than this are refused as implausible. `None`: the protocol's own bound.
    pub range_m_max: Option<u32>,
    /// The operator's own list of APRS devices.
    pub devices: Option<Arc<aprs::Devices>>,
}

/// Samples to frames. State is bounded; nothing is allocated after construction.
pub trait Demodulator: Send {
    /// Takes the next block; calls `out` for each frame whose check passed, in order of time. The frames do not depend on
    /// how the samples were cut into blocks.
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame));
    /// No more samples: what is still held back comes out.
    fn finish(&mut self, out: &mut dyn FnMut(Frame));
    fn counters(&self) -> Counters;
    /// Mode S: Mode A/C replies are frames too (of two bytes), from now on. Off at first: they name nobody and there are many.
    fn set_mode_ac(&mut self, _on: bool) {}
    /// Can it go from one profile to the other while it works?
    fn has_profiles(&self) -> bool {
        false
    }
    /// Goes on in another profile. What it holds and knows stays: no frame is lost or comes twice around the change.
    fn set_profile(&mut self, _profile: Profile) {}
    /// By how much the receiver's crystal seems to be fast, parts per million, beyond what it is corrected by. `None`: not known, or not
    /// estimated.
    fn crystal_error_ppm(&self) -> Option<f32> {
        None
    }
    /// How far behind the samples it has been given a frame's time may lie when it comes out, at most, in microseconds: what
    /// has to be waited for when receivers are merged. A frame has the time of its beginning, so a long one counts with its
    /// length.
    fn latency_us(&self) -> u32 {
        10_000
    }
}

/// Frames to events. State (address filters, CPR pairs, tracks) is bounded and ages by the frames' own time.
pub trait MessageDecoder: Send {
    /// Frames come in order of time, from any receiver of the station.
    fn decode(&mut self, frame: &Frame, out: &mut dyn FnMut(Event));
    fn counters(&self) -> Counters;
}

/// Why something heard was not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Looked like the start of a frame, was none.
    Preamble,
    /// A frame's length is wrong for its type.
    Length,
    /// Parity, CRC or FCS failed beyond repair.
    Integrity,
    /// Well formed, but not believable: an address never confirmed, a jump no aircraft can make, a reserved value.
    Sanity,
    /// Of a kind whose content is not public or not defined (Mode S: military DF 19, reserved formats).
    Reserved,
    /// The same again, by another way (APRS: through digipeaters).
    Repeat,
}

impl Refusal {
    pub const ALL: [Self; 6] = [Self::Preamble, Self::Length, Self::Integrity, Self::Sanity, Self::Reserved, Self::Repeat];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Preamble => "preamble",
            Self::Length => "length",
            Self::Integrity => "integrity",
            Self::Sanity => "sanity",
            Self::Reserved => "reserved",
            Self::Repeat => "repeat",
        }
    }
}

/// What a demodulator or decoder did since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counters {
    /// Samples taken in (demodulators).
    pub samples: u64,
    /// Frames given out (demodulators) or taken in (decoders).
    pub frames: u64,
    /// Frames given out that needed correction.
    pub corrected_frames: u64,
    /// Events given out (decoders).
    pub events: u64,
    /// Subjects forgotten because the decoder's table was full, not because they were old.
    pub evicted: u64,
    refused: [u64; Refusal::ALL.len()],
}

impl Counters {
    pub fn refuse(&mut self, why: Refusal) {
        self.refused[why as usize] += 1;
    }

    /// Adds `n` refusals at once (counters that were kept elsewhere).
    pub fn refuse_many(&mut self, why: Refusal, n: u64) {
        self.refused[why as usize] += n;
    }

    pub fn refused(&self, why: Refusal) -> u64 {
        self.refused[why as usize]
    }

    /// The sum of two counts (several receivers of one station).
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.samples += other.samples;
        self.frames += other.frames;
        self.corrected_frames += other.corrected_frames;
        self.events += other.events;
        self.evicted += other.evicted;
        for (mine, theirs) in self.refused.iter_mut().zip(other.refused) {
            *mine += theirs;
        }
        self
    }
}

/// A sample rate that the protocol's demodulator can't take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedRate {
    pub protocol: Protocol,
    pub rate_sps: u32,
    pub supported: &'static [u32],
}

impl fmt::Display for UnsupportedRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} can't be received at {} samples/s; use one of", self.protocol, self.rate_sps)?;
        for (i, rate) in self.supported.iter().enumerate() {
            write!(f, "{} {rate}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl core::error::Error for UnsupportedRate {}
