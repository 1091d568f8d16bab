//! The line of an event, written straight into bytes: the kinds that make up nearly all of a stream.
//!
//! | AIS sentences to lines of JSON, decoding included | ns a sentence |
//! |---|---|
//! | through [`super::Payload`] and serde | 775 |
//! | here | 430 |
//!
//! What is written is what serde writes, byte by byte; a test says so for any event. Kinds that are rare go the plain way.

use crate::live::source_name;
use model::{ChannelId, Event, EventKind, Identity, LatLon, Position, Protocol, Status, Subject};

/// Appends the line's fields, without its end. `false`: not one of these kinds, nothing was appended.
pub(super) fn write(event: &Event, out: &mut Vec<u8>) -> bool {
    let before = out.len();
    let mut line = Line { out, whole: true };
    line.head(event);
    match &event.kind {
        EventKind::Position(position) => line.position(position),
        EventKind::Identity(identity) => line.identity(identity),
        EventKind::Status(status) => line.status(status),
        _ => line.whole = false,
    }
    line.signal(event);
    let whole = line.whole;
    if !whole {
        out.truncate(before);
    }
    whole
}

struct Line<'a> {
    out: &'a mut Vec<u8>,
    /// Nothing came up that is said in the plain way only.
    whole: bool,
}

impl Line<'_> {
    fn head(&mut self, event: &Event) {
        self.raw(br#"{"at":""#);
        self.raw(super::utc::Text::of(super::Utc(event.at)).as_str().as_bytes());
        self.raw(br#"","protocol":""#);
        self.raw(event.protocol.name().as_bytes());
        self.raw(br#"","kind":""#);
        self.raw(event.kind.name().as_bytes());
        self.raw(br#"","subject":""#);
        self.subject(&event.subject);
        self.raw(br#"","receiver":"#);
        self.digits(event.receiver.0.into(), 1);
    }

    fn subject(&mut self, subject: &Subject) {
        match subject {
            Subject::Aircraft(address) => {
                self.raw(b"icao:");
                self.hex(&address.get().to_be_bytes()[1..]);
            }
            Subject::NonIcao(address) => {
                self.raw(b"nonicao:");
                self.hex(&address.get().to_be_bytes()[1..]);
            }
            Subject::Vessel(mmsi) => {
                self.raw(b"mmsi:");
                self.digits(mmsi.get().into(), 9);
            }
            Subject::Callsign(_) => self.whole = false,
        }
    }

    fn position(&mut self, p: &Position) {
        self.place(p.at);
        self.name("source", source_name(p.source));
        self.integer("baro_alt_ft", p.baro_alt_ft.map(i64::from));
        self.integer("geom_alt_ft", p.geom_alt_ft.map(i64::from));
        self.flag("on_ground", p.on_ground);
        self.integer("accuracy_m", p.accuracy_m.map(i64::from));
        self.decimal("speed_kt", p.speed.map(|s| i64::from(s.0)), 1);
        self.decimal("track_deg", p.track.map(|a| i64::from(a.get())), 2);
        self.decimal("heading_deg", p.heading.map(|a| i64::from(a.get())), 2);
    }

    fn place(&mut self, at: LatLon) {
        self.decimal("lat", Some(at.lat_e7().into()), 7);
        self.decimal("lon", Some(at.lon_e7().into()), 7);
    }

    fn identity(&mut self, i: &Identity) {
        self.text("callsign", i.callsign.as_ref().map(|t| t.as_str()));
        self.text("name", i.name.as_ref().map(|t| t.as_str()));
        self.text("category", i.category.as_ref().map(|t| t.as_str()));
        self.integer("imo", i.imo.map(i64::from));
        self.text("destination", i.destination.as_ref().map(|t| t.as_str()));
        if let Some(dimensions) = i.dimensions_m {
            self.key("dimensions_m");
            for (place, metres) in dimensions.into_iter().enumerate() {
                self.raw(if place == 0 { b"[" } else { b"," });
                self.digits(metres.into(), 1);
            }
            self.raw(b"]");
        }
        self.decimal("draught_m", i.draught_dm.map(i64::from), 1);
    }

    fn status(&mut self, s: &Status) {
        self.integer("baro_alt_ft", s.baro_alt_ft.map(i64::from));
        self.flag("on_ground", s.on_ground);
        if let Some(squawk) = s.squawk {
            self.key("squawk");
            self.raw(b"\"");
            self.digits(squawk.into(), 4);
            self.raw(b"\"");
        }
        if let Some(emergency) = s.emergency {
            self.name("emergency", emergency.name());
        }
        self.flag("ident", s.ident);
        self.integer("nav_status", s.nav_status.map(i64::from));
        self.integer("adsb_version", s.adsb_version.map(i64::from));
    }

    fn signal(&mut self, event: &Event) {
        let signal = &event.signal;
        self.decimal("rssi_dbfs", signal.rssi.map(|r| i64::from(r.0)), 1);
        self.decimal("noise_dbfs", signal.noise.map(|r| i64::from(r.0)), 1);
        self.integer("freq_offset_hz", signal.freq_offset_hz.map(i64::from));
        self.integer("corrected_bits", (signal.corrected_bits != 0).then_some(signal.corrected_bits.into()));
        if let Some(channel) = signal.channel {
            self.channel(event.protocol, channel);
        }
        self.integer("slot", signal.slot.map(|s| s.get().into()));
        self.raw(br#","raw":""#);
        self.hex(event.raw.as_slice());
        self.raw(b"\"}");
    }

    fn channel(&mut self, protocol: Protocol, channel: ChannelId) {
        self.key("channel");
        self.raw(b"\"");
        match channel.ais_letter() {
            Some(letter) if protocol == Protocol::Ais => self.out.push(letter as u8),
            _ => self.digits(channel.0.into(), 1),
        }
        self.raw(b"\"");
    }

    fn key(&mut self, key: &str) {
        self.raw(b",\"");
        self.raw(key.as_bytes());
        self.raw(b"\":");
    }

    /// A word of ours, which needs no escapes.
    fn name(&mut self, key: &str, name: &str) {
        self.key(key);
        self.raw(b"\"");
        self.raw(name.as_bytes());
        self.raw(b"\"");
    }

    /// Somebody's text; what would have to be escaped goes the plain way.
    fn text(&mut self, key: &str, text: Option<&str>) {
        let Some(text) = text else { return };
        self.whole &= !text.bytes().any(|b| b < 0x20 || matches!(b, b'"' | b'\\' | 0x7F));
        self.name(key, text);
    }

    fn flag(&mut self, key: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.key(key);
            self.raw(if value { b"true" } else { b"false" });
        }
    }

    fn integer(&mut self, key: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.key(key);
            self.sign(value);
            self.digits(value.unsigned_abs(), 1);
        }
    }

    /// `value` / 10^`places`, as the shortest decimal that reads as the same `f64`: at most fifteen digits are themselves that.
    fn decimal(&mut self, key: &str, value: Option<i64>, places: u32) {
        let Some(value) = value else { return };
        self.key(key);
        let scale = 10_u64.pow(places);
        let (whole, mut fraction, mut width) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale, places as usize);
        // Below a hundred-thousandth serde writes an exponent; and there is a minus zero only where it is computed.
        self.whole &= value == 0 || scale <= value.unsigned_abs() * 100_000;
        while 1 < width && fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        self.sign(value);
        self.digits(whole, 1);
        self.raw(b".");
        self.digits(fraction, width);
    }

    fn sign(&mut self, value: i64) {
        if value < 0 {
            self.raw(b"-");
        }
    }

    /// At least `width` digits.
    fn digits(&mut self, mut value: u64, width: usize) {
        let (mut digits, mut at) = ([b'0'; 20], 20);
        while 0 < value {
            at -= 1;
            digits[at] = b'0' + (value % 10) as u8;
            value /= 10;
        }
        self.raw(&digits[at.min(20 - width)..]);
    }

    fn hex(&mut self, bytes: &[u8]) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.out.reserve(2 * bytes.len());
        for byte in bytes {
            self.out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}
