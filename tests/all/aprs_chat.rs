//! APRS messages from the air to the chat: packets into two stations, a real central and its Postgres, messages out.

use decoders::aprs::ax25::Ui;
use serde_json::Value;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use tests::http::{get, metric};
use tests::process::eventually;
use tests::site::{Site, TestStation};

const LONG: Duration = Duration::from_secs(120);

/// A station that is enrolled and listens to a TNC, with the TNC's end.
fn station(site: &Site, id: &str, callsign: &str) -> (TestStation, TcpStream) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let tnc = format!("[receivers.tnc]\nprotocol = \"aprs\"\nsource = \"kiss_tcp\"\naddress = \"{}\"\n", server.local_addr().unwrap());
    let mut station = site.enroll_as(id, callsign, &tnc);
    station.start(&[]);
    let (stream, _) = server.accept().unwrap();
    (station, stream)
}

fn hear(tnc: &mut TcpStream, tnc2: &str) {
    let frame = Ui::from_tnc2(tnc2.as_bytes()).unwrap().to_bytes();
    assert!(!frame.contains(&0xC0) && !frame.contains(&0xDB), "needs no escapes");
    tnc.write_all(&[&[0xC0, 0], frame.as_slice(), &[0xC0]].concat()).unwrap();
}

fn messages(site: &Site) -> Vec<Value> {
    let answer = get(&site.http, "/api/v1/chatkit/messages?limit=100").filter(|a| a.status == 200);
    answer.map(|a| a.json().as_array().unwrap().iter().rev().cloned().collect()).unwrap_or_default()
}

#[test]
fn a_message_from_the_air_is_told_once_in_the_chat() {
    let Some(mut site) = Site::start() else { return };
    let (mut alpha, mut alpha_tnc) = station(&site, "alpha", "PA1ABC-10");
    let (mut beta, mut beta_tnc) = station(&site, "beta", "PA2XYZ");
    let message = "N0CALL-9>APRS,WIDE1-1::PA1ABC-10:can you *hear* me?{01";
    hear(&mut alpha_tnc, message);
    // Through a digipeater, to both; acknowledgements, words to others, parameters of telemetry; a bulletin.
    for tnc in [&mut alpha_tnc, &mut beta_tnc] {
        hear(tnc, "N0CALL-9>APRS,DIGI*::PA1ABC-10:can you *hear* me?{01");
        hear(tnc, "N0CALL-9>APRS::PA1ABC-10:ack17");
        hear(tnc, "N0CALL-9>APRS::OTHER-1  :not for us{02");
        hear(tnc, "N0CALL-9>APRS::PA1ABC-10:PARM.Battery");
        hear(tnc, "W1AW>APRS::BLN1     :field day at noon");
    }
    hear(&mut beta_tnc, "N0CALL-9>APRS::PA2XYZ   :last one{03");
    let told = eventually("the last one is told", LONG, || {
        let all = messages(&site);
        all.iter().any(|m| m["text"].as_str().unwrap().ends_with("last one")).then_some(all)
    });
    // Whichever station was faster: the copies of the other and of the digipeater are found to be such.
    eventually("the copies are found to be told", LONG, || (metric(&site.http, "vtoc_chat_radio_again_total") == Some(3.0)).then_some(()));
    assert_eq!(messages(&site).len(), told.len().max(3), "{told:#?}");
    let told = messages(&site);
    let of =
        |words: &str| told.iter().find(|m| m["text"].as_str().unwrap().ends_with(words)).unwrap_or_else(|| panic!("{words}: {told:#?}"));
    let ours = of(": can you \\*hear\\* me?");
    assert_eq!((&ours["channel"], &ours["author"]), (&"pa1abc-10".into(), &"aprs:N0CALL-9".into()), "{ours}");
    let text = ours["text"].as_str().unwrap();
    assert!(text.starts_with("**N0CALL-9** to **PA1ABC-10**, heard 20"), "{text}");
    assert_eq!(of(": last one")["channel"], "pa2xyz");
    assert!(!of(": field day at noon")["thread_id"].is_null());
    // Whoever is killed: it is not told again.
    site.kill_central();
    site.start_central();
    eventually("what is stored is read back", LONG, || (metric(&site.http, "vtoc_chat_radio_again_total") == Some(6.0)).then_some(()));
    assert_eq!(messages(&site).len(), 3);
    alpha.stop();
    beta.stop();
}
