//! What a person sees: a recording at life speed, through a station and the central, on the map in a real browser.

use std::process::Command;
use std::time::Duration;
use tests::http::get;
use tests::process::{eventually, vtoc};
use tests::site::Site;
use tests::{peers_required, root};

const LONG: Duration = Duration::from_secs(120);

#[test]
fn an_aircraft_of_a_recording_appears_on_the_map_and_moves() {
    let Some(site) = Site::start() else { return };
    if !ready() {
        return;
    }
    let recording = site.dir.path().join("sky_2400k.cu8");
    let made = vtoc().args(["sim", "--seconds", "240", "--aircraft", "15", "--site", "52.308,4.764"]).arg(&recording).status().unwrap();
    assert!(made.success());
    let receiver =
        format!("[receivers.tape]\nprotocol = \"adsb\"\nsource = \"file\"\npath = \"{}\"\npace = \"life\"\n", recording.display());
    let mut station = site.enroll("alpha", &receiver);
    station.start(&[]);
    let subject = eventually("an aircraft that flies", LONG, || {
        let tracks = get(&site.http, "/api/v1/tracks")?.json();
        let flying =
            |t: &&serde_json::Value| t["lat"].is_f64() && 100.0 < t["speed_kt"].as_f64().unwrap_or(0.0) && t["callsign"].is_string();
        Some(tracks["tracks"].as_array()?.iter().find(flying)?["subject"].as_str()?.to_owned())
    });
    let artefacts = root().join("artefacts");
    std::fs::create_dir_all(&artefacts).unwrap();
    let output = Command::new("sh")
        .args(["web/node.sh", "node", "test/see-aircraft.mjs", "--url", &format!("{}/", site.http), "--subject", &subject])
        .args(["--timeout", "120", "--screenshot"])
        .arg(artefacts.join("aircraft-on-the-map.png"))
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{subject}: {said}");
    println!("{said}");
    station.stop();
}

/// The console is built and a browser is there; both are, in CI.
pub(crate) fn ready() -> bool {
    let missing = [root().join("web/dist/index.html"), root().join("web/node_modules"), "/usr/bin/chromium".into()]
        .into_iter()
        .find(|path| !path.exists());
    if let Some(path) = missing {
        assert!(!peers_required(), "{} is missing", path.display());
        eprintln!("skipped: {} is missing", path.display());
        return false;
    }
    true
}
