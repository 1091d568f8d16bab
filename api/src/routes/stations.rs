//! `GET /api/v1/stations/` and `/api/v1/stations/{slug}` (contract §1.2).

use super::both;
use super::context::{NO_STATION, Segment};
use crate::auth::Reader;
use crate::central::Shared;
use crate::dto::{self, StationRead, Utc};
use crate::error::ApiError;
use crate::store::Station;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/stations", get(list));
    both(router, "/api/v1/stations/{slug}", get(one)).with_state(shared)
}

pub(crate) fn shown(station: &Station) -> StationRead {
    StationRead {
        id: station.id,
        slug: station.slug.to_string(),
        name: station.name.clone(),
        description: station.description.clone(),
        timezone: station.timezone.clone(),
        telemetry_schema: station.telemetry_schema.clone(),
        created_at: Utc(station.created_at),
        updated_at: Utc(station.updated_at),
        role: station.role.name(),
        latitude: station.latitude,
        longitude: station.longitude,
    }
}

#[utoipa::path(get, path = "/api/v1/stations/", tag = "stations",
    responses((status = 200, body = [StationRead], description = "In the order of their slugs"), (status = 503, body = dto::Detail)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, reader: Reader) -> Result<Json<Vec<StationRead>>, ApiError> {
    Ok(Json(shared.store.stations().await?.iter().filter(|s| reader.roles.contains(s.role)).map(shown).collect()))
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}", tag = "stations", params(("slug" = String, Path)),
    responses((status = 200, body = StationRead), (status = 404, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn one(State(shared): State<Arc<Shared>>, reader: Reader, Segment(slug): Segment) -> Result<Json<StationRead>, ApiError> {
    let station = shared.stations.named(&shared.store, &slug).await?;
    let station = station.filter(|s| reader.roles.contains(s.role)).ok_or(NO_STATION)?;
    Ok(Json(shown(&station)))
}
