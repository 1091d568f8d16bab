//! Bounds, order, and the stated error, for flights that bend at random.

use super::*;
use proptest::prelude::*;

const SLOTS_ONLY: Rule = Rule { slot_us: 4_000_000, settle_us: None };
const FLIGHT: Rule = Rule { slot_us: 2_000_000, settle_us: Some(30_000_000) };

fn point(at_ms: i64) -> Point {
    Point { at: UnixMicros(at_ms * 1_000), place: LatLon::from_e7(at_ms as i32, 0).unwrap(), alt_ft: None }
}

fn build(points: &[Point], rule: Rule) -> Trail {
    let mut trail = Trail::default();
    let grown: isize = points.iter().map(|&p| trail.add(p, rule, true)).sum();
    assert_eq!(grown, trail.len() as isize);
    trail
}

/// A flight with legs of (seconds, degrees per second, knots, feet per minute), a position every half second.
fn fly(lat: f64, lon: f64, legs: &[(u16, f64, f64, f64)]) -> Vec<Point> {
    let (mut lat, mut lon, mut track, mut feet, mut points) = (lat, lon, 0.7_f64, 20_000.0, Vec::new());
    for &(seconds, turn, knots, climb) in legs {
        for _ in 0..2 * u32::from(seconds) {
            track += turn.to_radians() / 2.0;
            let metres = knots * 0.514_444 / 2.0;
            lat += metres * track.cos() / 111_195.0;
            lon += metres * track.sin() / (111_195.0 * lat.to_radians().cos());
            feet += climb / 120.0;
            let at = UnixMicros(points.len() as i64 * 500_000);
            points.push(Point { at, place: LatLon::from_degrees(lat, lon).unwrap(), alt_ft: Some(feet as i32) });
        }
    }
    points
}

/// The trail's line around a time, when it has one there.
fn line_at(trail: &Trail, at: UnixMicros) -> Option<(Point, Point)> {
    let after = trail.points.iter().position(|p| at <= p.at).filter(|&i| 0 < i)?;
    Some((trail.points[after - 1], trail.points[after]))
}

fn legs() -> impl Strategy<Value = Vec<(u16, f64, f64, f64)>> {
    prop::collection::vec((5_u16..200, prop_oneof![Just(0.0), -3.0..3.0_f64], 60.0..550.0_f64, -4_000.0..4_000.0_f64), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Every position heard, also those that stood for no slot, lies within the error, plus what a turn of 3°/s bends in one slot.
    #[test]
    fn lines_are_true_to_the_stated_error(lat in -80.0..80.0_f64, lon in prop_oneof![Just(179.99), -179.0..179.0_f64], legs in legs()) {
        let points = fly(lat, lon, &legs);
        let trail = build(&points, FLIGHT);
        prop_assert!(trail.len() <= TRAIL_POINTS);
        prop_assert_eq!(trail.points.back().unwrap().at.0 / 2_000_000, points.last().unwrap().at.0 / 2_000_000);
        for p in &points {
            let Some((a, b)) = line_at(&trail, p.at) else { continue };
            // v·ω·t²/8: 550 kt, 3°/s, 2 s are 7.4 m; and legs change speed in no time: 490 kt of difference in one slot.
            prop_assert!(off_line_m(a, b, p) <= ERROR_M + 7.5 + 130.0, "{} m at {:?}", off_line_m(a, b, p), p.at);
            let stood = p.at.0 % 2_000_000 == 0;
            prop_assert!(!stood || off_line_m(a, b, p) <= ERROR_M + 0.01, "{} m at {:?}", off_line_m(a, b, p), p.at);
            prop_assert!(!stood || off_line_ft(a, b, p) <= ERROR_FT + 0.01);
        }
    }

    /// Taxiing: 5 to 30 kt, corners of up to 20°/s, no height. 30 kt and 20°/s bend 2.7 m in a slot; a leg changes speed by 25 kt at once.
    #[test]
    fn a_taxiway_is_followed_closely(legs in prop::collection::vec((5_u16..90, prop_oneof![Just(0.0), -20.0..20.0_f64], 5.0..30.0_f64, Just(0.0)), 1..10)) {
        let points: Vec<Point> = fly(52.3, 4.76, &legs).into_iter().map(|p| Point { alt_ft: None, ..p }).collect();
        let trail = build(&points, FLIGHT);
        for p in &points {
            let Some((a, b)) = line_at(&trail, p.at) else { continue };
            prop_assert!(off_line_m(a, b, p) <= GROUND_ERROR_M + 2.7 + 6.5, "{} m at {:?}", off_line_m(a, b, p), p.at);
        }
    }

    /// However they arrive, as long as none is more than the settling time late.
    #[test]
    fn late_positions_find_their_place(legs in legs(), seed: u64) {
        let points = fly(52.0, 4.0, &legs);
        let mut shuffled: Vec<(i64, Point)> = points.iter().enumerate().map(|(i, p)| {
            let late = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(seed) >> 38; // up to 67 s…
            (p.at.0 + (late as i64 * 1_000) % 27_000_000, *p)                                  // …cut to 27 s
        }).collect();
        shuffled.sort_by_key(|(heard, _)| *heard);
        let shuffled: Vec<Point> = shuffled.into_iter().map(|(_, p)| p).collect();
        prop_assert_eq!(&build(&shuffled, FLIGHT).points, &build(&points, FLIGHT).points);
    }

    #[test]
    fn without_settling_no_order_matters(mut times in prop::collection::vec(0..2_000_000_i64, 0..600), seed: u64) {
        let trail = |times: &[i64]| build(&times.iter().map(|&t| point(t)).collect::<Vec<_>>(), SLOTS_ONLY).points;
        let sorted = { let mut t = times.clone(); t.sort_unstable(); trail(&t) };
        let n = times.len().max(1);
        times.rotate_left(seed as usize % n);
        times.reverse();
        prop_assert_eq!(&trail(&times), &sorted);
        prop_assert!(sorted.len() <= TRAIL_POINTS);
        prop_assert!(sorted.iter().zip(sorted.iter().skip(1)).all(|(a, b)| a.at < b.at));
    }
}

#[test]
fn an_hour_of_cruise_is_a_point_a_minute_and_a_hold_a_few_dozen() {
    let cruise = build(&fly(50.0, 0.0, &[(3_600, 0.0, 450.0, 0.0)]), FLIGHT);
    assert!((60..=90).contains(&cruise.len()), "{}", cruise.len());
    // Ten minutes of a hold: 1 minute legs and 180° turns at 3°/s.
    let hold: Vec<_> = (0..10).map(|i| (60, if i % 2 == 0 { 0.0 } else { 3.0 }, 230.0, 0.0)).collect();
    let hold = build(&fly(50.0, 0.0, &hold), FLIGHT);
    assert!((40..=150).contains(&hold.len()), "{}", hold.len());
    // Ten hours stay within the bound, memory with them.
    let long = build(&fly(10.0, 0.0, &[(36_000, 0.0, 450.0, 0.0)]), FLIGHT);
    assert!(long.len() <= TRAIL_POINTS && long.heap_bytes() <= 24 * (256 + WINDOW), "{} {}", long.len(), long.heap_bytes());
}

#[test]
fn what_comes_after_settling_is_not_drawn() {
    let mut trail = build(&fly(50.0, 0.0, &[(300, 0.0, 450.0, 0.0)]), FLIGHT);
    let before = trail.points.clone();
    assert_eq!(trail.add(point(101_000), FLIGHT, true), 0);
    assert_eq!(trail.points, before);
}

#[test]
fn thinning_keeps_the_newest_and_the_bound() {
    let mut trail = Trail::default();
    assert_eq!(trail.thinned(5).count(), 0);
    for len in 1..=TRAIL_POINTS {
        trail.add(point(len as i64 * 4_000), SLOTS_ONLY, true);
        for most in [1, 2, 5, 20, 200] {
            let thin: Vec<_> = trail.thinned(most).collect();
            assert!(thin.len() <= most && !thin.is_empty());
            assert_eq!(thin.last().unwrap().at, UnixMicros(len as i64 * 4_000_000));
        }
    }
}

#[test]
fn without_room_a_trail_moves_on_but_does_not_grow() {
    let rule = Rule { slot_us: 1_000, settle_us: None };
    let mut trail = Trail::default();
    assert_eq!(trail.add(point(0), rule, false), 1);
    assert_eq!(trail.add(point(10), rule, false), 0);
    assert_eq!(trail.points, [point(10)]);
}
