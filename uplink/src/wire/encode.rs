//! An event into the columns. `decode` is its mirror: a field is written and read in the same order.

use super::aircraft;
use super::amateur;
use super::columns::{Col, Writer};
use super::model::{Bits, Last, Memory};
use super::tags::Tag;
use model::{Event, EventKind, Identity, LatLon, Position, ShortText, Signal, Status, Subject, Text, Velocity, Weather};

pub const KIND_POSITION: u8 = 0;
pub const KIND_VELOCITY: u8 = 1;
pub const KIND_IDENTITY: u8 = 2;
pub const KIND_STATUS: u8 = 3;
pub const KIND_WEATHER: u8 = 4;
pub const KIND_TEXT: u8 = 5;
pub const KIND_INTENT: u8 = 6;
pub const KIND_AIR_DATA: u8 = 7;
pub const KIND_QUALITY: u8 = 8;
pub const KIND_ADVISORY: u8 = 9;
pub const KIND_QUARANTINED: u8 = 10;
/// From version 3 on.
pub const KIND_TELEMETRY: u8 = 11;
pub const KIND_COVERAGE: u8 = 12;

pub const SUBJECT_AIRCRAFT: u8 = 0;
pub const SUBJECT_NON_ICAO: u8 = 1;
pub const SUBJECT_VESSEL: u8 = 2;
pub const SUBJECT_CALLSIGN: u8 = 3;

pub fn event(w: &mut Writer, memory: &mut Memory, event: &Event) {
    w.u8(Col::Protocol, event.protocol.tag());
    w.u8(Col::Receiver, event.receiver.0);
    delta(w, Col::At, &mut memory.at, event.at.0);
    let place = match memory.place(&event.subject) {
        Some(place) => {
            w.varint(Col::Subject, place as u64 + 1);
            place
        }
        None => {
            w.varint(Col::Subject, 0);
            subject(w, Col::NewSubject, &event.subject);
            memory.add(event.subject)
        }
    };
    let mut bits = Bits::default();
    if let Some(noise) = event.signal.noise {
        delta(w, Col::Noise, &mut memory.noise, noise.0.into());
    }
    let known = memory.get(place).expect("just found or added");
    signal(w, &mut bits, &mut known.last, &event.signal);
    kind(w, &mut bits, &mut known.last, &event.kind);
    w.varint(Col::Present, bits.bits);
    known.raws.encode(w, event.protocol, &event.subject, &event.raw);
}

fn delta(w: &mut Writer, col: Col, last: &mut i64, value: i64) {
    w.signed(col, value.wrapping_sub(*last));
    *last = value;
}

/// A subject outside the dictionary: in the column of new ones, or the addressee of a text.
fn subject(w: &mut Writer, col: Col, subject: &Subject) {
    let (tag, number) = match subject {
        Subject::Aircraft(a) => (SUBJECT_AIRCRAFT, a.get()),
        Subject::NonIcao(a) => (SUBJECT_NON_ICAO, a.get()),
        Subject::Vessel(m) => (SUBJECT_VESSEL, m.get()),
        Subject::Callsign(c) => {
            w.u8(col, SUBJECT_CALLSIGN);
            w.text(c.as_str());
            return;
        }
    };
    w.u8(col, tag);
    w.varint(col, number.into());
}

fn signal(w: &mut Writer, bits: &mut Bits, last: &mut Last, signal: &Signal) {
    if let Some(rssi) = bits.see(signal.rssi) {
        delta(w, Col::Rssi, &mut last.rssi, rssi.0.into());
    }
    bits.push(signal.noise.is_some());
    if let Some(offset) = bits.see(signal.freq_offset_hz) {
        delta(w, Col::Offset, &mut last.offset, offset.into());
    }
    w.u8(Col::Corrected, signal.corrected_bits);
    w.optional(Col::Channel, signal.channel.map(|c| c.0.into()));
    w.optional(Col::Slot, signal.slot.map(|s| s.get().into()));
}

fn kind(w: &mut Writer, bits: &mut Bits, last: &mut Last, kind: &EventKind) {
    match kind {
        EventKind::Position(p) => {
            w.u8(Col::Kind, KIND_POSITION);
            position(w, bits, last, p);
        }
        EventKind::Velocity(v) => {
            w.u8(Col::Kind, KIND_VELOCITY);
            velocity(w, bits, last, v);
        }
        EventKind::Identity(i) => {
            w.u8(Col::Kind, KIND_IDENTITY);
            identity(w, bits, i);
        }
        EventKind::Status(s) => {
            w.u8(Col::Kind, KIND_STATUS);
            status(w, bits, last, s);
        }
        EventKind::Weather(x) => {
            w.u8(Col::Kind, KIND_WEATHER);
            weather(w, bits, last, x);
        }
        EventKind::Text(t) => {
            w.u8(Col::Kind, KIND_TEXT);
            text(w, bits, t);
        }
        EventKind::Intent(i) => {
            w.u8(Col::Kind, KIND_INTENT);
            aircraft::put_intent(w, bits, i);
        }
        EventKind::AirData(a) => {
            w.u8(Col::Kind, KIND_AIR_DATA);
            aircraft::put_air_data(w, bits, a);
        }
        EventKind::Quality(q) => {
            w.u8(Col::Kind, KIND_QUALITY);
            aircraft::put_quality(w, bits, q);
        }
        EventKind::Advisory(a) => {
            w.u8(Col::Kind, KIND_ADVISORY);
            aircraft::put_advisory(w, bits, a);
        }
        EventKind::Quarantined(q) => {
            w.u8(Col::Kind, KIND_QUARANTINED);
            aircraft::put_quarantined(w, bits, q);
        }
        EventKind::Telemetry(t) => {
            w.u8(Col::Kind, KIND_TELEMETRY);
            amateur::put_telemetry(w, bits, t);
        }
        EventKind::Coverage(c) => {
            w.u8(Col::Kind, KIND_COVERAGE);
            amateur::put_coverage(w, bits, c);
        }
    }
}

fn place(w: &mut Writer, last: &mut Last, at: LatLon) {
    delta(w, Col::Lat, &mut last.lat, at.lat_e7().into());
    delta(w, Col::Lon, &mut last.lon, at.lon_e7().into());
}

fn position(w: &mut Writer, bits: &mut Bits, last: &mut Last, p: &Position) {
    place(w, last, p.at);
    w.u8(Col::Small, p.source.tag());
    if let Some(v) = bits.see(p.baro_alt_ft) {
        delta(w, Col::Baro, &mut last.baro, v.into());
    }
    if let Some(v) = bits.see(p.geom_alt_ft) {
        delta(w, Col::Geom, &mut last.geom, v.into());
    }
    bits.push_flag(p.on_ground);
    if let Some(v) = bits.see(p.accuracy_m) {
        w.varint(Col::Accuracy, v.into());
    }
    if let Some(v) = bits.see(p.speed) {
        delta(w, Col::Speed, &mut last.speed, v.0.into());
    }
    if let Some(v) = bits.see(p.track) {
        delta(w, Col::Direction, &mut last.direction, v.get().into());
    }
    if let Some(v) = bits.see(p.heading) {
        delta(w, Col::Direction, &mut last.direction, v.get().into());
    }
}

fn velocity(w: &mut Writer, bits: &mut Bits, last: &mut Last, v: &Velocity) {
    if let Some((kind, speed)) = bits.see(v.speed) {
        w.u8(Col::Small, kind.tag());
        delta(w, Col::Speed, &mut last.speed, speed.0.into());
    }
    if let Some((reference, direction)) = bits.see(v.direction) {
        w.u8(Col::Small, reference.tag());
        delta(w, Col::Direction, &mut last.direction, direction.get().into());
    }
    if let Some((source, rate)) = bits.see(v.vertical_rate_fpm) {
        w.u8(Col::Small, source.tag());
        delta(w, Col::VerticalRate, &mut last.vertical_rate, rate.into());
    }
    if let Some(difference) = bits.see(v.geom_minus_baro_ft) {
        delta(w, Col::GeomMinusBaro, &mut last.geom_minus_baro, difference.into());
    }
}

fn short<const N: usize>(w: &mut Writer, bits: &mut Bits, text: Option<ShortText<N>>) {
    if let Some(text) = bits.see(text) {
        w.text(text.as_str());
    }
}

pub(super) fn number(w: &mut Writer, bits: &mut Bits, value: Option<impl Into<u64> + Copy>) {
    if let Some(value) = bits.see(value) {
        w.varint(Col::Number, value.into());
    }
}

pub(super) fn small(w: &mut Writer, bits: &mut Bits, value: Option<u8>) {
    if let Some(value) = bits.see(value) {
        w.u8(Col::Small, value);
    }
}

fn identity(w: &mut Writer, bits: &mut Bits, i: &Identity) {
    short(w, bits, i.callsign);
    short(w, bits, i.name);
    short(w, bits, i.category);
    number(w, bits, i.imo);
    short(w, bits, i.destination);
    if let Some(sides) = bits.see(i.dimensions_m) {
        sides.into_iter().for_each(|metres| w.varint(Col::Number, metres.into()));
    }
    small(w, bits, i.draught_dm);
}

fn status(w: &mut Writer, bits: &mut Bits, last: &mut Last, s: &Status) {
    number(w, bits, s.squawk);
    small(w, bits, s.emergency.map(Tag::tag));
    if let Some(v) = bits.see(s.baro_alt_ft) {
        delta(w, Col::Baro, &mut last.baro, v.into());
    }
    bits.push_flag(s.on_ground);
    bits.push_flag(s.ident);
    small(w, bits, s.nav_status);
    small(w, bits, s.adsb_version);
}

fn weather(w: &mut Writer, bits: &mut Bits, last: &mut Last, x: &Weather) {
    if let Some(at) = bits.see(x.at) {
        place(w, last, at);
    }
    number(w, bits, x.wind_from.map(|d| d.get()));
    number(w, bits, x.wind_speed.map(|s| s.0));
    number(w, bits, x.wind_gust.map(|s| s.0));
    if let Some(t) = bits.see(x.temperature_dc) {
        w.signed(Col::Number, t.into());
    }
    small(w, bits, x.humidity_percent);
    number(w, bits, x.pressure_dhpa);
    number(w, bits, x.rain_1h_um);
    number(w, bits, x.rain_24h_um);
    // Version 3. Bits that are absent in an older segment read as "not there".
    if x.rain_midnight_um.is_some() || x.snow_24h_um.is_some() || x.luminosity_w_m2.is_some() {
        w.needs(3);
    }
    number(w, bits, x.rain_midnight_um);
    number(w, bits, x.snow_24h_um);
    number(w, bits, x.luminosity_w_m2);
}

fn text(w: &mut Writer, bits: &mut Bits, t: &Text) {
    w.u8(Col::Small, t.kind.tag());
    if let Some(to) = bits.see(t.to) {
        subject(w, Col::Number, &to);
    }
    w.text(&t.body);
    if t.number.is_some() {
        w.needs(3);
    }
    short(w, bits, t.number);
}
