//! The task that keeps the connection.

use super::session::{Cutter, Said, said};
use super::{AGE_MAX, QUEUE_LINES};
use crate::session::Backoff;
use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// Who logs in where.
#[derive(Clone, Debug)]
pub struct Config {
    /// `host:port`.
    pub server: String,
    pub callsign: String,
    /// The line to begin with, its end included.
    pub login: Vec<u8>,
    /// Longest time without a byte: servers say something every 20 s.
    pub silence_max: Duration,
    /// First and longest wait before another attempt.
    pub again: [Duration; 2],
}

impl Config {
    pub fn new(server: String, callsign: String, login: Vec<u8>) -> Self {
        Self { server, callsign, login, silence_max: Duration::from_secs(60), again: [Duration::from_secs(1), Duration::from_secs(60)] }
    }
}

/// Connecting, and writing a line, may take so long.
const STEP_MAX: Duration = Duration::from_secs(10);
/// Answers to the login come at once.
const LOGIN_MAX: Duration = Duration::from_secs(20);

/// Totals since the start, for metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Logged in and verified now.
    pub verified: AtomicBool,
    pub sessions: AtomicU64,
    /// Attempts that came to no session.
    pub failed: AtomicU64,
    /// Sessions that the server did not verify.
    pub unverified: AtomicU64,
    pub sent: AtomicU64,
    /// Sent once more after a connection broke.
    pub sent_again: AtomicU64,
    /// Dropped because the queue was full.
    pub overflow: AtomicU64,
    /// Dropped because they could not be sent in time.
    pub expired: AtomicU64,
    /// Packets that the server sent.
    pub received: AtomicU64,
}

type Waiting = (Instant, Vec<u8>);

/// Where lines to be sent go. Dropping the last one ends the connection.
#[derive(Clone, Debug)]
pub struct Lines {
    queue: mpsc::Sender<Waiting>,
    counters: Arc<Counters>,
}

impl Lines {
    /// Never waits. `line`: without its end.
    pub fn send(&self, line: Vec<u8>) {
        if self.queue.try_send((Instant::now(), line)).is_err() {
            self.counters.overflow.fetch_add(1, Relaxed);
        }
    }

    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }
}

/// Keeps a connection as long as the [`Lines`] live. Packets from the server go to `packets`; one that finds no room is dropped.
/// Needs a tokio runtime.
pub fn start(config: Config, packets: Option<mpsc::Sender<Vec<u8>>>) -> Lines {
    let (queue, waiting) = mpsc::channel(QUEUE_LINES);
    let counters = Arc::new(Counters::default());
    let lines = Lines { queue, counters: Arc::clone(&counters) };
    let task = Task { config, counters, waiting, packets, held: VecDeque::new(), sent: VecDeque::new() };
    tokio::spawn(task.run());
    lines
}

struct Task {
    config: Config,
    counters: Arc<Counters>,
    waiting: mpsc::Receiver<Waiting>,
    packets: Option<mpsc::Sender<Vec<u8>>>,
    /// Taken from the queue and not sent.
    held: VecDeque<Waiting>,
    /// Sent so lately that the server may not have them.
    sent: VecDeque<Waiting>,
}

/// How a session ended.
enum End {
    /// Nobody has anything more to send.
    Over,
    Lost(Error),
    Unverified,
}

impl Task {
    async fn run(mut self) {
        let seed = self.config.callsign.bytes().fold(u64::from(std::process::id()), |s, b| s.wrapping_mul(31).wrapping_add(b.into()));
        let mut backoff = Backoff::new(self.config.again[0], self.config.again[1], seed);
        loop {
            let sessions = self.counters.sessions.load(Relaxed);
            let end = self.session().await;
            let was_verified = self.counters.verified.swap(false, Relaxed);
            let server = &self.config.server;
            match end {
                End::Over => return,
                End::Lost(error) if was_verified => {
                    tracing::warn!(server, %error, "the connection to APRS-IS is lost");
                    backoff.reset();
                }
                End::Lost(error) => tracing::debug!(server, %error, "no connection to APRS-IS"),
                End::Unverified => {
                    self.counters.unverified.fetch_add(1, Relaxed);
                    tracing::warn!(
                        server,
                        callsign = self.config.callsign,
                        "the APRS-IS server did not verify the login: check the call sign"
                    );
                }
            }
            if self.counters.sessions.load(Relaxed) == sessions {
                self.counters.failed.fetch_add(1, Relaxed);
            }
            if self.hold_until(Instant::now() + backoff.next_wait()).await.is_none() {
                return;
            }
            // What went into the broken connection, oldest first, before what waits.
            while let Some(line) = self.sent.pop_back() {
                self.counters.sent_again.fetch_add(1, Relaxed);
                self.held.push_front(line);
            }
        }
    }

    /// `None`: the queue has been closed.
    async fn hold_until(&mut self, then: Instant) -> Option<()> {
        loop {
            tokio::select! {
                () = sleep_until(then) => return Some(()),
                line = self.waiting.recv() => self.hold(line?),
            }
        }
    }

    fn hold(&mut self, line: Waiting) {
        self.held.push_back(line);
        if QUEUE_LINES < self.held.len() {
            self.held.pop_front();
            self.counters.overflow.fetch_add(1, Relaxed);
        }
    }

    async fn session(&mut self) -> End {
        let mut stream = match self.log_in().await {
            Ok(stream) => stream,
            Err(error) => return End::Lost(error),
        };
        self.counters.sessions.fetch_add(1, Relaxed);
        let (mut cutter, mut buffer) = (Cutter::default(), [0; 2_048]);
        let mut deadline = Instant::now() + LOGIN_MAX;
        loop {
            tokio::select! {
                read = stream.read(&mut buffer) => {
                    let n = match read {
                        Ok(0) => return End::Lost(ErrorKind::UnexpectedEof.into()),
                        Ok(n) => n,
                        Err(error) => return End::Lost(error),
                    };
                    if !self.hear(&mut cutter, &buffer[..n]) {
                        return End::Unverified;
                    }
                    if self.counters.verified.load(Relaxed) {
                        deadline = Instant::now() + self.config.silence_max;
                    }
                }
                line = self.waiting.recv() => match line {
                    Some(line) => self.hold(line),
                    None if !self.counters.verified.load(Relaxed) => return End::Over,
                    None => return self.flush(&mut stream).await.map_or_else(End::Lost, |()| End::Over),
                },
                () = sleep_until(deadline) => return End::Lost(Error::new(ErrorKind::TimedOut, "the server says nothing")),
            }
            if self.counters.verified.load(Relaxed)
                && let Err(error) = self.flush(&mut stream).await
            {
                return End::Lost(error);
            }
        }
    }

    async fn log_in(&self) -> Result<TcpStream> {
        let late = |what: &'static str| move |_| Error::new(ErrorKind::TimedOut, what);
        let connecting = TcpStream::connect(&self.config.server);
        let mut stream = timeout(STEP_MAX, connecting).await.map_err(late("no answer"))??;
        stream.set_nodelay(true)?;
        timeout(STEP_MAX, stream.write_all(&self.config.login)).await.map_err(late("the login is not taken"))??;
        Ok(stream)
    }

    /// `false`: the login was not verified.
    fn hear(&mut self, cutter: &mut Cutter, bytes: &[u8]) -> bool {
        let mut welcome = true;
        cutter.push(bytes, &mut |line| match said(line, &self.config.callsign) {
            Said::Verified => {
                self.counters.verified.store(true, Relaxed);
                tracing::info!(server = self.config.server, callsign = self.config.callsign, "logged in at APRS-IS");
            }
            Said::Unverified => welcome = false,
            Said::Comment => {}
            Said::Packet(packet) => {
                self.counters.received.fetch_add(1, Relaxed);
                if let Some(packets) = &self.packets {
                    // Nothing waits for a reader that is behind: packets repeat themselves.
                    let _ = packets.try_send(packet.to_vec());
                }
            }
        });
        welcome
    }

    /// Sends what is held.
    async fn flush(&mut self, stream: &mut TcpStream) -> Result<()> {
        while self.sent.front().is_some_and(|(at, _)| AGE_MAX < at.elapsed()) {
            self.sent.pop_front();
        }
        while let Some((at, line)) = self.held.pop_front() {
            if AGE_MAX < at.elapsed() {
                self.counters.expired.fetch_add(1, Relaxed);
                continue;
            }
            let bytes = [&line[..], b"\r\n"].concat();
            // Also when writing fails: part of it may have gone.
            self.sent.push_back((at, line));
            if QUEUE_LINES < self.sent.len() {
                self.sent.pop_front();
            }
            timeout(STEP_MAX, stream.write_all(&bytes))
                .await
                .map_err(|_| Error::new(ErrorKind::TimedOut, "the server takes nothing"))??;
            self.counters.sent.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
