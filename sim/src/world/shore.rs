//! APRS stations: digipeaters and weather stations that stay, cars that drive, a balloon that rises and drifts.

use super::path::{Leg, Path};
use super::{WorldConfig, world_time};
use crate::geo::{KNOT_MPS, LocalMap, METRES_PER_FOOT, Point, bearing_deg};
use crate::rng::Rng;
use model::{LatLon, ShortText};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AprsKind {
    Digipeater,
    Weather,
    Car,
    Balloon,
}

/// What a weather station measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeatherNow {
    pub wind_from_deg: f64,
    pub wind_mph: f64,
    pub gust_mph: f64,
    pub temperature_f: f64,
    pub humidity_percent: u8,
    pub pressure_hpa: f64,
    pub rain_1h_inch: f64,
}

/// A station at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AprsState {
    pub kind: AprsKind,
    /// With its SSID: `PA3ABC-9`.
    pub call: ShortText<9>,
    pub at: LatLon,
    pub speed_kt: f64,
    pub course_deg: f64,
    /// Above mean sea level.
    pub alt_ft: i32,
    /// Of a weather station only.
    pub weather: Option<WeatherNow>,
}

#[derive(Clone, Debug)]
struct Station {
    path: Path,
    speed_mps: f64,
    start_m: f64,
    identity: AprsState,
}

/// All APRS stations.
#[derive(Clone, Debug)]
pub struct Shore {
    map: LocalMap,
    stations: Vec<Station>,
}

/// A balloon rises 5 m/s to 30 km, bursts, sinks 8 m/s, waits, and begins anew where it started.
const BALLOON_TOP_M: f64 = 30_000.0;
const BALLOON_CYCLE_S: f64 = 3.0 * 3600.0;

impl Shore {
    pub(super) fn new(config: &WorldConfig) -> Self {
        let stations = (0..u64::from(config.aprs_stations)).map(|i| station(&mut Rng::stream(config.seed, &[5, i]), config, i)).collect();
        Self { map: LocalMap::new(config.center), stations }
    }

    pub fn station_count(&self) -> usize {
        self.stations.len()
    }

    /// Station `index` at `t_us`, microseconds since the world began.
    pub fn station_at(&self, index: usize, t_us: i64) -> AprsState {
        let station = &self.stations[index];
        match station.identity.kind {
            AprsKind::Digipeater => station.identity,
            AprsKind::Weather => AprsState { weather: Some(weather_at(world_time(t_us))), ..station.identity },
            AprsKind::Car => {
                let gone_m = (station.start_m + station.speed_mps * world_time(t_us)).rem_euclid(station.path.length_m());
                self.moved(station, gone_m, 0.0)
            }
            AprsKind::Balloon => {
                let t = world_time(t_us).rem_euclid(BALLOON_CYCLE_S);
                let up_s = BALLOON_TOP_M / 5.0;
                let height_m = if t < up_s { 5.0 * t } else { (BALLOON_TOP_M - 8.0 * (t - up_s)).max(0.0) };
                let flown_s = t.min(up_s + BALLOON_TOP_M / 8.0);
                let landed = flown_s < t;
                let state = self.moved(station, station.speed_mps * flown_s, height_m);
                if landed { AprsState { speed_kt: 0.0, ..state } } else { state }
            }
        }
    }

    fn moved(&self, station: &Station, gone_m: f64, height_m: f64) -> AprsState {
        let at = self.map.to_place(station.path.pose_at(gone_m).at);
        let ahead = self.map.to_place(station.path.pose_at(gone_m + 20.0).at);
        AprsState { at, course_deg: bearing_deg(at, ahead), alt_ft: (height_m / METRES_PER_FOOT) as i32, ..station.identity }
    }
}

fn station(rng: &mut Rng, config: &WorldConfig, index: u64) -> Station {
    let (kind, ssid, speed_kt) = match index {
        0 => (AprsKind::Balloon, 11, 20.0),
        i if i % 5 == 1 => (AprsKind::Digipeater, 0, 0.0),
        i if i % 5 == 2 => (AprsKind::Weather, 13, 0.0),
        _ => (AprsKind::Car, 9, rng.range(15.0, 60.0)),
    };
    let letter = |rng: &mut Rng| (b'A' + rng.below(26) as u8) as char;
    let call = format!("P{}{}{}{}{}", *rng.pick(&['A', 'D', 'E', 'I']), index % 10, letter(rng), letter(rng), letter(rng));
    let call = if ssid == 0 { call } else { format!("{call}-{ssid}") };
    let (distance, bearing) = (rng.range(2_000.0, 40_000.0), rng.range(0.0, core::f64::consts::TAU));
    let home = Point { x: distance * bearing.sin(), y: distance * bearing.cos() };
    let map = LocalMap::new(config.center);
    // A car drives round a block; a balloon drifts straight on, and the others never move.
    let (long_m, wide_m, bend) = (rng.range(2000.0, 9000.0), rng.range(1000.0, 5000.0), 30.0);
    let half = [Leg::straight(long_m), Leg::turn(90.0, bend), Leg::straight(wide_m), Leg::turn(90.0, bend)];
    let block = [half, half].concat();
    let path = Path::new(home, rng.range(0.0, 360.0), if kind == AprsKind::Car { &block } else { &block[..1] });
    let identity =
        AprsState { kind, call: ShortText::truncated(&call), at: map.to_place(home), speed_kt, course_deg: 0.0, alt_ft: 0, weather: None };
    Station { path, speed_mps: speed_kt * KNOT_MPS, start_m: rng.range(0.0, long_m), identity }
}

/// A mild day: slow sines around typical values.
fn weather_at(t_s: f64) -> WeatherNow {
    let wave = |period_s: f64| (core::f64::consts::TAU * t_s / period_s).sin();
    let wind_mph = 12.0 + 5.0 * wave(3600.0);
    WeatherNow {
        wind_from_deg: (250.0 + 20.0 * wave(1700.0)).rem_euclid(360.0),
        wind_mph,
        gust_mph: wind_mph * 1.4,
        temperature_f: 55.0 + 8.0 * wave(86_400.0),
        humidity_percent: (70.0 - 15.0 * wave(86_400.0)) as u8,
        pressure_hpa: 1013.0 + 4.0 * wave(40_000.0),
        rain_1h_inch: 0.02 * (1.0 + wave(7200.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cars_drive_balloons_rise_and_the_rest_stays() {
        let shore = Shore::new(&WorldConfig::default());
        let mut kinds = Vec::new();
        for i in 0..shore.station_count() {
            // In one second hardly anyone rounds a corner.
            let (a, b) = (shore.station_at(i, 600_000_000), shore.station_at(i, 601_000_000));
            let moved_kt = a.at.distance_m(b.at) / KNOT_MPS;
            assert!((moved_kt - a.speed_kt).abs() < 0.15 * a.speed_kt + 0.1, "{moved_kt} {a:?}");
            assert_eq!(a.weather.is_some(), a.kind == AprsKind::Weather);
            assert_eq!(a.kind == AprsKind::Balloon, a.alt_ft < b.alt_ft);
            kinds.push(a.kind);
        }
        for kind in [AprsKind::Digipeater, AprsKind::Weather, AprsKind::Car, AprsKind::Balloon] {
            assert!(kinds.contains(&kind), "{kind:?}");
        }
    }
}
