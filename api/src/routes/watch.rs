//! Points of interest and the IMEI watch-list, as far as they are more than records: identifiers hang on a point of interest,
//! an IMEI is checked, and an event that names a watched one says so (contract §1.2, event-ingest rules).

use super::body::{Fields, JsonObject};
use super::both;
use super::context::{Segment, Segments, id_of};
use super::records::{cells_of, create};
use crate::auth::{Reader, TelemetryWriter};
use crate::central::Shared;
use crate::dto::{self, PoiMark};
use crate::error::ApiError;
use crate::records::{IDENTIFIER, POI, WATCH};
use crate::store::{Cell, EventFields, Page, Record, Store, StoreError, WatchHit};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Map, Value};
use std::sync::Arc;

const IDENTIFIERS_MAX: i64 = 1_000;
const NO_POI: ApiError = ApiError::NotFound(POI.missing);

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/poi/{id}/identifiers", get(identifiers).post(add_identifier));
    let router = both(router, "/api/v1/poi/{id}/identifiers/{identifier_id}", delete(remove_identifier));
    both(router, "/api/v1/imei-watchlist/check/{imei}", get(check)).with_state(shared)
}

async fn of_poi(store: &Store, poi: i64) -> Result<Vec<Record>, ApiError> {
    store.record(&POI, poi).await?.ok_or(NO_POI)?;
    let Some(column) = IDENTIFIER.column("poi_id") else { return Err(ApiError::Internal) };
    let page = Page { with: vec![(column, Some(Cell::Integer(poi)))], limit: IDENTIFIERS_MAX, ..Page::default() };
    Ok(store.records(&IDENTIFIER, &page).await?)
}

#[utoipa::path(get, path = "/api/v1/poi/{id}/identifiers", tag = "poi", params(("id" = i64, Path)),
    responses((status = 200, body = [dto::PoiIdentifierRead]), (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn identifiers(
    State(shared): State<Arc<Shared>>,
    _reader: Reader,
    Segment(id): Segment,
) -> Result<Json<Vec<Record>>, ApiError> {
    Ok(Json(of_poi(&shared.store, id_of("poi_id", &id)?).await?))
}

#[utoipa::path(post, path = "/api/v1/poi/{id}/identifiers", tag = "poi", params(("id" = i64, Path)), security(("token" = ["telemetry:write"])),
    request_body = dto::PoiIdentifierCreate, description = "The body repeats `poi_id`.",
    responses((status = 201, body = dto::PoiIdentifierRead), (status = 400, body = dto::Detail, description = "Another poi_id"),
        (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 409, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn add_identifier(
    writer: TelemetryWriter,
    Segment(id): Segment,
    body: JsonObject,
) -> Result<(StatusCode, Json<Record>), ApiError> {
    let id = id_of("poi_id", &id)?;
    let mut fields = Fields::of(body.clone());
    let named = cells_of(&IDENTIFIER, &mut fields, true).into_iter().find(|(column, _)| column.name == "poi_id");
    fields.finish()?;
    if named.is_some_and(|(_, cell)| cell != Some(Cell::Integer(id))) {
        return Err(ApiError::BadRequest("POI ID mismatch: the body's poi_id is not the path's".into()));
    }
    writer.store.record(&POI, id).await?.ok_or(NO_POI)?;
    Ok((StatusCode::CREATED, Json(create(&writer, &IDENTIFIER, Fields::of(body)).await?)))
}

#[utoipa::path(delete, path = "/api/v1/poi/{id}/identifiers/{identifier_id}", tag = "poi", security(("token" = ["telemetry:write"])),
    params(("id" = i64, Path), ("identifier_id" = i64, Path)),
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn remove_identifier(writer: TelemetryWriter, Segments(poi, identifier): Segments) -> Result<StatusCode, ApiError> {
    let (poi, identifier) = (id_of("poi_id", &poi)?, id_of("identifier_id", &identifier)?);
    let found = writer.store.record(&IDENTIFIER, identifier).await?.is_some_and(|i| i["poi_id"] == poi);
    if !found || !writer.store.delete_record(&IDENTIFIER, identifier).await? {
        return Err(ApiError::NotFound(IDENTIFIER.missing));
    }
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(get, path = "/api/v1/imei-watchlist/check/{imei}", tag = "imei-watchlist", params(("imei" = String, Path)),
    responses((status = 200, body = Option<dto::ImeiWatchEntryRead>, description = "The entry, or null"), (status = 503, body = dto::Detail)))]
pub(crate) async fn check(
    State(shared): State<Arc<Shared>>,
    _reader: Reader,
    Segment(imei): Segment,
) -> Result<Json<Option<Record>>, ApiError> {
    if imei.contains('\0') {
        return Ok(Json(None));
    }
    let Some(column) = WATCH.column("identifier_value") else { return Err(ApiError::Internal) };
    let page = Page { with: vec![(column, Some(Cell::Text(imei.trim().into())))], limit: 1, ..Page::default() };
    Ok(Json(shared.store.records(&WATCH, &page).await?.pop()))
}

/// What an event's payload says of a device: `imei` or `IMEI`, text or number.
pub(super) fn imei_of(payload: &Value) -> Option<String> {
    let imei = payload.get("imei").or_else(|| payload.get("IMEI"))?;
    let text = imei.as_str().map(|text| text.trim().to_owned()).or_else(|| Some(imei.as_u64()?.to_string()))?;
    (!text.is_empty() && text.len() <= 255 && !text.contains('\0')).then_some(text)
}

/// Events whose IMEI is on the watch-list, and those about a point of interest, gain what is known of it, and its status.
pub(super) async fn enrich(shared: &Shared, events: &mut [(Option<String>, &mut EventFields)]) -> Result<(), StoreError> {
    let watched = shared.watched.get(&shared.store).await;
    let imeis: Vec<String> = events.iter().filter_map(|(imei, _)| imei.clone()).collect();
    if imeis.is_empty() && watched.is_empty() {
        return Ok(());
    }
    let hits = if imeis.is_empty() { Vec::new() } else { shared.store.watched_imeis(&imeis).await? };
    for (imei, fields) in events {
        if let Some(hit) = imei.as_ref().and_then(|imei| hits.iter().find(|hit| hit.identifier_value == *imei)) {
            mark_imei(fields, hit);
        } else if let Some(poi) = fields.subject.as_ref().and_then(|subject| watched.find(subject, None)) {
            let mark = serde_json::to_value(PoiMark::of(poi)).unwrap_or_default();
            mark_with(fields, mark.as_object().cloned().unwrap_or_default(), PoiMark::STATUS);
        }
    }
    Ok(())
}

fn mark_imei(fields: &mut EventFields, hit: &WatchHit) {
    let mut said = Map::new();
    said.insert("imei_watchlist_hit".into(), true.into());
    said.insert("imei_list_type".into(), hit.list_type.clone().into());
    if let Some(id) = hit.poi_id {
        said.insert("poi_id".into(), id.into());
        said.insert("poi_name".into(), hit.poi_name.clone().into());
        said.insert("poi_risk_level".into(), hit.poi_risk_level.clone().into());
    }
    mark_with(fields, said, if hit.list_type == "blacklist" { "imei_blacklist_hit" } else { "imei_whitelist_seen" });
}

fn mark_with(fields: &mut EventFields, said: Map<String, Value>, status: &str) {
    let payload = fields.payload.take().flatten();
    let mut payload: Map<String, Value> = payload.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    payload.extend(said);
    fields.payload = Some(Some(Value::Object(payload).to_string()));
    fields.status = Some(Some(status.into()));
}
