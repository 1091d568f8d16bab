//! Finding and running a peer program.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// True when `program` can be run.
pub fn found(program: &str, probe: &str) -> bool {
    Command::new(program).arg(probe).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// The same; but a missing program fails the test where peers are required.
pub fn installed(program: &str, probe: &str) -> bool {
    let found = found(program, probe);
    let required = ["CI", "VTOC_REQUIRE_PEERS"].iter().any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0"));
    assert!(found || !required, "{program} is not installed, and peers are required here");
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

/// A scratch file with `bytes`, removed when dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        // Tests of one process run side by side.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("{}-{}-{name}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(unique);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What `command` writes to standard output, as text.
pub fn output_of(command: &mut Command) -> String {
    let out = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// A file of the recordings that nobody here made. `None`: there are none (and none are required).
pub fn recording_bytes(path: &str) -> Option<Vec<u8>> {
    let required = std::env::var_os("VTOC_RECORDINGS");
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings");
    let folder = required.clone().map_or_else(beside, PathBuf::from);
    if required.is_none() && !folder.is_dir() {
        println!("skipped: no recordings");
        return None;
    }
    Some(std::fs::read(folder.join(path)).unwrap())
}

/// The same, as text.
pub fn recording(path: &str) -> Option<String> {
    recording_bytes(path).map(|bytes| String::from_utf8(bytes).unwrap())
}
