//! One integration binary. Each module is one kind of promise.

mod architecture;
mod recordings;
mod units;
