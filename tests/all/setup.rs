//! `vtoc setup`: from the older system's own sample of inputs to a central that runs without a mighty login, and again, and dry.

use api::testing::Cluster;
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tests::http::get;
use tests::process::{Running, vtoc};
use tests::site::START;

/// As the older system's deployment guide has it.
const GUIDE: &str = r#"{
    "projectName": "vtoc", "stationRoles": ["ops", "intel", "logistics"],
    "chatkit": {"autoProvision": true, "orgId": "${CHATKIT_ORG_ID}", "webhookSecret": "${CHATKIT_WEBHOOK_SECRET}"},
    "agentkit": {"clientId": "${AGENTKIT_CLIENT_ID}", "clientSecret": "${AGENTKIT_CLIENT_SECRET}"},
    "services": {"traefik": true, "postgres": true, "n8n": false, "wazuh": false}}"#;

/// `vtoc setup MODE` with the guide's inputs in `dir`. Returns what it said; it must end well.
fn setup(dir: &Path, mode: &str, database: Option<&str>, more: &[&str]) -> String {
    let mut command = vtoc();
    std::fs::write(dir.join("inputs.json"), GUIDE).unwrap();
    command.args(["setup", mode, "--headless", "--config"]).arg(dir.join("inputs.json")).arg("--out").arg(dir.join("out")).args(more);
    command.env_remove("DATABASE_URL").env_remove("STATE_DIRECTORY");
    command.envs(database.map(|url| ("DATABASE_URL", url)));
    for (name, value) in
        [("CHATKIT_ORG_ID", "org"), ("CHATKIT_WEBHOOK_SECRET", "s e$cret"), ("AGENTKIT_CLIENT_ID", "id"), ("AGENTKIT_CLIENT_SECRET", "cs")]
    {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The variables of a file, as a shell reads them.
fn variables(path: &Path) -> BTreeMap<String, String> {
    let mut shell = Command::new("env");
    let output = shell.args(["-i", "sh", "-c", "set -a; . \"$1\"; env -0", "sh"]).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').filter_map(|pair| pair.split_once('=')).map(|(n, v)| (n.into(), v.into())).collect()
}

async fn connects(url: &str) -> bool {
    match PgConnection::connect(url).await {
        Ok(connection) => connection.close().await.is_ok(),
        Err(_) => false,
    }
}

/// A server that asks everybody but its administrator for a password.
fn cluster() -> Option<Cluster> {
    let cluster = Cluster::start()?;
    let rules = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(cluster.dir().join("data/pg_hba.conf"), rules).unwrap();
    cluster.stop();
    cluster.restart();
    Some(cluster)
}

#[test]
fn a_central_comes_to_be_from_the_guides_sample_and_again() {
    let Some(cluster) = cluster() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (out, admin) = (dir.path().join("out"), cluster.url());
    let said = setup(dir.path(), "local", Some(&admin), &["--apply", "--dry-run"]);
    assert!(said.contains("database vtoc_ops: made") && said.contains("station logistics (logistics): made known"), "{said}");
    assert!(!out.exists() && !said.contains("s e$cret"), "{said}");

    let said = setup(dir.path(), "local", Some(&admin), &["--apply"]);
    assert_eq!(said.matches("vtoc join --central HOST:PORT").count(), 3, "{said}");
    let local = out.join(".env.local");
    assert_eq!(std::fs::metadata(&local).unwrap().permissions().mode() & 0o777, 0o600);
    let values = variables(&local);
    assert_eq!((&*values["CHATKIT_WEBHOOK_SECRET"], &*values["AGENTKIT_CLIENT_ID"]), ("s e$cret", "id"));
    assert!(!std::fs::read_to_string(&local).unwrap().contains("postgres@"), "the administrator's login stays out of the file");
    isolated(&values);
    runs(&out, &values, &said);

    // Again: the file as it was, nobody's key lost; without the administrator's login the file's own will do.
    let text = std::fs::read_to_string(&local).unwrap();
    let said = setup(dir.path(), "local", Some(&admin), &["--apply"]);
    assert!(said.contains("station ops (ops): as it is") && !said.contains("new password"), "{said}");
    assert_eq!(std::fs::read_to_string(&local).unwrap(), text);
    let said = setup(dir.path(), "local", Some(&admin), &["--apply", "--dry-run"]);
    assert!(said.contains("database vtoc_ops: as it is") && said.contains("station ops (ops): as it is"), "{said}");
}

/// Each login reads its own database and no other, and only with its password.
fn isolated(values: &BTreeMap<String, String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let names = ["control", "ops", "intel", "logistics"];
        for name in names {
            let url = &values[&format!("DATABASE_URL_{}", name.to_uppercase())];
            assert!(connects(url).await, "{name}");
            assert!(!connects(&url.replacen(':', ":x", 2)).await, "{name}: a wrong password");
            for other in names.iter().filter(|other| **other != name) {
                let (server, _) = url.rsplit_once('/').unwrap();
                assert!(!connects(&format!("{server}/vtoc_{other}")).await, "{name} reads {other}");
            }
        }
    });
}

/// The central starts with the file's variables alone, and a station joins with the token that was shown.
fn runs(out: &Path, values: &BTreeMap<String, String>, said: &str) {
    let uplink = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut central = vtoc();
    central.args(["central", "--listen", "127.0.0.1:0", "--set", &format!("central.uplink_listen={uplink}"), "--state-dir"]);
    let mut running = Running::start(central.arg(out.join("state")).envs(values));
    let http = running.wait_for("console http", START).trim_start_matches("console ").trim_end_matches('/').to_owned();
    assert_eq!(get(&http, "/healthz").unwrap().status, 200);
    let token = said.lines().skip_while(|l| !l.starts_with("station ops")).nth(1).unwrap().rsplit(' ').next().unwrap();
    let joined =
        vtoc().args(["join", "--central", &uplink, token, "--set", "station.id=ops", "--state-dir"]).arg(out.join("ops")).output().unwrap();
    assert!(joined.status.success(), "{}", String::from_utf8_lossy(&joined.stderr));
    assert!(running.terminate(START).success());
}

#[test]
fn docker_compose_takes_the_generated_file() {
    for inputs in [r#"{"services": {"traefik": true}}"#, "{}", r#"{"database": {"url": "postgres://u@db.example/postgres"}}"#] {
        let dir = tempfile::tempdir().unwrap();
        let mut command = vtoc();
        command.args(["setup", "container", "--headless", "--config-json", inputs, "--out"]).arg(dir.path()).env_remove("DATABASE_URL");
        assert!(command.status().unwrap().success());
        let compose = ["-f", "docker-compose.generated.yml", "--env-file", ".env.local", "config"];
        let Ok(output) = Command::new("docker-compose").args(compose).current_dir(dir.path()).output() else {
            assert!(!tests::peers_required(), "docker-compose is not installed (package docker-compose)");
            eprintln!("skipped: docker-compose is not installed");
            return;
        };
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("central:") && text.contains("internal: true"), "{text}");
    }
}

#[test]
fn a_small_boards_settings_are_right() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = r#"{"station": {"role": "ops", "callsign": "TOC \"S1\"", "central": "central.example:7443"}}"#;
    let mut command = vtoc();
    assert!(command.args(["setup", "pi", "--headless", "--config-json", inputs, "--out"]).arg(dir.path()).status().unwrap().success());
    let check = vtoc().arg("check").arg("--config").arg(dir.path().join("vtoc.generated.toml")).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let values = variables(&dir.path().join(".env.station"));
    assert_eq!((&*values["VTOC__STATION__ID"], &*values["STATION_CALLSIGN"]), ("toc-s1", "TOC \"S1\""));
}

#[test]
fn wrong_inputs_are_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    for (inputs, told) in [
        (r#"{"stationRoles": ["navy"]}"#, "stationRoles[0]: role \"navy\": there is ops, intel, logistics"),
        (r#"{"chatkit": {"orgID": "x"}}"#, "chatkit.orgID: unknown field"),
        (r#"{"chatkit": {"orgId": "${NO_SUCH_VARIABLE}"}}"#, "not set: NO_SUCH_VARIABLE"),
        ("{", "the inputs"),
    ] {
        let output = vtoc().args(["setup", "local", "--headless", "--config-json", inputs, "--out"]).arg(dir.path()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(told), "{error}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
