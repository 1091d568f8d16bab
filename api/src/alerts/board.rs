//! What is not resolved, as those who watch see it: read when something changes, once for all of them.
//!
//! ```text
//!   stored, acknowledged, resolved ─► woken ─► reader: the active alerts ─► the list ─► each client, those of its roles
//! ```
//!
//! Constraints: a client gets the whole list with every change, so that it can miss nothing; what another process changed is
//! found within [`LOOK`]; a list that could not be read again says so.

use crate::auth::RoleSet;
use crate::chat::Place;
use crate::dto::{AlertRead, AlertsFrame, Utc};
use crate::live::Source;
use crate::store::{Role, Store};
use axum::extract::ws::Utf8Bytes;
use model::UnixMicros;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Clients at a time.
pub const CLIENTS_MAX: usize = 256;
/// How often the database is asked although nobody woke us, while somebody watches.
const LOOK: Duration = Duration::from_secs(5);
/// Between two readings.
const APART: Duration = Duration::from_millis(100);

#[derive(Clone, Debug)]
struct List {
    alerts: Arc<[(Role, AlertRead)]>,
    /// There are more of these roles.
    cut: RoleSet,
    /// When it was read.
    at: UnixMicros,
    /// The last reading failed.
    old: bool,
}

#[derive(Debug)]
pub(crate) struct Board {
    /// `None`: the central stops.
    list: watch::Sender<Option<List>>,
    wake: Notify,
    clients: Arc<AtomicUsize>,
}

impl Default for Board {
    fn default() -> Self {
        let list = List { alerts: Arc::from([]), cut: RoleSet::from_iter([]), at: UnixMicros(0), old: true };
        Self { list: watch::Sender::new(Some(list)), wake: Notify::new(), clients: Arc::default() }
    }
}

impl Board {
    /// Something has changed, and is committed.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Reads what has changed, for ever.
    pub async fn read(&self, store: &Store, now: impl Fn() -> UnixMicros) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.wake.notified() => {}
                _ = looks.tick() => {}
            }
            if self.clients.load(SeqCst) != 0 {
                self.refresh(store, now()).await;
                sleep(APART).await;
            }
        }
    }

    async fn refresh(&self, store: &Store, now: UnixMicros) {
        let read = store.active_alerts().await;
        self.list.send_if_modified(|list| {
            let Some(list) = list else { return false };
            match read {
                Ok((alerts, cut)) => {
                    let alerts = alerts.into_iter().map(|alert| (alert.role, AlertRead::from(alert))).collect();
                    *list = List { alerts, cut, at: now, old: false };
                }
                Err(error) => {
                    tracing::warn!(%error, "the list of alerts can't be read; trying again");
                    list.old = true;
                }
            }
            true
        });
    }

    /// Ends all connections.
    pub fn close(&self) {
        self.list.send_replace(None);
    }

    /// `None`: too many watch already.
    pub async fn join(&self, roles: RoleSet, store: &Store, now: UnixMicros) -> Option<Watcher> {
        let place = Place::take(&self.clients, CLIENTS_MAX)?;
        // While nobody watched, nobody read.
        self.refresh(store, now).await;
        let mut list = self.list.subscribe();
        list.mark_changed();
        Some(Watcher { roles, list, last: String::new(), _place: place })
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub(crate) struct Watcher {
    roles: RoleSet,
    list: watch::Receiver<Option<List>>,
    /// What was sent, without its time.
    last: String,
    _place: Place,
}

impl Source for Watcher {
    async fn next(&mut self) -> Option<Utf8Bytes> {
        loop {
            self.list.changed().await.ok()?;
            let list = self.list.borrow_and_update().clone()?;
            let alerts: Vec<&AlertRead> =
                list.alerts.iter().filter(|(role, _)| self.roles.contains(*role)).map(|(_, alert)| alert).collect();
            let more = list.cut.iter().any(|role| self.roles.contains(role));
            let said = format!("{} {more} {}", list.old, serde_json::to_string(&alerts).expect("alerts are plain JSON"));
            if said != self.last {
                self.last = said;
                let frame = AlertsFrame::Alerts { at: Utc(list.at), old: list.old, more, alerts };
                return Some(serde_json::to_string(&frame).expect("alerts are plain JSON").into());
            }
        }
    }
}
