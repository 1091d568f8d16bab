//! One session per station at a time. A newer one ends the older: a station that lost its link is back before the
//! central has noticed that the old connection is dead.

use super::SessionStatus;
use model::StationId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, watch};

type TurnLock = Arc<tokio::sync::Mutex<()>>;

#[derive(Debug, Default)]
pub struct Sessions {
    stations: Mutex<HashMap<StationId, Entry>>,
    passed_by: AtomicU64,
}

#[derive(Debug, Default)]
struct Entry {
    /// Held by the session that may write.
    turn: TurnLock,
    /// Counts sessions; the holder of an older number gives up its turn.
    newest: watch::Sender<u64>,
    status: Option<SessionStatus>,
}

/// The right to write for a station, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    number: u64,
    newest: watch::Receiver<u64>,
    _held: OwnedMutexGuard<()>,
}

impl Sessions {
    /// Asks the older session to end and waits until it has: its last transaction is then over, and the watermark stands.
    /// One that hangs is waited for no longer than `patience` and passed by: a station's distress must not wait for a lock in
    /// the database. The keeper stands it that two sessions store ([`crate::intake::Intake`]).
    /// `None`: an even newer session came while this one waited.
    pub async fn take_over(&self, station: StationId, patience: Duration) -> Option<Turn> {
        let (mut turn, number, newest) = {
            let mut stations = self.stations.lock().expect("no panic under this lock");
            let entry = stations.entry(station).or_default();
            entry.newest.send_modify(|n| *n += 1);
            let newest = entry.newest.subscribe();
            let number = *newest.borrow();
            (Arc::clone(&entry.turn), number, newest)
        };
        let held = loop {
            match tokio::time::timeout(patience, Arc::clone(&turn).lock_owned()).await {
                Ok(held) => break held,
                Err(_) if number < *newest.borrow() => return None,
                Err(_) => turn = self.pass_by(station, &turn),
            }
        };
        let turn = Turn { number, newest, _held: held };
        if turn.is_superseded() { None } else { Some(turn) }
    }

    /// From now on the station's turn is another lock, unless it is already.
    fn pass_by(&self, station: StationId, hung: &TurnLock) -> TurnLock {
        let mut stations = self.stations.lock().expect("no panic under this lock");
        let entry = stations.entry(station).or_default();
        if Arc::ptr_eq(&entry.turn, hung) {
            tracing::warn!(%station, "an older session's transaction hangs: the newer session goes on beside it");
            self.passed_by.fetch_add(1, Relaxed);
            entry.turn = TurnLock::default();
        }
        Arc::clone(&entry.turn)
    }

    /// Older sessions that a newer one did not wait for.
    pub fn passed_by(&self) -> u64 {
        self.passed_by.load(Relaxed)
    }

    pub fn begin(&self, status: SessionStatus) {
        let mut stations = self.stations.lock().expect("no panic under this lock");
        if let Some(entry) = stations.get_mut(&status.station) {
            entry.status = Some(status);
        }
    }

    pub fn end(&self, station: StationId, turn: &Turn) {
        let mut stations = self.stations.lock().expect("no panic under this lock");
        if let Some(entry) = stations.get_mut(&station).filter(|_| !turn.is_superseded()) {
            entry.status = None;
        }
    }

    pub fn list(&self) -> Vec<SessionStatus> {
        let stations = self.stations.lock().expect("no panic under this lock");
        let mut all: Vec<_> = stations.values().filter_map(|e| e.status.clone()).collect();
        all.sort_by_key(|s| s.station);
        all
    }
}

impl Turn {
    pub fn is_superseded(&self) -> bool {
        self.number < *self.newest.borrow()
    }

    /// Ready when a newer session wants the turn.
    pub async fn superseded(&self) {
        let number = self.number;
        // An error would mean that the map is gone, and with it the server.
        let _ = self.newest.clone().wait_for(|n| number < *n).await;
    }
}
