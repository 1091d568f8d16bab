//! Where blocks lie in time: ticks that count every sample, lost ones too, and UTC.

use crate::block::BlockMeta;
use crate::clock::{Arrival, SampleClock};
use hw::Chunk;
use model::{IqFormat, Tick12, Tuning, UnixMicros};

/// How a receiver knows UTC.
#[derive(Clone, Debug)]
enum Utc {
    /// It is told by neither source nor caller: a recording of unknown time.
    Unknown,
    /// The first sample of the recording was taken at this instant.
    Recorded(UnixMicros),
    /// From the machine's clock.
    Live(Box<SampleClock>),
}

/// Follows one receiver through its blocks, losses and re-openings.
#[derive(Clone, Debug)]
pub struct Timeline {
    tuning: Tuning,
    /// Tick of sample 0 at the present rate.
    base: Tick12,
    /// Samples since then.
    samples: u64,
    utc: Utc,
    /// When the last block arrived. `Some` while the source is away.
    away_since_us: Option<i64>,
    last_arrival_us: i64,
}

impl Timeline {
    /// `live`: UTC comes from the machine's clock unless `start_utc` says when the recording began.
    pub fn new(tuning: Tuning, live: bool, start_utc: Option<UnixMicros>) -> Self {
        let utc = match start_utc {
            Some(start) => Utc::Recorded(start),
            None if live => Utc::Live(Box::new(SampleClock::new(tuning.rate_sps))),
            None => Utc::Unknown,
        };
        Self { tuning, base: Tick12(0), samples: 0, utc, away_since_us: None, last_arrival_us: 0 }
    }

    /// The source was opened again, perhaps at another rate: ticks go on where they were.
    pub fn reopened(&mut self, tuning: Tuning) {
        if tuning.rate_sps != self.tuning.rate_sps {
            let elapsed_us = u128::from(self.samples) * 1_000_000 / u128::from(self.tuning.rate_sps.max(1));
            self.base = self.base.plus(Tick12::from_sample(self.samples, self.tuning.rate_sps).0);
            self.samples = 0;
            match &mut self.utc {
                Utc::Unknown => {}
                Utc::Recorded(start) => *start = start.plus_micros(elapsed_us as i64),
                Utc::Live(clock) => **clock = SampleClock::new(tuning.rate_sps),
            }
        }
        self.tuning = tuning;
        self.away_since_us = Some(self.last_arrival_us);
    }

    /// Places a block that has just arrived whole (also one that is then thrown away).
    /// Gives what is known about it, and how many samples passed while the source was away.
    pub fn place(&mut self, chunk: &Chunk, format: IqFormat, arrival: Arrival) -> (BlockMeta, u64) {
        let length = (chunk.bytes / format.bytes_per_sample()) as u64;
        let mut away = 0;
        if let Some(since_us) = self.away_since_us.take() {
            let gone_us = (arrival.mono_us - since_us).max(0) as u128;
            away = (gone_us * u128::from(self.tuning.rate_sps) / 1_000_000).saturating_sub(u128::from(length)) as u64;
            // A hole is a hole, however short: demodulators must not join what is before and after.
            away = away.max(1);
        }
        self.last_arrival_us = arrival.mono_us;
        let dropped_samples = chunk.dropped_samples.saturating_add(away);
        let start = self.samples.saturating_add(dropped_samples);
        self.samples = start.saturating_add(length);
        let start_utc = match &mut self.utc {
            _ if chunk.utc.is_some() => chunk.utc,
            Utc::Unknown => None,
            Utc::Recorded(utc) => Some(utc.plus_micros((u128::from(start) * 1_000_000 / u128::from(self.tuning.rate_sps.max(1))) as i64)),
            Utc::Live(clock) => Some(clock.observe(start, self.samples, arrival)),
        };
        let start_tick = self.base.plus(Tick12::from_sample(start, self.tuning.rate_sps.max(1)).0);
        let meta = BlockMeta { bytes: chunk.bytes, format, tuning: self.tuning, start_tick, start_utc, dropped_samples };
        (meta, away)
    }

    /// Time for which samples are missing without a word, microseconds, and how often the machine's UTC was set.
    pub fn suspicions(&self) -> (u64, u64) {
        match &self.utc {
            Utc::Live(clock) => (clock.lost_us(), clock.steps()),
            Utc::Unknown | Utc::Recorded(_) => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUNING: Tuning = Tuning { center_hz: 0, rate_sps: 2_000_000 };

    fn chunk(samples: usize, dropped_samples: u64) -> Chunk {
        Chunk { bytes: 2 * samples, dropped_samples, utc: None }
    }

    fn at(mono_us: i64) -> Arrival {
        Arrival { mono_us, utc: UnixMicros(1_000_000_000 + mono_us) }
    }

    #[test]
    fn a_recording_counts_from_its_start_with_holes() {
        let mut line = Timeline::new(TUNING, false, Some(UnixMicros(5_000_000)));
        let (a, _) = line.place(&chunk(2_000, 0), IqFormat::Cu8, at(0));
        let (b, _) = line.place(&chunk(2_000, 200), IqFormat::Cu8, at(0));
        assert_eq!((a.start_tick, a.start_utc, a.dropped_samples), (Tick12(0), Some(UnixMicros(5_000_000)), 0));
        assert_eq!((b.start_tick, b.start_utc, b.dropped_samples), (Tick12(2_200 * 6), Some(UnixMicros(5_001_100)), 200));
        let mut unknown = Timeline::new(TUNING, false, None);
        assert_eq!(unknown.place(&chunk(2_000, 0), IqFormat::Cu8, at(0)).0.start_utc, None);
    }

    #[test]
    fn time_away_becomes_lost_samples() {
        let mut line = Timeline::new(TUNING, true, None);
        line.place(&chunk(2_000, 0), IqFormat::Cu8, at(1_000));
        line.reopened(TUNING);
        // Arrives whole at 11 ms: it began at 10 ms, 9 ms after the end of the block before.
        let (meta, away) = line.place(&chunk(2_000, 0), IqFormat::Cu8, at(11_000));
        assert_eq!((away, meta.dropped_samples, meta.start_tick), (18_000, 18_000, Tick12(20_000 * 6)));
        assert_eq!(meta.start_utc, Some(UnixMicros(1_000_000_000 + 10_000)));
    }

    #[test]
    fn another_rate_goes_on_in_ticks() {
        let mut line = Timeline::new(TUNING, true, None);
        line.place(&chunk(2_000, 0), IqFormat::Cu8, at(1_000));
        line.reopened(Tuning { rate_sps: 1_000_000, ..TUNING });
        let (meta, away) = line.place(&chunk(1_000, 0), IqFormat::Cu8, at(2_000));
        assert_eq!((away, meta.start_tick), (1, Tick12(12_000 + 12)));
    }

    #[test]
    fn a_source_that_knows_utc_is_believed() {
        let mut line = Timeline::new(TUNING, true, None);
        let told = Chunk { utc: Some(UnixMicros(42)), ..chunk(2_000, 0) };
        assert_eq!(line.place(&told, IqFormat::Cu8, at(0)).0.start_utc, Some(UnixMicros(42)));
    }
}
