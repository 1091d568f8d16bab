//! Ships on lanes, ships at anchor, aids to navigation and one base station.

use super::path::{Leg, Path};
use super::{WorldConfig, world_time};
use crate::geo::{KNOT_MPS, LocalMap, Point, bearing_deg};
use crate::rng::Rng;
use model::{LatLon, ShortText};

/// A vessel at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShipState {
    pub mmsi: u32,
    /// Carries class B equipment.
    pub class_b: bool,
    pub name: ShortText<20>,
    pub callsign: ShortText<7>,
    /// 0 = none (class B).
    pub imo: u32,
    /// ITU-R M.1371 table 53.
    pub ship_type: u8,
    /// Metres from the antenna to bow, stern, port, starboard.
    pub dimensions_m: [u16; 4],
    pub draught_dm: u8,
    pub destination: ShortText<20>,
    /// 0 under way using engine, 1 at anchor, 7 fishing…; 14 a distress device that is active, 15 one under test.
    pub nav_status: u8,
    pub at: LatLon,
    pub speed_kt: f64,
    /// Over ground, from true north.
    pub course_deg: f64,
    pub heading_deg: f64,
    pub turn_deg_per_min: f64,
}

impl ShipState {
    /// Navigational status of an active AIS-SART, MOB or EPIRB.
    pub const SART_ACTIVE: u8 = 14;
    /// The same under test.
    pub const SART_TEST: u8 = 15;

    /// What a distress device says of itself in message 14 (IEC 61097-14, 63269). `None`: it is none.
    pub fn beacon_text(&self) -> Option<&'static str> {
        let active = self.nav_status == Self::SART_ACTIVE;
        Some(match (self.mmsi / 1_000_000, active) {
            (970, true) => "SART ACTIVE",
            (970, false) => "SART TEST",
            (972, true) => "MOB ACTIVE",
            (972, false) => "MOB TEST",
            (974, true) => "EPIRB ACTIVE",
            (974, false) => "EPIRB TEST",
            _ => return None,
        })
    }
}

/// An aid to navigation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtonState {
    pub mmsi: u32,
    pub name: ShortText<20>,
    /// ITU-R M.1371 table 74.
    pub kind: u8,
    pub at: LatLon,
}

#[derive(Clone, Debug)]
struct Ship {
    path: Path,
    speed_mps: f64,
    start_m: f64,
    identity: ShipState,
}

/// All that floats.
#[derive(Clone, Debug)]
pub struct Sea {
    map: LocalMap,
    ships: Vec<Ship>,
    atons: Vec<AtonState>,
    base_mmsi: u32,
    base_at: LatLon,
}

const NAMES: [&str; 12] =
    ["AURORA", "BORKUM", "CALYPSO", "DELFLAND", "EEMSHORN", "FRISIA", "GRETA", "HOLLANDIA", "IJSSEL", "JUPITER", "KENNEMER", "LAURA"];
const PORTS: [&str; 5] = ["NL IJM", "NLRTM", "DE HAM", "GB FXT", "BE ANR"];

impl Sea {
    pub(super) fn new(config: &WorldConfig) -> Self {
        let map = LocalMap::new(config.sea_center);
        let ships = (0..u64::from(config.ships)).map(|i| ship(&mut Rng::stream(config.seed, &[3, i]), config, i));
        let sarts = (0..u64::from(config.sarts)).map(|i| sart(&mut Rng::stream(config.seed, &[15, i]), config, i));
        let ships = ships.chain(sarts).collect();
        let atons = (0..u64::from(config.atons)).map(|i| aton(&mut Rng::stream(config.seed, &[4, i]), config, map, i)).collect();
        Self { map, ships, atons, base_mmsi: 2_442_000, base_at: config.center }
    }

    /// Ships, then distress devices.
    pub fn ship_count(&self) -> usize {
        self.ships.len()
    }

    /// Ship `index` at `t_us`, microseconds since the world began.
    pub fn ship_at(&self, index: usize, t_us: i64) -> ShipState {
        let ship = &self.ships[index];
        let gone_m = (ship.start_m + ship.speed_mps * world_time(t_us)).rem_euclid(ship.path.length_m());
        let pose = ship.path.pose_at(gone_m);
        let at = self.map.to_place(pose.at);
        let course = bearing_deg(at, self.map.to_place(ship.path.pose_at(gone_m + 20.0).at));
        ShipState {
            at,
            course_deg: course,
            heading_deg: (course + 1.5).rem_euclid(360.0),
            turn_deg_per_min: pose.turn_deg_per_m * ship.speed_mps * 60.0,
            ..ship.identity
        }
    }

    pub fn atons(&self) -> &[AtonState] {
        &self.atons
    }

    /// The search and rescue helicopter at `t_us`: it circles over the middle of the sea, 8 km wide, at 110 kt.
    pub fn helicopter_at(&self, t_us: i64) -> ShipState {
        const SPEED_KT: f64 = 110.0;
        const RADIUS_M: f64 = 4_000.0;
        let angle = world_time(t_us) * SPEED_KT * KNOT_MPS / RADIUS_M;
        let course_deg = (-angle.to_degrees()).rem_euclid(360.0);
        ShipState {
            mmsi: 111_244_501,
            class_b: false,
            name: ShortText::truncated(""),
            callsign: ShortText::truncated(""),
            imo: 0,
            ship_type: 0,
            dimensions_m: [0; 4],
            draught_dm: 0,
            destination: ShortText::truncated(""),
            nav_status: 15,
            at: self.map.to_place(Point { x: RADIUS_M * angle.cos(), y: RADIUS_M * angle.sin() }),
            speed_kt: SPEED_KT,
            course_deg,
            heading_deg: course_deg,
            turn_deg_per_min: 0.0,
        }
    }

    /// The shore station's MMSI (written with two leading zeros) and place.
    pub fn base_station(&self) -> (u32, LatLon) {
        (self.base_mmsi, self.base_at)
    }
}

/// A lane: out, round, back, round. At anchor the same, very small and slow.
fn ship(rng: &mut Rng, config: &WorldConfig, index: u64) -> Ship {
    let class_b = rng.chance(0.3);
    let anchored = !class_b && rng.chance(0.2);
    let speed_kt = match (anchored, class_b) {
        (true, _) => 0.1,
        (_, true) => rng.range(3.0, 9.0),
        _ => rng.range(8.0, 19.0),
    };
    let (length_m, radius_m) = if anchored { (30.0, 20.0) } else { (config.sea_radius_m * rng.range(0.5, 1.2), rng.range(300.0, 700.0)) };
    let side = if rng.chance(0.5) { 180.0 } else { -180.0 };
    let lane = [Leg::straight(length_m), Leg::turn(side, radius_m), Leg::straight(length_m), Leg::turn(side, radius_m)];
    let heading = rng.range(0.0, 360.0);
    let middle = Point { x: config.sea_radius_m * rng.range(-0.5, 0.5), y: config.sea_radius_m * rng.range(-0.5, 0.5) };
    let path = Path::new(Point { x: 0.0, y: 0.0 }, 0.0, &lane).anchored(length_m / 2.0, middle, heading);
    let start_m = rng.range(0.0, path.length_m());
    Ship { path, speed_mps: speed_kt * KNOT_MPS, start_m, identity: identity(rng, config, index, class_b, anchored, speed_kt) }
}

fn identity(rng: &mut Rng, config: &WorldConfig, index: u64, class_b: bool, anchored: bool, speed_kt: f64) -> ShipState {
    let flag = *rng.pick(&[244, 211, 232, 219, 538, 636]);
    let length_m = if class_b { rng.range(8.0, 20.0) } else { rng.range(60.0, 380.0) };
    let beam_m = (length_m / 7.0).max(3.0);
    let bow = (length_m * rng.range(0.2, 0.85)) as u16;
    let port = (beam_m * rng.range(0.2, 0.8)) as u16;
    let serial = 1 + rng.below(40);
    ShipState {
        mmsi: flag * 1_000_000 + ((index as u32 * 7919 + 100_003) % 999_983),
        class_b,
        name: ShortText::truncated(&format!("{} {serial}", rng.pick(&NAMES))),
        callsign: ShortText::truncated(&format!("P{}{:03}", (b'A' + rng.below(26) as u8) as char, rng.below(1000))),
        imo: if class_b { 0 } else { imo_number(rng.range(900_000.0, 980_000.0) as u32) },
        ship_type: if class_b { *rng.pick(&[36, 37]) } else { *rng.pick(&[70, 70, 71, 80, 60, 52, 30]) },
        dimensions_m: [bow, length_m as u16 - bow, port, beam_m as u16 - port],
        draught_dm: if class_b { 0 } else { (length_m / 30.0 * 10.0) as u8 },
        destination: ShortText::truncated(rng.pick::<&str>(&PORTS)),
        nav_status: u8::from(anchored),
        at: config.sea_center,
        speed_kt,
        course_deg: 0.0,
        heading_deg: 0.0,
        turn_deg_per_min: 0.0,
    }
}

/// A distress device: it drifts with whoever is in the water (ITU-R M.1371-5 annex 9, M.585: MMSI 970, 972, 974). In turn a search and rescue
/// transmitter, one under test, a man overboard, an EPIRB.
fn sart(rng: &mut Rng, config: &WorldConfig, index: u64) -> Ship {
    let mut ship = ship(rng, config, index);
    let speed_kt = 0.4;
    ship.speed_mps = speed_kt * KNOT_MPS;
    ship.identity = ShipState {
        mmsi: [970_010_000, 970_020_000, 972_010_000, 974_010_000][index as usize % 4] + index as u32 % 10_000,
        class_b: false,
        name: ShortText::truncated(""),
        nav_status: if index % 4 == 1 { ShipState::SART_TEST } else { ShipState::SART_ACTIVE },
        speed_kt,
        ..ship.identity
    };
    ship
}

/// Six digits and the check digit: the sum of 7·d1 + 6·d2 + … + 2·d6, modulo 10.
fn imo_number(six: u32) -> u32 {
    let sum: u32 = (0..6_u32).map(|i| six / 10_u32.pow(i) % 10 * (i + 2)).sum();
    six * 10 + sum % 10
}

fn aton(rng: &mut Rng, config: &WorldConfig, map: LocalMap, index: u64) -> AtonState {
    let at = Point { x: config.sea_radius_m * rng.range(-0.6, 0.6), y: config.sea_radius_m * rng.range(-0.6, 0.6) };
    AtonState {
        mmsi: 992_440_000 + index as u32 % 10_000,
        name: ShortText::truncated(&format!("IJ{} BUOY", index + 1)),
        kind: *rng.pick(&[13, 14, 20, 30]),
        at: map.to_place(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ships_keep_to_the_sea_and_move_at_their_speed() {
        let config = WorldConfig { ships: 60, ..WorldConfig::default() };
        let sea = Sea::new(&config);
        for i in 0..sea.ship_count() {
            for hour in 0..30 {
                let (a, b) = (sea.ship_at(i, hour * 3_600_000_000), sea.ship_at(i, hour * 3_600_000_000 + 10_000_000));
                assert!(a.at.distance_m(config.sea_center) < config.sea_radius_m * 1.5, "{a:?}");
                let moved_kt = a.at.distance_m(b.at) / 10.0 / KNOT_MPS;
                assert!((moved_kt - a.speed_kt).abs() < 0.2, "{moved_kt} {a:?}");
                assert_eq!(a, sea.ship_at(i, hour * 3_600_000_000));
            }
        }
    }

    #[test]
    fn imo_numbers_have_their_check_digit() {
        assert_eq!(imo_number(907_472), 9_074_729);
    }
}
