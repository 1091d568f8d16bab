//! Segments: round trips of any events, cuts, flips and bombs.

use super::*;
use crate::testing::{events, stream};
use proptest::prelude::*;

const EPOCH: Epoch = Epoch(0xfeed_beef_0000_0001);

fn encode(events: &[Event]) -> Encoded {
    Encoder::default().encode(EPOCH, 1, events).unwrap()
}

fn decode(segment: &[u8]) -> Result<Vec<Event>, WireError> {
    let mut out = Vec::new();
    Decoder::default().decode(segment, &mut out).map(|_| out)
}

/// Makes the checksum right again, so that a mutation reaches the code behind it.
fn reseal(segment: &mut [u8]) {
    let crc = crc32c::crc32c_append(crc32c::crc32c(&segment[..CRC_AT]), &segment[HEADER_BYTES..]);
    segment[CRC_AT..HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
}

/// A segment around any plain body.
fn around(plain: &[u8], count: u16) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.plain.extend_from_slice(plain);
    encoder.frame(EPOCH, 1, count.into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_events_round_trip(events in events(1..80), first_seq in 1..u64::MAX - 100) {
        // One pair for two segments: nothing of the first may shine through.
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
        for _ in 0..2 {
            let encoded = encoder.encode(EPOCH, first_seq, &events).unwrap();
            prop_assert_eq!(encoded.count, events.len());
            let mut out = Vec::new();
            let header = decoder.decode(&encoded.segment, &mut out).unwrap();
            prop_assert_eq!((header.epoch, header.first_seq, header.last_seq()), (EPOCH, first_seq, first_seq + events.len() as u64 - 1));
            prop_assert_eq!(&out, &events);
        }
    }

    #[test]
    fn a_flipped_bit_is_seen(events in events(1..20), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut segment = encode(&events).segment;
        let at = at.index(segment.len());
        segment[at] ^= 1 << bit;
        prop_assert!(decode(&segment).is_err());
    }

    #[test]
    fn a_cut_segment_is_refused(events in events(1..20), at in any::<prop::sample::Index>()) {
        let segment = encode(&events).segment;
        prop_assert!(decode(&segment[..at.index(segment.len())]).is_err());
    }

    #[test]
    fn mutated_columns_are_events_or_refused(events in events(1..30), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut encoder = Encoder::default();
        let encoded = encoder.encode(EPOCH, 1, &events).unwrap();
        let mut plain = encoder.plain.clone();
        for (at, value) in changes {
            let at = at.index(plain.len());
            plain[at] = value;
        }
        if let Ok(out) = decode(&around(&plain, encoded.count as u16)) {
            prop_assert_eq!(out.len(), encoded.count);
        }
    }

    #[test]
    fn any_bytes_with_a_right_checksum_are_events_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 36..200), count in 1..40_u16) {
        let mut segment = around(&bytes, count);
        let _ = decode(&segment);
        segment.truncate(HEADER_BYTES);
        segment.append(&mut bytes);
        let body = (segment.len() - HEADER_BYTES) as u32;
        segment[28..32].copy_from_slice(&body.to_le_bytes());
        reseal(&mut segment);
        prop_assert!(decode(&segment).is_err());
    }
}

#[test]
fn a_segment_takes_what_fits_and_no_more() {
    let sky = stream(1, MAX_EVENTS + 5);
    assert_eq!(encode(&sky).count, MAX_EVENTS);

    let noise = |i: usize| char::from(33 + (i * i % 89) as u8);
    let mut big = sky[0].clone();
    big.raw = ::model::Raw::new(&[0x5a; 1024]);
    big.kind = ::model::EventKind::Text(Text {
        kind: ::model::TextKind::Message,
        to: None,
        body: (0..Text::MAX_BYTES).map(noise).collect::<String>().into(),
        number: None,
    });
    let many = vec![big.clone(); MAX_EVENTS];
    let encoded = encode(&many);
    assert!(400 < encoded.count && encoded.count < MAX_EVENTS, "{}", encoded.count);
    assert_eq!(decode(&encoded.segment).unwrap(), many[..encoded.count]);

    let ::model::EventKind::Text(text) = &mut big.kind else { unreachable!("made above") };
    text.body = "x".repeat(Text::MAX_BYTES + 1).into();
    let refused = WireError::TooLarge { what: "text", value: 1025, limit: 1024 };
    assert_eq!(Encoder::default().encode(EPOCH, 1, &[big.clone()]).unwrap_err(), refused);
    assert_eq!(encode(&[sky[0].clone(), big, sky[1].clone()]).count, 1);
}

/// What another program told has no frame.
#[test]
fn events_without_a_frame_come_back_as_they_were() {
    let mut sky = stream(1, 300);
    sky.iter_mut().step_by(3).for_each(|event| event.raw = ::model::Raw::new(&[]));
    assert_eq!(decode(&encode(&sky).segment).unwrap(), sky);
}

#[test]
fn a_bomb_is_refused_within_the_limit() {
    let mut segment = around(&vec![0; MAX_PLAIN_BYTES + 1], 1);
    assert!(matches!(decode(&segment), Err(WireError::TooLarge { what: "plain bytes", .. })));
    // The header lies about what the body expands to: zstd gets no more room than the header says.
    segment[24..28].copy_from_slice(&1000_u32.to_le_bytes());
    reseal(&mut segment);
    assert_eq!(decode(&segment), Err(WireError::Compression));
}

#[test]
fn headers_that_no_encoder_writes_are_refused() {
    let good = encode(&stream(1, 3)).segment;
    let with = |at: usize, value: u8| {
        let mut s = good.clone();
        s[at] = value;
        reseal(&mut s);
        SegmentHeader::check(&s)
    };
    assert_eq!(with(0, b'X'), Err(WireError::Magic));
    assert_eq!(with(4, 4), Err(WireError::Version(4)));
    assert_eq!(with(4, 0), Err(WireError::Version(0)));
    assert_eq!(with(5, 1), Err(WireError::Range("flags")));
    assert_eq!(with(6, 0), Err(WireError::Range("sequence")));
    assert!(matches!(with(7, 0xff), Err(WireError::TooLarge { what: "events", .. })));
    assert_eq!(with(16, 0), Err(WireError::Range("sequence")));
    assert_eq!(with(28, 0xff), Err(WireError::Truncated));
    assert_eq!(SegmentHeader::check(&[]), Err(WireError::Truncated));
    assert_eq!(SegmentHeader::check(&[&good[..], &[0]].concat()), Err(WireError::TrailingBytes));
}
