//! Weather and telemetry over time, on a real PostgreSQL: buckets beside what was delivered, the roll-up, who may see it.

use super::*;
use crate::auth::RoleSet;
use crate::store::NewToken;
use model::{
    CentiDegrees, DeciKnots, Epoch, Event, EventKind, Protocol, Raw, Reading, ReceiverId, ShortText, Signal, Subject, Telemetry, Weather,
};
use serde_json::json;
use uplink::intake::{Batch, Intake};

const SERIES: &str = "/api/v1/telemetry/series?subject=call:N0CALL-9";
const MINUTES: i64 = 240;

fn event(second: i64, kind: EventKind) -> Event {
    Event {
        at: T0.plus_micros(second * 1_000_000),
        protocol: Protocol::Aprs,
        receiver: ReceiverId(0),
        subject: Subject::Callsign(ShortText::new("N0CALL-9").unwrap()),
        kind,
        raw: Raw::new(&second.to_be_bytes()),
        signal: Signal::default(),
    }
}

/// Around north, and colder every minute: 12.0 °C, 11.9 °C…
fn weather(minute: i64) -> Event {
    let degrees = if minute % 2 == 0 { 350.0 } else { 10.0 };
    let told = Weather {
        wind_from: CentiDegrees::from_degrees(degrees),
        wind_speed: Some(DeciKnots(50)),
        temperature_dc: Some((120 - minute) as i16),
        ..Weather::default()
    };
    event(60 * minute, EventKind::Weather(told))
}

/// For an hour nobody knows what A1 means; then it is volts, a tenth of what is sent.
fn telemetry(minute: i64) -> Event {
    let (name, unit, value, calibrated) = if minute < 60 { ("", "", 120.0, false) } else { ("Battery", "V", 12.0, true) };
    let [name, unit] = [name, unit].map(|text| ShortText::new(text).unwrap());
    let reading =
        |channel, name, unit, value, calibrated| Reading { channel, name, unit, value_micro: Reading::micro(value).unwrap(), calibrated };
    let door = reading(5, ShortText::new("Door").unwrap(), ShortText::new("open").unwrap(), (minute % 2) as f64, true);
    let readings = [reading(0, name, unit, value, calibrated), door];
    let told = Telemetry { sequence: Some(minute as u32), bits: Some(1), readings: readings.into(), ..Telemetry::default() };
    event(60 * minute + 1, EventKind::Telemetry(told))
}

async fn bench() -> Option<Bench> {
    let bench = Bench::open().await?.with_alpha().await;
    let events: Vec<Event> = (0..MINUTES).flat_map(|minute| [weather(minute), telemetry(minute)]).collect();
    for (n, part) in events.chunks(100).enumerate() {
        let batch = Batch { epoch: Epoch(5), first_seq: 100 * n as u64 + 1, events: part.to_vec() };
        bench.central.intake.store(station("alpha"), batch).await.unwrap();
    }
    bench.clock.set(T0.plus_micros(MINUTES * 60_000_000));
    bench.central.store.keep_history(Role::Ops, None, bench.clock.now()).await.unwrap();
    Some(bench)
}

/// Field and its points: (seconds since [`T0`], count, mean, min, max).
type Series = (String, Value, Vec<Point>);
/// When, how many, and the mean, lowest and highest.
type Point = (i64, i64, Value, Value, Value);

async fn ask(bench: &Bench, query: &str) -> Vec<Series> {
    let (status, answer) = bench.get(&format!("{SERIES}{query}")).await;
    assert_eq!(status, StatusCode::OK, "{query}: {answer}");
    let of = |p: &Value| {
        let at = time::OffsetDateTime::parse(p["at"].as_str().unwrap(), &time::format_description::well_known::Rfc3339).unwrap();
        let seconds = at.unix_timestamp() - T0.0 / 1_000_000;
        (seconds, p["count"].as_i64().unwrap(), p["mean"].clone(), p["min"].clone(), p["max"].clone())
    };
    let series = answer["series"].as_array().unwrap().iter();
    let name = |s: &Value| json!([s["name"], s["unit"], s["calibrated"]]);
    series.map(|s| (s["field"].as_str().unwrap().to_owned(), name(s), s["points"].as_array().unwrap().iter().map(of).collect())).collect()
}

#[tokio::test]
async fn buckets_hold_what_was_delivered_however_long_they_are() {
    let Some(bench) = bench().await else { return };
    for bucket_s in [60, 300, 900, 3_600, 86_400_i64] {
        let minutes = (bucket_s / 60).min(MINUTES);
        let told = ask(&bench, &format!("&kind=weather&bucket={bucket_s}")).await;
        assert_eq!(told.iter().map(|t| t.0.as_str()).collect::<Vec<_>>(), ["temperature_c", "wind_from_deg", "wind_speed_kt"]);
        let (_, name, points) = &told[0];
        assert_eq!((name, points.len() as i64), (&json!([null, "°C", true]), MINUTES / minutes), "{bucket_s}");
        for (n, (at, count, mean, min, max)) in (0..).zip(points) {
            let [first, last] = [n * minutes, (n + 1) * minutes - 1].map(|minute| (120 - minute) as f64 / 10.0);
            assert_eq!((*at, *count, min.as_f64(), max.as_f64()), (n * bucket_s, minutes, Some(last), Some(first)), "{bucket_s}");
            assert!((mean.as_f64().unwrap() - (first + last) / 2.0).abs() < 1e-6, "{mean}");
        }
        // 350° and 10°: from the north, not from the south.
        let (_, _, directions) = &told[1];
        for (.., mean, min, max) in directions.iter().filter(|_| 1 < minutes) {
            let off_north = (mean.as_f64().unwrap() + 180.0).rem_euclid(360.0) - 180.0;
            assert!(off_north.abs() < 10.0 / minutes as f64 + 1e-6 && min.is_null() && max.is_null(), "{bucket_s}: {mean}");
        }
    }
    // Part of it, and the bucket that is chosen for it.
    let (_, answer) = bench.get(&format!("{SERIES}&since=2026-11-23T01:00:00Z&until=2026-11-23T01:30:00Z")).await;
    assert_eq!((&answer["bucket_s"], answer["series"][0]["points"].as_array().map(Vec::len)), (&json!(60), Some(30)));
}

#[tokio::test]
async fn raw_figures_and_those_in_units_are_never_one_series() {
    let Some(bench) = bench().await else { return };
    for bucket in [900, 3_600] {
        let told = ask(&bench, &format!("&kind=telemetry&bucket={bucket}")).await;
        let names: Vec<_> = told.iter().map(|(field, name, _)| (field.as_str(), name.clone())).collect();
        let expected = [("A1", json!([null, null, false])), ("A1", json!(["Battery", "V", true])), ("B1", json!(["Door", "open", true]))];
        assert_eq!(names, expected);
        let only = |points: &[Point], value: f64| points.iter().all(|(.., mean, _, _)| mean.as_f64() == Some(value));
        assert!(only(&told[0].2, 120.0) && only(&told[1].2, 12.0) && only(&told[2].2, 0.5), "{told:?}");
        assert_eq!(told.iter().map(|t| t.2.iter().map(|p| p.1).sum::<i64>()).collect::<Vec<_>>(), [60, 180, 240]);
    }
}

#[tokio::test]
async fn the_roll_up_is_the_same_again_and_outlives_the_events() {
    let Some(bench) = bench().await else { return };
    let (store, pool) = (&bench.central.store, bench.pool(Role::Ops).await);
    let hours = ask(&bench, "&bucket=3600").await;
    store.keep_history(Role::Ops, None, bench.clock.now()).await.unwrap();
    assert_eq!(ask(&bench, "&bucket=3600").await, hours);
    // Whatever somebody writes into an event, the roll-up goes on.
    let token = bench.token().await;
    let (_, newest) = bench.get("/api/v1/telemetry/events?subject=call:N0CALL-9&limit=2").await;
    let odd = [
        json!({"kind": "telemetry", "readings": [7, {"channel": "A1", "value": "x"}, {"value": 1}, {"channel": "A1", "calibrated": 3, "value": 1e300}]}),
        json!({"temperature_c": {"a": 1}, "wind_from_deg": "north"}),
    ];
    for (event, payload) in newest.as_array().unwrap().iter().zip(odd) {
        let path = format!("/api/v1/telemetry/events/{}", event["id"]);
        assert_eq!(bench.send(Method::PATCH, &path, &token, &json!({"payload": payload})).await.0, StatusCode::OK);
    }
    store.keep_history(Role::Ops, None, bench.clock.now()).await.unwrap();
    let counted = |told: &[Series]| told[0].2.iter().map(|p| p.1).sum::<i64>();
    assert_eq!(counted(&ask(&bench, "&bucket=3600").await), MINUTES - 1);
    store.keep_history(Role::Ops, Some(1), T0.plus_micros(9 * 86_400_000_000)).await.unwrap();
    assert_eq!(ask(&bench, "&bucket=900").await, []);
    assert_eq!(counted(&ask(&bench, "&bucket=3600").await), MINUTES - 1, "the events are gone, their figures are not");
    sqlx::query("DELETE FROM telemetry_sources").execute(&pool).await.unwrap();
    assert_eq!(ask(&bench, "&bucket=3600").await, [], "with the source goes what it was for");
}

#[tokio::test]
async fn who_may_not_see_the_station_sees_nothing_and_odd_questions_are_refused() {
    let Some(bench) = bench().await else { return };
    let new = NewToken { name: "i".into(), scopes: vec![Scope::Read], roles: RoleSet::from_iter([Role::Intel]), expires_at: None };
    let intel = bench.central.store.add_api_token(&new).await.unwrap().1.reveal().to_owned();
    let (status, answer) = bench.send(Method::GET, SERIES, &intel, &json!({})).await;
    assert_eq!((status, &answer["series"]), (StatusCode::OK, &json!([])));
    for (path, field) in [
        ("/api/v1/telemetry/series", "subject"),
        ("/api/v1/telemetry/series?subject=call:A&kind=position", "kind"),
        ("/api/v1/telemetry/series?subject=call:A&bucket=61", "bucket"),
        ("/api/v1/telemetry/series?subject=call:A&bucket=60&since=2020-01-01T00:00:00Z", "bucket"),
        ("/api/v1/telemetry/series?subject=call:A&since=2030-01-01T00:00:00Z", "since"),
        ("/api/v1/telemetry/series?subject=call:A&since=soon", "since"),
    ] {
        let (status, answer) = bench.get(path).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {answer}");
        assert_ne!(problem(&answer, field), "", "{path}: {answer}");
    }
}
