//! `/mission`: the missions that are not over, or one of them with its operation and its last order. For those who may see ops.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::{plain, unless_more};
use crate::records::{MISSION, OPERATION};
use crate::store::{Page, Record, Role};
use serde_json::{Value, json};

const LISTED: usize = 30;
/// Missions that are looked through.
const MISSIONS_MAX: i64 = 1_000;

#[derive(Debug)]
pub(crate) struct Missions;

impl Playbook for Missions {
    fn id(&self) -> &'static str {
        "missions"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {"mission": {"type": "string", "description": "Its number or name"}}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            if !context.roles.contains(Role::Ops) {
                return Err(PlaybookError::Refused("Missions are of the role ops: ask in its channel, or in general".into()));
            }
            let all = context.store.records(&MISSION, &Page { newest: true, limit: MISSIONS_MAX, ..Page::default() }).await?;
            match context.text("mission") {
                None => Ok(list(&all)),
                Some(asked) => one(context, &all, asked).await,
            }
        })
    }
}

fn text<'a>(record: &'a Record, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or("")
}

fn id(record: &Record) -> i64 {
    record.get("id").and_then(Value::as_i64).unwrap_or_default()
}

fn list(all: &[Record]) -> Outcome {
    let open: Vec<&Record> = all.iter().filter(|mission| matches!(text(mission, "status"), "pending" | "in_progress")).collect();
    let mut markdown = String::new();
    for mission in open.iter().take(LISTED) {
        let (name, status, priority) = (plain(text(mission, "name")), text(mission, "status"), text(mission, "priority"));
        markdown.push_str(&format!("- {} **{name}**: {}, priority {priority}\n", id(mission), status.replace('_', " ")));
    }
    markdown.push_str(&unless_more(open.len(), LISTED));
    if open.is_empty() {
        markdown.push_str("No mission is pending or in progress.");
    }
    Outcome { markdown, result: json!({"missions": open.iter().take(LISTED).collect::<Vec<_>>(), "count": open.len()}) }
}

async fn one(context: &Context, all: &[Record], asked: &str) -> Result<Outcome, PlaybookError> {
    let number = asked.trim_start_matches('#').parse::<i64>().ok();
    let named = |mission: &&Record| Some(id(mission)) == number || text(mission, "name").to_lowercase() == asked.to_lowercase();
    let mission = all.iter().find(named).ok_or_else(|| PlaybookError::Refused(format!("There is no mission “{}”", plain(asked))))?;
    let mut markdown = format!("**Mission {}: {}**\n", id(mission), plain(text(mission, "name")));
    for (label, name) in
        [("Status", "status"), ("Priority", "priority"), ("Assigned to", "assigned_to"), ("Begins", "start_time"), ("Ends", "end_time")]
    {
        if !text(mission, name).is_empty() {
            markdown.push_str(&format!("- {label}: {}\n", plain(&text(mission, name).replace('_', " "))));
        }
    }
    let operation = match mission.get("operation_id").and_then(Value::as_i64) {
        Some(id) => context.store.record(&OPERATION, id).await?,
        None => None,
    };
    if let Some(operation) = &operation {
        markdown.push_str(&format!("- Operation: {} ({})\n", plain(text(operation, "name")), plain(text(operation, "status"))));
    }
    let order = context.store.order_before(id(mission), context.roles).await?;
    if let Some(order) = &order {
        markdown.push_str(&format!("- Last order: of run {}\n", order.run_id));
    }
    if !text(mission, "description").is_empty() {
        markdown.push_str(&format!("\n{}\n", plain(text(mission, "description"))));
    }
    Ok(Outcome { markdown, result: json!({"mission": mission, "operation": operation, "order_run_id": order.map(|order| order.run_id)}) })
}
