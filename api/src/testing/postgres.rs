//! A throw-away PostgreSQL.
//!
//! One cluster per test process ([`shared`]), fresh databases per test ([`Cluster::databases`]). A small shell process owns
//! the cluster: it runs as user `postgres` when we are root (the server refuses root), and stops the server and deletes its
//! directory when our end of its standard input closes, so that nothing stays behind even when the tests are killed.
//!
//! Without PostgreSQL a test prints `skipped: PostgreSQL is not installed` and passes, unless `CI` or `VTOC_REQUIRE_PEERS`
//! is set: then it fails.

use crate::store::Databases;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
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

#[derive(Debug)]
struct Keeper {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<std::process::ChildStdout>,
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
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", KEEPER, "keeper"]).arg(programs).arg(port.to_string());
        // A directory that the server's user can enter; ours may be private.
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("sh (and as root runuser) start");
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut keeper = Keeper { child, commands, answers };
        let dir = keeper.answer("ready ")?;
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
        let commands = keeper.commands.as_mut().expect("open until the drop");
        commands.write_all(command.as_bytes()).and_then(|()| commands.flush()).expect("the keeper listens");
        keeper.answer("done").expect("the keeper answers");
    }
}

impl Keeper {
    /// The rest of the first line that begins so; everything else is shown.
    fn answer(&mut self, prefix: &str) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().strip_prefix(prefix) {
                Some(rest) => return Some(rest.to_owned()),
                None => {
                    #[expect(clippy::print_stderr, reason = "the server's complaint belongs into the test's output")]
                    {
                        eprint!("{line}");
                    }
                }
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

/// The directory of `initdb`, `pg_ctl` and `postgres`: the newest of Debian's, else where PATH has them.
fn server_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok());
    let mut installed: Vec<PathBuf> = versions.map(|entry| entry.path()).filter(|p| p.join("bin/initdb").exists()).collect();
    installed.sort_by_key(|path| number(path));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = || std::env::split_paths(&path).find(|dir| dir.join("initdb").exists() && dir.join("pg_ctl").exists());
    installed.pop().map(|p| p.join("bin")).or_else(in_path)
}
