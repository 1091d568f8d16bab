//! A delivery session as two pure state machines, one for each end. Time, bytes and storage are the caller's.
//!
//! ```text
//!   Sender:    Hello ─► on_reply ─► wants ─► sent … sent ─► on_ack ─► wants …
//!   Receiver:  on_frame(Hello) ─► Greet ─► greeted ─► on_frame(Segment | Lost) ─► Store | Lost …
//! ```
//!
//! Beside it, `urgent`: a copy of what is distress goes ahead of the backlog on a lane of its own; it is stored by the above.
//!
//! Invariants (the simulation in `sim_tests` kills and cuts at random and compares with the truth):
//! - within an epoch, numbers are sent in order and without a hole, beginning right after the central's watermark;
//! - only a watermark from the central lets the station forget;
//! - whatever is in flight when a link breaks is sent again, and skipped by its key if it had arrived.

mod backoff;
mod receiver;
mod sender;
#[cfg(test)]
mod sim_tests;
mod urgent;

pub use backoff::Backoff;
pub use receiver::{Receiver, Step, merge};
pub use sender::{Found, Sender, SenderError, Want, Window};
pub use urgent::{NotSent, URGENT_WINDOW, Urgency, UrgentSender};
