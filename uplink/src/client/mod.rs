//! The station's end of the link: reads the spool, sends segments, forgets what the central has committed.
//!
//! ```text
//!   connect ─► Hello ─► HelloReply ─► read spool ─► Segment … (window) ─► Ack ─► acknowledge
//!      ▲                                                                      │
//!      └── back off with jitter ◄── one clear sentence in the status ◄── cut ─┘
//! ```

mod error;
mod session;
mod urgent;

pub use error::ClientError;
pub(crate) use urgent::STREAM_PRIORITY;

use crate::intake::{UrgentKey, Watermark};
use crate::link::Congestion;
use crate::session::{Backoff, Window};
use crate::spool::Spool;
use crate::tls::{self, ClockFloor, Identity, TlsError};
use crate::wire::BootInfo;
use model::{Epoch, StationId, UnixMicros};
use quinn::crypto::rustls::QuicClientConfig;
use std::collections::HashSet;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// `host:port` of the central.
    pub central: String,
    /// The name in the central's certificate.
    pub server_name: String,
    /// Where to send from; `None`: any address, chosen by the family of the central's.
    pub bind: Option<SocketAddr>,
    pub congestion: Congestion,
    pub window: Window,
    pub connect_timeout: Duration,
    /// The first wait between attempts, and the longest.
    pub backoff: (Duration, Duration),
    /// Whether distress goes ahead of what waits before it, where the central can take it.
    pub urgent_lane: bool,
    /// How long a stopping station still delivers what waits.
    pub stop_grace: Duration,
    /// Version of the program, for the greeting.
    pub program: String,
}

impl ClientConfig {
    pub fn new(central: impl Into<String>) -> Self {
        Self {
            central: central.into(),
            server_name: tls::CENTRAL_NAME.into(),
            bind: None,
            congestion: Congestion::default(),
            window: Window::default(),
            connect_timeout: Duration::from_secs(10),
            backoff: (Duration::from_millis(250), Duration::from_secs(30)),
            urgent_lane: true,
            stop_grace: Duration::from_secs(3),
            program: String::new(),
        }
    }
}

/// For metrics, the health page and `vtoc doctor`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientStatus {
    pub connected: bool,
    /// Why there is no connection: one sentence for a person. Stays until the next session.
    pub last_error: Option<String>,
    /// The trouble won't pass by itself.
    pub needs_a_person: bool,
    pub sessions: u64,
    pub failed_attempts: u64,
    pub segments_sent: u64,
    pub bytes_sent: u64,
    pub acks: u64,
    pub watermark: Option<Watermark>,
    pub rtt_micros: u64,
    pub segments_in_flight: u64,
    /// Accepted by the spool and not yet acknowledged.
    pub waiting_events: u64,
    /// Holes that were declared to the central.
    pub declared_losses: u64,
    /// The central takes urgent events ahead of what waits before them.
    pub urgent_lane: bool,
    pub urgent_sent: u64,
    /// Of those, sent in an earlier session, too, which ended without an acknowledgement.
    pub urgent_resent: u64,
    pub urgent_acks: u64,
    /// Epochs of which the central has more than the spool knows: the spool was set back to an older state.
    pub epochs_set_back: Vec<Epoch>,
    /// The central's clock minus ours at the last greeting.
    pub clock_offset_micros: Option<i64>,
}

/// The time that outlives a restart, in the spool.
const LAST_GOOD_TIME: &str = "last_good_time_micros";

pub struct Client {
    config: ClientConfig,
    station: StationId,
    crypto: Arc<QuicClientConfig>,
    clock: Arc<ClockFloor>,
    spool: Arc<Spool>,
    boot: BootInfo,
    /// Urgent events that were sent and not acknowledged: at most as many as the spool's rows and what was passed since.
    urgent_sent: Mutex<HashSet<UrgentKey>>,
    status: watch::Sender<ClientStatus>,
}

impl core::fmt::Debug for Client {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client").field("station", &self.station).field("config", &self.config).finish_non_exhaustive()
    }
}

impl Client {
    /// The station's name is that of its certificate.
    pub fn new(config: ClientConfig, identity: &Identity, spool: Arc<Spool>) -> Result<Self, TlsError> {
        Self::with_clock(config, identity, spool, Arc::new(ClockFloor::default()))
    }

    pub fn with_clock(config: ClientConfig, identity: &Identity, spool: Arc<Spool>, clock: Arc<ClockFloor>) -> Result<Self, TlsError> {
        let own = identity.chain.first().ok_or(TlsError::Certificate("the chain is empty"))?;
        let station = tls::peer_of(own)?.station;
        if let Ok(Some(micros)) = spool.fact(LAST_GOOD_TIME) {
            clock.learn(UnixMicros(micros));
        }
        let crypto = Arc::new(tls::client_config(identity, Arc::clone(&clock))?);
        let boot = BootInfo { program: config.program.clone(), started_at: system_now() };
        Ok(Self { config, station, crypto, clock, spool, boot, urgent_sent: Mutex::default(), status: watch::Sender::default() })
    }

    pub const fn station(&self) -> StationId {
        self.station
    }

    pub fn status(&self) -> watch::Receiver<ClientStatus> {
        self.status.subscribe()
    }

    /// Delivers until `stop` is ready, then what still waits for at most `stop_grace`. Never gives up before.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let (stopping, stopped) = watch::channel(false);
        let deliver = self.deliver(stopped);
        let mut deliver = pin!(deliver);
        tokio::select! {
            () = &mut deliver => return,
            () = stop => {}
        }
        stopping.send_replace(true);
        let _ = tokio::time::timeout(self.config.stop_grace, deliver).await;
        let _ = self.spool.housekeeping();
    }

    /// Sessions, one after the other.
    async fn deliver(&self, stopped: watch::Receiver<bool>) {
        let seed = self.spool.epoch().0;
        let mut backoff = Backoff::new(self.config.backoff.0, self.config.backoff.1, seed);
        loop {
            let before = self.status.borrow().acks;
            let outcome = self.session(stopped.clone()).await;
            let worked = before < self.status.borrow().acks;
            self.status.send_modify(|s| s.connected = false);
            if worked {
                backoff.reset();
            }
            match outcome {
                Ok(()) if *stopped.borrow() => return,
                Ok(()) => continue,
                Err(e) => self.failed(&e),
            }
            let mut stopped = stopped.clone();
            tokio::select! {
                () = tokio::time::sleep(backoff.next_wait()) => {}
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        }
    }

    fn failed(&self, e: &ClientError) {
        let sentence = e.to_string();
        let first_time = self.status.borrow().last_error.as_ref() != Some(&sentence);
        if first_time {
            tracing::warn!(central = self.config.central, "{sentence}");
        }
        self.status.send_modify(|s| {
            s.failed_attempts += 1;
            s.needs_a_person = e.needs_a_person();
            s.last_error = Some(sentence);
        });
    }
}

fn system_now() -> UnixMicros {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMicros(since.as_micros() as i64)
}
