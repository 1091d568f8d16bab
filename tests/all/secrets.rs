//! No secret leaves by the log: a real central at trace level, used in every way that involves one, wrong ways too.

use std::time::Duration;
use tests::http::{Answer, request};
use tests::process::{Running, eventually, vtoc};
use tests::site::Site;

const PASSWORD: &str = "Correct-Horse-Battery";
const NEW_PASSWORD: &str = "A-Much-Better-One";
const TYPED_AS_LOGIN: &str = "password-typed-as-login";
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_trace_log_holds_no_password_token_or_cookie() {
    let Some(mut site) = Site::start() else { return };
    site.kill_central();
    let database = std::env::temp_dir().join(format!("vtoc-password-{}", std::process::id()));
    std::fs::write(&database, format!("{PASSWORD}\n")).unwrap();
    let mut operator = vtoc();
    operator.args(["operator", "anna", "--grade", "admin", "--config"]).arg(site.config()).arg("--password-file").arg(&database);
    let url = site.command("central").get_envs().find(|(name, _)| *name == "DATABASE_URL").unwrap().1.unwrap().to_str().unwrap().to_owned();
    let made = operator.env("DATABASE_URL", &url).output().unwrap();
    std::fs::remove_file(&database).unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(String::from_utf8_lossy(&made.stdout).trim(), "made: anna, admin of ops, intel, logistics");
    // PostgreSQL trusts this machine: any password will do.
    let url = url.replace("postgres@", "postgres:Database-Secret@");
    let mut command = site.command("central");
    command.env("RUST_LOG", "trace").env("DATABASE_URL", url);
    let mut central = Running::start(&mut command);
    central.wait_for("console http", LONG);
    eventually("the central is ready", LONG, || request(&site.http, "GET", "/readyz", "", "").filter(|a| a.status == 200));

    let secrets = use_secrets(&site);
    let said = central.said();
    let connections = said.lines().filter(|line| line.contains("TRACE") && line.contains("accepted")).count();
    assert!(10 <= connections, "this is no trace log of all that was asked: {said}");
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret} is in the log");
    }
}

/// Every secret that was sent or received.
fn use_secrets(site: &Site) -> Vec<String> {
    let call = |method: &str, path: &str, headers: &str, body: &str| {
        request(&site.http, method, path, &format!("Content-Type: application/json\r\n{headers}"), body).unwrap()
    };
    let log_in = |login: &str, password: &str| {
        call("POST", "/api/v1/auth/login", "", &format!("{{\"login\": \"{login}\", \"password\": \"{password}\"}}"))
    };
    assert_eq!(log_in(TYPED_AS_LOGIN, "x").status, 401);
    assert_eq!(log_in("anna", "Wrong-Guess-Of-It").status, 401);
    assert_eq!(call("POST", "/api/v1/auth/login", "", &format!("{{\"password\": \"{PASSWORD}")).status, 422);
    let session = log_in("anna", PASSWORD);
    assert_eq!(session.status, 200, "{}", session.body);
    let (cookie, csrf) = (cookie_of(&session), session.json()["csrf_token"].as_str().unwrap().to_owned());
    let own = format!("Cookie: vtoc_session={cookie}\r\nX-CSRF-Token: {csrf}\r\n");
    let made = call("POST", "/api/v1/tokens", &own, r#"{"name": "t", "scopes": ["read", "telemetry:write"]}"#);
    assert_eq!(made.status, 201, "{}", made.body);
    let token = made.json()["secret"].as_str().unwrap().to_owned();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let event = r#"{"source_slug": "s", "source_name": "s"}"#;
    assert_eq!(call("POST", "/api/v1/telemetry/events", &bearer, event).status, 201);
    // Wrong ways: a token in the URL counts as none.
    assert_eq!(call("POST", &format!("/api/v1/telemetry/events?token={token}"), "", event).status, 401);
    assert_eq!(call("GET", &format!("/api/v1/telemetry/events?access_token={token}"), "", "").status, 200);
    assert_eq!(call("GET", "/api/v1/tracks", &format!("Authorization: Basic {token}\r\n"), "").status, 401);
    let change = format!("{{\"current\": \"{PASSWORD}\", \"new\": \"{NEW_PASSWORD}\"}}");
    assert_eq!(call("POST", "/api/v1/auth/password", &own, &change).status, 204);
    let again = cookie_of(&log_in("anna", NEW_PASSWORD));
    let known = [PASSWORD, NEW_PASSWORD, TYPED_AS_LOGIN, "Wrong-Guess-Of-It", "Database-Secret"].map(str::to_owned);
    let random = [&cookie, &again, &csrf, &token[5..].to_owned(), &site.token[5..].to_owned()].map(|s| s[..16].to_owned());
    known.into_iter().chain(random).collect()
}

fn cookie_of(answer: &Answer) -> String {
    let line = answer.head.lines().find(|l| l.to_lowercase().starts_with("set-cookie: vtoc_session=")).expect("a session's cookie");
    line.split(['=', ';']).nth(1).unwrap().to_owned()
}
