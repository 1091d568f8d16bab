//! Events of stations: stored exactly once. The rows and the watermark that counts them are one transaction.
//!
//! ```text
//!   BEGIN
//!   UPDATE telemetry_sources SET last_ingested_at …                -- must hit all; holds them until COMMIT
//!   COPY telemetry_events …                                        (the new events only)
//!   UPDATE uplink_watermarks SET last_seq = new WHERE … AND last_seq = expected     -- must hit one row
//!   DELETE uplink_urgent … RETURNING seq                            -- what was told ahead of its turn: see `urgent`
//!   COMMIT
//! ```
//! Two sessions that store the same events both get as far as the UPDATE; the second waits there for the first, then hits
//! no row and rolls back. What a COMMIT whose answer was lost did, the next attempt reads from the watermark.

use super::copy::CopyRows;
use super::{Actor, Role, Store, StoreError, Watched, urgent};
use crate::dto::{Payload, PoiMark, PoiMarked, Utc};
use model::{DeciKnots, Epoch, Event, EventKind, HeadingReference, Protocol, Raw, StationId, UnixMicros};
use sqlx::{PgConnection, Row};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use uplink::intake::LostReason;

const COPY: &str = "COPY telemetry_events (source_id, station_id, event_time, latitude, longitude, altitude, heading, speed, payload, \
                    raw_data, kind, subject, epoch, seq, status) FROM STDIN (FORMAT binary)";
const COPY_FIELDS: i16 = 15;
/// A row is rarely longer.
const ROW_BYTES: usize = 600;

/// One life of a station's spool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spool {
    pub station: StationId,
    pub epoch: Epoch,
}

/// Events to append: the first gets sequence number `after + 1`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewEvents<'a> {
    pub spool: Spool,
    /// stations.id
    pub station_id: i64,
    /// The watermark that these follow.
    pub after: u64,
    pub events: &'a [Event],
    /// Whom to mark.
    pub watched: &'a Watched,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// With the numbers of those that were told ahead of their turn: people know of them.
    Stored(BTreeSet<u64>),
    /// The watermark is not where it was expected: nothing was stored. Read it again.
    Raced,
    /// A source of these events was deleted meanwhile: nothing was stored. Make it again.
    SourceGone,
}

/// Sources of one station, by protocol.
pub(crate) type Sources = BTreeMap<Protocol, i64>;

/// A stored event, read back.
#[derive(Debug)]
pub(crate) struct Restored {
    pub station_id: i64,
    pub event: Event,
}

impl Store {
    /// Up to where the spool is stored; `None`: nothing yet.
    pub(crate) async fn watermark(&self, role: Role, spool: Spool) -> Result<Option<u64>, StoreError> {
        let query = sqlx::query_scalar("SELECT last_seq FROM uplink_watermarks WHERE station = $1 AND epoch = $2");
        let stored: Option<i64> =
            query.bind(spool.station.as_str()).bind(spool.epoch.0.cast_signed()).fetch_optional(self.role(role)).await?;
        Ok(stored.map(i64::cast_unsigned))
    }

    /// The id of the source `<station>-<protocol>`, made if it is missing.
    pub(crate) async fn station_source(&self, role: Role, station: StationId, id: i64, protocol: Protocol) -> Result<i64, StoreError> {
        // The name is unique too; should someone have taken it, the slug (with a suffix if need be) serves.
        const SQL: &str = "
            INSERT INTO telemetry_sources (slug, name, source_type, station_id, description, connection_mode)
            VALUES ($1, $2, $3, $4, 'Received by the station', 'online') ON CONFLICT DO NOTHING RETURNING id";
        let slug = format!("{station}-{protocol}");
        for attempt in 0..4 {
            let known: Option<i64> =
                sqlx::query_scalar("SELECT id FROM telemetry_sources WHERE slug = $1").bind(&slug).fetch_optional(self.role(role)).await?;
            if let Some(known) = known {
                return Ok(known);
            }
            let name = match attempt {
                0 => format!("{station} {}", protocol.name().to_uppercase()),
                1 => slug.clone(),
                _ => format!("{slug} {:08x}", rand::random::<u32>()),
            };
            let query = sqlx::query_scalar(SQL).bind(&slug).bind(name).bind(protocol.name()).bind(id);
            let mut transaction = self.by(Actor::named(format!("station:{station}"))).change(self.role(role)).await?;
            let made: Option<i64> = query.fetch_optional(&mut *transaction).await?;
            transaction.commit().await?;
            if let Some(made) = made {
                return Ok(made);
            }
        }
        Err(StoreError::Refused(format!("the telemetry source {slug} can't be made: its names are taken")))
    }

    /// See the head of this file. `sources` must have every protocol that occurs.
    pub(crate) async fn append(&self, role: Role, sources: &Sources, new: NewEvents<'_>) -> Result<Appended, StoreError> {
        self.ensure_days(role, new.events.iter().map(|event| event.at)).await?;
        let mut transaction = self.role(role).begin().await?;
        if touch_sources(&mut transaction, sources).await? < sources.len() as u64 {
            return Ok(Appended::SourceGone);
        }
        copy_events(&mut transaction, sources, new).await?;
        let last = new.after + new.events.len() as u64;
        if !advance(&mut transaction, new.spool, new.after, last).await? {
            return Ok(Appended::Raced);
        }
        let told = urgent::take_notes(&mut transaction, new.spool, new.after, last).await?;
        transaction.commit().await?;
        Ok(Appended::Stored(told))
    }

    /// Records that the station lost the events after `after` up to `last`, and moves the watermark over them.
    pub(crate) async fn declare_lost(
        &self,
        role: Role,
        spool: Spool,
        after: u64,
        last: u64,
        why: LostReason,
    ) -> Result<Appended, StoreError> {
        const SQL: &str = "INSERT INTO uplink_losses (station, epoch, first_seq, last_seq, reason) VALUES ($1, $2, $3, $4, $5)";
        let mut transaction = self.role(role).begin().await?;
        if !advance(&mut transaction, spool, after, last).await? {
            return Ok(Appended::Raced);
        }
        let query = sqlx::query(SQL).bind(spool.station.as_str()).bind(spool.epoch.0.cast_signed());
        let query = query.bind((after + 1).cast_signed()).bind(last.cast_signed()).bind(why.name());
        query.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Appended::Stored(BTreeSet::new()))
    }

    /// Events that stations delivered to this source, newest first, at most `limit`, from `since` and before `before`
    /// (time and id of the last one of the page before).
    pub(crate) async fn recent(
        &self,
        source: i64,
        since: UnixMicros,
        before: Option<(OffsetDateTime, i64)>,
        limit: i64,
    ) -> Result<(Vec<Restored>, Option<(OffsetDateTime, i64)>), StoreError> {
        const SQL: &str = "
            SELECT id, station_id, event_time, payload::text AS payload, raw_data FROM telemetry_events
            WHERE source_id = $1 AND seq IS NOT NULL AND event_time >= $2 AND (event_time, id) < ($3, $4)
            ORDER BY event_time DESC, id DESC LIMIT $5";
        let Some(role) = Role::of_id(source) else { return Ok((Vec::new(), None)) };
        let (before_time, before_id) = before.unwrap_or((OffsetDateTime::from(Utc(Utc::MAX)), i64::MAX));
        let rows = sqlx::query(SQL)
            .bind(source)
            .bind(OffsetDateTime::from(Utc(since)))
            .bind(before_time)
            .bind(before_id)
            .bind(limit)
            .fetch_all(self.role(role))
            .await?;
        let last = rows.last().map(|row| Ok::<_, sqlx::Error>((row.try_get("event_time")?, row.try_get("id")?))).transpose()?;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            events.extend(restore(row)?);
        }
        Ok((events, last))
    }
}

/// `None`: the row was edited, or written by a later version: it is shown in the lists, but not in the picture.
pub(super) fn restore(row: &sqlx::postgres::PgRow) -> Result<Option<Restored>, sqlx::Error> {
    let at: OffsetDateTime = row.try_get("event_time")?;
    let (payload, raw): (Option<&str>, Option<&str>) = (row.try_get("payload")?, row.try_get("raw_data")?);
    let station_id: Option<i64> = row.try_get("station_id")?;
    let event = || {
        let payload: Payload<'_> = serde_json::from_str(payload?).ok()?;
        payload.to_event(Utc::from(at).0, unhex(raw?)?).ok()
    };
    Ok(station_id.zip(event()).map(|(station_id, event)| Restored { station_id, event }))
}

fn unhex(text: &str) -> Option<Raw> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || 2 * Raw::MAX < digits.len() {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).map(|v| v as u8);
    let bytes: Option<Vec<u8>> = digits.chunks_exact(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect();
    Some(Raw::new(&bytes?))
}

async fn copy_events(connection: &mut PgConnection, sources: &Sources, new: NewEvents<'_>) -> Result<(), sqlx::Error> {
    let mut rows = CopyRows::with_capacity(ROW_BYTES * new.events.len());
    for (event, seq) in new.events.iter().zip(new.after + 1..) {
        copy_row(&mut rows, sources[&event.protocol], &new, event, seq);
    }
    let mut copy = connection.copy_in_raw(COPY).await?;
    copy.send(rows.finish()).await?;
    copy.finish().await?;
    Ok(())
}

fn copy_row(rows: &mut CopyRows, source: i64, new: &NewEvents<'_>, event: &Event, seq: u64) {
    let payload = Payload::of(event);
    let shown = Shown::of(event);
    let poi = new.watched.find(&payload.subject, payload.callsign());
    let rows = rows
        .row(COPY_FIELDS)
        .int8(source)
        .int8(new.station_id)
        .timestamptz(event.at.clamp(Utc::MIN, Utc::MAX))
        .float8(shown.latitude)
        .float8(shown.longitude)
        .float8(shown.altitude_ft)
        .float8(shown.heading_deg)
        .float8(shown.speed_kt);
    let rows = match poi {
        Some(poi) => rows.jsonb(&PoiMarked { payload: &payload, mark: PoiMark::of(poi) }),
        None => rows.jsonb(&payload),
    };
    rows.text(&event.raw.hex())
        .text(&payload.kind)
        .text(&payload.subject)
        .int8(new.spool.epoch.0.cast_signed())
        .int8(seq.cast_signed())
        .text(if poi.is_some() { PoiMark::STATUS } else { "received" });
}

/// The contract's five columns.
#[derive(Default)]
struct Shown {
    latitude: Option<f64>,
    longitude: Option<f64>,
    altitude_ft: Option<f64>,
    heading_deg: Option<f64>,
    speed_kt: Option<f64>,
}

impl Shown {
    fn of(event: &Event) -> Self {
        match &event.kind {
            EventKind::Position(p) => Self {
                latitude: Some(p.at.lat_deg()),
                longitude: Some(p.at.lon_deg()),
                altitude_ft: p.baro_alt_ft.or(p.geom_alt_ft).map(f64::from),
                heading_deg: p.track.or(p.heading).map(|a| a.degrees()),
                speed_kt: p.speed.map(DeciKnots::knots),
            },
            EventKind::Velocity(v) => Self {
                heading_deg: v.direction.filter(|(r, _)| *r != HeadingReference::MagneticHeading).map(|(_, a)| a.degrees()),
                speed_kt: v.speed.map(|(_, s)| s.knots()),
                ..Self::default()
            },
            EventKind::Status(s) => Self { altitude_ft: s.baro_alt_ft.map(f64::from), ..Self::default() },
            EventKind::Weather(w) => Self { latitude: w.at.map(|p| p.lat_deg()), longitude: w.at.map(|p| p.lon_deg()), ..Self::default() },
            _ => Self::default(),
        }
    }
}

/// Whether the watermark was at `after`, and is at `last` now.
async fn advance(connection: &mut PgConnection, spool: Spool, after: u64, last: u64) -> Result<bool, sqlx::Error> {
    // A row of 0: an urgent event came ahead of the first.
    const FIRST: &str = "
        INSERT INTO uplink_watermarks (last_seq, station, epoch) VALUES ($1, $2, $3)
        ON CONFLICT (station, epoch) DO UPDATE SET last_seq = excluded.last_seq, updated_at = now() WHERE uplink_watermarks.last_seq = 0";
    const NEXT: &str = "
        UPDATE uplink_watermarks SET last_seq = $1, updated_at = now() WHERE station = $2 AND epoch = $3 AND last_seq = $4";
    let query = sqlx::query(if after == 0 { FIRST } else { NEXT });
    let query = query.bind(last.cast_signed()).bind(spool.station.as_str()).bind(spool.epoch.0.cast_signed());
    let query = if after == 0 { query } else { query.bind(after.cast_signed()) };
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

/// How many of them there are. Nobody deletes one until we are done.
async fn touch_sources(connection: &mut PgConnection, sources: &Sources) -> Result<u64, sqlx::Error> {
    let ids: Vec<i64> = sources.values().copied().collect();
    let query = sqlx::query("UPDATE telemetry_sources SET last_ingested_at = now() WHERE id = ANY($1)").bind(ids);
    Ok(query.execute(connection).await?.rows_affected())
}
