//! Benchmarks live in `benches/`: one file per question, each checks its answer before it is timed.
