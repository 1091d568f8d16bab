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

#[cfg(test)]
mod tests {
    use super::*;
    use api::live::Limits;
    use model::UnixMicros;

    fn load_from(path: &std::path::Path) -> Result<(), String> {
        let mut settings = Settings::default();
        settings.console.aircraft_list = Some(path.to_path_buf());
        let hub = Hub::without_tick(Limits::STATION, Arc::new(|| UnixMicros(0)));
        load(&settings, &hub).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn a_list_is_read_and_one_that_is_none_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("aircraft.csv");
        assert!(load_from(&path).unwrap_err().contains("cannot be opened"));
        std::fs::write(&path, "nothing\n").unwrap();
        assert!(load_from(&path).unwrap_err().contains("no line with an address"));
        std::fs::write(&path, "4840d6;PH-BXN;B738;00\n").unwrap();
        load_from(&path).unwrap();
    }
}
