//! The one binary: wiring only.
mod config;
fn main() {}
