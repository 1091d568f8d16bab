//! Scenes: an aircraft flies, halves arrive, some of them wrong.

use super::*;
use crate::adsb::cpr::encode;

const LAT: f64 = 52.0;
const LON: f64 = 4.0;

fn place(lat: f64, lon: f64) -> LatLon {
    LatLon::from_degrees(lat, lon).unwrap()
}

/// A half of an aircraft at this place after `tenths` of a second.
fn half(lat: f64, lon: f64, odd: bool, tenths: i64) -> Report {
    report(lat, lon, odd, tenths, Scale::Airborne)
}

fn report(lat: f64, lon: f64, odd: bool, tenths: i64, scale: Scale) -> Report {
    Report { cpr: encode(lat, lon, odd, scale), scale, at: UnixMicros(tenths * 100_000), stream: 0, speed_kt: None }
}

#[track_caller]
fn assert_near(outcome: Outcome, lat: f64, lon: f64) {
    let Outcome::Place(got) = outcome else { panic!("{outcome:?}") };
    assert!(got.distance_m(place(lat, lon)) < 10.0, "{got:?}");
}

#[test]
fn the_first_place_needs_a_pair_and_later_ones_do_not() {
    let mut fixes = Fixes::default();
    assert_eq!(fixes.update(half(LAT, LON, false, 0), None), Outcome::Waiting);
    assert_eq!(fixes.update(half(LAT, LON, false, 5), None), Outcome::Waiting, "twice the same parity");
    assert_near(fixes.update(half(LAT, LON, true, 10), None), LAT, LON);
    assert_near(fixes.update(half(LAT + 0.05, LON, true, 400), None), LAT + 0.05, LON);
}

#[test]
fn halves_too_far_apart_in_time_are_no_pair() {
    let mut fixes = Fixes::default();
    fixes.update(half(LAT, LON, false, 0), None);
    assert_eq!(fixes.update(half(LAT, LON, true, 101), None), Outcome::Waiting);
    assert_near(fixes.update(half(LAT, LON, false, 201), None), LAT, LON);
}

#[test]
fn halves_of_two_senders_or_scales_are_no_pair() {
    let mut fixes = Fixes::default();
    fixes.update(half(LAT, LON, false, 0), None);
    let other_sender = Report { stream: 2, ..half(LAT, LON, true, 1) };
    assert_eq!(fixes.update(other_sender, None), Outcome::Waiting);
    assert_eq!(fixes.update(report(LAT, LON, false, 2, Scale::Surface), None), Outcome::Waiting);
}

/// Halves of two aircraft 20 km apart do not make a first place, at any of many offsets.
#[test]
fn a_pair_that_does_not_belong_together_is_not_told() {
    let mut told = 0;
    for i in 0..400 {
        let mut fixes = Fixes::default();
        let angle = f64::from(i) * 0.1;
        fixes.update(half(LAT + 0.2 * angle.sin(), LON + 0.3 * angle.cos(), false, 0), None);
        if matches!(fixes.update(half(LAT, LON, true, 5), None), Outcome::Place(_)) {
            told += 1;
        }
    }
    assert!(told <= 12, "{told} of 400");
}

#[test]
fn a_jump_is_quarantined_until_pairs_insist() {
    let mut fixes = Fixes::default();
    fixes.update(half(LAT, LON, false, 0), None);
    fixes.update(half(LAT, LON, true, 5), None);
    // One wrong half: neither alone nor in a pair is it told.
    assert!(matches!(fixes.update(half(LAT + 1.0, LON, false, 10), None), Outcome::Implausible(_, Disbelief::PositionJump)));
    assert_near(fixes.update(half(LAT, LON, true, 15), None), LAT, LON);
    // The aircraft really is elsewhere: the first half is single, the second pair is the first suspect, the third agrees…
    let outcomes: Vec<bool> =
        (0..5).map(|i| matches!(fixes.update(half(LAT - 1.0, LON, i % 2 == 0, 120 + 5 * i), None), Outcome::Place(_))).collect();
    assert_eq!(outcomes, [false, false, false, true, true]);
}

#[test]
fn range_bounds_every_place() {
    let site = Site { at: place(LAT + 2.0, LON), range_m: 200_000 };
    let mut fixes = Fixes::default();
    fixes.update(half(LAT, LON, false, 0), Some(site));
    let far = fixes.update(half(LAT, LON, true, 5), Some(site));
    assert!(matches!(far, Outcome::Implausible(_, Disbelief::OutOfRange)), "222 km away");
    let site = Some(Site { range_m: 230_000, ..site });
    assert_near(fixes.update(half(LAT, LON, false, 10), site), LAT, LON);
}

#[test]
fn a_surface_pair_waits_for_a_reference() {
    let mut fixes = Fixes::default();
    let pair = [report(LAT, LON, false, 0, Scale::Surface), report(LAT, LON, true, 10, Scale::Surface)];
    assert_eq!(pair.map(|half| fixes.update(half, None)), [Outcome::Waiting; 2]);
    let site = Some(Site { at: place(LAT + 0.5, LON - 0.5), range_m: 300_000 });
    assert_near(pair.map(|half| fixes.update(half, site))[1], LAT, LON);
}

/// Landing: the last airborne place tells the quadrant, without any site, in the southern and western quadrants too.
#[test]
fn the_approach_tells_where_the_runway_is() {
    for (lat, lon) in [(LAT, LON), (-37.67, 144.84), (33.94, -118.4), (-16.7, 179.99)] {
        let mut fixes = Fixes::default();
        fixes.update(half(lat + 0.02, lon - 0.03, false, 0), None);
        assert_near(fixes.update(half(lat + 0.02, lon - 0.03, true, 5), None), lat + 0.02, lon - 0.03);
        assert_near(fixes.update(report(lat, lon, false, 300, Scale::Surface), None), lat, lon);
        assert_near(fixes.update(report(lat, lon, true, 310, Scale::Surface), None), lat, lon);
    }
}

/// Slow traffic sends every 5 s: 50 s between halves when known to be slow, 25 s else.
#[test]
fn surface_pairs_have_their_own_windows() {
    let site = Some(Site { at: place(LAT, LON), range_m: 300_000 });
    for (speed_kt, tenths, told) in [(None, 240, true), (None, 260, false), (Some(10.0), 490, true), (Some(60.0), 260, false)] {
        let mut fixes = Fixes::default();
        fixes.update(report(LAT, LON, false, 0, Scale::Surface), site);
        let second = Report { speed_kt, ..report(LAT, LON, true, tenths, Scale::Surface) };
        assert_eq!(matches!(fixes.update(second, site), Outcome::Place(_)), told, "{speed_kt:?} {tenths}");
    }
}

/// A whole flight at 480 kt, a half every 9 s, one in ten wrong: every place told is right. (A wrong half may cost its partner,
/// too: where pair and fix disagree nothing is told.)
#[test]
fn no_wrong_place_in_a_flight_with_wrong_halves() {
    let mut fixes = Fixes::default();
    let (mut right, mut refused) = (0, 0);
    for i in 0..6000_i64 {
        let lat = -60.0 + i as f64 * 0.02;
        let wrong = i % 10 == 7;
        let sent = if wrong { half(lat + 0.7, LON + 1.1, i % 2 == 0, i * 90) } else { half(lat, LON, i % 2 == 0, i * 90) };
        match fixes.update(sent, None) {
            Outcome::Place(got) => {
                assert!(got.distance_m(place(lat, LON)) < 10.0, "{i} {got:?}");
                right += 1;
            }
            Outcome::Implausible(..) => refused += 1,
            Outcome::Waiting => {}
        }
    }
    assert!(5000 <= right, "{right}");
    assert!(590 <= refused, "{refused}");
}
