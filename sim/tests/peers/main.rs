//! Programs that nobody here wrote must decode what `sim` makes.
//!
//! A missing program prints "skipped: … is not installed" and passes, unless `CI` or `VTOC_REQUIRE_PEERS` is set.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, outside #[test] functions")]

mod adsb;
mod ais;
mod aprs;
mod peer;
mod uat;
