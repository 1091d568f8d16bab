//! APRS packets into a station by every way there is; Dire Wolf's KISS and AGW ports.

use decoders::aprs::ax25::Ui;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;
use tests::http::get;
use tests::peers_required;
use tests::process::eventually;
use tests::site::TestStation;

const LONG: Duration = Duration::from_secs(120);

/// A position of `source`, which nothing else in these tests has.
fn packet(source: &str) -> String {
    format!("{source}>APZ123,WIDE1-1:!5200.00N/00400.00E>088/036test")
}

fn track(http: &str, call: &str) -> Option<Value> {
    let answer = get(http, "/api/v1/tracks?protocol=aprs")?.json();
    answer["tracks"].as_array()?.iter().find(|t| t["subject"] == format!("call:{call}").as_str()).cloned()
}

fn listener() -> (TcpListener, String) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    (server, address)
}

fn kiss(port: u8, frame: &[u8]) -> Vec<u8> {
    assert!(!frame.contains(&0xC0) && !frame.contains(&0xDB), "needs no escapes");
    [&[0xC0, port << 4], frame, &[0xC0]].concat()
}

fn agw(port: u8, frame: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 37];
    (out[0], out[4]) = (port, b'K');
    out[28..32].copy_from_slice(&(frame.len() as u32 + 1).to_le_bytes());
    out.extend_from_slice(frame);
    out
}

/// A server that speaks first and asks who is there, as APRS-IS does: not a real one, but its lines.
fn logged_in(server: &TcpListener) -> TcpStream {
    let (mut stream, _) = server.accept().unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(b"# aprsc 2.1.19\r\n").unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    assert!(line.starts_with("user N0CALL-10 pass 13023 vers vtoc ") && line.ends_with(" filter r/52/4/100\r\n"), "{line:?}");
    stream.write_all(b"# logresp N0CALL-10 verified, server TEST\r\n").unwrap();
    stream
}

#[test]
fn packets_come_in_by_every_way() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log.txt");
    std::fs::write(&log, format!("{}\r\n", packet("N0CALL-1"))).unwrap();
    let [(kiss_server, kiss_at), (agw_server, agw_at), (text_server, text_at), (is_server, is_at)] = [0; 4].map(|_| listener());
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let source = |name: &str, more: String| format!("[receivers.{name}]\nprotocol = \"aprs\"\nsource = \"{more}\n");
    let receivers = [
        source("log", format!("aprs_file\"\npath = \"{}\"", log.display())),
        source("tnc", format!("kiss_tcp\"\naddress = \"{kiss_at}\"")),
        source("engine", format!("agw\"\naddress = \"{agw_at}\"")),
        source("text", format!("aprs_tcp\"\naddress = \"{text_at}\"")),
        source("udp", format!("aprs_udp\"\naddress = \"{udp}\"")),
        source("internet", format!("aprs_is\"\naddress = \"{is_at}\"\ncallsign = \"N0CALL-10\"\nfilter = \"r/52/4/100\"")),
    ]
    .concat();
    let mut station = TestStation::new(dir.path(), "alpha", &receivers, None);
    station.start(&[]);
    let (mut tnc, _) = kiss_server.accept().unwrap();
    let (mut engine, _) = agw_server.accept().unwrap();
    let mut asked = [0; 36];
    engine.read_exact(&mut asked).unwrap();
    assert_eq!(asked[4], b'k');
    let (mut text, _) = text_server.accept().unwrap();
    // A server that closes is asked again.
    drop(logged_in(&is_server));
    let mut internet = logged_in(&is_server);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let frame = |source: &str| Ui::from_tnc2(packet(source).as_bytes()).unwrap().to_bytes();
    eventually("all ways lead in", LONG, || {
        tnc.write_all(&kiss(2, &frame("N0CALL-2"))).unwrap();
        engine.write_all(&agw(1, &frame("N0CALL-3"))).unwrap();
        text.write_all(format!("{}\n", packet("N0CALL-4")).as_bytes()).unwrap();
        sender.send_to(packet("N0CALL-5").as_bytes(), &udp).unwrap();
        let far = packet("LONG-NAME").replace("WIDE1-1", "TCPIP*,qAC,TEST");
        internet.write_all(format!("# TEST\r\n{far}\r\n").as_bytes()).unwrap();
        let all = ["N0CALL-1", "N0CALL-2", "N0CALL-3", "N0CALL-4", "N0CALL-5", "LONG-NAME"];
        all.iter().all(|call| track(&station.http, call).is_some()).then_some(())
    });
    let one = track(&station.http, "N0CALL-2").unwrap();
    assert_eq!((&one["lat"], &one["lon"], &one["speed_kt"]), (&52.0.into(), &4.0.into(), &36.0.into()), "{one}");
    station.stop();
}

/// A process that doesn't outlive its test.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn installed(program: &str) -> bool {
    Command::new(program).arg("-h").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Dire Wolf, which hears what is written into it, and its KISS and AGW ports.
fn direwolf(dir: &Path, kiss: u16, agw: u16) -> (Peer, ChildStdin) {
    let config = dir.join("direwolf.conf");
    let said =
        format!("ADEVICE stdin null\nARATE 44100\nACHANNELS 1\nCHANNEL 0\nMYCALL N0CALL\nMODEM 1200\nKISSPORT {kiss}\nAGWPORT {agw}\n");
    std::fs::write(&config, said).unwrap();
    let mut command = Command::new("direwolf");
    command.arg("-c").arg(&config).args(["-r", "44100", "-t", "0", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    (Peer(child), stdin)
}

#[test]
fn what_dire_wolf_hears_comes_in_through_kiss_and_agw() {
    if !installed("direwolf") || !installed("gen_packets") {
        assert!(!peers_required(), "Dire Wolf is not installed (package direwolf)");
        eprintln!("skipped: Dire Wolf is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (list, wav) = (dir.path().join("packets.txt"), dir.path().join("packets.wav"));
    // Bytes that KISS escapes are among them.
    let weather = "N0CALL-8>APRS:@092345z5203.50N/00401.75E_220/004g005t077r000p000P000h50b09900<0xc0><0xdb>";
    std::fs::write(&list, format!("{}\n{weather}\n", packet("N0CALL-7"))).unwrap();
    let made = Command::new("gen_packets").args(["-r", "44100", "-o"]).arg(&wav).arg(&list).stdout(Stdio::null()).status().unwrap();
    assert!(made.success());
    let audio = std::fs::read(&wav).unwrap().split_off(44);
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (kiss, agw) = (free(), free());
    let (peer, mut microphone) = direwolf(dir.path(), kiss, agw);
    for (name, source, port) in [("tnc", "kiss_tcp", kiss), ("engine", "agw", agw)] {
        let receivers = format!("[receivers.{name}]\nprotocol = \"aprs\"\nsource = \"{source}\"\naddress = \"127.0.0.1:{port}\"\n");
        let mut station = TestStation::new(dir.path(), name, &receivers, None);
        station.start(&[]);
        let heard = eventually("what Dire Wolf hears arrives", LONG, || {
            microphone.write_all(&audio).unwrap();
            microphone.write_all(&[0; 44_100]).unwrap();
            track(&station.http, "N0CALL-8")?;
            track(&station.http, "N0CALL-7")
        });
        assert_eq!((&heard["lat"], &heard["speed_kt"]), (&52.0.into(), &36.0.into()), "{heard}");
        station.stop();
    }
    drop(peer);
}
