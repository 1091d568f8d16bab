//! What the role playbooks read and write (`agentkit::playbooks`), one file for each field of work.
//!
//! Constraints: every statement is bounded by a window of time and a LIMIT; what is in a payload is taken out as text and
//! understood in Rust, because a cast of what a stranger sent can fail a whole statement; what is written names its run.

mod air;
mod heard;
mod orders;
mod radio;
mod stock;

pub(crate) use air::{Fix, MergeFilter, NewMerge, StoredMerge};
pub(crate) use heard::Heard;
pub(crate) use orders::OpenRequest;
pub(crate) use radio::{Accuracy, NoiseSample, Rate};
pub(crate) use stock::{Held, NewRequisition, Stock};

use crate::dto::Utc;
use model::UnixMicros;
use time::OffsetDateTime;

/// Who an event `e` is about: its subject, else what its payload names, in the spelling of subjects where it is an address that we
/// know.
pub(super) const IDENT: &str = "coalesce(e.subject, \
    'icao:' || lower(substring(coalesce(e.payload ->> 'hex', e.payload ->> 'icao', e.payload ->> 'icao24') FROM '^ *([0-9A-Fa-f]{6}) *$')), \
    'nonicao:' || lower(substring(e.payload ->> 'hex' FROM '^ *~([0-9A-Fa-f]{6}) *$')), \
    'mmsi:' || lpad(substring(e.payload ->> 'mmsi' FROM '^ *([0-9]{1,9}) *$'), 9, '0'), \
    'imei:' || substring(e.payload ->> 'imei' FROM '^ *([0-9]{14,16}) *$'), \
    'device:' || left(nullif(btrim(e.payload ->> 'device_id'), ''), 100), \
    'id:' || left(nullif(btrim(coalesce(e.payload ->> 'track_id', e.payload ->> 'callsign', \
        e.payload ->> 'flight', e.payload ->> 'id')), ''), 100))";

fn instant(at: UnixMicros) -> OffsetDateTime {
    OffsetDateTime::from(Utc(at))
}
