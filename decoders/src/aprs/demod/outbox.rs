//! Several sequences hear one frame: the first copy that needed no repair is told. A repaired one waits until all others have had
//! their say, and is dropped if one of them heard something else at that time.

use super::reader::{FRAME_BYTES_MAX, Read};

/// A frame as a sequence hears it.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub bytes: &'a [u8],
    /// Seconds of the signal until its opening flag ended.
    pub seconds: f64,
    /// Bytes that a Reed–Solomon code set right; bits that were chosen so that the check passed.
    pub corrected_bytes: usize,
    pub repaired_bits: u8,
}

impl<'a> Heard<'a> {
    /// As read by a sequence: steps to seconds.
    pub fn new(read: Read<'a>, seconds: f64) -> Self {
        Self { bytes: read.bytes, seconds, corrected_bytes: read.corrected_bytes, repaired_bits: read.repaired_bits }
    }

    /// Of either kind, as frames tell it: at least one bit in each byte.
    pub fn corrected_bits(&self) -> u8 {
        self.repaired_bits.max(self.corrected_bytes.min(255) as u8)
    }

    /// The same in the time of what lies in front by a delay.
    pub fn before(self, delay_s: f64) -> Self {
        Self { seconds: self.seconds - delay_s, ..self }
    }
}

/// Copies of one frame open within this many seconds of each other: 24 bits.
const COPY_S: f64 = 0.02;
const RECENT: usize = 8;
/// Repaired frames that wait, and how long: longer than the sequences lie apart.
const WAITING: usize = 4;
pub const WAIT_S: f64 = 0.1;

#[derive(Clone, Debug)]
struct Waiting {
    bytes: [u8; FRAME_BYTES_MAX],
    len: usize,
    seconds: f64,
    repaired_bits: u8,
    /// Sequences do not agree about it.
    in_doubt: bool,
    until_s: f64,
}

#[derive(Debug)]
pub struct Outbox {
    recent: [(u64, f64); RECENT],
    at: usize,
    waiting: [Option<Waiting>; WAITING],
    now_s: f64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { recent: [(0, f64::NEG_INFINITY); RECENT], at: 0, waiting: [const { None }; WAITING], now_s: 0.0 }
    }
}

impl Outbox {
    /// True for the first copy of a frame that needed no repair.
    pub fn is_news(&mut self, heard: &Heard<'_>) -> bool {
        if 0 < heard.repaired_bits {
            self.wait(heard);
            return false;
        }
        let at_s = heard.seconds;
        let key = key(heard.bytes);
        if self.recent.iter().any(|(k, at)| *k == key && (at_s - at).abs() <= COPY_S) {
            return false;
        }
        self.recent[self.at] = (key, at_s);
        self.at = (self.at + 1) % RECENT;
        // Whatever was repaired there: this is what was sent.
        self.waiting.iter_mut().filter(|w| w.as_ref().is_some_and(|w| (w.seconds - at_s).abs() <= COPY_S)).for_each(|w| *w = None);
        true
    }

    fn wait(&mut self, heard: &Heard<'_>) {
        let at_s = heard.seconds;
        let is_here = |at: f64| (at - at_s).abs() <= COPY_S;
        if self.recent.iter().any(|(_, at)| is_here(*at)) || FRAME_BYTES_MAX < heard.bytes.len() {
            return;
        }
        if let Some(other) = self.waiting.iter_mut().flatten().find(|w| is_here(w.seconds)) {
            other.in_doubt |= &other.bytes[..other.len] != heard.bytes;
            return;
        }
        let Some(free) = self.waiting.iter_mut().find(|w| w.is_none()) else { return };
        let mut bytes = [0; FRAME_BYTES_MAX];
        bytes[..heard.bytes.len()].copy_from_slice(heard.bytes);
        let (len, until_s) = (heard.bytes.len(), self.now_s + WAIT_S);
        *free = Some(Waiting { bytes, len, seconds: at_s, repaired_bits: heard.repaired_bits, in_doubt: false, until_s });
    }

    /// The signal has been heard up to `now_s`: calls `out` with repaired frames that have waited long enough.
    #[inline]
    pub fn set_time(&mut self, now_s: f64, out: &mut dyn FnMut(Heard<'_>)) {
        self.now_s = now_s;
        for place in &mut self.waiting {
            if let Some(w) = place.take_if(|w| w.until_s <= now_s).filter(|w| !w.in_doubt) {
                // The same comes late where FX.25 is around it.
                self.recent[self.at] = (key(&w.bytes[..w.len]), w.seconds);
                self.at = (self.at + 1) % RECENT;
                out(Heard { bytes: &w.bytes[..w.len], seconds: w.seconds, corrected_bytes: 0, repaired_bits: w.repaired_bits });
            }
        }
    }
}

fn key(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of copies heard one after another, each (bytes, opened at, bits repaired), and the time after them.
    fn told(copies: &[(&[u8], f64, u8)], then_s: f64) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let (mut outbox, mut at_once, mut later) = (Outbox::default(), Vec::new(), Vec::new());
        for &(bytes, seconds, repaired_bits) in copies {
            let heard = Heard { bytes, seconds, corrected_bytes: 0, repaired_bits };
            if outbox.is_news(&heard) {
                at_once.push(bytes.to_vec());
            }
        }
        outbox.set_time(then_s, &mut |heard| later.push(heard.bytes.to_vec()));
        (at_once, later)
    }

    #[test]
    fn a_repaired_frame_gives_way_to_one_that_needed_no_repair() {
        let one = || vec![b"one".to_vec()];
        assert_eq!(told(&[(b"one", 1.0, 0), (b"one", 1.01, 0)], 9.0), (one(), vec![]));
        // It waits, for its copy or for something else at its time.
        assert_eq!(told(&[(b"one", 1.0, 2)], 0.5 * WAIT_S), (vec![], vec![]));
        assert_eq!(told(&[(b"one", 1.0, 2), (b"one", 1.01, 1)], WAIT_S), (vec![], one()));
        for copies in [[(&b"one"[..], 1.0, 0), (b"two", 1.01, 2)], [(b"two", 1.01, 2), (b"one", 1.0, 0)]] {
            assert_eq!(told(&copies, WAIT_S), (one(), vec![]));
        }
        // What comes after it was told is told no more.
        let mut outbox = Outbox::default();
        let heard = |repaired_bits| Heard { bytes: b"one", seconds: 1.0, corrected_bytes: 0, repaired_bits };
        assert!(!outbox.is_news(&heard(2)));
        outbox.set_time(9.0, &mut |_| ());
        assert!(!outbox.is_news(&heard(0)));
        // Two that do not agree are both dropped; two frames are two frames; there is room for four.
        assert_eq!(told(&[(b"one", 1.0, 2), (b"two", 1.01, 1), (b"one", 1.0, 2)], 9.0), (vec![], vec![]));
        assert_eq!(told(&[(b"one", 1.0, 2), (b"one", 2.0, 1)], 9.0).1.len(), 2);
        let many: Vec<_> = (0..9).map(|i| (&b"one"[..], f64::from(i), 1)).collect();
        assert_eq!(told(&many, 9.0).1.len(), WAITING);
    }
}
