//! The DSP thread of a receiver of samples: blocks from the ring → demodulator → frames.

use super::supervise::panic_text;
use super::{Common, FrameOut};
use crate::block::Block;
use crate::counters::{ReceiverState, add};
use crate::ring::{BlockReader, Next};
use decoders::{Demodulator, DemodulatorConfig, Profile, ProtocolEntry};
use model::{ReceiverId, Tuning, UnixMicros};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// How often an idle DSP thread looks whether it must stop without its source (which may hang in a driver).
const IDLE: Duration = Duration::from_millis(200);
/// First and longest pause after a panic of the demodulator.
const PAUSE_US_MIN: i64 = 250_000;
const PAUSE_US_MAX: i64 = 30_000_000;
/// A demodulator that ran for so long was good.
const GOOD_RUN_US: i64 = 10_000_000;

/// The DSP thread's state.
pub struct Dsp {
    entry: &'static ProtocolEntry,
    receiver: ReceiverId,
    profile: Profile,
    out: FrameOut,
    common: Arc<Common>,
    demodulator: Option<(Tuning, Box<dyn Demodulator>)>,
    /// Samples not demodulated since the last block that was.
    missing: u64,
    made_us: i64,
    pause_us: i64,
    quiet_until_us: i64,
}

impl Dsp {
    pub fn new(entry: &'static ProtocolEntry, receiver: ReceiverId, profile: Profile, out: FrameOut, common: Arc<Common>) -> Self {
        Self {
            entry,
            receiver,
            profile,
            out,
            common,
            demodulator: None,
            missing: 0,
            made_us: 0,
            pause_us: PAUSE_US_MIN,
            quiet_until_us: i64::MIN,
        }
    }

    /// Until the ring is closed and empty; what the demodulator still holds back then comes out.
    pub fn run(mut self, reader: &BlockReader) {
        loop {
            match reader.next(IDLE) {
                Next::Block(block) => {
                    let counters = &self.out.line.status.counters;
                    // The one in hand was waiting too.
                    counters.blocks_waiting_max.fetch_max(reader.waiting() as u64 + 1, Relaxed);
                    let start_us = self.common.clock.mono_us();
                    self.take(&block);
                    add(&self.out.line.status.counters.dsp_busy_us, (self.common.clock.mono_us() - start_us).max(0) as u64);
                    reader.give_back(block);
                }
                Next::Closed => break,
                Next::Empty if self.common.stop.is_overdue() => {
                    tracing::warn!(receiver = %self.out.line.status.name, "source does not close; left behind");
                    break;
                }
                Next::Empty => {}
            }
        }
        self.finish();
    }

    fn take(&mut self, block: &Block) {
        let samples = block.samples();
        if !self.ready(block.meta().tuning) {
            self.skip(block);
            return;
        }
        let Some((_, demodulator)) = &mut self.demodulator else { return };
        let iq = block.iq(self.missing);
        let out = &self.out;
        let done = catch_unwind(AssertUnwindSafe(|| {
            demodulator.process(&iq, &mut |frame| out.push(frame));
            (demodulator.counters(), demodulator.latency_us())
        }));
        match done {
            Ok((counters, latency_us)) => {
                self.missing = 0;
                self.out.line.status.demodulator.store(&counters);
                let length_us = (u128::from(samples) * 1_000_000 / u128::from(iq.tuning.rate_sps.max(1))) as i64;
                let behind_us = length_us - i64::from(latency_us);
                self.out.progress(iq.start_utc.map(|UnixMicros(us)| UnixMicros(us + behind_us)));
            }
            Err(panic) => {
                self.after_panic(panic_text(&*panic));
                self.skip(block);
            }
        }
    }

    /// Is there a demodulator for this tuning? Makes one when the pause after a panic is over.
    fn ready(&mut self, tuning: Tuning) -> bool {
        if self.demodulator.as_ref().is_some_and(|(made_for, _)| *made_for == tuning) {
            return true;
        }
        let now_us = self.common.clock.mono_us();
        if now_us < self.quiet_until_us || self.out.line.gave_up.load(Relaxed) {
            return false;
        }
        self.finish();
        match (self.entry.demodulator)(&DemodulatorConfig { receiver: self.receiver, tuning, profile: self.profile }) {
            Ok(demodulator) => {
                self.demodulator = Some((tuning, demodulator));
                self.made_us = now_us;
                true
            }
            Err(unsupported) => {
                let status = &self.out.line.status;
                tracing::error!(receiver = %status.name, error = %unsupported, "receiver can't be used");
                status.set_error(Some(unsupported.to_string()));
                status.set_state(ReceiverState::Failed);
                self.out.line.gave_up.store(true, Relaxed);
                false
            }
        }
    }

    fn skip(&mut self, block: &Block) {
        if !self.out.line.gave_up.load(Relaxed) {
            add(&self.out.line.status.counters.dropped_after_panic, block.samples());
        }
        self.missing += block.meta().dropped_samples + block.samples();
        self.out.line.not_waited_for();
    }

    fn after_panic(&mut self, text: &str) {
        let status = &self.out.line.status;
        let now_us = self.common.clock.mono_us();
        add(&status.counters.panics, 1);
        tracing::error!(receiver = %status.name, panic = text, "demodulator panicked; a new one takes its place");
        status.set_error(Some(format!("the demodulator panicked: {text}")));
        self.demodulator = None;
        if GOOD_RUN_US <= now_us - self.made_us {
            self.pause_us = PAUSE_US_MIN;
        }
        // A recording doesn't wait: it loses the one block, every time the same.
        let pause_us = if status.live.load(Relaxed) { self.pause_us } else { 0 };
        self.quiet_until_us = now_us + pause_us;
        self.pause_us = (self.pause_us * 2).min(PAUSE_US_MAX);
    }

    fn finish(&mut self) {
        let Some((_, mut demodulator)) = self.demodulator.take() else { return };
        let out = &self.out;
        let done = catch_unwind(AssertUnwindSafe(|| {
            demodulator.finish(&mut |frame| out.push(frame));
            demodulator.counters()
        }));
        match done {
            Ok(counters) => self.out.line.status.demodulator.store(&counters),
            Err(panic) => self.after_panic(panic_text(&*panic)),
        }
    }
}
