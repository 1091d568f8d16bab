//! The machine's clock, read here and handed to whoever needs the time.

use model::UnixMicros;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// UTC by the system's clock. A clock before 1970 reads as 0.
pub fn now() -> UnixMicros {
    UnixMicros(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64))
}

pub fn clock() -> api::Clock {
    Arc::new(now)
}
