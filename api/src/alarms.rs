//! Who is told of a distress, and that nobody is told twice: it comes ahead of its turn, from a note of an earlier life of the
//! central, or in its turn, and whichever is first announces it.

use crate::store::Role;
use model::{Event, EventKey};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Alarms that a listener may be behind; a slower one is told how many it missed.
const BEHIND_MAX: usize = 1_024;
/// Events told ahead of their turn in this life of the central and not yet stored. Beyond it, one is told twice rather than not.
const TOLD_MAX: usize = 100_000;

/// A distress or emergency, told once in the life of a central: when it overtook its station's backlog, else when it was
/// stored. What a central that ended in between had noted is told again by the next one: the key says that it is the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Of its station: who may see it.
    pub role: Role,
    pub key: EventKey,
    pub event: Event,
}

#[derive(Debug)]
pub(crate) struct Alarms {
    sender: broadcast::Sender<Arc<Alarm>>,
    /// Noted, and announced in this life.
    told: Mutex<HashSet<EventKey>>,
    /// The notes of earlier lives were read.
    restored: AtomicBool,
}

impl Alarms {
    pub fn new() -> Self {
        let (sender, _) = broadcast::channel(BEHIND_MAX);
        Self { sender, told: Mutex::default(), restored: AtomicBool::new(false) }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Alarm>> {
        self.sender.subscribe()
    }

    pub fn send(&self, alarm: Alarm) {
        // An error means that nobody listens.
        let _ = self.sender.send(Arc::new(alarm));
    }

    /// `true` once: nobody was told of this noted event in this life.
    pub fn is_news(&self, key: EventKey) -> bool {
        let mut told = self.told();
        if TOLD_MAX <= told.len() { !told.contains(&key) } else { told.insert(key) }
    }

    /// Their turn has come. While notes of an earlier life are still being read, one of these may be among them.
    pub fn forget(&self, keys: impl Iterator<Item = EventKey>) {
        if self.restored.load(Relaxed) {
            let mut told = self.told();
            for key in keys {
                told.remove(&key);
            }
        }
    }

    /// All notes of earlier lives were read.
    pub fn restored(&self) {
        self.restored.store(true, Relaxed);
    }

    fn told(&self) -> MutexGuard<'_, HashSet<EventKey>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
