//! `intel_rfi_summary`: RFI in both readings: radio frequency interference, and requests for information.
//!
//! Interference, as far as what is heard can tell:
//! - **rates**: a source told less than half of its usual quarter of an hour, by more than chance. Usual is the median of the same time of
//!   day (± half an hour) of the last 14 days when it was heard then on four of them, else the median of its last day;
//! - **satellite navigation**: on a grid of 1°, the share of aircraft that say their position is bad (NACp < 8 or NIC < 7, what
//!   14 CFR 91.227 asks for): ≥ 30 % of ≥ 5 aircraft;
//! - **noise**: a source's noise floor is 6 dB over its usual one.
//!
//! Requests: those open or in progress, the most urgent first. Input, else options: `minutes` (5–240, default 30), the window for
//! satellite navigation.
//!
//! Constraints: what can't be told is said so (too little history, a station without a link), never taken for quiet; it writes
//! nothing.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::{clock, plain, unless_more};
use crate::central::ONLINE_WITHIN_US;
use crate::dto::Utc;
use crate::store::playbooks::{Accuracy, NoiseSample, OpenRequest, Rate};
use crate::store::{Role, Source, Station};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Quarters of an hour that must be known before one is unusual.
const RATE_QUARTERS_MIN: usize = 8;
const NOISE_QUARTERS_MIN: usize = 4;
const RATE_SHARE: f64 = 0.5;
/// Quarters of an hour in a day.
const DAY: i32 = 96;
/// Days looked back at for the time of day, how many must be known, and quarters before and after.
const DAYS: i32 = 14;
const DAYS_MIN: usize = 4;
const AROUND: i32 = 2;
/// Standard deviations of a Poisson count below the median.
const RATE_SIGMAS: f64 = 3.0;
const NOISE_RISE_DB: f64 = 6.0;
/// Events of each source and quarter of an hour that are looked at for noise.
const NOISE_EVENTS: i64 = 25;
/// Metres (EPU of NACp 8, containment radius of NIC 7, both rounded up).
const EPU_MAX_M: f64 = 93.0;
const CONTAINMENT_MAX_M: f64 = 371.0;
const CELL_AIRCRAFT_MIN: usize = 5;
const CELL_SHARE_MIN: f64 = 0.3;
const AIRCRAFT_MAX: i64 = 50_000;
const REQUESTS_MAX: i64 = 200;
const LINES_MAX: usize = 30;
const RESULT_MAX: usize = 300;

#[derive(Debug)]
pub(crate) struct RfiSummary;

impl Playbook for RfiSummary {
    fn id(&self) -> &'static str {
        "intel_rfi_summary"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {"minutes": {"type": "integer", "minimum": 5, "maximum": 240, "default": 30}}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(summary(context))
    }
}

async fn summary(context: &Context) -> Result<Outcome, PlaybookError> {
    let minutes = context.number("minutes", 30, (5, 240));
    let from = context.now.plus_micros(-minutes * 60_000_000);
    let stations: HashMap<i64, Station> = context.store.stations().await?.into_iter().map(|s| (s.id, s)).collect();
    let all: Vec<Source> = context.store.sources().await?;
    let (mut rates, mut noise, mut accuracies) = (Vec::new(), Vec::new(), Vec::new());
    for role in context.roles.iter() {
        rates.extend(context.store.rates(role, context.now).await?);
        noise.extend(context.store.noise(role, context.now, NOISE_EVENTS).await?);
        accuracies.extend(context.store.accuracies(role, from, context.now, AIRCRAFT_MAX).await?);
    }
    context.log(format!("{} quarter-hours, {} levels of noise, {} aircraft", rates.len(), noise.len(), accuracies.len()));
    let sources: Vec<&Source> =
        all.iter().filter(|s| s.is_active && Role::of_id(s.id).is_some_and(|role| context.roles.contains(role))).collect();
    let rates: Vec<(&Source, RateView)> = sources.iter().filter_map(|s| Some((*s, rate_view(s.id, &rates)?))).collect();
    let noise: Vec<(&Source, NoiseView)> = sources.iter().flat_map(|s| noise_views(s.id, &noise).into_iter().map(|v| (*s, v))).collect();
    let cells = grid(&accuracies);
    let mut markdown = String::from("**Interference**\n");
    markdown.push_str(&rates_text(context, &rates, &stations));
    markdown.push_str(&noise_text(&noise));
    markdown.push_str(&cells_text(minutes, &cells));
    markdown.push_str("\n**Requests for information**\n");
    let requests = if context.roles.contains(Role::Intel) { Some(context.store.open_requests(REQUESTS_MAX).await?) } else { None };
    match &requests {
        None => markdown.push_str("- kept by intel: not among the data of this run\n"),
        Some((open, count)) => markdown.push_str(&requests_text(context, open, *count)),
    }
    let (open, count) = requests.unwrap_or_default();
    let result = json!({
        "minutes": minutes, "generated_at": Utc(context.now),
        "rates": rates.iter().take(RESULT_MAX).map(|(s, v)| v.shown(s)).collect::<Vec<_>>(),
        "noise": noise.iter().take(RESULT_MAX).map(|(s, v)| v.shown(s)).collect::<Vec<_>>(),
        "gnss": cells.iter().filter(|c| 0 < c.low).take(RESULT_MAX).map(Cell::shown).collect::<Vec<_>>(),
        "aircraft": cells.iter().map(|c| c.aircraft).sum::<usize>(),
        "requests": {"open": count, "items": open.iter().map(|r| request_shown(context, r)).collect::<Vec<_>>()},
    });
    Ok(Outcome { markdown, result })
}

/// A source's last quarter of an hour against its last day.
#[derive(Clone, Debug, PartialEq)]
struct RateView {
    events: i64,
    /// Of the quarters before. `None`: there are too few.
    median: Option<f64>,
    quarters: usize,
    /// Days whose same hour the median is of; 0: it is of the last day.
    days: usize,
    dropped: bool,
}

impl RateView {
    fn shown(&self, source: &Source) -> Value {
        json!({
            "source": source.slug, "events_15_min": self.events, "median_15_min": self.median, "quarters": self.quarters,
            "baseline": if self.days == 0 { "last_day" } else { "time_of_day" }, "days": self.days, "dropped": self.dropped,
        })
    }
}

/// `None`: nothing was heard of it for a day.
fn rate_view(source: i64, rates: &[Rate]) -> Option<RateView> {
    let own: HashMap<i32, i64> = rates.iter().filter(|r| r.source_id == source).map(|r| (r.quarters_ago, r.events)).collect();
    let oldest = own.keys().copied().filter(|q| *q < DAY).max()?;
    let events = own.get(&0).copied().unwrap_or(0);
    // A quarter in which it was silent counts as 0, from its first event on.
    let mut before: Vec<f64> = (1..=oldest).map(|q| own.get(&q).copied().unwrap_or(0) as f64).collect();
    let quarters = before.len();
    let (median, days) = match at_this_hour(&own) {
        Some((usual, days)) => (Some(usual), days),
        None if quarters < RATE_QUARTERS_MIN => (None, 0),
        None => (median(&mut before), 0),
    };
    let dropped = median.is_some_and(|m| (events as f64) < RATE_SHARE * m && RATE_SIGMAS * m.sqrt() < m - events as f64);
    Some(RateView { events, median, quarters, days, dropped })
}

/// Its usual quarter of an hour at this time of day, and of how many days. A day on which nothing was heard at that hour says nothing: the
/// station may have been off.
fn at_this_hour(own: &HashMap<i32, i64>) -> Option<(f64, usize)> {
    let mut days = Vec::new();
    for day in 1..=DAYS {
        let around: i64 = (day * DAY - AROUND..=day * DAY + AROUND).filter_map(|q| own.get(&q)).sum();
        if around != 0 {
            days.push(around as f64 / f64::from(2 * AROUND + 1));
        }
    }
    let known = days.len();
    if known < DAYS_MIN { None } else { median(&mut days).map(|usual| (usual, known)) }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

fn rates_text(context: &Context, rates: &[(&Source, RateView)], stations: &HashMap<i64, Station>) -> String {
    let dropped: Vec<_> = rates.iter().filter(|(_, view)| view.dropped).collect();
    let unknown = rates.iter().filter(|(_, view)| view.median.is_none()).count();
    let mut out = format!("- Rates: {} of {} sources tell less than half of their usual", dropped.len(), rates.len());
    out.push_str(&if 0 < unknown { format!("; {unknown} have too little history to tell\n") } else { "\n".into() });
    for (source, view) in dropped.iter().take(LINES_MAX) {
        let station = source.station_id.and_then(|id| stations.get(&id));
        // Its events may only be late.
        let away = station.is_some_and(|s| context.last_seen(s.slug).is_none_or(|at| ONLINE_WITHIN_US < context.now.micros_since(at)));
        let link = if away { " (its station is not connected: this says nothing of the radio)" } else { "" };
        let median = view.median.unwrap_or_default();
        let hour = if view.days == 0 { "" } else { " at this hour" };
        out.push_str(&format!("  - **{}**: {} events in 15 min, usually {median:.0}{hour}{link}\n", plain(&source.slug), view.events));
    }
    out + &unless_more(dropped.len(), LINES_MAX)
}

/// A source's noise floor of the last quarter of an hour against its usual one.
#[derive(Clone, Debug, PartialEq)]
struct NoiseView {
    unit: &'static str,
    now: Option<f64>,
    usual: Option<f64>,
    risen: bool,
}

impl NoiseView {
    fn shown(&self, source: &Source) -> Value {
        json!({"source": source.slug, "unit": self.unit, "now": self.now, "usual": self.usual, "risen": self.risen})
    }
}

fn noise_views(source: i64, samples: &[NoiseSample]) -> Vec<NoiseView> {
    let own: Vec<&NoiseSample> = samples.iter().filter(|s| s.source_id == source).collect();
    let of = |unit: &'static str, level: fn(&NoiseSample) -> Option<&String>| {
        let mut quarters: BTreeMap<i32, Vec<f64>> = BTreeMap::new();
        for sample in &own {
            let value = level(sample).and_then(|text| text.trim().parse::<f64>().ok()).filter(|v| v.abs() < 300.0);
            quarters.entry(sample.quarters_ago).or_default().extend(value);
        }
        quarters.retain(|_, values| !values.is_empty());
        if quarters.is_empty() {
            return None;
        }
        let now = quarters.remove(&0).and_then(|mut values| median(&mut values));
        let mut before: Vec<f64> = quarters.values_mut().filter_map(|values| median(values)).collect();
        let usual = if before.len() < NOISE_QUARTERS_MIN { None } else { median(&mut before) };
        let risen = now.zip(usual).is_some_and(|(now, usual)| NOISE_RISE_DB <= now - usual);
        Some(NoiseView { unit, now, usual, risen })
    };
    [of("dBFS", |s| s.dbfs.as_ref()), of("dBm", |s| s.dbm.as_ref())].into_iter().flatten().collect()
}

fn noise_text(noise: &[(&Source, NoiseView)]) -> String {
    if noise.is_empty() {
        return "- Noise: no source tells it\n".into();
    }
    let risen: Vec<_> = noise.iter().filter(|(_, view)| view.risen).collect();
    let unknown = noise.iter().filter(|(_, view)| view.now.is_none() || view.usual.is_none()).count();
    let mut out = format!("- Noise: {} of {} levels are {NOISE_RISE_DB:.0} dB or more over their usual", risen.len(), noise.len());
    out.push_str(&if 0 < unknown { format!("; {unknown} can't be compared\n") } else { "\n".into() });
    for (source, view) in risen.iter().take(LINES_MAX) {
        let (now, usual) = (view.now.unwrap_or_default(), view.usual.unwrap_or_default());
        out.push_str(&format!("  - **{}**: {now:.1} {}, usually {usual:.1} {}\n", plain(&source.slug), view.unit, view.unit));
    }
    out + &unless_more(risen.len(), LINES_MAX)
}

/// A square of 1°, by its south-west corner.
#[derive(Clone, Debug, PartialEq)]
struct Cell {
    south: i32,
    west: i32,
    aircraft: usize,
    low: usize,
}

impl Cell {
    fn is_degraded(&self) -> bool {
        CELL_AIRCRAFT_MIN <= self.aircraft && CELL_SHARE_MIN * self.aircraft as f64 <= self.low as f64
    }

    fn shown(&self) -> Value {
        json!({"south": self.south, "west": self.west, "aircraft": self.aircraft, "low": self.low, "degraded": self.is_degraded()})
    }
}

/// The worst first. An aircraft that several roles' stations heard counts once, with the newest of what it said.
fn grid(all: &[Accuracy]) -> Vec<Cell> {
    let mut newest: HashMap<&str, &Accuracy> = HashMap::new();
    for one in all {
        newest.entry(&one.ident).and_modify(|old| *old = if old.at < one.at { one } else { old }).or_insert(one);
    }
    let mut cells: BTreeMap<(i32, i32), Cell> = BTreeMap::new();
    for one in newest.into_values() {
        let Some(low) = is_low(one) else { continue };
        if 90.0 < one.latitude.abs() || 180.0 < one.longitude.abs() {
            continue;
        }
        let (south, west) = (one.latitude.floor() as i32, one.longitude.floor() as i32);
        let cell = cells.entry((south, west)).or_insert(Cell { south, west, aircraft: 0, low: 0 });
        cell.aircraft += 1;
        cell.low += usize::from(low);
    }
    let mut cells: Vec<Cell> = cells.into_values().collect();
    cells.sort_by_key(|c| (!c.is_degraded(), std::cmp::Reverse(c.low), c.south, c.west));
    cells
}

/// `None`: it says nothing of its accuracy.
fn is_low(one: &Accuracy) -> Option<bool> {
    let number = |text: &Option<String>| text.as_deref().and_then(|t| t.trim().parse::<f64>().ok());
    let (nac_p, nic) = (number(&one.nac_p), number(&one.nic));
    let (epu, containment) = (number(&one.position_error_m), number(&one.containment_m));
    if one.by_station {
        // A station's event of this kind comes of a message that holds NACp; 0, "unknown", has no figure.
        return Some(epu.is_none_or(|m| EPU_MAX_M < m) || containment.is_some_and(|m| CONTAINMENT_MAX_M < m));
    }
    (nac_p.is_some() || nic.is_some()).then(|| nac_p.is_some_and(|n| n < 8.0) || nic.is_some_and(|n| n < 7.0))
}

fn cells_text(minutes: i64, cells: &[Cell]) -> String {
    let aircraft: usize = cells.iter().map(|c| c.aircraft).sum();
    let degraded: Vec<&Cell> = cells.iter().filter(|c| c.is_degraded()).collect();
    if aircraft == 0 {
        return format!("- Satellite navigation: no aircraft told its accuracy in {minutes} min\n");
    }
    let mut out = format!(
        "- Satellite navigation: degraded in {} of {} squares of 1° ({aircraft} aircraft in {minutes} min)\n",
        degraded.len(),
        cells.len()
    );
    for cell in degraded.iter().take(LINES_MAX) {
        let corner =
            |value: i32, positive: char, negative: char| format!("{}{}°", if value < 0 { negative } else { positive }, value.abs());
        let share = 100.0 * cell.low as f64 / cell.aircraft as f64;
        out.push_str(&format!(
            "  - **from {} {}**: {} of {} aircraft ({share:.0} %) say NACp < 8 or NIC < 7\n",
            corner(cell.south, 'N', 'S'),
            corner(cell.west, 'E', 'W'),
            cell.low,
            cell.aircraft
        ));
    }
    out + &unless_more(degraded.len(), LINES_MAX)
}

fn is_overdue(context: &Context, request: &OpenRequest) -> bool {
    request.due_at.is_some_and(|due| due < context.now)
}

fn requests_text(context: &Context, open: &[OpenRequest], count: i64) -> String {
    let overdue = open.iter().filter(|r| is_overdue(context, r)).count();
    let mut out = format!("- {count} open or in progress, {overdue} overdue\n");
    for request in open.iter().take(LINES_MAX) {
        let due = request.due_at.map_or_else(|| "no date".into(), |at| format!("due {}", clock(at, context.now)));
        let late = if is_overdue(context, request) { ", **overdue**" } else { "" };
        let by = request.requested_by.as_deref().map_or_else(String::new, |by| format!(", for {}", plain(by)));
        let status = if request.status == "in_progress" { "in progress" } else { "open" };
        out.push_str(&format!(
            "  - **{}** {}: {status}, {due}{late}{by} (request {})\n",
            request.priority,
            plain(&request.title),
            request.id
        ));
    }
    out + &unless_more(usize::try_from(count).unwrap_or(0), LINES_MAX)
}

fn request_shown(context: &Context, request: &OpenRequest) -> Value {
    json!({
        "id": request.id, "title": request.title, "priority": request.priority, "status": request.status, "due_at": request.due_at.map(Utc),
        "overdue": is_overdue(context, request), "requested_by": request.requested_by, "created_at": Utc(request.created_at),
    })
}

#[cfg(test)]
mod tests;
