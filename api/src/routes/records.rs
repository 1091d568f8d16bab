//! The routes of every kind of record (`crate::records`): list, make, read, change, delete. Reading needs `read`, writing
//! `telemetry:write`. What is kept in the database of a station role that is not one's own does not exist for one.

use super::body::{Fields, JsonObject, Problem, boolean, float, instant, integer, name, object, text};
use super::context::{Segment, id_of};
use super::{Params, both};
use crate::auth::{Reader, RoleSet, TelemetryWriter};
use crate::central::Shared;
use crate::error::ApiError;
use crate::records::{Column, Holds, Home, KINDS, Kind, Mount, Need};
use crate::store::{Cell, Cells, Page, Record};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// Records of one page.
const LIMIT_MAX: i64 = 1_000;
/// Quantities beyond this are nobody's stock; sums of them stay finite.
const NUMBER_MAX: f64 = 1e15;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mounts = KINDS.iter().flat_map(|kind| kind.mounts.iter().map(move |mount| (*kind, *mount)));
    mounts.fold(Router::new(), |router, (kind, mount)| mounted(router, kind, mount)).with_state(shared)
}

fn mounted(router: Router<Arc<Shared>>, kind: &'static Kind, mount: Mount) -> Router<Arc<Shared>> {
    let all = get(move |State(shared): State<Arc<Shared>>, reader: Reader, params: Params| async move {
        list(&shared, kind, mount, reader.roles, &params).await
    });
    let all = all.post(move |writer: TelemetryWriter, body: JsonObject| async move {
        let record = create(&writer, kind, Fields::of(body)).await?;
        Ok::<_, ApiError>((if mount.old { StatusCode::OK } else { StatusCode::CREATED }, Json(record)))
    });
    let one = get(move |State(shared): State<Arc<Shared>>, reader: Reader, Segment(id): Segment| async move {
        let id = id_of("id", &id)?;
        let found = if sees(reader.roles, kind) { shared.store.record(kind, id).await? } else { None };
        found.map(Json).ok_or(ApiError::NotFound(kind.missing))
    });
    let router = both(router, mount.path, all);
    let path = format!("{}/{{id}}", mount.path);
    if kind.appended {
        return both(router, &path, one);
    }
    let update = move |writer: TelemetryWriter, Segment(id): Segment, body: JsonObject| async move {
        change(&writer, kind, &id, Fields::of(body)).await
    };
    let one = one.patch(update);
    let one = if mount.old { one.put(update) } else { one };
    both(
        router,
        &path,
        one.delete(move |writer: TelemetryWriter, Segment(id): Segment| async move { remove(&writer, kind, mount, &id).await }),
    )
}

fn sees(roles: RoleSet, kind: &Kind) -> bool {
    match kind.home {
        Home::Control => true,
        Home::Of(role) => roles.contains(role),
    }
}

async fn list(shared: &Shared, kind: &'static Kind, mount: Mount, roles: RoleSet, params: &Params) -> Result<Response, ApiError> {
    let page = page_of(kind, params)?;
    if !sees(roles, kind) {
        return Ok(Json(json!([])).into_response());
    }
    let records = shared.store.records(kind, &page).await?;
    let next = records.last().filter(|_| records.len() as i64 == page.limit).and_then(|last| last["id"].as_i64());
    let mut response = Json(records).into_response();
    if let Some(after) = next {
        let link = format!("<{}?after={after}&limit={}>; rel=\"next\"", mount.path, page.limit);
        response.headers_mut().insert(header::LINK, HeaderValue::from_str(&link).unwrap_or(HeaderValue::from_static("")));
    }
    Ok(response)
}

fn page_of(kind: &'static Kind, params: &Params) -> Result<Page, ApiError> {
    let number = |name: &str, default: i64, max: i64| {
        let Some(text) = params.get(name) else { return Ok(default) };
        let problem = || ApiError::field("query", name, "int_parsing", format!("Input should be an integer from 0 to {max}"), text);
        text.parse().ok().filter(|n| (0..=max).contains(n)).ok_or_else(problem)
    };
    let limit = number("limit", LIMIT_MAX, LIMIT_MAX)?.max(1);
    let mut page = Page { after: number("after", 0, i64::MAX)?, limit, ..Page::default() };
    for column in kind.columns.iter().filter(|c| c.filter) {
        if let Some(text) = params.get(column.name) {
            let value = match (column.holds, text.to_ascii_lowercase().as_str()) {
                (Holds::Bool, "true" | "1") => Value::Bool(true),
                (Holds::Bool, "false" | "0") => Value::Bool(false),
                _ => Value::from(text),
            };
            let cell = cell(column.holds)(&value).map_err(|(kind, msg)| ApiError::field("query", column.name, kind, msg, text))?;
            page.with.push((column, Some(cell)));
        }
    }
    Ok(page)
}

/// Where the kind is kept must be one of the writer's roles.
fn may_write(writer: &TelemetryWriter, kind: &Kind) -> Result<(), ApiError> {
    match kind.home {
        Home::Of(role) if !writer.principal.sees(role) => {
            Err(ApiError::Forbidden(format!("This is kept for the station role {}, which is not one of yours", role.name())))
        }
        _ => Ok(()),
    }
}

pub(super) async fn create(writer: &TelemetryWriter, kind: &'static Kind, mut fields: Fields) -> Result<Record, ApiError> {
    let cells = cells_of(kind, &mut fields, true);
    fields.finish()?;
    may_write(writer, kind)?;
    Ok(writer.store.create_record(kind, &cells).await?)
}

async fn change(writer: &TelemetryWriter, kind: &'static Kind, id: &str, mut fields: Fields) -> Result<Json<Record>, ApiError> {
    let id = id_of("id", id)?;
    let cells = cells_of(kind, &mut fields, false);
    fields.finish()?;
    let found = if sees(writer.principal.rights.roles, kind) { writer.store.change_record(kind, id, &cells).await? } else { None };
    found.map(Json).ok_or(ApiError::NotFound(kind.missing))
}

async fn remove(writer: &TelemetryWriter, kind: &'static Kind, mount: Mount, id: &str) -> Result<Response, ApiError> {
    let id = id_of("id", id)?;
    if !sees(writer.principal.rights.roles, kind) || !writer.store.delete_record(kind, id).await? {
        return Err(ApiError::NotFound(kind.missing));
    }
    if mount.old {
        let what = kind.missing.trim_end_matches(" not found");
        return Ok(Json(json!({"message": format!("{what} deleted successfully")})).into_response());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What a body gives of a kind's columns.
pub(super) fn cells_of(kind: &'static Kind, fields: &mut Fields, create: bool) -> Cells {
    let mut cells = Cells::new();
    for column in kind.columns {
        let read = cell(column.holds);
        let given = match column.need {
            Need::Required if create => fields.required(column.name, read).map(Some),
            Need::Required | Need::Defaulted => fields.not_null(column.name, read).map(Some),
            Need::Nullable => fields.given(column.name, read),
        };
        cells.extend(given.map(|cell| (column as &'static Column, cell)));
    }
    cells
}

pub(super) fn cell(holds: Holds) -> impl FnOnce(&Value) -> Result<Cell, Problem> {
    move |value| {
        Ok(match holds {
            Holds::Text(max) => Cell::Text(text(max)(value)?),
            Holds::Name(max) => Cell::Text(name(max)(value)?),
            Holds::Choice(words) => Cell::Text(choice(words, value)?),
            Holds::Integer => Cell::Integer(integer(value)?),
            Holds::Number => Cell::Number(number(value, -NUMBER_MAX)?),
            Holds::Quantity => Cell::Number(number(value, 0.0)?),
            Holds::Bool => Cell::Bool(boolean(value)?),
            Holds::Instant => Cell::Instant(instant(value)?),
            Holds::Object => Cell::Object(object(value)?),
        })
    }
}

fn choice(words: &[&str], value: &Value) -> Result<String, Problem> {
    let word = value.as_str().filter(|word| words.contains(word));
    word.map(str::to_owned).ok_or_else(|| ("enum", format!("Input should be one of {}", words.join(", "))))
}

fn number(value: &Value, min: f64) -> Result<f64, Problem> {
    let number = float(value)?;
    if (min..=NUMBER_MAX).contains(&number) {
        return Ok(number);
    }
    Err(("out_of_range", format!("Input should be between {min} and {NUMBER_MAX:e}")))
}
