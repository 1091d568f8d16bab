//! Samples on their way from a device to a demodulator.

use crate::{Tick12, UnixMicros};

/// Where a receiver is tuned and how fast it samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    pub center_hz: u64,
    pub rate_sps: u32,
}

/// How one complex sample lies in memory or in a file, little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IqFormat {
    /// Unsigned 8 bit, I before Q, zero at 127.5 (what RTL-SDR gives).
    Cu8,
    /// Signed 16 bit, I before Q, full scale 32,768.
    Cs16,
    /// 32-bit float, I before Q, full scale 1.0.
    Cf32,
}

impl IqFormat {
    /// Bytes of one complex sample.
    pub const fn bytes_per_sample(self) -> usize {
        match self {
            Self::Cu8 => 2,
            Self::Cs16 => 4,
            Self::Cf32 => 8,
        }
    }
}

/// Interleaved I, Q, I, Q… An odd trailing value is never passed on.
#[derive(Clone, Copy, Debug)]
pub enum IqSamples<'a> {
    Cu8(&'a [u8]),
    Cs16(&'a [i16]),
    Cf32(&'a [f32]),
}

impl IqSamples<'_> {
    /// Number of complex samples.
    pub const fn len(&self) -> usize {
        match self {
            Self::Cu8(s) => s.len() / 2,
            Self::Cs16(s) => s.len() / 2,
            Self::Cf32(s) => s.len() / 2,
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A run of samples without a hole, borrowed from a pool.
#[derive(Clone, Copy, Debug)]
pub struct IqBlock<'a> {
    pub samples: IqSamples<'a>,
    pub tuning: Tuning,
    /// The receiver's clock at the first sample of this block.
    pub start_tick: Tick12,
    /// UTC of the first sample, when known.
    pub start_utc: Option<UnixMicros>,
    /// Samples known to be lost between the block before and this one. Not 0: demodulators forget what they carry over.
    /// `start_tick` already counts them.
    pub dropped_samples: u64,
}
