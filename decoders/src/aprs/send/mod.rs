//! What a station puts on the air: its beacon, acknowledgements of messages to it, and messages from the Internet for stations that
//! it hears. Decided without I/O; whoever has a TNC asks [`Sender::due`] for frames.
//!
//! ```text
//!   heard on the air ──► who is near ────────────┐
//!                   └──► message to us ──► ackNN ┼──► queue (bounded, aged, so many a minute) ──► frame for the TNC
//!   from APRS-IS ──► message for who is near ────┤    as }SOURCE>DEST,TCPIP,US*:information
//!   clock ──► beacon ────────────────────────────┘
//! ```
//! From the Internet to the air goes what aprs-is.net ("IGate details") allows, and no more:
//! - a message, acknowledgement or rejection, not a bulletin or anything else;
//! - to a station that was heard on the air, not through the Internet, within half an hour;
//! - from one that was not heard on the air in that time (then it needs no gate);
//! - without TCPXX, NOGATE or RFONLY in its path, and behind a q construct: a server vouches for it;
//! - as a third-party packet, so that no igate takes it back.

mod beacon;

pub use beacon::{Beacon, Object};

use super::ax25::{Address, Ax25Error, PATH_MAX, Ui};
use super::line::Line;
use super::packet::{Message, MessageKind};
use super::repeats::Repeats;
use model::{Frame, ShortText, UnixMicros};
use std::collections::VecDeque;

/// Our destination: experimental, as nobody has given us one.
const TOCALL: &[u8] = b"APZVTC";
/// Longest information field (AX.25 §3.12.5: N1).
const INFO_MAX: usize = 256;
/// Heard on the air within this time is near.
const NEAR_US: i64 = 30 * 60 * 1_000_000;
/// Stations remembered as near; whoever was heard longest ago is forgotten.
const NEAR_MAX: usize = 512;
/// Frames that wait; one more is refused.
pub const QUEUE_FRAMES: usize = 16;
/// A frame that could not be sent for so long is not sent.
const AGE_MAX_US: i64 = 60 * 1_000_000;
/// Frames at once, and a minute in the long run: the channel belongs to all.
const BURST: i64 = 4;
const PER_MINUTE: i64 = 12;
const MINUTE_US: i64 = 60_000_000;

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// Not a message to a single station.
    NotMessage,
    /// Its path forbids it, or no server vouches for it.
    Path,
    /// The addressee was not heard on the air lately.
    NotNear,
    /// The sender was heard on the air lately.
    SenderNear,
    Repeat,
    TooLong,
    QueueFull,
    /// It waited too long.
    Old,
}

impl NotSent {
    pub const ALL: [Self; 8] =
        [Self::NotMessage, Self::Path, Self::NotNear, Self::SenderNear, Self::Repeat, Self::TooLong, Self::QueueFull, Self::Old];

    /// The name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotMessage => "not_message",
            Self::Path => "path",
            Self::NotNear => "not_near",
            Self::SenderNear => "sender_near",
            Self::Repeat => "repeat",
            Self::TooLong => "too_long",
            Self::QueueFull => "queue_full",
            Self::Old => "old",
        }
    }
}

/// What a station sends as.
#[derive(Clone, Debug)]
pub struct SendConfig {
    /// The licensed call sign with its SSID.
    pub callsign: Address,
    /// Digipeaters asked for, as `WIDE1-1`.
    pub path: Vec<Address>,
    pub beacon: Option<Beacon>,
    /// What else it tells of, with each beacon.
    pub objects: Vec<Object>,
    /// Seconds between beacons.
    pub beacon_every_s: u32,
    /// Acknowledges messages to it.
    pub acknowledge: bool,
    /// Passes messages from the Internet.
    pub from_internet: bool,
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendCounters {
    pub beacons: u64,
    pub acknowledged: u64,
    pub gated: u64,
    refused: [u64; NotSent::ALL.len()],
}

impl SendCounters {
    pub fn refused(&self, why: NotSent) -> u64 {
        self.refused[why as usize]
    }
}

#[derive(Debug)]
pub struct Sender {
    config: SendConfig,
    name: ShortText<9>,
    near: Vec<(ShortText<9>, UnixMicros)>,
    repeats: Repeats,
    queue: VecDeque<(UnixMicros, Vec<u8>)>,
    next_beacon: UnixMicros,
    /// Frames that may go at once, in parts of a minute's microseconds, and when that was so.
    allowance: (i64, UnixMicros),
    counters: SendCounters,
}

impl Sender {
    /// The first beacon is due at `now`.
    pub fn new(config: SendConfig, now: UnixMicros) -> Result<Self, Ax25Error> {
        if PATH_MAX < config.path.len() {
            return Err(Ax25Error::Path);
        }
        let name = ShortText::truncated(&config.callsign.to_string());
        let allowance = (BURST * MINUTE_US, now);
        let (near, queue) = (Vec::with_capacity(NEAR_MAX), VecDeque::with_capacity(QUEUE_FRAMES));
        let counters = SendCounters::default();
        Ok(Self { config, name, near, repeats: Repeats::default(), queue, next_beacon: now, allowance, counters })
    }

    pub fn counters(&self) -> SendCounters {
        self.counters
    }

    /// Takes a frame that was heard on the air.
    pub fn heard(&mut self, frame: &Frame, now: UnixMicros) {
        let Ok(ui) = Ui::parse(frame.raw.as_slice()) else { return };
        let by_internet = ui.path().iter().any(|a| matches!(a.call(), "TCPIP" | "TCPXX"));
        if 0 < frame.signal.corrected_bits || by_internet || ui.info.starts_with(b"}") {
            return;
        }
        let source = ShortText::truncated(&ui.source.to_string());
        if source == self.name {
            return;
        }
        self.is_near(source, now);
        if self.config.acknowledge && ui.info.starts_with(b":") {
            self.answer(source, &ui.info[1..], now);
        }
    }

    fn is_near(&mut self, station: ShortText<9>, now: UnixMicros) {
        if let Some((_, at)) = self.near.iter_mut().find(|(name, _)| *name == station) {
            return *at = now;
        }
        if self.near.len() == NEAR_MAX {
            let oldest = (0..NEAR_MAX).min_by_key(|&i| self.near[i].1).unwrap_or(0);
            self.near.swap_remove(oldest);
        }
        self.near.push((station, now));
    }

    fn was_near(&self, station: ShortText<9>, now: UnixMicros) -> bool {
        self.near.iter().any(|(name, at)| *name == station && now.micros_since(*at) < NEAR_US)
    }

    /// A message to us with a number is acknowledged each time it is heard, but copies by digipeaters once.
    fn answer(&mut self, source: ShortText<9>, body: &[u8], now: UnixMicros) {
        let Ok(message) = Message::parse(body) else { return };
        let (MessageKind::Message, Some(id)) = (message.kind, message.id) else { return };
        if message.to != self.name {
            return;
        }
        if self.repeats.is_repeat(source.as_str().as_bytes(), b"ack", id.as_str().as_bytes(), now) {
            return self.refuse(NotSent::Repeat);
        }
        let info = format!(":{:<9}:ack{id}", source.as_str());
        if self.queue(info.as_bytes(), now) {
            self.counters.acknowledged += 1;
        }
    }

    /// Takes a line of APRS-IS. What went wrong is counted.
    pub fn from_internet(&mut self, line: &[u8], now: UnixMicros) {
        if !self.config.from_internet {
            return;
        }
        match self.gated(line, now) {
            Ok(info) => {
                if self.queue(&info, now) {
                    self.counters.gated += 1;
                }
            }
            Err(why) => self.refuse(why),
        }
    }

    fn gated(&mut self, line: &[u8], now: UnixMicros) -> Result<Vec<u8>, NotSent> {
        let line = Line::parse(line).map_err(|_| NotSent::Path)?;
        let body = line.info.strip_prefix(b":").ok_or(NotSent::NotMessage)?;
        let message = Message::parse(body).map_err(|_| NotSent::NotMessage)?;
        if !matches!(message.kind, MessageKind::Message | MessageKind::Acknowledgement | MessageKind::Rejection) {
            return Err(NotSent::NotMessage);
        }
        let call = |name: &[u8]| name.split(|b| matches!(b, b'-' | b'*')).next().unwrap_or_default().to_vec();
        let forbidden = line.path().any(|name| matches!(&call(name)[..], b"TCPXX" | b"NOGATE" | b"RFONLY"));
        if forbidden || line.q().is_none() || line.info.iter().any(|b| matches!(b, b'\r' | b'\n')) {
            return Err(NotSent::Path);
        }
        if !self.was_near(message.to, now) {
            return Err(NotSent::NotNear);
        }
        if line.source == self.name || self.was_near(line.source, now) {
            return Err(NotSent::SenderNear);
        }
        let mut info = format!("}}{}>", line.source.as_str()).into_bytes();
        info.extend(line.destination());
        info.extend(format!(",TCPIP,{}*:", self.name.as_str()).as_bytes());
        info.extend(line.info);
        if INFO_MAX < info.len() {
            return Err(NotSent::TooLong);
        }
        if self.repeats.is_repeat(line.source.as_str().as_bytes(), line.destination(), line.info, now) {
            return Err(NotSent::Repeat);
        }
        Ok(info)
    }

    /// The next frame for the TNC, without flags and FCS. `None`: nothing may go now.
    pub fn due(&mut self, now: UnixMicros) -> Option<Vec<u8>> {
        if 0 <= now.micros_since(self.next_beacon) {
            let objects = self.config.objects.iter().map(|object| object.info(now));
            let infos: Vec<Vec<u8>> = self.config.beacon.iter().map(Beacon::info).chain(objects).collect();
            self.next_beacon = now.plus_micros(i64::from(self.config.beacon_every_s) * 1_000_000);
            for info in infos {
                if self.queue(&info, now) {
                    self.counters.beacons += 1;
                }
            }
        }
        while self.queue.front().is_some_and(|(at, _)| AGE_MAX_US < now.micros_since(*at)) {
            self.queue.pop_front();
            self.refuse(NotSent::Old);
        }
        if self.queue.is_empty() || !self.may_go(now) {
            return None;
        }
        self.queue.pop_front().map(|(_, frame)| frame)
    }

    fn may_go(&mut self, now: UnixMicros) -> bool {
        let (left, at) = self.allowance;
        let earned = now.micros_since(at).clamp(0, BURST * MINUTE_US) * PER_MINUTE;
        let left = (left + earned).min(BURST * MINUTE_US);
        let goes = MINUTE_US <= left;
        self.allowance = (if goes { left - MINUTE_US } else { left }, now);
        goes
    }

    fn queue(&mut self, info: &[u8], now: UnixMicros) -> bool {
        if self.queue.len() == QUEUE_FRAMES {
            self.refuse(NotSent::QueueFull);
            return false;
        }
        let mut text = format!("{}>", self.name.as_str()).into_bytes();
        text.extend(TOCALL);
        for digipeater in &self.config.path {
            text.extend(format!(",{digipeater}").as_bytes());
        }
        text.push(b':');
        text.extend(info);
        let frame = Ui::from_tnc2(&text).expect("addresses that were checked, and the path's length").to_bytes();
        self.queue.push_back((now, frame));
        true
    }

    fn refuse(&mut self, why: NotSent) {
        self.counters.refused[why as usize] += 1;
    }
}

#[cfg(test)]
mod tests;
