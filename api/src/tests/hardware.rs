//! `/api/v1/hardware/*`: what it answers, and what it never does.

use super::*;
use crate::auth::RoleSet;
use crate::hardware::{Devices, SerialPort};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A machine with one port on which a receiver talks. (A real port is opened in the binary's own tests.)
struct Bay;

impl Devices for Bay {
    fn serial_ports(&self) -> Vec<SerialPort> {
        vec![SerialPort { device: "/dev/ttyBAY0".into(), description: Some("u-blox".into()), hwid: None }]
    }

    fn listen(&self, _port: &str, baud: u32, _wait: Duration) -> Result<Vec<u8>, String> {
        match baud {
            9_600 => Ok(b"noise\r\n$GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E*68\r\n".to_vec()),
            4_800 => Ok(b"\xff\xfe\x01".to_vec()),
            _ => Err("it is in use".into()),
        }
    }
}

async fn bench(import_root: Option<std::path::PathBuf>) -> Option<Bench> {
    let (databases, clock) = (shared()?.databases(), HandClock::at(T0));
    let mut config = CentralConfig::new(databases.clone(), clock.clock());
    config.devices = Some(Arc::new(Bay));
    config.import_root = import_root;
    let mut central = Central::start(config);
    central.opened().await;
    Some(Bench { central, clock, databases })
}

#[tokio::test]
async fn ports_are_listed_and_listened_to() {
    let Some(bench) = bench(None).await else { return };
    let token = bench.token_with(&[Scope::Command, Scope::Read]).await;
    let (status, ports) = bench.get("/api/v1/hardware/serial").await;
    assert_eq!((status.as_u16(), ports), (200, json!([{"device": "/dev/ttyBAY0", "description": "u-blox", "hwid": null}])));
    let test = async |body: Value| bench.send(Method::POST, "/api/v1/hardware/test-gps", &token, &body).await;
    let (status, heard) = test(json!({"port": "/dev/ttyBAY0"})).await;
    assert_eq!((status.as_u16(), &heard["success"], &heard["error"]), (200, &json!(true), &Value::Null));
    assert!(heard["output"].as_str().unwrap().starts_with("$GPRMC") && heard["command"] == json!(["listen", "/dev/ttyBAY0", "9600"]));
    for (body, error) in [
        (json!({"port": "/dev/ttyBAY0", "baudrate": 4800}), "3 bytes heard, no NMEA sentence"),
        (json!({"port": "/dev/ttyBAY0", "baudrate": 115_200, "timeout_seconds": 0.1}), "it is in use"),
        (json!({"port": "/etc/passwd"}), "This is no serial port"),
        (json!({"port": "/dev/sda"}), "This is no serial port"),
    ] {
        let (status, heard) = test(body.clone()).await;
        assert!(
            status.as_u16() == 200 && heard["success"] == false && heard["error"].as_str().unwrap().starts_with(error),
            "{body}: {heard}"
        );
    }
    for (body, field) in [
        (json!({}), "port"),
        (json!({"port": "x", "baudrate": 0}), "baudrate"),
        (json!({"port": "x", "timeout_seconds": 31}), "timeout_seconds"),
        (json!({"port": "x", "timeout_seconds": 0}), "timeout_seconds"),
        (json!({"port": "x", "shell": "rm"}), "shell"),
    ] {
        let (status, answer) = test(body.clone()).await;
        assert!(status.as_u16() == 422 && !problem(&answer, field).is_empty(), "{body}: {answer}");
    }
    let writer = bench.token().await;
    assert_eq!(bench.send(Method::POST, "/api/v1/hardware/test-gps", &writer, &json!({"port": "x"})).await.0.as_u16(), 403);
}

#[tokio::test]
async fn what_is_registered_is_in_the_status_and_no_command_is_ever_run() {
    let Some(bench) = bench(None).await else { return };
    let token = bench.token_with(&[Scope::Command, Scope::Read]).await;
    let post = async |path: &str, body: Value| bench.send(Method::POST, &format!("/api/v1/hardware/{path}"), &token, &body).await;
    let (_, status) = bench.get("/api/v1/hardware/status").await;
    assert_eq!(status["configuration"], json!({"base_station": null, "adsb": null, "last_h4m_import_at": null}));
    assert_eq!(
        (&status["health"]["gps"], &status["health"]["adsb"], &status["health"]["h4m"]),
        (&json!("configured"), &json!("disabled"), &json!("missing"))
    );
    let sent = json!({"callsign": "TOC-BASE", "latitude": 18.4663, "longitude": -66.1057, "altitude_m": 12});
    let (code, made) = post("register-base-station", sent).await;
    let expected = json!({"callsign": "TOC-BASE", "serial_number": null, "latitude": 18.4663, "longitude": -66.1057, "altitude_m": 12.0,
        "notes": null, "registered_at": "2026-11-23T00:00:00Z"});
    assert_eq!((code.as_u16(), &made), (201, &expected));
    assert_eq!(post("register-base-station", json!({"callsign": "x", "extra": 1})).await.1["detail"][0]["type"], "extra_forbidden");
    let (code, adsb) =
        post("enable-adsb", json!({"enabled": true, "device": "0", "gain": 49.6, "options": {"ppm": 1}, "stop_command": []})).await;
    let expected = json!({"enabled": true, "device": "0", "gain": 49.6, "frequency": null, "options": {"ppm": 1},
        "last_updated_at": "2026-11-23T00:00:00Z"});
    assert_eq!((code.as_u16(), &adsb), (200, &expected));
    let witness = tempfile::tempdir().unwrap().keep().join("ran");
    let run = json!({"enabled": false, "start_command": ["touch", witness], "stop_command": ["touch", witness]});
    let (code, answer) = post("enable-adsb", run).await;
    assert!(code.as_u16() == 403 && answer["detail"].as_str().unwrap().contains("never run"), "{answer}");
    assert!(!witness.exists());
    let (_, status) = bench.get("/api/v1/hardware/status").await;
    assert_eq!((&status["configuration"]["base_station"], &status["configuration"]["adsb"]), (&made, &adsb));
    assert_eq!((&status["health"]["adsb"], &status["health"]["details"]["adsb_device"]), (&json!("enabled"), &json!("0")));
    let admin = bench.token_with(&[Scope::Admin]).await;
    let import = json!({"source_path": "/etc"});
    let refused = bench.send(Method::POST, "/api/v1/hardware/h4m/import", &admin, &import).await;
    assert!(refused.0.as_u16() == 403 && refused.1["detail"].as_str().unwrap().contains("import_root"), "{refused:?}");
    let audit = bench.central.store.audit(RoleSet::ALL, None, None, 100).await.unwrap();
    assert!(audit.iter().any(|e| e.action == "hardware.insert" && e.object == "adsb" && e.actor.starts_with("token:")));
}

#[tokio::test]
async fn a_handheld_is_imported_below_the_root_only() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("h4m")).unwrap();
    std::fs::write(dir.path().join("h4m/LOG.TXT"), "heard").unwrap();
    let Some(bench) = bench(Some(dir.path().to_owned())).await else { return };
    let admin = bench.token_with(&[Scope::Admin]).await;
    let import = async |token: &str, body: Value| {
        let (status, answer) = bench.send(Method::POST, "/api/v1/hardware/h4m/import", token, &body).await;
        (status.as_u16(), answer)
    };
    let (status, done) = import(&admin, json!({"source_path": "h4m"})).await;
    assert_eq!((status, &done["imported"], &done["files"]), (200, &json!(true), &json!(["LOG.TXT"])));
    assert_eq!(std::fs::read_to_string(std::path::Path::new(done["destination"].as_str().unwrap()).join("LOG.TXT")).unwrap(), "heard");
    assert_eq!(import(&admin, json!({"source_path": "/etc/passwd"})).await.0, 403);
    assert_eq!(import(&admin, json!({"source_path": "h4m", "destination_dir": "/etc"})).await.0, 403);
    assert_eq!(import(&admin, json!({"source_path": "nothing"})).await.0, 404);
    let commander = bench.token_with(&[Scope::Command, Scope::Read]).await;
    assert_eq!(import(&commander, json!({"source_path": "h4m"})).await.0, 403, "an administrator's");
    assert!(bench.get("/api/v1/hardware/status").await.1["configuration"]["last_h4m_import_at"].is_string());
}
