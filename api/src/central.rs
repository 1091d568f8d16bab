//! The central: puts store, intake, live picture and routes together. The binary binds the socket and runs the uplink server.

use crate::agentkit::{AgentConfig, Agents, outside, worker};
use crate::alerts::{self, Alerts};
use crate::auth::{AuthConfig, Doors, RoleSet};
use crate::chat::{self, Chat, ChatConfig};
use crate::console::ConsoleFiles;
use crate::dto::Center;
use crate::hardware::Devices;
use crate::intake::PgIntake;
use crate::live::{EMERGENCY_LIFETIME_US, Hub, Limits};
use crate::metrics::{Metrics, MoreMetrics};
use crate::pictures::{self, Pictures};
use crate::routes;
use crate::routes::caches::{StationList, Touched, WatchCache};
use crate::store::{CONNECTIONS_DEFAULT, Databases, Retention, Role, Store, StoreError, provision};
use crate::{Clock, dto};
use axum::Router;
use model::UnixMicros;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

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
    pub auth: AuthConfig,
    /// Events older than so many days are dropped, by role; `None`: kept for ever.
    pub keep_days: [Option<u32>; 3],
    /// The same of what people and programs did.
    pub retention: Retention,
    pub chat: ChatConfig,
    pub agents: AgentConfig,
    /// The machine's serial ports; `None`: none to be asked.
    pub devices: Option<Arc<dyn Devices>>,
    /// Where handhelds are mounted; `None`: nothing is imported.
    pub import_root: Option<PathBuf>,
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
            auth: AuthConfig::default(),
            keep_days: [None; 3],
            retention: Retention::default(),
            chat: ChatConfig::default(),
            agents: AgentConfig::default(),
            devices: None,
            import_root: None,
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
    shared: Arc<Shared>,
    opening: JoinHandle<()>,
    opened: watch::Receiver<bool>,
}

/// What the routes of the central share.
pub(crate) struct Shared {
    pub config: CentralConfig,
    pub store: Store,
    pub pictures: Arc<Pictures>,
    pub intake: PgIntake,
    pub alerts: Arc<Alerts>,
    pub metrics: Arc<Metrics>,
    pub doors: Doors,
    pub stations: StationList,
    pub touched: Touched,
    pub chat: Chat,
    pub agents: Agents,
    pub watched: Arc<WatchCache>,
    /// Held while a port is listened to: one at a time.
    pub listening: tokio::sync::Mutex<()>,
    /// Databases are provisioned.
    pub open: AtomicBool,
}

impl Central {
    /// Returns at once. The databases are created, migrated and read in the background, as soon as the server answers;
    /// until then `/readyz` says 503, and stations keep what they have.
    pub fn start(config: CentralConfig) -> Self {
        let metrics = Arc::new(Metrics::default());
        let store = Store::open(&config.databases, config.connections);
        let pictures = Arc::new(Pictures::start(config.limits, Arc::clone(&config.clock)));
        let watched = Arc::new(WatchCache::default());
        let alerts = Arc::new(Alerts::new(Arc::clone(&metrics)));
        let clock = Arc::clone(&config.clock);
        let (judged, counted) = (Arc::clone(&alerts), Arc::clone(&metrics));
        let intake = PgIntake::new(store.clone(), Arc::clone(&pictures), judged, clock, counted, Arc::clone(&watched));
        let files = ConsoleFiles { ui_dir: config.ui_dir.clone() };
        let shared = Arc::new(Shared {
            doors: Doors::new(&config.auth),
            chat: Chat::default(),
            agents: Agents::new(config.agents.clone()),
            config,
            store: store.clone(),
            pictures: Arc::clone(&pictures),
            intake: intake.clone(),
            alerts,
            metrics: Arc::clone(&metrics),
            stations: StationList::default(),
            touched: Touched::default(),
            watched,
            listening: tokio::sync::Mutex::default(),
            open: AtomicBool::new(false),
        });
        let (sender, opened) = watch::channel(false);
        let opening = tokio::spawn(open(Arc::clone(&shared), sender));
        let cors = crate::auth::cors(&shared.config.auth.cors_origins);
        let router = routes::finish(routes::central(Arc::clone(&shared)), files, metrics);
        // Outermost: a preflight is no method that a route knows.
        let router = match cors {
            Some(layer) => router.layer(layer),
            None => router,
        };
        Self { router, intake, hub: pictures.whole(), store, shared, opening, opened }
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Waits until the databases are open. For `--check` and tests; serving need not wait.
    pub async fn opened(&mut self) {
        let _ = self.opened.wait_for(|opened| *opened).await;
    }

    /// Ends live connections and closes the pools. Call it after the uplink server has stopped.
    pub async fn stop(self) {
        self.opening.abort();
        self.shared.pictures.close();
        self.shared.chat.feed.close();
        self.shared.alerts.board.close();
        self.store.close().await;
    }
}

/// Provisions, trying again until it works, then fills the picture.
async fn open(shared: Arc<Shared>, opened: watch::Sender<bool>) {
    // Tasks of their own; dropping the set ends them. Who tells alarms listens before there are any.
    let mut tasks = JoinSet::new();
    tasks.spawn(chat::alarms::tell(Arc::clone(&shared), shared.intake.alarms()));
    const WAIT_MAX: Duration = Duration::from_secs(15);
    let mut wait = Duration::from_millis(250);
    while let Err(error) = provision(&shared.config.databases).await {
        tracing::error!(%error, "the databases can't be opened; trying again in {wait:?}");
        tokio::time::sleep(wait).await;
        wait = WAIT_MAX.min(wait * 2);
    }
    shared.open.store(true, Ordering::Relaxed);
    tasks.spawn(alerts::keep(Arc::clone(&shared)));
    let restored = restore(&shared).await;
    shared.intake.restored();
    match restored {
        Ok(events) => {
            shared.metrics.restored.store(events, Ordering::Relaxed);
            tracing::info!(events, "databases open, live picture restored");
        }
        Err(error) => tracing::warn!(%error, "the live picture begins empty"),
    }
    opened.send_replace(true);
    tasks.spawn(worker::work(Arc::clone(&shared)));
    tasks.spawn(worker::keep_schedules(Arc::clone(&shared)));
    let feed = Arc::clone(&shared);
    tasks.spawn(async move { feed.chat.feed.read(&feed.store).await });
    let board = Arc::clone(&shared);
    tasks.spawn(async move { board.alerts.board.read(&board.store, || board.now()).await });
    tasks.spawn(outside::follow(Arc::clone(&shared)));
    for fabric in &shared.config.chat.fabrics {
        tasks.spawn(chat::fabric::carry(Arc::clone(&shared), fabric.clone()));
    }
    keep_history(&shared).await;
}

/// How often partitions, retention and roll-ups are looked after.
const HISTORY_INTERVAL: Duration = Duration::from_secs(60);

/// What the picture would still show, had we been there; and what overtook a backlog and is not stored in its turn yet.
async fn restore(shared: &Shared) -> Result<u64, StoreError> {
    let (since, mut total) = (shared.now().plus_micros(-EMERGENCY_LIFETIME_US), 0);
    for role in Role::ALL {
        for (key, event) in shared.store.urgent_notes(role, since).await? {
            total += u64::from(shared.intake.restore_urgent(role, key, &event));
        }
    }
    Ok(total + pictures::restore(shared, &shared.pictures.whole(), RoleSet::ALL).await?)
}

/// Never ends.
async fn keep_history(shared: &Shared) {
    let mut ticks = tokio::time::interval(HISTORY_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let keep = &shared.config.retention;
        if let Err(error) = shared.store.forget_answers(keep.answers_days).await {
            tracing::warn!(%error, "old answers could not be forgotten; trying again");
        }
        match shared.store.prune(keep, shared.now()).await {
            Ok(gone) if gone.is_empty() => {}
            Ok(gone) => tracing::info!(?gone, "what is old went"),
            Err(error) => tracing::warn!(%error, "what is old could not be pruned; trying again"),
        }
        for role in Role::ALL {
            match shared.store.keep_history(role, shared.config.keep_days[role as usize], shared.now()).await {
                Ok(kept) if kept.dropped != 0 => tracing::info!(role = role.name(), partitions = kept.dropped, "old events dropped"),
                Ok(kept) => tracing::trace!(role = role.name(), minutes = kept.minutes, "roll-ups are up to date"),
                Err(error) => tracing::warn!(role = role.name(), %error, "the history could not be looked after; trying again"),
            }
        }
    }
}

impl Shared {
    pub fn now(&self) -> UnixMicros {
        (self.config.clock)()
    }

    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    pub async fn console(&self, roles: RoleSet) -> Result<dto::ConsoleInfo, StoreError> {
        let (now, mut stations) = (self.now(), self.store.stations().await?);
        stations.retain(|s| roles.contains(s.role));
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

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CentralConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CentralConfig").field("name", &self.name).field("limits", &self.limits).finish_non_exhaustive()
    }
}
