//! What the engine of alerts costs: CPU of an event under few and many rules, and of a search for meetings at sea.
//!
//! `cargo bench -p benches --bench alerts`; without `--bench` (as `cargo test --benches` runs it) a short smoke run.
//! CPU time is that of the process (`/proc/self/stat`, 10 ms steps). Each part checks its answer first. Generated: aircraft and ships that
//! move, a second between their events, one in 20,000 events a distress.

#![expect(clippy::print_stdout, reason = "a benchmark's report")]

use api::alerts::{Change, Condition, Engine, Observation, Rule, Severity};
use api::auth::RoleSet;
use api::dto::AlertCondition;
use api::store::Role;
use model::{
    CentiDegrees, DeciKnots, Emergency, Event, EventKind, Icao24, LatLon, Mmsi, Position, PositionSource, Protocol, Raw, ReceiverId,
    Signal, StationId, Status, Subject, UnixMicros,
};
use serde_json::{Value, json};
use std::time::Duration;

fn main() {
    let full = std::env::args().any(|a| a == "--bench");
    let events = if full { 400_000 } else { 20_000 };
    println!("| rules | subjects | events | µs CPU per event |\n|---|---|---|---|");
    for (name, rules) in
        [("4 built in", built_in()), ("54: and 50 fences of 100 corners", fences(50)), ("500: fences, bounds, lists of 10,000", many())]
    {
        judge(name, &rules, 2_000, events);
    }
    judge("500", &many(), 20_000, events);
    println!("\n| vessels | ms CPU per search (every 10 s) | µs CPU per event between |\n|---|---|---|");
    for vessels in if full { &[500, 2_000, 5_000, 20_000][..] } else { &[500] } {
        meet(*vessels, if full { 20 } else { 2 });
    }
}

/// User and system time of this process.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

fn rule(id: i64, condition: Value) -> Rule {
    let condition: AlertCondition = serde_json::from_value(condition).expect("as the API reads it");
    let condition = Condition::read(&condition).expect("a right condition");
    Rule { id, roles: RoleSet::ALL, severity: Severity::Warning, suppress_us: 600_000_000, condition }
}

fn built_in() -> Vec<Rule> {
    let conditions = [
        json!({"kind": "ais_distress"}),
        json!({"kind": "emergency"}),
        json!({"kind": "ais_test"}),
        json!({"kind": "station_silent", "minutes": 5}),
    ];
    (1..).zip(conditions).map(|(id, condition)| rule(id, condition)).collect()
}

/// Beside the built-in rules: stars that some fly through.
fn fences(count: i64) -> Vec<Rule> {
    let fence = |n: i64| {
        let (lat, lon) = (48.0 + 0.1 * (n % 80) as f64, 2.0 + 0.07 * (n % 110) as f64);
        let corner = |k: i64| {
            let (angle, radius) = (k as f64 / 100.0 * std::f64::consts::TAU, if k % 2 == 0 { 0.2 } else { 0.1 });
            json!([lon + radius * angle.cos(), lat + radius * angle.sin()])
        };
        rule(100 + n, json!({"kind": "enter", "area": {"polygon": (0..100).map(corner).collect::<Vec<_>>()}}))
    };
    let mut rules = built_in();
    rules.extend((0..count).map(fence));
    rules
}

/// As many as there may be.
fn many() -> Vec<Rule> {
    let mut rules = fences(300);
    let list = |n: i64| (0..10_000).map(|k| format!("{:06x}", 0x100_000 + n * 10_000 + k)).collect::<Vec<_>>();
    rules.extend((0..20).map(|n| rule(1_000 + n, json!({"kind": "watch", "icao": list(n)}))));
    rules.extend((0..88).map(|n| rule(2_000 + n, json!({"kind": "altitude", "above_ft": 60_000 + n, "filter": {"protocols": ["adsb"]}}))));
    rules.extend(
        (0..88).map(|n| {
            rule(3_000 + n, json!({"kind": "speed", "above_kt": 900 + n, "filter": {"subjects": [format!("icao:4{:x}*", n % 16)]}}))
        }),
    );
    assert_eq!(rules.len(), 500);
    rules
}

fn event(subject: Subject, protocol: Protocol, at: UnixMicros, kind: EventKind) -> Event {
    Event { at, protocol, receiver: ReceiverId(0), subject, kind, raw: Raw::new(&[4, 0]), signal: Signal::default() }
}

/// The n-th event of so many aircraft: a position mostly.
fn nth(n: u32, subjects: u32) -> Event {
    let (who, round) = (n % subjects, n / subjects);
    let at = UnixMicros::from_secs(1_700_000_000 + i64::from(round) * 5);
    let subject = Subject::Aircraft(Icao24::new(0x480_000 + who).expect("24 bits"));
    if n % 20_000 == 19_999 {
        return event(subject, Protocol::Adsb, at, EventKind::Status(Status { emergency: Some(Emergency::General), ..Status::default() }));
    }
    let (lat, lon) = (48.0 + f64::from(who % 97) * 0.08, 2.0 + f64::from(who % 89) * 0.08 + f64::from(round) * 0.005);
    let place = LatLon::from_degrees(lat, lon).expect("on Earth");
    let moves =
        Position { baro_alt_ft: Some(30_000), speed: DeciKnots::from_knots(430.0), ..Position::bare(place, PositionSource::SelfReported) };
    event(subject, Protocol::Adsb, at, EventKind::Position(moves))
}

fn judge(name: &str, rules: &[Rule], subjects: u32, events: u32) {
    let station = StationId::new("alpha").expect("a name");
    let seen: Vec<Observation> = (0..events).filter_map(|n| Observation::heard(&nth(n, subjects), Role::Ops, station)).collect();
    let (mut engine, mut changes) = (Engine::new(rules.to_vec(), 100_000), Vec::new());
    let start = cpu();
    for (n, observation) in seen.iter().enumerate() {
        engine.observe(observation, &mut changes);
        if n % 5_000 == 0 {
            engine.tick(observation.at, &mut changes);
        }
    }
    let spent = cpu() - start;
    let raised = changes.iter().filter(|c| matches!(c, Change::Raise(r) if r.kind == "emergency")).count();
    assert_eq!(raised, events as usize / 20_000, "each distress is raised once");
    assert!(rules.len() == 4 || changes.len() > raised || events < 400_000, "some fence was entered");
    println!("| {name} | {subjects} | {events} | {:.2} |", spent.as_secs_f64() * 1e6 / f64::from(events));
}

fn meet(vessels: u32, searches: u32) {
    let station = StationId::new("alpha").expect("a name");
    let (mut engine, mut changes) =
        (Engine::new(vec![rule(1, json!({"kind": "cpa", "cpa_nm": 0.25, "tcpa_min": 10}))], 100_000), Vec::new());
    let (mut heard, mut searched) = (Duration::ZERO, Duration::ZERO);
    for round in 0..searches {
        let at = UnixMicros::from_secs(1_700_000_000 + i64::from(round) * 10);
        let sail = |n: u32| {
            // A coast of 4 by 8 degrees; two columns that meet head-on among them.
            let (lat, lon) = (51.0 + f64::from(n % 200) * 0.02, 2.0 + f64::from(n / 200) * 0.08);
            let course = if n.is_multiple_of(2) { 0.0 } else { 180.0 };
            let place = LatLon::from_degrees(lat + 0.0005 * f64::from(round) * if n.is_multiple_of(2) { 1.0 } else { -1.0 }, lon).expect("on Earth");
            let moves = Position {
                speed: DeciKnots::from_knots(10.0),
                track: CentiDegrees::from_degrees(course),
                ..Position::bare(place, PositionSource::SelfReported)
            };
            event(Subject::Vessel(Mmsi::new(200_000_000 + n).expect("nine digits")), Protocol::Ais, at, EventKind::Position(moves))
        };
        let seen: Vec<Observation> = (0..vessels).filter_map(|n| Observation::heard(&sail(n), Role::Ops, station)).collect();
        let start = cpu();
        seen.iter().for_each(|o| engine.observe(o, &mut changes));
        heard += cpu() - start;
        let start = cpu();
        engine.tick(at, &mut changes);
        searched += cpu() - start;
    }
    assert!(!changes.is_empty() && engine.cut() == 0, "they meet");
    let (searches, events) = (f64::from(searches), f64::from(searches * vessels));
    println!("| {vessels} | {:.1} | {:.2} |", searched.as_secs_f64() * 1e3 / searches, heard.as_secs_f64() * 1e6 / events);
}
