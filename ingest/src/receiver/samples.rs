//! The source thread of a receiver of samples: device → blocks in the ring.

use super::supervise::{Outcome, supervise};
use super::{Common, Line, SampleFactory, Timeline};
use crate::counters::{ReceiverState, add};
use crate::ring::BlockWriter;
use hw::{Chunk, SampleSource};
use model::{IqFormat, UnixMicros};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A source that is open but has given nothing for so long is closed and opened again.
const SILENCE_US_MAX: i64 = 5_000_000;
/// A reader of a recording that waits for a free block looks again after this, should a wake-up be lost.
const ROOM_WAIT: Duration = Duration::from_millis(100);

/// The source thread's state, which outlives the single source.
pub struct Samples {
    line: Arc<Line>,
    common: Arc<Common>,
    writer: BlockWriter,
    start_utc: Option<UnixMicros>,
    timeline: Option<Timeline>,
    /// Samples thrown away since the last block that was sent on.
    missing: u64,
}

impl Samples {
    pub fn new(line: Arc<Line>, common: Arc<Common>, writer: BlockWriter, start_utc: Option<UnixMicros>) -> Self {
        Self { line, common, writer, start_utc, timeline: None, missing: 0 }
    }

    /// Until the end, a final failure or a stop. Dropping `self` then closes the ring.
    pub fn run(mut self, mut factory: SampleFactory) {
        let (line, common) = (Arc::clone(&self.line), Arc::clone(&self.common));
        supervise(&line, &common, &mut factory, |source| source.info(), |source| self.read_on(source));
    }

    fn read_on(&mut self, mut source: Box<dyn SampleSource>) -> Outcome {
        let live = source.info().live;
        match &mut self.timeline {
            Some(timeline) => timeline.reopened(source.tuning()),
            None => self.timeline = Some(Timeline::new(source.tuning(), live, self.start_utc)),
        }
        let format = source.format();
        loop {
            if self.common.stop.requested() {
                return Outcome::Stop;
            }
            if self.line.gave_up.load(Relaxed) {
                return Outcome::GaveUp;
            }
            let chunk = match source.read(self.writer.spare().memory()) {
                Ok(Chunk { bytes: 0, .. }) => return Outcome::End,
                Ok(chunk) => chunk,
                Err(stall) if stall.is_stall() => {
                    if self.silent_too_long() {
                        return Outcome::Failed(stall);
                    }
                    continue;
                }
                Err(error) => return Outcome::Failed(error),
            };
            self.pass_on(&chunk, format, live);
        }
    }

    /// Describes the block just read and sends it to the demodulator, or counts it as lost.
    fn pass_on(&mut self, chunk: &Chunk, format: IqFormat, live: bool) {
        let arrival = self.common.clock.arrival();
        let status = &self.line.status;
        let counters = &status.counters;
        let timeline = self.timeline.as_mut().expect("made when the source was opened");
        let (mut meta, away) = timeline.place(chunk, format, arrival);
        meta.dropped_samples += std::mem::take(&mut self.missing);
        let samples = (meta.bytes / format.bytes_per_sample()) as u64;
        add(&counters.blocks, 1);
        add(&counters.samples, samples);
        add(&counters.dropped_by_source, chunk.dropped_samples);
        add(&counters.dropped_source_away, away);
        let (lost_us, steps) = timeline.suspicions();
        counters.lost_us_suspected.store(lost_us, Relaxed);
        counters.clock_steps.store(steps, Relaxed);
        status.last_block_us.store(arrival.mono_us, Relaxed);
        if status.told_state() != ReceiverState::Running {
            status.set_state(ReceiverState::Running);
        }
        self.writer.spare().describe(meta);
        while !self.writer.push() {
            if live {
                add(&counters.dropped_pool_empty, samples);
                self.missing = meta.dropped_samples + samples;
                return;
            }
            self.writer.wait(ROOM_WAIT);
        }
    }

    fn silent_too_long(&self) -> bool {
        let status = &self.line.status;
        add(&status.counters.stalls, 1);
        status.set_state(ReceiverState::Stalled);
        self.line.not_waited_for();
        SILENCE_US_MAX < self.common.clock.mono_us() - status.last_block_us.load(Relaxed)
    }
}
