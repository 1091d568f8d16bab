//! The chat: channels, threads, messages, reactions, read marks, search, the feed, and who may do what.

use super::live::{next, serve};
use super::people::roles;
use super::*;
use crate::auth::{Grade, RoleSet};
use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const CHANNELS: &str = "/api/v1/chatkit/channels";
const MESSAGES: &str = "/api/v1/chatkit/messages";

fn slugs(channels: &Value) -> Vec<&str> {
    channels.as_array().unwrap().iter().map(|c| c["slug"].as_str().unwrap()).collect()
}

fn texts(messages: &Value) -> Vec<&str> {
    messages.as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_station_has_a_channel_named_after_its_call_sign() {
    let Some(bench) = Bench::open().await else { return };
    let store = &bench.central.store;
    for slug in ["toc-s1", "toc-s1", "toc-s2", "toc-s3"] {
        store.register_station(&new_station(slug, Role::Ops)).await.unwrap();
    }
    assert_eq!(slugs(&bench.get(CHANNELS).await.1), ["general", "toc-s1", "toc-s2", "toc-s3"]);
    store.set_callsign(station("toc-s1"), "KP4/S1").await.unwrap();
    store.set_callsign(station("toc-s1"), "KP4/S1").await.unwrap();
    store.set_callsign(station("toc-s2"), "kp4-s1").await.unwrap();
    let (_, channels) = bench.get(CHANNELS).await;
    assert_eq!(slugs(&channels), ["general", "kp4-s1", "kp4-s1-toc-s2", "toc-s3"]);
    assert_eq!(
        (&channels[1]["name"], &channels[1]["station"], &channels[1]["station_role"]),
        (&json!("KP4/S1"), &json!("toc-s1"), &json!("ops"))
    );
    let token = bench.token().await;
    let id = channels[1]["id"].to_string();
    for named in ["KP4/S1", "#kp4-s1", "toc-s1", "TOC_S1", "s1", "#ops-toc-s1", &id] {
        let (status, posted) = bench.send(Method::POST, MESSAGES, &token, &json!({"channel": named, "text": "here"})).await;
        assert_eq!((status, &posted["channel"]), (StatusCode::CREATED, &json!("kp4-s1")), "{named}");
    }
    let (status, body) = bench.send(Method::POST, MESSAGES, &token, &json!({"channel": "nowhere", "text": "x"})).await;
    assert_eq!((status, &body["detail"]), (StatusCode::NOT_FOUND, &json!("Channel not found")));
    // Whoever is removed takes the channel along.
    let pool = PgPoolOptions::new().connect_with(bench.databases.control().clone()).await.unwrap();
    sqlx::query("DELETE FROM stations WHERE slug = 'toc-s3'").execute(&pool).await.unwrap();
    assert_eq!(slugs(&bench.get(CHANNELS).await.1).len(), 3);
}

#[tokio::test]
async fn a_message_is_posted_once_and_found_again() {
    let Some(bench) = Bench::open().await else { return };
    let bench = bench.with_alpha().await;
    let token = bench.token().await;
    let post = async |body: Value| bench.send(Method::POST, MESSAGES, &token, &body).await;
    let (status, thread) = bench
        .send(
            Method::POST,
            &format!("{CHANNELS}/alpha/threads"),
            &token,
            &json!({"title": "Mission 3", "kind": "mission", "subject": "mission:3"}),
        )
        .await;
    assert_eq!((status, &thread["kind"]), (StatusCode::CREATED, &json!("mission")));
    let again =
        bench.send(Method::POST, &format!("{CHANNELS}/alpha/threads"), &token, &json!({"title": "x", "subject": "mission:3"})).await;
    assert_eq!((again.0, &again.1["id"], &again.1["title"]), (StatusCode::OK, &thread["id"], &json!("Mission 3")));

    let first = json!({"channel": "alpha", "text": "Smoke on the *water*", "client_id": "c1", "attachment": {"lat": 1.5}});
    let (status, one) = post(first.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{one}");
    assert_eq!((&one["author_kind"], &one["attachment"], &one["run_id"]), (&json!("program"), &json!({"lat": 1.5}), &Value::Null));
    let (status, repeated) = post(first).await;
    assert_eq!((status, &repeated["id"]), (StatusCode::OK, &one["id"]));
    let (_, two) = post(json!({"channel": "alpha", "text": "Fire in the sky", "thread_id": thread["id"], "reply_to": one["id"]})).await;
    assert_eq!((&two["thread_id"], &two["reply_to"]), (&thread["id"], &one["id"]));
    for wrong in [
        json!({"channel": "general", "text": "x", "thread_id": thread["id"]}),
        json!({"channel": "general", "text": "x", "reply_to": one["id"]}),
        json!({"channel": "alpha", "text": "x", "thread_id": 999}),
    ] {
        assert_eq!(post(wrong).await.0, StatusCode::NOT_FOUND);
    }
    let (status, problems) = post(json!({"channel": "alpha", "text": "x".repeat(20_001), "attachment": 3})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem(&problems, "text").contains("at most 20000") && problem(&problems, "attachment").contains("dictionary"));

    for (query, expected) in [
        ("", &["Fire in the sky", "Smoke on the *water*"][..]),
        ("?channel=alpha&limit=1", &["Fire in the sky"]),
        (&format!("?before={}", two["id"]), &["Smoke on the *water*"]),
        ("?after=0", &["Smoke on the *water*", "Fire in the sky"]),
        (&format!("?thread={}", thread["id"]), &["Fire in the sky"]),
        ("?q=water", &["Smoke on the *water*"]),
        ("?q=the%20-fire", &["Smoke on the *water*"]),
        ("?q=%22in%20the%20sky%22%20or%20nothing", &["Fire in the sky"]),
        ("?q=steam", &[]),
        ("?channel=general", &[]),
    ] {
        let (status, found) = bench.get(&format!("{MESSAGES}{query}")).await;
        assert_eq!((status, texts(&found)), (StatusCode::OK, expected.to_vec()), "{query}");
    }
    let (_, threads) = bench.get(&format!("{CHANNELS}/alpha/threads")).await;
    assert_eq!((&threads[0]["messages"], &threads[0]["last_message_id"]), (&json!(1), &two["id"]));
    let (_, audit) = bench.send(Method::GET, "/api/v1/audit", &bench.admin().await, &json!({})).await;
    let noted = |action: &str| {
        audit.as_array().unwrap().iter().filter(|e| e["action"] == action && e["actor"].as_str().unwrap().starts_with("token:")).count()
    };
    assert_eq!((noted("message.insert"), noted("thread.insert")), (2, 1), "every change is in the audit log");
}

impl Bench {
    async fn admin(&self) -> String {
        self.central.store.create_api_token("admin", &[Scope::Admin], None).await.unwrap().reveal().to_owned()
    }
}

#[tokio::test]
async fn reactions_and_read_marks_are_everybodys_own() {
    let Some(bench) = Bench::locked().await else { return };
    let bench = bench.with_alpha().await;
    let anna = bench.session("anna", Grade::Operator, RoleSet::ALL).await;
    let bob = bench.session("bob", Grade::Viewer, RoleSet::ALL).await;
    let (_, posted) = bench.as_operator(&anna, Method::POST, MESSAGES, &json!({"channel": "alpha", "text": "one"})).await;
    assert_eq!(
        (&posted["author"], &posted["author_name"], &posted["author_kind"]),
        (&json!("operator:anna"), &json!("ANNA"), &json!("person"))
    );
    let reactions = format!("{MESSAGES}/{}/reactions", posted["id"]);
    for (body, expected) in [
        (json!({"reaction": "👍"}), json!({"👍": ["operator:anna"]})),
        (json!({"reaction": "👍"}), json!({"👍": ["operator:anna"]})),
        (json!({"reaction": "👍", "present": false}), Value::Null),
    ] {
        assert_eq!(bench.as_operator(&anna, Method::PUT, &reactions, &body).await.1["reactions"], expected);
    }
    assert_eq!(
        bench.as_operator(&bob, Method::PUT, &reactions, &json!({"reaction": "x"})).await.0,
        StatusCode::FORBIDDEN,
        "a viewer can't write"
    );
    assert_eq!(bench.as_operator(&bob, Method::POST, MESSAGES, &json!({"channel": "alpha", "text": "x"})).await.0, StatusCode::FORBIDDEN);

    bench.as_operator(&anna, Method::POST, MESSAGES, &json!({"channel": "alpha", "text": "two"})).await;
    let unread = async |who: &super::people::Session| {
        let (_, channels) = bench.as_operator(who, Method::GET, CHANNELS, &json!({})).await;
        (channels[1]["unread"].as_i64().unwrap(), channels[1]["last_read_id"].as_i64().unwrap())
    };
    assert_eq!((unread(&bob).await, unread(&anna).await.0), ((2, 0), 0), "one's own are read");
    let mark = format!("{CHANNELS}/alpha/read");
    let first = posted["id"].as_i64().unwrap();
    // A viewer may not write, but may say what it has read.
    assert_eq!(bench.as_operator(&bob, Method::PUT, &mark, &json!({"message_id": first})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(unread(&bob).await, (1, first));
    let anna_marks = bench.as_operator(&anna, Method::PUT, &mark, &json!({"message_id": first + 1})).await;
    assert_eq!(anna_marks.0, StatusCode::NO_CONTENT, "{}", anna_marks.1);
    bench.as_operator(&anna, Method::PUT, &mark, &json!({"message_id": first})).await;
    assert_eq!(unread(&anna).await, (0, first + 1), "a mark never goes back");
    bench.as_operator(&anna, Method::PUT, &mark, &json!({"message_id": 1_000_000})).await;
    assert_eq!(unread(&anna).await, (0, first + 1), "nor beyond what there is");
}

#[tokio::test]
async fn one_sees_the_channels_of_ones_own_roles() {
    let Some(bench) = Bench::locked().await else { return };
    bench.register("alpha", Role::Ops, ALPHA_KEY).await;
    bench.register("spy", Role::Intel, KeyFingerprint([2; 32])).await;
    let ops = bench.session("olaf", Grade::Operator, roles(&["ops"])).await;
    let intel = bench.session("ines", Grade::Commander, roles(&["intel"])).await;
    let (_, secret) = bench.as_operator(&intel, Method::POST, MESSAGES, &json!({"channel": "spy", "text": "secret words"})).await;
    let (_, channels) = bench.as_operator(&ops, Method::GET, CHANNELS, &json!({})).await;
    assert_eq!(slugs(&channels), ["general", "alpha"]);
    let id = &secret["id"];
    for (method, path) in [
        (Method::GET, format!("{MESSAGES}/{id}")),
        (Method::PUT, format!("{MESSAGES}/{id}/reactions")),
        (Method::GET, format!("{MESSAGES}?channel=spy")),
        (Method::GET, format!("{CHANNELS}/spy/threads")),
        (Method::POST, format!("{CHANNELS}/spy/threads")),
    ] {
        let body = json!({"reaction": "x", "title": "x"});
        assert_eq!(bench.as_operator(&ops, method, &path, &body).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(bench.as_operator(&ops, Method::GET, &format!("{MESSAGES}?q=secret"), &json!({})).await.1, json!([]));
    assert_eq!(bench.get(CHANNELS).await.0, StatusCode::UNAUTHORIZED);
    let made = bench.as_operator(&intel, Method::POST, CHANNELS, &json!({"name": "#HUMINT Desk", "station_role": "intel"})).await;
    assert_eq!((made.0, &made.1["slug"], &made.1["name"]), (StatusCode::CREATED, &json!("humint-desk"), &json!("HUMINT Desk")));
    for (body, status) in [
        (json!({"name": "humint desk", "station_role": "intel"}), 409),
        (json!({"name": "all"}), 403),
        (json!({"name": "x", "station_role": "ops"}), 403),
        (json!({"name": "#"}), 422),
    ] {
        assert_eq!(bench.as_operator(&intel, Method::POST, CHANNELS, &body).await.0.as_u16(), status, "{body}");
    }
    assert_eq!(
        bench.as_operator(&ops, Method::POST, CHANNELS, &json!({"name": "y", "station_role": "ops"})).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn the_feed_tells_new_messages_and_goes_on_from_a_cursor() {
    let Some(bench) = Bench::open().await else { return };
    bench.register("alpha", Role::Ops, ALPHA_KEY).await;
    bench.register("spy", Role::Intel, KeyFingerprint([2; 32])).await;
    let token = bench.token().await;
    let post = async |channel: &str, text: &str| {
        let (status, posted) = bench.send(Method::POST, MESSAGES, &token, &json!({"channel": channel, "text": text})).await;
        assert_eq!(status, StatusCode::CREATED, "{posted}");
        posted["id"].as_i64().unwrap()
    };
    let before = post("alpha", "before").await;
    let address = serve(bench.central.router.clone()).await;
    let url = format!("ws://{address}/api/v1/chatkit/feed");
    let (mut all, _) = connect_async(&url).await.unwrap();
    let new = crate::store::NewToken { name: "ops".into(), scopes: vec![Scope::Read], roles: roles(&["ops"]), expires_at: None };
    let ops_only = bench.central.store.add_api_token(&new).await.unwrap().1;
    let mut request = url.as_str().into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", ops_only.reveal()).parse().unwrap());
    let (mut ops, _) = connect_async(request).await.unwrap();
    assert_eq!(next(&mut all).await, json!({"type": "hello", "cursor": before}));
    next(&mut ops).await;
    post("alpha", "one").await;
    post("spy", "two").await;
    let last = post("general", "three").await;
    for expected in ["one", "two", "three"] {
        assert_eq!(next(&mut all).await["message"]["text"], expected);
    }
    for expected in ["one", "three"] {
        assert_eq!(next(&mut ops).await["message"]["text"], expected, "a role's channel is for that role");
    }
    drop(all);
    // More than the feed keeps in memory: read back from the database.
    for n in 0..25 {
        post("alpha", &n.to_string()).await;
    }
    let (mut back, _) = connect_async(format!("{url}?after={last}")).await.unwrap();
    assert_eq!(next(&mut back).await["cursor"], last);
    for n in 0..25 {
        assert_eq!(next(&mut back).await["message"]["text"], n.to_string());
    }
    post("alpha", "live again").await;
    assert_eq!(next(&mut back).await["message"]["text"], "live again");
    assert_eq!(bench.get("/api/v1/chatkit/feed").await.0, StatusCode::BAD_REQUEST);
    let mut foreign = url.as_str().into_client_request().unwrap();
    foreign.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    assert!(connect_async(foreign).await.is_err(), "another site's page may not listen");
    // What another process posted is found by looking.
    let pool = PgPoolOptions::new().connect_with(bench.databases.control().clone()).await.unwrap();
    let sql = "INSERT INTO chat_messages (channel_id, author_kind, author, author_name, text, created_at) SELECT id, 'person', 'x', 'x', 'elsewhere', now() \
               FROM chat_channels WHERE slug = 'general'";
    sqlx::query(sql).execute(&pool).await.unwrap();
    assert_eq!(next(&mut back).await["message"]["text"], "elsewhere");
}

#[tokio::test]
async fn an_event_has_a_thread_in_its_stations_channel() {
    let Some(bench) = Bench::locked().await else { return };
    let bench = bench.with_alpha().await;
    let ops = bench.session("olaf", Grade::Operator, roles(&["ops"])).await;
    let intel = bench.session("ines", Grade::Operator, roles(&["intel"])).await;
    let event = json!({"source_slug": "s", "source_name": "Sonar", "station_id": 1});
    let (status, event) = bench.as_operator(&ops, Method::POST, "/api/v1/telemetry/events", &event).await;
    assert_eq!(status, StatusCode::CREATED, "{event}");
    let path = format!("/api/v1/telemetry/events/{}/thread", event["id"]);
    let (status, thread) = bench.as_operator(&ops, Method::POST, &path, &json!({})).await;
    assert_eq!((status, &thread["subject"]), (StatusCode::CREATED, &json!(format!("event:{}", event["id"]))));
    assert!(thread["title"].as_str().unwrap().ends_with("of Sonar"));
    let (status, again) = bench.as_operator(&ops, Method::POST, &path, &json!({"title": "x"})).await;
    assert_eq!((status, &again["id"]), (StatusCode::OK, &thread["id"]));
    let (_, threads) = bench.as_operator(&ops, Method::GET, &format!("{CHANNELS}/alpha/threads"), &json!({})).await;
    assert_eq!(threads[0]["id"], thread["id"]);
    assert_eq!(bench.as_operator(&intel, Method::POST, &path, &json!({})).await.0, StatusCode::NOT_FOUND, "another role's event is none");
}
