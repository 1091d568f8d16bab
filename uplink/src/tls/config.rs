//! TLS settings for both ends, and the clock by which certificates are judged.

use super::{Identity, TlsError};
use model::UnixMicros;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The protocol of `wire::control`.
pub const ALPN_DELIVERY: &[u8] = b"vtoc-deliver/1";

/// A station asks for its first certificate; it has none to show.
pub const ALPN_ENROLMENT: &[u8] = b"vtoc-enrol/1";

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

/// Whom the central lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Only stations with a certificate; TLS itself refuses all others.
    Stations,
    /// Also newcomers who want to enrol. The server must then look whether a delivery shows a certificate.
    StationsAndNewcomers,
}

/// The central's end: a client shows a certificate of our authority, or is a newcomer.
pub fn server_config(identity: &Identity, clock: Arc<ClockFloor>, callers: Callers) -> Result<QuicServerConfig, TlsError> {
    let builder = WebPkiClientVerifier::builder_with_provider(roots(identity.authority())?, provider());
    let (verifier, protocols) = match callers {
        Callers::Stations => (builder.build()?, vec![ALPN_DELIVERY.to_vec()]),
        Callers::StationsAndNewcomers => (builder.allow_unauthenticated().build()?, vec![ALPN_DELIVERY.to_vec(), ALPN_ENROLMENT.to_vec()]),
    };
    let mut config = ServerConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())?;
    config.alpn_protocols = protocols;
    // A resumed session skips the certificate check: there is nothing to resume.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(QuicServerConfig::try_from(config)?)
}

/// A newcomer's end: knows nothing but the hash of the authority's certificate, from its token.
pub fn enrolment_config(authority: [u8; 32], clock: Arc<ClockFloor>) -> Result<QuicClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinnedAuthority(authority)))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN_ENROLMENT.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(QuicClientConfig::try_from(config)?)
}

/// The certificate with this hash among those that the central sent.
pub fn pinned<'a>(chain: &'a [CertificateDer<'static>], hash: &[u8; 32]) -> Option<&'a CertificateDer<'static>> {
    chain.iter().find(|c| Sha256::digest(c)[..] == hash[..])
}

/// Takes the authority from what the central sends, if its hash is right, and from there on verifies as always.
#[derive(Debug)]
struct PinnedAuthority([u8; 32]);

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let owned: Vec<CertificateDer<'static>> = intermediates.iter().map(|c| c.clone().into_owned()).collect();
        let unknown = || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let authority = pinned(&owned, &self.0).ok_or_else(unknown)?;
        let mut store = RootCertStore::empty();
        store.add(authority.clone())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider()).build().map_err(|_| unknown())?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
