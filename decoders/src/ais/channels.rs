//! Where AIS is heard (ITU-R M.1371-5 annex 2 §2.1.1; M.1084 channel numbers).

use model::{ChannelId, Tuning};

/// Half the bandwidth that a channel needs, hertz.
pub const HALF_BAND_HZ: u64 = 10_500;

/// A 25 kHz channel. As a [`ChannelId`]: A = 0 … D = 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// AIS 1, channel 2087B.
    A,
    /// AIS 2, channel 2088B.
    B,
    /// Long range, channel 75.
    C,
    /// Long range, channel 76.
    D,
}

impl Channel {
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::D];

    pub const fn center_hz(self) -> u64 {
        match self {
            Self::A => 161_975_000,
            Self::B => 162_025_000,
            Self::C => 156_775_000,
            Self::D => 156_825_000,
        }
    }

    /// Does a receiver so tuned hear all of it?
    pub fn is_covered_by(self, tuning: Tuning) -> bool {
        self.center_hz().abs_diff(tuning.center_hz) + HALF_BAND_HZ <= u64::from(tuning.rate_sps / 2)
    }

    pub const fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
        }
    }

    pub const fn id(self) -> ChannelId {
        ChannelId(self as u8)
    }

    pub fn from_id(ChannelId(place): ChannelId) -> Option<Self> {
        Self::ALL.get(usize::from(place)).copied()
    }

    /// From the field of a sentence: a letter, or 1 and 2 as some equipment writes.
    pub fn from_sentence(field: &[u8]) -> Option<Self> {
        match field {
            b"A" | b"a" | b"1" => Some(Self::A),
            b"B" | b"b" | b"2" => Some(Self::B),
            b"C" | b"c" => Some(Self::C),
            b"D" | b"d" => Some(Self::D),
            _ => None,
        }
    }
}
