//! What receivers, trackers and bridges post in their own words (contract §1.3, hardware notes §7): an ADS-B record of
//! readsb, an AIS or ACARS message as JSON, an RF detection, a sensor, a tracker, a log of a handheld. Each becomes an event
//! whose payload is the record as it came; the list below says which of its keys are the event's fields.
//!
//! Constraints: an AIS value that means "not available" (91°, 181°, 511°, 102.3 kn) is unknown; a time is the record's own,
//! else "seen so many seconds ago", else now.

use super::body::JsonObject;
use super::events::shown;
use super::intake::{Incoming, read_new, store_one};
use super::one_or_many::OneOrMany;
use super::{Params, batch, both};
use crate::auth::TelemetryWriter;
use crate::central::Shared;
use crate::dto::{self, FieldProblem};
use crate::error::ApiError;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use model::UnixMicros;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A kind of record that programs post.
struct Feed {
    paths: &'static [&'static str],
    /// The source that its events are of unless the record names another: slug, name, type.
    source: (&'static str, &'static str, &'static str),
    /// A key that holds a list of records, as `aircraft.json` has it.
    list: Option<&'static str>,
    required: &'static [&'static str],
    /// An event's field, and the keys that are it, the first that is there.
    fields: &'static [(&'static str, &'static [&'static str])],
}

const PLACE: [(&str, &[&str]); 2] = [("latitude", &["latitude", "lat"]), ("longitude", &["longitude", "lon", "lng"])];
const TIME: (&str, &[&str]) = ("event_time", &["event_time", "timestamp", "time"]);

static FEEDS: [Feed; 8] = [
    Feed {
        paths: &["/api/v1/telemetry/adsb"],
        source: ("adsb-ingest", "ADS-B ingest", "adsb"),
        list: Some("aircraft"),
        required: &["hex"],
        fields: &[
            PLACE[0],
            PLACE[1],
            TIME,
            ("altitude", &["altitude", "alt_baro", "alt_geom"]),
            ("heading", &["heading", "track"]),
            ("speed", &["speed", "gs", "tas", "ias"]),
        ],
    },
    Feed {
        paths: &["/api/v1/telemetry/ais"],
        source: ("ais-ingest", "AIS ingest", "ais"),
        list: Some("vessels"),
        required: &["mmsi"],
        fields: &[PLACE[0], PLACE[1], TIME, ("heading", &["heading", "cog", "course"]), ("speed", &["speed", "sog"])],
    },
    Feed {
        paths: &["/api/v1/telemetry/acars"],
        source: ("acars-ingest", "ACARS ingest", "acars"),
        list: Some("messages"),
        required: &["text"],
        fields: &[PLACE[0], PLACE[1], TIME, ("altitude", &["altitude", "alt"])],
    },
    Feed {
        paths: &["/api/v1/telemetry/rf-event"],
        source: ("rf-detection", "RF detections", "rf"),
        list: None,
        required: &["freq_hz"],
        fields: &[PLACE[0], PLACE[1], TIME],
    },
    Feed {
        paths: &["/api/telemetry/sensor", "/api/v1/telemetry/sensor"],
        source: ("field-sensors", "Field sensors", "sensor"),
        list: None,
        required: &["device_id"],
        fields: &[PLACE[0], PLACE[1], TIME, ("altitude", &["altitude"])],
    },
    Feed {
        paths: &["/api/telemetry/paxcounter", "/api/v1/telemetry/paxcounter"],
        source: ("paxcounter", "Paxcounters", "paxcounter"),
        list: None,
        required: &["device_id"],
        fields: &[PLACE[0], PLACE[1], TIME],
    },
    Feed {
        paths: &["/api/telemetry/trekker", "/api/v1/telemetry/trekker"],
        source: ("trekker", "Trekker trackers", "trekker"),
        list: None,
        required: &["device_id"],
        fields: &[
            PLACE[0],
            PLACE[1],
            TIME,
            ("altitude", &["altitude"]),
            ("heading", &["heading"]),
            ("speed", &["speed"]),
            // position_update, sos_alert, geofence_breach
            ("status", &["event_type"]),
        ],
    },
    Feed {
        paths: &["/api/h4m/logs", "/api/v1/h4m/logs"],
        source: ("h4m-bridge", "Handheld logs", "h4m"),
        list: None,
        required: &["path", "log_type"],
        fields: &[("event_time", &["modified_at"]), PLACE[0], PLACE[1]],
    },
];

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mounts = FEEDS.iter().flat_map(|feed| feed.paths.iter().map(move |path| (feed, *path)));
    let router = mounts.fold(Router::new(), |router, (feed, path)| {
        let take = move |State(shared): State<Arc<Shared>>,
                         writer: TelemetryWriter,
                         headers: HeaderMap,
                         params: Params,
                         body: OneOrMany| async move { take(&shared, &writer, &headers, &params, feed, body).await };
        both(router, path, post(take))
    });
    router.with_state(shared)
}

async fn take(
    shared: &Shared,
    writer: &TelemetryWriter,
    headers: &HeaderMap,
    params: &Params,
    feed: &'static Feed,
    body: OneOrMany,
) -> Result<Response, ApiError> {
    let now = shared.now();
    let (records, base) = match body {
        OneOrMany::Many(records) => (records, now),
        OneOrMany::One(JsonObject(mut whole)) => match feed.list.and_then(|key| whole.remove(key)) {
            Some(Value::Array(list)) => (list.into_iter().map(JsonObject::of).collect(), base_of(&whole, now)),
            _ => {
                let event = store_one(shared, writer, headers, params, event_of(feed, whole, now)?).await?;
                return Ok((StatusCode::CREATED, Json(shown(event))).into_response());
            }
        },
    };
    if super::one_or_many::ITEMS_MAX < records.len() {
        return Err(ApiError::BadRequest(format!("At most {} records at once", super::one_or_many::ITEMS_MAX)));
    }
    let items = records.into_iter().map(|record| record.and_then(|JsonObject(record)| event_of(feed, record, base))).collect();
    batch::store(shared, writer, headers, params, items).await
}

/// `now` of an `aircraft.json`: Unix seconds.
fn base_of(whole: &Map<String, Value>, now: UnixMicros) -> UnixMicros {
    let seconds = whole.get("now").and_then(Value::as_f64).filter(|s| (0.0..1e11).contains(s));
    seconds.map_or(now, |s| UnixMicros((s * 1e6) as i64))
}

fn event_of(feed: &Feed, record: Map<String, Value>, base: UnixMicros) -> Result<Incoming, ApiError> {
    let missing = feed.required.iter().filter(|key| record.get(**key).is_none_or(Value::is_null));
    let problems: Vec<FieldProblem> = missing
        .map(|key| FieldProblem {
            kind: "missing",
            loc: vec!["body".into(), (*key).into()],
            msg: "Field required".into(),
            input: Value::Null,
        })
        .collect();
    if !problems.is_empty() {
        return Err(ApiError::Invalid(problems));
    }
    let mut event = Map::new();
    for (field, keys) in feed.fields {
        let found = keys.iter().filter_map(|key| record.get(*key)).find(|value| !value.is_null());
        if let Some(value) = found.filter(|value| feed.source.2 != "ais" || !is_unavailable(field, value)) {
            event.insert((*field).into(), value.clone());
        }
    }
    if !event.contains_key("event_time")
        && let Some(ago) = ["seen_pos", "seen"].iter().find_map(|key| record.get(*key)?.as_f64()).filter(|s| (0.0..1e7).contains(s))
    {
        event.insert("event_time".into(), dto::Utc(base.plus_micros(-(ago * 1e6) as i64)).to_string().into());
    }
    let (slug, name, kind) = feed.source;
    let named = |key: &str, default: &str| record.get(key).filter(|v| !v.is_null()).cloned().unwrap_or_else(|| default.into());
    event.insert("source_slug".into(), named("source_slug", slug));
    event.insert("source_name".into(), named("source_name", name));
    event.extend(record.get("station_id").filter(|v| v.is_i64()).map(|id| ("station_id".to_owned(), id.clone())));
    event.insert("payload".into(), Value::Object(record));
    Ok(Incoming { source_type: kind, ..read_new(JsonObject(event))? })
}

/// ITU-R M.1371-5, messages 1–3 and 18: the values that say that there is none.
fn is_unavailable(field: &str, value: &Value) -> bool {
    let Some(number) = value.as_f64() else { return false };
    match field {
        "latitude" => 91.0 <= number,
        "longitude" => 181.0 <= number,
        "heading" => number == 511.0 || 360.0 <= number,
        "speed" => 102.25 <= number,
        _ => false,
    }
}
