//! The keeper of stations' events on Postgres: what the uplink server asks ([`uplink::intake::Intake`]).
//!
//! ```text
//!   greet ─► key known, active, not expired, this station's?  ─► watermark of its epoch
//!   store ─► plan(watermark, batch) ─► repeat | gap | append ─COMMIT─► live picture, alarms   (but what was told ahead)
//!   urgent ─► note, ahead of its turn ─COMMIT─► live picture, alarms
//! ```
//!
//! Constraints: an answer is given only after COMMIT; everything that could be the database's passing trouble is
//! `Unavailable`, so that a station keeps its events and tries again; `Refused` is only what an operator decided.

use crate::Clock;
use crate::alarms::{Alarm, Alarms};
use crate::alerts::Alerts;
use crate::chat::radio::Words;
use crate::metrics::Metrics;
use crate::pictures::Pictures;
use crate::routes::caches::WatchCache;
use crate::store::{Appended, NewEvents, Role, Spool, Store, StoreError};
use model::{Epoch, Event, EventKey, Priority, Protocol, StationId, UnixMicros};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::broadcast;
use uplink::enroll::{RedeemError, Registrar};
use uplink::intake::{Batch, Intake, IntakeError, KeyFingerprint, Lost, Told, UrgentKey, Watermark};
use uplink::tls::TokenHash;

/// How often a batch is tried when another session moves the watermark at the same time. Sessions are fenced by the
/// server, so more than one race in a row is already odd.
const ATTEMPTS: usize = 4;

/// Clones share everything.
#[derive(Clone)]
pub struct PgIntake(Arc<Inner>);

struct Inner {
    store: Store,
    pictures: Arc<Pictures>,
    clock: Clock,
    metrics: Arc<Metrics>,
    watched: Arc<WatchCache>,
    alarms: Alarms,
    /// Messages for the chat.
    words: Words,
    /// Judges what is stored.
    alerts: Arc<Alerts>,
    /// Stations that greeted since the start: as many as are enrolled.
    known: Mutex<HashMap<StationId, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    id: i64,
    role: Role,
    sources: BTreeMap<Protocol, i64>,
    last_seen: Option<UnixMicros>,
}

impl PgIntake {
    pub(crate) fn new(
        store: Store,
        pictures: Arc<Pictures>,
        alerts: Arc<Alerts>,
        clock: Clock,
        metrics: Arc<Metrics>,
        watched: Arc<WatchCache>,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            pictures,
            clock,
            metrics,
            watched,
            alarms: Alarms::new(),
            words: Words::default(),
            alerts,
            known: Mutex::default(),
        }))
    }

    /// For whoever alerts people.
    pub fn alarms(&self) -> broadcast::Receiver<Arc<Alarm>> {
        self.0.alarms.subscribe()
    }

    pub(crate) fn words(&self) -> &Words {
        &self.0.words
    }

    /// An event that an earlier life of the central had noted. `false`: it was told meanwhile.
    pub(crate) fn restore_urgent(&self, role: Role, key: EventKey, event: &Event) -> bool {
        let news = self.0.alarms.is_news(key);
        if news {
            self.0.announce(role, key, event);
        }
        news
    }

    /// [`PgIntake::restore_urgent`] was called for all there were.
    pub(crate) fn restored(&self) {
        self.0.alarms.restored();
    }

    /// When the station last greeted or delivered. The uplink server may say it too ([`PgIntake::saw`]).
    pub fn last_seen(&self, station: StationId) -> Option<UnixMicros> {
        self.0.known().get(&station).and_then(|k| k.last_seen)
    }

    /// The station is there, although it has nothing to deliver.
    pub fn saw(&self, station: StationId) {
        let now = (self.0.clock)();
        if let Some(known) = self.0.known().get_mut(&station) {
            known.last_seen = Some(now);
        }
    }
}

impl Registrar for PgIntake {
    async fn redeem(&self, token: TokenHash, station: StationId, key: KeyFingerprint) -> Result<(), RedeemError> {
        let redeemed = self.0.store.redeem_enrolment_token(station, token, key, (self.0.clock)()).await;
        match redeemed {
            Ok(true) => Ok(()),
            Ok(false) => Err(RedeemError::Refused),
            Err(error) => Err(RedeemError::Unavailable(error.to_string())),
        }
    }
}

impl Intake for PgIntake {
    async fn greet(&self, station: StationId, key: KeyFingerprint, epoch: Epoch) -> Result<Option<Watermark>, IntakeError> {
        self.0.greet(station, key, epoch).await.inspect_err(|e| self.0.count(e))
    }

    async fn store(&self, station: StationId, batch: Batch) -> Result<Watermark, IntakeError> {
        let started = Instant::now();
        let stored = self.0.store(station, &batch).await.inspect_err(|e| self.0.count(e));
        add(&self.0.metrics.intake.store_micros, u64::try_from(started.elapsed().as_micros()).unwrap_or(0));
        stored
    }

    async fn urgent(&self, station: StationId, key: UrgentKey, event: Event) -> Result<Told, IntakeError> {
        self.0.urgent(station, key, event).await.inspect_err(|e| self.0.count(e))
    }

    async fn lost(&self, station: StationId, lost: Lost) -> Result<Watermark, IntakeError> {
        self.0.lost(station, &lost).await.inspect_err(|e| self.0.count(e))
    }
}

impl Inner {
    async fn greet(&self, station: StationId, key: KeyFingerprint, epoch: Epoch) -> Result<Option<Watermark>, IntakeError> {
        let refuse = |why: &str| Err(IntakeError::Refused { station, why: why.into() });
        let Some(record) = self.store.key(key).await.map_err(unavailable)? else {
            return refuse("its key is not known here; enrol it");
        };
        let now = (self.clock)();
        if record.revoked {
            return refuse("its key was revoked");
        }
        if record.not_after.is_some_and(|end| end <= now) {
            return refuse("its key has expired; enrol it again");
        }
        if record.station.slug != station {
            return refuse("its key is enrolled for another station");
        }
        let stored = self.store.watermark(record.station.role, Spool { station, epoch }).await.map_err(unavailable)?;
        self.remember(station, record.station.id, record.station.role, now);
        Ok(stored.map(|seq| Watermark { epoch, seq }))
    }

    async fn store(&self, station: StationId, batch: &Batch) -> Result<Watermark, IntakeError> {
        let intake = &self.metrics.intake;
        let spool = Spool { station, epoch: batch.epoch };
        for _ in 0..ATTEMPTS {
            let mut known = self.known_station(station).await?;
            let stored = self.store.watermark(known.role, spool).await.map_err(unavailable)?.unwrap_or(0);
            let skip = match plan(stored, batch.first_seq, batch.events.len() as u64) {
                Plan::Refuse(why) => return Err(IntakeError::Refused { station, why: why.into() }),
                Plan::Gap => return Err(IntakeError::Gap { stored, offered: batch.first_seq }),
                Plan::Repeat => {
                    add(&intake.repeats, batch.events.len() as u64);
                    return Ok(Watermark { epoch: batch.epoch, seq: stored });
                }
                Plan::Append { skip } => usize::try_from(skip).expect("less than the batch's length"),
            };
            let events = &batch.events[skip..];
            self.find_sources(station, &mut known, events).await?;
            let watched = self.watched.get(&self.store).await;
            let new = NewEvents { spool, station_id: known.id, after: stored, events, watched: &watched };
            match self.store.append(known.role, &used(&known.sources, events), new).await.map_err(unavailable)? {
                Appended::Stored(told) => {
                    add(&intake.repeats, skip as u64);
                    self.stored(spool, known.role, stored + 1, events, &told);
                    return Ok(Watermark { epoch: batch.epoch, seq: stored + events.len() as u64 });
                }
                Appended::Raced => add(&intake.races, 1),
                Appended::SourceGone => self.forget_sources(station),
            }
        }
        Err(contradiction(spool))
    }

    async fn lost(&self, station: StationId, lost: &Lost) -> Result<Watermark, IntakeError> {
        let spool = Spool { station, epoch: lost.epoch };
        let count = lost.last_seq.checked_sub(lost.first_seq).and_then(|n| n.checked_add(1)).unwrap_or(0);
        for _ in 0..ATTEMPTS {
            let known = self.known_station(station).await?;
            let stored = self.store.watermark(known.role, spool).await.map_err(unavailable)?.unwrap_or(0);
            match plan(stored, lost.first_seq, count) {
                Plan::Refuse(why) => return Err(IntakeError::Refused { station, why: why.into() }),
                Plan::Gap => return Err(IntakeError::Gap { stored, offered: lost.first_seq }),
                Plan::Repeat => return Ok(Watermark { epoch: lost.epoch, seq: stored }),
                Plan::Append { .. } => {}
            }
            let declared = self.store.declare_lost(known.role, spool, stored, lost.last_seq, lost.why).await.map_err(unavailable)?;
            if let Appended::Stored(_) = declared {
                add(&self.metrics.intake.lost, lost.last_seq - stored);
                tracing::warn!(%station, epoch = %lost.epoch, after = stored, last = lost.last_seq, why = lost.why.name(), "events lost");
                return Ok(Watermark { epoch: lost.epoch, seq: lost.last_seq });
            }
            add(&self.metrics.intake.races, 1);
        }
        Err(contradiction(spool))
    }

    async fn urgent(&self, station: StationId, key: UrgentKey, event: Event) -> Result<Told, IntakeError> {
        if i64::try_from(key.seq).is_err() || key.seq == 0 {
            return Err(IntakeError::Refused { station, why: "an urgent event's number is out of range".into() });
        }
        let known = self.known_station(station).await?;
        let spool = Spool { station, epoch: key.epoch };
        let told = self.store.note_urgent(known.role, spool, known.id, key.seq, &event).await.map_err(unavailable)?;
        let intake = &self.metrics.intake;
        add([&intake.urgent, &intake.urgent_repeats, &intake.urgent_late][told as usize], 1);
        let key = EventKey { station, epoch: key.epoch, seq: key.seq };
        // Also a repeat may be news: an earlier attempt was cut off between COMMIT and here.
        if told != Told::Stored && self.alarms.is_news(key) {
            self.announce(known.role, key, &event);
        }
        Ok(told)
    }

    fn announce(&self, role: Role, key: EventKey, event: &Event) {
        self.alerts.offer(role, key.station, std::slice::from_ref(event));
        self.words.offer(role, key.station, std::slice::from_ref(event));
        self.pictures.publish(role, key.station, std::slice::from_ref(event), (self.clock)());
        self.alarm(role, key, event);
    }

    fn alarm(&self, role: Role, key: EventKey, event: &Event) {
        if event.priority() == Priority::High {
            add(&self.metrics.intake.alarms, 1);
            self.alarms.send(Alarm { role, key, event: event.clone() });
        }
    }

    /// After COMMIT. `noted`: numbers of those that came ahead, in this life or an earlier one.
    fn stored(&self, spool: Spool, role: Role, first_seq: u64, events: &[Event], noted: &BTreeSet<u64>) {
        let (station, now) = (spool.station, (self.clock)());
        add(&self.metrics.intake.batches, 1);
        add(&self.metrics.intake.events, events.len() as u64);
        self.alerts.offer(role, station, events);
        self.words.offer(role, station, events);
        let mut rest = (first_seq, events);
        let key = |seq| EventKey { station, epoch: spool.epoch, seq };
        let known: BTreeSet<u64> = noted.iter().copied().filter(|seq| !self.alarms.is_news(key(*seq))).collect();
        for seq in &known {
            let (before, from) = rest.1.split_at((seq - rest.0) as usize);
            self.pictures.publish(role, station, before, now);
            rest = (seq + 1, &from[1..]);
        }
        self.pictures.publish(role, station, rest.1, now);
        for (seq, event) in (first_seq..).zip(events).filter(|(seq, _)| !known.contains(seq)) {
            self.alarm(role, key(seq), event);
        }
        self.alarms.forget(noted.iter().map(|seq| key(*seq)));
        if let Some(known) = self.known().get_mut(&station) {
            known.last_seen = Some(now);
        }
    }

    async fn known_station(&self, station: StationId) -> Result<Known, IntakeError> {
        if let Some(known) = self.known().get(&station) {
            return Ok(known.clone());
        }
        // Its greeting was before we started, or not at all: the server decides who may call us, we need id and role.
        let record = self.store.station(station.as_str()).await.map_err(unavailable)?;
        let record = record.ok_or_else(|| IntakeError::Refused { station, why: "it is not registered".into() })?;
        Ok(self.remember(station, record.id, record.role, (self.clock)()))
    }

    async fn find_sources(&self, station: StationId, known: &mut Known, events: &[Event]) -> Result<(), IntakeError> {
        for event in events {
            if known.sources.contains_key(&event.protocol) {
                continue;
            }
            let source = self.store.station_source(known.role, station, known.id, event.protocol).await.map_err(unavailable)?;
            known.sources.insert(event.protocol, source);
            if let Some(shared) = self.known().get_mut(&station) {
                shared.sources.insert(event.protocol, source);
            }
        }
        Ok(())
    }

    fn remember(&self, station: StationId, id: i64, role: Role, now: UnixMicros) -> Known {
        let mut known = self.known();
        let entry = known.entry(station).or_insert_with(|| Known { id, role, sources: BTreeMap::new(), last_seen: None });
        if (entry.id, entry.role) != (id, role) {
            // Deleted and registered anew.
            *entry = Known { id, role, sources: BTreeMap::new(), last_seen: None };
        }
        entry.last_seen = Some(now);
        entry.clone()
    }

    fn forget_sources(&self, station: StationId) {
        if let Some(known) = self.known().get_mut(&station) {
            known.sources.clear();
        }
    }

    fn count(&self, error: &IntakeError) {
        let intake = &self.metrics.intake;
        match error {
            IntakeError::Gap { .. } => add(&intake.gaps, 1),
            IntakeError::Refused { .. } => add(&intake.refused, 1),
            IntakeError::Unavailable(_) => add(&intake.unavailable, 1),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<StationId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// All of it is stored.
    Repeat,
    /// Everything but the first `skip` events is new.
    Append {
        skip: u64,
    },
    Gap,
    Refuse(&'static str),
}

/// What to do with `count` events from `first_seq` on, when everything up to `stored` is stored.
fn plan(stored: u64, first_seq: u64, count: u64) -> Plan {
    if first_seq == 0 {
        return Plan::Refuse("its sequence begins at 0; it must begin at 1");
    }
    let Some(last) = (first_seq - 1).checked_add(count).filter(|last| i64::try_from(*last).is_ok()) else {
        return Plan::Refuse("its sequence numbers are beyond 2^63");
    };
    if stored + 1 < first_seq {
        return Plan::Gap;
    }
    if last <= stored {
        return Plan::Repeat;
    }
    Plan::Append { skip: stored + 1 - first_seq }
}

fn contradiction(spool: Spool) -> IntakeError {
    let Spool { station, epoch } = spool;
    IntakeError::Unavailable(format!("the watermark of {station}, epoch {epoch}, keeps moving or contradicts what is stored"))
}

/// Only the sources that occur.
fn used(sources: &BTreeMap<Protocol, i64>, events: &[Event]) -> BTreeMap<Protocol, i64> {
    events.iter().filter_map(|e| sources.get_key_value(&e.protocol)).map(|(p, id)| (*p, *id)).collect()
}

/// Whatever it is, the events are safe at the station, and it shall try again. Only a bare summary goes to the station.
fn unavailable(error: StoreError) -> IntakeError {
    tracing::warn!(%error, "the database did not take a station's request");
    IntakeError::Unavailable(match error {
        StoreError::Unavailable(_) => "the database is not available".into(),
        _ => "the database refused; see the central's log".into(),
    })
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Relaxed);
}

impl std::fmt::Debug for PgIntake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgIntake").field("stations", &self.0.known().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_appended_repeated_or_a_gap() {
        for (stored, first, len, expected) in [
            (0, 1, 3, Plan::Append { skip: 0 }),
            (2, 1, 3, Plan::Append { skip: 2 }),
            (3, 1, 3, Plan::Repeat),
            (9, 1, 3, Plan::Repeat),
            (3, 4, 1, Plan::Append { skip: 0 }),
            (3, 5, 1, Plan::Gap),
            (0, 2, 1, Plan::Gap),
            (3, 4, 0, Plan::Repeat),
            (3, 9, 0, Plan::Gap),
            (0, 0, 1, Plan::Refuse("its sequence begins at 0; it must begin at 1")),
            (0, u64::MAX, 3, Plan::Refuse("its sequence numbers are beyond 2^63")),
            (0, 1 << 63, 1, Plan::Refuse("its sequence numbers are beyond 2^63")),
        ] {
            assert_eq!(plan(stored, first, len), expected, "{stored} {first} {len}");
        }
    }
}
