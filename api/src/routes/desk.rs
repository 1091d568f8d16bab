//! A station's desk (contract §1.2, §1.3): dashboard, tasks, the catalogue of actions, and the sources that it watches.

use super::body::{Fields, JsonObject, boolean, integer, name, slug};
use super::both;
use super::context::{NO_STATION, Segment, Segments, id_of};
use super::events::shown as shown_event;
use super::{sources, stations};
use crate::auth::{Commander, Reader, RoleSet};
use crate::central::Shared;
use crate::dto::{self, StationAction, StationAssignment, StationTask, StationTaskQueue, TaskMetadata, Utc};
use crate::error::ApiError;
use crate::store::{Assignment, EventFilter, Role, Source, Station, StoreError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde_json::json;
use std::sync::Arc;

const NO_SOURCE: ApiError = ApiError::NotFound("Telemetry source not found");
const NO_ASSIGNMENT: ApiError = ApiError::NotFound("Assignment not found");

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/stations/{slug}/dashboard", get(dashboard));
    let router = both(router, "/api/v1/stations/{slug}/tasks", get(tasks).post(add_task));
    let router = both(router, "/api/v1/stations/{slug}/agentkit/actions", get(actions));
    let router = both(router, "/api/v1/stations/{slug}/assignments", get(assignments).post(assign));
    let one = patch(change_assignment).delete(remove_assignment);
    both(router, "/api/v1/stations/{slug}/assignments/{id}", one).with_state(shared)
}

/// The station of the path, in any spelling. Of a role that is not one's own: 404.
pub(super) async fn station_at(shared: &Shared, roles: RoleSet, slug: &str) -> Result<Station, ApiError> {
    let station = shared.stations.named(&shared.store, slug).await?;
    station.filter(|s| roles.contains(s.role)).ok_or(NO_STATION)
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}/dashboard", tag = "stations", params(("slug" = String, Path)),
    responses((status = 200, body = dto::StationDashboard), (status = 404, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn dashboard(
    State(shared): State<Arc<Shared>>,
    reader: Reader,
    Segment(slug): Segment,
) -> Result<Json<dto::StationDashboard>, ApiError> {
    let station = station_at(&shared, reader.roles, &slug).await?;
    let counts = shared.store.station_counts(station.role, station.id).await?;
    let newest = EventFilter { station_id: Some(station.id), limit: 1, ..EventFilter::default() };
    let last_event = shared.store.events(station.role, &newest).await?.pop().map(|(event, _)| shown_event(event));
    let metrics = dto::StationMetrics { total_events: counts.events, active_sources: counts.active_sources, last_event };
    Ok(Json(dto::StationDashboard { station: stations::shown(&station), metrics }))
}

fn task(station: &Station, assignment: Assignment) -> StationTask {
    let Assignment { id, role, is_active, created_at, updated_at, source } = assignment;
    StationTask {
        id: format!("{}:{}:{id}", station.slug, source.slug),
        title: format!("Monitor {}", source.name),
        status: if is_active { "active" } else { "paused" },
        priority: if role == "primary" { "high" } else { "normal" },
        created_at: Utc(created_at),
        due_at: Utc(updated_at),
        metadata: TaskMetadata { role, source_slug: source.slug, connection_mode: source.connection_mode },
    }
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}/tasks", tag = "stations", params(("slug" = String, Path)),
    responses((status = 200, body = StationTaskQueue), (status = 404, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn tasks(
    State(shared): State<Arc<Shared>>,
    reader: Reader,
    Segment(slug): Segment,
) -> Result<Json<StationTaskQueue>, ApiError> {
    let station = station_at(&shared, reader.roles, &slug).await?;
    let all = shared.store.assignments(station.role, station.id).await?;
    let tasks = all.into_iter().map(|assignment| task(&station, assignment)).collect();
    Ok(Json(StationTaskQueue { station: stations::shown(&station), tasks }))
}

#[utoipa::path(post, path = "/api/v1/stations/{slug}/tasks", tag = "stations", params(("slug" = String, Path)),
    security(("token" = ["command"])), request_body = dto::AssignmentCreate, description = "The station is to watch a source.",
    responses((status = 201, body = StationTask), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 409, body = dto::Detail, description = "A source of another role"),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn add_task(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    Segment(slug): Segment,
    body: JsonObject,
) -> Result<(StatusCode, Json<StationTask>), ApiError> {
    let (station, assignment) = assigned(&shared, &commander, &slug, body).await?;
    Ok((StatusCode::CREATED, Json(task(&station, assignment))))
}

async fn assigned(shared: &Shared, commander: &Commander, slug: &str, body: JsonObject) -> Result<(Station, Assignment), ApiError> {
    let station = station_at(shared, commander.principal.rights.roles, slug).await?;
    let mut fields = Fields::of(body);
    let id = fields.given("source_id", integer).flatten();
    let slug = fields.given("source_slug", self::slug(100)).flatten();
    let role = fields.not_null("role", name(100)).unwrap_or_else(|| "primary".into());
    let is_active = fields.not_null("is_active", boolean).unwrap_or(true);
    if id.is_none() && slug.is_none() {
        fields.required("source_slug", self::slug(100));
    }
    fields.finish()?;
    let source = named_source(shared, commander.principal.rights.roles, id, slug.as_deref()).await?.ok_or(NO_SOURCE)?;
    if Role::of_id(source.id) != Some(station.role) {
        return Err(ApiError::Conflict("The source belongs to another station role than the station".into()));
    }
    let made = commander.store.assign(station.role, station.id, source.id, &role, is_active).await?;
    Ok((station, made.ok_or(NO_SOURCE)?))
}

async fn named_source(shared: &Shared, roles: RoleSet, id: Option<i64>, slug: Option<&str>) -> Result<Option<Source>, StoreError> {
    let found = match (id, slug) {
        (Some(id), _) => shared.store.source(id).await?,
        (None, Some(slug)) => shared.store.source_by_slug(slug).await?.map(|(_, source)| source),
        (None, None) => None,
    };
    Ok(found.filter(|source| Role::of_id(source.id).is_some_and(|role| roles.contains(role))))
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}/agentkit/actions", tag = "stations", params(("slug" = String, Path)),
    responses((status = 200, body = dto::StationAgentCatalog), (status = 404, body = dto::Detail), (status = 503, body = dto::Detail)))]
pub(crate) async fn actions(
    State(shared): State<Arc<Shared>>,
    reader: Reader,
    Segment(slug): Segment,
) -> Result<Json<dto::StationAgentCatalog>, ApiError> {
    let station = station_at(&shared, reader.roles, &slug).await?;
    let slug = &station.slug;
    let action = |name, description, endpoint, method, metadata| StationAction { name, description, endpoint, method, metadata };
    let actions = vec![
        action(
            "ingest_telemetry",
            "Store a telemetry event for this station",
            format!("/api/v1/telemetry/events?station={slug}"),
            "POST",
            json!({"scope": "telemetry:write"}),
        ),
        action(
            "assign_source",
            "Let this station watch a telemetry source",
            format!("/api/v1/stations/{slug}/tasks"),
            "POST",
            json!({"scope": "command", "body": {"source_slug": "str", "role": "primary"}}),
        ),
        action(
            "mission_timeline",
            "Read the missions, operations and alerts of this station, newest first",
            format!("/api/v1/stations/{slug}/mission-timeline"),
            "GET",
            json!({"scope": "read", "query": {"limit": {"type": "int", "default": 50, "minimum": 1}}}),
        ),
    ];
    Ok(Json(dto::StationAgentCatalog { station: stations::shown(&station), actions }))
}

async fn shown(shared: &Shared, station: &Station, assignment: Assignment) -> Result<StationAssignment, ApiError> {
    let all = shared.stations.get(&shared.store).await?;
    Ok(StationAssignment {
        id: assignment.id,
        station_id: station.id,
        source_id: assignment.source.id,
        role: assignment.role,
        is_active: assignment.is_active,
        created_at: Utc(assignment.created_at),
        updated_at: Utc(assignment.updated_at),
        source: sources::shown(assignment.source, &all),
    })
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}/assignments", tag = "stations", params(("slug" = String, Path)),
    responses((status = 200, body = [StationAssignment], description = "Newest first"), (status = 404, body = dto::Detail),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn assignments(
    State(shared): State<Arc<Shared>>,
    reader: Reader,
    Segment(slug): Segment,
) -> Result<Json<Vec<StationAssignment>>, ApiError> {
    let station = station_at(&shared, reader.roles, &slug).await?;
    let mut all = Vec::new();
    for assignment in shared.store.assignments(station.role, station.id).await? {
        all.push(shown(&shared, &station, assignment).await?);
    }
    Ok(Json(all))
}

#[utoipa::path(post, path = "/api/v1/stations/{slug}/assignments", tag = "stations", params(("slug" = String, Path)),
    security(("token" = ["command"])), request_body = dto::AssignmentCreate,
    responses((status = 201, body = StationAssignment), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 409, body = dto::Detail), (status = 413, body = dto::Detail),
        (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn assign(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    Segment(slug): Segment,
    body: JsonObject,
) -> Result<(StatusCode, Json<StationAssignment>), ApiError> {
    let (station, assignment) = assigned(&shared, &commander, &slug, body).await?;
    Ok((StatusCode::CREATED, Json(shown(&shared, &station, assignment).await?)))
}

#[utoipa::path(patch, path = "/api/v1/stations/{slug}/assignments/{id}", tag = "stations",
    params(("slug" = String, Path), ("id" = i64, Path)), security(("token" = ["command"])), request_body = dto::AssignmentUpdate,
    responses((status = 200, body = StationAssignment), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn change_assignment(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    Segments(slug, id): Segments,
    body: JsonObject,
) -> Result<Json<StationAssignment>, ApiError> {
    let id = id_of("assignment_id", &id)?;
    let mut fields = Fields::of(body);
    let role = fields.not_null("role", name(100));
    let is_active = fields.not_null("is_active", boolean);
    fields.finish()?;
    let station = station_at(&shared, commander.principal.rights.roles, &slug).await?;
    let changed = commander.store.change_assignment(station.role, (station.id, id), role.as_deref(), is_active).await?;
    Ok(Json(shown(&shared, &station, changed.ok_or(NO_ASSIGNMENT)?).await?))
}

#[utoipa::path(delete, path = "/api/v1/stations/{slug}/assignments/{id}", tag = "stations",
    params(("slug" = String, Path), ("id" = i64, Path)), security(("token" = ["command"])),
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn remove_assignment(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    Segments(slug, id): Segments,
) -> Result<StatusCode, ApiError> {
    let id = id_of("assignment_id", &id)?;
    let station = station_at(&shared, commander.principal.rights.roles, &slug).await?;
    let found = commander.store.delete_assignment(station.role, (station.id, id)).await?;
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(NO_ASSIGNMENT) }
}
