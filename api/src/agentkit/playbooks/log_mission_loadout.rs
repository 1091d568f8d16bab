//! `log_mission_loadout`: what a mission needs against what is on hand, requirement by requirement, and a verdict.
//!
//! Input: `mission_id` (a mission is ops' data: the run must have that role), or `needs`: an object of SKU or type of asset to
//! quantity, for whoever sees logistics alone.
//!
//! What missions that are pending and come first (by priority, start, id) need is reserved: supplies always, assets when the two overlap in
//! time. Those in progress have drawn theirs. It writes nothing.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::{figure, plain, unless_more};
use crate::records::MISSION;
use crate::store::playbooks::Held;
use crate::store::{Cell, Page, Record, Role};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NEEDS_MAX: usize = 500;
const LINES_MAX: usize = 60;
/// Pending missions that are looked at.
const MISSIONS_MAX: i64 = 1_000;

#[derive(Debug)]
pub(crate) struct MissionLoadout;

impl Playbook for MissionLoadout {
    fn id(&self) -> &'static str {
        "log_mission_loadout"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {
            "mission_id": {"type": "integer"},
            "needs": {"type": "object", "description": "SKU or type of asset: quantity", "additionalProperties": {"type": "number", "minimum": 0}},
        }})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(loadout(context))
    }
}

/// One thing that is needed, and what there is of it.
#[derive(Clone, Debug)]
pub(super) struct Need {
    pub sku: String,
    pub needed: f64,
    pub on_hand: f64,
    /// Empty: pieces.
    pub unit: String,
    /// `supply`, `asset` or `unknown`.
    pub kind: &'static str,
    pub on_order: f64,
    /// For missions that come first.
    pub reserved: f64,
}

/// What missions that come first need, by SKU or type of asset in lower case.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reserved {
    any: BTreeMap<String, f64>,
    /// Of those that overlap in time.
    meanwhile: BTreeMap<String, f64>,
}

impl Need {
    fn of(sku: &str, needed: f64, held: Option<&Held>, reserved: &Reserved) -> Self {
        let (kind, on_hand, unit) = match held {
            Some(Held { on_hand: Some(on_hand), unit, .. }) => ("supply", *on_hand, unit.clone().unwrap_or_default()),
            Some(held) if 0 < held.assets => ("asset", held.available as f64, String::new()),
            _ => ("unknown", 0.0, String::new()),
        };
        let by = if kind == "asset" { &reserved.meanwhile } else { &reserved.any };
        let reserved = by.get(&sku.to_lowercase()).copied().unwrap_or(0.0);
        Self { sku: sku.to_owned(), needed, on_hand, unit, kind, on_order: held.map_or(0.0, |held| held.on_order), reserved }
    }

    pub fn short(&self) -> f64 {
        (self.needed - (self.on_hand - self.reserved).max(0.0)).max(0.0)
    }

    /// As it is, to be made plain in Markdown.
    pub fn text(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        let mut text = format!(
            "{}{unit} needed, {}{unit} {}",
            figure(self.needed),
            figure(self.on_hand),
            match self.kind {
                "asset" => "available",
                "supply" => "on hand",
                _ => "(not known to logistics)",
            }
        );
        if 0.0 < self.reserved {
            text.push_str(&format!(", {}{unit} of it reserved for missions that come first", figure(self.reserved.min(self.on_hand))));
        }
        if 0.0 < self.short() {
            text.push_str(&format!(", {}{unit} short", figure(self.short())));
            if 0.0 < self.on_order {
                text.push_str(&format!(" ({}{unit} on order)", figure(self.on_order)));
            }
        }
        text
    }
}

/// What a mission asks for, each thing once.
pub(super) fn of_mission(mission: &Record) -> BTreeMap<String, f64> {
    let mut wanted: BTreeMap<String, f64> = BTreeMap::new();
    for requirement in mission.get("requirements").and_then(Value::as_array).into_iter().flatten() {
        if let Some((sku, quantity)) = requirement["sku"].as_str().zip(requirement["quantity"].as_f64()) {
            *wanted.entry(sku.to_owned()).or_default() += quantity;
        }
    }
    wanted
}

/// For runs that may see logistics' data.
pub(super) async fn needs_of(context: &Context, wanted: &BTreeMap<String, f64>, reserved: &Reserved) -> Result<Vec<Need>, PlaybookError> {
    let skus: Vec<String> = wanted.keys().cloned().collect();
    let held = context.store.held(&skus).await?;
    Ok(wanted.iter().map(|(sku, needed)| Need::of(sku, *needed, held.get(sku), reserved)).collect())
}

async fn loadout(context: &Context) -> Result<Outcome, PlaybookError> {
    let refused = |why: &str| Err(PlaybookError::Refused(why.to_owned()));
    if !context.roles.contains(Role::Logistics) {
        return refused("stock is kept by logistics: ask where the data of logistics may be seen");
    }
    let mission = match super::id_of(context, "mission_id")? {
        Some(_) if !context.roles.contains(Role::Ops) => {
            return refused("missions are kept by ops: ask where the data of ops may be seen too, or say what is needed with needs={…}");
        }
        Some(id) => {
            let found = context.store.record(&MISSION, id).await?;
            Some(found.ok_or_else(|| PlaybookError::Refused(format!("there is no mission {id}")))?)
        }
        None => None,
    };
    let wanted = match &mission {
        Some(mission) => of_mission(mission),
        None => said(context)?,
    };
    let reserved = match &mission {
        Some(mission) => reserved_before(context, mission).await?,
        None => Reserved::default(),
    };
    let needs = needs_of(context, &wanted, &reserved).await?;
    context.log(format!("{} things needed", needs.len()));
    Ok(verdict(mission.as_ref(), &needs))
}

/// For runs that may see ops' data.
pub(super) async fn reserved_before(context: &Context, mission: &Record) -> Result<Reserved, PlaybookError> {
    let status = MISSION.columns.iter().find(|column| column.name == "status").map(|column| (column, Some(Cell::Text("pending".into()))));
    let page = Page { with: status.into_iter().collect(), limit: MISSIONS_MAX, ..Page::default() };
    let pending = context.store.records(&MISSION, &page).await?;
    if pending.len() as i64 == MISSIONS_MAX {
        context.log(format!("more than {MISSIONS_MAX} missions are pending: the newest reserve nothing"));
    }
    Ok(reserved(mission, &pending))
}

fn reserved(mission: &Record, pending: &[Record]) -> Reserved {
    let mut reserved = Reserved::default();
    if mission["status"] != "pending" {
        return reserved;
    }
    for first in pending.iter().filter(|other| rank(other) < rank(mission)) {
        for (sku, quantity) in of_mission(first) {
            let sku = sku.to_lowercase();
            if overlap(first, mission) {
                *reserved.meanwhile.entry(sku.clone()).or_default() += quantity;
            }
            *reserved.any.entry(sku).or_default() += quantity;
        }
    }
    reserved
}

/// Who comes first: the more urgent, then who starts first, then who was there first.
fn rank(mission: &Record) -> (usize, bool, String, i64) {
    let priority = mission["priority"].as_str().unwrap_or_default();
    let urgent = ["critical", "high", "medium"].iter().position(|p| *p == priority).unwrap_or(3);
    let start = mission["start_time"].as_str().unwrap_or_default();
    (urgent, start.is_empty(), start.to_owned(), mission["id"].as_i64().unwrap_or(i64::MAX))
}

/// Times are RFC 3339 in UTC: their text is in their order. Unknown: it may be any time.
fn overlap(one: &Record, other: &Record) -> bool {
    let ends_before = |a: &Record, b: &Record| {
        let both = a["end_time"].as_str().zip(b["start_time"].as_str());
        both.is_some_and(|(end, start)| end <= start)
    };
    !ends_before(one, other) && !ends_before(other, one)
}

/// What the input says is needed.
fn said(context: &Context) -> Result<BTreeMap<String, f64>, PlaybookError> {
    let refused = |why: &str| PlaybookError::Refused(why.to_owned());
    let needs = context.value("needs").and_then(Value::as_object).filter(|needs| !needs.is_empty());
    let needs = needs.ok_or_else(|| refused("say which mission with mission_id=…, or what is needed with {\"needs\": {\"MRE\": 40}}"))?;
    if NEEDS_MAX < needs.len() {
        return Err(refused("needs: 500 things at most"));
    }
    let quantity = |value: &Value| value.as_f64().filter(|q| 0.0 <= *q).ok_or_else(|| refused("needs: a quantity is a number, 0 or more"));
    needs.iter().map(|(sku, value)| Ok((sku.replace('\0', "\u{fffd}"), quantity(value)?))).collect()
}

fn verdict(mission: Option<&Record>, needs: &[Need]) -> Outcome {
    let short: Vec<&Need> = needs.iter().filter(|need| 0.0 < need.short()).collect();
    let name = mission.and_then(|m| m["name"].as_str()).unwrap_or("what was asked for");
    let word = match (needs.is_empty(), short.is_empty()) {
        (true, _) => "nothing is needed",
        (_, true) => "**GO**",
        _ => "**NO-GO**",
    };
    let mut markdown = format!("**Loadout of {}**: {word}", plain(name));
    if !short.is_empty() {
        markdown.push_str(&format!(", {} of {} short", short.len(), needs.len()));
    }
    markdown.push_str("\n\n");
    // What is short first.
    let rest = needs.iter().filter(|need| need.short() <= 0.0);
    for need in short.iter().copied().chain(rest).take(LINES_MAX) {
        let mark = if 0.0 < need.short() { "**" } else { "" };
        markdown.push_str(&format!("- {mark}{}{mark}: {}\n", plain(&need.sku), plain(&need.text())));
    }
    markdown.push_str(&unless_more(needs.len(), LINES_MAX));
    let shown = needs.iter().map(|n| {
        json!({
            "sku": n.sku, "kind": n.kind, "needed": n.needed, "on_hand": n.on_hand, "unit": n.unit, "short": n.short(), "on_order": n.on_order,
            "reserved": n.reserved,
        })
    });
    let result = json!({
        "mission_id": mission.map(|m| m["id"].clone()), "go": short.is_empty(), "needs": shown.collect::<Vec<_>>(), "short": short.len(),
    });
    Outcome { markdown, result }
}
