//! What an aircraft says: header, state vector, mode status, auxiliary state vector, target state (DO-282B §2.2.4.5).
//!
//! ```text
//!  byte 1      2…4      5…17                18…29         30…34
//!  | type 5, | address | state vector      | mode status | auxiliary state vector or target state |
//!  | AQ 3    | 24      | 13 bytes          | 12 bytes    | 5 bytes                                |
//! ```
//! Types: 0 state vector alone; 1 with mode status and auxiliary; 2 with auxiliary; 3 with mode status and target state.

use super::frame::UatFrame;
use crate::world::AircraftState;
use model::LatLon;

/// Whose address it is, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    AdsbIcao = 0,
    AdsbOther = 1,
    TisbIcao = 2,
    TisbTrackFile = 3,
    Vehicle = 4,
    FixedBeacon = 5,
    AdsrOther = 6,
}

/// What goes into the callsign's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallsignField {
    Callsign,
    Squawk,
}

/// Numbers that the world does not model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    pub qualifier: Qualifier,
    /// Navigation integrity category.
    pub nic: u8,
    pub nac_p: u8,
    pub nac_v: u8,
    pub sil: u8,
    pub sda: u8,
    /// UTC coupled (aircraft) or the site's number (TIS-B), four bits.
    pub last: u8,
}

impl Default for Claims {
    fn default() -> Self {
        Self { qualifier: Qualifier::AdsbIcao, nic: 9, nac_p: 9, nac_v: 1, sil: 3, sda: 2, last: 8 }
    }
}

/// A payload of type 0, 1, 2 or 3.
pub fn message(kind: u8, a: &AircraftState, claims: &Claims, field: CallsignField) -> UatFrame {
    let mut bytes = vec![0; if kind == 0 { 18 } else { 34 }];
    bytes[0] = kind << 3 | claims.qualifier as u8;
    bytes[1..4].copy_from_slice(&a.address.to_be_bytes()[1..]);
    state_vector(a, claims, &mut bytes);
    if matches!(kind, 1 | 3) {
        mode_status(a, claims, field, &mut bytes);
    }
    match kind {
        1 | 2 => put(&mut bytes, 30, 1, 12, altitude_code(a.alt_ft + a.geom_minus_baro_ft)),
        3 => target_state(a, &mut bytes),
        _ => {}
    }
    UatFrame::new(&bytes).expect("the length was chosen by the type")
}

/// Writes `width` bits from bit `bit` of byte `byte` on, both counted from 1 as the standard does.
fn put(bytes: &mut [u8], byte: usize, bit: usize, width: usize, value: u32) {
    let first = (byte - 1) * 8 + bit - 1;
    for i in 0..width {
        let (at, one) = (first + i, value >> (width - 1 - i) & 1 == 1);
        let mask = 0x80 >> (at % 8);
        bytes[at / 8] = if one { bytes[at / 8] | mask } else { bytes[at / 8] & !mask };
    }
}

/// Latitude in 23 and longitude in 24 bits, 360°/2²⁴ each.
pub(super) fn place_code(at: LatLon) -> (u32, u32) {
    let code = |degrees: f64| (degrees * f64::from(1 << 24) / 360.0).round() as i32 as u32;
    (code(at.lat_deg()) & 0x7F_FFFF, code(at.lon_deg()) & 0xFF_FFFF)
}

/// 25 ft steps from −1,000 ft; 0 says unknown.
fn altitude_code(feet: i32) -> u32 {
    ((feet + 1000 + 12).div_euclid(25) + 1).clamp(1, 4095) as u32
}

fn state_vector(a: &AircraftState, claims: &Claims, b: &mut [u8]) {
    let (lat, lon) = place_code(a.at);
    put(b, 5, 1, 23, lat);
    put(b, 7, 8, 24, lon);
    put(b, 11, 1, 12, altitude_code(a.alt_ft));
    put(b, 12, 5, 4, u32::from(claims.nic));
    put(b, 17, 5, 4, u32::from(claims.last));
    if a.on_ground {
        put(b, 13, 1, 2, 2);
        put(b, 13, 5, 10, a.ground_speed_kt.round().clamp(0.0, 1021.0) as u32 + 1);
        put(b, 14, 7, 2, 1);
        put(b, 15, 1, 9, (a.track_deg * 512.0 / 360.0).round() as u32 % 512);
        return;
    }
    let (sin, cos) = a.track_deg.to_radians().sin_cos();
    let (north, east) = (a.ground_speed_kt * cos, a.ground_speed_kt * sin);
    let supersonic = 1021.0 < north.abs().max(east.abs());
    let step = if supersonic { 4.0 } else { 1.0 };
    put(b, 13, 1, 2, u32::from(supersonic));
    for (byte, bit, knots) in [(13, 4, north), (14, 7, east)] {
        let units = (knots / step).round();
        let sign = u32::from(units < 0.0) << 10;
        put(b, byte, bit, 11, sign | (units.abs().min(1022.0) as u32 + 1));
    }
    let rate = (a.vertical_rate_fpm / 64.0).round();
    // Bit 1: barometric; bit 2: down.
    put(b, 16, 2, 11, 1 << 10 | u32::from(rate < 0.0) << 9 | (rate.abs().min(509.0) as u32 + 1));
}

/// Digits, letters and space in base 40; anything else is a space.
fn base_40(character: u8) -> u32 {
    match character {
        b'0'..=b'9' => u32::from(character - b'0'),
        b'A'..=b'Z' => u32::from(character - b'A') + 10,
        _ => 36,
    }
}

fn mode_status(a: &AircraftState, claims: &Claims, field: CallsignField, b: &mut [u8]) {
    let text = match field {
        CallsignField::Callsign => format!("{:<8}", a.callsign.as_str()),
        CallsignField::Squawk => format!("{:04}    ", a.squawk),
    };
    let digits: Vec<u32> = text.bytes().take(8).map(base_40).collect();
    let category = u32::from(a.category.0 - b'A') * 8 + u32::from(a.category.1);
    let words = [[category, digits[0], digits[1]], [digits[2], digits[3], digits[4]], [digits[5], digits[6], digits[7]]];
    for (i, [x, y, z]) in words.into_iter().enumerate() {
        put(b, 18 + 2 * i, 1, 16, (x * 40 + y) * 40 + z);
    }
    put(b, 24, 1, 3, u32::from(a.emergency));
    put(b, 24, 4, 3, 2);
    put(b, 24, 7, 2, u32::from(claims.sil));
    put(b, 25, 7, 2, u32::from(claims.sda));
    put(b, 26, 1, 4, u32::from(claims.nac_p));
    put(b, 26, 5, 3, u32::from(claims.nac_v));
    put(b, 26, 8, 1, 1);
    put(b, 27, 1, 2, 3);
    put(b, 27, 7, 1, u32::from(field == CallsignField::Callsign));
    put(b, 28, 1, 2, 2);
}

fn target_state(a: &AircraftState, b: &mut [u8]) {
    let panel = (f64::from(a.selected_alt_ft) / 32.0).round().clamp(0.0, 2046.0) as u32 + 1;
    put(b, 30, 2, 11, panel);
    put(b, 31, 5, 9, ((a.qnh_hpa - 800.0) / 0.8).round().clamp(0.0, 510.0) as u32 + 1);
    // Degrees from −180, sign apart.
    let heading = if 180.0 <= a.heading_deg { a.heading_deg - 360.0 } else { a.heading_deg };
    let units = (heading.abs() * 256.0 / 180.0).round().min(255.0) as u32;
    put(b, 32, 6, 1, 1);
    put(b, 32, 7, 9, u32::from(heading < 0.0) << 8 | units);
    // Mode indicators are valid: autopilot, vertical navigation.
    put(b, 33, 8, 3, 0b111);
}
