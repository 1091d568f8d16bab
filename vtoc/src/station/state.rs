//! A station's state directory, its demo settings, and the heartbeat that systemd's watchdog sees.

use super::Parts;
use crate::check;
use crate::cli::StationArgs;
use crate::config::{Receiver, Settings, SourceKind};
use crate::failure::Failure;
use model::Protocol;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// Where the spool and the keys lie.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    /// Made for this run, and deleted after it.
    temporary: bool,
}

impl StateDir {
    /// The flag (or systemd's `STATE_DIRECTORY`), else the setting; a demo may do without.
    pub fn choose(arguments: &StationArgs, settings: &Settings) -> Result<Self, Failure> {
        let chosen = check::state_dir(arguments.state_dir.as_deref(), settings);
        let temporary = chosen.is_err() && arguments.demo;
        let path = if temporary { std::env::temp_dir().join(format!("vtoc-demo-{}", std::process::id())) } else { chosen? };
        std::fs::create_dir_all(&path).map_err(|e| Failure::cannot_write(format!("{}: can't be made: {e}", path.display())))?;
        Ok(Self { path, temporary })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// `--demo`: a simulated sky instead of the configured receivers, no uplink and no igate.
pub fn demo(settings: &mut Settings) {
    let mut sky = Receiver::new(Protocol::Adsb, SourceKind::Sim);
    sky.seed = 1;
    settings.receivers = [("sky".to_owned(), sky)].into();
    settings.uplink.central = None;
    settings.igate.callsign = None;
    settings.transmit.enabled = false;
    if settings.station.latitude.is_none() {
        let center = sim::world::WorldConfig::default().center;
        (settings.station.latitude, settings.station.longitude) = (Some(center.lat_deg()), Some(center.lon_deg()));
    }
    if settings.station.id == "station" {
        settings.station.id = "demo".to_owned();
        settings.station.name = Some("Demo station (simulated sky)".to_owned());
    }
}

/// Does the data plane move?
#[derive(Debug, Default)]
pub struct Heartbeat {
    turns: u64,
}

impl Heartbeat {
    /// The merge thread went round since we last looked. A disk that takes nothing does not count: a restart would only lose
    /// what waits in memory for room.
    pub fn moves(&mut self, parts: &Parts) -> bool {
        let ingest = parts.ingest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ingest) = ingest.as_ref() else { return true };
        let turns = ingest.merge().turns;
        let moved = turns != self.turns || ingest.is_finished();
        self.turns = turns;
        moved
    }
}
