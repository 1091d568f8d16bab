//! Runs the engine: hands it what was stored, what was posted, greetings and the time; stores what it says.
//!
//! ```text
//!   begin: rules, stored alerts ─► the queue (a distress waits for nothing) ─► what was received since the mark ─► run
//!   run:   queue ─► engine ─► changes, in order ─► Postgres        each tick: posted, stations, time, progress, mark
//! ```
//! Constraints: changes are stored in order and tried again until they are; the mark moves only when all are; when the queue or
//! the changes that wait are too many, the keeper begins again from the database, as after a restart.

use super::change::{AlertKey, Change, Progress, Raised};
use super::engine::Engine;
use super::notify::{log, notify};
use super::observation::Observation;
use super::rule::{Rule, looks_back_us};
use super::{Alerts, ENTRIES_MAX, PoiIdentifier, compile};
use crate::central::Shared;
use crate::store::{Mark, Role, Slugs, StoreError, UNTOLD_MAX, Which};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

const TICK: Duration = Duration::from_secs(5);
/// The place is another event of the same frame as the distress: waited for so long before people are told.
const PLACE_WAIT: Duration = Duration::from_millis(300);
const BEGIN_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Changes that wait for the database; then the keeper begins again.
const PENDING_MAX: usize = 20_000;
/// Events of one role read back at a start: the newest. Emergencies: so many besides.
const CATCH_UP_MAX: i64 = 50_000;
/// Posted events read at one tick.
const POSTED_MAX: i64 = 20_000;
/// Notes of urgent events are looked for so far before now.
const NOTES_BACK_US: i64 = 24 * 3_600_000_000;

/// Never ends.
pub(crate) async fn keep(shared: Arc<Shared>) {
    loop {
        match Keeper::begin(&shared).await {
            Ok(keeper) => keeper.run().await,
            Err(error) => tracing::warn!(%error, "alerts are not judged yet; trying again"),
        }
        sleep(BEGIN_AGAIN_AFTER).await;
    }
}

struct Keeper<'a> {
    shared: &'a Shared,
    engine: Engine,
    slugs: Slugs,
    /// Up to where what programs posted is read, by role.
    marks: Vec<Mark>,
    /// Not stored yet, in order.
    pending: VecDeque<Change>,
    progress: Vec<(AlertKey, Progress)>,
    /// Perhaps somebody is to be told.
    untold: bool,
    /// What points of interest are known by; empty when no rule names them.
    pois: Vec<PoiIdentifier>,
}

impl<'a> Keeper<'a> {
    async fn begin(shared: &'a Shared) -> Result<Self, StoreError> {
        let store = &shared.store;
        shared.alerts.overflowed.store(false, Relaxed);
        shared.alerts.changed.store(false, Relaxed);
        let (rules, pois) = read_rules(shared).await?;
        let looks_back = looks_back_us(&rules);
        let mut engine = Engine::new(rules, ENTRIES_MAX);
        engine.restore(&store.alerts_to_restore(shared.now()).await?);
        let slugs = store.stations().await?.into_iter().map(|s| (s.id, s.slug)).collect();
        let mut keeper =
            Self { shared, engine, slugs, marks: Vec::new(), pending: VecDeque::new(), progress: Vec::new(), untold: true, pois };
        keeper.judge_queue();
        keeper.store_changes().await?;
        let judged_until = store.judged_until().await?;
        for role in Role::ALL {
            // A distress that comes meanwhile does not wait for what is read back.
            keeper.judge_queue();
            keeper.store_changes().await?;
            // First of all, so that nothing is between it and what is read back.
            let (_, mark) = store.posted_since(role, &keeper.slugs, None, 0).await?;
            keeper.marks.push(mark);
            keeper.catch_up(role, &judged_until, looks_back).await?;
        }
        keeper.expect_stations().await?;
        keeper.store_changes().await?;
        Ok(keeper)
    }

    /// What was received while nobody judged, and enough of before to know who is where.
    async fn catch_up(&mut self, role: Role, judged_until: &Mark, looks_back: i64) -> Result<(), StoreError> {
        let (store, now) = (&self.shared.store, self.shared.now());
        let on_the_air = Which::OnTheAir(now.plus_micros(-looks_back));
        let (mut seen, _) = store.events_to_judge(role, &self.slugs, on_the_air, CATCH_UP_MAX).await?;
        let (received, cut) = store.events_to_judge(role, &self.slugs, Which::Received(judged_until), CATCH_UP_MAX).await?;
        seen.extend(received);
        if cut {
            let which = Which::Emergencies(judged_until);
            seen.extend(store.events_to_judge(role, &self.slugs, which, CATCH_UP_MAX).await?.0);
            self.shared.metrics.alerts.catch_ups_cut.fetch_add(1, Relaxed);
            tracing::warn!(
                role = role.name(),
                newest = CATCH_UP_MAX,
                "more events came while nobody judged them: the older are judged for emergencies only"
            );
        }
        for (key, event) in store.urgent_notes(role, now.plus_micros(-NOTES_BACK_US)).await? {
            seen.extend(Observation::heard(&event, role, key.station));
        }
        seen.sort_by_key(|o| o.at);
        self.judge(seen);
        Ok(())
    }

    /// Those that were ever heard shall be.
    async fn expect_stations(&mut self) -> Result<(), StoreError> {
        let heard = self.shared.store.sources().await?.into_iter().filter(|s| s.last_ingested_at.is_some());
        let heard: HashSet<i64> = heard.filter_map(|source| source.station_id).collect();
        for station in self.shared.store.stations().await?.iter().filter(|s| heard.contains(&s.id)) {
            self.engine.expect_station(station.role, station.slug, self.shared.now());
        }
        Ok(())
    }

    /// Until it must begin again.
    async fn run(mut self) {
        let alerts: &Alerts = &self.shared.alerts;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let mut due = tokio::select! {
                () = alerts.wake.notified() => false,
                _ = ticks.tick() => true,
            };
            // Answered when it is done; who asks meanwhile, the next time.
            let asked = alerts.asks().len();
            due |= asked != 0;
            let worked = self.work(due).await;
            if let Err(error) = &worked {
                self.shared.metrics.alerts.failures.fetch_add(1, Relaxed);
                tracing::warn!(%error, waiting = self.pending.len(), "alerts could not be stored; trying again");
            }
            self.shared.metrics.alerts.note(&self.engine, self.pending.len());
            if alerts.overflowed.load(Relaxed) || PENDING_MAX < self.pending.len() {
                return;
            }
            match worked {
                // Who asked may be gone.
                Ok(()) => alerts.asks().drain(..asked).for_each(|ask| _ = ask.send(())),
                Err(_) => sleep(BEGIN_AGAIN_AFTER).await,
            }
        }
    }

    async fn work(&mut self, due: bool) -> Result<(), StoreError> {
        self.judge_queue();
        self.store_changes().await?;
        if self.shared.alerts.changed.swap(false, Relaxed) {
            self.read_again().await.inspect_err(|_| self.shared.alerts.changed.store(true, Relaxed))?;
        }
        if due {
            self.tick().await?;
        }
        if self.untold || due { self.tell().await } else { Ok(()) }
    }

    async fn tick(&mut self) -> Result<(), StoreError> {
        let (store, now) = (&self.shared.store, self.shared.now());
        let stations = store.stations().await?;
        let mut changes = Vec::new();
        for station in &stations {
            if let Some(at) = self.shared.intake.last_seen(station.slug) {
                self.engine.heard_station(station.role, station.slug, at.min(now), &mut changes);
            }
        }
        self.queue(changes);
        if self.names_pois() && store.poi_identifiers().await? != self.pois {
            self.read_again().await?;
        }
        self.slugs = stations.into_iter().map(|s| (s.id, s.slug)).collect();
        for role in Role::ALL {
            let (seen, mark) = store.posted_since(role, &self.slugs, Some(&self.marks[role as usize]), POSTED_MAX).await?;
            self.marks[role as usize] = mark;
            self.judge(seen);
        }
        let mut changes = Vec::new();
        self.engine.tick(now, &mut changes);
        self.queue(changes);
        self.store_changes().await?;
        self.note_progress().await?;
        store.all_judged().await
    }

    async fn note_progress(&mut self) -> Result<(), StoreError> {
        self.progress.extend(self.engine.take_progress());
        self.shared.store.note_progress(&self.progress).await?;
        if !self.progress.is_empty() {
            self.shared.alerts.board.wake();
        }
        self.progress.clear();
        Ok(())
    }

    /// After somebody changed a rule or closed an alert.
    async fn read_again(&mut self) -> Result<(), StoreError> {
        let (rules, pois) = read_rules(self.shared).await?;
        self.engine.set_rules(rules);
        self.pois = pois;
        self.engine.restore(&self.shared.store.alerts_to_restore(self.shared.now()).await?);
        Ok(())
    }

    fn names_pois(&self) -> bool {
        self.engine.rules().iter().any(|rule| rule.condition.names_pois())
    }

    fn judge_queue(&mut self) {
        let waiting = std::mem::take(&mut *self.shared.alerts.queue());
        self.judge(waiting);
    }

    fn judge(&mut self, seen: impl IntoIterator<Item = Observation>) {
        let (now, mut changes) = (self.shared.now(), Vec::new());
        for mut observation in seen {
            // A station whose clock is ahead would else be the last to be believed for as long.
            observation.at = observation.at.min(now);
            self.engine.observe(&observation, &mut changes);
        }
        self.queue(changes);
    }

    /// A distress goes ahead of what waits, unless some of that is about the same.
    fn queue(&mut self, changes: Vec<Change>) {
        for change in changes {
            match &change {
                Change::Raise(raised) if raised.distress && !self.pending.iter().any(|other| other.key().is_about_same(&raised.key)) => {
                    self.pending.push_front(change);
                }
                _ => self.pending.push_back(change),
            }
        }
    }

    async fn store_changes(&mut self) -> Result<(), StoreError> {
        while let Some(change) = self.pending.front().cloned() {
            match self.store_change(&change).await {
                Ok(()) => {}
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                Err(error) => tracing::error!(%error, ?change, "this change of an alert can't be stored"),
            }
            self.pending.pop_front();
            self.shared.alerts.board.wake();
            // Before what waits behind it.
            if self.untold && is_distress(&change) && !self.pending.front().is_some_and(is_distress) {
                self.tell_distress(change.key()).await?;
            }
        }
        Ok(())
    }

    async fn store_change(&mut self, change: &Change) -> Result<(), StoreError> {
        let (store, counted) = (&self.shared.store, &self.shared.metrics.alerts);
        match change {
            Change::Raise(raised) => return self.raise(raised).await,
            Change::Reopen(key) => store.reopen_alert(key).await?,
            Change::Resolve(key, at) => store.end_alert(key, *at).await?,
            Change::Heard(key, station) => {
                self.untold |= store.alert_heard(key, *station).await?;
                return Ok(());
            }
        }
        let counter = if matches!(change, Change::Reopen(_)) { &counted.reopened } else { &counted.resolved };
        counter.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Its place may have come with the next event of the same frame.
    async fn raise(&mut self, raised: &Raised) -> Result<(), StoreError> {
        let progress = self.engine.progress(&raised.key).unwrap_or(raised.progress);
        let raised = Raised { progress, ..raised.clone() };
        let details = serde_json::to_string(&raised.details).expect("details hold no maps with odd keys");
        if self.shared.store.raise_alert(&raised, &details).await? {
            self.untold = true;
            self.shared.metrics.alerts.raised.fetch_add(1, Relaxed);
        } else if let Some(known) = self.shared.store.last_alert(&raised.key).await? {
            // Of an earlier life, or forgotten meanwhile: it goes on.
            self.engine.restore(known.restored().as_slice());
            if let Some(station) = raised.station.filter(|_| raised.distress) {
                self.untold |= self.shared.store.alert_heard(&raised.key, station).await?;
            }
        }
        Ok(())
    }

    /// With its place, if that comes at once.
    async fn tell_distress(&mut self, key: &AlertKey) -> Result<(), StoreError> {
        if self.engine.progress(key).is_some_and(|progress| progress.place.is_none()) {
            sleep(PLACE_WAIT).await;
            self.judge_queue();
            self.note_progress().await?;
        }
        self.tell().await
    }

    async fn tell(&mut self) -> Result<(), StoreError> {
        let store = &self.shared.store;
        let (alerts, stations) = (store.untold_alerts().await?, store.untold_stations().await?);
        let all = (alerts.len() as i64) < UNTOLD_MAX && (stations.len() as i64) < UNTOLD_MAX;
        for (alert, station) in &stations {
            match notify(self.shared, alert, station).await {
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                Err(error) => tracing::error!(%error, alert = alert.id, station, "nobody could be told of this alert in the chat"),
                Ok(()) => {}
            }
            store.station_told(alert.id, station).await?;
        }
        for alert in &alerts {
            log(alert);
            store.alert_told(alert.id).await?;
        }
        self.untold = !all;
        Ok(())
    }
}

fn is_distress(change: &Change) -> bool {
    matches!(change, Change::Raise(raised) if raised.distress)
}

/// The enabled ones; and what points of interest are known by, if one of them names any.
async fn read_rules(shared: &Shared) -> Result<(Vec<Rule>, Vec<PoiIdentifier>), StoreError> {
    let mut rules: Vec<Rule> =
        shared.store.alert_rules().await?.iter().filter(|rule| rule.enabled).filter_map(|rule| compile(rule, &[])).collect();
    let mut pois = Vec::new();
    if rules.iter().any(|rule| rule.condition.names_pois()) {
        pois = shared.store.poi_identifiers().await?;
        rules.iter_mut().for_each(|rule| rule.condition.know(&pois));
    }
    Ok((rules, pois))
}
