//! Telling people of a new alert. Called until it succeeds, after the alert is stored.

use crate::store::{Alert, StoreError};

/// The log, for now: a thread in the station's channel is the chat's to give.
pub(super) async fn notify(alert: &Alert) -> Result<(), StoreError> {
    let place = alert.latitude.zip(alert.longitude).map_or_else(String::new, |(lat, lon)| format!("{lat:.4},{lon:.4}"));
    tracing::warn!(
        id = alert.id,
        rule = alert.rule_name,
        severity = alert.severity.name(),
        role = alert.role.name(),
        subject = alert.subject,
        cause = alert.cause,
        station = alert.station.as_deref().unwrap_or(""),
        place,
        "alert"
    );
    Ok(())
}
