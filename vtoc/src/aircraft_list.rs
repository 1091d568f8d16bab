//! The operator's list of aircraft, read once at the start.

use crate::config::Settings;
use crate::failure::Failure;
use api::live::Hub;
use api::live::registry::Database;
use std::sync::Arc;

/// Gives the picture the list that the settings name. A list that can't be read is told at once, not found out on watch.
pub fn load(settings: &Settings, hub: &Hub) -> Result<(), Failure> {
    let Some(path) = &settings.console.aircraft_list else { return Ok(()) };
    let unreadable = |error: &dyn std::fmt::Display| Failure::config(format!("console.aircraft_list: {} {error}", path.display()));
    let file = std::fs::File::open(path).map_err(|e| unreadable(&format_args!("cannot be opened: {e}")))?;
    let database = Database::read(file).map_err(|e| unreadable(&e))?;
    tracing::info!(aircraft = database.len(), passed_over = database.passed_over(), bytes = database.bytes(), "aircraft list read");
    hub.use_database(Arc::new(database));
    Ok(())
}
