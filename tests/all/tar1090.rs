//! tar1090, unmodified, shows our aircraft: what it reads is there, in the types that it takes.

use std::time::Duration;
use tests::http::get;
use tests::process::eventually;
use tests::site::{TestStation, sky};

const LONG: Duration = Duration::from_secs(120);

/// What tar1090 asks a server for, and the type in which it takes each field of an aircraft (read in its html/script.js,
/// html/early.js and html/planeObject.js of July 2026). It is not packaged, so it is looked at by hand: docs/feeds.md.
#[test]
fn what_tar1090_reads_is_there() {
    const FIELDS: [(&str, &str); 40] = [
        ("hex", "string"),
        ("type", "string"),
        ("flight", "string"),
        ("squawk", "string"),
        ("emergency", "string"),
        ("category", "string"),
        ("r", "string"),
        ("t", "string"),
        ("desc", "string"),
        ("alt_baro", "number or ground"),
        ("alt_geom", "number"),
        ("gs", "number"),
        ("ias", "number"),
        ("tas", "number"),
        ("mach", "number"),
        ("track", "number"),
        ("track_rate", "number"),
        ("roll", "number"),
        ("mag_heading", "number"),
        ("true_heading", "number"),
        ("baro_rate", "number"),
        ("geom_rate", "number"),
        ("nav_altitude_mcp", "number"),
        ("nav_altitude_fms", "number"),
        ("nav_qnh", "number"),
        ("nav_heading", "number"),
        ("wd", "number"),
        ("ws", "number"),
        ("oat", "number"),
        ("rc", "number"),
        ("version", "number"),
        ("lat", "number"),
        ("lon", "number"),
        ("seen_pos", "number"),
        ("seen", "number"),
        ("rssi", "number"),
        ("messages", "number"),
        ("mlat", "array"),
        ("tisb", "array"),
        ("lastPosition", "object"),
    ];
    const SOURCES: [&str; 13] = [
        "adsb_icao",
        "adsb_icao_nt",
        "adsr_icao",
        "tisb_icao",
        "adsb_other",
        "adsr_other",
        "tisb_other",
        "tisb_trackfile",
        "adsc",
        "mlat",
        "mode_s",
        "other",
        "unknown",
    ];
    let dir = tempfile::tempdir().unwrap();
    let mut station = TestStation::new(dir.path(), "alpha", &sky(20), None);
    station.start(&[]);
    // jQuery adds a number to get past caches.
    let receiver = get(&station.http, "/data/receiver.json?_=1795408417362").unwrap();
    assert!(receiver.status == 200 && receiver.head.to_lowercase().contains("content-type: application/json"), "{}", receiver.head);
    let receiver = receiver.json();
    for field in ["refresh", "history", "lat", "lon"] {
        assert!(receiver[field].is_number(), "{field} in {receiver}");
    }
    assert!(receiver["version"].is_string());
    // Anything else there would be taken for another kind of server: tiles, packed formats, traces.
    assert!(["globeIndexGrid", "binCraft", "zstd", "haveTraces", "outlineJson"].iter().all(|field| receiver.get(field).is_none()));
    for path in ["/data/history_0.json", "/data/outline.json", "/data/traces/d6/trace_full_4840d6.json"] {
        assert_eq!(get(&station.http, path).unwrap().status, 404, "{path}");
    }
    let mut last = 0.0;
    let all = eventually("an aircraft with everything that a label shows", LONG, || {
        let answer = get(&station.http, "/data/aircraft.json?_=1795408417363")?;
        assert!(answer.head.to_lowercase().contains("content-type: application/json"), "{}", answer.head);
        let list = answer.json();
        let now = list["now"].as_f64().unwrap();
        assert!(list["messages"].is_u64() && last <= now, "{list}");
        last = now;
        let shown = ["flight", "squawk", "category", "alt_baro", "gs", "track", "lat", "lon", "seen_pos", "rssi"];
        let all = list["aircraft"].as_array()?.clone();
        all.iter().any(|a| shown.iter().all(|field| a.get(field).is_some())).then_some(all)
    });
    for aircraft in &all {
        for field in ["hex", "type", "seen", "messages"] {
            assert!(aircraft.get(field).is_some(), "no {field} in {aircraft}");
        }
        let hex = aircraft["hex"].as_str().unwrap().trim_start_matches('~');
        assert!(hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{aircraft}");
        assert!(SOURCES.contains(&aircraft["type"].as_str().unwrap()), "{aircraft}");
        for (field, kind) in FIELDS {
            let Some(value) = aircraft.get(field) else { continue };
            let fine = match kind {
                "string" => value.is_string(),
                "number" => value.is_number(),
                "number or ground" => value.is_number() || value == "ground",
                "array" => value.is_array(),
                _ => value["lat"].is_number() && value["lon"].is_number() && value["seen_pos"].is_number(),
            };
            assert!(fine, "{field} is not a {kind} in {aircraft}");
        }
    }
    station.stop();
}
