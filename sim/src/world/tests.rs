//! A world without jumps: places, speeds and identities over hours.

use super::*;

fn sky(seed: u64) -> World {
    World::new(WorldConfig { seed, aircraft: 120, ..WorldConfig::default() })
}

#[test]
fn the_same_instant_is_the_same_whoever_asks_and_when() {
    let (mut forward, mut backward) = (sky(3), sky(3));
    let times: Vec<i64> = (0..40).map(|i| i * 500_000_000).collect();
    let ahead: Vec<_> = times.iter().map(|t| forward.aircraft_at(7, *t)).collect();
    let mut back: Vec<_> = times.iter().rev().map(|t| backward.aircraft_at(7, *t)).collect();
    back.reverse();
    assert_eq!(ahead, back);
    assert_ne!(sky(4).aircraft_at(7, 0), ahead[0]);
}

#[test]
fn aircraft_move_as_aircraft_do() {
    let mut world = sky(1);
    let (mut on_ground, mut climbing, mut turning) = (0, 0, 0);
    for slot in 0..world.aircraft_count() {
        for minute in 0..90 {
            let t = minute * 60_000_000;
            let (a, b) = (world.aircraft_at(slot, t), world.aircraft_at(slot, t + 1_000_000));
            if a.address != b.address {
                continue;
            }
            let moved_kt = a.at.distance_m(b.at) / (1852.0 / 3600.0);
            let mean_kt = (a.ground_speed_kt + b.ground_speed_kt) / 2.0;
            assert!((moved_kt - mean_kt).abs() < 2.0 + 0.01 * mean_kt, "{slot} {minute}: moved {moved_kt} at {mean_kt} kt");
            assert!(a.ground_speed_kt < 560.0 && a.vertical_rate_fpm.abs() < 4500.0, "{a:?}");
            assert!((-1000..=43_000).contains(&a.alt_ft) && a.mach < 0.95, "{a:?}");
            assert!(!a.on_ground || a.ground_speed_kt < 160.0, "{a:?}");
            assert!(a.turn_rate_deg_s.abs() < 14.0 && (a.on_ground || a.turn_rate_deg_s.abs() < 5.0), "{a:?}");
            on_ground += u32::from(a.on_ground);
            climbing += u32::from(500.0 < a.vertical_rate_fpm.abs());
            turning += u32::from(0.3 < a.turn_rate_deg_s.abs() && !a.on_ground);
        }
    }
    assert!(100 < on_ground && 500 < climbing && 100 < turning, "{on_ground} {climbing} {turning}");
}

#[test]
fn arrivals_land_on_the_runway() {
    let mut world = sky(2);
    let runway = world.config().runway;
    let mut landed = 0;
    for slot in 0..world.aircraft_count() {
        for second in 0..5400 {
            let (a, b) = (world.aircraft_at(slot, second * 1_000_000), world.aircraft_at(slot, (second + 1) * 1_000_000));
            if a.address == b.address && !a.on_ground && b.on_ground {
                landed += 1;
                assert!(a.at.distance_m(runway.threshold) < 200.0, "touches down {} m off", a.at.distance_m(runway.threshold));
                assert!((a.track_deg - runway.heading_deg).abs() < 1.0, "{}", a.track_deg);
            }
        }
    }
    assert!(10 < landed, "{landed}");
}

#[test]
fn every_aircraft_has_its_own_address_and_one_is_in_distress() {
    let mut world = sky(5);
    for t in [0, 3_600_000_000, 36_000_000_000] {
        let states: Vec<_> = (0..world.aircraft_count()).map(|i| world.aircraft_at(i, t)).collect();
        let mut addresses: Vec<u32> = states.iter().map(|s| s.address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), states.len());
        assert_eq!(states.iter().filter(|s| s.emergency && s.squawk == 7700 && s.adsb).count(), 1);
    }
}

#[test]
fn a_world_can_be_put_anywhere() {
    let there = LatLon::from_degrees(-33.9, 151.2).unwrap();
    let mut world = World::new(WorldConfig::around(there));
    let near = (0..world.aircraft_count()).filter(|i| world.aircraft_at(*i, 0).at.distance_m(there) < 500_000.0).count();
    assert!(world.aircraft_count() * 9 / 10 < near, "{near}");
    assert!(world.config().sea_center.distance_m(there) < 50_000.0);
}
