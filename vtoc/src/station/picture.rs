//! What a station says in its log: changes, not repetitions.

use super::Parts;
use std::collections::HashMap;
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

/// Says when a receiver changes its state, and why; and when the disk does.
pub async fn tell_of_receivers(parts: Arc<Parts>) {
    let mut told: HashMap<String, &'static str> = HashMap::new();
    let mut disk: Option<String> = None;
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    loop {
        ticks.tick().await;
        tell_of_the_disk(&parts, &mut disk);
        let reports = match parts.ingest.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(ingest) => ingest.receivers(),
            None => return,
        };
        for report in reports {
            let state = report.state.name();
            if told.insert(report.name.clone(), state) == Some(state) {
                continue;
            }
            match report.error {
                Some(error) => tracing::warn!(receiver = report.name, state, "{error}"),
                None => tracing::info!(receiver = report.name, state),
            }
        }
    }
}

fn tell_of_the_disk(parts: &Parts, told: &mut Option<String>) {
    let writer = parts.writer.lock().unwrap_or_else(PoisonError::into_inner);
    let error = writer.as_ref().and_then(|w| w.last_error());
    match &error {
        Some(error) if told.is_none() => {
            tracing::error!("events can't be written to disk: {error}. They wait in memory, as far as there is room; free some space");
        }
        None if told.is_some() => tracing::info!("events are written to disk again"),
        _ => {}
    }
    *told = error;
}
