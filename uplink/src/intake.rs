//! What the QUIC server asks of whoever keeps the events (`api::intake`, on Postgres). The server knows no database;
//! the keeper knows no network.

use model::{Epoch, Event, StationId};
use std::future::Future;
use thiserror::Error;

/// A greeting names at most this many epochs. A station that restarted more often without a link delivers the oldest
/// of them, then greets again.
pub const MAX_EPOCHS: usize = 64;

/// Everything of `epoch` up to and including `seq` is stored for good, or declared lost ([`Intake::lost`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark {
    pub epoch: Epoch,
    pub seq: u64,
}

/// Consecutive events of one station: the first has sequence number `first_seq`, the next `first_seq + 1`…
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub epoch: Epoch,
    pub first_seq: u64,
    pub events: Vec<Event>,
}

/// Names one event of a station: an urgent one, which was told ahead of what waits before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UrgentKey {
    pub epoch: Epoch,
    pub seq: u64,
}

/// What an urgent event was to the keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// News: kept for good, and shown.
    First,
    /// Told before, and not yet stored in order.
    Again,
    /// The ordered delivery was faster, or declared it lost: nothing is left to do.
    Stored,
}

/// Events that a station accepted and can no longer deliver: a damaged segment, or a central that was set back to before
/// what the station had already deleted. Declared, so that a hole is never mistaken for silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    pub epoch: Epoch,
    pub first_seq: u64,
    pub last_seq: u64,
    pub why: LostReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LostReason {
    /// The checksum of a stored segment did not match; the bytes are kept in the station's quarantine.
    Damaged,
    /// The spool does not hold them any more: delivered once and deleted, or a row that the disk lost.
    Missing,
}

impl LostReason {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Missing => "missing",
        }
    }
}

/// The key (SHA-256 of the certificate's SubjectPublicKeyInfo) that a station proved to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyFingerprint(pub [u8; 32]);

#[derive(Debug, Error)]
pub enum IntakeError {
    /// The station is not known, or its key was revoked: closing is final until someone enrols it.
    #[error("station {station} may not deliver: {why}")]
    Refused { station: StationId, why: String },
    /// `first_seq` is beyond what is stored: events in between are missing. The station sends again from the watermark.
    #[error("gap: stored up to {stored}, offered from {offered}")]
    Gap { stored: u64, offered: u64 },
    /// The database can't take it now; the station keeps it and tries again.
    #[error("storage is not available: {0}")]
    Unavailable(String),
}

/// Keeps events for good. As a rule one session per station at a time calls `store` and `lost` (the server fences older sessions);
/// beside a call that hangs a newer session may call them too, so rows and watermark must be one transaction that notices.
///
/// A station begins a new epoch each time it opens its spool, and may still deliver what older epochs left behind. So a
/// watermark belongs to (station, epoch), and the keeper never forgets one: a spool restored from an old image then
/// offers events that are stored already, and they must be skipped, not stored twice.
pub trait Intake: Send + Sync + 'static {
    /// May this key deliver as this station, and what is stored already of `epoch`? `None`: nothing yet.
    /// Asked at every greeting for each of its epochs, and again at intervals, so that a revocation ends a live session.
    fn greet(
        &self,
        station: StationId,
        key: KeyFingerprint,
        epoch: Epoch,
    ) -> impl Future<Output = Result<Option<Watermark>, IntakeError>> + Send;

    /// Stores the batch and the new watermark in one transaction, and returns after COMMIT. Events at or below the
    /// stored watermark of the same epoch are skipped (a repeat is not an error); a new epoch starts at `first_seq` 1.
    fn store(&self, station: StationId, batch: Batch) -> impl Future<Output = Result<Watermark, IntakeError>> + Send;

    /// An event that overtakes those before it. Returns after COMMIT of a note that outlives a restart of the keeper, and shows
    /// it to people at once. It is stored with the others of its epoch, by [`Intake::store`], which then does not announce it
    /// again; until then the note stands for it. A repeat is not an error.
    fn urgent(&self, station: StationId, key: UrgentKey, event: Event) -> impl Future<Output = Result<Told, IntakeError>> + Send;

    /// Records the loss and moves the watermark to `lost.last_seq`, in one transaction. The part at or below the stored
    /// watermark is skipped; a start beyond watermark + 1 is a [`IntakeError::Gap`], as with `store`.
    ///
    /// A keeper that does not record losses must say so, and delivery of that station waits at the hole.
    fn lost(&self, station: StationId, lost: Lost) -> impl Future<Output = Result<Watermark, IntakeError>> + Send {
        let Lost { epoch, first_seq, last_seq, .. } = lost;
        let words = format!("this keeper can't record that {station} lost events {first_seq} to {last_seq} of epoch {epoch}");
        std::future::ready(Err(IntakeError::Unavailable(words)))
    }
}
