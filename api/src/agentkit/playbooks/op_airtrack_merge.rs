//! `op_airtrack_merge`: the tracks of several stations and sources that are one aircraft, with provenance and confidence.
//!
//! Input, else options: `minutes` (1–120, default 10), the window; or `undo`: the id of a run whose merges are undone.
//!
//! Constraints: events are never changed; what is in doubt stays apart and is listed ([`air_merge`]); what people undid is not
//! merged again for a day; a run that begins again writes nothing twice (`track_merges`).

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::air_merge::{self, Conflict, Merge, Point, Track};
use super::{clock, plain, unless_more};
use crate::dto::Utc;
use crate::store::playbooks::{Fix, NewMerge};
use crate::store::{Role, Source};
use model::{LatLon, UnixMicros};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Positions of a minute of one role that are read, tracks, and positions kept of each.
const FIXES_MAX: i64 = 100_000;
const TRACKS_MAX: usize = 5_000;
const POINTS_MAX: usize = 1_000;
/// Positions closer in time than this say nothing new; in a long window they are kept farther apart.
const STEP_US: i64 = 2_000_000;
const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 86_400_000_000;
/// Shown to people, and kept in the result.
const LINES_MAX: usize = 30;
const RESULT_MAX: usize = 500;

#[derive(Debug)]
pub(crate) struct AirtrackMerge;

impl Playbook for AirtrackMerge {
    fn id(&self) -> &'static str {
        "op_airtrack_merge"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {
            "minutes": {"type": "integer", "minimum": 1, "maximum": 120, "default": 10},
            "undo": {"type": "integer", "description": "The run whose merges are undone"},
        }})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            match super::id_of(context, "undo")? {
                Some(run) => undo(context, run).await,
                None => merge(context).await,
            }
        })
    }
}

async fn undo(context: &Context, run: i64) -> Result<Outcome, PlaybookError> {
    let undone = match context.store.run(run).await? {
        Some(of) => context.store.undo_merges(&of.action_id, &context.key, context.roles, context.dry_run, context.now).await?,
        None => None,
    };
    let undone = undone.ok_or_else(|| PlaybookError::Refused(format!("run {run} merged nothing that this run may undo")))?;
    let what = if context.dry_run { "would be undone" } else { "undone" };
    let markdown = format!("**Air tracks**: {undone} merges of run {run} {what}. Their tracks stay apart for a day.");
    Ok(Outcome { markdown, result: json!({"undone": undone, "of_run": run, "dry_run": context.dry_run}) })
}

/// One sensor's track of one subject, with what is said of it.
#[derive(Debug)]
struct Seen {
    role: Role,
    source: String,
    station: Option<String>,
    ident: String,
    callsign: Option<String>,
    positions: u64,
    first: UnixMicros,
    last: UnixMicros,
    points: Vec<Point>,
}

type SeenKey = (Role, i64, Option<i64>, String);

/// What was read.
#[derive(Debug, Default)]
struct Picture {
    seen: BTreeMap<SeenKey, Seen>,
    positions: u64,
    /// Whose they are, they don't say; or there were too many.
    nameless: u64,
    beyond: u64,
    /// Minutes of which not everything was read.
    cut: u64,
    step_us: i64,
}

async fn merge(context: &Context) -> Result<Outcome, PlaybookError> {
    let minutes = context.number("minutes", 10, (1, 120));
    let from = context.now.plus_micros(-minutes * MINUTE_US);
    let picture = read(context, from, minutes).await?;
    let seen: Vec<&Seen> = picture.seen.values().collect();
    let tracks: Vec<Track> = seen.iter().map(|s| track(s)).collect();
    let (merges, conflicts) = air_merge::merge(&tracks);
    let undone = context.store.undone_merges(context.roles, context.now.plus_micros(-DAY_US)).await?;
    let (held, merges): (Vec<Merge>, Vec<Merge>) =
        merges.into_iter().partition(|m| undone.iter().any(|u| u.is_subset(&m.members.iter().map(|n| seen[*n].key()).collect())));
    context.log(format!("{} tracks, {} merges, {} conflicts, {} held back", seen.len(), merges.len(), conflicts.len(), held.len()));
    let new: Vec<NewMerge> = merges.iter().map(|m| new_merge(m, &seen)).collect();
    // What an attempt before this one noted counts, not what this one found.
    let noted: Vec<Value> = if context.dry_run {
        new.iter().map(|m| json_of(&m.detail)).collect()
    } else {
        let noted = context.store.note_merges(&context.key, context.roles, &new, context.now).await?;
        noted.iter().map(|m| with_id(json_of(&m.detail), m.id)).collect()
    };
    Ok(said(context, minutes, &picture, &seen, &noted, (&conflicts, &held)))
}

async fn read(context: &Context, from: UnixMicros, minutes: i64) -> Result<Picture, PlaybookError> {
    let sources: HashMap<i64, Source> = context.store.sources().await?.into_iter().map(|s| (s.id, s)).collect();
    let stations: HashMap<i64, String> = context.store.stations().await?.into_iter().map(|s| (s.id, s.slug.to_string())).collect();
    let named: HashMap<String, String> = context.tracks().tracks.into_iter().filter_map(|t| Some((t.subject, t.callsign?))).collect();
    let step_us = STEP_US.max(minutes * MINUTE_US / POINTS_MAX as i64);
    let mut picture = Picture { step_us, ..Picture::default() };
    for role in context.roles.iter() {
        for n in 0..minutes {
            let start = from.plus_micros(n * MINUTE_US);
            // The last instant is in.
            let end = start.plus_micros(MINUTE_US + i64::from(n + 1 == minutes));
            let fixes = context.store.fixes(role, start, end, FIXES_MAX).await?;
            picture.cut += u64::from(fixes.len() as i64 == FIXES_MAX);
            for fix in fixes {
                picture.take(role, fix, &sources, &stations, &named);
            }
        }
    }
    Ok(picture)
}

impl Picture {
    fn take(
        &mut self,
        role: Role,
        fix: Fix,
        sources: &HashMap<i64, Source>,
        stations: &HashMap<i64, String>,
        named: &HashMap<String, String>,
    ) {
        self.positions += 1;
        let Some(ident) = fix.ident else {
            self.nameless += 1;
            return;
        };
        let Some(place) = LatLon::from_degrees(fix.latitude, fix.longitude) else { return };
        let key = (role, fix.source_id, fix.station_id, ident);
        if TRACKS_MAX <= self.seen.len() && !self.seen.contains_key(&key) {
            self.beyond += 1;
            return;
        }
        let seen = self.seen.entry(key.clone()).or_insert_with(|| Seen {
            role,
            source: sources.get(&fix.source_id).map_or_else(|| fix.source_id.to_string(), |s| s.slug.clone()),
            station: fix.station_id.and_then(|id| stations.get(&id).cloned()),
            callsign: named.get(&key.3).cloned(),
            ident: key.3,
            positions: 0,
            first: fix.at,
            last: fix.at,
            points: Vec::new(),
        });
        seen.positions += 1;
        seen.last = fix.at;
        if let Some(callsign) = fix.callsign.as_deref().map(str::trim).filter(|c| !c.is_empty()) {
            seen.callsign = Some(callsign.to_ascii_uppercase());
        }
        let is_new = seen.points.last().is_none_or(|last| self.step_us <= fix.at.micros_since(last.at));
        if is_new && !fix.on_ground && seen.points.len() < POINTS_MAX {
            seen.points.push(Point { at: fix.at, place, alt_ft: fix.altitude_ft, speed_kt: fix.speed_kt });
        }
    }
}

impl Seen {
    /// What it is called in `track_merges`.
    fn key(&self) -> String {
        format!("{}/{}/{}/{}", self.role.name(), self.source, self.station.as_deref().unwrap_or("-"), self.ident)
    }

    fn shown(&self) -> Value {
        json!({
            "role": self.role.name(), "source": self.source, "station": self.station, "subject": self.ident, "callsign": self.callsign,
            "first_at": Utc(self.first), "last_at": Utc(self.last), "positions": self.positions,
        })
    }
}

fn track(seen: &Seen) -> Track {
    Track {
        sensor: format!("{} of {}", seen.source, seen.station.as_deref().unwrap_or("no station")),
        address: seen.ident.strip_prefix("icao:").and_then(|hex| u32::from_str_radix(hex, 16).ok()),
        callsign: seen.callsign.clone(),
        points: seen.points.clone(),
    }
}

fn new_merge(merge: &Merge, seen: &[&Seen]) -> NewMerge {
    let all: Vec<&Seen> = merge.members.iter().map(|n| seen[*n]).collect();
    // The address, where one of them has it.
    let subject = all.iter().find(|s| s.ident.starts_with("icao:")).or(all.first()).map_or("", |s| &s.ident);
    let detail = json!({
        "subject": subject, "callsign": all.iter().find_map(|s| s.callsign.as_deref()), "method": merge.method,
        "confidence": merge.confidence, "reasons": merge.reasons, "members": all.iter().map(|s| s.shown()).collect::<Vec<_>>(),
    });
    let members: BTreeSet<String> = all.iter().map(|s| s.key()).collect();
    NewMerge { members: members.into_iter().collect(), detail: detail.to_string().replace("\\u0000", "\\ufffd") }
}

fn json_of(detail: &str) -> Value {
    serde_json::from_str(detail).unwrap_or_default()
}

fn with_id(mut detail: Value, id: i64) -> Value {
    detail["id"] = json!(id);
    detail
}

fn said(
    context: &Context,
    minutes: i64,
    picture: &Picture,
    seen: &[&Seen],
    merges: &[Value],
    (conflicts, held): (&[Conflict], &[Merge]),
) -> Outcome {
    let mut markdown = format!(
        "**Air tracks**, the last {minutes} min: {} tracks of {} positions, {} merged{}, {} left apart in doubt\n\n",
        seen.len(),
        picture.positions,
        merges.len(),
        if context.dry_run { " (dry run: not noted)" } else { "" },
        conflicts.len()
    );
    for merge in merges.iter().take(LINES_MAX) {
        markdown.push_str(&line(merge, context.now));
    }
    markdown.push_str(&unless_more(merges.len(), LINES_MAX));
    let names = |members: &[usize]| members.iter().take(10).map(|n| plain(&seen[*n].key())).collect::<Vec<_>>().join(", ");
    for conflict in conflicts.iter().take(LINES_MAX) {
        markdown.push_str(&format!("- **in doubt**: {} ({})\n", plain(&conflict.why), names(&conflict.members)));
    }
    markdown.push_str(&unless_more(conflicts.len(), LINES_MAX));
    for merge in held.iter().take(LINES_MAX) {
        markdown.push_str(&format!("- held back, as somebody undid it: {}\n", names(&merge.members)));
    }
    let notes = [
        (picture.nameless, "positions don't say whose they are"),
        (picture.beyond, "positions are of more tracks than are looked at"),
        (picture.cut, "minutes held more positions than are read"),
    ];
    for (count, what) in notes.iter().filter(|(count, _)| 0 < *count) {
        markdown.push_str(&format!("\n{count} {what}."));
    }
    let shown = |members: &[usize]| members.iter().map(|n| seen[*n].shown()).collect::<Vec<_>>();
    let doubts: Vec<Value> = conflicts.iter().take(RESULT_MAX).map(|c| json!({"why": c.why, "members": shown(&c.members)})).collect();
    let held: Vec<Value> = held.iter().take(RESULT_MAX).map(|m| json!({"members": shown(&m.members)})).collect();
    let result = json!({
        "minutes": minutes, "dry_run": context.dry_run, "tracks": seen.len(), "positions": picture.positions, "nameless": picture.nameless,
        "beyond": picture.beyond, "minutes_cut": picture.cut, "merged": merges.len(), "merges": merges.iter().take(RESULT_MAX).collect::<Vec<_>>(),
        "in_doubt": conflicts.len(), "conflicts": doubts, "held_back": held,
    });
    Outcome { markdown, result }
}

fn line(merge: &Value, now: UnixMicros) -> String {
    let text = |value: &Value| plain(value.as_str().unwrap_or(""));
    let callsign = merge["callsign"].as_str().map_or_else(String::new, |c| format!(" {}", plain(c)));
    let mut out = format!(
        "- **{}**{callsign}, {} by {}: ",
        text(&merge["subject"]),
        merge["confidence"].as_f64().map_or_else(|| "?".into(), |c| format!("{:.0} %", c * 100.0)),
        text(&merge["method"])
    );
    let members = merge["members"].as_array().map_or(&[][..], Vec::as_slice);
    let each = members.iter().take(10).map(|m| {
        let last = m["last_at"].as_str().and_then(Utc::parse).map_or_else(String::new, |at| format!(", last {}", clock(at.0, now)));
        let station = m["station"].as_str().map_or_else(String::new, |s| format!(" ({})", plain(s)));
        format!("{} from {}{station}, {} positions{last}", text(&m["subject"]), text(&m["source"]), m["positions"])
    });
    out.push_str(&each.collect::<Vec<_>>().join("; "));
    let reasons: Vec<String> = merge["reasons"].as_array().into_iter().flatten().take(4).map(text).collect();
    out.push_str(&format!(" — {}\n", reasons.join("; ")));
    out
}
