//! `hardware/*` (contract §1.2).

use super::Utc;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct SerialPortRead {
    pub device: String,
    #[schema(required = true)]
    pub description: Option<String>,
    #[schema(required = true)]
    pub hwid: Option<String>,
}

#[derive(Debug, ToSchema)]
pub struct GpsTest {
    pub port: String,
    #[schema(default = 9600, minimum = 300, maximum = 4000000)]
    pub baudrate: u32,
    #[schema(default = 5, minimum = 0.1, maximum = 30)]
    pub timeout_seconds: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GpsTestResult {
    /// At least one NMEA sentence with a right checksum was heard.
    pub success: bool,
    /// What was done, in words: no program is run.
    pub command: Vec<String>,
    #[schema(required = true)]
    pub output: Option<String>,
    #[schema(required = true)]
    pub error: Option<String>,
}

#[derive(Debug, ToSchema)]
pub struct BaseStationCreate {
    #[schema(min_length = 1, max_length = 255)]
    pub callsign: String,
    pub serial_number: Option<String>,
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
    pub altitude_m: Option<f64>,
    pub notes: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BaseStation {
    pub callsign: String,
    #[schema(required = true)]
    pub serial_number: Option<String>,
    #[schema(required = true)]
    pub latitude: Option<f64>,
    #[schema(required = true)]
    pub longitude: Option<f64>,
    #[schema(required = true)]
    pub altitude_m: Option<f64>,
    #[schema(required = true)]
    pub notes: Option<String>,
    pub registered_at: Utc,
}

/// Notes what is wished; `start_command` and `stop_command` are refused with 403.
#[derive(Debug, ToSchema)]
pub struct AdsbEnable {
    pub enabled: bool,
    pub device: Option<String>,
    pub gain: Option<f64>,
    pub frequency: Option<f64>,
    #[schema(value_type = Option<Object>)]
    pub options: Option<()>,
    #[schema(default = 10, minimum = 0, maximum = 600)]
    pub timeout_seconds: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AdsbSettings {
    pub enabled: bool,
    #[schema(required = true)]
    pub device: Option<String>,
    #[schema(required = true)]
    pub gain: Option<f64>,
    #[schema(required = true)]
    pub frequency: Option<f64>,
    #[schema(value_type = Object)]
    pub options: Box<RawValue>,
    pub last_updated_at: Utc,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HardwareStatus {
    pub configuration: HardwareConfiguration,
    pub serial_ports: Vec<SerialPortRead>,
    pub health: HardwareHealth,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HardwareConfiguration {
    #[schema(required = true, value_type = Option<BaseStation>)]
    pub base_station: Option<Box<RawValue>>,
    #[schema(required = true, value_type = Option<AdsbSettings>)]
    pub adsb: Option<Box<RawValue>>,
    #[schema(required = true)]
    pub last_h4m_import_at: Option<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HardwareHealth {
    /// `configured`: there is a serial port. `unconfigured`
    pub gps: &'static str,
    /// `enabled`: it is wished for. `disabled`
    pub adsb: &'static str,
    /// `imported` or `missing`
    pub h4m: &'static str,
    pub generated_at: Utc,
    pub details: HardwareDetails,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HardwareDetails {
    pub serial_ports: usize,
    #[schema(required = true)]
    pub adsb_device: Option<String>,
    /// When any station last delivered ADS-B: what is true whatever is wished.
    #[schema(required = true)]
    pub adsb_last_ingested_at: Option<Utc>,
}

#[derive(Debug, ToSchema)]
pub struct H4mImport {
    /// Below the import root.
    pub source_path: String,
    /// Relative to the import root.
    pub destination_dir: Option<String>,
    /// Unpacks .tar, .tar.gz, .tgz and .gz.
    #[schema(default = true)]
    pub extract: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct H4mImported {
    pub imported: bool,
    pub destination: String,
    pub files: Vec<String>,
}
