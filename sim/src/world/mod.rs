//! A moving sky and sea around a centre: what the transmitters of [`crate::adsb`], [`crate::ais`] and [`crate::aprs`] report,
//! and the truth that a receiver's output is compared with.
//!
//! Everything is a function of the configuration (with its seed) and the time in microseconds since the world began: no
//! stepping, no history, so two stations that look at the same instant see the same sky, and a test may jump.

mod aircraft;
mod flight;
mod path;
mod sea;
mod shore;

pub use aircraft::AircraftState;
pub use flight::FlightKind;
pub use sea::{AtonState, Sea, ShipState};
pub use shore::{AprsKind, AprsState, Shore, WeatherNow};

use crate::geo::LocalMap;
use aircraft::Slot;
use model::LatLon;

/// What lives in the world. The default is the sky over Amsterdam and the sea off its coast.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldConfig {
    pub seed: u64,
    pub center: LatLon,
    /// How far from the centre flights pass.
    pub sky_radius_m: f64,
    /// Slots in the sky: so many aircraft at any time, some of them on the ground. At most [`Self::AIRCRAFT_MAX`].
    pub aircraft: u32,
    /// So many of the first slots squawk 7700 and stay near.
    pub emergencies: u32,
    /// Share of aircraft without ADS-B, which only answer interrogations.
    pub mode_s_only_share: f64,
    pub runway: Runway,
    pub wind_from_deg: f64,
    pub wind_kt_at_fl300: f64,
    /// Middle and radius of the water that ships keep to.
    pub sea_center: LatLon,
    pub sea_radius_m: f64,
    pub ships: u32,
    /// Distress devices adrift on the sea: in turn an active AIS-SART, one under test, a man overboard, an EPIRB.
    pub sarts: u32,
    /// Buoys and lights that transmit AIS.
    pub atons: u32,
    pub aprs_stations: u32,
}

/// Where arrivals touch down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runway {
    pub threshold: LatLon,
    /// From true north.
    pub heading_deg: f64,
    pub elevation_ft: i32,
}

impl Default for WorldConfig {
    fn default() -> Self {
        let place = |lat_e7, lon_e7| LatLon::from_e7(lat_e7, lon_e7).expect("a place on the globe");
        Self {
            seed: 1,
            center: place(523_080_000, 47_640_000),
            sky_radius_m: 220_000.0,
            aircraft: 60,
            emergencies: 1,
            mode_s_only_share: 0.1,
            runway: Runway { threshold: place(523_314_000, 47_400_000), heading_deg: 183.0, elevation_ft: -11 },
            wind_from_deg: 250.0,
            wind_kt_at_fl300: 45.0,
            sea_center: place(524_600_000, 42_500_000),
            sea_radius_m: 20_000.0,
            ships: 40,
            sarts: 1,
            atons: 4,
            aprs_stations: 25,
        }
    }
}

impl WorldConfig {
    /// More slots could not have addresses of their own.
    pub const AIRCRAFT_MAX: u32 = 2048;

    /// The default world moved so that its centre is `center`: runway and sea keep their bearings from it.
    #[must_use]
    pub fn around(center: LatLon) -> Self {
        let default = Self::default();
        let (from, to) = (LocalMap::new(default.center), LocalMap::new(center));
        let moved = |place| to.to_place(from.to_point(place));
        let runway = Runway { threshold: moved(default.runway.threshold), ..default.runway };
        Self { center, runway, sea_center: moved(default.sea_center), ..default }
    }
}

/// The world itself. `&mut` only because the flights under way are kept between questions.
#[derive(Clone, Debug)]
pub struct World {
    config: WorldConfig,
    map: LocalMap,
    slots: Vec<Slot>,
    sea: Sea,
    shore: Shore,
}

impl World {
    /// Panics when `config` asks for more than [`WorldConfig::AIRCRAFT_MAX`] aircraft.
    pub fn new(config: WorldConfig) -> Self {
        assert!(config.aircraft <= WorldConfig::AIRCRAFT_MAX, "{} aircraft", config.aircraft);
        let map = LocalMap::new(config.center);
        let slots = (0..u64::from(config.aircraft)).map(|index| Slot::new(&config, index)).collect();
        let (sea, shore) = (Sea::new(&config), Shore::new(&config));
        Self { config, map, slots, sea, shore }
    }

    pub fn config(&self) -> &WorldConfig {
        &self.config
    }

    /// Number of slots in the sky.
    pub fn aircraft_count(&self) -> usize {
        self.slots.len()
    }

    /// The aircraft in slot `index` at `t_us`, microseconds since the world began.
    pub fn aircraft_at(&mut self, index: usize, t_us: i64) -> AircraftState {
        self.slots[index].state_at(&self.config, self.map, t_us)
    }

    pub fn sea(&self) -> &Sea {
        &self.sea
    }

    pub fn shore(&self) -> &Shore {
        &self.shore
    }
}

fn world_time(t_us: i64) -> f64 {
    t_us as f64 * 1e-6
}

#[cfg(test)]
mod tests;
