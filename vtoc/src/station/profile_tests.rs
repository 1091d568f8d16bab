//! A station under a sky that is busy for a while: it goes on in the fast profile instead of dropping samples, comes back when
//! the traffic calms, and tells both in `/metrics`. What the demodulator's work costs is told, not measured: no machine is too
//! slow or too fast for this test.

use super::*;
use decoders::Profile;
use hw::{Chunk, SampleSource, SourceError, SourceInfo};
use ingest::{Input, ProfileChoice, ReceiverSpec, Stopwatch};
use model::{Event, IqBlock, IqFormat, IqSamples, ReceiverId, Tuning};
use sim::adsb::modulate::PS_PER_S;
use sim::adsb::scenario::Scenario;
use sim::adsb::{Content, ModeS};
use sim::rng::Rng;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

const TUNING: Tuning = Tuning { center_hz: 1_090_000_000, rate_sps: 2_400_000 };
const BLOCK_BYTES: usize = 131_072;
/// The source waits when so many blocks have not been demodulated.
const AHEAD_MAX: u64 = 8;

static CALM: AtomicBool = AtomicBool::new(false);
static DONE: AtomicU64 = AtomicU64::new(0);

/// Half a second of scenario B's traffic, over and over, and then of noise; as live as the demodulator is fast.
struct Sky {
    busy: Vec<u8>,
    calm: Vec<u8>,
    at: usize,
    given: u64,
}

impl Sky {
    fn new() -> Self {
        let mut rng = Rng::stream(7, &[1]);
        let frame = |i: u32| {
            let mut body = [0_u8; 11];
            body.iter_mut().for_each(|b| *b = rng.below(256) as u8);
            body[0] = 0x8D;
            body[1..4].copy_from_slice(&(0x40_0000 + (i % 60) * 0x123F).to_be_bytes()[1..]);
            ModeS::seal(&body, 0)
        };
        let content = Content::from_frames((0..3_000).map(frame).collect());
        let render = |scenario: Scenario| Scenario { duration_ps: PS_PER_S / 2, ..scenario }.plan(&content).render().0;
        Self { busy: render(Scenario::b()), calm: render(Scenario::noise()), at: 0, given: 0 }
    }
}

impl SampleSource for Sky {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "sim", name: "scenario B".into(), live: true }
    }
    fn tuning(&self) -> Tuning {
        TUNING
    }
    fn format(&self) -> IqFormat {
        IqFormat::Cu8
    }
    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let since = Instant::now();
        while DONE.load(Relaxed) + AHEAD_MAX <= self.given {
            if Duration::from_millis(500) < since.elapsed() {
                return Err(SourceError::Stalled { what: "sky".into(), millis: 500 });
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        let signal = if CALM.load(Relaxed) { &self.calm } else { &self.busy };
        self.at = if signal.len() < self.at + BLOCK_BYTES { 0 } else { self.at };
        buf[..BLOCK_BYTES].copy_from_slice(&signal[self.at..self.at + BLOCK_BYTES]);
        (self.at, self.given) = (self.at + BLOCK_BYTES, self.given + 1);
        Ok(Chunk { bytes: BLOCK_BYTES, ..Chunk::default() })
    }
}

/// The full profile takes longer than life for busy samples.
fn work_us(block: &IqBlock<'_>, profile: Profile) -> u64 {
    let IqSamples::Cu8(bytes) = block.samples else { panic!("cu8 only") };
    let loud = bytes.iter().filter(|b| 20 < b.abs_diff(128)).count();
    let of_life = match (bytes.len() / 50 < loud, profile) {
        (true, Profile::Full) => 1.6,
        (true, Profile::Fast) => 0.4,
        (false, Profile::Full) => 0.3,
        (false, Profile::Fast) => 0.08,
    };
    DONE.fetch_add(1, Relaxed);
    (bytes.len() as f64 / 2.0 / 2.4 * of_life) as u64
}

struct Nowhere;

impl ingest::Sink for Nowhere {
    fn event(&mut self, _event: Event) {}
}

fn metrics(address: std::net::SocketAddr) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    line.trim().parse().unwrap()
}

const FAST: &str = "vtoc_receiver_profile{receiver=\"sky\",profile=\"fast\"}";

fn wait_until(address: std::net::SocketAddr, what: &str, done: impl Fn(&str) -> bool) -> String {
    for _ in 0..6_000 {
        let text = metrics(address);
        if text.contains(FAST) && done(&text) {
            return text;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("a minute passed without: {what}\n{}", metrics(address));
}

#[test]
fn a_busy_sky_is_received_in_the_fast_profile_and_a_calm_one_in_full() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    let spec = ReceiverSpec {
        id: ReceiverId(0),
        name: "sky".into(),
        protocol: &decoders::adsb::PROTOCOL,
        profile: ProfileChoice::Auto,
        input: Input::Samples(Box::new(|| Ok(Box::new(Sky::new())))),
        mode_ac: false,
        start_utc: None,
    };
    let options = StationOptions { stopwatch: Stopwatch::Told(work_us), ..StationOptions::default() };
    let ingest = Station::start(vec![spec], &options, Nowhere).unwrap();
    let spool = Arc::new(open_spool(&settings, dir.path()).unwrap());
    let parts = Arc::new(Parts {
        ingest: Mutex::new(Some(ingest)),
        writer: Mutex::new(None),
        spool,
        uplink: None,
        feeds: Vec::new(),
        igate: None,
        transmit: None,
    });
    let runtime = service::runtime(1).unwrap();
    let (stop, stopped) = watch::channel(false);
    let address = runtime.block_on(async {
        let listener = service::listen(std::net::SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let hub = Hub::start(Limits::STATION, clock());
        let router = api::station::router(console(&settings, StationId::new("alpha").unwrap(), &hub, &parts));
        tokio::spawn(service::serve(listener, router, stopped));
        address
    });

    let busy = wait_until(address, "the fast profile", |text| {
        value(text, FAST) == 1.0 && 8.0 < value(text, "vtoc_receiver_profile_seconds_total{receiver=\"sky\",profile=\"fast\"}")
    });
    assert_eq!(value(&busy, "vtoc_receiver_profile{receiver=\"sky\",profile=\"full\"}"), 0.0);
    assert!((value(&busy, "vtoc_receiver_load_ratio{receiver=\"sky\"}") - 0.4).abs() < 0.01);
    // It was in full for the two seconds that the decision takes.
    let full_s = value(&busy, "vtoc_receiver_profile_seconds_total{receiver=\"sky\",profile=\"full\"}");
    assert!((2.0..2.2).contains(&full_s), "{full_s} s");
    let found = |text: &str, profile| value(text, &format!("vtoc_receiver_profile_frames_total{{receiver=\"sky\",profile=\"{profile}\"}}"));
    assert!(100.0 < found(&busy, "full") && 100.0 < found(&busy, "fast"));
    let part = value(&busy, "vtoc_receiver_fast_yield_ratio{receiver=\"sky\"}");
    assert!((0.2..1.0).contains(&part), "fast finds {part} of what full does");
    assert!(0.0 < value(&busy, "vtoc_receiver_given_up_frames_total{receiver=\"sky\"}"));

    CALM.store(true, Relaxed);
    let calm = wait_until(address, "the full profile", |text| value(text, FAST) == 0.0);
    assert_eq!(value(&calm, "vtoc_receiver_profile_switches_total{receiver=\"sky\"}"), 2.0);
    assert_eq!(value(&calm, "vtoc_receiver_dropped_samples_pool_total{receiver=\"sky\",protocol=\"adsb\"}"), 0.0);
    let report = parts.ingest.lock().unwrap().take().unwrap().stop();
    assert_eq!((report.receivers[0].counters.panics, report.hung_sources), (0, 0));
    stop.send_replace(true);
    runtime.shutdown_timeout(Duration::from_secs(1));
}
