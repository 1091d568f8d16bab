//! The thread of a receiver whose frames come from a feed: bytes → framing → frames.

use super::supervise::{Outcome, supervise};
use super::{ByteFactory, Common, FrameOut, Line};
use crate::counters::{ReceiverState, add};
use crate::feed_time::FeedTime;
use crate::framing::{Framer, FramingCounters, Heard};
use hw::ByteSource;
use model::{Frame, Protocol, UnixMicros};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// A feed that has sent nothing for so long is closed and opened again: the far end may be gone without a word. An empty
/// sky can be silent too, so it is long.
const SILENCE_US_MAX: i64 = 60_000_000;

/// A new framer for each connection.
pub type MakeFramer = Box<dyn Fn() -> Framer + Send>;

/// The thread's state, which outlives the single connection.
pub struct Bytes {
    out: FrameOut,
    common: Arc<Common>,
    protocol: Protocol,
    framer: MakeFramer,
    start_utc: Option<UnixMicros>,
}

impl Bytes {
    pub fn new(out: FrameOut, common: Arc<Common>, protocol: Protocol, framer: MakeFramer, start_utc: Option<UnixMicros>) -> Self {
        Self { out, common, protocol, framer, start_utc }
    }

    pub fn run(self, mut factory: ByteFactory) {
        let line = Arc::clone(&self.out.line);
        supervise(&line, &self.common, &mut factory, |source| source.info(), |source| self.read_on(source));
    }

    fn read_on(&self, mut source: Box<dyn ByteSource>) -> Outcome {
        let live = source.info().live;
        let mut framer = (self.framer)();
        let mut time = FeedTime::new(live, self.start_utc);
        let mut buf = vec![0; READ_BYTES];
        let mut told = FramingCounters::default();
        let line = &self.out.line;
        loop {
            if self.common.stop.requested() {
                return Outcome::Stop;
            }
            let read = source.read(&mut buf);
            let arrival = self.common.clock.arrival();
            let mut push = |heard: Heard| {
                let (tick, utc) = time.place(&heard, arrival);
                let Heard { raw, signal, .. } = heard;
                let receiver = line.status.id;
                self.out.push(Frame { protocol: self.protocol, receiver, raw, tick, utc, signal, channel: 0 });
            };
            let outcome = match read {
                Ok(0) => {
                    framer.finish(&mut push);
                    Some(Outcome::End)
                }
                Ok(n) => {
                    framer.push(&buf[..n], &mut push);
                    add(&line.status.counters.blocks, 1);
                    add(&line.status.counters.bytes, n as u64);
                    line.status.last_block_us.store(arrival.mono_us, Relaxed);
                    line.status.set_state(ReceiverState::Running);
                    None
                }
                Err(stall) if stall.is_stall() => {
                    add(&line.status.counters.stalls, 1);
                    line.status.set_state(ReceiverState::Stalled);
                    let silent_us = arrival.mono_us - line.status.last_block_us.load(Relaxed);
                    (SILENCE_US_MAX < silent_us).then_some(Outcome::Failed(stall))
                }
                Err(error) => Some(Outcome::Failed(error)),
            };
            self.publish(&framer, &mut told);
            // Other receivers don't wait for a feed: nobody knows how late it is.
            self.out.progress(None);
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
    }

    fn publish(&self, framer: &Framer, told: &mut FramingCounters) {
        let now = framer.counters();
        let counters = &self.line().status.counters;
        add(&counters.feed_other, now.other - told.other);
        add(&counters.feed_refused, now.refused - told.refused);
        add(&counters.feed_skipped_bytes, now.skipped_bytes - told.skipped_bytes);
        *told = now;
    }

    fn line(&self) -> &Line {
        &self.out.line
    }
}
