//! Meetings at sea: two that sail towards each other are told once, in time; and who is not.

use super::*;
use crate::alerts::rule::{Condition, Rule, Severity};
use crate::alerts::{Change, Engine, Progress, Restored, State};
use crate::auth::RoleSet;
use crate::dto::AlertCondition;
use model::DeciKnots;
use serde_json::{Value, json};

const NORTHBOUND: u32 = 244_000_001;
const SOUTHBOUND: u32 = 244_000_002;

fn t(seconds: i64) -> UnixMicros {
    UnixMicros::from_secs(1_000_000 + seconds)
}

fn rule(condition: Value) -> Rule {
    let condition: AlertCondition = serde_json::from_value(condition).unwrap();
    let condition = Condition::read(&condition).unwrap();
    Rule { id: 7, roles: RoleSet::ALL, severity: Severity::Warning, suppress_us: 600_000_000, condition }
}

fn close() -> Value {
    json!({"kind": "cpa", "cpa_nm": 0.25, "tcpa_min": 10.0})
}

/// A ship that sails at 10 kt.
#[derive(Clone, Copy)]
struct Ship {
    mmsi: u32,
    motion: Motion,
    ship_type: Option<u8>,
}

impl Ship {
    fn new(mmsi: u32, lat: f64, lon: f64, course_deg: f64) -> Self {
        let at = LatLon::from_degrees(lat, lon).unwrap();
        Self { mmsi, motion: Motion { at, speed_m_s: 10.0 * M_S_PER_KNOT, course_deg }, ship_type: None }
    }

    fn report(&self, seconds: i64) -> Observation {
        let mmsi = Mmsi::new(self.mmsi).unwrap();
        let (course, class) = (Some(self.motion.course_deg), Some("A"));
        Observation {
            place: Some(self.motion.at),
            speed: DeciKnots::from_knots(10.0),
            sails: Some(Sails { mmsi, course, class, ship_type: self.ship_type }),
            protocol: Some(model::Protocol::Ais),
            ..Observation::bare(t(seconds), Role::Ops, StationId::new("alpha"), &Subject::Vessel(mmsi).to_string())
        }
    }
}

/// 6 NM apart, towards each other at 20 kt: 18 min.
fn head_on() -> [Ship; 2] {
    [Ship::new(NORTHBOUND, 52.0, 4.0, 0.0), Ship::new(SOUTHBOUND, 52.1, 4.0, 180.0)]
}

/// Each reports every 10 s; `turns` is asked before each report.
fn sail(engine: &mut Engine, ships: &mut [Ship], seconds: std::ops::Range<i64>, turns: impl Fn(i64, &mut Ship)) -> Vec<Change> {
    let mut changes = Vec::new();
    for second in seconds.step_by(10) {
        for ship in ships.iter_mut() {
            turns(second, ship);
            engine.observe(&ship.report(second), &mut changes);
            ship.motion = ship.motion.after(10.0);
        }
        engine.tick(t(second), &mut changes);
    }
    changes
}

/// `raise mmsi:…+mmsi:… 480`, `resolve … 1090`
fn told(changes: &[Change]) -> Vec<String> {
    let seconds = |at: UnixMicros| at.micros_since(t(0)) / 1_000_000;
    let words = |change: &Change| match change {
        Change::Raise(r) => format!("raise {}+{} {}", r.key.subject, r.key.cause, seconds(r.key.opened_at)),
        Change::Reopen(key) => format!("reopen {}+{}", key.subject, key.cause),
        Change::Resolve(key, at) => format!("resolve {}+{} {}", key.subject, key.cause, seconds(*at)),
        Change::Heard(key, station) => format!("{station} hears {}+{}", key.subject, key.cause),
    };
    changes.iter().map(words).collect()
}

#[test]
fn two_that_meet_are_one_alert_ten_minutes_before() {
    let mut engine = Engine::new(vec![rule(close())], 100);
    let changes = sail(&mut engine, &mut head_on(), 0..1_500, |_, _| ());
    let told = told(&changes);
    assert_eq!(told.len(), 2, "{told:?}");
    let Change::Raise(raised) = &changes[0] else { panic!("{told:?}") };
    let opened = raised.key.opened_at.micros_since(t(0)) / 1_000_000;
    assert!((470..=490).contains(&opened), "18 min less 10: {told:?}");
    assert_eq!((&*raised.key.subject, &*raised.key.cause), ("mmsi:244000001", "mmsi:244000002"));
    let encounter = raised.details.encounter.as_ref().unwrap();
    assert!(encounter.cpa_m < 50 && (590..=600).contains(&encounter.tcpa_s), "{encounter:?}");
    let Change::Resolve(_, over) = &changes[1] else { panic!("{told:?}") };
    assert!((1_070..=1_100).contains(&(over.micros_since(t(0)) / 1_000_000)), "when they have passed: {told:?}");
    assert!(engine.open() == 0 && engine.cut() == 0);
}

#[test]
fn who_turns_away_is_told_over() {
    let mut engine = Engine::new(vec![rule(close())], 100);
    let changes = sail(&mut engine, &mut head_on(), 0..1_200, |second, ship| {
        if second == 700 && ship.mmsi == NORTHBOUND {
            ship.motion.course_deg = 90.0;
        }
    });
    let told = told(&changes);
    assert!(told.len() == 2 && told[1] == "resolve mmsi:244000001+mmsi:244000002 700", "{told:?}");
}

#[test]
fn who_is_not_heard_any_more_is_no_meeting_and_ends_by_silence() {
    let mut engine = Engine::new(vec![rule(close())], 100);
    let mut changes = sail(&mut engine, &mut head_on(), 0..600, |_, _| ());
    assert_eq!((changes.len(), engine.open()), (1, 1));
    for second in (600..4_000).step_by(10) {
        engine.tick(t(second), &mut changes);
    }
    // Carried on for 3 min, then half an hour of silence.
    assert_eq!(told(&changes)[1..], ["resolve mmsi:244000001+mmsi:244000002 2570"]);
    // What is told late, of an hour ago, is no meeting now.
    engine.observe(&head_on()[0].report(0), &mut changes);
    engine.observe(&head_on()[1].report(0), &mut changes);
    engine.tick(t(4_010), &mut changes);
    assert_eq!(changes.len(), 2);
}

#[test]
fn a_rule_says_whose_meetings_and_where() {
    let raises = |more: Value, ships: [Ship; 2]| {
        let mut condition = close();
        condition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let changes = sail(&mut Engine::new(vec![rule(condition)], 100), &mut ships.clone(), 0..900, |_, _| ());
        changes.iter().any(|c| matches!(c, Change::Raise(_)))
    };
    let [one, other] = head_on();
    let tanker = [one, Ship { ship_type: Some(84), ..other }];
    let circle = |lat: f64| json!({"area": {"circle": {"lat": lat, "lon": 4.0, "radius_m": 2_000}}});
    for (more, ships, expected) in [
        (json!({}), head_on(), true),
        (json!({"ship_types": ["tanker", "passenger"]}), head_on(), false),
        (json!({"ship_types": ["tanker", "passenger"]}), tanker, true),
        (json!({"ship_types": ["fishing"]}), tanker, false),
        (json!({"ship_classes": ["B"]}), head_on(), false),
        (json!({"ship_classes": ["A"]}), head_on(), true),
        (json!({"filter": {"subjects": ["mmsi:244000002"]}}), head_on(), true),
        (json!({"filter": {"subjects": ["mmsi:2450*"]}}), head_on(), false),
        (json!({"filter": {"protocols": ["adsb"]}}), head_on(), false),
        // They are closest half-way, wherever they are when it is told.
        (circle(52.05), head_on(), true),
        (circle(52.0), head_on(), false),
        (json!({"cpa_nm": 0.01}), [one, Ship::new(SOUTHBOUND, 52.1, 4.003, 180.0)], false),
    ] {
        assert_eq!(raises(more.clone(), ships), expected, "{more}");
    }
}

#[test]
fn meetings_of_one_with_several_do_not_mix_and_a_restart_tells_nothing_twice() {
    let mut engine = Engine::new(vec![rule(close())], 100);
    let third = Ship::new(244_000_003, 52.102, 4.001, 180.0);
    let mut ships = [head_on()[0], head_on()[1], third];
    let changes = sail(&mut engine, &mut ships, 0..700, |_, _| ());
    let words = told(&changes);
    assert!(words.len() == 2 && words.iter().all(|w| w.starts_with("raise mmsi:244000001+mmsi:24400000")), "{words:?}");
    let restored = |change: &Change| match change {
        Change::Raise(r) => {
            Restored { key: r.key.clone(), progress: Progress { last_at: t(690), ..r.progress }, state: State::Open, station: None }
        }
        other => panic!("{other:?}"),
    };
    let stored: Vec<Restored> = changes.iter().map(restored).collect();
    let mut next = Engine::new(vec![rule(close())], 100);
    next.restore(&stored);
    // The third turns away: its meeting is over, the other goes on until they have passed.
    let changes = sail(&mut next, &mut ships, 700..1_000, |_, ship| {
        if ship.mmsi == 244_000_003 {
            ship.motion.course_deg = 90.0;
        }
    });
    let words = told(&changes);
    assert!(words.len() == 1 && words[0].starts_with("resolve mmsi:244000001+mmsi:244000003 7"), "{words:?}");
    assert_eq!(next.open(), 1);
}

#[test]
fn vessels_are_bounded_and_counted() {
    let mut sea = Sea::default();
    for n in 0..VESSELS_MAX as u32 + 5 {
        sea.observe(&Ship::new(200_000_000 + n, 0.0, 0.0, 0.0).report(0));
    }
    assert_eq!((sea.vessels.len(), sea.cut()), (VESSELS_MAX, 5));
    sea.observe(&Ship::new(1, 0.0, 0.0, 0.0).report(300));
    assert_eq!(sea.vessels.len(), 1, "those not heard for long make room");
}

#[test]
fn what_can_not_be_searched_for_is_refused() {
    for wrong in [
        json!({"kind": "cpa", "cpa_nm": 0.6, "tcpa_min": 10}),
        json!({"kind": "cpa", "cpa_nm": 0.2, "tcpa_min": 31}),
        json!({"kind": "cpa", "cpa_nm": 0.0, "tcpa_min": 10}),
        json!({"kind": "cpa", "cpa_nm": 0.2, "tcpa_min": 10, "ship_types": ["boat"]}),
        json!({"kind": "cpa", "cpa_nm": 0.2, "tcpa_min": 10, "ship_classes": ["C"]}),
        json!({"kind": "cpa", "cpa_nm": 0.2, "tcpa_min": 10, "area": {"circle": {"lat": 0, "lon": 0, "radius_m": 9}, "max_alt_ft": 9}}),
    ] {
        let condition: AlertCondition = serde_json::from_value(wrong.clone()).unwrap();
        assert!(Condition::read(&condition).is_err(), "{wrong}");
    }
}
