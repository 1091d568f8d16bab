//! What a rule would have raised: the same engine over stored events.
//!
//! Constraints: one at a time; at most [`EVENTS_MAX`] events and [`TIME_MAX`], and it says when that was not enough; nothing is
//! stored. Time passes by the minute of the events themselves, as the keeper's ticks would have let it. A station counts as
//! heard when it delivered: greetings are not kept.

use super::engine::{Engine, SILENT_OVER_US};
use super::{Change, ENTRIES_MAX, Observation, Rule};
use crate::central::Shared;
use crate::dto::{BacktestAlert, BacktestResult, Slug, Utc};
use crate::store::{Role, Slugs, StoreError};
use model::{LatLon, UnixMicros};
use std::time::{Duration, Instant};

pub const EVENTS_MAX: usize = 500_000;
pub const TIME_MAX: Duration = Duration::from_secs(20);
const PAGE: i64 = 5_000;
const TICK_US: i64 = 60_000_000;
/// Of a rule of meetings at sea.
const MEETINGS_TICK_US: i64 = 10_000_000;
/// Alerts in the answer; the others are counted.
const SHOWN_MAX: usize = 1_000;

pub(crate) async fn run(shared: &Shared, rule: Rule, since: UnixMicros, until: UnixMicros) -> Result<BacktestResult, StoreError> {
    let slugs: Slugs = shared.store.stations().await?.into_iter().map(|s| (s.id, s.slug)).collect();
    let (started, roles) = (Instant::now(), rule.roles);
    let mut past = Past { until, ..Past::default() };
    for role in roles.iter() {
        // Roles don't mix: each for itself is as all at once.
        let mut trial = Trial::new(rule.clone(), role, since);
        let mut after = Some((since, i64::MIN));
        while let Some(from) = after {
            if EVENTS_MAX <= past.events || TIME_MAX <= started.elapsed() {
                (past.cut, past.until) = (true, past.until.min(from.0));
                break;
            }
            let (seen, rows, next) = shared.store.history(role, &slugs, (from, until), PAGE).await?;
            past.events += rows;
            trial.judge(&seen);
            after = next;
        }
        let end = if after.is_some() { past.until } else { until };
        past.alerts.extend(trial.finish(end));
    }
    Ok(past.told())
}

#[derive(Debug, Default)]
struct Past {
    until: UnixMicros,
    events: usize,
    cut: bool,
    alerts: Vec<BacktestAlert>,
}

impl Past {
    fn told(mut self) -> BacktestResult {
        self.alerts.sort_by(|a, b| (a.opened_at, &a.subject).cmp(&(b.opened_at, &b.subject)));
        let raised = self.alerts.len();
        self.alerts.truncate(SHOWN_MAX);
        BacktestResult { alerts: self.alerts, raised, events: self.events, cut: self.cut, judged_until: Utc(self.until) }
    }
}

/// One role's past.
struct Trial {
    engine: Engine,
    role: Role,
    ticked_at: UnixMicros,
    tick_us: i64,
    changes: Vec<Change>,
}

impl Trial {
    fn new(rule: Rule, role: Role, since: UnixMicros) -> Self {
        let engine = Engine::new(vec![rule], ENTRIES_MAX);
        let tick_us = if engine.looks_for_meetings() { MEETINGS_TICK_US } else { TICK_US };
        Self { engine, role, ticked_at: since, tick_us, changes: Vec::new() }
    }

    fn judge(&mut self, seen: &[Observation]) {
        for observation in seen {
            self.time_passes(observation.at);
            self.engine.observe(observation, &mut self.changes);
            if let Some(station) = observation.station {
                self.engine.heard_station(self.role, station, observation.at, &mut self.changes);
            }
        }
    }

    /// A long gap is one step: what falls silent is told with its own time.
    fn time_passes(&mut self, now: UnixMicros) {
        if self.tick_us <= now.micros_since(self.ticked_at) {
            self.engine.tick(now, &mut self.changes);
            self.ticked_at = now;
        }
    }

    fn finish(mut self, until: UnixMicros) -> Vec<BacktestAlert> {
        self.engine.tick(until, &mut self.changes);
        let mut alerts: Vec<BacktestAlert> = Vec::new();
        for change in &self.changes {
            match change {
                Change::Raise(raised) => {
                    let progress = self.engine.progress(&raised.key).unwrap_or(raised.progress);
                    alerts.push(BacktestAlert {
                        role: raised.key.role.name(),
                        subject: raised.key.subject.to_string(),
                        cause: raised.key.cause.clone(),
                        station: raised.station.map(Slug),
                        severity: raised.severity.name(),
                        opened_at: Utc(raised.key.opened_at),
                        last_at: Utc(progress.last_at),
                        resolved_at: None,
                        count: progress.count,
                        latitude: progress.place.map(LatLon::lat_deg),
                        longitude: progress.place.map(LatLon::lon_deg),
                        details: raised.details.clone(),
                    });
                }
                Change::Heard(..) => {}
                Change::Reopen(key) | Change::Resolve(key, _) => {
                    let over = if let Change::Resolve(_, at) = change { Some(Utc(*at)) } else { None };
                    let same =
                        |a: &&mut BacktestAlert| (a.opened_at.0, &*a.subject, &a.cause) == (key.opened_at, &*key.subject, &key.cause);
                    if let Some(alert) = alerts.iter_mut().rev().find(same) {
                        alert.resolved_at = over;
                    }
                }
            }
        }
        alerts
    }
}

const _: () = assert!(TICK_US < SILENT_OVER_US);
