//! AGW packet engine: AX.25 frames as "raw" monitoring (Dire Wolf: port 8000).
//!
//! ```text
//!   port 1 | 0 0 0 | kind 1 | 0 | PID 1 | 0 | from 10 | to 10 | length 4, low byte first | 0 0 0 0 | data
//!   kind K: one byte (the port again × 16) and a frame without flags and FCS. They come once [`MONITOR`] has been sent.
//! ```

use super::kiss::{FRAME_MAX, heard};
use super::{FramingCounters, Heard};
use decoders::aprs::ax25;

const HEADER: usize = 36;

/// What a client sends to get raw frames: kind `k`.
pub const MONITOR: &[u8] = &{
    let mut header = [0; HEADER];
    header[4] = b'k';
    header
};

#[derive(Debug, Default)]
pub struct Agw {
    /// Header and data so far.
    message: Vec<u8>,
    /// Bytes of an unusably long message that are still to come.
    skip: usize,
    counters: FramingCounters,
}

impl Agw {
    pub fn push(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(Heard)) {
        while !bytes.is_empty() {
            let skip = self.skip.min(bytes.len());
            self.skip -= skip;
            self.counters.skipped_bytes += skip as u64;
            bytes = &bytes[skip..];
            let want = self.wanted() - self.message.len();
            let (now, later) = bytes.split_at(want.min(bytes.len()));
            self.message.extend_from_slice(now);
            bytes = later;
            self.header_checked();
            if HEADER <= self.message.len() && self.message.len() == self.wanted() {
                self.end(out);
            }
        }
    }

    fn data_len(&self) -> usize {
        let length = self.message.get(28..32).map_or([0; 4], |l| [l[0], l[1], l[2], l[3]]);
        u32::from_le_bytes(length) as usize
    }

    /// Bytes of the whole message, as far as it is known.
    fn wanted(&self) -> usize {
        if self.message.len() < HEADER { HEADER } else { HEADER + self.data_len() }
    }

    /// Passes over what is longer than any frame.
    fn header_checked(&mut self) {
        if self.message.len() == HEADER && 1 + FRAME_MAX < self.data_len() {
            self.counters.refused += 1;
            self.counters.skipped_bytes += HEADER as u64;
            self.skip = self.data_len();
            self.message.clear();
        }
    }

    fn end(&mut self, out: &mut dyn FnMut(Heard)) {
        let (port, kind, data) = (self.message[0], self.message[4], &self.message[HEADER..]);
        match data.split_first() {
            Some((_, frame)) if kind == b'K' && ax25::has_addresses(frame) => {
                self.counters.frames += 1;
                out(heard(frame, port));
            }
            _ if kind == b'K' => self.counters.refused += 1,
            _ => self.counters.other += 1,
        }
        self.message.clear();
    }

    pub fn counters(&self) -> FramingCounters {
        self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::{Framer, Framing};
    use decoders::aprs::ax25::Ui;
    use proptest::prelude::*;

    fn message(port: u8, kind: u8, data: &[u8]) -> Vec<u8> {
        let mut out = vec![0; HEADER];
        (out[0], out[4]) = (port, kind);
        out[28..32].copy_from_slice(&(data.len() as u32).to_le_bytes());
        out.extend_from_slice(data);
        out
    }

    fn run(bytes: &[u8], cut: usize) -> (Vec<Heard>, FramingCounters) {
        let (mut framer, mut heard) = (Framer::new(Framing::Agw), Vec::new());
        bytes.chunks(cut).for_each(|piece| framer.push(piece, &mut |h| heard.push(h)));
        (heard, framer.counters())
    }

    #[test]
    fn raw_frames_between_other_messages() {
        let frame = Ui::from_tnc2(b"N0CALL>APRS,WIDE1-1:>hello").unwrap().to_bytes();
        let raw = [&[0x10][..], &frame].concat();
        let long = message(0, b'K', &vec![0; 100_000]);
        let stream =
            [message(0, b'R', &[0; 8]), message(1, b'K', &raw), message(0, b'K', b""), message(0, b'G', b""), long, message(2, b'K', &raw)];
        for cut in [1, 35, 100_000] {
            let (heard, counters) = run(&stream.concat(), cut);
            assert_eq!(heard.iter().map(|h| h.signal.channel.unwrap().0).collect::<Vec<_>>(), [1, 2]);
            assert!(heard.iter().all(|h| h.raw.as_slice() == frame));
            assert_eq!((counters.frames, counters.other, counters.refused), (2, 2, 2));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(noise in prop::collection::vec(any::<u8>(), 0..3_000), cut in 1_usize..900) {
            let (_, counters) = run(&noise, cut);
            prop_assert!(counters.skipped_bytes <= noise.len() as u64);
        }
    }
}
