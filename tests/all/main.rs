//! One integration binary. Each module is one kind of promise.

mod adsb_lab;
mod architecture;
mod browser;
mod cli;
mod delivery;
mod recordings;
mod station;
mod units;
