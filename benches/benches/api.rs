//! What the central's HTTP costs, beside the Python system's measured figures (docs/api.md): the same 563-byte event, one POST
//! each, from 8 connections; batches; lists of 100; filters over 100,000 events.
//!
//! `cargo bench -p benches --bench api`; without `--bench` (as `cargo test --benches` runs it) a short smoke run. The central
//! is a process of its own (this program with `--serve`), so its CPU time is its own (`/proc/<id>/stat`, 10 ms steps) with
//! its database client; PostgreSQL runs with its usual settings (fsync on) in a temporary folder. Every answer is checked,
//! and at the end the events are counted. Without PostgreSQL it says so and ends.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark's report; it fails by panicking")]

use api::auth::Scope;
use api::central::{Central, CentralConfig};
use api::private_postgres::PrivatePostgres;
use api::store::{Databases, NewStation, Role};
use model::{StationId, UnixMicros};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The body's size in the Python system's measurement.
const EVENT_BYTES: usize = 563;
const BATCH: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|a| a == "--serve") {
        return serve(&arguments[at + 1]);
    }
    let full = arguments.iter().any(|a| a == "--bench");
    let dir = tempfile::tempdir().unwrap();
    let postgres = match PrivatePostgres::start(dir.path()) {
        Ok(postgres) => postgres,
        Err(why) => return println!("skipped: {why}"),
    };
    let central = Server::start(&postgres.url());
    println!("idle: {} kB resident", central.resident_kb());
    central.posts("warm-up", 8, if full { 200 } else { 10 });
    let mut stored = 8 * if full { 200 } else { 10 };
    for (connections, each) in if full { vec![(8, 2_500), (8, 2_500), (1, 4_000)] } else { vec![(8, 10)] } {
        central.posts("POST, one event each", connections, each);
        stored += connections * each;
    }
    central.gets("GET, the newest 100", "/api/v1/telemetry/events", if full { 500 } else { 5 });
    let batches = if full { 100_000 / BATCH } else { 1 };
    central.batches(batches);
    stored += batches * BATCH;
    let held = central.total();
    assert_eq!(held.min(100_000), stored.min(100_000) as u64, "every answered event is held");
    let n = if full { 300 } else { 3 };
    // As autovacuum does by itself within a minute.
    std::thread::park_timeout(Duration::from_secs(if full { 65 } else { 0 }));
    central.gets("GET, a box", "/api/v1/telemetry/events?bbox=4,52,5,53", n);
    central.gets("GET, a subject", "/api/v1/telemetry/events?subject=icao:0000ff", n);
    central.gets("GET, an hour", "/api/v1/telemetry/events?since=2026-11-23T00:30:00Z&until=2026-11-23T01:30:00Z", n);
    central.gets("GET, a source", "/api/v1/telemetry/events?source=adsb-ingest", n);
    println!("after all: {} kB resident, {stored} events", central.resident_kb());
}

/// The central, until its standard input closes. Says its port and a token.
fn serve(url: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let clock = || UnixMicros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64);
        let mut central = Central::start(CentralConfig::new(Databases::at(url).unwrap(), Arc::new(clock)));
        central.opened().await;
        let secret = central.store.create_api_token("bench", &[Scope::Read, Scope::TelemetryWrite], None).await.unwrap();
        let slug = StationId::new("s1").unwrap();
        let station = NewStation { slug, name: "S1".into(), description: None, timezone: "UTC".into(), role: Role::Ops, place: None };
        central.store.register_station(&station).await.unwrap();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        println!("{} {}", listener.local_addr().unwrap().port(), secret.reveal());
        let router = central.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let parent_gone = || std::io::stdin().read_to_end(&mut Vec::new());
        let _ = tokio::task::spawn_blocking(parent_gone).await;
        central.stop().await;
    });
}

struct Server {
    child: Child,
    port: u16,
    token: String,
}

impl Server {
    fn start(url: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.arg("--serve").arg(url).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (port, token) = line.trim().split_once(' ').expect("the central says its port and a token");
        Self { port: port.parse().unwrap(), token: token.to_owned(), child }
    }

    /// User and system time of the central, all threads.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        Duration::from_millis(10 * (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()))
    }

    fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Runs `each` requests on each of so many connections, and reports.
    fn load(&self, what: &str, connections: usize, each: usize, events: usize, request: &(dyn Fn(usize) -> String + Sync)) {
        let (before, started) = (self.cpu(), Instant::now());
        let mut times: Vec<Duration> = std::thread::scope(|scope| {
            let one = |c: usize| {
                let mut connection = Connection::open(self.port);
                (0..each).map(|i| connection.ask(&request(c * each + i))).collect::<Vec<_>>()
            };
            let clients: Vec<_> = (0..connections).map(|c| scope.spawn(move || one(c))).collect();
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
        });
        let (wall, cpu) = (started.elapsed(), self.cpu() - before);
        times.sort_unstable();
        let requests = times.len() as f64;
        println!(
            "{what}, {connections} connections: {:.3} ms CPU per request, {:.1} us per event; {:.0} requests/s; p50 {:.2} ms, p99 {:.2} ms",
            cpu.as_secs_f64() * 1e3 / requests,
            cpu.as_secs_f64() * 1e6 / (requests * events as f64),
            requests / wall.as_secs_f64(),
            times[times.len() / 2].as_secs_f64() * 1e3,
            times[times.len() * 99 / 100].as_secs_f64() * 1e3,
        );
    }

    fn post(&self, body: &str) -> String {
        let head =
            format!("POST /api/v1/telemetry/events?station=s1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n", self.token);
        format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    fn posts(&self, what: &str, connections: usize, each: usize) {
        self.load(what, connections, each, 1, &|n| self.post(&event(n)));
    }

    fn batches(&self, batches: usize) {
        let batch = |n: usize| {
            let events: Vec<String> = (n * BATCH..(n + 1) * BATCH).map(event).collect();
            self.post(&format!("[{}]", events.join(",")))
        };
        self.load(&format!("POST, {BATCH} events each"), 1, batches, BATCH, &batch);
    }

    fn gets(&self, what: &str, path: &str, each: usize) {
        self.load(what, 1, each, 1, &|_| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }

    /// Events of the station.
    fn total(&self) -> u64 {
        let mut connection = Connection::open(self.port);
        connection.ask("GET /api/v1/stations/s1/dashboard HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer: serde_json::Value = serde_json::from_slice(&connection.body).unwrap();
        answer["metrics"]["total_events"].as_u64().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// As adsb-ingest sends it: 563 bytes, each another aircraft and place.
fn event(n: usize) -> String {
    let hex = format!("{:06x}", n % 500);
    let (lat, lon) = (40.0 + (n * 7_919 % 200_000) as f64 / 1e4, -10.0 + (n * 104_729 % 300_000) as f64 / 1e4);
    let (minute, second) = (n / 60 % 60, n % 60);
    let raw = format!(
        r#"{{\"hex\":\"{hex}\",\"flight\":\"KLM1023 \",\"alt_baro\":38000,\"gs\":450.1,\"track\":182.9,\"squawk\":\"1000\",\"lat\":{lat:.4},\"lon\":{lon:.4},\"seen\":0.1"#
    );
    let mut body = format!(
        r#"{{"source_slug":"adsb-ingest","source_name":"ADS-B ingest","event_time":"2026-11-23T{:02}:{minute:02}:{second:02}.123456+00:00","latitude":{lat:.4},"longitude":{lon:.4},"altitude":38000,"heading":182.9,"speed":450.1,"payload":{{"hex":"{hex}","flight":"KLM1023 ","squawk":"1000","category":"A3","rssi":-12.3,"messages":1234,"type":"adsb_icao"}},"status":"received","raw_data":"{raw}"#,
        n / 3_600 % 24,
    );
    let end = r#"}"}"#;
    let rest = EVENT_BYTES - body.len() - end.len();
    let _ = write!(body, "{}{end}", " ".repeat(rest));
    body
}

/// HTTP/1.1, kept alive.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: Vec<u8>,
}

impl Connection {
    fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 1 << 22], body: Vec::new() }
    }

    /// How long the answer took. It must be 200 or 201.
    fn ask(&mut self, request: &str) -> Duration {
        let started = Instant::now();
        self.stream.write_all(request.as_bytes()).unwrap();
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).unwrap();
            assert!(read != 0, "the central hung up: {}", String::from_utf8_lossy(&self.buffer[..filled]));
            filled += read;
            let Some(head) = self.buffer[..filled].windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let text = std::str::from_utf8(&self.buffer[..head]).unwrap().to_lowercase();
            let length: usize = text.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            if head + 4 + length <= filled {
                let took = started.elapsed();
                self.body = self.buffer[head + 4..filled].to_vec();
                let fine = text.starts_with("http/1.1 200") || text.starts_with("http/1.1 201");
                assert!(fine, "{}", String::from_utf8_lossy(&self.buffer[..filled.min(2_000)]));
                return took;
            }
        }
    }
}
