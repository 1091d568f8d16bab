//! Product files that come in parts: kept until all are there, within bounds.
//!
//! - at most [`FILES_MAX`] files at once, the oldest goes first; at most [`PARTS_MAX`] parts of at most an uplink's bytes each;
//! - a file whose parts don't come within [`AGE_MICROS`] is forgotten;
//! - every part repeats the six bytes of the record header, which are kept once.

use super::apdu::Apdu;
use model::UnixMicros;

pub const FILES_MAX: usize = 16;
pub const PARTS_MAX: u16 = 16;
pub const AGE_MICROS: i64 = 600_000_000;
const HEADER: usize = 6;
const PART_BYTES_MAX: usize = 424;

#[derive(Debug)]
struct File {
    product: u16,
    number: u16,
    since: UnixMicros,
    parts: Vec<Option<Vec<u8>>>,
}

/// Files under way.
#[derive(Debug, Default)]
pub struct Assembler {
    files: Vec<File>,
}

impl Assembler {
    /// Takes a part; gives the whole payload when it was the last that was missing.
    pub fn take(&mut self, apdu: &Apdu<'_>, at: UnixMicros) -> Option<Vec<u8>> {
        let segment = apdu.segment?;
        let right = (1..=PARTS_MAX).contains(&segment.parts) && (1..=segment.parts).contains(&segment.part);
        if !right || apdu.payload.len() < HEADER || PART_BYTES_MAX < apdu.payload.len() {
            return None;
        }
        self.files.retain(|f| (0..=AGE_MICROS).contains(&at.micros_since(f.since)));
        let same = |f: &File| f.product == apdu.product && f.number == segment.file && f.parts.len() == usize::from(segment.parts);
        let index = self.files.iter().position(same).unwrap_or_else(|| {
            if self.files.len() == FILES_MAX {
                self.files.remove(0);
            }
            let parts = vec![None; usize::from(segment.parts)];
            self.files.push(File { product: apdu.product, number: segment.file, since: at, parts });
            self.files.len() - 1
        });
        self.files[index].parts[usize::from(segment.part) - 1] = Some(apdu.payload.to_vec());
        if self.files[index].parts.iter().any(Option::is_none) {
            return None;
        }
        let file = self.files.remove(index);
        let mut whole = Vec::new();
        for part in file.parts.into_iter().flatten() {
            whole.extend_from_slice(if whole.is_empty() { &part } else { &part[HEADER..] });
        }
        Some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::super::apdu::Segment;
    use super::*;

    fn part(file: u16, parts: u16, part: u16, payload: &[u8]) -> Apdu<'_> {
        Apdu { product: 8, day: None, hour: 0, minute: 0, second: None, segment: Some(Segment { file, parts, part }), payload }
    }

    fn at(s: i64) -> UnixMicros {
        UnixMicros::from_secs(s)
    }

    #[test]
    fn parts_in_any_order_make_the_whole() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.take(&part(1, 3, 3, b"header-three"), at(0)), None);
        assert_eq!(assembler.take(&part(1, 3, 1, b"header-one"), at(1)), None);
        assert_eq!(assembler.take(&part(1, 3, 1, b"header-one"), at(2)), None);
        assert_eq!(assembler.take(&part(2, 3, 2, b"header-other"), at(2)), None);
        assert_eq!(assembler.take(&part(1, 3, 2, b"header-two"), at(3)).as_deref(), Some(&b"header-one-two-three"[..]));
    }

    #[test]
    fn bounded_in_number_size_and_time() {
        let mut assembler = Assembler::default();
        for bad in [
            part(1, 0, 0, b"header"),
            part(1, 17, 1, b"header"),
            part(1, 2, 3, b"header"),
            part(1, 2, 0, b"header"),
            part(1, 2, 1, b"head"),
        ] {
            assert_eq!(assembler.take(&bad, at(0)), None);
        }
        assert_eq!(assembler.files.len(), 0);
        for file in 0..1_000 {
            assembler.take(&part(file, 2, 1, b"header-a"), at(0));
            assert!(assembler.files.len() <= FILES_MAX);
        }
        assert_eq!(assembler.take(&part(999, 2, 2, b"header-b"), at(601)), None, "too late");
        assert_eq!(assembler.files.len(), 1);
    }
}
