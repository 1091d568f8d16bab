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
use crate::dto::{ChatFrame, MessageRead};
use crate::store::{Message, MessageFilter, Role, Store, StoreError};
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, close_code};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};

/// Clients at a time.
pub const CLIENTS_MAX: usize = 256;
/// Messages kept in memory.
const RING: usize = if cfg!(test) { 8 } else { 512 };
/// Messages of one read.
const PAGE: i64 = 200;
/// How often the database is asked although nobody woke us, while somebody watches.
const LOOK: Duration = Duration::from_secs(2);
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
const PING_INTERVAL: Duration = Duration::from_secs(20);

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
    pub fn join(&self, roles: RoleSet, after: i64) -> Option<Watcher> {
        let place = Place(Arc::clone(&self.clients));
        if CLIENTS_MAX <= place.0.fetch_add(1, SeqCst) {
            return None;
        }
        let newest = self.newest.subscribe();
        // Somebody who was alone may have found the reader asleep.
        self.wake();
        Some(Watcher { roles, cursor: after, newest, _place: place })
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

/// A client's place among [`CLIENTS_MAX`].
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub(crate) struct Watcher {
    roles: RoleSet,
    cursor: i64,
    newest: watch::Receiver<Option<i64>>,
    _place: Place,
}

impl Watcher {
    /// Serves until either end closes.
    pub async fn serve(mut self, mut socket: WebSocket, feed: &Feed, store: &Store) {
        let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        let mut heard = Instant::now();
        let mut cursor = self.cursor;
        let hello = serde_json::to_string(&ChatFrame::Hello { cursor }).expect("plain JSON");
        if !send(&mut socket, Frame::Text(hello.into())).await {
            return;
        }
        loop {
            match self.catch_up(&mut socket, feed, store, &mut cursor).await {
                Ok(true) => {}
                Ok(false) => return,
                // The database doesn't answer: the next look tries again.
                Err(error) => tracing::debug!(%error, "a client of the chat's feed waits"),
            }
            let frame = tokio::select! {
                changed = self.newest.changed() => match changed {
                    Ok(()) if self.newest.borrow().is_some() => continue,
                    _ => break,
                },
                incoming = socket.recv() => match incoming {
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {
                        heard = Instant::now();
                        continue;
                    }
                },
                _ = pings.tick() => {
                    if 3 * PING_INTERVAL < heard.elapsed() {
                        return;
                    }
                    Frame::Ping(axum::body::Bytes::new())
                }
            };
            if !send(&mut socket, frame).await {
                return;
            }
        }
        let goodbye = CloseFrame { code: close_code::AWAY, reason: "the server stops".into() };
        let _ = send(&mut socket, Frame::Close(Some(goodbye))).await;
    }

    /// `false`: the client is gone.
    async fn catch_up(&mut self, socket: &mut WebSocket, feed: &Feed, store: &Store, cursor: &mut i64) -> Result<bool, StoreError> {
        loop {
            let newest = self.newest.borrow_and_update().unwrap_or(0);
            if newest <= *cursor {
                return Ok(true);
            }
            let items = match feed.after(*cursor) {
                Some(items) => items,
                None => page_after(store, self.roles, *cursor).await?,
            };
            let Some(last) = items.last().map(|item| item.id) else {
                // Everything newer is in channels of others.
                *cursor = newest;
                return Ok(true);
            };
            for item in items {
                if item.role.is_none_or(|role| self.roles.contains(role)) && !send(socket, Frame::Text(item.text.as_ref().into())).await {
                    return Ok(false);
                }
            }
            *cursor = last;
        }
    }
}

/// `false`: it did not take it in time.
async fn send(socket: &mut WebSocket, frame: Frame) -> bool {
    matches!(timeout(SEND_TIMEOUT, socket.send(frame)).await, Ok(Ok(())))
}
