//! Messages and bulletins from the air (APRS) are told in the chat: what is addressed to one of ours in the channel of the station that it
//! is for, else of the one that heard it; what is for everybody in a thread of the station that heard it.
//!
//! ```text
//!   intake ──COMMIT──► queue ──┐
//!   a start, a full queue ─────┴─► read back (a day) ─► ours? ─► said before? ─► too many? ─► message
//! ```
//!
//! Constraints: acknowledgements are no events and never get here; the same words are told once, however often they are sent, through whatever
//! digipeaters, by however many stations of a role they are heard, whoever restarts when; text from the air is never markup and never a command.

use super::air_text;
use crate::auth::{Limiter, Rate, digest_of};
use crate::central::Shared;
use crate::dto::{Payload, Utc};
use crate::store::{Actor, Author, AuthorKind, NewMessage, NewThread, Posted, Role, Station, StoreError};
use model::{Event, EventKind, Protocol, ShortText, StationId, Subject, Text, TextKind, UnixMicros};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// Messages that wait to be told; beyond it they are read back from the database.
const QUEUE_MAX: usize = 1_000;
/// Of each role, read back at once: the newest.
const READ_BACK_MAX: i64 = 1_000;
const WAIT: Duration = Duration::from_secs(2);
/// A sender repeats a message that nobody acknowledges for some minutes, with its number. Later, the same words are new.
const MESSAGE_AGAIN_US: i64 = 3_600_000_000;
/// Bulletins are repeated for hours or days.
const BULLETIN_AGAIN_US: i64 = 12 * MESSAGE_AGAIN_US;
/// Of one sender to us.
const FROM_ONE: Rate = Rate { burst: 20.0, per_second: 0.1 };
/// Of all senders to us.
const FROM_ALL: Rate = Rate { burst: 100.0, per_second: 1.0 };
/// To everybody.
const BULLETINS: Rate = Rate { burst: 30.0, per_second: 1.0 / 60.0 };

/// The settings.
#[derive(Clone, Debug)]
pub struct RadioConfig {
    /// Messages addressed to call signs of ours are told.
    pub messages: bool,
    /// Bulletins, announcements and those of weather services are told.
    pub bulletins: bool,
    /// Call signs that are ours beside those of the stations (operators'). Without SSID: whatever it is.
    pub callsigns: Vec<String>,
}

impl Default for RadioConfig {
    fn default() -> Self {
        Self { messages: true, bulletins: true, callsigns: Vec::new() }
    }
}

/// What stands between the intake and us.
#[derive(Debug)]
pub(crate) struct Words {
    queue: Mutex<VecDeque<Heard>>,
    /// Somebody takes from the queue.
    wanted: AtomicBool,
    overflowed: AtomicBool,
    wake: Notify,
    from_one: Limiter<ShortText<9>>,
    from_all: Limiter<()>,
    bulletins: Limiter<()>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            queue: Mutex::default(),
            wanted: AtomicBool::new(false),
            overflowed: AtomicBool::new(false),
            wake: Notify::new(),
            from_one: Limiter::new(FROM_ONE),
            from_all: Limiter::new(FROM_ALL),
            bulletins: Limiter::new(BULLETINS),
        }
    }
}

impl Words {
    /// Events of a station, after COMMIT. Never waits.
    pub fn offer(&self, role: Role, station: StationId, events: &[Event]) {
        if !self.wanted.load(Relaxed) {
            return;
        }
        let heard = events.iter().filter_map(|event| Heard::of(role, station, event));
        let mut news = false;
        for heard in heard {
            let mut queue = self.queue();
            if queue.len() < QUEUE_MAX {
                queue.push_back(heard)
            } else {
                self.overflowed.store(true, Relaxed)
            }
            news = true;
        }
        if news {
            self.wake.notify_one();
        }
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Heard>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message or bulletin, and who heard it.
#[derive(Clone, Debug)]
struct Heard {
    role: Role,
    station: StationId,
    at: UnixMicros,
    from: ShortText<9>,
    to: ShortText<9>,
    text: Text,
    payload: String,
}

impl Heard {
    fn of(role: Role, station: StationId, event: &Event) -> Option<Self> {
        let (EventKind::Text(text), Subject::Callsign(from), Protocol::Aprs) = (&event.kind, event.subject, event.protocol) else {
            return None;
        };
        let Some(Subject::Callsign(to)) = text.to else { return None };
        let wanted = matches!(text.kind, TextKind::Message | TextKind::Bulletin) && !text.body.trim().is_empty();
        let payload = || serde_json::to_string(&Payload::of(event)).unwrap_or_default();
        wanted.then(|| Self { role, station, at: event.at, from, to, text: text.clone(), payload: payload() })
    }

    /// For all who hear it: also what is sent to a group (ch. 14).
    fn is_bulletin(&self) -> bool {
        self.text.kind == TextKind::Bulletin || matches!(self.to.as_str(), "ALL" | "QST" | "CQ")
    }

    fn author(&self) -> Author {
        Author { kind: AuthorKind::Station, id: format!("aprs:{}", clean(&self.from)), name: format!("{} (APRS)", clean(&self.from)) }
    }

    /// The number under which it is stored, and those under which it may have been: of the time before and after.
    fn client_ids(&self) -> [String; 3] {
        let again_us = if self.is_bulletin() { BULLETIN_AGAIN_US } else { MESSAGE_AGAIN_US };
        let slot = self.at.0.div_euclid(again_us);
        let number = self.text.number.map_or_else(String::new, |n| clean(&n));
        let digest = digest_of(self.text.body.as_bytes());
        let words: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
        [0, -1, 1].map(|n| format!("aprs:{}:{}:{number}:{words}:{}", self.role.name(), clean(&self.to), slot + n))
    }

    fn words(&self) -> String {
        let [from, to] = [&self.from, &self.to].map(|name| air_text(name.as_str()));
        format!("**{from}** to **{to}**, heard {} by {}: {}", Utc::seconds(self.at), self.station, air_text(&self.text.body))
    }
}

/// Without U+0000, which Postgres does not hold.
fn clean<const N: usize>(name: &ShortText<N>) -> String {
    name.as_str().replace('\0', "\u{fffd}")
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Told,
    Again,
    /// For somebody else, or switched off.
    NotOurs,
    TooMany,
}

/// Tells all that come, for ever.
pub(crate) async fn tell(shared: Arc<Shared>) {
    let config = &shared.config.chat.radio;
    if !config.messages && !config.bulletins {
        return;
    }
    let words = shared.intake.words();
    words.wanted.store(true, Relaxed);
    loop {
        words.overflowed.store(false, Relaxed);
        if let Err(error) = read_back(&shared).await {
            tracing::warn!(%error, "messages from the air can't be read back; trying again");
            sleep(WAIT).await;
            continue;
        }
        while !words.overflowed.load(Relaxed) {
            let next = words.queue().pop_front();
            match next {
                Some(heard) => tell_one(&shared, &heard).await,
                None => words.wake.notified().await,
            }
        }
    }
}

/// What came while nobody told it. What was told is found to be so.
async fn read_back(shared: &Shared) -> Result<(), StoreError> {
    for role in Role::ALL {
        for (station_id, event) in shared.store.words_from_the_air(role, READ_BACK_MAX).await? {
            let Some(station) = shared.stations.with_id(&shared.store, station_id).await? else { continue };
            if let Some(heard) = Heard::of(role, station.slug, &event) {
                tell_one(shared, &heard).await;
            }
        }
    }
    Ok(())
}

/// Until the database answers.
async fn tell_one(shared: &Shared, heard: &Heard) {
    let metrics = &shared.metrics.radio;
    loop {
        match try_to_tell(shared, heard).await {
            Ok(Outcome::Told) => _ = metrics.told.fetch_add(1, Relaxed),
            Ok(Outcome::Again) => _ = metrics.again.fetch_add(1, Relaxed),
            Ok(Outcome::TooMany) => _ = metrics.too_many.fetch_add(1, Relaxed),
            Ok(Outcome::NotOurs) => {}
            Err(StoreError::Unavailable(_)) => {
                sleep(WAIT).await;
                continue;
            }
            Err(error) => tracing::error!(%error, "a message from the air could not be told in the chat"),
        }
        return;
    }
}

async fn try_to_tell(shared: &Shared, heard: &Heard) -> Result<Outcome, StoreError> {
    let config = &shared.config.chat.radio;
    if !(if heard.is_bulletin() { config.bulletins } else { config.messages }) {
        return Ok(Outcome::NotOurs);
    }
    let Some(hearer) = shared.stations.named(&shared.store, heard.station.as_str()).await? else { return Ok(Outcome::NotOurs) };
    let Some(home) = home(shared, heard, &hearer).await? else { return Ok(Outcome::NotOurs) };
    let Some(channel) = shared.store.channel_of_station(home).await? else { return Ok(Outcome::NotOurs) };
    let (author, client_ids) = (heard.author(), heard.client_ids());
    if shared.store.said_before(&author.id, &client_ids).await? {
        return Ok(Outcome::Again);
    }
    if !within_rate(shared.intake.words(), heard, shared.now()) {
        return Ok(Outcome::TooMany);
    }
    let store = shared.store.by(Actor::named(format!("station:{}", heard.station)));
    let thread_id = match heard.is_bulletin() {
        true => {
            let title = "APRS bulletins".to_owned();
            let thread = NewThread { channel_id: channel.id, kind: "talk", subject: Some("aprs:bulletins".into()), title };
            Some(store.begin_thread(&thread).await?.0.id)
        }
        false => None,
    };
    let [client_id, ..] = client_ids;
    let new = NewMessage {
        channel_id: channel.id,
        thread_id,
        reply_to: None,
        author,
        client_id: Some(client_id),
        text: heard.words(),
        attachment: Some(heard.payload.clone()),
    };
    let posted = store.post_message(&new, None, None, shared.now()).await?;
    shared.chat.feed.wake();
    Ok(if matches!(posted, Posted::New { .. }) { Outcome::Told } else { Outcome::Again })
}

/// The station in whose channel it is told. `None`: it is for nobody of ours.
async fn home(shared: &Shared, heard: &Heard, hearer: &Station) -> Result<Option<i64>, StoreError> {
    if heard.is_bulletin() {
        return Ok(Some(hearer.id));
    }
    let callsigns = shared.store.callsigns().await?;
    let fit = |wanted: &str| fit(wanted, heard.to.as_str());
    // What a role's stations hear is for that role.
    let own = callsigns.iter().filter(|(_, (role, _))| *role == heard.role);
    let own = own.filter_map(|(id, (_, callsign))| Some((fit(callsign)?, *id == hearer.id, *id))).max();
    let another = || shared.config.chat.radio.callsigns.iter().any(|callsign| fit(&callsign.trim().to_uppercase()).is_some());
    let elsewhere = || callsigns.values().any(|(_, callsign)| fit(callsign).is_some());
    Ok(own.map(|(_, _, id)| id).or_else(|| (another() || elsewhere()).then_some(hearer.id)))
}

/// How well an addressee fits a call sign of ours: exactly (2), or with another SSID of the same holder (1).
fn fit(ours: &str, addressee: &str) -> Option<u8> {
    let addressee = addressee.to_uppercase();
    if ours == addressee {
        return Some(2);
    }
    // What is no SSID belongs to the name: `KP4-A`.
    let base = |call: &str| match call.rsplit_once('-') {
        Some((base, ssid)) if ssid.parse::<u8>().is_ok_and(|n| n <= 15) => base.to_owned(),
        _ => call.to_owned(),
    };
    (!ours.is_empty() && base(ours) == base(&addressee)).then_some(1)
}

fn within_rate(words: &Words, heard: &Heard, now: UnixMicros) -> bool {
    if heard.is_bulletin() {
        return words.bulletins.take((), now).is_ok();
    }
    words.from_one.take(heard.from, now).is_ok() && words.from_all.take((), now).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_signs_fit_with_any_ssid() {
        for (ours, addressee, expected) in [
            ("PA1ABC-10", "PA1ABC-10", Some(2)),
            ("PA1ABC-10", "pa1abc", Some(1)),
            ("PA1ABC", "PA1ABC-7", Some(1)),
            ("PA1ABC", "PA1ABD", None),
            ("KP4-A", "KP4-A", Some(2)),
            ("KP4-A", "KP4-B", None),
        ] {
            assert_eq!(fit(ours, addressee), expected, "{ours} {addressee}");
        }
    }
}
