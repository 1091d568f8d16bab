//! Files, headers, and what must not be served.

use super::*;
use axum::body::to_bytes;
use tower::ServiceExt;

async fn get(files: &ConsoleFiles, path: &str, if_none_match: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().uri(path);
    if let Some(tag) = if_none_match {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let response = files.clone().router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, to_bytes(body, 1 << 20).await.unwrap().to_vec())
}

fn built() -> (tempfile::TempDir, ConsoleFiles) {
    let dir = tempfile::tempdir().unwrap();
    let ui = dir.path().join("dist");
    std::fs::create_dir_all(ui.join("assets")).unwrap();
    for (name, text) in [("dist/index.html", "<p>map"), ("dist/assets/app-1a2b.mjs", "export {}"), ("secret.txt", "secret")] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    std::os::unix::fs::symlink(dir.path().join("secret.txt"), ui.join("link.txt")).unwrap();
    (dir, ConsoleFiles { ui_dir: Some(ui) })
}

#[tokio::test]
async fn pages_and_hashed_files_have_their_headers() {
    let (_dir, files) = built();
    for page in ["/", "/map", "/stations/toc-s1", "/index.html"] {
        let (status, headers, body) = get(&files, page, None).await;
        assert_eq!((status, &body[..]), (StatusCode::OK, &b"<p>map"[..]), "{page}");
        assert_eq!(headers["cache-control"], "no-cache");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert!(headers["content-security-policy"].to_str().unwrap().contains("worker-src 'self' blob:"));
    }
    let (status, headers, _) = get(&files, "/assets/app-1a2b.mjs", None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let (dir, files) = built();
    let (_, headers, _) = get(&files, "/", None).await;
    let tag = headers["etag"].to_str().unwrap().to_owned();
    let (status, _, body) = get(&files, "/", Some(&tag)).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    std::fs::write(dir.path().join("dist/index.html"), "<p>new").unwrap();
    assert_eq!(get(&files, "/", Some(&tag)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn nothing_outside_the_directory_is_served() {
    let (_dir, files) = built();
    for path in
        ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/link.txt", "//secret.txt", "/a\u{0}.txt"]
    {
        let Ok(uri) = path.parse::<Uri>() else { continue };
        let (status, _, body) = get(&files, &uri.to_string(), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(body, br#"{"detail":"Not Found"}"#, "{path}");
    }
}

#[tokio::test]
async fn an_unknown_api_path_is_json_and_a_missing_console_says_how_to_build_it() {
    let files = ConsoleFiles::default();
    let (status, _, body) = get(&files, "/api/v1/nothing", None).await;
    assert_eq!((status, &body[..]), (StatusCode::NOT_FOUND, &br#"{"detail":"Not Found"}"#[..]));
    if cfg!(not(feature = "embed-ui")) {
        let (status, _, body) = get(&files, "/", None).await;
        assert_eq!(status, StatusCode::OK);
        assert!(String::from_utf8(body).unwrap().contains("make web"));
    }
}
