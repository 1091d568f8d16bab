//! Both machines against each other over a link that cuts, delays, repeats and swaps, between a spool and a database
//! that lose whatever was not committed. The seed is the bug report.

use super::{Found, Receiver, Sender, Step, Window};
use crate::intake::{Batch, Watermark};
use crate::testing::stream;
use crate::wire::{BootInfo, Control, Encoder, EpochSpan, Frame, HelloReply};
use model::{Epoch, Event, StationId, UnixMicros};
use proptest::prelude::*;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, VecDeque};

/// A segment: the first number, and the events.
type Segment = (u64, Vec<Event>);

/// What the spool has committed.
#[derive(Default)]
struct Disk {
    epochs: Vec<(Epoch, Vec<Segment>)>,
    acked: BTreeMap<Epoch, u64>,
}

impl Disk {
    fn last_seq(&self, epoch: Epoch) -> u64 {
        let (_, segments) = self.epochs.iter().find(|(e, _)| *e == epoch).expect("known");
        segments.last().map_or(0, |(first, events)| first + events.len() as u64 - 1)
    }

    fn append(&mut self, events: Vec<Event>) {
        let (epoch, _) = self.epochs[self.epochs.len() - 1];
        let first = self.last_seq(epoch) + 1;
        self.epochs.last_mut().expect("opened").1.push((first, events));
    }

    fn spans(&self) -> Vec<EpochSpan> {
        let span = |&(epoch, _): &(Epoch, _)| {
            let acked = self.acked.get(&epoch).copied().unwrap_or(0);
            EpochSpan { epoch, first_seq: acked + 1, last_seq: self.last_seq(epoch) }
        };
        self.epochs.iter().map(span).collect()
    }
}

/// What the database has committed.
#[derive(Default)]
struct Database {
    rows: Vec<(Epoch, u64, Event)>,
    watermarks: BTreeMap<Epoch, u64>,
}

impl Database {
    fn store(&mut self, batch: Batch) -> Watermark {
        let stored = self.watermarks.entry(batch.epoch).or_default();
        assert!(batch.first_seq <= *stored + 1, "the receiver let a hole through");
        for (seq, event) in (batch.first_seq..).zip(batch.events).filter(|(seq, _)| *stored < *seq).collect::<Vec<_>>() {
            *stored = seq;
            self.rows.push((batch.epoch, seq, event));
        }
        Watermark { epoch: batch.epoch, seq: *stored }
    }
}

/// One connection: both queues hold encoded frames.
struct Link {
    sender: Sender,
    receiver: Receiver,
    up: VecDeque<Vec<u8>>,
    down: VecDeque<Vec<u8>>,
    greeted: bool,
}

struct World {
    random: SmallRng,
    disk: Disk,
    database: Database,
    link: Option<Link>,
    encoder: Encoder,
    truth: Vec<(Epoch, u64, Event)>,
    source: std::vec::IntoIter<Event>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            random: SmallRng::seed_from_u64(seed),
            disk: Disk::default(),
            database: Database::default(),
            link: None,
            encoder: Encoder::default(),
            truth: Vec::new(),
            source: stream(seed, 600).into_iter(),
        };
        world.open_spool();
        world
    }

    fn open_spool(&mut self) {
        let epoch = Epoch(self.random.random());
        self.disk.epochs.push((epoch, Vec::new()));
        self.link = None;
    }

    fn produce(&mut self) {
        let count = self.random.random_range(1..20);
        let events: Vec<Event> = self.source.by_ref().take(count).collect();
        if events.is_empty() {
            return;
        }
        let (epoch, _) = self.disk.epochs[self.disk.epochs.len() - 1];
        let first = self.disk.last_seq(epoch) + 1;
        self.truth.extend((first..).zip(&events).map(|(seq, e)| (epoch, seq, e.clone())));
        self.disk.append(events);
    }

    fn connect(&mut self) {
        let station = StationId::new("alpha").expect("a slug");
        let window = Window { segments: self.random.random_range(1..5), bytes: 4000 };
        let (sender, hello) = Sender::new(station, self.disk.spans(), BootInfo::default(), window);
        let up = VecDeque::from([Control::Hello(hello).encode()[4..].to_vec()]);
        self.link = Some(Link { sender, receiver: Receiver::new(station), up, down: VecDeque::new(), greeted: false });
    }

    /// The station fills its window.
    fn send(&mut self) {
        let Some(link) = self.link.as_mut().filter(|l| l.greeted) else { return };
        while let Some(want) = link.sender.wants() {
            let (_, segments) = self.disk.epochs.iter().find(|(e, _)| *e == want.epoch).expect("wanted from the spans");
            let next = segments.iter().find(|(first, events)| want.from_seq < first + events.len() as u64);
            let Some((first, events)) = next else {
                if link.sender.drained() {
                    continue;
                }
                return;
            };
            let segment = self.encoder.encode(want.epoch, *first, events).expect("fits").segment;
            link.up.push_back([&Frame::segment_head(&segment)[4..], &segment].concat());
            link.sender.sent(first + events.len() as u64 - 1, segment.len());
        }
    }

    /// The central takes one frame. A refusal ends the connection.
    fn receive(&mut self) {
        let Some(link) = &mut self.link else { return };
        let Some(bytes) = link.up.pop_front() else { return };
        match link.receiver.on_frame(&bytes) {
            Ok(Step::Greet(epochs)) => {
                let stored = |epoch: Epoch| self.database.watermarks.get(&epoch).map(|&seq| Watermark { epoch, seq });
                let watermarks: Vec<_> = epochs.into_iter().filter_map(stored).collect();
                link.receiver.greeted(&watermarks);
                link.down.push_back(Control::HelloReply(HelloReply { watermarks, server_time: UnixMicros(0) }).encode()[4..].to_vec());
            }
            Ok(Step::Store(batch)) => {
                let ack = Control::Ack(self.database.store(batch)).encode()[4..].to_vec();
                link.down.push_back(ack);
            }
            Ok(Step::Lost(lost)) => panic!("nothing was lost: {lost:?}"),
            Err(_) => self.link = None,
        }
    }

    /// The station takes one answer.
    fn answer(&mut self) {
        let Some(link) = &mut self.link else { return };
        let Some(bytes) = link.down.pop_front() else { return };
        match Frame::decode(&bytes).expect("our own bytes") {
            Frame::Control(Control::HelloReply(reply)) => {
                for found in link.sender.on_reply(&reply).expect("a true answer") {
                    assert!(!matches!(found, Found::SpoolBehind { .. }), "nobody set the spool back");
                }
                link.greeted = true;
                reply.watermarks.into_iter().for_each(|w| acknowledge(&mut self.disk, w));
            }
            Frame::Control(Control::Ack(w)) if link.sender.on_ack(w).is_ok() => acknowledge(&mut self.disk, w),
            _ => self.link = None,
        }
    }

    /// Something that no TCP or QUIC stream does, and a broken middle or a bug might.
    fn garble(&mut self) {
        let Some(link) = &mut self.link else { return };
        let queue = if self.random.random() { &mut link.up } else { &mut link.down };
        if queue.len() < 2 {
            return;
        }
        let at = self.random.random_range(1..queue.len());
        match self.random.random_range(0..3) {
            0 => queue.swap(at - 1, at),
            1 => queue.push_back(queue[at].clone()),
            _ => drop(queue.remove(at)),
        }
    }

    fn step(&mut self, garbling: bool) {
        match self.random.random_range(0..100) {
            0..25 => self.produce(),
            25..45 => self.send(),
            45..70 => self.receive(),
            70..90 => self.answer(),
            90..93 if garbling => self.garble(),
            93..95 => self.link = None,
            95 => self.open_spool(),
            _ if self.link.is_none() => self.connect(),
            _ => {}
        }
    }

    /// A quiet link until all is delivered.
    fn settle(&mut self) {
        self.link = None;
        for _ in 0..10_000 {
            if self.link.is_none() {
                self.connect();
            }
            self.send();
            self.receive();
            self.answer();
            if self.database.rows.len() == self.truth.len() && self.link.as_ref().is_some_and(|l| l.sender.is_idle() && l.greeted) {
                return;
            }
        }
        panic!("{} of {} delivered", self.database.rows.len(), self.truth.len());
    }
}

fn acknowledge(disk: &mut Disk, w: Watermark) {
    let acked = disk.acked.entry(w.epoch).or_default();
    *acked = (*acked).max(w.seq);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_happens_the_database_ends_with_the_truth(seed in any::<u64>(), steps in 50..1500_usize, garbling in any::<bool>()) {
        let mut world = World::new(seed);
        for _ in 0..steps {
            world.step(garbling);
        }
        world.settle();
        if garbling {
            // Where streams are garbled, order holds within an epoch.
            let place = |e: &Epoch| world.disk.epochs.iter().position(|(known, _)| known == e);
            world.database.rows.sort_by_key(|(epoch, _, _)| place(epoch));
        }
        prop_assert_eq!(world.database.rows.len(), world.truth.len());
        let differs = world.database.rows.iter().zip(&world.truth).position(|(row, truth)| row != truth);
        prop_assert_eq!(differs, None);
        for (epoch, _) in &world.disk.epochs {
            let last = world.disk.last_seq(*epoch);
            prop_assert_eq!(world.disk.acked.get(epoch).copied().unwrap_or(0), last);
        }
    }
}

#[test]
fn a_central_that_lies_is_not_believed() {
    let epoch = Epoch(5);
    let span = EpochSpan { epoch, first_seq: 1, last_seq: 10 };
    let new = || Sender::new(StationId::new("alpha").expect("a slug"), vec![span], BootInfo::default(), Window::default()).0;
    let reply = |epoch, seq| HelloReply { watermarks: vec![Watermark { epoch, seq }], server_time: UnixMicros(0) };
    assert!(new().on_reply(&reply(Epoch(6), 1)).is_err());
    let mut sender = new();
    assert_eq!(sender.on_reply(&reply(epoch, 4)), Ok(vec![Found::Resume { epoch, stored: 4 }]));
    assert_eq!(sender.wants().map(|w| w.from_seq), Some(5));
    sender.sent(7, 100);
    assert!(sender.on_ack(Watermark { epoch, seq: 8 }).is_err());
    assert!(sender.on_ack(Watermark { epoch: Epoch(1), seq: 1 }).is_err());
    assert_eq!(sender.on_ack(Watermark { epoch, seq: 7 }), Ok(()));
    assert_eq!(sender.segments_in_flight(), 0);
    let behind = Found::SpoolBehind { epoch, stored: 99, last_seq: 10 };
    assert_eq!(new().on_reply(&reply(epoch, 99)), Ok(vec![behind]));
}
