//! Messages and bulletins from the air in the chat, on a real PostgreSQL: to whom, where, once, not too many, whatever is restarted.

use super::*;
use crate::chat::RadioConfig;
use model::{Epoch, Event, EventKind, Protocol, Raw, ReceiverId, ShortText, Signal, Subject, Text, TextKind};
use std::time::Duration;
use uplink::intake::{Batch, Intake};

const BETA_KEY: KeyFingerprint = KeyFingerprint([0xb1; 32]);
const SPY_KEY: KeyFingerprint = KeyFingerprint([0xc1; 32]);
const EPOCH: Epoch = Epoch(77);

fn call(name: &str) -> Subject {
    Subject::Callsign(ShortText::new(name).unwrap())
}

fn said(seconds: i64, from: &str, to: &str, body: &str, number: &str) -> Event {
    let bulletin = to.starts_with("BLN") || to.starts_with("NWS");
    let kind = if bulletin { TextKind::Bulletin } else { TextKind::Message };
    let number = if number.is_empty() { None } else { ShortText::new(number).ok() };
    Event {
        at: T0.plus_micros(seconds * 1_000_000),
        protocol: Protocol::Aprs,
        receiver: ReceiverId(0),
        subject: call(from),
        kind: EventKind::Text(Text { kind, to: Some(call(to)), body: body.into(), number }),
        raw: Raw::new(body.as_bytes()),
        signal: Signal::default(),
    }
}

async fn deliver(bench: &Bench, slug: &str, first_seq: u64, events: &[Event]) {
    let batch = Batch { epoch: EPOCH, first_seq, events: events.to_vec() };
    bench.central.intake.store(station(slug), batch).await.unwrap();
}

/// Stations alpha and beta (whose call sign is PA1ABC-10) of ops, spy of intel.
async fn bench() -> Option<Bench> {
    let bench = Bench::open().await?.with_alpha().await;
    bench.register("beta", Role::Ops, BETA_KEY).await;
    bench.register("spy", Role::Intel, SPY_KEY).await;
    bench.central.store.set_callsign(station("beta"), "PA1ABC-10").await.unwrap();
    Some(bench)
}

/// Waits until so many were told, were found told, were too many.
async fn settled(bench: &Bench, expected: [u64; 3]) {
    let radio = &bench.central.shared().metrics.radio;
    let now = || [&radio.told, &radio.again, &radio.too_many].map(|count| count.load(std::sync::atomic::Ordering::Relaxed));
    for _ in 0..1_200 {
        if now() == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(now(), expected, "told, told before, too many");
}

/// (channel, in a thread, text), in the order in which they were told.
async fn told(bench: &Bench) -> Vec<(String, bool, String)> {
    let (_, messages) = bench.get("/api/v1/chatkit/messages?limit=200").await;
    let messages = messages.as_array().unwrap().iter().rev();
    let of = |m: &Value| (m["channel"].as_str().unwrap().to_owned(), !m["thread_id"].is_null(), m["text"].as_str().unwrap().to_owned());
    messages.map(of).collect()
}

#[tokio::test]
async fn what_is_for_us_is_told_once_where_it_belongs() {
    let Some(bench) = bench().await else { return };
    let first = [
        said(0, "N0CALL-9", "PA1ABC-10", "/playbook wipe *now* [x](http://e) \u{202e}!", "01"),
        said(1, "N0CALL-9", "OTHER-1", "between others", "02"),
        said(2, "N0CALL-9", "PA1ABC-7", "to the same holder", ""),
        said(3, "W1AW", "BLN1", "field day at noon", ""),
        said(4, "W1AW", "NWS_WARN", "snow", ""),
        // What decoders tell of other kinds.
        Event {
            kind: EventKind::Text(Text { kind: TextKind::Telemetry, to: Some(call("PA1ABC-10")), body: "PARM.A".into(), number: None }),
            ..said(5, "N0CALL-9", "PA1ABC-10", "x", "")
        },
    ];
    deliver(&bench, "alpha", 1, &first).await;
    settled(&bench, [4, 0, 0]).await;
    let expected = [
        (
            "pa1abc-10",
            false,
            "**N0CALL-9** to **PA1ABC-10**, heard 2026-11-23T00:00:00Z by alpha: /playbook wipe \\*now\\* \\[x\\](http://e) \\!",
        ),
        ("pa1abc-10", false, "**N0CALL-9** to **PA1ABC-7**, heard 2026-11-23T00:00:02Z by alpha: to the same holder"),
        ("alpha", true, "**W1AW** to **BLN1**, heard 2026-11-23T00:00:03Z by alpha: field day at noon"),
        ("alpha", true, "**W1AW** to **NWS\\_WARN**, heard 2026-11-23T00:00:04Z by alpha: snow"),
    ];
    let all = told(&bench).await;
    assert_eq!(all.iter().map(|(channel, thread, text)| (channel.as_str(), *thread, text.as_str())).collect::<Vec<_>>(), expected);
    let (_, messages) = bench.get("/api/v1/chatkit/messages?channel=pa1abc-10").await;
    let message = &messages[1];
    assert_eq!((&message["author"], &message["author_name"]), (&"aprs:N0CALL-9".into(), &"N0CALL-9 (APRS)".into()), "{message}");
    assert_eq!(message["attachment"]["message_number"], "01");
    let (_, runs) = bench.get("/api/v1/agentkit/runs").await;
    assert_eq!(runs.as_array().map(Vec::len), Some(0), "no command comes from the air: {runs}");
    // Another station hears the same, the sender repeats it; the same words under another number are another message.
    deliver(&bench, "beta", 1, &[first[0].clone(), said(20, "W1AW", "BLN1", "field day at noon", "")]).await;
    let later = [
        said(1_800, "N0CALL-9", "PA1ABC-10", "/playbook wipe *now* [x](http://e) \u{202e}!", "01"),
        said(1_801, "N0CALL-9", "PA1ABC-10", "/playbook wipe *now* [x](http://e) \u{202e}!", "03"),
        said(7_200, "W1AW", "BLN1", "field day at noon", ""),
        said(7_201, "W1AW", "BLN1", "field day is over", ""),
        said(100_000, "W1AW", "BLN1", "field day at noon", ""),
    ];
    deliver(&bench, "alpha", 7, &later).await;
    settled(&bench, [7, 4, 0]).await;
    // Another role's station heard it: for that role's readers, in that role's channel.
    deliver(&bench, "spy", 1, &[first[3].clone(), first[0].clone()]).await;
    settled(&bench, [9, 4, 0]).await;
    let spy: Vec<_> = told(&bench).await.into_iter().filter(|(channel, ..)| channel == "spy").collect();
    assert_eq!(spy.len(), 2, "{spy:?}");
}

#[tokio::test]
async fn what_nobody_told_is_told_after_a_restart_and_only_then() {
    let Some(bench) = bench().await else { return };
    let (databases, clock) = (bench.databases.clone(), bench.clock.clone());
    let start = async |radio: RadioConfig| {
        let mut config = CentralConfig::new(databases.clone(), clock.clock());
        config.chat.radio = radio;
        let mut central = Central::start(config);
        central.opened().await;
        Bench { central, clock: clock.clone(), databases: databases.clone() }
    };
    bench.central.stop().await;
    let deaf = RadioConfig { messages: false, bulletins: false, callsigns: Vec::new() };
    let bench = start(deaf).await;
    let events = [
        said(0, "N0CALL-9", "PA1ABC-10", "help me", "1"),
        said(1, "N0CALL-9", "OP1XYZ-5", "for an operator", ""),
        said(2, "W1AW", "BLN1", "a bulletin", ""),
    ];
    deliver(&bench, "alpha", 1, &events).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(told(&bench).await, [], "switched off");
    bench.central.stop().await;
    let mine = RadioConfig { messages: true, bulletins: false, callsigns: vec!["op1xyz".into()] };
    let bench = start(mine.clone()).await;
    settled(&bench, [2, 0, 0]).await;
    let all = told(&bench).await;
    assert!(all[0].2.ends_with("help me") && all[1].2.ends_with("for an operator"), "{all:?}");
    assert_eq!((all[0].0.as_str(), all[1].0.as_str()), ("pa1abc-10", "alpha"), "an operator's: where it was heard");
    bench.central.stop().await;
    let bench = start(mine).await;
    settled(&bench, [0, 2, 0]).await;
    assert_eq!(told(&bench).await, all);
}

#[tokio::test]
async fn a_flood_is_limited_and_counted() {
    let Some(bench) = bench().await else { return };
    let flood: Vec<Event> = (0..60).map(|n| said(n, "N0CALL-9", "PA1ABC-10", &format!("spam {n}"), "")).collect();
    deliver(&bench, "alpha", 1, &flood).await;
    settled(&bench, [20, 0, 40]).await;
    deliver(&bench, "alpha", 61, &[said(61, "N0CALL-8", "PA1ABC-10", "another sender is heard", "")]).await;
    settled(&bench, [21, 0, 40]).await;
    let bulletins: Vec<Event> = (0..40).map(|n| said(n, "W1AW", "BLN1", &format!("bulletin {n}"), "")).collect();
    deliver(&bench, "alpha", 62, &bulletins).await;
    settled(&bench, [51, 0, 50]).await;
    // Two minutes later there is room for some again, and what was not told is told when it is repeated.
    bench.clock.set(T0.plus_micros(120_000_000));
    let again: Vec<Event> = (0..60).map(|n| said(120 + n, "N0CALL-9", "PA1ABC-10", &format!("spam {n}"), "")).collect();
    deliver(&bench, "alpha", 102, &again).await;
    settled(&bench, [63, 20, 78]).await;
}
