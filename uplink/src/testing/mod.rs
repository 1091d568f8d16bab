//! For tests, here and in other crates (feature `testing`): arbitrary events, a plausible stream of them, and an intake
//! that keeps everything in memory with the exact semantics that a database must have.

mod aircraft;
mod amateur;
mod events;
mod intake;
mod registrar;

pub use events::{event, events, stream};
pub use intake::{MemoryIntake, Row};
pub use registrar::MemoryRegistrar;
