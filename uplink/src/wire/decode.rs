//! The mirror of `encode`: every value is checked against its range before it becomes a noun of `model`.

use super::WireError;
use super::aircraft;
use super::amateur;
use super::columns::{Col, Columns};
use super::encode::*;
use super::model::{Bits, Last, Memory};
use super::tags::Tag;
use model::{
    CentiDegrees, ChannelId, DeciDbfs, DeciKnots, Event, EventKind, Icao24, Identity, LatLon, Mmsi, Position, Protocol, ReceiverId,
    ShortText, Signal, Slot, Status, Subject, Text, UnixMicros, Velocity, Weather,
};

type Result<T> = core::result::Result<T, WireError>;

pub fn event(c: &mut Columns, memory: &mut Memory) -> Result<Event> {
    let protocol = Protocol::from_tag(c.u8(Col::Protocol)?)?;
    let receiver = ReceiverId(c.u8(Col::Receiver)?);
    let at = UnixMicros(delta(c, Col::At, &mut memory.at)?);
    let place = match c.varint(Col::Subject)? {
        0 => {
            let subject = subject(c, Col::NewSubject)?;
            memory.add(subject)
        }
        n => usize::try_from(n - 1).map_err(|_| WireError::Range("subject"))?,
    };
    let mut bits = Bits::from(c.varint(Col::Present)?);
    let mut noise = memory.noise;
    let known = memory.get(place).ok_or(WireError::Range("subject"))?;
    let signal = signal(c, &mut bits, &mut known.last, &mut noise)?;
    let kind = kind(c, &mut bits, &mut known.last)?;
    if !bits.all_used() {
        return Err(WireError::Range("presence bits"));
    }
    let subject = known.subject;
    let raw = known.raws.decode(c, protocol, &subject)?;
    memory.noise = noise;
    Ok(Event { at, protocol, receiver, subject, kind, raw, signal })
}

fn delta(c: &mut Columns, col: Col, last: &mut i64) -> Result<i64> {
    *last = last.wrapping_add(c.signed(col)?);
    Ok(*last)
}

/// A difference column whose value must fit `T`.
fn delta_in<T: TryFrom<i64>>(c: &mut Columns, col: Col, last: &mut i64, what: &'static str) -> Result<T> {
    T::try_from(delta(c, col, last)?).map_err(|_| WireError::Range(what))
}

/// `f` when the next bit says that the field is there.
pub(super) fn opt<T>(bits: &mut Bits, f: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
    if bits.next() { f().map(Some) } else { Ok(None) }
}

pub(super) fn flag(bits: &mut Bits) -> Result<Option<bool>> {
    match (bits.next(), bits.next()) {
        (true, value) => Ok(Some(value)),
        (false, false) => Ok(None),
        (false, true) => Err(WireError::Range("presence bits")),
    }
}

fn subject(c: &mut Columns, col: Col) -> Result<Subject> {
    let tag = c.u8(col)?;
    if tag == SUBJECT_CALLSIGN {
        return Ok(Subject::Callsign(short_text(c)?));
    }
    let number = u32::try_from(c.varint(col)?).map_err(|_| WireError::Range("subject"))?;
    let subject = match tag {
        SUBJECT_AIRCRAFT => Icao24::new(number).map(Subject::Aircraft),
        SUBJECT_NON_ICAO => Icao24::new(number).map(Subject::NonIcao),
        SUBJECT_VESSEL => Mmsi::new(number).map(Subject::Vessel),
        _ => return Err(WireError::Tag("subject")),
    };
    subject.ok_or(WireError::Range("subject"))
}

fn signal(c: &mut Columns, bits: &mut Bits, last: &mut Last, noise: &mut i64) -> Result<Signal> {
    Ok(Signal {
        rssi: opt(bits, || delta_in(c, Col::Rssi, &mut last.rssi, "rssi").map(DeciDbfs))?,
        noise: opt(bits, || delta_in(c, Col::Noise, noise, "noise").map(DeciDbfs))?,
        freq_offset_hz: opt(bits, || delta_in(c, Col::Offset, &mut last.offset, "frequency offset"))?,
        corrected_bits: c.u8(Col::Corrected)?,
        channel: ranged(c.optional(Col::Channel)?, "channel", |n| u8::try_from(n).ok().map(ChannelId))?,
        slot: ranged(c.optional(Col::Slot)?, "slot", |n| u16::try_from(n).ok().and_then(Slot::new))?,
    })
}

/// What is there must be in its range.
fn ranged<T>(value: Option<u64>, what: &'static str, read: impl FnOnce(u64) -> Option<T>) -> Result<Option<T>> {
    value.map(|v| read(v).ok_or(WireError::Range(what))).transpose()
}

fn kind(c: &mut Columns, bits: &mut Bits, last: &mut Last) -> Result<EventKind> {
    Ok(match c.u8(Col::Kind)? {
        KIND_POSITION => EventKind::Position(position(c, bits, last)?),
        KIND_VELOCITY => EventKind::Velocity(velocity(c, bits, last)?),
        KIND_IDENTITY => EventKind::Identity(identity(c, bits)?),
        KIND_STATUS => EventKind::Status(status(c, bits, last)?),
        KIND_WEATHER => EventKind::Weather(weather(c, bits, last)?),
        KIND_TEXT => EventKind::Text(text(c, bits)?),
        KIND_INTENT => EventKind::Intent(aircraft::intent(c, bits)?),
        KIND_AIR_DATA => EventKind::AirData(aircraft::air_data(c, bits)?),
        KIND_QUALITY => EventKind::Quality(aircraft::quality(c, bits)?),
        KIND_ADVISORY => EventKind::Advisory(aircraft::advisory(c, bits)?),
        KIND_QUARANTINED => EventKind::Quarantined(aircraft::quarantined(c, bits)?),
        KIND_TELEMETRY => EventKind::Telemetry(amateur::telemetry(c, bits)?),
        KIND_COVERAGE => EventKind::Coverage(amateur::coverage(c, bits)?),
        _ => return Err(WireError::Tag("kind")),
    })
}

fn place(c: &mut Columns, last: &mut Last) -> Result<LatLon> {
    let lat_e7 = delta_in(c, Col::Lat, &mut last.lat, "latitude")?;
    let lon_e7 = delta_in(c, Col::Lon, &mut last.lon, "longitude")?;
    LatLon::from_e7(lat_e7, lon_e7).ok_or(WireError::Range("position"))
}

fn speed(c: &mut Columns, last: &mut Last) -> Result<DeciKnots> {
    delta_in(c, Col::Speed, &mut last.speed, "speed").map(DeciKnots)
}

fn direction(c: &mut Columns, last: &mut Last) -> Result<CentiDegrees> {
    let centi = delta_in(c, Col::Direction, &mut last.direction, "direction")?;
    CentiDegrees::new(centi).ok_or(WireError::Range("direction"))
}

fn position(c: &mut Columns, bits: &mut Bits, last: &mut Last) -> Result<Position> {
    Ok(Position {
        at: place(c, last)?,
        source: Tag::from_tag(c.u8(Col::Small)?)?,
        baro_alt_ft: opt(bits, || delta_in(c, Col::Baro, &mut last.baro, "altitude"))?,
        geom_alt_ft: opt(bits, || delta_in(c, Col::Geom, &mut last.geom, "height"))?,
        on_ground: flag(bits)?,
        accuracy_m: opt(bits, || u32::try_from(c.varint(Col::Accuracy)?).map_err(|_| WireError::Range("accuracy")))?,
        speed: opt(bits, || speed(c, last))?,
        track: opt(bits, || direction(c, last))?,
        heading: opt(bits, || direction(c, last))?,
    })
}

fn velocity(c: &mut Columns, bits: &mut Bits, last: &mut Last) -> Result<Velocity> {
    Ok(Velocity {
        speed: opt(bits, || Ok((Tag::from_tag(c.u8(Col::Small)?)?, speed(c, last)?)))?,
        direction: opt(bits, || Ok((Tag::from_tag(c.u8(Col::Small)?)?, direction(c, last)?)))?,
        vertical_rate_fpm: opt(bits, || {
            let source = Tag::from_tag(c.u8(Col::Small)?)?;
            Ok((source, delta_in(c, Col::VerticalRate, &mut last.vertical_rate, "vertical rate")?))
        })?,
        geom_minus_baro_ft: opt(bits, || delta_in(c, Col::GeomMinusBaro, &mut last.geom_minus_baro, "height difference"))?,
    })
}

pub(super) fn short_text<const N: usize>(c: &mut Columns) -> Result<ShortText<N>> {
    ShortText::new(c.text(N)?).map_err(|e| WireError::TooLarge { what: "text", value: N as u64 + 1, limit: e.limit as u64 })
}

fn short<const N: usize>(c: &mut Columns, bits: &mut Bits) -> Result<Option<ShortText<N>>> {
    opt(bits, || short_text(c))
}

pub(super) fn number<T: TryFrom<u64>>(c: &mut Columns) -> Result<T> {
    T::try_from(c.varint(Col::Number)?).map_err(|_| WireError::Range("number"))
}

pub(super) fn small(c: &mut Columns, bits: &mut Bits) -> Result<Option<u8>> {
    opt(bits, || c.u8(Col::Small))
}

fn identity(c: &mut Columns, bits: &mut Bits) -> Result<Identity> {
    Ok(Identity {
        callsign: short(c, bits)?,
        name: short(c, bits)?,
        category: short(c, bits)?,
        imo: opt(bits, || number(c))?,
        destination: short(c, bits)?,
        dimensions_m: opt(bits, || Ok([number(c)?, number(c)?, number(c)?, number(c)?]))?,
        draught_dm: small(c, bits)?,
    })
}

fn status(c: &mut Columns, bits: &mut Bits, last: &mut Last) -> Result<Status> {
    Ok(Status {
        squawk: opt(bits, || number(c))?,
        emergency: opt(bits, || Tag::from_tag(c.u8(Col::Small)?))?,
        baro_alt_ft: opt(bits, || delta_in(c, Col::Baro, &mut last.baro, "altitude"))?,
        on_ground: flag(bits)?,
        ident: flag(bits)?,
        nav_status: small(c, bits)?,
        adsb_version: small(c, bits)?,
    })
}

fn weather(c: &mut Columns, bits: &mut Bits, last: &mut Last) -> Result<Weather> {
    Ok(Weather {
        at: opt(bits, || place(c, last))?,
        wind_from: opt(bits, || CentiDegrees::new(number(c)?).ok_or(WireError::Range("wind direction")))?,
        wind_speed: opt(bits, || number(c).map(DeciKnots))?,
        wind_gust: opt(bits, || number(c).map(DeciKnots))?,
        temperature_dc: opt(bits, || i16::try_from(c.signed(Col::Number)?).map_err(|_| WireError::Range("temperature")))?,
        humidity_percent: small(c, bits)?,
        pressure_dhpa: opt(bits, || number(c))?,
        rain_1h_um: opt(bits, || number(c))?,
        rain_24h_um: opt(bits, || number(c))?,
        rain_midnight_um: opt(bits, || number(c))?,
        snow_24h_um: opt(bits, || number(c))?,
        luminosity_w_m2: opt(bits, || number(c))?,
    })
}

fn text(c: &mut Columns, bits: &mut Bits) -> Result<Text> {
    Ok(Text {
        kind: Tag::from_tag(c.u8(Col::Small)?)?,
        to: opt(bits, || subject(c, Col::Number))?,
        body: c.text(Text::MAX_BYTES)?.into(),
        number: short(c, bits)?,
    })
}
