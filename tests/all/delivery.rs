//! The whole way with real programs: receiver → spool → QUIC → PostgreSQL, killed at random, compared with the truth.

use api::dto::Payload;
use model::{Epoch, Event, Raw, UnixMicros};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection, Row};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::http::{get, metric, request};
use tests::process::{eventually, pause};
use tests::site::{DEAF, Site, TestStation, sky};

const LONG: Duration = Duration::from_secs(180);

/// What a station accepted, or what the central has: by (epoch, seq).
pub type Rows = BTreeMap<(Epoch, u64), Event>;

pub fn accepted(station: &TestStation) -> Rows {
    station.spool().read_all().unwrap().into_iter().map(|s| ((s.epoch, s.seq), s.event)).collect()
}

/// Every event of every station in the database, read back from what operators see: the payload, the time and the raw frame.
fn stored(url: &str) -> Rows {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let sql = "SELECT epoch, seq, (extract(epoch FROM event_time) * 1000000)::bigint AS at, payload::text AS payload, raw_data \
                   FROM telemetry_events WHERE seq IS NOT NULL";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        let count = rows.len();
        let events: Rows = rows.into_iter().map(|row| read(&row)).collect();
        assert_eq!(events.len(), count, "an event is stored twice");
        events
    })
}

fn read(row: &sqlx::postgres::PgRow) -> ((Epoch, u64), Event) {
    let key = (Epoch(row.get::<i64, _>("epoch") as u64), row.get::<i64, _>("seq") as u64);
    let payload: String = row.get("payload");
    let payload: Payload = serde_json::from_str(&payload).unwrap();
    let raw: String = row.get("raw_data");
    let bytes: Vec<u8> = (0..raw.len()).step_by(2).map(|i| u8::from_str_radix(&raw[i..i + 2], 16).unwrap()).collect();
    (key, payload.to_event(UnixMicros(row.get("at")), Raw::new(&bytes)).unwrap())
}

/// Lets the station deliver everything, and compares.
pub fn check(site: &Site, station: &mut TestStation) -> usize {
    station.start(&[
        "--set",
        DEAF,
        "--set",
        "receivers.none.protocol=adsb",
        "--set",
        "receivers.none.source=beast",
        "--set",
        "receivers.none.address=127.0.0.1:9",
    ]);
    eventually("everything is delivered", LONG, || (metric(&station.http, "vtoc_spool_waiting_events")? == 0.0).then_some(()));
    station.stop();
    let (truth, found) = (accepted(station), stored(&site.database("ops")));
    assert!(!truth.is_empty(), "nothing was accepted: the test shows nothing");
    let missing = truth.keys().filter(|key| !found.contains_key(key)).count();
    let extra = found.keys().filter(|key| !truth.contains_key(key)).count();
    assert_eq!(
        (missing, extra),
        (0, 0),
        "of {} accepted events {missing} are missing; {extra} are stored that were never accepted",
        truth.len()
    );
    let differing = truth.iter().find(|(key, event)| found[key] != **event);
    assert!(differing.is_none(), "stored otherwise than accepted: {differing:?}\n{:?}", differing.map(|(key, _)| &found[key]));
    gap_free(&truth);
    truth.len()
}

fn gap_free(rows: &Rows) {
    let mut last: BTreeMap<Epoch, u64> = BTreeMap::new();
    for (epoch, seq) in rows.keys() {
        let before = last.insert(*epoch, *seq).unwrap_or(0);
        assert_eq!(before + 1, *seq, "a gap in epoch {epoch}");
    }
}

#[test]
fn kill_9_at_fifty_random_moments_loses_and_doubles_nothing() {
    let Some(mut site) = Site::start() else { return };
    let mut station = site.enroll("alpha", &sky(120));
    station.start(&[]);
    let mut random = StdRng::seed_from_u64(20_261_123);
    let mut kills = (0, 0);
    for _ in 0..50 {
        pause(Duration::from_millis(random.random_range(50..900)));
        if random.random_bool(0.5) {
            station.kill();
            station.start(&[]);
            kills.0 += 1;
        } else {
            site.kill_central();
            site.start_central();
            kills.1 += 1;
        }
    }
    pause(Duration::from_secs(2));
    station.stop();
    let events = check(&site, &mut station);
    println!("{} kills of the station, {} of the central: {events} events, each stored exactly once", kills.0, kills.1);
}

#[test]
fn an_unreachable_central_is_told_in_one_sentence_and_costs_nothing() {
    let Some(mut site) = Site::start() else { return };
    let mut station = site.enroll("alpha", &sky(40));
    site.kill_central();
    station.start(&[]);
    let said = station.running.as_mut().unwrap().wait_for("not connected to the central:", LONG);
    assert!(said.contains(&site.uplink), "{said}");
    eventually("events are kept", LONG, || (50.0 < metric(&station.http, "vtoc_spool_waiting_events")?).then_some(()));
    site.start_central();
    station.running.as_mut().unwrap().wait_for("connected to the central", LONG);
    station.stop();
    check(&site, &mut station);
}

#[test]
fn a_station_of_another_authority_is_refused_and_keeps_its_events() {
    let (Some(site), Some(other)) = (Site::start(), Site::start()) else { return };
    let mut station = other.enroll("alpha", &sky(40));
    station.start(&["--set", &format!("uplink.central={}", site.uplink)]);
    let said = station.running.as_mut().unwrap().wait_for("not connected to the central:", LONG);
    assert!(said.to_lowercase().contains("certificate"), "{said}");
    eventually("events are kept", LONG, || (20.0 < metric(&station.http, "vtoc_spool_waiting_events")?).then_some(()));
    station.stop();
    assert_eq!(stored(&site.database("ops")).len(), 0);
    check(&other, &mut station);
}

#[test]
fn a_certificate_for_another_name_is_refused_at_the_start() {
    let Some(site) = Site::start() else { return };
    let station = site.enroll("alpha", &sky(5));
    let output = tests::process::vtoc()
        .args(["station", "--set", "station.id=bravo", "--config"])
        .arg(station.dir.join("vtoc.toml"))
        .arg("--state-dir")
        .arg(&station.dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("the certificate is for station alpha, but station.id is bravo"), "{said}");
}

/// As an operator does it: a token on the central, carried to the station, good once.
#[test]
fn a_station_joins_with_a_token_and_delivers() {
    let Some(site) = Site::start() else { return };
    eventually("ready", LONG, || (get(&site.http, "/readyz")?.status == 200).then_some(()));
    let output = site.command("enroll").arg("charlie").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let token = said.split_whitespace().find(|word| word.starts_with("vtoc-join-1.charlie.")).expect("enroll prints a token").to_owned();
    let mut station = TestStation::new(site.dir.path(), "charlie", &sky(40), Some(&site.uplink));
    let join = |dir: &std::path::Path, token: &str| {
        tests::process::vtoc().args(["join", "--central", &site.uplink, token, "--state-dir"]).arg(dir).output().unwrap()
    };
    let wrong = join(&station.dir, &token.replace("charlie", "delta"));
    assert_eq!(wrong.status.code(), Some(69), "{}", String::from_utf8_lossy(&wrong.stderr));
    assert_eq!(join(&station.dir, "nonsense").status.code(), Some(78));
    let joined = join(&station.dir, &token);
    assert!(joined.status.success(), "{}", String::from_utf8_lossy(&joined.stderr));
    let thief = site.dir.path().join("thief");
    let stolen = join(&thief, &token);
    assert_eq!(stolen.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&stolen.stderr).contains("the token is not valid"), "{}", String::from_utf8_lossy(&stolen.stderr));
    station.start(&[]);
    station.running.as_mut().unwrap().wait_for("connected to the central", LONG);
    eventually("events arrive", LONG, || (20.0 < metric(&site.http, "vtoc_intake_events_total")?).then_some(()));
    station.stop();
    check(&site, &mut station);
}

/// Garbage, no token, a wrong token: the contract's status and one clear sentence each; and what is right is stored.
#[test]
fn the_api_takes_what_is_right_and_says_what_is_wrong() {
    let Some(site) = Site::start() else { return };
    eventually("ready", LONG, || (get(&site.http, "/readyz")?.status == 200).then_some(()));
    let json = "Content-Type: application/json\r\n";
    let right = format!("{json}Authorization: Bearer {}\r\n", site.token);
    let wrong = format!("{json}Authorization: Bearer vtoc_{}\r\n", "0".repeat(64));
    let event = r#"{"source_slug":"tower","source_name":"Tower","event_time":"2026-11-23T00:00:00","latitude":52.3,"longitude":4.8,"altitude":"ground","payload":{"note":"x"}}"#;
    let path = "/api/v1/telemetry/events";
    for (headers, body, status) in [
        (json, event, 401),
        (wrong.as_str(), event, 401),
        (right.as_str(), "{garbage", 422),
        (right.as_str(), "17", 422),
        (right.as_str(), r#"{"latitude":"north"}"#, 422),
        (right.as_str(), r#"{"source_slug":"nobody"}"#, 400),
    ] {
        let answer = request(&site.http, "POST", path, headers, body).unwrap();
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert!(!answer.json()["detail"].is_null(), "{body}: {}", answer.body);
    }
    let stored = request(&site.http, "POST", path, &right, event).unwrap();
    assert_eq!(stored.status, 201, "{}", stored.body);
    let listed = get(&site.http, path).unwrap().json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["event_time"], "2026-11-23T00:00:00Z");
    assert_eq!(listed[0]["source"]["slug"], "tower");
    assert_eq!(request(&site.http, "PUT", path, &right, event).unwrap().status, 405);
    let openapi = get(&site.http, "/openapi.json").unwrap().json();
    assert!(openapi["paths"][path]["post"].is_object());
}

#[test]
fn the_central_shows_what_a_station_hears() {
    let Some(site) = Site::start() else { return };
    let mut station = site.enroll("alpha", &sky(40));
    station.start(&[]);
    let track = eventually("a track with a position", LONG, || {
        let tracks = get(&site.http, "/api/v1/tracks")?.json();
        tracks["tracks"].as_array()?.iter().find(|t| t["lat"].is_f64() && t["callsign"].is_string()).cloned()
    });
    assert_eq!(track["stations"], serde_json::json!(["alpha"]));
    assert_eq!(get(&site.http, "/healthz").unwrap().json(), serde_json::json!({"status": "ok"}));
    assert_eq!(get(&site.http, "/readyz").unwrap().status, 200);
    let peak = station.running.as_ref().unwrap().peak_memory();
    assert!(peak < 64 << 20, "the station took {} MiB", peak >> 20);
    station.stop();
    check(&site, &mut station);
}
