//! What CI runs, in Rust: `cargo xtask ci`. Every step is announced and timed; the first failure ends the run.
//!
//! `cargo xtask ci --from STEP` begins at a step, for the impatient.
//!
//! CI draws the same cases for every property each time, so that its verdict is about the change. `cargo xtask soak` draws others, and
//! [`SOAK_CASES`] of them: what CI's few hundred meet once in a hundred runs, it meets now. What it finds becomes a test by name.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a build tool talks to people")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// The seed of the properties in CI; `PROPTEST_RNG_SEED` sets another.
const SEED: &str = "161975162025";
/// Cases of each property in a soak (in CI 256, unless the property says otherwise).
const SOAK_CASES: &str = "4000";

/// One step of CI: its name, and the commands that must all succeed.
struct Step {
    name: &'static str,
    commands: Vec<Vec<String>>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["ci"] => ci(None),
        ["ci", "--from", step] => ci(Some(step)),
        ["soak"] => soak(),
        _ => {
            eprintln!(
                "usage: cargo xtask ci [--from STEP] | soak\nsteps: {}",
                steps().iter().map(|s| s.name).collect::<Vec<_>>().join(", ")
            );
            ExitCode::from(2)
        }
    }
}

fn ci(from: Option<&str>) -> ExitCode {
    let mut steps = steps();
    if let Some(name) = from {
        let Some(at) = steps.iter().position(|s| s.name == name) else {
            eprintln!("xtask: no step is called {name}");
            return ExitCode::from(2);
        };
        steps.drain(..at);
    }
    let started = Instant::now();
    for step in &steps {
        println!("\n=== {} ===", step.name);
        let step_started = Instant::now();
        for command in &step.commands {
            if !run(command) {
                println!("\nxtask: step `{}` failed: {}", step.name, command.join(" "));
                return ExitCode::FAILURE;
            }
        }
        println!("=== {}: {:.0} s ===", step.name, step_started.elapsed().as_secs_f32());
    }
    println!("\nxtask: everything passed in {:.1} min", started.elapsed().as_secs_f32() / 60.0);
    ExitCode::SUCCESS
}

/// Every property with many cases, drawn anew: some twenty minutes on two cores.
fn soak() -> ExitCode {
    let words = "test --workspace --lib --locked --no-fail-fast -- --skip lab";
    let status = Command::new("cargo").args(words.split(' ')).current_dir(root()).env("PROPTEST_CASES", SOAK_CASES).status();
    if status.is_ok_and(|s| s.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn steps() -> Vec<Step> {
    let web = |words: &str| format!("sh web/node.sh npm {words}");
    vec![
        step("format", &["cargo fmt --all --check"]),
        step(
            "console",
            &[
                &web("ci --silent"),
                &web("run --silent lint"),
                &web("run --silent typecheck"),
                &web("run --silent test"),
                &web("run --silent build"),
            ],
        ),
        step(
            "clippy",
            &[
                "cargo clippy --workspace --all-targets --locked -- -D warnings",
                "cargo clippy -p vtoc --locked --no-default-features --features station -- -D warnings",
            ],
        ),
        step("build", &["cargo build --locked -p vtoc --features embed-ui"]),
        step("test", &["cargo test --workspace --locked --no-fail-fast"]),
        step("benches", &["cargo test --locked -p benches --benches -- --test"]),
    ]
}

fn step(name: &'static str, commands: &[&str]) -> Step {
    Step { name, commands: commands.iter().map(|c| c.split_whitespace().map(str::to_owned).collect()).collect() }
}

fn run(command: &[String]) -> bool {
    let status = Command::new(&command[0])
        .args(&command[1..])
        .current_dir(root())
        // The binary with the console in it: what the end-to-end and browser tests start.
        .env("VTOC_BIN", target().join("debug/vtoc"))
        .env("PROPTEST_RNG_SEED", std::env::var_os("PROPTEST_RNG_SEED").unwrap_or_else(|| SEED.into()))
        .status();
    match status {
        Ok(status) => status.success(),
        Err(e) => {
            eprintln!("xtask: {} can't be started: {e}", command[0]);
            false
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the repository").to_path_buf()
}

fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    if target.is_absolute() { target } else { root().join(target) }
}
