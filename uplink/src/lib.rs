//! Delivery: an event that the spool has accepted reaches the central's database exactly once, in order per station,
//! through power cuts, link loss and restarts on either side.

pub mod aprs_is;
pub mod client;
pub mod enroll;
pub mod feeds;
pub mod intake;
mod link;
pub mod server;
pub mod session;
pub mod spool;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tls;
pub mod wire;

pub use link::Congestion;

#[cfg(test)]
mod end_to_end_tests;
