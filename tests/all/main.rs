//! One integration binary. Each module is one kind of promise.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "tests fail by panicking, and say why they skip"
)]

mod adsb_lab;
mod aprs_lab;
mod architecture;
mod browser;
mod cli;
mod delivery;
mod feeds;
mod recordings;
mod secrets;
mod station;
mod units;
