//! One line of `vtoc decode`: an event, or with `--raw` a frame.

use super::{Payload, Utc, line_fast};
use model::{Event, Frame, Tick12};
use serde::Serialize;

/// `{"at":"…Z","protocol":"adsb","kind":"position",…,"raw":"8d…"}`
#[derive(Clone, Copy, Debug)]
pub struct EventLine<'a>(&'a Event);

#[derive(Debug, Serialize)]
struct Plain<'a> {
    at: Utc,
    #[serde(flatten)]
    payload: Payload<'a>,
    raw: String,
}

impl<'a> EventLine<'a> {
    pub fn of(event: &'a Event) -> Self {
        Self(event)
    }

    /// Appends the line, with its end.
    pub fn write(&self, out: &mut Vec<u8>) {
        if !line_fast::write(self.0, out) {
            self.write_plain(out);
        }
        out.push(b'\n');
    }

    pub(super) fn write_plain(&self, out: &mut Vec<u8>) {
        let Self(event) = self;
        let plain = Plain { at: Utc(event.at), payload: Payload::of(event), raw: event.raw.hex() };
        serde_json::to_writer(out, &plain).expect("a Vec takes everything, and all keys are strings");
    }
}

/// `{"protocol":"adsb","raw":"8d…","at":"…Z","tick":120000,"rssi_dbfs":-12.3,"corrected_bits":0}`
#[derive(Debug, Serialize)]
pub struct FrameLine {
    protocol: &'static str,
    /// As the protocol's programs write it: hex, an AIVDM sentence, TNC2 text.
    raw: String,
    at: Option<Utc>,
    /// Receiver clock, 12 MHz.
    tick: u64,
    rssi_dbfs: Option<f64>,
    corrected_bits: u8,
}

impl FrameLine {
    pub fn of(frame: &Frame, raw: String) -> Self {
        let Tick12(tick) = frame.tick;
        Self {
            protocol: frame.protocol.name(),
            raw,
            at: frame.utc.map(Utc),
            tick,
            rssi_dbfs: frame.signal.rssi.map(|r| f64::from(r.0) / 10.0),
            corrected_bits: frame.signal.corrected_bits,
        }
    }

    /// Appends the line, with its end.
    pub fn write(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(&mut *out, self).expect("a Vec takes everything, and all keys are strings");
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Protocol, Raw, ReceiverId, Signal};

    #[test]
    fn lines_hold_what_was_said_and_the_frame() {
        let event = crate::testing::position_event(0x48_40d6, 250);
        let mut line = Vec::new();
        EventLine::of(&event).write(&mut line);
        let line = String::from_utf8(line).unwrap();
        let expected = r#"{"at":"2026-11-23T00:00:00.25Z","protocol":"adsb","kind":"position","subject":"icao:4840d6","receiver":0,"lat":50.190025,"lon":4.0,"source":"self","baro_alt_ft":38000,"rssi_dbfs":-12.3,"raw":"8d4840d600000000000000fa"}"#.to_owned() + "\n";
        assert_eq!(line, expected);
        let frame = Frame {
            protocol: Protocol::Adsb,
            receiver: ReceiverId(0),
            raw: Raw::new(&[0x8d]),
            tick: Tick12(12),
            utc: None,
            signal: Signal::default(),
            channel: 0,
        };
        let line = serde_json::to_string(&FrameLine::of(&frame, frame.raw.hex())).unwrap();
        assert_eq!(line, r#"{"protocol":"adsb","raw":"8d","at":null,"tick":12,"rssi_dbfs":null,"corrected_bits":0}"#);
    }
}
