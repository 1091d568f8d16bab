//! One integration binary. Each module is one kind of promise.

mod adsb_lab;
mod architecture;
mod recordings;
mod units;
