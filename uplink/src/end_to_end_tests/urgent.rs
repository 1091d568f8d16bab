//! A distress overtakes a backlog: real spools, real QUIC, an ordered delivery that is held back. No timing: what is asserted is
//! what was stored when the distress was seen.

use super::*;
use model::{Emergency, EventKind, Mmsi, Status, Subject};

const BACKLOG: usize = 20_000;

fn distress(mmsi: u32) -> Event {
    let status = Status { emergency: Some(Emergency::ManOverboard), ..Status::default() };
    Event { subject: Subject::Vessel(Mmsi::new(mmsi).unwrap()), kind: EventKind::Status(status), ..stream(1, 1).remove(0) }
}

fn calm(seed: u64, count: usize) -> Vec<Event> {
    let mut events = stream(seed, 2 * count);
    events.retain(|e| e.priority() == model::Priority::Normal);
    events.truncate(count);
    assert_eq!(events.len(), count);
    events
}

fn shows(world: &World, event: &Event) -> usize {
    world.intake.shown().iter().filter(|row| row.event == *event).count()
}

async fn drained(spool: &Spool) {
    until(|| spool.stats().waiting_events == 0, || format!("{:?}", spool.stats())).await;
}

#[tokio::test]
async fn a_distress_is_seen_before_the_backlog_and_stored_once_in_its_turn() {
    let world = World::new();
    let (central, spool, mut truth) = (world.central(), world.spool(), Vec::new());
    append(&spool, &calm(1, BACKLOG), &mut truth);
    let held = world.intake.held.lock().await;
    let mut station = world.station(central.address, &spool);
    station.status.wait_for(|s| s.urgent_lane).await.unwrap();
    append(&spool, &[distress(1)], &mut truth);
    until(|| shows(&world, &distress(1)) == 1, || format!("{:?}", station.status.borrow())).await;
    assert_eq!(world.intake.row_count(), 0, "{BACKLOG} events wait before it");
    until(|| station.status.borrow().urgent_acks == 1, || format!("{:?}", station.status.borrow())).await;
    assert_eq!((spool.stats().urgent_waiting, spool.stats().waiting_events), (0, BACKLOG as u64 + 1));
    drop(held);
    drained(&spool).await;
    world.assert_truth(&truth);
    assert_eq!((shows(&world, &distress(1)), world.intake.shown().len()), (1, BACKLOG + 1));
    assert_eq!((central.handle.counts().urgent, central.handle.counts().urgent_repeats), (1, 0));
    station.stop().await;
    central.stop().await;
}

/// The lane's end is cut at every stage: the station killed before it could tell, the central killed before it answered.
#[tokio::test]
async fn kills_on_either_side_leave_every_distress_seen_once_before_the_backlog() {
    let world = World::new();
    let (mut spool, mut truth) = (world.spool(), Vec::new());
    append(&spool, &calm(1, 2_000), &mut truth);
    append(&spool, &[distress(1)], &mut truth);
    // Never connected, killed.
    drop(spool);
    spool = world.spool();
    append(&spool, &[distress(2)], &mut truth);
    let held = world.intake.held.lock().await;
    let mut central = world.central();
    let mut station = world.station(central.address, &spool);
    let mut random = SmallRng::seed_from_u64(20_261_123);
    for i in 3..23 {
        tokio::time::sleep(Duration::from_micros(random.random_range(0..20_000))).await;
        append(&spool, &[distress(i)], &mut truth);
        if random.random() {
            let address = central.kill();
            until(|| std::net::UdpSocket::bind(address).is_ok(), || "the port is still held".into()).await;
            central = world.central_at(address, ClockFloor::default());
        } else {
            drop(station);
            until(|| Arc::strong_count(&spool) == 1, || "the spool is still held".into()).await;
            drop(spool);
            spool = world.spool();
            station = world.station(central.address, &spool);
        }
    }
    until(|| (1..23).all(|i| shows(&world, &distress(i)) == 1), || format!("{:?}", world.intake.shown().len())).await;
    assert_eq!(world.intake.row_count(), 0, "nothing is stored yet");
    drop(held);
    world.delivered(truth.len()).await;
    drained(&spool).await;
    world.assert_truth(&truth);
    assert!((1..23).all(|i| shows(&world, &distress(i)) == 1));
    assert_eq!(world.intake.shown().len(), truth.len());
    drop(station);
}

/// The station is back while the transaction of its older session hangs on a lock in the database.
#[tokio::test]
async fn a_distress_does_not_wait_for_the_hung_transaction_of_an_older_session() {
    let world = World::new();
    let (mut spool, mut truth) = (world.spool(), Vec::new());
    append(&spool, &calm(1, 2_000), &mut truth);
    let held = world.intake.held.lock().await;
    let central = world.central();
    let station = world.station(central.address, &spool);
    until(|| world.intake.stores_waiting() == 1, || format!("{:?}", station.status.borrow())).await;
    drop(station);
    until(|| Arc::strong_count(&spool) == 1, || "the spool is still held".into()).await;
    drop(spool);
    spool = world.spool();
    append(&spool, &[distress(1)], &mut truth);
    let station = world.station(central.address, &spool);
    until(|| shows(&world, &distress(1)) == 1, || format!("{:?}", station.status.borrow())).await;
    assert_eq!((central.handle.counts().passed_by, world.intake.row_count()), (1, 0));
    drop(held);
    drained(&spool).await;
    world.assert_truth(&truth);
    assert_eq!(world.intake.shown().len(), truth.len());
    station.stop().await;
    central.stop().await;
}

/// Neither is a central without the lane, nor a station without it, any worse off.
#[tokio::test]
async fn an_older_peer_on_either_side_gets_everything_in_order() {
    for old_central in [true, false] {
        let world = World::new();
        let (spool, mut truth) = (world.spool(), Vec::new());
        let central = world.central_with(|config| config.urgent_lane = !old_central);
        append(&spool, &calm(1, 500), &mut truth);
        append(&spool, &[distress(1)], &mut truth);
        let old_station = |config: &mut ClientConfig| config.urgent_lane = old_central;
        let station = world.station_with(central.address, &spool, &world.alpha(), old_station, ClockFloor::default());
        drained(&spool).await;
        world.assert_truth(&truth);
        assert_eq!((shows(&world, &distress(1)), central.handle.counts().urgent), (1, 0));
        assert!(!station.status.borrow().urgent_lane && station.status.borrow().sessions == 1);
        spool.housekeeping().unwrap();
        assert_eq!((spool.stats().urgent_waiting, spool.stats().urgent_passed), (0, 1));
        station.stop().await;
        central.stop().await;
    }
}
