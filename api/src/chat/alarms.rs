//! What is urgent and no rule judges (collision advisories of ACAS) is told in the channel of the station that heard it, in a
//! thread of the aircraft. Distress and emergencies are told by the alerts (`alerts::notify`), which forget none.
//!
//! The same subject with the same kind of alarm is told once in [`QUIET_US`]: the number under which a message is stored says so,
//! whoever restarts when. What is told here is a copy: the live picture and the database have the event in any case.

use crate::alarms::Alarm;
use crate::central::Shared;
use crate::dto::Payload;
use crate::store::{Actor, Author, AuthorKind, NewMessage, NewThread, StoreError};
use model::{Event, EventKind};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::sleep;

/// Ten minutes, counted from 1970.
const QUIET_US: i64 = 600_000_000;
const TRIES: u32 = 60;
const WAIT: Duration = Duration::from_secs(2);

/// Tells all that come, for ever.
pub(crate) async fn tell(shared: Arc<Shared>, mut alarms: broadcast::Receiver<Arc<Alarm>>) {
    loop {
        match alarms.recv().await {
            Ok(alarm) if matches!(alarm.event.kind, EventKind::Advisory(_)) => tell_one(&shared, &alarm).await,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "alarms came faster than they could be told in the chat; the picture has them");
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn tell_one(shared: &Shared, alarm: &Alarm) {
    for _ in 0..TRIES {
        match try_to_tell(shared, alarm).await {
            Ok(()) => return,
            Err(StoreError::Unavailable(_)) => sleep(WAIT).await,
            Err(error) => {
                tracing::error!(%error, "an alarm could not be told in the chat");
                return;
            }
        }
    }
    tracing::error!(station = %alarm.key.station, "an alarm could not be told in the chat: the database did not answer");
}

async fn try_to_tell(shared: &Shared, alarm: &Alarm) -> Result<(), StoreError> {
    let station = alarm.key.station;
    let Some(found) = shared.stations.named(&shared.store, station.as_str()).await? else { return Ok(()) };
    let Some(channel) = shared.store.channel_of_station(found.id).await? else { return Ok(()) };
    let store = shared.store.by(Actor::named(format!("station:{station}")));
    let event = &alarm.event;
    let subject = event.subject.to_string();
    let thread =
        NewThread { channel_id: channel.id, kind: "alert", subject: Some(format!("alarm:{subject}")), title: format!("Alarm: {subject}") };
    let thread = store.begin_thread(&thread).await?.0;
    let payload = serde_json::to_value(Payload::of(event)).unwrap_or_default();
    let what = what(&payload);
    let new = NewMessage {
        channel_id: channel.id,
        thread_id: Some(thread.id),
        reply_to: None,
        author: Author { kind: AuthorKind::Station, id: format!("station:{station}"), name: found.name },
        client_id: Some(format!("alarm:{subject}:{}:{}", what.chars().take(60).collect::<String>(), event.at.0.div_euclid(QUIET_US))),
        text: text(event, &subject, &what, &payload),
        attachment: Some(payload.to_string()),
    };
    store.post_message(&new, None, None, shared.now()).await?;
    shared.chat.feed.wake();
    Ok(())
}

/// `general emergency`, `mayday`… or the kind of the event.
fn what(payload: &Value) -> String {
    let text = |name: &str| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != "none");
    text("emergency").or_else(|| text("text_kind")).or_else(|| text("kind")).unwrap_or("alarm").to_owned()
}

fn text(event: &Event, subject: &str, what: &str, payload: &Value) -> String {
    let plain = crate::agentkit::playbooks::plain;
    let mut text = format!("**{}**: {}", plain(what), plain(subject));
    for name in ["callsign", "name", "squawk", "body"] {
        if let Some(value) = payload.get(name).and_then(Value::as_str).filter(|v| !v.trim().is_empty()) {
            text.push_str(&format!(", {name} {}", plain(value.trim())));
        }
    }
    if let (Some(lat), Some(lon)) = (payload.get("lat").and_then(Value::as_f64), payload.get("lon").and_then(Value::as_f64)) {
        text.push_str(&format!(", at {lat:.4}, {lon:.4}"));
    }
    text.push_str(&format!(", heard {}", crate::dto::Utc::seconds(event.at)));
    text
}
