//! One session per station at a time. A newer one ends the older: a station that lost its link is back before the
//! central has noticed that the old connection is dead.

use super::SessionStatus;
use model::StationId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{OwnedMutexGuard, watch};

#[derive(Debug, Default)]
pub struct Sessions {
    stations: Mutex<HashMap<StationId, Entry>>,
}

#[derive(Debug, Default)]
struct Entry {
    /// Held by the session that may write.
    turn: Arc<tokio::sync::Mutex<()>>,
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
    /// `None`: an even newer session came while this one waited.
    pub async fn take_over(&self, station: StationId) -> Option<Turn> {
        let (turn, number, newest) = {
            let mut stations = self.stations.lock().expect("no panic under this lock");
            let entry = stations.entry(station).or_default();
            entry.newest.send_modify(|n| *n += 1);
            let newest = entry.newest.subscribe();
            let number = *newest.borrow();
            (Arc::clone(&entry.turn), number, newest)
        };
        let held = turn.lock_owned().await;
        let turn = Turn { number, newest, _held: held };
        if turn.is_superseded() { None } else { Some(turn) }
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
