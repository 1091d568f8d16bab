//! Other programs that we speak to: the outside runner of AgentKit, and other chat systems; each played by a server of the test's own,
//! which breaks when it is told to. And alarms of stations in the chat.

use super::live::serve;
use super::*;
use crate::agentkit::{AgentConfig, Outside, outside};
use crate::chat::{ChatConfig, FabricConfig, FabricKind};
use axum::extract::State;
use axum::http::Uri;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it was asked, and what it answers next (then 200 `{}`).
#[derive(Clone, Debug, Default)]
struct Elsewhere(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    asked: Vec<Asked>,
    next: Vec<(u16, Value)>,
}

#[derive(Clone, Debug)]
struct Asked {
    method: String,
    path: String,
    headers: HeaderMap,
    body: Value,
}

impl Elsewhere {
    async fn start(&self) -> String {
        let router = Router::new().fallback(answer).with_state(self.clone());
        format!("http://{}", serve(router).await)
    }

    fn next(&self, status: u16, body: Value) {
        self.0.lock().unwrap().next.push((status, body));
    }

    fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.clone()
    }

    async fn until(&self, count: usize) -> Vec<Asked> {
        for _ in 0..1_000 {
            if count <= self.asked().len() {
                return self.asked();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("asked {} times only: {:?}", self.asked().len(), self.asked());
    }
}

async fn answer(State(elsewhere): State<Elsewhere>, method: Method, uri: Uri, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let mut held = elsewhere.0.lock().unwrap();
    held.asked.push(Asked {
        method: method.to_string(),
        path: uri.to_string(),
        headers,
        body: serde_json::from_str(&body).unwrap_or_default(),
    });
    let (status, body) = if held.next.is_empty() { (200, json!({})) } else { held.next.remove(0) };
    (StatusCode::from_u16(status).unwrap(), body.to_string())
}

async fn bench(agents: AgentConfig, chat: ChatConfig) -> Option<Bench> {
    let (databases, clock) = (shared()?.databases(), HandClock::at(T0));
    let mut config = CentralConfig::new(databases.clone(), clock.clock());
    (config.agents, config.chat) = (agents, chat);
    let mut central = Central::start(config);
    central.opened().await;
    Some(Bench { central, clock, databases }.with_alpha().await)
}

#[tokio::test]
async fn an_outside_runner_is_used_for_what_we_do_not_do() {
    let runner = Elsewhere::default();
    let base = runner.start().await;
    let used = Outside::new(&format!("{base}/kit/"), "pr-cybr", "the-key", Duration::from_secs(5)).unwrap();
    let agents = AgentConfig { outside: Some(used.clone()), ..AgentConfig::default() };
    let Some(bench) = bench(agents, ChatConfig::default()).await else { return };
    let token = bench.token().await;
    runner.next(200, json!({"tools": [{"name": "recon", "description": "Looks."}, {"name": "timeline_summary"}]}));
    let (_, tools) = bench.get("/api/v1/agent-actions/tools").await;
    let names: Vec<&str> = tools.as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"recon") && names.iter().filter(|n| **n == "timeline_summary").count() == 1, "{names:?}");
    let execute = async |key: &str| {
        let request = Request::post("/api/v1/agent-actions/execute")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", key);
        let body = json!({"tool_name": "recon", "action_input": {"where": "here"}, "channel_slug": "alpha"}).to_string();
        let (status, _, body) = send(&bench.central.router, request.body(body.into()).unwrap()).await;
        (status.as_u16(), body)
    };
    runner.next(500, json!({}));
    assert_eq!(execute("k1").await.0, 502, "what fails there is said, and nothing is noted");
    runner.next(200, json!({"status": "queued"}));
    assert_eq!(execute("k1").await.1["detail"], "AgentKit returned no action id");
    runner.next(200, json!({"id": "a-1", "status": "running"}));
    let (status, action) = execute("k1").await;
    assert_eq!((status, &action["action_id"], &action["status"]), (202, &json!("a-1"), &json!("running")));
    assert_eq!(execute("k1").await.1["action_id"], "a-1", "asked again, it is not begun again");
    let asked = runner.asked();
    assert_eq!(asked.len(), 4);
    let last = &asked[3];
    assert_eq!((last.method.as_str(), last.path.as_str()), ("POST", "/kit/orgs/pr-cybr/actions"));
    assert!(last.headers["authorization"] == "Bearer the-key" && last.headers["x-agentkit-org"] == "pr-cybr");
    assert_eq!(last.body, json!({"tool_name": "recon", "action_input": {"where": "here"}, "metadata": {}}));
    // Its webhook never comes: it is asked.
    let shared = bench.central.shared();
    runner.next(503, json!({}));
    outside::follow_once(shared, &used).await.unwrap();
    runner.next(200, json!({"action_id": "a-1", "status": "succeeded", "result": {"markdown": "Seen **nobody**"}}));
    outside::follow_once(shared, &used).await.unwrap();
    outside::follow_once(shared, &used).await.unwrap();
    assert_eq!(
        (runner.asked().len(), runner.asked()[5].path.as_str()),
        (6, "/kit/orgs/pr-cybr/actions/a-1"),
        "what is over is not asked about"
    );
    let (_, messages) = bench.get("/api/v1/chatkit/messages?channel=alpha").await;
    assert_eq!(
        (messages.as_array().unwrap().len(), &messages[0]["text"], &messages[0]["author"]),
        (1, &json!("Seen **nobody**"), &json!("agent:recon"))
    );
    // One that names itself comes to an end.
    let hop = Request::post("/api/v1/agent-actions/execute").header("authorization", format!("Bearer {token}")).header("x-vtoc-hop", "1");
    assert_eq!(send(&bench.central.router, hop.body(r#"{"tool_name":"recon"}"#.into()).unwrap()).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_said_reaches_other_systems_in_order_through_their_failures() {
    let (slack, matrix, chatkit) = (Elsewhere::default(), Elsewhere::default(), Elsewhere::default());
    let channels = |there: &str| BTreeMap::from([("alpha".to_owned(), there.to_owned())]);
    let fabrics = vec![
        FabricConfig {
            name: "s".into(),
            kind: FabricKind::Slack { url: format!("{}/services/x", slack.start().await) },
            channels: channels(""),
        },
        FabricConfig {
            name: "m".into(),
            kind: FabricKind::Matrix { homeserver: matrix.start().await, token: "t0ken".into() },
            channels: channels("!room:example"),
        },
        FabricConfig {
            name: "c".into(),
            kind: FabricKind::ChatKit { url: chatkit.start().await, secret: "s".into() },
            channels: channels("theirs"),
        },
    ];
    let chat = ChatConfig { fabrics, ..ChatConfig::default() };
    let Some(bench) = bench(AgentConfig::default(), chat).await else { return };
    let token = bench.token().await;
    // Their beginnings are noted before anything is said.
    let pool = PgPoolOptions::new().connect_with(bench.databases.control().clone()).await.unwrap();
    while sqlx::query_scalar::<_, i64>("SELECT count(*) FROM chat_fabrics").fetch_one(&pool).await.unwrap() < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for (status, body) in [(503, json!({})), (429, json!({})), (200, json!({})), (400, json!({}))] {
        slack.next(status, body);
    }
    matrix.next(401, json!({"errcode": "M_UNKNOWN_TOKEN"}));
    for (channel, text) in [("alpha", "one"), ("general", "not for them"), ("alpha", "two"), ("alpha", "three")] {
        let (status, _) = bench.send(Method::POST, "/api/v1/chatkit/messages", &token, &json!({"channel": channel, "text": text})).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    let said = |asked: Vec<Asked>, key: &str| asked.iter().map(|a| a.body[key].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let texts = said(slack.until(5).await, "text");
    // Twice not taken, then taken; the second refused for good, so the third is next.
    assert_eq!(
        texts,
        ["[alpha] token 1: one", "[alpha] token 1: one", "[alpha] token 1: one", "[alpha] token 1: two", "[alpha] token 1: three"]
    );
    let asked = matrix.until(4).await;
    assert_eq!(asked[0].path, asked[1].path, "the same transaction, so that it is there once");
    assert!(asked.iter().all(|a| a.method == "PUT" && a.headers["authorization"] == "Bearer t0ken"));
    assert_eq!(said(asked, "body")[1..], ["token 1: one", "token 1: two", "token 1: three"]);
    let asked = chatkit.until(3).await;
    assert!(asked.iter().all(|a| a.body["channel"] == "theirs" && a.headers.contains_key("webhook-signature")));
    assert_eq!(said(asked, "text"), ["one", "two", "three"]);
}

#[tokio::test]
async fn an_advisory_is_told_in_its_stations_channel_once_in_ten_minutes() {
    let Some(bench) = bench(AgentConfig::default(), ChatConfig::default()).await else { return };
    let advisory = |at_ms: i64, icao: u32| {
        let mut event = crate::testing::position_event(icao, at_ms);
        let climb = model::Advisory { active: 0x2000, complements: 0, terminated: false, multiple_threats: false, threat: None };
        event.kind = model::EventKind::Advisory(climb);
        event
    };
    let events =
        vec![advisory(0, 1), advisory(1_000, 1), advisory(2_000, 2), crate::testing::position_event(3, 3_000), advisory(700_000, 1)];
    let batch = uplink::intake::Batch { epoch: model::Epoch(1), first_seq: 1, events };
    uplink::intake::Intake::store(&bench.central.intake, station("alpha"), batch).await.unwrap();
    let mut messages = Vec::new();
    for _ in 0..500 {
        messages = bench.get("/api/v1/chatkit/messages?channel=alpha&after=0").await.1.as_array().unwrap().clone();
        if 3 <= messages.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let subjects: Vec<&str> = messages.iter().map(|m| m["attachment"]["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["icao:000001", "icao:000002", "icao:000001"], "{messages:?}");
    assert!(messages[0]["thread_id"] == messages[2]["thread_id"] && messages[0]["thread_id"] != messages[1]["thread_id"]);
    assert_eq!((&messages[0]["author"], &messages[0]["author_kind"]), (&json!("station:alpha"), &json!("station")));
    assert!(messages[0]["text"].as_str().unwrap().starts_with("**advisory**: icao:000001"), "{}", messages[0]["text"]);
    let (_, threads) = bench.get("/api/v1/chatkit/channels/alpha/threads").await;
    assert_eq!((threads.as_array().unwrap().len(), &threads[0]["kind"]), (2, &json!("alert")));
}
