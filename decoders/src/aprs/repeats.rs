//! One packet heard several times: from its sender, and from every digipeater that repeats it.
//!
//! ```text
//!   the same packet = source, destination (Mic-E's latitude is in it), information; the path differs from copy to copy
//! ```
//! The window is counted from the first copy, so that a station which says the same every 25 s is heard every other time, not never
//! again. Copies take the length of a packet at least: frames of the very same instant are of a log that tells no time. One place per hash, the bytes themselves compared: memory is bounded, and no checksum's collision swallows a packet.

use model::UnixMicros;

/// Copies come within this time of the first (APRS-IS servers have the same).
pub const WINDOW_US: i64 = 30_000_000;
const PLACES: usize = 1024;

#[derive(Debug)]
pub struct Repeats {
    places: Box<[Place]>,
}

#[derive(Clone, Debug)]
struct Place {
    at: i64,
    packet: Vec<u8>,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { places: vec![Place { at: 0, packet: Vec::new() }; PLACES].into_boxed_slice() }
    }
}

impl Repeats {
    /// True for a copy of what was heard within the window before. Anything else is remembered.
    pub fn is_repeat(&mut self, source: &[u8], destination: &[u8], info: &[u8], at: UnixMicros) -> bool {
        let packet = || source.iter().chain(b">").chain(destination).chain(b":").chain(info);
        let hash = packet().fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3));
        let place = &mut self.places[(hash >> 32) as usize % PLACES];
        let within = !place.packet.is_empty() && (1..WINDOW_US).contains(&at.0.saturating_sub(place.at));
        if within && place.packet.iter().eq(packet()) {
            return true;
        }
        place.at = at.0;
        place.packet.clear();
        place.packet.extend(packet());
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_within_the_window_of_the_first() {
        let mut repeats = Repeats::default();
        let mut heard = |source: &str, destination: &str, info: &str, seconds: i64| {
            repeats.is_repeat(source.as_bytes(), destination.as_bytes(), info.as_bytes(), UnixMicros(seconds * 1_000_000))
        };
        assert!(!heard("PA1A", "APRS", ">x", 100));
        assert!(heard("PA1A", "APRS", ">x", 101));
        assert!(heard("PA1A", "APRS", ">x", 129));
        assert!(!heard("PA1A", "APRS", ">x", 130), "30 s after the first it is a new one");
        for (source, destination, info) in [("PA1B", "APRS", ">x"), ("PA1A", "APRT", ">x"), ("PA1A", "APRS", ">x ")] {
            assert!(!heard(source, destination, info, 131), "{source}>{destination}:{info}");
        }
        assert!(!heard("PA1A", "APRS", ">y", 200) && !heard("PA1A", "APRS", ">y", 200), "no time is told");
        // A clock that was set back is no reason to be silent.
        assert!(!heard("PA1A", "APRS", ">x", 50));
    }

    #[test]
    fn what_shares_a_place_is_told_apart() {
        let mut repeats = Repeats::default();
        for n in 0..4 * PLACES {
            let info = format!(">{n}");
            assert!(!repeats.is_repeat(b"PA1A", b"APRS", info.as_bytes(), UnixMicros(1)));
        }
    }
}
