//! schemathesis (PyPI) against the served description: whatever it sends, no answer is a 5xx.
//!
//! It is looked for in `VTOC_SCHEMATHESIS`, in `.peers/bin` (made by `xtask/need.sh test`) and in `PATH`. Without it the
//! test prints `skipped` and passes, unless `CI` or `VTOC_REQUIRE_PEERS` is set. `VTOC_FUZZ_CASES` makes it longer.

use super::*;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Cases of each operation.
const CASES: &str = "3";

fn schemathesis() -> Option<PathBuf> {
    let given = std::env::var_os("VTOC_SCHEMATHESIS").map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.peers/bin/schemathesis");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = given.into_iter().chain([own]).chain(std::env::split_paths(&path).map(|dir| dir.join("schemathesis"))).find(|p| p.exists());
    if found.is_none() {
        let required = ["CI", "VTOC_REQUIRE_PEERS"].iter().any(|name| std::env::var_os(name).is_some());
        assert!(!required, "schemathesis is not installed, and CI or VTOC_REQUIRE_PEERS is set");
        eprintln!("skipped: schemathesis is not installed");
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_breaks_the_central() {
    let Some(program) = schemathesis() else { return };
    let Some(bench) = Bench::open().await else { return };
    bench.register("toc-s1", Role::Ops, ALPHA_KEY).await;
    // The first token may be revoked by a lucky number: that route is asked by people's tests.
    let token = bench.token_with(&[Scope::Admin]).await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(axum::serve(listener, bench.central.router.clone()).into_future());
    let folder = tempfile::tempdir().unwrap();
    let cases = std::env::var("VTOC_FUZZ_CASES").unwrap_or_else(|_| CASES.into());
    let mut command = Command::new(program);
    command.arg("run").arg(format!("{base}/openapi.json")).args([
        "--checks",
        "not_a_server_error",
        "--phases",
        "examples,coverage,fuzzing",
    ]);
    command.args(["--max-examples", &cases, "--seed", "6", "--workers", "2", "--no-color", "--suppress-health-check", "all"]);
    command.args(["--exclude-path", "/api/v1/tokens/{id}", "--exclude-path", "/api/v1/live", "--continue-on-failure"]);
    command.arg("--header").arg(format!("Authorization: Bearer {token}")).current_dir(folder.path()).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    serving.abort();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    let metrics = bench.central_metrics().await;
    assert!(!metrics.contains("status=\"500\"") && metrics.contains("vtoc_http_panics_total 0\n"), "{metrics}");
    // It did get through, to most of what there is.
    let answered = metrics.lines().filter(|l| l.starts_with("vtoc_http_requests_total") && l.contains("status=\"2")).count();
    assert!(40 < answered, "{said}");
}

impl Bench {
    async fn central_metrics(&self) -> String {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let body = self.central.router.clone().oneshot(request).await.unwrap().into_body();
        String::from_utf8(to_bytes(body, 16 << 20).await.unwrap().to_vec()).unwrap()
    }
}
