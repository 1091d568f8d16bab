//! The built console inside the binary: the only place that names rust-embed. In debug builds the files are read from disk.

use super::Asset;
use axum::body::Bytes;

#[derive(rust_embed::Embed)]
#[folder = "../web/dist"]
struct Dist;

pub(super) fn find(path: &str) -> Option<Asset> {
    let file = Dist::get(path)?;
    let tag = u64::from_be_bytes(file.metadata.sha256_hash()[..8].try_into().expect("eight of 32 bytes"));
    let bytes = match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => bytes.into(),
    };
    Some(Asset { bytes, tag })
}
