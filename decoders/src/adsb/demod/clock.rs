//! From sample counts to the receiver's 12 MHz clock and UTC.

use model::{IqBlock, TICKS_PER_SECOND, Tick12, UnixMicros};

/// The block's own clock may differ from ours by this before ours is set again, in 12 MHz ticks (a millisecond).
const TICKS_OFF_MAX: u64 = 12_000;
const MICROS_OFF_MAX: i64 = 1_000;

/// Counts on from one anchor, so that a frame's time doesn't depend on how the samples were cut into blocks; set again when
/// the blocks' own clock has moved away.
#[derive(Debug)]
pub struct SampleClock {
    rate_sps: f64,
    anchor_sample: u64,
    anchor_tick: u64,
    utc: Option<(u64, UnixMicros)>,
    set: bool,
}

impl SampleClock {
    pub fn new(rate_sps: u32) -> Self {
        Self { rate_sps: f64::from(rate_sps), anchor_sample: 0, anchor_tick: 0, utc: None, set: false }
    }

    /// `sample` is the stream's count at the block's first sample. `anew`: samples were lost before it.
    pub fn see(&mut self, block: &IqBlock<'_>, sample: u64, anew: bool) {
        let expected = self.tick(sample as f64);
        if anew || !self.set || TICKS_OFF_MAX < expected.0.abs_diff(block.start_tick.0) {
            self.anchor_sample = sample;
            self.anchor_tick = block.start_tick.0;
            self.set = true;
        }
        if let Some(utc) = block.start_utc {
            let off = self.utc(sample as f64).map_or(i64::MAX, |mine| mine.micros_since(utc).saturating_abs());
            if anew || MICROS_OFF_MAX < off {
                self.utc = Some((sample, utc));
            }
        }
    }

    pub fn tick(&self, sample: f64) -> Tick12 {
        let ticks = (sample - self.anchor_sample as f64) * TICKS_PER_SECOND as f64 / self.rate_sps;
        Tick12(self.anchor_tick.saturating_add_signed(ticks.round() as i64))
    }

    pub fn utc(&self, sample: f64) -> Option<UnixMicros> {
        let (anchor, utc) = self.utc?;
        Some(utc.plus_micros(((sample - anchor as f64) * 1e6 / self.rate_sps).round() as i64))
    }
}
