//! `cargo run --release -p benches --example fuzz -- TARGET CASES [SEED]`: see `benches/src/fuzz`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool that talks to people")]

use benches::fuzz::{TARGETS, run};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, or: u64| arguments.get(at).map_or(Some(or), |a| a.parse().ok());
    let target = arguments.first().and_then(|name| TARGETS.iter().find(|t| t.name == name));
    let (Some(target), Some(cases), Some(seed)) = (target, number(1, 1_000_000), number(2, 1)) else {
        let names: Vec<&str> = TARGETS.iter().map(|t| t.name).collect();
        eprintln!("usage: fuzz TARGET CASES [SEED]\ntargets: {}", names.join(", "));
        return ExitCode::from(2);
    };
    let started = Instant::now();
    match run(target, cases, seed) {
        Ok(deep) => {
            let took = started.elapsed().as_secs_f64();
            println!("{}: {cases} cases, {deep} messages to the end, nothing broke, {took:.0} s", target.name);
            ExitCode::SUCCESS
        }
        Err(found) => {
            println!("{}: case {} of seed {seed} breaks something: {}", target.name, found.number, found.case.escape_ascii());
            ExitCode::FAILURE
        }
    }
}
