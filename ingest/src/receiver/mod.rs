//! One receiver: its source, its demodulator or framing, and the threads that run them.
//!
//! ```text
//!   samples:  [source thread] read ── ring ──► [DSP thread] demodulate ── frames ──► merge thread
//!   bytes:    [source thread] read, frame ────────────────────────────── frames ──► merge thread
//!   facts:    [source thread] read, parse ─────────────────────────────── facts ──► merge thread
//! ```
//! A receiver fails alone: an error or a panic in its source, framing or demodulator is counted, and it starts anew after a
//! pause ([`supervise`]); the others and the station go on.

mod bytes;
mod dsp;
mod samples;
mod spec;
mod supervise;
mod timeline;

pub use spec::{ByteFactory, Input, ReceiverSpec, SampleFactory};
pub(crate) use timeline::Timeline;

use crate::counters::{ReceiverState, ReceiverStatus};
use crate::facts::Teller;
use crate::framing::Framer;
use crate::profile::Governor;
use crate::ring;
use crate::station::Stopwatch;
use bytes::Reading;
use crossbeam_queue::ArrayQueue;
use crossbeam_utils::sync::{Parker, Unparker};
use model::{Event, Frame, UnixMicros};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// Frames between a receiver and the merge. At 10,000 frames a second (more than 1090 MHz holds) 0.4 s.
const FRAMES_MAX: usize = 4_096;
/// A full frame queue is looked at again after this, should a wake-up be lost.
const ROOM_WAIT: Duration = Duration::from_millis(50);

/// What all threads of a station share.
#[derive(Debug)]
pub(crate) struct Common {
    pub stop: Stop,
    pub clock: HostClock,
    pub stopwatch: Stopwatch,
}

/// After a request to stop, a source whose thread has not returned for so long is left behind: it hangs in a driver.
pub(crate) const SOURCE_STOP: Duration = Duration::from_secs(3);

/// A request to stop, seen at once even by a thread that waits out a pause.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    flag: AtomicBool,
    requested_at: OnceLock<Instant>,
    lock: Mutex<()>,
    bell: Condvar,
}

impl Stop {
    pub fn request(&self) {
        let _guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.requested_at.get_or_init(Instant::now);
        self.flag.store(true, Ordering::Release);
        self.bell.notify_all();
    }

    pub fn requested(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// A stop was requested so long ago that sources should have closed.
    pub fn is_overdue(&self) -> bool {
        self.requested_at.get().is_some_and(|at| SOURCE_STOP < at.elapsed())
    }

    /// Waits for `pause` or until a stop is requested; `true` when it is.
    pub fn wait(&self, pause: Duration) -> bool {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.bell.wait_timeout_while(guard, pause, |()| !self.requested());
        drop(waited);
        self.requested()
    }
}

/// The machine's two clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostClock {
    start: Instant,
}

impl HostClock {
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// Microseconds since the station's start.
    pub fn mono_us(&self) -> i64 {
        self.start.elapsed().as_micros() as i64
    }

    pub fn arrival(&self) -> crate::clock::Arrival {
        let utc = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => since.as_micros() as i64,
            Err(before) => -(before.duration().as_micros() as i64),
        };
        crate::clock::Arrival { mono_us: self.mono_us(), utc: UnixMicros(utc) }
    }
}

/// What a receiver and the merge share.
#[derive(Debug)]
pub(crate) struct Line {
    pub status: ReceiverStatus,
    frames: ArrayQueue<Frame>,
    /// What a feed of facts tells; room for one in the others.
    facts: ArrayQueue<Event>,
    /// UTC up to which this receiver has been heard; `i64::MAX`: nobody need wait for it.
    progress_us: AtomicI64,
    /// No frame will be pushed any more.
    over: AtomicBool,
    /// The demodulator refused for good: the source may close.
    gave_up: AtomicBool,
    /// Wakes a producer that waits for room.
    room: Unparker,
    /// The source's thread makes the frames itself: when it hangs, nobody else says that it is over.
    is_feed: bool,
}

impl Line {
    /// Takes the oldest frame.
    pub fn pop(&self) -> Option<Frame> {
        self.frames.pop()
    }

    /// Takes the oldest fact.
    pub fn pop_fact(&self) -> Option<Event> {
        self.facts.pop()
    }

    /// Could it ever have facts?
    pub fn tells_facts(&self) -> bool {
        1 < self.facts.capacity()
    }

    pub fn make_room(&self) {
        self.room.unpark();
    }

    pub fn progress(&self) -> UnixMicros {
        UnixMicros(self.progress_us.load(Ordering::Acquire))
    }

    /// No frame will come any more, or none is waited for.
    pub fn is_over(&self, stop: &Stop) -> bool {
        self.over.load(Ordering::Acquire) || (self.is_feed && stop.is_overdue())
    }

    fn not_waited_for(&self) {
        self.progress_us.store(i64::MAX, Ordering::Release);
    }
}

/// The producer's end of a [`Line`]. Dropping it says that no frame comes any more.
#[derive(Debug)]
struct FrameOut {
    line: Arc<Line>,
    merge: Unparker,
    parker: Parker,
}

impl FrameOut {
    /// Passes a frame on; waits for room: what has been decoded is not thrown away (the loss, if any, is then in samples,
    /// at the pool, where it is counted).
    fn push(&self, mut frame: Frame) {
        crate::counters::add(&self.line.status.counters.frames, 1);
        while let Err(back) = self.line.frames.push(frame) {
            frame = back;
            self.merge.unpark();
            self.parker.park_timeout(ROOM_WAIT);
        }
    }

    /// The same for a fact.
    fn push_fact(&self, mut fact: Event) {
        crate::counters::add(&self.line.status.counters.facts, 1);
        while let Err(back) = self.line.facts.push(fact) {
            fact = back;
            self.merge.unpark();
            self.parker.park_timeout(ROOM_WAIT);
        }
    }

    /// Everything up to `utc` has been pushed.
    fn progress(&self, utc: Option<UnixMicros>) {
        self.line.progress_us.store(utc.map_or(i64::MAX, |u| u.0), Ordering::Release);
        self.merge.unpark();
    }
}

impl Drop for FrameOut {
    fn drop(&mut self) {
        self.line.not_waited_for();
        self.line.over.store(true, Ordering::Release);
        self.merge.unpark();
    }
}

/// A receiver's threads.
#[derive(Debug)]
pub(crate) struct Running {
    pub line: Arc<Line>,
    pub source: JoinHandle<()>,
    pub dsp: Option<JoinHandle<()>>,
}

/// Starts a receiver's threads. The error is the operating system's: it would not give a thread.
pub(crate) fn start(spec: ReceiverSpec, blocks: usize, common: &Arc<Common>, merge: &Unparker) -> std::io::Result<Running> {
    let parker = Parker::new();
    let line = Arc::new(Line {
        status: ReceiverStatus::new(spec.id, spec.name.clone(), spec.protocol.protocol),
        frames: ArrayQueue::new(FRAMES_MAX),
        facts: ArrayQueue::new(if matches!(spec.input, Input::Facts(..)) { FRAMES_MAX } else { 1 }),
        progress_us: AtomicI64::new(i64::MAX),
        over: AtomicBool::new(false),
        gave_up: AtomicBool::new(false),
        room: parker.unparker().clone(),
        is_feed: matches!(spec.input, Input::Bytes(..) | Input::Facts(..)),
    });
    let out = FrameOut { line: Arc::clone(&line), merge: merge.clone(), parker };
    // Thread names are cut at 15 bytes by Linux: the place in the configuration comes first.
    let name = |what: &str| format!("{}{what}", spec.id.0);
    let (line_of_source, common_of_source) = (Arc::clone(&line), Arc::clone(common));
    let builder = |what: &str| std::thread::Builder::new().name(name(what));
    match spec.input {
        Input::Samples(factory) => {
            let (writer, reader) = ring::ring(blocks, ring::BLOCK_BYTES);
            let demodulator = dsp::Dsp::new(spec.protocol, spec.id, Governor::new(spec.profile), out, Arc::clone(common));
            let demodulator = demodulator.with_mode_ac(spec.mode_ac);
            let dsp = builder("-dsp").spawn(move || demodulator.run(&reader))?;
            let source = samples::Samples::new(line_of_source, common_of_source, writer, spec.start_utc);
            let source = builder("-source").spawn(move || source.run(factory))?;
            Ok(Running { line, source, dsp: Some(dsp) })
        }
        Input::Bytes(factory, framing) => {
            let framer = Box::new(move || Framer::with_mode_ac(framing, spec.mode_ac));
            let reading = Reading::Frames { framer, start_utc: spec.start_utc };
            let bytes = bytes::Bytes::new(out, common_of_source, spec.protocol.protocol, reading);
            let source = builder("-feed").spawn(move || bytes.run(factory))?;
            Ok(Running { line, source, dsp: None })
        }
        Input::Facts(factory, telling) => {
            let reading = Reading::Facts(Teller::new(telling));
            let bytes = bytes::Bytes::new(out, common_of_source, spec.protocol.protocol, reading);
            let source = builder("-facts").spawn(move || bytes.run(factory))?;
            Ok(Running { line, source, dsp: None })
        }
    }
}

/// Stopped by request, ended or failed.
fn close(status: &ReceiverStatus, state: ReceiverState) {
    status.set_state(state);
    tracing::info!(receiver = %status.name, state = state.name(), "receiver closed");
}
