//! The station's end: what to send next, what is in flight, what the central's answers mean.

use crate::intake::{MAX_EPOCHS, Watermark};
use crate::wire::{BootInfo, EpochSpan, Hello, HelloReply};
use model::{Epoch, StationId};
use std::collections::VecDeque;
use thiserror::Error;

/// How much may be on its way without an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub segments: usize,
    pub bytes: usize,
}

impl Default for Window {
    /// 64 segments kept a loopback link full; 4 MiB bound what a slow central makes the station hold in memory.
    fn default() -> Self {
        Self { segments: 64, bytes: 4 << 20 }
    }
}

/// What the greeting found out about one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The central has nothing of it.
    New { epoch: Epoch },
    /// Goes on after what is stored.
    Resume { epoch: Epoch, stored: u64 },
    /// The central has more than the spool knows: the spool was set back. What the spool holds of it is stored already,
    /// unless it is the epoch that is being written: then numbers may have been used twice, and a new epoch must begin.
    SpoolBehind { epoch: Epoch, stored: u64, last_seq: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SenderError {
    #[error("the central answered for epoch {0}, which was not in the greeting")]
    UnknownEpoch(Epoch),
    #[error("the central acknowledged {epoch} up to {seq}, but only {sent} was sent")]
    AckBeyondSent { epoch: Epoch, seq: u64, sent: u64 },
}

/// Read this from the spool next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    pub epoch: Epoch,
    pub from_seq: u64,
    pub max_segments: usize,
    pub max_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cursor {
    epoch: Epoch,
    next_seq: u64,
    /// The last number that the spool had at the greeting, or was sent since.
    last_seq: u64,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    epoch: Epoch,
    last_seq: u64,
    bytes: usize,
}

#[derive(Debug)]
pub struct Sender {
    window: Window,
    /// Oldest epoch first.
    cursors: Vec<Cursor>,
    /// The cursor that is being drained.
    at: usize,
    in_flight: VecDeque<InFlight>,
    bytes_in_flight: usize,
}

impl Sender {
    /// A session over `spans` (oldest first, the one that is being written last), and its greeting.
    pub fn new(station: StationId, mut spans: Vec<EpochSpan>, boot: BootInfo, window: Window) -> (Self, Hello) {
        spans.truncate(MAX_EPOCHS);
        let cursor = |s: &EpochSpan| Cursor { epoch: s.epoch, next_seq: s.first_seq, last_seq: s.last_seq };
        let cursors = spans.iter().map(cursor).collect();
        let sender = Self { window, cursors, at: 0, in_flight: VecDeque::new(), bytes_in_flight: 0 };
        (sender, Hello { station, spans, boot })
    }

    /// Where to begin in each epoch. The watermarks of the reply are acknowledgements too.
    pub fn on_reply(&mut self, reply: &HelloReply) -> Result<Vec<Found>, SenderError> {
        if let Some(w) = reply.watermarks.iter().find(|w| self.cursors.iter().all(|c| c.epoch != w.epoch)) {
            return Err(SenderError::UnknownEpoch(w.epoch));
        }
        let mut found = Vec::with_capacity(self.cursors.len());
        for cursor in &mut self.cursors {
            let epoch = cursor.epoch;
            let stored = reply.watermarks.iter().find(|w| w.epoch == epoch).map(|w| w.seq);
            // Also backwards: a central restored from an older backup gets again what the spool still has.
            cursor.next_seq = stored.unwrap_or(0) + 1;
            found.push(match stored {
                None => Found::New { epoch },
                Some(stored) if cursor.last_seq < stored => Found::SpoolBehind { epoch, stored, last_seq: cursor.last_seq },
                Some(stored) => Found::Resume { epoch, stored },
            });
        }
        Ok(found)
    }

    /// What to read next, or `None` while the window is full.
    pub fn wants(&self) -> Option<Want> {
        let cursor = self.cursors.get(self.at)?;
        let max_segments = self.window.segments.saturating_sub(self.in_flight.len());
        let max_bytes = self.window.bytes.saturating_sub(self.bytes_in_flight);
        let room = 0 < max_segments && 0 < max_bytes;
        room.then_some(Want { epoch: cursor.epoch, from_seq: cursor.next_seq, max_segments, max_bytes })
    }

    /// The spool has no more of what was wanted: go on to the next epoch, if there is one. `false`: this was the last,
    /// wait for new events.
    pub fn drained(&mut self) -> bool {
        let more = self.at + 1 < self.cursors.len();
        self.at += usize::from(more);
        more
    }

    /// A segment or a loss up to `last_seq` of the wanted epoch is on its way.
    pub fn sent(&mut self, last_seq: u64, bytes: usize) {
        let cursor = &mut self.cursors[self.at];
        assert!(cursor.next_seq <= last_seq, "the caller sends what was wanted");
        cursor.next_seq = last_seq + 1;
        cursor.last_seq = cursor.last_seq.max(last_seq);
        self.in_flight.push_back(InFlight { epoch: cursor.epoch, last_seq, bytes });
        self.bytes_in_flight += bytes;
    }

    pub fn on_ack(&mut self, ack: Watermark) -> Result<(), SenderError> {
        let Watermark { epoch, seq } = ack;
        let cursor = self.cursors.iter().find(|c| c.epoch == epoch).ok_or(SenderError::UnknownEpoch(epoch))?;
        if cursor.next_seq <= seq {
            return Err(SenderError::AckBeyondSent { epoch, seq, sent: cursor.next_seq - 1 });
        }
        // What was sent before an acknowledged segment of a later epoch is acknowledged too: the central stores in order.
        let acknowledged = |f: &InFlight| f.epoch == epoch && f.last_seq <= seq;
        let Some(last) = self.in_flight.iter().rposition(acknowledged) else { return Ok(()) };
        self.bytes_in_flight -= self.in_flight.drain(..=last).map(|f| f.bytes).sum::<usize>();
        Ok(())
    }

    /// The epoch that is being sent.
    pub fn current_epoch(&self) -> Option<Epoch> {
        self.cursors.get(self.at).map(|c| c.epoch)
    }

    pub fn segments_in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Everything of this session was sent and acknowledged; more epochs than a greeting holds need another session.
    pub fn is_idle(&self) -> bool {
        self.in_flight.is_empty() && self.at + 1 >= self.cursors.len()
    }
}
