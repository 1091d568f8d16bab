//! APRS packets as text, with every field read: cost per packet on one core.
//!
//! The promise: 1 million packets a second. Packets of each type are always there; with `VTOC_RECORDINGS` the 1,005 off the air are
//! measured, too. Each bench checks its answer before it is timed.

use benches::fuzz::APRS_PACKETS;
use decoders::aprs::line::Line;
use decoders::aprs::packet::Packet;
use divan::counter::ItemsCount;
use std::path::PathBuf;

fn main() {
    divan::main();
}

const ROUNDS: usize = 200;

/// `None`: no recordings here.
fn real() -> Option<Vec<Vec<u8>>> {
    let path = PathBuf::from(std::env::var_os("VTOC_RECORDINGS")?).join("aprs/wa8lmf_track1_1005_frames.txt");
    let frames = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(frames.split(|&b| b == b'\n').filter(|l| Line::parse(l).is_ok()).map(<[u8]>::to_vec).collect())
}

fn parsed(lines: &[Vec<u8>]) -> usize {
    let parse = |line: &&Vec<u8>| {
        let line = Line::parse(divan::black_box(line)).ok();
        line.is_some_and(|l| divan::black_box(Packet::parse(l.destination_call(), l.info)).is_ok())
    };
    lines.iter().filter(parse).count()
}

fn bench(bencher: divan::Bencher<'_, '_>, lines: &[Vec<u8>]) {
    bencher.counter(ItemsCount::new(lines.len())).bench(|| parsed(lines));
}

#[divan::bench]
fn of_each_type(bencher: divan::Bencher<'_, '_>) {
    let count = APRS_PACKETS.lines().count();
    let lines: Vec<Vec<u8>> = APRS_PACKETS.lines().map(|l| l.as_bytes().to_vec()).cycle().take(count * ROUNDS).collect();
    assert_eq!(parsed(&lines), lines.len());
    bench(bencher, &lines);
}

#[divan::bench]
fn off_the_air(bencher: divan::Bencher<'_, '_>) {
    let Some(lines) = real() else { return };
    // The list writes unprintable bytes as `<0x1c>`, which spoils some Mic-E.
    assert!(lines.len() * 3 / 4 < parsed(&lines));
    bench(bencher, &lines);
}
