//! Mode-S Beast binary.
//!
//! ```text
//!   0x1A type  timestamp:6  signal:1  message:n         any 0x1A after the type is sent twice
//!        '1'   12 MHz, BE             2  Mode A/C
//!        '2'                          7  Mode S short
//!        '3'                         14  Mode S long
//!        other: status and extensions of some receivers, passed over
//! ```
//! The signal byte is the root of the power: 255 = full scale, so dBFS = 20·log10(signal / 255); 0 = not told. A timestamp
//! of 0 or beginning with 0xFF00 ("MLAT" and its kin) tells no time. A Mode A/C reply of zeros at time 0 only shows that the
//! connection lives.

use super::mode_s::{self, MODE_AC};
use super::{FramingCounters, Heard};
use model::{DeciDbfs, Raw, Signal, Tick12};

pub const ESCAPE: u8 = 0x1A;
/// Timestamp and signal before the message.
const HEAD: usize = 7;
const BODY_MAX: usize = HEAD + mode_s::LONG;

#[derive(Debug, Default)]
pub struct Beast {
    state: State,
    body: [u8; BODY_MAX],
    len: usize,
    mode_ac: bool,
    counters: FramingCounters,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Between messages, or lost.
    #[default]
    Hunt,
    /// An escape outside of a message: a type may follow.
    HuntEscape,
    /// In a message that will have `need` bytes after its type.
    Body { need: usize },
    /// An escape in a message: another escape is a byte of it, anything else begins the next.
    BodyEscape { need: usize },
}

impl Beast {
    /// `mode_ac`: Mode A/C replies are frames too.
    pub fn new(mode_ac: bool) -> Self {
        Self { mode_ac, ..Self::default() }
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(Heard)) {
        for &byte in bytes {
            self.byte(byte, out);
        }
    }

    /// A message cut short by the end of the feed is refused.
    pub fn finish(&mut self, _out: &mut dyn FnMut(Heard)) {
        if matches!(self.state, State::Body { .. } | State::BodyEscape { .. }) {
            self.counters.refused += 1;
        }
        self.state = State::Hunt;
    }

    pub fn counters(&self) -> FramingCounters {
        self.counters
    }

    fn byte(&mut self, byte: u8, out: &mut dyn FnMut(Heard)) {
        self.state = match (self.state, byte) {
            (State::Hunt, ESCAPE) => State::HuntEscape,
            (State::Hunt, _) => {
                self.counters.skipped_bytes += 1;
                State::Hunt
            }
            // A doubled escape is a byte of a message that is passed over.
            (State::HuntEscape, ESCAPE) => {
                self.counters.skipped_bytes += 2;
                State::Hunt
            }
            (State::HuntEscape, kind) => self.begin(kind),
            (State::Body { need }, ESCAPE) => State::BodyEscape { need },
            (State::Body { need }, _) => self.store(byte, need, out),
            (State::BodyEscape { need }, ESCAPE) => self.store(ESCAPE, need, out),
            (State::BodyEscape { .. }, kind) => {
                self.counters.refused += 1;
                self.begin(kind)
            }
        };
    }

    fn begin(&mut self, kind: u8) -> State {
        self.len = 0;
        match kind {
            b'1' => State::Body { need: HEAD + MODE_AC },
            b'2' => State::Body { need: HEAD + mode_s::SHORT },
            b'3' => State::Body { need: HEAD + mode_s::LONG },
            _ => {
                self.counters.other += 1;
                State::Hunt
            }
        }
    }

    fn store(&mut self, byte: u8, need: usize, out: &mut dyn FnMut(Heard)) -> State {
        self.body[self.len] = byte;
        self.len += 1;
        if self.len < need {
            return State::Body { need };
        }
        self.whole(need, out);
        State::Hunt
    }

    fn whole(&mut self, need: usize, out: &mut dyn FnMut(Heard)) {
        let body = &self.body[..need];
        if need == HEAD + MODE_AC && (!self.mode_ac || is_heartbeat(body)) {
            self.counters.other += 1;
        } else if let Some(heard) = parse_body(body) {
            self.counters.frames += 1;
            out(heard);
        } else {
            self.counters.refused += 1;
        }
    }
}

fn is_heartbeat(body: &[u8]) -> bool {
    body.iter().all(|&b| b == 0)
}

/// A message without its escapes and type: timestamp, signal, Mode S or Mode A/C bytes.
pub fn parse_body(body: &[u8]) -> Option<Heard> {
    let (head, raw) = body.split_at_checked(HEAD)?;
    if !mode_s::is_believable(raw) && !mode_s::is_mode_ac(raw) {
        return None;
    }
    let ticks = head[..6].iter().fold(0_u64, |t, &b| t << 8 | u64::from(b));
    let told = ticks != 0 && head[..2] != [0xFF, 0x00];
    Some(Heard { raw: Raw::new(raw), tick: told.then_some(Tick12(ticks)), utc: None, signal: signal(head[6]) })
}

/// The signal byte as a level.
pub fn signal(byte: u8) -> Signal {
    let amplitude = f32::from(byte) / 255.0;
    Signal { rssi: DeciDbfs::from_power(amplitude * amplitude), ..Signal::default() }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::framing::{Framer, Framing};
    use crate::testing::{bytes, ident};
    use proptest::prelude::*;

    /// Writes a message as a receiver does.
    pub fn write(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![ESCAPE, kind];
        for &b in body {
            out.push(b);
            if b == ESCAPE {
                out.push(b);
            }
        }
        out
    }

    fn parse(pieces: &[&[u8]]) -> (Vec<Heard>, FramingCounters) {
        let (mut framer, mut heard) = (Framer::new(Framing::Beast), Vec::new());
        for piece in pieces {
            framer.push(piece, &mut |h| heard.push(h));
        }
        framer.finish(&mut |h| heard.push(h));
        (heard, framer.counters())
    }

    #[test]
    fn reads_time_signal_and_bytes() {
        let mut body = vec![0, 0, 0x23, 0x1A, 0xdd, 0xa0, 26];
        body.extend(bytes("8d4840d6202cc371c32ce0576098"));
        let (heard, counters) = parse(&[&write(b'3', &body)]);
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].raw.hex(), "8d4840d6202cc371c32ce0576098");
        assert_eq!(heard[0].tick, Some(Tick12(0x231A_DDA0)));
        assert_eq!(heard[0].signal.rssi, Some(DeciDbfs(-198)));
        assert_eq!(counters, FramingCounters { frames: 1, ..FramingCounters::default() });
    }

    #[test]
    fn finds_its_way_back() {
        let mut body = vec![1, 2, 3, 4, 5, 6, 0];
        body.extend(bytes("8d4840d6202cc371c32ce0576098"));
        let whole = write(b'3', &body);
        let mut stream = b"garbage\x1a\x1a3".to_vec();
        stream.extend(&whole[..10]);
        stream.extend(&whole);
        stream.extend(write(b'4', &[0x1a; 14]));
        stream.extend(write(b'1', &[9; 9]));
        let mut wrong = body.clone();
        wrong[12] ^= 1;
        stream.extend(write(b'3', &wrong));
        stream.extend(&whole);
        stream.extend(&whole[..3]);
        let (heard, counters) = parse(&[&stream]);
        assert_eq!(heard.len(), 2);
        assert!(heard.iter().all(|h| h.signal.rssi.is_none()));
        assert_eq!((counters.frames, counters.other, counters.refused), (2, 2, 3));
        assert_eq!(counters.skipped_bytes, 7 + 3 + 28);
    }

    #[test]
    fn mode_a_replies_are_frames_when_asked_for() {
        let mut stream = write(b'1', &[0, 0, 0, 0, 0, 0x1A, 255, 0x1A & 0x77, 0x1A & 0x77]);
        stream.extend(write(b'1', &[0; 9]));
        stream.extend(write(b'1', &[0, 0, 0, 0, 0, 1, 0, 0, 0]));
        stream.extend(write(b'1', &[0, 0, 0, 0, 0, 1, 0, 0x80, 0]));
        for (mode_ac, frames, other, refused) in [(false, 0, 4, 0), (true, 2, 1, 1)] {
            let (mut framer, mut heard) = (Framer::with_mode_ac(Framing::Beast, mode_ac), Vec::new());
            framer.push(&stream, &mut |h| heard.push(h));
            let c = framer.counters();
            assert_eq!((c.frames, c.other, c.refused, c.skipped_bytes), (frames, other, refused, 0));
            let got: Vec<_> = heard.iter().map(|h| (h.raw.hex(), h.tick)).collect();
            let want = [("1212".to_owned(), Some(Tick12(0x1A))), ("0000".to_owned(), Some(Tick12(1)))];
            assert_eq!(got, want[..frames as usize]);
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_however_it_is_cut(
            frames in prop::collection::vec((0_u64..0xFE00_0000_0000, any::<u8>(), any::<u64>()), 0..20),
            cuts in prop::collection::vec(0_usize..900, 0..20),
        ) {
            let mut stream = Vec::new();
            let mut want = Vec::new();
            for (ticks, level, seed) in frames {
                let raw = ident(seed);
                let mut body = ticks.to_be_bytes()[2..].to_vec();
                body.push(level);
                body.extend(raw);
                stream.extend(write(b'3', &body));
                want.push(Heard {
                    raw: Raw::new(&raw),
                    tick: (ticks != 0).then_some(Tick12(ticks)),
                    utc: None,
                    signal: signal(level),
                });
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(stream.len())).chain([0, stream.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
            let (heard, counters) = parse(&pieces);
            prop_assert_eq!(heard, want);
            prop_assert_eq!((counters.refused, counters.skipped_bytes), (0, 0));
        }

        #[test]
        fn arbitrary_bytes_give_only_believable_frames_and_a_good_one_is_found_after_them(noise in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut body = vec![0, 0, 0, 0, 9, 9, 9];
            body.extend(ident(7));
            let mut stream = noise;
            // A message that noise began ends at the first whole one, which may be taken for its rest: the second is found.
            stream.extend(write(b'3', &body));
            stream.extend(write(b'3', &body));
            let (heard, _) = parse(&[&stream]);
            prop_assert!(heard.iter().all(|h| mode_s::is_believable(h.raw.as_slice())));
            prop_assert_eq!(heard.last().map(|h| h.raw.as_slice().to_vec()), Some(ident(7).to_vec()));
        }
    }
}
