//! The payload of a station's event: everything the frame said, flat, in the units of the key's ending; what the frame
//! didn't say is left out. It reads back into the same [`Event`] (with time and raw frame, which have columns of their own).
//!
//! `{"protocol":"adsb","kind":"position","subject":"icao:4840d6","receiver":0,"lat":52.2572,"lon":3.91937,"baro_alt_ft":38000,…}`
//!
//! U+0000, which neither Postgres text nor jsonb can hold, becomes U+FFFD.

mod aircraft;
mod amateur;
mod general;
mod quarantined;

use model::{ChannelId, DeciDbfs, Event, EventKind, Icao24, Mmsi, Protocol, Raw, ReceiverId, ShortText, Signal, Slot, Subject, UnixMicros};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use thiserror::Error;

pub(crate) use amateur::channel_name as reading_channel;
#[cfg(feature = "central")]
pub(crate) use general::EMERGENCIES;
pub(crate) use general::{WEATHER, weather_values};
pub(crate) use quarantined::named as suspect_named;

type Str<'a> = Cow<'a, str>;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Payload<'a> {
    pub protocol: Str<'a>,
    pub kind: Str<'a>,
    pub subject: Str<'a>,
    pub receiver: u8,
    #[serde(flatten)]
    fields: Fields<'a>,
}

impl Payload<'_> {
    #[cfg(feature = "central")]
    pub(crate) fn callsign(&self) -> Option<&str> {
        self.fields.callsign.as_deref()
    }
}

macro_rules! fields {
    ($($name:ident: $type:ty,)*) => {
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        struct Fields<'a> {
            $(#[serde(skip_serializing_if = "Option::is_none")] $name: Option<$type>,)*
        }
    };
}

fields! {
    // position (and weather)
    lat: f64,
    lon: f64,
    source: Str<'a>,
    baro_alt_ft: i32,
    geom_alt_ft: i32,
    on_ground: bool,
    accuracy_m: u32,
    // position, velocity
    speed_kt: f64,
    ias_kt: f64,
    tas_kt: f64,
    track_deg: f64,
    heading_deg: f64,
    magnetic_heading_deg: f64,
    vertical_rate_fpm: i32,
    vertical_rate_source: Str<'a>,
    geom_minus_baro_ft: i32,
    // identity
    callsign: Str<'a>,
    name: Str<'a>,
    category: Str<'a>,
    imo: u32,
    destination: Str<'a>,
    dimensions_m: [u16; 4],
    draught_m: f64,
    // status
    squawk: Str<'a>,
    emergency: Str<'a>,
    ident: bool,
    nav_status: u8,
    adsb_version: u8,
    // weather
    wind_from_deg: f64,
    wind_speed_kt: f64,
    wind_gust_kt: f64,
    temperature_c: f64,
    humidity_percent: u8,
    pressure_hpa: f64,
    rain_1h_mm: f64,
    rain_24h_mm: f64,
    rain_midnight_mm: f64,
    snow_24h_mm: f64,
    luminosity_w_m2: u16,
    // text
    text_kind: Str<'a>,
    to: Str<'a>,
    body: Str<'a>,
    message_number: Str<'a>,
    // telemetry
    sequence: u32,
    title: Str<'a>,
    bits: u8,
    readings: Vec<amateur::Reading<'a>>,
    // coverage
    power_w: u16,
    height_ft: u32,
    gain_db: u8,
    beam_deg: f64,
    range_m: u32,
    heard_s: u8,
    bearing_deg: f64,
    bearing_quality: u8,
    bearing_hits: u8,
    bearing_range_m: u32,
    // what only aircraft tell
    bds: Str<'a>,
    bds_probability_percent: u8,
    panel_alt_ft: i32,
    fms_alt_ft: i32,
    selected_heading_deg: f64,
    selected_heading_reference: Str<'a>,
    altimeter_hpa: f64,
    autopilot: bool,
    vertical_navigation: bool,
    altitude_hold: bool,
    approach: bool,
    lateral_navigation: bool,
    tcas_operational: bool,
    roll_deg: f64,
    track_rate_deg_s: f64,
    mach: f64,
    baro_rate_fpm: i32,
    inertial_rate_fpm: i32,
    radio_height_ft: u32,
    turbulence: Str<'a>,
    wind_shear: Str<'a>,
    microburst: Str<'a>,
    icing: Str<'a>,
    wake_vortex: Str<'a>,
    position_error_m: u32,
    geom_alt_error_m: u16,
    velocity_error_m_s: f64,
    integrity_exponent: u8,
    integrity_per_sample: bool,
    design_assurance_exponent: u8,
    baro_alt_checked: bool,
    active_advisories: u16,
    advisory_complements: u8,
    advisory_terminated: bool,
    multiple_threats: bool,
    threat: Str<'a>,
    threat_address: Str<'a>,
    threat_alt_ft: i32,
    threat_range_nmi: f64,
    threat_bearing_deg: u16,
    containment_m: u32,
    // what is not believed: under names of its own, so that nobody takes it for the fact
    quarantine_reason: Str<'a>,
    quarantined: Str<'a>,
    quarantined_value: Str<'a>,
    quarantined_count: u32,
    // signal
    rssi_dbfs: f64,
    noise_dbfs: f64,
    freq_offset_hz: i32,
    corrected_bits: u8,
    // AIS: `A`…`D`; APRS: the channel's number.
    channel: Str<'a>,
    slot: u16,
}

/// A stored payload that is not one of ours, or was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the payload's {0} can't be read back")]
pub struct BadPayload(&'static str);

impl<'a> Payload<'a> {
    pub fn of(event: &'a Event) -> Self {
        let mut fields = match &event.kind {
            EventKind::Position(p) => general::of_position(p),
            EventKind::Velocity(v) => general::of_velocity(v),
            EventKind::Identity(i) => general::of_identity(i),
            EventKind::Status(s) => general::of_status(s),
            EventKind::Weather(w) => general::of_weather(w),
            EventKind::Text(t) => general::of_text(t),
            EventKind::Intent(i) => aircraft::of_intent(i),
            EventKind::AirData(a) => aircraft::of_air_data(a),
            EventKind::Quality(q) => aircraft::of_quality(q),
            EventKind::Advisory(a) => aircraft::of_advisory(a),
            EventKind::Quarantined(q) => quarantined::of(q),
            EventKind::Telemetry(t) => amateur::of_telemetry(t),
            EventKind::Coverage(c) => amateur::of_coverage(c),
        };
        fields.rssi_dbfs = event.signal.rssi.map(|r| tenths(r.0.into()));
        fields.noise_dbfs = event.signal.noise.map(|r| tenths(r.0.into()));
        fields.freq_offset_hz = event.signal.freq_offset_hz;
        fields.corrected_bits = (event.signal.corrected_bits != 0).then_some(event.signal.corrected_bits);
        fields.channel = event.signal.channel.map(|c| channel_name(event.protocol, c));
        fields.slot = event.signal.slot.map(Slot::get);
        Self {
            protocol: event.protocol.name().into(),
            kind: event.kind.name().into(),
            subject: clean(event.subject.to_string().into()),
            receiver: event.receiver.0,
            fields,
        }
    }

    pub fn to_event(&self, at: UnixMicros, raw: Raw) -> Result<Event, BadPayload> {
        let f = &self.fields;
        let kind = match &*self.kind {
            "position" => EventKind::Position(general::to_position(f).ok_or(BadPayload("position"))?),
            "velocity" => EventKind::Velocity(general::to_velocity(f)),
            "identity" => EventKind::Identity(general::to_identity(f)),
            "status" => EventKind::Status(general::to_status(f).ok_or(BadPayload("status"))?),
            "weather" => EventKind::Weather(general::to_weather(f)),
            "text" => EventKind::Text(general::to_text(f).ok_or(BadPayload("text"))?),
            "intent" => EventKind::Intent(aircraft::to_intent(f).ok_or(BadPayload("intent"))?),
            "airdata" => EventKind::AirData(aircraft::to_air_data(f).ok_or(BadPayload("airdata"))?),
            "quality" => EventKind::Quality(aircraft::to_quality(f)),
            "advisory" => EventKind::Advisory(aircraft::to_advisory(f).ok_or(BadPayload("advisory"))?),
            "quarantined" => EventKind::Quarantined(quarantined::to(f).ok_or(BadPayload("quarantined"))?),
            "telemetry" => EventKind::Telemetry(amateur::to_telemetry(f).ok_or(BadPayload("telemetry"))?),
            "coverage" => EventKind::Coverage(amateur::to_coverage(f).ok_or(BadPayload("coverage"))?),
            _ => return Err(BadPayload("kind")),
        };
        Ok(Event {
            at,
            protocol: Protocol::from_name(&self.protocol).ok_or(BadPayload("protocol"))?,
            receiver: ReceiverId(self.receiver),
            subject: subject(&self.subject).ok_or(BadPayload("subject"))?,
            kind,
            raw,
            signal: Signal {
                rssi: f.rssi_dbfs.map(|v| DeciDbfs(in_tenths(v))),
                noise: f.noise_dbfs.map(|v| DeciDbfs(in_tenths(v))),
                freq_offset_hz: f.freq_offset_hz,
                corrected_bits: f.corrected_bits.unwrap_or(0),
                channel: f.channel.as_deref().and_then(channel),
                slot: f.slot.and_then(Slot::new),
            },
        })
    }
}

/// AIS channels go by letters, others by numbers.
pub(crate) fn channel_name(protocol: Protocol, channel: ChannelId) -> Cow<'static, str> {
    const LETTERS: [&str; 4] = ["A", "B", "C", "D"];
    match LETTERS.get(usize::from(channel.0)) {
        Some(letter) if protocol == Protocol::Ais => (*letter).into(),
        _ => channel.0.to_string().into(),
    }
}

fn channel(name: &str) -> Option<ChannelId> {
    match name.as_bytes() {
        [letter @ b'A'..=b'D'] => Some(ChannelId(letter - b'A')),
        _ => name.parse().ok().map(ChannelId),
    }
}

/// Reads `icao:4840d6`, `nonicao:…`, `mmsi:002320001`, `call:N0CALL-9`.
pub(crate) fn subject(text: &str) -> Option<Subject> {
    let (kind, id) = text.split_once(':')?;
    let address = || Icao24::new(u32::from_str_radix(id, 16).ok()?);
    match kind {
        "icao" => address().map(Subject::Aircraft),
        "nonicao" => address().map(Subject::NonIcao),
        "mmsi" => Mmsi::new(id.parse().ok()?).map(Subject::Vessel),
        "call" => Some(Subject::Callsign(ShortText::truncated(id))),
        _ => None,
    }
}

fn clean(text: Str<'_>) -> Str<'_> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text }
}

fn tenths(value: i32) -> f64 {
    f64::from(value) / 10.0
}

/// The number of `1 / scale` in `value`. Saturates: it came from such a number, unless someone edited the row.
fn scaled<T: TryFrom<i64> + Limits>(value: f64, scale: f64) -> T {
    T::try_from((value * scale).round() as i64).unwrap_or(if value < 0.0 { T::LOWEST } else { T::HIGHEST })
}

fn in_tenths<T: TryFrom<i64> + Limits>(value: f64) -> T {
    scaled(value, 10.0)
}

trait Limits {
    const LOWEST: Self;
    const HIGHEST: Self;
}

macro_rules! limits {
    ($($type:ty)*) => { $(impl Limits for $type { const LOWEST: Self = <$type>::MIN; const HIGHEST: Self = <$type>::MAX; })* };
}

limits! { i16 u16 u8 u32 }

#[cfg(test)]
mod tests;
