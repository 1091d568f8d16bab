//! Time as integers: UTC in microseconds, receiver time in 12 MHz ticks (the Beast format's unit).

/// Receiver ticks per second. 12 MHz is what Beast carries, so multilateration tools need no conversion.
pub const TICKS_PER_SECOND: u64 = 12_000_000;

/// UTC as microseconds since 1970-01-01T00:00:00Z (leap seconds as POSIX has them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMicros(pub i64);

impl UnixMicros {
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs * 1_000_000)
    }

    /// The same instant moved by `micros`, saturating at the ends of the range.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// `self - earlier` in microseconds, saturating.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A receiver's own 12 MHz clock: counts samples, not wall time, so it never jumps while the receiver runs.
/// Starts at 0 when the source starts. For Mode S a frame's tick is that of the end of bit 56, as Beast has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick12(pub u64);

impl Tick12 {
    /// The tick at which sample number `sample` starts at `rate_sps` samples per second.
    pub const fn from_sample(sample: u64, rate_sps: u32) -> Self {
        Self((sample as u128 * TICKS_PER_SECOND as u128 / rate_sps as u128) as u64)
    }

    #[must_use]
    pub const fn plus(self, ticks: u64) -> Self {
        Self(self.0.wrapping_add(ticks))
    }

    /// Microseconds from `earlier` to `self` (negative when `self` is earlier).
    pub const fn micros_since(self, earlier: Self) -> i64 {
        (self.0.wrapping_sub(earlier.0) as i64) / 12
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_from_samples_are_exact_over_a_century() {
        assert_eq!(Tick12::from_sample(2_400_000, 2_400_000), Tick12(12_000_000));
        let century_samples = 2_400_000_u64 * 3_155_760_000;
        assert_eq!(Tick12::from_sample(century_samples, 2_400_000).0, 12_000_000 * 3_155_760_000);
    }

    #[test]
    fn differences_have_a_sign() {
        assert_eq!(Tick12(24).micros_since(Tick12(0)), 2);
        assert_eq!(Tick12(0).micros_since(Tick12(24)), -2);
        assert_eq!(UnixMicros(5).micros_since(UnixMicros(7)), -2);
    }
}
