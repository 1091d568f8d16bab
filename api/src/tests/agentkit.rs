//! Playbooks and their runs: asked from the chat, over REST, over the wire and by schedule; retried, stopped, never twice.

use super::people::roles;
use super::*;
use crate::agentkit::playbooks::probe::begun;
use crate::agentkit::{AgentConfig, Client, Playbooks, worker};
use crate::auth::{Grade, RoleSet};
use crate::chat::{ChatConfig, WebhookKey, sign};
use crate::store::{NewRun, RunEnd, RunState, Store, agent, provision};
use serde_json::json;
use std::time::Duration;

const YAML: &str = "
playbooks:
  probe: {entrypoint: probe, description: Does what it is told., timeout_seconds: 1, attempts: 3}
  hourly: {entrypoint: probe, station_roles: [ops], options: {name: hourly}}
";
/// The tests' clock stands on the hour: with a schedule, whoever takes long has a run more than he asked for.
const SCHEDULED: &str = "
playbooks:
  hourly: {entrypoint: probe, schedule: 1h, station_roles: [ops], options: {name: hourly}}
";

pub(super) async fn bench() -> Option<Bench> {
    with(AgentConfig::default(), YAML).await
}

pub(super) async fn with(agents: AgentConfig, playbooks: &str) -> Option<Bench> {
    let (databases, clock) = (shared()?.databases(), HandClock::at(T0));
    let mut config = CentralConfig::new(databases.clone(), clock.clock());
    config.agents = AgentConfig { playbooks: Playbooks::with(playbooks).unwrap(), ..agents };
    config.chat = ChatConfig { webhook_keys: vec![WebhookKey::new("key").unwrap()], ..ChatConfig::default() };
    let mut central = Central::start(config);
    central.opened().await;
    Some(Bench { central, clock, databases }.with_alpha().await)
}

impl Bench {
    /// Runs the probe, and tells the run's id.
    async fn probe(&self, token: &str, input: Value) -> i64 {
        let path = "/api/v1/stations/alpha/playbooks/probe/runs";
        let (status, run) = self.send(Method::POST, path, token, &json!({"input": input, "channel": "alpha"})).await;
        assert_eq!((status, &run["state"], &run["station"]), (StatusCode::ACCEPTED, &json!("queued"), &json!("alpha")), "{run}");
        run["id"].as_i64().unwrap()
    }

    async fn run(&self, id: i64) -> Value {
        self.get(&format!("/api/v1/agentkit/runs/{id}")).await.1
    }

    /// Lets the clock go on until the run is over. The waits of a retry pass by hand.
    pub(super) async fn over(&self, id: i64) -> Value {
        for _ in 0..600 {
            let run = self.run(id).await;
            if !["queued", "running"].contains(&run["state"].as_str().unwrap()) {
                return run;
            }
            if run["state"] == "queued" && 0 < run["attempts"].as_i64().unwrap() {
                self.clock.set(self.clock.now().plus_micros(10_000_000));
                self.central.shared().agents.wake();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("run {id} is not over: {}", self.run(id).await);
    }

    pub(super) async fn replies(&self, playbook: &str) -> Vec<Value> {
        let (_, messages) = self.get("/api/v1/chatkit/messages?after=0").await;
        messages.as_array().unwrap().iter().filter(|m| m["author"] == format!("agent:{playbook}")).cloned().collect()
    }
}

#[tokio::test]
async fn a_message_in_a_thread_is_answered_there_once() {
    let Some(bench) = bench().await else { return };
    let token = bench.token().await;
    uplink::intake::Intake::store(&bench.central.intake, station("alpha"), crate::testing::batch(1, 1, 3)).await.unwrap();
    let (_, thread) = bench.send(Method::POST, "/api/v1/chatkit/channels/alpha/threads", &token, &json!({"title": "Watch"})).await;
    let ask = json!({"channel": "alpha", "thread_id": thread["id"], "text": "@agent check status", "client_id": "m1"});
    let (status, asked) = bench.send(Method::POST, "/api/v1/chatkit/messages", &token, &ask).await;
    assert_eq!(status, StatusCode::CREATED);
    let run = bench.over(asked["run_id"].as_i64().unwrap()).await;
    assert_eq!(
        (&run["state"], &run["playbook"], run["attempts"].as_i64()),
        (&json!("succeeded"), &json!("timeline_summary"), Some(1)),
        "{run}"
    );
    let (status, again) = bench.send(Method::POST, "/api/v1/chatkit/messages", &token, &ask).await;
    assert_eq!((status, &again["run_id"]), (StatusCode::OK, &Value::Null), "sent again, it asks for nothing");
    let replies = bench.replies("timeline_summary").await;
    assert_eq!(replies.len(), 1);
    let reply = &replies[0];
    assert_eq!((&reply["thread_id"], &reply["reply_to"]), (&thread["id"], &asked["id"]));
    let text = reply["text"].as_str().unwrap();
    assert!(
        text.starts_with("**Timeline of ALPHA**, 2026-11-23T00:00:00Z") && text.contains("- 00:00:00Z icao:480003: position at 50."),
        "{text}"
    );
    let (result, attached) = (&run["result"], &reply["attachment"]);
    assert_eq!((result["items"].as_array().unwrap().len(), &attached["result"], &attached["run_id"]), (3, result, &run["id"]));
    assert_eq!(result["items"][0]["entry_type"], "telemetry_event");
    let (_, logs) = bench.get(&format!("/api/v1/agentkit/runs/{}/logs", run["id"])).await;
    assert_eq!((&logs[0]["attempt"], logs[1]["text"].as_str()), (&json!(1), Some("ops: 3 events read")), "{logs}");
    for (text, playbook, contains) in [
        ("/status", "status", "ALPHA (ops): online"),
        ("/alerts", "alerts", "No alerts"),
        ("/playbook", "playbooks", "- `timeline\\_summary`"),
        ("/help", "help", "- `/status`"),
        ("@agent run recon sweep", "help", "there is no playbook recon\\_sweep"),
        ("/playbook timeline_summary limit=1", "timeline_summary", "icao:480003"),
    ] {
        let (_, asked) = bench.send(Method::POST, "/api/v1/chatkit/messages", &token, &json!({"channel": "alpha", "text": text})).await;
        bench.over(asked["run_id"].as_i64().unwrap()).await;
        let replies = bench.replies(playbook).await;
        let said = replies.last().unwrap()["text"].as_str().unwrap();
        assert!(said.contains(contains) || said.contains(&contains.replace("\\_", "_")), "{text}: {said}");
    }
}

#[tokio::test]
async fn trouble_panics_and_time_outs_are_tried_again_and_refusals_are_not() {
    let Some(bench) = bench().await else { return };
    let token = bench.token().await;
    let probe = async |name: &str, what: &str, times: i64| {
        bench.over(bench.probe(&token, json!({"name": name, "do": what, "times": times})).await).await
    };
    for (name, what) in [("t1", "trouble"), ("t2", "panic"), ("t3", "sleep")] {
        let run = probe(name, what, 1).await;
        assert_eq!((&run["state"], run["attempts"].as_i64(), begun(name)), (&json!("succeeded"), Some(2), 2), "{run}");
        assert_eq!(run["markdown"], format!("**{name}** done\u{fffd}"), "U+0000 can't be kept");
    }
    let run = probe("t4", "trouble", 9).await;
    assert_eq!((&run["state"], run["attempts"].as_i64(), &run["error"], begun("t4")), (&json!("failed"), Some(3), &json!("not yet"), 3));
    let run = probe("t5", "refuse", 1).await;
    assert_eq!((&run["state"], run["attempts"].as_i64(), &run["error"]), (&json!("failed"), Some(1), &json!("never")));
    let replies = bench.replies("probe").await;
    let texts: Vec<&str> = replies.iter().map(|m| m["text"].as_str().unwrap()).collect();
    assert_eq!(texts.len(), 5, "one reply a run: {texts:?}");
    assert_eq!(texts[3..], ["**probe** failed: not yet", "**probe** failed: never"]);
}

#[tokio::test]
async fn a_run_is_cancelled_queued_or_running_and_a_dry_run_says_so() {
    let Some(bench) = bench().await else { return };
    let token = bench.token().await;
    let path = "/api/v1/stations/alpha/playbooks/timeline_summary/runs";
    let body = json!({"dry_run": true, "client_id": "d1"});
    let (status, dry) = bench.send(Method::POST, path, &token, &body).await;
    assert_eq!((status, &dry["dry_run"]), (StatusCode::ACCEPTED, &json!(true)));
    let (status, again) = bench.send(Method::POST, path, &token, &body).await;
    assert_eq!((status, &again["id"]), (StatusCode::OK, &dry["id"]), "asked again, it runs once");
    assert_eq!(bench.over(dry["id"].as_i64().unwrap()).await["state"], "succeeded");
    assert_eq!(bench.replies("timeline_summary").await.len(), 0, "it came from no channel");
    let (_, page) = bench.get("/api/v1/stations/alpha/timeline").await;
    let audit =
        page["items"].as_array().unwrap().iter().find(|i| i["entry_type"] == "agent_action_audit").expect("the timeline has the run");
    assert_eq!(
        (&audit["tool_name"], &audit["status"], &audit["action_id"]),
        (&json!("timeline_summary"), &json!("succeeded"), &dry["action_id"])
    );
    // Not due yet: still in the queue.
    let waiting = bench.probe(&token, json!({"name": "c1", "do": "trouble", "times": 1})).await;
    while bench.run(waiting).await["attempts"] != 1 || bench.run(waiting).await["state"] != "queued" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let cancel = async |id: i64| bench.send(Method::POST, &format!("/api/v1/agentkit/runs/{id}/cancel"), &token, &json!({})).await;
    let (status, run) = cancel(waiting).await;
    assert_eq!((status, &run["state"], &run["cancel_asked"]), (StatusCode::ACCEPTED, &json!("cancelled"), &json!(true)));
    assert_eq!(cancel(dry["id"].as_i64().unwrap()).await.1["state"], "succeeded", "what is over stays so");
    for (path, status) in [
        ("/api/v1/agentkit/runs?state=cancelled&station=alpha&playbook=probe", 200),
        ("/api/v1/agentkit/runs?state=sleeping", 422),
        ("/api/v1/agentkit/runs/999999", 404),
        ("/api/v1/stations/nobody/playbooks", 404),
    ] {
        let (got, body) = bench.get(path).await;
        assert_eq!(got.as_u16(), status, "{path}");
        assert!(status != 200 || body.as_array().unwrap().len() == 1, "{body}");
    }
}

#[tokio::test]
async fn playbooks_are_those_of_the_stations_role_and_of_ones_own() {
    let Some(bench) = bench().await else { return };
    bench.register("spy", Role::Intel, KeyFingerprint([2; 32])).await;
    let token = bench.token().await;
    let ids = async |station: &str| {
        let (_, all) = bench.get(&format!("/api/v1/stations/{station}/playbooks")).await;
        all.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(ids("alpha").await.contains(&"hourly".into()) && !ids("spy").await.contains(&"hourly".into()));
    assert!(ids("toc-alpha").await.contains(&"timeline_summary".into()) && !ids("1").await.contains(&"help".into()));
    let start = async |path: &str, token: &str| bench.send(Method::POST, path, token, &json!({})).await.0.as_u16();
    assert_eq!(start("/api/v1/stations/spy/playbooks/hourly/runs", &token).await, 403);
    assert_eq!(start("/api/v1/stations/spy/playbooks/nothing/runs", &token).await, 404);
    let ops = bench.session("olaf", Grade::Operator, roles(&["ops"])).await;
    let viewer = bench.session("vera", Grade::Viewer, RoleSet::ALL).await;
    let (_, run) = bench.send(Method::POST, "/api/v1/stations/spy/playbooks/timeline_summary/runs", &token, &json!({})).await;
    assert_eq!(run["station_roles"], json!(["intel"]), "a run sees its station's data alone");
    let path = format!("/api/v1/agentkit/runs/{}", run["id"]);
    for (method, path) in [(Method::GET, path.clone()), (Method::GET, format!("{path}/logs")), (Method::POST, format!("{path}/cancel"))] {
        assert_eq!(bench.as_operator(&ops, method, &path, &json!({})).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(bench.as_operator(&ops, Method::GET, "/api/v1/agentkit/runs", &json!({})).await.1, json!([]));
    assert_eq!(bench.as_operator(&viewer, Method::GET, &path, &json!({})).await.0, StatusCode::OK);
    let run = bench.as_operator(&viewer, Method::POST, "/api/v1/stations/spy/playbooks/timeline_summary/runs", &json!({})).await;
    assert_eq!(run.0, StatusCode::FORBIDDEN, "a viewer can't write");
}

#[tokio::test]
async fn the_contracts_agent_actions_have_its_shapes() {
    let agents = AgentConfig { allowed_tools: Some(vec!["timeline_summary".into(), "probe".into()]), ..AgentConfig::default() };
    let Some(bench) = with(agents, YAML).await else { return };
    let token = bench.token().await;
    let (_, tools) = bench.get("/api/v1/agent-actions/tools").await;
    let names: Vec<&str> = tools.as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["probe", "timeline_summary"], "of CHATKIT_ALLOWED_TOOLS");
    assert!(tools[1]["signature"]["properties"]["limit"].is_object() && tools[1]["metadata"].is_object());
    let execute = async |body: Value, headers: &[(&str, &str)]| {
        let request = headers.iter().fold(Request::post("/api/v1/agent-actions/execute"), |r, (name, value)| r.header(*name, *value));
        let request = request.header("authorization", format!("Bearer {token}")).body(body.to_string().into()).unwrap();
        let (status, _, body) = send(&bench.central.router, request).await;
        (status.as_u16(), body)
    };
    assert_eq!(execute(json!({"tool_name": "hourly"}), &[]).await.0, 403, "what is not allowed is not run either");
    assert_eq!(execute(json!({}), &[]).await.0, 422);
    // Metadata, then the body, then a header.
    for (body, headers, channel, initiator) in [
        (
            json!({"metadata": {"chatkit": {"channel": "alpha", "user_id": "u1"}}, "channel_slug": "x", "initiator_id": "y"}),
            &[][..],
            "alpha",
            "u1",
        ),
        (json!({"metadata": {"channel": {"slug": "alpha"}, "initiator": {"id": "u2"}}}), &[], "alpha", "u2"),
        (json!({"channel_slug": "alpha", "initiator_id": "u3"}), &[("x-chatkit-channel", "x"), ("x-chatkit-user", "y")], "alpha", "u3"),
        (json!({}), &[("x-chatkit-thread", "alpha"), ("x-chatkit-initiator", "u4")], "alpha", "u4"),
        (json!({}), &[("x-chatkit-channel", "nowhere")], "nowhere", "token:1"),
    ] {
        let mut body = body;
        body["tool_name"] = json!("probe");
        body["action_input"] = json!({"name": initiator});
        let (status, action) = execute(body, headers).await;
        assert_eq!((status, &action["status"], &action["result"]), (202, &json!("queued"), &Value::Null), "{action}");
        let (_, audits) = bench.get("/api/v1/agent-actions/audits").await;
        let audit = audits.as_array().unwrap().iter().find(|a| a["action_id"] == action["action_id"]).unwrap();
        assert_eq!(
            (&audit["channel_slug"], &audit["initiator_id"], &audit["tool_name"]),
            (&json!(channel), &json!(initiator), &json!("probe"))
        );
        assert_eq!(audit["request_payload"], json!({"name": initiator}));
        bench.over(audit["id"].as_i64().unwrap()).await;
    }
    let (_, audits) = bench.get("/api/v1/agent-actions/audits").await;
    assert!(audits[0]["completed_at"].is_string() && audits[0]["response_payload"].is_object() && audits[0]["status"] == "succeeded");
    assert_eq!(bench.replies("probe").await.len(), 4, "said where there is such a channel");
    let with_key = [("idempotency-key", "k1")];
    let (one, two) = (execute(json!({"tool_name": "probe"}), &with_key).await.1, execute(json!({"tool_name": "probe"}), &with_key).await.1);
    assert_eq!(one["action_id"], two["action_id"]);
}

#[tokio::test]
async fn an_outside_runner_tells_what_became_of_an_action() {
    let Some(bench) = bench().await else { return };
    let tell = async |body: &str, key: &str| {
        let request = Request::post("/api/v1/agent-actions/webhook").header("x-chatkit-signature", sign(key, None, body.as_bytes()));
        let (status, _, answer) = send(&bench.central.router, request.body(body.to_owned().into()).unwrap()).await;
        (status.as_u16(), answer)
    };
    let running = r#"{"action_id":"a1","status":"running","channel_slug":"alpha","initiator_id":"u1"}"#;
    assert_eq!(tell(running, "wrong").await, (401, json!({"detail": "Invalid signature"})));
    assert_eq!(tell("{\"status\":\"x\"}", "key").await, (400, json!({"detail": "Invalid payload"})));
    assert_eq!(tell("[]", "key").await, (400, json!({"detail": "Invalid payload"})));
    assert_eq!(tell(running, "key").await, (202, json!({"received": true})));
    assert_eq!(tell(running, "key").await.0, 409, "a replay");
    let done = r#"{"action_id":"a1","status":"succeeded","result":{"markdown":"All **well**"}}"#;
    assert_eq!(tell(done, "key").await.0, 202);
    assert_eq!(tell(r#"{"action_id":"a1","status":"failed","error":"late"}"#, "key").await.0, 202, "noted, but it is over");
    let (_, audits) = bench.get("/api/v1/agent-actions/audits").await;
    assert_eq!(audits.as_array().unwrap().len(), 1);
    let audit = &audits[0];
    assert_eq!((&audit["status"], &audit["response_payload"]["markdown"]), (&json!("succeeded"), &json!("All **well**")));
    assert!(audit["completed_at"].is_string(), "the old system could never record this");
    let replies = bench.replies("unknown").await;
    assert_eq!((replies.len(), &replies[0]["text"], &replies[0]["channel"]), (1, &json!("All **well**"), &json!("alpha")));
}

#[tokio::test]
async fn the_wire_is_served_to_whoever_has_client_credentials() {
    let agents = AgentConfig { organisation: "pr-cybr".into(), client: Some(Client::new("backend", "s3cret")), ..AgentConfig::default() };
    let Some(bench) = with(agents, YAML).await else { return };
    let credentials = async |content: &str, body: &str| {
        let request = Request::post("/api/v1/agentkit/token").header("content-type", content).body(body.to_owned().into()).unwrap();
        let (status, _, body) = send(&bench.central.router, request).await;
        (status.as_u16(), body)
    };
    let form = "grant_type=client_credentials&client_id=backend&client_secret=s3cret";
    let (status, granted) = credentials("application/x-www-form-urlencoded", form).await;
    assert_eq!((status, &granted["token_type"], &granted["expires_in"]), (200, &json!("Bearer"), &json!(3600)));
    assert_eq!(credentials("application/json", r#"{"client_id":"backend","client_secret":"s3cret"}"#).await.0, 200);
    assert_eq!(credentials("application/json", r#"{"client_id":"backend","client_secret":"guess"}"#).await.0, 401);
    assert_eq!(credentials("application/json", r#"{"client_id":"backend"}"#).await.0, 422);
    let token = granted["access_token"].as_str().unwrap().to_owned();
    let call = async |method: Method, path: &str, org: Option<&str>, body: Value| {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        let request = org.into_iter().fold(request, |r, org| r.header("x-agentkit-org", org));
        let (status, _, body) = send(&bench.central.router, request.body(body.to_string().into()).unwrap()).await;
        (status.as_u16(), body)
    };
    for (path, org) in [("/orgs/pr-cybr/tools", None), ("/orgs/pr-cybr/tools", Some("other")), ("/orgs/other/tools", Some("other"))] {
        assert_eq!(call(Method::GET, path, org, json!({})).await.0, 404, "{path} {org:?}");
    }
    let ours = Some("pr-cybr");
    let (_, tools) = call(Method::GET, "/orgs/pr-cybr/tools", ours, json!({})).await;
    assert!(tools["tools"].as_array().unwrap().iter().any(|t| t["name"] == "timeline_summary"));
    let body = json!({"tool_name": "probe", "action_input": {"name": "w1"}, "metadata": {"station": "alpha", "dry_run": true}});
    let (status, action) = call(Method::POST, "/orgs/pr-cybr/actions", ours, body).await;
    assert_eq!((status, &action["status"]), (200, &json!("queued")));
    let path = format!("/orgs/pr-cybr/actions/{}", action["action_id"].as_str().unwrap());
    for _ in 0..500 {
        let (_, action) = call(Method::GET, &path, ours, json!({})).await;
        if action["status"] == "succeeded" {
            assert_eq!((&action["tool_name"], &action["result"]["dry_run"]), (&json!("probe"), &json!(true)));
            bench.clock.set(T0.plus_micros(3_601_000_000));
            bench.central.shared().doors.forget_all();
            assert_eq!(call(Method::GET, &path, ours, json!({})).await.0, 401, "an hour later the token is none");
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the action is not over");
}

#[tokio::test]
async fn a_schedule_queues_each_moment_once() {
    let Some(bench) = with(AgentConfig::default(), SCHEDULED).await else { return };
    bench.register("spy", Role::Intel, KeyFingerprint([2; 32])).await;
    let shared = bench.central.shared();
    for (minutes, runs) in [(0, 1), (0, 1), (59, 1), (60, 2), (61, 2), (190, 3)] {
        bench.clock.set(T0.plus_micros(minutes * 60_000_000));
        worker::queue_scheduled(shared).await.unwrap();
        let (_, all) = bench.get("/api/v1/agentkit/runs?playbook=hourly").await;
        assert_eq!(all.as_array().unwrap().len(), runs, "after {minutes} min");
    }
    let (_, all) = bench.get("/api/v1/agentkit/runs?playbook=hourly").await;
    assert_eq!((&all[0]["station"], &all[0]["requested_by"]), (&json!("alpha"), &json!("schedule")), "for stations of its roles");
    for run in all.as_array().unwrap() {
        bench.over(run["id"].as_i64().unwrap()).await;
    }
    assert_eq!(bench.replies("hourly").await.len(), 3, "said in the station's channel");
}

fn new_run(key: &str) -> NewRun {
    NewRun {
        key: Some(key.into()),
        playbook: "probe".into(),
        input: "{}".into(),
        metadata: None,
        dry_run: false,
        station_id: None,
        roles: RoleSet::ALL,
        requested_by: "test".into(),
        channel_id: None,
        thread_id: None,
        reply_to: None,
        channel_slug: None,
        initiator_id: None,
        attempts_max: 3,
        timeout_s: 10,
        asks: false,
        outside: None,
    }
}

/// Two workers on one queue, no central: a lease that ends is taken over, and whoever lost it changes nothing.
#[tokio::test]
async fn a_dead_workers_run_is_taken_over_and_ends_once() {
    let Some(cluster) = shared() else { return };
    let databases = cluster.databases();
    provision(&databases).await.unwrap();
    let store = Store::open(&databases, 4);
    let (lease, now) = (Duration::from_secs(30), T0);
    let general = store.channel("general").await.unwrap().unwrap();
    let (run, new) = store.queue_run(&NewRun { channel_id: Some(general.id), ..new_run("k1") }, now).await.unwrap();
    assert!(new && !store.queue_run(&new_run("k1"), now).await.unwrap().1, "the same key is one run");
    let dead = store.claim_run(now, lease).await.unwrap().unwrap();
    assert_eq!((dead.run.id, dead.run.state), (run.id, RunState::Running));
    assert!(store.claim_run(now.plus_micros(29_000_000), lease).await.unwrap().is_none());
    let later = now.plus_micros(31_000_000);
    let taken = store.claim_run(later, lease).await.unwrap().unwrap();
    assert_eq!((taken.run.id, taken.run.attempts), (run.id, 2));
    let end = RunEnd { state: RunState::Succeeded, markdown: Some("done".into()), result: Some("{}".into()), error: None };
    let reply = worker::reply(&taken.run, &end).unwrap();
    assert_eq!(reply.author, agent("probe"));
    assert_eq!(dead.keep(&store, later, lease).await.unwrap(), crate::store::Kept::Lost);
    assert!(!dead.end(&store, &end, Some(&reply), &[(later, "too late".into())], later).await.unwrap());
    assert!(!dead.again(&store, "x", lease, &[], later).await.unwrap());
    assert!(taken.end(&store, &end, Some(&reply), &[(later, "in time".into())], later).await.unwrap());
    assert!(!taken.end(&store, &end, Some(&reply), &[], later).await.unwrap(), "it ends once");
    let said = store.messages(RoleSet::ALL, &crate::store::MessageFilter { limit: 10, ..Default::default() }).await.unwrap();
    let logs = store.run_logs(run.id).await.unwrap();
    assert_eq!((said.len(), logs.len(), logs[0].text.as_str()), (1, 1, "in time"));

    // Claimed by many at once, each run goes to one.
    for n in 0..20 {
        store.queue_run(&new_run(&format!("many{n}")), later).await.unwrap();
    }
    let claims: Vec<_> = (0..30)
        .map(|_| {
            tokio::spawn({
                let store = store.clone();
                async move { store.claim_run(later, lease).await.unwrap() }
            })
        })
        .collect();
    let mut ids = Vec::new();
    for claim in claims {
        ids.extend(claim.await.unwrap().map(|c| c.run.id));
    }
    ids.sort_unstable();
    ids.dedup();
    // What is locked by one is skipped by the others, so all twenty are claimed unless a claim met none that was free.
    while let Some(claim) = store.claim_run(later, lease).await.unwrap() {
        assert!(!ids.contains(&claim.run.id), "claimed twice");
        ids.push(claim.run.id);
    }
    assert_eq!(ids.len(), 20);
}

/// The operator's flow of the contract: message → webhook → signature, operator, job → playbook → stored telemetry → reply in the
/// thread → whoever watches.
#[tokio::test]
async fn an_operators_message_goes_by_webhook_and_playbook_back_into_the_thread() {
    let Some(bench) = bench().await else { return };
    bench.operator("anna", Grade::Operator, roles(&["ops"])).await;
    uplink::intake::Intake::store(&bench.central.intake, station("alpha"), crate::testing::batch(1, 1, 2)).await.unwrap();
    let address = super::live::serve(bench.central.router.clone()).await;
    let (mut watcher, _) = tokio_tungstenite::connect_async(format!("ws://{address}/api/v1/chatkit/feed")).await.unwrap();
    super::live::next(&mut watcher).await;
    let body =
        json!({"channel": "alpha", "thread": "T-9", "user": "@anna", "message_id": "m-1", "text": "@agent check status"}).to_string();
    let post = async || {
        let request = Request::post("/api/v1/chatkit/webhook").header("x-chatkit-signature", sign("key", None, body.as_bytes()));
        let (status, _, answer) = send(&bench.central.router, request.body(body.clone().into()).unwrap()).await;
        (status.as_u16(), answer)
    };
    let (status, received) = post().await;
    assert_eq!(status, 202, "{received}");
    let asked = super::live::next(&mut watcher).await["message"].clone();
    let reply = super::live::next(&mut watcher).await["message"].clone();
    assert_eq!((&asked["author"], &asked["id"]), (&json!("operator:anna"), &received["message_id"]));
    assert_eq!(
        (&reply["author"], &reply["reply_to"], &reply["thread_id"]),
        (&json!("agent:timeline_summary"), &asked["id"], &asked["thread_id"])
    );
    assert!(reply["text"].as_str().unwrap().contains("icao:480002: position at 50."), "{}", reply["text"]);
    let run = bench.run(received["run_id"].as_i64().unwrap()).await;
    assert_eq!(
        (&run["requested_by"], &run["station_roles"], &run["result"]),
        (&json!("operator:anna"), &json!(["ops"]), &reply["attachment"]["result"])
    );
    assert_eq!(post().await.0, 409, "a replay changes nothing");
    assert_eq!(bench.replies("timeline_summary").await.len(), 1);
}
