//! Mode S frames to events, and to messages alone: cost per frame on one core.
//!
//! The promise is 3 million frames per second (333 ns) without allocating. The sky of published frames is always there; with
//! `VTOC_RECORDINGS` two hours of real traffic are measured, too. Each bench checks its answer before it is timed.

use decoders::adsb::decoder::AdsbDecoder;
use decoders::adsb::message::Message;
use decoders::{Counters, DecoderConfig, MessageDecoder, Refusal};
use divan::counter::ItemsCount;
use model::{Frame, Protocol, Raw, ReceiverId, Signal, Tick12, UnixMicros};
use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// Published frames of four aircraft: identification, a position pair, velocities, target state, an all-call and Comm-B replies.
const PUBLISHED: [&str; 9] = [
    "8d4840d6202cc371c32ce0576098",
    "8d40621d58c386435cc412692ad6",
    "8d40621d58c382d690c8ac2863a7",
    "8d485020994409940838175b284f",
    "8d486257ea0dc848017e006c5a48",
    "8c48418ce10d8e00000000118de9",
    "8da05f219b06b6af189400cbc33f",
    "5d3944ed21ef06",
    "a00005919b5cdaf0a80186bc23f0",
];
/// The pair's aircraft flies on, so that its position is told every time: the two frames are 2.1 km apart.
const STEP_MICROS: i64 = 500_000;
const ROUNDS: usize = 2000;

fn frame(hex: &str, at: UnixMicros) -> Frame {
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect();
    Frame {
        protocol: Protocol::Adsb,
        receiver: ReceiverId(0),
        raw: Raw::new(&bytes),
        tick: Tick12(0),
        utc: Some(at),
        signal: Signal::default(),
    }
}

fn published() -> Vec<Frame> {
    let cycle = PUBLISHED.iter().cycle().take(PUBLISHED.len() * ROUNDS);
    cycle.enumerate().map(|(i, hex)| frame(hex, UnixMicros(i as i64 * STEP_MICROS))).collect()
}

/// `None`: no recordings here. Each line is seconds and a Beast frame: 18 digits of framing, then the Mode S frame.
fn long_flight() -> Option<Vec<Frame>> {
    let path = PathBuf::from(std::env::var_os("VTOC_RECORDINGS")?).join("adsb/long_flight_messages.csv");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let frame = |line: &str| {
        let (secs, hex) = line.split_once(',')?;
        Some(frame(&hex[18..], UnixMicros((secs.parse::<f64>().ok()? * 1e6) as i64)))
    };
    Some(text.lines().map(|line| frame(line).expect("seconds and hex")).collect())
}

fn decode(frames: &[Frame]) -> Counters {
    let mut decoder = AdsbDecoder::new(&DecoderConfig::default());
    for frame in frames {
        decoder.decode(frame, &mut |event| {
            divan::black_box(event);
        });
    }
    decoder.counters()
}

fn bench_decoder(bencher: divan::Bencher, frames: &[Frame], events_min: u64) {
    let counters = decode(frames);
    assert_eq!(counters.frames, frames.len() as u64);
    assert!(events_min <= counters.events, "{counters:?}");
    assert_eq!(counters.refused(Refusal::Length), 0);
    bencher.counter(ItemsCount::new(frames.len())).bench_local(|| decode(divan::black_box(frames)));
}

#[divan::bench]
fn events_of_published_frames(bencher: divan::Bencher) {
    bench_decoder(bencher, &published(), 4 * ROUNDS as u64);
}

#[divan::bench]
fn events_of_two_hours_of_traffic(bencher: divan::Bencher) {
    if let Some(frames) = long_flight() {
        bench_decoder(bencher, &frames, 25_000);
    }
}

#[divan::bench]
fn messages_of_published_frames(bencher: divan::Bencher) {
    let frames = published();
    let parse = |frames: &[Frame]| frames.iter().filter(|f| Message::parse(divan::black_box(f.raw.as_slice())).is_ok()).count();
    assert_eq!(parse(&frames), frames.len());
    bencher.counter(ItemsCount::new(frames.len())).bench_local(|| parse(divan::black_box(&frames)));
}
