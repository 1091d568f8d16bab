//! The six role playbooks on seeded data: what they say in the thread that asked, what they write, and that a dry run and an
//! attempt after a crash write nothing (more).

use super::agentkit::bench;
use super::people::roles;
use super::*;
use crate::agentkit::{Context, Outcome, PlaybookError};
use crate::auth::{Grade, RoleSet};
use crate::chat::sign;
use crate::store::NewToken;
use model::{Emergency, Epoch, Event, EventKind, LatLon, Position, PositionSource, Quality, Status};
use serde_json::json;
use uplink::intake::{Batch, Intake};

/// What was asked, in which thread, and what came of it.
struct Asked {
    run: Value,
    thread: Value,
}

impl Asked {
    fn result(&self) -> &Value {
        &self.run["result"]
    }

    fn text(&self) -> &str {
        self.run["markdown"].as_str().unwrap_or_else(|| panic!("{}", self.run))
    }

    fn says(&self, all: &[&str]) {
        for words in all {
            assert!(self.text().contains(words), "{words}\n{}", self.text());
        }
    }
}

impl Bench {
    async fn thread(&self, token: &str, channel: &str, new: Value) -> Value {
        let (status, thread) = self.send(Method::POST, &format!("/api/v1/chatkit/channels/{channel}/threads"), token, &new).await;
        assert!(status.is_success(), "{thread}");
        thread
    }

    /// Says it in a thread of the channel, and waits for the run; its answer must be there, once.
    async fn ask(&self, token: &str, channel: &str, thread: &Value, text: &str) -> Asked {
        let message = json!({"channel": channel, "thread_id": thread["id"], "text": text});
        let (status, asked) = self.send(Method::POST, "/api/v1/chatkit/messages", token, &message).await;
        assert_eq!(status, StatusCode::CREATED, "{asked}");
        let run = self.over(asked["run_id"].as_i64().unwrap()).await;
        let replies = self.replies(run["playbook"].as_str().unwrap()).await;
        let own: Vec<&Value> = replies.iter().filter(|m| m["reply_to"] == asked["id"]).collect();
        assert_eq!((own.len(), &own[0]["thread_id"]), (1, &thread["id"]), "one answer, in the thread: {own:?}");
        if run["state"] == "succeeded" {
            assert_eq!((&own[0]["text"], &own[0]["attachment"]["result"]), (&run["markdown"], &run["result"]));
        }
        Asked { run, thread: thread.clone() }
    }

    /// As an attempt after a crash: the same run once more, with the same key.
    async fn once_more(&self, asked: &Asked) -> Result<Outcome, PlaybookError> {
        let shared = self.central.shared();
        let run = self.central.store.run(asked.run["id"].as_i64().unwrap()).await.unwrap().unwrap();
        let definition = shared.agents.playbook(&run.playbook).unwrap();
        let context = Context::of(&run, definition.options.clone(), shared).await.unwrap();
        definition.code.run(&context).await
    }

    async fn make(&self, token: &str, path: &str, body: Value) -> i64 {
        let (status, made) = self.send(Method::POST, &format!("/api/v1/{path}"), token, &body).await;
        assert_eq!(status, StatusCode::CREATED, "{path} {body}: {made}");
        made["id"].as_i64().unwrap_or_default()
    }

    async fn rows(&self, role: Option<Role>, sql: &'static str) -> i64 {
        let options = role.map_or(self.databases.control(), |role| self.databases.role(role));
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
    }

    async fn hears(&self, slug: &str, epoch: u64, events: Vec<Event>) {
        self.central.intake.store(station(slug), Batch { epoch: Epoch(epoch), first_seq: 1, events }).await.unwrap();
    }
}

/// Of an aircraft, `at_s` after [`T0`].
fn event(icao: u32, at_s: f64, kind: EventKind) -> Event {
    Event { kind, ..crate::testing::position_event(icao, (at_s * 1e3) as i64) }
}

fn at(icao: u32, at_s: f64, (lat, lon, alt_ft): (f64, f64, i32)) -> Event {
    let place = LatLon::from_degrees(lat, lon).unwrap();
    let position = Position { baro_alt_ft: Some(alt_ft), ..Position::bare(place, PositionSource::SelfReported) };
    event(icao, at_s, EventKind::Position(position))
}

fn utc(at_s: f64) -> String {
    crate::dto::Utc(T0.plus_micros((at_s * 1e6) as i64)).to_string()
}

/// A distress, a mission of an operation with what it needs, stock and a report. (mission, the supply of meals)
async fn seed_mission(bench: &Bench, token: &str) -> (i64, i64) {
    let distress = Status { squawk: Some(7700), emergency: Some(Emergency::General), ..Status::default() };
    let events = vec![
        at(0x480001, -2.0, (52.4, 4.8, 3_000)),
        at(0x480002, -1.0, (50.0, 4.0, 38_000)),
        event(0x480002, 0.0, EventKind::Status(distress)),
    ];
    bench.hears("alpha", 1, events).await;
    let operation = bench.make(token, "operations", json!({"name": "Sandy_Shore", "code_name": "SS-1", "status": "active"})).await;
    let mission = json!({
        "operation_id": operation, "name": "Find the *raft*", "description": "Search box N.", "status": "in_progress", "station": "alpha",
        "assigned_to": "Team 1", "start_time": utc(0.0),
    });
    let mission = bench.make(token, "missions", mission).await;
    for (sku, quantity) in [("MRE", 40.0), ("drone", 2.0), ("rope", 1.0), ("MRE", 10.0)] {
        bench.make(token, "mission-requirements", json!({"mission_id": mission, "sku": sku, "quantity": quantity})).await;
    }
    let meals = bench.make(token, "supplies", json!({"sku": "mre", "name": "Meals", "unit": "each", "on_hand": 60.0})).await;
    bench.make(token, "assets", json!({"name": "D1", "asset_type": "Drone"})).await;
    bench.make(token, "assets", json!({"name": "D2", "asset_type": "Drone", "status": "maintenance"})).await;
    let report = json!({"mission_id": mission, "title": "Raft seen", "content": "Orange, drifting east.", "reliability": "probable"});
    bench.make(token, "intel-reports", report).await;
    (mission, meals)
}

#[tokio::test]
async fn an_order_says_the_picture_the_mission_and_what_changed() {
    let Some(bench) = bench().await else { return };
    let token = bench.token().await;
    let (mission, meals) = seed_mission(&bench, &token).await;
    let thread =
        bench.thread(&token, "general", json!({"title": "The raft", "kind": "mission", "subject": format!("mission:{mission}")})).await;
    let first = bench.ask(&token, "general", &thread, "/playbook op_order_frag").await;
    first.says(&[
        "**FRAGO 1 — Find the \\*raft\\***",
        "**1. Situation**",
        "Tracks of adsb: 2",
        "icao:480002: GENERAL, squawk 7700 at 50.00, 4.00",
        "Within 50 NM of ALPHA: 1 tracks",
        "Report: Raft seen (unclassified, probable,",
        "Orange, drifting east.",
        "**2. Mission**",
        "Sandy\\_Shore (SS-1), active",
        "Text: Search box N.",
        "**3. Execution**",
        "Assigned to: Team 1",
        "Ends: not said",
        "**4. Sustainment**",
        "MRE: 50 each needed, 60 each on hand\n",
        "drone: 2 needed, 1 available, 1 short",
        "rope: 1 needed, 0 (not known to logistics), 1 short",
        "**5. Command and signal**",
        "ALPHA (ops): online, channel alpha",
        "there is no previous order",
    ]);
    assert_eq!((first.result()["frago"].as_i64(), first.result()["mission_id"].as_i64()), (Some(1), Some(mission)));
    assert_eq!(
        (&first.result()["facts"]["mission.assigned_to"], &first.result()["facts"]["operation"]),
        (&json!("Team 1"), &json!("Sandy_Shore (SS-1), active"))
    );

    // Once more under the same key: the same number.
    assert_eq!(bench.once_more(&first).await.unwrap().result["frago"], 1);
    bench.make(&token, "supply-movements", json!({"supply_id": meals, "quantity": -20.0})).await;
    bench.send(Method::PATCH, &format!("/api/v1/missions/{mission}"), &token, &json!({"assigned_to": "Team 2"})).await;
    let dry = bench.ask(&token, "general", &thread, &format!("/playbook op_order_frag --dry-run mission_id={mission}")).await;
    dry.says(&["**FRAGO 2", "the number is not taken"]);
    let second = bench.ask(&token, "general", &thread, &format!("/playbook op_order_frag mission_id={mission}")).await;
    second.says(&[
        "**FRAGO 2",
        "mission.assigned\\_to: Team 1 → Team 2",
        "need.MRE: 50 each needed, 60 each on hand → 50 each needed, 40 each on hand, 10 each short",
    ]);
    assert_eq!((&second.result()["previous_run"], second.result()["changes"].as_array().unwrap().len()), (&first.run["id"], 2));
    assert_eq!(bench.rows(Some(Role::Ops), "SELECT count(*) FROM mission_orders").await, 2);

    // In the channel of ops: that role's data alone, and no order that was made of more.
    let thread = bench.thread(&token, "alpha", json!({"title": "Ops"})).await;
    let ops = bench.ask(&token, "alpha", &thread, "/playbook op_order_frag").await;
    ops.says(&[
        "**FRAGO 3",
        "MRE: 50 needed",
        "not among the data that this order is made of (logistics)",
        "Intelligence: not among",
        "there is no previous",
    ]);
    assert!(!ops.text().contains("Raft seen") && !ops.run["result"].to_string().contains("on hand"), "{}", ops.text());
    let none = bench.ask(&token, "alpha", &thread, "/playbook op_order_frag mission_id=999").await;
    assert_eq!((&none.run["state"], &none.run["error"]), (&json!("failed"), &json!("there is no mission 999")));
    assert_eq!(none.thread["id"], thread["id"]);
}

#[tokio::test]
async fn a_loadout_is_go_or_no_go() {
    let Some(bench) = bench().await else { return };
    bench.register("depot", Role::Logistics, KeyFingerprint([3; 32])).await;
    let token = bench.token().await;
    let mission = bench.make(&token, "missions", json!({"name": "Convoy"})).await;
    for (sku, quantity) in [("diesel", 120.5), ("truck", 2.0)] {
        bench.make(&token, "mission-requirements", json!({"mission_id": mission, "sku": sku, "quantity": quantity})).await;
    }
    bench.make(&token, "supplies", json!({"sku": "diesel", "name": "Diesel", "unit": "l", "on_hand": 100.0})).await;
    bench.make(&token, "requisitions", json!({"sku": "diesel", "quantity": 50.0, "status": "ordered"})).await;
    for (name, status) in [("T1", "available"), ("T2", "available"), ("T3", "deployed")] {
        bench.make(&token, "assets", json!({"name": name, "asset_type": "truck", "status": status})).await;
    }
    let thread = bench.thread(&token, "general", json!({"title": "Convoy"})).await;
    let ask = format!("/playbook log_mission_loadout mission_id={mission}");
    let short = bench.ask(&token, "general", &thread, &ask).await;
    short.says(&[
        "**Loadout of Convoy**: **NO-GO**, 1 of 2 short",
        "**diesel**: 120.5 l needed, 100 l on hand, 20.5 l short (50 l on order)",
        "truck: 2 needed, 2 available",
    ]);
    assert_eq!((&short.result()["go"], &short.result()["needs"][0]["short"]), (&json!(false), &json!(20.5)));
    let (_, supplies) = bench.get("/api/v1/supplies?sku=diesel").await;
    bench.make(&token, "supply-movements", json!({"supply_id": supplies[0]["id"], "quantity": 30.0})).await;
    bench.ask(&token, "general", &thread, &ask).await.says(&["**GO**"]);
    // A mission that is more urgent comes first; trucks that are back by then are free.
    let hour = |hour: i64| utc(hour as f64 * 3_600.0);
    let (status, changed) = bench
        .send(Method::PATCH, &format!("/api/v1/missions/{mission}"), &token, &json!({"start_time": hour(10), "end_time": hour(12)}))
        .await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    let urgent =
        bench.make(&token, "missions", json!({"name": "Rescue", "priority": "critical", "start_time": hour(1), "end_time": hour(2)})).await;
    for (sku, quantity) in [("Diesel", 20.0), ("truck", 1.0)] {
        bench.make(&token, "mission-requirements", json!({"mission_id": urgent, "sku": sku, "quantity": quantity})).await;
    }
    let behind = bench.ask(&token, "general", &thread, &ask).await;
    behind.says(&[
        "**NO-GO**, 1 of 2 short",
        "130 l on hand, 20 l of it reserved for missions that come first, 10.5 l short",
        "truck: 2 needed, 2 available\n",
    ]);
    bench.ask(&token, "general", &thread, &format!("/playbook log_mission_loadout mission_id={urgent}")).await.says(&["**GO**"]);
    bench.send(Method::PATCH, &format!("/api/v1/missions/{urgent}"), &token, &json!({"end_time": hour(11)})).await;
    bench.ask(&token, "general", &thread, &ask).await.says(&["2 of 2 short", "1 of it reserved for missions that come first, 1 short"]);
    bench.send(Method::PATCH, &format!("/api/v1/missions/{urgent}"), &token, &json!({"status": "completed"})).await;
    bench.ask(&token, "general", &thread, &ask).await.says(&["**GO**"]);
    // Logistics alone does not see ops' missions, but may say itself what is needed.
    let thread = bench.thread(&token, "depot", json!({"title": "Convoy"})).await;
    let refused = bench.ask(&token, "depot", &thread, &ask).await;
    assert_eq!(refused.run["state"], "failed");
    assert!(refused.run["error"].as_str().unwrap().contains("missions are kept by ops"), "{}", refused.run);
    let said = bench.ask(&token, "depot", &thread, "/playbook log_mission_loadout {\"needs\": {\"diesel\": 130, \"truck\": 3}}").await;
    said.says(&["**NO-GO**, 1 of 2 short", "**truck**: 3 needed, 2 available, 1 short"]);
}

#[tokio::test]
async fn stock_that_falls_short_is_ordered_once() {
    let Some(bench) = bench().await else { return };
    bench.register("depot", Role::Logistics, KeyFingerprint([3; 32])).await;
    let token = bench.token().await;
    for (sku, on_hand, threshold, target) in
        [("water", 100.0, 50.0, 200.0), ("fuel", 90.0, 50.0, 200.0), ("rope", 5.0, 10.0, 20.0), ("tape", 2.0, 10.0, 20.0)]
    {
        let body = json!({"sku": sku, "name": sku, "on_hand": on_hand, "threshold": threshold, "target": target});
        let id = bench.make(&token, "supplies", body).await;
        // 150 in 30 days are five a day: fuel falls below its threshold before an order of today would be there.
        if sku == "fuel" {
            for day in 1..=30 {
                let body = json!({"supply_id": id, "quantity": -5.0, "moved_at": utc(f64::from(-day) * 86_400.0 + 3_600.0)});
                bench.make(&token, "supply-movements", body).await;
            }
            bench.make(&token, "supply-movements", json!({"supply_id": id, "quantity": 120.0, "moved_at": utc(-40.0 * 86_400.0)})).await;
        }
    }
    bench.make(&token, "requisitions", json!({"sku": "tape", "quantity": 18.0, "status": "submitted"})).await;
    let thread = bench.thread(&token, "depot", json!({"title": "Stock"})).await;
    const DRAFTS: &str = "SELECT count(*) FROM requisitions WHERE status = 'draft'";
    let dry = bench.ask(&token, "depot", &thread, "/playbook log_restock_check --dry-run").await;
    dry.says(&["2 requisitions would be drafted (dry run)", "→ order 175 each", "→ order 15 each"]);
    assert_eq!(bench.rows(Some(Role::Logistics), DRAFTS).await, 0, "a dry run writes nothing");
    let first = bench.ask(&token, "depot", &thread, "/playbook log_restock_check").await;
    first.says(&[
        "**Stock**: 4 supplies, 3 to watch, 2 requisitions drafted",
        "**soon** fuel (fuel): 60 each on hand, threshold 50, 5 a day used over 30 days, 12 days left → order 175 each (requisition",
        "**below** rope (rope): 5 each on hand, threshold 10 → order 15 each",
        "**below** tape (tape): 2 each on hand, threshold 10, 18 each on order\n",
    ]);
    assert_eq!(bench.rows(Some(Role::Logistics), DRAFTS).await, 2);
    let (_, made) = bench.get("/api/v1/requisitions?sku=rope").await;
    let made = &made.as_array().unwrap()[0];
    assert_eq!(
        (&made["quantity"], &made["priority"], &made["requested_by"]),
        (&json!(15.0), &json!("high"), &json!("log_restock_check for token:1"))
    );
    // The attempt after a crash, and another run: what is on order is not ordered again.
    let again = bench.once_more(&first).await.unwrap();
    assert_eq!(again.result, *first.result());
    let second = bench.ask(&token, "depot", &thread, "/playbook log_restock_check").await;
    second.says(&["0 requisitions drafted"]);
    assert_eq!(bench.rows(Some(Role::Logistics), DRAFTS).await, 2);
    let audit = bench.central.store.audit(RoleSet::ALL, None, None, 1_000).await.unwrap();
    let noted = audit.iter().filter(|e| e.actor == "playbook:log_restock_check" && e.action == "requisition.insert").count();
    assert_eq!(noted, 2, "by whom, in the audit log");
}

/// The flow of an operator's message (issue, Deliver 7): webhook → signature and rights → job → playbook → Postgres → reply.
#[tokio::test]
async fn an_operators_signed_message_becomes_requisitions_and_a_reply() {
    let Some(bench) = bench().await else { return };
    bench.register("depot", Role::Logistics, KeyFingerprint([3; 32])).await;
    let (logistics, ops) = (roles(&["logistics"]), roles(&["ops"]));
    let lena = bench.session("lena", Grade::Operator, logistics).await;
    bench.session("olaf", Grade::Operator, ops).await;
    let token = bench.token().await;
    bench.make(&token, "supplies", json!({"sku": "rope", "name": "Rope", "on_hand": 1.0, "threshold": 5.0, "target": 9.0})).await;
    let hook = async |user: &str, key: &str| {
        let text = "/playbook log_restock_check";
        let body = json!({"channel": "depot", "thread": "stock-watch", "user": user, "text": text, "message_id": user}).to_string();
        let request = Request::post("/api/v1/chatkit/webhook").header("x-chatkit-signature", sign(key, None, body.as_bytes()));
        let (status, _, answer) = send(&bench.central.router, request.body(body.into()).unwrap()).await;
        (status.as_u16(), answer)
    };
    assert_eq!(hook("lena", "guessed").await.0, 401);
    let (status, _) = hook("olaf", "key").await;
    assert!((400..500).contains(&status), "one of another role: {status}");
    let (status, taken) = hook("lena", "key").await;
    assert_eq!(status, 202, "{taken}");
    let run = bench.over(taken["run_id"].as_i64().unwrap()).await;
    assert_eq!((&run["state"], &run["station_roles"]), (&json!("succeeded"), &json!(["logistics"])), "{run}");
    let (_, drafts) = bench.as_operator(&lena, Method::GET, "/api/v1/requisitions?status=draft", &json!({})).await;
    assert_eq!((drafts.as_array().unwrap().len(), &drafts[0]["sku"], &drafts[0]["quantity"]), (1, &json!("rope"), &json!(8.0)));
    let (_, said) = bench.as_operator(&lena, Method::GET, "/api/v1/chatkit/messages?channel=depot", &json!({})).await;
    let by = |author: &str| said.as_array().unwrap().iter().filter(|m| m["author"] == author).cloned().collect::<Vec<_>>();
    let (asked, replies) = (by("operator:lena"), by("agent:log_restock_check"));
    assert_eq!((asked.len(), replies.len(), &replies[0]["reply_to"]), (1, 1, &taken["message_id"]), "{said}");
    assert!(asked[0]["thread_id"].is_i64() && asked[0]["thread_id"] == replies[0]["thread_id"], "{said}");
}

/// 230 m/s to the north from the place, seen every `step_s` for five minutes.
fn flight(icao: u32, (lat, lon, alt_ft): (f64, f64, i32), step_s: f64) -> Vec<Event> {
    let seconds = (0..).map(|n| f64::from(n) * step_s).take_while(|t| *t <= 290.0);
    seconds.map(|t| at(icao, t, (lat + 230.0 * t / 111_195.0, lon, alt_ft))).collect()
}

/// One aircraft that all hear, a formation of two 200 m apart, one that nobody else hears; a radar that knows no addresses,
/// another program's feed that does, and something without a name. Seen from [`T0`] on for five minutes.
async fn seed_tracks(bench: &Bench, token: &str) {
    bench.register("bravo", Role::Ops, KeyFingerprint([2; 32])).await;
    bench.register("spy", Role::Intel, KeyFingerprint([3; 32])).await;
    let (one, wing) = ((52.0, 5.0, 31_000), (48.0, 9.0, 20_000));
    let mut alpha = flight(0x4840d6, one, 2.0);
    alpha.extend(flight(0x400001, wing, 3.0));
    alpha.extend(flight(0x400002, (48.0, 9.0027, 20_000), 3.0));
    alpha.extend(flight(0x3c0001, (54.0, 1.0, 9_000), 5.0));
    bench.hears("alpha", 1, alpha).await;
    bench.hears("bravo", 1, flight(0x4840d6, one, 5.0)).await;
    bench.hears("spy", 1, flight(0x4840d6, one, 5.0)).await;
    let mut posted = Vec::new();
    let mut post = |slug: &str, payload: Value, (lat, lon, alt): (f64, f64, i32), offset: f64| {
        posted.extend((0..28).map(|n| {
            let t = f64::from(n) * 10.0 + offset;
            json!({
                "source_slug": slug, "source_name": slug, "event_time": utc(t), "latitude": lat + 230.0 * (t - 0.4) / 111_195.0, "longitude": lon + 0.001,
                "altitude": alt + 100, "payload": payload,
            })
        }));
    };
    post("radar", json!({"track_id": "T7"}), one, 3.3);
    post("radar", json!({"track_id": "T9"}), wing, 1.7);
    post("feed", json!({"hex": "4840D6", "flight": "KLM12  "}), one, 0.9);
    post("nameless", json!({"snr": 3}), one, 0.9);
    let (status, answer) = bench.send(Method::POST, "/api/v1/telemetry/events?station=alpha", token, &json!(posted)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

/// The one merge in the list, for who may see all of it. Returns the way to undo it.
async fn listed(bench: &Bench) -> String {
    let (status, shown) = bench.get(&format!("/api/v1/track-merges?since={}", utc(-86_400.0 * 400.0))).await;
    assert_eq!((status, shown.as_array().unwrap().len()), (StatusCode::OK, 1), "{shown}");
    let subject = &shown[0]["detail"]["members"][0]["subject"].as_str().unwrap();
    assert_eq!(bench.get(&format!("/api/v1/track-merges?since={}&subject={subject}", utc(-86_400.0 * 400.0))).await.1, shown);
    assert_eq!(bench.get(&format!("/api/v1/track-merges?since={}&subject=icao:000000", utc(-86_400.0 * 400.0))).await.1, json!([]));
    let roles = RoleSet::from_iter([Role::Logistics]);
    let stranger = NewToken { name: "far".into(), scopes: vec![Scope::Read, Scope::TelemetryWrite], roles, expires_at: None };
    let stranger = bench.central.store.add_api_token(&stranger).await.unwrap().1.reveal().to_owned();
    let path = format!("/api/v1/track-merges/{}/undo", shown[0]["id"]);
    assert_eq!(bench.send(Method::POST, &path, &stranger, &json!({})).await.0, StatusCode::NOT_FOUND);
    path
}

async fn undone_is_listed(bench: &Bench, token: &str, path: &str) {
    let since = format!("/api/v1/track-merges?since={}", utc(-86_400.0 * 400.0));
    assert_eq!(bench.get(&since).await.1, json!([]));
    let (_, all) = bench.get(&format!("{since}&undone=true")).await;
    let (status, again) = bench.send(Method::POST, path, token, &json!({})).await;
    assert_eq!((status, &again["undone_at"]), (StatusCode::OK, &all[0]["undone_at"]), "undone stays as it is");
    assert!(again["undone_at"].is_string() && again["made_by_run"] == all[0]["made_by_run"], "{again}");
}

#[tokio::test]
async fn tracks_of_one_aircraft_are_merged_doubts_are_not_and_it_can_be_undone() {
    let Some(bench) = bench().await else { return };
    let token = bench.token().await;
    seed_tracks(&bench, &token).await;
    bench.clock.set(T0.plus_micros(300_000_000));
    const EVENTS: &str = "SELECT count(*) FROM telemetry_events";
    const HELD: &str = "SELECT count(*) FROM track_merges WHERE undone_at IS NULL";
    let events = bench.rows(Some(Role::Ops), EVENTS).await;
    let thread = bench.thread(&token, "alpha", json!({"title": "Picture"})).await;
    let dry = bench.ask(&token, "alpha", &thread, "/playbook op_airtrack_merge --dry-run").await;
    dry.says(&["1 merged (dry run: not noted), 1 left apart in doubt"]);
    assert_eq!(bench.rows(None, HELD).await, 0, "a dry run writes nothing");
    let first = bench.ask(&token, "alpha", &thread, "/playbook op_airtrack_merge").await;
    first.says(&[
        "8 tracks",
        "1 merged, 1 left apart in doubt",
        "**icao:4840d6** KLM12, ",
        "% by kinematic",
        "flew with 400001 and 400002",
        "28 positions don't say",
    ]);
    let merge = &first.result()["merges"][0];
    let members: Vec<(&str, &str, &str)> = merge["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["source"].as_str().unwrap(), m["station"].as_str().unwrap(), m["subject"].as_str().unwrap()))
        .collect();
    for member in [
        ("alpha-adsb", "alpha", "icao:4840d6"),
        ("bravo-adsb", "bravo", "icao:4840d6"),
        ("feed", "alpha", "icao:4840d6"),
        ("radar", "alpha", "id:T7"),
    ] {
        assert!(members.contains(&member), "{members:?}");
    }
    assert_eq!(members.len(), 4, "not what intel heard: {members:?}");
    assert!(
        (0.8..0.95).contains(&merge["confidence"].as_f64().unwrap()) && merge["reasons"][1].as_str().unwrap().contains("agree"),
        "{merge}"
    );
    let own = merge["members"].as_array().unwrap().iter().find(|m| m["source"] == "radar").unwrap();
    assert_eq!((&own["first_at"], &own["positions"]), (&json!(utc(3.3)), &json!(28)));
    assert_eq!(bench.rows(None, HELD).await, 1);
    // The attempt after a crash notes nothing more, and says what was noted.
    assert_eq!(bench.once_more(&first).await.unwrap().result["merges"], first.result()["merges"]);
    assert_eq!(bench.rows(None, HELD).await, 1);

    let path = listed(&bench).await;
    let undo = format!("/playbook op_airtrack_merge undo={}", first.run["id"]);
    let dry = bench.ask(&token, "alpha", &thread, &undo.replace("merge undo", "merge --dry-run undo")).await;
    assert_eq!((dry.result()["undone"].as_i64(), bench.rows(None, HELD).await), (Some(1), 1));
    let undone = bench.ask(&token, "alpha", &thread, &undo).await;
    assert_eq!((undone.result()["undone"].as_i64(), bench.rows(None, HELD).await), (Some(1), 0));
    assert_eq!(bench.once_more(&undone).await.unwrap().result, *undone.result());
    let held = bench.ask(&token, "alpha", &thread, "/playbook op_airtrack_merge").await;
    held.says(&["0 merged", "held back, as somebody undid it"]);
    undone_is_listed(&bench, &token, &path).await;
    let none = bench.ask(&token, "alpha", &thread, "/playbook op_airtrack_merge undo=999").await;
    assert_eq!(none.run["state"], "failed");
    assert_eq!(bench.rows(Some(Role::Ops), EVENTS).await, events, "events are never changed");
    let audit = bench.central.store.audit(RoleSet::ALL, None, None, 5_000).await.unwrap();
    let noted = |action: &str| audit.iter().filter(|e| e.actor == "playbook:op_airtrack_merge" && e.action == action).count();
    assert_eq!((noted("track_merge.insert"), noted("track_merge.update")), (1, 1));
}

#[tokio::test]
async fn who_was_heard_is_rolled_up_with_the_new_and_the_lost() {
    let Some(bench) = bench().await else { return };
    bench.register("spy", Role::Intel, KeyFingerprint([3; 32])).await;
    let token = bench.token().await;
    let hour = 3_600.0;
    let place = (51.5, 3.25, 30_000);
    // 1: now and a day ago. 2: now alone. 3: in the window before alone. 4: now and in the window before.
    let mut spy = vec![at(0x1, -30.0 * hour, place), at(0x3, -1.5 * hour, place), at(0x4, -1.2 * hour, place)];
    spy.extend([at(0x1, -60.0, place), at(0x2, -1_800.0, place), at(0x2, -900.0, (52.5, 3.25, 30_000)), at(0x4, -30.0, place)]);
    bench.hears("spy", 1, spy).await;
    bench.hears("alpha", 1, vec![at(0x9, -10.0, place)]).await;
    let scan = |t: f64, id: &str| {
        json!({
            "source_slug": "scanner", "source_name": "Scanner", "event_time": utc(t), "payload": {"track_id": id},
        })
    };
    let posted = json!([scan(-40.0 * hour, "net-1"), scan(-100.0, "net-1"), scan(-90.0, "net-2"), scan(-80.0, "net-2")]);
    assert_eq!(bench.send(Method::POST, "/api/v1/telemetry/events?station=spy", &token, &posted).await.0, StatusCode::CREATED);
    let thread = bench.thread(&token, "spy", json!({"title": "Nets"})).await;
    let asked = bench.ask(&token, "spy", &thread, "/playbook intel_sigint_rollup hours=1 days=2").await;
    asked.says(&[
        "the last 1 h: 5 subjects, 2 for the first time in 2 days, 1 lost",
        "**ADS-B, 1090 MHz**: 3 subjects, 4 events",
        "  - spy: 3 subjects, 4 events, 2026-11-22 23:30:00Z to 2026-11-22 23:59:30Z",
        "- icao:000002 at 52.5000, 3.2500: 2 events",
        "- id:net-2: 2 events",
        "**Lost (heard in the window before)**\n- icao:000003 at 51.5000, 3.2500: 1 events",
    ]);
    assert!(!asked.text().contains("icao:000009"), "what ops heard is ops'");
    let subjects = |list: &str| asked.result()[list]["items"].as_array().unwrap().iter().map(|i| i["subject"].clone()).collect::<Vec<_>>();
    assert_eq!((subjects("new"), subjects("lost")), (vec![json!("id:net-2"), json!("icao:000002")], vec![json!("icao:000003")]));
    // Who may see both, asks for both; and where nothing is older, nobody is new.
    let general = bench.thread(&token, "general", json!({"title": "Nets"})).await;
    let both = bench.ask(&token, "general", &general, "/playbook intel_sigint_rollup hours=1 days=2").await;
    both.says(&["6 subjects, 3 for the first time", "  - alpha: 1 subjects"]);
    let all = bench.ask(&token, "spy", &thread, "/playbook intel_sigint_rollup hours=168 days=1").await;
    all.says(&["Nothing older than the window is stored", "nobody can be told"]);
    assert_eq!(all.result()["new"]["count"], 0);
    assert_eq!(bench.once_more(&asked).await.unwrap().result, *asked.result());
}

#[tokio::test]
async fn interference_shows_in_rates_noise_and_navigation_and_requests_are_listed() {
    let Some(bench) = bench().await else { return };
    bench.register("spy", Role::Intel, KeyFingerprint([3; 32])).await;
    let token = bench.token().await;
    // Three hours of 60 events in a quarter of an hour, then 12.
    let quarter = 900.0;
    let mut spy = Vec::new();
    for q in (0..12).rev() {
        let count = if q == 0 { 12 } else { 60 };
        spy.extend((0..count).map(|n| at(0x48_0000 + n, -f64::from(q) * quarter - 10.0 - f64::from(n) * 14.0, (50.5, 10.5, 30_000))));
    }
    // Six aircraft in a square: three say NACp 0 (no figure), one a bad one, two a good one.
    let error_m = [None, None, None, Some(556), Some(10), Some(30)];
    spy.extend((0..6).map(|n| at(0x30_0000 + n, -60.0, (35.5, 34.5, 30_000))));
    spy.extend(
        error_m
            .into_iter()
            .zip(0x30_0000..)
            .map(|(position_error_m, icao)| event(icao, -50.0, EventKind::Quality(Quality { position_error_m, ..Quality::default() }))),
    );
    spy.sort_by_key(|e| e.at);
    bench.hears("spy", 1, spy).await;
    let rf = |t: f64, dbm: f64| {
        json!({
            "source_slug": "rf", "source_name": "RF", "event_time": utc(t), "payload": {"freq_hz": 1_090_000_000, "noise_floor_dbm": dbm},
        })
    };
    let mut posted: Vec<Value> =
        (1..6).flat_map(|q| [rf(-f64::from(q) * quarter - 20.0, -100.5), rf(-f64::from(q) * quarter - 30.0, -99.5)]).collect();
    posted.push(rf(-20.0, -93.0));
    assert_eq!(bench.send(Method::POST, "/api/v1/telemetry/events?station=spy", &token, &json!(posted)).await.0, StatusCode::CREATED);
    for (title, priority, due, status) in [
        ("Who jams?", "high", Some(-3_600.0), "open"),
        ("Which ship?", "critical", Some(86_400.0), "in_progress"),
        ("Old one", "critical", None, "answered"),
        ("Any news?", "low", None, "open"),
    ] {
        let body =
            json!({"title": title, "question": "?", "priority": priority, "due_at": due.map(utc), "status": status, "requested_by": "S2"});
        bench.make(&token, "rfis", body).await;
    }
    for role in [Role::Intel, Role::Ops] {
        bench.central.store.keep_history(role, None, bench.clock.now()).await.unwrap();
    }
    let thread = bench.thread(&token, "spy", json!({"title": "RFI"})).await;
    let asked = bench.ask(&token, "spy", &thread, "/playbook intel_rfi_summary").await;
    asked.says(&[
        "Rates: 1 of 2 sources tell less than half of their usual; 1 have too little history",
        "**spy-adsb**: 24 events in 15 min, usually 60\n",
        "Noise: 1 of 1 levels are 6 dB",
        "**rf**: -93.0 dBm, usually -100.0 dBm",
        "Satellite navigation: degraded in 1 of 1 squares",
        "from N35° E34°**: 4 of 6 aircraft (67 %)",
        "3 open or in progress, 1 overdue",
        "**critical** Which ship?: in progress, due 2026-11-24 00:00:00Z, for S2",
        "**high** Who jams?: open, due 2026-11-22 23:00:00Z, **overdue**",
    ]);
    assert_eq!(asked.result()["requests"]["open"], 3);
    let order: Vec<&str> =
        asked.result()["requests"]["items"].as_array().unwrap().iter().map(|r| r["priority"].as_str().unwrap()).collect();
    assert_eq!(order, ["critical", "high", "low"]);
    // A station without a link may only be late.
    bench.clock.set(T0.plus_micros(31_000_000));
    bench.ask(&token, "spy", &thread, "/playbook intel_rfi_summary").await.says(&["its station is not connected"]);
}
