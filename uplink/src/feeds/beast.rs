//! Mode-S Beast binary, out.
//!
//! ```text
//!   0x1A type  timestamp:6  signal:1  message:2|7|14    any 0x1A after the type is sent twice
//!        '1' Mode A/C, '2' short, '3' long
//! ```
//! The timestamp is the low 48 bits of the receiver's 12 MHz clock at the end of bit 56, most significant byte first: it
//! wraps after 271 days. The signal byte is the root of the power, 255 = full scale; 0 = not told, so a level that is known
//! is at least 1.

use model::{DeciDbfs, Frame, Protocol};

const ESCAPE: u8 = 0x1A;
const MODE_AC: usize = 2;
const SHORT: usize = 7;
const LONG: usize = 14;

/// An empty Mode A/C reply at time 0, as receivers send it to keep a connection open.
pub const HEARTBEAT: &[u8] = &[ESCAPE, b'1', 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Appends a Mode S frame or Mode A/C reply; anything else is not Beast's.
pub fn write(frame: &Frame, out: &mut Vec<u8>) -> bool {
    let raw = frame.raw.as_slice();
    let kind = match (frame.protocol, raw.len()) {
        (Protocol::Adsb, MODE_AC) => b'1',
        (Protocol::Adsb, SHORT) => b'2',
        (Protocol::Adsb, LONG) => b'3',
        _ => return false,
    };
    out.extend([ESCAPE, kind]);
    let ticks = frame.tick.0.to_be_bytes();
    let head = ticks[2..].iter().copied().chain([level(frame.signal.rssi)]);
    for byte in head.chain(raw.iter().copied()) {
        out.push(byte);
        if byte == ESCAPE {
            out.push(ESCAPE);
        }
    }
    true
}

/// dBFS = 20·log10(level / 255).
fn level(rssi: Option<DeciDbfs>) -> u8 {
    rssi.map_or(0, |r| (255.0 * 10_f32.powf(r.dbfs() / 20.0)).round().clamp(1.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Raw, ReceiverId, Signal, Tick12};

    fn written(raw: &[u8], tick: u64, rssi: Option<i16>) -> Vec<u8> {
        let signal = Signal { rssi: rssi.map(DeciDbfs), ..Signal::default() };
        let frame = Frame { protocol: Protocol::Adsb, receiver: ReceiverId(0), raw: Raw::new(raw), tick: Tick12(tick), utc: None, signal };
        let mut out = Vec::new();
        assert_eq!(write(&frame, &mut out), !out.is_empty());
        out
    }

    #[test]
    fn ticks_level_and_escapes() {
        let short = [0x5d, 0x48, 0x4f, 0xde, 0xa2, 0x48, 0xf5];
        // The level is 26 = 0x1A: escaped as well.
        let mut expected = vec![0x1a, b'2', 0, 0, 0x23, 0x1a, 0x1a, 0xdd, 0xa0, 0x1a, 0x1a];
        expected.extend(short);
        assert_eq!(written(&short, 0x231A_DDA0, Some(-198)), expected);
        let long = [0x8d, 0x1a, 0x1a, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x1a];
        let out = written(&long, 0xFFFF_0000_0000_0001, None);
        assert_eq!(out[..9], [0x1a, b'3', 0, 0, 0, 0, 0, 1, 0], "48 bits of the clock, level not told");
        assert_eq!(out[9..], [0x8d, 0x1a, 0x1a, 0x1a, 0x1a, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x1a, 0x1a]);
    }

    #[test]
    fn a_mode_a_reply_is_type_1() {
        assert_eq!(written(&[0x1a, 0x21], 0x1a, Some(0)), [0x1a, b'1', 0, 0, 0, 0, 0, 0x1a, 0x1a, 0xff, 0x1a, 0x1a, 0x21]);
    }

    #[test]
    fn a_known_level_is_never_0_and_never_beyond_full_scale() {
        for (rssi, expected) in [(-900, 1), (-481, 1), (-198, 26), (-60, 128), (0, 255), (30, 255)] {
            assert_eq!(level(Some(DeciDbfs(rssi))), expected, "{rssi}");
        }
    }

    #[test]
    fn what_is_not_mode_s_is_not_written() {
        assert!(written(&[1; 8], 0, None).is_empty());
        let ais = Frame {
            protocol: Protocol::Ais,
            receiver: ReceiverId(0),
            raw: Raw::new(&[1; 14]),
            tick: Tick12(0),
            utc: None,
            signal: Signal::default(),
        };
        assert!(!write(&ais, &mut Vec::new()));
    }
}
