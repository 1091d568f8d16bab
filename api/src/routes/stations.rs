//! `/api/v1/stations/` and `/api/v1/stations/{slug}` (contract §1.2, §1.3). A station's slug and role never change: the slug
//! is in its certificate, the role names the database that holds its telemetry.

use super::body::{Fields, JsonObject, Problem, degrees, name, text};
use super::both;
use super::context::Segment;
use super::desk::station_at;
use super::etag::Tag;
use crate::auth::{Administrator, Commander, Reader};
use crate::central::Shared;
use crate::dto::{self, StationRead, Utc};
use crate::error::ApiError;
use crate::store::{NewStation, Role, Station, StationChange};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use model::StationId;
use serde_json::Value;
use std::sync::Arc;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/stations", get(list).post(create));
    both(router, "/api/v1/stations/{slug}", get(one).patch(change).delete(remove)).with_state(shared)
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
pub(crate) async fn list(State(shared): State<Arc<Shared>>, reader: Reader, headers: HeaderMap) -> Result<Response, ApiError> {
    let all: Vec<Station> = shared.store.stations().await?.into_iter().filter(|s| reader.roles.contains(s.role)).collect();
    let versions: Vec<(i64, i64)> = all.iter().map(|s| (s.id, s.updated_at.0)).collect();
    Ok(Tag::of(versions).answer(&headers, || Json(all.iter().map(shown).collect::<Vec<_>>()).into_response()))
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}", tag = "stations", params(("slug" = String, Path)),
    responses((status = 200, body = StationRead), (status = 404, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn one(State(shared): State<Arc<Shared>>, reader: Reader, Segment(slug): Segment) -> Result<Json<StationRead>, ApiError> {
    Ok(Json(shown(&station_at(&shared, reader.roles, &slug).await?)))
}

#[utoipa::path(post, path = "/api/v1/stations/", tag = "stations", security(("token" = ["command"])), request_body = dto::StationCreate,
    description = "Registers a station. It can deliver once it is enrolled (`vtoc enrol`).",
    responses((status = 201, body = StationRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 409, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn create(commander: Commander, body: JsonObject) -> Result<(StatusCode, Json<StationRead>), ApiError> {
    let (new, telemetry_schema) = read_new(Fields::of(body), commander.principal.home())?;
    if !commander.principal.sees(new.role) {
        return Err(ApiError::Forbidden(format!("The station role {} is not one of yours", new.role.name())));
    }
    let made = commander.store.create_station(&new, telemetry_schema.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(shown(&made))))
}

fn read_new(mut fields: Fields, home: Role) -> Result<(NewStation, Option<String>), ApiError> {
    let name = fields.required("name", self::name(255)).unwrap_or_default();
    let slug = match fields.get("slug") {
        None | Some(Value::Null) => fields.checked("slug", &Value::from(slug_of(&name)), slug),
        Some(_) => fields.not_null("slug", slug),
    };
    let role = fields.not_null("role", role).unwrap_or(home);
    let description = fields.given("description", text(10_000)).flatten();
    let timezone = fields.not_null("timezone", self::name(100)).unwrap_or_else(|| "UTC".into());
    let telemetry_schema = fields.given("telemetry_schema", text(255)).flatten();
    let place = read_place(&mut fields).flatten();
    fields.finish()?;
    let slug = slug.ok_or(ApiError::Internal)?;
    Ok((NewStation { slug, name, description, timezone, role, place }, telemetry_schema))
}

/// `Coastal Watch` → `coastal-watch`
fn slug_of(name: &str) -> String {
    let plain = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let slug = plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    slug.chars().take(64).collect::<String>().trim_end_matches('-').to_owned()
}

fn slug(value: &Value) -> Result<StationId, Problem> {
    let text = name(64)(value)?.trim().to_lowercase().replace('_', "-");
    StationId::new(&text).ok_or_else(|| ("slug", "A slug is 1 to 64 of a-z, 0-9 and -, and begins and ends with a letter or digit".into()))
}

fn role(value: &Value) -> Result<Role, Problem> {
    let role = value.as_str().and_then(Role::from_name);
    role.ok_or_else(|| ("enum", "Input should be ops, intel or logistics".into()))
}

/// Both or neither; `Some(None)`: taken away.
fn read_place(fields: &mut Fields) -> Option<Option<(f64, f64)>> {
    let latitude = fields.given("latitude", degrees(90.0));
    let longitude = fields.given("longitude", degrees(180.0));
    match (latitude, longitude) {
        (Some(Some(latitude)), Some(Some(longitude))) => Some(Some((latitude, longitude))),
        (Some(None), Some(None)) => Some(None),
        (None, None) => None,
        // The one that is missing or null; a value that was refused was told already.
        (Some(Some(_)), _) => {
            fields.problem("longitude", ("missing", "Latitude and longitude go together: give both or neither".into()));
            None
        }
        _ => {
            fields.problem("latitude", ("missing", "Latitude and longitude go together: give both or neither".into()));
            None
        }
    }
}

#[utoipa::path(patch, path = "/api/v1/stations/{slug}", tag = "stations", params(("slug" = String, Path)),
    security(("token" = ["command"])), request_body = dto::StationUpdate,
    responses((status = 200, body = StationRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn change(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    Segment(slug): Segment,
    body: JsonObject,
) -> Result<Json<StationRead>, ApiError> {
    let station = station_at(&shared, commander.principal.rights.roles, &slug).await?;
    let mut fields = Fields::of(body);
    let change = StationChange {
        name: fields.not_null("name", name(255)),
        description: fields.given("description", text(10_000)),
        timezone: fields.not_null("timezone", name(100)),
        telemetry_schema: fields.given("telemetry_schema", text(255)),
        place: read_place(&mut fields),
    };
    fields.finish()?;
    let changed = commander.store.change_station(station.id, change).await?;
    shared.stations.forget();
    Ok(Json(shown(&changed.ok_or(super::context::NO_STATION)?)))
}

#[utoipa::path(delete, path = "/api/v1/stations/{slug}", tag = "stations", params(("slug" = String, Path)),
    security(("token" = ["admin"])), description = "With its keys. Only a station that has no sources: what it delivered stays somebody's.",
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 409, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn remove(
    State(shared): State<Arc<Shared>>,
    admin: Administrator,
    Segment(slug): Segment,
) -> Result<StatusCode, ApiError> {
    let station = station_at(&shared, admin.principal.rights.roles, &slug).await?;
    let sources = shared.store.sources().await?.iter().filter(|s| s.station_id == Some(station.id)).count();
    if sources != 0 {
        return Err(ApiError::Conflict(format!(
            "The station has {sources} telemetry sources: delete them first, or revoke its keys instead"
        )));
    }
    let found = admin.store.delete_station(station.id).await?;
    shared.stations.forget();
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(super::context::NO_STATION) }
}
