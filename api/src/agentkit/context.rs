//! What a playbook gets: its input, whose data it may see, the stores, the live picture, a log.

use crate::auth::RoleSet;
use crate::central::Shared;
use crate::dto::TrackList;
use crate::store::{Actor, Run, Station, Store, StoreError};
use model::{StationId, UnixMicros};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};

/// Lines of log of one attempt, and characters of a line.
const LOG_LINES_MAX: usize = 500;
const LOG_CHARS_MAX: usize = 2_000;

#[derive(Debug)]
pub(crate) struct Context {
    /// The run's random name: the same in every attempt, another's in none, also when ids begin anew in a restored database. What is written elsewhere is written under it.
    pub key: String,
    pub input: Map<String, Value>,
    /// From the definition.
    pub options: Map<String, Value>,
    /// The station it is about, if one.
    pub station: Option<Station>,
    /// Whose data it may read and change.
    pub roles: RoleSet,
    /// `operator:anna`, `schedule`…
    pub requested_by: String,
    /// Nothing may be written.
    pub dry_run: bool,
    pub now: UnixMicros,
    /// What is changed through it is noted as `playbook:<id>`.
    pub store: Store,
    /// The thread of the chat where the run came from.
    pub thread_id: Option<i64>,
    shared: Arc<Shared>,
    log: Mutex<Vec<(UnixMicros, String)>>,
}

impl Context {
    pub async fn of(run: &Run, options: Map<String, Value>, shared: &Arc<Shared>) -> Result<Self, StoreError> {
        let station = match run.station_id {
            Some(id) => shared.stations.with_id(&shared.store, id).await?,
            None => None,
        };
        let input = match serde_json::from_str(run.input.get()) {
            Ok(Value::Object(input)) => input,
            _ => Map::new(),
        };
        let context = Self {
            key: run.action_id.clone(),
            input,
            options,
            station,
            roles: run.roles,
            requested_by: run.requested_by.clone(),
            dry_run: run.dry_run,
            now: shared.now(),
            store: shared.store.by(Actor::named(format!("playbook:{}", run.playbook))),
            thread_id: run.reply.thread_id,
            shared: Arc::clone(shared),
            log: Mutex::default(),
        };
        let how = if run.dry_run { ", dry run" } else { "" };
        context.log(format!("attempt {} of {} for {}{how}", run.attempts, run.attempts_max, context.requested_by));
        Ok(context)
    }

    /// A value of the input, else of the definition's options.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.input.get(name).or_else(|| self.options.get(name)).filter(|value| !value.is_null())
    }

    /// A whole number within bounds, else the default.
    pub fn number(&self, name: &str, default: i64, (least, most): (i64, i64)) -> i64 {
        let value = self.value(name).and_then(|v| v.as_i64().or_else(|| v.as_str()?.trim().parse().ok()));
        value.unwrap_or(default).clamp(least, most)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// Kept with the run, for people.
    pub fn log(&self, text: impl Into<String>) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() < LOG_LINES_MAX {
            let text: String = text.into();
            log.push((self.shared.now(), text.chars().take(LOG_CHARS_MAX).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()));
        }
    }

    pub fn take_log(&self) -> Vec<(UnixMicros, String)> {
        std::mem::take(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The live picture of these roles' stations.
    pub fn tracks(&self) -> TrackList {
        self.shared.pictures.of(self.roles, &self.shared).tracks(None)
    }

    /// A run may begin now.
    pub fn wake_workers(&self) {
        self.shared.agents.wake();
    }

    /// When the station was last heard from, since the central's start.
    pub fn last_seen(&self, station: StationId) -> Option<UnixMicros> {
        self.shared.intake.last_seen(station)
    }

    /// The stations of these roles; the one it is about alone, if it is about one.
    pub async fn stations(&self) -> Result<Vec<Station>, StoreError> {
        let own = |s: &Station| self.roles.contains(s.role) && self.station.as_ref().is_none_or(|one| one.id == s.id);
        Ok(self.store.stations().await?.into_iter().filter(own).collect())
    }

    /// What people may run: (id, description).
    pub fn playbooks(&self) -> Vec<(String, String)> {
        let usable = self.shared.agents.listed().filter(|d| self.roles.iter().any(|role| d.roles.contains(role)));
        usable.map(|d| (d.id.clone(), d.description.clone())).collect()
    }
}
