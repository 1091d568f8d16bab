//! The central: puts store, intake, live picture and routes together. The binary binds the socket and runs the uplink server.

use crate::auth::Confirmed;
use crate::console::ConsoleFiles;
use crate::dto::Center;
use crate::intake::PgIntake;
use crate::live::{EMERGENCY_LIFETIME_US, Hub, Limits, lifetime_us};
use crate::metrics::{Metrics, MoreMetrics};
use crate::routes;
use crate::routes::caches::{StationList, Touched};
use crate::store::{CONNECTIONS_DEFAULT, Databases, Role, Store, StoreError, provision};
use crate::{Clock, dto};
use axum::Router;
use model::{Icao24, Mmsi, Protocol, ShortText, StationId, Subject, UnixMicros};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A station that said nothing for longer is shown as offline. The uplink server greets more often.
pub const ONLINE_WITHIN_US: i64 = 30_000_000;

pub struct CentralConfig {
    pub databases: Databases,
    /// Connections per database.
    pub connections: u32,
    /// For people.
    pub name: String,
    pub version: String,
    /// Where the map looks at first; else at the first station whose place is known.
    pub center: Option<Center>,
    pub limits: Limits,
    pub clock: Clock,
    pub ui_dir: Option<PathBuf>,
    pub more_metrics: Option<MoreMetrics>,
}

impl CentralConfig {
    /// Everything as usual.
    pub fn new(databases: Databases, clock: Clock) -> Self {
        Self {
            databases,
            connections: CONNECTIONS_DEFAULT,
            name: "central".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            center: None,
            limits: Limits::CENTRAL,
            clock,
            ui_dir: None,
            more_metrics: None,
        }
    }
}

/// A running central.
#[derive(Debug)]
pub struct Central {
    /// To be served on a socket.
    pub router: Router,
    /// For the uplink server.
    pub intake: PgIntake,
    pub hub: Arc<Hub>,
    pub store: Store,
    opening: JoinHandle<()>,
}

/// What the routes of the central share.
pub(crate) struct Shared {
    pub config: CentralConfig,
    pub store: Store,
    pub hub: Arc<Hub>,
    pub intake: PgIntake,
    pub metrics: Arc<Metrics>,
    pub confirmed: Confirmed,
    pub stations: StationList,
    pub touched: Touched,
    /// Databases are provisioned.
    pub open: AtomicBool,
}

impl Central {
    /// Returns at once. The databases are created, migrated and read in the background, as soon as the server answers;
    /// until then `/readyz` says 503, and stations keep what they have.
    pub fn start(config: CentralConfig) -> Self {
        let metrics = Arc::new(Metrics::default());
        let store = Store::open(&config.databases, config.connections);
        let hub = Hub::start(config.limits, Arc::clone(&config.clock));
        let intake = PgIntake::new(store.clone(), Arc::clone(&hub), Arc::clone(&config.clock), Arc::clone(&metrics));
        let files = ConsoleFiles { ui_dir: config.ui_dir.clone() };
        let shared = Arc::new(Shared {
            config,
            store: store.clone(),
            hub: Arc::clone(&hub),
            intake: intake.clone(),
            metrics: Arc::clone(&metrics),
            confirmed: Confirmed::default(),
            stations: StationList::default(),
            touched: Touched::default(),
            open: AtomicBool::new(false),
        });
        let opening = tokio::spawn(open(Arc::clone(&shared)));
        let router = routes::finish(routes::central(shared), files, metrics);
        Self { router, intake, hub, store, opening }
    }

    /// Waits until the databases are open. For `--check` and tests; serving need not wait.
    pub async fn opened(&mut self) {
        if !self.opening.is_finished() {
            let _ = (&mut self.opening).await;
        }
    }

    /// Ends live connections and closes the pools. Call it after the uplink server has stopped.
    pub async fn stop(self) {
        self.opening.abort();
        self.hub.close();
        self.store.close().await;
    }
}

/// Provisions, trying again until it works, then fills the picture.
async fn open(shared: Arc<Shared>) {
    const WAIT_MAX: Duration = Duration::from_secs(15);
    let mut wait = Duration::from_millis(250);
    while let Err(error) = provision(&shared.config.databases).await {
        tracing::error!(%error, "the databases can't be opened; trying again in {wait:?}");
        tokio::time::sleep(wait).await;
        wait = WAIT_MAX.min(wait * 2);
    }
    shared.open.store(true, Ordering::Relaxed);
    let restored = restore(&shared).await;
    shared.intake.restored();
    match restored {
        Ok(events) => tracing::info!(events, "databases open, live picture restored"),
        Err(error) => tracing::warn!(%error, "the live picture begins empty"),
    }
}

/// Events read back per source (one station's protocol) at most: two minutes of a busy sky.
const RESTORE_EVENTS_MAX: usize = 50_000;
const RESTORE_PAGE: usize = 2_000;

async fn restore(shared: &Shared) -> Result<u64, StoreError> {
    let slugs: HashMap<i64, StationId> = shared.store.stations().await?.into_iter().map(|s| (s.id, s.slug)).collect();
    let mut total = 0;
    for source in shared.store.sources().await? {
        if let Some(protocol) = Protocol::from_name(&source.source_type) {
            total += restore_source(shared, &slugs, source.id, protocol).await?;
        }
    }
    total += restore_urgent(shared).await?;
    shared.metrics.restored.store(total, Ordering::Relaxed);
    Ok(total)
}

/// What overtook its station's backlog, and is not stored in its turn yet.
async fn restore_urgent(shared: &Shared) -> Result<u64, StoreError> {
    let (since, mut count) = (shared.now().plus_micros(-EMERGENCY_LIFETIME_US), 0);
    for role in Role::ALL {
        for (key, event) in shared.store.urgent_notes(role, since).await? {
            count += u64::from(shared.intake.restore_urgent(key, &event));
        }
    }
    Ok(count)
}

async fn restore_source(shared: &Shared, slugs: &HashMap<i64, StationId>, source: i64, protocol: Protocol) -> Result<u64, StoreError> {
    let now = (shared.config.clock)();
    let since = now.plus_micros(-lifetime_us(&typical(protocol)));
    let (mut count, mut before) = (0, None);
    for _ in 0..RESTORE_EVENTS_MAX / RESTORE_PAGE {
        let (events, last) = shared.store.recent(source, since, before, RESTORE_PAGE as i64).await?;
        for restored in &events {
            if let Some(station) = slugs.get(&restored.station_id) {
                shared.hub.publish(*station, &restored.event, now);
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

impl Shared {
    pub fn now(&self) -> UnixMicros {
        (self.config.clock)()
    }

    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    pub async fn console(&self) -> Result<dto::ConsoleInfo, StoreError> {
        let (now, stations) = (self.now(), self.store.stations().await?);
        let first_place = stations.iter().find_map(|s| Some(Center { lat: s.latitude?, lon: s.longitude?, zoom: 6.0 }));
        let station = |s: crate::store::Station| {
            let last_seen = self.intake.last_seen(s.slug);
            dto::StationInfo {
                slug: s.slug.to_string(),
                name: s.name,
                lat: s.latitude,
                lon: s.longitude,
                online: last_seen.is_some_and(|at| now.micros_since(at) <= ONLINE_WITHIN_US),
                last_seen: last_seen.map(dto::Utc),
            }
        };
        Ok(dto::ConsoleInfo {
            role: "central",
            name: self.config.name.clone(),
            version: self.config.version.clone(),
            center: self.config.center.or(first_place),
            stations: stations.into_iter().map(station).collect(),
        })
    }
}

impl std::fmt::Debug for CentralConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CentralConfig").field("name", &self.name).field("limits", &self.limits).finish_non_exhaustive()
    }
}
