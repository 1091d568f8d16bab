//! An intake in memory: the semantics of `intake::Intake` in their plainest form, an oracle for tests.

use crate::intake::{Batch, Intake, IntakeError, KeyFingerprint, Lost, Told, UrgentKey, Watermark};
use model::{Epoch, Event, StationId};
use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// One stored event, in the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub station: StationId,
    pub epoch: Epoch,
    pub seq: u64,
    pub event: Event,
}

#[derive(Debug, Default)]
pub struct MemoryIntake {
    state: Mutex<State>,
    /// How many of the next `store` calls answer that the database is away.
    pub fail_stores: AtomicU64,
    /// Batches stored.
    pub batches: AtomicU64,
    /// While it is held, no batch is stored.
    pub held: tokio::sync::Mutex<()>,
    waiting: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    rows: Vec<Row>,
    lost: Vec<(StationId, Lost)>,
    watermarks: BTreeMap<(StationId, Epoch), u64>,
    refused: HashSet<KeyFingerprint>,
    notes: HashSet<(StationId, UrgentKey)>,
    shown: Vec<Row>,
}

impl MemoryIntake {
    pub fn rows(&self) -> Vec<Row> {
        self.lock().rows.clone()
    }

    pub fn row_count(&self) -> usize {
        self.lock().rows.len()
    }

    /// What people were shown, in this order: an urgent event when it came ahead, every other when it was stored.
    pub fn shown(&self) -> Vec<Row> {
        self.lock().shown.clone()
    }

    /// Calls of `store` that wait for `held`.
    pub fn stores_waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    pub fn losses(&self) -> Vec<(StationId, Lost)> {
        self.lock().lost.clone()
    }

    /// From now on, this key may not deliver.
    pub fn revoke(&self, key: KeyFingerprint) {
        self.lock().refused.insert(key);
    }

    /// As if the database had been restored from an older backup: forgets all rows and watermarks of `epoch` after `seq`.
    pub fn set_back(&self, epoch: Epoch, seq: u64) {
        let mut state = self.lock();
        state.rows.retain(|r| r.epoch != epoch || r.seq <= seq);
        for (_, mark) in state.watermarks.iter_mut().filter(|((_, e), _)| *e == epoch) {
            *mark = (*mark).min(seq);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the lock")
    }

    fn advance(
        &self,
        station: StationId,
        epoch: Epoch,
        first: u64,
        last: u64,
        f: impl FnOnce(&mut State, u64),
    ) -> Result<Watermark, IntakeError> {
        let mut state = self.lock();
        let stored = state.watermarks.get(&(station, epoch)).copied().unwrap_or(0);
        if stored + 1 < first {
            return Err(IntakeError::Gap { stored, offered: first });
        }
        if stored < last {
            f(&mut state, stored);
            state.watermarks.insert((station, epoch), last);
        }
        Ok(Watermark { epoch, seq: stored.max(last) })
    }
}

impl Intake for MemoryIntake {
    async fn greet(&self, station: StationId, key: KeyFingerprint, epoch: Epoch) -> Result<Option<Watermark>, IntakeError> {
        let state = self.lock();
        if state.refused.contains(&key) {
            return Err(IntakeError::Refused { station, why: "its key was revoked".into() });
        }
        Ok(state.watermarks.get(&(station, epoch)).map(|&seq| Watermark { epoch, seq }))
    }

    async fn store(&self, station: StationId, batch: Batch) -> Result<Watermark, IntakeError> {
        let failing = |n: u64| n.checked_sub(1);
        if self.fail_stores.fetch_update(Ordering::Relaxed, Ordering::Relaxed, failing).is_ok() {
            return Err(IntakeError::Unavailable("the test says so".into()));
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _held = self.held.lock().await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let Batch { epoch, first_seq, events } = batch;
        let last = first_seq + events.len() as u64 - 1;
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.advance(station, epoch, first_seq, last, |state, stored| {
            let new = (first_seq..).zip(events).filter(|(seq, _)| stored < *seq);
            for row in new.map(|(seq, event)| Row { station, epoch, seq, event }) {
                if !state.notes.remove(&(station, UrgentKey { epoch, seq: row.seq })) {
                    state.shown.push(row.clone());
                }
                state.rows.push(row);
            }
        })
    }

    async fn urgent(&self, station: StationId, key: UrgentKey, event: Event) -> Result<Told, IntakeError> {
        let mut state = self.lock();
        if state.watermarks.get(&(station, key.epoch)).is_some_and(|stored| key.seq <= *stored) {
            return Ok(Told::Stored);
        }
        if !state.notes.insert((station, key)) {
            return Ok(Told::Again);
        }
        state.shown.push(Row { station, epoch: key.epoch, seq: key.seq, event });
        Ok(Told::First)
    }

    async fn lost(&self, station: StationId, lost: Lost) -> Result<Watermark, IntakeError> {
        let (epoch, first, last) = (lost.epoch, lost.first_seq, lost.last_seq);
        self.advance(station, epoch, first, last, |state, stored| {
            state.lost.push((station, Lost { first_seq: first.max(stored + 1), ..lost }));
        })
    }
}
