//! Simulated flights seen by sensors with other clocks, rates, noise and gaps.

use super::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A straight flight: where, which way and how fast, how high.
#[derive(Clone, Copy)]
struct Flight {
    lat: f64,
    lon: f64,
    east_mps: f64,
    north_mps: f64,
    alt_ft: f64,
}

const NORTHWARD: Flight = Flight { lat: 52.0, lon: 5.0, east_mps: 20.0, north_mps: 220.0, alt_ft: 31_000.0 };

fn at_s(seconds: f64) -> UnixMicros {
    UnixMicros((seconds * 1e6) as i64)
}

/// Seen every `step_s` from `from_s` to `to_s`; the sensor's clock is `late_s` off, its places `noise_m`.
fn seen(rng: &mut StdRng, flight: Flight, (from_s, to_s, step_s): (f64, f64, f64), late_s: f64, noise_m: f64) -> Vec<Point> {
    let steps = ((to_s - from_s) / step_s) as usize;
    let mut wobble = |scale: f64| (rng.random::<f64>() * 2.0 - 1.0) * noise_m / scale;
    (0..=steps)
        .map(|n| {
            let t = from_s + n as f64 * step_s;
            let lat = flight.lat + flight.north_mps * t / 111_195.0 + wobble(111_195.0);
            let lon = flight.lon + flight.east_mps * t / (111_195.0 * flight.lat.to_radians().cos()) + wobble(70_000.0);
            Point { at: at_s(t + late_s), place: LatLon::from_degrees(lat, lon).unwrap(), alt_ft: Some(flight.alt_ft), speed_kt: None }
        })
        .collect()
}

fn track(sensor: &str, address: Option<u32>, points: Vec<Point>) -> Track {
    Track { sensor: sensor.into(), address, callsign: None, points }
}

fn members(merges: &[Merge]) -> Vec<Vec<usize>> {
    merges.iter().map(|m| m.members.clone()).collect()
}

#[test]
fn a_track_without_an_address_joins_the_one_it_flew_with_whatever_the_noise() {
    for seed in 0..40 {
        let mut rng = StdRng::seed_from_u64(seed);
        let late_s = rng.random::<f64>() * 3.0 - 1.5;
        let step_s = 3.0 + rng.random::<f64>() * 9.0;
        let adsb = track("adsb", Some(0x4840d6), seen(&mut rng, NORTHWARD, (0.0, 300.0, 1.0), 0.0, 30.0));
        let radar = track("radar", None, seen(&mut rng, NORTHWARD, (7.0, 290.0, step_s), late_s, 250.0));
        // Another at the same place and time, 2,000 ft above; and one 20 km beside.
        let above = Flight { alt_ft: 33_000.0, ..NORTHWARD };
        let beside = Flight { lon: 5.3, ..NORTHWARD };
        let tracks = [
            adsb,
            radar,
            track("adsb", Some(0x400001), seen(&mut rng, above, (0.0, 300.0, 1.0), 0.0, 30.0)),
            track("adsb", Some(0x400002), seen(&mut rng, beside, (0.0, 300.0, 1.0), 0.0, 30.0)),
        ];
        let (merges, conflicts) = merge(&tracks);
        assert_eq!((members(&merges), conflicts.len()), (vec![vec![0, 1]], 0), "seed {seed}");
        assert!(merges[0].method == "kinematic" && (0.7..=0.9).contains(&merges[0].confidence), "{:?}", merges[0]);
    }
}

#[test]
fn a_formation_is_a_conflict_and_stays_apart() {
    let mut rng = StdRng::seed_from_u64(1);
    let wing = Flight { lon: 5.004, ..NORTHWARD };
    let tracks = [
        track("adsb", Some(1), seen(&mut rng, NORTHWARD, (0.0, 200.0, 2.0), 0.0, 20.0)),
        track("adsb", Some(2), seen(&mut rng, wing, (0.0, 200.0, 2.0), 0.0, 20.0)),
        track("radar", None, seen(&mut rng, NORTHWARD, (0.0, 200.0, 5.0), 0.0, 100.0)),
    ];
    let (merges, conflicts) = merge(&tracks);
    assert!(merges.is_empty(), "{merges:?}");
    let mut listed = conflicts[0].members.clone();
    listed.sort_unstable();
    assert_eq!(listed, [0, 1, 2]);
    assert!(conflicts[0].why.contains("000001 and 000002"), "{}", conflicts[0].why);
    // Two tracks of one radar that both fit one aircraft.
    let tracks = [tracks[0].clone(), tracks[2].clone(), track("radar", None, seen(&mut rng, NORTHWARD, (0.0, 200.0, 5.0), 0.5, 100.0))];
    let (merges, conflicts) = merge(&tracks);
    assert!(merges.is_empty() && conflicts[0].why == "radar saw two of them at the same time", "{merges:?} {conflicts:?}");
}

#[test]
fn one_address_is_one_aircraft_unless_it_is_in_two_places() {
    let mut rng = StdRng::seed_from_u64(2);
    let far = Flight { lat: 50.0, ..NORTHWARD };
    let here = |rng: &mut StdRng, sensor: &str| track(sensor, Some(7), seen(rng, NORTHWARD, (0.0, 120.0, 3.0), 0.3, 20.0));
    let tracks = [here(&mut rng, "alpha"), here(&mut rng, "bravo"), here(&mut rng, "feed")];
    let (merges, conflicts) = merge(&tracks);
    assert_eq!((members(&merges), conflicts.len(), merges[0].method, merges[0].confidence), (vec![vec![0, 1, 2]], 0, "address", 0.99));
    let later = track("feed", Some(7), seen(&mut rng, NORTHWARD, (400.0, 500.0, 3.0), 0.0, 20.0));
    let (merges, _) = merge(&[here(&mut rng, "alpha"), later]);
    assert_eq!((merges[0].confidence, merges[0].reasons[1].as_str()), (0.9, "never heard at the same time"));
    let two = [here(&mut rng, "alpha"), track("bravo", Some(7), seen(&mut rng, far, (0.0, 120.0, 3.0), 0.0, 20.0))];
    let (merges, conflicts) = merge(&two);
    assert!(merges.is_empty() && conflicts[0].why.contains("two places at once"), "{merges:?} {conflicts:?}");
}

#[test]
fn what_stands_says_too_little_or_is_named_otherwise_is_left_alone() {
    let mut rng = StdRng::seed_from_u64(3);
    let parked = Flight { east_mps: 0.0, north_mps: 0.0, alt_ft: 0.0, ..NORTHWARD };
    let pair = |rng: &mut StdRng, flight, span| {
        [track("adsb", Some(1), seen(rng, flight, span, 0.0, 5.0)), track("radar", None, seen(rng, flight, span, 0.0, 5.0))]
    };
    assert!(merge(&pair(&mut rng, parked, (0.0, 120.0, 5.0))).0.is_empty(), "parked beside each other");
    assert!(merge(&pair(&mut rng, NORTHWARD, (0.0, 10.0, 5.0))).0.is_empty(), "ten seconds are not enough");
    let mut named = pair(&mut rng, NORTHWARD, (0.0, 120.0, 5.0));
    named[0].callsign = Some("KLM123".into());
    assert_eq!(merge(&named).0.len(), 1, "one that says no call sign contradicts nobody");
    named[1].callsign = Some("BAW9".into());
    assert!(merge(&named).0.is_empty());
}

#[test]
fn crossing_paths_and_the_antimeridian() {
    let mut rng = StdRng::seed_from_u64(4);
    // They meet in the middle at the same altitude, and only there.
    let eastward = Flight { lat: 52.198, lon: 4.708, east_mps: 220.0, north_mps: 0.0, alt_ft: 31_000.0 };
    let tracks = [
        track("adsb", Some(1), seen(&mut rng, NORTHWARD, (0.0, 200.0, 2.0), 0.0, 20.0)),
        track("radar", None, seen(&mut rng, eastward, (0.0, 200.0, 4.0), 0.0, 20.0)),
    ];
    assert!(merge(&tracks).0.is_empty());
    let pacific = Flight { lat: -17.0, lon: 179.9, east_mps: 230.0, north_mps: 0.0, alt_ft: 38_000.0 };
    let tracks = [
        track("adsb", Some(1), seen(&mut rng, pacific, (0.0, 200.0, 10.0), 0.0, 20.0)),
        track("radar", None, seen(&mut rng, pacific, (3.0, 200.0, 12.0), 0.0, 20.0)),
    ];
    assert_eq!(members(&merge(&tracks).0), [[0, 1]]);
}
