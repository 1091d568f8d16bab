//! One line of `vtoc decode`: an event, or with `--raw` a frame.

use super::payload::channel_name;
use super::{Payload, Utc, line_fast};
use model::{Event, Frame, Signal, Slot, Tick12};
use serde::Serialize;
use std::borrow::Cow;

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

/// `{"protocol":"adsb","raw":"8d…","at":"…Z","tick":120000,"rssi_dbfs":-12.3,"corrected_bits":0}`; what else is known of how it was heard
/// follows: `"noise_dbfs":-40.1,"snr_db":27.8,"freq_offset_hz":-310,"channel":"B","slot":1804`.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    noise_dbfs: Option<f64>,
    /// The one less the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    snr_db: Option<f64>,
    /// Carrier offset from the channel's centre.
    #[serde(skip_serializing_if = "Option::is_none")]
    freq_offset_hz: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<u16>,
}

impl FrameLine {
    pub fn of(frame: &Frame, raw: String) -> Self {
        let Tick12(tick) = frame.tick;
        let Signal { rssi, noise, .. } = frame.signal;
        Self {
            protocol: frame.protocol.name(),
            raw,
            at: frame.utc.map(Utc),
            tick,
            rssi_dbfs: rssi.map(|r| f64::from(r.0) / 10.0),
            corrected_bits: frame.signal.corrected_bits,
            noise_dbfs: noise.map(|n| f64::from(n.0) / 10.0),
            snr_db: rssi.zip(noise).map(|(r, n)| f64::from(i32::from(r.0) - i32::from(n.0)) / 10.0),
            freq_offset_hz: frame.signal.freq_offset_hz,
            channel: frame.signal.channel.map(|c| channel_name(frame.protocol, c)),
            slot: frame.signal.slot.map(Slot::get),
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
    use model::{ChannelId, DeciDbfs, Protocol, Raw, ReceiverId};

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
        };
        let line = serde_json::to_string(&FrameLine::of(&frame, frame.raw.hex())).unwrap();
        assert_eq!(line, r#"{"protocol":"adsb","raw":"8d","at":null,"tick":12,"rssi_dbfs":null,"corrected_bits":0}"#);
    }

    /// Power, noise, signal-to-noise ratio, frequency offset, corrected bits, channel, slot and receiver of each AIS message.
    #[test]
    fn lines_tell_how_a_message_was_heard() {
        let signal = Signal {
            rssi: Some(DeciDbfs(-123)),
            noise: Some(DeciDbfs(-401)),
            freq_offset_hz: Some(-310),
            corrected_bits: 2,
            channel: Some(ChannelId(1)),
            slot: Slot::new(1_804),
        };
        let frame = Frame { protocol: Protocol::Ais, receiver: ReceiverId(3), raw: Raw::new(&[4]), tick: Tick12(12), utc: None, signal };
        let line = serde_json::to_string(&FrameLine::of(&frame, "!AIVDM".to_owned())).unwrap();
        let heard = r#""noise_dbfs":-40.1,"snr_db":27.8,"freq_offset_hz":-310,"channel":"B","slot":1804}"#;
        assert!(line.contains(r#""rssi_dbfs":-12.3,"corrected_bits":2,"#) && line.ends_with(heard), "{line}");
        let event = Event { protocol: Protocol::Ais, receiver: ReceiverId(3), signal, ..crate::testing::position_event(1, 0) };
        let mut line = Vec::new();
        EventLine::of(&event).write(&mut line);
        let line = String::from_utf8(line).unwrap();
        let heard = r#""rssi_dbfs":-12.3,"noise_dbfs":-40.1,"freq_offset_hz":-310,"corrected_bits":2,"channel":"B","slot":1804,"raw":"#;
        assert!(line.contains(r#""receiver":3,"#) && line.contains(heard), "{line}");
    }
}
