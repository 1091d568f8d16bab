//! Several events in one request: each is stored or refused by itself, those of one role database in one statement.
//!
//! ```text
//!   items ─► read ─► station, watch-list ─► sources by slug (one look per database) ─► INSERT … UNNEST per database
//!     └────────────────── refused: its status and detail ──────────────────────────────┴──► results, in the items' order
//! ```

use super::Params;
use super::context::station_of;
use super::intake::{Incoming, make_source, touch};
use super::watch::enrich;
use crate::auth::TelemetryWriter;
use crate::central::Shared;
use crate::dto::{BatchResult, ItemResult};
use crate::error::ApiError;
use crate::store::{EventFields, NewRow, Role, Station};
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::collections::{BTreeSet, HashMap};

const NO_SOURCE: ApiError = ApiError::NotFound("Source not found");

/// An item on its way into a role's database.
struct Placed {
    index: usize,
    role: Role,
    row: NewRow,
}

/// 201 when all are stored, else 207.
pub(super) async fn store(
    shared: &Shared,
    writer: &TelemetryWriter,
    headers: &HeaderMap,
    params: &Params,
    items: Vec<Result<Incoming, ApiError>>,
) -> Result<Response, ApiError> {
    let station = station_of(shared, writer.principal.rights.roles, None, headers, params).await?;
    let mut results: Vec<ItemResult> = (0..items.len()).map(ItemResult::waiting).collect();
    let mut events: Vec<(usize, Incoming)> = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Ok(event) => events.push((index, event)),
            Err(error) => results[index].refuse(&error),
        }
    }
    let mut watched: Vec<(Option<String>, &mut EventFields)> = events.iter_mut().map(|(_, e)| (e.imei.take(), &mut e.fields)).collect();
    enrich(shared, &mut watched).await?;
    let placed = place(shared, writer, station.as_ref(), events, &mut results).await?;
    insert(shared, writer, placed, &mut results).await?;
    let refused = results.iter().filter(|r| r.status != 201).count();
    let status = if refused == 0 { StatusCode::CREATED } else { StatusCode::MULTI_STATUS };
    Ok((status, Json(BatchResult { accepted: results.len() - refused, refused, results })).into_response())
}

/// Finds each one's station and source.
async fn place(
    shared: &Shared,
    writer: &TelemetryWriter,
    station: Option<&Station>,
    events: Vec<(usize, Incoming)>,
    results: &mut [ItemResult],
) -> Result<Vec<Placed>, ApiError> {
    let stations = shared.stations.get(&shared.store).await?;
    let sees = |role: &Role| writer.principal.sees(*role);
    let slugs: BTreeSet<&str> = events.iter().filter_map(|(_, e)| e.source_slug.as_deref()).collect();
    let mut known: HashMap<String, i64> = shared.store.source_ids(&slugs).await?;
    known.retain(|_, id| Role::of_id(*id).as_ref().is_some_and(sees));
    let mut placed = Vec::with_capacity(events.len());
    for (index, event) in events {
        let own = event.station_id.map(|id| stations.by_id(id).filter(|s| sees(&s.role)));
        let station = match own {
            Some(None) => {
                results[index].refuse(&super::context::NO_STATION);
                continue;
            }
            Some(found) => found,
            None => station,
        };
        let found = event.source_id.or_else(|| known.get(event.source_slug.as_deref()?).copied());
        let found = match found {
            Some(id) => Ok(id),
            None => made(shared, writer, &event, station, &mut known).await,
        };
        match found.and_then(|id| Role::of_id(id).filter(sees).map(|role| (id, role)).ok_or(NO_SOURCE)) {
            Ok((source_id, role)) => {
                let row = NewRow { source_id, station_id: station.map(|s| s.id), fields: event.fields };
                placed.push(Placed { index, role, row });
            }
            Err(error) => results[index].refuse(&error),
        }
    }
    Ok(placed)
}

async fn made(
    shared: &Shared,
    writer: &TelemetryWriter,
    event: &Incoming,
    station: Option<&Station>,
    known: &mut HashMap<String, i64>,
) -> Result<i64, ApiError> {
    let home = station.map_or(writer.principal.home(), |s| s.role);
    make_source(writer, event, home, station.map(|s| s.id)).await?;
    let slug = event.source_slug.as_deref().unwrap_or("");
    let made = shared.store.source_ids(&BTreeSet::from([slug])).await?;
    known.extend(made.clone());
    let taken = || ApiError::Conflict("The source can't be made: its name or slug is taken".into());
    made.get(slug).copied().ok_or_else(taken)
}

async fn insert(shared: &Shared, writer: &TelemetryWriter, placed: Vec<Placed>, results: &mut [ItemResult]) -> Result<(), ApiError> {
    let mut of_roles: HashMap<Role, (Vec<usize>, Vec<NewRow>)> = HashMap::new();
    for Placed { index, role, row } in placed {
        let (indices, rows) = of_roles.entry(role).or_default();
        indices.push(index);
        rows.push(row);
    }
    let databases = of_roles.len();
    for (role, (indices, rows)) in of_roles {
        let sources: BTreeSet<i64> = rows.iter().map(|row| row.source_id).collect();
        match writer.store.insert_events(role, &rows).await {
            Ok(ids) => {
                for (index, id) in indices.into_iter().zip(ids) {
                    match id {
                        Some(id) => results[index].store(id),
                        None => results[index].refuse(&NO_SOURCE),
                    }
                }
                for source in sources {
                    touch(shared, source).await?;
                }
            }
            // Nothing was stored: the whole request may be sent again.
            Err(error) if databases == 1 => return Err(error.into()),
            // Others' were: each says what became of it.
            Err(error) => {
                let error = ApiError::from(error);
                indices.into_iter().for_each(|index| results[index].refuse(&error));
            }
        }
    }
    Ok(())
}
