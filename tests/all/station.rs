//! A station alone: no central, no database server.

use std::process::Command;
use std::time::Duration;
use tests::http::{get, metric};
use tests::process::{Running, eventually, vtoc};
use tests::site::{START, TestStation, sky};

const LONG: Duration = Duration::from_secs(120);

#[test]
fn the_demo_sky_is_on_the_stations_own_page() {
    let mut station = Running::start(vtoc().args(["station", "--demo", "--listen", "127.0.0.1:0"]));
    let line = station.wait_for("console http", START);
    let base = line.trim_start_matches("console ").trim_end_matches('/').to_owned();
    let track = eventually("a track with a position", LONG, || {
        let tracks = get(&base, "/api/v1/tracks")?.json();
        tracks["tracks"].as_array()?.iter().find(|t| t["lat"].is_f64()).cloned()
    });
    assert_eq!(track["protocol"], "adsb");
    let page = get(&base, "/").unwrap();
    assert!(page.status == 200 && page.body.contains("<html"), "{page:?}");
    let console = get(&base, "/api/v1/console").unwrap().json();
    assert_eq!(console["role"], "station");
    eventually("events are on disk", LONG, || (0.0 < metric(&base, "vtoc_spool_appended_events_total")?).then_some(()));
    assert!(station.peak_memory() < 64 << 20, "{} MiB", station.peak_memory() >> 20);
    let id = station.id();
    assert!(station.terminate(LONG).success());
    let left = std::env::temp_dir().join(format!("vtoc-demo-{id}"));
    assert!(!left.exists(), "{} was left behind", left.display());
}

#[test]
fn a_port_in_use_is_one_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = vtoc().args(["station", "--demo", "--listen", &address]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains(&address) && said.contains("can't listen"), "{said}");
}

#[test]
fn two_stations_cannot_share_a_spool() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = TestStation::new(dir.path(), "alpha", &sky(5), None);
    first.start(&[]);
    let output = vtoc().args(["station", "--config"]).arg(first.dir.join("vtoc.toml")).arg("--state-dir").arg(&first.dir).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("another station process has it open"), "{said}");
    first.stop();
}

/// A file system that fills up: what was accepted stays, the station says so, and goes on when there is room again.
#[test]
fn a_full_disk_is_told_and_survived() {
    let dir = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(dir.path()).status();
    if !mounted.is_ok_and(|s| s.success()) {
        eprintln!("skipped: a small file system can't be mounted here");
        return;
    }
    let _unmount = Unmount(dir.path());
    let mut station = TestStation::new(dir.path(), "alpha", &sky(120), None);
    station.start(&[]);
    let appended = |base: &str| metric(base, "vtoc_spool_appended_events_total");
    eventually("events are accepted", LONG, || (200.0 < appended(&station.http)?).then_some(()));
    let filler = dir.path().join("filler");
    // Fills what is left, again and again, until nothing is accepted any more.
    let mut fill = Command::new("sh");
    fill.args(["-c", "while [ -e \"$1.on\" ]; do head -c 4096 /dev/zero >>\"$1\" 2>/dev/null; done", "sh"]).arg(&filler);
    std::fs::write(dir.path().join("filler.on"), "").unwrap();
    let mut filling = fill.spawn().unwrap();
    station.running.as_mut().unwrap().wait_for("events can't be written to disk", LONG);
    std::fs::remove_file(dir.path().join("filler.on")).unwrap();
    filling.wait().unwrap();
    std::fs::remove_file(&filler).unwrap();
    let before = appended(&station.http).unwrap();
    eventually("events are accepted again", LONG, || (before + 100.0 < appended(&station.http)?).then_some(()));
    let total = appended(&station.http).unwrap();
    station.stop();
    let kept = station.spool().read_all().unwrap();
    assert!(total <= kept.len() as f64, "{total} were accepted, {} are there", kept.len());
    assert!(kept.iter().zip(1..).all(|(stored, seq)| stored.seq == seq), "the numbers have a gap");
}

struct Unmount<'a>(&'a std::path::Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}
