//! `timeline_summary`: the newest of what a station heard, and of what was run for it (contract §3.2). Without a station: of
//! all stations of one's roles.
//!
//! Input, else options: `limit` (1–50, default 5).

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::{clock, plain};
use crate::dto::Utc;
use crate::store::{EventFilter, Run, RunFilter, Source, StoredEvent};
use model::UnixMicros;
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(Debug)]
pub(crate) struct TimelineSummary;

impl Playbook for TimelineSummary {
    fn id(&self) -> &'static str {
        "timeline_summary"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {"limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 5}}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(summary(context))
    }
}

/// One line of the timeline.
struct Item {
    at: UnixMicros,
    text: String,
    shown: Value,
}

async fn summary(context: &Context) -> Result<Outcome, PlaybookError> {
    let limit = context.number("limit", 5, (1, 50));
    let stations: HashMap<i64, String> = context.stations().await?.into_iter().map(|s| (s.id, s.name)).collect();
    let station_id = context.station.as_ref().map(|s| s.id);
    let mut items = Vec::new();
    for role in context.roles.iter() {
        let filter = EventFilter { station_id, limit, ..EventFilter::default() };
        let events = context.store.events(role, &filter).await?;
        context.log(format!("{}: {} events read", role.name(), events.len()));
        items.extend(events.iter().map(|(event, source)| heard(event, source, &stations)));
    }
    let runs = context.store.runs(context.roles, &RunFilter { station_id, limit, ..RunFilter::default() }).await?;
    items.extend(runs.iter().filter(|run| run.state.is_final()).map(ran));
    items.sort_by_key(|item| std::cmp::Reverse(item.at));
    items.truncate(usize::try_from(limit).unwrap_or(5));

    let name = context.station.as_ref().map_or("all stations", |s| s.name.as_str());
    let mut markdown =
        format!("**Timeline of {}**, {}\n\n", plain(name), Utc(UnixMicros(context.now.0 - context.now.0.rem_euclid(1_000_000))));
    for item in &items {
        markdown.push_str(&format!("- {} {}\n", clock(item.at, context.now), item.text));
    }
    if items.is_empty() {
        markdown.push_str("Nothing yet: no event was stored and no playbook run.\n");
    }
    let shown: Vec<Value> = items.into_iter().map(|item| item.shown).collect();
    let station = context.station.as_ref().map(|s| s.slug.as_str());
    Ok(Outcome { markdown, result: json!({"station": station, "generated_at": Utc(context.now), "items": shown}) })
}

/// Programs' payloads are whatever they are: a title is looked for under the names that are in use.
fn heard(event: &StoredEvent, source: &Source, stations: &HashMap<i64, String>) -> Item {
    let payload: Value = event.payload.as_ref().and_then(|p| serde_json::from_str(p.get()).ok()).unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|name| payload.get(*name)?.as_str()).filter(|t| !t.trim().is_empty());
    let subject = text(&["subject", "hex", "icao", "mmsi", "callsign", "flight", "device_id"]);
    let what = text(&["summary", "title", "kind", "type", "body"]).unwrap_or("event");
    let mut line = String::new();
    if let Some(subject) = subject {
        line.push_str(&format!("{}: ", plain(subject.trim())));
    }
    line.push_str(&plain(&what.chars().take(120).collect::<String>()));
    if let (Some(lat), Some(lon)) = (event.latitude, event.longitude) {
        line.push_str(&format!(" at {lat:.4}, {lon:.4}"));
    }
    if let Some(status) = event.status.as_deref().filter(|status| *status != "received") {
        line.push_str(&format!(" ({})", plain(status)));
    }
    let station = event.station_id.and_then(|id| stations.get(&id));
    line.push_str(&format!(" — {}", plain(station.map_or(&source.name, |name| name))));
    let shown = json!({
        "entry_type": "telemetry_event", "occurred_at": Utc(event.event_time), "event_id": event.id, "source_slug": source.slug,
        "subject": subject, "summary": what, "status": event.status,
    });
    Item { at: event.event_time, text: line, shown }
}

fn ran(run: &Run) -> Item {
    let at = run.finished_at.unwrap_or(run.created_at);
    let text = format!("{} {} (for {})", plain(&run.playbook), run.state.name(), plain(&run.requested_by));
    let shown = json!({
        "entry_type": "agent_action_audit", "occurred_at": Utc(at), "audit_id": run.id, "action_id": run.action_id, "tool_name": run.playbook,
        "status": run.state.name(),
    });
    Item { at, text, shown }
}
