//! `/api/v1/telemetry/events` (contract §1.2): the lists of what was received, and single events. What comes in is
//! `routes::intake`'s.

use super::body::{Fields, JsonObject, instant};
use super::caches::Stations;
use super::context::{Segment, id_of, station_of};
use super::formats::{self, Feature, Format};
use super::intake::read_fields;
use super::params::{limit_param, time_param};
use super::{Params, both, intake, sources, stations};
use crate::auth::{Reader, RoleSet, TelemetryWriter};
use crate::central::Shared;
use crate::dto::{self, EventRead, EventWithSource, SourceRead, StationRead, Utc};
use crate::error::ApiError;
use crate::store::{Bounds, EventFields, EventFilter, Role, Source, StoreError, StoredEvent};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use model::UnixMicros;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

const NOT_FOUND: ApiError = ApiError::NotFound("Event not found");

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/telemetry/events", get(list).post(intake::create));
    both(router, "/api/v1/telemetry/events/{id}", get(one).patch(change).delete(remove)).with_state(shared)
}

pub(super) fn shown(event: StoredEvent) -> EventRead {
    EventRead {
        id: event.id,
        received_at: Utc(event.received_at),
        event_time: Some(Utc(event.event_time)),
        latitude: event.latitude,
        longitude: event.longitude,
        altitude: event.altitude,
        heading: event.heading,
        speed: event.speed,
        payload: event.payload,
        raw_data: event.raw_data,
        status: event.status,
        station_id: event.station_id,
    }
}

#[utoipa::path(get, path = "/api/v1/telemetry/events", tag = "telemetry",
    params(("source" = Option<String>, Query, description = "A source's slug"),
        ("since" = Option<String>, Query, description = "RFC 3339, inclusive"),
        ("until" = Option<String>, Query, description = "RFC 3339, inclusive"),
        ("limit" = Option<i64>, Query, description = "1 to 1000, else 100"),
        ("subject" = Option<String>, Query, description = "About whom: icao:4840d6, mmsi:244660000, call:PD0ABC"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees; across the 180th meridian when west > east"),
        ("format" = Option<String>, Query, description = "json, geojson, csv or kml; else by Accept"),
        ("cursor" = Option<String>, Query, description = "From the Link header of the page before"),
        ("station" = Option<String>, Query, description = "A station's slug"),
        ("X-Station-Id" = Option<String>, Header, description = "A station's slug. Also X-Station-Slug, X-ChatKit-Station, X-TOC-Station")),
    responses((status = 200, description = "Newest first", content(([EventWithSource] = "application/json"), (Object = "application/geo+json"),
            (String = "text/csv"), (String = "application/vnd.google-earth.kml+xml"))), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    reader: Reader,
    uri: Uri,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let format = Format::asked(&params, &headers)?;
    let mut filter = EventFilter {
        since: time_param(&params, "since")?,
        until: time_param(&params, "until")?,
        limit: limit_param(&params)?,
        subject: params.get("subject").filter(|s| !s.contains('\0')).map(str::to_owned),
        within: bbox_param(&params)?,
        before: cursor_param(&params)?,
        ..EventFilter::default()
    };
    let station = station_of(&shared, reader.roles, None, &headers, &params).await?;
    let mut roles: Vec<Role> = reader.roles.iter().filter(|role| station.as_ref().is_none_or(|s| s.role == *role)).collect();
    filter.station_id = station.map(|s| s.id);
    if let Some(slug) = params.get("source") {
        let source = shared.store.source_by_slug(&slug.to_lowercase()).await?.filter(|(role, _)| reader.roles.contains(*role));
        let (role, source) = source.ok_or(ApiError::NotFound("Telemetry source not found"))?;
        filter.source_id = Some(source.id);
        roles.retain(|r| *r == role);
    }
    let events = newest(&shared, &roles, &filter).await?;
    let next = events.last().filter(|_| events.len() as i64 == filter.limit).map(|(e, _)| format!("{}.{}", e.event_time.0, e.id));
    let all = shared.stations.get(&shared.store).await?;
    let mut response = match format {
        Format::Json => with_sources(events, &all),
        format => in_format(format, events, &all),
    };
    if let Some(cursor) = next {
        response.headers_mut().insert(header::LINK, next_page(&uri, &cursor));
    }
    Ok(response)
}

/// The same request with another cursor.
fn next_page(uri: &Uri, cursor: &str) -> HeaderValue {
    let query = uri.query().unwrap_or("");
    let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let query: Vec<String> = others.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    let link = format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"));
    HeaderValue::from_str(&link).unwrap_or(HeaderValue::from_static(""))
}

/// `west,south,east,north`, as GeoJSON has it.
fn bbox_param(params: &Params) -> Result<Option<Bounds>, ApiError> {
    let Some(text) = params.get("bbox") else { return Ok(None) };
    let problem = || ApiError::field("query", "bbox", "bbox", "Input should be west,south,east,north in degrees", text);
    let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
    let &[west, south, east, north] = numbers.ok_or_else(problem)?.as_slice() else { return Err(problem()) };
    let fits = [west, east].iter().all(|lon| lon.abs() <= 180.0) && -90.0 <= south && south <= north && north <= 90.0;
    if fits { Ok(Some(Bounds { west, south, east, north })) } else { Err(problem()) }
}

fn cursor_param(params: &Params) -> Result<Option<(UnixMicros, i64)>, ApiError> {
    let Some(text) = params.get("cursor") else { return Ok(None) };
    let parsed = text.split_once('.').and_then(|(at, id)| Some((UnixMicros(at.parse().ok()?), id.parse().ok()?)));
    let message = "Input should be a cursor from the Link header of the page before";
    parsed.map(Some).ok_or_else(|| ApiError::field("query", "cursor", "cursor", message, text))
}

/// An id of a role that is not one's own is nobody's.
fn seen(roles: RoleSet, id: i64) -> Result<i64, ApiError> {
    Role::of_id(id).filter(|role| roles.contains(*role)).map(|_| id).ok_or(NOT_FOUND)
}

/// The newest of several databases together.
async fn newest(shared: &Shared, roles: &[Role], filter: &EventFilter) -> Result<Vec<(StoredEvent, Source)>, StoreError> {
    let mut events = Vec::new();
    for role in roles {
        events.extend(shared.store.events(*role, filter).await?);
    }
    if 1 < roles.len() {
        events.sort_by_key(|(event, _)| std::cmp::Reverse((event.event_time, event.id)));
    }
    events.truncate(usize::try_from(filter.limit).unwrap_or(0));
    Ok(events)
}

/// What a table of events has besides id, name and place.
const COLUMNS: [&str; 12] = [
    "event_time",
    "received_at",
    "source",
    "source_type",
    "station",
    "altitude",
    "heading",
    "speed",
    "status",
    "payload",
    "raw_data",
    "source_id",
];

fn in_format(format: Format, events: Vec<(StoredEvent, Source)>, all: &Stations) -> Response {
    let features = events.into_iter().map(|(event, source)| {
        let station = event.station_id.and_then(|id| all.by_id(id)).map(|s| s.slug.to_string());
        let payload = event.payload.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null);
        let name = ["callsign", "flight", "name", "subject", "hex"].iter().find_map(|key| payload.get(*key)?.as_str());
        let name = name.map_or_else(|| source.name.clone(), |n| n.trim().to_owned());
        let properties = json!({"event_time": Utc(event.event_time), "received_at": Utc(event.received_at), "source": source.slug,
            "source_type": source.source_type, "station": station, "altitude": event.altitude, "heading": event.heading, "speed": event.speed,
            "status": event.status, "payload": payload, "raw_data": event.raw_data, "source_id": source.id});
        let Value::Object(properties) = properties else { unreachable!("it is an object, above") };
        Feature { id: event.id.to_string(), name, place: event.longitude.zip(event.latitude), path: Vec::new(), properties }
    });
    formats::respond(format, "vTOC events", &COLUMNS, features.collect())
}

fn with_sources(events: Vec<(StoredEvent, Source)>, all: &Stations) -> Response {
    let mut sources_shown: HashMap<i64, SourceRead> = HashMap::new();
    let mut stations_shown: HashMap<i64, StationRead> = HashMap::new();
    let mut stored = Vec::with_capacity(events.len());
    for (event, source) in events {
        sources_shown.entry(source.id).or_insert_with(|| sources::shown(source, all));
        if let Some(station) = event.station_id.and_then(|id| all.by_id(id)) {
            stations_shown.entry(station.id).or_insert_with(|| stations::shown(station));
        }
        stored.push(event);
    }
    let whole = stored.into_iter().map(|event| {
        let (source, station) = (&sources_shown[&event.source_id], event.station_id.and_then(|id| stations_shown.get(&id)));
        EventWithSource { event: shown(event), source, station }
    });
    Json(whole.collect::<Vec<_>>()).into_response()
}

#[utoipa::path(get, path = "/api/v1/telemetry/events/{id}", tag = "telemetry", params(("id" = i64, Path)),
    responses((status = 200, body = EventWithSource), (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn one(State(shared): State<Arc<Shared>>, reader: Reader, Segment(id): Segment) -> Result<Response, ApiError> {
    let id = seen(reader.roles, id_of("event_id", &id)?)?;
    let (event, source) = shared.store.event(id).await?.ok_or(NOT_FOUND)?;
    let all = shared.stations.get(&shared.store).await?;
    let source = sources::shown(source, &all);
    let station = event.station_id.and_then(|id| all.by_id(id)).map(stations::shown);
    Ok(Json(EventWithSource { event: shown(event), source: &source, station: station.as_ref() }).into_response())
}

#[utoipa::path(patch, path = "/api/v1/telemetry/events/{id}", tag = "telemetry", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"])), request_body = dto::EventUpdate,
    responses((status = 200, body = EventRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn change(writer: TelemetryWriter, Segment(id): Segment, body: JsonObject) -> Result<Json<EventRead>, ApiError> {
    let id = seen(writer.principal.rights.roles, id_of("event_id", &id)?)?;
    let mut fields = Fields::of(body);
    let change = EventFields { event_time: fields.not_null("event_time", instant), ..read_fields(&mut fields) };
    fields.finish()?;
    Ok(Json(shown(writer.store.change_event(id, change).await?.ok_or(NOT_FOUND)?)))
}

#[utoipa::path(delete, path = "/api/v1/telemetry/events/{id}", tag = "telemetry", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"])),
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn remove(writer: TelemetryWriter, Segment(id): Segment) -> Result<StatusCode, ApiError> {
    let id = seen(writer.principal.rights.roles, id_of("event_id", &id)?)?;
    let found = writer.store.delete_event(id).await?;
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(NOT_FOUND) }
}
