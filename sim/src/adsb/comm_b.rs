//! Comm-B registers (ICAO Doc 9871): what DF 20 and 21 carry.

use super::encode::text8;
use super::frame::Fields;
use crate::world::AircraftState;

/// A register that an aircraft's transponder offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// 2,0 aircraft identification.
    Identification,
    /// 4,0 selected vertical intention.
    VerticalIntention,
    /// 5,0 track and turn report.
    TrackAndTurn,
    /// 6,0 heading and speed report.
    HeadingAndSpeed,
}

impl Register {
    pub const ALL: [Self; 4] = [Self::Identification, Self::VerticalIntention, Self::TrackAndTurn, Self::HeadingAndSpeed];

    pub fn encode(self, state: &AircraftState) -> u64 {
        match self {
            Self::Identification => text8(Fields::default().put(8, 0x20), state.callsign.as_str()).me(),
            Self::VerticalIntention => vertical_intention(state),
            Self::TrackAndTurn => track_and_turn(state),
            Self::HeadingAndSpeed => heading_and_speed(state),
        }
    }
}

/// Selected altitudes in 16 ft, pressure setting in 0.1 hPa above 800, modes and target source absent.
fn vertical_intention(state: &AircraftState) -> u64 {
    let altitude = (f64::from(state.selected_alt_ft) / 16.0).round().clamp(0.0, 4095.0) as u32;
    let setting = ((state.qnh_hpa - 800.0) * 10.0).round().clamp(0.0, 4095.0) as u32;
    let head = Fields::default().put(1, 1).put(12, altitude).put(1, 0).put(12, 0);
    head.put(1, 1).put(12, setting).put(8, 0).put(1, 0).put(3, 0).put(2, 0).put(1, 0).put(2, 0).me()
}

/// Roll 45/256°, true track 90/512°, ground speed 2 kt, track rate 8/256 °/s, true airspeed 2 kt.
fn track_and_turn(state: &AircraftState) -> u64 {
    let head = signed(Fields::default(), 9, state.roll_deg * 256.0 / 45.0);
    let head = signed(head, 10, half_circle(state.track_deg) * 512.0 / 90.0);
    let head = unsigned(head, 10, state.ground_speed_kt / 2.0);
    let head = signed(head, 9, state.turn_rate_deg_s * 256.0 / 8.0);
    unsigned(head, 10, state.true_airspeed_kt / 2.0).me()
}

/// Magnetic heading 90/512°, indicated airspeed 1 kt, Mach 2.048/512, barometric and inertial vertical rate 32 ft/min.
fn heading_and_speed(state: &AircraftState) -> u64 {
    let head = signed(Fields::default(), 10, half_circle(state.heading_deg) * 512.0 / 90.0);
    let head = unsigned(head, 10, state.indicated_airspeed_kt);
    let head = unsigned(head, 10, state.mach * 512.0 / 2.048);
    let head = signed(head, 9, state.vertical_rate_fpm / 32.0);
    signed(head, 9, state.vertical_rate_fpm / 32.0).me()
}

fn half_circle(deg: f64) -> f64 {
    if 180.0 <= deg { deg - 360.0 } else { deg }
}

/// Status bit, sign bit and `width` bits of two's complement, saturated.
fn signed(fields: Fields, width: u32, steps: f64) -> Fields {
    let top = f64::from(1_u32 << width);
    let value = steps.round().clamp(-top, top - 1.0) as i32;
    fields.put(1, 1).put(width + 1, value as u32 & ((2 << width) - 1))
}

fn unsigned(fields: Fields, width: u32, steps: f64) -> Fields {
    fields.put(1, 1).put(width, steps.round().clamp(0.0, f64::from((1_u32 << width) - 1)) as u32)
}
