//! What an aircraft says, as Mode S frames. Field positions and steps: ICAO Annex 10 Vol. IV §3.1.2.6–8 (surveillance and
//! Comm-B replies), RTCA DO-260B §2.2.3.2 (extended squitters), ICAO Doc 9871 (registers).
//!
//! Values outside a field's range are sent as the specification says (saturated, or "not available"), never wrapped.

use super::cpr::{self, CprFormat};
use super::frame::{Fields, ModeS};
use crate::world::AircraftState;

/// Emitter category set and number: `A3` is (b'A', 3).
pub type Category = (u8, u8);

/// Who sends an extended squitter in DF 18 (DO-260B §2.2.3.2.1.2, control field).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Df18Source {
    /// CF 0: a device without a transponder, ICAO address.
    AdsB = 0,
    /// CF 1: the same with another address (ground vehicle, anonymous).
    AdsBNonIcao = 1,
    /// CF 2: a ground radar's fine TIS-B.
    TisB = 2,
    /// CF 6: rebroadcast of another link's report.
    AdsR = 6,
}

/// DF 11, all-call reply or acquisition squitter (`interrogator` 0).
pub fn all_call(state: &AircraftState, interrogator: u32) -> ModeS {
    Fields::default().put(5, 11).put(3, capability(state)).put(24, state.address).seal(interrogator & 0x7F)
}

/// DF 17 with the given message field.
pub fn squitter(state: &AircraftState, me: u64) -> ModeS {
    Fields::default().put(5, 17).put(3, capability(state)).put(24, state.address).put_long(56, me).seal(0)
}

/// DF 18 with the given message field.
pub fn squitter_df18(source: Df18Source, address: u32, me: u64) -> ModeS {
    Fields::default().put(5, 18).put(3, source as u32).put(24, address).put_long(56, me).seal(0)
}

/// DF 4, altitude reply.
pub fn altitude_reply(state: &AircraftState) -> ModeS {
    surveillance(4, state).put(13, altitude13(state.alt_ft)).seal(state.address)
}

/// DF 5, identity reply.
pub fn identity_reply(state: &AircraftState) -> ModeS {
    surveillance(5, state).put(13, identity13(state.squawk)).seal(state.address)
}

/// DF 20 and 21, the same with a Comm-B register.
pub fn comm_b_altitude(state: &AircraftState, mb: u64) -> ModeS {
    surveillance(20, state).put(13, altitude13(state.alt_ft)).put_long(56, mb).seal(state.address)
}

pub fn comm_b_identity(state: &AircraftState, mb: u64) -> ModeS {
    surveillance(21, state).put(13, identity13(state.squawk)).put_long(56, mb).seal(state.address)
}

/// DF 0, short air-to-air surveillance: TCAS with vertical resolution (RI 3), crosslink capable.
pub fn acas_short(state: &AircraftState) -> ModeS {
    acas(0, state).put(13, altitude13(state.alt_ft)).seal(state.address)
}

/// DF 16, long air-to-air surveillance without a resolution advisory (MV 3,0 empty).
pub fn acas_long(state: &AircraftState) -> ModeS {
    acas(16, state).put(13, altitude13(state.alt_ft)).put_long(56, 0x30 << 48).seal(state.address)
}

/// DF 24, one segment of an extended length message.
pub fn elm_segment(address: u32, number: u32, md: [u8; 10]) -> ModeS {
    let (high, low) = md.split_at(5);
    let word = |part: &[u8]| part.iter().fold(0_u64, |w, b| w << 8 | u64::from(*b));
    Fields::default().put(2, 3).put(1, 0).put(1, 0).put(4, number & 15).put_long(40, word(high)).put_long(40, word(low)).seal(address)
}

/// TC 1–4, identification and category.
pub fn identification(state: &AircraftState) -> u64 {
    let (set, number) = state.category;
    let type_code = u32::from(b'D'.saturating_sub(set)).clamp(0, 3) + 1;
    text8(Fields::default().put(5, type_code).put(3, u32::from(number)), state.callsign.as_str()).me()
}

/// TC 11 (NIC 8), airborne position with pressure altitude.
pub fn airborne_position(state: &AircraftState, format: CprFormat) -> u64 {
    let place = cpr::airborne(state.at, format);
    // Surveillance status 1: permanent alert.
    let alert = u32::from(state.emergency);
    let head = Fields::default().put(5, 11).put(2, alert).put(1, 0).put(12, altitude12(state.alt_ft));
    head.put(1, 0).put(1, format.flag()).put(17, place.lat).put(17, place.lon).me()
}

/// TC 7 (NIC 8), surface position with movement and track.
pub fn surface_position(state: &AircraftState, format: CprFormat) -> u64 {
    let place = cpr::surface(state.at, format);
    let track = (state.track_deg * 128.0 / 360.0).round() as u32 % 128;
    let head = Fields::default().put(5, 7).put(7, movement(state.ground_speed_kt)).put(1, 1).put(7, track);
    head.put(1, 0).put(1, format.flag()).put(17, place.lat).put(17, place.lon).me()
}

/// TC 19 subtype 1 (2 above 1,022 kt): velocity over ground, barometric vertical rate.
pub fn ground_velocity(state: &AircraftState) -> u64 {
    let angle = state.track_deg.to_radians();
    let (east, north) = (state.ground_speed_kt * angle.sin(), state.ground_speed_kt * angle.cos());
    let supersonic = 1022.0 < east.abs().max(north.abs()).round();
    let step = if supersonic { 4.0 } else { 1.0 };
    let part = |v: f64| (u32::from(v.round() < 0.0), ((v.abs() / step).round() as u32 + 1).min(1023));
    let (west, east) = part(east);
    let (south, north) = part(north);
    let head = velocity_head(if supersonic { 2 } else { 1 });
    velocity_tail(head.put(1, west).put(10, east).put(1, south).put(10, north), state)
}

/// TC 19 subtype 3 (4 above 1,022 kt): heading and true airspeed, for aircraft without a velocity over ground.
pub fn air_velocity(state: &AircraftState) -> u64 {
    let heading = (state.heading_deg * 1024.0 / 360.0).round() as u32 % 1024;
    let supersonic = 1022.0 < state.true_airspeed_kt.round();
    let step = if supersonic { 4.0 } else { 1.0 };
    let airspeed = ((state.true_airspeed_kt / step).round() as u32 + 1).min(1023);
    let head = velocity_head(if supersonic { 4 } else { 3 });
    velocity_tail(head.put(1, 1).put(10, heading).put(1, 1).put(10, airspeed), state)
}

/// TC 28 subtype 1, emergency state and Mode A code.
pub fn emergency_status(state: &AircraftState) -> u64 {
    let code = match state.squawk {
        7700 => 1,
        7600 => 4,
        7500 => 5,
        _ => 0,
    };
    Fields::default().put(5, 28).put(3, 1).put(3, code).put(13, identity13(state.squawk)).put(32, 0).me()
}

/// TC 29 subtype 1, target state and status, version 2: selected altitude (MCP), pressure setting, selected heading, modes.
pub fn target_state(state: &AircraftState) -> u64 {
    let altitude = (f64::from(state.selected_alt_ft) / 32.0).round().clamp(0.0, 2046.0) as u32 + 1;
    let setting = ((state.qnh_hpa - 800.0) / 0.8).round().clamp(0.0, 510.0) as u32 + 1;
    let heading = (state.heading_deg * 256.0 / 180.0).round() as u32 % 512;
    let head = Fields::default().put(5, 29).put(2, 1).put(1, 0).put(1, 0).put(11, altitude).put(9, setting).put(1, 1).put(9, heading);
    let quality = head.put(4, NACP).put(1, 1).put(2, SIL);
    let modes = quality.put(1, 1).put(1, 1).put(1, 0).put(1, 1);
    modes.put(1, 0).put(1, 0).put(1, 1).put(1, 1).put(2, 0).me()
}

/// TC 31, operational status, version 2.
pub fn operational_status(state: &AircraftState) -> u64 {
    const CAPABILITY_AIRBORNE: u32 = 0x2300; // TCAS operational, target state and air-referenced reports
    const CAPABILITY_SURFACE: u32 = 2 << 1; // NACv 2
    const MODE: u32 = 2 << 8; // SDA 2
    let head = Fields::default().put(5, 31);
    if state.on_ground {
        let body = head.put(3, 1).put(12, CAPABILITY_SURFACE).put(4, 3).put(16, MODE).put(3, 2).put(1, 0).put(4, NACP);
        return body.put(2, 0).put(2, SIL).put(1, 0).put(1, 0).put(1, 0).put(1, 0).me();
    }
    let body = head.put(3, 0).put(16, CAPABILITY_AIRBORNE).put(16, MODE).put(3, 2).put(1, 0).put(4, NACP);
    body.put(2, 2).put(2, SIL).put(1, 1).put(1, 0).put(1, 0).put(1, 0).me()
}

/// NACp 9: 95 % within 30 m. SIL 3: 1e-7 per hour.
const NACP: u32 = 9;
const SIL: u32 = 3;

fn capability(state: &AircraftState) -> u32 {
    if state.on_ground { 4 } else { 5 }
}

fn surveillance(df: u32, state: &AircraftState) -> Fields {
    let flight_status = match (state.emergency, state.on_ground) {
        (false, on_ground) => u32::from(on_ground),
        (true, on_ground) => 2 + u32::from(on_ground),
    };
    Fields::default().put(5, df).put(3, flight_status).put(5, 0).put(6, 0)
}

fn acas(df: u32, state: &AircraftState) -> Fields {
    let head = Fields::default().put(5, df).put(1, u32::from(state.on_ground));
    let head = if df == 0 { head.put(1, 1).put(1, 0) } else { head.put(2, 0) };
    head.put(3, 7).put(2, 0).put(4, 3).put(2, 0)
}

fn velocity_head(subtype: u32) -> Fields {
    Fields::default().put(5, 19).put(3, subtype).put(1, 0).put(1, 0).put(3, 2)
}

fn velocity_tail(head: Fields, state: &AircraftState) -> u64 {
    let rate = (state.vertical_rate_fpm.abs() / 64.0).round().min(510.0) as u32 + 1;
    let difference = (f64::from(state.geom_minus_baro_ft.abs()) / 25.0).round().min(126.0) as u32 + 1;
    let head = head.put(1, 1).put(1, u32::from(state.vertical_rate_fpm < 0.0)).put(9, rate).put(2, 0);
    head.put(1, u32::from(state.geom_minus_baro_ft < 0)).put(7, difference).me()
}

/// Eight characters of six bits (Annex 10 Vol. IV §3.1.2.9.1.2): letters, digits and space; anything else becomes a space.
pub(crate) fn text8(head: Fields, text: &str) -> Fields {
    let six = |c: u8| match c.to_ascii_uppercase() {
        c @ b'A'..=b'Z' => u32::from(c - b'A') + 1,
        c @ b'0'..=b'9' => u32::from(c),
        _ => 32,
    };
    let padded = text.bytes().chain(core::iter::repeat(b' ')).take(8);
    padded.fold(head, |fields, c| fields.put(6, six(c)))
}

/// 12-bit altitude of extended squitters: 25 ft steps, Q = 1; 0 (not available) outside −1,000…50,175 ft.
pub(crate) fn altitude12(alt_ft: i32) -> u32 {
    if !(-1000..=50_175).contains(&alt_ft) {
        return 0;
    }
    let n = ((f64::from(alt_ft) + 1000.0) / 25.0).round() as u32;
    (n >> 4) << 5 | 1 << 4 | n & 15
}

/// 13-bit altitude of replies: as [`altitude12`] with M = 0 inserted after six bits.
pub(crate) fn altitude13(alt_ft: i32) -> u32 {
    let ac = altitude12(alt_ft);
    (ac >> 6) << 7 | ac & 0x3F
}

/// 13-bit identity C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4 from a squawk in decimal-written octal.
pub(crate) fn identity13(squawk: u16) -> u32 {
    let digit = |place: u16| u32::from((squawk / place % 10) & 7);
    let (a, b, c, d) = (digit(1000), digit(100), digit(10), digit(1));
    let bit = |value: u32, weight: u32| u32::from(value & weight != 0);
    let order = [
        bit(c, 1),
        bit(a, 1),
        bit(c, 2),
        bit(a, 2),
        bit(c, 4),
        bit(a, 4),
        0,
        bit(b, 1),
        bit(d, 1),
        bit(b, 2),
        bit(d, 2),
        bit(b, 4),
        bit(d, 4),
    ];
    order.into_iter().fold(0, |word, b| word << 1 | b)
}

/// 7-bit movement (DO-260B §2.2.3.2.4.2).
pub(crate) fn movement(speed_kt: f64) -> u32 {
    const BANDS: [(f64, f64, f64); 6] =
        [(0.125, 0.125, 2.0), (1.0, 0.25, 9.0), (2.0, 0.5, 13.0), (15.0, 1.0, 39.0), (70.0, 2.0, 94.0), (100.0, 5.0, 109.0)];
    if speed_kt < 0.125 {
        return 1;
    }
    if 175.0 <= speed_kt {
        return 124;
    }
    let (low, step, code) = BANDS.into_iter().rev().find(|band| band.0 <= speed_kt).expect("the first band begins at 0.125 kt");
    (code + (speed_kt - low) / step) as u32
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
