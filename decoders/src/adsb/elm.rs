//! Downlink extended length messages: up to 16 segments of 80 bits, one DF 24 reply each (Annex 10 Vol. IV §3.1.2.7.7).
//!
//! ```text
//!   DF 20 … DR = 18: "three segments wait"     DF 24 ND 0, ND 1, ND 2, 136 µs apart, again as the radar asks
//!                                                    └── ten bytes each ──► told once, in order, when all are here
//! ```
//!
//! Constraints: at most [`MESSAGES_MAX`] messages at a time; a set that stays incomplete, or was not announced, is told with what is
//! missing once nothing came for [`SILENCE_MICROS`] and the aircraft is heard again. What the bytes mean is the data link's affair.

use super::message::{ELM_BYTES, Elm};
use super::track::Key;
use core::fmt::Write;
use model::UnixMicros;

pub const SEGMENTS: usize = 16;
/// Messages put together at the same time; the one heard from longest ago gives way.
pub const MESSAGES_MAX: usize = 16;
pub const SILENCE_MICROS: i64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
struct Pending {
    key: Key,
    at: UnixMicros,
    announced: Option<u8>,
    /// Bit n: segment n is here.
    have: u16,
    content: [[u8; ELM_BYTES]; SEGMENTS],
}

/// Messages of all aircraft that are not yet complete.
#[derive(Debug)]
pub struct Elms(Vec<Pending>);

impl Default for Elms {
    fn default() -> Self {
        Self(Vec::with_capacity(MESSAGES_MAX))
    }
}

impl Elms {
    /// The message as text when this segment completes it. `announced`: of how many segments the aircraft spoke.
    pub fn add(&mut self, key: Key, segment: &Elm, announced: Option<u8>, at: UnixMicros) -> Option<Box<str>> {
        let i = self.0.iter().position(|p| p.key == key).unwrap_or_else(|| self.begin(key, at));
        let pending = &mut self.0[i];
        pending.at = at;
        pending.announced = announced.or(pending.announced);
        pending.have |= 1 << segment.number;
        pending.content[usize::from(segment.number)] = segment.content;
        (0 < pending.missing().1 && pending.missing().0 == 0 && pending.announced.is_some()).then(|| self.0.swap_remove(i).text())
    }

    /// What came of a message of this aircraft, when it has fallen silent.
    pub fn due(&mut self, key: Key, at: UnixMicros) -> Option<Box<str>> {
        let i = self.0.iter().position(|p| p.key == key && SILENCE_MICROS <= at.micros_since(p.at).abs())?;
        Some(self.0.swap_remove(i).text())
    }

    fn begin(&mut self, key: Key, at: UnixMicros) -> usize {
        if self.0.len() == MESSAGES_MAX {
            let oldest = (0..MESSAGES_MAX).min_by_key(|&i| self.0[i].at).expect("the list is full");
            self.0.swap_remove(oldest);
        }
        self.0.push(Pending { key, at, announced: None, have: 0, content: [[0; ELM_BYTES]; SEGMENTS] });
        self.0.len() - 1
    }
}

impl Pending {
    /// Segments that are not here, and how many there are in all as far as is known.
    fn missing(&self) -> (u32, u32) {
        let up_to = 16 - self.have.leading_zeros();
        let total = up_to.max(self.announced.map_or(0, u32::from));
        (total - self.have.count_ones(), total)
    }

    /// `extended length message, 2 of 3 segments: 0:00112233445566778899 2:…`
    fn text(&self) -> Box<str> {
        let (missing, total) = self.missing();
        let known = if self.announced.is_some() { "" } else { " or more" };
        let mut out = format!("extended length message, {} of {total}{known} segments:", total - missing);
        for (number, content) in self.content.iter().enumerate().filter(|(n, _)| self.have >> n & 1 == 1) {
            let hex = content.iter().fold(String::with_capacity(2 * ELM_BYTES), |mut hex, byte| {
                write!(hex, "{byte:02x}").expect("a String takes everything");
                hex
            });
            write!(out, " {number}:{hex}").expect("a String takes everything");
        }
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Icao24, Text};

    fn key(address: u32) -> Key {
        Key::new(Icao24::new(address).unwrap(), true)
    }

    fn segment(number: u8) -> Elm {
        Elm { acknowledges: false, number, content: [number; ELM_BYTES] }
    }

    #[test]
    fn an_announced_message_is_told_when_its_last_segment_comes_in_any_order() {
        let mut elms = Elms::default();
        assert_eq!(elms.add(key(1), &segment(2), Some(3), UnixMicros(0)), None);
        assert_eq!(elms.add(key(2), &segment(0), Some(2), UnixMicros(0)), None, "another aircraft's");
        assert_eq!(elms.add(key(1), &segment(0), Some(3), UnixMicros(100)), None);
        assert_eq!(elms.add(key(1), &segment(0), Some(3), UnixMicros(200)), None, "asked again");
        let text = elms.add(key(1), &segment(1), Some(3), UnixMicros(300)).unwrap();
        let expected = "extended length message, 3 of 3 segments: 0:00000000000000000000 1:01010101010101010101 2:02020202020202020202";
        assert_eq!(&*text, expected);
        assert_eq!(elms.due(key(1), UnixMicros(9_000_000)), None, "told once");
    }

    #[test]
    fn what_is_missing_is_said_after_a_second_of_silence() {
        let mut elms = Elms::default();
        elms.add(key(1), &segment(1), None, UnixMicros(0));
        assert_eq!(elms.due(key(1), UnixMicros(999_999)), None);
        let text = elms.due(key(1), UnixMicros(1_000_000)).unwrap();
        assert_eq!(&*text, "extended length message, 1 of 2 or more segments: 1:01010101010101010101");
    }

    #[test]
    fn memory_and_text_stay_within_their_limits() {
        let mut elms = Elms::default();
        for address in 0..100 {
            elms.add(key(address), &segment(0), Some(2), UnixMicros(i64::from(address)));
            assert!(elms.0.len() <= MESSAGES_MAX);
        }
        let mut longest = None;
        for number in 0..16 {
            longest = elms.add(key(99), &segment(number), Some(16), UnixMicros(200));
        }
        assert!(longest.unwrap().len() <= Text::MAX_BYTES);
    }
}
