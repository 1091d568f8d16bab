//! Aircraft: who they are, and where each is at an instant.
//!
//! The sky has a fixed number of slots. In each, one flight follows another; flight `k` of slot `i` is drawn from
//! `(seed, i, k)` alone, so any instant can be asked for in any order with the same answer.

use super::flight::{FlightKind, Route, RunwayPose};
use super::{WorldConfig, world_time};
use crate::geo::{KNOT_MPS, LocalMap, METRES_PER_FOOT, bearing_deg};
use crate::rng::Rng;
use model::{LatLon, ShortText};

/// Everything that an aircraft knows of itself at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AircraftState {
    /// 24-bit ICAO address.
    pub address: u32,
    pub callsign: ShortText<8>,
    /// Mode A code, four octal digits in decimal.
    pub squawk: u16,
    /// Emitter category: `(b'A', 3)`.
    pub category: (u8, u8),
    /// Squawking 7700.
    pub emergency: bool,
    /// Has an ADS-B transponder; without, it only answers interrogations.
    pub adsb: bool,
    pub at: LatLon,
    /// Pressure altitude, feet.
    pub alt_ft: i32,
    pub geom_minus_baro_ft: i32,
    pub on_ground: bool,
    pub ground_speed_kt: f64,
    /// Direction of movement, degrees from true north, 0 ≤ value < 360.
    pub track_deg: f64,
    pub heading_deg: f64,
    pub true_airspeed_kt: f64,
    pub indicated_airspeed_kt: f64,
    pub mach: f64,
    pub vertical_rate_fpm: f64,
    pub turn_rate_deg_s: f64,
    pub roll_deg: f64,
    pub selected_alt_ft: i32,
    pub qnh_hpa: f64,
}

/// One flight of one slot.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    number: i64,
    began_us: i64,
    route: Route,
    identity: AircraftState,
}

/// One place in the sky.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    index: u64,
    duration_us: i64,
    phase_us: i64,
    flight: Option<Flight>,
}

/// Blocks of addresses that states really use, and operators that fly there (Annex 10 Vol. III ch. 9, Doc 8585).
const REGISTERS: [(u32, &[&str]); 6] = [
    (0x48_4000, &["KLM", "TRA", "MPH"]),
    (0x40_4000, &["BAW", "EZY", "VIR"]),
    (0x3C_4000, &["DLH", "EWG", "CFG"]),
    (0x38_8000, &["AFR", "TVF", "HOP"]),
    (0xA4_8000, &["UAL", "DAL", "AAL"]),
    (0x4C_A000, &["RYR", "EIN", "SAS"]),
];

impl Slot {
    pub fn new(config: &WorldConfig, index: u64) -> Self {
        let mut rng = Rng::stream(config.seed, &[1, index]);
        let duration_us = (rng.range(1800.0, 2700.0) * 1e6) as i64;
        Self { index, duration_us, phase_us: rng.below(duration_us as u64) as i64, flight: None }
    }

    pub fn state_at(&mut self, config: &WorldConfig, map: LocalMap, t_us: i64) -> AircraftState {
        let number = (t_us + self.phase_us).div_euclid(self.duration_us);
        let flight = match self.flight.take().filter(|f| f.number == number) {
            Some(flight) => flight,
            None => self.begin(config, map, number),
        };
        let state = flight.state_at(config, map, t_us);
        self.flight = Some(flight);
        state
    }

    fn begin(&self, config: &WorldConfig, map: LocalMap, number: i64) -> Flight {
        let mut rng = Rng::stream(config.seed, &[2, self.index, number as u64]);
        let distressed = self.index < u64::from(config.emergencies);
        let kind = match rng.below(100) {
            _ if distressed => FlightKind::Overflight,
            0..=49 => FlightKind::Overflight,
            50..=69 => FlightKind::Arrival,
            70..=84 => FlightKind::Departure,
            _ => FlightKind::Local,
        };
        let runway = RunwayPose {
            threshold: map.to_point(config.runway.threshold),
            heading_deg: config.runway.heading_deg,
            elevation_m: f64::from(config.runway.elevation_ft) * METRES_PER_FOOT,
        };
        let radius_m = config.sky_radius_m * if distressed { 0.3 } else { 1.0 };
        let route = Route::new(kind, &mut rng, world_time(self.duration_us), radius_m, &runway);
        let identity = identity(&mut rng, config, kind, self.index, distressed, &route, number);
        Flight { number, began_us: number * self.duration_us - self.phase_us, route, identity }
    }
}

fn identity(
    rng: &mut Rng,
    config: &WorldConfig,
    kind: FlightKind,
    index: u64,
    distressed: bool,
    route: &Route,
    number: i64,
) -> AircraftState {
    let (block, operators) = *rng.pick(&REGISTERS);
    // 14 free bits, scattered by an odd factor: slot (2,048) and flight number keep addresses apart within the fleet.
    let address = block + ((index as u32 * 8 + (number as u32 & 7)).wrapping_mul(0x2A51) & 0x3FFF);
    let (callsign, category) = match kind {
        FlightKind::Local => (format!("PH{}", letters(rng, 3)), (b'A', *rng.pick(&[1, 1, 7]))),
        _ => (format!("{}{}", rng.pick(operators), 10 + rng.below(8990)), (b'A', *rng.pick(&[2, 3, 3, 3, 5]))),
    };
    let octal = 1 + rng.below(0o7476) as u16;
    let squawk = if distressed { 7700 } else { octal_as_decimal(octal) };
    AircraftState {
        address,
        callsign: ShortText::truncated(&callsign),
        squawk,
        category,
        emergency: distressed,
        adsb: distressed || !rng.chance(config.mode_s_only_share),
        at: config.center,
        alt_ft: 0,
        geom_minus_baro_ft: 25 * (rng.below(40) as i32 - 10),
        on_ground: false,
        ground_speed_kt: 0.0,
        track_deg: 0.0,
        heading_deg: 0.0,
        true_airspeed_kt: 0.0,
        indicated_airspeed_kt: 0.0,
        mach: 0.0,
        vertical_rate_fpm: 0.0,
        turn_rate_deg_s: 0.0,
        roll_deg: 0.0,
        selected_alt_ft: route.cruise_ft,
        qnh_hpa: 1013.6,
    }
}

fn letters(rng: &mut Rng, n: usize) -> String {
    (0..n).map(|_| (b'A' + rng.below(26) as u8) as char).collect()
}

fn octal_as_decimal(code: u16) -> u16 {
    (code >> 9 & 7) * 1000 + (code >> 6 & 7) * 100 + (code >> 3 & 7) * 10 + (code & 7)
}

impl Flight {
    fn state_at(&self, config: &WorldConfig, map: LocalMap, t_us: i64) -> AircraftState {
        let t_s = world_time(t_us - self.began_us);
        let progress = self.route.progress(t_s);
        let pose = self.route.path.pose_at(progress.distance_m);
        let at = map.to_place(pose.at);
        // The map's north is not true north away from the centre, so the track is taken on the globe.
        let ahead = self.route.path.pose_at(progress.distance_m + 50.0);
        let track_deg = bearing_deg(at, map.to_place(ahead.at));
        let on_ground = self.route.on_ground(t_s);
        let mut state = AircraftState {
            at,
            on_ground,
            track_deg,
            heading_deg: track_deg,
            alt_ft: (progress.height_m / METRES_PER_FOOT).round() as i32,
            ground_speed_kt: progress.speed_mps / KNOT_MPS,
            vertical_rate_fpm: if on_ground { 0.0 } else { progress.climb_mps / METRES_PER_FOOT * 60.0 },
            turn_rate_deg_s: pose.turn_deg_per_m * progress.speed_mps,
            ..self.identity
        };
        if !on_ground {
            fly_through_wind(&mut state, config.wind_from_deg, config.wind_kt_at_fl300, progress.height_m);
        }
        state
    }
}

/// Airspeed and heading that give the ground track in the wind, in the standard atmosphere.
fn fly_through_wind(state: &mut AircraftState, from_deg: f64, kt_at_fl300: f64, height_m: f64) {
    let wind_kt = kt_at_fl300 * (height_m / 9144.0).clamp(0.1, 1.3);
    let (track, from) = (state.track_deg.to_radians(), from_deg.to_radians());
    let east = state.ground_speed_kt * track.sin() + wind_kt * from.sin();
    let north = state.ground_speed_kt * track.cos() + wind_kt * from.cos();
    state.true_airspeed_kt = east.hypot(north);
    state.heading_deg = east.atan2(north).to_degrees().rem_euclid(360.0);
    let temperature_k = (288.15 - 0.0065 * height_m).max(216.65);
    state.mach = state.true_airspeed_kt / (661.48 * (temperature_k / 288.15).sqrt());
    state.indicated_airspeed_kt = state.true_airspeed_kt * (-height_m / 20_800.0).exp();
    let turn = state.turn_rate_deg_s.to_radians() * state.true_airspeed_kt * KNOT_MPS / 9.81;
    state.roll_deg = turn.atan().to_degrees();
}
