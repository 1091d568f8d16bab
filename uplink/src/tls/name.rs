//! Who a certificate is for: the station's name in its URI, and the fingerprint of its key.

use super::TlsError;
use crate::intake::KeyFingerprint;
use model::StationId;
use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// A station as its certificate proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub station: StationId,
    pub key: KeyFingerprint,
    /// The certificate ends here, seconds since 1970.
    pub not_after_secs: i64,
}

pub fn station_uri(organisation: &str, station: StationId) -> String {
    format!("vtoc://{organisation}/station/{station}")
}

/// Reads a certificate that TLS has already verified.
pub fn peer_of(certificate: &CertificateDer) -> Result<Peer, TlsError> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| TlsError::Certificate("it can't be parsed"))?;
    let names = parsed.subject_alternative_name().map_err(|_| TlsError::Certificate("its names can't be parsed"))?;
    let names = names.map(|ext| ext.value.general_names.as_slice()).unwrap_or_default();
    let [GeneralName::URI(uri)] = names else { return Err(TlsError::Certificate("a station has exactly one name, a URI")) };
    let station = uri
        .strip_prefix("vtoc://")
        .and_then(|rest| rest.split_once("/station/"))
        .filter(|(organisation, _)| !organisation.contains('/'))
        .and_then(|(_, station)| StationId::new(station))
        .ok_or(TlsError::Certificate("its URI names no station"))?;
    let key = fingerprint(parsed.public_key().raw);
    Ok(Peer { station, key, not_after_secs: parsed.validity().not_after.timestamp() })
}

/// SHA-256 of the SubjectPublicKeyInfo.
pub fn fingerprint(spki: &[u8]) -> KeyFingerprint {
    KeyFingerprint(Sha256::digest(spki).into())
}
