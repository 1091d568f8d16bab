//! Operators, sessions, tokens, roles, the audit log: who may do what, and that it is written down.

use super::*;
use crate::auth::{AuthConfig, Grade, Password, Reading, RoleSet};
use crate::routes::openapi;
use crate::store::{NewOperator, provision};
use crate::testing::batch;
use serde_json::json;
use sqlx::Connection;
use std::time::Duration;
use uplink::intake::Intake;

const LOGIN: &str = "/api/v1/auth/login";
const EVENTS: &str = "/api/v1/telemetry/events";
const PASSWORD: &str = "correct horse battery";

/// A logged-in operator.
pub(super) struct Session {
    cookie: String,
    csrf: String,
}

impl Bench {
    pub(super) async fn locked() -> Option<Self> {
        Self::open_with(AuthConfig { reading: Reading::Required, ..AuthConfig::default() }).await
    }

    pub(super) async fn open_with(auth: AuthConfig) -> Option<Self> {
        let (databases, clock) = (shared()?.databases(), HandClock::at(T0));
        let mut config = CentralConfig::new(databases.clone(), clock.clock());
        config.auth = auth;
        let mut central = Central::start(config);
        central.opened().await;
        Some(Self { central, clock, databases })
    }

    pub(super) async fn operator(&self, login: &str, grade: Grade, roles: RoleSet) {
        let password_hash = Password::new(PASSWORD).unwrap().hash();
        let new = NewOperator { login: login.into(), name: login.to_uppercase(), password_hash, grade, roles };
        self.central.store.create_operator(&new).await.unwrap();
    }

    pub(super) async fn log_in(&self, login: &str, password: &str) -> (StatusCode, HeaderMap, Value) {
        let body = json!({"login": login, "password": password}).to_string();
        let request = Request::post(LOGIN).header("content-type", "application/json").body(body.into()).unwrap();
        send(&self.central.router, request).await
    }

    pub(super) async fn session(&self, login: &str, grade: Grade, roles: RoleSet) -> Session {
        self.operator(login, grade, roles).await;
        let (status, headers, body) = self.log_in(login, PASSWORD).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let cookie = headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Session { cookie, csrf: body["csrf_token"].as_str().unwrap().to_owned() }
    }

    pub(super) async fn as_operator(&self, session: &Session, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("cookie", &session.cookie);
        let request = request.header("x-csrf-token", &session.csrf).header("content-type", "application/json");
        let (status, _, body) = send(&self.central.router, request.body(body.to_string().into()).unwrap()).await;
        (status, body)
    }
}

pub(super) fn roles(names: &[&str]) -> RoleSet {
    RoleSet::from_names(names).unwrap()
}

#[tokio::test]
async fn an_operator_logs_in_and_out() {
    let Some(bench) = Bench::locked().await else { return };
    bench.operator("anna", Grade::Operator, RoleSet::ALL).await;
    assert_eq!(bench.get(EVENTS).await.0, StatusCode::UNAUTHORIZED);
    let (status, headers, body) = bench.log_in(" Anna ", PASSWORD).await;
    let cookie = headers["set-cookie"].to_str().unwrap();
    assert_eq!((status, body["login"].as_str(), body["grade"].as_str()), (StatusCode::OK, Some("anna"), Some("operator")));
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=57600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !body.to_string().contains(&cookie[13..77]), "the page's script never sees the secret");
    let session = Session { cookie: cookie.split(';').next().unwrap().into(), csrf: body["csrf_token"].as_str().unwrap().into() };
    assert_eq!(bench.as_operator(&session, Method::GET, EVENTS, &json!({})).await, (StatusCode::OK, json!([])));
    let (_, who) = bench.as_operator(&session, Method::GET, "/api/v1/auth/session", &json!({})).await;
    assert_eq!((&who["login"], &who["csrf_token"], &who["reading"]), (&json!("anna"), &json!(session.csrf), &json!("required")));
    let event = json!({"source_slug": "s", "source_name": "S"});
    assert_eq!(bench.as_operator(&session, Method::POST, EVENTS, &event).await.0, StatusCode::CREATED);
    assert_eq!(bench.as_operator(&session, Method::POST, "/api/v1/auth/logout", &json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(bench.as_operator(&session, Method::GET, EVENTS, &json!({})).await.0, StatusCode::UNAUTHORIZED);
    // Behind TLS the cookie is for TLS only.
    let body = json!({"login": "anna", "password": PASSWORD}).to_string();
    let request = Request::post(LOGIN).header("x-forwarded-proto", "https").body(body.into()).unwrap();
    let (_, headers, _) = send(&bench.central.router, request).await;
    assert!(headers["set-cookie"].to_str().unwrap().ends_with("; Secure"));
}

#[tokio::test]
async fn a_cookie_alone_writes_nothing() {
    let Some(bench) = Bench::locked().await else { return };
    let session = bench.session("anna", Grade::Admin, RoleSet::ALL).await;
    let post = async |extra: &[(&'static str, &str)]| {
        let request = Request::post(EVENTS).header("cookie", &session.cookie).header("host", "vtoc.example");
        let request = extra.iter().fold(request, |r, (name, value)| r.header(*name, *value));
        send(&bench.central.router, request.body("{}".into()).unwrap()).await.0.as_u16()
    };
    assert_eq!(post(&[]).await, 403, "no CSRF token");
    assert_eq!(post(&[("x-csrf-token", "0")]).await, 403);
    assert_eq!(post(&[("x-csrf-token", &session.csrf)]).await, 400, "unknown source: it got through");
    assert_eq!(post(&[("x-csrf-token", &session.csrf), ("origin", "https://vtoc.example")]).await, 400);
    assert_eq!(post(&[("x-csrf-token", &session.csrf), ("origin", "https://evil.example")]).await, 403);
    assert_eq!(post(&[("x-csrf-token", &session.csrf), ("sec-fetch-site", "cross-site")]).await, 403);
    let request = Request::post(LOGIN).header("origin", "https://evil.example").header("host", "vtoc.example").body("{}".into()).unwrap();
    assert_eq!(send(&bench.central.router, request).await.0, StatusCode::FORBIDDEN, "nor does another site log anybody in");
}

#[tokio::test]
async fn sessions_end_when_idle_when_old_and_when_rights_change() {
    let life = AuthConfig { reading: Reading::Required, session_life: Duration::from_secs(2 * 3_600), ..AuthConfig::default() };
    let Some(bench) = Bench::open_with(life).await else { return };
    let ok = async |s: &Session| bench.as_operator(s, Method::GET, EVENTS, &json!({})).await.0 == StatusCode::OK;
    let after = |minutes: i64| bench.clock.set(T0.plus_micros(minutes * 60_000_000));
    let idle = bench.session("idle", Grade::Viewer, RoleSet::ALL).await;
    assert!(ok(&idle).await);
    after(60);
    assert!(!ok(&idle).await);
    let used = bench.session("used", Grade::Viewer, RoleSet::ALL).await;
    for (minutes, live) in [(50, true), (100, true), (119, true), (120, false)] {
        after(60 + minutes);
        bench.central_forgets().await;
        assert_eq!(ok(&used).await, live, "after {minutes} min");
    }
    let admin = bench.session("boss", Grade::Admin, RoleSet::ALL).await;
    let victim = bench.session("victim", Grade::Viewer, RoleSet::ALL).await;
    assert!(ok(&victim).await);
    let (_, all) = bench.as_operator(&admin, Method::GET, "/api/v1/operators", &json!({})).await;
    let id = all.as_array().unwrap().iter().find(|o| o["login"] == "victim").unwrap()["id"].clone();
    let path = format!("/api/v1/operators/{id}");
    let (status, changed) = bench.as_operator(&admin, Method::PATCH, &path, &json!({"disabled": true})).await;
    assert_eq!((status, &changed["disabled"]), (StatusCode::OK, &json!(true)));
    assert!(!ok(&victim).await);
    assert_eq!(bench.log_in("victim", PASSWORD).await.0, StatusCode::UNAUTHORIZED);
}

impl Bench {
    /// What was remembered of sessions and tokens is asked anew: a logout sees to that.
    async fn central_forgets(&self) {
        let (_, headers, body) = self.log_in("used", PASSWORD).await;
        let cookie = headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let session = Session { cookie, csrf: body["csrf_token"].as_str().unwrap().to_owned() };
        assert_eq!(self.as_operator(&session, Method::POST, "/api/v1/auth/logout", &json!({})).await.0, StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn guessing_passwords_is_slowed_by_account_and_by_address() {
    let Some(bench) = Bench::locked().await else { return };
    bench.operator("anna", Grade::Viewer, RoleSet::ALL).await;
    let wrong = bench.log_in("anna", "wrong").await;
    let unknown = bench.log_in("nobody", "wrong").await;
    assert_eq!((wrong.0, &wrong.2), (StatusCode::UNAUTHORIZED, &unknown.2), "neither tells which it was");
    for _ in 0..8 {
        assert_eq!(bench.log_in("anna", "wrong").await.0, StatusCode::UNAUTHORIZED);
    }
    let (status, headers, _) = bench.log_in("anna", PASSWORD).await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (StatusCode::TOO_MANY_REQUESTS, "6"), "ten from this address");
    bench.clock.set(T0.plus_micros(7_000_000));
    assert_eq!(bench.log_in("anna", PASSWORD).await.0, StatusCode::OK, "nine for this account");
}

#[tokio::test]
async fn without_a_login_nothing_is_told_and_a_viewer_changes_nothing() {
    let Some(bench) = Bench::locked().await else { return };
    let viewer = bench.session("viewer", Grade::Viewer, RoleSet::ALL).await;
    let description: Value = serde_json::from_str(&openapi::document()).unwrap();
    let (mut closed, mut refused) = (0, 0);
    let mut paths: Vec<(String, Vec<Method>)> = vec![("/data/aircraft.json".into(), vec![Method::GET])];
    for (path, operations) in description["paths"].as_object().unwrap() {
        let methods = operations.as_object().unwrap().keys().map(|m| m.to_uppercase().parse().unwrap()).collect();
        paths.push((path.replace("{id}", "9").replace("{slug}", "alpha").replace("{subject}", "icao:480001"), methods));
    }
    // What is signed, or shows client credentials, instead of a login: refused otherwise (tests/webhooks.rs, tests/agentkit.rs).
    const SIGNED: [&str; 4] =
        ["/api/v1/chatkit/webhook", "/api/v1/chatkit/commands", "/api/v1/agent-actions/webhook", "/api/v1/agentkit/token"];
    for (path, methods) in paths {
        if SIGNED.contains(&path.as_str()) {
            let request = Request::post(&path).body("{}".into()).unwrap();
            let (status, _, body) = send(&bench.central.router, request).await;
            assert!([401, 403, 422].contains(&status.as_u16()), "{path}: {body}");
            continue;
        }
        let public = path.starts_with("/api/v1/auth/") || ["/healthz", "/readyz", "/api/health"].contains(&path.as_str());
        for method in methods {
            let request = Request::builder().method(&method).uri(&path).body("{}".into()).unwrap();
            let (status, _, body) = send(&bench.central.router, request).await;
            assert_eq!(
                status == StatusCode::UNAUTHORIZED || path.ends_with("/password"),
                !public || path.ends_with("/password"),
                "{method} {path}: {body}"
            );
            closed += usize::from(status == StatusCode::UNAUTHORIZED);
            // How far one has read, a viewer may say.
            if !public && method != Method::GET && !path.ends_with("/read") {
                let (status, body) = bench.as_operator(&viewer, method.clone(), &path, &json!({})).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {body}");
                refused += 1;
            }
        }
    }
    assert!(20 < closed && 8 < refused, "{closed} closed, {refused} refused");
    let admin_only = ["/api/v1/operators", "/api/v1/tokens", "/api/v1/audit"];
    for path in admin_only {
        assert_eq!(bench.as_operator(&viewer, Method::GET, path, &json!({})).await.0, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn an_operator_of_ops_sees_nothing_of_intel() {
    let Some(bench) = Bench::locked().await else { return };
    bench.register("alpha", Role::Ops, ALPHA_KEY).await;
    bench.register("india", Role::Intel, KeyFingerprint([7; 32])).await;
    bench.central.intake.store(station("alpha"), batch(1, 1, 3)).await.unwrap();
    bench.central.intake.store(station("india"), batch(2, 1, 5)).await.unwrap();
    let boss = bench.session("boss", Grade::Admin, RoleSet::ALL).await;
    let ops = bench.session("ops", Grade::Admin, roles(&["ops"])).await;
    let get = async |who: &Session, path: &str| bench.as_operator(who, Method::GET, path, &json!({})).await;
    let (_, all) = get(&boss, EVENTS).await;
    assert_eq!(all.as_array().unwrap().len(), 8);
    let secret = all.as_array().unwrap().iter().find(|e| e["station"]["slug"] == "india").unwrap().clone();
    let (_, own) = get(&ops, EVENTS).await;
    assert!(own.as_array().unwrap().len() == 3 && !own.to_string().contains("india"));
    for path in [
        format!("{EVENTS}/{}", secret["id"]),
        format!("/api/v1/telemetry/sources/{}", secret["source"]["id"]),
        format!("{EVENTS}?station=india"),
        format!("{EVENTS}?source=india-adsb"),
        "/api/v1/stations/india".to_owned(),
        "/api/v1/stations/india/dashboard".to_owned(),
        "/api/v1/stations/india/timeline".to_owned(),
        "/api/v1/stations/india/mission-timeline".to_owned(),
        "/api/v1/stations/india/tasks".to_owned(),
    ] {
        assert_eq!(get(&boss, &path).await.0, StatusCode::OK, "{path}");
        let (status, body) = get(&ops, &path).await;
        assert!(status == StatusCode::NOT_FOUND && !body.to_string().contains("india"), "{path}: {body}");
    }
    for path in ["/api/v1/stations/", "/api/v1/telemetry/sources", "/api/v1/console", "/api/v1/audit", "/api/v2/rf/devices/list"] {
        assert!(get(&boss, path).await.1.to_string().contains("india"), "{path}");
        if path != "/api/v1/audit" {
            assert!(!get(&ops, path).await.1.to_string().contains("india"), "{path}");
        }
    }
    // Nor is it written: not by id, not by slug, not for the station.
    let write = async |method: Method, path: String, body: Value| bench.as_operator(&ops, method, &path, &body).await.0.as_u16();
    assert_eq!(write(Method::PATCH, format!("{EVENTS}/{}", secret["id"]), json!({"status": "x"})).await, 404);
    assert_eq!(write(Method::DELETE, format!("/api/v1/telemetry/sources/{}", secret["source"]["id"]), json!({})).await, 404);
    assert_eq!(write(Method::POST, EVENTS.into(), json!({"source_slug": "india-adsb"})).await, 400);
    assert_eq!(
        write(Method::POST, EVENTS.into(), json!({"source_slug": "n", "source_name": "n", "station_id": secret["station_id"]})).await,
        404
    );
    // The live picture: aircraft that both heard are shown as ops heard them.
    let (_, tracks) = get(&ops, "/api/v1/tracks").await;
    let (_, whole) = get(&boss, "/api/v1/tracks").await;
    assert!(whole.to_string().contains("india") && !tracks.to_string().contains("india"));
    bench.central.intake.store(station("india"), batch(2, 6, 5)).await.unwrap();
    bench.central.intake.store(station("alpha"), batch(1, 4, 1)).await.unwrap();
    let (_, tracks) = get(&ops, "/api/v1/tracks").await;
    assert!(tracks.to_string().contains("alpha") && !tracks.to_string().contains("india"), "{tracks}");
    // Seq 10 is an aircraft that india alone heard.
    assert_eq!(get(&boss, "/api/v1/tracks/icao:48000a").await.0, StatusCode::OK);
    assert_eq!(get(&ops, "/api/v1/tracks/icao:48000a").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_gives_away_what_they_do_not_have() {
    let Some(bench) = Bench::locked().await else { return };
    let ops = bench.session("ops", Grade::Admin, roles(&["ops"])).await;
    bench.operator("boss", Grade::Admin, RoleSet::ALL).await;
    let send = async |method: Method, path: &str, body: Value| bench.as_operator(&ops, method, path, &body).await;
    let token = |more: Value| {
        let mut token = json!({"name": "t", "scopes": ["read"]});
        token.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        token
    };
    let (status, made) = send(Method::POST, "/api/v1/tokens", token(json!({"expires_at": "2026-11-23T00:00:01Z"}))).await;
    assert_eq!((status, &made["station_roles"]), (StatusCode::CREATED, &json!(["ops"])));
    assert_eq!(send(Method::POST, "/api/v1/tokens", token(json!({"station_roles": ["intel"]}))).await.0, StatusCode::FORBIDDEN);
    let new = json!({"login": "Eve@example.com", "password": PASSWORD, "station_roles": ["ops", "intel"], "grade": "viewer"});
    assert_eq!(send(Method::POST, "/api/v1/operators", new.clone()).await.0, StatusCode::FORBIDDEN);
    let (_, all) = send(Method::GET, "/api/v1/operators", json!({})).await;
    let id = all.as_array().unwrap().iter().find(|o| o["login"] == "boss").unwrap()["id"].clone();
    let (status, _) = send(Method::PATCH, &format!("/api/v1/operators/{id}"), json!({"password": "taken over now!"})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    // The token works until its end, and can be revoked before.
    let secret = made["secret"].as_str().unwrap().to_owned();
    let read = async || bench.send(Method::GET, EVENTS, &secret, &json!({})).await.0;
    assert_eq!(read().await, StatusCode::OK);
    assert_eq!(bench.send(Method::POST, EVENTS, &secret, &json!({})).await.0, StatusCode::FORBIDDEN);
    bench.clock.set(T0.plus_micros(1_000_000));
    assert_eq!(read().await, StatusCode::UNAUTHORIZED);
    bench.clock.set(T0);
    assert_eq!(read().await, StatusCode::OK);
    let path = format!("/api/v1/tokens/{}", made["id"]);
    assert_eq!(send(Method::DELETE, &path, json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(read().await, StatusCode::UNAUTHORIZED);
    assert_eq!(send(Method::DELETE, &path, json!({})).await.0, StatusCode::NOT_FOUND);
    let (_, listed) = send(Method::GET, "/api/v1/tokens", json!({})).await;
    assert!(listed[0]["revoked_at"].is_string() && !listed.to_string().contains(&secret[5..]));
}

#[tokio::test]
async fn mistakes_about_people_are_told_without_repeating_a_password() {
    let Some(bench) = Bench::locked().await else { return };
    let admin = bench.session("boss", Grade::Admin, RoleSet::ALL).await;
    let body = json!({"login": "-x", "password": "hunter2", "grade": "king", "station_roles": [], "name": 5});
    let (status, answer) = bench.as_operator(&admin, Method::POST, "/api/v1/operators", &body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.to_string().contains("hunter2"), "{answer}");
    for (field, message) in [
        ("login", "A login is of a-z and 0-9, with . _ @ - within"),
        ("password", "A password has 12 to 200 characters"),
        ("grade", "Input should be viewer, operator, commander or admin"),
        ("station_roles", "Input should be a list of ops, intel, logistics"),
        ("name", "Input should be a valid string"),
    ] {
        assert_eq!(problem(&answer, field), message);
    }
    let (_, answer) = bench.as_operator(&admin, Method::POST, LOGIN, &json!({"login": "x", "password": ["hunter2"]})).await;
    assert!(!answer.to_string().contains("hunter2"), "{answer}");
    let new = json!({"login": "Eve@Example.com", "password": PASSWORD});
    let (status, made) = bench.as_operator(&admin, Method::POST, "/api/v1/operators", &new).await;
    assert_eq!((status, &made["login"], &made["grade"]), (StatusCode::CREATED, &json!("eve@example.com"), &json!("viewer")));
    assert_eq!(bench.as_operator(&admin, Method::POST, "/api/v1/operators", &new).await.0, StatusCode::CONFLICT);
    // One changes one's own password with the old one; all sessions end.
    let change = json!({"current": "wrong", "new": "a much better one"});
    assert_eq!(bench.as_operator(&admin, Method::POST, "/api/v1/auth/password", &change).await.0, StatusCode::UNAUTHORIZED);
    let change = json!({"current": PASSWORD, "new": "a much better one"});
    assert_eq!(bench.as_operator(&admin, Method::POST, "/api/v1/auth/password", &change).await.0, StatusCode::NO_CONTENT);
    assert_eq!(bench.as_operator(&admin, Method::GET, EVENTS, &json!({})).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(bench.log_in("boss", "a much better one").await.0, StatusCode::OK);
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_for_good() {
    let Some(bench) = Bench::locked().await else { return };
    let admin = bench.session("boss", Grade::Admin, RoleSet::ALL).await;
    let send = async |method: Method, path: &str, body: Value| bench.as_operator(&admin, method, path, &body).await.1;
    let source = send(Method::POST, "/api/v1/telemetry/sources", json!({"slug": "s", "name": "S", "source_type": "adsb"})).await;
    send(Method::PATCH, &format!("/api/v1/telemetry/sources/{}", source["id"]), json!({"name": "S2"})).await;
    let event = send(Method::POST, EVENTS, json!({"source_slug": "s"})).await;
    send(Method::PATCH, &format!("{EVENTS}/{}", event["id"]), json!({"status": "seen"})).await;
    send(Method::POST, "/api/v1/tokens", json!({"name": "t", "scopes": ["read"]})).await;
    send(Method::DELETE, &format!("/api/v1/telemetry/sources/{}", source["id"]), json!({})).await;
    bench.log_in("boss", "wrong").await;
    let log = send(Method::GET, "/api/v1/audit", json!({})).await;
    let seen: Vec<(String, String)> =
        log.as_array().unwrap().iter().rev().map(|e| (e["action"].as_str().unwrap().into(), e["actor"].as_str().unwrap().into())).collect();
    let expected = [
        ("operator.insert", "central"),
        ("session.begin", "operator:boss"),
        ("source.insert", "operator:boss"),
        ("source.update", "operator:boss"),
        ("event.update", "operator:boss"),
        ("token.insert", "operator:boss"),
        ("source.delete", "operator:boss"),
        ("session.refused", "nobody"),
    ];
    assert_eq!(seen, expected.map(|(action, actor)| (action.to_owned(), actor.to_owned())));
    let by = |action: &str| log.as_array().unwrap().iter().find(|e| e["action"] == action).unwrap();
    assert_eq!(by("source.insert")["after_sha256"], by("source.update")["before_sha256"], "digests chain");
    assert_ne!(by("source.update")["before_sha256"], by("source.update")["after_sha256"]);
    assert_eq!((&by("source.insert")["before_sha256"], &by("source.delete")["after_sha256"]), (&Value::Null, &Value::Null));
    assert_eq!((&by("source.update")["object"], &by("source.update")["database"]), (&json!(source["id"].to_string()), &json!("ops")));
    // The central's own login can't take it back, and neither can the owner by mistake.
    for (pool, name) in [(bench.central.store.control(), "control"), (bench.central.store.role(Role::Ops), "ops")] {
        for sql in ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log", "DROP TABLE audit_log"] {
            let error = sqlx::query(sql).execute(pool).await.unwrap_err();
            assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42501"), "{name}: {sql}");
        }
    }
    let owner = bench.pool(Role::Ops).await;
    let error = sqlx::query("DELETE FROM audit_log").execute(&owner).await.unwrap_err().to_string();
    assert!(error.contains("only ever appended to"), "{error}");
    // A change by hand is noted too.
    sqlx::query("INSERT INTO telemetry_sources (slug, name, source_type) VALUES ('h', 'h', 'h')").execute(&owner).await.unwrap();
    assert_eq!(send(Method::GET, "/api/v1/audit?limit=1", json!({})).await[0]["actor"], "database:postgres");
}

#[tokio::test]
async fn a_login_of_one_role_database_connects_to_no_other() {
    let Some(cluster) = shared() else { return };
    let databases = cluster.databases();
    provision(&databases).await.unwrap();
    let names: Vec<String> = std::iter::once(databases.control())
        .chain(Role::ALL.map(|role| databases.role(role)))
        .map(|o| o.get_database().unwrap().to_owned())
        .collect();
    for login in &names {
        for database in &names {
            let options = databases.control().clone().username(login).database(database);
            let connected = PgConnection::connect_with(&options).await;
            if login == database {
                let mut connection = connected.unwrap();
                for sql in ["CREATE TABLE mine ()", "DROP TABLE audit_log", "ALTER ROLE CURRENT_USER SUPERUSER"] {
                    assert!(sqlx::query(sql).execute(&mut connection).await.is_err(), "{login}: {sql}");
                }
            } else {
                let code = connected.unwrap_err().as_database_error().unwrap().code().unwrap().into_owned();
                assert_eq!(code, "42501", "{login} to {database}");
            }
        }
    }
}

#[tokio::test]
async fn other_sites_are_shut_out_unless_named() {
    let origin = "https://ops.example";
    let named = AuthConfig { cors_origins: vec![origin.into()], ..AuthConfig::default() };
    for (auth, expected) in [(AuthConfig::default(), None), (named, Some(origin))] {
        let Some(bench) = Bench::open_with(auth).await else { return };
        for from in [origin, "https://evil.example"] {
            let expected = expected.filter(|named| *named == from);
            let preflight = Request::builder().method(Method::OPTIONS).uri(EVENTS).header("origin", from);
            let preflight = preflight.header("access-control-request-method", "POST").body(Body::empty()).unwrap();
            for request in [preflight, Request::get(EVENTS).header("origin", from).body(Body::empty()).unwrap()] {
                let (_, headers, _) = send(&bench.central.router, request).await;
                assert_eq!(headers.get("access-control-allow-origin").map(|v| v.to_str().unwrap()), expected, "{from}");
                assert!(!headers.contains_key("access-control-allow-credentials"));
            }
        }
    }
}

#[tokio::test]
async fn a_flood_of_one_address_is_refused() {
    let requests = crate::auth::Rate { burst: 5.0, per_second: 1.0 };
    let Some(bench) =
        Bench::open_with(AuthConfig { requests, trust_forwarded: true, reading: Reading::Open, ..AuthConfig::default() }).await
    else {
        return;
    };
    let get = async |address: &str| {
        let request = Request::get(EVENTS).header("x-forwarded-for", format!("198.51.100.7, {address}")).body(Body::empty()).unwrap();
        send(&bench.central.router, request).await.0.as_u16()
    };
    for _ in 0..5 {
        assert_eq!(get("192.0.2.1").await, 200);
    }
    assert_eq!((get("192.0.2.1").await, get("192.0.2.2").await), (429, 200));
    bench.clock.set(T0.plus_micros(Duration::from_secs(1).as_micros() as i64));
    assert_eq!((get("192.0.2.1").await, get("192.0.2.1").await), (200, 429));
}
