//! The central's end of the link: proves who calls, keeps the order, stores, acknowledges.
//!
//! ```text
//!   accept ─► TLS 1.3, client certificate ─► Hello ─► fence the older session ─► keeper: greet ─► HelloReply
//!          ─► frames (a bounded queue) ─► segments merged into one transaction ─► keeper: store ─► Ack
//!          beside it: urgent events on a second stream ─► keeper: urgent ─► UrgentAck
//!          beside it: the keeper is asked again at intervals; a revoked key ends the session
//! ```

mod session;
mod sessions;
mod urgent;

use crate::enroll::Enrolment;
use crate::intake::Intake;
use crate::link::{self, CLOSE_DONE, CLOSE_REFUSED, CloseOnDrop, Congestion};
use crate::tls::{self, ALPN_ENROLMENT, Callers, ClockFloor, Identity, TlsError};
use model::{StationId, UnixMicros};
use quinn::{Endpoint, Incoming};
use sessions::Sessions;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;

/// Connections at a time, before and after they are authenticated.
const MAX_CONNECTIONS: usize = 4096;
/// Handshakes that wait for us.
const MAX_INCOMING: usize = 256;
/// After that many waiting or running handshakes a caller must prove its address first (QUIC Retry).
const RETRY_ABOVE: usize = 64;
/// Time for the last packets of a stopping central. Whoever misses them learns by a stateless reset or the idle time-out.
const FAREWELL: Duration = Duration::from_secs(1);
/// A handshake that takes longer is given up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    pub congestion: Congestion,
    /// How often the keeper is asked whether a connected key is still good.
    pub recheck: Duration,
    /// Whether urgent events may come ahead: credit for a station's second stream.
    pub urgent_lane: bool,
    /// How long a newer session of a station waits for the older one's transaction. Well below the station's own patience.
    pub fence_patience: Duration,
    /// How long a stopping central waits for the transactions that are running.
    pub stop_grace: Duration,
}

impl ServerConfig {
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            congestion: Congestion::default(),
            recheck: Duration::from_secs(3),
            urgent_lane: true,
            fence_patience: Duration::from_secs(5),
            stop_grace: Duration::from_secs(5),
        }
    }
}

#[derive(Debug, Error)]
pub enum ServerError {
    #[error("can't listen for stations on {address}: {source}")]
    Bind { address: SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// One live session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStatus {
    pub station: StationId,
    pub remote: SocketAddr,
    pub since: UnixMicros,
    pub program: String,
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerCounts {
    pub connections: u64,
    /// Handshakes that failed: no certificate, a foreign or expired one, no TLS at all.
    pub failed_handshakes: u64,
    pub sessions: u64,
    /// Sessions that we ended with a refusal.
    pub refused: u64,
    pub segments: u64,
    pub bytes: u64,
    pub events: u64,
    pub transactions: u64,
    pub declared_losses: u64,
    /// Sessions that a newer one of the same station replaced.
    pub superseded: u64,
    /// Older sessions whose transaction hung: the newer one went on beside it.
    pub passed_by: u64,
    /// Newcomers that asked for a certificate, with or without success.
    pub enrolments: u64,
    /// Urgent events that came ahead of what was before them.
    pub urgent: u64,
    /// Urgent events that were known already.
    pub urgent_repeats: u64,
    /// Urgent messages that could not be read, or that the keeper refused.
    pub urgent_refused: u64,
}

#[derive(Debug, Default)]
struct Counters {
    connections: AtomicU64,
    failed_handshakes: AtomicU64,
    sessions: AtomicU64,
    refused: AtomicU64,
    segments: AtomicU64,
    bytes: AtomicU64,
    events: AtomicU64,
    transactions: AtomicU64,
    declared_losses: AtomicU64,
    superseded: AtomicU64,
    enrolments: AtomicU64,
    urgent: AtomicU64,
    urgent_repeats: AtomicU64,
    urgent_refused: AtomicU64,
}

#[derive(Debug)]
struct Shared<I> {
    intake: Arc<I>,
    config: ServerConfig,
    clock: Arc<ClockFloor>,
    enrolment: Option<Enrolment>,
    sessions: Sessions,
    counters: Counters,
    open: AtomicUsize,
    stopping: watch::Sender<bool>,
}

#[derive(Debug)]
pub struct Server<I> {
    endpoint: Endpoint,
    shared: Arc<Shared<I>>,
}

/// What the rest of the central may ask while the server runs.
#[derive(Debug)]
pub struct ServerHandle<I>(Arc<Shared<I>>);

impl<I> Clone for ServerHandle<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I> ServerHandle<I> {
    pub fn sessions(&self) -> Vec<SessionStatus> {
        self.0.sessions.list()
    }

    pub fn counts(&self) -> ServerCounts {
        let c = &self.0.counters;
        ServerCounts {
            connections: c.connections.load(Relaxed),
            failed_handshakes: c.failed_handshakes.load(Relaxed),
            sessions: c.sessions.load(Relaxed),
            refused: c.refused.load(Relaxed),
            segments: c.segments.load(Relaxed),
            bytes: c.bytes.load(Relaxed),
            events: c.events.load(Relaxed),
            transactions: c.transactions.load(Relaxed),
            declared_losses: c.declared_losses.load(Relaxed),
            superseded: c.superseded.load(Relaxed),
            passed_by: self.0.sessions.passed_by(),
            enrolments: c.enrolments.load(Relaxed),
            urgent: c.urgent.load(Relaxed),
            urgent_repeats: c.urgent_repeats.load(Relaxed),
            urgent_refused: c.urgent_refused.load(Relaxed),
        }
    }
}

impl<I: Intake> Server<I> {
    /// Call within a tokio runtime.
    pub fn bind(config: ServerConfig, identity: &Identity, intake: Arc<I>) -> Result<Self, ServerError> {
        Self::with_clock(config, identity, intake, Arc::new(ClockFloor::default()))
    }

    pub fn with_clock(config: ServerConfig, identity: &Identity, intake: Arc<I>, clock: Arc<ClockFloor>) -> Result<Self, ServerError> {
        Self::bind_all(config, identity, intake, clock, None)
    }

    /// Serves newcomers too: who has a token gets a certificate.
    pub fn with_enrolment(config: ServerConfig, identity: &Identity, intake: Arc<I>, enrolment: Enrolment) -> Result<Self, ServerError> {
        Self::bind_all(config, identity, intake, Arc::new(ClockFloor::default()), Some(enrolment))
    }

    fn bind_all(
        config: ServerConfig,
        identity: &Identity,
        intake: Arc<I>,
        clock: Arc<ClockFloor>,
        enrolment: Option<Enrolment>,
    ) -> Result<Self, ServerError> {
        let callers = if enrolment.is_some() { Callers::StationsAndNewcomers } else { Callers::Stations };
        let crypto = tls::server_config(identity, Arc::clone(&clock), callers)?;
        let mut quic = quinn::ServerConfig::with_crypto(Arc::new(crypto));
        quic.transport_config(link::transport(config.congestion, 1 + u32::from(config.urgent_lane)))
            .max_incoming(MAX_INCOMING)
            .migration(true);
        let address = config.listen;
        let unable = |source| ServerError::Bind { address, source };
        let secret = tls::derived_secret(identity, b"vtoc stateless reset");
        let endpoint = link::server_endpoint(link::bind(address).map_err(unable)?, quic, secret).map_err(unable)?;
        let shared = Shared {
            intake,
            config,
            clock,
            enrolment,
            sessions: Sessions::default(),
            counters: Counters::default(),
            open: AtomicUsize::new(0),
            stopping: watch::Sender::new(false),
        };
        Ok(Self { endpoint, shared: Arc::new(shared) })
    }

    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    pub fn handle(&self) -> ServerHandle<I> {
        ServerHandle(Arc::clone(&self.shared))
    }

    /// Serves until `stop` is ready; then refuses new sessions, lets running transactions end and says goodbye.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = pin!(stop);
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                incoming = self.endpoint.accept() => match incoming {
                    Some(incoming) => self.admit(incoming, &mut tasks),
                    None => break,
                },
                Some(_) = tasks.join_next() => {}
                () = &mut stop => break,
            }
        }
        self.shared.stopping.send_replace(true);
        let all = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(self.shared.config.stop_grace, all).await;
        self.endpoint.close(CLOSE_DONE, b"the central is stopping");
        let _ = tokio::time::timeout(FAREWELL, self.endpoint.wait_idle()).await;
    }

    fn admit(&self, incoming: Incoming, tasks: &mut tokio::task::JoinSet<()>) {
        let open = self.shared.open.load(Relaxed);
        if MAX_CONNECTIONS <= open {
            incoming.refuse();
            return;
        }
        if RETRY_ABOVE <= open && !incoming.remote_address_validated() {
            // An error means that the address was validated after all.
            let _ = incoming.retry();
            return;
        }
        let open = Open::new(&self.shared);
        tasks.spawn(async move { connection(&open.0, incoming).await });
    }
}

/// Counts a connection for as long as it is handled, however that ends.
struct Open<I>(Arc<Shared<I>>);

impl<I> Open<I> {
    fn new(shared: &Arc<Shared<I>>) -> Self {
        shared.open.fetch_add(1, Relaxed);
        Self(Arc::clone(shared))
    }
}

impl<I> Drop for Open<I> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

async fn connection<I: Intake>(shared: &Shared<I>, incoming: Incoming) {
    shared.counters.connections.fetch_add(1, Relaxed);
    let remote = incoming.remote_address();
    let connection = match tokio::time::timeout(HANDSHAKE_TIMEOUT, async { incoming.accept()?.await }).await {
        Ok(Ok(connection)) => connection,
        failed => {
            shared.counters.failed_handshakes.fetch_add(1, Relaxed);
            tracing::debug!(%remote, ?failed, "handshake failed");
            return;
        }
    };
    let _closed = CloseOnDrop(connection.clone());
    let data = connection.handshake_data().and_then(|any| any.downcast::<quinn::crypto::rustls::HandshakeData>().ok());
    let newcomer = data.and_then(|d| d.protocol).is_some_and(|protocol| protocol == ALPN_ENROLMENT);
    if let (true, Some(enrolment)) = (newcomer, &shared.enrolment) {
        shared.counters.enrolments.fetch_add(1, Relaxed);
        return enrolment.serve(&connection).await;
    }
    let chain = connection.peer_identity().and_then(|any| any.downcast::<Vec<rustls_pki_types::CertificateDer<'static>>>().ok());
    let peer = chain.as_ref().and_then(|chain| chain.first()).map(tls::peer_of);
    match peer {
        Some(Ok(peer)) => session::serve(shared, &connection, peer).await,
        // Also a newcomer who says that it delivers: without a certificate there is no name.
        _ => {
            shared.counters.failed_handshakes.fetch_add(1, Relaxed);
            connection.close(CLOSE_REFUSED, b"the certificate names no station");
        }
    }
}
