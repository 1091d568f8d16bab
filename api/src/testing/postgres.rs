//! A throw-away PostgreSQL.
//!
//! One cluster per test process ([`shared`]), fresh databases per test ([`Cluster::databases`]). A small shell process owns
//! the cluster: it runs as user `postgres` when we are root (the server refuses root), and stops the server and deletes its
//! directory when our end of its standard input closes, so that nothing stays behind even when the tests are killed.
//!
//! Without PostgreSQL a test prints `skipped: PostgreSQL is not installed` and passes, unless `CI` or `VTOC_REQUIRE_PEERS`
//! is set: then it fails.

use crate::private_postgres::{Keeper, server_programs};
use crate::store::Databases;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// `$1` the directory of the server's programs, `$2` a port for 127.0.0.1. Commands come on standard input.
const KEEPER: &str = r#"
trap '' INT TERM HUP
bin=$1 port=$2
dir=$(mktemp -d) || exit 1
"$bin/initdb" -D "$dir/data" -A trust -U postgres --no-sync --locale=C.UTF-8 -E UTF8 >"$dir/log" 2>&1 || { cat "$dir/log"; rm -rf "$dir"; exit 1; }
start() { "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" start -o "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses=127.0.0.1 -p $port -k $dir -c max_connections=200 -c shared_buffers=32MB" >/dev/null 2>&1; }
stop() { "$bin/pg_ctl" -D "$dir/data" -w -m immediate stop >/dev/null 2>&1; }
if start; then echo "ready $dir"; else cat "$dir/log"; rm -rf "$dir"; exit 1; fi
while read -r command; do
  case "$command" in
    stop) stop; echo done;;
    start) start; echo done;;
  esac
done
stop
rm -rf "$dir"
"#;

/// A running server. Dropping it stops it and deletes everything.
#[derive(Debug)]
pub struct Cluster {
    keeper: Mutex<Keeper>,
    port: u16,
    dir: PathBuf,
    databases: AtomicU32,
}

/// The cluster that all tests of this process share. `None`: PostgreSQL is not installed, and that is allowed.
pub fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED.get_or_init(Cluster::start).as_ref()
}

impl Cluster {
    /// A server of one's own, for tests that stop it.
    pub fn start() -> Option<Self> {
        let Some(programs) = server_programs() else {
            let required = ["CI", "VTOC_REQUIRE_PEERS"].iter().any(|name| std::env::var_os(name).is_some());
            assert!(!required, "PostgreSQL is not installed, and CI or VTOC_REQUIRE_PEERS is set");
            #[expect(clippy::print_stderr, reason = "the reason must be seen in the test's output")]
            {
                eprintln!("skipped: PostgreSQL is not installed");
            }
            return None;
        };
        Some((0..5).find_map(|_| Self::try_start(&programs)).expect("a PostgreSQL server starts; its log is above"))
    }

    /// A second test may take the port between our choosing it and the server's binding it.
    fn try_start(programs: &Path) -> Option<Self> {
        let port = free_port();
        let mut keeper = Keeper::start(KEEPER, &[programs.as_os_str(), port.to_string().as_ref()]).expect("sh (and as root runuser) start");
        let dir = match keeper.answer("ready ") {
            Ok(dir) => dir,
            Err(said) => {
                #[expect(clippy::print_stderr, reason = "the server's complaint belongs into the test's output")]
                {
                    eprintln!("{said}");
                }
                return None;
            }
        };
        Some(Self { keeper: Mutex::new(keeper), port, dir: dir.into(), databases: AtomicU32::new(0) })
    }

    /// `postgres://postgres@127.0.0.1:<port>/postgres`, a superuser.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Where its Unix socket is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Names of databases that nobody else uses. They are not made yet.
    pub fn databases(&self) -> Databases {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        Databases::with_prefix(&self.url(), &format!("t{number}")).expect("our own URL")
    }

    /// Kills the server, as a power cut would.
    pub fn stop(&self) {
        self.command("stop\n");
    }

    /// Starts it again, with what it had committed.
    pub fn restart(&self) {
        self.command("start\n");
    }

    fn command(&self, command: &str) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        keeper.command(command).expect("the keeper listens");
        keeper.answer("done").expect("the keeper answers");
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}
