//! Recordings and logs for tests: `VTOC_RECORDINGS`, else `../shared/recordings` beside the repository.

use super::message::Bits;
use super::nmea::{Assembler, Assembly, parse};
use model::UnixMicros;
use std::path::PathBuf;

/// `None` (and a word on stderr) when there are no recordings here; panics when the folder is there and the file isn't.
pub fn recording(name: &str) -> Option<Vec<u8>> {
    let told = std::env::var_os("VTOC_RECORDINGS").map(PathBuf::from);
    let folder = told.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings"));
    if told.is_none() && !folder.exists() {
        eprintln!("skipped: no recordings");
        return None;
    }
    let path = folder.join(name);
    Some(std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// Every complete message of a log, in order.
pub fn messages(log: &[u8]) -> Vec<Bits> {
    let mut assembler = Assembler::new();
    let mut found = Vec::new();
    for line in log.split(|&b| b == b'\n') {
        let Ok(sentence) = parse(line) else { continue };
        if let Ok(Assembly::Complete(received)) = assembler.push(&sentence, UnixMicros(0)) {
            found.push(received.bits);
        }
    }
    found
}

pub const LOGS: [&str; 6] = [
    "ais/nmea/aduvenhage_sample.txt",
    "ais/nmea/aisdb_20211101.nm4",
    "ais/nmea/cg_AISSample92824.txt",
    "ais/nmea/dma_decode_encode.txt",
    "ais/nmea/freerange_2017.nmea",
    "ais/nmea/vesperino_180322.txt",
];
