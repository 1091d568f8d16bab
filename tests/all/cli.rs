//! The command line: every bad input gives one clear sentence and its exit code.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use tests::process::vtoc;

/// Runs `vtoc`, checks its exit code, and that stderr is exactly one sentence that holds all of `parts`.
fn refused(arguments: &[&str], code: i32, parts: &[&str]) {
    let output = vtoc().args(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "vtoc {arguments:?} said: {said}");
    let sentence = said.lines().find(|l| l.starts_with("vtoc: ")).unwrap_or_else(|| panic!("vtoc {arguments:?} said: {said}"));
    assert_eq!(said.lines().filter(|l| l.starts_with("vtoc: ")).count(), 1, "{said}");
    for part in parts {
        assert!(sentence.contains(part), "vtoc {arguments:?} said: {sentence}\nwithout: {part}");
    }
}

fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn file(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

#[test]
fn recordings_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    refused(&["decode", "/nonexistent_2400k.cu8"], 66, &["/nonexistent_2400k.cu8", "not there"]);
    refused(&["decode", &file(dir, "sky_2400k.xyz", &[0; 100])], 65, &["sky_2400k.xyz", "unknown recording format", "--format"]);
    refused(&["decode", &file(dir, "sky.cu8", &[127; 100])], 65, &["sky.cu8", "unknown sample rate", "--rate"]);
    refused(&["decode", "--rate", "1000000", &file(dir, "slow.cu8", &[127; 100])], 65, &["slow.cu8", "1000000 samples/s", "2000000"]);
    refused(&["decode", "--rate", "7", &file(dir, "absurd.cu8", &[127; 100])], 65, &["absurd.cu8", "7"]);
    refused(&["decode", &file(dir, "odd_2400k.cu8", &[127; 100_001])], 65, &["odd_2400k.cu8", "cut off"]);
    refused(&["decode", "--format", "wav", &file(dir, "x.wav", b"RIFFnonsense")], 65, &["x.wav"]);
    refused(&["decode", "--protocol", "morse", &file(dir, "m_2400k.cu8", &[127; 4])], 78, &["--protocol morse"]);
    refused(&["decode", "--site", "somewhere", &file(dir, "s_2400k.cu8", &[127; 4])], 78, &["somewhere", "latitude,longitude"]);
    refused(&["decode", "--start", "noon", &file(dir, "t_2400k.cu8", &[127; 4])], 78, &["--start noon"]);
}

#[test]
fn a_truncated_recording_gives_everything_before_the_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sky_2400k.cu8");
    ran(vtoc().args(["sim", "--seconds", "3", "--aircraft", "20"]).arg(&path));
    let whole = ran(vtoc().args(["decode", "--raw"]).arg(&path)).stdout;
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2 * 2 - 1]).unwrap();
    let output = vtoc().args(["decode", "--raw"]).arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(65));
    assert!(1_000 < whole.len() && whole.starts_with(&output.stdout[..whole.len() * 9 / 10]), "frames before the cut are missing");
}

/// Each protocol's simulated signal through the binary and back: nearly everything that was on the air is decoded, and
/// nothing else.
#[test]
fn what_is_simulated_is_decoded() {
    let dir = tempfile::tempdir().unwrap();
    for (protocol, rate, least_percent) in [("adsb", "2400000", 60), ("ais", "288000", 90), ("aprs", "240000", 90), ("uat", "2083334", 95)]
    {
        let (signal, truth) = (dir.path().join(format!("{protocol}.cu8")), dir.path().join(format!("{protocol}.jsonl")));
        let seconds = if matches!(protocol, "adsb" | "uat") { "6" } else { "60" };
        let mut sim = vtoc();
        sim.args(["sim", "--protocol", protocol, "--seconds", seconds, "--site", "52.46,4.25"]).arg(&signal).arg("--truth").arg(&truth);
        ran(&mut sim);
        let sent = std::fs::read_to_string(&truth).unwrap().lines().count();
        let mut decode = vtoc();
        decode.args(["decode", "--protocol", protocol, "--rate", rate, "--raw"]).arg(&signal);
        let heard = String::from_utf8(ran(&mut decode).stdout).unwrap().lines().count();
        println!("{protocol}: {heard} of {sent}");
        assert!(20 < sent && sent * least_percent <= heard * 100 && heard <= sent, "{protocol}: {heard} frames of {sent} that were sent");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sky_2400k.cu8");
    ran(vtoc().args(["sim", "--seconds", "5"]).arg(&path));
    let mut child = vtoc().args(["decode", "--raw"]).arg(&path).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn output_that_cannot_be_written() {
    refused(&["sim", "/nonexistent/sky.cu8"], 73, &["/nonexistent/sky.cu8", "can't be written"]);
    refused(&["sim", "sky.mp3"], 78, &["sky.mp3", "unknown format"]);
    refused(&["sim", "--seconds=-1", "sky.cu8"], 78, &["--seconds -1"]);
    if Path::new("/dev/full").exists() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("full.cu8");
        std::os::unix::fs::symlink("/dev/full", &link).unwrap();
        refused(&["sim", "--seconds", "1", link.to_str().unwrap()], 73, &["full.cu8", "No space left"]);
    }
}

#[test]
fn configuration_that_is_wrong_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(
        dir.path(),
        "vtoc.toml",
        b"[station]\nid = \"alpha\"\n\n[receivers.roof]\nprotocol = \"adsb\"\nsource = \"rtlsdr\"\nppm = 400\n",
    );
    refused(&["check", "--config", &path], 78, &["vtoc.toml:7:7: receivers.roof.ppm: 400 is not within -127 to 127"]);
    refused(&["station", "--config", &path], 78, &["vtoc.toml:7:7"]);
    refused(&["check", "--config", "/nonexistent.toml"], 78, &["/nonexistent.toml: can't be read"]);
    refused(&["check", "--set", "station.id"], 78, &["expected section.key=value"]);
}

#[test]
fn configuration_that_is_right_is_printed_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "vtoc.toml", b"[station]\nid = \"alpha\"\n[receivers.roof]\nprotocol = \"adsb\"\nsource = \"rtlsdr\"\n");
    let first = ran(vtoc().args(["check", "--print-config", "--config", &path]).env("VTOC__SPOOL__MAX_MB", "77")).stdout;
    assert!(String::from_utf8_lossy(&first).contains("max_mb = 77"));
    let again = file(dir.path(), "again.toml", &first);
    assert_eq!(ran(vtoc().args(["check", "--print-config", "--config", &again])).stdout, first);
}

#[test]
fn help_teaches_and_shells_complete() {
    let help = String::from_utf8(ran(vtoc().arg("--help")).stdout).unwrap();
    for part in ["Examples:", "vtoc decode recording", "Exit codes:", "station", "central", "demo", "sim", "check", "setup", "enroll"] {
        assert!(help.contains(part), "--help says nothing of {part}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = String::from_utf8(ran(vtoc().args(["completions", shell])).stdout).unwrap();
        assert!(script.contains("decode") && script.contains("print-config"), "{shell}");
    }
}
