//! Opens a source, runs it, and opens it again after a growing pause when it fails.
//!
//! ```text
//!   Starting ─► Running ◄─► Stalled           pause: 0.25 s, 0.5 s, 1 s … 30 s; back to 0.25 s after a good run
//!                 │  ▲
//!        error,   ▼  │ opened
//!        panic  Waiting            Ended (recording), Failed (can't help), Stopped
//! ```
//! A recording read flat out is never opened again: its frames would come twice.

use super::{Common, Line, close};
use crate::counters::{ReceiverState, add};
use hw::{SourceError, SourceInfo};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// First and longest pause before a source is opened again.
pub const PAUSE_MIN: Duration = Duration::from_millis(250);
pub const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A source that ran for so long was good: the next pause is the shortest again.
const GOOD_RUN_US: i64 = 10_000_000;

/// How a run of an open source ended.
#[derive(Debug)]
pub enum Outcome {
    /// The end of a recording.
    End,
    /// A stop was requested.
    Stop,
    /// Nobody can use what it gives (the reason is in the status already).
    GaveUp,
    Failed(SourceError),
}

/// Runs a source until its end, a final failure or a stop.
pub fn supervise<S>(
    line: &Line,
    common: &Common,
    mut open: impl FnMut() -> Result<S, SourceError>,
    info: impl Fn(&S) -> SourceInfo,
    mut run: impl FnMut(S) -> Outcome,
) {
    let status = &line.status;
    let (mut pause, mut opened) = (PAUSE_MIN, 0_u64);
    loop {
        if common.stop.requested() {
            return close(status, ReceiverState::Stopped);
        }
        let mut live = true;
        let mut ran_us = 0;
        let outcome = match guard(line, &mut open) {
            Err(error) => Outcome::Failed(error),
            Ok(source) => {
                let info = info(&source);
                live = info.live;
                status.live.store(live, Ordering::Relaxed);
                add(&status.counters.restarts, u64::from(0 < opened));
                opened += 1;
                let start = common.clock.mono_us();
                status.last_block_us.store(start, Ordering::Relaxed);
                status.set_state(ReceiverState::Running);
                tracing::info!(receiver = %status.name, kind = info.kind, source = %info.name, live, "receiver opened");
                let outcome = guard(line, || Ok(run(source))).unwrap_or_else(Outcome::Failed);
                ran_us = common.clock.mono_us() - start;
                outcome
            }
        };
        line.not_waited_for();
        let error = match outcome {
            Outcome::End => return close(status, ReceiverState::Ended),
            Outcome::Stop => return close(status, ReceiverState::Stopped),
            Outcome::GaveUp => return close(status, ReceiverState::Failed),
            Outcome::Failed(error) => error,
        };
        add(&status.counters.source_errors, 1);
        let changed = status.set_error(Some(error.to_string()));
        let is_final = error.is_final() || !live;
        if is_final || changed {
            tracing::warn!(receiver = %status.name, %error, is_final, "receiver's source failed");
        }
        if is_final {
            return close(status, ReceiverState::Failed);
        }
        if GOOD_RUN_US <= ran_us {
            pause = PAUSE_MIN;
        }
        status.set_state(ReceiverState::Waiting);
        if common.stop.wait(pause) {
            return close(status, ReceiverState::Stopped);
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Calls a source; a panic is counted and becomes an error.
fn guard<T>(line: &Line, call: impl FnOnce() -> Result<T, SourceError>) -> Result<T, SourceError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        add(&line.status.counters.panics, 1);
        let why = std::io::Error::other(format!("panic: {}", panic_text(&*panic)));
        Err(SourceError::Lost { what: line.status.name.clone(), source: why })
    })
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else {
        panic.downcast_ref::<String>().map_or("without a message", String::as_str)
    }
}
