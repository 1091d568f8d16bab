//! A field station's own pages: the live picture of what it hears, without any central or database.

use crate::console::ConsoleFiles;
use crate::live::Hub;
use crate::metrics::{self, Metrics, MoreMetrics};
use crate::{Clock, dto, routes};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use model::{LatLon, StationId};
use std::path::PathBuf;
use std::sync::Arc;

pub struct StationConsole {
    pub station: StationId,
    /// For people.
    pub name: String,
    pub place: Option<LatLon>,
    pub version: String,
    pub hub: Arc<Hub>,
    pub clock: Clock,
    pub ui_dir: Option<PathBuf>,
    pub more_metrics: Option<MoreMetrics>,
}

/// The zoom that shows what one antenna can hear.
const ZOOM: f64 = 7.0;

struct Shared {
    console: StationConsole,
    metrics: Arc<Metrics>,
}

/// `/`, `/api/v1/{console,tracks,live}`, `/data/{aircraft,receiver}.json`, `/healthz`, `/readyz`, `/metrics`.
pub fn router(console: StationConsole) -> Router {
    let metrics = Arc::new(Metrics::default());
    let files = ConsoleFiles { ui_dir: console.ui_dir.clone() };
    let hub = Arc::clone(&console.hub);
    let shared = Arc::new(Shared { console, metrics: Arc::clone(&metrics) });
    let own = routes::both(Router::new(), "/api/v1/console", get(console_info));
    let own = routes::both(own, "/data/receiver.json", get(receiver));
    let own = routes::both(own, "/healthz", get(ok));
    let own = routes::both(own, "/readyz", get(ok));
    let own = routes::both(own, "/metrics", get(metrics_text)).with_state(shared);
    routes::finish(own.merge(routes::data::router(Arc::clone(&hub))).merge(routes::live::router(hub)), files, metrics)
}

async fn console_info(State(shared): State<Arc<Shared>>) -> Json<dto::ConsoleInfo> {
    let c = &shared.console;
    let (lat, lon) = (c.place.map(LatLon::lat_deg), c.place.map(LatLon::lon_deg));
    let itself = dto::StationInfo {
        slug: c.station.to_string(),
        name: c.name.clone(),
        lat,
        lon,
        online: true,
        last_seen: Some(dto::Utc((c.clock)())),
    };
    Json(dto::ConsoleInfo {
        role: "station",
        name: c.name.clone(),
        version: c.version.clone(),
        center: lat.zip(lon).map(|(lat, lon)| dto::Center { lat, lon, zoom: ZOOM }),
        stations: vec![itself],
    })
}

async fn receiver(State(shared): State<Arc<Shared>>) -> Json<dto::ReceiverInfo> {
    let c = &shared.console;
    routes::data::receiver(&c.version, c.place.map(|p| (p.lat_deg(), p.lon_deg())))
}

/// The picture is always that of now.
async fn ok(State(shared): State<Arc<Shared>>) -> Json<dto::FeedHealth> {
    Json(dto::FeedHealth { status: "ok", last_update: dto::Utc((shared.console.clock)()) })
}

async fn metrics_text(State(shared): State<Arc<Shared>>) -> axum::response::Response {
    metrics::respond(shared.metrics.render(&shared.console.hub, shared.console.more_metrics.as_ref()))
}

impl std::fmt::Debug for StationConsole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StationConsole").field("station", &self.station).finish_non_exhaustive()
    }
}
