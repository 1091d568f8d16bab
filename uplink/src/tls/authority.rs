//! The certificate authority of an organisation: made once, kept by the central.

use super::TlsError;
use super::files::{self, Identity};
use super::name::{fingerprint, station_uri};
use crate::intake::KeyFingerprint;
use model::StationId;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType,
};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use sha2::{Digest, Sha256};
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// The name under which every station finds the central: the authority is the organisation's own, so one fixed name is
/// enough, and a new address needs no new certificate.
pub const CENTRAL_NAME: &str = "central.vtoc";
/// Days for which a station's certificate is good. Revocation does not wait for it: the keeper is asked at every greeting.
pub const STATION_DAYS: i64 = 365;
/// Long enough that a station whose clock is a year ahead still believes it.
const CENTRAL_DAYS: i64 = 2 * 365;
const AUTHORITY_DAYS: i64 = 20 * 365;
/// Certificates begin this long before they were made, for clocks that lag.
const BACKDATE: Duration = Duration::days(1);

/// Signs. Holds the root key in memory.
pub struct Authority {
    organisation: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl core::fmt::Debug for Authority {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Authority").field("organisation", &self.organisation).finish_non_exhaustive()
    }
}

impl Authority {
    /// The authority in `dir` (`ca.crt`, `ca.key`), made if there is none yet.
    pub fn open_or_create(dir: &Path, organisation: &str) -> Result<Self, TlsError> {
        if dir.join("ca.key").exists() { Self::open(dir) } else { Self::create(dir, organisation) }
    }

    pub fn open(dir: &Path) -> Result<Self, TlsError> {
        let certificate = files::read_certificate(&dir.join("ca.crt"))?;
        let key = read_key_pair(&dir.join("ca.key"))?;
        let organisation = organisation_of(&certificate)?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Self { organisation, certificate, issuer })
    }

    fn create(dir: &Path, organisation: &str) -> Result<Self, TlsError> {
        // The same alphabet as a station's name: it stands in a URI.
        if StationId::new(organisation).is_none() {
            return Err(TlsError::Organisation(organisation.to_owned()));
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name = name(organisation, "vTOC authority");
        valid_for(&mut params, AUTHORITY_DAYS);
        let certificate = params.self_signed(&key)?;
        files::write(&dir.join("ca.key"), &key.serialize_pem(), true)?;
        files::write(&dir.join("ca.crt"), &certificate.pem(), false)?;
        Self::open(dir)
    }

    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// SHA-256 of the authority's certificate: what a station is told out of band.
    pub fn certificate_hash(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }

    /// The central's own identity in `dir` (`central.crt`, `central.key`, `ca.crt`). The certificate is made anew at each
    /// call, so that its dates are fresh and its names those of the configuration; the key stays.
    /// `names`: DNS names and IP addresses.
    pub fn issue_central(&self, dir: &Path, names: &[String]) -> Result<Identity, TlsError> {
        let (_, key_path) = files::paths(dir, "central");
        let key = if key_path.exists() { read_key_pair(&key_path)? } else { KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)? };
        let mut all = vec![CENTRAL_NAME.to_owned()];
        all.extend_from_slice(names);
        let mut params = CertificateParams::new(all)?;
        params.distinguished_name = name(&self.organisation, "vTOC central");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        valid_for(&mut params, CENTRAL_DAYS);
        let certificate = params.signed_by(&key, &self.issuer)?;
        self.save(dir, "central", &certificate.pem(), Some(&key.serialize_pem()))?;
        Identity::load(dir, "central")
    }

    /// The key in a request whose signature proves that the sender holds it.
    pub fn requested_key(&self, request: &[u8]) -> Result<KeyFingerprint, TlsError> {
        let request = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(request))?;
        Ok(fingerprint(&request.public_key.subject_public_key_info()))
    }

    /// A station's certificate for the key in its request. The name is what the caller decides: of the request, only the
    /// key is used.
    pub fn sign_station(&self, request: &[u8], station: StationId) -> Result<CertificateDer<'static>, TlsError> {
        let request = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(request))?;
        self.station_certificate(&request.public_key, station, STATION_DAYS).map(|c| c.der().clone())
    }

    /// [`Authority::sign_station`] with another validity; not positive: a certificate that has already ended.
    pub fn station_certificate(&self, key: &impl PublicKeyData, station: StationId, days: i64) -> Result<rcgen::Certificate, TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = name(&self.organisation, station.as_str());
        let uri = station_uri(&self.organisation, station);
        params.subject_alt_names = vec![SanType::URI(uri.as_str().try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        valid_for(&mut params, days);
        Ok(params.signed_by(key, &self.issuer)?)
    }

    /// Writes a certificate, the authority's beside it, and the key when it was made here.
    fn save(&self, dir: &Path, name: &str, pem: &str, key_pem: Option<&str>) -> Result<(), TlsError> {
        let (cert_path, key_path) = files::paths(dir, name);
        if let Some(key_pem) = key_pem {
            files::write(&key_path, key_pem, true)?;
        }
        files::write(&cert_path, pem, false)?;
        let authority = dir.join("ca.crt");
        let same = files::read_certificate(&authority).is_ok_and(|c| c == self.certificate);
        if same { Ok(()) } else { files::write(&authority, &pem_of(&self.certificate), false) }
    }
}

/// Makes a key and a certificate for a station on this same machine, in `station_dir` (`station.key`, `station.crt`,
/// `ca.crt`). Returns the key's fingerprint, for the keeper to register. A station elsewhere enrols over the network
/// instead, so that its key never travels.
pub fn issue_station(authority: &Authority, station_dir: &Path, station: StationId) -> Result<KeyFingerprint, TlsError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = authority.station_certificate(&key, station, STATION_DAYS)?;
    authority.save(station_dir, "station", &certificate.pem(), Some(&key.serialize_pem()))?;
    Ok(fingerprint(&key.subject_public_key_info()))
}

fn read_key_pair(path: &Path) -> Result<KeyPair, TlsError> {
    let not_pem = || TlsError::Pem { path: path.to_owned(), what: "private key" };
    let pem = files::read(path)?;
    KeyPair::from_pem(core::str::from_utf8(&pem).map_err(|_| not_pem())?).map_err(|_| not_pem())
}

/// The station's key in `dir`, made if there is none, and a request for a certificate. An enrolment whose answer was lost
/// is repeated with the same key.
pub fn request_certificate(dir: &Path) -> Result<(KeyFingerprint, Vec<u8>), TlsError> {
    let (_, key_path) = files::paths(dir, "station");
    let key = if key_path.exists() {
        read_key_pair(&key_path)?
    } else {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        files::write(&key_path, &key.serialize_pem(), true)?;
        key
    };
    let request = CertificateParams::default().serialize_request(&key)?;
    Ok((fingerprint(&key.subject_public_key_info()), request.der().to_vec()))
}

/// What an enrolment brought: the station's certificate and its authority's.
pub fn save_certificate(dir: &Path, certificate: &CertificateDer, authority: &CertificateDer) -> Result<(), TlsError> {
    files::write(&dir.join("ca.crt"), &pem_of(authority), false)?;
    files::write(&files::paths(dir, "station").0, &pem_of(certificate), false)
}

pub fn pem_of(certificate: &CertificateDer) -> String {
    pem::encode(certificate)
}

fn name(organisation: &str, common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, organisation);
    name.push(DnType::CommonName, common);
    name
}

fn organisation_of(certificate: &CertificateDer) -> Result<String, TlsError> {
    use x509_parser::prelude::{FromDer, X509Certificate};
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| TlsError::Certificate("it can't be parsed"))?;
    let organisation = parsed.subject().iter_organization().next().and_then(|o| o.as_str().ok());
    organisation.map(str::to_owned).ok_or(TlsError::Certificate("the authority names no organisation"))
}

fn valid_for(params: &mut CertificateParams, days: i64) {
    let now = OffsetDateTime::now_utc();
    params.not_after = now + Duration::days(days);
    params.not_before = params.not_after.min(now) - BACKDATE;
}

/// Base64 in lines, between the two rulers. rcgen writes PEM for what it made itself only.
mod pem {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    pub fn encode(der: &[u8]) -> String {
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in der.chunks(48) {
            for group in line.chunks(3) {
                let bits = group.iter().fold(0_u32, |b, &x| b << 8 | u32::from(x)) << (8 * (3 - group.len()));
                for i in 0..4 {
                    let c = if i <= group.len() { ALPHABET[(bits >> (18 - 6 * i) & 63) as usize] } else { b'=' };
                    text.push(char::from(c));
                }
            }
            text.push('\n');
        }
        text + "-----END CERTIFICATE-----\n"
    }
}
