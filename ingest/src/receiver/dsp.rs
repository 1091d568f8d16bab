//! The DSP thread of a receiver of samples: blocks from the ring → demodulator → frames.

use super::supervise::panic_text;
use super::{Common, FrameOut};
use crate::block::Block;
use crate::counters::{ReceiverState, add};
use crate::profile::{Governor, Seen};
use crate::ring::{BlockReader, Next};
use crate::station::Stopwatch;
use decoders::{Demodulator, DemodulatorConfig, ProtocolEntry};
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
    mode_ac: bool,
    governor: Governor,
    /// Samples that the pool had no block for, as far as the governor knows.
    told_dropped: u64,
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
    pub fn new(entry: &'static ProtocolEntry, receiver: ReceiverId, governor: Governor, out: FrameOut, common: Arc<Common>) -> Self {
        Self {
            entry,
            receiver,
            mode_ac: false,
            governor,
            told_dropped: 0,
            out,
            common,
            demodulator: None,
            missing: 0,
            made_us: 0,
            pause_us: PAUSE_US_MIN,
            quiet_until_us: i64::MIN,
        }
    }

    pub fn with_mode_ac(self, mode_ac: bool) -> Self {
        Self { mode_ac, ..self }
    }

    /// Until the ring is closed and empty; what the demodulator still holds back then comes out.
    pub fn run(mut self, reader: &BlockReader) {
        loop {
            match reader.next(IDLE) {
                Next::Block(block) => {
                    let counters = &self.out.line.status.counters;
                    // The one in hand was waiting too.
                    counters.blocks_waiting_max.fetch_max(reader.waiting() as u64 + 1, Relaxed);
                    let (start_us, frames) = (self.common.clock.mono_us(), counters.frames.load(Relaxed));
                    self.take(&block);
                    let busy_us = self.busy_us(&block, start_us);
                    add(&self.out.line.status.counters.dsp_busy_us, busy_us);
                    self.govern(&block, busy_us, frames, reader);
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

    fn busy_us(&self, block: &Block, start_us: i64) -> u64 {
        match self.common.stopwatch {
            Stopwatch::Clock => (self.common.clock.mono_us() - start_us).max(0) as u64,
            Stopwatch::Told(busy_us) => busy_us(&block.iq(0), self.governor.profile()),
        }
    }

    /// After a block: does the demodulator go on as it is? `frames`: passed on before the block.
    fn govern(&mut self, block: &Block, busy_us: u64, frames: u64, reader: &BlockReader) {
        let line = Arc::clone(&self.out.line);
        let status = &line.status;
        if !status.live.load(Relaxed) {
            self.governor.hold();
        }
        let dropped = status.counters.dropped_pool_empty.load(Relaxed);
        let seen = Seen {
            signal_us: block.signal_us(),
            busy_us,
            frames: status.counters.frames.load(Relaxed) - frames,
            waiting: reader.waiting(),
            blocks: reader.capacity(),
            dropped: self.told_dropped < dropped,
        };
        self.told_dropped = dropped;
        if let Some(profile) = self.governor.observe(&seen) {
            let load = self.governor.account().load;
            tracing::info!(receiver = %status.name, ?profile, load, waiting = seen.waiting, "receiver goes on in another profile");
            if let Some((_, demodulator)) = &mut self.demodulator {
                demodulator.set_profile(profile);
            }
        }
        status.profile.store(self.governor.profile(), self.governor.account());
    }

    fn take(&mut self, block: &Block) {
        if !self.ready(block.meta().tuning) {
            self.skip(block);
            return;
        }
        let Some((_, demodulator)) = &mut self.demodulator else { return };
        let iq = block.iq(self.missing);
        let out = &self.out;
        let done = catch_unwind(AssertUnwindSafe(|| {
            demodulator.process(&iq, &mut |frame| out.push(frame));
            (demodulator.counters(), demodulator.latency_us(), demodulator.crystal_error_ppm())
        }));
        match done {
            Ok((counters, latency_us, crystal_error_ppm)) => {
                self.missing = 0;
                self.out.line.status.demodulator.store(&counters);
                self.out.line.status.set_crystal_error(crystal_error_ppm);
                let behind_us = block.signal_us() as i64 - i64::from(latency_us);
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
        match (self.entry.demodulator)(&DemodulatorConfig { receiver: self.receiver, tuning, profile: self.governor.profile() }) {
            Ok(mut demodulator) => {
                demodulator.set_mode_ac(self.mode_ac);
                if !demodulator.has_profiles() {
                    self.governor.hold();
                }
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
