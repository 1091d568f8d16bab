//! The console's files: from a directory (`--ui-dir`), else from the binary (feature `embed-ui`), else one page that says
//! how to build them.
//!
//! Constraints: nothing outside the directory is ever read; hashed files (`assets/…`) are cached for ever, everything
//! else is asked again with an ETag; a path without a file extension is a page of the console and gets `index.html`.

#[cfg(feature = "embed-ui")]
mod embedded;

use crate::error::detail;
use crate::routes::etag::Tag;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'";
/// No file of the console is larger; a larger one in `--ui-dir` is refused instead of read into memory.
const FILE_BYTES_MAX: u64 = 64 << 20;

const HOW_TO_BUILD: &str = include_str!("not_built.html");

/// Where the files come from.
#[derive(Clone, Debug, Default)]
pub struct ConsoleFiles {
    pub ui_dir: Option<PathBuf>,
}

struct Asset {
    bytes: Bytes,
    tag: u64,
}

impl ConsoleFiles {
    /// Everything that no other route answers.
    pub(crate) fn router(self) -> Router {
        Router::new().fallback(serve).layer(CompressionLayer::new()).with_state(Arc::new(self))
    }

    async fn find(&self, path: &str) -> Result<Option<Asset>, FileTooLarge> {
        match &self.ui_dir {
            Some(dir) => read(dir, path).await,
            None => Ok(built_in(path)),
        }
    }
}

struct FileTooLarge;

async fn serve(State(files): State<Arc<ConsoleFiles>>, request: Request) -> Response {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    if is_api(uri) {
        return detail(StatusCode::NOT_FOUND, "Not Found");
    }
    if method != Method::GET && method != Method::HEAD {
        return detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    }
    let path = uri.path().trim_start_matches('/');
    let is_page = Path::new(path).extension().is_none();
    let name = if is_page { "index.html" } else { path };
    match files.find(name).await {
        Ok(Some(asset)) => respond(name, asset, headers),
        Ok(None) if is_page => respond(name, Asset::new(HOW_TO_BUILD.as_bytes().into()), headers),
        Ok(None) => detail(StatusCode::NOT_FOUND, "Not Found"),
        Err(FileTooLarge) => detail(StatusCode::INTERNAL_SERVER_ERROR, "The file is too large to be part of the console"),
    }
}

/// Paths of programs, where a page for people would only hide that the route does not exist.
fn is_api(uri: &Uri) -> bool {
    ["/api/", "/api"].iter().any(|p| uri.path() == *p) || uri.path().starts_with("/api/")
}

fn respond(name: &str, asset: Asset, request: &HeaderMap) -> Response {
    let tag = Tag::of_digest(asset.tag);
    let hashed = name.starts_with("assets/");
    let caching = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response =
        if tag.is_known(request) { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(asset.bytes).into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::ETAG, tag.value());
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    response
}

impl Asset {
    fn new(bytes: Bytes) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        Self { tag: hasher.finish(), bytes }
    }
}

#[cfg(feature = "embed-ui")]
fn built_in(path: &str) -> Option<Asset> {
    embedded::find(path)
}

#[cfg(not(feature = "embed-ui"))]
fn built_in(_path: &str) -> Option<Asset> {
    None
}

/// Reads `path` below `dir`. Links that lead out of it count as missing.
async fn read(dir: &Path, path: &str) -> Result<Option<Asset>, FileTooLarge> {
    let plain = Path::new(path).components().all(|c| matches!(c, std::path::Component::Normal(_)));
    if !plain || path.contains('\0') {
        return Ok(None);
    }
    let (Ok(root), Ok(file)) = (tokio::fs::canonicalize(dir).await, tokio::fs::canonicalize(dir.join(path)).await) else {
        return Ok(None);
    };
    let Ok(metadata) = tokio::fs::metadata(&file).await else { return Ok(None) };
    if !file.starts_with(&root) || !metadata.is_file() {
        return Ok(None);
    }
    if FILE_BYTES_MAX < metadata.len() {
        return Err(FileTooLarge);
    }
    Ok(tokio::fs::read(&file).await.ok().map(|bytes| Asset::new(bytes.into())))
}

fn mime(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "geojson" => "application/geo+json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
