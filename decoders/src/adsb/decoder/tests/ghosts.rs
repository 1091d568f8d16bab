//! Noise makes no aircraft: neither random bits, nor random bits whose parity is good, nor repairs that made an address up;
//! and one genuine frame of an aircraft in distress is told all the same.

use super::*;

/// xorshift64*: the seed is the bug report.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| (self.next() >> 32) as u8)
    }
}

const TEN_MINUTES_MICROS: i64 = 600_000_000;

/// A demodulator that gave out every burst of noise whatever its parity: 1,000 frames a second for ten minutes.
#[test]
fn ten_minutes_of_random_bits_show_nobody() {
    let mut random = Random(0x5eed_0001);
    let mut sky = Sky::new(None);
    let count = 600_000;
    for i in 0..count {
        let long: [u8; 14] = random.bytes();
        let length = if long[0] < 0x80 { 7 } else { 14 };
        let at = i * TEN_MINUTES_MICROS / count;
        sky.hear(&long[..length], at as f64 / 1e6);
    }
    assert_eq!(sky.events, []);
    let refused: u64 = Refusal::ALL.iter().map(|&why| sky.refused(why)).sum();
    assert!(count as u64 - 5 <= refused, "at most a handful may be held: {refused}");
}

/// Frames of noise that got through the parity: a hundred in ten minutes, where the demodulator promises one.
#[test]
fn noise_with_good_parity_shows_nobody() {
    let mut shown = 0;
    for seed in 0..200 {
        let mut random = Random(0x5eed_1000 + seed);
        let mut sky = Sky::new(None);
        for i in 0..100 {
            let data: [u8; 11] = random.bytes();
            let at = f64::from(i) * 6.0;
            let first = [0x88, 0x90, 0x58, 0x98][i as usize % 4] | (data[0] & 7);
            let frame = if first & 0xF8 == 0x58 {
                with_parity(&[first, data[1], data[2], data[3]], 0)
            } else {
                with_parity(&[&[first], &data[1..]].concat(), 0)
            };
            sky.hear(&frame, at);
        }
        shown += sky.events.len();
    }
    assert_eq!(shown, 0, "of 20,000 such frames");
}

/// Two repairs may make the same address of two others; that is not enough, but a third or a clean frame is.
#[test]
fn repaired_frames_alone_need_to_be_three() {
    let squitter = squitter(0x8d, ADDRESS, 0x20_2cc3_71c3_2ce0);
    for (corrected, told_at) in [(&[1, 1, 1][..], 2), (&[1, 0], 1), (&[0, 1], 1), (&[0, 0], 1)] {
        let mut decoder = AdsbDecoder::new(&DecoderConfig::default());
        for (i, &corrected_bits) in corrected.iter().enumerate() {
            let mut heard = frame(&squitter, UnixMicros::from_secs(i as i64));
            heard.signal.corrected_bits = corrected_bits;
            let mut told = 0;
            decoder.decode(&heard, &mut |_| told += 1);
            assert_eq!(0 < told, told_at <= i, "{corrected:?} {i}");
        }
    }
}

#[test]
fn a_single_genuine_alarm_is_told_and_one_that_no_transponder_sends_waits() {
    let emergency = |spoilt: u64| squitter(0x8d, ADDRESS, 0xe1_2000_0000_0000 | 0x0AAA << 32 | spoilt);
    let advisory = |spoilt: u64| squitter(0x8d, ADDRESS, 0xe2_0000_0000_0000 | 1 << 47 | 1 << 26 | 0x40_6b90 << 2 | spoilt);
    for (frame, told) in [(emergency(0), 1), (emergency(1), 0), (advisory(0), 1), (advisory(1 << 36), 0)] {
        let mut sky = Sky::new(None);
        let events = sky.hear(&frame, 0.0);
        assert_eq!(events.len(), told);
        assert!(sky.events.iter().all(|event| event.priority() == model::Priority::High));
        assert_ne!(sky.hear(&frame, 1.0), [], "a second says it in any case");
    }
    let mut repaired = super::frame(&emergency(0), UnixMicros(0));
    repaired.signal.corrected_bits = 1;
    let mut decoder = AdsbDecoder::new(&DecoderConfig::default());
    decoder.decode(&repaired, &mut |event| panic!("a repair may have made it: {event:?}"));
}
