//! The one binary: wiring only. Each command has a file; `cli.rs` is what `--help` teaches.

mod aircraft_list;
mod arguments;
#[cfg(feature = "central")]
mod central;
#[cfg(feature = "central")]
mod chat;
mod check;
mod cli;
mod clock;
mod config;
mod decode;
#[cfg(feature = "central")]
mod demo;
#[cfg(feature = "central")]
mod devices;
mod failure;
mod join;
mod logging;
mod metrics;
#[cfg(feature = "central")]
mod operator;
#[cfg(feature = "central")]
mod provision;
mod receivers;
#[cfg(test)]
mod sea_tests;
mod service;
mod setup;
mod simulate;
mod sky;
mod station;

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
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Station(arguments) => station::run(&arguments),
        #[cfg(feature = "central")]
        Command::Central(arguments) => central::run(&arguments),
        #[cfg(feature = "central")]
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Sim(arguments) => simulate::run(&arguments),
        Command::Check(options) => check::run(&options),
        Command::Setup(arguments) => setup::run(&arguments),
        #[cfg(feature = "central")]
        Command::Enroll(arguments) => provision::enroll(&arguments),
        #[cfg(feature = "central")]
        Command::Operator(arguments) => operator::run(&arguments),
        Command::Join(arguments) => join::run(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "vtoc", &mut std::io::stdout());
            Ok(())
        }
    }
}
