//! AIS sentences, out (IEC 61162-1): for chart plotters, gpsd, other receivers' software.
//!
//! ```text
//!   !AIVDM,2,1,7,B,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1A\r\n
//! ```
//! `decoders` has the same for its own use; `uplink` knows no decoder, and this is all of it that a feed needs.

use model::{ChannelId, Frame, Protocol};
use std::io::Write;

/// An empty line keeps a connection open.
pub const HEARTBEAT: &[u8] = b"\r\n";

/// Characters of payload in one sentence of several: keeps a sentence within 82 bytes (§7.2.1).
const PAYLOAD_MAX: usize = 60;
/// The longest message: five slots. Longer frames are not AIS's.
const BYTES_MAX: usize = 133;

/// Appends an AIS frame as one to three sentences; anything else is not NMEA's.
pub fn write(frame: &Frame, out: &mut Vec<u8>) -> bool {
    let raw = frame.raw.as_slice();
    if frame.protocol != Protocol::Ais || raw.is_empty() || BYTES_MAX < raw.len() {
        return false;
    }
    let characters = (raw.len() * 8).div_ceil(6);
    let fill = characters * 6 - raw.len() * 8;
    let parts = characters.div_ceil(PAYLOAD_MAX);
    // The same message always reads the same: its id is made of its content.
    let id = if parts == 1 { String::new() } else { (raw.iter().fold(0, |sum, b| sum ^ b) % 10).to_string() };
    let channel = frame.signal.channel.and_then(ChannelId::ais_letter).map_or(String::new(), String::from);
    for part in 0..parts {
        let start = out.len() + 1;
        let last = part + 1 == parts;
        // Writing to a Vec can't fail.
        let _ = write!(out, "!AIVDM,{parts},{},{id},{channel},", part + 1);
        out.extend((part * PAYLOAD_MAX..characters.min((part + 1) * PAYLOAD_MAX)).map(|at| armor(six(raw, at))));
        let _ = write!(out, ",{}", if last { fill } else { 0 });
        let sum = out[start..].iter().fold(0, |sum, b| sum ^ b);
        let _ = write!(out, "*{sum:02X}\r\n");
    }
    true
}

/// The `at`-th six bits, zeros past the end.
fn six(raw: &[u8], at: usize) -> u8 {
    let byte = |i: usize| u16::from(raw.get(i).copied().unwrap_or(0));
    let from = at * 6 / 8;
    ((byte(from) << 8 | byte(from + 1)) >> (10 - at * 6 % 8)) as u8 & 63
}

/// Six bits as a character (table 9).
const fn armor(six: u8) -> u8 {
    if six < 40 { six + 48 } else { six + 56 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Raw, ReceiverId, Signal, Tick12};

    fn said(raw: &[u8], channel: Option<u8>) -> Option<String> {
        let frame = Frame {
            protocol: Protocol::Ais,
            receiver: ReceiverId(0),
            raw: Raw::new(raw),
            tick: Tick12(1),
            utc: None,
            signal: Signal { channel: channel.map(ChannelId), ..Signal::default() },
        };
        let mut out = Vec::new();
        write(&frame, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_frame_is_its_sentences() {
        let report =
            [0x04, 0x58, 0xa4, 0xbf, 0xc0, 0x20, 0x47, 0xbd, 0xcb, 0x24, 0x09, 0x1b, 0xaf, 0x27, 0x48, 0xc0, 0x6b, 0xc2, 0x00, 0x84, 0xe1];
        assert_eq!(said(&report, Some(0)).unwrap(), "!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\r\n");
        let long = said(&[0x14; 53], Some(1)).unwrap();
        let lines: Vec<&str> = long.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("!AIVDM,2,1,0,B,") && lines[1].contains(",2*") && lines.iter().all(|l| l.len() <= 80), "{long}");
        assert!(said(&[0x14; 21], None).unwrap().starts_with("!AIVDM,1,1,,,"));
        assert_eq!(said(&[0; 134], None), None);
        assert_eq!(said(&[], None), None);
        assert!(said(&[0xFF; 133], Some(0)).unwrap().len() <= 256);
    }
}
