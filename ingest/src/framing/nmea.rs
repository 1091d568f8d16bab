//! AIS sentences (`decoders::ais::nmea`), one a line: from a serial port, TCP, UDP datagrams (IEC 61162-450), gpsd, a file.
//!
//! ```text
//!   !AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A
//!   \s:rx,c:1635731889*..\!BSVDM,…                         tag block: source, time, group
//!   UdPbC\0\s:…*..\!AIVDM,…                                datagram of a ship's network
//!   {"class":"DEVICES",…}   $GPRMC,…                       gpsd and instruments: other, counted
//! ```
//! A line ends with LF or CR and is at most [`LINE_MAX`] bytes. Live, a message has the time of its arrival: what feeds say about time
//! is wrong too often. In a file it has the time of its tag block (`c:`), or of a logger's column behind the sentence.

use super::{FramingCounters, Heard};
use decoders::ais::nmea::{Assembler, Assembly, LINE_BYTES_MAX, NmeaError, parse};
use model::{Raw, Signal, UnixMicros};

pub const LINE_MAX: usize = LINE_BYTES_MAX;

#[derive(Debug)]
pub struct Nmea {
    line: Vec<u8>,
    /// The line is longer than any that we know: passed over to its end.
    too_long: bool,
    assembler: Assembler,
    /// Messages given up because a part never came, as far as they are counted.
    lost: u64,
    /// Live: when the bytes arrived.
    arrived: Option<UnixMicros>,
    /// A file's time, by its lines.
    told: Option<UnixMicros>,
    counters: FramingCounters,
}

impl Default for Nmea {
    fn default() -> Self {
        Self {
            line: Vec::with_capacity(LINE_MAX),
            too_long: false,
            assembler: Assembler::new(),
            lost: 0,
            arrived: None,
            told: None,
            counters: FramingCounters::default(),
        }
    }
}

impl Nmea {
    /// The bytes that follow arrived at `now`.
    pub fn arrived(&mut self, now: UnixMicros) {
        self.arrived = Some(now);
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(Heard)) {
        for piece in bytes.split_inclusive(|b| matches!(b, b'\n' | b'\r')) {
            let (text, ended) = match piece.split_last() {
                Some((b'\n' | b'\r', text)) => (text, true),
                _ => (piece, false),
            };
            if self.too_long {
                self.counters.skipped_bytes += text.len() as u64;
            } else if LINE_MAX < self.line.len() + text.len() {
                self.too_long = true;
                self.counters.refused += 1;
                self.counters.skipped_bytes += (self.line.len() + text.len()) as u64;
                self.line.clear();
            } else {
                self.line.extend_from_slice(text);
            }
            if ended {
                self.finish(out);
            }
        }
    }

    /// The line is complete.
    pub fn finish(&mut self, out: &mut dyn FnMut(Heard)) {
        if std::mem::take(&mut self.too_long) || self.line.is_empty() {
            return;
        }
        let line = std::mem::take(&mut self.line);
        self.sentence(&line, out);
        self.line = line;
        self.line.clear();
    }

    fn sentence(&mut self, line: &[u8], out: &mut dyn FnMut(Heard)) {
        let sentence = match parse(line) {
            Ok(sentence) => sentence,
            Err(NmeaError::NotAis | NmeaError::Empty) => return self.counters.other += 1,
            Err(_) => return self.counters.refused += 1,
        };
        self.told = sentence.tag.time.or_else(|| logged(line)).or(self.told);
        let now = self.arrived.or(self.told).unwrap_or(UnixMicros(0));
        let assembly = self.assembler.push(&sentence, now);
        self.counters.refused += self.assembler.lost() - self.lost;
        self.lost = self.assembler.lost();
        match assembly {
            Ok(Assembly::Complete(received)) => {
                self.counters.frames += 1;
                // A message's first part tells its time best.
                let told = received.sent.or(self.told);
                out(Heard {
                    raw: Raw::new(received.bits.as_bytes()),
                    tick: None,
                    utc: if self.arrived.is_some() { None } else { told },
                    signal: Signal { channel: received.channel.map(decoders::ais::Channel::id), ..Signal::default() },
                });
            }
            Ok(Assembly::Waiting) => {}
            Err(_) => self.counters.refused += 1,
        }
    }

    pub fn counters(&self) -> FramingCounters {
        self.counters
    }
}

/// The Unix time that loggers write behind a sentence (`…*4A,raishub,1342569600`, `…*4A,1342569600`): the last column of 10 digits.
fn logged(line: &[u8]) -> Option<UnixMicros> {
    let behind = &line[line.iter().rposition(|&b| b == b'*')?..];
    let column = behind.rsplit(|&b| b == b',').map(|c| c.trim_ascii()).next().filter(|c| c.len() == 10 && behind.len() != c.len())?;
    let secs = core::str::from_utf8(column).ok()?.parse::<u32>().ok()?;
    Some(UnixMicros::from_secs(i64::from(secs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::{Framer, Framing};
    use model::ChannelId;
    use proptest::prelude::*;

    const ONE: &str = "!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A";
    const TWO: [&str; 2] =
        ["!AIVDM,2,1,1,B,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1F", "!AIVDM,2,2,1,B,88888888880,2*26"];

    fn run(text: &[u8], live: Option<i64>, cut: usize) -> (Vec<Heard>, FramingCounters) {
        let (mut framer, mut heard) = (Framer::new(Framing::Nmea), Vec::new());
        for piece in text.chunks(cut) {
            if let Some(secs) = live {
                framer.arrived(UnixMicros::from_secs(secs));
            }
            framer.push(piece, &mut |h| heard.push(h));
        }
        framer.finish(&mut |h| heard.push(h));
        (heard, framer.counters())
    }

    #[test]
    fn sentences_between_everything_else() {
        let text = format!(
            "\u{0}garbage\r\n{{\"class\":\"VERSION\"}}\r\n$GPRMC,1*2A\r\n{ONE}\r\n{}\r\n{}\r\n!AIVDM,1,1,,B,,0*25\r\n{ONE}x\n{}",
            TWO[0],
            TWO[1],
            &ONE.replace("4A", "4B")
        );
        for cut in [1, 7, 10_000] {
            let (heard, counters) = run(text.as_bytes(), Some(5), cut);
            assert_eq!(heard.len(), 3, "{counters:?}");
            assert_eq!(
                (heard[0].signal.channel, heard[1].signal.channel, heard[1].raw.as_slice().len(), heard[0].utc),
                (Some(ChannelId(0)), Some(ChannelId(1)), 53, None)
            );
            assert_eq!((counters.frames, counters.other, counters.refused), (3, 4, 1));
        }
    }

    #[test]
    fn a_file_tells_its_time_and_a_live_feed_does_not() {
        let tagged = format!("\\s:x,c:1635731889*49\\{ONE}\n{ONE},raishub,1342569600\n");
        let (heard, _) = run(tagged.as_bytes(), None, 64);
        let utc: Vec<_> = heard.iter().map(|h| h.utc.map(|u| u.0 / 1_000_000)).collect();
        assert_eq!(utc, [Some(1_635_731_889), Some(1_342_569_600)]);
        assert!(run(tagged.as_bytes(), Some(9), 64).0.iter().all(|h| h.utc.is_none()));
    }

    #[test]
    fn parts_that_never_come_are_counted_by_time() {
        let mut framer = Framer::new(Framing::Nmea);
        for secs in 0..5 {
            framer.arrived(UnixMicros::from_secs(secs * 20));
            framer.push(format!("{}\n", TWO[0]).as_bytes(), &mut |_| panic!("not complete"));
        }
        assert_eq!(framer.counters().refused, 4);
    }

    #[test]
    fn a_line_without_end_costs_no_memory_and_is_left_behind() {
        let (heard, counters) = run(&[&vec![b'!'; 1_000_000][..], b"\n", ONE.as_bytes()].concat(), None, 4_096);
        assert_eq!((heard.len(), counters.refused, counters.skipped_bytes), (1, 1, 1_000_000));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm_and_the_next_line_is_read(noise in prop::collection::vec(any::<u8>(), 0..3_000), cut in 1_usize..900) {
            let (heard, _) = run(&[&noise[..], b"\n", ONE.as_bytes(), b"\n"].concat(), None, cut);
            prop_assert_eq!(heard.last().map(|h| h.raw.as_slice().len()), Some(21));
        }
    }
}
