//! From samples counted to the receiver's clock and to UTC.

use model::{IqBlock, TICKS_PER_SECOND, Tick12, UnixMicros};

/// The source's UTC may be set right while it runs; when it differs by more than this it is taken over.
const SLACK_MICROS: i64 = 1_000;

/// What is known of time at the first sample since the start.
#[derive(Debug, Default)]
pub struct Clock {
    started: bool,
    tick: Tick12,
    utc: Option<UnixMicros>,
    samples: u64,
}

impl Clock {
    /// Told at every block, before its samples.
    pub fn set(&mut self, block: &IqBlock<'_>) {
        if !self.started {
            *self = Self { started: true, tick: block.start_tick, utc: block.start_utc, samples: 0 };
            return;
        }
        let micros = (u128::from(self.samples) * 1_000_000 / u128::from(block.tuning.rate_sps.max(1))) as i64;
        let Some(told) = block.start_utc.map(|utc| utc.plus_micros(-micros)) else { return };
        if self.utc.is_none_or(|utc| SLACK_MICROS < told.micros_since(utc).abs()) {
            self.utc = Some(told);
        }
    }

    pub fn advance(&mut self, samples: usize) {
        self.samples += samples as u64;
    }

    /// The receiver's clock so long after the first sample.
    pub fn tick(&self, seconds: f64) -> Tick12 {
        self.tick.plus((seconds * TICKS_PER_SECOND as f64).round().max(0.0) as u64)
    }

    pub fn utc(&self, seconds: f64) -> Option<UnixMicros> {
        self.utc.map(|utc| utc.plus_micros((seconds * 1e6).round() as i64))
    }
}
