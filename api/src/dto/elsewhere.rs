//! Shapes of the rf-engine and of the first backend, as far as they are true here.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceHealth {
    /// `healthy`
    pub status: &'static str,
    pub service: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgentMoved {
    pub message: String,
    pub status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RfInfo {
    pub service: &'static str,
    pub version: String,
    /// Never.
    pub tx_enabled: bool,
    pub devices: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RfDevices {
    pub devices: Vec<RfDevice>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RfDevice {
    /// The slug of its telemetry source.
    pub device_id: String,
    pub driver: &'static str,
    pub label: String,
    #[schema(required = true)]
    pub serial: Option<String>,
    /// Delivered something within the last minute.
    pub available: bool,
    /// Not known to the central.
    #[schema(required = true)]
    pub rx_range_mhz: Option<[f64; 2]>,
    #[schema(required = true)]
    pub tx_range_mhz: Option<[f64; 2]>,
    #[schema(required = true)]
    pub error: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RfTest {
    pub device_id: String,
    /// `ok` or `error`
    pub status: &'static str,
    #[schema(required = true)]
    pub error: Option<&'static str>,
    #[schema(required = true)]
    pub message: Option<&'static str>,
}
