//! The feed of new messages: one reader of the database for all who watch.
//!
//! ```text
//!   COMMIT ─► woken ─► reader: messages after the newest ─► ring of the last RING ─► each client, from its own cursor on
//!                                                            └ a client that is behind the ring reads the database itself
//! ```
//!
//! Constraints: ids are in the order of COMMITs (`store::messages`), so "after N" is complete; a client costs a cursor, not
//! a queue; messages that another process posted are found within [`LOOK`].

use crate::auth::RoleSet;
use crate::central::Shared;
use crate::dto::{ChatFrame, MessageRead};
use crate::live::Source;
use crate::store::{Message, MessageFilter, Role, Store, StoreError};
use axum::extract::ws::Utf8Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Clients at a time.
pub const CLIENTS_MAX: usize = 256;
/// Messages kept in memory.
const RING: usize = if cfg!(test) { 8 } else { 512 };
/// Messages of one read.
const PAGE: i64 = 200;
/// How often the database is asked although nobody woke us, while somebody watches.
const LOOK: Duration = Duration::from_secs(2);

/// One message, as it is sent.
#[derive(Clone, Debug)]
struct Item {
    id: i64,
    role: Option<Role>,
    text: Arc<str>,
}

impl Item {
    fn of(message: Message) -> Self {
        let (id, role) = (message.id, message.role);
        let frame = ChatFrame::Message { message: Box::new(MessageRead::from(message)) };
        Self { id, role, text: serde_json::to_string(&frame).expect("a message is plain JSON").into() }
    }
}

/// The last messages: all whose id is greater than `floor`.
#[derive(Debug, Default)]
struct Ring {
    floor: i64,
    items: VecDeque<Item>,
}

#[derive(Debug)]
pub(crate) struct Feed {
    ring: Mutex<Ring>,
    /// `None`: the central stops.
    newest: watch::Sender<Option<i64>>,
    wake: Notify,
    clients: Arc<AtomicUsize>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { ring: Mutex::default(), newest: watch::Sender::new(Some(0)), wake: Notify::new(), clients: Arc::default() }
    }
}

impl Feed {
    /// There is a new message, committed.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Reads what is new, for ever.
    pub async fn read(&self, store: &Store) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known = loop {
            match store.last_message().await {
                Ok(last) => break last,
                Err(_) => looks.tick().await,
            };
        };
        self.ring().floor = known;
        self.newest.send_replace(Some(known));
        loop {
            tokio::select! {
                () = self.wake.notified() => {}
                _ = looks.tick() => if self.clients.load(SeqCst) == 0 { continue },
            }
            // What fails is tried again at the next look.
            if let Err(error) = self.read_on(store, &mut known).await {
                tracing::warn!(%error, "the chat's feed can't read the database; trying again");
            }
        }
    }

    async fn read_on(&self, store: &Store, known: &mut i64) -> Result<(), StoreError> {
        loop {
            let page = page_after(store, RoleSet::ALL, *known).await?;
            let Some(last) = page.last().map(|item| item.id) else { return Ok(()) };
            let mut ring = self.ring();
            ring.items.extend(page);
            while RING < ring.items.len() {
                ring.floor = ring.items.pop_front().map_or(ring.floor, |item| item.id);
            }
            drop(ring);
            *known = last;
            self.newest.send_replace(Some(last));
        }
    }

    /// Changes with every new message.
    pub fn changes(&self) -> watch::Receiver<Option<i64>> {
        self.newest.subscribe()
    }

    /// Ends all connections.
    pub fn close(&self) {
        self.newest.send_replace(None);
    }

    /// `None`: too many watch already.
    pub fn join(shared: &Arc<Shared>, roles: RoleSet, after: i64) -> Option<Watcher> {
        let feed = &shared.chat.feed;
        let place = Place::take(&feed.clients, CLIENTS_MAX)?;
        let newest = feed.newest.subscribe();
        // Somebody who was alone may have found the reader asleep.
        feed.wake();
        let shared = Arc::clone(shared);
        Some(Watcher { shared, roles, cursor: after, greeted: false, newest, waiting: VecDeque::new(), _place: place })
    }

    fn ring(&self) -> std::sync::MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From memory. `None`: they reach back farther than that.
    fn after(&self, cursor: i64) -> Option<Vec<Item>> {
        let ring = self.ring();
        (ring.floor <= cursor).then(|| ring.items.iter().filter(|item| cursor < item.id).take(PAGE as usize).cloned().collect())
    }
}

async fn page_after(store: &Store, roles: RoleSet, cursor: i64) -> Result<Vec<Item>, StoreError> {
    let filter = MessageFilter { after: Some(cursor), limit: PAGE, ..MessageFilter::default() };
    Ok(store.messages(roles, &filter).await?.into_iter().map(Item::of).collect())
}

/// A client's place among so many.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    pub fn take(taken: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let place = Self(Arc::clone(taken));
        (place.0.fetch_add(1, SeqCst) < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub(crate) struct Watcher {
    shared: Arc<Shared>,
    roles: RoleSet,
    cursor: i64,
    greeted: bool,
    newest: watch::Receiver<Option<i64>>,
    /// Read, and not sent yet.
    waiting: VecDeque<Item>,
    _place: Place,
}

impl Source for Watcher {
    async fn next(&mut self) -> Option<Utf8Bytes> {
        if !std::mem::replace(&mut self.greeted, true) {
            let hello = ChatFrame::Hello { cursor: self.cursor };
            return Some(serde_json::to_string(&hello).expect("plain JSON").into());
        }
        loop {
            if let Some(item) = self.waiting.pop_front() {
                return Some(item.text.as_ref().into());
            }
            match self.catch_up().await {
                Ok(true) => {}
                // An error: the reader is gone, as after a stop.
                Ok(false) => self.newest.changed().await.ok()?,
                Err(error) => {
                    tracing::debug!(%error, "a client of the chat's feed waits for the database");
                    sleep(LOOK).await;
                }
            }
            (*self.newest.borrow())?;
        }
    }
}

impl Watcher {
    /// `false`: there is nothing new.
    async fn catch_up(&mut self) -> Result<bool, StoreError> {
        let newest = self.newest.borrow_and_update().unwrap_or(0);
        if newest <= self.cursor {
            return Ok(false);
        }
        let items = match self.shared.chat.feed.after(self.cursor) {
            Some(items) => items,
            None => page_after(&self.shared.store, self.roles, self.cursor).await?,
        };
        // Nothing: everything newer is in channels of others.
        self.cursor = items.last().map_or(newest, |item| item.id);
        let roles = self.roles;
        self.waiting.extend(items.into_iter().filter(|item| item.role.is_none_or(|role| roles.contains(role))));
        Ok(true)
    }
}
