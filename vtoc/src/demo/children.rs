//! The demo's programs: this same binary with other commands. Each stops when its standard input closes, so that none
//! outlives the demo, however that ends.

use crate::failure::Failure;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

/// Longest time until a program has said where it listens.
const START_LIMIT: Duration = Duration::from_secs(30);

pub struct Child {
    name: String,
    child: tokio::process::Child,
    _stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
    log: String,
}

impl Child {
    /// `vtoc COMMAND --config FILE`, with its log in `dir/log`.
    pub fn start(command: &str, config: &Path, dir: &Path) -> Result<Self, Failure> {
        let failed = |e: std::io::Error| Failure::failed(format!("{command} can't be started: {e}"));
        let program = std::env::current_exe().map_err(failed)?;
        let log = dir.join("log");
        let mut child = Command::new(program)
            .args([command, "--until-stdin-closes", "--config"])
            .arg(config)
            .env_remove("STATE_DIRECTORY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).map_err(failed)?)
            // A Ctrl-C at the terminal is ours to pass on.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let stdout = child.stdout.take().ok_or_else(|| Failure::failed("a piped stdout is there"))?;
        let name = dir.file_name().map_or_else(|| command.to_owned(), |n| n.to_string_lossy().into_owned());
        Ok(Self { name, _stdin: child.stdin.take(), child, stdout: BufReader::new(stdout).lines(), log: log.display().to_string() })
    }

    /// Waits for the line that begins with `what`, and returns the rest of it.
    pub async fn told(&mut self, what: &str) -> Result<String, Failure> {
        let search = async {
            while let Ok(Some(line)) = self.stdout.next_line().await {
                if let Some(rest) = line.strip_prefix(what) {
                    return Some(rest.to_owned());
                }
            }
            None
        };
        let found = tokio::time::timeout(START_LIMIT, search).await.ok().flatten();
        found.ok_or_else(|| Failure::failed(format!("{} did not start: {} (its log is {})", self.name, self.last_words(), self.log)))
    }

    /// The last line of its log: why it ended, as it said itself.
    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().last().unwrap_or("it said nothing").to_owned()
    }

    /// Waits until it ends, which it should not by itself.
    pub async fn ended(&mut self) -> String {
        let _ = self.child.wait().await;
        self.name.clone()
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(mut self, limit: Duration) {
        drop(self._stdin.take());
        if tokio::time::timeout(limit, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}
