//! The spool against power cuts, damage, full disks and two openers.

use super::*;
use crate::testing::stream;
use std::sync::Arc;
use tempfile::TempDir;

fn small() -> SpoolConfig {
    SpoolConfig { max_bytes: 1 << 20, reserve_bytes: 128 << 10, ballast_bytes: 64 << 10, ..SpoolConfig::default() }
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("spool.db")
    }

    fn open(&self) -> Spool {
        Spool::open(self.path(), small()).unwrap()
    }
}

fn want(epoch: Epoch, from_seq: u64) -> crate::session::Want {
    crate::session::Want { epoch, from_seq, max_segments: 1000, max_bytes: usize::MAX }
}

#[test]
fn what_was_accepted_is_read_back_after_a_reopening_in_a_new_epoch() {
    let place = Place::new();
    let events = stream(3, 2500);
    let spool = place.open();
    let range = spool.append(&events).unwrap();
    assert_eq!((range.first_seq, range.last_seq), (1, 2500));
    assert_eq!(spool.stats().appended_segments, 3);
    drop(spool);

    let spool = place.open();
    assert_ne!(spool.epoch(), range.epoch);
    let second = spool.append(&events[..10]).unwrap();
    assert_eq!((second.first_seq, second.last_seq), (1, 10));
    let all = spool.read_all().unwrap();
    assert_eq!(all.len(), 2510);
    for (i, stored) in all[..2500].iter().enumerate() {
        assert_eq!((stored.epoch, stored.seq, &stored.event), (range.epoch, i as u64 + 1, &events[i]));
    }
    let spans = spool.spans(64);
    assert_eq!(
        spans.iter().map(|s| (s.epoch, s.first_seq, s.last_seq)).collect::<Vec<_>>(),
        [(range.epoch, 1, 2500), (second.epoch, 1, 10)]
    );
}

#[test]
fn an_opening_without_events_leaves_nothing() {
    let place = Place::new();
    for _ in 0..5 {
        place.open();
    }
    assert_eq!(place.open().spans(64).len(), 1);
}

#[test]
fn one_process_at_a_time() {
    let place = Place::new();
    let spool = place.open();
    assert!(matches!(Spool::open(place.path(), small()), Err(SpoolError::InUse { .. })));
    drop(spool);
    place.open();
}

#[test]
fn acknowledged_events_become_history_and_history_ends() {
    let place = Place::new();
    let config = SpoolConfig { keep_acked: KeepAcked { max_age: Duration::from_secs(3600), max_bytes: 40_000 }, ..small() };
    let spool = Spool::open(place.path(), config).unwrap();
    let events = stream(5, 10_000);
    for chunk in events.chunks(1000) {
        spool.append(chunk).unwrap();
    }
    let epoch = spool.epoch();
    spool.acknowledge(Watermark { epoch, seq: 8500 }).unwrap();
    spool.housekeeping().unwrap();
    let stats = spool.stats();
    assert_eq!((stats.waiting_events, stats.acked_events), (1500, 8500));
    let kept = spool.read_all().unwrap();
    // What waits is all there, half-acknowledged segment included; of the history, the newest up to the size.
    assert_eq!(kept.last().unwrap().seq, 10_000);
    let first = kept[0].seq;
    assert!(first <= 7001 && 1 < first, "{first}");
    assert_eq!(stats.deleted_segments, first / 1000);
    // A watermark from before, or of an epoch that is not ours, changes nothing.
    spool.acknowledge(Watermark { epoch, seq: 3 }).unwrap();
    spool.acknowledge(Watermark { epoch: Epoch(1), seq: 3 }).unwrap();
    assert_eq!(spool.stats().waiting_events, 1500);
}

#[test]
fn an_old_epoch_is_forgotten_with_its_last_segment() {
    let place = Place::new();
    let first = place.open().append(&stream(1, 10)).unwrap();
    let config = SpoolConfig { keep_acked: KeepAcked { max_age: Duration::ZERO, max_bytes: 0 }, ..small() };
    let spool = Spool::open(place.path(), config).unwrap();
    assert_eq!(spool.spans(64).len(), 2);
    spool.acknowledge(Watermark { epoch: first.epoch, seq: 10 }).unwrap();
    spool.housekeeping().unwrap();
    assert_eq!(spool.spans(64).len(), 1);
    assert_eq!(spool.read_all().unwrap(), []);
}

#[test]
fn reading_starts_inside_a_segment_and_keeps_to_its_limits() {
    let place = Place::new();
    let spool = place.open();
    for chunk in stream(2, 500).chunks(100) {
        spool.append(chunk).unwrap();
    }
    let epoch = spool.epoch();
    let firsts = |want: &crate::session::Want| {
        let first = |item: Item| match item {
            Item::Segment { first_seq, .. } => first_seq,
            Item::Lost(lost) => panic!("{lost:?}"),
        };
        spool.read(want).unwrap().into_iter().map(first).collect::<Vec<_>>()
    };
    assert_eq!(firsts(&want(epoch, 150)), [101, 201, 301, 401]);
    assert_eq!(firsts(&crate::session::Want { max_segments: 2, ..want(epoch, 1) }), [1, 101]);
    assert_eq!(firsts(&crate::session::Want { max_bytes: 1, ..want(epoch, 1) }), [1]);
    assert!(firsts(&want(epoch, 501)).is_empty());
    assert!(firsts(&want(Epoch(0), 1)).is_empty());
}

#[test]
fn a_damaged_segment_is_quarantined_and_declared() {
    let place = Place::new();
    let spool = place.open();
    let events = stream(2, 500);
    for chunk in events.chunks(100) {
        spool.append(chunk).unwrap();
    }
    let epoch = spool.epoch();
    {
        let w = spool.lock_writer();
        // One flipped bit in one body; one row whose key lies; one row that vanished.
        let mut body: Vec<u8> = w.db.query_row("SELECT body FROM segments WHERE first_seq = 101", [], |r| r.get(0)).unwrap();
        body[60] ^= 4;
        w.db.execute("UPDATE segments SET body = ?1 WHERE first_seq = 101", [body]).unwrap();
        w.db.execute("DELETE FROM segments WHERE first_seq = 301", []).unwrap();
        w.db.execute("UPDATE segments SET first_seq = 411 WHERE first_seq = 401", []).unwrap();
    }
    let lost = |first_seq, last_seq, why| Item::Lost(Lost { epoch, first_seq, last_seq, why });
    use crate::intake::{Lost, LostReason};
    for _ in 0..2 {
        let items = spool.read(&want(epoch, 1)).unwrap();
        assert!(matches!(items[0], Item::Segment { first_seq: 1, .. }));
        assert_eq!(items[1], lost(101, 200, LostReason::Damaged));
        assert!(matches!(items[2], Item::Segment { first_seq: 201, .. }));
        assert!(matches!(items[3], Item::Lost(Lost { first_seq: 301, .. })));
        let last = |i: &Item| match i {
            Item::Segment { last_seq, .. } | Item::Lost(Lost { last_seq, .. }) => *last_seq,
        };
        assert_eq!(items.iter().map(last).max(), Some(500));
        assert!(items.iter().skip(3).all(|i| matches!(i, Item::Lost(_))));
    }
    assert_eq!(spool.stats().quarantined_segments, 2);
    assert_eq!(spool.read_all().unwrap().len(), 200);
}

#[test]
fn a_file_that_is_no_database_is_set_aside() {
    let place = Place::new();
    std::fs::write(place.path(), [0xa5; 8192]).unwrap();
    let spool = place.open();
    assert_eq!(spool.stats().damaged_files, 1);
    spool.append(&stream(1, 10)).unwrap();
    let aside =
        std::fs::read_dir(place.0.path()).unwrap().filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("damaged"));
    assert_eq!(aside.count(), 1);
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let place = Place::new();
    place.open().lock_writer().db.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Spool::open(place.path(), small()), Err(SpoolError::Version { found: 99, .. })));
}

#[test]
fn a_full_spool_refuses_the_newest_keeps_the_old_and_recovers() {
    let place = Place::new();
    let spool = place.open();
    let events = stream(7, 1000);
    let mut accepted = 0;
    let full = loop {
        match spool.append(&events) {
            Ok(range) => accepted = range.last_seq,
            Err(e) => break e,
        }
        assert!(accepted < 1_000_000, "1 MiB is no bound");
    };
    assert!(matches!(full, SpoolError::Full { .. }), "{full}");
    assert!(30_000 < accepted, "{accepted}");
    assert_eq!(spool.stats().full_refusals, 1);

    // Distress still finds room.
    let mut mayday = events[0].clone();
    mayday.kind = model::EventKind::Status(model::Status { emergency: Some(model::Emergency::General), ..model::Status::default() });
    let range = spool.append(std::slice::from_ref(&mayday)).unwrap();
    assert_eq!(range.first_seq, accepted + 1);

    // Nothing accepted was touched, and it is all readable.
    assert_eq!(spool.read_all().unwrap().len() as u64, accepted + 1);

    // An acknowledgement makes room by itself.
    spool.acknowledge(Watermark { epoch: spool.epoch(), seq: 20_000 }).unwrap();
    spool.append(&events).unwrap();
    assert!(0 < spool.stats().deleted_segments);
    let left = spool.read_all().unwrap();
    assert_eq!(left.last().unwrap().seq, accepted + 1001);
    assert!(left[0].seq <= 20_001);
}

#[test]
fn the_hard_bound_holds_even_for_distress() {
    let place = Place::new();
    let spool = place.open();
    let mut event = stream(1, 1).remove(0);
    event.kind = model::EventKind::Status(model::Status { emergency: Some(model::Emergency::General), ..model::Status::default() });
    let events = vec![event; 1000];
    let accepted = (0..100_000).find(|_| matches!(spool.append(&events), Err(SpoolError::Full { .. }))).expect("a bound");
    assert_eq!(spool.read_all().unwrap().len(), accepted * 1000);
    // Segments this small share pages, and only a page that is empty is room.
    spool.acknowledge(Watermark { epoch: spool.epoch(), seq: accepted as u64 * 500 }).unwrap();
    spool.append(&events[..10]).unwrap();
}

#[test]
fn the_writer_thread_stores_all_that_it_took() {
    let place = Place::new();
    let spool = Arc::new(place.open());
    let writer = SpoolWriter::start(Arc::clone(&spool), WriterConfig::default()).unwrap();
    let events = stream(9, 5000);
    let taken = events.iter().filter(|e| writer.push((*e).clone())).cloned().collect::<Vec<_>>();
    let counts = writer.stop();
    assert_eq!(counts.stored, taken.len() as u64);
    assert_eq!(counts.pushed, counts.stored + counts.queue_refused);
    assert_eq!(spool.read_all().unwrap().into_iter().map(|s| s.event).collect::<Vec<_>>(), taken);
}

#[test]
fn a_full_queue_refuses_at_once_and_lets_distress_in() {
    let place = Place::new();
    let spool = Arc::new(place.open());
    let config = WriterConfig { queue: 16, commit_interval: Duration::from_secs(3600), max_batch: 1_000_000 };
    let writer = SpoolWriter::start(Arc::clone(&spool), config).unwrap();
    let events = stream(9, 1);
    // The thread gathers for an hour, and what it gathered counts as waiting until it is committed.
    let waiting = |w: &SpoolWriter| w.shared.waiting.load(std::sync::atomic::Ordering::Relaxed);
    while waiting(&writer) < 14 {
        assert!(writer.push(events[0].clone()));
    }
    assert!(!writer.push(events[0].clone()));
    let mut mayday = events[0].clone();
    mayday.kind = model::EventKind::Status(model::Status { emergency: Some(model::Emergency::General), ..model::Status::default() });
    assert!(writer.push(mayday));
    let counts = writer.stop();
    assert_eq!((counts.queue_refused, counts.stored), (1, counts.pushed - 1));
}

#[test]
fn events_that_no_segment_holds_are_counted_and_do_not_stop_the_rest() {
    let place = Place::new();
    let spool = Arc::new(place.open());
    let mut events = stream(9, 10);
    events[4].kind =
        model::EventKind::Text(model::Text { kind: model::TextKind::Comment, to: None, body: "x".repeat(2000).into(), number: None });
    assert!(matches!(spool.append(&events), Err(SpoolError::Event { index: 4, .. })));
    let writer = SpoolWriter::start(Arc::clone(&spool), WriterConfig::default()).unwrap();
    events.into_iter().for_each(|e| assert!(writer.push(e)));
    let counts = writer.stop();
    assert_eq!((counts.stored, counts.event_refused), (9, 1));
}

fn distress(mmsi: u32) -> Event {
    let status = model::Status { emergency: Some(model::Emergency::ManOverboard), ..model::Status::default() };
    let subject = model::Subject::Vessel(model::Mmsi::new(mmsi).unwrap());
    Event { subject, kind: model::EventKind::Status(status), ..stream(1, 1).remove(0) }
}

fn urgent(spool: &Spool) -> Vec<(Epoch, u64)> {
    spool.urgent(usize::MAX).unwrap().into_iter().map(|item| (item.key.epoch, item.key.seq)).collect()
}

#[test]
fn urgent_events_wait_newest_first_through_a_restart_until_told_or_passed() {
    let place = Place::new();
    let spool = place.open();
    let mut events = stream(1, 300).into_iter().filter(|e| e.priority() != Priority::High).collect::<Vec<_>>();
    events.insert(100, distress(972_000_001));
    let first = spool.append(&events).unwrap();
    drop(spool);
    let spool = place.open();
    let second = spool.append(&[distress(972_000_002), distress(972_000_003)]).unwrap();
    assert_eq!(urgent(&spool), [(second.epoch, 2), (second.epoch, 1), (first.epoch, 101)]);
    assert_eq!(spool.urgent(1).unwrap().len(), 1);
    let mut copy = Vec::new();
    let item = spool.urgent(usize::MAX).unwrap().remove(2);
    crate::wire::Decoder::default().decode(&item.segment, &mut copy).unwrap();
    assert_eq!(copy, [distress(972_000_001)]);
    // Told: gone at once, and for good with the next housekeeping.
    spool.urgent_told(item.key);
    assert_eq!(urgent(&spool).len(), 2);
    spool.acknowledge(Watermark { epoch: second.epoch, seq: 1 }).unwrap();
    assert_eq!(urgent(&spool), [(second.epoch, 2)]);
    spool.housekeeping().unwrap();
    let stats = spool.stats();
    assert_eq!((stats.urgent_waiting, stats.urgent_told, stats.urgent_passed, stats.urgent_dropped), (1, 1, 1, 0));
    drop(spool);
    assert_eq!(urgent(&place.open()), [(second.epoch, 2)]);
}

#[test]
fn too_many_urgent_events_lose_their_lead_oldest_first_and_none_is_lost() {
    let place = Place::new();
    let spool = place.open();
    let crowd: Vec<Event> = (0..1_500).map(distress).collect();
    for chunk in crowd.chunks(100) {
        spool.append(chunk).unwrap();
    }
    let waiting = urgent(&spool);
    assert_eq!(waiting.len(), 1_024, "a spool of 1 MiB");
    assert_eq!((waiting[0].1, waiting[1_023].1), (1_500, 477));
    assert_eq!(spool.stats().urgent_dropped, 476);
    assert_eq!(spool.read_all().unwrap().len(), 1_500);
}

#[test]
fn a_damaged_copy_is_left_to_its_turn() {
    let place = Place::new();
    let spool = place.open();
    spool.append(&[distress(1), distress(2)]).unwrap();
    spool.lock_writer().db.execute("UPDATE urgent SET body = zeroblob(40) WHERE seq = 2", []).unwrap();
    assert_eq!(urgent(&spool), [(spool.epoch(), 1)]);
    assert_eq!((spool.stats().urgent_dropped, spool.read_all().unwrap().len()), (1, 2));
}

#[test]
fn a_spool_of_version_1_is_brought_up_to_date_and_a_later_one_is_refused() {
    let place = Place::new();
    let spool = place.open();
    let range = spool.append(&[distress(1)]).unwrap();
    drop(spool);
    // Version 1 was the same without this table.
    let db = Connection::open(place.path()).unwrap();
    db.execute_batch("DROP TABLE urgent; PRAGMA user_version = 1").unwrap();
    drop(db);
    let spool = place.open();
    assert_eq!(urgent(&spool), [], "what was urgent in its backlog has its turn");
    assert_eq!(spool.read_all().unwrap().len(), 1);
    spool.append(&[distress(2)]).unwrap();
    assert_eq!(urgent(&spool).len(), 1);
    assert_ne!(spool.epoch(), range.epoch);
    drop(spool);
    Connection::open(place.path()).unwrap().execute_batch("PRAGMA user_version = 3").unwrap();
    assert!(matches!(Spool::open(place.path(), small()), Err(SpoolError::Version { found: 3, known: 2, .. })));
}
