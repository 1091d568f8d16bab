//! A PostgreSQL of our own, for `vtoc demo` (kept in a folder) and for tests (thrown away). It never touches a server that
//! already runs: own data directory, own socket.
//!
//! A small shell process, the keeper, owns the server: it runs as user `postgres` when we are root (the server refuses
//! root), and stops the server when our end of its standard input closes, so that nothing stays behind however we end.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// `$1` the directory of the server's programs, `$2` the folder for the data.
const DURABLE: &str = r#"
trap '' INT TERM HUP
bin=$1 data=$2/data
cd "$2" || exit 1
socket=$(mktemp -d) || exit 1
log=$2/log
end() { rm -rf "$socket"; exit "$1"; }
[ -e "$data/PG_VERSION" ] || "$bin/initdb" -D "$data" -A trust -U postgres --locale=C.UTF-8 -E UTF8 >"$log" 2>&1 || { tail -n 3 "$log"; end 1; }
# A server that an earlier run left behind (its keeper was killed) is ours: stop it first.
"$bin/pg_ctl" -D "$data" status >/dev/null 2>&1 && "$bin/pg_ctl" -D "$data" -w -m fast stop >/dev/null 2>&1
"$bin/pg_ctl" -D "$data" -w -l "$log" start -o "-c listen_addresses= -k $socket -c max_connections=60" >/dev/null 2>&1 || { tail -n 3 "$log"; end 1; }
echo "ready $socket"
while read -r command; do :; done
"$bin/pg_ctl" -D "$data" -w -m fast stop >/dev/null 2>&1
end 0
"#;

/// A running server whose data stay. Dropping it stops it.
#[derive(Debug)]
pub struct PrivatePostgres {
    _keeper: Keeper,
    socket: String,
}

impl PrivatePostgres {
    /// Starts the server whose data lie in `dir`, made when there is none. The error is one sentence.
    pub fn start(dir: &Path) -> Result<Self, String> {
        let programs = server_programs().ok_or("PostgreSQL is not installed (package postgresql)")?;
        let dir = place(dir).map_err(|e| format!("{}: can't be made: {e}", dir.display()))?;
        let mut keeper =
            Keeper::start(DURABLE, &[programs.as_os_str(), dir.as_os_str()]).map_err(|e| format!("sh can't be started: {e}"))?;
        match keeper.answer("ready ") {
            Ok(socket) => Ok(Self { _keeper: keeper, socket }),
            Err(said) => Err(format!("the private PostgreSQL in {} does not start: {said}", dir.display())),
        }
    }

    /// A superuser, over the server's own socket, which only its user (and root) can open.
    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.socket)
    }
}

/// The folder, owned by the server's user. As root a folder below one that others may not enter won't do: then it lies
/// under `/var/lib`.
fn place(dir: &Path) -> std::io::Result<PathBuf> {
    let Some((uid, gid)) = server_user() else {
        make(dir)?;
        return Ok(dir.to_owned());
    };
    let absolute = std::path::absolute(dir)?;
    let reachable = absolute.ancestors().skip(1).all(|a| a.metadata().is_ok_and(|m| m.mode() & 0o001 != 0));
    let dir = if reachable { absolute } else { PathBuf::from(format!("/var/lib/vtoc-private-postgres-{:016x}", hash(&absolute))) };
    make(&dir)?;
    chown(&dir, Some(uid), Some(gid))?;
    Ok(dir)
}

fn make(dir: &Path) -> std::io::Result<()> {
    if let Some(parent) = dir.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

fn hash(path: &Path) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// User and group that the server runs as when we are root.
fn server_user() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// The shell process that owns a server.
#[derive(Debug)]
pub(crate) struct Keeper {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    pub(crate) fn start(script: &str, arguments: &[&std::ffi::OsStr]) -> std::io::Result<Self> {
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", script, "keeper"]).args(arguments);
        // A directory that the server's user can enter; ours may be private.
        let mut child = command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("it was piped"));
        Ok(Self { child, commands, answers })
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn command(&mut self, command: &str) -> std::io::Result<()> {
        let commands = self.commands.as_mut().expect("open until the drop");
        std::io::Write::write_all(commands, command.as_bytes())?;
        std::io::Write::flush(commands)
    }

    /// The rest of the first line that begins with `prefix`; without one, everything that was said instead.
    pub(crate) fn answer(&mut self, prefix: &str) -> Result<String, String> {
        let mut said = Vec::new();
        loop {
            let mut line = String::new();
            match self.answers.read_line(&mut line) {
                Ok(0) => return Err(said.join(" ")),
                Err(e) => return Err(e.to_string()),
                Ok(_) => {}
            }
            match line.trim_end().strip_prefix(prefix) {
                Some(rest) => return Ok(rest.to_owned()),
                None => said.push(line.trim_end().to_owned()),
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

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

/// The directory of `initdb`, `pg_ctl` and `postgres`: the newest of Debian's, else where PATH has them.
pub(crate) fn server_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok());
    let mut installed: Vec<PathBuf> = versions.map(|entry| entry.path()).filter(|p| p.join("bin/initdb").exists()).collect();
    installed.sort_by_key(|path| number(path));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = || std::env::split_paths(&path).find(|dir| dir.join("initdb").exists() && dir.join("pg_ctl").exists());
    installed.pop().map(|p| p.join("bin")).or_else(in_path)
}
