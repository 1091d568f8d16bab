//! Delivery: an event that the spool has accepted reaches the central's database exactly once, in order per station,
//! through power cuts, link loss and restarts on either side.

pub mod intake;
