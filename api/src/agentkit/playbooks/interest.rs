//! `@agent check imei`, `@agent poi list`, `@agent poi status`: what the watch-lists say, and where somebody of interest was
//! heard last, as far as the run's roles may know.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::{clock, plain, unless_more};
use crate::records::{POI, WATCH};
use crate::store::{Cell, LastSeen, Page, Record, subject_of_identifier};
use serde_json::{Value, json};

const LISTED: usize = 50;
/// Points of interest that are looked through for a name.
const NAMES_MAX: i64 = 10_000;

#[derive(Debug)]
pub(crate) struct CheckImei;

impl Playbook for CheckImei {
    fn id(&self) -> &'static str {
        "check_imei"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {"imei": {"type": "string"}}, "required": ["imei"]})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            let asked = context.text("imei").ok_or_else(|| PlaybookError::Refused("Which IMEI? @agent check imei <imei>".into()))?;
            let (column, imei) = (WATCH.column("identifier_value"), asked.chars().filter(|c| !matches!(c, '-' | ' ')).collect::<String>());
            let with = column.map(|column| (column, Some(Cell::Text(imei.clone())))).into_iter().collect();
            let entry = context.store.records(&WATCH, &Page { with, limit: 1, ..Page::default() }).await?.pop();
            let said = entry.as_ref().map_or_else(|| "on no list".to_owned(), listed);
            let unlike = if is_imei(&imei) { "" } else { " (not an IMEI: 15 digits with a right check digit)" };
            let mut markdown = format!("IMEI {}: {said}{unlike}\n", plain(&imei));
            let seen = context.store.last_seen_of(context.roles, &format!("imei:{imei}")).await?;
            markdown.push_str(&seen.as_ref().map_or_else(|| "Not seen in what is stored.".into(), |seen| heard(seen, context)));
            Ok(Outcome {
                markdown,
                result: json!({"imei": imei, "entry": entry, "valid": unlike.is_empty(), "last_seen": seen.map(shown)}),
            })
        })
    }
}

fn listed(entry: &Record) -> String {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let list = if text("list_type") == Some("blacklist") { "**black-listed**" } else { "white-listed" };
    let label = text("label").map_or_else(String::new, |label| format!(", “{}”", plain(label)));
    let poi = entry.get("linked_poi").filter(|poi| poi.is_object()).map_or_else(String::new, |poi| {
        let (name, risk) = (poi["name"].as_str().unwrap_or(""), poi["risk_level"].as_str().unwrap_or(""));
        format!(", belongs to {} ({})", plain(name), plain(risk))
    });
    format!("{list}{label}{poi}")
}

/// Fifteen digits of which the last is Luhn's check digit (3GPP TS 23.003, annex B).
fn is_imei(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    let sum = |digits: &[u32]| {
        let doubled = |(place, digit): (usize, &u32)| if place % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit };
        digits.iter().enumerate().map(doubled).sum::<u32>()
    };
    digits.is_some_and(|digits| digits.len() == 15 && sum(&digits).is_multiple_of(10))
}

#[derive(Debug)]
pub(crate) struct ListPoi;

impl Playbook for ListPoi {
    fn id(&self) -> &'static str {
        "list_poi"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            let with = POI.column("is_active").map(|column| (column, Some(Cell::Bool(true)))).into_iter().collect();
            let all = context.store.records(&POI, &Page { with, newest: true, limit: NAMES_MAX, ..Page::default() }).await?;
            let mut markdown = String::new();
            for poi in all.iter().take(LISTED) {
                markdown.push_str(&format!("- {}\n", line(poi)));
            }
            markdown.push_str(&unless_more(all.len(), LISTED));
            if all.is_empty() {
                markdown.push_str("No points of interest.");
            }
            Ok(Outcome { markdown, result: json!({"poi": all.iter().take(LISTED).collect::<Vec<_>>(), "count": all.len()}) })
        })
    }
}

fn line(poi: &Record) -> String {
    let text = |name: &str| plain(poi.get(name).and_then(Value::as_str).unwrap_or(""));
    let known = poi.get("identifiers").and_then(Value::as_array).map_or(0, Vec::len);
    format!("**{}** ({}, {}): {known} identifiers", text("name"), text("category"), text("risk_level"))
}

#[derive(Debug)]
pub(crate) struct PoiStatus;

impl Playbook for PoiStatus {
    fn id(&self) -> &'static str {
        "poi_status"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            let name = context.text("name").ok_or_else(|| PlaybookError::Refused("Whose status? @agent poi status \"<name>\"".into()))?;
            let all = context.store.records(&POI, &Page { newest: true, limit: NAMES_MAX, ..Page::default() }).await?;
            let named =
                |poi: &&Record| poi.get("name").and_then(Value::as_str).is_some_and(|n| n.trim().to_lowercase() == name.to_lowercase());
            let Some(poi) = all.iter().find(named) else {
                return Err(PlaybookError::Refused(format!("There is no point of interest “{}”", plain(name))));
            };
            let mut markdown = format!("{}{}\n", line(poi), if poi.get("is_active") == Some(&json!(false)) { ", not active" } else { "" });
            if let Some(notes) = poi.get("notes").and_then(Value::as_str).filter(|notes| !notes.is_empty()) {
                markdown.push_str(&format!("{}\n", plain(notes)));
            }
            let mut identifiers = Vec::new();
            for identifier in poi.get("identifiers").and_then(Value::as_array).into_iter().flatten().take(LISTED) {
                let (kind, value) =
                    (identifier["identifier_type"].as_str().unwrap_or(""), identifier["identifier_value"].as_str().unwrap_or(""));
                let subject = subject_of_identifier(&kind.to_lowercase(), value);
                let seen = match &subject {
                    Some(subject) => context.store.last_seen_of(context.roles, subject).await?,
                    None => None,
                };
                let none = if subject.is_some() { "not seen in what is stored" } else { "nothing that is heard" };
                let last = seen.as_ref().map_or_else(|| none.into(), |seen| heard(seen, context));
                markdown.push_str(&format!("- {} {}: {last}\n", plain(kind), plain(value)));
                identifiers.push(json!({"type": kind, "value": value, "last_seen": seen.map(shown)}));
            }
            Ok(Outcome { markdown, result: json!({"poi": poi, "identifiers": identifiers}) })
        })
    }
}

fn heard(seen: &LastSeen, context: &Context) -> String {
    let place = seen.latitude.zip(seen.longitude).map_or_else(String::new, |(lat, lon)| format!(" at {lat:.4}, {lon:.4}"));
    format!("last seen {}{place} by {}", clock(seen.at, context.now), plain(&seen.source))
}

fn shown(seen: LastSeen) -> Value {
    json!({"at": crate::dto::Utc(seen.at), "latitude": seen.latitude, "longitude": seen.longitude, "source": seen.source, "event_id": seen.event_id})
}

#[cfg(test)]
mod tests {
    #[test]
    fn check_digits_of_imeis() {
        for (text, right) in [
            ("490154203237518", true),
            ("356938035643809", true),
            ("490154203237517", false),
            ("4901542032375", false),
            ("49015420323751x", false),
        ] {
            assert_eq!(super::is_imei(text), right, "{text}");
        }
    }
}
