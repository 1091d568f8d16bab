//! What a sender does, long hand, against the decoder; the draft's own examples.

use super::*;
use crate::reed_solomon::encode;
use proptest::prelude::*;

fn scramble(plain: &[u8]) -> Vec<u8> {
    let mut sent: Vec<bool> = Vec::new();
    for (n, bit) in plain.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1 == 1)).enumerate() {
        let back = |by: usize| n.checked_sub(by).is_some_and(|i| sent[i]);
        sent.push(bit ^ back(4) ^ back(9) ^ (4..9).contains(&n));
    }
    sent.chunks(8).map(|c| c.iter().fold(0, |b, bit| b << 1 | u8::from(*bit))).collect()
}

fn block(plain: &[u8], parity: usize) -> Vec<u8> {
    encode(Code { length: plain.len() + parity, parity, field: &IL2P }, &scramble(plain))
}

/// A whole frame (type 0) as it is sent.
fn sent(frame: &[u8], strong: bool, with_crc: bool) -> Vec<u8> {
    let mut header = [0_u8; HEADER];
    header[0] |= u8::from(strong) << 7;
    (0..10).for_each(|i| header[2 + i] |= ((frame.len() >> (9 - i) & 1) as u8) << 7);
    coded(&header, frame, strong, with_crc.then(|| hdlc::fcs(frame)))
}

fn coded(header: &[u8; HEADER], payload: &[u8], strong: bool, crc: Option<[u8; 2]>) -> Vec<u8> {
    let mut out = vec![0xF1, 0x5E, 0x48];
    out.extend(block(header, HEADER_PARITY));
    let shape = Payload::new(payload.len(), strong).unwrap();
    let mut rest = payload;
    for i in 0..shape.blocks {
        let (data, next) = rest.split_at(shape.small + usize::from(i < shape.large));
        out.extend(block(data, shape.parity));
        rest = next;
    }
    assert!(rest.is_empty());
    if let Some(crc) = crc {
        let crc = u16::from_le_bytes(crc);
        out.extend([12, 8, 4, 0].map(|by| HAMMING[usize::from(crc >> by & 15)]));
    }
    out
}

fn bits(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1 == 1)).collect()
}

/// Frames, and how many bytes were set right.
fn heard(bits: &[bool]) -> Vec<(Vec<u8>, usize)> {
    let mut il2p = Il2p::new();
    let mut found = Vec::new();
    for (at, bit) in bits.iter().enumerate() {
        if let Some(corrected) = il2p.push(*bit, at as u64) {
            found.push((il2p.bytes().to_vec(), corrected));
        }
    }
    found
}

/// An S frame, a UI frame and an I frame: frames and what is sent for them, after the sync word (draft, "examples").
#[test]
fn the_drafts_examples() {
    let check = |sent: &str, frame: &str| {
        let hex = |text: &str| text.split_whitespace().map(|b| u8::from_str_radix(b, 16).unwrap()).collect::<Vec<u8>>();
        let stream = bits(&[&[0xF1, 0x5E, 0x48], &hex(sent)[..], &[0; 4]].concat());
        assert_eq!(heard(&stream), [(hex(frame), 0)]);
    };
    // KA2DEW-2 is told RR by KK4HEJ-7; KK4HEJ-15 to CQ; an I frame.
    check("26 57 4d 57 f1 96 cc 85 42 e7 24 f7 2e 8a 97", "96 82 64 88 8a ae e4 96 96 68 90 8a 94 6f b1");
    check("6a ea 9c c2 01 11 fc 14 1f da 6e f2 53 91 bd", "86 a2 40 40 40 40 60 96 96 68 90 8a 94 ff 03 f0");
    check(
        "26 13 6d 02 8c fe fb e8 aa 94 2d 6a 34 43 35 3c 69 9f 0c 75 5a 38 a1 7f f3 fc",
        "96 82 64 88 8a ae e4 96 96 68 90 8a 94 65 b8 cf 30 31 32 33 34 35 36 37 38",
    );
}

#[test]
fn every_kind_of_translated_header() {
    // N0CALL-9 to APRS-1.
    let letters: Vec<u8> = b"APRS  N0CALL".iter().map(|c| c - b' ').collect();
    let check = |ui: u8, pid: u8, control: u8, expected: &[u8]| {
        let mut header = [0_u8; HEADER];
        header[..12].copy_from_slice(&letters);
        header[12] = 0x19;
        header[0] |= 0x80 | ui << 6;
        header[1] |= 0x80;
        (0..4).for_each(|i| header[1 + i] |= (pid >> (3 - i) & 1) << 6);
        (0..7).for_each(|i| header[5 + i] |= (control >> (6 - i) & 1) << 6);
        (0..10).for_each(|i| header[2 + i] |= ((2_u16 >> (9 - i) & 1) as u8) << 7);
        let found = heard(&bits(&[&coded(&header, b">x", true, None)[..], &[0xAA; 4]].concat()));
        let Some((frame, 0)) = found.first() else { panic!("{ui} {pid} {control:02x}: {found:?}") };
        assert_eq!(frame[..14], [0x82, 0xA0, 0xA4, 0xA6, 0x40, 0x40, frame[6], 0x9C, 0x60, 0x86, 0x82, 0x98, 0x98, frame[13]]);
        assert_eq!((frame[6] & 0x7F, frame[13] & 0x7F), (0x62, 0x73));
        assert_eq!((frame[6] ^ frame[13]) & 0x80, 0x80, "a command or a response");
        assert_eq!(&frame[14..], [expected, b">x"].concat());
    };
    check(1, 0xF, 5 << 3 | 4, &[0x03, 0xF0]);
    check(1, 0xF, 0x40 | 5 << 3, &[0x13, 0xF0]);
    check(0, 1, 0, &[0x2F]);
    check(0, 1, 3 << 3, &[0x63]);
    check(0, 0, 2 << 3 | 1, &[0x45]);
    check(0, 0xF, 0x40 | 3 << 3 | 5, &[0x7A, 0xF0]);
    check(0, 0xB, 0, &[0x00, 0xCC]);
}

fn frame(info: &[u8]) -> Vec<u8> {
    let header = [0x82, 0xA0, 0xA4, 0xA6, 0x40, 0x40, 0xE0, 0x9C, 0x60, 0x86, 0x82, 0x98, 0x98, 0x73, 0x03, 0xF0];
    [&header[..], info].concat()
}

proptest! {
    #[test]
    fn errors_within_reach_are_set_right(
        info in prop::collection::vec(any::<u8>(), 0..250), strong in any::<bool>(), with_crc in any::<bool>(), inverted in any::<bool>(),
        noise in prop::collection::vec(any::<bool>(), 0..40), wrong in prop::collection::vec((0..10_000_usize, 1..=255_u8), 0..2), sync in 0..24_usize,
    ) {
        let frame = frame(&info);
        let mut bytes = sent(&frame, strong, with_crc);
        let shape = Payload::new(frame.len(), strong).unwrap();
        // One byte of the header, and one of the payload where that is well within reach.
        let mut errors = 0;
        for (i, (place, value)) in wrong.iter().enumerate() {
            if i == 0 {
                bytes[3 + place % 15] ^= value;
                errors += 1;
            } else if 2 < shape.parity || with_crc {
                bytes[18 + place % shape.coded()] ^= value;
                errors += 1;
            }
        }
        let tail = if with_crc { vec![] } else { vec![0x80, 0x80, 0x80, 0x80] };
        let mut stream = bits(&[&bytes[..], &tail].concat());
        stream[sync] ^= true;
        let stream: Vec<bool> = noise.into_iter().chain(stream.into_iter().map(|b| b ^ inverted)).collect();
        let found = heard(&stream);
        prop_assert!(found.contains(&(frame, errors)), "{:?}", found);
    }

    /// A block with as much wrong as its parity just reaches is believed only when the CRC says so.
    #[test]
    fn what_only_just_can_be_set_right_needs_the_crc(info in prop::collection::vec(any::<u8>(), 1..40), place in any::<prop::sample::Index>(), value in 1..=255_u8) {
        let frame = frame(&info);
        for with_crc in [true, false] {
            let mut bytes = sent(&frame, false, with_crc);
            bytes[18 + place.index(frame.len())] ^= value;
            let tail = if with_crc { vec![] } else { vec![0x80; 4] };
            let found = heard(&bits(&[&bytes[..], &tail].concat()));
            prop_assert_eq!(found.contains(&(frame.clone(), 1)), with_crc);
        }
    }

    /// A CRC that was heard without a fault and is not the frame's: the frame is wrong.
    #[test]
    fn another_frames_crc_refuses(info in prop::collection::vec(any::<u8>(), 1..40), crc in any::<u16>()) {
        let frame = frame(&info);
        // Not of the same frame with other C bits.
        let variants: Vec<u16> = (0..4_u8).map(|c| {
            let mut f = frame.clone();
            f[6] = f[6] & 0x7F | (c & 1) << 7;
            f[13] = f[13] & 0x7F | (c >> 1) << 7;
            u16::from_le_bytes(hdlc::fcs(&f))
        }).collect();
        prop_assume!(!variants.contains(&crc));
        let mut bytes = sent(&frame, true, false);
        bytes.extend([12, 8, 4, 0].map(|by| HAMMING[usize::from(crc >> by & 15)]));
        prop_assert_eq!(heard(&bits(&bytes)), []);
    }

    #[test]
    fn any_bits_are_taken(stream in prop::collection::vec(any::<bool>(), 0..4000), strong in any::<bool>()) {
        let opened = bits(&sent(&frame(b">x"), strong, false)[..18]);
        for (frame, _) in heard(&opened.into_iter().chain(stream).collect::<Vec<_>>()) {
            prop_assert!((15..=FRAME_MAX).contains(&frame.len()));
        }
    }
}
