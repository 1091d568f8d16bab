//! `GET /api/v1/stations/{slug}/timeline` (contract §1.2) and `…/mission-timeline` (§1.3). Each entry has what the old backend
//! sent and what its console read (§6).

use super::body::integer;
use super::context::Segment;
use super::desk::station_at;
use super::{Params, both};
use crate::auth::Reader;
use crate::central::Shared;
use crate::dto::{self, StationTimelinePage, TimelineItem, TimelineMore, TimelineSource, Utc};
use crate::error::ApiError;
use crate::records::{Home, Kind, MISSION, OPERATION};
use crate::store::{EventFilter, Page, Record, Run, RunFilter, Source, Station, StoredEvent};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use std::cmp::Reverse;
use std::sync::Arc;

const LIMIT_DEFAULT: i64 = 50;
const LIMIT_MAX: i64 = 200;
/// Who wants older entries asks for events with `until` or a cursor.
const OFFSET_MAX: i64 = 1_000_000;
/// Missions and operations that are looked at.
const WORK_MAX: i64 = 1_000;
/// Newest runs of playbooks that a timeline holds; older ones are in `/api/v1/agentkit/runs`.
const RUNS_MAX: i64 = 500;
/// Characters of a summary.
const SUMMARY_MAX: usize = 300;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/stations/{slug}/timeline", get(timeline));
    both(router, "/api/v1/stations/{slug}/mission-timeline", get(mission_timeline)).with_state(shared)
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}/timeline", tag = "stations",
    params(("slug" = String, Path), ("limit" = Option<i64>, Query, minimum = 0, maximum = 200, description = "0 to 200, else 50"),
        ("offset" = Option<i64>, Query, minimum = 0, maximum = 1000000)),
    responses((status = 200, body = StationTimelinePage), (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn timeline(
    State(shared): State<Arc<Shared>>,
    reader: Reader,
    Segment(slug): Segment,
    params: Params,
) -> Result<Json<StationTimelinePage>, ApiError> {
    let station = station_at(&shared, reader.roles, &slug).await?;
    let (limit, offset) = (number(&params, "limit", LIMIT_DEFAULT, 0, LIMIT_MAX)?, number(&params, "offset", 0, 0, OFFSET_MAX)?);
    let mine = RunFilter { station_id: Some(station.id), limit: RUNS_MAX, ..RunFilter::default() };
    let runs = shared.store.runs(reader.roles, &mine).await?;
    // So many events earlier that no run can stand between what is read and what is asked for.
    let count = runs.len() as i64;
    let first = (offset - count).max(0);
    let filter = EventFilter { station_id: Some(station.id), limit: limit + count, offset: first, ..EventFilter::default() };
    let events = shared.store.events(station.role, &filter).await?;
    let events: Vec<TimelineItem> = events.into_iter().map(|(event, source)| of_event(&station, event, source)).collect();
    let items = page(events, first, runs.into_iter().map(of_run).collect(), offset, limit);
    let total = shared.store.station_counts(station.role, station.id).await?.events + count;
    Ok(Json(StationTimelinePage { items, limit, offset, total: Some(total) }))
}

/// `limit` entries from the `offset`th of both together, newest first. `events` begin with the `first`th of all events; of the
/// runs all are given.
fn page(events: Vec<TimelineItem>, first: i64, mut runs: Vec<TimelineItem>, offset: i64, limit: i64) -> Vec<TimelineItem> {
    let size = |n: i64| usize::try_from(n).unwrap_or(0);
    let passed = match events.first() {
        // Runs newer than events that were not read are before them.
        Some(newest) if 0 < first => runs.iter().filter(|run| newest.occurred_at < run.occurred_at).count(),
        _ => 0,
    };
    runs.sort_by_key(|run| Reverse(run.occurred_at));
    let mut items = runs.split_off(passed);
    items.extend(events);
    items.sort_by_key(|item| Reverse(item.occurred_at));
    let begun = if items.is_empty() { 0 } else { first + passed as i64 };
    items.into_iter().skip(size(offset - begun)).take(size(limit)).collect()
}

fn of_run(run: Run) -> TimelineItem {
    let state = run.status.clone().unwrap_or_else(|| run.state.name().to_owned());
    let about = run.markdown.as_deref().or(run.error.as_deref()).and_then(|text| text.lines().find(|line| !line.trim().is_empty()));
    TimelineItem {
        id: format!("agent_action_audit:{}", run.id),
        entry_type: "agent_action_audit",
        kind: "agent",
        occurred_at: Utc(run.finished_at.unwrap_or(run.created_at)),
        title: format!("{} {state}", run.playbook),
        summary: about.map(|line| line.chars().take(SUMMARY_MAX).collect()),
        source: None,
        more: TimelineMore::AgentActionAudit {
            audit_id: run.id,
            action_id: run.action_id,
            tool_name: run.playbook,
            status: state,
            response_payload: run.result,
            error_message: run.error,
        },
    }
}

#[utoipa::path(get, path = "/api/v1/stations/{slug}/mission-timeline", tag = "stations",
    params(("slug" = String, Path), ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "1 to 200, else 50")),
    description = "Missions of the station and of no station, operations, and its watch-list alerts.",
    responses((status = 200, body = StationTimelinePage), (status = 404, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn mission_timeline(
    State(shared): State<Arc<Shared>>,
    reader: Reader,
    Segment(slug): Segment,
    params: Params,
) -> Result<Json<StationTimelinePage>, ApiError> {
    let station = station_at(&shared, reader.roles, &slug).await?;
    let limit = number(&params, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let mut items = Vec::new();
    for kind in [&MISSION, &OPERATION] {
        if matches!(kind.home, Home::Of(role) if !reader.roles.contains(role)) {
            continue;
        }
        let page = Page { limit: WORK_MAX, newest: true, ..Page::default() };
        let records = shared.store.records(kind, &page).await?;
        let own = |r: &Record| r.get("station").and_then(Value::as_str).is_none_or(|slug| slug == station.slug.as_str());
        items.extend(records.iter().filter(|r| own(r)).map(|r| of_work(kind, r)));
    }
    let alerts = EventFilter { station_id: Some(station.id), limit, alerts_only: true, ..EventFilter::default() };
    let alerts = shared.store.events(station.role, &alerts).await?;
    items.extend(alerts.into_iter().map(|(event, source)| of_event(&station, event, source)));
    items.sort_by_key(|item| Reverse(item.occurred_at));
    let total = items.len() as i64;
    items.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(Json(StationTimelinePage { items, limit, offset: 0, total: Some(total) }))
}

fn number(params: &Params, name: &str, default: i64, min: i64, max: i64) -> Result<i64, ApiError> {
    let Some(text) = params.get(name) else { return Ok(default) };
    let wrong = |kind, msg: String| ApiError::field("query", name, kind, msg, text);
    match integer(&Value::from(text)) {
        Ok(n) if n < min => Err(wrong("greater_than_equal", format!("Input should be greater than or equal to {min}"))),
        Ok(n) if max < n => Err(wrong("less_than_equal", format!("Input should be less than or equal to {max}"))),
        Ok(n) => Ok(n),
        Err((kind, msg)) => Err(wrong(kind, msg)),
    }
}

fn of_event(station: &Station, event: StoredEvent, source: Source) -> TimelineItem {
    let payload: Option<Value> = event.payload.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok());
    let said = |key: &str| payload.as_ref().and_then(|p| p.get(key));
    let alert = event.status.as_deref().filter(|s| ["imei_blacklist_hit", "imei_whitelist_seen"].contains(s)).map(str::to_owned);
    let imei = said("imei").or_else(|| said("IMEI")).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    let occurred_at = Utc(event.event_time);
    let shown_source = Some(TimelineSource { name: source.name.clone(), slug: source.slug.clone() });
    if let (Some(alert_type), Some(imei)) = (alert, imei) {
        let name = said("poi_name").and_then(Value::as_str).map(str::to_owned);
        let word = if alert_type == "imei_blacklist_hit" { "Blacklisted" } else { "Whitelisted" };
        return TimelineItem {
            id: format!("poi_imei_alert:{}", event.id),
            entry_type: "poi_imei_alert",
            kind: "incident",
            occurred_at,
            title: format!("{word} IMEI {imei}"),
            summary: summary(&event, name.as_deref().unwrap_or("no point of interest")),
            source: shown_source,
            more: TimelineMore::PoiImeiAlert {
                event_id: event.id,
                alert_type,
                poi_id: said("poi_id").and_then(Value::as_i64),
                poi_name: name,
                station_callsign: Some(station.name.clone()),
                imei,
                payload: event.payload,
            },
        };
    }
    let about = ["summary", "title", "subject", "flight", "hex", "kind"].iter().find_map(|key| said(key)?.as_str());
    TimelineItem {
        id: format!("telemetry_event:{}", event.id),
        entry_type: "telemetry_event",
        kind: "telemetry",
        occurred_at,
        title: source.name.clone(),
        summary: summary(&event, about.unwrap_or("")),
        source: shown_source,
        more: TimelineMore::TelemetryEvent {
            event_id: event.id,
            status: event.status,
            source_slug: Some(source.slug),
            source_name: Some(source.name),
            payload: event.payload,
        },
    }
}

/// In a line: what it is about, where, its status.
fn summary(event: &StoredEvent, about: &str) -> Option<String> {
    let place = event.latitude.zip(event.longitude).map(|(lat, lon)| format!("{lat:.4}, {lon:.4}"));
    let parts = [Some(about.to_owned()), place, event.status.clone()];
    let text = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    (!text.is_empty()).then(|| text.chars().take(SUMMARY_MAX).collect())
}

fn of_work(kind: &Kind, record: &Record) -> TimelineItem {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let time = |key: &str| text(key).and_then(Utc::parse);
    let entry_type = if kind.table == MISSION.table { "mission" } else { "operation" };
    let id = record.get("id").and_then(Value::as_i64).unwrap_or(0);
    let began = time("start_time").or_else(|| time("start_date")).or_else(|| time("created_at"));
    TimelineItem {
        id: format!("{entry_type}:{id}"),
        entry_type,
        kind: "task",
        occurred_at: began.unwrap_or(Utc(Utc::MIN)),
        title: text("name").unwrap_or("").to_owned(),
        summary: text("description").map(|d| d.chars().take(SUMMARY_MAX).collect()),
        source: None,
        more: TimelineMore::Work {
            record_id: id,
            status: text("status").unwrap_or("").to_owned(),
            priority: text("priority").unwrap_or("").to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::UnixMicros;

    fn item(id: &str, at: i64) -> TimelineItem {
        let more = TimelineMore::Work { record_id: 0, status: String::new(), priority: String::new() };
        let (title, occurred_at) = (String::new(), Utc(UnixMicros(at)));
        TimelineItem { id: id.into(), entry_type: "", kind: "", occurred_at, title, summary: None, source: None, more }
    }

    /// Page by page, whatever its size, everything comes once and in order.
    #[test]
    fn pages_of_events_and_runs_fit_together() {
        let events: Vec<i64> = (0..40).rev().map(|n| 10 * n).collect();
        for runs in [vec![], vec![395, 394, 393, 200, 5, -1], vec![-5, -6], vec![500]] {
            let mut all: Vec<i64> = events.iter().chain(&runs).copied().collect();
            all.sort_by_key(|at| Reverse(*at));
            for limit in [1, 3, 7, 50] {
                let mut seen = Vec::new();
                for offset in (0..all.len() as i64).step_by(limit) {
                    let first = (offset - runs.len() as i64).max(0);
                    let read = events.iter().skip(first as usize).take(limit + runs.len()).map(|at| item("e", *at)).collect();
                    let shown = page(read, first, runs.iter().map(|at| item("r", *at)).collect(), offset, limit as i64);
                    seen.extend(shown.iter().map(|i| i.occurred_at.0.0));
                }
                assert_eq!(seen, all, "{runs:?} by {limit}");
            }
        }
    }
}
