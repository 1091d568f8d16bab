//! One integration binary. Each module is one kind of promise.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "tests fail by panicking, and say why they skip"
)]

mod adsb_lab;
mod ais_sources;
mod aprs_lab;
mod aprs_modems;
mod aprs_sources;
mod aprs_transmit;
mod architecture;
mod browser;
mod chat;
mod cli;
mod delivery;
mod facts;
mod feeds;
mod igate;
mod libais;
mod profiles;
mod recordings;
mod secrets;
mod setup;
mod station;
mod tar1090;
mod tracks;
mod uat_lab;
mod units;
mod urgent;
mod watch;
