//! Benchmarks live in `benches/`: one file per question, each checks its answer before it is timed. What laboratories share is here.

pub mod adsb_lab;
pub mod curve;
