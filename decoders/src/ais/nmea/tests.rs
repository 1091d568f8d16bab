//! Sentences both ways, parts that never come, and garbage.

use super::*;
use crate::ais::testing::{LOGS, messages, recording};
use proptest::prelude::*;

const TYPE_1: &[u8] = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A";

#[test]
fn reads_a_sentence() {
    let s = parse(TYPE_1).unwrap();
    assert_eq!((s.talker, s.own, s.parts, s.part, s.id), (*b"AI", false, 1, 1, None));
    assert_eq!((s.channel, s.fill_bits), (Some(Channel::A), 0));
}

#[test]
fn reads_tag_blocks_datagrams_and_trailers() {
    let line = b"\\s:42809,c:1635731889,t:1635731965*6A\\!AIVDM,1,1,,,403t>B1vFhQr5`NonbBw?>G00<0n,0*7B";
    let s = parse(line).unwrap();
    assert_eq!((s.tag.source, s.tag.time), (Some("42809"), Some(UnixMicros::from_secs(1_635_731_889))));
    assert_eq!(s.channel, None);
    let mut datagram = b"UdPbC\0".to_vec();
    datagram.extend_from_slice(line);
    datagram.extend_from_slice(b"\r\n");
    assert_eq!(parse(&datagram).unwrap(), s);
    let mut logged = TYPE_1.to_vec();
    logged.extend_from_slice(b",s23615,rbase,1085889680\r");
    assert_eq!(parse(&logged).unwrap(), parse(TYPE_1).unwrap());
}

#[test]
fn refuses_what_is_wrong() {
    for (line, why) in [
        (&b"$GPGLL,4049.59638,N,01413.22908,E,043707.00,A,A*60"[..], NmeaError::NotAis),
        (b"", NmeaError::NotAis),
        (b"!AIVDM", NmeaError::NotAis),
        (b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4B", NmeaError::Checksum),
        (b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0", NmeaError::Checksum),
        (b"!AIVDM,1,1,,B,,0*25", NmeaError::Empty),
        (b"!AIVDM,0,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4B", NmeaError::Field),
        (b"\\s:42809*00\\!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A", NmeaError::Checksum),
        (b"\\s:42809", NmeaError::Field),
        (&[b'!'; LINE_BYTES_MAX + 1], NmeaError::TooLong),
    ] {
        assert_eq!(parse(line), Err(why), "{}", String::from_utf8_lossy(line));
    }
}

fn long_message() -> Vec<String> {
    let bits = Bits::from_bytes(&[0x14; 53]).unwrap();
    sentences(&bits, Some(Channel::B), 7)
}

#[test]
fn joins_parts_in_any_order() {
    let lines = long_message();
    assert_eq!(lines.len(), 2);
    let mut assembler = Assembler::new();
    let now = UnixMicros(0);
    assert_eq!(assembler.push(&parse(lines[1].as_bytes()).unwrap(), now), Ok(Assembly::Waiting));
    assert!(matches!(assembler.push(&parse(TYPE_1).unwrap(), now), Ok(Assembly::Complete(_))));
    let Ok(Assembly::Complete(received)) = assembler.push(&parse(lines[0].as_bytes()).unwrap(), now) else { panic!("complete") };
    assert_eq!(received.bits, Bits::from_bytes(&[0x14; 53]).unwrap());
}

#[test]
fn forgets_parts_that_waited_too_long() {
    let lines = long_message();
    let mut assembler = Assembler::new();
    assembler.push(&parse(lines[0].as_bytes()).unwrap(), UnixMicros(0)).unwrap();
    let late = UnixMicros(PENDING_MICROS_MAX + 1);
    assert_eq!(assembler.push(&parse(lines[1].as_bytes()).unwrap(), late), Ok(Assembly::Waiting));
    assert_eq!(assembler.lost(), 1);
}

#[test]
fn never_holds_more_than_its_limit() {
    let mut assembler = Assembler::new();
    for source in 0..1000 {
        let body = format!("AIVDM,2,1,{},A,5555,0", source % 10);
        let tag = format!("s:{source}");
        let line = format!("\\{tag}*{:02X}\\!{body}*{:02X}", checksum(tag.as_bytes()), checksum(body.as_bytes()));
        assembler.push(&parse(line.as_bytes()).unwrap(), UnixMicros(source)).unwrap();
    }
    assert_eq!(assembler.lost(), 1000 - PENDING_MAX as u64);
}

/// Written sentences are those of the log again, wherever the log has them in the standard form.
#[test]
fn writes_what_it_read_on_real_logs() {
    let (mut same, mut lines) = (0, 0);
    for name in LOGS {
        let Some(log) = recording(name) else { return };
        for line in log.split(|&b| b == b'\n') {
            let Ok(s) = parse(line) else { continue };
            if s.parts != 1 || s.talker != *b"AI" || s.own {
                continue;
            }
            let mut bits = Bits::new();
            unarmor(s.payload, s.fill_bits, &mut bits).unwrap();
            let written = sentences(&bits, s.channel, 0);
            lines += 1;
            same += usize::from(written.len() == 1 && line.windows(written[0].len()).any(|w| w == written[0].as_bytes()));
        }
    }
    // The rest: payloads in one sentence beyond the standard's length, lower-case checksums, channels 1 and 2, fill bits that are not 0.
    assert!(lines > 8_000 && lines * 99 < same * 100, "{same} of {lines}");
}

#[test]
fn a_frame_reads_as_its_sentences() {
    let mut frame = Received { bits: Bits::from_bytes(&[0x14; 53]).unwrap(), channel: Some(Channel::B), own: false, sent: None }.frame(
        ReceiverId(0),
        Tick12(0),
        UnixMicros(0),
    );
    let text = frame_text(&frame);
    assert_eq!(text.lines().count(), 2);
    assert_eq!(messages(text.as_bytes()), [Bits::from_bytes(&[0x14; 53]).unwrap()]);
    frame.signal.channel = None;
    assert!(frame_text(&frame).starts_with("!AIVDM,2,1,0,,"), "{}", frame_text(&frame));
}

proptest! {
    /// A datagram of a ship's network (IEC 61162-450) with a tag block, as others write it, says what was written.
    #[test]
    fn tag_blocks_and_datagrams_are_read_as_written(
        source in "[A-Za-z0-9]{1,15}", seconds in 1u32.., part in 1u8..=3, id in any::<u16>(), text in "[A-Za-z0-9 ]{1,15}", datagram: bool,
    ) {
        let block = format!("g:{part}-3-{id},s:{source},x:5,c:{seconds},t:{text}");
        let sentence = core::str::from_utf8(TYPE_1).unwrap();
        let head = if datagram { "UdPbC\0" } else { "" };
        let line = format!("{head}\\{block}*{:02X}\\{sentence}\r\n", checksum(block.as_bytes()));
        let read = parse(line.as_bytes()).unwrap();
        let time = UnixMicros::from_secs(i64::from(seconds));
        prop_assert_eq!((read.tag.source, read.tag.time, read.tag.text), (Some(&*source), Some(time), Some(&*text)));
        let group = read.tag.group.unwrap();
        prop_assert_eq!((group.part, group.parts, group.id), (part, 3, u32::from(id)));
        prop_assert_eq!(read.payload, parse(TYPE_1).unwrap().payload);
    }

    #[test]
    fn any_bits_survive_sentences(bytes in prop::collection::vec(any::<u8>(), 1..134), cut in 0usize..8, id in 0u8..10) {
        let mut bits = Bits::from_bytes(&bytes).unwrap();
        bits.resize(bits.len() - cut);
        let lines = sentences(&bits, Some(Channel::A), id);
        prop_assert!(lines.iter().all(|l| l.len() <= 80));
        prop_assert_eq!(messages(lines.join("\n").as_bytes()), vec![bits]);
    }

    /// Real lines with bytes changed, and a right checksum so that they are read.
    #[test]
    fn mangled_sentences_never_panic(at in 6usize..44, byte in any::<u8>(), at2 in 6usize..44, byte2 in any::<u8>()) {
        let mut body = TYPE_1[1..TYPE_1.len() - 3].to_vec();
        let n = body.len();
        body[at % n] = byte;
        body[at2 % n] = byte2;
        let mut line = b"!".to_vec();
        line.extend_from_slice(&body);
        line.extend_from_slice(format!("*{:02x}", checksum(&body)).as_bytes());
        let mut assembler = Assembler::new();
        if let Ok(s) = parse(&line) && let Ok(Assembly::Complete(r)) = assembler.push(&s, UnixMicros(0)) {
            prop_assert!(r.bits.len() <= Bits::MAX);
            let _ = crate::ais::message::Message::decode(&r.bits);
        }
    }

    #[test]
    fn any_bytes_never_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&line);
    }
}
