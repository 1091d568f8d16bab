//! APRS packets as lines of text (`decoders::aprs::line`): APRS-IS, TNCs in monitor mode, logs.
//!
//! ```text
//!   # aprsc 2.1.19-g730c5c0 …                                    comments of a server: other, counted
//!   N0CALL-9>APRS,DIGI*,qAR,IGATE:!4903.50N/07201.75W>           what fits AX.25 becomes a frame; else the text is the frame's bytes
//!   N0CALL>S32U6T:`(_f<0x1c>"Oj/                                 unprintable bytes, as logs write them
//! ```
//! A line ends with LF or CR LF and is at most [`LINE_MAX`] bytes, as APRS-IS has it.

use super::kiss::heard;
use super::{FramingCounters, Heard};
use decoders::aprs::line::Line;

/// APRS-IS: 512 bytes, the end of the line among them. Logs write a byte in up to six characters.
pub const LINE_MAX: usize = 512;
const LOGGED_MAX: usize = 6 * LINE_MAX;

#[derive(Debug, Default)]
pub struct Tnc2 {
    line: Vec<u8>,
    /// The line is longer than any that we take: passed over to its end.
    too_long: bool,
    counters: FramingCounters,
}

impl Tnc2 {
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(Heard)) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let (text, ended) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            if self.too_long {
                self.counters.skipped_bytes += text.len() as u64;
            } else if LOGGED_MAX < self.line.len() + text.len() {
                self.give_up(text.len());
            } else {
                self.line.extend_from_slice(text);
            }
            if ended {
                self.finish(out);
            }
        }
    }

    fn give_up(&mut self, more: usize) {
        self.too_long = true;
        self.counters.refused += 1;
        self.counters.skipped_bytes += (self.line.len() + more) as u64;
        self.line.clear();
    }

    /// The line is complete.
    pub fn finish(&mut self, out: &mut dyn FnMut(Heard)) {
        if std::mem::take(&mut self.too_long) {
            return;
        }
        let mut line = std::mem::take(&mut self.line);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        unescape(&mut line);
        if LINE_MAX < line.len() {
            self.counters.refused += 1;
        } else if line.first() == Some(&b'#') {
            self.counters.other += 1;
        } else if !line.is_empty() {
            self.packet(&line, out);
        }
        line.clear();
        self.line = line;
    }

    fn packet(&mut self, line: &[u8], out: &mut dyn FnMut(Heard)) {
        match Line::parse(line) {
            Ok(parsed) => {
                self.counters.frames += 1;
                match parsed.to_frame() {
                    Some(frame) => out(heard(&frame, 0)),
                    None => out(heard(line, 0)),
                }
            }
            Err(_) => self.counters.refused += 1,
        }
    }

    pub fn counters(&self) -> FramingCounters {
        self.counters
    }
}

/// `<0x1c>` is one byte.
fn unescape(line: &mut Vec<u8>) {
    let (mut from, mut to) = (0, 0);
    while from < line.len() {
        let byte = line.get(from..from + 6).filter(|six| six.starts_with(b"<0x") && six[5] == b'>');
        let byte = byte.and_then(|six| u8::from_str_radix(core::str::from_utf8(&six[3..5]).ok()?, 16).ok());
        line[to] = byte.unwrap_or(line[from]);
        from += if byte.is_some() { 6 } else { 1 };
        to += 1;
    }
    line.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::{Framer, Framing};
    use decoders::aprs::ax25::Ui;
    use proptest::prelude::*;

    fn run(text: &[u8], cut: usize) -> (Vec<Heard>, FramingCounters) {
        let (mut framer, mut heard) = (Framer::new(Framing::Tnc2), Vec::new());
        text.chunks(cut).for_each(|piece| framer.push(piece, &mut |h| heard.push(h)));
        framer.finish(&mut |h| heard.push(h));
        (heard, framer.counters())
    }

    #[test]
    fn lines_of_a_server_and_of_a_log() {
        let long = format!("N0CALL>APRS:>{}", "x".repeat(LINE_MAX));
        let text = format!(
            "# aprsc 2\r\n# logresp N0CALL unverified, server T2\r\n\r\nN0CALL>APRS,A*,qAR,IGATE:>x\r\nKJ4ERJ-AL>APWW05,qAC,T2:>y\r\n\
             nonsense\r\n{long}\r\nN0CALL>S32U6T:`(_f<0x1c>\"Oj/"
        );
        for cut in [1, 9, 10_000] {
            let (heard, counters) = run(text.as_bytes(), cut);
            let raw: Vec<_> = heard.iter().map(|h| h.raw.as_slice().to_vec()).collect();
            let frame = |tnc2: &[u8]| Ui::from_tnc2(tnc2).unwrap().to_bytes();
            let expected = [frame(b"N0CALL>APRS,A*:>x"), b"KJ4ERJ-AL>APWW05,qAC,T2:>y".to_vec(), frame(b"N0CALL>S32U6T:`(_f\x1c\"Oj/")];
            assert_eq!(raw, expected);
            assert_eq!((counters.frames, counters.other, counters.refused), (3, 2, 2));
        }
    }

    #[test]
    fn a_line_without_end_costs_no_memory_and_is_left_behind() {
        let (heard, counters) = run(&[&vec![b'>'; 1_000_000][..], b"\nN0CALL>APRS:>x\n"].concat(), 4_096);
        assert_eq!((heard.len(), counters.refused, counters.skipped_bytes), (1, 1, 1_000_000));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm_and_the_next_line_is_read(noise in prop::collection::vec(any::<u8>(), 0..3_000), cut in 1_usize..900) {
            let (heard, _) = run(&[&noise[..], b"\nN0CALL>APRS:>x\n"].concat(), cut);
            prop_assert_eq!(heard.last().map(|h| h.raw.as_slice().len()), Some(18));
        }
    }
}
