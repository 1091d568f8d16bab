//! Proof that the sample path does not allocate once a receiver runs.
//!
//! An allocator that counts per thread. The source's own `read` runs on the source thread and the demodulator's `process` on
//! the DSP thread, so each of them can read its thread's count: what was allocated between two calls, by the crate or by
//! themselves, is the difference. The merge thread is watched through the sink.

use crate::testing::{ENTRY, Marks};
use crate::{Input, ReceiverSpec, Sink, Station, StationOptions};
use decoders::{Counters, Demodulator, MessageDecoder, ProtocolEntry};
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

/// Blocks until everything lazy has happened, and blocks watched after that.
const WARM: u64 = 200;
const BLOCKS: u64 = 5_000;

/// Allocations per thread at block `WARM` and at the last one.
#[derive(Default)]
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

static SOURCE: Watch = Watch::new();
static DSP: Watch = Watch::new();
static MERGE: Watch = Watch::new();

struct Watched(Marks);

impl SampleSource for Watched {
    fn info(&self) -> SourceInfo {
        self.0.info()
    }
    fn tuning(&self) -> Tuning {
        self.0.tuning()
    }
    fn format(&self) -> IqFormat {
        self.0.format()
    }
    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let chunk = self.0.read(buf);
        if self.0.next < self.0.blocks {
            SOURCE.look();
        }
        chunk
    }
}

struct WatchedDemodulator(Box<dyn Demodulator>);

impl Demodulator for WatchedDemodulator {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        self.0.process(block, out);
        DSP.look();
    }
    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        self.0.finish(out);
    }
    fn counters(&self) -> Counters {
        self.0.counters()
    }
}

static WATCHED: ProtocolEntry = ProtocolEntry {
    demodulator: |config| Ok(Box::new(WatchedDemodulator((ENTRY.demodulator)(config)?))),
    decoder: |config| -> Box<dyn MessageDecoder> { (ENTRY.decoder)(config) },
    ..ENTRY
};

struct WatchedSink;

impl Sink for WatchedSink {
    fn event(&mut self, _event: Event) {
        MERGE.look();
    }
}

#[test]
fn nothing_is_allocated_from_the_source_to_the_sink() {
    let before = allocations();
    drop(std::hint::black_box(Box::new(1_u64)));
    assert_eq!(allocations(), before + 1, "the allocator counts");

    let spec = ReceiverSpec {
        id: ReceiverId(0),
        name: "watched".into(),
        protocol: &WATCHED,
        profile: Default::default(),
        input: Input::Samples(Box::new(|| Ok(Box::new(Watched(Marks::new(false, BLOCKS)))))),
        start_utc: Some(UnixMicros(0)),
    };
    let report = Station::start(vec![spec], &StationOptions::default(), WatchedSink).unwrap().wait();
    assert_eq!(report.merge.events, BLOCKS);
    for (name, watch) in [("source", &SOURCE), ("dsp", &DSP), ("merge", &MERGE)] {
        assert!(BLOCKS - 1 <= watch.calls.load(Relaxed), "{name} was watched");
        assert_eq!(watch.allocated(), 0, "{name} thread allocated after its start");
    }
}
