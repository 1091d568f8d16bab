//! How a new station gets its certificate: with a one-off token, over QUIC, and its key never leaves it.
//!
//! ```text
//!   station (token, no certificate)                      central
//!   TLS: the authority's hash is that of the token  ◄──  its chain
//!   Enrol {name, secret, request for my key}        ──►  request is signed by its key? ─► keeper: redeem ─► sign
//!   certificate is for my key and my name?          ◄──  Enrolled {certificate}, or Refuse
//! ```

use crate::client::ClientError;
use crate::intake::KeyFingerprint;
use crate::link::{self, CLOSE_DONE, CLOSE_REFUSED, CloseOnDrop, Congestion};
use crate::tls::{self, Authority, CENTRAL_NAME, ClockFloor, TlsError, Token, TokenHash};
use crate::wire::{Control, Frame, Refusal, Secret};
use model::StationId;
use quinn::Connection;
use rustls_pki_types::CertificateDer;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// An enrolment takes a moment; whoever needs longer has another purpose.
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RedeemError {
    /// Unknown, used, too old, or for another station. Which, is for the log, not for the caller.
    #[error("the token is not valid (any more): make a new one on the central")]
    Refused,
    #[error("storage is not available: {0}")]
    Unavailable(String),
}

/// Keeps tokens (as hashes) and the keys of stations.
pub trait Registrar: Send + Sync + 'static {
    /// Uses the token up and registers the key for the station, in one transaction. A token lives for
    /// [`tls::TOKEN_LIFE`] and serves one station once; a repeat with the same key within its life is no error (the
    /// answer may have been lost).
    fn redeem(&self, token: TokenHash, station: StationId, key: KeyFingerprint) -> impl Future<Output = Result<(), RedeemError>> + Send;
}

type Redeemed = Pin<Box<dyn Future<Output = Result<(), RedeemError>> + Send>>;

/// The central's side: the authority and the keeper of tokens.
pub struct Enrolment {
    authority: Authority,
    redeem: Box<dyn Fn(TokenHash, StationId, KeyFingerprint) -> Redeemed + Send + Sync>,
}

impl core::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Enrolment").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Enrolment {
    pub fn new<R: Registrar>(authority: Authority, registrar: Arc<R>) -> Self {
        let redeem = move |token, station, key| -> Redeemed {
            let registrar = Arc::clone(&registrar);
            Box::pin(async move { registrar.redeem(token, station, key).await })
        };
        Self { authority, redeem: Box::new(redeem) }
    }

    /// One request on one connection.
    pub(crate) async fn serve(&self, connection: &Connection) {
        let answered = tokio::time::timeout(TIMEOUT, async {
            let (mut send, mut recv) = connection.accept_bi().await.ok()?;
            let mut buffer = Vec::new();
            let read = link::read_frame(&mut recv, &mut buffer).await;
            let answer = match read {
                Ok(true) => self.answer(&buffer).await,
                _ => Err((Refusal::Protocol, "the central could not read the request".into())),
            };
            let refused = answer.is_err();
            let control = answer.unwrap_or_else(|(refusal, words)| Control::Refuse(refusal, words));
            send.write_all(&control.encode()).await.ok()?;
            send.finish().ok()?;
            send.stopped().await.ok()?;
            Some(refused)
        });
        let code = if answered.await == Ok(Some(false)) { CLOSE_DONE } else { CLOSE_REFUSED };
        connection.close(code, b"");
    }

    async fn answer(&self, frame: &[u8]) -> Result<Control, (Refusal, String)> {
        let unreadable = |e: String| (Refusal::Protocol, format!("the central could not read the request: {e}"));
        let (station, secret, request) = match Frame::decode(frame) {
            Ok(Frame::Control(Control::Enrol { station, secret, request })) => (station, secret, request),
            Ok(_) => return Err(unreadable("not an enrolment".into())),
            Err(e) => return Err(unreadable(e.to_string())),
        };
        // Everything that can fail by itself comes before the token is used up.
        let key = self.authority.requested_key(&request).map_err(|e| unreadable(e.to_string()))?;
        let certificate = self.authority.sign_station(&request, station).map_err(|e| unreadable(e.to_string()))?;
        (self.redeem)(tls::token::hash(&secret.0), station, key).await.map_err(|e| match e {
            RedeemError::Refused => (Refusal::NotAllowed, e.to_string()),
            RedeemError::Unavailable(_) => (Refusal::Unavailable, e.to_string()),
        })?;
        tracing::info!(%station, "a station enrolled");
        Ok(Control::Enrolled { certificate: certificate.to_vec() })
    }
}

#[derive(Debug, Error)]
pub enum EnrolError {
    #[error(transparent)]
    Link(#[from] ClientError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the central gave a certificate that is not for this station's key and name")]
    WrongCertificate,
}

/// The station's side: makes a key in `dir` (`station.key`), and gets `station.crt` and `ca.crt` from the central at
/// `central` (`host:port`). Returns the name that the station now has.
pub async fn enroll(central: &str, token: &Token, dir: &Path) -> Result<StationId, EnrolError> {
    let (key, request) = tls::request_certificate(dir)?;
    let (answer, authority) = match tokio::time::timeout(TIMEOUT, ask(central, token, request)).await {
        Ok(result) => result?,
        Err(_) => return Err(ClientError::Unreachable(central.to_owned()).into()),
    };
    let certificate = match answer {
        Control::Enrolled { certificate } => CertificateDer::from(certificate),
        Control::Refuse(refusal, words) => return Err(ClientError::Refused(refusal, words).into()),
        _ => return Err(ClientError::Protocol.into()),
    };
    let peer = tls::peer_of(&certificate)?;
    if (peer.station, peer.key) != (token.station, key) {
        return Err(EnrolError::WrongCertificate);
    }
    tls::save_certificate(dir, &certificate, &authority)?;
    Ok(peer.station)
}

/// The central's answer, and its authority's certificate.
async fn ask(central: &str, token: &Token, request: Vec<u8>) -> Result<(Control, CertificateDer<'static>), EnrolError> {
    let crypto = tls::enrolment_config(token.authority, Arc::new(ClockFloor::default()))?;
    let found = tokio::net::lookup_host(central).await.ok().and_then(|mut all| all.next());
    let address = found.ok_or_else(|| ClientError::Address(central.to_owned()))?;
    let any: SocketAddr = if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let endpoint = link::bind(any).and_then(link::client_endpoint).map_err(ClientError::Socket)?;
    let mut config = quinn::ClientConfig::new(Arc::new(crypto));
    config.transport_config(link::transport(Congestion::Cubic, 0));
    let lost = |e| ClientError::connection(e, central, true);
    let connecting = endpoint.connect_with(config, address, CENTRAL_NAME).map_err(ClientError::from)?;
    let connection = connecting.await.map_err(|e| ClientError::connection(e, central, false))?;
    let _closed = CloseOnDrop(connection.clone());
    let chain = connection.peer_identity().and_then(|any| any.downcast::<Vec<CertificateDer<'static>>>().ok()).unwrap_or_default();
    let authority = tls::pinned(&chain, &token.authority).ok_or(EnrolError::WrongCertificate)?.clone();
    let (mut send, mut recv) = connection.open_bi().await.map_err(lost)?;
    let enrol = Control::Enrol { station: token.station, secret: Secret(*token.secret()), request };
    send.write_all(&enrol.encode()).await.map_err(|e| ClientError::write(e, central))?;
    let _ = send.finish();
    let mut buffer = Vec::new();
    if !link::read_frame(&mut recv, &mut buffer).await.map_err(|e| ClientError::read(e, central))? {
        return Err(ClientError::Lost("no answer to the request".into()).into());
    }
    match Frame::decode(&buffer).map_err(ClientError::from)? {
        Frame::Control(control) => Ok((control, authority)),
        Frame::Segment(_) | Frame::Urgent(_) => Err(ClientError::Protocol.into()),
    }
}
