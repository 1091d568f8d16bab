//! Tone levels to frames: one threshold, one clock, one deframer.

use crate::aprs::ax25;
use crate::hdlc::{Deframer, GOOD_FCS, Heard, Nrzi, crc_register};

pub const BAUD: f64 = 1200.0;
/// Two to ten addresses, control, PID, 256 bytes of information, FCS.
pub const FRAME_BYTES_MAX: usize = 70 + 2 + 256 + 2;
/// Two addresses, control, FCS.
const FRAME_BYTES_MIN: usize = 14 + 1 + 2;
/// How much of a clock error stays after a crossing: in a frame, and while looking for one.
const INERTIA_LOCKED: f32 = 0.74;
const INERTIA_SEARCHING: f32 = 0.5;

#[derive(Debug)]
pub struct Slicer {
    /// What the space tone's level is multiplied with.
    space_gain: f32,
    step: f32,
    /// Bits since the last crossing that the clock believes in, −0.5…0.5; a bit is read where it wraps.
    phase: f32,
    level: bool,
    nrzi: Nrzi,
    deframer: Deframer<FRAME_BYTES_MAX>,
    /// Where the flag that may open a frame ended.
    flag_at: u64,
    frame_at: u64,
    /// Frames whose FCS was wrong.
    pub failed: u64,
}

impl Slicer {
    pub fn new(space_db: f64, rate_sps: f64) -> Self {
        Self {
            space_gain: 10_f64.powf(space_db / 20.0) as f32,
            step: (BAUD / rate_sps) as f32,
            phase: 0.0,
            level: false,
            nrzi: Nrzi::default(),
            deframer: Deframer::new(),
            flag_at: 0,
            frame_at: 0,
            failed: 0,
        }
    }

    /// Takes the tones' levels at sample `at`. True: a frame is complete.
    #[inline]
    pub fn push(&mut self, mark: f32, space: f32, at: u64) -> bool {
        let level = space * self.space_gain < mark;
        self.phase += self.step;
        let due = 0.5 <= self.phase;
        if due {
            self.phase -= 1.0;
        }
        if level != self.level {
            self.level = level;
            let locked = 2 < self.deframer.so_far().len();
            self.phase *= if locked { INERTIA_LOCKED } else { INERTIA_SEARCHING };
        }
        due && self.bit(level, at)
    }

    fn bit(&mut self, level: bool, at: u64) -> bool {
        let heard = self.deframer.push(self.nrzi.bit(level));
        let opened = self.flag_at;
        if matches!(heard, Heard::Flag | Heard::Frame | Heard::Ragged) {
            self.flag_at = at;
        }
        if heard != Heard::Frame || self.deframer.bytes().len() < FRAME_BYTES_MIN {
            return false;
        }
        let good = crc_register(self.deframer.bytes()) == GOOD_FCS && ax25::has_addresses(self.frame());
        self.failed += u64::from(!good);
        self.frame_at = opened;
        good
    }

    /// The complete frame, without FCS.
    pub fn frame(&self) -> &[u8] {
        let bytes = self.deframer.bytes();
        &bytes[..bytes.len().saturating_sub(2)]
    }

    /// Where its opening flag ended.
    pub fn frame_at(&self) -> u64 {
        self.frame_at
    }
}
