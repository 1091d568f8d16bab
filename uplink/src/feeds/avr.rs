//! AVR text, out: a Mode S frame or a Mode A/C reply as a line of hex.
//!
//! ```text
//!   *8D4840D6202CC371C32CE0576098;\n
//!   *7700;\n
//! ```

use model::{Frame, Protocol};

/// An empty Mode A/C reply, as receivers send it to keep a connection open.
pub const HEARTBEAT: &[u8] = b"*0000;\n";

/// Appends a Mode S frame or Mode A/C reply; anything else is not AVR's.
pub fn write(frame: &Frame, out: &mut Vec<u8>) -> bool {
    let raw = frame.raw.as_slice();
    if frame.protocol != Protocol::Adsb || !matches!(raw.len(), 2 | 7 | 14) {
        return false;
    }
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push(b'*');
    for byte in raw {
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    out.extend(b";\n");
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Raw, ReceiverId, Signal, Tick12};

    #[test]
    fn a_frame_is_a_line() {
        let frame = |raw: &[u8]| Frame {
            protocol: Protocol::Adsb,
            receiver: ReceiverId(0),
            raw: Raw::new(raw),
            tick: Tick12(1),
            utc: None,
            signal: Signal::default(),
        };
        let mut out = Vec::new();
        let ident = [0x8d, 0x48, 0x40, 0xd6, 0x20, 0x2c, 0xc3, 0x71, 0xc3, 0x2c, 0xe0, 0x57, 0x60, 0x98];
        assert!(write(&frame(&ident), &mut out));
        assert!(write(&frame(&[0x5d, 0x48, 0x4f, 0xde, 0xa2, 0x48, 0xf5]), &mut out));
        assert!(!write(&frame(&[0; 13]), &mut out));
        assert!(write(&frame(&[0x12, 0x80]), &mut out));
        assert_eq!(String::from_utf8(out).unwrap(), "*8D4840D6202CC371C32CE0576098;\n*5D484FDEA248F5;\n*1280;\n");
    }
}
