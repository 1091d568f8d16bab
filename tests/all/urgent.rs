//! A distress overtakes a backlog with real programs: a man overboard is heard while 10,000 events wait (200,000 were tried:
//! docs/urgent.md); station and central are killed in between. What is asserted is what the database held when the map showed
//! it, never how long it took.

use crate::delivery::check;
use sqlx::{Connection, PgConnection};
use std::net::UdpSocket;
use std::time::Duration;
use tests::http::{get, metric};
use tests::nmea::sentence;
use tests::process::eventually;
use tests::site::{Site, TestStation};

const LONG: Duration = Duration::from_secs(120);
const BACKLOG: usize = 10_000;

/// A type 1 of the MMSI, status 14 (active), as a sentence, at 52° N 4° E.
fn man_overboard(mmsi: u32) -> String {
    let parts: [(u32, u64); 15] = [
        (6, 1),
        (2, 0),
        (30, mmsi.into()),
        (4, 14),
        (8, 128),
        (10, 0),
        (1, 1),
        (28, 4 * 600_000),
        (27, 52 * 600_000),
        (12, 3_600),
        (9, 511),
        (6, 30),
        (2, 0),
        (4, 0),
        (19, 0),
    ];
    sentence(&parts) + "\r\n"
}

fn shown(http: &str, mmsi: u32) -> Option<()> {
    let tracks = get(http, "/api/v1/tracks?protocol=ais")?.json();
    let subject = format!("mmsi:{mmsi:09}");
    let found = tracks["tracks"].as_array()?.iter().find(|t| t["subject"] == subject.as_str())?;
    (found["emergency"] == "mob" && found["lat"].is_f64()).then_some(())
}

/// Holds the ordered delivery back: until this is dropped, nobody can write an event, and everyone can read.
struct Held {
    runtime: tokio::runtime::Runtime,
    connection: PgConnection,
}

impl Held {
    fn hold(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connection = runtime.block_on(async {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql("BEGIN; LOCK TABLE telemetry_events IN SHARE MODE").execute(&mut connection).await.unwrap();
            connection
        });
        Self { runtime, connection }
    }

    fn stored(&mut self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM telemetry_events").fetch_one(&mut self.connection);
        self.runtime.block_on(count).unwrap()
    }
}

/// Nothing of it is distress.
fn fill(station: &TestStation) {
    let spool = station.spool();
    let mut events = uplink::testing::stream(1, 2_000);
    events.retain(|e| e.priority() == model::Priority::Normal);
    events.truncate(1_000);
    assert_eq!(events.len(), 1_000);
    (0..BACKLOG / 1_000).for_each(|_| {
        spool.append(&events).unwrap();
    });
}

#[test]
fn a_man_overboard_overtakes_10_000_events_and_a_kill_of_either_side() {
    let Some(mut site) = Site::start() else { return };
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let receivers = format!("[receivers.sky]\nprotocol = \"ais\"\nsource = \"nmea_udp\"\naddress = \"{udp}\"\n");
    let mut station = site.enroll("alpha", &receivers);
    fill(&station);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let hear = |station: &TestStation, mmsi: u32| {
        eventually("the station hears it", LONG, || {
            sender.send_to(man_overboard(mmsi).as_bytes(), &udp).unwrap();
            shown(&station.http, mmsi)
        });
    };
    eventually("ready", LONG, || (get(&site.http, "/readyz")?.status == 200).then_some(()));
    let mut held = Held::hold(&site.database("ops"));

    // The link is there, the backlog is not through.
    station.start(&[]);
    station.running.as_mut().unwrap().wait_for("connected to the central", LONG);
    hear(&station, 972_000_001);
    eventually("the central shows it", LONG, || shown(&site.http, 972_000_001));
    assert_eq!(held.stored(), 0, "all {BACKLOG} events before it still wait");
    eventually("the station knows", LONG, || (metric(&station.http, "vtoc_spool_urgent_waiting_events")? == 0.0).then_some(()));
    assert!(BACKLOG as f64 <= metric(&station.http, "vtoc_spool_waiting_events").unwrap());

    // Heard without a link; then the station is killed, and comes back with the central.
    site.kill_central();
    hear(&station, 972_000_002);
    eventually("it is on the disk", LONG, || (1.0 <= metric(&station.http, "vtoc_spool_urgent_waiting_events")?).then_some(()));
    station.kill();
    site.start_central();
    eventually("the new central did not forget the first", LONG, || shown(&site.http, 972_000_001));
    station.start(&[]);
    eventually("the central shows the second", LONG, || shown(&site.http, 972_000_002));
    assert_eq!(held.stored(), 0, "and still nothing before it");
    assert!(1.0 <= metric(&site.http, "vtoc_intake_urgent_total").unwrap());

    drop(held);
    station.stop();
    let told = |http: &str| {
        let messages = get(http, "/api/v1/chatkit/messages?channel=alpha&limit=1000")?.json();
        let of =
            |mmsi: &str| messages.as_array().map(|all| all.iter().filter(|m| m["text"].as_str().is_some_and(|t| t.contains(mmsi))).count());
        Some((of("mmsi:972000001")?, of("mmsi:972000002")?))
    };
    eventually("people were told", LONG, || (told(&site.http)? == (1, 1)).then_some(()));
    // All is through, a further life has judged it again: nobody is told anew.
    site.kill_central();
    site.start_central();
    eventually("judged again", LONG, || metric(&site.http, "vtoc_alerts_open").filter(|open| 2.0 <= *open));
    assert_eq!(told(&site.http), Some((1, 1)));
    let events = check(&site, &mut station);
    println!("{events} events, each stored exactly once; both distress calls were seen before the first of them");
}
