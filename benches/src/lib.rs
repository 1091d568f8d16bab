//! Benchmarks live in `benches/`: one file per question, each checks its answer before it is timed. What laboratories share is here,
//! and [`fuzz`], which mutates real input for the parsers of outside bytes.

pub mod adsb_lab;
pub mod aprs_lab;
pub mod curve;
pub mod fuzz;
