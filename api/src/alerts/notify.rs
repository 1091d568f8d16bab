//! Telling people of a new alert: in the log, and in the chat where a station that heard it has its channel, in the thread of
//! the one it is about. Called until it succeeds, after the alert is stored; the message's number is the alert's, so that each
//! station's people are told once.

use crate::agentkit::playbooks::plain;
use crate::central::Shared;
use crate::dto::Utc;
use crate::store::{Actor, Alert, Author, AuthorKind, NewMessage, NewThread, StoreError};

pub(super) fn log(alert: &Alert) {
    tracing::warn!(id = alert.id, role = alert.role.name(), station = alert.station.as_deref().unwrap_or(""), "{}", text(alert));
}

/// In the channel of a station that heard it. What no station heard has no channel whose readers may all see it.
pub(super) async fn notify(shared: &Shared, alert: &Alert, slug: &str) -> Result<(), StoreError> {
    let Some(station) = shared.stations.named(&shared.store, slug).await? else { return Ok(()) };
    let Some(channel) = shared.store.channel_of_station(station.id).await? else { return Ok(()) };
    let store = shared.store.by(Actor::named("central"));
    let (subject, title) = (format!("alarm:{}", alert.subject), format!("Alarm: {}", alert.subject));
    let limited = |text: String, chars: usize| text.chars().take(chars).collect::<String>();
    let thread = NewThread { channel_id: channel.id, kind: "alert", subject: Some(limited(subject, 200)), title: limited(title, 255) };
    let thread = store.begin_thread(&thread).await?.0;
    let new = NewMessage {
        channel_id: channel.id,
        thread_id: Some(thread.id),
        reply_to: None,
        author: Author { kind: AuthorKind::Station, id: format!("station:{slug}"), name: station.name },
        client_id: Some(format!("alert:{}", alert.id)),
        text: text(alert),
        attachment: Some(serde_json::json!({"alert_id": alert.id, "subject": alert.subject, "cause": alert.cause}).to_string()),
    };
    store.post_message(&new, None, None, shared.now()).await?;
    shared.chat.feed.wake();
    Ok(())
}

fn text(alert: &Alert) -> String {
    let cause = if alert.cause.is_empty() { String::new() } else { format!(" ({})", alert.cause) };
    let place = alert.latitude.zip(alert.longitude).map_or_else(String::new, |(lat, lon)| format!(", at {lat:.4}, {lon:.4}"));
    let (severity, since) = (alert.severity.name(), Utc::seconds(alert.opened_at));
    format!("**{severity}** alert {}: {}{cause}: {}{place}, since {since}", alert.id, plain(&alert.rule_name), plain(&alert.subject))
}
