//! `/api/v1/telemetry/sources` (contract §1.2). Writing needs a token with the scope `telemetry:write`.

use super::body::{Fields, JsonObject, boolean, integer, name, object, slug, text};
use super::caches::Stations;
use super::context::{NO_STATION, Segment, id_of, station_of};
use super::{Params, both, stations};
use crate::auth::{Reader, RoleSet, TelemetryWriter};
use crate::central::Shared;
use crate::dto::{self, SourceRead, Utc};
use crate::error::ApiError;
use crate::store::{NewSource, Role, Source, SourceChange};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

const NOT_FOUND: ApiError = ApiError::NotFound("Source not found");

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/telemetry/sources", get(list).post(create));
    let router = both(router, "/api/v1/telemetry/sources/{id}", get(one).patch(change).delete(remove));
    // By slug, as one old revision had it.
    let router = both(router, "/api/telemetry/sources", get(list).post(create));
    both(router, "/api/telemetry/sources/{slug}", get(one_named).put(change_named).delete(remove_named)).with_state(shared)
}

async fn one_named(State(shared): State<Arc<Shared>>, reader: Reader, Segment(slug): Segment) -> Result<Json<SourceRead>, ApiError> {
    let id = named(&shared, reader.roles, &slug).await?;
    one(State(shared), reader, Segment(id.to_string())).await
}

async fn change_named(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    Segment(slug): Segment,
    body: JsonObject,
) -> Result<Json<SourceRead>, ApiError> {
    let id = named(&shared, writer.principal.rights.roles, &slug).await?;
    change(State(shared), writer, Segment(id.to_string()), body).await
}

async fn remove_named(State(shared): State<Arc<Shared>>, writer: TelemetryWriter, Segment(slug): Segment) -> Result<StatusCode, ApiError> {
    let id = named(&shared, writer.principal.rights.roles, &slug).await?;
    remove(writer, Segment(id.to_string())).await
}

async fn named(shared: &Shared, roles: RoleSet, slug: &str) -> Result<i64, ApiError> {
    let missing = ApiError::NotFound("Telemetry source not found");
    if slug.contains('\0') {
        return Err(missing);
    }
    let found = shared.store.source_by_slug(&slug.to_lowercase()).await?.filter(|(role, _)| roles.contains(*role));
    found.map(|(_, source)| source.id).ok_or(missing)
}

pub(crate) fn shown(source: Source, all: &Stations) -> SourceRead {
    SourceRead {
        id: source.id,
        slug: source.slug,
        name: source.name,
        description: source.description,
        is_active: source.is_active,
        source_type: source.source_type,
        connection_mode: source.connection_mode,
        configuration: source.configuration,
        station: source.station_id.and_then(|id| all.by_id(id)).map(stations::shown),
        station_id: source.station_id,
        last_ingested_at: source.last_ingested_at.map(Utc),
        created_at: Utc(source.created_at),
        updated_at: Utc(source.updated_at),
    }
}

#[utoipa::path(get, path = "/api/v1/telemetry/sources", tag = "telemetry",
    responses((status = 200, body = [SourceRead], description = "In the order of their slugs"), (status = 503, body = dto::Detail)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, reader: Reader) -> Result<Json<Vec<SourceRead>>, ApiError> {
    let all = shared.stations.get(&shared.store).await?;
    let own = shared.store.sources().await?.into_iter().filter(|s| seen(reader.roles, s.id).is_ok());
    Ok(Json(own.map(|s| shown(s, &all)).collect()))
}

/// An id of a role that is not one's own is nobody's.
fn seen(roles: RoleSet, id: i64) -> Result<i64, ApiError> {
    Role::of_id(id).filter(|role| roles.contains(*role)).map(|_| id).ok_or(NOT_FOUND)
}

#[utoipa::path(post, path = "/api/v1/telemetry/sources", tag = "telemetry", security(("token" = ["telemetry:write"])),
    request_body = dto::SourceCreate,
    responses((status = 201, body = SourceRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail, description = "No such station"), (status = 409, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    headers: HeaderMap,
    params: Params,
    body: JsonObject,
) -> Result<(StatusCode, Json<SourceRead>), ApiError> {
    let new = read_new(Fields::of(body))?;
    let TelemetryWriter { store, principal } = writer;
    let station = station_of(&shared, principal.rights.roles, new.station_id, &headers, &params).await?;
    let new = NewSource { station_id: station.as_ref().map(|s| s.id), ..new };
    let source = store.create_source(station.map_or(principal.home(), |s| s.role), &new).await?;
    let all = shared.stations.get(&shared.store).await?;
    Ok((StatusCode::CREATED, Json(shown(source, &all))))
}

fn read_new(mut fields: Fields) -> Result<NewSource, ApiError> {
    let new = NewSource {
        slug: fields.required("slug", slug(100)).unwrap_or_default(),
        name: fields.required("name", name(255)).unwrap_or_default(),
        source_type: fields.required("source_type", name(100)).unwrap_or_default(),
        description: fields.given("description", text(10_000)).flatten(),
        is_active: fields.not_null("is_active", boolean).unwrap_or(true),
        connection_mode: fields.not_null("connection_mode", name(50)).unwrap_or_else(|| "online".into()),
        configuration: fields.given("configuration", object).flatten(),
        station_id: fields.given("station_id", integer).flatten(),
    };
    fields.finish()?;
    Ok(new)
}

#[utoipa::path(get, path = "/api/v1/telemetry/sources/{id}", tag = "telemetry", params(("id" = i64, Path)),
    responses((status = 200, body = SourceRead), (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn one(State(shared): State<Arc<Shared>>, reader: Reader, Segment(id): Segment) -> Result<Json<SourceRead>, ApiError> {
    let id = seen(reader.roles, id_of("source_id", &id)?)?;
    let source = shared.store.source(id).await?.ok_or(NOT_FOUND)?;
    let all = shared.stations.get(&shared.store).await?;
    Ok(Json(shown(source, &all)))
}

#[utoipa::path(patch, path = "/api/v1/telemetry/sources/{id}", tag = "telemetry", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"])), request_body = dto::SourceUpdate,
    responses((status = 200, body = SourceRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 409, body = dto::Detail), (status = 413, body = dto::Detail),
        (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn change(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    Segment(id): Segment,
    body: JsonObject,
) -> Result<Json<SourceRead>, ApiError> {
    let roles = writer.principal.rights.roles;
    let id = seen(roles, id_of("source_id", &id)?)?;
    let change = read_change(Fields::of(body))?;
    if let Some(station) = change.station_id.flatten() {
        shared.stations.with_id(&shared.store, station).await?.filter(|s| roles.contains(s.role)).ok_or(NO_STATION)?;
    }
    let source = writer.store.change_source(id, change).await?.ok_or(NOT_FOUND)?;
    let all = shared.stations.get(&shared.store).await?;
    Ok(Json(shown(source, &all)))
}

fn read_change(mut fields: Fields) -> Result<SourceChange, ApiError> {
    let change = SourceChange {
        slug: fields.not_null("slug", slug(100)),
        name: fields.not_null("name", name(255)),
        source_type: fields.not_null("source_type", name(100)),
        is_active: fields.not_null("is_active", boolean),
        connection_mode: fields.not_null("connection_mode", name(50)),
        description: fields.given("description", text(10_000)),
        configuration: fields.given("configuration", object),
        station_id: fields.given("station_id", integer),
    };
    fields.finish()?;
    Ok(change)
}

#[utoipa::path(delete, path = "/api/v1/telemetry/sources/{id}", tag = "telemetry", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"])), description = "With all its events.",
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn remove(writer: TelemetryWriter, Segment(id): Segment) -> Result<StatusCode, ApiError> {
    let id = seen(writer.principal.rights.roles, id_of("source_id", &id)?)?;
    let found = writer.store.delete_source(id).await?;
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(NOT_FOUND) }
}
