//! Helpers that several tests share: where the repository is, its files, processes that end with the test.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "tests fail by panicking, and say why they skip"
)]

pub mod http;
pub mod nmea;
pub mod process;
pub mod site;

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// All files below `dir` that git would track, by walking: build output and fetched packages left out.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    const LEFT_OUT: [&str; 9] = [".git", ".peers", "target", "node_modules", ".node", "dist", "artefacts", ".demo", "proptest-regressions"];
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&name.as_str()) || name.starts_with("target-") {
            continue;
        }
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Rust files of a crate or folder.
pub fn rust_files(dir: &Path) -> Vec<PathBuf> {
    files_below(dir).into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs")).collect()
}

/// The part of a Rust file before its `#[cfg(test)]` module.
pub fn without_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod ").map_or(text, |at| &text[..at])
}

/// Is a missing peer or recording a failure (CI), or only a skip?
pub fn peers_required() -> bool {
    std::env::var_os("VTOC_REQUIRE_PEERS").is_some() || std::env::var_os("CI").is_some()
}

/// The folder of recordings, or `None` with a line that says so. With `VTOC_RECORDINGS` set it must be there.
pub fn recordings() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os("VTOC_RECORDINGS") {
        let dir = PathBuf::from(dir);
        assert!(dir.is_dir(), "VTOC_RECORDINGS names {}, which is not a folder", dir.display());
        return Some(dir);
    }
    let beside = root().join("../shared/recordings");
    if beside.is_dir() {
        return Some(beside);
    }
    eprintln!("skipped: no recordings");
    None
}
