//! Who is who on the link: the central's certificate authority, the stations' certificates, and TLS settings for both.
//!
//! ```text
//!   authority (ca.key, kept by the central, 0600)
//!     ├─ central   serverAuth, DNS name central.vtoc and the configured names and addresses
//!     └─ station   clientAuth, URI vtoc://ORG/station/NAME; the key is made on the station and never leaves it
//! ```
//!
//! Constraints:
//! - TLS 1.3 only, no tickets, no resumption, no early data: a resumed session was seen to accept an expired certificate;
//! - the station's name is read from its certificate, never from what it says;
//! - the station's clock has a floor ([`ClockFloor`]): a board without a clock starts in 1970 and must still connect;
//! - whether a key may deliver is asked of the keeper at every greeting and at intervals, not decided by dates alone.

mod authority;
mod config;
pub(crate) mod files;
pub(crate) mod name;
pub(crate) mod token;

pub use authority::{Authority, CENTRAL_NAME, STATION_DAYS, issue_station};
pub(crate) use authority::{request_certificate, save_certificate};
pub(crate) use config::pinned;
pub use config::{ALPN_DELIVERY, ALPN_ENROLMENT, Callers, ClockFloor, client_config, enrolment_config, server_config};
pub use files::{Identity, derived_secret};
pub use name::{Peer, peer_of};
pub use token::{NotAToken, TOKEN_LIFE, Token, TokenHash};

use std::path::PathBuf;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum TlsError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path}: not a {what} in PEM form")]
    Pem { path: PathBuf, what: &'static str },
    #[error("the authority could not sign: {0}")]
    Sign(#[from] rcgen::Error),
    #[error("not a certificate of ours: {0}")]
    Certificate(&'static str),
    #[error("TLS settings: {0}")]
    Rustls(#[from] rustls::Error),
    #[error("TLS settings: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    #[error("TLS settings: {0}")]
    Quic(#[from] quinn::crypto::rustls::NoInitialCipherSuite),
    #[error("{0:?} is not the name of an organisation: 1–64 of a–z 0–9 -")]
    Organisation(String),
}
