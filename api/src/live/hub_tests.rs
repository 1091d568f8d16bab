//! Joining, deltas, slow clients, closing.

use super::*;
use crate::testing::{HandClock, T0, position_event, station};
use serde_json::Value;

fn hub() -> (Hub, HandClock) {
    let clock = HandClock::at(T0);
    (Hub::without_tick(Limits::STATION, clock.clock()), clock)
}

fn next(client: &mut LiveClient) -> Option<Value> {
    client.slot.try_recv().ok().map(|text| serde_json::from_str(&text).unwrap())
}

fn hear(hub: &Hub, icao: u32, at_ms: i64) {
    hub.publish(station("alpha"), &position_event(icao, at_ms), T0.plus_micros(at_ms * 1_000));
}

#[test]
fn a_client_gets_a_snapshot_and_then_what_changes() {
    let (hub, clock) = hub();
    hear(&hub, 1, 0);
    let mut client = hub.join().unwrap();
    let first = next(&mut client).unwrap();
    assert_eq!((&first["type"], &first["seq"]), (&"snapshot".into(), &0.into()));
    assert_eq!(first["tracks"][0]["subject"], "icao:000001");
    assert!(first["tracks"][0]["trail"].is_array());

    hub.tick();
    let delta = next(&mut client).unwrap();
    assert_eq!((&delta["type"], &delta["seq"]), (&"delta".into(), &1.into()));
    assert_eq!(delta["updated"][0].get("trail"), None);
    hub.tick();
    assert_eq!(next(&mut client), None, "nothing changed");

    hear(&hub, 2, 10);
    hub.tick();
    let delta = next(&mut client).unwrap();
    assert_eq!((&delta["seq"], delta["updated"].as_array().unwrap().len()), (&2.into(), 1));

    clock.set(T0.plus_micros(400_000_000));
    hub.tick();
    let delta = next(&mut client).unwrap();
    assert_eq!((&delta["seq"], &delta["removed"]), (&3.into(), &serde_json::json!(["icao:000001", "icao:000002"])));
}

#[test]
fn a_slow_client_holds_a_bounded_number_of_messages_and_then_gets_a_snapshot() {
    let (hub, _clock) = hub();
    let mut slow = hub.join().unwrap();
    let mut quick = hub.join().unwrap();
    let mut seen = Vec::new();
    for at in 0..50 {
        hear(&hub, 1, at);
        hub.tick();
        while let Some(message) = next(&mut quick) {
            seen.push(message["seq"].as_u64().unwrap());
        }
    }
    assert_eq!(seen, (0..=50).collect::<Vec<u64>>(), "the quick one missed nothing");
    let held: Vec<Value> = std::iter::from_fn(|| next(&mut slow)).collect();
    assert_eq!(held.len(), SLOT);
    assert!(held.iter().skip(1).all(|m| m["type"] == "delta"));

    hub.tick();
    let again = next(&mut slow).unwrap();
    assert_eq!((&again["type"], &again["seq"]), (&"snapshot".into(), &50.into()));
    hear(&hub, 1, 51);
    hub.tick();
    assert_eq!(next(&mut slow).unwrap()["seq"], 51);
    assert_eq!(hub.counters().missed.load(Relaxed), 1);
}

#[test]
fn clients_are_limited_and_leave_when_dropped() {
    let (hub, _clock) = hub();
    let clients: Vec<LiveClient> = (0..MAX_CLIENTS).map(|_| hub.join().unwrap()).collect();
    assert!(hub.join().is_err());
    drop(clients);
    let mut one = hub.join().unwrap();
    assert_eq!(hub.gauges().1, 1);
    hub.close();
    assert!(next(&mut one).is_some());
    assert!(matches!(one.slot.try_recv(), Err(mpsc::error::TryRecvError::Disconnected)));
    assert!(hub.join().is_err(), "closed");
}

#[tokio::test(start_paused = true)]
async fn the_hub_ticks_twice_a_second_until_it_is_dropped() {
    let clock = HandClock::at(T0);
    let hub = Hub::start(Limits::STATION, clock.clock());
    let mut client = hub.join().unwrap();
    client.slot.recv().await.unwrap();
    let mut seqs = Vec::new();
    let started = tokio::time::Instant::now();
    for at in 0..10 {
        hear(&hub, 1, at);
        let message: Value = serde_json::from_str(&client.slot.recv().await.unwrap()).unwrap();
        seqs.push(message["seq"].as_u64().unwrap());
    }
    assert_eq!(seqs, (1..=10).collect::<Vec<u64>>());
    let elapsed = started.elapsed();
    assert!(Duration::from_secs(4) <= elapsed && elapsed <= Duration::from_secs(6), "{elapsed:?}");
    drop(hub);
    assert!(client.slot.recv().await.is_none());
}
