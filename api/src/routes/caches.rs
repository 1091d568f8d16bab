//! What the routes remember for a few seconds so that one request is one round trip to the database.

use crate::store::{Station, Store, StoreError, Watched};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The list is read again after so long, and at once when a station is not on it.
const STATIONS_REMEMBERED: Duration = Duration::from_secs(2);
/// A point of interest is looked for so much later at most.
const WATCHED_REMEMBERED: Duration = Duration::from_secs(5);
/// `last_ingested_at` is written at most so often per source.
const TOUCH_INTERVAL: Duration = Duration::from_secs(5);
const TOUCHED_MAX: usize = 4_096;

/// All stations, by id and slug.
#[derive(Debug, Default)]
pub struct StationList(Mutex<Option<(Instant, Arc<Stations>)>>);

#[derive(Debug, Default)]
pub struct Stations {
    by_id: HashMap<i64, Station>,
    ids: HashMap<String, i64>,
}

impl Stations {
    pub fn by_id(&self, id: i64) -> Option<&Station> {
        self.by_id.get(&id)
    }

    /// In any case, `_` for `-`, and with or without `toc-` before it: users' programs write all of these.
    fn named(&self, name: &str) -> Option<&Station> {
        let slug = name.to_lowercase().replace('_', "-");
        let other = slug.strip_prefix("toc-").map_or_else(|| format!("toc-{slug}"), str::to_owned);
        let id = self.ids.get(&slug).or_else(|| self.ids.get(&other))?;
        self.by_id.get(id)
    }
}

impl StationList {
    /// By any spelling of its slug.
    pub async fn named(&self, store: &Store, name: &str) -> Result<Option<Station>, StoreError> {
        if let Some(station) = self.get(store).await?.named(name) {
            return Ok(Some(station.clone()));
        }
        Ok(self.read(store).await?.named(name).cloned())
    }

    pub async fn with_id(&self, store: &Store, id: i64) -> Result<Option<Station>, StoreError> {
        if let Some(station) = self.get(store).await?.by_id(id) {
            return Ok(Some(station.clone()));
        }
        Ok(self.read(store).await?.by_id(id).cloned())
    }

    pub async fn get(&self, store: &Store) -> Result<Arc<Stations>, StoreError> {
        if let Some((at, stations)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && at.elapsed() < STATIONS_REMEMBERED
        {
            return Ok(Arc::clone(stations));
        }
        self.read(store).await
    }

    /// Something was changed: the list is read again.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn read(&self, store: &Store) -> Result<Arc<Stations>, StoreError> {
        let all = store.stations().await?;
        let ids = all.iter().map(|s| (s.slug.to_string(), s.id)).collect();
        let stations = Arc::new(Stations { by_id: all.into_iter().map(|s| (s.id, s)).collect(), ids });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&stations)));
        Ok(stations)
    }
}

/// What points of interest are known by. A list that can't be read now is the last one: delivery never waits for it.
#[derive(Debug, Default)]
pub struct WatchCache(Mutex<Option<(Instant, Arc<Watched>)>>);

impl WatchCache {
    pub async fn get(&self, store: &Store) -> Arc<Watched> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, list)) = &last
            && at.elapsed() < WATCHED_REMEMBERED
        {
            return Arc::clone(list);
        }
        let list = match store.watched().await {
            Ok(list) => Arc::new(list),
            Err(error) => {
                tracing::warn!(%error, "the points of interest could not be read: the last list is used");
                last.map(|(_, list)| list).unwrap_or_default()
            }
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&list)));
        list
    }
}

/// When which source was last noted as delivering.
#[derive(Debug, Default)]
pub struct Touched(Mutex<HashMap<i64, Instant>>);

impl Touched {
    /// Whether it is time to note it again.
    pub fn due(&self, source_id: i64) -> bool {
        let mut touched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.get(&source_id).is_some_and(|at| at.elapsed() < TOUCH_INTERVAL) {
            return false;
        }
        if TOUCHED_MAX <= touched.len() {
            touched.clear();
        }
        touched.insert(source_id, Instant::now());
        true
    }
}
