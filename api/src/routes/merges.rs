//! `/api/v1/track-merges`: the tracks that `op_airtrack_merge` takes for one aircraft, for the picture. No event is changed by a merge:
//! undoing one is a mark, and the same tracks stay apart for a day (docs/playbooks.md).

use super::context::{Segment, id_of};
use super::params::{limit_param, time_param};
use super::{Params, both};
use crate::auth::{Reader, TelemetryWriter};
use crate::central::Shared;
use crate::dto::{self, TrackMerge, Utc};
use crate::error::ApiError;
use crate::store::playbooks::{MergeFilter, StoredMerge};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Arc;

const NOT_FOUND: ApiError = ApiError::NotFound("Merge not found");
/// A merge is about what flew just then; older ones are asked for.
const LATELY_US: i64 = 3_600_000_000;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/track-merges", get(list));
    both(router, "/api/v1/track-merges/{id}/undo", post(undo)).with_state(shared)
}

fn shown(merge: StoredMerge) -> TrackMerge {
    TrackMerge {
        id: merge.id,
        detail: merge.detail,
        made_by_run: merge.made_by_run,
        made_at: Utc(merge.made_at),
        undone_at: merge.undone_at.map(Utc),
    }
}

#[utoipa::path(get, path = "/api/v1/track-merges", tag = "telemetry",
    params(("subject" = Option<String>, Query, description = "One of its tracks is this subject's: `icao:4840d6`"),
        ("since" = Option<String>, Query, description = "Made since; else within the last hour"),
        ("undone" = Option<bool>, Query, description = "Those that were undone too"),
        ("limit" = Option<i64>, Query, description = "1 to 1000, else 100")),
    responses((status = 200, body = [TrackMerge], description = "Newest first; of one's own station roles"), (status = 401, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, reader: Reader, params: Params) -> Result<Json<Vec<TrackMerge>>, ApiError> {
    let filter = MergeFilter {
        since: time_param(&params, "since")?.unwrap_or_else(|| shared.now().plus_micros(-LATELY_US)),
        subject: params.get("subject").filter(|s| !s.contains('\0')).map(str::to_owned),
        undone: params.get("undone") == Some("true"),
        limit: limit_param(&params)?,
    };
    Ok(Json(shared.store.merges(reader.roles, &filter).await?.into_iter().map(shown).collect()))
}

#[utoipa::path(post, path = "/api/v1/track-merges/{id}/undo", tag = "telemetry", params(("id" = i64, Path)),
    security(("token" = ["telemetry:write"]), ("session" = [])), description = "The tracks are apart again, and stay so for a day.",
    responses((status = 200, body = TrackMerge), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn undo(
    State(shared): State<Arc<Shared>>,
    writer: TelemetryWriter,
    Segment(id): Segment,
) -> Result<Json<TrackMerge>, ApiError> {
    let id = id_of("merge_id", &id)?;
    let roles = writer.principal.rights.roles;
    let merge = writer.store.undo_merge(id, &writer.principal.actor().name, roles, shared.now()).await?;
    Ok(Json(shown(merge.ok_or(NOT_FOUND)?)))
}
