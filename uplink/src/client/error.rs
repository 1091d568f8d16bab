//! What went wrong with a session, as one sentence for the person who has to do something about it.

use crate::link::FrameError;
use crate::session::{NotSent, SenderError};
use crate::spool::SpoolError;
use crate::wire::{Refusal, WireError};
use model::Epoch;
use quinn::{ConnectError, ConnectionError, ReadError, ReadExactError, WriteError};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum ClientError {
    #[error("the central's address {0} can't be found: check the name and the network")]
    Address(String),
    #[error("the central {0} can't be reached: no answer")]
    Unreachable(String),
    #[error("this machine can't send: {0}")]
    Socket(std::io::Error),
    #[error("delivery settings: {0}")]
    Settings(#[from] ConnectError),
    #[error("the central's certificate is refused: {0}")]
    CentralCertificate(String),
    #[error("the central refuses this station's certificate: {0}")]
    OwnCertificate(String),
    #[error("the central does not speak this delivery protocol: is another service on that port, or another version?")]
    Protocol,
    #[error("the central ended the session: {1}")]
    Refused(Refusal, String),
    #[error("the link to the central was lost: {0}")]
    Lost(String),
    #[error("the central sent what can't be read: {0}")]
    Garbage(#[from] WireError),
    #[error("the central contradicts itself: {0}")]
    Contradiction(#[from] SenderError),
    #[error("the central contradicts itself: {0}")]
    UrgentContradiction(#[from] NotSent),
    #[error("the spool was set back behind what the central has of epoch {0}: a new epoch begins")]
    SetBack(Epoch),
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

/// TLS alerts (RFC 8446 §6.2) that speak of certificates.
const ALERTS: [(u8, &str); 8] = [
    (42, "it is damaged"),
    (43, "it is of an unsupported kind"),
    (44, "it was revoked"),
    (45, "it has expired, or is not valid yet"),
    (46, "it is not acceptable"),
    (48, "it was signed by an authority that is not known there"),
    (51, "its key did not prove itself"),
    (116, "none was shown"),
];
const NO_APPLICATION_PROTOCOL: u8 = 120;

impl ClientError {
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::CentralCertificate(_) | Self::OwnCertificate(_) | Self::Settings(_) | Self::Protocol => true,
            Self::Refused(refusal, _) => refusal.needs_a_person(),
            _ => false,
        }
    }

    /// `connected`: the handshake was over on our side.
    pub fn connection(e: ConnectionError, central: &str, connected: bool) -> Self {
        match e {
            ConnectionError::TimedOut if !connected => Self::Unreachable(central.to_owned()),
            ConnectionError::TimedOut => Self::Lost("no sign of life for 20 s".into()),
            ConnectionError::VersionMismatch => Self::Protocol,
            ConnectionError::TransportError(t) => match alert(t.code.into()) {
                Some(NO_APPLICATION_PROTOCOL) => Self::Protocol,
                // Our own verifier speaks here, in words better than the alert's.
                Some(_) => Self::CentralCertificate(t.reason.trim_start_matches("invalid peer certificate: ").to_owned()),
                None => Self::Lost(t.to_string()),
            },
            ConnectionError::ConnectionClosed(close) => match alert(close.error_code.into()) {
                Some(NO_APPLICATION_PROTOCOL) => Self::Protocol,
                Some(code) => {
                    let words = ALERTS.iter().find(|(known, _)| *known == code).map(|(_, words)| (*words).to_owned());
                    Self::OwnCertificate(words.unwrap_or_else(|| format!("TLS alert {code}")))
                }
                None => Self::Lost(close.to_string()),
            },
            ConnectionError::ApplicationClosed(close) => Self::Lost(String::from_utf8_lossy(&close.reason).into_owned()),
            ConnectionError::Reset => Self::Lost("the central was restarted".into()),
            e => Self::Lost(e.to_string()),
        }
    }

    pub fn read(e: FrameError, central: &str) -> Self {
        match e {
            FrameError::Wire(e) => Self::Garbage(e),
            FrameError::Read(ReadExactError::ReadError(ReadError::ConnectionLost(e))) => Self::connection(e, central, true),
            FrameError::Read(e) => Self::Lost(e.to_string()),
        }
    }

    pub fn write(e: WriteError, central: &str) -> Self {
        match e {
            WriteError::ConnectionLost(e) => Self::connection(e, central, true),
            e => Self::Lost(e.to_string()),
        }
    }
}

/// QUIC carries TLS alerts as 0x100 + alert (RFC 9001 §4.8).
fn alert(code: u64) -> Option<u8> {
    (0x100..0x200).contains(&code).then_some(code as u8)
}
