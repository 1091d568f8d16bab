//! What a station says in its log: changes, not repetitions.

use super::Parts;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use uplink::client::ClientStatus;

/// Says when the link comes and goes, and why.
pub async fn tell_of_the_link(mut status: watch::Receiver<ClientStatus>) {
    let mut told: Option<(bool, Option<String>)> = None;
    loop {
        let now = {
            let status = status.borrow_and_update();
            (status.connected, status.last_error.clone())
        };
        if told.as_ref() != Some(&now) {
            match &now {
                (true, _) => tracing::info!("connected to the central"),
                (false, Some(error)) => tracing::warn!("not connected to the central: {error}. Events are kept and delivered later"),
                (false, None) => {}
            }
            told = Some(now);
        }
        if status.changed().await.is_err() {
            return;
        }
    }
}

/// Says when the disk stops taking events, and when it takes them again. (Receivers tell of themselves.)
pub async fn tell_of_the_disk(parts: Arc<Parts>) {
    let mut told: Option<String> = None;
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    loop {
        ticks.tick().await;
        let error = match parts.writer.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(writer) => writer.last_error(),
            None => return,
        };
        match &error {
            Some(error) if told.is_none() => {
                tracing::error!("events can't be written to disk: {error}. They wait in memory, as far as there is room; free some space");
            }
            None if told.is_some() => tracing::info!("events are written to disk again"),
            _ => {}
        }
        told = error;
    }
}
