//! `GET /api/v1/tracks`, `GET /api/v1/tracks/{subject}`, `GET /api/v1/live` (WebSocket): docs/live-picture.md.

use super::etag::Tag;
use super::formats::{self, Feature, Format};
use super::{Params, both};
use crate::dto;
use crate::error::ApiError;
use crate::live::{self, Hub};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use model::Protocol;
use std::convert::Infallible;
use std::sync::Arc;

/// A client has nothing to say on a live connection.
const INCOMING_BYTES_MAX: usize = 4_096;

pub fn router(hub: Arc<Hub>) -> Router {
    let router = both(Router::new(), "/api/v1/tracks", get(tracks));
    let router = both(router, "/api/v1/tracks/{subject}", get(track_detail));
    both(router, "/api/v1/live", get(live_stream)).with_state(hub)
}

/// Left with a request by the gate: the picture of what this one may see.
#[derive(Clone)]
pub(crate) struct OwnPicture(pub Arc<Hub>);

/// Extractor: the picture for this request.
pub(crate) struct Picture(pub Arc<Hub>);

impl FromRequestParts<Arc<Hub>> for Picture {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, whole: &Arc<Hub>) -> Result<Self, Infallible> {
        let own = parts.extensions.get::<OwnPicture>().map(|OwnPicture(hub)| Arc::clone(hub));
        Ok(Self(own.unwrap_or_else(|| Arc::clone(whole))))
    }
}

#[utoipa::path(
    get, path = "/api/v1/tracks", tag = "live",
    params(("protocol" = Option<String>, Query, description = "adsb, ais, aprs or uat"),
        ("format" = Option<String>, Query, description = "json, geojson, csv or kml; else by Accept"),
        ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, content((dto::TrackList = "application/json"), (Object = "application/geo+json"), (String = "text/csv"),
            (String = "application/vnd.google-earth.kml+xml"))),
        (status = 304, description = "Nothing has changed"), (status = 422, body = dto::FieldProblems))
)]
pub(crate) async fn tracks(Picture(hub): Picture, query: Params, headers: HeaderMap) -> Result<Response, ApiError> {
    let protocol = query.get("protocol").map(protocol_named).transpose()?;
    let format = Format::asked(&query, &headers)?;
    let tag = Tag::of((Arc::as_ptr(&hub) as usize, hub.version(), protocol.map(Protocol::name), format as u8));
    Ok(tag.answer(&headers, || match format {
        Format::Json => Json(hub.tracks(protocol)).into_response(),
        format => in_format(format, hub.tracks(protocol).tracks),
    }))
}

/// What a table of tracks has besides id, name and place.
const COLUMNS: [&str; 20] = [
    "protocol",
    "stations",
    "callsign",
    "category",
    "country",
    "registration",
    "type_code",
    "position_at",
    "accuracy_m",
    "baro_alt_ft",
    "geom_alt_ft",
    "on_ground",
    "speed_kt",
    "track_deg",
    "heading_deg",
    "vertical_rate_fpm",
    "squawk",
    "emergency",
    "first_seen",
    "last_seen",
];

fn in_format(format: Format, tracks: Vec<dto::Track>) -> Response {
    let features = tracks.into_iter().map(|track| {
        let name = track.callsign.as_deref().or(track.name.as_deref()).map_or_else(|| track.subject.clone(), |n| n.trim().to_owned());
        let path = track.trail.iter().flatten().map(|point| (point.0, point.1)).collect();
        let place = track.lon.zip(track.lat);
        let id = track.subject.clone();
        let mut properties = match serde_json::to_value(dto::Track { trail: None, ..track }) {
            Ok(serde_json::Value::Object(properties)) => properties,
            _ => serde_json::Map::new(),
        };
        properties.retain(|key, _| key != "lat" && key != "lon");
        Feature { id, name, place, path, properties }
    });
    formats::respond(format, "vTOC tracks", &COLUMNS, features.collect())
}

#[utoipa::path(
    get, path = "/api/v1/tracks/{subject}", tag = "live", description = "Everything known of one track, each value with its age and source.",
    params(("subject" = String, Path, description = "as in a track, icao:4840d6")),
    responses((status = 200, body = dto::TrackDetail), (status = 404, body = dto::Detail))
)]
pub(crate) async fn track_detail(Picture(hub): Picture, Path(subject): Path<String>) -> Result<Json<dto::TrackDetail>, ApiError> {
    let detail = dto::subject(&subject).and_then(|subject| hub.detail(&subject));
    detail.map(Json).ok_or_else(|| ApiError::NotFound("Track not heard lately"))
}

fn protocol_named(name: &str) -> Result<Protocol, ApiError> {
    Protocol::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Protocol::ALL.iter().map(|p| p.name()).collect();
        ApiError::field("query", "protocol", "enum", format!("Input should be one of {}", names.join(", ")), name)
    })
}

#[utoipa::path(
    get, path = "/api/v1/live", tag = "live", description = "WebSocket: one `Snapshot`, then `Delta`s, as text frames of JSON.",
    responses((status = 101, description = "Switching to WebSocket"), (status = 403, body = dto::Detail), (status = 503, body = dto::Detail))
)]
pub(crate) async fn live_stream(
    Picture(hub): Picture,
    #[cfg(feature = "central")] lease: Option<axum::Extension<crate::auth::Lease>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = socket(upgrade, &headers, "the live picture")?;
    let client = hub.join().map_err(|e| ApiError::Unavailable(e.to_string()))?;
    #[cfg(feature = "central")]
    return Ok(told_while(lease, upgrade, client));
    #[cfg(not(feature = "central"))]
    Ok(upgrade.on_upgrade(move |socket| live::serve(socket, client)))
}

/// The beginning of every WebSocket: the page is ours, and the client has nothing to say.
pub(crate) fn socket(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    headers: &HeaderMap,
    what: &str,
) -> Result<WebSocketUpgrade, ApiError> {
    let upgrade = upgrade.map_err(|e| ApiError::BadRequest(format!("This is a WebSocket: {e}")))?;
    if !same_origin(headers) {
        return Err(ApiError::Forbidden(format!("Another site's page may not read {what}")));
    }
    Ok(upgrade.max_message_size(INCOMING_BYTES_MAX).max_frame_size(INCOMING_BYTES_MAX))
}

/// Tells the client, no longer than its token or session lives.
#[cfg(feature = "central")]
pub(crate) fn told_while(
    lease: Option<axum::Extension<crate::auth::Lease>>,
    upgrade: WebSocketUpgrade,
    source: impl live::Source,
) -> Response {
    upgrade.on_upgrade(async move |socket| {
        let ended = async {
            match lease {
                Some(axum::Extension(lease)) => lease.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = live::serve(socket, source) => {}
            () = ended => {}
        }
    })
}

/// Browsers let any page open a WebSocket to anywhere, but say which page it was. Programs send no Origin.
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), headers.get(header::HOST).map(|h| h.to_str())) else { return false };
    origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
}
