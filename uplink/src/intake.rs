//! What the QUIC server asks of whoever keeps the events (`api::intake`, on Postgres). The server knows no database;
//! the keeper knows no network.

use model::{Epoch, Event, StationId};
use std::future::Future;
use thiserror::Error;

/// Everything of `epoch` up to and including `seq` is stored for good.
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

/// Keeps events for good. One session per station at a time calls `store` (the server fences older sessions).
pub trait Intake: Send + Sync + 'static {
    /// May this key deliver as this station, and what is stored already of the spool's own `epoch`? `None`: nothing yet.
    /// Asked at every greeting and again at intervals, so that a revocation ends a live session.
    ///
    /// The keeper remembers every epoch of a station, not only the latest: with two cards swapped back and forth, the
    /// watermark of the *other* card would hide that this one was restored to behind what is stored.
    fn greet(
        &self,
        station: StationId,
        key: KeyFingerprint,
        epoch: Epoch,
    ) -> impl Future<Output = Result<Option<Watermark>, IntakeError>> + Send;

    /// Stores the batch and the new watermark in one transaction. Events at or below the stored watermark of the same
    /// epoch are skipped (a repeat is not an error); a new epoch starts at `first_seq` 1. Returns after COMMIT.
    fn store(&self, station: StationId, batch: Batch) -> impl Future<Output = Result<Watermark, IntakeError>> + Send;
}
