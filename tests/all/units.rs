//! The systemd units: understood by systemd without a word, and hardened.

use std::process::Command;
use tests::{peers_required, root};

#[test]
fn units_verify_without_a_word() {
    for unit in ["vtoc-station", "vtoc-central"] {
        let Some((_dir, path)) = installed(unit) else { return };
        let output = Command::new("systemd-analyze").arg("verify").arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.trim(), "", "{unit}");
        assert!(output.status.success());
    }
}

#[test]
fn units_are_hardened() {
    for unit in ["vtoc-station", "vtoc-central"] {
        let Some((_dir, path)) = installed(unit) else { return };
        let output = Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=20"]).arg(&path).output().unwrap();
        assert!(output.status.success(), "{unit} scores above 2.0:\n{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// The unit with a program that exists on this machine, since systemd looks for it.
fn installed(unit: &str) -> Option<(tempfile::TempDir, std::path::PathBuf)> {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        assert!(!peers_required(), "systemd-analyze is not installed (package systemd)");
        eprintln!("skipped: systemd-analyze is not installed");
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("{unit}.service"));
    let text = std::fs::read_to_string(root().join("systemd").join(format!("{unit}.service"))).unwrap();
    std::fs::write(&path, text.replace("/usr/bin/vtoc", "/bin/true")).unwrap();
    Some((dir, path))
}
