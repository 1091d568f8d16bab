//! KISS: AX.25 frames of a TNC, over a serial port or TCP (Dire Wolf: port 8001).
//!
//! ```text
//!   C0 | port × 16 + command (0 = data) | frame without flags and FCS, C0 as DB DC, DB as DB DD | C0
//! ```
//! The port (0–15) becomes the frame's channel. Other commands, which a TNC doesn't send, are counted as other.

use super::{FramingCounters, Heard};
use decoders::aprs::ax25;
use model::{ChannelId, Raw, Signal};

const FEND: u8 = 0xC0;
const FESC: u8 = 0xDB;
const TFEND: u8 = 0xDC;
const TFESC: u8 = 0xDD;
/// The longest frame: ten addresses, control, PID, and information of 2,048 bytes.
pub const FRAME_MAX: usize = 72 + 2048;

#[derive(Debug)]
pub struct Kiss {
    /// The command byte and the frame so far.
    frame: Vec<u8>,
    escaped: bool,
    /// What comes until the next FEND is no frame; whether it was counted.
    spoilt: bool,
    /// Before the first FEND nothing is known of where we are.
    begun: bool,
    counters: FramingCounters,
}

impl Default for Kiss {
    fn default() -> Self {
        Self { frame: Vec::with_capacity(FRAME_MAX + 1), escaped: false, spoilt: false, begun: false, counters: FramingCounters::default() }
    }
}

impl Kiss {
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(Heard)) {
        for &b in bytes {
            if b == FEND {
                self.end(out);
            } else if !self.begun || self.spoilt {
                self.counters.skipped_bytes += 1;
            } else {
                self.take(b);
            }
        }
    }

    fn take(&mut self, b: u8) {
        let plain = match (std::mem::take(&mut self.escaped), b) {
            (false, FESC) => return self.escaped = true,
            (false, b) => b,
            (true, TFEND) => FEND,
            (true, TFESC) => FESC,
            (true, _) => return self.spoil(),
        };
        if self.frame.len() <= FRAME_MAX {
            self.frame.push(plain);
        } else {
            self.spoil();
        }
    }

    fn spoil(&mut self) {
        self.counters.refused += 1;
        self.counters.skipped_bytes += self.frame.len() as u64;
        self.spoilt = true;
    }

    fn end(&mut self, out: &mut dyn FnMut(Heard)) {
        self.begun = true;
        let cut = std::mem::take(&mut self.escaped);
        if !std::mem::take(&mut self.spoilt) {
            match self.frame.split_first() {
                // Two FENDs beside each other.
                None => {}
                Some((command, _)) if command & 0x0F != 0 => self.counters.other += 1,
                Some((command, frame)) if !cut && ax25::has_addresses(frame) => {
                    self.counters.frames += 1;
                    out(heard(frame, command >> 4));
                }
                Some(_) => self.counters.refused += 1,
            }
        }
        self.frame.clear();
    }

    pub fn counters(&self) -> FramingCounters {
        self.counters
    }
}

/// A frame as it is given to a TNC to be sent on `port` (0–15).
pub fn kiss_bytes(port: u8, frame: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(frame.len() + 8);
    out.push(FEND);
    for &b in [(port & 15) << 4].iter().chain(frame) {
        match b {
            FEND => out.extend([FESC, TFEND]),
            FESC => out.extend([FESC, TFESC]),
            b => out.push(b),
        }
    }
    out.push(FEND);
    out
}

/// A frame of a TNC: it has no time and no level.
pub fn heard(frame: &[u8], channel: u8) -> Heard {
    let signal = Signal { channel: Some(ChannelId(channel)), ..Signal::default() };
    Heard { raw: Raw::new(frame), tick: None, utc: None, signal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::{Framer, Framing};
    use decoders::aprs::ax25::Ui;
    use proptest::prelude::*;

    /// What a TNC would send.
    fn kiss(port: u8, frame: &[u8]) -> Vec<u8> {
        let mut out = vec![FEND, port << 4];
        for &b in frame {
            match b {
                FEND => out.extend([FESC, TFEND]),
                FESC => out.extend([FESC, TFESC]),
                b => out.push(b),
            }
        }
        out.push(FEND);
        out
    }

    fn run(bytes: &[u8], cut: usize) -> (Vec<Heard>, FramingCounters) {
        let (mut framer, mut heard) = (Framer::new(Framing::Kiss), Vec::new());
        bytes.chunks(cut).for_each(|piece| framer.push(piece, &mut |h| heard.push(h)));
        framer.finish(&mut |h| heard.push(h));
        (heard, framer.counters())
    }

    #[test]
    fn frames_of_several_ports_between_other_things() {
        let frame = Ui::from_tnc2(b"N0CALL>APRS,WIDE1-1:>a\xC0b\xDBc").unwrap().to_bytes();
        let stream = [
            &b"garbage"[..],
            &kiss(0, &frame),
            &kiss(9, &frame),
            &[FEND, 0x06, 1, FEND],          // set hardware
            &[FEND, 0x00, FESC, b'x', FEND], // no such escape
            &kiss(0, b"no addresses"),
            &[FEND, FEND, FEND],
            &kiss(15, &frame),
        ]
        .concat();
        for cut in [1, 7, 1_000] {
            let (heard, counters) = run(&stream, cut);
            let ports: Vec<_> = heard.iter().map(|h| h.signal.channel.unwrap().0).collect();
            assert_eq!(ports, [0, 9, 15]);
            assert!(heard.iter().all(|h| h.raw.as_slice() == frame));
            assert_eq!((counters.frames, counters.other, counters.refused, counters.skipped_bytes), (3, 1, 2, 7 + 1));
        }
    }

    #[test]
    fn a_frame_without_end_costs_no_memory() {
        let frame = Ui::from_tnc2(b"N0CALL>APRS:>x").unwrap().to_bytes();
        let (heard, counters) = run(&[&[FEND][..], &vec![0; 1_000_000], &kiss(0, &frame)].concat(), 4_096);
        assert_eq!((heard.len(), counters.refused), (1, 1));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm_and_the_next_frame_is_read(noise in prop::collection::vec(any::<u8>(), 0..3_000), cut in 1_usize..900) {
            let frame = Ui::from_tnc2(b"N0CALL>APRS:>x").unwrap().to_bytes();
            let (heard, _) = run(&[&noise[..], &[FEND], &kiss(3, &frame)].concat(), cut);
            prop_assert_eq!(heard.last().map(|h| (h.signal.channel.unwrap().0, h.raw.as_slice().to_vec())), Some((3, frame)));
        }
    }
}
