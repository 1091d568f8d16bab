//! What delivery costs: bytes and CPU per event in the codec, in the spool, and over QUIC on loopback.
//!
//! `cargo bench -p benches --bench delivery`; without `--bench` (as `cargo test --benches` runs it) a short smoke run.
//! CPU time is that of the process, all threads (`/proc/self/stat`, 10 ms steps); each part checks its answer first.
//! The stream is generated: 120 aircraft, 417 events/s, raw frames included.

#![expect(clippy::print_stdout, reason = "a benchmark's report")]

use model::{Epoch, Event, StationId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use uplink::client::{Client, ClientConfig};
use uplink::intake::{Batch, Intake, IntakeError, KeyFingerprint, Lost, Told, UrgentKey, Watermark};
use uplink::server::{Server, ServerConfig};
use uplink::session::Want;
use uplink::spool::{Item, Spool, SpoolConfig};
use uplink::testing::stream;
use uplink::tls::{Authority, Identity, issue_station};
use uplink::wire::{Decoder, Encoder};

fn main() {
    let full = std::env::args().any(|a| a == "--bench");
    let events = stream(1, if full { 200_000 } else { 2_000 });
    for batch in [42, 100, 1000] {
        codec(&events, batch, "with raw frames");
    }
    let mut bare = events.clone();
    bare.iter_mut().for_each(|e| e.raw = model::Raw::new(&[]));
    codec(&bare, 1000, "fields only");
    for batch in [100, 1000] {
        spool(&events, batch);
    }
    delivery(&events, if full { 10 } else { 1 });
}

/// User and system time of this process, all threads.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// Bytes that this process caused to be written to the disk.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines().find_map(|l| l.strip_prefix("write_bytes: ")).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn per_event(time: Duration, events: usize) -> f64 {
    time.as_secs_f64() * 1e6 / events as f64
}

fn codec(events: &[Event], batch: usize, what: &str) {
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    let start = Instant::now();
    let segments: Vec<Vec<u8>> = events.chunks(batch).map(|c| encoder.encode(Epoch(1), 1, c).expect("fits").segment).collect();
    let encode = start.elapsed();
    let mut out = Vec::with_capacity(events.len());
    let start = Instant::now();
    for segment in &segments {
        decoder.decode(segment, &mut out).expect("our own bytes");
    }
    let decode = start.elapsed();
    assert!(out == events, "decoded is not what was encoded");
    let bytes: usize = segments.iter().map(Vec::len).sum();
    println!(
        "codec     {batch:>5} events/segment, {what:<16} {:>6.2} B/event   encode {:.3} µs   decode {:.3} µs (wall, one thread)",
        bytes as f64 / events.len() as f64,
        per_event(encode, events.len()),
        per_event(decode, events.len()),
    );
}

fn config() -> SpoolConfig {
    SpoolConfig { ballast_bytes: 0, ..SpoolConfig::default() }
}

/// Append, read back, acknowledge.
fn spool(events: &[Event], batch: usize) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let spool = Spool::open(dir.path().join("spool.db"), config()).expect("a new spool");
    let (cpu_before, written_before, start) = (cpu(), written(), Instant::now());
    for chunk in events.chunks(batch) {
        spool.append(chunk).expect("room");
    }
    let (append_cpu, append_wall, append_written) = (cpu() - cpu_before, start.elapsed(), written() - written_before);
    let (mut from_seq, epoch, cpu_before) = (1, spool.epoch(), cpu());
    loop {
        let items = spool.read(&Want { epoch, from_seq, max_segments: 16, max_bytes: 1 << 20 }).expect("readable");
        let Some(Item::Segment { last_seq, .. }) = items.last() else { break };
        from_seq = last_seq + 1;
        spool.acknowledge(Watermark { epoch, seq: *last_seq }).expect("noted");
    }
    spool.housekeeping().expect("noted");
    assert_eq!((from_seq as usize - 1, spool.stats().waiting_events), (events.len(), 0));
    println!(
        "spool     {batch:>5} events/commit (FULL)   append {:.2} µs CPU, {:.1} B written per event, {:.0} events/s   drain {:.2} µs CPU",
        per_event(append_cpu, events.len()),
        append_written as f64 / events.len() as f64,
        events.len() as f64 / append_wall.as_secs_f64(),
        per_event(cpu() - cpu_before, events.len()),
    );
}

/// Counts, and checks the order; keeps nothing.
#[derive(Debug, Default)]
struct Counting {
    stored: AtomicU64,
    transactions: AtomicU64,
}

impl Intake for Counting {
    async fn urgent(&self, _: StationId, _: UrgentKey, _: Event) -> Result<Told, IntakeError> {
        Ok(Told::First)
    }

    async fn greet(&self, _: StationId, _: KeyFingerprint, _: Epoch) -> Result<Option<Watermark>, IntakeError> {
        Ok(None)
    }

    async fn store(&self, _: StationId, batch: Batch) -> Result<Watermark, IntakeError> {
        let stored = self.stored.load(Relaxed);
        assert_eq!(batch.first_seq, stored + 1, "out of order");
        let seq = stored + batch.events.len() as u64;
        self.stored.store(seq, Relaxed);
        self.transactions.fetch_add(1, Relaxed);
        Ok(Watermark { epoch: batch.epoch, seq })
    }

    async fn lost(&self, _: StationId, lost: Lost) -> Result<Watermark, IntakeError> {
        panic!("nothing was lost: {lost:?}");
    }
}

/// A backlog, from the spool over QUIC with mutual TLS to an intake that only counts.
fn delivery(events: &[Event], rounds: usize) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let authority = Authority::open_or_create(dir.path(), "bench").expect("an authority");
    let identity = authority.issue_central(dir.path(), &[]).expect("a certificate");
    let station = dir.path().join("alpha");
    issue_station(&authority, &station, StationId::new("alpha").expect("a slug")).expect("a certificate");
    let spool = Arc::new(Spool::open(dir.path().join("spool.db"), config()).expect("a new spool"));
    for _ in 0..rounds {
        for chunk in events.chunks(1000) {
            spool.append(chunk).expect("room");
        }
    }
    let total = rounds * events.len();
    let intake = Arc::new(Counting::default());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (cpu_before, start) = (cpu(), Instant::now());
    runtime.block_on(async {
        let server = Server::bind(ServerConfig::new(([127, 0, 0, 1], 0).into()), &identity, Arc::clone(&intake)).expect("a port");
        let address = server.local_addr().expect("bound").to_string();
        tokio::spawn(server.run(std::future::pending()));
        let own = Identity::load(&station, "station").expect("just issued");
        let client = Client::new(ClientConfig::new(address), &own, Arc::clone(&spool)).expect("settings");
        let status = client.status();
        tokio::spawn(client.run(std::future::pending()));
        while spool.stats().waiting_events != 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let (used, wall, status) = (cpu() - cpu_before, start.elapsed(), status.borrow().clone());
        assert_eq!(intake.stored.load(Relaxed), total as u64);
        println!(
            "delivery  {total} events waiting: {:.0} events/s, {:.2} µs CPU per event (both ends), {:.2} B/event, {:.0} events/transaction",
            total as f64 / wall.as_secs_f64(),
            per_event(used, total),
            status.bytes_sent as f64 / total as f64,
            total as f64 / intake.transactions.load(Relaxed) as f64,
        );
    });
    runtime.shutdown_background();
}
