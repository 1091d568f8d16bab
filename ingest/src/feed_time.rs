//! When a feed's frames were on the air: the far receiver's ticks brought to UTC.
//!
//! A live feed's ticks are a 12 MHz sample clock and disciplined as one; ticks that don't run at 12 MHz with our time (other
//! units, another receiver behind a merger) are told by a difference of [`JUMP_US`] and begin anew. A frame without ticks has
//! the time of its arrival. A recording's ticks count from `start_utc`; without it its time is unknown. Pure.

use crate::clock::{Arrival, SampleClock};
use crate::framing::Heard;
use model::{TICKS_PER_SECOND, Tick12, UnixMicros};

/// Ticks that passed and time that passed differ by more: not the clock that we know.
const JUMP_US: i64 = 1_000_000;

/// Follows one connection.
#[derive(Debug)]
pub struct FeedTime {
    live: bool,
    start_utc: Option<UnixMicros>,
    clock: SampleClock,
    /// First tick of the recording, or since the last jump.
    base: Option<u64>,
    /// Last tick and when it came.
    last: Option<(u64, i64)>,
    /// UTC of the last frame of a recording.
    last_utc: Option<UnixMicros>,
}

impl FeedTime {
    pub fn new(live: bool, start_utc: Option<UnixMicros>) -> Self {
        let clock = SampleClock::new(TICKS_PER_SECOND as u32);
        Self { live, start_utc, clock, base: None, last: None, last_utc: start_utc }
    }

    /// Tick and UTC of a frame that has just arrived.
    pub fn place(&mut self, heard: &Heard, arrival: Arrival) -> (Tick12, Option<UnixMicros>) {
        let tick = heard.tick.unwrap_or(Tick12(arrival.mono_us.max(0) as u64 * 12));
        let utc = match (heard.utc, heard.tick) {
            (Some(told), _) => Some(told),
            (None, ticks) if self.live => Some(ticks.map_or(arrival.utc, |t| self.live_utc(t.0, arrival))),
            (None, Some(tick)) => self.recorded_utc(tick.0),
            (None, None) => self.last_utc,
        };
        (tick, utc)
    }

    fn live_utc(&mut self, tick: u64, arrival: Arrival) -> UnixMicros {
        let jumped = self.last.is_none_or(|(last, came_us)| {
            let passed_us = (tick.wrapping_sub(last) as i64) / 12;
            JUMP_US < (passed_us - (arrival.mono_us - came_us)).abs()
        });
        self.last = Some((tick, arrival.mono_us));
        if jumped {
            self.clock = SampleClock::new(TICKS_PER_SECOND as u32);
            // A second in hand: a merged feed's ticks may go back a little without being another clock.
            self.base = Some(tick.saturating_sub(TICKS_PER_SECOND));
        }
        let since = tick.saturating_sub(self.base.unwrap_or(tick));
        self.clock.observe(since, since, arrival)
    }

    fn recorded_utc(&mut self, tick: u64) -> Option<UnixMicros> {
        let base = *self.base.get_or_insert(tick);
        let since_us = (tick.wrapping_sub(base) as i64) / 12;
        self.last_utc = self.start_utc.map(|start| start.plus_micros(since_us));
        self.last_utc
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Raw, Signal};

    fn heard(tick: Option<u64>, utc: Option<i64>) -> Heard {
        Heard { raw: Raw::new(&[0; 7]), tick: tick.map(Tick12), utc: utc.map(UnixMicros), signal: Signal::default() }
    }

    fn at(mono_us: i64) -> Arrival {
        Arrival { mono_us, utc: UnixMicros(1_000_000_000 + mono_us) }
    }

    #[test]
    fn live_ticks_smooth_the_network_away() {
        let mut time = FeedTime::new(true, None);
        let utc = |time: &mut FeedTime, tick_us: u64, came_us| time.place(&heard(Some(12 * tick_us), None), at(came_us)).1.unwrap().0;
        let first = utc(&mut time, 5_000_000, 100);
        assert_eq!(first, 1_000_000_100);
        // 40 ms later on the air, 70 ms later here.
        assert_eq!(utc(&mut time, 5_040_000, 70_100) - first, 40_000);
        // Another clock: the time of arrival.
        assert_eq!(utc(&mut time, 900_000_000, 80_000), 1_000_080_000);
        assert_eq!(utc(&mut time, 3, 90_000), 1_000_090_000);
        assert_eq!(time.place(&heard(None, None), at(95_000)), (Tick12(95_000 * 12), Some(UnixMicros(1_000_095_000))));
    }

    #[test]
    fn a_recording_counts_from_its_start() {
        let mut time = FeedTime::new(false, Some(UnixMicros(7_000_000)));
        let utc = |time: &mut FeedTime, tick| time.place(&heard(tick, None), at(1)).1;
        assert_eq!(utc(&mut time, None), Some(UnixMicros(7_000_000)));
        assert_eq!(utc(&mut time, Some(12_000_000)), Some(UnixMicros(7_000_000)));
        assert_eq!(utc(&mut time, Some(12_012_000)), Some(UnixMicros(7_001_000)));
        assert_eq!(utc(&mut time, None), Some(UnixMicros(7_001_000)));
        assert_eq!(time.place(&heard(Some(1), Some(42)), at(1)).1, Some(UnixMicros(42)));
        assert_eq!(FeedTime::new(false, None).place(&heard(Some(1), None), at(1)).1, None);
    }
}
