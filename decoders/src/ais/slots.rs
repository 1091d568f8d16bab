//! The number of the slot in which a transmission began (ITU-R M.1371-5 annex 2 §3.1.2: 2,250 a UTC minute, 26.67 ms each).
//!
//! A receiver's own UTC doesn't settle it: nobody vouches that the station's clock is right to half a slot, and samples come through USB
//! some milliseconds late. But ships say it: a SOTDMA message with time-out 2, 4 or 6 carries the number of the slot that it is in
//! (annex 2 §3.3.7.2.2 table 18).
//!
//! ```text
//!   bits 149–150 synchronisation (0, 1: to UTC) │ 151–153 time-out │ 154–167 slot number, at time-out 2, 4, 6
//! ```
//!
//! - The error of our time against the slots is where [`WITNESSES_MIN`] different ships at least, and more than half of those heard within
//!   [`MEMORY_US`], agree within [`AGREE_US`]. Otherwise, and so before ships were heard, numbers are unknown.
//! - Repeated messages (they carry the first sender's slot) and repaired ones testify nothing.
//! - Accuracy: ships keep their slots to 0.3 ms, light takes 0.7 ms for 200 km, the clock between two witnesses drifts less than 4 ms (30 ppm,
//!   2 minutes). A slot begins when its ramp does; up to [`EARLY_US`] before counts as in it, so that only transmissions that keep no slots
//!   (class B CS begins 2 ms late; a beacon with a bad clock) can be one off.

use super::message::Bits;
use model::{Frame, Slot, Tick12};

/// Ships that must agree.
const WITNESSES_MIN: usize = 2;
/// Ships remembered, the last ones.
const WITNESSES_MAX: usize = 16;
const AGREE_US: i64 = 5_000;
const MEMORY_US: i64 = 120_000_000;
const EARLY_US: i64 = 3_000;
const MINUTE_US: i64 = 60_000_000;
/// Ramp, training sequence and flag before a frame's time: 40 bits.
const FLAG_END_US: i64 = 4_167;

/// What one ship's word makes of our clock.
#[derive(Clone, Copy, Debug)]
struct Witness {
    mmsi: u32,
    at_us: i64,
    /// Our time in the minute less that of the slot it named.
    error_us: i64,
}

/// Learns where slots lie from what one receiver hears.
#[derive(Debug, Default)]
pub struct Slots {
    witnesses: Vec<Witness>,
}

impl Slots {
    pub fn new() -> Self {
        Self { witnesses: Vec::with_capacity(WITNESSES_MAX) }
    }

    /// The slot of a frame; frames come in order of time.
    pub fn place(&mut self, frame: &Frame) -> Option<Slot> {
        let at_us = frame.utc.map_or_else(|| frame.tick.micros_since(Tick12(0)), |utc| utc.0) - FLAG_END_US;
        self.witnesses.retain(|w| (at_us - w.at_us).abs() <= MEMORY_US);
        if let Some((mmsi, slot)) = told(frame) {
            let begins_us = i64::from(slot.get()) * MINUTE_US / i64::from(Slot::COUNT);
            self.hear(Witness { mmsi, at_us, error_us: around_zero(at_us - begins_us) });
        }
        let error_us = self.error_us()?;
        let in_minute = (at_us - error_us + EARLY_US).rem_euclid(MINUTE_US);
        Slot::new((in_minute * i64::from(Slot::COUNT) / MINUTE_US) as u16)
    }

    fn hear(&mut self, witness: Witness) {
        self.witnesses.retain(|w| w.mmsi != witness.mmsi);
        if self.witnesses.len() == WITNESSES_MAX {
            self.witnesses.remove(0);
        }
        self.witnesses.push(witness);
    }

    /// Mean of the largest group that agrees.
    fn error_us(&self) -> Option<i64> {
        let near = |middle: i64| self.witnesses.iter().map(move |w| around_zero(w.error_us - middle)).filter(|d| d.abs() <= AGREE_US);
        let best = self.witnesses.iter().max_by_key(|w| near(w.error_us).count())?.error_us;
        let agree = near(best).count();
        (WITNESSES_MIN <= agree && self.witnesses.len() < 2 * agree).then(|| best + near(best).sum::<i64>() / agree as i64)
    }
}

/// Half a minute to either side.
const fn around_zero(us: i64) -> i64 {
    (us + MINUTE_US / 2).rem_euclid(MINUTE_US) - MINUTE_US / 2
}

/// Who says that this is which slot.
fn told(frame: &Frame) -> Option<(u32, Slot)> {
    let raw = frame.raw.as_slice();
    if raw.len() != 21 || 0 < frame.signal.corrected_bits {
        return None;
    }
    let bits = Bits::from_bytes(raw)?;
    let sotdma = match bits.uint(0, 6) {
        1 | 2 | 4 | 11 => true,
        9 | 18 => bits.uint(148, 1) == 0,
        _ => false,
    };
    let (repeated, synchronised, time_out) = (bits.uint(6, 2), bits.uint(149, 2) <= 1, bits.uint(151, 3));
    if !sotdma || repeated != 0 || !synchronised || !matches!(time_out, 2 | 4 | 6) {
        return None;
    }
    Some((bits.uint(8, 30) as u32, Slot::new(bits.uint(154, 14) as u16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Protocol, Raw, ReceiverId, Signal, UnixMicros};

    /// A position report at the beginning of `slot` by a clock that is `error_us` wrong; `says`: with time-out 4, else 3.
    fn report(mmsi: u32, slot: u16, error_us: i64, says: bool) -> Frame {
        let mut bits = Bits::from_bytes(&[0; 21]).unwrap();
        bits.put(0, 6, 1);
        bits.put(8, 30, mmsi.into());
        bits.put(151, 3, if says { 4 } else { 3 });
        bits.put(154, 14, slot.into());
        let at = 1_795_000_020_000_000 + i64::from(slot) * 80_000 / 3 + FLAG_END_US + error_us;
        Frame {
            protocol: Protocol::Ais,
            receiver: ReceiverId(0),
            raw: Raw::new(bits.as_bytes()),
            tick: Tick12(0),
            utc: Some(UnixMicros(at)),
            signal: Signal::default(),
        }
    }

    fn number(slots: &mut Slots, frame: &Frame) -> Option<u16> {
        slots.place(frame).map(Slot::get)
    }

    #[test]
    fn unknown_until_two_ships_agree_whatever_our_clock_says() {
        for error_us in [0, 11_000, -14_000, 29_999_000, -3_600_000_000, 17_123_456] {
            let mut slots = Slots::new();
            assert_eq!(number(&mut slots, &report(1, 100, error_us, true)), None);
            assert_eq!(number(&mut slots, &report(1, 110, error_us, true)), None, "the same ship again is no second witness");
            assert_eq!(number(&mut slots, &report(2, 120, error_us, false)), None);
            assert_eq!(number(&mut slots, &report(2, 121, error_us + 900, true)), Some(121));
            for (slot, late_us) in [(0, 0), (1, -1_000), (2_249, 2_100), (1_000, 20_000)] {
                assert_eq!(number(&mut slots, &report(3, slot, error_us + late_us, false)), Some(slot), "{error_us} {late_us}");
            }
        }
    }

    #[test]
    fn a_liar_is_outvoted_and_half_is_not_enough() {
        let mut slots = Slots::new();
        for mmsi in 1..=3 {
            slots.place(&report(mmsi, 100 + mmsi as u16, 0, true));
        }
        assert_eq!(number(&mut slots, &report(9, 500, 700_000, true)), Some(526), "its own word counts no more than others'");
        assert_eq!(number(&mut slots, &report(10, 510, 0, false)), Some(510));
        for mmsi in 20..=22 {
            slots.place(&report(mmsi, 600 + mmsi as u16, 2_000_000, true));
        }
        assert_eq!(number(&mut slots, &report(10, 511, 0, false)), None, "three against three");
    }

    #[test]
    fn repeated_and_repaired_messages_are_no_witnesses_and_old_ones_are_forgotten() {
        let mut slots = Slots::new();
        for mmsi in 1..9 {
            let mut repaired = report(mmsi, 100, 0, true);
            repaired.signal.corrected_bits = 1;
            assert_eq!(slots.place(&repaired), None);
            let mut raw = report(mmsi, 100, 0, true).raw.as_slice().to_vec();
            raw[0] |= 1;
            assert_eq!(slots.place(&Frame { raw: Raw::new(&raw), ..repaired }), None);
        }
        slots.place(&report(1, 100, 0, true));
        assert_eq!(number(&mut slots, &report(2, 101, 0, true)), Some(101));
        let mut later = report(3, 102, 0, false);
        later.utc = later.utc.map(|utc| utc.plus_micros(3 * MINUTE_US));
        assert_eq!(slots.place(&later), None);
    }
}
