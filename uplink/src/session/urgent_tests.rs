//! What goes ahead, and that a lane which loses, doubles, swaps and breaks, beside an ordered delivery that comes when it
//! likes, shows every urgent event once and stores it once.

use super::*;
use crate::intake::{Batch, Intake};
use crate::testing::{MemoryIntake, stream};
use crate::wire::{Control, Decoder, Encoder, Frame};
use model::{Epoch, LatLon, Mmsi, Position, PositionSource, StationId, Status};
use proptest::prelude::*;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

fn event(mmsi: u32, second: i64, kind: EventKind) -> Event {
    let subject = Subject::Vessel(Mmsi::new(mmsi).unwrap());
    Event { at: UnixMicros::from_secs(1_795_392_000 + second), subject, kind, ..stream(1, 1).remove(0) }
}

fn alarm(emergency: Emergency) -> EventKind {
    EventKind::Status(Status { emergency: Some(emergency), ..Status::default() })
}

fn place() -> EventKind {
    EventKind::Position(Position::bare(LatLon::from_degrees(52.0, 4.0).unwrap(), PositionSource::SelfReported))
}

#[test]
fn a_distress_goes_ahead_with_its_place_and_repeats_are_thinned() {
    let mut urgency = Urgency::default();
    assert_eq!(urgency.choose(&[event(1, 0, place())]), [0; 0], "nobody is in distress");
    // The place before the distress, in one frame; another vessel's place.
    assert_eq!(urgency.choose(&[event(1, 1, place()), event(1, 1, alarm(Emergency::General)), event(2, 1, place())]), [0, 1]);
    assert_eq!(urgency.choose(&[event(1, 5, alarm(Emergency::General)), event(1, 5, place())]), [0; 0], "the same within 10 s");
    assert_eq!(urgency.choose(&[event(1, 6, alarm(Emergency::Medical))]), [0], "another emergency is news");
    assert_eq!(urgency.choose(&[event(1, 12, alarm(Emergency::General)), event(1, 12, place())]), [0, 1]);
    let over = event(1, 13, alarm(Emergency::None));
    assert_eq!(urgency.choose(std::slice::from_ref(&over)), [0], "that it is over goes ahead too");
    assert_eq!(urgency.choose(&[event(1, 700, place())]), [0; 0], "ten minutes after the last distress");
}

#[test]
fn what_was_not_stored_is_no_repeat() {
    let mut urgency = Urgency::default();
    let events = [event(1, 0, alarm(Emergency::General)), event(1, 0, place())];
    assert_eq!(urgency.choose(&events), [0, 1]);
    urgency.forget(&events);
    assert_eq!(urgency.choose(&events), [0, 1]);
    assert_eq!(urgency.choose(&events), [0; 0]);
}

#[test]
fn a_crowd_in_distress_is_bounded_and_the_newest_stay() {
    let mut urgency = Urgency::default();
    for i in 0..3_000 {
        assert_eq!(urgency.choose(&[event(i, i.into(), alarm(Emergency::General))]), [0]);
        assert!(urgency.subjects.len() <= SUBJECTS_MAX);
    }
    assert_eq!(urgency.choose(&[event(2_999, 3_001, alarm(Emergency::General))]), [0; 0]);
    assert_eq!(urgency.choose(&[event(0, 3_001, alarm(Emergency::General))]), [0], "forgotten, so told again");
}

#[test]
fn the_window_is_kept_and_only_what_was_sent_is_acknowledged() {
    let mut sender = UrgentSender::default();
    let key = |seq| UrgentKey { epoch: Epoch(1), seq };
    assert!((1..=URGENT_WINDOW as u64).all(|seq| sender.send(key(seq))));
    assert_eq!((sender.wants(), sender.send(key(99))), (0, false));
    assert_eq!(sender.on_ack(key(99)), Err(NotSent(key(99))));
    assert_eq!(sender.on_ack(key(3)), Ok(()));
    assert!(!sender.send(key(4)), "it is on its way");
    assert!(sender.send(key(3)) && sender.in_flight() == URGENT_WINDOW);
}

/// What the spool has committed: numbered events, and which of them wait to be told.
struct Disk {
    events: Vec<Event>,
    waiting: BTreeMap<u64, Vec<u8>>,
    acked: u64,
}

/// On their way, without their lengths.
type Frames = Vec<Vec<u8>>;

struct World {
    random: SmallRng,
    runtime: tokio::runtime::Runtime,
    urgency: Urgency,
    disk: Disk,
    /// Told, and not yet written down.
    told: Vec<u64>,
    central: MemoryIntake,
    lane: Option<(UrgentSender, Frames, Frames)>,
    urgent: Vec<u64>,
}

const EPOCH: Epoch = Epoch(7);

impl World {
    fn new(seed: u64) -> Self {
        Self {
            random: SmallRng::seed_from_u64(seed),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            urgency: Urgency::default(),
            disk: Disk { events: Vec::new(), waiting: BTreeMap::new(), acked: 0 },
            told: Vec::new(),
            central: MemoryIntake::default(),
            lane: None,
            urgent: Vec::new(),
        }
    }

    fn produce(&mut self) {
        let second = self.disk.events.len() as i64;
        let kind = |n: u32| if n.is_multiple_of(4) { alarm(Emergency::General) } else { place() };
        let events: Vec<Event> = (0..self.random.random_range(1..6))
            .map(|i| event(self.random.random_range(0..9), second + i, kind(self.random.random())))
            .collect();
        for index in self.urgency.choose(&events) {
            let seq = self.disk.events.len() as u64 + 1 + index as u64;
            let segment = Encoder::default().encode(EPOCH, seq, &events[index..=index]).unwrap().segment;
            self.disk.waiting.insert(seq, segment);
            self.urgent.push(seq);
        }
        self.disk.events.extend(events);
    }

    fn send(&mut self) {
        let Some((sender, up, _)) = &mut self.lane else { return };
        let limit = sender.wants();
        let waits = |seq: &u64| self.disk.acked < *seq && !self.told.contains(seq);
        for (seq, segment) in self.disk.waiting.iter().rev().filter(|(seq, _)| waits(seq)).take(limit) {
            if sender.send(UrgentKey { epoch: EPOCH, seq: *seq }) {
                up.push(Frame::urgent(segment)[4..].to_vec());
            }
        }
    }

    fn receive(&mut self) {
        let Some((_, up, down)) = &mut self.lane else { return };
        if up.is_empty() {
            return;
        }
        let bytes = up.remove(0);
        let Ok(Frame::Urgent(segment)) = Frame::decode(&bytes) else { panic!("our own bytes") };
        let mut events = Vec::new();
        let header = Decoder::default().decode(segment, &mut events).unwrap();
        let key = UrgentKey { epoch: header.epoch, seq: header.first_seq };
        self.runtime.block_on(self.central.urgent(station(), key, events.remove(0))).unwrap();
        down.push(Control::UrgentAck(key).encode()[4..].to_vec());
    }

    fn answer(&mut self) {
        let Some((sender, _, down)) = &mut self.lane else { return };
        if down.is_empty() {
            return;
        }
        let bytes = down.remove(0);
        let Ok(Frame::Control(Control::UrgentAck(key))) = Frame::decode(&bytes) else { panic!("our own bytes") };
        match sender.on_ack(key) {
            Ok(()) => self.told.push(key.seq),
            Err(_) => self.lane = None,
        }
    }

    /// The ordered delivery takes a step; its acknowledgement may be lost.
    fn deliver(&mut self) {
        let stored = self.central.row_count();
        let last = (stored + self.random.random_range(1..8)).min(self.disk.events.len());
        let from = self.disk.acked as usize;
        if from < last {
            let batch = Batch { epoch: EPOCH, first_seq: from as u64 + 1, events: self.disk.events[from..last].to_vec() };
            let watermark = self.runtime.block_on(self.central.store(station(), batch)).unwrap();
            if self.random.random_bool(0.8) {
                self.disk.acked = watermark.seq;
            }
        }
    }

    fn garble(&mut self) {
        let Some((_, up, down)) = &mut self.lane else { return };
        let queue = if self.random.random() { up } else { down };
        if queue.len() < 2 {
            return;
        }
        let at = self.random.random_range(1..queue.len());
        match self.random.random_range(0..3) {
            0 => queue.swap(at - 1, at),
            1 => queue.push(queue[at].clone()),
            _ => drop(queue.remove(at)),
        }
    }

    fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..20 => self.produce(),
            20..40 => self.send(),
            40..60 => self.receive(),
            60..75 => self.answer(),
            75..82 => self.deliver(),
            82..87 => self.garble(),
            87..90 => self.lane = None,
            // The station is killed: what was not written down is forgotten.
            90 => (self.lane, self.urgency) = (None, Urgency::default()),
            91 => self.told.clear(),
            // Housekeeping.
            92..94 => {
                let (told, acked) = (std::mem::take(&mut self.told), self.disk.acked);
                self.disk.waiting.retain(|seq, _| acked < *seq && !told.contains(seq));
            }
            _ if self.lane.is_none() => self.lane = Some((UrgentSender::default(), Vec::new(), Vec::new())),
            _ => {}
        }
    }
}

fn station() -> StationId {
    StationId::new("alpha").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_urgent_event_is_shown_once_and_stored_once(seed in any::<u64>(), steps in 20..600_usize) {
        let mut world = World::new(seed);
        for _ in 0..steps {
            world.step();
        }
        // A quiet lane: everything urgent is known before anything more is stored.
        world.lane = Some((UrgentSender::default(), Vec::new(), Vec::new()));
        let stored = world.central.row_count();
        for _ in 0..2_000 {
            world.send();
            world.receive();
            world.answer();
        }
        let shown: Vec<u64> = world.central.shown().iter().map(|row| row.seq).collect();
        for seq in &world.urgent {
            prop_assert_eq!(shown.iter().filter(|s| *s == seq).count(), 1, "event {} of {}", seq, stored);
        }
        // Then the backlog.
        while world.central.row_count() < world.disk.events.len() {
            world.deliver();
        }
        let rows: Vec<Event> = world.central.rows().into_iter().map(|row| row.event).collect();
        prop_assert_eq!(&rows, &world.disk.events);
        let mut shown: Vec<u64> = world.central.shown().iter().map(|row| row.seq).collect();
        shown.sort_unstable();
        prop_assert!(shown.into_iter().eq(1..=rows.len() as u64), "each is shown once, by whichever way it came first");
    }
}
