//! What the engine says: an alert to raise, one that is open again, one that is over; and what it is told of stored ones.

use super::rule::Severity;
use crate::dto::AlertDetails;
use crate::store::Role;
use model::{LatLon, StationId, UnixMicros};
use std::sync::Arc;

/// Which alert. Unique in the database: raised again after a restart it is the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertKey {
    /// alert_rules.id
    pub rule: i64,
    pub role: Role,
    pub subject: Arc<str>,
    /// The emergency or squawk; else empty.
    pub cause: String,
    pub opened_at: UnixMicros,
}

/// An alert to store.
#[derive(Clone, Debug, PartialEq)]
pub struct Raised {
    pub key: AlertKey,
    pub kind: &'static str,
    /// Stored before what waits.
    pub distress: bool,
    pub severity: Severity,
    pub station: Option<StationId>,
    pub progress: Progress,
    pub details: AlertDetails,
}

/// What goes on while an alert is open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub last_at: UnixMicros,
    pub count: u64,
    pub place: Option<LatLon>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Raise(Box<Raised>),
    /// It was over, and is not, within the rule's suppression: the same alert.
    Reopen(AlertKey),
    Resolve(AlertKey, UnixMicros),
    /// A distress: this station heard it, too.
    Heard(AlertKey, StationId),
}

impl AlertKey {
    /// Of the same rule, role and subject.
    pub fn is_about_same(&self, other: &Self) -> bool {
        (self.rule, self.role, &self.subject) == (other.rule, other.role, &other.subject)
    }
}

impl Change {
    pub fn key(&self) -> &AlertKey {
        match self {
            Self::Raise(raised) => &raised.key,
            Self::Reopen(key) | Self::Resolve(key, _) | Self::Heard(key, _) => key,
        }
    }
}

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// By itself, then.
    Over(UnixMicros),
    /// By somebody, then.
    Closed(UnixMicros),
}

/// A stored alert, for an engine that begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Restored {
    pub key: AlertKey,
    pub progress: Progress,
    pub state: State,
    pub station: Option<StationId>,
}
