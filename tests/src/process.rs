//! Programs that tests start: found, watched, and ended with the test (by their own id, never by name).

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The binary under test: `VTOC_BIN`, else the one that `cargo build` put beside this test.
pub fn vtoc_binary() -> PathBuf {
    if let Some(path) = std::env::var_os("VTOC_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    let path = test.parent().and_then(|deps| deps.parent()).expect("tests lie in target/debug/deps").join("vtoc");
    assert!(path.exists(), "{} is not there: run `cargo build -p vtoc` first", path.display());
    path
}

/// A `vtoc` command, with an environment that configures nothing by accident.
pub fn vtoc() -> Command {
    let mut command = Command::new(vtoc_binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VTOC__") || name == "STATE_DIRECTORY") {
        command.env_remove(name);
    }
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    command
}

/// A running program whose lines are read; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    /// Starts it, collecting stdout and stderr together.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let (sender, lines) = channel();
        for stream in
            [Box::new(child.stdout.take().expect("piped")) as Box<dyn std::io::Read + Send>, Box::new(child.stderr.take().expect("piped"))]
        {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
            });
        }
        Self { child, lines, seen: Vec::new() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that holds `part`, and returns it. Panics with everything said when it doesn't come.
    pub fn wait_for(&mut self, part: &str, limit: Duration) -> String {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(part) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no line with `{part}` within {limit:?}; it said:\n{}", self.seen.join("\n")),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended without a line with `{part}`; it said:\n{}", self.seen.join("\n")),
            }
        }
    }

    /// Everything said until now.
    pub fn said(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.join("\n")
    }

    /// SIGKILL: no chance to tidy up.
    pub fn kill_9(mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// SIGTERM, and how it ended. Panics when it doesn't end in time.
    pub fn terminate(mut self, limit: Duration) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill is everywhere").success());
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                return status;
            }
            if deadline < Instant::now() {
                panic!("it did not end within {limit:?} after SIGTERM; it said:\n{}", self.said());
            }
            pause(Duration::from_millis(20));
        }
    }

    /// Has it ended?
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child")
    }

    /// Most memory it ever held, in bytes (VmHWM).
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it still runs");
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("Linux tells");
        line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number of kB") * 1024
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Waits a little between two looks at something that must come true.
#[expect(clippy::disallowed_methods, reason = "a test that polls another process has nothing to wait on")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Looks until `condition` gives something, or panics with `what`.
pub fn eventually<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        pause(Duration::from_millis(50));
    }
}
