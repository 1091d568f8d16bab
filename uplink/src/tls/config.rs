//! TLS settings for both ends, and the clock by which certificates are judged.

use super::{Identity, TlsError};
use model::UnixMicros;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, UnixTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The protocol of `wire::control`.
pub const ALPN_DELIVERY: &[u8] = b"vtoc-deliver/1";

/// The time by which certificates are judged: the system clock, but never before what is certain. Certain are the day
/// this program was written, and every time that a proven central told.
#[derive(Debug)]
pub struct ClockFloor {
    floor_secs: AtomicI64,
    /// Seconds since 1970 of the system clock.
    system: fn() -> i64,
}

/// 2026-11-23T00:00:00Z. No honest clock is earlier than the source of this program.
const WRITTEN_SECS: i64 = 1_795_392_000;

impl Default for ClockFloor {
    fn default() -> Self {
        Self::with_system(system_secs)
    }
}

impl ClockFloor {
    /// With another system clock (tests).
    pub const fn with_system(system: fn() -> i64) -> Self {
        Self { floor_secs: AtomicI64::new(WRITTEN_SECS), system }
    }

    /// It is at least this late.
    pub fn learn(&self, time: UnixMicros) {
        self.floor_secs.fetch_max(time.0 / 1_000_000, Ordering::Relaxed);
    }

    pub fn floor(&self) -> UnixMicros {
        UnixMicros::from_secs(self.floor_secs.load(Ordering::Relaxed))
    }

    pub fn now_secs(&self) -> i64 {
        (self.system)().max(self.floor_secs.load(Ordering::Relaxed))
    }
}

impl TimeProvider for ClockFloor {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.now_secs().max(0) as u64)))
    }
}

fn system_secs() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

pub fn roots(authority: &CertificateDer<'static>) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone())?;
    Ok(Arc::new(roots))
}

/// The station's end: shows its certificate, believes only its own authority.
pub fn client_config(identity: &Identity, clock: Arc<ClockFloor>) -> Result<QuicClientConfig, TlsError> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(identity.authority())?, provider()).build()?;
    let mut config = ClientConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(&[&TLS13])?
        .dangerous() // only the way to hand a verifier over: it is rustls' own
        .with_custom_certificate_verifier(verifier)
        .with_client_auth_cert(identity.chain[..1].to_vec(), identity.key.clone_key())?;
    config.alpn_protocols = vec![ALPN_DELIVERY.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    Ok(QuicClientConfig::try_from(config)?)
}

/// The central's end: every client shows a certificate of our authority.
pub fn server_config(identity: &Identity, clock: Arc<ClockFloor>) -> Result<QuicServerConfig, TlsError> {
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(identity.authority())?, provider()).build()?;
    let mut config = ServerConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())?;
    config.alpn_protocols = vec![ALPN_DELIVERY.to_vec()];
    // A resumed session skips the certificate check: there is nothing to resume.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(QuicServerConfig::try_from(config)?)
}
