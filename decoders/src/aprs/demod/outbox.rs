//! Several sequences hear one frame: the first copy is told.

use super::reader::Read;

/// A frame as a sequence hears it.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub bytes: &'a [u8],
    /// Seconds of the signal until its opening flag ended.
    pub seconds: f64,
    /// Bytes that FX.25 set right.
    pub corrected_bytes: usize,
}

impl<'a> Heard<'a> {
    /// As read by a sequence: steps to seconds.
    pub fn new(read: Read<'a>, seconds: f64) -> Self {
        Self { bytes: read.bytes, seconds, corrected_bytes: read.corrected_bytes }
    }

    /// The same in the time of what lies in front by a delay.
    pub fn before(self, delay_s: f64) -> Self {
        Self { seconds: self.seconds - delay_s, ..self }
    }
}

/// Copies of one frame open within this many seconds of each other: 24 bits.
const COPY_S: f64 = 0.02;
const RECENT: usize = 8;

#[derive(Debug, Default)]
pub struct Outbox {
    recent: [(u64, f64); RECENT],
    at: usize,
}

impl Outbox {
    /// True for the first copy of a frame.
    pub fn is_news(&mut self, heard: &Heard<'_>) -> bool {
        let at_s = heard.seconds;
        let key = heard.bytes.iter().fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3));
        if self.recent.iter().any(|(k, at)| *k == key && (at_s - at).abs() <= COPY_S) {
            return false;
        }
        self.recent[self.at] = (key, at_s);
        self.at = (self.at + 1) % RECENT;
        true
    }
}
