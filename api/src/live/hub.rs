//! The hub: the picture, shared; a tick twice a second; and a bounded slot per client.
//!
//! ```text
//!   publish ──► [picture] ── tick: changes ──► delta, serialised once ──► slot of each client ──► socket
//!                    └────── snapshot ──► a client that joins, or whose slot was full
//! ```
//!
//! Constraints: `publish` holds the lock for about a microsecond per event; JSON is written and
//! encounters are searched outside the lock; a client
//! holds at most [`SLOT`] shared messages, and misses deltas beyond that: it gets a new snapshot once its slot is empty.

use super::aircraft::registry::Database;
use super::picture::{Changes, Limits, Outcome, Picture};
use super::vessel::cpa::Motion;
use super::vessel::encounters::encounters;
use crate::{Clock, dto};
use axum::extract::ws::Utf8Bytes;
use model::{Event, Protocol, StationId, Subject, UnixMicros};
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

const TICK: Duration = Duration::from_millis(500);
/// Who will meet whom is searched once in so many ticks: every 2 s.
const ENCOUNTER_TICKS: u64 = 4;
/// Deltas that wait for one client: 4 s.
pub const SLOT: usize = 8;
/// Live connections at a time.
pub const MAX_CLIENTS: usize = 256;

pub struct Hub {
    state: Mutex<State>,
    clock: Clock,
    counters: HubCounters,
    closed: watch::Sender<bool>,
}

/// Totals since the start, for metrics.
#[derive(Debug, Default)]
pub struct HubCounters {
    pub applied: AtomicU64,
    pub too_old: AtomicU64,
    pub deltas: AtomicU64,
    pub snapshots: AtomicU64,
    /// Times that a client's slot was full and a delta was not given to it.
    pub missed: AtomicU64,
    pub clients_refused: AtomicU64,
    /// Vessels that had more neighbours than a search for encounters looks at; each search counts anew.
    pub encounters_cut: AtomicU64,
}

struct State {
    picture: Picture,
    seq: u64,
    clients: Vec<Client>,
    ticks: u64,
}

struct Client {
    slot: mpsc::Sender<Utf8Bytes>,
    /// The last message in its slot; `None` when it missed one and needs a snapshot.
    seq: Option<u64>,
}

/// A client's end: the first message is a snapshot; the slot closes when the hub does.
#[derive(Debug)]
pub struct LiveClient {
    pub slot: mpsc::Receiver<Utf8Bytes>,
}

#[derive(Debug, thiserror::Error)]
#[error("{MAX_CLIENTS} live connections are open already: close some console pages, or try later")]
pub struct TooManyClients;

impl Hub {
    /// A hub that ticks by itself until [`Hub::close`] or until everyone dropped it. Needs a tokio runtime.
    pub fn start(limits: Limits, clock: Clock) -> Arc<Self> {
        let hub = Arc::new(Self::without_tick(limits, clock));
        let (weak, mut closed) = (Arc::downgrade(&hub), hub.closed.subscribe());
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    _ = closed.wait_for(|closed| *closed) => return,
                }
                let Some(hub) = weak.upgrade() else { return };
                hub.tick();
            }
        });
        hub
    }

    /// For tests and for owners with a timer of their own, who call [`Hub::tick`].
    pub fn without_tick(limits: Limits, clock: Clock) -> Self {
        let state = State { picture: Picture::new(limits), seq: 0, clients: Vec::new(), ticks: 0 };
        Self { state: Mutex::new(state), clock, counters: HubCounters::default(), closed: watch::Sender::new(false) }
    }

    pub fn publish(&self, station: StationId, event: &Event, now: UnixMicros) {
        self.publish_batch(station, std::slice::from_ref(event), now);
    }

    pub fn publish_batch(&self, station: StationId, events: &[Event], now: UnixMicros) {
        let mut applied = 0;
        let mut state = self.lock();
        for event in events {
            applied += u64::from(state.picture.apply(station, event, now) == Outcome::Applied);
        }
        drop(state);
        self.counters.applied.fetch_add(applied, Relaxed);
        self.counters.too_old.fetch_add(events.len() as u64 - applied, Relaxed);
    }

    /// Ends every live connection and the tick.
    pub fn close(&self) {
        self.closed.send_replace(true);
        self.lock().clients.clear();
    }

    pub fn tracks(&self, protocol: Option<Protocol>) -> dto::TrackList {
        let state = self.lock();
        dto::TrackList { generated_at: dto::Utc((self.clock)()), seq: state.seq, tracks: state.picture.snapshot(protocol) }
    }

    /// Changes with everything that is taken in, and with what expires.
    pub fn version(&self) -> (u64, u64) {
        (self.lock().seq, self.counters.applied.load(Relaxed))
    }

    /// Everything known of one track, with ages and sources. `None`: not heard lately.
    pub fn detail(&self, subject: &Subject) -> Option<dto::TrackDetail> {
        self.lock().picture.detail(subject, (self.clock)())
    }

    /// From now on registrations and types are looked up here, too.
    pub fn use_database(&self, database: Arc<Database>) {
        self.lock().picture.use_database(database);
    }

    /// `aircraft.json`.
    pub fn aircraft(&self) -> dto::AircraftList {
        let now = (self.clock)();
        let aircraft = self.lock().picture.aircraft(now);
        dto::AircraftList { now: now.0.div_euclid(1_000) as f64 / 1e3, messages: self.counters.applied.load(Relaxed), aircraft }
    }

    /// A new client; its slot already holds the snapshot.
    pub fn join(&self) -> Result<LiveClient, TooManyClients> {
        let (slot, receiver) = mpsc::channel(SLOT);
        let mut state = self.lock();
        state.clients.retain(|c| !c.slot.is_closed());
        if MAX_CLIENTS <= state.clients.len() || *self.closed.borrow() {
            self.counters.clients_refused.fetch_add(1, Relaxed);
            return Err(TooManyClients);
        }
        let snapshot = state.snapshot((self.clock)());
        drop(state);
        // Serialising takes a while for a full sky: not under the lock. Deltas made meanwhile are missed, so the client is
        // registered only with the seq of its snapshot, and brought up to date by the next tick if there were any.
        slot.try_send(text(&snapshot)).expect("a new slot is empty");
        self.counters.snapshots.fetch_add(1, Relaxed);
        let mut state = self.lock();
        if MAX_CLIENTS <= state.clients.len() {
            return Err(TooManyClients);
        }
        let seq = (state.seq == snapshot.seq).then_some(snapshot.seq);
        state.clients.push(Client { slot, seq });
        Ok(LiveClient { slot: receiver })
    }

    /// Expires, and sends what changed. Called twice a second.
    pub fn tick(&self) {
        let now = (self.clock)();
        let motions = self.lock().motions_due(now);
        if let Some(motions) = motions {
            // Tens of milliseconds with thousands of vessels: not under the lock.
            let search = encounters(&motions);
            self.counters.encounters_cut.fetch_add(search.cut, Relaxed);
            self.lock().picture.set_encounters(search.found);
        }
        let (delta, reset, snapshot) = self.lock().advance(now);
        let delta = delta.map(|d| (d.seq, text(&d)));
        let snapshot = snapshot.map(|s| (s.seq, text(&s)));
        self.counters.deltas.fetch_add(u64::from(delta.is_some()), Relaxed);
        self.counters.snapshots.fetch_add(u64::from(snapshot.is_some()), Relaxed);
        let mut state = self.lock();
        state.clients.retain(|c| !c.slot.is_closed());
        for client in &mut state.clients {
            client.offer(delta.as_ref(), reset, snapshot.as_ref(), &self.counters);
        }
    }

    pub fn counters(&self) -> &HubCounters {
        &self.counters
    }

    /// (tracks, clients, evicted, ahead of the clock) for metrics.
    pub fn gauges(&self) -> (usize, usize, u64, u64) {
        let state = self.lock();
        (state.picture.len(), state.clients.len(), state.picture.evicted(), state.picture.ahead())
    }

    /// A panic while the lock was held can at worst have lost part of one event: the picture stays usable.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("counters", &self.counters).finish_non_exhaustive()
    }
}

impl State {
    fn snapshot(&self, now: UnixMicros) -> dto::Snapshot {
        dto::Snapshot { seq: self.seq, at: dto::Utc(now), tracks: self.picture.snapshot(None) }
    }

    /// At every [`ENCOUNTER_TICKS`]th tick, what the search for encounters needs.
    fn motions_due(&mut self, now: UnixMicros) -> Option<Vec<(Subject, Motion)>> {
        let due = self.ticks.is_multiple_of(ENCOUNTER_TICKS);
        self.ticks += 1;
        due.then(|| self.picture.motions(now))
    }

    /// The delta if anything changed, whether everyone needs a snapshot, and a snapshot if someone can take one.
    fn advance(&mut self, now: UnixMicros) -> (Option<dto::Delta>, bool, Option<dto::Snapshot>) {
        self.picture.expire(now);
        let Changes { updated, removed, reset } = self.picture.take_changes();
        let changed = reset || !updated.is_empty() || !removed.is_empty();
        self.seq += u64::from(changed);
        let delta = (changed && !reset).then_some(dto::Delta { seq: self.seq, at: dto::Utc(now), updated, removed });
        let starved = self.clients.iter().any(|c| (reset || c.seq.is_none()) && c.is_empty());
        let snapshot = starved.then(|| self.snapshot(now));
        (delta, reset, snapshot)
    }
}

impl Client {
    fn is_empty(&self) -> bool {
        self.slot.capacity() == SLOT
    }

    fn offer(&mut self, delta: Option<&(u64, Utf8Bytes)>, reset: bool, snapshot: Option<&(u64, Utf8Bytes)>, counters: &HubCounters) {
        if reset {
            self.seq = None;
        }
        let message = match self.seq {
            Some(last) => delta.filter(|(seq, _)| last < *seq),
            None if self.is_empty() => snapshot,
            None => None,
        };
        let Some((seq, message)) = message else { return };
        let taken = self.slot.try_send(message.clone()).is_ok();
        self.seq = taken.then_some(*seq);
        counters.missed.fetch_add(u64::from(!taken), Relaxed);
    }
}

fn text(message: &impl Serialize) -> Utf8Bytes {
    serde_json::to_string(message).expect("live messages hold no maps with odd keys").into()
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
