//! Signal processing that every protocol shares: plain loops over slices of primitives, vectorised by the compiler.
//!
//! Measured (toolchain notes): plain loops with run-time choice of the instruction set ([`multiversion`]) beat hand-written
//! vectors, need no `unsafe` here, and come out as NEON on aarch64, where NEON is the baseline.

pub mod clock;
pub mod complex;
mod convert;
mod design;
mod fir;
mod line;
mod mix;
mod resample;

pub use convert::{FULL_SCALE_CU8, append_planar};
pub use design::low_pass;
pub use fir::{dot, filtered_power, sum};
pub use line::Line;
pub use mix::{lag_product, rotate, shift, shift_from};
pub use resample::Resampler;
