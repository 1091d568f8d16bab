//! `op_order_frag`: a fragmentary order from a mission and the current picture, in the five paragraphs of an operation order,
//! with what changed against the order before.
//!
//! Input: `mission_id`; without it the mission of the thread it was asked in (`mission:3`), else the newest in progress.
//!
//! Constraints: what another role keeps is in it only where the run has that role, and it says so where not; a number is given
//! once (`mission_orders`); the order before is one that was made of no more than this run's roles.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::log_mission_loadout::{Need, needs_of, of_mission, reserved_before};
use super::{clock, figure, plain, unless_more};
use crate::central::ONLINE_WITHIN_US;
use crate::dto::{Track, Utc};
use crate::records::{MISSION, OPERATION};
use crate::store::{Cell, Page, Record, Role, Station};
use model::{LatLon, UnixMicros};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Around the mission's station.
const NEAR_NMI: f64 = 50.0;
const NEAR_MAX: usize = 5;
const REPORTS_MAX: i64 = 10;
const CHANGES_MAX: usize = 40;
const LINES_MAX: usize = 30;
const METRES_PER_NMI: f64 = 1_852.0;

#[derive(Debug)]
pub(crate) struct OrderFrag;

impl Playbook for OrderFrag {
    fn id(&self) -> &'static str {
        "op_order_frag"
    }

    fn signature(&self) -> Value {
        let what = "Default: the mission of the thread, else the newest in progress";
        json!({"type": "object", "properties": {"mission_id": {"type": "integer", "description": what}}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(order(context))
    }
}

/// What the order says, as text for people and as facts that can be compared.
#[derive(Default)]
struct Order {
    text: String,
    facts: BTreeMap<String, String>,
}

impl Order {
    fn paragraph(&mut self, title: &str) {
        self.text.push_str(&format!("\n**{title}**\n"));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&format!("- {line}\n"));
    }

    /// A line that is also a fact.
    fn fact(&mut self, key: &str, label: &str, value: String) {
        self.line(&format!("{}: {}", plain(label), plain(&value)));
        self.facts.insert(key.to_owned(), value);
    }
}

async fn order(context: &Context) -> Result<Outcome, PlaybookError> {
    let mission = mission(context).await?;
    let id = mission["id"].as_i64().unwrap_or_default();
    let stations: Vec<Station> = context.store.stations().await?.into_iter().filter(|s| context.roles.contains(s.role)).collect();
    let mut order = Order::default();
    situation(context, &mission, &stations, &mut order).await?;
    purpose(context, &mission, &mut order).await?;
    execution(&mission, &mut order);
    sustainment(context, &mission, &mut order).await?;
    command(context, &stations, &mut order).await?;
    let before = context.store.order_before(id, context.roles).await?;
    let previous: Option<Value> = before.as_ref().and_then(|order| serde_json::from_str(&order.result).ok());
    let changes = changes(previous.as_ref(), &order.facts);
    let number = context.store.order_number(id, &context.key, context.dry_run, context.now).await?;
    context.log(format!("order {number} of mission {id}, {} facts, {} changes", order.facts.len(), changes.len()));
    let mut markdown = format!("**FRAGO {number} — {}**, {}", plain(name_of(&mission)), clock(context.now, UnixMicros(0)));
    markdown.push_str(if context.dry_run { " (dry run: the number is not taken)\n" } else { "\n" });
    markdown.push_str(&order.text);
    markdown.push_str("\n**Changes against the previous order**\n");
    match &previous {
        None => markdown.push_str("- there is no previous order\n"),
        Some(_) if changes.is_empty() => markdown.push_str("- none\n"),
        Some(_) => changes.iter().take(CHANGES_MAX).for_each(|c| markdown.push_str(&format!("- {}\n", plain(c)))),
    }
    markdown.push_str(&unless_more(changes.len(), CHANGES_MAX));
    let result = json!({
        "frago": number, "mission_id": id, "mission": name_of(&mission), "dry_run": context.dry_run, "generated_at": Utc(context.now),
        "previous_run": before.map(|order| order.run_id), "previous_frago": previous.map(|p| p["frago"].clone()),
        "changes": changes, "facts": order.facts,
    });
    Ok(Outcome { markdown, result })
}

fn name_of(mission: &Record) -> &str {
    mission["name"].as_str().unwrap_or("")
}

/// A mission is ops' business: who may not see its data gets no order.
async fn mission(context: &Context) -> Result<Record, PlaybookError> {
    let refused = |why: String| Err(PlaybookError::Refused(why));
    if !context.roles.contains(Role::Ops) {
        return refused("missions are kept by ops: ask where the data of ops may be seen".into());
    }
    let of_thread = match context.thread_id {
        Some(id) => context.store.thread(id).await?.and_then(|thread| thread.subject?.strip_prefix("mission:")?.parse().ok()),
        None => None,
    };
    if let Some(id) = super::id_of(context, "mission_id")?.or(of_thread) {
        return match context.store.record(&MISSION, id).await? {
            Some(mission) => Ok(mission),
            None => refused(format!("there is no mission {id}")),
        };
    }
    let status = MISSION.column("status").map(|column| (column, Some(Cell::Text("in_progress".into()))));
    let page = Page { with: status.into_iter().collect(), newest: true, limit: 1, ..Page::default() };
    match context.store.records(&MISSION, &page).await?.pop() {
        Some(mission) => Ok(mission),
        None => refused("no mission is in progress: say which one with mission_id=…".into()),
    }
}

async fn situation(context: &Context, mission: &Record, stations: &[Station], order: &mut Order) -> Result<(), PlaybookError> {
    order.paragraph("1. Situation");
    let tracks = context.tracks().tracks;
    let mut by_protocol: BTreeMap<&str, usize> = BTreeMap::new();
    tracks.iter().for_each(|t| *by_protocol.entry(t.protocol).or_default() += 1);
    if tracks.is_empty() {
        order.line("Nobody is in the live picture.");
    }
    for (protocol, count) in by_protocol {
        order.fact(&format!("tracks.{protocol}"), &format!("Tracks of {protocol}"), count.to_string());
    }
    let distressed: Vec<&Track> = tracks.iter().filter(|t| t.emergency.is_some()).collect();
    if distressed.is_empty() {
        order.line("No emergency or distress is heard.");
    }
    for track in distressed.iter().take(LINES_MAX) {
        let squawk = track.squawk.as_deref().map_or_else(String::new, |s| format!(", squawk {s}"));
        let emergency = track.emergency.unwrap_or_default();
        let value = format!("{}{squawk}{}", emergency.to_uppercase(), place_of(track));
        order.fact(&format!("emergency.{}", track.subject), &track.subject, value);
    }
    order.text.push_str(&unless_more(distressed.len(), LINES_MAX));
    near(context, mission, stations, &tracks, order);
    if !context.roles.contains(Role::Intel) {
        order.line("Intelligence: not among the data that this order is made of.");
        return Ok(());
    }
    let reports = context.store.reports_of(mission["id"].as_i64().unwrap_or_default(), REPORTS_MAX).await?;
    if reports.is_empty() {
        order.line("Intelligence: no report about the mission.");
    }
    for report in reports {
        let gist: String = report.content.chars().take(160).collect();
        let value = format!(
            "{} ({}, {}, {}): {}",
            report.title,
            report.classification,
            report.reliability,
            clock(report.report_date, context.now),
            gist
        );
        order.fact(&format!("report.{}", report.id), "Report", value);
    }
    Ok(())
}

fn place_of(track: &Track) -> String {
    track.lat.zip(track.lon).map_or_else(|| ", place unknown".into(), |(lat, lon)| format!(" at {lat:.2}, {lon:.2}"))
}

/// Who is around the mission's station. Not a fact: it is another at every look.
fn near(context: &Context, mission: &Record, stations: &[Station], tracks: &[Track], order: &mut Order) {
    let Some(station) = stations.iter().find(|s| mission["station"].as_str() == Some(s.slug.as_str())) else { return };
    let Some(here) = station.latitude.zip(station.longitude).and_then(|(lat, lon)| LatLon::from_degrees(lat, lon)) else { return };
    let mut near: Vec<(f64, &Track)> = tracks
        .iter()
        .filter_map(|t| Some((LatLon::from_degrees(t.lat?, t.lon?)?.distance_m(here) / METRES_PER_NMI, t)))
        .filter(|(nmi, _)| *nmi <= NEAR_NMI)
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    order.line(&format!("Within {NEAR_NMI:.0} NM of {}: {} tracks", plain(&station.name), near.len()));
    for (nmi, track) in near.iter().take(NEAR_MAX) {
        let name = track.callsign.as_deref().or(track.name.as_deref()).map_or_else(String::new, |n| format!(" {}", plain(n)));
        let altitude = track.baro_alt_ft.map_or_else(String::new, |ft| format!(", {ft} ft"));
        let heard = clock(track.last_seen.0, context.now);
        order.line(&format!("{}{name}, {nmi:.1} NM{altitude}, heard {heard}", plain(&track.subject)));
    }
}

async fn purpose(context: &Context, mission: &Record, order: &mut Order) -> Result<(), PlaybookError> {
    order.paragraph("2. Mission");
    let operation = match mission["operation_id"].as_i64() {
        Some(id) => context.store.record(&OPERATION, id).await?,
        None => None,
    };
    if let Some(operation) = operation {
        let code = operation["code_name"].as_str().map_or_else(String::new, |code| format!(" ({code})"));
        let of = |field: &str| operation[field].as_str().unwrap_or("");
        let value = format!("{}{code}, {}", of("name"), of("status"));
        order.fact("operation", "Operation", value);
        described(&operation, "operation.description", order);
    }
    order.fact("mission.name", "Mission", name_of(mission).to_owned());
    described(mission, "mission.description", order);
    Ok(())
}

fn described(record: &Record, key: &str, order: &mut Order) {
    if let Some(text) = record["description"].as_str().filter(|text| !text.trim().is_empty()) {
        let text: String = text.chars().take(1_000).collect();
        order.fact(key, "Text", text);
    }
}

fn execution(mission: &Record, order: &mut Order) {
    order.paragraph("3. Execution");
    let fields = [
        ("assigned_to", "Assigned to"),
        ("station", "Station"),
        ("status", "Status"),
        ("priority", "Priority"),
        ("start_time", "Begins"),
        ("end_time", "Ends"),
    ];
    for (field, label) in fields {
        let value = mission[field].as_str().unwrap_or("not said").to_owned();
        order.fact(&format!("mission.{field}"), label, value);
    }
}

async fn sustainment(context: &Context, mission: &Record, order: &mut Order) -> Result<(), PlaybookError> {
    order.paragraph("4. Sustainment");
    let wanted = of_mission(mission);
    if wanted.is_empty() {
        order.line("The mission asks for nothing.");
        return Ok(());
    }
    if !context.roles.contains(Role::Logistics) {
        for (sku, quantity) in &wanted {
            order.fact(&format!("need.{sku}"), sku, format!("{} needed", figure(*quantity)));
        }
        order.line("What is on hand: not among the data that this order is made of (logistics).");
        return Ok(());
    }
    let needs: Vec<Need> = needs_of(context, &wanted, &reserved_before(context, mission).await?).await?;
    for need in needs.iter().take(LINES_MAX) {
        order.fact(&format!("need.{}", need.sku), &need.sku, need.text());
    }
    order.text.push_str(&unless_more(needs.len(), LINES_MAX));
    Ok(())
}

async fn command(context: &Context, stations: &[Station], order: &mut Order) -> Result<(), PlaybookError> {
    order.paragraph("5. Command and signal");
    if stations.is_empty() {
        order.line("There is no station.");
    }
    for station in stations.iter().take(LINES_MAX) {
        let heard = context.last_seen(station.slug);
        let online = heard.is_some_and(|at| context.now.micros_since(at) <= ONLINE_WITHIN_US);
        let channel = context.store.channel_of_station(station.id).await?.map_or_else(String::new, |c| format!(", channel {}", c.slug));
        let state = if online { "online" } else { "OFFLINE" };
        let label = format!("{} ({})", station.name, station.role.name());
        order.fact(&format!("station.{}", station.slug), &label, format!("{state}{channel}"));
    }
    order.text.push_str(&unless_more(stations.len(), LINES_MAX));
    order.line("Everybody's channel: general");
    Ok(())
}

/// What is said otherwise than in the order before.
fn changes(previous: Option<&Value>, facts: &BTreeMap<String, String>) -> Vec<String> {
    let Some(before) = previous.and_then(|p| p["facts"].as_object()) else { return Vec::new() };
    let mut out = Vec::new();
    for (key, value) in facts {
        match before.get(key).and_then(Value::as_str) {
            None => out.push(format!("new: {key}: {value}")),
            Some(old) if old != value => out.push(format!("{key}: {old} → {value}")),
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(key, _)| !facts.contains_key(*key));
    out.extend(gone.map(|(key, old)| format!("no more: {key}: {}", old.as_str().unwrap_or(""))));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_what_is_new_other_or_gone() {
        let facts = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>();
        let before = json!({"facts": facts(&[("a", "1"), ("b", "2"), ("c", "3")])});
        let now = facts(&[("a", "1"), ("b", "5"), ("d", "4")]);
        assert_eq!(changes(Some(&before), &now), ["b: 2 → 5", "new: d: 4", "no more: c: 3"]);
        assert!(changes(None, &now).is_empty() && changes(Some(&json!({"facts": 7})), &now).is_empty());
    }
}
