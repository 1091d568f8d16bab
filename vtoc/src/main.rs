//! The one binary: wiring only. Each command has a file; `cli.rs` is what `--help` teaches.

mod check;
mod cli;
mod config;
mod failure;
mod logging;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(options) => check::run(&options),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "vtoc", &mut std::io::stdout());
            Ok(())
        }
        _ => Err(Failure::failed("not built yet")),
    }
}
