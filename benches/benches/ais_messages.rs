//! AIS sentences to structs, to events, and to the JSON lines of `vtoc decode`: cost per sentence on one core. And who will meet whom.
//!
//! The promise: 3 million sentences a second to structs, 1.5 million to JSON. A sentence of each type is always there; with
//! `VTOC_RECORDINGS` the real logs are measured, too. Each bench checks its answer before it is timed.

use api::dto::EventLine;
use api::live::{CPA_M_MAX, Motion, RANGE_M, TCPA_S_MAX, closest_approach, encounters};
use benches::fuzz::AIS_SENTENCES;
use decoders::ais::message::Message;
use decoders::ais::nmea::{Assembler, Assembly, Received, parse};
use decoders::{DecoderConfig, MessageDecoder};
use divan::counter::ItemsCount;
use model::{LatLon, Mmsi, Protocol, ReceiverId, Subject, Tick12, UnixMicros};
use std::path::PathBuf;

fn main() {
    divan::main();
}

const ROUNDS: usize = 400;
const LOGS: [&str; 6] = [
    "aduvenhage_sample.txt",
    "aisdb_20211101.nm4",
    "cg_AISSample92824.txt",
    "dma_decode_encode.txt",
    "freerange_2017.nmea",
    "vesperino_180322.txt",
];

/// One of each type, many times: more of the rare and long types than any sea has.
fn of_each_type() -> Vec<Vec<u8>> {
    let lines = AIS_SENTENCES.lines().map(|l| l.as_bytes().to_vec());
    lines.cycle().take(AIS_SENTENCES.lines().count() * ROUNDS).collect()
}

/// `None`: no recordings here.
fn real_logs() -> Option<Vec<Vec<u8>>> {
    let folder = PathBuf::from(std::env::var_os("VTOC_RECORDINGS")?).join("ais/nmea");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let logs: Vec<Vec<u8>> = LOGS.into_iter().map(read).collect();
    let lines = logs.iter().flat_map(|log| log.split(|&b| b == b'\n')).filter(|line| parse(line).is_ok());
    Some(lines.map(<[u8]>::to_vec).collect())
}

fn each(lines: &[Vec<u8>], mut take: impl FnMut(&Received)) {
    let mut assembler = Assembler::new();
    for line in lines {
        if let Ok(sentence) = parse(divan::black_box(line))
            && let Ok(Assembly::Complete(received)) = assembler.push(&sentence, UnixMicros(0))
        {
            take(&received);
        }
    }
}

fn structs(lines: &[Vec<u8>]) -> usize {
    let mut decoded = 0;
    each(lines, |received| decoded += usize::from(divan::black_box(Message::decode(&received.bits)).is_ok()));
    decoded
}

/// Bytes of JSON.
fn json(lines: &[Vec<u8>], out: &mut Vec<u8>) -> usize {
    let entry = decoders::ProtocolEntry::find(Protocol::Ais).expect("AIS is in the list");
    let mut decoder: Box<dyn MessageDecoder> = (entry.decoder)(&DecoderConfig::default());
    let (mut bytes, mut at) = (0, 1_795_392_000_000_000);
    each(lines, |received| {
        at += 1_234;
        let frame = received.frame(ReceiverId(0), Tick12(0), UnixMicros(at));
        decoder.decode(&frame, &mut |event| EventLine::of(&event).write(out));
        bytes += out.len();
        divan::black_box(&out);
        out.clear();
    });
    bytes
}

fn bench_structs(bencher: divan::Bencher, lines: &[Vec<u8>], messages_min: usize) {
    let decoded = structs(lines);
    assert!(messages_min <= decoded, "{decoded} messages of {} sentences", lines.len());
    bencher.counter(ItemsCount::new(lines.len())).bench_local(|| structs(lines));
}

fn bench_json(bencher: divan::Bencher, lines: &[Vec<u8>]) {
    let mut text = Vec::new();
    // The answer: every line reads back as JSON of this protocol.
    let entry = decoders::ProtocolEntry::find(Protocol::Ais).expect("AIS is in the list");
    let mut decoder = (entry.decoder)(&DecoderConfig::default());
    let mut events = 0;
    each(lines, |received| {
        decoder.decode(&received.frame(ReceiverId(0), Tick12(0), UnixMicros(0)), &mut |event| {
            EventLine::of(&event).write(&mut text);
            events += 1;
        });
    });
    let parsed = text.split(|&b| b == b'\n').filter(|l| !l.is_empty()).map(serde_json::from_slice::<serde_json::Value>);
    let right = parsed.filter(|v| v.as_ref().is_ok_and(|v| v["protocol"] == "ais" && v["subject"].is_string())).count();
    assert_eq!(right, events);
    let mut out = Vec::with_capacity(1 << 16);
    bencher.counter(ItemsCount::new(lines.len())).bench_local(|| json(lines, &mut out));
}

#[divan::bench]
fn structs_of_each_type(bencher: divan::Bencher) {
    bench_structs(bencher, &of_each_type(), 22 * ROUNDS);
}

#[divan::bench]
fn structs_of_real_logs(bencher: divan::Bencher) {
    if let Some(lines) = real_logs() {
        bench_structs(bencher, &lines, 9_000);
    }
}

#[divan::bench]
fn json_of_each_type(bencher: divan::Bencher) {
    bench_json(bencher, &of_each_type());
}

#[divan::bench]
fn json_of_real_logs(bencher: divan::Bencher) {
    if let Some(lines) = real_logs() {
        bench_json(bencher, &lines);
    }
}

/// A busy coast of 220 by 270 km; every course and speeds up to 25 kt.
fn coast(vessels: u32) -> Vec<(Subject, Motion)> {
    let side = f64::from(vessels).sqrt();
    let vessel = |i: u32| {
        let at = LatLon::from_degrees(51.0 + 2.0 * (f64::from(i) / side).floor() / side, 2.0 + 4.0 * (f64::from(i) % side) / side);
        let motion = Motion { at: at.expect("a place"), speed_m_s: f64::from(i * 37 % 250) * 0.0514, course_deg: f64::from(i * 101 % 360) };
        (Subject::Vessel(Mmsi::new(200_000_000 + i).expect("nine digits")), motion)
    };
    (0..vessels).map(vessel).collect()
}

#[divan::bench(args = [500, 5_000, 20_000], sample_count = 10)]
fn encounters_among(bencher: divan::Bencher, vessels: u32) {
    let all = coast(vessels);
    // The answer, for some, from comparing with everyone.
    let found = encounters(&all).found;
    for (subject, motion) in all.iter().step_by(all.len() / 20) {
        let close = all.iter().filter(|other| other.0 != *subject).filter(|(_, theirs)| {
            let approach = closest_approach(motion, theirs);
            let still = motion.speed_m_s < 0.257 && theirs.speed_m_s < 0.257;
            let soon = 0.0 < approach.tcpa_s && approach.tcpa_s <= TCPA_S_MAX;
            !still && soon && approach.cpa_m <= CPA_M_MAX && approach.distance_m <= RANGE_M
        });
        assert_eq!(found.get(subject).map_or(0, Vec::len), close.count().min(8));
    }
    bencher.counter(ItemsCount::new(vessels)).bench_local(|| encounters(divan::black_box(&all)));
}
