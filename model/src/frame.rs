//! A frame: bytes whose integrity check passed, with when and how well they were heard.

use crate::{Tick12, UnixMicros};
use core::fmt;

/// What was spoken on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Mode S and ADS-B on 1090 MHz. Raw: 7 or 14 bytes, parity included.
    Adsb,
    /// AIS, ITU-R M.1371. Raw: the message bits packed most significant first, without FCS.
    Ais,
    /// APRS over AX.25 UI frames. Raw: the AX.25 frame without flags and FCS.
    Aprs,
    /// UAT 978 MHz, DO-282B. Raw: the payload after Reed–Solomon, without parity: 18, 34 or (ground uplink) 432 bytes.
    Uat,
}

impl Protocol {
    pub const ALL: [Self; 4] = [Self::Adsb, Self::Ais, Self::Aprs, Self::Uat];

    /// The lower-case name used in configuration, JSON and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adsb => "adsb",
            Self::Ais => "ais",
            Self::Aprs => "aprs",
            Self::Uat => "uat",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which receiver of the station heard it: its place in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ReceiverId(pub u8);

/// Frame bytes: inline up to [`Raw::INLINE`], else on the heap (long AIS and APRS frames only).
#[derive(Clone)]
pub struct Raw(Bytes);

#[derive(Clone)]
enum Bytes {
    Inline { len: u8, bytes: [u8; Raw::INLINE] },
    Heap(Box<[u8]>),
}

impl Raw {
    /// Bytes held without allocating: Mode S (14) and single-slot AIS (21) with room to spare.
    pub const INLINE: usize = 30;
    /// No frame of any protocol is longer: UAT ground uplink 432, AX.25 about 400, AIS 133.
    pub const MAX: usize = 1024;

    /// Panics when `bytes` is longer than [`Raw::MAX`]: demodulators limit their frames.
    pub fn new(bytes: &[u8]) -> Self {
        assert!(bytes.len() <= Self::MAX, "a frame of {} bytes", bytes.len());
        if Self::INLINE < bytes.len() {
            return Self(Bytes::Heap(bytes.into()));
        }
        let mut inline = [0; Self::INLINE];
        inline[..bytes.len()].copy_from_slice(bytes);
        Self(Bytes::Inline { len: bytes.len() as u8, bytes: inline })
    }

    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Bytes::Inline { len, bytes } => &bytes[..*len as usize],
            Bytes::Heap(bytes) => bytes,
        }
    }

    /// Lower-case hex.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = |b: &u8| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]].map(char::from);
        self.as_slice().iter().flat_map(digits).collect()
    }
}

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Raw {}

impl core::hash::Hash for Raw {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({})", self.hex())
    }
}

/// A power level relative to the receiver's full scale, in tenths of a decibel (−3,276.8…3,276.7 dBFS).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeciDbfs(pub i16);

impl DeciDbfs {
    /// From a power (1.0 = full scale). `None` for 0, negative or not finite.
    pub fn from_power(power: f32) -> Option<Self> {
        (power.is_finite() && 0.0 < power).then(|| Self((100.0 * power.log10()).round() as i16))
    }

    pub fn dbfs(self) -> f32 {
        f32::from(self.0) / 10.0
    }
}

/// One of the radio channels of a protocol. AIS: 'A'…'D' as 0…3 (`decoders::ais::Channel`); APRS: the FM channel's place in the
/// configuration, or a TNC's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u8);

impl ChannelId {
    /// The letter by which an AIS channel goes.
    pub fn ais_letter(self) -> Option<char> {
        (self.0 < 4).then(|| char::from(b'A' + self.0))
    }

    /// Can what was heard on `a` and on `b` be one transmission? A channel that isn't known may be any.
    pub fn may_be_same(a: Option<Self>, b: Option<Self>) -> bool {
        a.is_none() || b.is_none() || a == b
    }
}

/// An AIS slot: 0…2249, counted from the full UTC minute (ITU-R M.1371-5 annex 2 §3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u16);

impl Slot {
    /// Slots in a minute.
    pub const COUNT: u16 = 2_250;

    pub const fn new(number: u16) -> Option<Self> {
        if number < Self::COUNT { Some(Self(number)) } else { None }
    }

    pub const fn get(self) -> u16 {
        self.0
    }
}

/// How a frame was heard. `None`: the source does not tell (a network feed, say).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Signal {
    /// Mean power while the transmitter was on.
    pub rssi: Option<DeciDbfs>,
    /// Noise power in the receiver's bandwidth around the frame.
    pub noise: Option<DeciDbfs>,
    /// Carrier offset from the channel's centre, in hertz.
    pub freq_offset_hz: Option<i32>,
    /// Bits that error correction changed: 0 = received as sent.
    pub corrected_bits: u8,
    /// Where there is more than one to hear.
    pub channel: Option<ChannelId>,
    /// AIS: the slot in which the transmission began, where its number is certain (`decoders`, `ais/slots.rs`).
    pub slot: Option<Slot>,
}

/// Bytes whose check passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub protocol: Protocol,
    pub receiver: ReceiverId,
    pub raw: Raw,
    /// Receiver clock. Mode S: end of bit 56 of the frame, as Beast has it. AIS and APRS: end of the opening flag. UAT: end
    /// of the sync word.
    pub tick: Tick12,
    /// UTC of `tick`, when the receiver knows it.
    pub utc: Option<UnixMicros>,
    /// How it was heard, and where.
    pub signal: Signal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_holds_short_and_long_frames() {
        for len in [0, 7, 14, Raw::INLINE, Raw::INLINE + 1, Raw::MAX] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            assert_eq!(Raw::new(&bytes).as_slice(), bytes);
        }
        assert_eq!(Raw::new(&[0x8d, 0x48]).hex(), "8d48");
    }

    #[test]
    fn protocol_names_round_trip() {
        for p in Protocol::ALL {
            assert_eq!(Protocol::from_name(p.name()), Some(p));
        }
    }
}
