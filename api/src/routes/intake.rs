//! Telemetry that comes in over HTTP: `POST /api/v1/telemetry/events` (one, an array, or NDJSON) and
//! `…/telemetry/ingest/{source}` (contract §1.2, §1.4).
//!
//! The source of an event: `source_id` (unknown: 404), else `source_slug`, in any role database, the station's first; an
//! unknown slug with a `source_name` makes the source, without one it is 400 "Unknown source".
//! An altitude of `"ground"` is no number: it is stored as unknown, and the payload says `"on_ground": true`.
//!
//! Several events are stored or refused each by itself (`routes::batch`).

use super::body::{Fields, JsonObject, degrees, float, instant, integer, name, object, text};
use super::context::{Segment, station_of};
use super::events::shown;
use super::one_or_many::OneOrMany;
use super::watch::{enrich, imei_of};
use super::{Params, batch, both};
use crate::auth::TelemetryWriter;
use crate::central::Shared;
use crate::dto::{self, EventRead, Utc};
use crate::error::ApiError;
use crate::store::{EventFields, Given, NewSource, Role, Source, SourceKey, Station, StoreError, StoredEvent};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use std::sync::Arc;

/// Characters of raw_data; the body's limit is the real one.
const RAW_DATA_MAX: usize = 1 << 20;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/telemetry/ingest/{source}", post(ingest));
    both(router, "/api/telemetry/ingest/{source}", post(ingest)).with_state(shared)
}

/// An event as a program sends it.
#[derive(Debug)]
pub(super) struct Incoming {
    pub source_id: Option<i64>,
    pub source_slug: Option<String>,
    pub source_name: Option<String>,
    /// Of a source that it makes.
    pub source_type: &'static str,
    pub station_id: Option<i64>,
    pub fields: EventFields,
    /// What the watch-list is asked for.
    pub imei: Option<String>,
}

#[utoipa::path(post, path = "/api/v1/telemetry/events", tag = "telemetry", security(("token" = ["telemetry:write"])),
    request_body(content((dto::EventCreate = "application/json"), (String = "application/x-ndjson"))),
    description = "One event; or an array or lines of up to 5000, answered with a `BatchResult`. With `Idempotency-Key`, the same \
        request again gets the same answer.",
    params(("Idempotency-Key" = Option<String>, Header), ("station" = Option<String>, Query, description = "A station's slug")),
    responses((status = 201, body = EventRead, description = "Stored; of several: all of them"),
        (status = 207, body = dto::BatchResult, description = "Of several, some were refused"),
        (status = 400, body = dto::Detail, description = "Unknown source"),
        (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail, description = "No such source_id or station"), (status = 409, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    headers: HeaderMap,
    params: Params,
    body: OneOrMany,
) -> Result<Response, ApiError> {
    match body {
        OneOrMany::One(body) => {
            let event = store_one(&shared, &writer, &headers, &params, read_new(body)?).await?;
            Ok((StatusCode::CREATED, Json(shown(event))).into_response())
        }
        OneOrMany::Many(items) => {
            let items = items.into_iter().map(|item| item.and_then(read_new)).collect();
            batch::store(&shared, &writer, &headers, &params, items).await
        }
    }
}

/// Stores what names its source and station itself, or by header or `?station=`.
pub(super) async fn store_one(
    shared: &Shared,
    writer: &TelemetryWriter,
    headers: &HeaderMap,
    params: &Params,
    mut new: Incoming,
) -> Result<StoredEvent, ApiError> {
    let station = station_of(shared, writer.principal.rights.roles, new.station_id, headers, params).await?;
    enrich(shared, &mut [(new.imei.take(), &mut new.fields)]).await?;
    let event = insert(writer, &new, station.as_ref()).await?;
    touch(shared, event.source_id).await?;
    Ok(event)
}

/// Notes that a source delivers, now and then.
pub(super) async fn touch(shared: &Shared, source_id: i64) -> Result<(), StoreError> {
    if shared.touched.due(source_id) { shared.store.touch_source(source_id).await } else { Ok(()) }
}

async fn insert(writer: &TelemetryWriter, new: &Incoming, station: Option<&Station>) -> Result<StoredEvent, ApiError> {
    let station_id = station.map(|s| s.id);
    let TelemetryWriter { store, principal } = writer;
    if let Some(id) = new.source_id {
        let role = Role::of_id(id).filter(|role| principal.sees(*role)).ok_or(ApiError::NotFound("Source not found"))?;
        let stored = store.insert_event(role, SourceKey::Id(id), station_id, &new.fields).await?;
        return stored.ok_or(ApiError::NotFound("Source not found"));
    }
    let unknown = || ApiError::BadRequest("Unknown source".into());
    let slug = new.source_slug.as_deref().ok_or_else(unknown)?;
    let home = station.map_or(principal.home(), |s| s.role);
    let others = principal.rights.roles.iter().filter(|role| *role != home);
    for role in std::iter::once(home).chain(others) {
        if let Some(stored) = store.insert_event(role, SourceKey::Slug(slug), station_id, &new.fields).await? {
            return Ok(stored);
        }
    }
    make_source(writer, new, home, station_id).await?;
    let stored = store.insert_event(home, SourceKey::Slug(slug), station_id, &new.fields).await?;
    stored.ok_or_else(|| ApiError::Conflict("The source can't be made: its name or slug is taken".into()))
}

/// Of an unknown slug with a name. Another request may make it meanwhile (then it is there), or its name is taken (then not).
pub(super) async fn make_source(writer: &TelemetryWriter, new: &Incoming, home: Role, station_id: Option<i64>) -> Result<(), ApiError> {
    let unknown = || ApiError::BadRequest("Unknown source".into());
    let source = NewSource {
        slug: new.source_slug.clone().ok_or_else(unknown)?,
        name: new.source_name.clone().ok_or_else(unknown)?,
        source_type: new.source_type.into(),
        description: Some("Created via telemetry ingestion".into()),
        is_active: true,
        connection_mode: "online".into(),
        configuration: None,
        station_id,
    };
    match writer.store.create_source(home, &source).await {
        Ok(_) | Err(StoreError::Taken(_)) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

pub(super) fn read_new(body: JsonObject) -> Result<Incoming, ApiError> {
    let mut fields = Fields::of(body);
    let source_id = fields.given("source_id", integer).flatten();
    let source_slug = fields.given("source_slug", super::body::slug(100)).flatten();
    let source_name = fields.given("source_name", name(255)).flatten();
    let station_id = fields.given("station_id", integer).flatten();
    read_event(
        fields,
        Incoming { source_id, source_slug, source_name, source_type: "external", station_id, fields: EventFields::default(), imei: None },
    )
}

fn read_event(mut fields: Fields, of: Incoming) -> Result<Incoming, ApiError> {
    let payload = fields.get("payload").unwrap_or(&Value::Null);
    let (imei, subject) = (imei_of(payload), subject_of(payload));
    let mut event = EventFields { event_time: fields.given("event_time", instant).flatten(), subject, ..read_fields(&mut fields) };
    fields.finish()?;
    if event.on_ground && event.payload.clone().flatten().is_none() {
        event.payload = Some(Some(r#"{"on_ground":true}"#.into()));
    }
    Ok(Incoming { fields: event, imei, ..of })
}

/// All but the time, which a new event may leave out and a change may not take away.
pub(super) fn read_fields(fields: &mut Fields) -> EventFields {
    let on_ground = fields.get("altitude").and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case("ground"));
    EventFields {
        event_time: None,
        latitude: fields.given("latitude", degrees(90.0)),
        longitude: fields.given("longitude", degrees(180.0)),
        altitude: if on_ground { Some(None) } else { fields.given("altitude", float) },
        heading: fields.given("heading", float),
        speed: fields.given("speed", float),
        payload: read_payload(fields, on_ground),
        raw_data: fields.given("raw_data", text(RAW_DATA_MAX)),
        status: fields.given("status", text(50)),
        subject: None,
        on_ground,
    }
}

fn read_payload(fields: &mut Fields, on_ground: bool) -> Given<String> {
    fields.given("payload", |payload| match payload {
        Value::Object(known) if on_ground && !known.contains_key("on_ground") => {
            let mut known = known.clone();
            known.insert("on_ground".into(), true.into());
            object(&Value::Object(known))
        }
        other => object(other),
    })
}

/// About whom an event is, as far as its payload says: `icao:4840d6`, `mmsi:244660000`, `imei:…`, `device:…`.
pub(super) fn subject_of(payload: &Value) -> Option<String> {
    let text = |keys: [&str; 2]| {
        let value = keys.iter().find_map(|key| payload.get(*key).filter(|v| !v.is_null()))?;
        value.as_str().map(|s| s.trim().to_owned()).or_else(|| value.as_u64().map(|n| n.to_string()))
    };
    let hex = |s: &String| s.len() == 6 && s.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = |s: &String| (1..=9).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    let plain = |s: &String| (1..=100).contains(&s.len()) && !s.contains('\0');
    let icao = text(["hex", "icao"]).filter(hex).map(|s| format!("icao:{}", s.to_lowercase()));
    let mmsi = || text(["mmsi", "MMSI"]).filter(digits).map(|s| format!("mmsi:{s:0>9}"));
    let imei = || text(["imei", "IMEI"]).filter(plain).map(|s| format!("imei:{s}"));
    let device = || text(["device_id", "deviceId"]).filter(plain).map(|s| format!("device:{s}"));
    icao.or_else(mmsi).or_else(imei).or_else(device)
}

#[utoipa::path(post, path = "/api/v1/telemetry/ingest/{source}", tag = "telemetry", security(("token" = ["telemetry:write"])),
    params(("source" = String, Path, description = "A source's slug"), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content((dto::EventUpdate = "application/json"), (String = "application/x-ndjson"))),
    responses((status = 201, body = dto::Ingested), (status = 207, body = dto::BatchResult, description = "Of several, some were refused"),
        (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 409, body = dto::Detail, description = "The source is disabled"), (status = 413, body = dto::Detail),
        (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn ingest(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    headers: HeaderMap,
    params: Params,
    Segment(slug): Segment,
    body: OneOrMany,
) -> Result<Response, ApiError> {
    let source = active_source(&shared, &writer, &slug).await?;
    let of = |body: JsonObject| {
        let none = EventFields::default();
        let of = Incoming {
            source_id: Some(source),
            source_slug: None,
            source_name: None,
            source_type: "external",
            station_id: None,
            fields: none,
            imei: None,
        };
        read_event(Fields::of(body), of)
    };
    match body {
        OneOrMany::One(body) => {
            let event = store_one(&shared, &writer, &headers, &params, of(body)?).await?;
            Ok((StatusCode::CREATED, Json(ingested(event))).into_response())
        }
        OneOrMany::Many(items) => {
            let items = items.into_iter().map(|item| item.and_then(of)).collect();
            batch::store(&shared, &writer, &headers, &params, items).await
        }
    }
}

async fn active_source(shared: &Shared, writer: &TelemetryWriter, slug: &str) -> Result<i64, ApiError> {
    const NOT_FOUND: ApiError = ApiError::NotFound("Telemetry source not found");
    if slug.contains('\0') {
        return Err(NOT_FOUND);
    }
    let found: Option<(Role, Source)> = shared.store.source_by_slug(&slug.to_lowercase()).await?;
    let (_, source) = found.filter(|(role, _)| writer.principal.sees(*role)).ok_or(NOT_FOUND)?;
    if source.is_active { Ok(source.id) } else { Err(ApiError::Conflict("Telemetry source is disabled".into())) }
}

fn ingested(event: StoredEvent) -> dto::Ingested {
    dto::Ingested {
        id: event.id,
        source_id: event.source_id,
        event_time: Utc(event.event_time),
        received_at: Utc(event.received_at),
        status: event.status,
    }
}
