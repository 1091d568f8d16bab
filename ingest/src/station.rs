//! A station's data plane: receivers' threads, the merge thread, and the handle that watches and stops them.
//!
//! ```text
//!   receiver threads ── frames (ArrayQueue) ──► merge thread: per protocol order, de-duplicate, decode ──► Sink
//!                    ── facts  (ArrayQueue) ──►               held back, compared with what was heard  ──►
//! ```
//! Stopping loses nothing: sources close, what they gave is demodulated, what is demodulated is decoded, what is decoded is
//! given to the sink, then the threads end.

use crate::counters::{AtomicCounters, LiveMerge, MergeCounters, ReceiverReport, add};
use crate::echo::Echoes;
use crate::merge::{Merger, Pushed};
use crate::receiver::{Common, HostClock, Line, ReceiverSpec, Running, Stop, start};
use crate::ring::BLOCKS_DEFAULT;
use crate::sink::Sink;
use crossbeam_utils::sync::{Parker, Unparker};
use decoders::{Counters, DecoderConfig, MessageDecoder, Profile, ProtocolEntry};
use model::{Frame, IqBlock, Protocol, UnixMicros};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use thiserror::Error;

/// Receivers of one station: what a small board can feed, and as many as `ReceiverId` can name.
pub const RECEIVERS_MAX: usize = 16;
/// Frames taken from one receiver before the next has its turn.
const TURN_FRAMES: usize = 256;
/// The merge looks again after this while frames are held back, and after [`IDLE`] otherwise, should nobody wake it.
const HOLD: Duration = Duration::from_millis(10);
const IDLE: Duration = Duration::from_millis(500);
/// How long a source's thread that has closed may take to end.
const LAST_LINES: Duration = Duration::from_millis(500);

/// How the time that a demodulator works is taken.
#[derive(Clone, Copy, Debug, Default)]
pub enum Stopwatch {
    #[default]
    Clock,
    /// Microseconds, told from the block and the profile: what is decided then doesn't depend on the machine.
    Told(fn(&IqBlock<'_>, Profile) -> u64),
}

/// What holds for the whole station.
#[derive(Clone, Debug)]
pub struct StationOptions {
    pub decoder: DecoderConfig,
    /// Sample blocks of 128 KiB between each source and its demodulator.
    pub blocks: usize,
    pub stopwatch: Stopwatch,
}

impl Default for StationOptions {
    fn default() -> Self {
        Self { decoder: DecoderConfig::default(), blocks: BLOCKS_DEFAULT, stopwatch: Stopwatch::default() }
    }
}

/// Why a station can't start.
#[derive(Debug, Error)]
pub enum StationError {
    #[error("a station needs 1 to {RECEIVERS_MAX} receivers; {0} are configured")]
    Receivers(usize),
    #[error("receivers \"{0}\" and \"{1}\" have the same place in the configuration")]
    SameId(String, String),
    #[error("no thread for receiver \"{name}\": {source}")]
    Thread { name: String, source: std::io::Error },
}

/// A running station. Dropping it without [`StationHandle::stop`] asks the threads to stop and leaves them to it.
#[derive(Debug)]
pub struct StationHandle {
    common: Arc<Common>,
    receivers: Vec<Running>,
    shared: Arc<MergeShared>,
    merge: Option<JoinHandle<()>>,
    wake_merge: Unparker,
}

#[derive(Debug)]
struct MergeShared {
    counters: LiveMerge,
    protocols: Vec<(Protocol, AtomicCounters)>,
}

/// The entry point.
#[derive(Debug)]
pub struct Station;

impl Station {
    /// Starts every thread. A source that can't be opened is no error here: its receiver waits, retries and tells why.
    pub fn start(receivers: Vec<ReceiverSpec>, options: &StationOptions, sink: impl Sink + 'static) -> Result<StationHandle, StationError> {
        check(&receivers)?;
        let common = Arc::new(Common { stop: Stop::default(), clock: HostClock::new(), stopwatch: options.stopwatch });
        let parker = Parker::new();
        let wake_merge = parker.unparker().clone();
        let mut entries: Vec<&'static ProtocolEntry> = Vec::new();
        let mut running: Vec<Running> = Vec::new();
        for spec in receivers {
            let (entry, name) = (spec.protocol, spec.name.clone());
            match start(spec, options.blocks, &common, &wake_merge) {
                Ok(receiver) => running.push(receiver),
                Err(source) => {
                    common.stop.request();
                    return Err(StationError::Thread { name, source });
                }
            }
            if !entries.iter().any(|e| e.protocol == entry.protocol) {
                entries.push(entry);
            }
        }
        let protocols = entries.iter().map(|e| (e.protocol, AtomicCounters::default())).collect();
        let shared = Arc::new(MergeShared { counters: LiveMerge::default(), protocols });
        let lanes = entries.iter().map(|&entry| Lane::new(entry, &options.decoder, &running)).collect();
        let merge = Merge { lanes, sink: Box::new(sink), parker, common: Arc::clone(&common), shared: Arc::clone(&shared) };
        let merge = std::thread::Builder::new().name("merge".into()).spawn(move || merge.run());
        let merge = merge.map_err(|source| {
            common.stop.request();
            StationError::Thread { name: "merge".into(), source }
        })?;
        Ok(StationHandle { common, receivers: running, shared, merge: Some(merge), wake_merge })
    }
}

impl StationHandle {
    /// Every receiver's state and counters. Takes no lock that the sample path knows.
    pub fn receivers(&self) -> Vec<ReceiverReport> {
        let now_us = self.common.clock.mono_us();
        self.receivers.iter().map(|r| r.line.status.report(now_us)).collect()
    }

    /// Each protocol's message decoder.
    pub fn protocols(&self) -> Vec<(Protocol, Counters)> {
        self.shared.protocols.iter().map(|(protocol, counters)| (*protocol, counters.read())).collect()
    }

    pub fn merge(&self) -> MergeCounters {
        self.shared.counters.read()
    }

    /// Every receiver has ended or failed for good, and everything has been delivered.
    pub fn is_finished(&self) -> bool {
        self.merge.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until every receiver has ended by itself (recordings) and everything has been delivered.
    pub fn wait(mut self) -> StationReport {
        self.join()
    }

    /// Stops the sources, waits until everything that was sampled has been decoded and delivered, and joins the threads.
    pub fn stop(mut self) -> StationReport {
        self.common.stop.request();
        self.join()
    }

    fn join(&mut self) -> StationReport {
        for receiver in &mut self.receivers {
            if let Some(dsp) = receiver.dsp.take() {
                dsp.join().unwrap_or_else(|_| tracing::error!("a DSP thread panicked"));
            }
        }
        if let Some(merge) = self.merge.take() {
            merge.join().unwrap_or_else(|_| tracing::error!("the merge thread panicked"));
        }
        let hung = self.receivers.iter().filter(|r| !has_ended(&r.source)).count();
        StationReport { receivers: self.receivers(), protocols: self.protocols(), merge: self.merge(), hung_sources: hung }
    }
}

impl Drop for StationHandle {
    fn drop(&mut self) {
        self.common.stop.request();
        self.wake_merge.unpark();
    }
}

/// What a station did, when it is over.
#[derive(Clone, Debug)]
pub struct StationReport {
    pub receivers: Vec<ReceiverReport>,
    pub protocols: Vec<(Protocol, Counters)>,
    pub merge: MergeCounters,
    /// Sources whose thread had not returned.
    pub hung_sources: usize,
}

/// Has a source's thread ended? It may hang in a driver: its frames have been given up, and so is it, after a moment for
/// the last lines of one that is about to end.
fn has_ended(source: &JoinHandle<()>) -> bool {
    let deadline = Instant::now() + LAST_LINES;
    while !source.is_finished() && Instant::now() < deadline {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    source.is_finished()
}

fn check(receivers: &[ReceiverSpec]) -> Result<(), StationError> {
    if receivers.is_empty() || RECEIVERS_MAX < receivers.len() {
        return Err(StationError::Receivers(receivers.len()));
    }
    for (i, a) in receivers.iter().enumerate() {
        if let Some(b) = receivers[..i].iter().find(|b| b.id == a.id) {
            return Err(StationError::SameId(b.name.clone(), a.name.clone()));
        }
    }
    Ok(())
}

/// One protocol: its receivers, their order, its decoder.
struct Lane {
    entry: &'static ProtocolEntry,
    config: DecoderConfig,
    lines: Vec<Arc<Line>>,
    merger: Merger,
    decoder: Box<dyn MessageDecoder>,
    /// `Some`: a receiver tells facts.
    echoes: Option<Echoes>,
}

impl Lane {
    fn new(entry: &'static ProtocolEntry, config: &DecoderConfig, receivers: &[Running]) -> Self {
        let lines: Vec<Arc<Line>> =
            receivers.iter().filter(|r| r.line.status.protocol == entry.protocol).map(|r| Arc::clone(&r.line)).collect();
        let merger = Merger::new(lines.iter().filter(|l| !l.tells_facts()).count());
        let echoes = lines.iter().any(|l| l.tells_facts()).then(Echoes::default);
        Self { entry, config: config.clone(), lines, merger, decoder: (entry.decoder)(config), echoes }
    }

    /// The time up to which every receiver has been heard. With one receiver there is nobody to wait for.
    fn progress(&self) -> UnixMicros {
        let mut of_frames = self.lines.iter().filter(|l| !l.tells_facts());
        if let (Some(_), None) = (of_frames.next(), of_frames.next()) {
            return UnixMicros(i64::MAX);
        }
        self.lines.iter().map(|l| l.progress()).min().unwrap_or(UnixMicros(i64::MAX))
    }

    fn holds(&self) -> bool {
        0 < self.merger.pending() || self.echoes.as_ref().is_some_and(|e| 0 < e.pending())
    }

    fn live(&self) -> bool {
        self.lines.iter().any(|l| l.status.live.load(Relaxed))
    }
}

/// The merge thread.
struct Merge {
    lanes: Vec<Lane>,
    sink: Box<dyn Sink>,
    parker: Parker,
    common: Arc<Common>,
    shared: Arc<MergeShared>,
}

impl Merge {
    fn run(mut self) {
        let mut lanes = std::mem::take(&mut self.lanes);
        loop {
            self.shared.counters.turns.fetch_add(1, Relaxed);
            // Read before the queues: whatever was pushed before the end is then taken below.
            let over = lanes.iter().all(|lane| lane.lines.iter().all(|l| l.is_over(&self.common.stop)));
            let mut delivered = 0;
            for lane in &mut lanes {
                delivered += self.turn(lane, over);
            }
            if 0 < delivered {
                self.publish(&lanes);
                continue;
            }
            self.guard("flush", |sink| sink.flush());
            if over {
                return;
            }
            let held = lanes.iter().any(Lane::holds);
            self.parker.park_timeout(if held { HOLD } else { IDLE });
        }
    }

    /// Takes what the receivers of a protocol have, and decodes what may go. Gives how many frames moved.
    fn turn(&mut self, lane: &mut Lane, over: bool) -> usize {
        let now_us = self.common.clock.mono_us();
        // Read before the queues: frames up to it are then in the queues or in the merger.
        let (progress, live) = (lane.progress(), lane.live());
        let (mut moved, mut left_over) = (0, false);
        for line in &lane.lines {
            let mut taken = 0;
            while taken < TURN_FRAMES {
                let Some(frame) = line.pop() else { break };
                taken += 1;
                add(&self.shared.counters.frames, 1);
                match lane.merger.push(frame, now_us) {
                    Pushed::New => {}
                    Pushed::Late => add(&self.shared.counters.late, 1),
                    Pushed::Duplicate => add(&self.shared.counters.duplicates, 1),
                }
            }
            if 0 < taken {
                line.make_room();
            }
            left_over |= taken == TURN_FRAMES;
            moved += taken;
        }
        // With frames left in a queue, only those that need not wait for them may go.
        let progress = if left_over && 1 < lane.lines.len() { UnixMicros(i64::MIN) } else { progress };
        while let Some(frame) = lane.merger.pop(progress, now_us, live) {
            moved += 1;
            self.decode(lane, &frame);
        }
        if over && moved == 0 {
            while let Some(frame) = lane.merger.take() {
                moved += 1;
                self.decode(lane, &frame);
            }
        }
        moved + self.tell(lane, now_us, over && moved == 0)
    }

    /// Takes the facts of a protocol's feeds, and passes on those that say more than is known. Gives how many moved.
    fn tell(&mut self, lane: &mut Lane, now_us: i64, over: bool) -> usize {
        let Some(echoes) = &mut lane.echoes else { return 0 };
        let (counters, mut moved) = (&self.shared.counters, 0);
        for line in &lane.lines {
            for _ in 0..TURN_FRAMES {
                let Some(event) = line.pop_fact() else { break };
                echoes.hold(event, now_us);
                add(&counters.facts, 1);
                moved += 1;
            }
            line.make_room();
        }
        // With one receiver there is nobody else who could say the same.
        let all = lane.lines.len() == 1 || (over && moved == 0);
        while let Some((event, says_more)) = echoes.pop(now_us, all) {
            moved += 1;
            if !says_more {
                add(&counters.facts_known, 1);
                continue;
            }
            add(&counters.events, 1);
            let sink = &mut self.sink;
            if catch_unwind(AssertUnwindSafe(|| sink.event(event))).is_err() {
                add(&counters.panics, 1);
                tracing::error!("the sink panicked");
            }
        }
        moved
    }

    fn decode(&mut self, lane: &mut Lane, frame: &Frame) {
        let (counters, sink, decoder, echoes) = (&self.shared.counters, &mut self.sink, &mut lane.decoder, &mut lane.echoes);
        let done = catch_unwind(AssertUnwindSafe(|| {
            sink.frame(frame);
            decoder.decode(frame, &mut |event| {
                add(&counters.events, 1);
                if let Some(echoes) = echoes {
                    echoes.heard(&event);
                }
                sink.event(event);
            });
        }));
        if done.is_err() {
            add(&counters.panics, 1);
            tracing::error!(protocol = %lane.entry.protocol, raw = %frame.raw.hex(), "message decoder panicked; a new one takes its place");
            lane.decoder = (lane.entry.decoder)(&lane.config);
        }
    }

    fn guard(&mut self, what: &str, call: impl FnOnce(&mut dyn Sink)) {
        if catch_unwind(AssertUnwindSafe(|| call(&mut *self.sink))).is_err() {
            add(&self.shared.counters.panics, 1);
            tracing::error!(what, "the sink panicked");
        }
    }

    fn publish(&self, lanes: &[Lane]) {
        for (lane, (_, counters)) in lanes.iter().zip(&self.shared.protocols) {
            counters.store(&lane.decoder.counters());
        }
    }
}

#[cfg(test)]
mod tests;
