//! `/api/v1/hardware/*` (contract §1.2), of the machine that the central runs on. A commander's.
//!
//! Safer than it was: `enable-adsb` ran its caller's commands and `h4m/import` copied any file of the server. Here nothing
//! of a request is ever run, and files are read and written below the import root only (none: 403).

use super::body::{Fields, JsonObject, Problem, boolean, degrees, float, name, object, text};
use super::both;
use crate::auth::{Commander, Reader, Scope};
use crate::central::Shared;
use crate::dto::{self, AdsbSettings, BaseStation, GpsTestResult, H4mImported, SerialPortRead, Utc};
use crate::error::ApiError;
use crate::hardware::{ImportError, SerialPort, import, sentences};
use crate::store::HardwareItem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use model::UnixMicros;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;

const BAUD: (f64, f64) = (300.0, 4_000_000.0);
const WAIT_SECONDS: (f64, f64) = (0.1, 30.0);
/// Larger numbers are nobody's gain, frequency or altitude.
const NUMBER_MAX: f64 = 1e12;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/hardware/serial", get(serial));
    let router = both(router, "/api/v1/hardware/test-gps", post(test_gps));
    let router = both(router, "/api/v1/hardware/register-base-station", post(register_base_station));
    let router = both(router, "/api/v1/hardware/enable-adsb", post(enable_adsb));
    let router = both(router, "/api/v1/hardware/status", get(status));
    both(router, "/api/v1/hardware/h4m/import", post(h4m_import)).with_state(shared)
}

async fn ports(shared: &Shared) -> Result<Vec<SerialPort>, ApiError> {
    let Some(devices) = shared.config.devices.clone() else { return Ok(Vec::new()) };
    spawn_blocking(move || devices.serial_ports()).await.map_err(|_| ApiError::Internal)
}

fn shown(port: SerialPort) -> SerialPortRead {
    SerialPortRead { device: port.device, description: port.description, hwid: port.hwid }
}

#[utoipa::path(get, path = "/api/v1/hardware/serial", tag = "hardware", responses((status = 200, body = [SerialPortRead])))]
pub(crate) async fn serial(State(shared): State<Arc<Shared>>, _reader: Reader) -> Result<Json<Vec<SerialPortRead>>, ApiError> {
    Ok(Json(ports(&shared).await?.into_iter().map(shown).collect()))
}

/// A number from `min` to `max`, as the hardware models check it.
fn within((min, max): (f64, f64)) -> impl FnOnce(&Value) -> Result<f64, Problem> {
    move |value| match float(value)? {
        n if n < min => Err(("greater_than_equal", format!("Input should be greater than or equal to {min}"))),
        n if max < n => Err(("less_than_equal", format!("Input should be less than or equal to {max}"))),
        n => Ok(n),
    }
}

#[utoipa::path(post, path = "/api/v1/hardware/test-gps", tag = "hardware", security(("token" = ["command"])), request_body = dto::GpsTest,
    description = "Listens to one of the ports of `GET …/serial`.",
    responses((status = 200, body = GpsTestResult), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems)))]
pub(crate) async fn test_gps(State(shared): State<Arc<Shared>>, _: Commander, body: JsonObject) -> Result<Json<GpsTestResult>, ApiError> {
    let mut fields = Fields::of(body);
    fields.only(&["port", "baudrate", "timeout_seconds"]);
    let port = fields.required("port", name(255)).unwrap_or_default();
    let baud = fields.not_null("baudrate", within(BAUD)).unwrap_or(9_600.0) as u32;
    let wait = Duration::from_secs_f64(fields.not_null("timeout_seconds", within(WAIT_SECONDS)).unwrap_or(5.0));
    fields.finish()?;
    let command = vec!["listen".to_owned(), port.clone(), baud.to_string()];
    let failed = |error: String| Json(GpsTestResult { success: false, command: command.clone(), output: None, error: Some(error) });
    // Only what is a serial port: opening anything else by name would tell what files there are.
    let target = std::fs::canonicalize(&port).unwrap_or_else(|_| PathBuf::from(&port));
    let known = ports(&shared).await?.into_iter().any(|p| Path::new(&p.device) == target || p.device == port);
    let (true, Some(devices)) = (known, shared.config.devices.clone()) else {
        return Ok(failed("This is no serial port of the central's machine (GET /api/v1/hardware/serial)".into()));
    };
    let Ok(_one) = shared.listening.try_lock() else {
        return Ok(failed("Another test is listening just now; try again".into()));
    };
    let heard = spawn_blocking(move || devices.listen(&port, baud, wait)).await.map_err(|_| ApiError::Internal)?;
    Ok(match heard {
        Err(error) => failed(error),
        Ok(bytes) => {
            let found = sentences(&bytes);
            let error = found.is_empty().then(|| format!("{} bytes heard, no NMEA sentence with a right checksum in them", bytes.len()));
            Json(GpsTestResult { success: error.is_none(), command, output: (!found.is_empty()).then(|| found.join("\n")), error })
        }
    })
}

#[utoipa::path(post, path = "/api/v1/hardware/register-base-station", tag = "hardware", security(("token" = ["command"])),
    request_body = dto::BaseStationCreate,
    responses((status = 201, body = BaseStation), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn register_base_station(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    body: JsonObject,
) -> Result<(StatusCode, Json<BaseStation>), ApiError> {
    let mut fields = Fields::of(body);
    fields.only(&["callsign", "serial_number", "latitude", "longitude", "altitude_m", "notes"]);
    let made = BaseStation {
        callsign: fields.required("callsign", name(255)).unwrap_or_default(),
        serial_number: fields.given("serial_number", text(255)).flatten(),
        latitude: fields.given("latitude", degrees(90.0)).flatten(),
        longitude: fields.given("longitude", degrees(180.0)).flatten(),
        altitude_m: fields.given("altitude_m", within((-NUMBER_MAX, NUMBER_MAX))).flatten(),
        notes: fields.given("notes", text(10_000)).flatten(),
        registered_at: Utc(shared.now()),
    };
    fields.finish()?;
    commander.store.set_hardware(HardwareItem::BaseStation, raw(&made)?.get()).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, ApiError> {
    to_raw_value(value).map_err(|_| ApiError::Internal)
}

#[utoipa::path(post, path = "/api/v1/hardware/enable-adsb", tag = "hardware", security(("token" = ["command"])), request_body = dto::AdsbEnable,
    description = "Notes what is wished. Receivers are started by their own service (`systemctl start vtoc-station`).",
    responses((status = 200, body = AdsbSettings), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail, description = "Also: a command was given"), (status = 413, body = dto::Detail),
        (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn enable_adsb(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    body: JsonObject,
) -> Result<Json<AdsbSettings>, ApiError> {
    let mut fields = Fields::of(body);
    fields.only(&["enabled", "device", "gain", "frequency", "options", "start_command", "stop_command", "timeout_seconds"]);
    let given = |fields: &Fields, name| fields.get(name).is_some_and(|v: &Value| !v.is_null() && v != &Value::Array(Vec::new()));
    let command = given(&fields, "start_command") || given(&fields, "stop_command");
    let enabled = fields.required("enabled", boolean).unwrap_or_default();
    let device = fields.given("device", text(255)).flatten();
    let gain = fields.given("gain", within((-NUMBER_MAX, NUMBER_MAX))).flatten();
    let frequency = fields.given("frequency", within((0.0, NUMBER_MAX))).flatten();
    let options = fields.given("options", object).flatten().unwrap_or_else(|| "{}".into());
    fields.not_null("timeout_seconds", within((0.0, 600.0)));
    fields.finish()?;
    if command {
        const NEVER: &str = "Commands from a request are never run: start the receiver's service (systemctl start vtoc-station)";
        return Err(ApiError::Forbidden(NEVER.into()));
    }
    let options = RawValue::from_string(options).map_err(|_| ApiError::Internal)?;
    let made = AdsbSettings { enabled, device, gain, frequency, options, last_updated_at: Utc(shared.now()) };
    commander.store.set_hardware(HardwareItem::Adsb, raw(&made)?.get()).await?;
    Ok(Json(made))
}

#[utoipa::path(get, path = "/api/v1/hardware/status", tag = "hardware",
    responses((status = 200, body = dto::HardwareStatus), (status = 503, body = dto::Detail)))]
pub(crate) async fn status(State(shared): State<Arc<Shared>>, reader: Reader) -> Result<Json<dto::HardwareStatus>, ApiError> {
    let store = &shared.store;
    let base_station = store.hardware(HardwareItem::BaseStation).await?.map(|(value, _)| value);
    let adsb = store.hardware(HardwareItem::Adsb).await?.map(|(value, _)| value);
    let last_h4m_import_at = store.hardware(HardwareItem::H4m).await?.map(|(_, at)| Utc(at));
    let serial_ports: Vec<SerialPortRead> = ports(&shared).await?.into_iter().map(shown).collect();
    let said: Value = adsb.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let own = |id| crate::store::Role::of_id(id).is_some_and(|role| reader.roles.contains(role));
    let adsb_sources = store.sources().await?.into_iter().filter(|s| s.source_type == "adsb" && own(s.id));
    let last: Option<UnixMicros> = adsb_sources.filter_map(|s| s.last_ingested_at).max();
    let health = dto::HardwareHealth {
        gps: if serial_ports.is_empty() { "unconfigured" } else { "configured" },
        adsb: if said["enabled"] == true { "enabled" } else { "disabled" },
        h4m: if last_h4m_import_at.is_some() { "imported" } else { "missing" },
        generated_at: Utc(shared.now()),
        details: dto::HardwareDetails {
            serial_ports: serial_ports.len(),
            adsb_device: said["device"].as_str().map(str::to_owned),
            adsb_last_ingested_at: last.map(Utc),
        },
    };
    let configuration = dto::HardwareConfiguration { base_station, adsb, last_h4m_import_at };
    Ok(Json(dto::HardwareStatus { configuration, serial_ports, health }))
}

#[utoipa::path(post, path = "/api/v1/hardware/h4m/import", tag = "hardware", security(("token" = ["admin"])), request_body = dto::H4mImport,
    description = "Copies files below the import root (`central.import_root`) to another place below it. An administrator's.",
    responses((status = 200, body = H4mImported), (status = 401, body = dto::Detail),
        (status = 403, body = dto::Detail, description = "Also: there is no import root, or the path leads out of it"),
        (status = 404, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn h4m_import(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    body: JsonObject,
) -> Result<Json<H4mImported>, ApiError> {
    commander.principal.require(Scope::Admin)?;
    let mut fields = Fields::of(body);
    fields.only(&["source_path", "destination_dir", "extract"]);
    let source = fields.required("source_path", name(4_096)).unwrap_or_default();
    let destination = fields.given("destination_dir", name(4_096)).flatten();
    let extract = fields.not_null("extract", boolean).unwrap_or(true);
    fields.finish()?;
    let none = || ApiError::Forbidden("There is no import root: set central.import_root to the folder where handhelds are mounted".into());
    let root = shared.config.import_root.clone().ok_or_else(none)?;
    let work = move || import(&root, Path::new(&source), destination.as_deref().map(Path::new), extract);
    let done = spawn_blocking(work).await.map_err(|_| ApiError::Internal)?;
    let done = done.map_err(|error| match error {
        ImportError::Missing => ApiError::NotFound("There is no such source_path below the import root"),
        ImportError::Io(error) => ApiError::Conflict(format!("The files could not be copied: {error}")),
        other => ApiError::Forbidden(other.to_string()),
    })?;
    let answer = H4mImported { imported: true, destination: done.destination.display().to_string(), files: done.files };
    let note = serde_json::json!({"destination": answer.destination, "files": answer.files.len()});
    commander.store.set_hardware(HardwareItem::H4m, &note.to_string()).await?;
    Ok(Json(answer))
}
