//! What a watch is staked on, the whole way: distress on the antenna of a station, an alert and a message for the operators of the central.

use model::UnixMicros;
use serde_json::Value;
use sim::adsb::{SkyConfig, SkySignal};
use sim::ais::{SeaConfig, SeaSignal};
use sim::iq::Frontend;
use sim::world::WorldConfig;
use std::path::Path;
use std::time::Duration;
use tests::http::request;
use tests::process::eventually;
use tests::site::Site;

const LONG: Duration = Duration::from_secs(180);
/// All devices of the world report within this (IEC 61097-14: eight times in 14 s of every minute).
const SEA_SECONDS: u64 = 70;
const SEA_RATE_SPS: u32 = 96_000;
const SKY_SECONDS: u64 = 6;
const SKY_RATE_SPS: u32 = 2_400_000;

/// A sea with an active AIS-SART, one under test, a man overboard and an EPIRB; a sky with an aircraft that squawks 7700.
fn signals(dir: &Path) {
    let start = UnixMicros(1_795_392_000_000_000);
    let world = WorldConfig { sarts: 4, ..WorldConfig::default() };
    let site = world.center;
    let frontend = Frontend::cu8(SEA_RATE_SPS, 4.0);
    let sea = SeaConfig { start_us: start.0, frontend, hidden_share: 0.0, ..SeaConfig::rtl_sdr(world.clone(), site) };
    let samples = SEA_SECONDS * u64::from(SEA_RATE_SPS);
    let mut bytes = vec![0; 2 * samples as usize];
    SeaSignal::new(sea, Some(samples)).fill(&mut bytes);
    std::fs::write(dir.join("sea_162M_96k.cu8"), &bytes).unwrap();
    let sky = SkyConfig { start_us: start.0, ..SkyConfig::rtl_sdr(world, site) };
    let samples = SKY_SECONDS * u64::from(SKY_RATE_SPS);
    bytes.resize(2 * samples as usize, 0);
    SkySignal::new(sky, Some(samples)).fill(&mut bytes);
    std::fs::write(dir.join("sky_2400k.cu8"), &bytes).unwrap();
}

fn ask(site: &Site, path: &str) -> Option<Value> {
    let headers = format!("Authorization: Bearer {}\r\n", site.token);
    let answer = request(&site.http, "GET", path, &headers, "")?;
    (answer.status == 200).then(|| answer.json())
}

/// Subject, kind and severity of each alert, in order.
fn alerts(site: &Site) -> Option<Vec<[String; 3]>> {
    let all = ask(site, "/api/v1/alerts?limit=500")?;
    let mut all: Vec<_> = all.as_array()?.iter().map(|a| ["subject", "kind", "severity"].map(|key| word(a, key))).collect();
    all.sort();
    Some(all)
}

fn word(of: &Value, key: &str) -> String {
    of[key].as_str().unwrap_or_default().to_owned()
}

/// How many messages name each subject in the station's channel.
fn told(site: &Site, subjects: &[String]) -> Option<Vec<usize>> {
    let all = ask(site, "/api/v1/chatkit/messages?channel=alpha&limit=200")?;
    let texts: Vec<_> = all.as_array()?.iter().map(|m| word(m, "text")).collect();
    Some(subjects.iter().map(|subject| texts.iter().filter(|text| text.contains(subject.as_str())).count()).collect())
}

#[test]
fn distress_on_the_antenna_is_an_alert_and_a_message_once() {
    let Some(site) = Site::start() else { return };
    signals(site.dir.path());
    let receiver = |name: &str, protocol: &str, file: &str| {
        let path = site.dir.path().join(file);
        format!("[receivers.{name}]\nprotocol = \"{protocol}\"\nsource = \"file\"\npace = \"flat_out\"\npath = \"{}\"\n", path.display())
    };
    let receivers = receiver("mast", "ais", "sea_162M_96k.cu8") + &receiver("roof", "adsb", "sky_2400k.cu8");
    let mut station = site.enroll("alpha", &receivers);
    station.start(&[]);
    let all = eventually("an alert of each", LONG, || alerts(&site).filter(|all| 5 <= all.len()));
    let kinds: Vec<_> = all.iter().map(|[_, kind, severity]| (kind.as_str(), severity.as_str())).collect();
    let beacon = ("ais_distress", "critical");
    // In the order of their subjects: an ICAO address, then 970 (active), 970 (under test), 972, 974.
    assert_eq!(kinds, [("emergency", "critical"), beacon, ("ais_test", "info"), beacon, beacon], "{all:?}");
    let subjects: Vec<_> = all.into_iter().map(|[subject, ..]| subject).collect();
    eventually("each is told", LONG, || told(&site, &subjects).filter(|n| n.iter().all(|&n| 0 < n)));
    // Nothing more comes: not of the beacons' later bursts, and not from a second life of the central.
    let mut site = site;
    site.kill_central();
    site.start_central();
    station.stop();
    eventually("the central is back", LONG, || ask(&site, "/api/v1/alerts"));
    assert_eq!(told(&site, &subjects).unwrap(), [1; 5], "{subjects:?}");
    assert_eq!(alerts(&site).unwrap().len(), 5);
}
