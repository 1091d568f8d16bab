//! One flight: kinds of path that real traffic takes, with the speeds and heights that go with them.
//!
//! ```text
//!   overflight   ────────────╮________        cruise, one gentle turn, perhaps a change of level
//!   arrival      cruise ╲ descent ╲ turn to final ╲ runway ─ taxi ─ stand
//!   departure    stand ─ taxi ─ runway ╱ climb, turn ╱ cruise
//!   local        race-track at low level: training, helicopter, police
//! ```

use super::path::{Knot, Leg, Path, Progress, Schedule};
use crate::geo::{KNOT_MPS, METRES_PER_FOOT, Point};
use crate::rng::Rng;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightKind {
    Overflight,
    Arrival,
    Departure,
    Local,
}

/// Where a runway's threshold is and which way one lands, on the map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunwayPose {
    pub threshold: Point,
    pub heading_deg: f64,
    pub elevation_m: f64,
}

/// Path and schedule of one flight that lasts `duration_s`.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub path: Path,
    pub schedule: Schedule,
    /// On the ground until / from these times of the flight.
    pub airborne_s: (f64, f64),
    pub cruise_ft: i32,
}

const TAXI_MPS: f64 = 8.0;

impl Route {
    pub fn new(kind: FlightKind, rng: &mut Rng, duration_s: f64, radius_m: f64, runway: &RunwayPose) -> Self {
        match kind {
            FlightKind::Overflight => overflight(rng, duration_s, radius_m),
            FlightKind::Arrival => arrival(rng, duration_s, runway),
            FlightKind::Departure => departure(rng, duration_s, runway),
            FlightKind::Local => local(rng, duration_s, radius_m),
        }
    }

    pub fn progress(&self, t_s: f64) -> Progress {
        self.schedule.at(t_s)
    }

    pub fn on_ground(&self, t_s: f64) -> bool {
        t_s < self.airborne_s.0 || self.airborne_s.1 <= t_s
    }
}

fn knot(t_s: f64, speed_mps: f64, height_m: f64) -> Knot {
    Knot { t_s, speed_mps, height_m }
}

fn level_m(flight_level: i32) -> f64 {
    f64::from(flight_level) * 100.0 * METRES_PER_FOOT
}

/// Passes the centre at a random distance half-way through.
fn overflight(rng: &mut Rng, duration_s: f64, radius_m: f64) -> Route {
    let speed = rng.range(390.0, 470.0) * KNOT_MPS;
    let level = 280 + 10 * rng.below(14) as i32;
    let other = (level + 20 * (rng.below(3) as i32 - 1)).clamp(260, 430);
    let (change, rate_mps) = (rng.range(0.3, 0.6) * duration_s, 7.0);
    let change_s = ((level_m(other) - level_m(level)).abs() / rate_mps).max(1.0);
    let schedule = Schedule::new(vec![
        knot(0.0, speed, level_m(level)),
        knot(change, speed, level_m(level)),
        knot(change + change_s, speed, level_m(other)),
        knot(duration_s.max(change + change_s + 1.0), speed, level_m(other)),
    ]);
    let half = schedule.distance_at(duration_s / 2.0);
    let legs = [Leg::straight(half * rng.range(0.6, 1.2)), Leg::turn(rng.range(-40.0, 40.0), 15_000.0), Leg::straight(half)];
    let (offset, bearing) = (radius_m * rng.range(-0.7, 0.7), rng.range(0.0, 360.0));
    let across = (bearing + 90.0).to_radians();
    let nearest = Point { x: offset * across.sin(), y: offset * across.cos() };
    let path = Path::new(Point { x: 0.0, y: 0.0 }, bearing, &legs).anchored(half, nearest, bearing);
    Route { path, schedule, airborne_s: (0.0, f64::INFINITY), cruise_ft: level * 100 }
}

/// Planned backwards from the stand. The last 20 km are flown straight at 3°.
fn arrival(rng: &mut Rng, duration_s: f64, runway: &RunwayPose) -> Route {
    let (cruise, cruise_m, ground) = (rng.range(390.0, 450.0) * KNOT_MPS, level_m(250 + 10 * rng.below(12) as i32), runway.elevation_m);
    let touchdown = duration_s - 240.0;
    let knots = vec![
        knot((touchdown - 1800.0).min(-1.0), cruise, cruise_m),
        knot(touchdown - 1620.0, cruise, cruise_m),
        knot(touchdown - 620.0, 140.0, ground + 3000.0),
        knot(touchdown - 240.0, 75.0, ground + 900.0),
        knot(touchdown, 70.0, ground),
        knot(touchdown + 40.0, TAXI_MPS, ground),
        knot(duration_s - 30.0, TAXI_MPS, ground),
        knot(duration_s - 20.0, 0.0, ground),
        knot(duration_s, 0.0, ground),
    ];
    let schedule = Schedule::new(knots);
    let down_m = schedule.distance_at(touchdown);
    let (roll_m, taxi_m) = (2000.0, schedule.distance_at(duration_s) - down_m - 2000.0);
    let side = if rng.chance(0.5) { 1.0 } else { -1.0 };
    let first = rng.range(10.0, 80.0);
    let turns = [Leg::turn(side * rng.range(30.0, 90.0), 5000.0), Leg::straight(first * 500.0), Leg::turn(side * first, 5000.0)];
    let before: f64 = turns.iter().map(|leg| leg.length_m).sum();
    let legs = [
        Leg::straight((down_m - 20_000.0 - before).max(0.0)),
        turns[0],
        turns[1],
        turns[2],
        Leg::straight(20_000.0 + roll_m),
        Leg::turn(side * 90.0, 40.0),
        Leg::straight((taxi_m - 63.0).max(0.0) / 2.0),
        Leg::turn(side * 90.0, 40.0),
    ];
    let path = Path::new(Point { x: 0.0, y: 0.0 }, 0.0, &legs).anchored(down_m, runway.threshold, runway.heading_deg);
    Route { path, schedule, airborne_s: (0.0, touchdown), cruise_ft: (cruise_m / METRES_PER_FOOT).round() as i32 }
}

fn departure(rng: &mut Rng, duration_s: f64, runway: &RunwayPose) -> Route {
    let (cruise, cruise_m, ground) = (rng.range(390.0, 450.0) * KNOT_MPS, level_m(250 + 10 * rng.below(12) as i32), runway.elevation_m);
    let roll = 200.0;
    let knots = vec![
        knot(0.0, 0.0, ground),
        knot(20.0, 0.0, ground),
        knot(30.0, TAXI_MPS, ground),
        knot(roll - 10.0, TAXI_MPS, ground),
        knot(roll, 1.0, ground),
        knot(roll + 35.0, 78.0, ground),
        knot(roll + 120.0, 90.0, ground + 900.0),
        knot(roll + 420.0, 150.0, ground + 4000.0),
        knot(roll + 1300.0, cruise, cruise_m),
        knot((roll + 1301.0).max(duration_s), cruise, cruise_m),
    ];
    let schedule = Schedule::new(knots);
    let (roll_m, lift_m) = (schedule.distance_at(roll), schedule.distance_at(roll + 35.0));
    let side = if rng.chance(0.5) { 1.0 } else { -1.0 };
    let legs = [
        Leg::straight((roll_m - 63.0).max(0.0)),
        Leg::turn(side * 90.0, 40.0),
        Leg::straight(lift_m - roll_m + rng.range(4000.0, 9000.0)),
        Leg::turn(side * rng.range(20.0, 170.0), 5000.0),
        Leg::straight(rng.range(20_000.0, 60_000.0)),
        Leg::turn(rng.range(-40.0, 40.0), 12_000.0),
    ];
    let path = Path::new(Point { x: 0.0, y: 0.0 }, 0.0, &legs).anchored(roll_m, runway.threshold, runway.heading_deg);
    Route { path, schedule, airborne_s: (roll + 35.0, f64::INFINITY), cruise_ft: (cruise_m / METRES_PER_FOOT).round() as i32 }
}

fn local(rng: &mut Rng, duration_s: f64, radius_m: f64) -> Route {
    let speed = rng.range(80.0, 125.0) * KNOT_MPS;
    let height_ft = 1000 + 100 * rng.below(20) as i32;
    let height_m = f64::from(height_ft) * METRES_PER_FOOT;
    let schedule = Schedule::new(vec![knot(0.0, speed, height_m), knot(duration_s, speed, height_m)]);
    let (side, leg_m) = (if rng.chance(0.5) { 180.0 } else { -180.0 }, rng.range(2000.0, 12_000.0));
    let lap = [Leg::straight(leg_m), Leg::turn(side, 900.0), Leg::straight(leg_m), Leg::turn(side, 900.0)];
    let lap_m: f64 = lap.iter().map(|leg| leg.length_m).sum();
    let laps = (schedule.distance_at(duration_s) / lap_m).ceil() as usize;
    let legs: Vec<Leg> = core::iter::repeat_n(lap, laps).flatten().collect();
    let (distance, bearing) = (radius_m * rng.range(0.02, 0.25), rng.range(0.0, core::f64::consts::TAU));
    let start = Point { x: distance * bearing.sin(), y: distance * bearing.cos() };
    let path = Path::new(start, rng.range(0.0, 360.0), &legs);
    Route { path, schedule, airborne_s: (0.0, f64::INFINITY), cruise_ft: height_ft }
}
