//! For tests, here and in other crates: a PostgreSQL to throw away, a clock set by hand, and events to pass around.

#[cfg(feature = "central")]
mod postgres;

#[cfg(feature = "central")]
pub use postgres::{Cluster, shared};

use crate::Clock;
use model::{
    DeciDbfs, Epoch, Event, EventKind, Icao24, LatLon, Position, PositionSource, Protocol, Raw, ReceiverId, Signal, StationId, Subject,
    UnixMicros,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that stands still until it is set.
#[derive(Clone, Debug)]
pub struct HandClock(Arc<AtomicI64>);

impl HandClock {
    pub fn at(now: UnixMicros) -> Self {
        Self(Arc::new(AtomicI64::new(now.0)))
    }

    pub fn set(&self, now: UnixMicros) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    pub fn now(&self) -> UnixMicros {
        UnixMicros(self.0.load(Ordering::SeqCst))
    }

    pub fn clock(&self) -> Clock {
        let own = self.clone();
        Arc::new(move || own.now())
    }
}

/// 2026-11-23T00:00:00Z, when most tests take place.
pub const T0: UnixMicros = UnixMicros::from_secs(1_795_392_000);

pub fn station(slug: &str) -> StationId {
    StationId::new(slug).expect("a slug")
}

/// An airborne position of aircraft `icao`, `at_ms` after [`T0`]; place and raw frame follow from both.
pub fn position_event(icao: u32, at_ms: i64) -> Event {
    let address = Icao24::new(icao).expect("24 bits");
    let lat_e7 = 500_000_000 + (icao % 1_000) as i32 * 10_000 + (at_ms % 100_000) as i32;
    let place = LatLon::from_e7(lat_e7, 40_000_000).expect("north of Europe's middle");
    let mut raw = vec![0x8d];
    raw.extend_from_slice(&icao.to_be_bytes()[1..]);
    raw.extend_from_slice(&at_ms.to_be_bytes());
    Event {
        at: T0.plus_micros(at_ms * 1_000),
        protocol: Protocol::Adsb,
        receiver: ReceiverId(0),
        subject: Subject::Aircraft(address),
        kind: EventKind::Position(Position { baro_alt_ft: Some(38_000), ..Position::bare(place, PositionSource::SelfReported) }),
        raw: Raw::new(&raw),
        signal: Signal { rssi: Some(DeciDbfs(-123)), ..Signal::default() },
    }
}

/// `count` events numbered `first..`, each different.
pub fn batch(epoch: u64, first_seq: u64, count: u64) -> uplink::intake::Batch {
    let events = (first_seq..first_seq + count).map(|seq| position_event(0x48_0000 + (seq % 50) as u32, seq as i64)).collect();
    uplink::intake::Batch { epoch: Epoch(epoch), first_seq, events }
}
