//! Real spools, real QUIC with mutual TLS on loopback, and an intake in memory that behaves as a database must.

mod enrolment;
mod trust;
mod urgent;

use crate::client::{Client, ClientConfig, ClientStatus};
use crate::intake::{LostReason, Watermark};
use crate::server::{Server, ServerConfig, ServerHandle};
use crate::spool::{KeepAcked, Spool, SpoolConfig};
use crate::testing::{MemoryIntake, Row, stream};
use crate::tls::{self, Authority, ClockFloor, Identity};
use model::{Epoch, Event, StationId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// No test waits longer for something to happen. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    dir: TempDir,
    identity: Identity,
    intake: Arc<MemoryIntake>,
}

struct Central {
    address: SocketAddr,
    handle: ServerHandle<MemoryIntake>,
    process: Process,
}

struct Station {
    status: watch::Receiver<ClientStatus>,
    process: Process,
}

/// A runtime of its own: killed, it takes sockets and tasks along without a farewell, as `kill -9` does.
struct Process {
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Process {
    fn runtime() -> Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
    }

    fn start<F: Future<Output = ()> + Send + 'static>(runtime: Runtime, run: impl FnOnce(oneshot::Receiver<()>) -> F) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = runtime.spawn(run(stopped));
        Self { runtime: Some(runtime), stop: Some(stop), task }
    }

    async fn stop(mut self) {
        let _ = self.stop.take().unwrap().send(());
        (&mut self.task).await.unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

fn name(text: &str) -> StationId {
    StationId::new(text).unwrap()
}

impl World {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let central = dir.path().join("central");
        let authority = Authority::open_or_create(&central, "test-org").unwrap();
        let identity = authority.issue_central(&central, &["127.0.0.1".into()]).unwrap();
        tls::issue_station(&authority, &dir.path().join("alpha"), name("alpha")).unwrap();
        Self { dir, identity, intake: Arc::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn central(&self) -> Central {
        self.central_at(([127, 0, 0, 1], 0).into(), ClockFloor::default())
    }

    fn central_at(&self, listen: SocketAddr, clock: ClockFloor) -> Central {
        let (recheck, fence_patience) = (Duration::from_millis(50), Duration::from_millis(200));
        self.central_from(ServerConfig { recheck, fence_patience, ..ServerConfig::new(listen) }, clock)
    }

    fn central_with(&self, change: impl FnOnce(&mut ServerConfig)) -> Central {
        let mut config = ServerConfig::new(([127, 0, 0, 1], 0).into());
        change(&mut config);
        self.central_from(config, ClockFloor::default())
    }

    fn central_from(&self, config: ServerConfig, clock: ClockFloor) -> Central {
        let runtime = Process::runtime();
        let server = {
            let _inside = runtime.enter();
            Server::with_clock(config, &self.identity, Arc::clone(&self.intake), Arc::new(clock)).unwrap()
        };
        let (address, handle) = (server.local_addr().unwrap(), server.handle());
        let process = Process::start(runtime, |stopped| server.run(async { drop(stopped.await) }));
        Central { address, handle, process }
    }

    fn spool(&self) -> Arc<Spool> {
        Arc::new(Spool::open(self.path("spool.db"), spool_config()).unwrap())
    }

    fn station(&self, central: SocketAddr, spool: &Arc<Spool>) -> Station {
        self.station_with(central, spool, &self.alpha(), |_| {}, ClockFloor::default())
    }

    fn alpha(&self) -> Identity {
        Identity::load(&self.path("alpha"), "station").unwrap()
    }

    fn station_with(
        &self,
        central: SocketAddr,
        spool: &Arc<Spool>,
        identity: &Identity,
        change: impl FnOnce(&mut ClientConfig),
        clock: ClockFloor,
    ) -> Station {
        let mut config = ClientConfig::new(central.to_string());
        config.backoff = (Duration::from_millis(10), Duration::from_millis(100));
        change(&mut config);
        let client = Client::with_clock(config, identity, Arc::clone(spool), Arc::new(clock)).unwrap();
        let status = client.status();
        let process = Process::start(Process::runtime(), |stopped| client.run(async { drop(stopped.await) }));
        Station { status, process }
    }

    /// Waits until the database has as many rows.
    async fn delivered(&self, rows: usize) {
        until(|| rows <= self.intake.row_count(), || format!("{} of {rows} rows", self.intake.row_count())).await;
    }

    /// The database holds exactly what the spools accepted, in order.
    fn assert_truth(&self, truth: &[Row]) {
        let rows = self.intake.rows();
        assert_eq!(rows.len(), truth.len());
        let differs = rows.iter().zip(truth).position(|(row, truth)| row != truth);
        assert_eq!(differs, None);
    }
}

fn spool_config() -> SpoolConfig {
    SpoolConfig { ballast_bytes: 64 << 10, ..SpoolConfig::default() }
}

async fn until(mut ready: impl FnMut() -> bool, state: impl Fn() -> String) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    if waited.await.is_err() {
        panic!("after {PATIENCE:?}: {}", state());
    }
}

impl Central {
    async fn stop(self) {
        self.process.stop().await;
    }

    fn kill(self) -> SocketAddr {
        self.address
    }
}

impl Station {
    async fn stop(self) {
        self.process.stop().await;
    }

    /// The sentence that the status shows when it comes.
    async fn error(&mut self) -> String {
        let status = tokio::time::timeout(PATIENCE, self.status.wait_for(|s| s.last_error.is_some())).await;
        status.expect("no error came").unwrap().last_error.clone().unwrap()
    }
}

fn append(spool: &Spool, events: &[Event], truth: &mut Vec<Row>) {
    let range = spool.append(events).unwrap();
    let rows = (range.first_seq..).zip(events);
    truth.extend(rows.map(|(seq, e)| Row { station: name("alpha"), epoch: range.epoch, seq, event: e.clone() }));
}

#[tokio::test]
async fn events_arrive_once_in_order_and_are_acknowledged() {
    let world = World::new();
    let (central, spool, mut truth) = (world.central(), world.spool(), Vec::new());
    let events = stream(1, 5000);
    append(&spool, &events[..2000], &mut truth);
    let station = world.station(central.address, &spool);
    world.delivered(2000).await;
    for chunk in events[2000..].chunks(100) {
        append(&spool, chunk, &mut truth);
    }
    world.delivered(5000).await;
    until(|| spool.stats().waiting_events == 0, || format!("{:?}", spool.stats())).await;
    let status = station.status.borrow().clone();
    assert!(status.connected && status.last_error.is_none(), "{status:?}");
    assert_eq!(status.watermark, Some(Watermark { epoch: spool.epoch(), seq: 5000 }));
    assert_eq!(central.handle.sessions()[0].station, name("alpha"));
    world.assert_truth(&truth);
    station.stop().await;
    assert_eq!(central.handle.counts().events, 5000);
    central.stop().await;
}

#[tokio::test]
async fn what_waits_is_delivered_before_a_station_stops() {
    let world = World::new();
    let (central, spool, mut truth) = (world.central(), world.spool(), Vec::new());
    let mut station = world.station(central.address, &spool);
    station.status.wait_for(|s| s.connected).await.unwrap();
    append(&spool, &stream(1, 3000), &mut truth);
    station.stop().await;
    assert_eq!(world.intake.row_count(), 3000);
    world.assert_truth(&truth);
}

/// Both sides are killed and restarted at random, the database fails now and then, and the producer never stops.
#[tokio::test]
async fn kills_on_both_sides_leave_exactly_the_truth() {
    let world = World::new();
    let mut random = SmallRng::seed_from_u64(20_261_123);
    let mut events = stream(7, 12_000).into_iter();
    let (mut central, mut spool, mut truth) = (world.central(), world.spool(), Vec::new());
    let mut station = world.station(central.address, &spool);
    let mut kills = 0;
    while kills < 40 {
        let count = random.random_range(1..200);
        let batch: Vec<Event> = events.by_ref().take(count).collect();
        append(&spool, &batch, &mut truth);
        tokio::time::sleep(Duration::from_micros(random.random_range(0..15_000))).await;
        match random.random_range(0..6) {
            0 => {
                let address = central.kill();
                until(|| std::net::UdpSocket::bind(address).is_ok(), || "the port is still held".into()).await;
                central = world.central_at(address, ClockFloor::default());
            }
            1 => {
                // The process is gone: its spool is opened anew, in a new epoch.
                drop(station);
                until(|| Arc::strong_count(&spool) == 1, || "the spool is still held".into()).await;
                drop(spool);
                spool = world.spool();
                station = world.station(central.address, &spool);
            }
            2 => world.intake.fail_stores.store(random.random_range(0..3), std::sync::atomic::Ordering::Relaxed),
            _ => continue,
        }
        kills += 1;
    }
    let rest: Vec<Event> = events.collect();
    append(&spool, &rest, &mut truth);
    world.delivered(truth.len()).await;
    until(|| spool.stats().waiting_events == 0, || format!("{:?}", spool.stats())).await;
    world.assert_truth(&truth);
    assert_eq!(world.intake.losses(), []);
    // The station's own history is the same truth.
    let history: Vec<Row> =
        spool.read_all().unwrap().into_iter().map(|s| Row { station: name("alpha"), epoch: s.epoch, seq: s.seq, event: s.event }).collect();
    assert!(history == truth);
}

#[tokio::test]
async fn an_unreachable_central_is_named_and_nothing_is_lost() {
    let world = World::new();
    let (spool, mut truth) = (world.spool(), Vec::new());
    append(&spool, &stream(1, 500), &mut truth);
    // A port that was free a moment ago.
    let address = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let quick = |c: &mut ClientConfig| c.connect_timeout = Duration::from_millis(200);
    let mut station = world.station_with(address, &spool, &world.alpha(), quick, ClockFloor::default());
    assert_eq!(station.error().await, format!("the central {address} can't be reached: no answer"));
    let central = world.central_at(address, ClockFloor::default());
    world.delivered(500).await;
    world.assert_truth(&truth);
    assert_eq!(station.status.borrow().last_error, None);
    central.stop().await;
}

#[tokio::test]
async fn an_unknown_host_is_named() {
    let world = World::new();
    let spool = world.spool();
    let nowhere = |c: &mut ClientConfig| c.central = "no such host:1".into();
    let mut station = world.station_with(([127, 0, 0, 1], 1).into(), &spool, &world.alpha(), nowhere, ClockFloor::default());
    assert_eq!(station.error().await, "the central's address no such host:1 can't be found: check the name and the network");
}

#[tokio::test]
async fn a_gap_that_the_disk_made_is_declared_and_the_rest_arrives() {
    let world = World::new();
    let (spool, mut truth) = (world.spool(), Vec::new());
    for chunk in stream(1, 900).chunks(300) {
        append(&spool, chunk, &mut truth);
    }
    let epoch = spool.epoch();
    drop(spool);
    {
        let db = rusqlite::Connection::open(world.path("spool.db")).unwrap();
        let mut body: Vec<u8> = db.query_row("SELECT body FROM segments WHERE first_seq = 301", [], |r| r.get(0)).unwrap();
        let middle = body.len() / 2;
        body[middle] ^= 0x10;
        db.execute("UPDATE segments SET body = ?1 WHERE first_seq = 301", [body]).unwrap();
    }
    let (central, spool) = (world.central(), world.spool());
    let station = world.station(central.address, &spool);
    world.delivered(600).await;
    until(|| spool.stats().waiting_events == 0, || format!("{:?}", spool.stats())).await;
    truth.drain(300..600);
    world.assert_truth(&truth);
    let losses = world.intake.losses();
    assert_eq!(losses.len(), 1);
    let lost = &losses[0].1;
    assert_eq!((lost.epoch, lost.first_seq, lost.last_seq, lost.why), (epoch, 301, 600, LostReason::Damaged));
    assert_eq!(station.status.borrow().declared_losses, 1);
}

/// An older copy of the spool is put back after its tail was delivered, and the station writes on, past the watermark,
/// before it meets the central again. (With one epoch for all openings, all of that was swallowed.)
#[tokio::test]
async fn a_spool_set_back_loses_nothing_and_repeats_nothing() {
    let world = World::new();
    let (central, spool, mut truth) = (world.central(), world.spool(), Vec::new());
    append(&spool, &stream(1, 1000), &mut truth);
    drop(spool);
    let copy = std::fs::read(world.path("spool.db")).unwrap();

    let spool = world.spool();
    append(&spool, &stream(2, 1000), &mut truth);
    let station = world.station(central.address, &spool);
    world.delivered(2000).await;
    station.stop().await;
    drop(spool);

    for file in ["spool.db-wal", "spool.db-shm"] {
        let _ = std::fs::remove_file(world.path(file));
    }
    std::fs::write(world.path("spool.db"), copy).unwrap();
    let spool = world.spool();
    append(&spool, &stream(3, 3000), &mut truth);
    let station = world.station(central.address, &spool);
    world.delivered(5000).await;
    until(|| spool.stats().waiting_events == 0, || format!("{:?}", spool.stats())).await;
    world.assert_truth(&truth);
    assert_eq!(world.intake.losses(), []);
    drop(station);
}

/// A running machine set back with its memory: the epoch that is being written is behind. Nothing may be swallowed;
/// what was not acknowledged is numbered anew.
#[tokio::test]
async fn a_running_spool_that_is_behind_begins_a_new_epoch() {
    let world = World::new();
    let (spool, mut truth) = (world.spool(), Vec::new());
    append(&spool, &stream(1, 100), &mut truth);
    let epoch = spool.epoch();
    let other_life = crate::intake::Batch { epoch, first_seq: 1, events: stream(9, 400) };
    crate::intake::Intake::store(&*world.intake, name("alpha"), other_life).await.unwrap();
    let central = world.central();
    let station = world.station(central.address, &spool);
    world.delivered(500).await;
    let rows = world.intake.rows();
    assert!(rows[400..].iter().map(|r| &r.event).eq(truth.iter().map(|r| &r.event)));
    assert!(rows[400..].iter().all(|r| r.epoch == spool.epoch() && r.epoch != epoch));
    assert_eq!(spool.stats().renumbered_events, 100);
    assert_eq!(station.status.borrow().epochs_set_back, [epoch]);
}

/// A central restored from an older backup gets again what the station still has, and is told of what it has not.
#[tokio::test]
async fn a_central_set_back_is_filled_from_the_history() {
    let world = World::new();
    let keep = KeepAcked { max_age: Duration::from_secs(3600), max_bytes: 40_000 };
    let config = SpoolConfig { keep_acked: keep, ..spool_config() };
    let spool = Arc::new(Spool::open(world.path("spool.db"), config).unwrap());
    let (central, mut truth) = (world.central(), Vec::new());
    for chunk in stream(1, 10_000).chunks(1000) {
        append(&spool, chunk, &mut truth);
    }
    let station = world.station(central.address, &spool);
    world.delivered(10_000).await;
    station.stop().await;
    spool.housekeeping().unwrap();
    let first_kept = spool.read_all().unwrap()[0].seq;
    assert!(1000 < first_kept);

    world.intake.set_back(spool.epoch(), 500);
    let station = world.station(central.address, &spool);
    world.delivered(500 + 10_000 - (first_kept as usize - 1)).await;
    truth.drain(500..first_kept as usize - 1);
    world.assert_truth(&truth);
    let lost = &world.intake.losses()[0].1;
    assert_eq!((lost.first_seq, lost.last_seq, lost.why), (501, first_kept - 1, LostReason::Missing));
    drop(station);
}

#[tokio::test]
async fn a_newer_session_ends_the_older() {
    let world = World::new();
    let (central, spool, mut truth) = (world.central(), world.spool(), Vec::new());
    append(&spool, &stream(1, 100), &mut truth);
    let slow = |c: &mut ClientConfig| c.backoff = (PATIENCE, PATIENCE);
    let mut first = world.station_with(central.address, &spool, &world.alpha(), slow, ClockFloor::default());
    first.status.wait_for(|s| s.connected && s.acks == 1).await.unwrap();
    let mut second = world.station(central.address, &spool);
    second.status.wait_for(|s| s.connected).await.unwrap();
    assert_eq!(first.error().await, "the central ended the session: a newer session of this station took over");
    append(&spool, &stream(2, 100), &mut truth);
    world.delivered(200).await;
    world.assert_truth(&truth);
    assert_eq!((central.handle.counts().superseded, central.handle.sessions().len()), (1, 1));
}

#[tokio::test]
async fn more_epochs_than_a_greeting_holds_are_all_delivered_in_order() {
    let world = World::new();
    let mut truth = Vec::new();
    let mut epochs: Vec<Epoch> = Vec::new();
    for i in 0..150 {
        let spool = world.spool();
        epochs.push(spool.epoch());
        append(&spool, &stream(i + 1, 5), &mut truth);
    }
    let (central, spool) = (world.central(), world.spool());
    append(&spool, &stream(999, 5), &mut truth);
    let _station = world.station(central.address, &spool);
    world.delivered(755).await;
    world.assert_truth(&truth);
}
