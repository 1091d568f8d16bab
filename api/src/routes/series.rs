//! `GET /api/v1/telemetry/series`: weather and telemetry of one subject over time, in buckets.

use super::body::integer;
use super::params::time_param;
use super::{Params, both};
use crate::auth::Reader;
use crate::central::Shared;
use crate::dto::{self, Series, SeriesPoint, SeriesRead, Utc, WEATHER};
use crate::error::ApiError;
use crate::store::{SeriesFilter, SeriesRow};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use model::UnixMicros;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seconds. From an hour on they come from the roll-up, which is kept when events are dropped.
const BUCKETS_S: [i64; 6] = [60, 300, 900, 3_600, 21_600, 86_400];
/// Unless told otherwise the shortest bucket of which there are at most so many.
const POINTS_USUAL: i64 = 300;
const POINTS_MAX: i64 = 2_000;
/// Points of one role's stations altogether.
const ROWS_MAX: i64 = 40_000;
const DAY_US: i64 = 86_400_000_000;
/// Longer than anything is kept.
const SPAN_US_MAX: i64 = 36_525 * DAY_US;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    both(Router::new(), "/api/v1/telemetry/series", get(series)).with_state(shared)
}

#[utoipa::path(get, path = "/api/v1/telemetry/series", tag = "telemetry",
    description = "What a station measured, over time. Up to 15 minutes a bucket the stored events are asked, from an hour on their roll-up, \
        which is a minute behind and stays when old events are dropped.",
    params(("subject" = String, Query, description = "call:PD0ABC, mmsi:992351234"),
        ("kind" = Option<String>, Query, description = "weather (default) or telemetry"),
        ("since" = Option<String>, Query, description = "RFC 3339, inclusive; default: a day before until"),
        ("until" = Option<String>, Query, description = "RFC 3339, exclusive; default: now"),
        ("bucket" = Option<i64>, Query, description = "Seconds: 60, 300, 900, 3600, 21600 or 86400; at most 2000 of them. Default: the shortest with at most 300")),
    responses((status = 200, body = SeriesRead), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn series(State(shared): State<Arc<Shared>>, reader: Reader, params: Params) -> Result<Json<SeriesRead>, ApiError> {
    let filter = filter(&params, shared.now())?;
    let mut all: BTreeMap<Name, BTreeMap<i64, SeriesRow>> = BTreeMap::new();
    for role in reader.roles.iter() {
        let rows = shared.store.series(role, &filter).await?;
        if ROWS_MAX <= rows.len() as i64 {
            return Err(ApiError::field(
                "query",
                "bucket",
                "too_many",
                "Ask for a shorter time or longer buckets",
                Value::from(filter.bucket_s),
            ));
        }
        for row in rows {
            let name = (row.field.clone(), row.name.clone(), row.unit.clone(), row.calibrated);
            let points = all.entry(name).or_default();
            points.entry(row.bucket).and_modify(|held| add(held, &row)).or_insert(row);
        }
    }
    let SeriesFilter { subject, kind, since, until, bucket_s, .. } = filter;
    let series = all.into_iter().map(|(name, points)| shown(name, kind, &points)).collect();
    Ok(Json(SeriesRead { subject, kind, since: Utc(since), until: Utc(until), bucket_s, series }))
}

/// Field, name, unit, calibrated.
type Name = (String, String, String, bool);

fn filter(params: &Params, now: UnixMicros) -> Result<SeriesFilter, ApiError> {
    let wrong = |name, kind, msg: &str| ApiError::field("query", name, kind, msg, params.get(name).unwrap_or_default());
    let subject = params.get("subject").filter(|s| !s.is_empty() && s.len() <= 64 && !s.contains('\0'));
    let subject = subject.ok_or_else(|| wrong("subject", "missing", "Field required"))?.to_owned();
    let kind = match params.get("kind") {
        None | Some("weather") => "weather",
        Some("telemetry") => "telemetry",
        Some(_) => return Err(wrong("kind", "enum", "Input should be 'weather' or 'telemetry'")),
    };
    let until = time_param(params, "until")?.unwrap_or(now);
    let since = time_param(params, "since")?.unwrap_or(until.plus_micros(-DAY_US));
    let span_us = until.micros_since(since);
    if !(1..=SPAN_US_MAX).contains(&span_us) {
        return Err(wrong("since", "value_error", "Input should be before until, by at most a century"));
    }
    let count = |bucket_s: i64| span_us / (bucket_s * 1_000_000) + 1;
    let bucket_s = match params.get("bucket") {
        None => BUCKETS_S.into_iter().find(|b| count(*b) <= POINTS_USUAL).unwrap_or(86_400),
        Some(text) => integer(&Value::from(text))
            .ok()
            .filter(|b| BUCKETS_S.contains(b))
            .ok_or_else(|| wrong("bucket", "enum", "Input should be 60, 300, 900, 3600, 21600 or 86400"))?,
    };
    if POINTS_MAX < count(bucket_s) && params.get("bucket").is_some() {
        return Err(wrong("bucket", "too_many", "Ask for a shorter time or longer buckets: at most 2000"));
    }
    Ok(SeriesFilter { subject, kind, since, until, bucket_s, limit: ROWS_MAX })
}

/// The same bucket of another role's stations.
fn add(held: &mut SeriesRow, row: &SeriesRow) {
    held.readings += row.readings;
    held.total += row.total;
    held.low = held.low.min(row.low);
    held.high = held.high.max(row.high);
    held.north = held.north.zip(row.north).map(|(a, b)| a + b);
    held.east = held.east.zip(row.east).map(|(a, b)| a + b);
}

fn shown((field, name, unit, calibrated): Name, kind: &str, points: &BTreeMap<i64, SeriesRow>) -> Series {
    let some = |text: String| (!text.is_empty()).then_some(text);
    let of_weather = WEATHER.iter().find(|(known, _)| kind == "weather" && *known == field).map(|(_, unit)| (*unit).to_owned());
    let points = points.values().map(point).collect();
    Series { field, name: some(name), unit: of_weather.or(some(unit)), calibrated, points }
}

fn point(row: &SeriesRow) -> SeriesPoint {
    // Shorter than this, the directions' sum is but rounding.
    const NOWHERE: f64 = 1e-6;
    let at = Utc(UnixMicros(row.bucket * 1_000_000));
    let count = row.readings;
    match row.north.zip(row.east) {
        Some((north, east)) => {
            let somewhere = NOWHERE * (count as f64) < north.hypot(east);
            SeriesPoint {
                at,
                count,
                mean: somewhere.then(|| rounded(east.atan2(north).to_degrees().rem_euclid(360.0))),
                min: None,
                max: None,
            }
        }
        None => SeriesPoint { at, count, mean: Some(rounded(row.total / count.max(1) as f64)), min: Some(row.low), max: Some(row.high) },
    }
}

/// To millionths, which is what is kept of a value.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
