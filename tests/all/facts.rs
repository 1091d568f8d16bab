//! What other receivers decoded, as an input: SBS lines and `aircraft.json`, from a station of ours and from another's program.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::http::{get, metric};
use tests::peers_required;
use tests::process::{Running, eventually};
use tests::site::{TestStation, sky};

const LONG: Duration = Duration::from_secs(120);

fn feed(station: &mut TestStation, name: &str) -> String {
    let line = station.running.as_mut().unwrap().wait_for(&format!("feed {name} "), LONG);
    line.rsplit(' ').next().unwrap().to_owned()
}

fn receiver(name: &str, source: &str, place: &str) -> String {
    format!("[receivers.{name}]\nprotocol = \"adsb\"\nsource = \"{source}\"\n{place}\n")
}

/// A value of a receiver's metric.
fn of(station: &TestStation, name: &str, receiver: &str) -> f64 {
    let text = get(&station.http, "/metrics").unwrap().body;
    let line = text.lines().find(|l| l.starts_with(name) && l.contains(&format!("receiver=\"{receiver}\"")));
    line.unwrap_or_else(|| panic!("no {name} of {receiver} in {text}")).rsplit(' ').next().unwrap().parse().unwrap()
}

fn aircraft(station: &TestStation) -> Vec<serde_json::Value> {
    get(&station.http, "/data/aircraft.json").unwrap().json()["aircraft"].as_array().unwrap().clone()
}

/// Every aircraft that `told` places is in `heard` too, at about the same place, under the same name.
fn agree(told: &TestStation, heard: &TestStation) -> usize {
    let known = aircraft(heard);
    let mut agreed = 0;
    for theirs in aircraft(told) {
        let at = |a: &serde_json::Value| a["lat"].as_f64().zip(a["lon"].as_f64());
        // One that was heard once is told by some receivers and not yet by others.
        let Some((lat, lon)) = at(&theirs) else { continue };
        let ours = known.iter().find(|a| a["hex"] == theirs["hex"]).unwrap_or_else(|| panic!("{theirs} was made up"));
        let Some((our_lat, our_lon)) = at(ours) else { continue };
        // 250 m/s for some seconds.
        assert!((lat - our_lat).hypot(lon - our_lon) < 0.05, "{theirs} is not where {ours} is");
        for field in ["flight", "squawk"] {
            assert!(theirs[field].is_null() || ours[field].is_null() || theirs[field] == ours[field], "{theirs} {ours}");
        }
        agreed += 1;
    }
    agreed
}

#[test]
fn facts_make_a_picture_and_double_nothing_that_was_heard() {
    let dir = tempfile::tempdir().unwrap();
    let feeds = "[feeds]\nbeast = \"127.0.0.1:0\"\nsbs = \"127.0.0.1:0\"\n";
    let mut first = TestStation::new(&dir.path().join("first"), "first", &format!("{}{feeds}", sky(20)), None);
    first.start(&[]);
    let (beast, sbs) = (feed(&mut first, "beast"), feed(&mut first, "sbs"));
    let lines = receiver("lines", "sbs", &format!("address = \"{sbs}\""));
    let json = receiver("json", "aircraft_json", &format!("url = \"{}/data/aircraft.json\"", first.http));

    // Facts alone.
    let mut told = TestStation::new(&dir.path().join("told"), "told", &format!("{lines}{json}"), None);
    told.start(&[]);
    // Facts beside the frames that they were made of.
    let frames = receiver("frames", "beast", &format!("address = \"{beast}\""));
    let mut both = TestStation::new(&dir.path().join("both"), "both", &format!("{frames}{lines}{json}"), None);
    both.start(&[]);

    for name in ["lines", "json"] {
        eventually(&format!("facts by {name}"), LONG, || (150.0 < of(&told, "vtoc_receiver_facts_total", name)).then_some(()));
        assert_eq!(of(&told, "vtoc_receiver_feed_refused_total", name), 0.0);
    }
    eventually("a picture by facts", LONG, || (4 < aircraft(&told).iter().filter(|a| a["lat"].is_f64()).count()).then_some(()));
    assert!(4 < agree(&told, &first));

    eventually("many facts that were heard", LONG, || (800.0 < metric(&both.http, "vtoc_merge_facts_known_total")?).then_some(()));
    let facts = of(&both, "vtoc_receiver_facts_total", "lines") + of(&both, "vtoc_receiver_facts_total", "json");
    let known = metric(&both.http, "vtoc_merge_facts_known_total").unwrap();
    println!("{known} of {facts} facts had been heard");
    // A starved machine hears late what is then told as new.
    assert!(0.6 * facts < known, "{known} of {facts} facts were known");
    assert!(4 < agree(&both, &first));
    both.stop();
    told.stop();
    first.stop();
}

/// Another's program decodes our frames; we read what it makes of them.
#[test]
fn dump1090s_sbs_and_aircraft_json_are_read() {
    if Command::new("dump1090-mutability").arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        assert!(!peers_required(), "dump1090-mutability is not installed (package dump1090-mutability)");
        eprintln!("skipped: dump1090-mutability is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let feeds = "[feeds]\nbeast = \"127.0.0.1:0\"\n";
    let mut first = TestStation::new(&dir.path().join("first"), "first", &format!("{}{feeds}", sky(20)), None);
    first.start(&[]);
    let beast = feed(&mut first, "beast");
    let [input, output] = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let written = dir.path().join("written");
    std::fs::create_dir(&written).unwrap();
    let mut command = Command::new("dump1090-mutability");
    command.args(["--net-only", "--quiet", "--net-bind-address", "127.0.0.1", "--net-ri-port", "0", "--net-ro-port", "0"]);
    command.args(["--net-bo-port", "0", "--net-bi-port", &input.port().to_string(), "--net-sbs-port", &output.port().to_string()]);
    command.arg("--write-json").arg(&written);
    let mut peer = Running::start(&mut command);
    let mut to_peer = eventually("dump1090 listens", LONG, || {
        assert!(peer.ended().is_none(), "dump1090 ended: {}", peer.said());
        std::net::TcpStream::connect(input).ok()
    });
    std::thread::spawn(move || {
        let mut from_us = std::net::TcpStream::connect(beast).unwrap();
        let _ = std::io::copy(&mut from_us, &mut to_peer);
    });
    for (name, source, place) in [
        ("lines", "sbs", format!("address = \"{output}\"")),
        ("json", "aircraft_json", format!("path = \"{}\"", written.join("aircraft.json").display())),
    ] {
        let mut told = TestStation::new(&dir.path().join(name), name, &receiver(name, source, &place), None);
        told.start(&[]);
        eventually(&format!("a picture by {name}"), LONG, || {
            (4 < aircraft(&told).iter().filter(|a| a["lat"].is_f64()).count()).then_some(())
        });
        assert!(4 < agree(&told, &first));
        assert_eq!(of(&told, "vtoc_receiver_feed_refused_total", name), 0.0);
        told.stop();
    }
    first.stop();
}
