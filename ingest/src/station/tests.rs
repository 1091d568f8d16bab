//! Stations of test sources: nothing lost, one receiver failing alone, order, stop.

use super::*;
use crate::counters::ReceiverState;
use crate::framing::Framing;
use crate::profile::ProfileChoice;
use crate::receiver::Input;
use crate::testing::{ENTRY, Marks, ident};
use decoders::Profile;
use hw::fault::{FaultInjector, FaultPlan};
use hw::{ByteSource, Chunk, SampleSource, SourceError, SourceInfo};
use model::{Event, IqFormat, Raw, ReceiverId, Tuning};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// Keeps what it gets.
#[derive(Clone, Default)]
struct Collect(Arc<Mutex<Vec<Event>>>);

impl Sink for Collect {
    fn event(&mut self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Collect {
    fn marks(&self) -> Vec<u8> {
        self.0.lock().unwrap().iter().map(|e| e.raw.as_slice()[0]).collect()
    }
    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

fn spec(id: u8, open: impl FnMut() -> Result<Box<dyn SampleSource>, SourceError> + Send + 'static) -> ReceiverSpec {
    ReceiverSpec {
        id: ReceiverId(id),
        name: format!("r{id}"),
        protocol: &ENTRY,
        profile: ProfileChoice::Always(Profile::Full),
        input: Input::Samples(Box::new(open)),
        mode_ac: false,
        start_utc: Some(UnixMicros(0)),
    }
}

fn start(specs: Vec<ReceiverSpec>) -> (StationHandle, Collect) {
    let sink = Collect::default();
    (Station::start(specs, &StationOptions::default(), sink.clone()).unwrap(), sink)
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if done() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("30 s passed without: {what}");
}

fn marks(n: u64) -> Vec<u8> {
    (0..n).map(Marks::mark).collect()
}

/// A live source: the marks at about 20 times life speed, then silence until the test lets it end.
struct Live {
    marks: Marks,
    hold: Arc<AtomicBool>,
}

impl SampleSource for Live {
    fn info(&self) -> SourceInfo {
        self.marks.info()
    }
    fn tuning(&self) -> Tuning {
        self.marks.tuning()
    }
    fn format(&self) -> IqFormat {
        self.marks.format()
    }
    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        if self.marks.next == self.marks.blocks && self.hold.load(Relaxed) {
            std::thread::park_timeout(Duration::from_millis(5));
            return Err(SourceError::Stalled { what: "live".into(), millis: 5 });
        }
        std::thread::park_timeout(Duration::from_micros(50));
        self.marks.read(buf)
    }
}

#[test]
fn a_recording_arrives_whole_and_in_order() {
    let (station, sink) = start(vec![spec(0, || Ok(Box::new(Marks::new(false, 10_000))))]);
    let report = station.wait();
    assert_eq!(sink.marks(), marks(10_000));
    let r = &report.receivers[0];
    assert_eq!((r.state, r.counters.blocks, r.counters.frames), (ReceiverState::Ended, 10_000, 10_000));
    assert_eq!((r.counters.dropped_pool_empty, r.demodulator.frames, report.hung_sources), (0, 10_000, 0));
    assert_eq!((report.protocols[0].1.events, report.merge.late, report.merge.duplicates), (10_000, 0, 0));
}

#[test]
fn stop_delivers_everything_that_was_sampled() {
    // Fewer blocks than the pool has: nothing is dropped, however slow the machine.
    let hold = Arc::new(AtomicBool::new(true));
    let open = move || Ok(Box::new(Live { marks: Marks::new(true, 250), hold: Arc::clone(&hold) }) as Box<dyn SampleSource>);
    let (options, sink) = (StationOptions { blocks: 256, ..StationOptions::default() }, Collect::default());
    let station = Station::start(vec![spec(0, open)], &options, sink.clone()).unwrap();
    wait_until("samples", || 100 < station.receivers()[0].counters.blocks);
    let report = station.stop();
    let counters = report.receivers[0].counters;
    assert_eq!((report.receivers[0].state, counters.dropped_pool_empty), (ReceiverState::Stopped, 0));
    assert_eq!(sink.marks(), marks(counters.blocks));
}

#[test]
fn the_sink_too_slow_for_a_live_source_costs_counted_samples_and_nothing_decoded() {
    struct Slow(Collect, Arc<AtomicBool>);
    impl Sink for Slow {
        fn event(&mut self, event: Event) {
            while self.1.load(Relaxed) {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            self.0.event(event);
        }
    }
    let (sink, blocked) = (Collect::default(), Arc::new(AtomicBool::new(true)));
    let hold = Arc::new(AtomicBool::new(true));
    let blocks = 9_000;
    let open = move || Ok(Box::new(Live { marks: Marks::new(true, blocks), hold: Arc::clone(&hold) }) as Box<dyn SampleSource>);
    let slow = Slow(sink.clone(), Arc::clone(&blocked));
    let station = Station::start(vec![spec(0, open)], &StationOptions { blocks: 4, ..StationOptions::default() }, slow).unwrap();
    wait_until("the source's end", || station.receivers()[0].counters.blocks == blocks);
    blocked.store(false, Relaxed);
    wait_until("delivery", || {
        sink.len() as u64 == station.receivers()[0].counters.frames && station.receivers()[0].state == ReceiverState::Stalled
    });
    let report = station.stop();
    let c = report.receivers[0].counters;
    assert!(0 < c.dropped_pool_empty);
    assert_eq!(c.panics, 0, "each hole was told to the demodulator");
    assert!((3..=4).contains(&c.blocks_waiting_max), "{}", c.blocks_waiting_max);
    // Each block has one frame: what was not dropped was delivered.
    assert_eq!(sink.len() as u64, blocks - c.dropped_pool_empty / Marks::BLOCK as u64);
    assert_eq!(report.merge.events, sink.len() as u64);
}

#[test]
fn unplugged_panicking_and_stalling_sources_come_back_and_the_others_do_not_notice() {
    let plan = FaultPlan { seed: 7, short_1_in: 0, stall_1_in: 9, lost_1_in: 11, unplug_at: vec![40], absent_opens: 1, panic_at: Some(90) };
    let injector = FaultInjector::new(plan);
    let opener = injector.clone();
    let taken = Arc::new(AtomicU64::new(0));
    let open = move || {
        let first = taken.fetch_add(1, Relaxed) * 1_000;
        opener.open(|| {
            let mut marks = Marks::new(true, 1_000_000);
            marks.next = first;
            Ok(Box::new(Live { marks, hold: Arc::new(AtomicBool::new(true)) }))
        })
    };
    let (station, sink) = start(vec![spec(0, open), spec(1, || Ok(Box::new(Marks::new(false, 3_000))))]);
    wait_until("two returns", || 2 <= station.receivers()[0].counters.restarts && 200 < injector.faults().reads);
    wait_until("the other's end", || station.receivers()[1].state == ReceiverState::Ended);
    let report = station.stop();
    let (faulty, good) = (&report.receivers[0].counters, &report.receivers[1].counters);
    let faults = injector.faults();
    assert_eq!((faulty.panics, faulty.restarts, faulty.source_errors), (1, 2, 3), "{faults:?}");
    assert!(faulty.stalls == faults.stalls && faulty.dropped_by_source == faults.lost_samples);
    assert_eq!(faulty.samples, faults.given_samples);
    assert!(2 <= faulty.dropped_source_away);
    assert_eq!((good.frames, good.panics, good.restarts), (3_000, 0, 0));
    let from = |id| sink.0.lock().unwrap().iter().filter(|e| e.receiver == ReceiverId(id)).count() as u64;
    // The two share marks and time base: what one lacks by de-duplication the other has.
    assert_eq!(from(0) + from(1) + report.merge.duplicates, faulty.frames + 3_000);
}

#[test]
fn a_demodulator_that_panics_loses_its_block_and_starts_anew() {
    let open = || {
        let mut marks = Marks::new(false, 100);
        marks.panic_at = Some(50);
        Ok(Box::new(marks) as Box<dyn SampleSource>)
    };
    let (station, sink) = start(vec![spec(0, open)]);
    let report = station.wait();
    let c = report.receivers[0].counters;
    assert_eq!((c.panics, c.dropped_after_panic, report.receivers[0].state), (1, Marks::BLOCK as u64, ReceiverState::Ended));
    // The test demodulator held back the frame of block 49, which went with it.
    let want: Vec<u8> = (0..100).filter(|n| !(49..=50).contains(n)).map(Marks::mark).collect();
    assert_eq!(sink.marks(), want);
    assert!(report.receivers[0].error.as_ref().unwrap().contains("a mark that panics"));
}

#[test]
fn a_message_decoder_that_panics_costs_one_frame() {
    struct Poison(Marks);
    impl SampleSource for Poison {
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
            let chunk = self.0.read(buf)?;
            if self.0.next == 10 && chunk.bytes != 0 {
                buf[chunk.bytes / 4 * 2 + 1] = 0xBD;
            }
            Ok(chunk)
        }
    }
    let (station, sink) = start(vec![spec(0, || Ok(Box::new(Poison(Marks::new(false, 20)))))]);
    let report = station.wait();
    assert_eq!((report.merge.panics, sink.len()), (1, 19));
}

#[test]
fn a_rate_that_nobody_takes_fails_its_receiver_and_says_why() {
    let open = || {
        let mut marks = Marks::new(false, 1_000_000);
        marks.rate_sps = 1_000_000;
        Ok(Box::new(marks) as Box<dyn SampleSource>)
    };
    let (station, _sink) = start(vec![spec(0, open)]);
    let report = station.wait();
    assert_eq!(report.receivers[0].state, ReceiverState::Failed);
    assert_eq!(report.receivers[0].error.as_deref(), Some("adsb can't be received at 1000000 samples/s; use one of 2000000"));
}

#[test]
fn a_source_that_can_not_be_used_is_not_tried_again() {
    let tries = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&tries);
    let open = move || {
        count.fetch_add(1, Relaxed);
        Err(SourceError::Unusable { what: "x".into(), why: "wrong".into() })
    };
    let (station, _sink) = start(vec![spec(0, open)]);
    let report = station.wait();
    assert_eq!((report.receivers[0].state, tries.load(Relaxed)), (ReceiverState::Failed, 1));
    assert_eq!(report.receivers[0].error.as_deref(), Some("x: wrong"));
}

#[test]
fn two_receivers_of_one_sky_give_each_transmission_once_in_order() {
    let (station, sink) =
        start(vec![spec(0, || Ok(Box::new(Marks::new(false, 2_000)))), spec(1, || Ok(Box::new(Marks::new(false, 2_000))))]);
    let report = station.wait();
    assert_eq!(report.merge.duplicates, 2_000);
    assert_eq!(sink.marks(), marks(2_000));
    let times: Vec<UnixMicros> = sink.0.lock().unwrap().iter().map(|e| e.at).collect();
    assert!(times.is_sorted());
}

#[test]
fn a_feed_is_framed_and_comes_back_after_a_loss() {
    struct Feed {
        bytes: Vec<u8>,
        hold: Arc<AtomicBool>,
    }
    impl ByteSource for Feed {
        fn info(&self) -> SourceInfo {
            SourceInfo { kind: "feed", name: "feed".into(), live: true }
        }
        fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
            if self.bytes.is_empty() && self.hold.load(Relaxed) {
                std::thread::park_timeout(Duration::from_millis(5));
                return Err(SourceError::Stalled { what: "feed".into(), millis: 5 });
            }
            if self.bytes.is_empty() {
                return Err(SourceError::Lost { what: "feed".into(), source: std::io::ErrorKind::ConnectionReset.into() });
            }
            let n = self.bytes.len().min(13);
            buf[..n].copy_from_slice(&self.bytes[..n]);
            self.bytes.drain(..n);
            Ok(n)
        }
    }
    let opens = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&opens);
    let open = move || {
        let first = count.fetch_add(1, Relaxed);
        let text: String = (0..50).map(|n| format!("*{};\nnoise\n", Raw::new(&ident(first * 100 + n)).hex())).collect();
        Ok(Box::new(Feed { bytes: text.into_bytes(), hold: Arc::new(AtomicBool::new(0 < first)) }) as Box<dyn ByteSource>)
    };
    let mut feed = spec(3, || unreachable!());
    feed.start_utc = None;
    feed.input = Input::Bytes(Box::new(open), Framing::Lines);
    let (station, sink) = start(vec![feed]);
    wait_until("frames of both connections", || sink.len() == 100);
    wait_until("silence", || station.receivers()[0].state == ReceiverState::Stalled);
    let report = station.stop();
    let c = report.receivers[0].counters;
    assert_eq!((c.frames, c.feed_refused, c.restarts, c.source_errors), (100, 100, 1, 1));
    assert!(sink.0.lock().unwrap().iter().all(|e| 0 < e.at.0 && e.receiver == ReceiverId(3)));
}

#[test]
fn stations_that_can_not_be() {
    let none = Station::start(vec![], &StationOptions::default(), Collect::default()).unwrap_err();
    assert_eq!(none.to_string(), "a station needs 1 to 16 receivers; 0 are configured");
    let twice = vec![spec(1, || unreachable!()), spec(1, || unreachable!())];
    let same = Station::start(twice, &StationOptions::default(), Collect::default()).unwrap_err();
    assert_eq!(same.to_string(), "receivers \"r1\" and \"r1\" have the same place in the configuration");
}

#[test]
fn a_network_feed_that_restarts_is_found_again() {
    use std::io::Write;
    use std::net::TcpListener;
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let far = std::thread::spawn(move || {
        for round in 0..3 {
            let (mut peer, _) = server.accept().unwrap();
            for n in 0..20_u64 {
                // Beast: ticks, signal, frame; each 0x1A in them doubled.
                let mut body = (12_000 * (n + 1)).to_be_bytes()[2..].to_vec();
                body.push(100);
                body.extend(ident(round * 100 + n));
                let escaped: Vec<u8> = body.iter().flat_map(|&b| std::iter::repeat_n(b, 1 + usize::from(b == 0x1A))).collect();
                peer.write_all(b"\x1a3").unwrap();
                peer.write_all(&escaped).unwrap();
            }
        }
    });
    let mut feed = spec(0, || unreachable!());
    feed.start_utc = None;
    let open = move || Ok(Box::new(hw::TcpFeed::connect("beast", &address)?) as Box<dyn ByteSource>);
    feed.input = Input::Bytes(Box::new(open), Framing::Beast);
    let (station, sink) = start(vec![feed]);
    wait_until("frames of three connections", || sink.len() == 60);
    far.join().unwrap();
    let report = station.stop();
    let c = report.receivers[0].counters;
    assert_eq!((c.frames, c.feed_refused, c.restarts), (60, 0, 2));
    assert!(sink.0.lock().unwrap().iter().all(|e| e.signal.rssi.is_some()));
}

#[test]
fn a_recording_at_life_speed_is_heard_now() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("life_2000k.cu8");
    let mut bytes = vec![0; 2 * 200_000];
    for n in 0..20 {
        bytes[20_000 * n] = 0xAA;
        bytes[20_000 * n + 1] = n as u8 + 1;
    }
    std::fs::write(&path, bytes).unwrap();
    let utc = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64;
    let before = utc();
    let options = hw::RecordingOptions { pace: hw::Pace::Life, ..Default::default() };
    let mut life = spec(0, move || Ok(Box::new(hw::Recording::open(&path, &options)?) as Box<dyn SampleSource>));
    life.start_utc = None;
    let (station, sink) = start(vec![life]);
    let report = station.wait();
    let after = utc();
    assert_eq!(sink.marks(), (1..=20).collect::<Vec<u8>>());
    let times: Vec<i64> = sink.0.lock().unwrap().iter().map(|e| e.at.0).collect();
    assert!(times.is_sorted() && before <= times[0] && *times.last().unwrap() <= after, "{before} {times:?} {after}");
    assert_eq!(report.receivers[0].counters.samples, 200_000);
}

/// A read that never returns, as one in a wedged driver.
struct Hung(Option<Marks>);

impl SampleSource for Hung {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "hung", name: "hung".into(), live: true }
    }
    fn tuning(&self) -> Tuning {
        crate::testing::TUNING
    }
    fn format(&self) -> IqFormat {
        IqFormat::Cu8
    }
    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        match &mut self.0 {
            Some(marks) if marks.next < marks.blocks => marks.read(buf),
            _ => loop {
                std::thread::park();
            },
        }
    }
}

impl ByteSource for Hung {
    fn info(&self) -> SourceInfo {
        SampleSource::info(self)
    }
    fn read(&mut self, _buf: &mut [u8]) -> Result<usize, SourceError> {
        loop {
            std::thread::park();
        }
    }
}

#[test]
fn sources_that_hang_are_seen_and_hold_up_neither_the_others_nor_the_stop() {
    let mut feed = spec(1, || unreachable!());
    feed.input = Input::Bytes(Box::new(|| Ok(Box::new(Hung(None)) as Box<dyn ByteSource>)), Framing::Beast);
    let samples = spec(0, || Ok(Box::new(Hung(Some(Marks::new(true, 20))))));
    let (station, sink) = start(vec![samples, feed]);
    wait_until("the watchdog", || station.receivers().iter().all(|r| r.state == ReceiverState::Stalled));
    let report = station.stop();
    assert_eq!(report.hung_sources, 2);
    // The last frame was held back by the demodulator: giving up its source brought it out.
    assert_eq!(sink.marks(), marks(20));
}
