//! Joins the parts of a message. Parts may come in any order and mixed with those of others; at most [`PENDING_MAX`] messages wait,
//! none longer than [`PENDING_MICROS_MAX`].

use super::{NmeaError, Received, Sentence, unarmor};
use crate::ais::channels::Channel;
use crate::ais::message::Bits;
use model::UnixMicros;

/// Unfinished messages held; the oldest gives way.
pub const PENDING_MAX: usize = 32;
/// Parts of one message follow each other within a second on a serial line; feeds may hold them up.
pub const PENDING_MICROS_MAX: i64 = 10_000_000;

const PARTS_MAX: usize = 9;

/// What became of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived, on the stack")]
pub enum Assembly {
    Complete(Received),
    /// More parts are to come.
    Waiting,
}

/// Sentences to messages.
#[derive(Debug, Default)]
pub struct Assembler {
    pending: Vec<Pending>,
    lost: u64,
}

/// What tells the parts of one message from those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    talker: [u8; 2],
    own: bool,
    parts: u8,
    id: Option<u8>,
    channel: Option<Channel>,
    group: Option<u32>,
    /// FNV-1a of the tag block's source, so that two stations' ids don't mix.
    source: u64,
}

#[derive(Debug)]
struct Pending {
    key: Key,
    since: UnixMicros,
    sent: Option<UnixMicros>,
    parts: [Option<Bits>; PARTS_MAX],
}

impl Assembler {
    pub fn new() -> Self {
        Self { pending: Vec::with_capacity(PENDING_MAX), lost: 0 }
    }

    /// Messages that wait for a part.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Messages given up because a part never came.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Takes a sentence that arrived at `now`.
    pub fn push(&mut self, sentence: &Sentence<'_>, now: UnixMicros) -> Result<Assembly, NmeaError> {
        let mut bits = Bits::new();
        unarmor(sentence.payload, sentence.fill_bits, &mut bits)?;
        if sentence.parts == 1 {
            let Sentence { channel, own, .. } = *sentence;
            return Ok(Assembly::Complete(Received { bits, channel, own, sent: sentence.tag.time }));
        }
        self.forget_old(now);
        let slot = self.slot(Key::of(sentence), now);
        let pending = &mut self.pending[slot];
        let part = &mut pending.parts[usize::from(sentence.part) - 1];
        if part.as_ref().is_some_and(|held| *held != bits) {
            // The same number again with other content: a new message has begun under the same id.
            pending.parts = Default::default();
            pending.since = now;
            pending.sent = None;
            self.lost += 1;
        }
        let pending = &mut self.pending[slot];
        pending.parts[usize::from(sentence.part) - 1] = Some(bits);
        pending.sent = pending.sent.or(sentence.tag.time);
        if pending.parts[..usize::from(sentence.parts)].iter().any(Option::is_none) {
            return Ok(Assembly::Waiting);
        }
        let whole = self.pending.swap_remove(slot);
        whole.join(sentence).map(Assembly::Complete)
    }

    fn forget_old(&mut self, now: UnixMicros) {
        let before = self.pending.len();
        // A clock that was set back makes ages negative: such parts are as good as new.
        self.pending.retain(|p| now.micros_since(p.since) <= PENDING_MICROS_MAX);
        self.lost += (before - self.pending.len()) as u64;
    }

    fn slot(&mut self, key: Key, now: UnixMicros) -> usize {
        if let Some(slot) = self.pending.iter().position(|p| p.key == key) {
            return slot;
        }
        if self.pending.len() == PENDING_MAX {
            let oldest = (0..PENDING_MAX).min_by_key(|&i| self.pending[i].since).expect("the table is full, so not empty");
            self.pending.swap_remove(oldest);
            self.lost += 1;
        }
        self.pending.push(Pending { key, since: now, sent: None, parts: Default::default() });
        self.pending.len() - 1
    }
}

impl Key {
    fn of(s: &Sentence<'_>) -> Self {
        let source =
            s.tag.source.unwrap_or("").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        // Only the first line of a group has a tag block with a source as a rule; then id and channel must do.
        let grouped = s.tag.group.map(|g| g.id);
        let source = if grouped.is_some() { 0 } else { source };
        Self { talker: s.talker, own: s.own, parts: s.parts, id: s.id, channel: s.channel, group: grouped, source }
    }
}

impl Pending {
    fn join(&self, last: &Sentence<'_>) -> Result<Received, NmeaError> {
        let mut bits = Bits::new();
        for part in self.parts.iter().flatten() {
            let tail = part.tail(0);
            if Bits::MAX < bits.len() + tail.len() {
                return Err(NmeaError::Overlong);
            }
            tail.append_to(&mut bits);
        }
        Ok(Received { bits, channel: last.channel, own: last.own, sent: self.sent })
    }
}
