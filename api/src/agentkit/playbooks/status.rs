//! `/status`: the stations, when each was heard, and what is in the live picture.

use super::super::{Context, Outcome, Playbook, Running};
use super::{clock, plain};
use crate::central::ONLINE_WITHIN_US;
use crate::dto::Utc;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug)]
pub(crate) struct Status;

impl Playbook for Status {
    fn id(&self) -> &'static str {
        "status"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {"station": {"type": "string"}}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            let mut stations = context.stations().await?;
            if let Some(wanted) = context.text("station") {
                let wanted = wanted.to_lowercase();
                stations.retain(|s| s.slug.as_str() == wanted || s.slug.as_str().strip_prefix("toc-") == Some(wanted.as_str()));
            }
            let tracks = context.tracks().tracks;
            let mut markdown = String::new();
            let mut shown = Vec::new();
            for station in &stations {
                let heard = context.last_seen(station.slug);
                let online = heard.is_some_and(|at| context.now.micros_since(at) <= ONLINE_WITHIN_US);
                let own = tracks.iter().filter(|t| t.stations.iter().any(|s| s == station.slug.as_str())).count();
                let last = heard.map_or("not heard since the central began".into(), |at| format!("heard {}", clock(at, context.now)));
                let state = if online { "online" } else { "**offline**" };
                markdown.push_str(&format!("- {} ({}): {state}, {last}, {own} tracks\n", plain(&station.name), station.role.name()));
                shown.push(json!({
                    "slug": station.slug.as_str(), "role": station.role.name(), "online": online, "last_seen": heard.map(Utc), "tracks": own,
                }));
            }
            if stations.is_empty() {
                markdown.push_str("No station.\n");
            }
            let mut by_protocol: BTreeMap<&str, usize> = BTreeMap::new();
            tracks.iter().for_each(|t| *by_protocol.entry(t.protocol).or_default() += 1);
            let counts: Vec<String> = by_protocol.iter().map(|(protocol, n)| format!("{protocol} {n}")).collect();
            markdown.push_str(&format!("\nTracks: {}", if counts.is_empty() { "none".into() } else { counts.join(", ") }));
            Ok(Outcome { markdown, result: json!({"stations": shown, "tracks": by_protocol}) })
        })
    }
}
