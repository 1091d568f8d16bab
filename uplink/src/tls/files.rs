//! Keys and certificates on disk, as PEM. Keys are created with mode 0600 before a byte of them is written.

use super::TlsError;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A certificate chain (own first, authority last) and its key.
#[derive(Debug)]
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl Identity {
    /// Reads `NAME.crt`, `NAME.key` and `ca.crt` of `dir`.
    pub fn load(dir: &Path, name: &str) -> Result<Self, TlsError> {
        let (cert, key) = paths(dir, name);
        let mut chain = vec![read_certificate(&cert)?];
        chain.push(read_certificate(&dir.join("ca.crt"))?);
        Ok(Self { chain, key: read_key(&key)? })
    }

    /// The authority that signed it.
    pub fn authority(&self) -> &CertificateDer<'static> {
        self.chain.last().expect("load and issue put the authority last")
    }
}

/// A secret for another purpose, the same as long as the key is the same.
pub fn derived_secret(identity: &Identity, purpose: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(purpose).chain_update([0]).chain_update(identity.key.secret_der()).finalize().into()
}

pub fn paths(dir: &Path, name: &str) -> (PathBuf, PathBuf) {
    (dir.join(format!("{name}.crt")), dir.join(format!("{name}.key")))
}

pub fn read_certificate(path: &Path) -> Result<CertificateDer<'static>, TlsError> {
    let pem = read(path)?;
    CertificateDer::from_pem_slice(&pem).map_err(|_| TlsError::Pem { path: path.to_owned(), what: "certificate" })
}

pub fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read(path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| TlsError::Pem { path: path.to_owned(), what: "private key" })
}

pub fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Io { path: path.to_owned(), source })
}

/// Writes the whole file or leaves the old one: a key cut short by a power failure would lock a station out.
pub fn write(path: &Path, text: &str, secret: bool) -> Result<(), TlsError> {
    let io = |source| TlsError::Io { path: path.to_owned(), source };
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(io)?;
    }
    let part = path.with_extension("part");
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if secret { 0o600 } else { 0o644 });
        // A left-over file would keep its own mode.
        let _ = std::fs::remove_file(&part);
    }
    let mut file = options.open(&part).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
    std::fs::rename(&part, path).map_err(io)
}
