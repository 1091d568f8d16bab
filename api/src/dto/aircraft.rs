//! `aircraft.json` and `receiver.json` as readsb writes them and tar1090 reads them. An unknown is left out.

use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AircraftList {
    /// Unix seconds.
    pub now: f64,
    /// Events taken in since the start (readsb counts messages).
    pub messages: u64,
    pub aircraft: Vec<Aircraft>,
}

/// Pressure altitude in feet, or `"ground"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AltBaro {
    Feet(i32),
    Ground(&'static str),
}

/// Units: feet, knots, degrees from true north, feet per minute, seconds before `now`, dBFS.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Aircraft {
    /// Six lower-case digits; `~` before an address that ICAO did not assign.
    pub hex: String,
    /// `adsb_icao`, `adsr_icao`, `tisb_icao`, `mode_s`…
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Eight characters, padded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flight: Option<String>,
    /// Registration.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
    /// ICAO type designator.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub type_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_baro: Option<AltBaro>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_geom: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gs: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_heading: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baro_rate: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geom_rate: Option<i32>,
    /// Four octal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ias: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tas: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mach: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mag_heading: Option<f64>,
    /// Wind from, degrees from true north, and its speed, as the aircraft measures it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ws: Option<f64>,
    /// Outside air temperature, °C.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oat: Option<f64>,
    /// Selected altitude on the panel and by the FMS, feet; altimeter setting, hPa.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_altitude_mcp: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_altitude_fms: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nav_qnh: Option<f64>,
    /// Containment radius, metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rc: Option<u32>,
    /// ADS-B version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub squawk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_pos: Option<f64>,
    /// In place of `lat` and `lon` once they are old.
    #[serde(rename = "lastPosition", skip_serializing_if = "Option::is_none")]
    pub last_position: Option<LastPosition>,
    /// Fields that multilateration gave: none.
    pub mlat: [&'static str; 0],
    /// Fields that TIS-B gave: see `type` instead.
    pub tisb: [&'static str; 0],
    /// Events about it.
    pub messages: u64,
    pub seen: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rssi: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LastPosition {
    pub lat: f64,
    pub lon: f64,
    pub seen_pos: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReceiverInfo {
    pub version: String,
    /// Milliseconds between two looks at `aircraft.json`.
    pub refresh: u32,
    /// Files of history: none, the trails are in `/api/v1/tracks`.
    pub history: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
}
