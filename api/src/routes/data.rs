//! `GET /data/aircraft.json` and `/data/receiver.json`: what tar1090 and its kin read (docs/feeds.md). The shapes are
//! readsb's, so they are not part of our API's description.

use super::both;
use super::live::Picture;
use crate::dto;
use crate::live::Hub;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

/// A picture of now is never an old one.
const FRESH: [(HeaderName, HeaderValue); 1] = [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
/// readsb's own default.
const REFRESH_MS: u32 = 1_000;

pub(crate) fn router(hub: Arc<Hub>) -> Router {
    both(Router::new(), "/data/aircraft.json", get(aircraft)).with_state(hub)
}

async fn aircraft(Picture(hub): Picture) -> ([(HeaderName, HeaderValue); 1], Json<dto::AircraftList>) {
    (FRESH, Json(hub.aircraft()))
}

/// `place`: latitude and longitude in degrees, when known.
pub(crate) fn receiver(version: &str, place: Option<(f64, f64)>) -> Json<dto::ReceiverInfo> {
    let (lat, lon) = place.unzip();
    Json(dto::ReceiverInfo { version: format!("vtoc {version}"), refresh: REFRESH_MS, history: 0, lat, lon })
}
