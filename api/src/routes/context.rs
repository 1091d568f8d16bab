//! What a request says about itself beside its body: the station it is about, and ids in its path.

use super::Params;
use crate::auth::RoleSet;
use crate::central::Shared;
use crate::error::ApiError;
use crate::store::Station;
use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::request::Parts;

/// First match wins (contract §1.0). In spite of its name the first carries a slug too.
const STATION_HEADERS: [&str; 4] = ["x-station-id", "x-station-slug", "x-chatkit-station", "x-toc-station"];

/// The station that the request is about: by id in its body, else by header, else by `?station=`. Named but
/// unknown, or of a role that is not one's own: 404.
pub(crate) async fn station_of(
    shared: &Shared,
    roles: RoleSet,
    id: Option<i64>,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Option<Station>, ApiError> {
    let header = STATION_HEADERS.iter().filter_map(|name| headers.get(*name)?.to_str().ok()).map(str::trim).find(|v| !v.is_empty());
    let found = match (id, header.or_else(|| params.get("station"))) {
        (Some(id), _) => shared.stations.with_id(&shared.store, id).await?,
        (None, Some(name)) => shared.stations.named(&shared.store, name).await?,
        (None, None) => return Ok(None),
    };
    found.filter(|station| roles.contains(station.role)).map(Some).ok_or(NO_STATION)
}

pub(crate) const NO_STATION: ApiError = ApiError::NotFound("Station not found");

/// The one variable part of a path. What is not UTF-8 is no path of ours.
pub(crate) struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound("Not Found"))?;
        Ok(Self(text))
    }
}

/// The two variable parts of a path.
pub(crate) struct Segments(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segments {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path((one, other)) = Path::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound("Not Found"))?;
        Ok(Self(one, other))
    }
}

/// An id in the path. Not a number: 422, as the old system had it.
pub(crate) fn id_of(name: &str, text: &str) -> Result<i64, ApiError> {
    let message = "Input should be a valid integer, unable to parse string as an integer";
    text.parse().map_err(|_| ApiError::field("path", name, "int_parsing", message, text))
}
