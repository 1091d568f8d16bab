//! Finding and running a peer program.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// True when `program` can be run. Otherwise the test is skipped, or fails where peers are required.
pub fn installed(program: &str, probe: &str) -> bool {
    let found = Command::new(program).arg(probe).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
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
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
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
