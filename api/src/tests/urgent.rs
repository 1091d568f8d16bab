//! Urgent events on a real PostgreSQL: noted ahead of their turn, stored in it, announced once; a central that ends in between
//! does not forget.

use super::*;
use crate::alarms::Alarm;
use crate::testing::position_event;
use model::{Emergency, Epoch, Event, EventKey, EventKind, Status};
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use uplink::intake::{Batch, Intake, Lost, LostReason, Told, UrgentKey};

const EPOCH: Epoch = Epoch(u64::MAX - 6);

/// The `seq`-th event of a stream in which every tenth is a distress.
fn event(seq: u64) -> Event {
    let event = position_event(seq as u32, seq as i64);
    let alarm = Status { emergency: Some(Emergency::General), ..Status::default() };
    if seq.is_multiple_of(10) { Event { kind: EventKind::Status(alarm), ..event } } else { event }
}

async fn tell(bench: &Bench, seq: u64) -> Told {
    bench.central.intake.urgent(station("alpha"), UrgentKey { epoch: EPOCH, seq }, event(seq)).await.unwrap()
}

async fn deliver(bench: &Bench, first_seq: u64, count: u64) {
    let batch = Batch { epoch: EPOCH, first_seq, events: (first_seq..first_seq + count).map(event).collect() };
    bench.central.intake.store(station("alpha"), batch).await.unwrap();
}

fn heard(alarms: &mut Receiver<Arc<Alarm>>) -> Vec<u64> {
    let seqs = std::iter::from_fn(|| alarms.try_recv().ok()).map(|alarm| {
        assert_eq!(alarm.key, EventKey { station: station("alpha"), epoch: EPOCH, seq: alarm.key.seq });
        assert_eq!(alarm.event, event(alarm.key.seq));
        alarm.key.seq
    });
    seqs.collect()
}

fn track(bench: &Bench, seq: u64) -> Option<crate::dto::Track> {
    let subject = event(seq).subject.to_string();
    bench.central.hub.tracks(None).tracks.into_iter().find(|t| t.subject == subject)
}

async fn count(bench: &Bench, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(&bench.pool(Role::Ops).await).await.unwrap()
}

#[tokio::test]
async fn an_urgent_event_is_shown_at_once_and_stored_in_its_turn() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let mut alarms = bench.central.intake.alarms();
    assert_eq!(tell(&bench, 20).await, Told::First, "before anything of this epoch");
    assert_eq!((heard(&mut alarms), track(&bench, 20).unwrap().emergency), (vec![20], Some("general")));
    let watermark = bench.central.intake.greet(station("alpha"), ALPHA_KEY, EPOCH).await.unwrap();
    assert_eq!(watermark.map(|w| w.seq), Some(0), "the ordered delivery begins where it would");
    assert_eq!(tell(&bench, 20).await, Told::Again);
    assert_eq!(tell(&bench, 23).await, Told::First, "where something in distress is goes ahead, too; that is no alarm");
    deliver(&bench, 1, 15).await;
    assert_eq!(heard(&mut alarms), [10]);
    assert_eq!(count(&bench, "uplink_urgent").await, 2);
    deliver(&bench, 14, 26).await;
    assert_eq!(heard(&mut alarms), [30], "20 was told before");
    assert_eq!((count(&bench, "uplink_urgent").await, count(&bench, "telemetry_events").await), (0, 39));
    assert_eq!((track(&bench, 20).unwrap().events, track(&bench, 23).unwrap().events, track(&bench, 24).unwrap().events), (1, 1, 1));
    assert_eq!(tell(&bench, 30).await, Told::Stored);
    assert_eq!(heard(&mut alarms), [0_u64; 0]);
    let metrics = bench.central.router.clone().oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
    let text = String::from_utf8(to_bytes(metrics.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    for line in ["urgent_total 2", "urgent_repeats_total 1", "urgent_late_total 1", "alarms_total 3"] {
        assert!(text.contains(&format!("\nvtoc_intake_{line}\n")), "{line}:\n{text}");
    }
}

#[tokio::test]
async fn a_central_that_ends_before_the_backlog_is_stored_tells_it_again_in_its_next_life() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    tell(&bench, 20).await;
    let bench = Bench::with(bench.databases.clone(), bench.clock.clone()).await;
    assert_eq!(track(&bench, 20).unwrap().emergency, Some("general"), "the new central shows it before the station is back");
    let mut alarms = bench.central.intake.alarms();
    assert_eq!(tell(&bench, 20).await, Told::Again, "its acknowledgement was lost");
    deliver(&bench, 1, 25).await;
    assert_eq!(heard(&mut alarms), [10], "told once in this life, when it began");
    assert_eq!(track(&bench, 20).unwrap().events, 1);
    assert_eq!((count(&bench, "uplink_urgent").await, count(&bench, "telemetry_events").await), (0, 25));
}

/// The station cannot deliver the event itself: its note is all there is, and stays.
#[tokio::test]
async fn the_note_of_a_lost_event_stays() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    tell(&bench, 20).await;
    let lost = Lost { epoch: EPOCH, first_seq: 1, last_seq: 25, why: LostReason::Damaged };
    bench.central.intake.lost(station("alpha"), lost).await.unwrap();
    deliver(&bench, 26, 5).await;
    assert_eq!((count(&bench, "uplink_urgent").await, count(&bench, "telemetry_events").await), (1, 5));
    let bench = Bench::with(bench.databases.clone(), bench.clock.clone()).await;
    assert!(track(&bench, 20).is_some());
}

/// Both lanes of several sessions at once: whoever wins, each event is stored once, each alarm is told once, no note is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lanes_that_race_tell_each_alarm_once() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let mut alarms = bench.central.intake.alarms();
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..3_u64 {
        let intake = bench.central.intake.clone();
        tasks.spawn(async move {
            for i in 0..30 {
                let seq = 10 * ((i * 7 + lane * 11) % 30 + 1);
                intake.urgent(station("alpha"), UrgentKey { epoch: EPOCH, seq }, event(seq)).await.unwrap();
            }
        });
    }
    for first in (1..=300).step_by(6) {
        deliver(&bench, first, 6).await;
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let mut told = heard(&mut alarms);
    told.sort_unstable();
    assert_eq!(told, (1..=30).map(|i| 10 * i).collect::<Vec<u64>>());
    assert_eq!((count(&bench, "uplink_urgent").await, count(&bench, "telemetry_events").await), (0, 300));
}
