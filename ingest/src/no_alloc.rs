//! Proof that the sample path does not allocate once a receiver runs.
//!
//! An allocator that counts per thread. The source's own `read` runs on the source thread and the demodulator's `process` on
//! the DSP thread, so each of them can read its thread's count: what was allocated between two calls, by the crate or by
//! themselves, is the difference. The merge thread is watched through the sink.

use crate::testing::{ENTRY, TUNING, ident, mode_s_signal};
use crate::{Input, ReceiverSpec, Sink, Station, StationOptions, StationReport};
use decoders::{Counters, Demodulator, ProtocolEntry};
use hw::{Chunk, SampleSource, SourceError, SourceInfo};
use model::{Event, Frame, IqBlock, IqFormat, ReceiverId, Tuning, UnixMicros};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

fn count() {
    // A thread that is ending has no cell any more; nobody asks it.
    let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: every call is handed on unchanged to the system's allocator; counting touches no memory of the heap (the cell is
// const-initialised and has no destructor). Test build only: there is no other way to see allocations, so no benchmark.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: `ptr` came from `System` with `layout`, as the caller promises.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `System` with `layout`, as the caller promises.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Blocks until everything lazy has happened, and blocks in all.
const WARM: u64 = 200;
const BLOCKS: u64 = 3_000;

/// One thread's allocations at block `WARM` and at the last one.
struct Watch {
    first: AtomicU64,
    last: AtomicU64,
    calls: AtomicU64,
}

impl Watch {
    const fn new() -> Self {
        Self { first: AtomicU64::new(0), last: AtomicU64::new(0), calls: AtomicU64::new(0) }
    }

    fn look(&self) {
        let now = allocations();
        if self.calls.fetch_add(1, Relaxed) < WARM {
            self.first.store(now, Relaxed);
        }
        self.last.store(now, Relaxed);
    }

    fn allocated(&self) -> u64 {
        self.last.load(Relaxed) - self.first.load(Relaxed)
    }
}

/// The three threads of one station.
struct Watches {
    source: Watch,
    dsp: Watch,
    merge: Watch,
}

impl Watches {
    const fn new() -> Self {
        Self { source: Watch::new(), dsp: Watch::new(), merge: Watch::new() }
    }
}

/// The same samples again and again, `BLOCKS` times.
struct Watched {
    samples: Vec<u8>,
    left: u64,
    watch: &'static Watch,
}

impl SampleSource for Watched {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "watched", name: String::new(), live: false }
    }
    fn tuning(&self) -> Tuning {
        TUNING
    }
    fn format(&self) -> IqFormat {
        IqFormat::Cu8
    }
    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        if self.left == 0 {
            return Ok(Chunk::default());
        }
        self.left -= 1;
        self.watch.look();
        buf[..self.samples.len()].copy_from_slice(&self.samples);
        Ok(Chunk { bytes: self.samples.len(), ..Chunk::default() })
    }
}

struct WatchedDemodulator(Box<dyn Demodulator>, &'static Watch);

impl Demodulator for WatchedDemodulator {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        self.0.process(block, out);
        self.1.look();
    }
    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        self.0.finish(out);
    }
    fn counters(&self) -> Counters {
        self.0.counters()
    }
}

struct WatchedSink(&'static Watch);

impl Sink for WatchedSink {
    fn frame(&mut self, _frame: &Frame) {
        self.0.look();
    }
    fn event(&mut self, _event: Event) {}
}

fn run(protocol: &'static ProtocolEntry, samples: Vec<u8>, watches: &'static Watches) -> StationReport {
    let before = allocations();
    drop(std::hint::black_box(Box::new(1_u64)));
    assert_eq!(allocations(), before + 1, "the allocator counts");
    let mut samples = Some(samples);
    let open = move || {
        let samples = samples.take().expect("a recording is opened once");
        Ok(Box::new(Watched { samples, left: BLOCKS, watch: &watches.source }) as Box<dyn SampleSource>)
    };
    let spec = ReceiverSpec {
        id: ReceiverId(0),
        name: "watched".into(),
        protocol,
        profile: Default::default(),
        input: Input::Samples(Box::new(open)),
        mode_ac: false,
        start_utc: Some(UnixMicros(0)),
    };
    let report = Station::start(vec![spec], &StationOptions::default(), WatchedSink(&watches.merge)).unwrap().wait();
    assert_eq!((watches.source.calls.load(Relaxed), watches.dsp.calls.load(Relaxed)), (BLOCKS, BLOCKS));
    assert_eq!(watches.source.allocated(), 0, "the source thread allocated after its start");
    assert_eq!(watches.dsp.allocated(), 0, "the DSP thread allocated after its start");
    report
}

#[test]
fn nothing_is_allocated_from_the_source_to_the_sink() {
    static WATCHES: Watches = Watches::new();
    static WATCHED: ProtocolEntry =
        ProtocolEntry { demodulator: |config| Ok(Box::new(WatchedDemodulator((ENTRY.demodulator)(config)?, &WATCHES.dsp))), ..ENTRY };
    let mut samples = vec![0; 4_000];
    samples[2_000..2_002].copy_from_slice(&[0xAA, 7]);
    let report = run(&WATCHED, samples, &WATCHES);
    assert_eq!(report.merge.events, BLOCKS);
    assert_eq!(WATCHES.merge.allocated(), 0, "the merge thread allocated after its start");
}

/// The Mode S demodulator on a signal that holds frames: the sample path ends at the frame queue.
#[test]
fn the_real_demodulator_allocates_nothing_either() {
    static WATCHES: Watches = Watches::new();
    static WATCHED: ProtocolEntry = ProtocolEntry {
        demodulator: |config| {
            let real = (decoders::adsb::PROTOCOL.demodulator)(config)?;
            Ok(Box::new(WatchedDemodulator(real, &WATCHES.dsp)))
        },
        ..ENTRY
    };
    let mut samples = Vec::new();
    for seed in 0..10 {
        samples.extend(mode_s_signal(&ident(0x4840_D658_0000_0000 + seed)));
    }
    let report = run(&WATCHED, samples, &WATCHES);
    let frames = report.receivers[0].counters.frames;
    assert!(9 * BLOCKS < frames, "{frames} frames of {}: the path was not exercised", 10 * BLOCKS);
}
