//! The live pictures: one of everything, and for those who may see some station roles only, one of those roles' stations.
//!
//! A picture merges what several stations heard, so hiding an intel station's part of it means not to have merged it:
//! each set of roles has a hub of its own. It is made when somebody first needs it (six sets at most), read back from
//! the databases, and costs nothing until then.

use crate::Clock;
use crate::auth::RoleSet;
use crate::central::Shared;
use crate::live::{EMERGENCY_LIFETIME_US, Hub, Limits, lifetime_us};
use crate::store::{Role, StoreError};
use model::{Event, Icao24, Mmsi, Protocol, ShortText, StationId, Subject, UnixMicros};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct Pictures {
    limits: Limits,
    clock: Clock,
    whole: Arc<Hub>,
    partial: Mutex<BTreeMap<RoleSet, Arc<Hub>>>,
}

impl Pictures {
    pub fn start(limits: Limits, clock: Clock) -> Self {
        let whole = Hub::start(limits, Arc::clone(&clock));
        Self { limits, clock, whole, partial: Mutex::default() }
    }

    pub fn whole(&self) -> Arc<Hub> {
        Arc::clone(&self.whole)
    }

    /// The picture of these roles' stations.
    pub fn of(&self, roles: RoleSet, shared: &Arc<Shared>) -> Arc<Hub> {
        if roles == RoleSet::ALL {
            return self.whole();
        }
        let mut partial = self.partial();
        if let Some(hub) = partial.get(&roles) {
            return Arc::clone(hub);
        }
        let hub = Hub::start(self.limits, Arc::clone(&self.clock));
        partial.insert(roles, Arc::clone(&hub));
        let (shared, new) = (Arc::clone(shared), Arc::clone(&hub));
        tokio::spawn(async move {
            if let Err(error) = restore(&shared, &new, roles).await {
                tracing::warn!(%error, ?roles, "the picture of these roles begins empty");
            }
        });
        hub
    }

    /// What a station of this role said, stored.
    pub fn publish(&self, role: Role, station: StationId, events: &[Event], now: UnixMicros) {
        self.whole.publish_batch(station, events, now);
        let hubs: Vec<Arc<Hub>> = self.partial().iter().filter(|(roles, _)| roles.contains(role)).map(|(_, hub)| Arc::clone(hub)).collect();
        hubs.iter().for_each(|hub| hub.publish_batch(station, events, now));
    }

    pub fn close(&self) {
        self.whole.close();
        self.partial().values().for_each(|hub| hub.close());
    }

    fn partial(&self) -> MutexGuard<'_, BTreeMap<RoleSet, Arc<Hub>>> {
        self.partial.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pictures").field("partial", &self.partial().len()).finish_non_exhaustive()
    }
}

/// Events read back per source (one station's protocol) at most: two minutes of a busy sky.
const RESTORE_EVENTS_MAX: usize = 50_000;
const RESTORE_PAGE: usize = 2_000;

/// Reads back what the picture would still show, had we been there. Returns how many events.
pub(crate) async fn restore(shared: &Shared, hub: &Hub, roles: RoleSet) -> Result<u64, StoreError> {
    let slugs: HashMap<i64, StationId> = shared.store.stations().await?.into_iter().map(|s| (s.id, s.slug)).collect();
    let mut total = 0;
    for source in shared.store.sources().await? {
        if !Role::of_id(source.id).is_some_and(|role| roles.contains(role)) {
            continue;
        }
        if let Some(protocol) = Protocol::from_name(&source.source_type) {
            total += restore_source(shared, hub, &slugs, (source.id, protocol)).await?;
        }
    }
    // The whole picture has these from the intake, which tells alarms of them too (`central::restore`).
    for role in Role::ALL.into_iter().filter(|role| roles != RoleSet::ALL && roles.contains(*role)) {
        for (key, event) in shared.store.urgent_notes(role, shared.now().plus_micros(-EMERGENCY_LIFETIME_US)).await? {
            hub.publish(key.station, &event, shared.now());
            total += 1;
        }
    }
    Ok(total)
}

async fn restore_source(
    shared: &Shared,
    hub: &Hub,
    slugs: &HashMap<i64, StationId>,
    (source, protocol): (i64, Protocol),
) -> Result<u64, StoreError> {
    let now = shared.now();
    let since = now.plus_micros(-lifetime_us(&typical(protocol)));
    let (mut count, mut before) = (0, None);
    for _ in 0..RESTORE_EVENTS_MAX / RESTORE_PAGE {
        let (events, last) = shared.store.recent(source, since, before, RESTORE_PAGE as i64).await?;
        for restored in &events {
            if let Some(station) = slugs.get(&restored.station_id) {
                hub.publish(*station, &restored.event, now);
                count += 1;
            }
        }
        before = last;
        if last.is_none() {
            break;
        }
    }
    Ok(count)
}

/// A subject of the protocol, for how long it is remembered.
fn typical(protocol: Protocol) -> Subject {
    match protocol {
        Protocol::Adsb | Protocol::Uat => Subject::Aircraft(Icao24::from_bytes([0; 3])),
        Protocol::Ais => Subject::Vessel(Mmsi::new(0).expect("0 has at most nine digits")),
        Protocol::Aprs => Subject::Callsign(ShortText::truncated("")),
    }
}
