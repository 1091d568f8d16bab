//! The thread of a receiver that is a feed: bytes → framing → frames, or bytes → telling → facts.

use super::supervise::{Outcome, supervise};
use super::{ByteFactory, Common, FrameOut};
use crate::clock::Arrival;
use crate::counters::{LiveReceiver, ReceiverState, add};
use crate::facts::{Fact, Teller, TellingCounters};
use crate::feed_time::FeedTime;
use crate::framing::{Framer, FramingCounters, Heard};
use hw::ByteSource;
use model::{Event, Frame, Protocol, Raw, UnixMicros};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// A feed that has sent nothing for so long is closed and opened again: the far end may be gone without a word. An empty
/// sky can be silent too, so it is long.
const SILENCE_US_MAX: i64 = 60_000_000;

/// How the bytes are read.
pub enum Reading {
    /// Frames; `framer` makes a new one for each connection.
    Frames { framer: Box<dyn Fn() -> Framer + Send>, start_utc: Option<UnixMicros> },
    /// Facts. What was told is remembered across connections.
    Facts(Teller),
}

/// The thread's state, which outlives the single connection.
pub struct Bytes {
    out: FrameOut,
    common: Arc<Common>,
    protocol: Protocol,
    reading: Reading,
}

/// The parser of one connection.
enum Parser<'a> {
    Frames { framer: Framer, time: Box<FeedTime>, live: bool, told: FramingCounters },
    Facts { teller: &'a mut Teller, told: TellingCounters },
}

impl Bytes {
    pub fn new(out: FrameOut, common: Arc<Common>, protocol: Protocol, reading: Reading) -> Self {
        Self { out, common, protocol, reading }
    }

    pub fn run(mut self, mut factory: ByteFactory) {
        let (line, common) = (Arc::clone(&self.out.line), Arc::clone(&self.common));
        supervise(&line, &common, &mut factory, |source| source.info(), |source| self.read_on(source));
    }

    fn read_on(&mut self, mut source: Box<dyn ByteSource>) -> Outcome {
        let mut parser = Parser::new(&mut self.reading, source.info().live);
        let (out, protocol) = (&self.out, self.protocol);
        let mut buf = vec![0; READ_BYTES];
        let status = &out.line.status;
        loop {
            if self.common.stop.requested() {
                return Outcome::Stop;
            }
            let read = source.read(&mut buf);
            let arrival = self.common.clock.arrival();
            let outcome = match read {
                Ok(0) => {
                    parser.finish(out, protocol, arrival);
                    Some(Outcome::End)
                }
                Ok(n) => {
                    parser.push(&buf[..n], out, protocol, arrival);
                    add(&status.counters.blocks, 1);
                    add(&status.counters.bytes, n as u64);
                    status.last_block_us.store(arrival.mono_us, Relaxed);
                    status.set_state(ReceiverState::Running);
                    None
                }
                Err(stall) if stall.is_stall() => {
                    add(&status.counters.stalls, 1);
                    status.set_state(ReceiverState::Stalled);
                    let silent_us = arrival.mono_us - status.last_block_us.load(Relaxed);
                    (SILENCE_US_MAX < silent_us).then_some(Outcome::Failed(stall))
                }
                Err(error) => Some(Outcome::Failed(error)),
            };
            parser.publish(&status.counters);
            // Other receivers don't wait for a feed: nobody knows how late it is.
            out.progress(None);
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
    }
}

impl<'a> Parser<'a> {
    fn new(reading: &'a mut Reading, live: bool) -> Self {
        match reading {
            Reading::Frames { framer, start_utc } => {
                Self::Frames { framer: framer(), time: Box::new(FeedTime::new(live, *start_utc)), live, told: FramingCounters::default() }
            }
            Reading::Facts(teller) => {
                teller.cut();
                let told = teller.counters();
                Self::Facts { teller, told }
            }
        }
    }

    fn push(&mut self, bytes: &[u8], out: &FrameOut, protocol: Protocol, arrival: Arrival) {
        match self {
            Self::Frames { framer, time, live, .. } => {
                if *live {
                    framer.arrived(arrival.utc);
                }
                framer.push(bytes, &mut |heard| out.push(frame_of(heard, time, out, protocol, arrival)));
            }
            Self::Facts { teller, .. } => teller.push(bytes, arrival, &mut |fact| out.push_fact(event_of(fact, out, protocol))),
        }
    }

    fn finish(&mut self, out: &FrameOut, protocol: Protocol, arrival: Arrival) {
        match self {
            Self::Frames { framer, time, .. } => framer.finish(&mut |heard| out.push(frame_of(heard, time, out, protocol, arrival))),
            Self::Facts { teller, .. } => teller.cut(),
        }
    }

    /// Adds what was counted since the last time.
    fn publish(&mut self, counters: &LiveReceiver) {
        let (other, refused, skipped_bytes) = match self {
            Self::Frames { framer, told, .. } => {
                let now = framer.counters();
                let before = std::mem::replace(told, now);
                (now.other - before.other, now.refused - before.refused, now.skipped_bytes - before.skipped_bytes)
            }
            Self::Facts { teller, told } => {
                let now = teller.counters();
                let before = std::mem::replace(told, now);
                add(&counters.facts_unchanged, now.unchanged - before.unchanged);
                (now.other - before.other, now.refused - before.refused, now.skipped_bytes - before.skipped_bytes)
            }
        };
        add(&counters.feed_other, other);
        add(&counters.feed_refused, refused);
        add(&counters.feed_skipped_bytes, skipped_bytes);
    }
}

fn frame_of(heard: Heard, time: &mut FeedTime, out: &FrameOut, protocol: Protocol, arrival: Arrival) -> Frame {
    let (tick, utc) = time.place(&heard, arrival);
    let Heard { raw, signal, .. } = heard;
    Frame { protocol, receiver: out.line.status.id, raw, tick, utc, signal }
}

/// A fact has no frame; its receiver says who told it.
fn event_of(fact: Fact, out: &FrameOut, protocol: Protocol) -> Event {
    let Fact { at, subject, kind, signal } = fact;
    Event { at, protocol, receiver: out.line.status.id, subject, kind, raw: Raw::new(&[]), signal }
}
