//! `GET /data/aircraft.json` and `/data/receiver.json`: what tar1090 and its kin read (docs/feeds.md). The shapes are
//! readsb's, so they are not part of our API's description.

use super::both;
use super::etag::Tag;
use super::live::Picture;
use crate::dto;
use crate::live::Hub;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

/// readsb's own default.
const REFRESH_MS: u32 = 1_000;

pub(crate) fn router(hub: Arc<Hub>) -> Router {
    let router = both(Router::new(), "/data/aircraft.json", get(aircraft));
    // Where the old adsb-ingest service had it.
    both(router, "/aircraft.json", get(aircraft)).with_state(hub)
}

/// The ages in it change by themselves: a tag is good for the second.
async fn aircraft(Picture(hub): Picture, headers: HeaderMap) -> Response {
    let list = hub.aircraft();
    let tag = Tag::of((Arc::as_ptr(&hub) as usize, hub.version(), list.now as i64));
    tag.answer(&headers, || Json(list).into_response())
}

/// `place`: latitude and longitude in degrees, when known.
pub(crate) fn receiver(version: &str, place: Option<(f64, f64)>) -> Json<dto::ReceiverInfo> {
    let (lat, lon) = place.unzip();
    Json(dto::ReceiverInfo { version: format!("vtoc {version}"), refresh: REFRESH_MS, history: 0, lat, lon })
}
