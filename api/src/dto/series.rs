//! Figures over time, as `GET /api/v1/telemetry/series` answers.

use super::Utc;
use serde::Serialize;
use utoipa::ToSchema;

/// One bucket.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// Where it begins.
    pub at: Utc,
    /// How many values.
    pub count: i64,
    /// Of a direction: where to the values' vectors point together; null when they cancel each other out.
    #[schema(required = true)]
    pub mean: Option<f64>,
    /// Null for a direction.
    #[schema(required = true)]
    pub min: Option<f64>,
    #[schema(required = true)]
    pub max: Option<f64>,
}

/// One figure. Values with other names, units or meanings are another series.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Series {
    /// `temperature_c`…, or the channel: `A1`–`A5`, `B1`–`B8`.
    pub field: String,
    /// In the station's own words.
    #[schema(required = true)]
    pub name: Option<String>,
    #[schema(required = true)]
    pub unit: Option<String>,
    /// In the unit; else the figures as they were sent.
    pub calibrated: bool,
    /// Buckets in which there was a value, oldest first.
    pub points: Vec<SeriesPoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesRead {
    pub subject: String,
    /// `weather` or `telemetry`.
    pub kind: &'static str,
    pub since: Utc,
    pub until: Utc,
    /// Seconds; buckets begin at multiples of it since 1970.
    pub bucket_s: i64,
    pub series: Vec<Series>,
}
