//! Values that come without proof: believed when they follow from the last one, or when said twice.
//!
//! A reply whose parity hides the address proves nothing about its content: noise that happens to fit a known address brings a
//! random altitude or squawk. A frame that needed repair may have been repaired into another. Neither may put an
//! aircraft at a height where it is not.

use model::UnixMicros;

/// Older beliefs prove nothing any more.
const BELIEF_MICROS: i64 = 120_000_000;
/// A doubted value counts as said twice when its like comes within this time.
const TWICE_MICROS: i64 = 30_000_000;
/// Steeper than any aircraft but a rocket, in feet per minute; and what rounding and a second's jitter add, in feet.
const CLIMB_FPM_MAX: i64 = 20_000;
const ALTITUDE_SLACK_FT: i64 = 500;

/// A value, the doubted one that may replace it, and when each was said.
#[derive(Clone, Copy, Debug)]
pub struct Weighed<T> {
    believed: Option<(T, UnixMicros)>,
    doubted: Option<(T, UnixMicros)>,
}

impl<T> Default for Weighed<T> {
    fn default() -> Self {
        Self { believed: None, doubted: None }
    }
}

impl<T: Copy> Weighed<T> {
    /// Takes a value that is proven otherwise.
    pub fn believe(&mut self, value: T, at: UnixMicros) {
        *self = Self { believed: Some((value, at)), doubted: None };
    }

    /// The value, unless it is older than `age_micros`.
    pub fn within(&self, at: UnixMicros, age_micros: i64) -> Option<T> {
        fresh(self.believed, at, age_micros).map(|(value, _)| value)
    }

    /// Whether to believe `value`. `follows(earlier, later, micros)`: one may have become the other in this time.
    pub fn weigh(&mut self, value: T, at: UnixMicros, follows: impl Fn(T, T, i64) -> bool) -> bool {
        let fits = |(earlier, then): (T, UnixMicros)| follows(earlier, value, at.micros_since(then).abs());
        let fits_belief = fresh(self.believed, at, BELIEF_MICROS).is_none_or(fits);
        if fits_belief || fresh(self.doubted, at, TWICE_MICROS).is_some_and(fits) {
            self.believe(value, at);
            return true;
        }
        self.doubted = Some((value, at));
        false
    }
}

fn fresh<T>(said: Option<(T, UnixMicros)>, at: UnixMicros, age_micros: i64) -> Option<(T, UnixMicros)> {
    said.filter(|(_, then)| at.micros_since(*then).abs() <= age_micros)
}

/// Altitudes in feet that one aircraft can have so many microseconds apart.
pub fn altitude_follows(earlier_ft: i32, later_ft: i32, micros: i64) -> bool {
    let climb_ft = CLIMB_FPM_MAX.saturating_mul(micros) / 60_000_000;
    i64::from((later_ft - earlier_ft).unsigned_abs()) <= climb_ft + ALTITUDE_SLACK_FT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> UnixMicros {
        UnixMicros::from_secs(secs)
    }

    #[test]
    fn a_jump_is_believed_when_said_twice() {
        let mut altitude = Weighed::default();
        assert!(altitude.weigh(30_000, at(0), altitude_follows), "the first is all there is");
        assert!(altitude.weigh(30_400, at(1), altitude_follows));
        assert!(!altitude.weigh(3_000, at(2), altitude_follows));
        assert!(altitude.weigh(30_400, at(3), altitude_follows));
        assert!(!altitude.weigh(3_000, at(40), altitude_follows), "a belief in between; and half a minute is too long ago");
        assert!(altitude.weigh(3_025, at(41), altitude_follows));
        assert_eq!(altitude.within(at(41), 0), Some(3_025));
    }

    #[test]
    fn old_beliefs_prove_nothing() {
        let mut squawk = Weighed::default();
        let same = |a: u16, b, _| a == b;
        squawk.believe(1200, at(0));
        assert!(!squawk.weigh(2000, at(60), same));
        assert!(squawk.weigh(2000, at(130), same));
    }

    #[test]
    fn climbs_are_bounded() {
        assert!(altitude_follows(0, 2_166, 5_000_000));
        assert!(!altitude_follows(0, 2_200, 5_000_000));
        assert!(altitude_follows(126_700, -1_200, i64::MAX));
    }
}
