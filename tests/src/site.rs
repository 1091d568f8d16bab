//! A central and stations for end-to-end tests: real programs, a real PostgreSQL, folders that go away with the test.

use crate::process::{Running, vtoc};
use api::testing::{Cluster, shared};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// How long a program may take until it has said where it listens; generous, machines are shared.
pub const START: Duration = Duration::from_secs(60);

/// One central with its own databases.
#[derive(Debug)]
pub struct Site {
    pub dir: TempDir,
    cluster: &'static Cluster,
    prefix: String,
    /// `http://127.0.0.1:…`, the same over restarts.
    pub http: String,
    /// `127.0.0.1:…` (UDP), the same over restarts.
    pub uplink: String,
    pub central: Option<Running>,
    /// May write telemetry.
    pub token: String,
}

impl Site {
    /// Databases, certificate authority, and a running central. `None`: PostgreSQL is not installed, and that is allowed.
    pub fn start() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let cluster = shared()?;
        let (http, uplink) = (free_address(), free_address());
        let mut site = Self {
            dir: tempfile::tempdir().unwrap(),
            cluster,
            prefix: format!("site{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)),
            http: format!("http://{http}"),
            uplink: uplink.clone(),
            central: None,
            token: String::new(),
        };
        let config =
            format!("[console]\nlisten = \"{http}\"\n[central]\nuplink_listen = \"{uplink}\"\ndatabase_prefix = \"{}\"\n", site.prefix);
        std::fs::write(site.config(), config).unwrap();
        let output = site.command("setup").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        site.token = said.lines().find_map(|l| l.split_once("(shown once): ")).expect("setup shows a token").1.trim().to_owned();
        site.start_central();
        Some(site)
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("central.toml")
    }

    /// `vtoc COMMAND` with the central's configuration.
    pub fn command(&self, command: &str) -> std::process::Command {
        let mut c = vtoc();
        c.arg(command).arg("--config").arg(self.config()).arg("--state-dir").arg(self.dir.path().join("central"));
        c.env("DATABASE_URL", self.cluster.url());
        c
    }

    pub fn start_central(&mut self) {
        let mut central = Running::start(&mut self.command("central"));
        central.wait_for("console http", START);
        self.central = Some(central);
    }

    pub fn kill_central(&mut self) {
        self.central.take().expect("it runs").kill_9();
    }

    /// The URL of one of the site's databases.
    pub fn database(&self, name: &str) -> String {
        let url = self.cluster.url();
        let (server, _) = url.rsplit_once('/').expect("a URL");
        format!("{server}/{}_{name}", self.prefix)
    }

    /// Makes a station known, and writes its folder with a configuration: `receivers` is TOML.
    pub fn enroll(&self, id: &str, receivers: &str) -> TestStation {
        self.enroll_as(id, "", receivers)
    }

    /// The same, with a call sign; empty: none.
    pub fn enroll_as(&self, id: &str, callsign: &str, receivers: &str) -> TestStation {
        let station = TestStation::new(self.dir.path(), id, receivers, Some(&self.uplink));
        let output =
            self.command("enroll").arg(id).args(["--callsign", callsign]).arg("--out").arg(station.dir.join("tls")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        station
    }
}

/// An address on loopback that stays ours over restarts: below the ports that the system gives to outgoing connections.
fn free_address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id() % 10_000;
    let mut candidates = (0..1_000).map(|_| 18_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 14_000);
    let free = |address: &String| TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok();
    candidates.find_map(|port| Some(format!("127.0.0.1:{port}")).filter(free)).expect("a thousand ports are not all taken")
}

/// A station's folder and, while it runs, its program.
#[derive(Debug)]
pub struct TestStation {
    pub dir: PathBuf,
    pub http: String,
    pub running: Option<Running>,
}

impl TestStation {
    pub fn new(parent: &Path, id: &str, receivers: &str, uplink: Option<&str>) -> Self {
        let dir = parent.join(id);
        std::fs::create_dir_all(&dir).unwrap();
        let station = Self { dir, http: String::new(), running: None };
        let uplink = uplink.map_or_else(String::new, |address| format!("[uplink]\ncentral = \"{address}\"\n"));
        let config = format!(
            "[station]\nid = \"{id}\"\nlatitude = 52.308\nlongitude = 4.764\n[console]\nlisten = \"127.0.0.1:0\"\n\
             [spool]\ncommit_ms = 100\n{uplink}{receivers}"
        );
        std::fs::write(station.config(), config).unwrap();
        station
    }

    fn config(&self) -> PathBuf {
        self.dir.join("vtoc.toml")
    }

    pub fn start(&mut self, extra: &[&str]) {
        let mut command = vtoc();
        command.arg("station").arg("--config").arg(self.config()).arg("--state-dir").arg(&self.dir).args(extra);
        let mut running = Running::start(&mut command);
        let line = running.wait_for("console http", START);
        line.trim_start_matches("console ").trim_end_matches('/').clone_into(&mut self.http);
        self.running = Some(running);
    }

    pub fn kill(&mut self) {
        self.running.take().expect("it runs").kill_9();
    }

    /// SIGTERM; it must end well.
    pub fn stop(&mut self) {
        let status = self.running.take().expect("it runs").terminate(Duration::from_secs(60));
        assert!(status.success(), "{status}");
    }

    /// The spool, once the station has ended.
    pub fn spool(&self) -> uplink::spool::Spool {
        uplink::spool::Spool::open(self.dir.join("spool.db"), uplink::spool::SpoolConfig::default()).unwrap()
    }
}

/// A simulated sky of `aircraft` aircraft at the pace of the world.
pub fn sky(aircraft: u32) -> String {
    format!("[receivers.sky]\nprotocol = \"adsb\"\nsource = \"sim\"\nseed = 7\naircraft = {aircraft}\n")
}

/// A receiver that never hears anything: for a station that only delivers.
pub const DEAF: &str = "receivers.sky.enabled=false";
