//! Lines of hex, as people and programs exchange Mode S frames.
//!
//! ```text
//!   *8D4840D6202CC371C32CE0576098;                  AVR; four digits: a Mode A/C reply (0000: only to show that the connection lives)
//!   @0123456789AB8D4840D6202CC371C32CE0576098;      AVR with 12 MHz ticks (also %)
//!   <0123456789ABSS8D4840D6202CC371C32CE0576098;    the same with Beast's signal byte
//!   8D4840D6202CC371C32CE0576098                    bare
//!   1457996400.25,"8D406B90…",…                     CSV: UTC seconds, then the frame in some column;
//!   1698140962.11,1a32000023b1dda01121…             the frame may be a Beast message, escaped or not
//!   # comment
//! ```
//! A line ends with LF, CR or `;`, and is at most [`LINE_MAX`] bytes.

use super::beast;
use super::mode_s::{self, LONG, MODE_AC, SHORT};
use super::{FramingCounters, Heard};
use model::{Raw, Signal, Tick12, UnixMicros};

pub const LINE_MAX: usize = 256;
/// Bytes that a line's longest hex word gives.
const BYTES_MAX: usize = LINE_MAX / 2;

#[derive(Debug)]
pub struct Lines {
    line: [u8; LINE_MAX],
    len: usize,
    /// The line is longer than any that we know: passed over to its end.
    too_long: bool,
    mode_ac: bool,
    counters: FramingCounters,
}

impl Default for Lines {
    fn default() -> Self {
        Self { line: [0; LINE_MAX], len: 0, too_long: false, mode_ac: false, counters: FramingCounters::default() }
    }
}

impl Lines {
    /// `mode_ac`: Mode A/C replies are frames too.
    pub fn new(mode_ac: bool) -> Self {
        Self { mode_ac, ..Self::default() }
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(Heard)) {
        for &byte in bytes {
            if matches!(byte, b'\n' | b'\r' | b';') {
                self.finish(out);
            } else if self.too_long {
                self.counters.skipped_bytes += 1;
            } else if self.len == LINE_MAX {
                self.too_long = true;
                self.counters.refused += 1;
                self.counters.skipped_bytes += LINE_MAX as u64 + 1;
            } else {
                self.line[self.len] = byte;
                self.len += 1;
            }
        }
    }

    pub fn finish(&mut self, out: &mut dyn FnMut(Heard)) {
        let (len, too_long) = (std::mem::take(&mut self.len), std::mem::take(&mut self.too_long));
        if too_long {
            return;
        }
        match parse(&self.line[..len]) {
            Line::Empty => {}
            Line::Other => self.counters.other += 1,
            Line::Frame(heard) if !self.mode_ac && heard.raw.as_slice().len() == MODE_AC => self.counters.other += 1,
            Line::Refused => self.counters.refused += 1,
            Line::Frame(heard) => {
                self.counters.frames += 1;
                out(heard);
            }
        }
    }

    pub fn counters(&self) -> FramingCounters {
        self.counters
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    Empty,
    /// A comment, or a sign of life.
    Other,
    Refused,
    Frame(Heard),
}

fn parse(line: &[u8]) -> Line {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    let frame = match line {
        [] => return Line::Empty,
        [b'#', ..] => return Line::Other,
        b"*0000" => return Line::Other,
        [b'*', rest @ ..] => from_hex(rest, 0),
        [b'@' | b'%', rest @ ..] => from_hex(rest, 6),
        [b'<', rest @ ..] => from_hex(rest, 7),
        _ if line.contains(&b',') => from_csv(line),
        _ => word(line),
    };
    frame.map_or(Line::Refused, Line::Frame)
}

/// A frame in hex after `head` bytes: none, six of ticks, or six of ticks and one of signal.
fn from_hex(digits: &[u8], head: usize) -> Option<Heard> {
    let mut bytes = [0; BYTES_MAX];
    let bytes = unhex(digits, &mut bytes)?;
    let (head, raw) = bytes.split_at_checked(head)?;
    if !mode_s::is_believable(raw) && !mode_s::is_mode_ac(raw) {
        return None;
    }
    let ticks = head.iter().take(6).fold(0_u64, |t, &b| t << 8 | u64::from(b));
    let signal = head.get(6).map_or(Signal::default(), |&level| beast::signal(level));
    Some(Heard { raw: Raw::new(raw), tick: (ticks != 0).then_some(Tick12(ticks)), utc: None, signal })
}

/// The first column that is a frame, and the first that is a time.
fn from_csv(line: &[u8]) -> Option<Heard> {
    let columns = || line.split(|&b| b == b',').map(|c| c.trim_ascii().trim_ascii_start()).map(unquote);
    let mut heard = columns().find_map(word)?;
    heard.utc = columns().find_map(utc);
    Some(heard)
}

fn unquote(column: &[u8]) -> &[u8] {
    column.strip_prefix(b"\"").and_then(|c| c.strip_suffix(b"\"")).unwrap_or(column)
}

/// A bare frame, or a Beast message written in hex.
fn word(word: &[u8]) -> Option<Heard> {
    if word.len() == 2 * SHORT || word.len() == 2 * LONG {
        return from_hex(word, 0);
    }
    let mut bytes = [0; BYTES_MAX];
    let (head, body) = unhex(word, &mut bytes)?.split_at_checked(2)?;
    let len = match head {
        [beast::ESCAPE, b'2'] => 7 + SHORT,
        [beast::ESCAPE, b'3'] => 7 + LONG,
        _ => return None,
    };
    if body.len() == len {
        return beast::parse_body(body);
    }
    let (mut plain, mut n, mut doubled) = ([0; BYTES_MAX], 0, false);
    for &byte in body {
        doubled = byte == beast::ESCAPE && !doubled;
        if !doubled {
            plain[n] = byte;
            n += 1;
        }
    }
    if n == len { beast::parse_body(&plain[..n]) } else { None }
}

/// `1698140962.119813` → microseconds. Nine to eleven digits before the point: 1973 to 5138.
fn utc(column: &[u8]) -> Option<UnixMicros> {
    let text = std::str::from_utf8(column).ok()?;
    let (secs, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !(9..=11).contains(&secs.len()) || !digits(secs) || !digits(fraction) {
        return None;
    }
    let micros: i64 = fraction.bytes().chain(std::iter::repeat(b'0')).take(6).fold(0, |n, b| n * 10 + i64::from(b - b'0'));
    Some(UnixMicros::from_secs(secs.parse().ok()?).plus_micros(micros))
}

fn unhex<'a>(digits: &[u8], out: &'a mut [u8; BYTES_MAX]) -> Option<&'a [u8]> {
    if !digits.len().is_multiple_of(2) || 2 * out.len() < digits.len() {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |d: u8| char::from(d).to_digit(16);
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some(&out[..digits.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::{Framer, Framing};
    use crate::testing::ident;
    use model::DeciDbfs;
    use proptest::prelude::*;

    const FRAME: &str = "8D4840D6202CC371C32CE0576098";

    fn check(line: &str, tick: Option<u64>, utc: Option<i64>, rssi: Option<i16>) {
        let Line::Frame(heard) = parse(line.as_bytes()) else { panic!("{line}: refused") };
        assert_eq!(heard.tick, tick.map(Tick12), "{line}");
        assert_eq!(heard.utc, utc.map(UnixMicros), "{line}");
        assert_eq!(heard.signal.rssi, rssi.map(DeciDbfs), "{line}");
    }

    #[test]
    fn each_way_of_writing_a_frame() {
        check(&format!("*{FRAME}"), None, None, None);
        check(&format!("  {FRAME} "), None, None, None);
        check(&format!("\u{feff}{}", FRAME.to_lowercase()), None, None, None);
        check(&format!("@0123456789AB{FRAME}"), Some(0x0123_4567_89AB), None, None);
        check(&format!("<0123456789ABFF{FRAME}"), Some(0x0123_4567_89AB), None, Some(0));
        check("1457996400,\"8D406B909945DE10000405999BE4\",\"406B90\",19", None, Some(1_457_996_400_000_000), None);
        check("\u{feff}1495353600.25,4D010D,A00015B7C26E1370AA00005DD34A", None, Some(1_495_353_600_250_000), None);
        check("1698140962.119813,1a32000023b1dda011210000bd6b441a", Some(0x23b1_dda0), Some(1_698_140_962_119_813), Some(-235));
        check("1698140962.119813,1a32000023b1dda011210000bd6b441a1a", Some(0x23b1_dda0), Some(1_698_140_962_119_813), Some(-235));
    }

    #[test]
    fn what_is_not_a_frame() {
        assert_eq!(parse(b"  "), Line::Empty);
        assert_eq!(parse(b"# 8D4840D6202CC371C32CE0576098"), Line::Other);
        assert_eq!(parse(b"*0000"), Line::Other);
        for bad in
            ["*8D4840D6202CC371C32CE0576099", "*8D4840", "hello", "a,b", "@0123", "*8000", "*8D4840D6202CC371C32CE057609g", "1a33", ","]
        {
            assert_eq!(parse(bad.as_bytes()), Line::Refused, "{bad}");
        }
    }

    #[test]
    fn mode_a_replies_are_frames_when_asked_for() {
        for (mode_ac, frames, other) in [(false, 0, 4), (true, 3, 1)] {
            let (mut framer, mut heard) = (Framer::with_mode_ac(Framing::Lines, mode_ac), Vec::new());
            framer.push(b"*7700;\n*0000;\n@0123456789AB1280;\n<0123456789ABFF0000;\n", &mut |h| heard.push(h));
            assert_eq!((framer.counters().frames, framer.counters().other, framer.counters().refused), (frames, other, 0));
            let hex: Vec<String> = heard.iter().map(|h| h.raw.hex()).collect();
            assert_eq!(hex, &["7700", "1280", "0000"][..frames as usize]);
        }
    }

    fn run(pieces: &[&[u8]]) -> (Vec<Heard>, FramingCounters) {
        let (mut framer, mut heard) = (Framer::new(Framing::Lines), Vec::new());
        for piece in pieces {
            framer.push(piece, &mut |h| heard.push(h));
        }
        framer.finish(&mut |h| heard.push(h));
        (heard, framer.counters())
    }

    #[test]
    fn a_line_without_end_costs_no_memory_and_is_left_behind() {
        let long = vec![b'a'; 1_000_000];
        let (heard, counters) = run(&[&long, b"\n*8D4840D6202CC371C32CE0576098;*8D4840D6202CC371C32CE0576098;\r\n", FRAME.as_bytes()]);
        assert_eq!((heard.len(), counters.frames, counters.refused, counters.skipped_bytes), (3, 3, 1, 1_000_000));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_however_it_is_cut(
            seeds in prop::collection::vec((any::<u64>(), 1_u64..1 << 48), 0..20),
            cuts in prop::collection::vec(0_usize..900, 0..20),
        ) {
            let (mut text, mut want) = (String::new(), Vec::new());
            for (seed, ticks) in seeds {
                let raw = Raw::new(&ident(seed));
                text += &format!("@{ticks:012X}{};\n", raw.hex());
                want.push((raw, Tick12(ticks)));
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &text.as_bytes()[w[0]..w[1]]).collect();
            let (heard, counters) = run(&pieces);
            prop_assert_eq!(counters.refused, 0);
            prop_assert_eq!(heard.into_iter().map(|h| (h.raw, h.tick.unwrap())).collect::<Vec<_>>(), want);
        }

        #[test]
        fn arbitrary_bytes_give_only_believable_frames_and_the_next_line_is_read(noise in prop::collection::vec(any::<u8>(), 0..600)) {
            let (heard, _) = run(&[&noise, b"\n", FRAME.as_bytes()]);
            prop_assert!(heard.iter().all(|h| mode_s::is_believable(h.raw.as_slice())));
            prop_assert_eq!(heard.last().map(|h| h.raw.hex().to_uppercase()), Some(FRAME.to_string()));
        }
    }
}
