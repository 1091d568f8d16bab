//! A station as the contract shows it (§1.1), with its role and place besides.

use super::Utc;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Station)]
pub struct StationRead {
    pub id: i64,
    pub slug: String,
    pub name: String,
    #[schema(required = true)]
    pub description: Option<String>,
    pub timezone: String,
    #[schema(required = true)]
    pub telemetry_schema: Option<String>,
    pub created_at: Utc,
    pub updated_at: Utc,
    /// `ops`, `intel` or `logistics`.
    pub role: &'static str,
    #[schema(required = true)]
    pub latitude: Option<f64>,
    #[schema(required = true)]
    pub longitude: Option<f64>,
}
