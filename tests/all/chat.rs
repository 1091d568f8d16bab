//! Chat and playbooks with a real central that is killed at random: nothing is lost, nothing is done twice.
//!
//! `VTOC_CHAT_MESSAGES`, `VTOC_CHAT_RUNS` and `VTOC_CHAT_KILLS` set how much (full: 10000, 1000, 60); CI does less.

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tests::http::request;
use tests::process::{eventually, pause};
use tests::site::Site;

const LONG: Duration = Duration::from_secs(240);
const SENDERS: usize = 4;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// One thing to send until it is answered.
struct Errand {
    path: String,
    body: Value,
}

fn errands(messages: usize, runs: usize) -> Vec<Errand> {
    let message = |n: usize| Errand {
        path: "/api/v1/chatkit/messages".into(),
        body: json!({"channel": "general", "text": format!("message {n}"), "client_id": format!("m{n}")}),
    };
    let run = |n: usize| Errand {
        path: "/api/v1/stations/alpha/playbooks/timeline_summary/runs".into(),
        body: json!({"channel": "alpha", "input": {"limit": 3, "number": n}, "client_id": format!("j{n}")}),
    };
    let every = (messages / runs.max(1)).max(1);
    let mut all = Vec::new();
    for n in 0..messages.max(runs * every) {
        all.extend((n < messages).then(|| message(n)));
        all.extend((n % every == 0 && n / every < runs).then(|| run(n / every)));
    }
    all
}

/// Sends until it is answered with success: what is sent twice must not be there twice. Returns how often it was sent.
fn deliver(http: &str, token: &str, errand: &Errand) -> usize {
    let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
    for tries in 1.. {
        let answer = request(http, "POST", &errand.path, &headers, &errand.body.to_string());
        match answer {
            Some(answer) if (200..300).contains(&answer.status) => return tries,
            Some(answer) => assert!([429, 503].contains(&answer.status), "{}: {}", answer.status, answer.body),
            None => {}
        }
        pause(Duration::from_millis(50));
    }
    unreachable!("a counter without end")
}

#[test]
fn kill_9_loses_no_message_and_runs_nothing_twice() {
    let Some(mut site) = Site::start() else { return };
    let (messages, runs, kills) = (number("VTOC_CHAT_MESSAGES", 400), number("VTOC_CHAT_RUNS", 40), number("VTOC_CHAT_KILLS", 6));
    site.enroll("alpha", "");
    let errands = errands(messages, runs);
    let (next, sent) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (http, token) = (site.http.clone(), site.token.clone());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                while let Some(errand) = errands.get(next.fetch_add(1, SeqCst)) {
                    sent.fetch_add(deliver(&http, &token, errand), SeqCst);
                }
            });
        }
        // Spread over the errands, so that there is something to kill however fast the machine is.
        let mut random = StdRng::seed_from_u64(20_261_123);
        for kill in 1..=kills {
            let after = errands.len() * kill / (kills + 1);
            while next.load(SeqCst) < after {
                pause(Duration::from_millis(5));
            }
            pause(Duration::from_millis(random.random_range(0..200)));
            site.kill_central();
            site.start_central();
        }
    });
    let url = site.database("control");
    eventually("every run is over", LONG, || (unfinished(&url) == 0).then_some(()));
    let again = sent.load(SeqCst) - errands.len();
    let attempts = check(&url, messages, runs);
    println!(
        "{messages} messages and {runs} runs with {kills} kills in {:.0} s: {again} requests sent again, {} runs begun again; each stored, run and \
         answered once",
        begun.elapsed().as_secs_f64(),
        attempts - runs,
    );
}

fn query<T>(url: &str, ask: impl AsyncFnOnce(&mut PgConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        ask(&mut connection).await
    })
}

fn unfinished(url: &str) -> i64 {
    query(url, async |c| sqlx::query_scalar("SELECT count(*) FROM agent_runs WHERE finished_at IS NULL").fetch_one(c).await.unwrap())
}

/// What must be there is there once. Returns how often runs were begun.
fn check(url: &str, messages: usize, runs: usize) -> usize {
    let sql = "SELECT m.author_kind, m.client_id, m.text, m.attachment::text AS attachment, c.slug FROM chat_messages m \
               JOIN chat_channels c ON c.id = m.channel_id ORDER BY m.id";
    let stored = query(url, async |c| sqlx::query(sql).fetch_all(c).await.unwrap());
    let (mut said, mut replies) = (BTreeSet::new(), BTreeMap::new());
    for row in &stored {
        let (kind, id): (String, String) = (row.get("author_kind"), row.get("client_id"));
        let text: String = row.get("text");
        if kind == "agent" {
            let attachment: Value = serde_json::from_str(&row.get::<String, _>("attachment")).unwrap();
            assert_eq!(row.get::<String, _>("slug"), "alpha");
            assert!(replies.insert(id.clone(), attachment).is_none(), "{id} was answered twice");
        } else {
            assert_eq!(text, format!("message {}", &id[1..]));
            assert!(said.insert(id.clone()), "{id} is there twice");
        }
    }
    assert_eq!((said.len(), replies.len()), (messages, runs), "what was sent is stored, what was asked is answered");
    let sql = "SELECT id, key, state, attempts, input ->> 'number' AS number, result::text AS result FROM agent_runs";
    let done = query(url, async |c| sqlx::query(sql).fetch_all(c).await.unwrap());
    assert_eq!(done.len(), runs, "asked again, it is one run");
    let (mut numbers, mut attempts) = (BTreeSet::new(), 0);
    for row in &done {
        let (id, state): (i64, String) = (row.get("id"), row.get("state"));
        assert_eq!(state, "succeeded", "run {id}");
        assert!(numbers.insert(row.get::<String, _>("number")));
        attempts += usize::try_from(row.get::<i32, _>("attempts")).unwrap();
        // One effect: what the reply says is what the run holds.
        let result: Value = serde_json::from_str(&row.get::<String, _>("result")).unwrap();
        assert_eq!(replies[&format!("run:{id}")]["result"], result, "run {id}");
    }
    attempts
}
