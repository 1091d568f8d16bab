//! What people ask of the agent in the chat besides playbooks; and playbooks that ask people back before they begin.

use super::agentkit::with;
use super::people::{Session, roles};
use super::*;
use crate::agentkit::playbooks::probe::begun;
use crate::agentkit::{AgentConfig, worker};
use crate::auth::Grade;
use serde_json::json;

const MESSAGES: &str = "/api/v1/chatkit/messages";
const YAML: &str = "
playbooks:
  wipe: {entrypoint: probe, description: Throws things away., confirm: true, timeout_seconds: 5}
";

async fn bench() -> Option<Bench> {
    with(AgentConfig::default(), YAML).await
}

impl Bench {
    /// Says something in the channel of `alpha`; the id of the run that it asks for.
    async fn says(&self, who: &Session, text: &str) -> i64 {
        let (status, said) = self.as_operator(who, Method::POST, MESSAGES, &json!({"channel": "alpha", "text": text})).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
        said["run_id"].as_i64().unwrap_or_else(|| panic!("no run: {said}"))
    }

    /// What the agent said to a command.
    async fn answer(&self, who: &Session, text: &str) -> String {
        let run = self.says(who, text).await;
        let run = self.over(run).await;
        run["markdown"].as_str().or_else(|| run["error"].as_str()).unwrap_or_else(|| panic!("{run}")).to_owned()
    }
}

#[tokio::test]
async fn a_playbook_that_asks_waits_for_an_operators_word() {
    let Some(bench) = bench().await else { return };
    let olaf = bench.session("olaf", Grade::Operator, roles(&["ops"])).await;
    let intel = bench.session("ines", Grade::Operator, roles(&["intel"])).await;
    let run = bench.says(&olaf, "/playbook wipe name=asked").await;
    let questions = bench.replies("wipe").await;
    assert_eq!(
        (questions.len(), &questions[0]["attachment"]["confirm_run_id"]),
        (1, &json!(run)),
        "asked with the message, in its transaction"
    );
    let text = questions[0]["text"].as_str().unwrap();
    assert!(text.contains("operator:olaf wants it") && text.contains(&format!("`/confirm {run}`")), "{text}");
    let shown = bench.get(&format!("/api/v1/agentkit/runs/{run}")).await.1;
    assert_eq!((&shown["state"], &shown["asks"], &shown["attempts"]), (&json!("queued"), &json!(true), &json!(0)));
    // Whatever else runs meanwhile, it does not: another run that was queued after it is over.
    assert!(bench.answer(&olaf, "/status").await.contains("ALPHA"));
    assert_eq!(begun("asked"), 0);
    // A program's word is none, another role's neither, nor one on another run.
    let token = bench.token().await;
    let confirm = format!("/api/v1/agentkit/runs/{run}/confirm");
    assert_eq!(bench.send(Method::POST, &confirm, &token, &json!({})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(bench.as_operator(&intel, Method::POST, &confirm, &json!({})).await.0, StatusCode::NOT_FOUND);
    let (_, said) = bench.send(Method::POST, MESSAGES, &token, &json!({"channel": "alpha", "text": format!("/confirm {run}")})).await;
    assert_eq!(bench.over(said["run_id"].as_i64().unwrap()).await["error"], "Only an operator can confirm or refuse");
    assert_eq!(bench.answer(&olaf, "/confirm 999").await, "There is no run 999");
    assert_eq!(begun("asked"), 0);
    // Over the chat.
    assert_eq!(bench.answer(&olaf, &format!("/confirm {run}")).await, format!("Run {run} (wipe) begins."));
    let over = bench.over(run).await;
    assert_eq!((&over["state"], &over["decided_by"], begun("asked")), (&json!("succeeded"), &json!("operator:olaf"), 1));
    assert_eq!(bench.answer(&olaf, &format!("/refuse {run}")).await, format!("Run {run} does not wait for a confirmation"));
    // Over REST, for a run that a program asked for.
    let path = "/api/v1/stations/alpha/playbooks/wipe/runs";
    let (_, asked) = bench.send(Method::POST, path, &token, &json!({"input": {"name": "rest"}, "channel": "alpha"})).await;
    assert_eq!(asked["asks"], true);
    let confirm = format!("/api/v1/agentkit/runs/{}/confirm", asked["id"]);
    assert_eq!(bench.as_operator(&olaf, Method::POST, &confirm, &json!({})).await.0, StatusCode::ACCEPTED);
    assert_eq!(bench.as_operator(&olaf, Method::POST, &confirm, &json!({})).await.0, StatusCode::CONFLICT, "once");
    assert_eq!(bench.over(asked["id"].as_i64().unwrap()).await["state"], "succeeded");
}

#[tokio::test]
async fn what_is_refused_or_forgotten_never_runs_and_a_dry_run_asks_nobody() {
    let Some(bench) = bench().await else { return };
    let olaf = bench.session("olaf", Grade::Operator, roles(&["ops"])).await;
    let run = bench.says(&olaf, "/playbook wipe name=refused").await;
    assert_eq!(bench.answer(&olaf, &format!("/refuse {run}")).await, format!("Run {run} (wipe) does not run."));
    let over = bench.over(run).await;
    assert_eq!((&over["state"], &over["error"], begun("refused")), (&json!("cancelled"), &json!("refused by operator:olaf"), 0));
    let run = bench.says(&olaf, "/playbook wipe name=forgotten").await;
    let (store, now) = (&bench.central.store, bench.clock.now());
    assert_eq!(store.cancel_undecided(now.plus_micros(-1), now).await.unwrap(), 0);
    assert_eq!(store.cancel_undecided(now.plus_micros(1), now).await.unwrap(), 1);
    let over = bench.over(run).await;
    assert_eq!((&over["state"], &over["error"], begun("forgotten")), (&json!("cancelled"), &json!("nobody confirmed it in time"), 0));
    let dry = bench.says(&olaf, "/playbook wipe --dry-run name=dry").await;
    assert_eq!(bench.over(dry).await["state"], "succeeded");
    let _ = worker::queue_scheduled(bench.central.shared()).await;
    assert_eq!(bench.replies("wipe").await.iter().filter(|m| !m["attachment"]["confirm_run_id"].is_null()).count(), 2);
}

#[tokio::test]
async fn the_agent_knows_imeis_points_of_interest_and_missions() {
    let Some(bench) = bench().await else { return };
    let anna = bench.session("anna", Grade::Operator, roles(&["ops", "intel"])).await;
    let make = async |path: &str, body: Value| {
        let (status, made) = bench.as_operator(&anna, Method::POST, path, &body).await;
        assert!(status.is_success(), "{path}: {status} {made}");
        made["id"].as_i64().unwrap()
    };
    let jane = make("/api/v1/poi", json!({"name": "Jane Doe", "risk_level": "watch", "notes": "red van"})).await;
    make("/api/v1/poi", json!({"name": "Gone", "is_active": false})).await;
    for (kind, value) in [("imei", "356938035643809"), ("mmsi", "244660000"), ("phone", "0123")] {
        let body = json!({"poi_id": jane, "identifier_type": kind, "identifier_value": value});
        make(&format!("/api/v1/poi/{jane}/identifiers"), body).await;
    }
    let entry = json!({"identifier_value": "356938035643809", "list_type": "blacklist", "label": "stolen", "linked_poi_id": jane});
    make("/api/v1/imei-watchlist", entry).await;
    let event = json!({"source_slug": "h4m", "source_name": "H4M", "event_time": "2026-11-22T23:00:00Z", "latitude": 52.1, "longitude": 4.9,
        "payload": {"imei": "356938035643809"}, "station_id": 1});
    make("/api/v1/telemetry/events", event).await;
    let seen = "last seen 2026-11-22 23:00:00Z at 52.1000, 4.9000 by H4M";
    assert_eq!(
        bench.answer(&anna, "@agent check imei 356938035643809").await,
        format!("IMEI 356938035643809: **black-listed**, “stolen”, belongs to Jane Doe (watch)\n{seen}")
    );
    assert_eq!(
        bench.answer(&anna, "@agent check imei 12345").await,
        "IMEI 12345: on no list (not an IMEI: 15 digits with a right check digit)\nNot seen in what is stored."
    );
    assert_eq!(bench.answer(&anna, "@agent poi list").await, "- **Jane Doe** (person, watch): 3 identifiers\n");
    assert_eq!(
        bench.answer(&anna, "@agent poi status \"jane doe\"").await,
        format!(
            "**Jane Doe** (person, watch): 3 identifiers\nred van\n- imei 356938035643809: {seen}\n- mmsi 244660000: not seen in what is stored\n\
             - phone 0123: nothing that is heard\n"
        )
    );
    assert_eq!(bench.answer(&anna, "@agent poi status Nobody").await, "There is no point of interest “Nobody”");

    let operation = make("/api/v1/operations", json!({"name": "Harbour", "code_name": "H1", "status": "active"})).await;
    let mission = json!({"name": "Night watch", "operation_id": operation, "status": "in_progress", "priority": "high", "description": "Keep the channel clear."});
    let id = make("/api/v1/missions", mission).await;
    make("/api/v1/missions", json!({"name": "Old", "status": "completed"})).await;
    assert_eq!(bench.answer(&anna, "/mission").await, format!("- {id} **Night watch**: in progress, priority high\n"));
    let one = format!(
        "**Mission {id}: Night watch**\n- Status: in progress\n- Priority: high\n- Operation: Harbour (active)\n\nKeep the channel clear.\n"
    );
    assert_eq!(bench.answer(&anna, &format!("/mission {id}")).await, one);
    assert_eq!(bench.answer(&anna, "/mission night WATCH").await, one);
    // Missions are ops': in a channel of another role nobody hears of them.
    bench.register("spy", Role::Intel, KeyFingerprint([2; 32])).await;
    let (_, said) = bench.as_operator(&anna, Method::POST, MESSAGES, &json!({"channel": "spy", "text": "/mission"})).await;
    let over = bench.over(said["run_id"].as_i64().unwrap()).await;
    assert_eq!(over["error"], "Missions are of the role ops: ask in its channel, or in general", "{over}");
}
