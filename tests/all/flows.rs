//! The two data flows of the architecture, whole, with real programs and a real browser:
//!
//! ```text
//!   antenna's words ─► station ─► normalised ─► role database ─► alert ─► the station's thread ─► console
//!   an operator's message ─► signed webhook ─► role, job ─► playbook ─► Postgres ─► reply in the thread ─► console
//! ```

use crate::browser::ready;
use crate::urgent::{man_overboard, shown};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::{Connection, PgConnection};
use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;
use tests::http::{Answer, get, request};
use tests::process::{Running, eventually, vtoc};
use tests::root;
use tests::site::Site;

const LONG: Duration = Duration::from_secs(120);
const KEY: &str = "flows-webhook-key";
const MMSI: u32 = 972_000_001;

/// With an operator `anna`, of ops alone, and a key for webhooks.
fn site() -> Option<Site> {
    let mut site = Site::start()?;
    site.kill_central();
    let (password, key) = (site.dir.path().join("password"), site.dir.path().join("webhook.key"));
    std::fs::write(&password, "Correct-Horse-Battery\n").unwrap();
    std::fs::write(&key, KEY).unwrap();
    let url = site.command("central").get_envs().find(|(name, _)| *name == "DATABASE_URL").unwrap().1.unwrap().to_owned();
    let mut operator = vtoc();
    operator.args(["operator", "anna", "--grade", "operator", "--roles", "ops", "--config"]).arg(site.config());
    let made = operator.arg("--password-file").arg(&password).env("DATABASE_URL", url).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let config = std::fs::read_to_string(site.config()).unwrap() + &format!("[chat]\nwebhook_secret_file = \"{}\"\n", key.display());
    std::fs::write(site.config(), config).unwrap();
    site.start_central();
    Some(site)
}

fn webhook(http: &str, key: &str, body: &Value) -> Answer {
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = format!("Content-Type: application/json\r\nX-ChatKit-Signature: {signature}\r\n");
    request(http, "POST", "/api/v1/chatkit/webhook", &headers, &body).expect("the central answers")
}

fn rows(url: &str, sql: &'static str) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    })
}

#[test]
fn what_is_heard_and_what_is_asked_come_to_the_console() {
    let Some(site) = site() else { return };
    if !ready() {
        return;
    }
    eventually("ready", LONG, || (get(&site.http, "/readyz")?.status == 200).then_some(()));
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let receivers = format!("[receivers.sea]\nprotocol = \"ais\"\nsource = \"nmea_udp\"\naddress = \"{udp}\"\n");
    let mut station = site.enroll("alpha", &receivers);
    station.start(&[]);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    eventually("the central shows the distress", LONG, || {
        sender.send_to(man_overboard(MMSI).as_bytes(), &udp).unwrap();
        shown(&site.http, MMSI)
    });
    // Telemetry, normalised, in the station's role's database, and in no other.
    const EVENTS: &str = "SELECT count(*) FROM telemetry_events WHERE subject = 'mmsi:972000001' AND payload ->> 'emergency' = 'mob'";
    eventually("it is stored", LONG, || (1 <= rows(&site.database("ops"), EVENTS)).then_some(()));
    assert_eq!(rows(&site.database("intel"), EVENTS), 0);

    // The console tells of it over the whole page, and in the station's thread.
    let artefacts = root().join("artefacts");
    std::fs::create_dir_all(&artefacts).unwrap();
    let mut browser = Command::new("sh");
    browser.args(["web/node.sh", "node", "test/see-words.mjs", "--url", &format!("{}/", site.http), "--alert", "972000001"]);
    browser.args(["--channel", "ALPHA", "--words", "Timeline of", "--timeout", "120", "--screenshot"]);
    let mut browser = Running::start(browser.arg(artefacts.join("flows.png")).current_dir(root()));
    browser.wait_for("watching", LONG);

    // An operator's message comes in by the webhook, live into the page that is open.
    let asked = json!({"channel": "alpha", "thread": "watch", "user": "anna", "message_id": "m1", "text": "@agent check status"});
    assert_eq!(webhook(&site.http, "another key", &asked).status, 401);
    let viewer = json!({"channel": "alpha", "user": "stranger", "message_id": "m0", "text": "@agent check status"});
    assert_eq!(webhook(&site.http, KEY, &viewer).status, 403, "who is no operator commands nothing");
    let taken = webhook(&site.http, KEY, &asked);
    assert_eq!(taken.status, 202, "{}", taken.body);
    assert_eq!(webhook(&site.http, KEY, &asked).status, 409, "once");
    let run = eventually("the job is done", LONG, || {
        let run = get(&site.http, &format!("/api/v1/agentkit/runs/{}", taken.json()["run_id"]))?.json();
        ["succeeded", "failed"].contains(&run["state"].as_str()?).then_some(run)
    });
    assert_eq!(
        (&run["state"], &run["playbook"], &run["station_roles"]),
        (&json!("succeeded"), &json!("timeline_summary"), &json!(["ops"]))
    );
    assert_eq!(run["result"]["items"][0]["entry_type"], "telemetry_event", "of what the station delivered: {run}");
    const REPLIES: &str = "SELECT count(*) FROM chat_messages r JOIN chat_messages q ON q.id = r.reply_to AND q.thread_id = r.thread_id
        WHERE r.author = 'agent:timeline_summary' AND q.author = 'operator:anna'";
    assert_eq!(rows(&site.database("control"), REPLIES), 1, "in the thread it was asked in");
    browser.wait_for("seen", LONG);
    station.stop();
}
