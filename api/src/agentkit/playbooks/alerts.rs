//! `/alerts`: who is in an emergency or distress as far as the live picture knows, and which stations are silent.

use super::super::{Context, Outcome, Playbook, Running};
use super::{clock, plain};
use crate::central::ONLINE_WITHIN_US;
use crate::dto::{Track, Utc};
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Alerts;

impl Playbook for Alerts {
    fn id(&self) -> &'static str {
        "alerts"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            let tracks = context.tracks().tracks;
            let mut markdown = String::new();
            let mut emergencies = Vec::new();
            for (track, emergency) in tracks.iter().filter_map(|t| Some((t, t.emergency?))) {
                markdown.push_str(&line(track, emergency, context));
                emergencies.push(json!({
                    "subject": track.subject, "emergency": emergency, "squawk": track.squawk, "lat": track.lat, "lon": track.lon,
                    "last_seen": track.last_seen, "stations": track.stations,
                }));
            }
            let mut silent = Vec::new();
            for station in context.stations().await? {
                let heard = context.last_seen(station.slug);
                if heard.is_none_or(|at| ONLINE_WITHIN_US < context.now.micros_since(at)) {
                    let since = heard.map_or("the central's start".into(), |at| clock(at, context.now));
                    markdown.push_str(&format!("- Station {} is silent since {since}\n", plain(&station.name)));
                    silent.push(json!({"slug": station.slug.as_str(), "last_seen": heard.map(Utc)}));
                }
            }
            if markdown.is_empty() {
                markdown.push_str("No alerts: nobody in an emergency is heard, and every station is.");
            }
            Ok(Outcome { markdown, result: json!({"emergencies": emergencies, "silent_stations": silent}) })
        })
    }
}

fn line(track: &Track, emergency: &str, context: &Context) -> String {
    let name = track.callsign.as_deref().or(track.name.as_deref()).map_or_else(String::new, |n| format!(" {}", plain(n)));
    let squawk = track.squawk.as_deref().map_or_else(String::new, |s| format!(", squawk {s}"));
    let place = match (track.lat, track.lon) {
        (Some(lat), Some(lon)) => format!("at {lat:.4}, {lon:.4}"),
        _ => "place unknown".into(),
    };
    let heard = clock(track.last_seen.0, context.now);
    format!("- **{emergency}**: {}{name}{squawk}, {place}, heard {heard} by {}\n", plain(&track.subject), track.stations.join(", "))
}
