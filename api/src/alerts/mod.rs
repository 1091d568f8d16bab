//! Alerts: rules over what stations deliver and programs post, judged on the central.
//!
//! ```text
//!   intake ──COMMIT──► queue ─────────┐
//!   notes of what overtook a backlog ─┤                        ┌─► alerts (Postgres): exactly one for one cause ──► board: who watches
//!   what programs posted (read back) ─┼─► keeper ──► engine ───┤
//!   stations' greetings, the clock ───┘   (I/O)      (pure)    └─► notify, once it is stored
//!   history ──────────────────────────► back-test ──► engine ──► what it would have raised
//! ```
//!
//! Constraints: the intake never waits for us; what the queue can't hold is read back from the database; after a restart too:
//! events received since the last mark are judged again, which raises nothing twice (`engine`, `store::alerts`).

pub(crate) mod backtest;
mod board;
mod change;
mod engine;
mod entry;
mod fence;
mod keeper;
mod notify;
mod observation;
mod poi;
mod rule;
mod sea;

use board::Board;
pub use change::{AlertKey, Change, Progress, Raised, Restored, State};
pub use engine::{Engine, FORGET_US};
pub(crate) use keeper::keep;
pub use observation::{Observation, Posted, Sails};
pub use poi::PoiIdentifier;
pub use rule::{Condition, Rule, Severity};

use crate::metrics::Metrics;
use crate::store::{AlertRule, Role};
use model::{Event, StationId};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore, oneshot};

/// Observations that wait to be judged; beyond it they are read back from the database.
pub(crate) const QUEUE_MAX: usize = 50_000;
/// Subjects × rules that the engine knows.
pub(crate) const ENTRIES_MAX: usize = 100_000;

/// What the intake, the routes and the keeper share.
#[derive(Debug)]
pub(crate) struct Alerts {
    queue: Mutex<VecDeque<Observation>>,
    overflowed: AtomicBool,
    /// Rules were changed, or somebody closed an alert.
    changed: AtomicBool,
    wake: Notify,
    asks: Mutex<Vec<oneshot::Sender<()>>>,
    /// For those who watch.
    pub board: Board,
    metrics: Arc<Metrics>,
    /// One back-test at a time.
    pub backtests: Semaphore,
}

impl Alerts {
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            queue: Mutex::default(),
            overflowed: AtomicBool::new(false),
            changed: AtomicBool::new(false),
            wake: Notify::new(),
            asks: Mutex::default(),
            board: Board::default(),
            metrics,
            backtests: Semaphore::new(1),
        }
    }

    /// Events of a station, after COMMIT; those that overtook its backlog, too. Never waits.
    pub fn offer(&self, role: Role, station: StationId, events: &[Event]) {
        let seen: Vec<Observation> = events.iter().filter_map(|event| Observation::heard(event, role, station)).collect();
        let mut queue = self.queue();
        let room = QUEUE_MAX.saturating_sub(queue.len());
        if room < seen.len() {
            self.overflowed.store(true, Relaxed);
            self.metrics.alerts.missed.fetch_add((seen.len() - room) as u64, Relaxed);
        }
        queue.extend(seen.into_iter().take(room));
        drop(queue);
        self.wake.notify_one();
    }

    /// Rules or alerts were changed by somebody.
    pub fn changed(&self) {
        self.changed.store(true, Relaxed);
        self.wake.notify_one();
    }

    /// Waits until everything that was handed out is judged and stored.
    #[cfg(test)]
    pub async fn settled(&self) {
        let (sender, settled) = oneshot::channel();
        self.asks().push(sender);
        self.wake.notify_one();
        settled.await.expect("the keeper is there as long as the central");
    }

    fn asks(&self) -> MutexGuard<'_, Vec<oneshot::Sender<()>>> {
        self.asks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Observation>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `None`: a later version wrote it.
pub(crate) fn compile(stored: &AlertRule, pois: &[PoiIdentifier]) -> Option<Rule> {
    let condition = Condition::read(&stored.condition);
    let mut condition = condition.inspect_err(|error| tracing::error!(rule = stored.id, %error, "an alert rule is left out")).ok()?;
    condition.know(pois);
    let suppress_us = i64::from(stored.suppress_minutes) * 60_000_000;
    Some(Rule { id: stored.id, roles: stored.roles, severity: stored.severity, suppress_us, condition })
}
