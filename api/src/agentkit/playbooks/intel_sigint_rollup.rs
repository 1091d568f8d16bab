//! `intel_sigint_rollup`: who was heard where and when, by band and station; who for the first time, and who no more.
//!
//! Input, else options: `hours` (1–168, default 24), the window; `days` (1–90, default 7), how far before it is looked for those who
//! seem new.
//!
//! ```text
//!     look-back `days`            │ the window before  │     the window     │
//!   ──────────────────────────────┼────────────────────┼────────────────────┤ now
//!   first heard: in the window, never before   lost: in the window before, not in the window
//! ```
//! Constraints: read an hour at a time, so that no statement grows with the window; lists are bounded and say what they leave
//! out; where nothing older is stored, it is said that nobody can be told to be new.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::{clock, plain, unless_more};
use crate::dto::Utc;
use crate::store::playbooks::Heard;
use crate::store::{Role, Source};
use model::UnixMicros;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const HOUR_US: i64 = 3_600_000_000;
/// Rows of an hour of one role, subjects that are kept, and new ones that are looked for in the past.
const ROWS_MAX: i64 = 50_000;
const SUBJECTS_MAX: usize = 200_000;
const ASKED_MAX: usize = 20_000;
const ASKED_AT_ONCE: usize = 1_000;
/// Shown to people, and kept in the result.
const LINES_MAX: usize = 30;
const RESULT_MAX: usize = 300;

#[derive(Debug)]
pub(crate) struct SigintRollup;

impl Playbook for SigintRollup {
    fn id(&self) -> &'static str {
        "intel_sigint_rollup"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {
            "hours": {"type": "integer", "minimum": 1, "maximum": 168, "default": 24},
            "days": {"type": "integer", "minimum": 1, "maximum": 90, "default": 7},
        }})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(rollup(context))
    }
}

/// A stretch of time in which somebody was heard.
#[derive(Clone, Copy, Debug)]
struct Span {
    events: i64,
    first: UnixMicros,
    last: UnixMicros,
}

impl Span {
    fn with(self, other: Self) -> Self {
        Self { events: self.events + other.events, first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

type Place = (Role, i64, Option<i64>);

/// Who was heard in a window.
#[derive(Debug, Default)]
struct Window {
    /// By source and station.
    totals: HashMap<Place, Span>,
    /// By subject, then by source and station.
    subjects: HashMap<String, BTreeMap<Place, Span>>,
    outside: BTreeSet<(Role, i64)>,
    /// Rows that were not kept: hours too full, or too many subjects.
    beyond: u64,
}

impl Window {
    async fn read(context: &Context, from: UnixMicros, hours: i64) -> Result<Self, PlaybookError> {
        let mut window = Self::default();
        for role in context.roles.iter() {
            for n in 0..hours {
                let start = from.plus_micros(n * HOUR_US);
                let rows = context.store.heard(role, start, start.plus_micros(HOUR_US), ROWS_MAX).await?;
                window.beyond += u64::from(rows.len() as i64 == ROWS_MAX);
                rows.into_iter().for_each(|row| window.take(role, row));
            }
        }
        Ok(window)
    }

    fn take(&mut self, role: Role, row: Heard) {
        let place = (role, row.source_id, row.station_id);
        let span = Span { events: row.events, first: row.first, last: row.last };
        self.totals.entry(place).and_modify(|old| *old = old.with(span)).or_insert(span);
        if row.outside {
            self.outside.insert((role, row.source_id));
        }
        let Some(ident) = row.ident else { return };
        if SUBJECTS_MAX <= self.subjects.len() && !self.subjects.contains_key(&ident) {
            self.beyond += 1;
            return;
        }
        self.subjects.entry(ident).or_default().entry(place).and_modify(|old| *old = old.with(span)).or_insert(span);
    }

    fn span_of(&self, ident: &str) -> Option<Span> {
        self.subjects.get(ident)?.values().copied().reduce(Span::with)
    }
}

/// Names of sources and stations.
struct Names {
    sources: HashMap<i64, Source>,
    stations: HashMap<i64, String>,
}

impl Names {
    async fn read(context: &Context) -> Result<Self, PlaybookError> {
        let sources = context.store.sources().await?.into_iter().map(|s| (s.id, s)).collect();
        let stations = context.store.stations().await?.into_iter().map(|s| (s.id, s.slug.to_string())).collect();
        Ok(Self { sources, stations })
    }

    fn band(&self, place: &Place) -> String {
        band(self.sources.get(&place.1).map_or("unknown", |s| &s.source_type))
    }

    /// The station that heard it; of a source without one, the source.
    fn station(&self, place: &Place) -> String {
        let source = self.sources.get(&place.1);
        let station = place.2.or(source.and_then(|s| s.station_id)).and_then(|id| self.stations.get(&id).cloned());
        station.or_else(|| source.map(|s| s.slug.clone())).unwrap_or_else(|| "a deleted source".into())
    }
}

/// What a protocol is sent on.
fn band(source_type: &str) -> String {
    let known = match source_type.to_ascii_lowercase().as_str() {
        "adsb" | "ads-b" => "ADS-B, 1090 MHz",
        "ais" => "AIS, 161.975 and 162.025 MHz",
        "aprs" => "APRS, 144 to 146 MHz",
        "uat" => "UAT, 978 MHz",
        "acars" => "ACARS, 129 to 137 MHz",
        _ => return source_type.to_owned(),
    };
    known.to_owned()
}

async fn rollup(context: &Context) -> Result<Outcome, PlaybookError> {
    let hours = context.number("hours", 24, (1, 168));
    let days = context.number("days", 7, (1, 90));
    let until = context.now.plus_micros(1);
    let from = until.plus_micros(-hours * HOUR_US);
    let back = from.plus_micros(-days * 24 * HOUR_US);
    let names = Names::read(context).await?;
    let window = Window::read(context, from, hours).await?;
    context.log(format!("{} subjects in {hours} h", window.subjects.len()));
    let before = Window::read(context, from.plus_micros(-hours * HOUR_US), hours).await?;
    context.log(format!("{} subjects in the window before", before.subjects.len()));
    let mut oldest: Option<UnixMicros> = None;
    for role in context.roles.iter() {
        oldest = oldest.into_iter().chain(context.store.oldest_event(role, back).await?).min();
    }
    let since = oldest.filter(|at| *at < from);
    let (new, unasked) = if since.is_some() { first_heard(context, &window, &before, (back, from)).await? } else { (Vec::new(), 0) };
    let mut lost: Vec<(String, Span)> = before
        .subjects
        .keys()
        .filter(|ident| !window.subjects.contains_key(*ident))
        .filter_map(|ident| Some((ident.clone(), before.span_of(ident)?)))
        .collect();
    lost.sort_by(|a, b| (b.1.last, &a.0).cmp(&(a.1.last, &b.0)));
    let places = places(context, &new, (from, until)).await?;
    let places_lost = places_of_lost(context, &lost, (from.plus_micros(-hours * HOUR_US), from)).await?;
    let bands = bands(&window, &names);
    let mut markdown = format!(
        "**Who was heard**, the last {hours} h: {} subjects, {} for the first time in {days} days, {} lost\n\n",
        window.subjects.len(),
        if since.is_some() { new.len().to_string() } else { "nobody can be told to be heard".into() },
        lost.len()
    );
    markdown.push_str(&bands_text(&bands, context.now));
    let new_lines = Listed { title: "First heard", of: &window, names: &names, places: &places };
    let lost_lines = Listed { title: "Lost (heard in the window before)", of: &before, names: &names, places: &places_lost };
    markdown.push_str(&new_lines.text(&new, context.now));
    markdown.push_str(&lost_lines.text(&lost, context.now));
    match since {
        None => markdown.push_str("\nNothing older than the window is stored: who is new can't be told.\n"),
        Some(at) if HOUR_US < at.micros_since(back) => {
            markdown.push_str(&format!("\nStored since {}: the look-back reaches no farther.\n", clock(at, context.now)));
        }
        Some(_) => {}
    }
    let beyond = window.beyond + before.beyond;
    if 0 < beyond || 0 < unasked {
        markdown.push_str(&format!("\nNot looked at for want of room: {beyond} lists of subjects, {unasked} that may be new.\n"));
    }
    let result = json!({
        "from": Utc(from), "until": Utc(context.now), "hours": hours, "days": days, "stored_since": since.map(Utc),
        "subjects": window.subjects.len(), "bands": bands.iter().map(Band::shown).collect::<Vec<_>>(),
        "new": {"count": new.len(), "items": new_lines.shown(&new)}, "lost": {"count": lost.len(), "items": lost_lines.shown(&lost)},
        "beyond": beyond, "unasked": unasked,
    });
    Ok(Outcome { markdown, result })
}

/// Those of the window that were never heard in the look-back, newest first; and how many were not looked for.
async fn first_heard(
    context: &Context,
    window: &Window,
    before: &Window,
    (back, from): (UnixMicros, UnixMicros),
) -> Result<(Vec<(String, Span)>, usize), PlaybookError> {
    let mut asked: Vec<String> = window.subjects.keys().filter(|ident| !before.subjects.contains_key(*ident)).cloned().collect();
    asked.sort_unstable();
    let unasked = asked.len().saturating_sub(ASKED_MAX);
    asked.truncate(ASKED_MAX);
    let mut known: HashSet<String> = HashSet::new();
    for role in context.roles.iter() {
        let sources: Vec<i64> = window.outside.iter().chain(&before.outside).filter(|(r, _)| *r == role).map(|(_, id)| *id).collect();
        for part in asked.chunks(ASKED_AT_ONCE) {
            known.extend(context.store.subjects_heard(role, part, back, from).await?);
        }
        let mut start = back;
        while !sources.is_empty() && start < from {
            let end = start.plus_micros(6 * HOUR_US).min(from);
            known.extend(context.store.payloads_heard(role, &sources, start, end, ROWS_MAX).await?);
            start = end;
        }
    }
    let mut new: Vec<(String, Span)> = asked
        .into_iter()
        .filter(|ident| !known.contains(ident))
        .filter_map(|ident| Some((window.span_of(&ident)?, ident)))
        .map(|(span, ident)| (ident, span))
        .collect();
    new.sort_by(|a, b| (b.1.first, &a.0).cmp(&(a.1.first, &b.0)));
    Ok((new, unasked))
}

type Places = HashMap<String, (f64, f64)>;

async fn places(context: &Context, listed: &[(String, Span)], (from, to): (UnixMicros, UnixMicros)) -> Result<Places, PlaybookError> {
    let idents: Vec<String> = listed.iter().take(RESULT_MAX).map(|(ident, _)| ident.clone()).collect();
    let mut places = Places::new();
    for role in context.roles.iter() {
        let found = context.store.last_places(role, &idents, from, to).await?;
        places.extend(found.into_iter().map(|(ident, lat, lon)| (ident, (lat, lon))));
    }
    Ok(places)
}

async fn places_of_lost(context: &Context, lost: &[(String, Span)], span: (UnixMicros, UnixMicros)) -> Result<Places, PlaybookError> {
    places(context, lost, span).await
}

/// A list of subjects, for people and programs.
struct Listed<'a> {
    title: &'static str,
    of: &'a Window,
    names: &'a Names,
    places: &'a Places,
}

impl Listed<'_> {
    /// (bands, stations)
    fn heard_by(&self, ident: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let places = || self.of.subjects.get(ident).into_iter().flat_map(BTreeMap::keys);
        (places().map(|p| self.names.band(p)).collect(), places().map(|p| self.names.station(p)).collect())
    }

    fn text(&self, listed: &[(String, Span)], now: UnixMicros) -> String {
        if listed.is_empty() {
            return String::new();
        }
        let mut out = format!("\n**{}**\n", self.title);
        for (ident, span) in listed.iter().take(LINES_MAX) {
            let (bands, stations) = self.heard_by(ident);
            let place = self.places.get(ident).map_or_else(String::new, |(lat, lon)| format!(" at {lat:.4}, {lon:.4}"));
            let list = |all: BTreeSet<String>| all.iter().map(|text| plain(text)).collect::<Vec<_>>().join(", ");
            out.push_str(&format!(
                "- {}{place}: {} events, {} to {}, {} — {}\n",
                plain(ident),
                span.events,
                clock(span.first, now),
                clock(span.last, now),
                list(bands),
                list(stations)
            ));
        }
        out + &unless_more(listed.len(), LINES_MAX)
    }

    fn shown(&self, listed: &[(String, Span)]) -> Vec<Value> {
        let one = |(ident, span): &(String, Span)| {
            let (bands, stations) = self.heard_by(ident);
            let place = self.places.get(ident);
            json!({
                "subject": ident, "events": span.events, "first_at": Utc(span.first), "last_at": Utc(span.last), "bands": bands,
                "stations": stations, "lat": place.map(|p| p.0), "lon": place.map(|p| p.1),
            })
        };
        listed.iter().take(RESULT_MAX).map(one).collect()
    }
}

struct Band {
    name: String,
    subjects: usize,
    events: i64,
    stations: Vec<(String, usize, Span)>,
}

impl Band {
    fn shown(&self) -> Value {
        let stations = self.stations.iter().map(|(station, subjects, span)| {
            json!({
                "station": station, "subjects": subjects, "events": span.events, "first_at": Utc(span.first), "last_at": Utc(span.last),
            })
        });
        json!({"band": self.name, "subjects": self.subjects, "events": self.events, "stations": stations.collect::<Vec<_>>()})
    }
}

fn bands(window: &Window, names: &Names) -> Vec<Band> {
    let mut heard: BTreeMap<String, BTreeMap<String, Span>> = BTreeMap::new();
    for (place, span) in &window.totals {
        let stations = heard.entry(names.band(place)).or_default();
        stations.entry(names.station(place)).and_modify(|old| *old = old.with(*span)).or_insert(*span);
    }
    let mut subjects: HashMap<(String, Option<String>), usize> = HashMap::new();
    for places in window.subjects.values() {
        let all = places.keys().map(|p| (names.band(p), Some(names.station(p)))).collect::<BTreeSet<_>>();
        let bands: BTreeSet<_> = all.iter().map(|(band, _)| (band.clone(), None)).collect();
        all.into_iter().chain(bands).for_each(|key| *subjects.entry(key).or_default() += 1);
    }
    let count = |band: &str, station: Option<&str>| subjects.get(&(band.to_owned(), station.map(str::to_owned))).copied().unwrap_or(0);
    let band = |(name, stations): (String, BTreeMap<String, Span>)| Band {
        subjects: count(&name, None),
        events: stations.values().map(|span| span.events).sum(),
        stations: stations.into_iter().map(|(station, span)| (station.clone(), count(&name, Some(&station)), span)).collect(),
        name,
    };
    heard.into_iter().map(band).collect()
}

fn bands_text(bands: &[Band], now: UnixMicros) -> String {
    let mut out = String::new();
    for band in bands.iter().take(LINES_MAX) {
        out.push_str(&format!("- **{}**: {} subjects, {} events\n", plain(&band.name), band.subjects, band.events));
        for (station, subjects, span) in band.stations.iter().take(LINES_MAX) {
            let (first, last) = (clock(span.first, now), clock(span.last, now));
            out.push_str(&format!("  - {}: {subjects} subjects, {} events, {first} to {last}\n", plain(station), span.events));
        }
        out.push_str(&unless_more(band.stations.len(), LINES_MAX));
    }
    if bands.is_empty() {
        out.push_str("Nothing was heard.\n");
    }
    out + &unless_more(bands.len(), LINES_MAX)
}
